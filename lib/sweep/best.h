/* best.h: a choice by validation, which an experiment declares (`best`) or a report is asked for: of each group of runs that
   share their other settings the values of some settings whose validation metric has the best median (inside lib/sweep and
   lib/report). */
#ifndef UNROLL_SWEEP_BEST_H
#define UNROLL_SWEEP_BEST_H

#include <stdint.h>

#include "base/record.h"
#include "sweep/axes.h"
#include "sweep/experiment.h"

enum { UNROLL_MOST_BEST = 4 };

/* The settings that are chosen, and the values that there are of each: first as the experiment's axes have them, then others. */
typedef struct unroll_best {
    struct unroll_best_axis {
        int setting;
        unroll_value *value; /* owned; its texts are others' */
        int count, declared; /* values; of them those of the axes */
    } axis[UNROLL_MOST_BEST];
    int count;
    unroll_axes axes[2]; /* of the full size, of the quick one */
} unroll_best;

/* names: settings parted by blanks. UNROLL_WRONG for what is none, or is the seed. To be closed, after a failure, too. */
unroll_status unroll_best_open(const unroll_experiment *experiment, const char *names, unroll_best *best);
void unroll_best_close(unroll_best *best);
/* Takes a value of the k-th setting into its list, unless it is there. A text must outlive `best`. */
unroll_status unroll_best_add(unroll_best *best, int k, const unroll_value *value);
/* The number of a combination of values, one of each setting, which all are in the lists: it rises in the order of the lists, the
   last setting's the fastest. */
int64_t unroll_best_number(const unroll_best *best, const unroll_value *const *values);

/* What chooses: the column that a measuring experiment names (`metric`), of training runs the one that `named` says, which is
   their record's text "metric": the validation metric of the weights that are kept. higher: more of it is better. UNROLL_WRONG
   where a measuring experiment names none, or one of the test. */
unroll_status unroll_best_metric(const unroll_experiment *experiment, const char *named, const char **metric, bool *higher);
/* What a record counts in the choice, less being better: infinite of a run that diverged, NaN where there is nothing to go by,
   as of one that failed. */
double unroll_best_score(const unroll_experiment *experiment, const unroll_record *record);

/* A run that chooses. */
typedef struct unroll_scored {
    int group;
    int64_t choice; /* its number */
    double score;   /* no NaN */
} unroll_scored;

/* Of each group the choice with the lowest median score, of equal ones the first; -1 where it has no run. Sorts the runs. */
void unroll_choose(unroll_scored *runs, int count, int groups, int64_t *chosen);

#endif
