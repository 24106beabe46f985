/* folder.h: where a sweep's records lie (inside lib/sweep). */
#ifndef UNROLL_SWEEP_FOLDER_H
#define UNROLL_SWEEP_FOLDER_H

#include "sweep/plan.h"

typedef struct unroll_folder {
    char results[448];  /* results */
    char runs[512];     /* results/NAME/runs */
    char gathered[512]; /* results/NAME.h5 */
} unroll_folder;

/* Names only; UNROLL_WRONG when they are too long. */
unroll_status unroll_folder_name(const char *results, const char *experiment, unroll_folder *folder);
/* Makes the folders as needed and removes what killed writers left in them. Fails when records could not be written. */
unroll_status unroll_folder_prepare(const unroll_folder *folder);
void unroll_folder_record(const unroll_folder *folder, const char *name, char path[600]);
/* Finds a planned run's record, the newest of them that what is here may still give, and fills in status, score, take, next, and
   in_question with what its first steps are to be held against. A damaged record, or one that cannot be the run's, is set aside
   as NAME.damaged, unless `look_only`, and told of on `out`; it counts as missing. Fails when a record cannot be read for
   another reason. */
unroll_status unroll_folder_find(const unroll_folder *folder, const unroll_experiment *experiment, unroll_planned *run,
                                 bool look_only, FILE *out);

/* What the records of a folder are judged by. */
typedef struct unroll_judging {
    const unroll_experiment *experiment;
    unroll_contents *contents;
    const unroll_planned *runs; /* records of theirs before the last are stale where their first steps are others */
    int count;
} unroll_judging;
/* Gathers all records of the folder, whoever's plan they are of, unless the gathered file holds exactly these, judged by the
   same, and `anew` is false. *records: how many are there; *stale: of these how many a present run would give otherwise (unless
   they were gathered before); with none nothing is written. Where damaged ones are left out (another shard's, or another plan's)
   the rest is gathered, and the status is UNROLL_FAILED and says so. */
unroll_status unroll_folder_gather(const unroll_folder *folder, const unroll_judging *judge, bool anew, int *records, int *stale);

#endif
