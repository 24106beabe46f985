/* taught.h: the tables of what is taught, with what the runs have to say in each field (inside lib/report). */
#ifndef UNROLL_REPORT_TAUGHT_H
#define UNROLL_REPORT_TAUGHT_H

#include "report/report.h"

typedef struct unroll_taught_column {
    const char *title;
    const char *judged, *shown; /* the runs that a rule is about which names none, and those whose number stands there */
} unroll_taught_column;

typedef struct unroll_taught_form {
    const char *title;
    unroll_taught_column column[UNROLL_MOST_TAUGHT_COLUMNS]; /* up to the first without a title */
} unroll_taught_form;

extern const unroll_taught_form unroll_taught_forms[UNROLL_TAUGHT_TABLES];

/* What a row says in a column of its table. */
const unroll_saying *unroll_taught_saying(const unroll_taught *taught, int column);

typedef struct unroll_taught_field {
    const char *said; /* NULL: the field is empty */
    bool judged;      /* else the number stands there by itself */
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
    unroll_taught_field field[UNROLL_MOST_TAUGHT_COLUMNS];
} unroll_taught_row;

struct unroll_taught_tables {
    unroll_taught_row *row; /* owned; those of experiments that have results, table by table, each in its order */
    int count;
};

/* Judges the fields of one row against the runs of its experiment. */
unroll_status unroll_taught_judge(const unroll_taught *taught, const unroll_experiment *experiment, const unroll_table *table,
                                  unroll_taught_row *row);

#endif
