#include "forecast.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../read/path.h"
#include "../read/source.h"
#include "model/residual.h"
#include "season.h"

static const char bundled[] = "sunspots";

/* Rows of the parts, by shares or as told. */
static unroll_status part_sizes(const unroll_settings *settings, int rows, int size[3])
{
    double valid, test;
    int64_t told[3] = {unroll_int(settings, "train_rows"), unroll_int(settings, "valid_rows"),
                       unroll_int(settings, "test_rows")};
    unroll_source_shares(settings, 0.15, &valid, &test);
    if (told[0] + told[1] + told[2] == 0) {
        told[1] = (int64_t)(valid * rows + 0.5);
        told[2] = (int64_t)(test * rows + 0.5);
        told[0] = rows - told[1] - told[2];
    } else if (told[0] == 0 || told[1] == 0 || told[2] == 0) {
        return unroll_error(UNROLL_WRONG, "train_rows, valid_rows and test_rows go together: set all three or none");
    }
    if (told[0] + told[1] + told[2] > rows)
        return unroll_error(UNROLL_WRONG, "train_rows + valid_rows + test_rows is %lld, but the series has %d rows",
                            (long long)(told[0] + told[1] + told[2]), rows);
    if (told[1] < 1 || told[2] < 1)
        return unroll_error(
            UNROLL_WRONG,
            "%d rows split into %lld for training, %lld for validation and %lld for the test: each part "
            "needs some",
            rows, (long long)told[0], (long long)told[1], (long long)told[2]);
    for (int s = 0; s < 3; s++)
        size[s] = (int)told[s];
    return unroll_ok();
}

/* Takes the first rows out of all columns. */
static void drop_rows(unroll_columns *data, int dropped)
{
    size_t rows = (size_t)data->rows, left = rows - (size_t)dropped;
    for (size_t c = 0; c < (size_t)data->count; c++) {
        memmove(data->value + c * left, data->value + c * rows + dropped, left * sizeof *data->value);
        memmove(data->hole + c * left, data->hole + c * rows + dropped, left * sizeof *data->hole);
    }
    data->rows = (int)left;
}

static unroll_status split_in_time(const unroll_settings *settings, unroll_series *series)
{
    int size[3], row = 0;
    UNROLL_TRY(part_sizes(settings, series->data.rows, size));
    series->dropped = size[UNROLL_TRAIN] > 0 ? (int)unroll_source_dropped(settings, (size_t)size[UNROLL_TRAIN]) : 0;
    size[UNROLL_TRAIN] -= series->dropped;
    drop_rows(&series->data, series->dropped);
    for (int s = 0; s < 3; s++) {
        series->first[s] = row;
        series->end[s] = row += size[s];
    }
    if (size[UNROLL_TRAIN] < (int64_t)series->steps + series->horizon)
        return unroll_error(UNROLL_WRONG,
                            "too few rows: %d of %d are for training, but length=%d and horizon=%d need at least %lld",
                            size[UNROLL_TRAIN] > 0 ? size[UNROLL_TRAIN] : 0, series->data.rows + series->dropped, series->steps,
                            series->horizon, (long long)series->steps + series->horizon);
    return unroll_ok();
}

/* Mean and deviation of one column over the training rows that the file has; the deviation is 1 where there is none. */
static void measure(const unroll_series *series, int column, double *mean, double *scale)
{
    const double *value = series->data.value + (size_t)column * (size_t)series->data.rows;
    const unsigned char *hole = series->data.hole + (size_t)column * (size_t)series->data.rows;
    double sum = 0.0, squares = 0.0, low = INFINITY, high = -INFINITY;
    int count = 0;
    for (int r = 0; r < series->end[UNROLL_TRAIN]; r++) {
        if (hole[r])
            continue;
        sum += value[r];
        low = value[r] < low ? value[r] : low;
        high = value[r] > high ? value[r] : high;
        count++;
    }
    *mean = count > 0 ? sum / count : 0.0;
    *scale = 1.0;
    if (!(low < high))
        return;
    for (int r = 0; r < series->end[UNROLL_TRAIN]; r++)
        squares += hole[r] ? 0.0 : (value[r] - *mean) * (value[r] - *mean);
    if (squares > 0.0)
        *scale = sqrt(squares / count);
}

/* From the target's lowest value in the training part to its highest. */
static double spread(const unroll_series *series)
{
    size_t at = (size_t)series->data.target * (size_t)series->data.rows;
    double low = INFINITY, high = -INFINITY;
    for (int r = 0; r < series->end[UNROLL_TRAIN]; r++) {
        double value = series->data.value[at + (size_t)r];
        if (series->data.hole[at + (size_t)r])
            continue;
        low = value < low ? value : low;
        high = value > high ? value : high;
    }
    return low < high ? high - low : 0.0;
}

