/* path.h: where data lies, and a whole file in memory. */
#ifndef UNROLL_DATASETS_READ_PATH_H
#define UNROLL_DATASETS_READ_PATH_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { UNROLL_PATH_ROOM = 4096 };

/* Turns what the user wrote after `file=` into a path. A file that exists is taken as it is. A bare name may also be a
   data set of datasets/sources.tsv: its main file is looked for in $UNROLL_DATA/NAME/, then in datasets/data/NAME/, where
   datasets/fetch puts it; a set that comes with the program lies in datasets/ itself. The folder datasets/ is
   $UNROLL_DATASETS, else that of a folder above the program.
   UNROLL_WRONG says what is missing and how to get it. */
unroll_status unroll_data_path(const char *file, char path[UNROLL_PATH_ROOM]);

/* Reads all of `path`, up to 1 GiB, and adds a closing zero that *size does not count. *bytes is to be freed.
   UNROLL_WRONG with a sentence when it cannot be read or is empty.
   UNROLL_STOPPED when the user wanted to end (base/stop.h) while a pipe kept it waiting. */
unroll_status unroll_read_bytes(const char *path, char **bytes, size_t *size);
/* The same of a text: UNROLL_WRONG when it holds a zero byte, too. */
unroll_status unroll_read_text(const char *path, char **text, size_t *size);

/* Name and content in a word, for records: "sunspots.csv 35532 bytes fnv1a 0123456789abcdef". */
enum { UNROLL_FINGERPRINT_ROOM = 160 };
void unroll_fingerprint(const char *path, const char *text, size_t size, char out[UNROLL_FINGERPRINT_ROOM]);

/* "PATH" or its end, "...PATH", short enough for a sentence and free of control characters. */
enum { UNROLL_SHORT_ROOM = 128 };
const char *unroll_short_path(const char *path, char out[UNROLL_SHORT_ROOM]);

#endif
