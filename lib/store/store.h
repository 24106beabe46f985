/* store.h: HDF5 in and out. No other folder includes hdf5.h.

   Writing: one thread at a time talks to HDF5 (these functions hold one lock, so any thread may call them). Every file is
   written beside its place, under a name that no other process or host can have, sealed with a checksum behind its last
   byte, where HDF5 does not look, synced and renamed into its place. UNROLL_FAILED, with the file and the reason.

   Reading: what this process did not write itself is parsed by a child process that can do nothing else: a malformed or
   hostile file costs a sentence. Three things are told apart, each with one sentence that names the file: UNROLL_ABSENT;
   UNROLL_DAMAGED (a file of ours without a valid seal, no HDF5 file, what is missing, of a wrong type, of no use);
   UNROLL_FAILED for what may pass (a broken disk, no memory, too many open files), after three tries. Besides UNROLL_WRONG
   (a folder of that name, no permission) and UNROLL_STOPPED. */
#ifndef UNROLL_STORE_STORE_H
#define UNROLL_STORE_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "base/file.h"
#include "base/record.h"
#include "base/settings.h"
#include "base/status.h"

/* A program that reads calls this first of all in main: it does not return in the child, which is the program itself,
   executed anew with a word that is not for users. */
void unroll_store_child(int argc, char **argv);

/* Starts that child already now, while the system still gives processes; where it does not, reading will tell. */
void unroll_store_start_child(void);

/* Renames PATH.h5, which is damaged, to PATH.damaged (in `aside`). UNROLL_FAILED when that cannot be; OK where it is gone
   already, for another process was faster. */
unroll_status unroll_set_aside(const char *path, char *aside, size_t room);

/* ---- one run, one file ---- */
/* What a record may hold: so little that none can spoil the gathering of the others, in whose rows each of its texts and
   points takes room, too. More of it is not stored, and damage where it is read. */
enum {
    UNROLL_MOST_COLUMNS = 256,
    UNROLL_MOST_ARRAYS = 64, /* curves, and timings */
    UNROLL_MOST_POINTS = 1 << 17,
    UNROLL_MOST_TEXT = 1 << 20 /* bytes, of all texts together */
};
/* The first of these limits that a record exceeds, as the end of a sentence: "has more than 64 curves"; NULL: none. */
const char *unroll_record_excess(const unroll_record *record);
/* UNROLL_FAILED also for a record that ran out of memory or exceeds a limit. */
unroll_status unroll_store_record(const unroll_record *record, const char *path);
/* *record is to be freed by the caller. Settings whose names this program no longer knows are skipped. */
unroll_status unroll_load_record(const char *path, unroll_record **record);
/* Why a record cannot be one that the caller left, as the end of a sentence: "is a record of another experiment"; NULL: it
   can. */
typedef const char *unroll_refusal(const void *context, const unroll_record *record);
/* A run may have been measured more than once, each time into a file of its own: ID.h5, ID-2.h5, ID-3.h5 ... */
enum { UNROLL_RECORD_NAME_ROOM = 48 };
const char *unroll_record_name(const char *id, int take, char out[UNROLL_RECORD_NAME_ROOM]); /* "ID-2", of the first take "ID" */
int unroll_record_take(const char *name, const char *id); /* 2 of "ID-2"; 0: it is no name of that run's */
/* The record FOLDER/NAME.h5; also UNROLL_DAMAGED when it is that of another run, or when `refuse` (NULL: nobody) gives a reason.
   path: the file's, NULL where not wanted. */
unroll_status unroll_load_record_of(const char *folder, const char *name, unroll_refusal *refuse, const void *context,
                                    char path[UNROLL_FILE_ROOM], unroll_record **record);

/* ---- one experiment, gathered ---- */
/* What a record is worth beside the others. */
typedef struct unroll_standing {
    char origin[17];   /* a word for what it came from */
    const char *stale; /* why its run would give another one by now; NULL: it would not */
} unroll_standing;
typedef void unroll_judge_record(const void *context, const char *name, const unroll_record *record, unroll_standing *out);

typedef struct unroll_gather_info {
    const char *experiment, *title;
    const char *judged_by; /* in: a word for what `judge` knows, "" or NULL: none */
    bool timed;            /* in: the settings of timing count in the hash of a configuration */
    unroll_refusal *refuse; /* in: a record that it refuses is left out as a damaged one is; may be NULL */
    unroll_judge_record *judge; /* in; may be NULL */
    const void *context;
    int records, damaged, stale; /* out: files gathered, files left out, records of the gathered that are stale */
    char first_damaged[512];
} unroll_gather_info;

/* The names of the records in a folder, sorted, each its own allocation; none where there is no folder. To be freed by
   unroll_ids_free, after a failure, too. */
