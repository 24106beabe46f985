/* Reading a gathered file back into memory. */
#include <hdf5_hl.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/h5.h"
#include "store/store.h"

/* Makes room for one more element of an array, which it clears; NULL after a failure. */
static void *add(unroll_h5 *h, void *array, int *count, size_t size)
{
    char *grown = realloc(array, ((size_t)*count + 1) * size);
    if (grown == NULL) {
        unroll_h5_fail(h, "out of memory");
        return array;
    }
    memset(grown + (size_t)*count * size, 0, size);
    ++*count;
    return grown;
}

/* Opens a data set of the given rank whose first axis is the runs; the first one seen tells their number. */
static hid_t open_set(unroll_h5 *h, hid_t group, const char *name, int rank, unroll_table *table, hsize_t dims[4])
{
    int found;
    hid_t set = unroll_h5_find(h, group, name, &found, dims);
    if (set < 0)
        return set;
    if (found != rank || dims[0] == 0 || dims[0] > INT_MAX || (rank == 2 && dims[1] > INT_MAX))
        unroll_h5_fail(h, "data set \"%s\" has a wrong shape", name);
    else if (table->rows == 0)
        table->rows = (int)dims[0];
    else if (dims[0] != (hsize_t)table->rows)
        unroll_h5_fail(h, "data set \"%s\" has not as many runs as the others", name);
    if (h->status.code == UNROLL_OK)
        return set;
    H5Dclose(set);
    return H5I_INVALID_HID;
}

static bool is_scale(unroll_h5 *h, hid_t group, const char *name)
{
    hid_t set = H5Dopen2(group, name, H5P_DEFAULT);
    bool scale = set >= 0 && H5DSis_scale(set) > 0;
    if (set >= 0)
        H5Dclose(set);
    return scale && h->status.code == UNROLL_OK;
}

static void get_whole(unroll_h5 *h, hid_t set, unroll_table_column *column, int rows)
{
    int64_t *whole = unroll_h5_get(h, set, column->name, H5T_NATIVE_INT64, sizeof *whole);
    column->type = UNROLL_COLUMN_INT;
    column->real = whole != NULL ? calloc((size_t)rows + 1, sizeof *column->real) : NULL;
    if (whole != NULL && column->real == NULL)
        unroll_h5_fail(h, "out of memory");
    for (int i = 0; column->real != NULL && i < rows; i++)
        column->real[i] = (double)whole[i];
    free(whole);
}

static void get_column(unroll_h5 *h, hid_t group, const char *name, unroll_table *table, unroll_table_column *column)
{
    hsize_t dims[4];
    size_t count;
    hid_t type, set = open_set(h, group, name, 1, table, dims);
    if (set < 0)
        return;
    unroll_text_copy(column->name, sizeof column->name, name);
    unroll_utf8_repair(column->name);
    unroll_h5_copy_text(h, set, "unit", column->unit, sizeof column->unit, false);
    type = H5Dget_type(set);
    switch (H5Tget_class(type)) {
    case H5T_INTEGER:
        get_whole(h, set, column, table->rows);
        break;
    case H5T_FLOAT:
        column->type = UNROLL_COLUMN_REAL;
        column->real = unroll_h5_get(h, set, name, H5T_NATIVE_DOUBLE, sizeof *column->real);
        break;
    default: /* a text, or a wrong type, which unroll_h5_get_texts tells */
        column->type = UNROLL_COLUMN_TEXT;
        column->text = unroll_h5_get_texts(h, set, name, &count);
    }
    H5Tclose(type);
    H5Dclose(set);
}

static void visit_column(unroll_h5 *h, hid_t group, const char *name, void *context)
{
    unroll_table *table = context;
    if (is_scale(h, group, name))
        return;
    table->columns = add(h, table->columns, &table->column_count, sizeof *table->columns);
    if (h->status.code == UNROLL_OK)
        get_column(h, group, name, table, &table->columns[table->column_count - 1]);
}

static void visit_env(unroll_h5 *h, hid_t group, const char *name, void *context)
{
    unroll_table *table = context;
    if (is_scale(h, group, name))
        return;
    table->env = add(h, table->env, &table->env_count, sizeof *table->env);
    if (h->status.code != UNROLL_OK)
        return;
    get_column(h, group, name, table, &table->env[table->env_count - 1]);
    if (table->env[table->env_count - 1].type != UNROLL_COLUMN_TEXT)
        unroll_h5_fail(h, "data set \"%s\" has a wrong type", name);
}

