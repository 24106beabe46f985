/* experiment.h: the declaration of an experiment: what is swept, what is held, what is claimed. */
#ifndef UNROLL_SWEEP_EXPERIMENT_H
#define UNROLL_SWEEP_EXPERIMENT_H

#include "base/record.h"
#include "base/settings.h"
#include "base/status.h"

typedef struct unroll_experiment {
    const char *name, *title;
    const char *claim;  /* the sentence that it measures */
    const char *source; /* where the claim comes from */
    int version;        /* part of every run's id: raise it when the meaning of a record changes */
    /* axes and fixed settings, written as on the command line, parted by blanks: "cell=rnn,lstm,gru seed=0..4" */
    const char *axes_quick, *axes_full;
    const char *fixed;
    bool timed; /* its runs measure time: they run alone, one after the other */
    /* Measures one configuration; NULL: a training run (unroll_run of model/run.h). Fills columns, curves, timings. */
    unroll_status (*measure)(const unroll_settings *settings, unroll_record *record);
    const char *metric;  /* the column that the comparison table and the figure show: "mse"; NULL: the task's own */
    const char *groups;  /* columns whose combinations are the rows of the table: "cell length" */
    const char *columns; /* further columns of the table, in order: "parameters ms_per_step solved" */
    const char *plots;   /* gnuplot scripts in plots/, without ending, parted by blanks: "architectures" */
    const char *caption; /* what to see in the figure */
} unroll_experiment;

/* Every experiment in experiments/, in name order (from the generated registry). */
extern const unroll_experiment *const unroll_experiments[];
extern const int unroll_experiment_count;
const unroll_experiment *unroll_experiment_find(const char *name); /* NULL when there is none */

#endif
