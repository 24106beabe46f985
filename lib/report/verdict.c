/* A claim against the records: each of its rules at each of its conditions, and what they come to together. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/number.h"
#include "base/stop.h"
#include "base/text.h"
#include "report/declared.h"
#include "report/doubt.h"

/* on the wrong side, or not on the right one, by chance */
static const double LEVEL = 0.025;

typedef struct judging {
    const unroll_experiment *experiment;
    const unroll_table *table;
    unroll_verdict *verdict;
    unroll_declared declared;
    bool *keep;         /* (rows): owned */
    unroll_compared at; /* of the condition in hand; its arrays are owned */
} judging;

static unroll_status out_of_memory(void)
{
    return unroll_error(UNROLL_FAILED, "out of memory for a verdict");
}

const char *unroll_outcome_name(unroll_outcome outcome)
{
    static const char *const names[] = {"supported", "contradicted", "undecided", "not judged at this size"};
    return names[outcome];
}

void unroll_verdict_free(unroll_verdict *verdict)
{
    free(verdict->comparison);
    memset(verdict, 0, sizeof *verdict);
}

/* ---- what it comes to ---- */

/* 1: a value is where the rule says that it is; -1: on the other side; 0: neither. */
static int side_of(const unroll_condition *c, double value)
{
    const unroll_rule *rule = c->rule;
    bool higher = (c->metric.is & UNROLL_IS_HIGHER) != 0;
    double worse = higher ? unroll_rule_neutral(rule) - value : value - unroll_rule_neutral(rule);
    switch (rule->direction) {
    case UNROLL_LOWER:
        return (value < unroll_rule_neutral(rule)) - (value > unroll_rule_neutral(rule));
    case UNROLL_HIGHER:
        return (value > unroll_rule_neutral(rule)) - (value < unroll_rule_neutral(rule));
    case UNROLL_AS_GOOD_AS:
        return (worse < rule->bound) - (worse > rule->bound);
    case UNROLL_AT_LEAST:
        return value >= rule->bound ? 1 : -1;
    case UNROLL_AT_MOST:
        return value <= rule->bound ? 1 : -1;
    }
    return 0;
}

static void judge_values(const judging *j, const unroll_condition *c, unroll_comparison *out)
{
    int right = 0, wrong = 0;
    for (int i = 0; i < j->at.count; i++) {
        right += side_of(c, j->at.value[i]) > 0;
        wrong += side_of(c, j->at.value[i]) < 0;
    }
    right -= c->rule->direction == UNROLL_AS_GOOD_AS ? j->at.both_worst : 0;
    out->p = unroll_sign_test(wrong, j->at.count);
    out->finding = unroll_sign_test(right, j->at.count) <= LEVEL ? UNROLL_HOLDS : UNROLL_OPEN;
}

/* Whether there are pairs of runs that could be won: a bound is no race. */
static bool names_partners(const unroll_condition *c)
{
    return unroll_rule_is_paired(c->rule) && c->yardstick.name[0] == '\0' && c->rule->direction != UNROLL_AT_LEAST &&
           c->rule->direction != UNROLL_AT_MOST;
}

/* Of pairs of runs: how many lie on the side that the rule names, of `as good as` the better one. */
static unroll_interval won_of(const judging *j, const unroll_condition *c, int *drawn)
{
    unroll_rule side = *c->rule;
    unroll_condition asked = *c;
    int won = 0;
    if (side.direction == UNROLL_AS_GOOD_AS)
        side.direction = (c->metric.is & UNROLL_IS_HIGHER) != 0 ? UNROLL_HIGHER : UNROLL_LOWER;
    asked.rule = &side;
    for (int i = 0; i < j->at.count; i++)
        won += side_of(&asked, j->at.value[i]) > 0;
    for (int i = 0; i < j->at.count; i++)
        *drawn += j->at.value[i] == unroll_rule_neutral(&side);
    return unroll_share(won, j->at.count);
}

static void judge_share(const judging *j, const unroll_condition *c, unroll_comparison *out)
{
    bool least = c->rule->direction == UNROLL_AT_LEAST;
    int yes = 0, count = j->at.count;
    for (int i = 0; i < count; i++)
        yes += j->at.value[i] == 1;
    out->interval = unroll_share(yes, count);
    out->share = true;
    /* of so few or fewer, so many or more, where the share is at the bound */
    out->p = least ? 1 - unroll_binomial_tail(yes + 1, count, c->rule->bound) : unroll_binomial_tail(yes, count, c->rule->bound);
    out->finding =
        (least ? out->interval.low >= c->rule->bound : out->interval.high <= c->rule->bound) ? UNROLL_HOLDS : UNROLL_OPEN;
}

