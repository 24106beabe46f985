#include "base/record.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/number.h"
#include "base/text.h"

/* Makes room in `array` for an element of that name where it has none yet. Returns the array, which may have moved. */
static void *with_room(unroll_record *record, void *array, int *count, size_t size, const char *name)
{
    void *grown;
    if (unroll_find_named(array, *count, size, name) != NULL)
        return array;
    grown = unroll_one_more(array, *count, size);
    if (grown == NULL) {
        record->out_of_memory = true;
        return array;
    }
    strcpy((char *)grown + (size_t)(*count)++ * size, name);
    return grown;
}

unroll_record *unroll_record_new(const unroll_settings *settings)
{
    unroll_record *record = calloc(1, sizeof *record);
    if (record == NULL || settings == NULL)
        return record;
    record->settings = unroll_settings_copy(settings);
    if (record->settings == NULL) {
        free(record);
        return NULL;
    }
    return record;
}

static void free_columns(unroll_column *columns, int count)
{
    for (int i = 0; i < count; i++)
        free(columns[i].text);
    free(columns);
}

void unroll_record_free(unroll_record *record)
{
    if (record == NULL)
        return;
    unroll_settings_free(record->settings);
    free_columns(record->columns, record->column_count);
    free_columns(record->env, record->env_count);
    for (int i = 0; i < record->curve_count; i++)
        free(record->curves[i].value);
    for (int i = 0; i < record->timing_count; i++)
        free(record->timings[i].ns);
    free(record->curves);
    free(record->timings);
    free(record);
}

/* The column of that name, emptied, or a new one; NULL when memory is short, which the record remembers. */
static unroll_column *make_column(unroll_record *record, unroll_column **columns, int *count, const char *name)
{
    unroll_column *column;
    char cut[sizeof column->name];
    unroll_text_copy(cut, sizeof cut, name);
    *columns = with_room(record, *columns, count, sizeof *column, cut);
    column = unroll_find_named(*columns, *count, sizeof *column, cut);
    if (column == NULL)
        return NULL;
    free(column->text);
    memset(column, 0, sizeof *column);
    strcpy(column->name, cut);
    return column;
}

static unroll_column *make_number(unroll_record *record, const char *name, const char *unit, unroll_column_type type)
{
    unroll_column *column = make_column(record, &record->columns, &record->column_count, name);
    if (column == NULL)
        return NULL;
    unroll_text_copy(column->unit, sizeof column->unit, unit);
    column->type = type;
    return column;
}

void unroll_record_real(unroll_record *record, const char *name, const char *unit, double value)
{
    unroll_column *column = make_number(record, name, unit, UNROLL_COLUMN_REAL);
    if (column != NULL)
        column->real = value;
}

void unroll_record_int(unroll_record *record, const char *name, const char *unit, int64_t value)
{
    unroll_column *column = make_number(record, name, unit, UNROLL_COLUMN_INT);
    if (column != NULL)
        column->integer = value;
}

static void set_text(unroll_record *record, unroll_column *column, const char *value)
{
    if (column == NULL)
        return;
    column->type = UNROLL_COLUMN_TEXT;
    column->text = unroll_text_duplicate(value);
    if (column->text == NULL)
        record->out_of_memory = true;
    else
        unroll_utf8_repair(column->text);
}

void unroll_record_text(unroll_record *record, const char *name, const char *value)
{
    set_text(record, make_column(record, &record->columns, &record->column_count, name), value);
}

void unroll_record_env(unroll_record *record, const char *name, const char *value)
{
    set_text(record, make_column(record, &record->env, &record->env_count, name), value);
}

/* A malloc'ed copy of `count` elements, at least one byte; NULL when memory is short. */
static void *duplicate(const void *from, int count, size_t size)
{
    void *copy = calloc((size_t)count + 1, size);
    if (copy != NULL && count > 0)
        memcpy(copy, from, (size_t)count * size);
    return copy;
}

void unroll_record_curve(unroll_record *record, const char *name, const char *unit, const float *value, int length)
{
    unroll_curve *curve;
    char cut[sizeof curve->name];
    unroll_text_copy(cut, sizeof cut, name);
    record->curves = with_room(record, record->curves, &record->curve_count, sizeof *curve, cut);
    curve = unroll_find_named(record->curves, record->curve_count, sizeof *curve, cut);
    if (curve == NULL)
        return;
    unroll_text_copy(curve->unit, sizeof curve->unit, unit);
    free(curve->value);
    curve->value = duplicate(value, length, sizeof *value);
    curve->length = curve->value != NULL ? length : 0;
    record->out_of_memory = record->out_of_memory || curve->value == NULL;
}

void unroll_record_timing(unroll_record *record, const char *name, const int64_t *ns, int length)
{
    unroll_timing *timing;
    char cut[sizeof timing->name];
    unroll_text_copy(cut, sizeof cut, name);
    record->timings = with_room(record, record->timings, &record->timing_count, sizeof *timing, cut);
    timing = unroll_find_named(record->timings, record->timing_count, sizeof *timing, cut);
    if (timing == NULL)
        return;
    free(timing->ns);
    timing->ns = duplicate(ns, length, sizeof *ns);
    timing->length = timing->ns != NULL ? length : 0;
    record->out_of_memory = record->out_of_memory || timing->ns == NULL;
}

unroll_status unroll_record_check(const unroll_record *record)
{
    if (record->out_of_memory)
        return unroll_error(UNROLL_FAILED, "out of memory while a run's results were kept");
    return unroll_ok();
}

static bool may_lack(const char *name, const char *const *none)
{
    for (int i = 0; none != NULL && none[i] != NULL; i++)
        if (strcmp(none[i], name) == 0)
            return true;
    return none == NULL;
}

bool unroll_record_settle(unroll_record *record, const char *const *none)
{
    bool finite = true, open = record->status[0] == '\0' || strcmp(record->status, "done") == 0;
    for (int i = 0; i < record->column_count; i++) {
        unroll_column *column = &record->columns[i];
        char shown[UNROLL_NUMBER_ROOM];
        if (column->type != UNROLL_COLUMN_REAL || isfinite(column->real) ||
            (isnan(column->real) && may_lack(column->name, none)))
            continue;
        if (finite && open)
            snprintf(record->reason, sizeof record->reason, "the result %s is %s, no finite number", column->name,
                     unroll_show_real(column->real, shown));
        finite = false;
        column->real = NAN;
    }
    if (!finite && open)
        unroll_text_copy(record->status, sizeof record->status, "diverged");
    return finite;
}

const unroll_column *unroll_record_find(const unroll_record *record, const char *name)
{
    return unroll_find_named(record->columns, record->column_count, sizeof *record->columns, name);
}

const unroll_curve *unroll_record_find_curve(const unroll_record *record, const char *name)
{
    return unroll_find_named(record->curves, record->curve_count, sizeof *record->curves, name);
}

size_t unroll_record_text_bytes(const unroll_record *record)
{
    size_t bytes = 0;
    for (int i = 0; i < record->column_count; i++)
        bytes += record->columns[i].text != NULL ? strlen(record->columns[i].text) : 0;
    for (int i = 0; i < record->env_count; i++)
        bytes += record->env[i].text != NULL ? strlen(record->env[i].text) : 0;
    return bytes;
}
