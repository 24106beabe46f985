#include "sweep/best.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"

/* ---- values and their order ---- */

static unroll_status read_setting(const char *name, int *setting)
{
    *setting = unroll_setting_find(name);
    if (strcmp(name, "seed") == 0)
        return unroll_error(UNROLL_WRONG, "best=seed: seeds choose, and cannot be chosen");
    if (*setting < 0)
        return unroll_error(UNROLL_WRONG, "best=%.40s: there is no such setting; unroll list settings shows them", name);
    return unroll_ok();
}

static unroll_status add_declared(unroll_best *best, int k)
{
    struct unroll_best_axis *own = &best->axis[k];
    for (int a = 0; a < 2; a++) {
        const unroll_axis *axis = unroll_axes_find(&best->axes[a], unroll_setting_at(own->setting)->name);
        for (int i = 0; axis != NULL && i < axis->count; i++) {
            own->declared = own->count; /* so that it comes last */
            UNROLL_TRY(unroll_best_add(best, k, &axis->values[i]));
        }
    }
    own->declared = own->count;
    return unroll_ok();
}

unroll_status unroll_best_open(const unroll_experiment *experiment, const char *names, unroll_best *best)
{
    char name[48];
    memset(best, 0, sizeof *best);
    UNROLL_TRY(unroll_axes_assign_all(&best->axes[0], experiment->axes_full));
    UNROLL_TRY(unroll_axes_assign_all(&best->axes[1], experiment->axes_quick));
    while (unroll_next_word(&names, name, sizeof name)) {
        if (best->count == UNROLL_MOST_BEST)
            return unroll_error(UNROLL_WRONG, "best= chooses the values of at most %d settings", UNROLL_MOST_BEST);
        UNROLL_TRY(read_setting(name, &best->axis[best->count].setting));
        UNROLL_TRY(add_declared(best, best->count++));
    }
    return best->count > 0 ? unroll_ok() : unroll_error(UNROLL_WRONG, "best= needs a setting whose values are chosen: best=lr");
}

void unroll_best_close(unroll_best *best)
{
    for (int k = 0; k < best->count; k++)
        free(best->axis[k].value);
    unroll_axes_free(&best->axes[0]);
    unroll_axes_free(&best->axes[1]);
    memset(best, 0, sizeof *best);
}

static int find_value(const struct unroll_best_axis *axis, const unroll_value *value)
{
    for (int i = 0; i < axis->count; i++)
        if (unroll_compare_values(&axis->value[i], value) == 0)
            return i;
    return -1;
}

unroll_status unroll_best_add(unroll_best *best, int k, const unroll_value *value)
{
    struct unroll_best_axis *axis = &best->axis[k];
    unroll_value *grown;
    int place = axis->declared;
    if (find_value(axis, value) >= 0)
        return unroll_ok();
    grown = unroll_one_more(axis->value, axis->count, sizeof *grown);
    if (grown == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for the values of a choice");
    axis->value = grown;
    while (place < axis->count && unroll_compare_values(&grown[place], value) < 0)
        place++;
    memmove(&grown[place + 1], &grown[place], (size_t)(axis->count - place) * sizeof *grown);
    grown[place] = *value;
    axis->count++;
    return unroll_ok();
}

int64_t unroll_best_number(const unroll_best *best, const unroll_value *const *values)
{
    int64_t number = 0;
    for (int k = 0; k < best->count; k++)
        number = number * best->axis[k].count + find_value(&best->axis[k], values[k]);
    return number;
}

/* ---- the metric ---- */

/* Whether the experiment's columns say that more of it is better. */
static bool is_higher(const unroll_experiment *experiment, const char *metric)
{
    char word[96];
    size_t length = strlen(metric);
    for (const char *rest = experiment->columns; unroll_next_word(&rest, word, sizeof word);)
        if (strncmp(word, metric, length) == 0 && word[length] == ':')
            return strstr(word + length, ":higher") != NULL;
    return false;
}

unroll_status unroll_best_metric(const unroll_experiment *experiment, const char *named, const char **metric, bool *higher)
{
    *metric = experiment->measure != NULL ? experiment->metric : named;
    if (experiment->measure != NULL && (*metric == NULL || strncmp(*metric, "test_", 5) == 0))
        return unroll_error(UNROLL_WRONG,
                            "%s measures no validation metric by which a best value could be chosen: its .metric is %s",
                            experiment->name, *metric != NULL ? *metric : "not given");
    *higher = *metric != NULL && is_higher(experiment, *metric);
    return unroll_ok();
}

double unroll_best_score(const unroll_experiment *experiment, const unroll_record *record)
{
    const unroll_column *named = unroll_record_find(record, "metric"), *column;
    const char *metric;
    bool higher;
    if (strcmp(record->status, "failed") == 0 ||
        unroll_best_metric(experiment, named != NULL ? named->text : NULL, &metric, &higher).code != UNROLL_OK || metric == NULL)
        return NAN;
    if (strcmp(record->status, "diverged") == 0)
        return INFINITY;
    column = unroll_record_find(record, metric);
    if (column == NULL || column->type == UNROLL_COLUMN_TEXT)
        return NAN;
    return (higher ? -1 : 1) * (column->type == UNROLL_COLUMN_INT ? (double)column->integer : column->real);
}

/* ---- the choice ---- */

static int by_choice_and_score(const void *a, const void *b)
{
    const unroll_scored *x = a, *y = b;
    if (x->group != y->group)
        return x->group - y->group;
    if (x->choice != y->choice)
        return (x->choice > y->choice) - (x->choice < y->choice);
    return (x->score > y->score) - (x->score < y->score);
}

void unroll_choose(unroll_scored *runs, int count, int groups, int64_t *chosen)
{
    double lowest = INFINITY; /* median of the group's choice so far */
    for (int g = 0; g < groups; g++)
        chosen[g] = -1;
    qsort(runs, (size_t)count, sizeof *runs, by_choice_and_score);
    for (int first = 0, end = 0; first < count; first = end) {
        int64_t *choice = &chosen[runs[first].group];
        double median;
        while (end < count && runs[end].group == runs[first].group && runs[end].choice == runs[first].choice)
            end++;
        median = 0.5 * (runs[(first + end - 1) / 2].score + runs[(first + end) / 2].score);
        if (*choice >= 0 && !(median < lowest))
            continue;
        *choice = runs[first].choice;
        lowest = median;
    }
}
