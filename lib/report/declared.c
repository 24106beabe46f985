/* The runs and conditions that an experiment declares, among those of a table. */
#include "report/declared.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/effect.h"
#include "sweep/sweep.h"

/* ---- runs ---- */

static bool is_among(const unroll_axis *axis, int setting, unroll_field field)
{
    for (int i = 0; axis != NULL && i < axis->count; i++)
        if (unroll_field_is(field, &axis->values[i]))
            return true;
    return axis == NULL && unroll_field_is(field, unroll_setting_default_value(setting));
}

/* The settings of a run, as far as the table has them. */
static unroll_settings *settings_at(const unroll_declared *d, int row)
{
    unroll_settings *settings = unroll_settings_new();
    for (int i = 0; settings != NULL && i < unroll_setting_count(); i++) {
        char shown[UNROLL_VALUE_ROOM];
        const unroll_table_column *column = unroll_table_find(d->table, unroll_setting_at(i)->name);
        if (column != NULL)
            unroll_settings_set(settings, unroll_setting_at(i)->name, unroll_field_show(unroll_field_at(column, row), shown));
    }
    return settings;
}

static unroll_purpose purpose_of(const unroll_declared *d)
{
    return d->experiment->steps ? UNROLL_TO_TIME : d->experiment->measure != NULL ? UNROLL_TO_MEASURE : UNROLL_TO_TRAIN;
}

/* Whether a run has a setting at its default because it cannot matter to it: a GRU forget_bias. */
static bool is_idle(const unroll_declared *d, int row, int setting)
{
    const unroll_table_column *column = unroll_table_find(d->table, unroll_setting_at(setting)->name);
    unroll_settings *settings;
    char why[UNROLL_WHY_ROOM] = "";
    if (!unroll_field_is(unroll_field_at(column, row), unroll_setting_default_value(setting)))
        return false;
    settings = settings_at(d, row);
    if (settings != NULL && unroll_settings_check(settings).code == UNROLL_OK &&
        unroll_setting_effect(&(unroll_use){settings, NULL, purpose_of(d)}, setting, why).code != UNROLL_OK)
        why[0] = '\0';
    unroll_settings_free(settings);
    return why[0] != '\0';
}

/* Marks in `of` the runs of a size of the experiment, each setting at a value of its axis or, without one, at its default; how
   many they are. */
static int mark_size(const unroll_declared *d, const unroll_axes *axes, bool *of)
{
    const unroll_table_column *params = unroll_table_find(d->table, "params");
    int count = 0;
    for (int row = 0; row < d->table->rows; row++)
        of[row] = true;
    for (int i = 0; i < unroll_setting_count(); i++) {
        const unroll_setting *setting = unroll_setting_at(i);
        const unroll_table_column *column = unroll_table_find(d->table, setting->name);
        const unroll_axis *axis = unroll_axes_find(axes, setting->name);
        bool width = strcmp(setting->name, "hidden") == 0;
        if (column == NULL || ((setting->flags & UNROLL_SETTING_TIMING) != 0 && !d->experiment->timed))
            continue;
        for (int row = 0; row < d->table->rows; row++)
            if (of[row] && !(width && unroll_field_at(params, row).real > 0)) /* which params gives */
                of[row] = is_among(axis, i, unroll_field_at(column, row)) || is_idle(d, row, i);
    }
    for (int row = 0; row < d->table->rows; row++)
        count += of[row];
    return count;
}

/* Runs of the full size; of what is chosen by validation one value. */
static double whole_size(const unroll_declared *d)
{
    const unroll_sweep_options options = {.full = true};
    unroll_settings **runs = NULL;
    double whole = 1, choices = 1;
    int count = 0;
    unroll_status planned = unroll_sweep_plan(d->experiment, &options, &runs, &count);
    for (int i = 0; i < d->full.count; i++) {
        bool chosen = unroll_is_chosen(d->experiment, unroll_setting_at(d->full.axis[i].setting)->name);
        *(chosen ? &choices : &whole) *= d->full.axis[i].count;
    }
    for (int i = 0; i < count; i++)
        unroll_settings_free(runs[i]);
    free(runs);
    return planned.code == UNROLL_OK ? count / choices : whole; /* without its data: every combination */
}

/* Whether some seed of the full size has no run, which is cheaper to find than the whole plan. */
static bool lacks_a_seed(const unroll_declared *d)
{
    const unroll_axis *axis = unroll_axes_find(&d->full, "seed");
    const unroll_table_column *column = unroll_table_find(d->table, "seed");
    for (int i = 0; axis != NULL && column != NULL && i < axis->count; i++) {
        int row = 0;
        while (row < d->table->rows && !(d->judged[row] && unroll_field_is(unroll_field_at(column, row), &axis->values[i])))
            row++;
        if (row == d->table->rows)
            return true;
    }
    return false;
}

/* The full size where all of it is there, else what there is of the quick one, else of the full one: what else a user has run
   takes nothing from the verdict. Where there are none of either all runs are judged. `quick`: room. */
static void choose(unroll_declared *d, bool *quick)
{
    int quick_runs = mark_size(d, &d->quick, quick), full_runs = mark_size(d, &d->full, d->judged);
    bool part = quick_runs > 0 && (lacks_a_seed(d) || full_runs < whole_size(d));
    d->none = quick_runs + full_runs == 0;
    for (int row = 0; row < d->table->rows; row++)
        d->judged[row] = d->none || (part ? quick[row] : d->judged[row]);
}