typedef struct unroll_ids {
    char **id;
    int count;
} unroll_ids;
unroll_status unroll_list_records(const char *folder, unroll_ids *ids);
void unroll_ids_free(unroll_ids *ids);
/* Gathers every file in `folder` (results/NAME/runs), in order of id, into `path` (results/NAME.h5) in the columnar layout
   of the design: /runs, /curves, /timings, /env, with dimension scales, and as netCDF-4 has it: texts of variable length, the
   coordinate `run` in every group, units, long_name, _FillValue (NaN; -1 of timings). /runs also has
   config, the hash of the settings, config_without_seed, origin, stale, which is "" or says why, and take. `ids`: the records'
   names; NULL: all. Damaged files, and records that are not of the id that their file is named after, are left out and counted,
   also in the gathered file's attribute left_out; names without a file are left out. Where a record cannot be read for what
   may pass nothing is written. UNROLL_NOTHING when there is no record at all. The same records
   give the same bytes but for the attribute "created" and what depends on it; with SOURCE_DATE_EPOCH set, all bytes.
   A result that is called like a setting (or like id, status, ...) becomes the column result_NAME. */
unroll_status unroll_store_gather(const char *folder, const char *const *ids, int id_count, const char *path,
                                  unroll_gather_info *info);

/* What `name` in a group of the gathered file ("runs", "curves") means, its long_name: "lr: learning rate", "best validation point:
   mean squared error"; false, and "", where nothing is known. */
bool unroll_column_meaning(const char *group, const char *name, char *out, size_t room);

/* ---- reading a gathered file ---- */
typedef struct unroll_table_column {
    char name[48], unit[24];
    unroll_column_type type;
    double *real;     /* (rows); for UNROLL_COLUMN_INT and UNROLL_COLUMN_REAL; NaN where a run has none */
    char **text;      /* (rows), for UNROLL_COLUMN_TEXT; "" where a run has none */
    char *texts;      /* what they point into: one behind the other */
} unroll_table_column;
typedef struct unroll_table_curve {
    char name[48], unit[24];
    int length;   /* points of the longest run */
    float *value; /* (rows, length), NaN after the end */
} unroll_table_curve;
typedef struct unroll_table_timing {
    char name[48];
    int length;
    int64_t *ns; /* (rows, length), -1 after the end */
} unroll_table_timing;
enum { UNROLL_NOTE_ROOM = 1000 };
typedef struct unroll_table {
    char experiment[48], title[256], version[32], commit[48], created[32];
    char judged_by[48];
    int left_out; /* records that were damaged when it was gathered */
    /* what a report has left out of it (report.h): rows that are stale, unless all are; of another machine or program, where
       times are compared, which may be `elsewhere`, not here; older ones of the same settings */
    int stale, other, older;
    bool all_stale, elsewhere;
    char folder[1024]; /* of the gathered file, where a report has loaded it: other experiments' lie beside it; "" */
    char chosen[UNROLL_NOTE_ROOM]; /* how its rows were chosen by validation, in a sentence, where the experiment declares it; "" */
    int rows;
    unroll_table_column *columns; /* settings, status, metrics, seconds ... */
    int column_count;
    unroll_table_curve *curves;
    int curve_count;
    unroll_table_timing *timings;
    int timing_count;
    unroll_table_column *env; /* text */
    int env_count;
} unroll_table;
unroll_status unroll_load_table(const char *path, unroll_table **table);
void unroll_table_free(unroll_table *table);
/* Drops the rows that are not marked in `keep`, of which some must be. */
void unroll_table_keep(unroll_table *table, const bool *keep);
const unroll_table_column *unroll_table_find(const unroll_table *table, const char *name);
const unroll_table_curve *unroll_table_find_curve(const unroll_table *table, const char *name);
const unroll_table_timing *unroll_table_find_timing(const unroll_table *table, const char *name);

/* ---- arrays by name: saved models, and the input and output of predict ---- */
typedef enum unroll_array_type { UNROLL_ARRAY_FLOAT, UNROLL_ARRAY_DOUBLE, UNROLL_ARRAY_INT32 } unroll_array_type;
typedef struct unroll_array {
    char name[64]; /* "x", or with a group "weights/weight_ih_l0" */
    unroll_array_type type;
    int rank;
    size_t dims[4];
    void *data; /* owned */
} unroll_array;
typedef struct unroll_bundle {
    unroll_array *arrays;
    int array_count;
    struct unroll_attribute {
        char name[48];
        char *text; /* owned */
    } *attributes; /* of the file's root; settings of a model are stored as "setting:NAME" */
    int attribute_count;
    bool out_of_memory; /* some of the above is missing: unroll_store_bundle tells */
} unroll_bundle;
unroll_bundle *unroll_bundle_new(void); /* NULL when memory is short; the calls below then do nothing */
void unroll_bundle_free(unroll_bundle *bundle);
/* Copies `data`; out of memory is told by unroll_store_bundle. */
void unroll_bundle_array(unroll_bundle *bundle, const char *name, unroll_array_type type, int rank, const size_t *dims,
                         const void *data);
void unroll_bundle_attribute(unroll_bundle *bundle, const char *name, const char *text);
const unroll_array *unroll_bundle_find(const unroll_bundle *bundle, const char *name);
const char *unroll_bundle_text(const unroll_bundle *bundle, const char *name); /* NULL when there is none */
unroll_status unroll_store_bundle(const unroll_bundle *bundle, const char *path);
/* Reads every data set of numbers (float and double as stored; integers as INT32, or as DOUBLE where one is
   beyond 32 bits) and every text attribute of the root; data sets of anything else are passed over. `sealed`: the file
   must have been written by unroll and not changed since. */
unroll_status unroll_load_bundle(const char *path, bool sealed, unroll_bundle **bundle);

#endif