/* ---- rules at their conditions ---- */

static unroll_status new_comparison(judging *j, unroll_comparison **out)
{
    unroll_verdict *verdict = j->verdict;
    unroll_comparison *grown = unroll_one_more(verdict->comparison, verdict->count, sizeof *grown);
    if (grown == NULL)
        return out_of_memory();
    verdict->comparison = grown;
    *out = &grown[verdict->count++];
    memset(*out, 0, sizeof **out);
    (*out)->row = -1;
    (*out)->p = 1;
    (*out)->finding = UNROLL_TOO_FEW;
    (*out)->interval = (*out)->won = (unroll_interval){NAN, NAN, NAN, 0};
    return unroll_ok();
}

static unroll_status judge_condition(judging *j, const unroll_condition *c)
{
    bool share = c->rule->statistic == UNROLL_SHARE_OF_RUNS;
    unroll_comparison *out;
    if (unroll_stop_requested())
        return unroll_error(UNROLL_STOPPED, "stopped while a claim was judged");
    unroll_condition_compare(c, &j->at);
    UNROLL_TRY(new_comparison(j, &out));
    unroll_condition_describe(c, out->text, sizeof out->text);
    out->row = unroll_condition_row(c);
    UNROLL_TRY(unroll_median(j->at.value, j->at.count, &out->interval));
    out->equal = j->at.count > 1;
    for (int i = 1; i < j->at.count; i++)
        out->equal = out->equal && j->at.value[i] == j->at.value[0];
    if (names_partners(c))
        out->won = won_of(j, c, &out->drawn);
    if (share)
        judge_share(j, c, out);
    else if (j->at.count >= UNROLL_LEAST_RUNS)
        judge_values(j, c, out);
    if (j->at.count < UNROLL_LEAST_RUNS) {
        out->finding = UNROLL_TOO_FEW;
        out->p = 1;
    } else if (!unroll_declared_seeds(&j->declared, j->at.seed, j->at.count)) {
        j->verdict->exploratory = true;
    }
    return unroll_ok();
}

/* The values that a rule names, "lstm,gru", as the table would hold them. */
enum { MOST_VALUES = 32 };
typedef struct listed {
    char text[MOST_VALUES][UNROLL_VALUE_ROOM];
    unroll_field value[MOST_VALUES];
    int count;
} listed;

static unroll_status read_values(const judging *j, const unroll_table_column *column, const char *list, listed *out)
{
    char asks[80];
    snprintf(asks, sizeof asks, "a rule of %.60s", j->experiment->name);
    out->count = 0;
    while (out->count < MOST_VALUES && unroll_next_item(&list, out->text[out->count], UNROLL_VALUE_ROOM)) {
        const char *text = out->text[out->count];
        if (!unroll_field_read(column, text, &out->value[out->count++]))
            return unroll_no_number(asks, column, text);
    }
    return list == NULL ? unroll_ok() : unroll_error(UNROLL_WRONG, "%s names more than %d values", asks, MOST_VALUES);
}

/* A rule, with the values that its runs have. */
typedef struct reading {
    unroll_condition condition;
    char named[48];
    listed of, against; /* against: none where runs are held against a yardstick, or against nothing */
} reading;

static unroll_status judge_group(judging *j, reading *r)
{
    unroll_condition *c = &r->condition;
    for (int i = 0; i < r->of.count; i++) {
        c->of = r->of.value[i];
        if (!unroll_declared_at(&j->declared, c, c->of))
            continue;
        if (r->against.count == 0)
            UNROLL_TRY(judge_condition(j, c));
        for (int k = 0; k < r->against.count; k++) {
            c->against = r->against.value[k];
            if (unroll_declared_at(&j->declared, c, c->against))
                UNROLL_TRY(judge_condition(j, c));
        }
    }
    return unroll_ok();
}

/* What a rule must say for there to be something to compare. */
static unroll_status check_rule(const judging *j, const unroll_rule *rule)
{
    const char *values;
    bool along = rule->statistic == UNROLL_SLOPE || rule->statistic == UNROLL_HORIZON;
    const char *lacks = rule->of == NULL || unroll_part_assignment(rule->of, &values) == 0 ? ".of, as in \"model=lstm,gru\""
                        : unroll_rule_is_paired(rule) && rule->against == NULL ? ".against, which its runs are held against"
                        : along && rule->over == NULL                          ? ".over, the column that it goes along"
                                                                               : NULL;
    return lacks == NULL ? unroll_ok()
                         : unroll_error(UNROLL_WRONG, "a rule of %s on %.60s lacks %s", j->experiment->name, rule->metric, lacks);
}

