/* experiment.h: the declaration of an experiment: what is swept, what is held, what is claimed. */
#ifndef UNROLL_SWEEP_EXPERIMENT_H
#define UNROLL_SWEEP_EXPERIMENT_H

#include "base/record.h"
#include "base/settings.h"
#include "base/status.h"

/* What a rule is about: for each run of `of`, its metric less that of its partner, or over it; the share of runs whose metric is
   1; the slope of the metric over a column, by least squares; the largest value of a column up to which the metric is 1; the
   metric itself of each run. */
typedef enum unroll_statistic {
    UNROLL_DIFFERENCE,
    UNROLL_RATIO,
    UNROLL_SHARE_OF_RUNS,
    UNROLL_SLOPE,
    UNROLL_HORIZON,
    UNROLL_VALUE
} unroll_statistic;

/* What it should be. Lower and higher: below and above no difference (0, a ratio of 1). As good as: no worse, in the metric's own
   direction, than `bound`. At least and at most: `bound`. */
typedef enum unroll_direction {
    UNROLL_LOWER,
    UNROLL_HIGHER,
    UNROLL_AS_GOOD_AS,
    UNROLL_AT_LEAST,
    UNROLL_AT_MOST
} unroll_direction;

/* One comparison that a claim comes to, at every condition where the claim says that it holds: every combination of the other
   columns that vary among the runs which `where` lets pass. Runs are paired by their seeds. */
typedef struct unroll_rule {
    unroll_statistic statistic;
    unroll_direction direction;
    const char *metric;  /* a column, as in `columns`: "test_mse", "accuracy:higher", "ms_per_step:time" */
    const char *of;      /* the runs that it is about, each value by itself: "model=lstm,gru" */
    const char *against; /* of a difference or a ratio their partners: "model=rnn", or the same run's column: "test_naive_mse" */
    double bound;        /* of a ratio as good as: the share by which it may be above 1 */
    const char *over;    /* of a slope or a horizon: the column, "length" */
    const char *where;   /* a filter (report/inside.h): "length=50..400"; NULL: everywhere */
} unroll_rule;

/* A figure that was published for what some of the runs measure. It is met where our median is within the tolerance of it, on
   either side, judged by 6 runs or more; where the tolerance is 0, as of a count, where each of the runs has the figure itself,
   however few they are. */
typedef struct unroll_published {
    const char *metric; /* a column, as in `columns`: "parameters" */
    const char *where;  /* a filter (report/inside.h): the runs that it is of, "model=lstm hidden=64"; NULL: all */
    double figure;      /* in the column's unit */
    const char *source; /* up to 63 bytes: "Le et al., 2015, table 1", "arithmetic: 4 x 64 x (2 + 64 + 2) + 65" */
    double tolerance;   /* in the column's unit, or with `relative` as a share of the figure */
    bool relative;
    /* The figure is a ratio: that of the runs of `of` to those of `against` ("model=transformer", "model=lstm") in pairs of a seed,
       as in a rule's UNROLL_RATIO, at the one condition that `where` leaves. NULL: it is no ratio */
    const char *of, *against;
} unroll_published;

/* The tables at the head of the report, one after the other. report/taught.h has their titles and columns. */
typedef enum unroll_taught_table {
    UNROLL_TAUGHT_CELLS,       /* vanilla RNN, LSTM, GRU */
    UNROLL_TAUGHT_TRANSFORMER, /* the three together, Transformer */
    UNROLL_TAUGHT_TABLES
} unroll_taught_table;

/* A row of such a table: what is taught of each of its columns, in the words in which it is taught, beside what the experiment's
   runs have to say. */
enum { UNROLL_MOST_TAUGHT_COLUMNS = 3, UNROLL_MOST_TAUGHT_RULES = 4, UNROLL_MOST_TAUGHT = 4 };
typedef struct unroll_saying {
    /* NULL: the field is empty; "": nothing is taught, and the number stands alone, with no rules. Words that no run can judge,
       "established", have no rules either, and no verdict */
    const char *said;
    const char *where; /* of the row's `shown`, where this column's own differs; NULL: it does not */
    /* what the words come to, judged as a claim of its own; `of` is the column's own runs, here and in `shown`, where it is NULL:
       "model=gru"; of recurrent networks together model=rnn,lstm,gru here, and in `shown` the LSTM's alone */
    unroll_rule rules[UNROLL_MOST_TAUGHT_RULES];
} unroll_saying;
typedef struct unroll_taught {
    unroll_taught_table table; /* whose row it is; where none is said UNROLL_TAUGHT_CELLS */
    int order;                 /* rows of a table stand in this order */
    const char *name;          /* "long-range dependencies" */
    const char *measured;      /* what the number is: "longest lag at which a symbol is recalled, of 32 units"; and whose, where
                                  a column has several models */
    const char *unit;          /* behind the number: "steps"; NULL: none */
    unroll_rule shown;         /* whose statistic the number is, at the one condition that its `where` leaves */
    /* the columns of UNROLL_TAUGHT_CELLS, and those of UNROLL_TAUGHT_TRANSFORMER */
    unroll_saying rnn, lstm, gru;
    unroll_saying recurrent, transformer;
} unroll_taught;

