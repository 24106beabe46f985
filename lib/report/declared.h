/* declared.h: which runs of a table are those that an experiment declares, and at which conditions it declares any (inside
   lib/report). */
#ifndef UNROLL_REPORT_DECLARED_H
#define UNROLL_REPORT_DECLARED_H

#include "report/condition.h"
#include "sweep/axes.h"

typedef struct unroll_declared {
    const unroll_experiment *experiment;
    const unroll_table *table;
    unroll_axes quick, full; /* its sizes, with what it fixes */
    bool *judged;            /* (rows): owned: the runs that a claim is judged by */
    bool none;               /* no run is of either size: all are judged */
} unroll_declared;

/* To be closed whatever it returns. */
unroll_status unroll_declared_open(const unroll_experiment *experiment, const unroll_table *table, unroll_declared *declared);
void unroll_declared_close(unroll_declared *declared);

/* Whether these seeds are all those of one of the sizes. */
bool unroll_declared_seeds(const unroll_declared *declared, const double *seeds, int count);
/* Takes out of `by`, columns parted by blanks, the settings that vary among the runs in `keep` in nothing but that some cannot have
   them: beside an LSTM with forget_bias=1 a GRU, which has none, stands at the same condition. */
void unroll_declared_conditions(const unroll_declared *declared, const bool *keep, char by[UNROLL_COLUMNS_ROOM]);
/* Whether there are runs of `value`, of the column that the rule names, at a condition, or are missing there. Neither: a GRU has
   no forget_bias, so all of its runs are at the default; and an LSTM has none there where the experiment says forget_bias=1, or
   leaves them out. */
bool unroll_declared_at(const unroll_declared *declared, const unroll_condition *c, unroll_field value);

#endif
