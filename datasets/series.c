/* series: a real time series from a CSV, forecast `horizon` rows ahead at every step of a window, beside the forecasts
   that need no model: the training part's mean, the last value again (naive), that of the last season (seasonal naive).

   The rows are split in time: training part, validation part, test part. Everything is scaled to mean 0 and deviation 1
   by the training part alone (over rows, dividing by n). A training window starts at every row from which it ends in the
   training part; an epoch has each once, in an order of its own, and its last batch is filled up with sequences that have no
   target. Validation and test windows lie one after the other so that each row of the split is forecast exactly once, from
   at least `context` rows up to the one it is forecast from; those may lie in the part before. Values that the file lacks
   are filled in for the input and never scored. With residual=last the model learns what a value differs by from the last one
   known, as a multiple of what that usually is; scores, curves and saved models' answers are of the sum of both all the same. */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/model.h"
#include "model/residual.h"
#include "model/samples.h"
#include "model/task.h"
#include "read/draws.h"
#include "read/source.h"
#include "series/forecast.h"

static const unroll_setting rows[] = {
    {"column", UNROLL_TEXT, 0, 0, "", "", "",
     "column to forecast: its name, its number from 1, or \"\": the last numeric one", "task series", 0},
    {"features", UNROLL_CHOICE, 0, 0, "target|all", "target", "", "inputs: the forecast column, or every numeric one",
     "task series", 0},
    {"residual", UNROLL_CHOICE, 0, 0, "none|last", "none", "",
     "last: the model learns the difference to the last value, which is added to what it puts out", "task series", 0},
    {"horizon", UNROLL_INT, 1, 100000, "", "1", "rows", "how far ahead to forecast", "task series", 0},
    {"season", UNROLL_INT, 0, 1000000, "", "0", "rows",
     "of the seasonal naive forecast; 0: guessed from the training part", "task series", 0},
    {"context", UNROLL_INT, 0, 1000000, "", "0", "rows",
     "least rows that a scored forecast has seen, up to length; 0: half of length", "task series", 0},
    {"max_missing", UNROLL_REAL, 0, 1, "", "0.2", "", "refuse a column that lacks more than this share of its values",
     "task series", 0},
    {"train_rows", UNROLL_INT, 0, 1000000000, "", "0", "rows", "training part in rows instead of shares; 0: by shares",
     "task series", 0},
    {"valid_rows", UNROLL_INT, 0, 1000000000, "", "0", "rows", "validation part in rows, with train_rows",
     "task series", 0, "train_rows!=0"},
    {"test_rows", UNROLL_INT, 0, 1000000000, "", "0", "rows", "test part in rows, with train_rows", "task series", 0,
     "train_rows!=0"},
};

