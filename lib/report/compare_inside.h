/* compare_inside.h: between the parts of unroll_compare. */
#ifndef UNROLL_REPORT_COMPARE_INSIDE_H
#define UNROLL_REPORT_COMPARE_INSIDE_H

#include "report/compare.h"
#include "report/inside.h"

/* ---- compare_files.c: what lies in a result ---- */
typedef struct unroll_names {
    struct unroll_named_file {
        char name[64]; /* the file's, without .h5 */
        char path[UNROLL_FILE_ROOM];
    } * name; /* owned; in the order of names */
    int count;
    bool file; /* the result is one file */
} unroll_names;
/* Gathered files of a folder, or the one file. UNROLL_NOTHING when there is none. To be freed whatever comes back. */
unroll_status unroll_list_gathered(const char *result, unroll_names *names);
void unroll_names_free(unroll_names *names);

/* ---- compare.c: pairs ---- */
typedef struct unroll_run_pair {
    int row[2]; /* in the old and the new table */
    int group;  /* runs that differ in the seed alone are of one; pairs come in the order of groups */
    bool timed; /* its times are evidence */
} unroll_run_pair;
typedef struct unroll_pairing {
    unroll_run_pair *pair; /* owned */
    int count, groups;
    int only[2];                        /* groups that only the old, only the new table has a run of */
    const char *last_group, *last_mode; /* while it is made */
} unroll_pairing;
unroll_status unroll_pair_runs(const unroll_table *before, const unroll_table *after, unroll_pairing *p);

/* An experiment's two tables. */
typedef struct unroll_contrast {
    const unroll_table *table[2];
    const unroll_experiment *experiment; /* NULL: this program has none of that name */
    bool timed;
    unroll_pairing pairing;
    bool *keep; /* owned, (rows of the new table): those in a pair */
} unroll_contrast;

/* ---- compare_change.c ---- */
typedef void unroll_describe(const unroll_table *table, const bool *keep, int row, char *out, size_t room);
/* Appends the changes of every metric that both tables have, with p values that are not corrected yet. */
unroll_status unroll_contrast_changes(const unroll_contrast *c, unroll_describe *describe, double threshold,
                                      unroll_comparison_of_two *out);
/* Corrects them over all changes and sets the findings. */
unroll_status unroll_judge_changes(unroll_comparison_of_two *out);

#endif