static void visit_curve(unroll_h5 *h, hid_t group, const char *name, void *context)
{
    unroll_table *table = context;
    unroll_table_curve *curve;
    hsize_t dims[4];
    hid_t set;
    if (is_scale(h, group, name))
        return;
    table->curves = add(h, table->curves, &table->curve_count, sizeof *table->curves);
    set = open_set(h, group, name, 2, table, dims);
    if (set < 0)
        return;
    curve = &table->curves[table->curve_count - 1];
    unroll_text_copy(curve->name, sizeof curve->name, name);
    unroll_utf8_repair(curve->name);
    unroll_h5_copy_text(h, set, "unit", curve->unit, sizeof curve->unit, false);
    curve->length = (int)dims[1];
    curve->value = unroll_h5_get(h, set, name, H5T_NATIVE_FLOAT, sizeof *curve->value);
    H5Dclose(set);
}

static void visit_timing(unroll_h5 *h, hid_t group, const char *name, void *context)
{
    unroll_table *table = context;
    unroll_table_timing *timing;
    hsize_t dims[4];
    hid_t set;
    if (is_scale(h, group, name))
        return;
    table->timings = add(h, table->timings, &table->timing_count, sizeof *table->timings);
    set = open_set(h, group, name, 2, table, dims);
    if (set < 0)
        return;
    timing = &table->timings[table->timing_count - 1];
    unroll_text_copy(timing->name, sizeof timing->name, name);
    unroll_utf8_repair(timing->name);
    timing->length = (int)dims[1];
    timing->ns = unroll_h5_get(h, set, name, H5T_NATIVE_INT64, sizeof *timing->ns);
    H5Dclose(set);
}

static void get_head(unroll_h5 *h, unroll_table *table)
{
    char schema[32];
    unroll_h5_copy_text(h, h->file, "schema", schema, sizeof schema, true);
    if (h->status.code == UNROLL_OK && strcmp(schema, "unroll table 1") != 0)
        unroll_h5_fail(h, "it is no gathered file of an experiment (\"%s\")", schema);
    unroll_h5_copy_text(h, h->file, "experiment", table->experiment, sizeof table->experiment, true);
    unroll_h5_copy_text(h, h->file, "title", table->title, sizeof table->title, false);
    unroll_h5_copy_text(h, h->file, "version", table->version, sizeof table->version, false);
    unroll_h5_copy_text(h, h->file, "commit", table->commit, sizeof table->commit, false);
    unroll_h5_copy_text(h, h->file, "created", table->created, sizeof table->created, false);
}

unroll_status unroll_load_table(const char *path, unroll_table **table)
{
    unroll_h5 h;
    unroll_status status;
    unroll_table *loaded = calloc(1, sizeof *loaded);
    *table = NULL;
    if (loaded == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for a table of results");
    unroll_h5_lock();
    unroll_h5_open(&h, path, UNROLL_WRONG);
    get_head(&h, loaded);
    unroll_h5_each_in(&h, "runs", visit_column, loaded);
    if (loaded->rows == 0)
        unroll_h5_fail(&h, "it holds no runs");
    unroll_h5_each_in(&h, "curves", visit_curve, loaded);
    unroll_h5_each_in(&h, "timings", visit_timing, loaded);
    unroll_h5_each_in(&h, "env", visit_env, loaded);
    status = unroll_h5_close(&h);
    unroll_h5_unlock();
    if (status.code == UNROLL_OK)
        *table = loaded;
    else
        unroll_table_free(loaded);
    return status;
}

static void free_columns(unroll_table_column *columns, int count, int rows)
{
    for (int i = 0; i < count; i++) {
        free(columns[i].real);
        unroll_h5_free_texts(columns[i].text, (size_t)rows);
    }
    free(columns);
}

void unroll_table_free(unroll_table *table)
{
    if (table == NULL)
        return;
    free_columns(table->columns, table->column_count, table->rows);
    free_columns(table->env, table->env_count, table->rows);
    for (int i = 0; i < table->curve_count; i++)
        free(table->curves[i].value);
    for (int i = 0; i < table->timing_count; i++)
        free(table->timings[i].ns);
    free(table->curves);
    free(table->timings);
    free(table);
}

const unroll_table_column *unroll_table_find(const unroll_table *table, const char *name)
{
    for (int i = 0; i < table->column_count; i++)
        if (strcmp(table->columns[i].name, name) == 0)
            return &table->columns[i];
    return NULL;
}

const unroll_table_curve *unroll_table_find_curve(const unroll_table *table, const char *name)
{
    for (int i = 0; i < table->curve_count; i++)
        if (strcmp(table->curves[i].name, name) == 0)
            return &table->curves[i];
    return NULL;
}

const unroll_table_timing *unroll_table_find_timing(const unroll_table *table, const char *name)
{
    for (int i = 0; i < table->timing_count; i++)
        if (strcmp(table->timings[i].name, name) == 0)
            return &table->timings[i];
    return NULL;
}
