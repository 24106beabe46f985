#include "base/record.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"

/* Makes room for one more element of `size` bytes in an array of `count`; the room doubles. NULL when memory is short. */
static void *one_more(void *array, int count, size_t size)
{
    void *grown = array;
    if ((count & (count - 1)) == 0)
        grown = realloc(array, (count == 0 ? 1 : 2 * (size_t)count) * size);
    if (grown != NULL)
        memset((char *)grown + (size_t)count * size, 0, size);
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
static unroll_column *take_column(unroll_record *record, unroll_column **columns, int *count, const char *name)
{
    unroll_column *column = NULL, *grown;
    char cut[sizeof column->name];
    unroll_text_copy(cut, sizeof cut, name);
    for (int i = 0; i < *count; i++)
        if (strcmp((*columns)[i].name, cut) == 0)
            column = &(*columns)[i];
    if (column == NULL) {
        grown = one_more(*columns, *count, sizeof *grown);
        if (grown == NULL) {
            record->out_of_memory = true;
            return NULL;
        }
        *columns = grown;
        column = &grown[(*count)++];
    }
    free(column->text);
    memset(column, 0, sizeof *column);
    strcpy(column->name, cut);
    return column;
}

void unroll_record_real(unroll_record *record, const char *name, const char *unit, double value)
{
    unroll_column *column = take_column(record, &record->columns, &record->column_count, name);
    if (column == NULL)
        return;
    unroll_text_copy(column->unit, sizeof column->unit, unit);
    column->type = UNROLL_COLUMN_REAL;
    column->real = value;
}

void unroll_record_int(unroll_record *record, const char *name, const char *unit, int64_t value)
{
    unroll_column *column = take_column(record, &record->columns, &record->column_count, name);
    if (column == NULL)
        return;
    unroll_text_copy(column->unit, sizeof column->unit, unit);
    column->type = UNROLL_COLUMN_INT;
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
    set_text(record, take_column(record, &record->columns, &record->column_count, name), value);
}

void unroll_record_env(unroll_record *record, const char *name, const char *value)
{
    set_text(record, take_column(record, &record->env, &record->env_count, name), value);
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
    unroll_curve *curve, *grown;
    float *copy = duplicate(value, length, sizeof *value);
    int i = 0;
    char cut[sizeof curve->name];
    unroll_text_copy(cut, sizeof cut, name);
    while (i < record->curve_count && strcmp(record->curves[i].name, cut) != 0)
        i++;
    if (i == record->curve_count) {
        grown = one_more(record->curves, i, sizeof *grown);
        record->curves = grown != NULL ? grown : record->curves;
        record->curve_count += grown != NULL;
    }
    if (copy == NULL || i == record->curve_count) {
        record->out_of_memory = true;
        free(copy);
        return;
    }
    curve = &record->curves[i];
    free(curve->value);
    strcpy(curve->name, cut);
    unroll_text_copy(curve->unit, sizeof curve->unit, unit);
    curve->length = length;
    curve->value = copy;
}

void unroll_record_timing(unroll_record *record, const char *name, const int64_t *ns, int length)
{
    unroll_timing *timing, *grown;
    int64_t *copy = duplicate(ns, length, sizeof *ns);
    int i = 0;
    char cut[sizeof timing->name];
    unroll_text_copy(cut, sizeof cut, name);
    while (i < record->timing_count && strcmp(record->timings[i].name, cut) != 0)
        i++;
    if (i == record->timing_count) {
        grown = one_more(record->timings, i, sizeof *grown);
        record->timings = grown != NULL ? grown : record->timings;
        record->timing_count += grown != NULL;
    }
    if (copy == NULL || i == record->timing_count) {
        record->out_of_memory = true;
        free(copy);
        return;
    }
    timing = &record->timings[i];
    free(timing->ns);
    strcpy(timing->name, cut);
    timing->length = length;
    timing->ns = copy;
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
    for (int i = 0; i < record->column_count; i++)
        if (strcmp(record->columns[i].name, name) == 0)
            return &record->columns[i];
    return NULL;
}

const unroll_curve *unroll_record_find_curve(const unroll_record *record, const char *name)
{
    for (int i = 0; i < record->curve_count; i++)
        if (strcmp(record->curves[i].name, name) == 0)
            return &record->curves[i];
    return NULL;
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
