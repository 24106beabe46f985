/* sense.h: which way a column of results is better, and whether it is a time (inside lib/report). */
#ifndef UNROLL_REPORT_SENSE_H
#define UNROLL_REPORT_SENSE_H

#include "report/inside.h"

typedef enum unroll_better { UNROLL_BETTER_UNKNOWN, UNROLL_LESS_IS_BETTER, UNROLL_MORE_IS_BETTER } unroll_better;

typedef struct unroll_sense {
    unroll_better better;
    bool share; /* of a whole: two are compared by their difference, not by their ratio */
    bool time;  /* a time, a rate or a size in memory: another one in each run */
    bool until; /* a run without a value did not come as far, which is worst */
} unroll_sense;

/* As the experiment's columns say it (NULL: no experiment is known), else by the column's name, without the split that it is of,
   and by its unit. A task's own metric is better the less it is, whatever it is called: `metric`, NULL where nobody knows. */
unroll_sense unroll_sense_of(const unroll_experiment *experiment, const char *name, const char *unit, const char *metric);

#endif
