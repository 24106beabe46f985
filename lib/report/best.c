/* A reduction: which runs stand in tables and figures where the values of some settings are the best by validation. Some seeds
   choose, the others report, so that no run is shown for having been lucky. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/quantile.h"
#include "base/text.h"
#include "report/inside.h"
#include "sweep/best.h"

enum { LIST_ROOM = 200 };

typedef struct choosing {
    const unroll_experiment *experiment;
    const unroll_table *table;
    const char *names;
    unroll_best best;
    const unroll_table_column *column[UNROLL_MOST_BEST], *seed;
    double *seeds; /* owned, (seeds): those that choose, then the others; each rising */
    int seed_count, choosers;
    unroll_groups groups; /* the runs that share their other settings */
    unroll_scored *run;   /* owned: those that choose */
    int run_count;
    int64_t *chosen; /* owned, (groups) */
    const char *metric; /* of the runs that choose; "validation metric" where they have several */
} choosing;

static unroll_status out_of_memory(void)
{
    return unroll_error(UNROLL_FAILED, "out of memory for the choice of a best value");
}

/* ---- seeds ---- */

static int drop_equal(double *sorted, int count)
{
    int kept = 0;
    for (int i = 0; i < count; i++)
        if (kept == 0 || sorted[kept - 1] != sorted[i])
            sorted[kept++] = sorted[i];
    return kept;
}

/* Each seed that is there, once, rising. */
static unroll_status list_seeds(choosing *c, const bool *keep)
{
    c->seeds = malloc(((size_t)c->table->rows + 1) * sizeof *c->seeds);
    if (c->seeds == NULL)
        return out_of_memory();
    for (int row = 0; row < c->table->rows; row++) {
        double seed = unroll_field_at(c->seed, row).real;
        if (keep[row] && !isnan(seed) && !unroll_has_status(c->table, "failed", row))
            c->seeds[c->seed_count++] = seed;
    }
    unroll_sort(c->seeds, c->seed_count);
    c->seed_count = drop_equal(c->seeds, c->seed_count);
    return unroll_ok();
}

/* The lower half chooses. */
static unroll_status part_in_halves(choosing *c)
{
    char seed[UNROLL_VALUE_ROOM];
    c->choosers = c->seed_count / 2;
    if (c->choosers > 0)
        return unroll_ok();
    return unroll_error(UNROLL_WRONG,
                        "best=%.100s takes some seeds to choose by and others to report, and the runs of %s have %s%s", c->names,
                        c->experiment->name, c->seed_count > 0 ? "none but seed " : "none",
                        unroll_field_show((unroll_field){.real = c->seed_count > 0 ? c->seeds[0] : NAN}, seed));
}

static bool is_among(const unroll_axis *axis, double seed)
{
    for (int i = 0; axis != NULL && i < axis->count; i++)
        if ((double)axis->values[i].integer == seed)
            return true;
    return false;
}

/* Those that the experiment declares choose. */
static unroll_status part_as_declared(choosing *c, const char *by)
{
    unroll_axes declared = {.axis = NULL};
    double *others = malloc(((size_t)c->seed_count + 1) * sizeof *others);
    unroll_status status = others != NULL ? unroll_axes_assign_all(&declared, by) : out_of_memory();
    const unroll_axis *axis = unroll_axes_find(&declared, "seed");
    int count = 0;
    for (int i = 0; i < c->seed_count && status.code == UNROLL_OK; i++) {
        if (is_among(axis, c->seeds[i]))
            c->seeds[c->choosers++] = c->seeds[i];
        else
            others[count++] = c->seeds[i];
    }
    for (int i = 0; i < count; i++)
        c->seeds[c->choosers + i] = others[i];
    free(others);
    unroll_axes_free(&declared);
    return status;
}

static bool chooses(const choosing *c, int row)
{
    double seed = unroll_field_at(c->seed, row).real;
    for (int i = 0; i < c->choosers; i++)
        if (c->seeds[i] == seed)
            return true;
    return false;
}

/* ---- values ---- */

/* The value of the k-th setting in a row, whose text is the table's; where the row has none, the default. */
static unroll_value value_at(const choosing *c, int k, int row)
{
    int setting = c->best.axis[k].setting;
    unroll_field field = unroll_field_at(c->column[k], row);
    char number[UNROLL_VALUE_ROOM];
    unroll_value value;
    if (unroll_read_value(unroll_setting_at(setting), field.text != NULL ? field.text : unroll_field_show(field, number), &value)
            .code != UNROLL_OK)
        return *unroll_setting_default_value(setting);
    return value;
}

static int64_t choice_at(const choosing *c, int row)
{
    unroll_value value[UNROLL_MOST_BEST];
    const unroll_value *values[UNROLL_MOST_BEST];
    for (int k = 0; k < c->best.count; k++) {
        value[k] = value_at(c, k, row);
        values[k] = &value[k];
    }
    return unroll_best_number(&c->best, values);
}