/* The first of the rule's columns that no run has; NULL: they are all there. */
static const char *absent_column(const reading *r)
{
    const unroll_condition *c = &r->condition;
    bool yardstick = c->yardstick.name[0] != '\0';
    if (c->named == NULL)
        return r->named;
    if (unroll_table_find(c->table, c->metric.name) == NULL)
        return c->metric.name;
    if (yardstick && unroll_table_find(c->table, c->yardstick.name) == NULL)
        return c->yardstick.name;
    return c->over == NULL ? c->rule->over : NULL;
}

static unroll_status read_rule(const judging *j, const unroll_rule *rule, reading *r)
{
    unroll_condition *c = &r->condition;
    const char *of, *against = NULL;
    size_t length;
    memset(r, 0, sizeof *r);
    UNROLL_TRY(check_rule(j, rule));
    length = unroll_part_assignment(rule->of, &of);
    snprintf(r->named, sizeof r->named, "%.*s", (int)length, rule->of);
    c->rule = rule;
    c->table = j->table;
    c->named = unroll_table_find(j->table, r->named);
    c->seed = unroll_table_find(j->table, "seed");
    c->over = rule->over != NULL ? unroll_table_find(j->table, rule->over) : NULL;
    UNROLL_TRY(unroll_measure_read(rule->metric, &c->metric));
    if (unroll_rule_is_paired(rule) && unroll_part_assignment(rule->against, &against) == 0) {
        c->yardstick.is = c->metric.is | UNROLL_IS_GIVEN;
        unroll_text_copy(c->yardstick.name, sizeof c->yardstick.name, rule->against);
    }
    if (c->named == NULL)
        return unroll_ok();
    UNROLL_TRY(read_values(j, c->named, of, &r->of));
    return read_values(j, c->named, against, &r->against);
}

/* A rule on what no run has stands as one comparison that says so. */
static unroll_status miss_column(judging *j, const unroll_rule *rule, const char *column)
{
    unroll_comparison *out;
    UNROLL_TRY(new_comparison(j, &out));
    snprintf(out->text, sizeof out->text, "%.48s of %.200s: no run has the column %.48s", rule->metric, rule->of, column);
    return unroll_ok();
}

/* So does a rule without a run that it could be about. */
static unroll_status miss_runs(judging *j, const unroll_rule *rule)
{
    unroll_comparison *out;
    UNROLL_TRY(new_comparison(j, &out));
    snprintf(out->text, sizeof out->text, "%.48s of %.200s: there is no such run", rule->metric, rule->of);
    return unroll_ok();
}

/* Of the runs in `keep`, which a rule on times is about: whose are no evidence. Of several rules the one with most tells. */
static void count_refused(judging *j)
{
    int refused[UNROLL_DOUBTS] = {0};
    for (int row = 0; row < j->table->rows; row++)
        if (j->keep[row])
            refused[unroll_doubt_of(j->table, row)]++;
    for (int i = 1; i < UNROLL_DOUBTS; i++)
        if (refused[i] > j->verdict->refused[i])
            j->verdict->refused[i] = refused[i];
}

static unroll_status judge_rule(judging *j, const unroll_rule *rule)
{
    char but[100], by[UNROLL_COLUMNS_ROOM];
    unroll_groups groups;
    unroll_status status = unroll_ok();
    reading r;
    int before;
    UNROLL_TRY(read_rule(j, rule, &r));
    if (absent_column(&r) != NULL)
        return miss_column(j, rule, absent_column(&r));
    snprintf(but, sizeof but, "%s %s", r.named, rule->over != NULL ? rule->over : "");
    UNROLL_TRY(unroll_select(j->table, rule->where, false, j->keep));
    for (int row = 0; row < j->table->rows; row++)
        j->keep[row] = j->keep[row] && j->declared.judged[row];
    if ((r.condition.metric.is & UNROLL_IS_TIME) != 0)
        count_refused(j);
    unroll_groups_default(j->experiment, j->table, j->keep, but, by);
    unroll_declared_conditions(&j->declared, j->keep, by);
    UNROLL_TRY(unroll_groups_make(j->experiment, j->table, by, j->keep, &groups));
    r.condition.groups = &groups;
    before = j->verdict->count;
    for (int g = 0; g < groups.count && status.code == UNROLL_OK; g++) {
        r.condition.group = &groups.group[g];
        status = judge_group(j, &r);
    }
    unroll_groups_free(&groups);
    return status.code == UNROLL_OK && j->verdict->count == before ? miss_runs(j, rule) : status;
}

/* ---- the claim ---- */

