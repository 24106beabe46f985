/* A claim against the records: each of its rules at each of its conditions, and what they come to together. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/number.h"
#include "base/stop.h"
#include "base/text.h"
#include "report/condition.h"
#include "sweep/axes.h"

/* on the wrong side, or not on the right one, by chance */
static const double LEVEL = 0.025;

typedef struct judging {
    const unroll_experiment *experiment;
    const unroll_table *table;
    unroll_verdict *verdict;
    unroll_axes quick, full; /* the experiment's own, with what it fixes */
    bool *judged;            /* (rows): owned: the runs that are judged at all */
    bool *keep;              /* (rows): owned */
    unroll_compared at;      /* of the condition in hand; its arrays are owned */
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
    out->finding = (least ? out->interval.low >= c->rule->bound : out->interval.high <= c->rule->bound) ? UNROLL_HOLDS : UNROLL_OPEN;
}

/* ---- the seeds ---- */

static bool is_declared(const unroll_axes *axes, const double *seeds, int count)
{
    const unroll_axis *axis = unroll_axes_find(axes, "seed");
    if (axis == NULL || axis->count != count)
        return false;
    for (int i = 0; i < count; i++) {
        bool found = false;
        for (int k = 0; k < count && !found; k++)
            found = (double)axis->values[i].integer == seeds[k];
        if (!found)
            return false;
    }
    return true;
}

/* ---- which runs are judged ---- */

static bool is_among(const unroll_axis *axis, int setting, const char *shown)
{
    char number[UNROLL_NUMBER_ROOM];
    for (int i = 0; axis != NULL && i < axis->count; i++)
        if (strcmp(unroll_show_value(&axis->values[i], number), shown) == 0)
            return true;
    return axis == NULL && strcmp(unroll_setting_default(setting), shown) == 0;
}

/* Marks in `of` the runs of a size of the experiment, each setting at a value of its axis or, without one, at its default; how
   many they are. */
static int mark_size(const judging *j, const unroll_axes *axes, bool *of)
{
    const unroll_table_column *params = unroll_table_find(j->table, "params");
    char shown[UNROLL_VALUE_ROOM];
    int count = 0;
    for (int row = 0; row < j->table->rows; row++)
        of[row] = true;
    for (int i = 0; i < unroll_setting_count(); i++) {
        const unroll_setting *setting = unroll_setting_at(i);
        const unroll_table_column *column = unroll_table_find(j->table, setting->name);
        const unroll_axis *axis = unroll_axes_find(axes, setting->name);
        bool width = strcmp(setting->name, "hidden") == 0;
        if (column == NULL || ((setting->flags & UNROLL_SETTING_TIMING) != 0 && !j->experiment->timed))
            continue;
        for (int row = 0; row < j->table->rows; row++)
            if (of[row] && !(width && unroll_field_at(params, row).real > 0)) /* which params gives */
                of[row] = is_among(axis, i, unroll_field_show(unroll_field_at(column, row), shown));
    }
    for (int row = 0; row < j->table->rows; row++)
        count += of[row];
    return count;
}

/* The full size where all of it is there, else what there is of the quick one, else of the full one: what else a user has run
   takes nothing from the verdict. Where there are none of either all runs are judged, and the verdict is exploratory. */
static void choose_judged(judging *j)
{
    int quick = mark_size(j, &j->quick, j->keep), full = mark_size(j, &j->full, j->judged);
    double whole = 1;
    for (int i = 0; i < j->full.count; i++)
        whole *= j->full.axis[i].count;
    for (int row = 0; row < j->table->rows && quick > 0 && full < whole; row++)
        j->judged[row] = j->keep[row];
    for (int row = 0; row < j->table->rows && quick + full == 0; row++)
        j->judged[row] = true;
    j->verdict->exploratory = quick + full == 0;
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
    (*out)->p = 1;
    (*out)->finding = UNROLL_TOO_FEW;
    (*out)->interval = (unroll_interval){NAN, NAN, NAN, 0};
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
    UNROLL_TRY(unroll_median(j->at.value, j->at.count, &out->interval));
    if (share)
        judge_share(j, c, out);
    else if (j->at.count >= UNROLL_LEAST_RUNS)
        judge_values(j, c, out);
    if (j->at.count < UNROLL_LEAST_RUNS) {
        out->finding = UNROLL_TOO_FEW;
        out->p = 1;
    } else if (!is_declared(&j->quick, j->at.seed, j->at.count) && !is_declared(&j->full, j->at.seed, j->at.count)) {
        j->verdict->exploratory = true;
    }
    return unroll_ok();
}

/* The next value of a list "lstm,gru", as the table holds it; one that no run has is the text itself. False at the end. */
static bool next_value(const unroll_condition *c, const char **rest, char asked[UNROLL_VALUE_ROOM], unroll_field *out)
{
    char shown[UNROLL_VALUE_ROOM];
    size_t length = strcspn(*rest, ",");
    if (**rest == '\0')
        return false;
    snprintf(asked, UNROLL_VALUE_ROOM, "%.*s", (int)length, *rest);
    *rest += length + ((*rest)[length] == ',');
    for (int row = 0; row < c->table->rows; row++) {
        *out = unroll_field_at(c->named, row);
        if (strcmp(unroll_field_show(*out, shown), asked) == 0)
            return true;
    }
    *out = (unroll_field){.text = asked, .real = NAN};
    return true;
}

