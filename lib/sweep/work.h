/* work.h: the runs of a sweep being done: side by side, each claimed, its record written (inside lib/sweep). */
#ifndef UNROLL_SWEEP_WORK_H
#define UNROLL_SWEEP_WORK_H

#include "simd/engine.h"
#include "sweep/claim.h"
#include "sweep/folder.h"
#include "sweep/progress.h"
#include "sweep/stage.h"

/* One call of unroll_sweep_stage. */
typedef struct unroll_work {
    const unroll_experiment *experiment;
    const unroll_sweep_options *options;
    const atomic_bool *stop;
    unroll_sweep_summary *summary;
    unroll_folder folder;
    const unroll_choice *choice; /* of whose runs the plan is; NULL: of all */
    unroll_plan plan;
    unroll_planned **mine; /* owned: the runs of this shard, in plan order */
    int mine_count;
    unroll_planned **todo; /* owned: those without a record, in the order in which they are started */
    int todo_count, jobs;
    unroll_planned **waiting; /* owned: of those, the ones that another call is at; under the progress lock */
    int waiting_count;
    bool told; /* of the other call */
    unroll_claims *claims;
    int failed_before; /* records found that are of failed runs */
    const unroll_isa *isa; /* of runs that name none */
    unroll_progress progress;
    atomic_int next;
    atomic_bool halt;      /* start no more runs */
    unroll_status trouble; /* what a record could not be written for; under the progress lock */
    char first_failure[512];
} unroll_work;

static inline bool unroll_work_stopped(const unroll_work *work)
{
    return work->stop != NULL && atomic_load(work->stop);
}

/* Does what is to do, on as many threads as there are jobs, each run with what threads it has of its own. */
void unroll_work_do(unroll_work *work);
/* A timed run names its instruction set; the others are given that of the first. */
unroll_status unroll_work_use_isa(const unroll_work *work, const unroll_settings *settings);

#endif
