/* h5.h: what the files of this folder share around HDF5; nobody else includes it (but tests that forge files).

   A file is built in memory and reaches the disk in one go, so a full disk meets our own write and never HDF5 half way.
   After its last byte stands a checksum of all before it, a line of text that HDF5 ignores: a damaged file is told from
   a good one before HDF5, which trusts what it reads, gets to see it. */
#ifndef UNROLL_STORE_H5_H
#define UNROLL_STORE_H5_H

#include <hdf5.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/* An open file. The first failure stays in `status` and makes every later call do nothing, so that callers read or write
   a whole layout and ask once, at the end. */
typedef struct unroll_h5 {
    hid_t file;
    const char *path;
    unroll_code code; /* of a file that cannot be read: UNROLL_WRONG where the user named it, else UNROLL_FAILED */
    unroll_status status;
    bool reading;
} unroll_h5;

/* Between these two, and only there, a thread may call HDF5. Lock also silences HDF5's own messages. */
void unroll_h5_lock(void);
void unroll_h5_unlock(void);

/* Remembers the first failure: one sentence that begins with the file's path. */
void unroll_h5_fail(unroll_h5 *h, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- disk.c: bytes and the disk ---- */
/* Writes `size` bytes and their checksum to "path.part-PID", syncs, renames it to `path`, syncs the folder. */
unroll_status unroll_h5_write_bytes(const char *path, const unsigned char *bytes, size_t size);
/* Reads all of a file into *bytes (to be freed) and holds it to its checksum, if it has one. *size is without it. */
unroll_status unroll_h5_read_bytes(const char *path, unroll_code code, unsigned char **bytes, size_t *size);

/* ---- h5.c: open, close, and single pieces ---- */
void unroll_h5_create(unroll_h5 *h, const char *path);
void unroll_h5_open(unroll_h5 *h, const char *path, unroll_code code);
/* Writes a created file to disk unless something failed; closes and frees. Returns the first failure. */
unroll_status unroll_h5_close(unroll_h5 *h);

/* A group that keeps the order of its members; -1 after a failure. To be closed with H5Gclose when >= 0. */
hid_t unroll_h5_make_group(unroll_h5 *h, const char *name);

/* Attributes of an object `at` (the file for its root). Text is variable-length UTF-8, which h5py gives as str. */
void unroll_h5_put_text(unroll_h5 *h, hid_t at, const char *name, const char *text);
void unroll_h5_put_int(unroll_h5 *h, hid_t at, const char *name, int value);
void unroll_h5_put_real(unroll_h5 *h, hid_t at, const char *name, double value);
/* A malloc'ed copy, made well-formed UTF-8; NULL when there is no such text. */
char *unroll_h5_get_text(unroll_h5 *h, hid_t at, const char *name);
/* The same into a buffer, cut to fit; its absence is a failure when `needed`, else gives "". */
void unroll_h5_copy_text(unroll_h5 *h, hid_t at, const char *name, char *out, size_t room, bool needed);
int unroll_h5_get_int(unroll_h5 *h, hid_t at, const char *name);
double unroll_h5_get_real(unroll_h5 *h, hid_t at, const char *name);

/* A data set of what lies in memory as `memory_type`; in pieces and compressed when it is large or `packed`. Returns it
   open, -1 after a failure. unit: an attribute when not "". */
typedef struct unroll_h5_data {
    const char *name, *unit;
    hid_t file_type, memory_type;
    int rank;
    hsize_t dims[4];
    const void *values;
    bool packed;
} unroll_h5_data;
hid_t unroll_h5_put(unroll_h5 *h, hid_t group, const unroll_h5_data *data);
/* Texts (count) as fixed-length UTF-8, as long as the longest; opened like unroll_h5_put's. */
hid_t unroll_h5_put_texts(unroll_h5 *h, hid_t group, const char *name, const char *const *texts, size_t count);

/* Opens a data set and tells its shape; fails when its rank is above 4 or it claims more than its file can hold. */
hid_t unroll_h5_find(unroll_h5 *h, hid_t group, const char *name, int *rank, hsize_t dims[4]);
/* All its values as `memory_type` of `size` bytes, malloc'ed; NULL after a failure. */
void *unroll_h5_get(unroll_h5 *h, hid_t set, const char *name, hid_t memory_type, size_t size);
/* Its texts (count), of fixed or variable length, each malloc'ed and made well-formed; free with unroll_h5_free_texts. */
char **unroll_h5_get_texts(unroll_h5 *h, hid_t set, const char *name, size_t *count);
void unroll_h5_free_texts(char **texts, size_t count);

/* Calls `each` for every member of the group `name`, in the order of their making where that was kept, else by name. */
typedef void unroll_h5_visit(unroll_h5 *h, hid_t group, const char *name, void *context);
void unroll_h5_each_in(unroll_h5 *h, const char *name, unroll_h5_visit *each, void *context);

/* `name` fit to be a member's: not empty, without slashes, which would be groups. Returns `out`. */
const char *unroll_h5_member_name(char *out, size_t room, const char *name);

#endif
