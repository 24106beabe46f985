/* Values of a gathered table, and the rows that a filter lets pass. */
#include <math.h>
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

/* What one item of a filter's list lets pass: a text, or the numbers from low to high. */
typedef struct passing {
    const char *text;
    double low, high;
} passing;

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

/* "50", "50..100", "max", "min" of a column of numbers; a text of one of texts. */
static unroll_status read_item(const unroll_table *table, const unroll_table_column *column, const bool *keep, char *item,
                               passing *out)
{
    char *dots = strstr(item, "..");
    bool largest = strcmp(item, "max") == 0;
    *out = (passing){.text = item};
    if (column->type == UNROLL_COLUMN_TEXT)
        return unroll_ok();
    out->text = NULL;
    if (largest || strcmp(item, "min") == 0) {
        out->low = out->high = extreme(column, keep, table->rows, largest);
        return unroll_ok();
    }
    if (dots != NULL)
        *dots = '\0';
    if (!unroll_read_real(item, &out->low) || !unroll_read_real(dots != NULL ? dots + 2 : item, &out->high))
        return unroll_error(UNROLL_WRONG, "the filter asks for %.48s=%.60s, and %.48s holds numbers", column->name, item,
                            column->name);
    return unroll_ok();
}

static bool lets_pass(const passing *item, unroll_field field)
{
    if (item->text != NULL)
        return field.text != NULL && strcmp(field.text, item->text) == 0;
    return field.real >= item->low && field.real <= item->high;
}

/* one term "name=item,item": rows that none of its items lets pass are no longer kept */
static unroll_status select_by(const unroll_table *table, char *term, bool *keep)
{
    enum { MOST_ITEMS = 64 };
    passing items[MOST_ITEMS];
    const unroll_table_column *column;
    const char *wanted;
    char *rest;
    size_t length = unroll_part_assignment(term, &wanted);
    int count = 0;
    if (length == 0)
        return unroll_error(UNROLL_WRONG, "the filter \"%.100s\" is not written column=value", term);
    term[length] = '\0';
    column = unroll_table_find(table, term);
    if (column == NULL)
        return unroll_error(UNROLL_WRONG, "the filter asks for %.60s, and the results have no column of that name", term);
    for (char *item = strtok_r(term + length + 1, ",", &rest); item != NULL && count < MOST_ITEMS; item = strtok_r(NULL, ",", &rest))
        UNROLL_TRY(read_item(table, column, keep, item, &items[count++]));
    for (int i = 0; i < table->rows; i++) {
        unroll_field field = unroll_field_at(column, i);
        bool passes = false;
        for (int k = 0; k < count && !passes; k++)
            passes = lets_pass(&items[k], field);
        keep[i] = keep[i] && passes;
    }
    return unroll_ok();
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