/* A column of the comparison table, behind the experiment's own, that another experiment has measured: what ours predicts stands
   beside it. A row holds the statistic of the other's runs that are alike in the settings of `by`. Where the other has no
   results there is no such column, and the table says so. */
typedef struct unroll_beside {
    const char *name;       /* "recall_horizon" */
    const char *unit;       /* "steps"; NULL: none */
    const char *measured;   /* what it is: "longest lag over which a symbol is recalled, of 32 units" */
    const char *experiment; /* whose runs they are: "memory_horizon" */
    const char *by;         /* settings, parted by blanks: "model init" */
    unroll_rule shown;      /* whose statistic it is, of the other's columns; its direction and bound decide nothing */
} unroll_beside;

enum { UNROLL_MOST_RULES = 8, UNROLL_MOST_PUBLISHED = 16, UNROLL_MOST_WITHOUT = 6 };

typedef struct unroll_experiment {
    const char *name, *title;
    const char *claim;  /* the sentence that it measures */
    const char *source; /* where the claim comes from */
    int version;        /* part of every run's id: raise it when the meaning of a record changes */
    /* axes and fixed settings, written as on the command line, parted by blanks: "model=rnn,lstm,gru seed=0..4" */
    const char *axes_quick, *axes_full;
    const char *fixed;
    /* Combinations of the axes' values that are left out, each written like axes, up to the first NULL: "task=copy length=600" are
       all runs of that task at that length. One that names a setting which a user assigns is not. */
    const char *without[UNROLL_MOST_WITHOUT];
    /* A reduction: settings of the axes, parted by blanks ("lr"), whose values are chosen by validation: of each combination of
       the other settings those with the best median metric over the seeds of `best_by` ("seed=0..2"), which are none of the
       axes'; the metric is that of `metric` where there is `measure`, else the task's own. A run that diverged is worst; of
       equal values the first on the axis is taken. The sweep does all values on those seeds, then the chosen one on the seeds
       of the axes, and these runs alone stand in tables, figures and verdict. NULL: none */
    const char *best, *best_by;
    bool timed; /* its runs measure time: they run alone, one after the other */
    bool steps; /* it times steps of training or inference alone (bench/bench.h): what a whole training run reads is refused */
    /* Measures one configuration; NULL: a training run (unroll_run of model/run.h). Fills columns, curves, timings. */
    unroll_status (*measure)(const unroll_settings *settings, unroll_record *record);
    const char *metric; /* the column that progress lines show: "mse"; NULL: the task's own */
    const char *groups; /* columns whose combinations are the rows of the comparison table, as other settings are that vary:
                           "length model" */
    /* its further columns, in order. NAME is a median over the group's runs with its interval; of what is equal in all runs of
       a group the value. Endings: NAME:share, the share of runs where it is 1; :alone, without its interval; :time, a time or a
       speed, marked in tables and in no verdict where how it was measured makes it no evidence (report/doubt.h); :until, the
       steps or seconds to something that some runs do not come to; :given, a yardstick, which stands by itself; :higher, where
       more is better. A run that diverged counts as the worst, but for :time and :given; one without a value does for :until.
       "parameters ms_per_step:time mse solved:share" */
    const char *columns;
    const char *texts;   /* text columns that the page shows in full, of one run a group: "sample" */
    const char *figures; /* gnuplot scripts in plots/, without ending, parted by blanks: "architectures" */
    /* what the claim comes to, up to the first without a metric: fixed before the runs, as the seeds of the axes are, of which
       there are 6 or more where it is to be judged */
    unroll_rule rules[UNROLL_MOST_RULES];
    /* what the report shows ours beside, up to the first without a metric; fixed before the runs, too, or said to
       be later; no verdict stands on it */
    unroll_published published[UNROLL_MOST_PUBLISHED];
    unroll_beside beside; /* without a name: none */
    /* its rows at the head of the report, up to the first without a name */
    unroll_taught taught[UNROLL_MOST_TAUGHT];
} unroll_experiment;

/* Every experiment in experiments/, in name order (from the generated registry). */
extern const unroll_experiment *const unroll_experiments[];
extern const int unroll_experiment_count;
const unroll_experiment *unroll_experiment_find(const char *name); /* NULL when there is none */

#endif