static unroll_status series_open(const unroll_settings *settings, void **state)
{
    unroll_series *series = malloc(sizeof *series);
    unroll_status status;
    *state = NULL;
    if (series == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory: task=series");
    status = unroll_series_open(settings, series);
    if (status.code == UNROLL_OK)
        *state = series;
    else
        free(series);
    return status;
}

static void series_close(void *state)
{
    unroll_series *series = state;
    if (series != NULL)
        unroll_series_close(series);
    free(series);
}

/* A training window starts anywhere; those of the other parts score each row once. */
static int windows(const unroll_series *series, unroll_split split)
{
    return split == UNROLL_TRAIN ? series->end[UNROLL_TRAIN] - series->horizon - series->steps + 1
                                 : unroll_series_windows(series, split);
}

static int batches(const unroll_series *series, unroll_split split)
{
    return (windows(series, split) + series->batch - 1) / series->batch;
}

static void series_shape(const void *state, unroll_task_shape *shape)
{
    const unroll_series *series = state;
    *shape = (unroll_task_shape){.inputs = series->data.count,
                                 .outputs = 1,
                                 .steps = series->steps,
                                 .batch = series->batch,
                                 .answer = UNROLL_AT_EVERY,
                                 .next = true,
                                 .loss = "squared",
                                 .batches = {batches(series, UNROLL_TRAIN), batches(series, UNROLL_VALID),
                                             batches(series, UNROLL_TEST)},
                                 .metric = "mse",
                                 .unit = "",
                                 .solved_below = NAN};
}

/* The window of sequence b in batch `index`; length 0 past the last one. */
static unroll_window window_of(const unroll_series *series, unroll_split split, int64_t index, int b)
{
    int64_t number = index * series->batch + b;
    if (split == UNROLL_TRAIN) {
        number = unroll_epoch_sample(series->seed, index, series->batch, b, (uint32_t)windows(series, UNROLL_TRAIN));
        return (unroll_window){.start = number < 0 ? 0 : (int)number, .length = number < 0 ? 0 : series->steps};
    }
    if (number >= unroll_series_windows(series, split))
        return (unroll_window){.length = 0};
    return unroll_series_window(series, split, (int)number);
}

static void series_batch(const void *state, unroll_split split, int64_t index, unroll_samples *out)
{
    const unroll_series *series = state;
    size_t steps = (size_t)series->steps, inputs = (size_t)series->data.count;
    for (size_t b = 0; b < (size_t)series->batch; b++) {
        unroll_window window = window_of(series, split, index, (int)b);
        float *y = out->y + b * steps; /* (T, 1) */
        /* a batch is filled up with sequences of one step without a target */
        out->length[b] = window.length > 0 ? window.length : 1;
        memcpy(out->x + b * steps * inputs, series->x + (size_t)window.start * inputs,
               (size_t)window.length * inputs * sizeof(float));
        for (int t = 0; t < series->steps; t++)
            y[t] = t < window.length && t >= window.scored
                       ? unroll_series_target(series, window.start + t + series->horizon)
                       : NAN;
    }
}

/* In squares of scaled values, whatever the model learns. */
static double series_metric(const void *state, const unroll_score *score)
{
    const unroll_series *series = state;
    return series->residual == 0.0 ? score->loss : series->residual * series->residual * score->loss;
}

static unroll_status forecast_room(const unroll_series *series, float **forecast)
{
    int valid = series->end[UNROLL_VALID] - series->first[UNROLL_VALID];
    int test = series->end[UNROLL_TEST] - series->first[UNROLL_TEST];
    *forecast = malloc((size_t)(valid > test ? valid : test) * sizeof **forecast);
    if (*forecast == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory: a forecast");
    return unroll_ok();
}

/* "PREFIX_mse" and "PREFIX_mae" of one forecast of a split. */
static void record_error(const unroll_series *series, unroll_split split, const float *forecast, const char *prefix,
                         unroll_record *record)
{
    unroll_forecast_error error = unroll_series_error(series, split, forecast);
    char name[48];
    snprintf(name, sizeof name, "%s_mse", prefix);
    unroll_record_real(record, name, "", error.mse);
    snprintf(name, sizeof name, "%s_mae", prefix);
    unroll_record_real(record, name, "", error.mae);
}

/* Errors of the forecasts that need no model on a split, under names that begin with `prefix`: the training part's mean, the last
   value, the last season's. `forecast` is room. */
static void record_yardsticks(const unroll_series *series, unroll_split split, const char *prefix, float *forecast,
                              unroll_record *record)
{
    static const struct {
        const char *name;
        void (*fill)(const unroll_series *series, unroll_split split, float *forecast);
    } all[] = {{"mean", unroll_series_mean}, {"naive", unroll_series_naive}, {"seasonal", unroll_series_seasonal}};
    int count = series->season > 0 ? 3 : 2;
    for (int i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof name, "%s%s", prefix, all[i].name);
        all[i].fill(series, split, forecast);
        record_error(series, split, forecast, name, record);
    }
}

/* Errors of the yardsticks on the rows of the validation part that the model is scored on; what was read. */
static unroll_status series_baselines(const void *state, unroll_record *record)
{
    const unroll_series *series = state;
    float *forecast;
    UNROLL_TRY(forecast_room(series, &forecast));
    record_yardsticks(series, UNROLL_VALID, "", forecast, record);
    free(forecast);
    unroll_record_text(record, "data", series->data.fingerprint);
    unroll_record_text(record, "forecast_of", series->data.names[series->data.target]);
    unroll_record_int(record, "season_rows", "rows", series->season);
    unroll_record_int(record, "holes_filled", "values", series->data.holes);
    return unroll_ok();
}

/* forecast (rows of the test part), scaled, by the model. x (B, T, I) and y (B, T, 1) are room in the model's type. */
static void forecast_test(const unroll_series *series, const unroll_task_shape *shape, unroll_model *model,
                          unroll_samples *samples, real *x, real *y, float *forecast)
{
    size_t inputs = (size_t)shape->batch * (size_t)shape->steps * (size_t)shape->inputs;
    unroll_forward io = {.size = shape->batch, .steps = shape->steps, .length = samples->length, .x = x, .y = y};
    for (int i = 0; i < batches(series, UNROLL_TEST); i++) {
        unroll_samples_clear(shape, samples);
        series_batch(series, UNROLL_TEST, i, samples);
        for (size_t k = 0; k < inputs; k++)
            x[k] = (real)samples->x[k];
        unroll_model_forward(model, &io);
        for (int b = 0; b < shape->batch; b++) {
            unroll_window window = window_of(series, UNROLL_TEST, i, b);
            for (int t = window.scored; t < window.length; t++)
                *forecast++ = unroll_series_forecast(series, window.start + t + series->horizon,
                                                     (double)y[(size_t)b * (size_t)shape->steps + (size_t)t]);
        }
    }
}

/* The end of a scaled forecast of the test part as a curve in the file's own unit. */
static void record_curve(const unroll_series *series, const float *forecast, const char *name, unroll_record *record)
{
    enum { MOST = 200 };
    int target = series->data.target, rows_there = series->end[UNROLL_TEST] - series->first[UNROLL_TEST];
    int count = rows_there < MOST ? rows_there : MOST;
    float points[MOST];
    for (int i = 0; i < count; i++)
        points[i] = (float)((double)forecast[rows_there - count + i] * series->scale[target] + series->mean[target]);
    unroll_record_curve(record, name, "", points, count);
}

static unroll_status record_model_forecast(const unroll_series *series, unroll_model *model, float *forecast,
                                           unroll_record *record)
{
    unroll_task_shape shape;
    unroll_samples samples;
    size_t cells;
    real *x, *y;
    series_shape(series, &shape);
    cells = (size_t)shape.batch * (size_t)shape.steps;
    UNROLL_TRY(unroll_samples_open(&shape, &samples));
    x = malloc(cells * (size_t)shape.inputs * sizeof *x);
    y = malloc(cells * sizeof *y);
    if (x != NULL && y != NULL)
        forecast_test(series, &shape, model, &samples, x, y, forecast);
    unroll_samples_close(&samples);
    free(x);
    free(y);
    if (x == NULL || y == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory: the forecast of the test part");
    record_error(series, UNROLL_TEST, forecast, "test", record);
    unroll_record_real(record, "test_rmse_unscaled", "",
                       sqrt(unroll_series_error(series, UNROLL_TEST, forecast).mse) *
                           series->scale[series->data.target]);
    record_curve(series, forecast, "forecast", record);
    return unroll_ok();
}

/* The test part: the model's errors beside the yardsticks', and the last rows as curves. */
static unroll_status series_finish(const void *state, unroll_model *model, const unroll_settings *settings,
                                   unroll_record *record)
{
    const unroll_series *series = state;
    float *forecast;
    unroll_status status;
    (void)settings;
    UNROLL_TRY(forecast_room(series, &forecast));
    status = record_model_forecast(series, model, forecast, record);
    if (status.code == UNROLL_OK) {
        record_curve(series, series->y + series->first[UNROLL_TEST], "truth", record);
        record_yardsticks(series, UNROLL_TEST, "test_", forecast, record);
        unroll_series_naive(series, UNROLL_TEST, forecast);
        record_curve(series, forecast, "naive", record);
    }
    free(forecast);
    return status;
}

/* mean and scale of the inputs, in the order of the file; which of them is forecast, and how far ahead; where differences to its
   last value are learned, what predict needs to add it. */
static unroll_status series_extras(const void *state, unroll_extra *out, int room, int *count)
{
    const unroll_series *series = state;
    double target[2] = {series->data.target, series->horizon};
    int wanted = series->residual == 0.0 ? 4 : 6;
    const struct {
        const char *name;
        const double *value;
        int count;
    } all[] = {{"input_mean", series->mean, series->data.count},
               {"input_scale", series->scale, series->data.count},
               {"target_input", &target[0], 1},
               {"horizon", &target[1], 1},
               {UNROLL_RESIDUAL_INPUT, &target[0], 1},
               {UNROLL_RESIDUAL_SCALE, &series->residual, 1}};
    assert(room >= wanted);
    for (*count = 0; *count < wanted; ++*count) {
        size_t bytes = (size_t)all[*count].count * sizeof(double);
        unroll_extra *extra = &out[*count];
        *extra = (unroll_extra){.value = malloc(bytes), .count = all[*count].count};
        if (extra->value == NULL)
            break;
        memcpy(extra->value, all[*count].value, bytes);
        snprintf(extra->name, sizeof extra->name, "%s", all[*count].name);
    }
    if (*count == wanted)
        return unroll_ok();
    while (*count > 0)
        free(out[--*count].value);
    return unroll_error(UNROLL_FAILED, "out of memory: the scaling of a saved model");
}

static unroll_status series_files(const unroll_settings *settings, int index, char path[UNROLL_FILE_ROOM])
{
    path[0] = '\0';
    return index == 0 ? unroll_series_file(settings, path) : unroll_ok();
}

const unroll_task task_series = {.name = "series",
                                 .version = 1,
                                 .title = "time series: a CSV column, forecast some rows ahead",
                                 .settings = rows,
                                 .setting_count = (int)(sizeof rows / sizeof rows[0]),
                                 .shared = unroll_source_settings,
                                 .shared_count = UNROLL_SOURCE_SETTINGS,
                                 .open = series_open,
                                 .close = series_close,
                                 .shape = series_shape,
                                 .batch = series_batch,
                                 .metric = series_metric,
                                 .baselines = series_baselines,
                                 .finish = series_finish,
                                 .extras = series_extras,
                                 .files = series_files};