static unroll_status judge_group(judging *j, unroll_condition *c)
{
    char asked[2][UNROLL_VALUE_ROOM];
    const char *of = strchr(c->rule->of, '=') + 1;
    bool runs = unroll_rule_is_paired(c->rule) && c->yardstick.name[0] == '\0';
    while (next_value(c, &of, asked[0], &c->of)) {
        const char *against = runs ? strchr(c->rule->against, '=') + 1 : NULL;
        if (!runs)
            UNROLL_TRY(judge_condition(j, c));
        while (runs && next_value(c, &against, asked[1], &c->against))
            UNROLL_TRY(judge_condition(j, c));
    }
    return unroll_ok();
}

/* What a rule must say for there to be something to compare. */
static unroll_status check_rule(const judging *j, const unroll_rule *rule)
{
    bool along = rule->statistic == UNROLL_SLOPE || rule->statistic == UNROLL_HORIZON;
    const char *lacks = rule->of == NULL || strchr(rule->of, '=') == NULL ? ".of, as in \"model=lstm,gru\""
                        : unroll_rule_is_paired(rule) && rule->against == NULL        ? ".against, which its runs are held against"
                        : along && rule->over == NULL                     ? ".over, the column that it goes along"
                                                                          : NULL;
    return lacks == NULL ? unroll_ok()
                         : unroll_error(UNROLL_WRONG, "a rule of %s on %.60s lacks %s", j->experiment->name, rule->metric, lacks);
}

/* The columns that a rule names. */
static unroll_status read_rule(const judging *j, const unroll_rule *rule, char column[48], unroll_condition *c)
{
    *c = (unroll_condition){.rule = rule, .table = j->table};
    UNROLL_TRY(check_rule(j, rule));
    snprintf(column, 48, "%.*s", (int)(strchr(rule->of, '=') - rule->of), rule->of);
    UNROLL_TRY(unroll_measure_read(rule->metric, &c->metric));
    if (unroll_rule_is_paired(rule) && strchr(rule->against, '=') == NULL) {
        c->yardstick.is = c->metric.is | UNROLL_IS_GIVEN;
        unroll_text_copy(c->yardstick.name, sizeof c->yardstick.name, rule->against);
    }
    c->named = unroll_table_find(j->table, column);
    c->seed = unroll_table_find(j->table, "seed");
    c->over = rule->over != NULL ? unroll_table_find(j->table, rule->over) : NULL;
    return unroll_ok();
}

static unroll_status judge_rule(judging *j, const unroll_rule *rule)
{
    char column[48], but[100], by[UNROLL_COLUMNS_ROOM];
    unroll_groups groups;
    unroll_status status = unroll_ok();
    unroll_condition c;
    UNROLL_TRY(read_rule(j, rule, column, &c));
    snprintf(but, sizeof but, "%s %s", column, rule->over != NULL ? rule->over : "");
    UNROLL_TRY(unroll_select(j->table, rule->where, false, j->keep));
    for (int row = 0; row < j->table->rows; row++)
        j->keep[row] = j->keep[row] && j->judged[row];
    unroll_groups_default(j->experiment, j->table, j->keep, but, by);
    UNROLL_TRY(unroll_groups_make(j->experiment, j->table, by, j->keep, &groups));
    c.groups = &groups;
    for (int g = 0; g < groups.count && status.code == UNROLL_OK; g++) {
        c.group = &groups.group[g];
        status = judge_group(j, &c);
    }
    unroll_groups_free(&groups);
    return status;
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

static bool is_there(const judging *j, const char *column, const char *value)
{
    char shown[UNROLL_VALUE_ROOM];
    for (int row = 0; row < j->table->rows; row++)
        if (j->judged[row] && strcmp(unroll_value_show(j->table, column, row, shown), value) == 0)
            return true;
    return false;
}

/* The claim is about all of the conditions of the quick size: where none was run there is nothing to support it by. */
static unroll_status find_missing(judging *j)
{
    char word[48];
    for (const char *rest = j->experiment->groups; unroll_next_word(&rest, word, sizeof word);) {
        const unroll_axis *axis = unroll_axes_find(&j->quick, word);
        for (int i = 0; axis != NULL && i < axis->count; i++) {
            unroll_comparison *out;
            char number[UNROLL_NUMBER_ROOM];
            const char *value = unroll_show_value(&axis->values[i], number);
            if (is_there(j, word, value))
                continue;
            UNROLL_TRY(new_comparison(j, &out));
            snprintf(out->text, sizeof out->text, "no run has %s=%s", word, value);
        }
    }
    return unroll_ok();
}

static unroll_status judge_all(judging *j)
{
    size_t room = (size_t)j->table->rows + 1;
    j->judged = malloc(room * sizeof *j->judged);
    j->keep = malloc(room * sizeof *j->keep);
    j->at.value = malloc(room * sizeof *j->at.value);
    j->at.seed = malloc(room * sizeof *j->at.seed);
    if (j->judged == NULL || j->keep == NULL || j->at.value == NULL || j->at.seed == NULL)
        return out_of_memory();
    UNROLL_TRY(unroll_axes_assign_all(&j->quick, j->experiment->fixed));
    UNROLL_TRY(unroll_axes_assign_all(&j->quick, j->experiment->axes_quick));
    UNROLL_TRY(unroll_axes_assign_all(&j->full, j->experiment->fixed));
    UNROLL_TRY(unroll_axes_assign_all(&j->full, j->experiment->axes_full));
    choose_judged(j);
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
    free(j.judged);
    free(j.keep);
    free(j.at.value);
    free(j.at.seed);
    unroll_axes_free(&j.quick);
    unroll_axes_free(&j.full);
    if (status.code != UNROLL_OK)
        unroll_verdict_free(verdict);
    return status;
}
