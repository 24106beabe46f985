#include "columns.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/settings.h"
#include "base/text.h"

/* Larger values would overflow the squares of the scaling. */
static const double largest = 1e30;

/* The file and its name in sentences. */
typedef struct reader {
    const unroll_csv *csv;
    char shown[UNROLL_SHORT_ROOM];
    double most_missing;
} reader;

static const char *cell_at(const unroll_csv *csv, int row, int column)
{
    return csv->cells[(size_t)row * (size_t)csv->columns + (size_t)column];
}

static bool is_numeric(const unroll_csv *csv, int column)
{
    int numbers = 0, words = 0;
    for (int r = 0; r < csv->rows; r++) {
        const char *cell = cell_at(csv, r, column);
        double value;
        bool number = unroll_is_number(csv, cell, &value);
        numbers += number;
        words += !number && !unroll_is_hole(cell);
    }
    return numbers > words;
}

static void show_name(const unroll_csv *csv, int column, char out[64])
{
    if (csv->names[column][0] != '\0')
        unroll_text_quote(out, 64, csv->names[column]);
    else
        snprintf(out, 64, "%d", column + 1);
}

static unroll_status wrong_column(const reader *in, const char *column)
{
    const unroll_csv *csv = in->csv;
    const char *near = csv->header ? unroll_nearest(column, csv->names, csv->columns) : NULL;
    char word[64], right[64];
    unroll_text_quote(word, sizeof word, column);
    if (near != NULL)
        return unroll_error(UNROLL_WRONG, "column=%s is not in %s; did you mean %s", word, in->shown,
                            unroll_text_quote(right, sizeof right, near));
    return unroll_error(UNROLL_WRONG, "column=%s is not in %s: give %sa number from 1 to %d", word, in->shown,
                        csv->header ? "a name of its header or " : "", csv->columns);
}

/* The index of the column that `column` means. */
static unroll_status find_target(const reader *in, const char *column, int *target)
{
    const unroll_csv *csv = in->csv;
    char *end;
    long number;
    for (*target = csv->columns - 1; column[0] == '\0' && *target >= 0; --*target)
        if (is_numeric(csv, *target))
            return unroll_ok();
    if (column[0] == '\0')
        return unroll_error(UNROLL_WRONG, "%s has no column of numbers", in->shown);
    for (*target = 0; *target < csv->columns; ++*target)
        if (strcmp(csv->names[*target], column) == 0)
            return unroll_ok();
    number = strtol(column, &end, 10);
    if (*end != '\0' || number < 1 || number > csv->columns)
        return wrong_column(in, column);
    *target = (int)number - 1;
    return unroll_ok();
}

static unroll_status missing(const reader *in, const char *name, int holes, int first_line)
{
    return unroll_error(UNROLL_WRONG,
                        "%s: column %s lacks %d of %d values, the first on line %d: more than max_missing=%g",
                        in->shown, name, holes, in->csv->rows, first_line, in->most_missing);
}

/* Reads one column into value (rows) and hole (rows). */
static unroll_status read_column(const reader *in, int column, double *value, unsigned char *hole, const char *name)
{
    const unroll_csv *csv = in->csv;
    int holes = 0, first_hole = -1, first = -1;
    for (int r = 0; r < csv->rows; r++) {
        const char *cell = cell_at(csv, r, column);
        char word[48];
        if (unroll_is_number(csv, cell, &value[r])) {
            if (!(fabs(value[r]) <= largest))
                return unroll_error(UNROLL_WRONG, "%s: line %d, column %s: %s is too large a number", in->shown,
                                    csv->lines[r], name, unroll_text_quote(word, sizeof word, cell));
            first = first < 0 ? r : first;
            continue;
        }
        if (!unroll_is_hole(cell))
            return unroll_error(UNROLL_WRONG, "%s: line %d, column %s: \"%s\" is not a number", in->shown,
                                csv->lines[r], name, unroll_text_quote(word, sizeof word, cell));
        hole[r] = 1;
        first_hole = first_hole < 0 ? r : first_hole;
        holes++;
        value[r] = r > 0 ? value[r - 1] : 0.0;
    }
    if (first < 0 || (double)holes > in->most_missing * csv->rows)
        return missing(in, name, holes, csv->lines[first_hole < 0 ? 0 : first_hole]);
    for (int r = 0; r < first; r++)
        value[r] = value[first];
    return unroll_ok();
}

static unroll_status read_columns(const reader *in, const int *chosen, unroll_columns *out)
{
    size_t rows = (size_t)in->csv->rows, count = (size_t)out->count;
    out->rows = in->csv->rows;
    out->value = malloc(count * rows * sizeof *out->value);
    out->hole = calloc(count * rows, 1);
    out->names = calloc(count, sizeof *out->names);
    if (out->value == NULL || out->hole == NULL || out->names == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory: the columns of %s", in->shown);
    for (size_t c = 0; c < count; c++) {
        show_name(in->csv, chosen[c], out->names[c]);
        UNROLL_TRY(read_column(in, chosen[c], out->value + c * rows, out->hole + c * rows, out->names[c]));
        for (size_t r = 0; r < rows; r++)
            out->holes += out->hole[c * rows + r];
    }
    return unroll_ok();
}

static unroll_status choose_columns(const reader *in, const char *column, bool all, unroll_columns *out)
{
    int target, *chosen;
    unroll_status status;
    UNROLL_TRY(find_target(in, column, &target));
    chosen = malloc((size_t)in->csv->columns * sizeof *chosen);
    if (chosen == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory: the columns of %s", in->shown);
    for (int c = 0; c < in->csv->columns; c++) {
        if (c != target && !(all && is_numeric(in->csv, c)))
            continue;
        out->target = c == target ? out->count : out->target;
        chosen[out->count++] = c;
    }
    status = read_columns(in, chosen, out);
    free(chosen);
    return status;
}

unroll_status unroll_columns_open(const char *path, const char *column, bool all, double most_missing,
                                  unroll_columns *columns)
{
    unroll_csv csv;
    reader in = {.csv = &csv, .most_missing = most_missing};
    unroll_status status;
    memset(columns, 0, sizeof *columns);
    UNROLL_TRY(unroll_csv_open(path, &csv));
    unroll_short_path(path, in.shown);
    memcpy(columns->fingerprint, csv.fingerprint, sizeof csv.fingerprint);
    status = choose_columns(&in, column, all, columns);
    unroll_csv_close(&csv);
    if (status.code != UNROLL_OK)
        unroll_columns_close(columns);
    return status;
}

void unroll_columns_close(unroll_columns *columns)
{
    free(columns->value);
    free(columns->hole);
    free(columns->names);
    memset(columns, 0, sizeof *columns);
}
