/* What became of a metric between two results: over the pairs of a configuration, and over configurations. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "report/compare_inside.h"
#include "report/sense.h"

/* What a configuration that diverged on one side counts as in a mean over configurations: a hundredfold change. */
static const double UTMOST = 4.605170185988092;
/* False discoveries among what is told as worse or better, in the mean. */
static const double MOST_FALSE = 0.05;

/* A metric of two tables. */
typedef struct metric {
    const unroll_table_column *column; /* the new table's */
    unroll_sense is;
    unroll_measure measure;
} metric;

/* Values of the pairs of one group. */
typedef struct sample {
    double *change, *before, *after; /* owned, (pairs) */
    int count;
} sample;

static double bound_of(const metric *m, double threshold)
{
    return m->is.share ? threshold : log1p(threshold);
}

/* log(new / old), or the difference; NaN where one has no value, or a ratio has no meaning. */
static double change_of(const metric *m, double before, double after)
{
    if (isnan(before) || isnan(after))
        return NAN;
    if (before == after)
        return 0;
    if (m->is.share)
        return after - before;
    return before < 0 || after < 0 ? NAN : log(after / before);
}

static int take_sample(const unroll_contrast *c, const metric *m, int first, sample *s)
{
    int i = first, group = c->pairing.pair[first].group;
    s->count = 0;
    for (; i < c->pairing.count && c->pairing.pair[i].group == group; i++) {
        const unroll_run_pair *pair = &c->pairing.pair[i];
        double before = unroll_measure_at(&m->measure, c->table[0], pair->row[0]);
        double after = unroll_measure_at(&m->measure, c->table[1], pair->row[1]);
        double change = change_of(m, before, after);
        if (isnan(change) || (m->is.time && !pair->timed))
            continue;
        s->change[s->count] = change;
        s->before[s->count] = before;
        s->after[s->count++] = after;
    }
    return i;
}

/* ---- one change ---- */

/* Of `count` changes: p of so many beyond the bound on the worse and the better side, where no side is likelier than the other. */
static void test_sides(const metric *m, const double *values, int count, double threshold, unroll_change *out)
{
    double bound = bound_of(m, threshold), sign = m->is.better == UNROLL_MORE_IS_BETTER ? -1 : 1;
    int worse = 0, better = 0;
    for (int i = 0; i < count; i++) {
        worse += sign * values[i] > bound;
        better += sign * values[i] < -bound;
    }
    out->p_worse = unroll_sign_test(worse, count);
    out->p_better = unroll_sign_test(better, count);
}

/* Whether all of them are 0. */
static bool all_equal(const double *values, int count)
{
    int i = 0;
    while (i < count && values[i] == 0)
        i++;
    return i == count;
}

/* What the interval says by itself; unroll_judge_changes takes back what many tests find by chance. */
static unroll_change_finding find(const metric *m, const unroll_interval *i, bool equal, double threshold)
{
    double bound = bound_of(m, threshold), sign = m->is.better == UNROLL_MORE_IS_BETTER ? -1 : 1;
    double low = sign > 0 ? i->low : -i->high, high = sign > 0 ? i->high : -i->low;
    if (equal)
        return UNROLL_CHANGE_SAME;
    if (isnan(low))
        return UNROLL_CHANGE_TOO_FEW;
    if (low > bound)
        return UNROLL_CHANGE_WORSE;
    if (high < -bound)
        return UNROLL_CHANGE_BETTER;
    return low >= -bound && high <= bound ? UNROLL_CHANGE_SAME : UNROLL_CHANGE_OPEN;
}

/* From logarithms to ratios. */
static void give_interval(const metric *m, const unroll_interval *of, unroll_interval *out)
{
    *out = *of;
    if (m->is.share)
        return;
    out->estimate = exp(of->estimate);
    out->low = exp(of->low);
    out->high = exp(of->high);
}

