/* stage.h: one stage of a sweep: a plan, and its runs (inside lib/sweep). */
#ifndef UNROLL_SWEEP_STAGE_H
#define UNROLL_SWEEP_STAGE_H

#include "sweep/choice.h"

/* unroll_sweep of the runs that the axes span or, where there is a choice, of those alone that were chosen (sweep.c). */
unroll_status unroll_sweep_stage(const unroll_experiment *experiment, const unroll_sweep_options *options,
                                 const atomic_bool *stop, const unroll_choice *choice, unroll_sweep_summary *summary);

#endif
