/* plan.h: the runs that an experiment's axes span (inside lib/sweep). */
#ifndef UNROLL_SWEEP_PLAN_H
#define UNROLL_SWEEP_PLAN_H

#include "model/run.h"
#include "sweep/axes.h"
#include "sweep/origin.h"
#include "sweep/sweep.h"

typedef struct unroll_planned {
    unroll_settings *settings; /* owned */
    char id[33], content[UNROLL_HASH_ROOM]; /* hash of its data file; "": it has none */
    int take;           /* of its record, the one found or the one to be written: the first file is ID.h5, the next ID-2.h5 */
    int next;           /* the first that is free */
    char status[16];    /* of the record that is there; "": none */
    double score;       /* what that counts in a choice by validation (best.h) */
    bool in_question;   /* the record is of other sources: */
    char sources[UNROLL_HASH_ROOM], first_steps[UNROLL_FIRST_STEPS_ROOM]; /* first_steps: "" before it has been done again */
    int64_t turn;    /* place in the order for timed runs: the first axis changes fastest, the last one slowest */
    double cost;     /* as unroll_plan_cost has it; filled in by the sweep for those that are to do */
} unroll_planned;

typedef struct unroll_plan {
    unroll_axes axes;     /* fixed settings, axes and assignments, the later ones in place of the earlier */
    unroll_planned *runs; /* owned; in plan order: the last axis changes fastest */
    int count;
    int combinations; /* of the axes' values; more than `count` when some mean the same run */
    unroll_shapes *shapes; /* owned; of the tasks' data that have been opened for it */
    unroll_contents *contents; /* owned */
} unroll_plan;

/* Fixed settings, then the axes of the size in `options`, then its assignments; every combination of their values once.
   Where a setting cannot matter to a run (model/effect.h) it is at its default, and combinations that mean the same run are one.
   An experiment's own axes give way to what is assigned: its params to a width, and what matters for none of the combinations
   is dropped. UNROLL_WRONG for what cannot be, an assigned setting that matters for none of them included. */
unroll_status unroll_plan_make(const unroll_experiment *experiment, const unroll_sweep_options *options,
                               unroll_plan *plan);
void unroll_plan_free(unroll_plan *plan);
/* What a run costs beside the others: floating-point operations; the same for all where steps are timed, because each is
   measured for about as long. */
double unroll_plan_cost(const unroll_experiment *experiment, const unroll_plan *plan, const unroll_settings *settings);
/* What a run's record has too much of, as the end of a sentence: "has texts of more than 1 MiB"; NULL: nothing. Such a run is
   a failed one, so that no record is written that would be refused. */
const char *unroll_plan_excess(const unroll_experiment *experiment, const unroll_record *record);
/* Why a record cannot be one that a run of the experiment (`context`) left under its id, whoever wrote it: another's settings,
   or more in it than its settings let it have. NULL: it can. */
const char *unroll_plan_refuse(const void *context, const unroll_record *record);
/* "model=lstm length=50 seed=3": the settings of the run that vary over the plan. */
void unroll_plan_describe(const unroll_plan *plan, const unroll_settings *settings, char *out, size_t room);

#endif