/* There must be something to learn, and enough of it for a deviation. */
static unroll_status check_spread(const unroll_series *series)
{
    const char *name = series->data.names[series->data.target];
    double there = spread(series);
    if (there == 0.0)
        return unroll_error(UNROLL_WRONG,
                            "column %s has the same value all through the training part: nothing to learn", name);
    if (there * there < DBL_MIN)
        return unroll_error(UNROLL_WRONG, "column %s varies by %g in the training part, too little to be squared", name,
                            there);
    return unroll_ok();
}

/* Whether the file has any value of the target in a part. */
static bool has_values(const unroll_series *series, int split)
{
    for (int r = series->first[split]; r < series->end[split]; r++)
        if (!isnan(series->y[r]))
            return true;
    return false;
}

/* Deviations from the mean: beyond, the squares of errors and their sums in float would end in infinity. */
static const double most_scaled = 1e15;

/* x (rows, columns) of one column, from its mean and deviation. */
static unroll_status scale_column(unroll_series *series, size_t column)
{
    size_t rows = (size_t)series->data.rows, count = (size_t)series->data.count;
    const double *value = series->data.value + column * rows;
    measure(series, (int)column, &series->mean[column], &series->scale[column]);
    for (size_t r = 0; r < rows; r++) {
        double scaled = (value[r] - series->mean[column]) / series->scale[column];
        if (!(fabs(scaled) <= most_scaled))
            return unroll_error(UNROLL_WRONG,
                                "column %s, row %zu: %g is %g deviations from the mean of the training part, more than "
                                "float can reckon with",
                                series->data.names[column], r + 1 + (size_t)series->dropped, value[r], fabs(scaled));
        series->x[r * count + column] = (float)scaled;
    }
    return unroll_ok();
}

