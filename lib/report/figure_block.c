/* The points of a figure: the lines of x, median or share, low and high, or of a run's curves, that a block of its data has. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/figure_data.h"

static unroll_status out_of_memory(void)
{
    return unroll_error(UNROLL_FAILED, "out of memory for the data of a figure");
}

/* `most`: where what is infinite is drawn. */
static void print_point(FILE *out, double x, const unroll_interval *y, double most, int *points)
{
    double low = isnan(y->low) ? y->estimate : y->low, high = isnan(y->high) ? y->estimate : y->high;
    if (isnan(x) || isnan(y->estimate) || isinf(y->estimate))
        return;
    /* without an interval the band has no width */
    fprintf(out, "%.9g %.9g %.9g %.9g\n", x, y->estimate, isinf(low) ? y->estimate : low, isinf(high) ? most : high);
    (*points)++;
}

static double curve_at(const unroll_table_curve *curve, int row, int point)
{
    return point < curve->length ? (double)curve->value[(size_t)row * (size_t)curve->length + (size_t)point] : NAN;
}

/* Median over a group's runs at each of their points: one that diverged is worst from there on. Where others have ended, those
   that go on stand alone. */
static unroll_status print_curve(const unroll_drawing *d, const unroll_request *r, const unroll_group *group, FILE *out,
                                 int *points)
{
    const unroll_table_curve *y = unroll_table_find_curve(d->table, r->metric);
    const unroll_table_curve *x = unroll_table_find_curve(d->table, r->over);
    double *values, most = 0;
    unroll_status status = unroll_ok();
    if (y == NULL || x == NULL)
        return unroll_ok();
    values = malloc(2 * (size_t)group->count * sizeof *values);
    if (values == NULL)
        return out_of_memory();
    for (int point = 0; point < y->length && status.code == UNROLL_OK; point++) {
        double sum = 0;
        int alive = 0;
        unroll_interval median;
        for (int i = 0; i < group->count; i++) {
            double where = curve_at(x, group->row[i], point);
            values[i] = curve_at(y, group->row[i], point);
            if (!isnan(values[i]) && !isnan(where)) {
                sum += where;
                alive++;
            }
            most = isfinite(values[i]) && values[i] > most ? values[i] : most;
            if (isnan(values[i]) && unroll_has_status(d->table, "diverged", group->row[i]))
                values[i] = INFINITY;
        }
        status = unroll_median(values, group->count, &median);
        if (status.code == UNROLL_OK)
            print_point(out, alive > 0 ? sum / alive : NAN, &median, most, points);
    }
    free(values);
    return status;
}

/* A line for each value of the column that lies on the x axis. */
static unroll_status print_medians(const unroll_drawing *d, const unroll_request *r, const unroll_group *group, FILE *out,
                                   int *points)
{
    bool *keep = calloc((size_t)d->table->rows, sizeof *keep);
    double most = 0;
    unroll_groups along;
    unroll_status status;
    if (keep == NULL)
        return out_of_memory();
    for (int i = 0; i < group->count; i++) {
        double value = unroll_measure_at(&r->measure, d->table, group->row[i]);
        keep[group->row[i]] = true;
        most = isfinite(value) && value > most ? value : most;
    }
    status = unroll_groups_make(d->experiment, d->table, r->over, keep, &along);
    free(keep);
    if (status.code != UNROLL_OK)
        return status;
    for (int g = 0; g < along.count && status.code == UNROLL_OK; g++) {
        unroll_interval y;
        status = unroll_measure_over(&r->measure, d->table, &along.group[g], &y);
        if (status.code == UNROLL_OK)
            print_point(out, along.group[g].by[0].real, &y, most, points);
    }
    unroll_groups_free(&along);
    return status;
}

/* The run whose metric is the median one of its group (the lower of two); -1 when none has a value. */
static int median_row(const unroll_table *table, const unroll_group *group, const char *metric)
{
    for (int i = 0; i < group->count; i++) {
        double value = unroll_value_real(table, metric, group->row[i]);
        int below = 0, equal_before = 0, numbers = 0;
        for (int j = 0; j < group->count; j++) {
            double other = unroll_value_real(table, metric, group->row[j]);
            numbers += !isnan(other);
            below += other < value;
            equal_before += other == value && j < i;
        }
        if (!isnan(value) && below + equal_before == (numbers - 1) / 2)
            return group->row[i];
    }
    return -1;
}

static void print_run(const unroll_drawing *d, const unroll_request *r, const unroll_group *group, FILE *out, int *points)
{
    int row = median_row(d->table, group, r->metric), longest = 0;
    char word[48];
    const char *rest = r->curves;
    while (unroll_next_word(&rest, word, sizeof word)) {
        const unroll_table_curve *curve = unroll_table_find_curve(d->table, word);
        longest = curve != NULL && curve->length > longest ? curve->length : longest;
    }
    for (int point = 0; point < longest && row >= 0; point++) {
        fprintf(out, "%d", point);
        rest = r->curves;
        while (unroll_next_word(&rest, word, sizeof word)) {
            const unroll_table_curve *curve = unroll_table_find_curve(d->table, word);
            double value = curve != NULL ? curve_at(curve, row, point) : NAN;
            fprintf(out, isnan(value) ? " NaN" : " %.9g", value);
            *points += !isnan(value);
        }
        fputc('\n', out);
    }
}

/* A point where the other experiment has results, and measures what is asked for. */
static void print_beside(const unroll_drawing *d, const unroll_request *r, const unroll_group *group, FILE *out, int *points)
{
    unroll_interval y;
    if (d->beside.table != NULL && strcmp(d->beside.asked->name, r->metric) == 0 &&
        unroll_beside_of(&d->beside, d->table, group, &y))
        print_point(out, 0, &y, y.estimate, points);
}

unroll_status unroll_figure_block(const unroll_drawing *d, const unroll_request *r, const unroll_group *group, FILE *out,
                                  int *points)
{
    if (strcmp(r->kind, "curve") == 0)
        return print_curve(d, r, group, out, points);
    if (strcmp(r->kind, "run") != 0 && strcmp(r->kind, "beside") != 0)
        return print_medians(d, r, group, out, points);
    if (strcmp(r->kind, "run") == 0)
        print_run(d, r, group, out, points);
    else
        print_beside(d, r, group, out, points);
    return unroll_ok();
}
