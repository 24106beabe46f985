/* reader.h: HDF5 files parsed in a child process that can do nothing else. */
#ifndef UNROLL_STORE_READER_H
#define UNROLL_STORE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/plain.h"

/* Whose file it is. A record is sealed and shares its process with the records read before it, whose number makes a process
   for each too slow; but what is said of it stands only when it was alone. */
typedef enum unroll_plain_source { UNROLL_FROM_USER, UNROLL_FROM_US, UNROLL_FROM_RUN } unroll_plain_source;

/* Reads a file, holds it to its seal (which it must have unless it is the user's own) and has it parsed. What may pass is
   tried again.
   *plain: to be freed. Fails with UNROLL_ABSENT, UNROLL_DAMAGED (also: the child crashed, or took more memory or time than a
   file of that size can need), UNROLL_WRONG, UNROLL_FAILED or UNROLL_STOPPED, and one sentence that names the file. */
unroll_status unroll_read_plain(const char *path, unroll_plain_source source, unroll_plain **plain);

/* ---- between the two processes (reader.c, child.c, parse.c) ---- */

enum { UNROLL_MOST_MEMBERS = 100000 }; /* of a file: more are not sent, nor believed */

#define UNROLL_CHILD_WORD "--read-hdf5-for-parent"

/* What goes to that process: this, then `size` bytes of an HDF5 file. */
typedef struct unroll_parse_request {
    uint64_t magic, size;
} unroll_parse_request;
#define UNROLL_PARSE_MAGIC UINT64_C(0x3564682d6c6c7572)

/* What comes from the child before each file, with one end of a socket attached to a process that awaits that file: how the
   process for the last one ended, 128 + the signal that killed it or one of these. */
typedef struct unroll_parse_offer {
    uint64_t magic;
    int64_t ended;
} unroll_parse_offer;
enum { UNROLL_CHILD_ANSWERED = 0, UNROLL_CHILD_NO_PROCESS = 3, UNROLL_CHILD_NO_MEMORY = 4, UNROLL_CHILD_TOO_LARGE = 5 };

/* Memory and processor time that a file of that size may take: 1 GiB and 16 times its bytes; 4 s and a second for every
   4 MB. Their values, once unpacked, fit in there. */
static inline uint64_t unroll_parse_memory(uint64_t size)
{
    return (UINT64_C(1) << 30) + 16 * size;
}
static inline unsigned unroll_parse_seconds(uint64_t size)
{
    return 4 + (unsigned)(size / 4000000);
}

/* Where the parsed members go; collects small pieces. */
typedef struct unroll_plain_sink {
    int file;
    size_t used;
    unsigned char piece[1 << 16];
} unroll_plain_sink;
/* Ends the process when nobody listens any more. */
void unroll_plain_put(unroll_plain_sink *sink, const void *bytes, size_t size);
void unroll_plain_flush(unroll_plain_sink *sink);

/* Parses an HDF5 file in memory and sends what it holds; when it cannot be read, sends why and ends the process. */
void unroll_parse(unsigned char *bytes, size_t size, unroll_plain_sink *sink);
/* Cleared memory; where there is none the process ends, as UNROLL_CHILD_TOO_LARGE when the limit was set for this file. */
void *unroll_parse_allocate(size_t count, size_t size);
void unroll_parse_end(void) __attribute__((noreturn));

#endif
