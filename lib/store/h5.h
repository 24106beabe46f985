/* h5.h: what the files of this folder that write share around HDF5; nobody else includes it (but tests that forge files).

   A file is built in memory and reaches the disk in one go, so a full disk meets our own write and never HDF5 half way.
   After its last byte stands its seal, a checksum of all before it in a line of text that HDF5 ignores: a damaged file is
   told from a good one before HDF5, which trusts what it reads, gets to see it. Reading is reader.h's. */
#ifndef UNROLL_STORE_H5_H
#define UNROLL_STORE_H5_H

#include <hdf5.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/record.h"
#include "base/status.h"

/* A file that is being made. The first failure stays in `status` and makes every later call do nothing, so that callers
   write a whole layout and ask once, at the end. */
typedef struct unroll_h5 {
    hid_t file;
    const char *path;
    unroll_status status;
} unroll_h5;

/* Between these two, and only there, a thread may call HDF5. Lock also silences HDF5's own messages. */
void unroll_h5_lock(void);
void unroll_h5_unlock(void);

/* Has HDF5 keep the memory of a file for the next one: opening one takes some hundred KB, and many of them then open several
   times as fast. */
void unroll_h5_keep_memory(void);

/* Remembers the first failure: one sentence that begins with the file's path. */
void unroll_h5_fail(unroll_h5 *h, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- disk.c: bytes and the disk ---- */
/* Writes `size` bytes and their seal to a file of another name beside `path`, syncs, renames it to `path`, syncs the
   folder. */
unroll_status unroll_h5_write_bytes(const char *path, const unsigned char *bytes, size_t size);
/* Reads all of a file into *bytes (to be freed) and holds it to its seal, which it must have when `sealed`. *size is
   without the seal. What may pass is tried three times. UNROLL_ABSENT, UNROLL_DAMAGED (no seal, a wrong one, no bytes at
   all), UNROLL_WRONG, UNROLL_FAILED. */
unroll_status unroll_h5_read_bytes(const char *path, bool sealed, unsigned char **bytes, size_t *size);

/* ---- h5.c: create, close, and single pieces ---- */
void unroll_h5_create(unroll_h5 *h, const char *path);
/* Writes the file to disk unless something failed; closes and frees. Returns the first failure. */
unroll_status unroll_h5_close(unroll_h5 *h);

/* A group that keeps the order of its members; -1 after a failure. To be closed with H5Gclose when >= 0. */
hid_t unroll_h5_make_group(unroll_h5 *h, const char *name);

/* The type of variable-length UTF-8 texts, char * in memory, which h5py and netCDF's readers give as str; to be closed with
   H5Tclose. */
hid_t unroll_h5_text_type(void);
/* Attributes of an object `at` (the file for its root). */
void unroll_h5_put_text(unroll_h5 *h, hid_t at, const char *name, const char *text);
void unroll_h5_put_int(unroll_h5 *h, hid_t at, const char *name, int value);
void unroll_h5_put_real(unroll_h5 *h, hid_t at, const char *name, double value);

/* A data set of what lies in memory as `memory_type`; in pieces and compressed when it is large or `packed`. Returns it
   open, -1 after a failure. unit: an attribute when not "". Texts of variable length are never packed: they lie elsewhere. */
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

/* All of a run's record (run_file.c), whatever it holds. */
void unroll_h5_put_record(unroll_h5 *h, const unroll_record *record);

/* `name` fit to be a member's: not empty, without slashes, which would be groups. Returns `out`. */
const char *unroll_h5_member_name(char *out, size_t room, const char *name);

#endif
