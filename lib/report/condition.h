/* condition.h: a rule of a claim at one condition, and the values that are compared there (inside lib/report). */
#ifndef UNROLL_REPORT_CONDITION_H
#define UNROLL_REPORT_CONDITION_H

#include "report/inside.h"

typedef struct unroll_condition {
    const unroll_rule *rule;
    const unroll_table *table;
    unroll_measure metric;
    unroll_measure yardstick;               /* the column that a run is held against; no name: it is other runs */
    const unroll_table_column *named;       /* the column that `of` names: model; and `against`, where it names runs */
    const unroll_table_column *seed, *over; /* NULL where the results have none */
    unroll_field of, against;               /* values of `named`; against: only where the partners are runs */
    const unroll_groups *groups;
    const unroll_group *group; /* the condition's rows, in the order of seeds */
} unroll_condition;

/* The rule's statistic. */
typedef struct unroll_compared {
    double *value, *seed; /* owned by the caller, with room for as many as the table has rows: of each pair, run or seed */
    int count;
    int both_worst; /* pairs of two runs that are worst: of no difference, and nothing to show being as good by */
} unroll_compared;

bool unroll_rule_is_paired(const unroll_rule *rule);
/* What there is no difference at: 0, of a ratio 1. */
double unroll_rule_neutral(const unroll_rule *rule);

/* The first row of `of` at the condition; -1: there is none. */
int unroll_condition_row(const unroll_condition *c);
void unroll_condition_compare(const unroll_condition *c, unroll_compared *out);
/* "test_mse of lstm minus rnn below 0, at horizon 12, params 3000" */
void unroll_condition_describe(const unroll_condition *c, char *out, size_t room);

#endif
