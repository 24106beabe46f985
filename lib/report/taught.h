/* taught.h: the table that is taught of the three cells, with what the runs have to say in each field (inside lib/report). */
#ifndef UNROLL_REPORT_TAUGHT_H
#define UNROLL_REPORT_TAUGHT_H

#include "report/report.h"

typedef struct unroll_taught_field {
    const char *said; /* NULL: nothing is taught here */
    unroll_outcome outcome;
    bool exploratory;
    int conditions;          /* at which the number was measured: it is shown where that is 1 */
    unroll_interval value;   /* of the number */
    bool share;              /* it is one of runs */
    bool equal;              /* in all runs */
} unroll_taught_field;

typedef struct unroll_taught_row {
    const unroll_experiment *experiment;
    const unroll_taught *taught;
    unroll_taught_field field[UNROLL_TAUGHT_MODELS];
} unroll_taught_row;

struct unroll_taught_table {
    unroll_taught_row *row; /* owned; those of experiments that have results, in their order */
    int count;
};

/* Judges the fields of one row against the runs of its experiment. */
unroll_status unroll_taught_judge(const unroll_taught *taught, const unroll_experiment *experiment, const unroll_table *table,
                                  unroll_taught_row *row);

#endif
