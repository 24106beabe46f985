/* A claim against the records: each of its rules at each of its conditions, and what they come to together. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/number.h"
#include "base/text.h"
#include "report/inside.h"
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
    double *value;           /* (rows): owned: the statistic of each pair or seed */
    double *seed;            /* (rows): owned: theirs */
} judging;

/* A rule at one condition, with the values that are compared. */
typedef struct condition {
    const unroll_rule *rule;
    unroll_measure measure;
    const char *column;    /* that `of` names, "model" */
    unroll_field of, against;
    char asked[2][UNROLL_VALUE_ROOM]; /* their texts, where no run has them */
    const unroll_groups *groups;
    const unroll_group *group; /* the condition's rows */
} condition;

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

/* ---- the statistic of each pair or seed ---- */

static bool is_paired(const unroll_rule *rule)
{
    return rule->statistic == UNROLL_DIFFERENCE || rule->statistic == UNROLL_RATIO;
}

/* What there is no difference at. */
static double neutral(const unroll_rule *rule)
{
    return rule->statistic == UNROLL_RATIO ? 1 : 0;
}

/* a against b; two runs that both are worst are no different */
static double compare(const unroll_rule *rule, double a, double b)
{
    if (a == b)
        return neutral(rule);
    return rule->statistic == UNROLL_RATIO ? a / b : a - b;
}

static const unroll_table_column *seed_column(const judging *j)
{
    return unroll_table_find(j->table, "seed");
}

/* The row of the condition with a value in the rule's column and a seed; -1 where there is none. */
static int find_row(const judging *j, const condition *c, unroll_field value, unroll_field seed)
{
    const unroll_table_column *column = unroll_table_find(j->table, c->column);
    for (int i = 0; i < c->group->count; i++) {
        int row = c->group->row[i];
        if (unroll_field_equal(unroll_field_at(column, row), value) && unroll_field_equal(unroll_field_at(seed_column(j), row), seed))
            return row;
    }
    return -1;
}

/* The rule's value of its partner: another run's, or another column of its own. NaN where there is none. */
static double partner_of(const judging *j, const condition *c, int row)
{
    unroll_measure other = c->measure;
    if (strchr(c->rule->against, '=') == NULL) {
        unroll_text_copy(other.name, sizeof other.name, c->rule->against);
        other.is |= UNROLL_IS_GIVEN;
    } else {
        row = find_row(j, c, c->against, unroll_field_at(seed_column(j), row));
    }
    return row >= 0 ? unroll_measure_at(&other, j->table, row) : NAN;
}

/* One value a run of `of` that has a partner. */
static int fill_pairs(const judging *j, const condition *c)
{
    const unroll_table_column *column = unroll_table_find(j->table, c->column);
    int count = 0;
    for (int i = 0; i < c->group->count; i++) {
        int row = c->group->row[i];
        double own, other;
        if (!unroll_field_equal(unroll_field_at(column, row), c->of))
            continue;
        own = unroll_measure_at(&c->measure, j->table, row);
        other = is_paired(c->rule) ? partner_of(j, c, row) : 0;
        if (isnan(other) && isinf(own) && strchr(c->rule->against, '=') == NULL)
            other = 0; /* a run that diverged before its yardstick was there is worst all the same */
        if (isnan(own) || isnan(other))
            continue;
        j->seed[count] = unroll_field_at(seed_column(j), row).real;
        j->value[count++] = is_paired(c->rule) ? compare(c->rule, own, other) : own;
    }
    return count;
}

/* The slope by least squares of the metric over the rule's column, of the runs of one seed; NaN of a single point. Where a run
   diverged there is none: it is against the rule. */
