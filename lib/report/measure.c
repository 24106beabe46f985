/* How a column of runs is read: what a run counts as that diverged, or that did not come as far. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/inside.h"

unroll_status unroll_measure_read(const char *word, unroll_measure *out)
{
    static const char *const kinds[] = {"share", "alone", "time", "until", "given", "higher"};
    char copy[96], *rest, *kind;
    memset(out, 0, sizeof *out);
    unroll_text_copy(copy, sizeof copy, word);
    if (copy[0] == ':' || copy[0] == '\0')
        return unroll_error(UNROLL_WRONG, "the column %.60s has no name", word);
    unroll_text_copy(out->name, sizeof out->name, strtok_r(copy, ":", &rest));
    while ((kind = strtok_r(NULL, ":", &rest)) != NULL) {
        size_t i = 0, count = sizeof kinds / sizeof kinds[0];
        while (i < count && strcmp(kinds[i], kind) != 0)
            i++;
        if (i == count)
            return unroll_error(UNROLL_WRONG, "the column %.60s ends in none of :share, :alone, :time, :until, :given, :higher",
                                word);
        out->is |= 1u << i;
    }
    return unroll_ok();
}

double unroll_measure_at(const unroll_measure *m, const unroll_table *table, int row)
{
    const unroll_table_column *column = unroll_table_find(table, m->name);
    double value = unroll_field_at(column, row).real;
    bool worst = ((m->is & UNROLL_IS_UNTIL) != 0 && isnan(value)) ||
                 (unroll_has_status(table, "diverged", row) && (m->is & (UNROLL_IS_TIME | UNROLL_IS_GIVEN)) == 0);
    if (column == NULL || column->type == UNROLL_COLUMN_TEXT || !worst)
        return value;
    return (m->is & UNROLL_IS_SHARE) != 0 ? 0 : (m->is & UNROLL_IS_HIGHER) != 0 ? -INFINITY : INFINITY;
}

const char *unroll_measure_worst(const unroll_measure *m)
{
    return (m->is & UNROLL_IS_UNTIL) != 0 ? "never" : "diverged";
}

unroll_status unroll_measure_over(const unroll_measure *m, const unroll_table *table, const unroll_group *group,
                                  unroll_interval *out)
{
    double *values = malloc(((size_t)group->count + 1) * sizeof *values);
    int yes = 0, count = 0;
    unroll_status status = unroll_ok();
    if (values == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for a median of %d runs", group->count);
    for (int i = 0; i < group->count; i++) {
        values[i] = unroll_measure_at(m, table, group->row[i]);
        count += !isnan(values[i]);
        yes += values[i] == 1.0;
    }
    if ((m->is & UNROLL_IS_SHARE) != 0)
        *out = unroll_share(yes, count);
    else
        status = unroll_median(values, group->count, out);
    if ((m->is & (UNROLL_IS_ALONE | UNROLL_IS_GIVEN)) != 0)
        out->low = out->high = NAN;
    free(values);
    return status;
}
