/* record.h: what one run leaves behind, as named columns, curves and timings; written by store, drawn by report. */
#ifndef UNROLL_BASE_RECORD_H
#define UNROLL_BASE_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "base/settings.h"
#include "base/status.h"

typedef enum unroll_column_type { UNROLL_COLUMN_REAL, UNROLL_COLUMN_INT, UNROLL_COLUMN_TEXT } unroll_column_type;

typedef struct unroll_column {
    char name[48], unit[24];
    unroll_column_type type;
    double real;
    int64_t integer;
    char *text; /* owned */
} unroll_column;

typedef struct unroll_curve {
    char name[48], unit[24];
    int length;
    float *value; /* owned, (length) */
} unroll_curve;

typedef struct unroll_timing {
    char name[48];
    int length;
    int64_t *ns; /* owned, (length) */
} unroll_timing;

typedef struct unroll_record {
    unroll_settings *settings; /* owned copy of the configuration */
    char experiment[48], id[33];
    int experiment_version, numerics_version;
    char status[16];  /* "done", "diverged" or "failed" */
    char reason[512]; /* sentence, when not done */
    double seconds;   /* wall time of the whole run */
    unroll_column *columns;
    int column_count;
    unroll_curve *curves;
    int curve_count;
    unroll_timing *timings;
    int timing_count;
    unroll_column *env; /* text columns: processor, isa, threads, compiler, flags, load */
    int env_count;
    bool out_of_memory; /* some of the above is missing: see unroll_record_check */
} unroll_record;

/* An empty record of `settings` (copied), which may be NULL. NULL when memory is short. */
unroll_record *unroll_record_new(const unroll_settings *settings);
void unroll_record_free(unroll_record *record);

/* Each copies what it is given; a name that is there already is replaced. Running out of memory is remembered and told
   by unroll_record_check, so that callers need not test each call. */
void unroll_record_real(unroll_record *record, const char *name, const char *unit, double value);
void unroll_record_int(unroll_record *record, const char *name, const char *unit, int64_t value);
void unroll_record_text(unroll_record *record, const char *name, const char *value);
void unroll_record_env(unroll_record *record, const char *name, const char *value);
void unroll_record_curve(unroll_record *record, const char *name, const char *unit, const float *value, int length);
void unroll_record_timing(unroll_record *record, const char *name, const int64_t *ns, int length);
unroll_status unroll_record_check(const unroll_record *record);

/* A result that is no number is no result: makes the run "diverged", with a reason that names the first column that is
   infinite, or NaN without being one of `none` (ended by NULL; NULL: any), where NaN says that there is no value. Infinite
   columns become NaN, so that no mean takes them in. The status of a run that is not "done" (or has none yet) stays.
   Returns whether all were finite. */
bool unroll_record_settle(unroll_record *record, const char *const *none);

/* Bytes of all texts in its columns and surroundings. */
size_t unroll_record_text_bytes(const unroll_record *record);
const unroll_column *unroll_record_find(const unroll_record *record, const char *name);
const unroll_curve *unroll_record_find_curve(const unroll_record *record, const char *name);

#endif
