/* The columns of a gathered file: /runs and /env, one data set a column, one element a run. */
#include <hdf5_hl.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "store/gather.h"

enum { MOST_COLUMNS = UNROLL_GATHER_NAMES };

/* One column on its way to the file; `real`, `integer`, `text` have a place for every run and are used again. */
typedef struct cells {
    int rows;
    double *real;
    int64_t *integer;
    const char **text;
    char (*shown)[UNROLL_NUMBER_ROOM]; /* numbers as text, in columns that hold both */
} cells;

/* Where columns go: the group, its scale, and the names in use in it. */
typedef struct target {
    unroll_h5 *h;
    const char *path; /* of the group */
    hid_t group, scale;
    unroll_gather_names names;
} target;

static void close_cells(cells *c)
{
    free(c->real);
    free(c->integer);
    free(c->text);
    free(c->shown);
}

static void open_cells(unroll_h5 *h, cells *c, int rows)
{
    size_t count = (size_t)rows + 1;
    c->rows = rows;
    c->real = calloc(count, sizeof *c->real);
    c->integer = calloc(count, sizeof *c->integer);
    c->text = calloc(count, sizeof *c->text);
    c->shown = calloc(count, sizeof *c->shown);
    if (c->real == NULL || c->integer == NULL || c->text == NULL || c->shown == NULL)
        unroll_h5_fail(h, "out of memory");
}

static void open_target(unroll_h5 *h, target *t, const char *group)
{
    memset(t, 0, sizeof *t);
    t->h = h;
    t->path = group;
    t->scale = H5I_INVALID_HID;
    t->group = unroll_h5_make_group(h, group);
    unroll_gather_open_names(h, &t->names);
}

static void close_target(target *t)
{
    if (t->group >= 0)
        H5Gclose(t->group);
    free(t->names.name);
}

hid_t unroll_gather_scale(unroll_h5 *h, hid_t group, const char *name, int count)
{
    int64_t *numbers = malloc(((size_t)count + 1) * sizeof *numbers);
    hid_t scale;
    if (numbers == NULL)
        unroll_h5_fail(h, "out of memory");
    for (int i = 0; numbers != NULL && i < count; i++)
        numbers[i] = i;
    scale = unroll_h5_put(h, group,
                          &(unroll_h5_data){.name = name,
                                            .file_type = H5T_STD_I64LE,
                                            .memory_type = H5T_NATIVE_INT64,
                                            .rank = 1,
                                            .dims = {(hsize_t)count},
                                            .values = numbers});
    if (scale >= 0 && H5DSset_scale(scale, name) < 0)
        unroll_h5_fail(h, "cannot make the dimension scale %s", name);
    unroll_gather_describe(h, scale, "", name, NULL);
    free(numbers);
    return scale;
}

void unroll_gather_link_runs(unroll_h5 *h, hid_t run_scale, hid_t group)
{
    if (h->status.code == UNROLL_OK && H5Lcreate_hard(run_scale, ".", group, "run", H5P_DEFAULT, H5P_DEFAULT) < 0)
        unroll_h5_fail(h, "cannot link the dimension scale run");
}

void unroll_gather_axis(unroll_h5 *h, hid_t set, unsigned axis, hid_t scale, const char *name)
{
    if (h->status.code != UNROLL_OK)
        return;
    if (H5DSattach_scale(set, scale, axis) < 0 || H5DSset_label(set, axis, name) < 0)
        unroll_h5_fail(h, "cannot tie an axis to the dimension scale %s", name);
}

void unroll_gather_open_names(unroll_h5 *h, unroll_gather_names *names)
{
    names->count = 0;
    names->name = calloc(UNROLL_GATHER_NAMES, sizeof *names->name);
    if (names->name == NULL)
        unroll_h5_fail(h, "out of memory");
}

static bool is_used(const unroll_gather_names *names, const char *name)
{
    for (int i = 0; i < names->count; i++)
        if (strcmp(names->name[i], name) == 0)
            return true;
    return false;
}

const char *unroll_gather_claim_name(unroll_h5 *h, unroll_gather_names *names, const char *name)
{
    char plain[UNROLL_GATHER_NAME], *claimed;
    if (names->name == NULL || names->count == UNROLL_GATHER_NAMES) {
        unroll_h5_fail(h, "more than %d columns", UNROLL_GATHER_NAMES);
        return name;
    }
    claimed = names->name[names->count];
    unroll_h5_member_name(plain, sizeof plain, name);
    unroll_text_copy(claimed, UNROLL_GATHER_NAME, plain);
    if (is_used(names, claimed))
        snprintf(claimed, UNROLL_GATHER_NAME, "result_%.47s", plain);
    for (int i = 2; is_used(names, claimed); i++) /* one of so many numbers is free */
        snprintf(claimed, UNROLL_GATHER_NAME, "result_%.44s_%d", plain, i);
    names->count++;
    return claimed;
}

