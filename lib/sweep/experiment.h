/* experiment.h: the declaration of an experiment: what is swept, what is held, what is claimed. */
#ifndef UNROLL_SWEEP_EXPERIMENT_H
#define UNROLL_SWEEP_EXPERIMENT_H

#include "base/record.h"
#include "base/settings.h"
#include "base/status.h"

/* What a claim comes to in numbers: the mean of `metric` is lower at each of the values `lower` of `column` than at each of
   `higher`; both are parted by blanks. `where` holds the other columns: "length=max hidden=64", with max and min for the
   largest and the smallest value there is. */
typedef struct unroll_prediction {
    const char *metric, *column, *lower, *higher, *where;
} unroll_prediction;

typedef struct unroll_experiment {
    const char *name, *title;
    const char *claim;  /* the sentence that it measures */
    const char *source; /* where the claim comes from */
    int version;        /* part of every run's id: raise it when the meaning of a record changes */
    /* axes and fixed settings, written as on the command line, parted by blanks: "model=rnn,lstm,gru seed=0..4" */
    const char *axes_quick, *axes_full;
    const char *fixed;
    bool timed; /* its runs measure time: they run alone, one after the other */
    /* Measures one configuration; NULL: a training run (unroll_run of model/run.h). Fills columns, curves, timings. */
    unroll_status (*measure)(const unroll_settings *settings, unroll_record *record);
    const char *metric; /* the column that progress lines show: "mse"; NULL: the task's own */
    const char *groups; /* columns whose combinations are the rows of the comparison table: "cell length" */
    /* its further columns, in order: NAME is a mean over the group's runs with its bootstrap interval, NAME:share a share
       of the runs with its Wilson interval, NAME:mean a mean alone (what is equal in all runs of a group is shown as it
       is): "parameters ms_per_step mse solved:share" */
    const char *columns;
    const char *texts;            /* text columns that the page shows in full, of one run a group: "sample" */
    const char *figures;          /* gnuplot scripts in plots/, without ending, parted by blanks: "architectures" */
    unroll_prediction prediction; /* of the claim; metric NULL: none */
} unroll_experiment;

/* Every experiment in experiments/, in name order (from the generated registry). */
extern const unroll_experiment *const unroll_experiments[];
extern const int unroll_experiment_count;
const unroll_experiment *unroll_experiment_find(const char *name); /* NULL when there is none */

#endif