static unroll_status append(const unroll_contrast *c, const metric *m, unroll_comparison_of_two *out, unroll_change **added)
{
    unroll_change *grown = unroll_one_more(out->change, out->changes, sizeof *grown);
    if (grown == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for %d changes", out->changes + 1);
    out->change = grown;
    *added = &grown[out->changes++];
    unroll_text_copy((*added)->experiment, sizeof(*added)->experiment, c->table[1]->experiment);
    unroll_text_copy((*added)->metric, sizeof(*added)->metric, m->column->name);
    unroll_text_copy((*added)->unit, sizeof(*added)->unit, m->column->unit);
    (*added)->share = m->is.share;
    (*added)->more = m->is.better == UNROLL_MORE_IS_BETTER;
    (*added)->before = (*added)->after = NAN;
    return unroll_ok();
}

/* Of the configuration whose pairs are in the sample; *middle: its median. */
static unroll_status add_configuration(const unroll_contrast *c, const metric *m, const sample *s, unroll_describe *describe,
                                       double threshold, int row, unroll_comparison_of_two *out, double *middle)
{
    unroll_change *added;
    unroll_interval median, value;
    UNROLL_TRY(append(c, m, out, &added));
    UNROLL_TRY(unroll_median(s->change, s->count, &median));
    UNROLL_TRY(unroll_median(s->before, s->count, &value));
    added->before = value.estimate;
    UNROLL_TRY(unroll_median(s->after, s->count, &value));
    added->after = value.estimate;
    added->pairs = s->count;
    describe(c->table[1], c->keep, row, added->where, sizeof added->where);
    give_interval(m, &median, &added->change);
    test_sides(m, s->change, s->count, threshold, added);
    added->finding = find(m, &median, all_equal(s->change, s->count), threshold);
    *middle = median.estimate;
    return unroll_ok();
}

/* Over `count` configurations, whose medians these are. They are changed. */
static unroll_status fill_overall(const metric *m, double *medians, int count, int pairs, double threshold, unroll_change *out)
{
    double utmost = m->is.share ? 1 : UTMOST;
    unroll_interval mean;
    out->configurations = count;
    out->pairs = pairs;
    test_sides(m, medians, count, threshold, out);
    for (int i = 0; i < count; i++)
        medians[i] = fmin(fmax(medians[i], -utmost), utmost);
    UNROLL_TRY(unroll_mean(medians, count, &mean));
    give_interval(m, &mean, &out->change);
    out->finding = find(m, &mean, all_equal(medians, count), threshold);
    return unroll_ok();
}

/* ---- a metric ---- */

static unroll_status add_metric(const unroll_contrast *c, const metric *m, unroll_describe *describe, double threshold, sample *s,
                                double *medians, unroll_comparison_of_two *out)
{
    int overall = out->changes, count = 0, pairs = 0;
    unroll_change *first;
    UNROLL_TRY(append(c, m, out, &first));
    for (int i = 0, next; i < c->pairing.count; i = next) {
        next = take_sample(c, m, i, s);
        if (s->count == 0)
            continue;
        UNROLL_TRY(add_configuration(c, m, s, describe, threshold, c->pairing.pair[i].row[1], out, &medians[count]));
        count++;
        pairs += s->count;
    }
    if (count > 1)
        return fill_overall(m, medians, count, pairs, threshold, &out->change[overall]);
    memmove(&out->change[overall], &out->change[overall + 1], (size_t)count * sizeof *out->change);
    out->changes = overall + count;
    memset(&out->change[out->changes], 0, sizeof *out->change);
    return unroll_ok();
}

static bool is_metric(const unroll_contrast *c, const unroll_table_column *column, metric *m)
{
    const unroll_table_column *then = unroll_table_find(c->table[0], column->name);
    const unroll_table_column *task = unroll_table_find(c->table[1], "metric");
    const char *own = task != NULL && task->type == UNROLL_COLUMN_TEXT ? task->text[c->pairing.pair[0].row[1]] : NULL;
    if (column->type == UNROLL_COLUMN_TEXT || then == NULL || then->type == UNROLL_COLUMN_TEXT || !unroll_is_result(column->name))
        return false;
    *m = (metric){.column = column, .is = unroll_sense_of(c->experiment, column->name, column->unit, own)};
    unroll_text_copy(m->measure.name, sizeof m->measure.name, column->name);
    m->measure.is = (m->is.share && m->is.better == UNROLL_MORE_IS_BETTER ? UNROLL_IS_SHARE : 0u) |
                    (m->is.time ? UNROLL_IS_TIME : 0u) | (m->is.until ? UNROLL_IS_UNTIL : 0u) |
                    (m->is.better == UNROLL_MORE_IS_BETTER ? UNROLL_IS_HIGHER : 0u);
    return m->is.better != UNROLL_BETTER_UNKNOWN;
}

unroll_status unroll_contrast_changes(const unroll_contrast *c, unroll_describe *describe, double threshold,
                                      unroll_comparison_of_two *out)
{
    size_t pairs = (size_t)c->pairing.count + 1;
    sample s = {.change = malloc(pairs * sizeof(double)),
                .before = malloc(pairs * sizeof(double)),
                .after = malloc(pairs * sizeof(double))};
    double *medians = malloc(pairs * sizeof *medians);
    unroll_status status = s.change != NULL && s.before != NULL && s.after != NULL && medians != NULL
                               ? unroll_ok()
                               : unroll_error(UNROLL_FAILED, "out of memory for changes of %d pairs", c->pairing.count);
    metric m;
    for (int i = 0; i < c->table[1]->column_count && c->pairing.count > 0 && status.code == UNROLL_OK; i++)
        if (is_metric(c, &c->table[1]->columns[i], &m))
            status = add_metric(c, &m, describe, threshold, &s, medians, out);
    free(s.change);
    free(s.before);
    free(s.after);
    free(medians);
    return status;
}

/* ---- all changes together ---- */

unroll_status unroll_judge_changes(unroll_comparison_of_two *out)
{
    double *p = malloc(((size_t)out->changes + 1) * sizeof *p);
    unroll_status status = p != NULL ? unroll_ok() : unroll_error(UNROLL_FAILED, "out of memory for %d tests", out->changes);
    for (int side = 0; side < 2 && status.code == UNROLL_OK; side++) {
        unroll_change_finding found = side == 0 ? UNROLL_CHANGE_WORSE : UNROLL_CHANGE_BETTER;
        for (int i = 0; i < out->changes; i++)
            p[i] = side == 0 ? out->change[i].p_worse : out->change[i].p_better;
        status = unroll_benjamini_hochberg(p, out->changes);
        for (int i = 0; i < out->changes && status.code == UNROLL_OK; i++) {
            *(side == 0 ? &out->change[i].p_worse : &out->change[i].p_better) = p[i];
            if (out->change[i].finding == found && p[i] > MOST_FALSE)
                out->change[i].finding = UNROLL_CHANGE_OPEN;
        }
    }
    free(p);
    return status;
}

const char *unroll_change_finding_name(unroll_change_finding finding)
{
    static const char *const names[UNROLL_CHANGE_FINDINGS] = {"worse", "better", "same", "open", "too few"};
    return names[finding];
}
