/* Times that are no evidence: by what a record holds of how they were measured. */
#include "report/doubt.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/quantile.h"
#include "report/inside.h"

/* As the column has it, and as a sentence ends. */
static const struct {
    const char *name, *why;
} doubts[UNROLL_DOUBTS] = {{"", ""},
                           {"beside", "with other runs beside"},
                           {"load", "under a load above the cores"},
                           {"spread", "with samples that spread by more than half their median"},
                           {"peak", "above the machine's peak"}};

/* A number of a run's surroundings; NaN where there is none. */
static double env_at(const unroll_table *table, const char *name, int row)
{
    double value;
    for (int i = 0; i < table->env_count; i++)
        if (strcmp(table->env[i].name, name) == 0 && unroll_read_real(table->env[i].text[row], &value))
            return value;
    return NAN;
}

/* Interquartile range over median of a run's samples; 0 where there are none. `sorted`: room for them. */
static double spread_of(const unroll_table_timing *timing, int row, double *sorted)
{
    int count = 0;
    for (int i = 0; i < timing->length; i++) {
        int64_t ns = timing->ns[(size_t)row * (size_t)timing->length + (size_t)i];
        if (ns >= 0)
            sorted[count++] = (double)ns;
    }
    if (count == 0)
        return 0;
    unroll_sort(sorted, count);
    return (unroll_quantile(sorted, count, 0.75) - unroll_quantile(sorted, count, 0.25)) / unroll_quantile(sorted, count, 0.5);
}

static unroll_doubt judge(const unroll_experiment *experiment, const unroll_table *table, int row, double *sorted)
{
    if (unroll_has_status(table, "failed", row))
        return UNROLL_DOUBT_NONE;
    if (env_at(table, "beside", row) > 0)
        return UNROLL_DOUBT_BESIDE;
    if (experiment->timed && env_at(table, "load", row) > env_at(table, "cores", row) + UNROLL_MOST_WAITING)
        return UNROLL_DOUBT_LOAD;
    for (int i = 0; i < table->timing_count; i++)
        if (spread_of(&table->timings[i], row, sorted) > UNROLL_MOST_SPREAD)
            return UNROLL_DOUBT_SPREAD;
    return unroll_value_real(table, "peak_fraction", row) > UNROLL_MOST_PEAK ? UNROLL_DOUBT_PEAK : UNROLL_DOUBT_NONE;
}

/* ---- the column ---- */

static unroll_status out_of_memory(void)
{
    return unroll_error(UNROLL_FAILED, "out of memory for the doubts of a table");
}

/* The texts lie one behind the other in one piece, as those of store.h do. */
static unroll_status add_column(unroll_table *table, const unroll_doubt *doubt)
{
    enum { ROOM = 8 };
    unroll_table_column *grown = realloc(table->columns, ((size_t)table->column_count + 1) * sizeof *grown), *column;
    char *text = malloc((size_t)table->rows * ROOM), **texts = malloc((size_t)table->rows * sizeof *texts);
    if (grown != NULL)
        table->columns = grown;
    if (grown == NULL || text == NULL || texts == NULL) {
        free(text);
        free(texts);
        return out_of_memory();
    }
    column = &grown[table->column_count++];
    *column = (unroll_table_column){.name = UNROLL_DOUBT_COLUMN, .type = UNROLL_COLUMN_TEXT, .text = texts, .texts = text};
    for (int row = 0; row < table->rows; row++) {
        texts[row] = text;
        text += strlen(strcpy(text, doubts[doubt[row]].name)) + 1;
    }
    return unroll_ok();
}

unroll_status unroll_doubt_add(const unroll_experiment *experiment, unroll_table *table)
{
    unroll_doubt *doubt = malloc(((size_t)table->rows + 1) * sizeof *doubt);
    double *sorted;
    int most = 0, any = 0;
    unroll_status status = unroll_ok();
    for (int i = 0; i < table->timing_count; i++)
        most = table->timings[i].length > most ? table->timings[i].length : most;
    sorted = malloc(((size_t)most + 1) * sizeof *sorted);
    if (doubt == NULL || sorted == NULL)
        status = out_of_memory();
    for (int row = 0; row < table->rows && status.code == UNROLL_OK; row++) {
        doubt[row] = judge(experiment, table, row, sorted);
        any += doubt[row] != UNROLL_DOUBT_NONE;
    }
    if (status.code == UNROLL_OK && any > 0 && unroll_table_find(table, UNROLL_DOUBT_COLUMN) == NULL)
        status = add_column(table, doubt);
    free(doubt);
    free(sorted);
    return status;
}

unroll_doubt unroll_doubt_of(const unroll_table *table, int row)
{
    unroll_field field = unroll_field_at(unroll_table_find(table, UNROLL_DOUBT_COLUMN), row);
    int i = UNROLL_DOUBTS - 1;
    while (i > 0 && (field.text == NULL || strcmp(field.text, doubts[i].name) != 0))
        i--;
    return (unroll_doubt)i;
}

void unroll_doubt_print(const int count[UNROLL_DOUBTS], FILE *out)
{
    bool first = true;
    for (int i = 1; i < UNROLL_DOUBTS; i++) {
        if (count[i] == 0)
            continue;
        fprintf(out, "%s%d %s%s", first ? "" : ", ", count[i], first ? count[i] == 1 ? "run " : "runs " : "", doubts[i].why);
        first = false;
    }
}
