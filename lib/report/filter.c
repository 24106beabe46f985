/* Values of a gathered table, and the rows that a filter lets pass. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/settings.h"
#include "base/text.h"
#include "report/inside.h"

/* ---- values ---- */

unroll_field unroll_field_at(const unroll_table_column *column, int row)
{
    if (column == NULL)
        return (unroll_field){.real = NAN};
    if (column->type == UNROLL_COLUMN_TEXT)
        return (unroll_field){.text = column->text[row], .real = NAN};
    return (unroll_field){.real = column->real[row]};
}

bool unroll_field_equal(unroll_field a, unroll_field b)
{
    if (a.text != NULL || b.text != NULL)
        return a.text != NULL && b.text != NULL && strcmp(a.text, b.text) == 0;
    return a.real == b.real || (isnan(a.real) && isnan(b.real));
}

bool unroll_field_is(unroll_field field, const unroll_value *value)
{
    char number[UNROLL_NUMBER_ROOM];
    if (value->type == UNROLL_INT || value->type == UNROLL_REAL)
        return field.text == NULL && field.real == (value->type == UNROLL_INT ? (double)value->integer : value->real);
    return field.text != NULL && strcmp(field.text, unroll_show_value(value, number)) == 0;
}

const char *unroll_field_show(unroll_field field, char out[UNROLL_VALUE_ROOM])
{
    char number[UNROLL_NUMBER_ROOM];
    out[0] = '\0';
    if (field.text != NULL)
        unroll_text_copy(out, UNROLL_VALUE_ROOM, field.text);
    else if (!isnan(field.real))
        unroll_text_copy(out, UNROLL_VALUE_ROOM, unroll_show_real(field.real, number));
    return out;
}

const char *unroll_value_show(const unroll_table *table, const char *name, int row, char out[UNROLL_VALUE_ROOM])
{
    return unroll_field_show(unroll_field_at(unroll_table_find(table, name), row), out);
}

double unroll_value_real(const unroll_table *table, const char *name, int row)
{
    return unroll_field_at(unroll_table_find(table, name), row).real;
}

/* ---- runs by their status ---- */

bool unroll_has_status(const unroll_table *table, const char *status, int row)
{
    unroll_field field = unroll_field_at(unroll_table_find(table, "status"), row);
    return field.text != NULL && strcmp(field.text, status) == 0;
}

int unroll_count_status(const unroll_table *table, const char *status, int *first)
{
    int count = 0;
    for (int row = 0; row < table->rows; row++)
        if (unroll_has_status(table, status, row) && count++ == 0 && first != NULL)
            *first = row;
    return count;
}

/* ---- filters ---- */

/* The largest or smallest number of a column over the rows kept so far. */
static double extreme(const unroll_table_column *column, const bool *keep, int rows, bool largest)
{
    double found = NAN;
    for (int i = 0; i < rows; i++) {
        double value = unroll_field_at(column, i).real;
        if (keep[i] && !isnan(value) && (isnan(found) || (largest ? value > found : value < found)))
            found = value;
    }
    return found;
}

bool unroll_field_read(const unroll_table_column *column, const char *text, unroll_field *field)
{
    *field = (unroll_field){.text = column->type == UNROLL_COLUMN_TEXT ? text : NULL, .real = NAN};
    return field->text != NULL || unroll_read_real(text, &field->real);
}

unroll_status unroll_no_number(const char *asks, const unroll_table_column *column, const char *text)
{
    return unroll_error(UNROLL_WRONG, "%s asks for %.48s=%.60s, and %.48s holds numbers", asks, column->name, text, column->name);
}

/* "50", "50..100", "max", "min" of a column of numbers. */
static unroll_status read_passing(const unroll_table *table, const unroll_table_column *column, const bool *keep,
                                  const char *item, unroll_range *out)
{
    bool largest = strcmp(item, "max") == 0;
    if (largest || strcmp(item, "min") == 0) {
        out->low = out->high = extreme(column, keep, table->rows, largest);
        return unroll_ok();
    }
    if (!unroll_read_range(item, out) || !isnan(out->step))
        return unroll_no_number("the filter", column, item);
    return unroll_ok();
}

/* Marks in `passes` (rows) what an item lets pass of the rows that are kept. */
static unroll_status pass_item(const unroll_table *table, const unroll_table_column *column, const bool *keep, const char *item,
                               bool *passes)
{
    unroll_range range = {0};
    if (column->type != UNROLL_COLUMN_TEXT)
        UNROLL_TRY(read_passing(table, column, keep, item, &range));
    for (int i = 0; i < table->rows; i++) {
        unroll_field field = unroll_field_at(column, i);
        passes[i] = passes[i] || (field.text != NULL ? strcmp(field.text, item) == 0
                                                     : field.real >= range.low && field.real <= range.high);
    }
    return unroll_ok();
}

/* one term "name=item,item": rows that none of its items lets pass are no longer kept */
static unroll_status select_by(const unroll_table *table, char *term, bool *keep)
{
    const unroll_table_column *column;
    const char *items;
    char item[256];
    size_t length = unroll_part_assignment(term, &items);
    bool *passes;
    unroll_status status = unroll_ok();
    if (length == 0)
        return unroll_no_assignment(term);
    term[length] = '\0';
    column = unroll_table_find(table, term);
    if (column == NULL)
        return unroll_error(UNROLL_WRONG, "the filter asks for %.60s, and the results have no column of that name", term);
    passes = calloc((size_t)table->rows + 1, sizeof *passes);
    if (passes == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for a filter of %d runs", table->rows);
    while (status.code == UNROLL_OK && unroll_next_item(&items, item, sizeof item))
        status = pass_item(table, column, keep, item, passes);
    for (int i = 0; i < table->rows && status.code == UNROLL_OK; i++)
        keep[i] = keep[i] && passes[i];
    free(passes);
    return status;
}

unroll_status unroll_select(const unroll_table *table, const char *filter, bool failed, bool *keep)
{
    char term[256];
    for (int i = 0; i < table->rows; i++)
        keep[i] = failed || !unroll_has_status(table, "failed", i);
    while (unroll_next_word(&filter, term, sizeof term))
        UNROLL_TRY(select_by(table, term, keep));
    return unroll_ok();
}