static unroll_status add_values(choosing *c, const bool *keep)
{
    for (int k = 0; k < c->best.count; k++) {
        c->column[k] = unroll_table_find(c->table, unroll_setting_at(c->best.axis[k].setting)->name);
        for (int row = 0; row < c->table->rows; row++) {
            unroll_value value;
            if (!keep[row])
                continue;
            value = value_at(c, k, row);
            UNROLL_TRY(unroll_best_add(&c->best, k, &value));
        }
    }
    return unroll_ok();
}

/* Where it is asked for. */
static bool any_varies(const choosing *c, const bool *keep)
{
    for (int k = 0; k < c->best.count; k++)
        if (c->column[k] != NULL && unroll_varies(c->table, c->column[k], keep))
            return true;
    return false;
}

static unroll_status check_varies(const choosing *c, const bool *keep)
{
    for (int k = 0; k < c->best.count; k++)
        if (c->column[k] == NULL || !unroll_varies(c->table, c->column[k], keep))
            return unroll_error(UNROLL_WRONG, "best=%.100s: there is nothing to choose, for %s is the same in all runs of %s",
                                c->names, unroll_setting_at(c->best.axis[k].setting)->name, c->experiment->name);
    return unroll_ok();
}

/* ---- the runs that choose ---- */

static unroll_status add_run(choosing *c, int group, int row)
{
    const unroll_table_column *named = unroll_table_find(c->table, "metric");
    unroll_field text = unroll_field_at(named, row);
    unroll_measure m = {.is = 0};
    const char *metric;
    bool higher;
    double score;
    UNROLL_TRY(unroll_best_metric(c->experiment, text.text != NULL && text.text[0] != '\0' ? text.text : NULL, &metric, &higher));
    if (metric == NULL)
        return unroll_ok();
    unroll_text_copy(m.name, sizeof m.name, metric);
    m.is = higher ? UNROLL_IS_HIGHER : 0;
    score = unroll_measure_at(&m, c->table, row);
    if (isnan(score))
        return unroll_ok();
    c->run[c->run_count++] = (unroll_scored){group, choice_at(c, row), higher ? -score : score};
    c->metric = c->metric == NULL || strcmp(c->metric, metric) == 0 ? metric : "validation metric";
    return unroll_ok();
}

static unroll_status add_runs(choosing *c)
{
    c->run = malloc(((size_t)c->table->rows + 1) * sizeof *c->run);
    c->chosen = malloc(((size_t)c->groups.count + 1) * sizeof *c->chosen);
    if (c->run == NULL || c->chosen == NULL)
        return out_of_memory();
    for (int g = 0; g < c->groups.count; g++) {
        const unroll_group *group = &c->groups.group[g];
        for (int i = 0; i < group->count; i++)
            if (chooses(c, group->row[i]) && !unroll_has_status(c->table, "failed", group->row[i]))
                UNROLL_TRY(add_run(c, g, group->row[i]));
    }
    return unroll_ok();
}

/* ---- what they have chosen ---- */

/* Marks the runs of each group's choice on the other seeds; *shown: how many; *without: groups that have none of them. */
static void mark_chosen(const choosing *c, bool *keep, int *shown, int *without)
{
    *shown = *without = 0;
    for (int g = 0; g < c->groups.count; g++) {
        const unroll_group *group = &c->groups.group[g];
        int count = 0;
        for (int i = 0; i < group->count; i++) {
            int row = group->row[i];
            keep[row] = c->chosen[g] >= 0 && !chooses(c, row) && choice_at(c, row) == c->chosen[g];
            count += keep[row];
        }
        *shown += count;
        *without += count == 0;
    }
}

/* Whether a run that chooses has the i-th value of the k-th setting. */
static bool is_tried(const choosing *c, int k, int i)
{
    int64_t weight = 1;
    for (int later = k + 1; later < c->best.count; later++)
        weight *= c->best.axis[later].count;
    for (int r = 0; r < c->run_count; r++)
        if (c->run[r].choice / weight % c->best.axis[k].count == i)
            return true;
    return false;
}

/* "lr=0.001,0.01 hidden=8,16" */
static void show_tried(const choosing *c, char out[LIST_ROOM])
{
    size_t used = 0;
    char number[UNROLL_NUMBER_ROOM];
    out[0] = '\0';
    for (int k = 0; k < c->best.count; k++) {
        const struct unroll_best_axis *axis = &c->best.axis[k];
        const char *before = "", *name = unroll_setting_at(axis->setting)->name;
        if (used < LIST_ROOM)
            used += (size_t)snprintf(out + used, LIST_ROOM - used, "%s%s=", k > 0 ? " " : "", name);
        for (int i = 0; i < axis->count && used < LIST_ROOM; i++) {
            if (!is_tried(c, k, i))
                continue;
            used += (size_t)snprintf(out + used, LIST_ROOM - used, "%s%s", before, unroll_show_value(&axis->value[i], number));
            before = ",";
        }
    }
    if (used >= LIST_ROOM)
        strcpy(out + LIST_ROOM - 4, "...");
}

