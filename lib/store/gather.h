/* gather.h: between the two halves of gathering: the records that were read, and the table that is made of them. */
#ifndef UNROLL_STORE_GATHER_H
#define UNROLL_STORE_GATHER_H

#include "base/record.h"
#include "store/h5.h"
#include "store/store.h"

/* Of a record that is gathered: its file's name, and what it is worth. */
typedef struct unroll_gathered {
    const char *name;
    unroll_standing standing;
} unroll_gathered;

/* Writes /runs, /curves, /timings and /env of `count` records, in their order, into a file being created. timed: whether settings
   of timing count in the hash of a configuration. */
void unroll_gather_runs(unroll_h5 *h, hid_t *run_scale, unroll_record *const *records, const unroll_gathered *gathered, int count,
                        bool timed);
void unroll_gather_env(unroll_h5 *h, hid_t run_scale, unroll_record *const *records, int count);
void unroll_gather_curves(unroll_h5 *h, hid_t run_scale, unroll_record *const *records, int count);
void unroll_gather_timings(unroll_h5 *h, hid_t run_scale, unroll_record *const *records, int count);

/* A dimension scale 0, 1, ... count - 1 named `name` in `group`; -1 after a failure. */
hid_t unroll_gather_scale(unroll_h5 *h, hid_t group, const char *name, int count);
/* Makes the scale of the runs a member of another group, too: netCDF's readers, such as xarray, give the coordinates that
   stand beside the data. */
void unroll_gather_link_runs(unroll_h5 *h, hid_t run_scale, hid_t group);
/* Names an axis of a data set and ties it to its scale. */
void unroll_gather_axis(unroll_h5 *h, hid_t set, unsigned axis, hid_t scale, const char *name);

/* ---- gather_describe.c: netCDF's attributes ---- */
/* `units`, unless the unit is "" or NULL, and `long_name`, where it is known what `name` in that group means. */
void unroll_gather_describe(unroll_h5 *h, hid_t set, const char *group, const char *name, const char *unit);
/* `_FillValue`, of the data set's own type: what stands where a run has no value. */
void unroll_gather_fill(unroll_h5 *h, hid_t set, hid_t file_type, hid_t memory_type, const void *value);

/* ---- names ---- */
/* The names in use in a group of the gathered file. */
enum { UNROLL_GATHER_NAME = 64, UNROLL_GATHER_NAMES = 4096 };
typedef struct unroll_gather_names {
    char (*name)[UNROLL_GATHER_NAME]; /* owned */
    int count;
} unroll_gather_names;
void unroll_gather_open_names(unroll_h5 *h, unroll_gather_names *names);
/* Claims a name that is free, `name` where it can be: a result that is called like a setting becomes result_NAME. */
const char *unroll_gather_claim_name(unroll_h5 *h, unroll_gather_names *names, const char *name);

#endif