/* Contradicted where one rule is clear on the wrong side; supported where every one holds. */
static unroll_status conclude(unroll_verdict *v)
{
    int holds = 0, few = 0, wrong = 0;
    double *p = malloc(((size_t)v->count + 1) * sizeof *p);
    unroll_status status = p != NULL ? unroll_ok() : out_of_memory();
    for (int i = 0; i < v->count && p != NULL; i++)
        p[i] = v->comparison[i].p;
    if (p != NULL)
        status = unroll_holm(p, v->count);
    for (int i = 0; i < v->count && status.code == UNROLL_OK; i++) {
        unroll_comparison *c = &v->comparison[i];
        c->p = p[i];
        if (c->finding == UNROLL_OPEN && c->p <= LEVEL)
            c->finding = UNROLL_WRONG_SIDE;
        holds += c->finding == UNROLL_HOLDS;
        few += c->finding == UNROLL_TOO_FEW;
        wrong += c->finding == UNROLL_WRONG_SIDE;
    }
    free(p);
    v->fewest = unroll_fewest_seeds(v->count);
    v->outcome = wrong > 0                          ? UNROLL_CONTRADICTED
                 : few > 0 || v->count == 0         ? UNROLL_NOT_JUDGED
                 : holds == v->count                ? UNROLL_SUPPORTED
                                                    : UNROLL_UNDECIDED;
    return status;
}

static bool is_there(const judging *j, const char *name, const unroll_value *value)
{
    const unroll_table_column *column = unroll_table_find(j->table, name);
    for (int row = 0; row < j->table->rows; row++)
        if (j->declared.judged[row] && unroll_field_is(unroll_field_at(column, row), value))
            return true;
    return false;
}

/* Whether every value by which the experiment groups its runs at a size is there. */
static bool is_whole(const judging *j, const unroll_axes *size)
{
    char word[48];
    for (const char *rest = j->experiment->groups; unroll_next_word(&rest, word, sizeof word);) {
        const unroll_axis *axis = unroll_axes_find(size, word);
        for (int i = 0; axis != NULL && i < axis->count; i++)
            if (!unroll_is_chosen(j->experiment, word) && !is_there(j, word, &axis->values[i]))
                return false;
    }
    return true;
}

/* The claim is about all of the conditions of a size: where some were not run there is nothing to support it by. */
static unroll_status find_missing(judging *j)
{
    char word[48];
    if (is_whole(j, &j->declared.full))
        return unroll_ok();
    for (const char *rest = j->experiment->groups; unroll_next_word(&rest, word, sizeof word);) {
        const unroll_axis *axis = unroll_axes_find(&j->declared.quick, word);
        for (int i = 0; axis != NULL && i < axis->count; i++) {
            unroll_comparison *out;
            char number[UNROLL_NUMBER_ROOM];
            if (unroll_is_chosen(j->experiment, word) || is_there(j, word, &axis->values[i]))
                continue;
            UNROLL_TRY(new_comparison(j, &out));
            snprintf(out->text, sizeof out->text, "no run has %s=%s", word,
                     unroll_show_value(&axis->values[i], number));
        }
    }
    return unroll_ok();
}

static unroll_status judge_all(judging *j)
{
    size_t room = (size_t)j->table->rows + 1;
    j->keep = malloc(room * sizeof *j->keep);
    j->at.value = malloc(room * sizeof *j->at.value);
    j->at.seed = malloc(room * sizeof *j->at.seed);
    if (j->keep == NULL || j->at.value == NULL || j->at.seed == NULL)
        return out_of_memory();
    UNROLL_TRY(unroll_declared_open(j->experiment, j->table, &j->declared));
    j->verdict->exploratory = j->declared.none;
    for (int i = 0; i < UNROLL_MOST_RULES && j->experiment->rules[i].metric != NULL; i++)
        UNROLL_TRY(judge_rule(j, &j->experiment->rules[i]));
    UNROLL_TRY(find_missing(j));
    return conclude(j->verdict);
}

unroll_status unroll_judge(const unroll_experiment *experiment, const unroll_table *table, unroll_verdict *verdict)
{
    judging j = {.experiment = experiment, .table = table, .verdict = verdict};
    unroll_status status;
    memset(verdict, 0, sizeof *verdict);
    if (experiment->rules[0].metric == NULL)
        return unroll_error(UNROLL_NOTHING, "%s claims nothing that its runs could show", experiment->name);
    status = judge_all(&j);
    free(j.keep);
    free(j.at.value);
    free(j.at.seed);
    unroll_declared_close(&j.declared);
    if (status.code != UNROLL_OK)
        unroll_verdict_free(verdict);
    return status;
}
