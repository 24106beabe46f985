/* What a rule compares at one condition: the statistic of each pair, run or seed, and the sentence that says so. */
#include "report/condition.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/doubt.h"

bool unroll_rule_is_paired(const unroll_rule *rule)
{
    return rule->statistic == UNROLL_DIFFERENCE || rule->statistic == UNROLL_RATIO;
}

double unroll_rule_neutral(const unroll_rule *rule)
{
    return rule->statistic == UNROLL_RATIO ? 1 : 0;
}

/* ---- rows ---- */

/* The rows `first` to `end` - 1 of a condition's group, which are all that have one seed. */
typedef struct span {
    int first, end;
} span;

static unroll_field seed_at(const unroll_condition *c, int i)
{
    return unroll_field_at(c->seed, c->group->row[i]);
}

static span rows_of_seed(const unroll_condition *c, int first)
{
    span rows = {first, first + 1};
    while (rows.end < c->group->count && unroll_field_equal(seed_at(c, first), seed_at(c, rows.end)))
        rows.end++;
    return rows;
}

static bool is_of(const unroll_condition *c, int row)
{
    return unroll_field_equal(unroll_field_at(c->named, row), c->of);
}

int unroll_condition_row(const unroll_condition *c)
{
    for (int i = 0; i < c->group->count; i++)
        if (is_of(c, c->group->row[i]))
            return c->group->row[i];
    return -1;
}

/* What a run's value counts as evidence: NaN for a time that is none. */
static double evidence_at(const unroll_condition *c, const unroll_measure *m, int row)
{
    bool refused = (m->is & UNROLL_IS_TIME) != 0 && unroll_doubt_of(c->table, row) != UNROLL_DOUBT_NONE;
    return refused ? NAN : unroll_measure_at(m, c->table, row);
}

/* ---- pairs ---- */

/* a against b; two runs that both are worst are no different */
static double compare(const unroll_rule *rule, double a, double b)
{
    if (a == b)
        return unroll_rule_neutral(rule);
    return rule->statistic == UNROLL_RATIO ? a / b : a - b;
}

/* Infinite; of a share, of which each run has all or nothing, 0. */
static bool is_worst(const unroll_condition *c, double value)
{
    return isinf(value) || ((c->metric.is & UNROLL_IS_SHARE) != 0 && value == 0);
}

static bool has_yardstick(const unroll_condition *c)
{
    return c->yardstick.name[0] != '\0';
}

/* The metric of the first of the partners; NaN where there is none. */
static double partner_in(const unroll_condition *c, span rows)
{
    for (int i = rows.first; i < rows.end; i++)
        if (unroll_field_equal(unroll_field_at(c->named, c->group->row[i]), c->against))
            return evidence_at(c, &c->metric, c->group->row[i]);
    return NAN;
}

/* A value for each run of `of` that has a partner. */
static void add_pairs(const unroll_condition *c, span rows, unroll_compared *out)
{
    bool paired = unroll_rule_is_paired(c->rule);
    double partner = paired && !has_yardstick(c) ? partner_in(c, rows) : 0;
    for (int i = rows.first; i < rows.end; i++) {
        int row = c->group->row[i];
        double own, other;
        if (!is_of(c, row))
            continue;
        own = evidence_at(c, &c->metric, row);
        other = has_yardstick(c) ? evidence_at(c, &c->yardstick, row) : partner;
        if (has_yardstick(c) && isnan(other) && isinf(own))
            other = 0; /* a run that diverged before its yardstick was there is worst all the same */
        if (isnan(own) || isnan(other))
            continue;
        out->both_worst += paired && is_worst(c, own) && is_worst(c, other);
        out->seed[out->count] = seed_at(c, i).real;
        out->value[out->count++] = paired ? compare(c->rule, own, other) : own;
    }
}

/* ---- seeds ---- */

/* The slope by least squares of the metric over the rule's column; NaN of a single point. Where a run diverged there is none:
   it is against the rule. */
static double slope_of(const unroll_condition *c, span rows)
{
    double n = 0, x_sum = 0, y_sum = 0, xx = 0, xy = 0;
    for (int i = rows.first; i < rows.end; i++) {
        int row = c->group->row[i];
        double x = unroll_field_at(c->over, row).real, y = evidence_at(c, &c->metric, row);
        if (!is_of(c, row) || isnan(x) || isnan(y))
            continue;
        if (isinf(y))
            return c->rule->direction == UNROLL_AT_LEAST || c->rule->direction == UNROLL_HIGHER ? -INFINITY : INFINITY;
        n++;
        x_sum += x;
        y_sum += y;
        xx += x * x;
        xy += x * y;
    }
    return (n * xy - x_sum * y_sum) / (n * xx - x_sum * x_sum);
}

