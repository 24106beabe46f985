/* idx.h: a file of the IDX format, in which MNIST and its kin come (http://yann.lecun.com/exdb/mnist): two zero bytes, the type
   of an element, the number of dimensions, the size of each (32 bits, the highest byte first), then the elements, the last
   index fastest. */
#ifndef UNROLL_DATASETS_READ_IDX_H
#define UNROLL_DATASETS_READ_IDX_H

#include "base/status.h"
#include "path.h"

enum { UNROLL_IDX_DIMENSIONS = 3 }; /* at most */

typedef struct unroll_idx {
    int extent[UNROLL_IDX_DIMENSIONS]; /* size of each dimension, at least 1 */
    const unsigned char *value;        /* (extent[0], ...) */
    char shown[UNROLL_SHORT_ROOM];     /* the file's name in sentences */
    char fingerprint[UNROLL_FINGERPRINT_ROOM];
    char *bytes; /* owned: the file, which holds the values */
} unroll_idx;

/* Reads `what` ("images") of unsigned bytes in `dimensions` dimensions. UNROLL_WRONG with a sentence that names the file: it
   cannot be read (read/path.h), is compressed, is no IDX file, has another type or other dimensions, holds nothing, fewer bytes
   than its header says, or more. What the header says is never allocated. */
unroll_status unroll_idx_open(const char *path, const char *what, int dimensions, unroll_idx *idx);
void unroll_idx_close(unroll_idx *idx);

#endif
