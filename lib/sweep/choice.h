/* choice.h: of an experiment that declares a choice by validation (`best`): what the records of the runs that choose come to, and
   the plan of what is chosen (inside lib/sweep). */
#ifndef UNROLL_SWEEP_CHOICE_H
#define UNROLL_SWEEP_CHOICE_H

#include <stdatomic.h>

#include "sweep/folder.h"
#include "sweep/plan.h"

/* What was chosen. */
typedef struct unroll_choice {
    char (*key)[33]; /* owned, sorted: the hash of each choice's settings, but for the seed */
    int count;
    int planned, missing; /* runs that choose, and how many of them have no record yet: nothing is chosen then */
} unroll_choice;

/* UNROLL_WRONG where a seed that `options` ask for would both choose and report, or the declaration cannot be. most: so many runs
   there will be at most of what is chosen. any: whether there is more than one value to choose from. */
unroll_status unroll_choice_check(const unroll_experiment *experiment, const unroll_sweep_options *options, int *most, bool *any);
/* What the records of the runs that choose come to, those of other shards, too; `choosing`: the options of their plan. To be
   freed by unroll_choice_free, after a failure, too. */
unroll_status unroll_choice_make(const unroll_experiment *experiment, const unroll_sweep_options *choosing,
                                 const atomic_bool *stop, unroll_choice *choice);
void unroll_choice_free(unroll_choice *choice);
/* Leaves in a plan the runs of what was chosen. */
unroll_status unroll_choice_keep(const unroll_experiment *experiment, const unroll_choice *choice, unroll_plan *plan);

#endif