/* The largest value of the rule's column at which the metric is 1, and at all smaller ones, too; 0 where it is 1 at none; NaN
   without a run. */
static double horizon_of(const unroll_condition *c, span rows)
{
    double reached = NAN, missed = INFINITY;
    for (int pass = 0; pass < 2; pass++) /* first the smallest that is missed */
        for (int i = rows.first; i < rows.end; i++) {
            int row = c->group->row[i];
            double x = unroll_field_at(c->over, row).real;
            bool good = evidence_at(c, &c->metric, row) == 1;
            if (!is_of(c, row))
                continue;
            reached = isnan(reached) ? 0 : reached;
            if (pass == 0 && !good && x < missed)
                missed = x;
            if (pass == 1 && good && x < missed && x > reached)
                reached = x;
        }
    return reached;
}

/* One value of all runs of a seed. */
static void add_seed(const unroll_condition *c, span rows, unroll_compared *out)
{
    double value = c->rule->statistic == UNROLL_SLOPE ? slope_of(c, rows) : horizon_of(c, rows);
    if (isnan(value))
        return;
    out->seed[out->count] = seed_at(c, rows.first).real;
    out->value[out->count++] = value;
}

void unroll_condition_compare(const unroll_condition *c, unroll_compared *out)
{
    bool by_seed = c->rule->statistic == UNROLL_SLOPE || c->rule->statistic == UNROLL_HORIZON;
    span rows = {0, 0};
    out->count = out->both_worst = 0;
    while (rows.end < c->group->count) {
        rows = rows_of_seed(c, rows.end);
        if (by_seed)
            add_seed(c, rows, out);
        else
            add_pairs(c, rows, out);
    }
}

/* ---- the sentence ---- */

/* A text that is written piece by piece. */
typedef struct sentence {
    char *text;
    size_t used, room;
} sentence;

static void add(sentence *s, const char *text)
{
    if (s->used < s->room)
        s->used += (size_t)snprintf(s->text + s->used, s->room - s->used, "%s", text);
}

/* "below 0", "at least 20", "no worse by 0.01" */
static void add_demand(const unroll_rule *rule, sentence *s)
{
    static const char *const words[] = {" below ", " above ", " no worse by ", " at least ", " at most "};
    char shown[UNROLL_VALUE_ROOM];
    bool bound = rule->direction != UNROLL_LOWER && rule->direction != UNROLL_HIGHER;
    add(s, words[rule->direction]);
    add(s, unroll_show_short(bound ? rule->bound : unroll_rule_neutral(rule), shown));
}

void unroll_condition_describe(const unroll_condition *c, char *out, size_t room)
{
    static const char *const statistics[] = {"", "", "share of runs with ", "slope of ", "reach of ", ""};
    char shown[UNROLL_VALUE_ROOM];
    const unroll_rule *rule = c->rule;
    sentence s = {out, 0, room};
    add(&s, statistics[rule->statistic]);
    add(&s, c->metric.name);
    add(&s, " of ");
    if (strcmp(c->named->name, "model") != 0) { /* a model's name says by itself what it is */
        add(&s, c->named->name);
        add(&s, " ");
    }
    add(&s, unroll_field_show(c->of, shown));
    if (unroll_rule_is_paired(rule)) {
        add(&s, rule->statistic == UNROLL_RATIO ? " over " : " minus ");
        add(&s, has_yardstick(c) ? c->yardstick.name : unroll_field_show(c->against, shown));
    }
    if (rule->over != NULL) {
        add(&s, rule->statistic == UNROLL_HORIZON ? " in " : " over ");
        add(&s, rule->over);
    }
    add_demand(rule, &s);
    for (int k = 0, told = 0; k < c->groups->column_count; k++) {
        const char *value = unroll_field_show(c->group->by[k], shown);
        if (value[0] == '\0') /* no file but the task's own */
            continue;
        add(&s, told++ == 0 ? ", at " : ", ");
        add(&s, c->groups->column[k]);
        add(&s, " ");
        add(&s, value);
    }
}
