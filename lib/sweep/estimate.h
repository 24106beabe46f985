/* estimate.h: what --dry-run says (inside lib/sweep). */
#ifndef UNROLL_SWEEP_ESTIMATE_H
#define UNROLL_SWEEP_ESTIMATE_H

#include "sweep/folder.h"
#include "sweep/plan.h"

/* The settings that vary with their values, one a line. */
void unroll_print_axes(const unroll_plan *plan, FILE *out);
/* Expected wall time of the runs `todo` on `jobs` threads, in seconds: by the time that records which are there took for their
   cost, else by a measurement of the costliest run's training step (made smaller where that would take long). NaN when
   neither can tell. */
double unroll_estimate_seconds(const unroll_experiment *experiment, const unroll_folder *folder,
                               const unroll_plan *plan, unroll_planned *const *todo, int count, int jobs);

#endif