static void show_seeds(const double *seeds, int count, char out[LIST_ROOM])
{
    size_t used = 0;
    char number[UNROLL_NUMBER_ROOM];
    out[0] = '\0';
    for (int i = 0; i < count && used < LIST_ROOM; i++)
        used += (size_t)snprintf(out + used, LIST_ROOM - used, "%s%s", i > 0 ? "," : "", unroll_show_real(seeds[i], number));
    if (used >= LIST_ROOM)
        strcpy(out + LIST_ROOM - 4, "...");
}

/* Runs that chose for a group: the fewest and the most, of those for which some did. */
static void count_budget(const choosing *c, int *fewest, int *most)
{
    *fewest = *most = 0;
    for (int first = 0, end = 0; first < c->run_count; first = end) { /* they are in the order of groups */
        while (end < c->run_count && c->run[end].group == c->run[first].group)
            end++;
        *fewest = *fewest == 0 || end - first < *fewest ? end - first : *fewest;
        *most = end - first > *most ? end - first : *most;
    }
}

/* The budget of the choice, in one sentence. */
static void describe(const choosing *c, int without, char note[UNROLL_NOTE_ROOM])
{
    char tried[LIST_ROOM], choosers[LIST_ROOM], others[LIST_ROOM], each[48] = "", left_out[120] = "";
    int fewest, most;
    show_tried(c, tried);
    show_seeds(c->seeds, c->choosers, choosers);
    show_seeds(c->seeds + c->choosers, c->seed_count - c->choosers, others);
    count_budget(c, &fewest, &most);
    snprintf(each, sizeof each, fewest < most ? "%d to %d" : "%d", fewest, most);
    if (without > 0)
        snprintf(left_out, sizeof left_out, "; %d choice%s left out, without a run on these", without,
                 without == 1 ? " is" : "s are");
    snprintf(note, UNROLL_NOTE_ROOM,
             "best of %s by the median %.48s of seed=%s, in %d run%s, %s a choice; shown are the runs of seed=%s%s.", tried,
              c->metric, choosers, c->run_count, c->run_count == 1 ? "" : "s", each, others, left_out);
}

/* ---- all of it ---- */

bool unroll_is_chosen(const unroll_experiment *experiment, const char *setting)
{
    char word[48];
    for (const char *rest = experiment->best; unroll_next_word(&rest, word, sizeof word);)
        if (strcmp(word, setting) == 0)
            return true;
    return false;
}

static unroll_status reduce(choosing *c, const char *by, bool *keep, char note[UNROLL_NOTE_ROOM])
{
    char others[UNROLL_COLUMNS_ROOM];
    int shown, without;
    UNROLL_TRY(unroll_best_open(c->experiment, c->names, &c->best));
    UNROLL_TRY(add_values(c, keep));
    UNROLL_TRY(by != NULL ? unroll_ok() : check_varies(c, keep));
    UNROLL_TRY(list_seeds(c, keep));
    UNROLL_TRY(by != NULL ? part_as_declared(c, by) : part_in_halves(c));
    if (by != NULL && c->choosers == 0 && !any_varies(c, keep))
        return unroll_ok(); /* a single value was run, of which nothing was to be chosen */
    unroll_groups_default(c->experiment, c->table, keep, c->names, others);
    UNROLL_TRY(unroll_groups_make(c->experiment, c->table, others, keep, &c->groups));
    UNROLL_TRY(add_runs(c));
    unroll_choose(c->run, c->run_count, c->groups.count, c->chosen);
    mark_chosen(c, keep, &shown, &without);
    if (c->run_count == 0)
        return unroll_error(UNROLL_NOTHING, "no run of %s has a validation metric by which the best %.100s could be chosen",
                            c->experiment->name, c->names);
    if (shown == 0)
        return unroll_error(UNROLL_NOTHING, "the best %.100s of %s is chosen, and has no run on other seeds yet", c->names,
                            c->experiment->name);
    describe(c, without, note);
    return unroll_ok();
}

unroll_status unroll_keep_best(const unroll_experiment *experiment, const unroll_table *table, const char *names, const char *by,
                               bool *keep, char note[UNROLL_NOTE_ROOM])
{
    choosing c = {.experiment = experiment, .table = table, .names = names, .seed = unroll_table_find(table, "seed")};
    unroll_status status = reduce(&c, by, keep, note);
    unroll_best_close(&c.best);
    unroll_groups_free(&c.groups);
    free(c.seeds);
    free(c.run);
    free(c.chosen);
    return status;
}
