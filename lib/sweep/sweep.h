/* sweep.h: axes to runs, runs to records: the scheduler over OpenMP threads. */
#ifndef UNROLL_SWEEP_SWEEP_H
#define UNROLL_SWEEP_SWEEP_H

#include <stdatomic.h>
#include <stdio.h>

#include "base/settings.h"
#include "base/status.h"
#include "sweep/experiment.h"

typedef struct unroll_sweep_options {
    bool full, dry_run, retry_failed, fail_fast;
    bool force; /* what is there is done again, and replaced */
    bool again; /* what is there is done again, and kept */
    int jobs;                       /* threads over runs; 0: as many as processors */
    int shard, shards;              /* this part (1-based) of so many; 1, 1: all */
    const char *results;            /* folder, "results" */
    FILE *out;                      /* plan, progress and closing lines */
    const char *const *assignments; /* "name=value,value..." from the command line: override axes and fixed settings */
    int assignment_count;
} unroll_sweep_options;

typedef struct unroll_sweep_summary {
    int planned, found, done, diverged, failed; /* runs; found: had a record already, or got one from another call meanwhile */
    char gathered[512];                         /* path of the gathered file */
} unroll_sweep_summary;

/* Runs what is not there yet, costliest first, and gathers the plan's records (those of other shards, too) into
   results/NAME.h5; where the experiment declares a choice by validation, first the runs that choose, then what they chose, once
   all of them are there. UNROLL_STOPPED when `stop` became true before all runs were finished; UNROLL_FAILED when a run has
   failed, now or in a record that was found (all the others are done), or a record could not be written (no further run
   is started); UNROLL_WRONG for a bad axis; UNROLL_NOTHING when the shard has no runs. */
unroll_status unroll_sweep(const unroll_experiment *experiment, const unroll_sweep_options *options,
                           const atomic_bool *stop, unroll_sweep_summary *summary);

/* The configurations that axes and assignments span, in plan order; *count settings in a malloc'ed array. */
unroll_status unroll_sweep_plan(const unroll_experiment *experiment, const unroll_sweep_options *options,
                                unroll_settings ***configs, int *count);

/* Whether a combination is one that the experiment leaves out, and whose settings nobody assigns. */
unroll_status unroll_sweep_without(const unroll_experiment *experiment, const unroll_sweep_options *options,
                                   const unroll_settings *settings, bool *left_out);

/* Whether task, model and isa, which are mere text in the settings table, name what there is: UNROLL_WRONG with the
   nearest right name when one does not, or when the processor lacks the instruction set. */
unroll_status unroll_settings_check(const unroll_settings *settings);

#endif
