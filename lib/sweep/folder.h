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
void unroll_folder_record(const unroll_folder *folder, const char *id, char path[600]);
/* Fills in `status` of a planned run whose record is there. A damaged one, or one that cannot be the run's, is set aside
   as ID.damaged, unless `look_only`, and told of on `out`; it counts as missing. Fails when a record cannot be read for
   another reason. */
unroll_status unroll_folder_find(const unroll_folder *folder, const unroll_experiment *experiment, unroll_planned *run,
                                 bool look_only, FILE *out);
/* Gathers all records of the folder, whoever's plan they are of, unless the gathered file holds exactly these and `anew` is
   false. Those of another version are left out and counted. *records: how many are there; with none nothing is written. Where
   damaged ones are left out (another shard's, or another plan's) the rest is gathered, and the status is UNROLL_FAILED and
   says so. */
unroll_status unroll_folder_gather(const unroll_folder *folder, const unroll_experiment *experiment, bool anew, int *records);

#endif