unroll_status unroll_declared_open(const unroll_experiment *experiment, const unroll_table *table, unroll_declared *d)
{
    size_t room = (size_t)table->rows + 1;
    bool *quick = malloc(room * sizeof *quick);
    unroll_status status = unroll_ok();
    *d = (unroll_declared){.experiment = experiment, .table = table, .judged = malloc(room * sizeof *d->judged)};
    if (d->judged == NULL || quick == NULL)
        status = unroll_error(UNROLL_FAILED, "out of memory for a verdict");
    for (int full = 0; full < 2 && status.code == UNROLL_OK; full++) {
        unroll_axes *axes = full ? &d->full : &d->quick;
        status = unroll_axes_assign_all(axes, experiment->fixed);
        if (status.code == UNROLL_OK)
            status = unroll_axes_assign_all(axes, full ? experiment->axes_full : experiment->axes_quick);
    }
    if (status.code == UNROLL_OK)
        choose(d, quick);
    free(quick);
    return status;
}

void unroll_declared_close(unroll_declared *d)
{
    free(d->judged);
    unroll_axes_free(&d->quick);
    unroll_axes_free(&d->full);
}

/* ---- seeds ---- */

static bool are_all(const unroll_axes *axes, const double *seeds, int count)
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

bool unroll_declared_seeds(const unroll_declared *d, const double *seeds, int count)
{
    return are_all(&d->quick, seeds, count) || are_all(&d->full, seeds, count);
}

/* ---- conditions ---- */

/* Whether a setting varies in that some runs cannot have it, and in nothing else. */
static bool is_one_value(const unroll_declared *d, const bool *keep, const char *name)
{
    const unroll_table_column *column = unroll_table_find(d->table, name);
    int setting = unroll_setting_find(name), first = -1;
    if (setting < 0 || !unroll_varies(d->table, column, keep))
        return false;
    for (int row = 0; row < d->table->rows; row++) {
        if (!keep[row] || (first >= 0 && unroll_field_equal(unroll_field_at(column, row), unroll_field_at(column, first))) ||
            is_idle(d, row, setting))
            continue;
        if (first >= 0)
            return false;
        first = row;
    }
    return true;
}

void unroll_declared_conditions(const unroll_declared *d, const bool *keep, char by[UNROLL_COLUMNS_ROOM])
{
    char word[48], kept[UNROLL_COLUMNS_ROOM] = "";
    for (const char *rest = by; unroll_next_word(&rest, word, sizeof word);)
        if (!is_one_value(d, keep, word))
            snprintf(kept + strlen(kept), sizeof kept - strlen(kept), "%s%s", kept[0] != '\0' ? " " : "", word);
    strcpy(by, kept);
}

/* The settings of the experiment's runs at a condition, where the column that the rule names holds `value`. */
static unroll_status set_condition(const unroll_declared *d, const unroll_condition *c, unroll_field value, unroll_settings *settings)
{
    char shown[UNROLL_VALUE_ROOM];
    for (int i = 0; i < d->full.count; i++)
        if (d->full.axis[i].count == 1)
            UNROLL_TRY(unroll_settings_put(settings, d->full.axis[i].setting, &d->full.axis[i].values[0]));
    for (int i = 0; i < c->groups->column_count; i++)
        if (unroll_setting_find(c->groups->column[i]) >= 0)
            UNROLL_TRY(unroll_settings_set(settings, c->groups->column[i], unroll_field_show(c->group->by[i], shown)));
    if (unroll_setting_find(c->named->name) < 0)
        return unroll_ok();
    return unroll_settings_set(settings, c->named->name, unroll_field_show(value, shown));
}

static bool is_at(const unroll_condition *c, unroll_field value)
{
    for (int i = 0; i < c->group->count; i++)
        if (unroll_field_equal(unroll_field_at(c->named, c->group->row[i]), value))
            return true;
    return false;
}

bool unroll_declared_at(const unroll_declared *d, const unroll_condition *c, unroll_field value)
{
    unroll_settings *settings = unroll_settings_new();
    unroll_use use = {settings, NULL, purpose_of(d)};
    bool known = settings != NULL && set_condition(d, c, value, settings).code == UNROLL_OK &&
                 unroll_settings_check(settings).code == UNROLL_OK;
    const unroll_sweep_options nothing_assigned = {.full = true};
    bool can = true, left_out = false;
    for (int i = 0; i < c->groups->column_count && known && can; i++) {
        const char *name = c->groups->column[i];
        char why[UNROLL_WHY_ROOM];
        int setting = unroll_setting_find(name);
        if (setting < 0 || unroll_setting_effect(&use, setting, why).code != UNROLL_OK)
            continue;
        can = why[0] != '\0' ? unroll_field_is(c->group->by[i], unroll_setting_default_value(setting))
                             : is_among(unroll_axes_find(&d->full, name), setting, c->group->by[i]) ||
                                   is_among(unroll_axes_find(&d->quick, name), setting, c->group->by[i]);
    }
    if (known && can && unroll_sweep_without(d->experiment, &nothing_assigned, settings, &left_out).code == UNROLL_OK)
        can = !left_out;
    unroll_settings_free(settings);
    return can || is_at(c, value);
}