static double slope_of(const judging *j, const condition *c, double seed)
{
    const unroll_table_column *column = unroll_table_find(j->table, c->column), *over = unroll_table_find(j->table, c->rule->over);
    double n = 0, x_sum = 0, y_sum = 0, xx = 0, xy = 0;
    for (int i = 0; i < c->group->count; i++) {
        int row = c->group->row[i];
        double x = unroll_field_at(over, row).real, y = unroll_measure_at(&c->measure, j->table, row);
        if (unroll_field_at(seed_column(j), row).real != seed || !unroll_field_equal(unroll_field_at(column, row), c->of) ||
            isnan(x) || isnan(y))
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

/* The largest value of the rule's column at which the metric is 1, and at all smaller ones, too, of the runs of one seed; 0
   where it is 1 at none. */
static double horizon_of(const judging *j, const condition *c, double seed)
{
    const unroll_table_column *column = unroll_table_find(j->table, c->column), *over = unroll_table_find(j->table, c->rule->over);
    double reached = 0, missed = INFINITY;
    for (int pass = 0; pass < 2; pass++) /* first the smallest that is missed */
        for (int i = 0; i < c->group->count; i++) {
            int row = c->group->row[i];
            double x = unroll_field_at(over, row).real;
            bool good = unroll_measure_at(&c->measure, j->table, row) == 1;
            if (unroll_field_at(seed_column(j), row).real != seed || !unroll_field_equal(unroll_field_at(column, row), c->of))
                continue;
            if (pass == 0 && !good && x < missed)
                missed = x;
            if (pass == 1 && good && x < missed && x > reached)
                reached = x;
        }
    return reached;
}

/* One value a seed, from its runs at all values of the rule's column. */
static int fill_seeds(const judging *j, const condition *c)
{
    const unroll_table_column *column = unroll_table_find(j->table, c->column);
    int count = 0;
    for (int i = 0; i < c->group->count; i++) { /* which are in the order of seeds */
        int row = c->group->row[i];
        double seed = unroll_field_at(seed_column(j), row).real, value;
        if (!unroll_field_equal(unroll_field_at(column, row), c->of) || (count > 0 && j->seed[count - 1] == seed))
            continue;
        value = c->rule->statistic == UNROLL_SLOPE ? slope_of(j, c, seed) : horizon_of(j, c, seed);
        if (isnan(value))
            continue;
        j->seed[count] = seed;
        j->value[count++] = value;
    }
    return count;
}

/* ---- what it comes to ---- */

/* 1: a value is where the rule says that it is; -1: on the other side; 0: neither. */
static int side_of(const condition *c, double value)
{
    const unroll_rule *rule = c->rule;
    bool higher = (c->measure.is & UNROLL_IS_HIGHER) != 0;
    double worse = higher ? neutral(rule) - value : value - neutral(rule);
    switch (rule->direction) {
    case UNROLL_LOWER:
        return (value < neutral(rule)) - (value > neutral(rule));
    case UNROLL_HIGHER:
        return (value > neutral(rule)) - (value < neutral(rule));
    case UNROLL_AS_GOOD_AS:
        return (worse < rule->bound) - (worse > rule->bound);
    case UNROLL_AT_LEAST:
        return value >= rule->bound ? 1 : -1;
    case UNROLL_AT_MOST:
        return value <= rule->bound ? 1 : -1;
    }
    return 0;
}

/* Pairs of which both runs are worst say nothing for being as good. */
static int count_both_worst(const judging *j, const condition *c)
{
    const unroll_table_column *column = unroll_table_find(j->table, c->column);
    int count = 0;
    for (int i = 0; i < c->group->count && c->rule->direction == UNROLL_AS_GOOD_AS; i++) {
        int row = c->group->row[i];
        count += unroll_field_equal(unroll_field_at(column, row), c->of) &&
                 isinf(unroll_measure_at(&c->measure, j->table, row)) && isinf(partner_of(j, c, row));
    }
    return count;
}

static void judge_values(const judging *j, const condition *c, int count, unroll_comparison *out)
{
    int right = 0, wrong = 0;
    for (int i = 0; i < count; i++) {
        right += side_of(c, j->value[i]) > 0;
        wrong += side_of(c, j->value[i]) < 0;
    }
    right -= count_both_worst(j, c);
    out->p = unroll_sign_test(wrong, count);
    out->finding = unroll_sign_test(right, count) <= LEVEL ? UNROLL_HOLDS : UNROLL_OPEN;
}

static void judge_share(const judging *j, const condition *c, int count, unroll_comparison *out)
{
    bool least = c->rule->direction == UNROLL_AT_LEAST;
    int yes = 0;
    for (int i = 0; i < count; i++)
        yes += j->value[i] == 1;
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

/* ---- sentences ---- */

static size_t add(unroll_comparison *out, size_t used, const char *text)
{
    if (used < sizeof out->text)
        used += (size_t)snprintf(out->text + used, sizeof out->text - used, "%s", text);
    return used;
}

/* "below 0", "at least 20", "no worse by 0.01" */
static size_t add_demand(const condition *c, unroll_comparison *out, size_t used)
{
    static const char *const words[] = {" below ", " above ", " no worse by ", " at least ", " at most "};
    char shown[UNROLL_VALUE_ROOM];
    bool bound = c->rule->direction != UNROLL_LOWER && c->rule->direction != UNROLL_HIGHER;
    used = add(out, used, words[c->rule->direction]);
    return add(out, used, unroll_show_short(bound ? c->rule->bound : neutral(c->rule), shown));
}

/* "test_mse of lstm minus rnn below 0, at horizon 12, params 3000" */
static void describe(const condition *c, unroll_comparison *out)
{
    static const char *const statistics[] = {"", "", "share of runs with ", "slope of ", "reach of "};
    char shown[UNROLL_VALUE_ROOM];
    const unroll_rule *rule = c->rule;
    size_t used = add(out, 0, statistics[rule->statistic]);
    used = add(out, used, c->measure.name);
    used = add(out, used, " of ");
    used = add(out, used, unroll_field_show(c->of, shown));
    if (is_paired(rule)) {
        used = add(out, used, rule->statistic == UNROLL_RATIO ? " over " : " minus ");
        used = add(out, used, strchr(rule->against, '=') != NULL ? unroll_field_show(c->against, shown) : rule->against);
    }
    if (rule->over != NULL) {
        used = add(out, used, rule->statistic == UNROLL_HORIZON ? " in " : " over ");
        used = add(out, used, rule->over);
    }
    used = add_demand(c, out, used);
    for (int k = 0; k < c->groups->column_count; k++) {
        used = add(out, used, k == 0 ? ", at " : ", ");
        used = add(out, used, c->groups->column[k]);
        used = add(out, used, " ");
        used = add(out, used, unroll_field_show(c->group->by[k], shown));
    }
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

static unroll_status judge_condition(judging *j, const condition *c)
{
    unroll_comparison *out;
    bool by_seed = c->rule->statistic == UNROLL_SLOPE || c->rule->statistic == UNROLL_HORIZON;
    int count = by_seed ? fill_seeds(j, c) : fill_pairs(j, c);
    UNROLL_TRY(new_comparison(j, &out));
    describe(c, out);
    UNROLL_TRY(unroll_median(j->value, count, &out->interval));
    if (count < UNROLL_LEAST_RUNS) {
        if (c->rule->statistic == UNROLL_SHARE_OF_RUNS)
            judge_share(j, c, count, out);
        out->finding = UNROLL_TOO_FEW;
        out->p = 1;
        return unroll_ok();
    }
    if (!is_declared(&j->quick, j->seed, count) && !is_declared(&j->full, j->seed, count))
        j->verdict->exploratory = true;
    if (c->rule->statistic == UNROLL_SHARE_OF_RUNS)
        judge_share(j, c, count, out);
    else
        judge_values(j, c, count, out);
    return unroll_ok();
}

/* The next value of a list "lstm,gru", as the table holds it; one that no run has is the text itself. False at the end. */
static bool next_value(const judging *j, const char *column, const char **rest, char asked[UNROLL_VALUE_ROOM], unroll_field *out)
{
    const unroll_table_column *found = unroll_table_find(j->table, column);
    char shown[UNROLL_VALUE_ROOM];
    size_t length = strcspn(*rest, ",");
    if (**rest == '\0')
        return false;
    snprintf(asked, UNROLL_VALUE_ROOM, "%.*s", (int)length, *rest);
    *rest += length + ((*rest)[length] == ',');
    for (int row = 0; row < j->table->rows; row++) {
        *out = unroll_field_at(found, row);
        if (strcmp(unroll_field_show(*out, shown), asked) == 0)
            return true;
    }
    *out = (unroll_field){.text = asked, .real = NAN};
    return true;
}

static unroll_status judge_group(judging *j, condition *c)
{
    const char *of = strchr(c->rule->of, '=') + 1;
    bool runs = is_paired(c->rule) && strchr(c->rule->against, '=') != NULL;
    while (next_value(j, c->column, &of, c->asked[0], &c->of)) {
        const char *against = runs ? strchr(c->rule->against, '=') + 1 : NULL;
        if (!runs)
            UNROLL_TRY(judge_condition(j, c));
        while (runs && next_value(j, c->column, &against, c->asked[1], &c->against))
            UNROLL_TRY(judge_condition(j, c));
    }
    return unroll_ok();
}

/* What a rule must say for there to be something to compare. */
static unroll_status check_rule(const judging *j, const unroll_rule *rule)
{
    bool along = rule->statistic == UNROLL_SLOPE || rule->statistic == UNROLL_HORIZON;
    const char *lacks = rule->of == NULL || strchr(rule->of, '=') == NULL ? ".of, as in \"model=lstm,gru\""
                        : is_paired(rule) && rule->against == NULL        ? ".against, which its runs are held against"
                        : along && rule->over == NULL                     ? ".over, the column that it goes along"
                                                                          : NULL;
    return lacks == NULL ? unroll_ok()
                         : unroll_error(UNROLL_WRONG, "a rule of %s on %.60s lacks %s", j->experiment->name, rule->metric, lacks);
}

static unroll_status judge_rule(judging *j, const unroll_rule *rule)
{
    char column[48], but[100], by[UNROLL_COLUMNS_ROOM];
    unroll_groups groups;
    unroll_status status = unroll_ok();
    condition c = {.rule = rule, .column = column};
    UNROLL_TRY(check_rule(j, rule));
    snprintf(column, sizeof column, "%.*s", (int)(strchr(rule->of, '=') - rule->of), rule->of);
    snprintf(but, sizeof but, "%s %s", column, rule->over != NULL ? rule->over : "");
    UNROLL_TRY(unroll_measure_read(rule->metric, &c.measure));
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
    j->value = malloc(room * sizeof *j->value);
    j->seed = malloc(room * sizeof *j->seed);
    if (j->judged == NULL || j->keep == NULL || j->value == NULL || j->seed == NULL)
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
    free(j.value);
    free(j.seed);
    unroll_axes_free(&j.quick);
    unroll_axes_free(&j.full);
    if (status.code != UNROLL_OK)
        unroll_verdict_free(verdict);
    return status;
}