static unroll_status scale_columns(unroll_series *series)
{
    size_t rows = (size_t)series->data.rows, count = (size_t)series->data.count, target = (size_t)series->data.target;
    UNROLL_TRY(check_spread(series));
    series->mean = malloc(count * sizeof *series->mean);
    series->scale = malloc(count * sizeof *series->scale);
    series->x = malloc(rows * count * sizeof *series->x);
    series->known = malloc(rows * sizeof *series->known);
    series->y = malloc(rows * sizeof *series->y);
    if (series->mean == NULL || series->scale == NULL || series->x == NULL || series->known == NULL ||
        series->y == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory: a series of %zu rows", rows);
    for (size_t c = 0; c < count; c++)
        UNROLL_TRY(scale_column(series, c));
    for (size_t r = 0; r < rows; r++) {
        series->known[r] = series->x[r * count + target];
        series->y[r] = series->data.hole[target * rows + r] ? NAN : series->known[r];
    }
    for (int s = UNROLL_VALID; s <= UNROLL_TEST; s++)
        if (!has_values(series, s))
            return unroll_error(UNROLL_WRONG, "column %s has no value at all in the %s part: nothing to score",
                                series->data.names[target], s == UNROLL_VALID ? "validation" : "test");
    return unroll_ok();
}

/* What an output of 1 stands for where differences to the last value are learned: their root mean square in the training part, so
   that they are as large as values are without. */
static unroll_status scale_differences(unroll_series *series)
{
    double squares = 0.0;
    int count = 0;
    series->residual = 1.0;
    for (int r = series->horizon; r < series->end[UNROLL_TRAIN]; r++) {
        double difference = unroll_series_target(series, r);
        squares += isnan(difference) ? 0.0 : difference * difference;
        count += !isnan(difference);
    }
    if (squares > 0.0)
        series->residual = sqrt(squares / count);
    for (int r = series->horizon; r < series->data.rows; r++)
        if (fabs((double)unroll_series_target(series, r)) > most_scaled)
            return unroll_error(UNROLL_WRONG,
                                "column %s, row %d: its difference to the value %d rows before is %g times those of the training "
                                "part, more than float can reckon with",
                                series->data.names[series->data.target], r + 1 + series->dropped, series->horizon,
                                fabs((double)unroll_series_target(series, r)));
    return unroll_ok();
}

/* The season that was told, else guessed; it must reach back to known rows from the first row that is scored. */
static unroll_status find_season(unroll_series *series, int told)
{
    int train = series->end[UNROLL_TRAIN];
    const double *target = series->data.value + (size_t)series->data.target * (size_t)series->data.rows;
    series->season = told;
    if (told == 0)
        UNROLL_TRY(unroll_season_guess(target, train, &series->season));
    if (series->season == 0 || series->season <= train - series->horizon)
        return unroll_ok();
    if (told > 0)
        return unroll_error(UNROLL_WRONG, "season=%d and horizon=%d reach back beyond the %d rows of the training part",
                            told, series->horizon, train);
    series->season = 0;
    return unroll_ok();
}

unroll_status unroll_series_file(const unroll_settings *settings, char path[UNROLL_PATH_ROOM])
{
    const char *file = unroll_source_file(settings);
    return unroll_data_path(file[0] != '\0' ? file : bundled, path);
}

static unroll_status prepare(const unroll_settings *settings, unroll_series *series)
{
    char path[UNROLL_PATH_ROOM];
    bool all = strcmp(unroll_text(settings, "features"), "all") == 0;
    int context = (int)unroll_int(settings, "context");
    series->steps = (int)unroll_int(settings, "length");
    series->batch = (int)unroll_int(settings, "batch");
    series->horizon = (int)unroll_int(settings, "horizon");
    series->context = context > 0 ? context : (series->steps + 1) / 2;
    series->seed = (uint64_t)unroll_int(settings, "seed");
    if (context > series->steps)
        return unroll_error(UNROLL_WRONG, "context=%d must not be more than length=%d", context, series->steps);
    UNROLL_TRY(unroll_series_file(settings, path));
    UNROLL_TRY(unroll_columns_open(path, unroll_text(settings, "column"), all, unroll_real(settings, "max_missing"),
                                   &series->data));
    UNROLL_TRY(split_in_time(settings, series));
    UNROLL_TRY(scale_columns(series));
    if (strcmp(unroll_text(settings, "residual"), "last") == 0)
        UNROLL_TRY(scale_differences(series));
    return find_season(series, (int)unroll_int(settings, "season"));
}

unroll_status unroll_series_open(const unroll_settings *settings, unroll_series *series)
{
    unroll_status status;
    memset(series, 0, sizeof *series);
    status = prepare(settings, series);
    if (status.code != UNROLL_OK)
        unroll_series_close(series);
    return status;
}

void unroll_series_close(unroll_series *series)
{
    unroll_columns_close(&series->data);
    free(series->mean);
    free(series->scale);
    free(series->x);
    free(series->known);
    free(series->y);
    memset(series, 0, sizeof *series);
}

/* Scored steps of a window. */
static int stride(const unroll_series *series)
{
    return series->steps - series->context + 1;
}

int unroll_series_windows(const unroll_series *series, unroll_split split)
{
    return (series->end[split] - series->first[split] + stride(series) - 1) / stride(series);
}

unroll_window unroll_series_window(const unroll_series *series, unroll_split split, int number)
{
    int first = series->first[split] + number * stride(series), left = series->end[split] - first;
    unroll_window window = {.scored = series->context - 1};
    window.start = first - series->horizon - window.scored;
    window.length = window.scored + (left < stride(series) ? left : stride(series));
    return window;
}

float unroll_series_target(const unroll_series *series, int row)
{
    if (series->residual == 0.0)
        return series->y[row];
    return (float)(((double)series->y[row] - (double)series->known[row - series->horizon]) / series->residual);
}

float unroll_series_forecast(const unroll_series *series, int row, double output)
{
    if (series->residual == 0.0)
        return (float)output;
    return unroll_residual_answer((double)series->known[row - series->horizon], series->residual, output);
}

void unroll_series_mean(const unroll_series *series, unroll_split split, float *forecast)
{
    memset(forecast, 0, (size_t)(series->end[split] - series->first[split]) * sizeof *forecast);
}

void unroll_series_naive(const unroll_series *series, unroll_split split, float *forecast)
{
    for (int r = series->first[split]; r < series->end[split]; r++)
        *forecast++ = series->known[r - series->horizon];
}

void unroll_series_seasonal(const unroll_series *series, unroll_split split, float *forecast)
{
    for (int r = series->first[split]; r < series->end[split]; r++)
        *forecast++ = series->known[unroll_season_row(r, series->horizon, series->season)];
}

unroll_forecast_error unroll_series_error(const unroll_series *series, unroll_split split, const float *forecast)
{
    double squares = 0.0, sum = 0.0;
    int count = 0;
    for (int r = series->first[split]; r < series->end[split]; r++) {
        double error = (double)forecast[r - series->first[split]] - (double)series->y[r];
        if (isnan(series->y[r]))
            continue;
        squares += error * error;
        sum += fabs(error);
        count++;
    }
    return (unroll_forecast_error){.mse = squares / count, .mae = sum / count};
}