static const char *claim_name(target *t, const char *name)
{
    return unroll_gather_claim_name(t->h, &t->names, name);
}

/* A column, described and tied to the runs; open, -1 after a failure. */
static hid_t put_data(target *t, const unroll_h5_data *data, const char *unit)
{
    hid_t set = unroll_h5_put(t->h, t->group, data);
    unroll_gather_describe(t->h, set, t->path, data->name, unit);
    unroll_gather_axis(t->h, set, 0, t->scale, "run");
    return set;
}

static void put_numbers(target *t, const cells *c, const char *name, const char *unit, unroll_column_type type)
{
    unroll_h5_data data = {.rank = 1, .dims = {(hsize_t)c->rows}};
    const double none = NAN;
    bool whole = type == UNROLL_COLUMN_INT;
    hid_t set;
    data.name = claim_name(t, name);
    data.file_type = whole ? H5T_STD_I64LE : H5T_IEEE_F64LE;
    data.memory_type = whole ? H5T_NATIVE_INT64 : H5T_NATIVE_DOUBLE;
    data.values = whole ? (const void *)c->integer : (const void *)c->real;
    set = put_data(t, &data, unit);
    if (!whole)
        unroll_gather_fill(t->h, set, data.file_type, data.memory_type, &none);
    if (set >= 0)
        H5Dclose(set);
}

static void put_texts(target *t, const cells *c, const char *name, const char *unit)
{
    unroll_h5_data data = {.rank = 1, .dims = {(hsize_t)c->rows}, .values = c->text};
    hid_t set;
    data.name = claim_name(t, name);
    data.file_type = data.memory_type = unroll_h5_text_type();
    set = put_data(t, &data, unit);
    H5Tclose(data.file_type);
    if (set >= 0)
        H5Dclose(set);
}

/* ---- the columns that every run has ---- */

static void put_head(target *t, cells *c, unroll_record *const *records)
{
    for (int i = 0; i < c->rows; i++)
        c->text[i] = records[i]->id;
    put_texts(t, c, "id", NULL);
    for (int i = 0; i < c->rows; i++)
        c->text[i] = records[i]->status;
    put_texts(t, c, "status", NULL);
    for (int i = 0; i < c->rows; i++)
        c->text[i] = records[i]->reason;
    put_texts(t, c, "reason", NULL);
    for (int i = 0; i < c->rows; i++)
        c->real[i] = records[i]->seconds;
    put_numbers(t, c, "seconds", "s", UNROLL_COLUMN_REAL);
    for (int i = 0; i < c->rows; i++)
        c->integer[i] = records[i]->experiment_version;
    put_numbers(t, c, "experiment_version", NULL, UNROLL_COLUMN_INT);
    for (int i = 0; i < c->rows; i++)
        c->integer[i] = records[i]->numerics_version;
    put_numbers(t, c, "numerics_version", NULL, UNROLL_COLUMN_INT);
}

/* The hash of the settings alone, whatever versions and data went into the run: what two programs' results are paired by. */
static void put_configs(target *t, cells *c, unroll_record *const *records, bool timed)
{
    char(*hash)[33] = calloc((size_t)c->rows + 1, sizeof *hash);
    if (hash == NULL)
        unroll_h5_fail(t->h, "out of memory");
    for (int seeded = 1; hash != NULL && seeded >= 0; seeded--) {
        for (int i = 0; i < c->rows; i++) {
            const unroll_settings *settings = records[i]->settings;
            if (settings != NULL && seeded)
                unroll_settings_identity(settings, timed, "", hash[i]);
            else if (settings != NULL)
                unroll_settings_identity_but_seed(settings, timed, "", hash[i]);
            c->text[i] = hash[i];
        }
        put_texts(t, c, seeded ? "config" : "config_without_seed", NULL);
    }
    free(hash);
}

/* What a record came from, and whether that still gives it. */
static void put_standing(target *t, cells *c, unroll_record *const *records, const unroll_gathered *gathered)
{
    for (int i = 0; i < c->rows; i++)
        c->text[i] = gathered[i].standing.origin;
    put_texts(t, c, "origin", NULL);
    for (int i = 0; i < c->rows; i++)
        c->text[i] = gathered[i].standing.stale != NULL ? gathered[i].standing.stale : "";
    put_texts(t, c, "stale", NULL);
    for (int i = 0; i < c->rows; i++)
        c->integer[i] = unroll_record_take(gathered[i].name, records[i]->id);
    put_numbers(t, c, "take", NULL, UNROLL_COLUMN_INT);
}

