/* doubt.h: which runs' times are no evidence, and why (inside lib/report). */
#ifndef UNROLL_REPORT_DOUBT_H
#define UNROLL_REPORT_DOUBT_H

#include <stdio.h>

#include "report/report.h"

/* The limits, each with its reason.
   - A share of the peak above 1 cannot be: the peak or the time was disturbed.
   - The quartiles of a time's samples lie 3% of the median apart in half of 108 records of the experiment speed, more than 20% in
     one of twenty, and 36% at the most. Beyond 50% the median depends on when it was measured.
   - The load counts those who want a core. Above the number of cores some of them wait; it is a mean over a minute, so half a
     core is its own wander. It is asked only of timed runs: others make their load themselves. */
#define UNROLL_MOST_PEAK 1.0
#define UNROLL_MOST_SPREAD 0.5
#define UNROLL_MOST_WAITING 0.5

/* The column that a loaded table gets where some run's times are no evidence: "beside", "load", "spread", "peak", or "" of a run
   whose times are good. */
#define UNROLL_DOUBT_COLUMN "time_doubt"
unroll_status unroll_doubt_add(const unroll_experiment *experiment, unroll_table *table);

/* What that column says of a run; none without it. */
unroll_doubt unroll_doubt_of(const unroll_table *table, int row);

/* "6 runs with other runs beside, 1 under a load above the cores": so many runs of each kind; nothing where there is none. */
void unroll_doubt_print(const int count[UNROLL_DOUBTS], FILE *out);

#endif