/* One setting over all runs; a run without settings has NaN and "", and makes whole numbers reals. */
static void put_setting(target *t, cells *c, unroll_record *const *records, int index)
{
    const unroll_setting *row = unroll_setting_at(index);
    bool number = row->type == UNROLL_INT || row->type == UNROLL_REAL, whole = row->type == UNROLL_INT;
    for (int i = 0; i < c->rows; i++) {
        const unroll_settings *settings = records[i]->settings;
        c->text[i] = settings != NULL ? unroll_settings_show(settings, index) : "";
        if (!number)
            continue;
        if (settings == NULL || !unroll_read_real(c->text[i], &c->real[i]))
            c->real[i] = NAN;
        if (settings == NULL || !unroll_read_int(c->text[i], &c->integer[i]))
            whole = false;
    }
    if (number)
        put_numbers(t, c, row->name, row->unit, whole ? UNROLL_COLUMN_INT : UNROLL_COLUMN_REAL);
    else
        put_texts(t, c, row->name, row->unit);
}

/* ---- the columns that runs bring ---- */

/* A view on the columns of one kind, results or surroundings, of a record. */
typedef struct view {
    unroll_column *columns;
    int count;
} view;

static view view_of(const unroll_record *record, bool env)
{
    view columns = {record->columns, record->column_count};
    view surroundings = {record->env, record->env_count};
    return env ? surroundings : columns;
}

/* The column of that name; runs of one experiment have them at the same places, so the last place is tried first. */
static const unroll_column *find(const view *v, const char *name, int *place)
{
    if (*place < v->count && strcmp(v->columns[*place].name, name) == 0)
        return &v->columns[*place];
    for (int i = 0; i < v->count; i++) {
        if (strcmp(v->columns[i].name, name) == 0) {
            *place = i;
            return &v->columns[i];
        }
    }
    return NULL;
}

/* One column over all runs. Whole numbers become reals where a run has none or a real; all become text beside a text. */
static void put_column(target *t, cells *c, unroll_record *const *records, bool env, const unroll_column *first)
{
    bool any_text = false, whole = true;
    int place = 0;
    for (int i = 0; i < c->rows; i++) {
        view v = view_of(records[i], env);
        const unroll_column *column = find(&v, first->name, &place);
        c->text[i] = "";
        c->real[i] = NAN;
        if (column == NULL || column->type != UNROLL_COLUMN_INT)
            whole = false;
        if (column == NULL)
            continue;
        if (column->type == UNROLL_COLUMN_TEXT) {
            any_text = true;
            c->text[i] = column->text;
        } else if (column->type == UNROLL_COLUMN_INT) {
            c->integer[i] = column->integer;
            c->real[i] = (double)column->integer;
            c->text[i] = unroll_show_int(column->integer, c->shown[i]);
        } else {
            c->real[i] = column->real;
            c->text[i] = unroll_show_real(column->real, c->shown[i]);
        }
    }
    if (any_text)
        put_texts(t, c, first->name, first->unit);
    else
        put_numbers(t, c, first->name, first->unit, whole ? UNROLL_COLUMN_INT : UNROLL_COLUMN_REAL);
}

/* Every column that any run has, in the order in which they first come up. */
static void put_columns(target *t, cells *c, unroll_record *const *records, bool env)
{
    unroll_column *seen = calloc(MOST_COLUMNS, sizeof *seen);
    view done = {seen, 0};
    if (seen == NULL)
        unroll_h5_fail(t->h, "out of memory");
    for (int i = 0; i < c->rows && t->h->status.code == UNROLL_OK; i++) {
        view v = view_of(records[i], env);
        int place = 0;
        for (int k = 0; k < v.count && t->h->status.code == UNROLL_OK; k++, place++) {
            if (find(&done, v.columns[k].name, &place) != NULL)
                continue;
            if (done.count == MOST_COLUMNS) {
                unroll_h5_fail(t->h, "more than %d columns", MOST_COLUMNS);
                break;
            }
            seen[done.count++] = v.columns[k];
            put_column(t, c, records, env, &v.columns[k]);
        }
    }
    free(seen);
}

void unroll_gather_runs(unroll_h5 *h, hid_t *run_scale, unroll_record *const *records, const unroll_gathered *gathered, int count,
                        bool timed)
{
    cells c;
    target t;
    open_target(h, &t, "runs");
    open_cells(h, &c, count);
    if (h->status.code == UNROLL_OK) {
        t.scale = *run_scale = unroll_gather_scale(h, t.group, claim_name(&t, "run"), count);
        unroll_gather_link_runs(h, t.scale, h->file);
        put_head(&t, &c, records);
        put_configs(&t, &c, records, timed);
        put_standing(&t, &c, records, gathered);
        for (int i = 0; i < unroll_setting_count(); i++)
            put_setting(&t, &c, records, i);
        put_columns(&t, &c, records, false);
    }
    close_cells(&c);
    close_target(&t);
}

void unroll_gather_env(unroll_h5 *h, hid_t run_scale, unroll_record *const *records, int count)
{
    cells c;
    target t;
    open_target(h, &t, "env");
    open_cells(h, &c, count);
    t.scale = run_scale;
    if (h->status.code == UNROLL_OK) {
        unroll_gather_link_runs(h, t.scale, t.group);
        claim_name(&t, "run");
        put_columns(&t, &c, records, true);
    }
    close_cells(&c);
    close_target(&t);
}
