/* forecast.h: a series split in time and scaled, cut into windows, and forecasts held against it. */
#ifndef UNROLL_DATASETS_SERIES_FORECAST_H
#define UNROLL_DATASETS_SERIES_FORECAST_H

#include <stdint.h>

#include "../read/columns.h"
#include "base/settings.h"
#include "model/task.h"

typedef struct unroll_series {
    unroll_columns data;  /* as the file has it; its columns are the inputs */
    double *mean, *scale; /* (columns): of the training part */
    float *x;             /* (rows, columns): scaled */
    float *known;         /* (rows): the scaled target column, holes filled */
    float *y;             /* (rows): the same, NaN at the holes */
    int first[3], end[3]; /* [split]: rows first .. end - 1 are forecast in it */
    int steps, batch, horizon, context;
    int season;      /* rows; 0: none */
    double residual; /* what an output of 1 adds to the last value known, scaled; 0: outputs are forecasts themselves */
    int dropped;     /* rows of the file before the first that is here */
    uint64_t seed;
} unroll_series;

/* The path of what the settings name: their file or data set, or the sunspots. */
unroll_status unroll_series_file(const unroll_settings *settings, char path[UNROLL_PATH_ROOM]);
/* Reads, splits and scales it. UNROLL_WRONG with a sentence: what float cannot hold once scaled is named by column and row
   (from 1, without the header). */
unroll_status unroll_series_open(const unroll_settings *settings, unroll_series *series);
void unroll_series_close(unroll_series *series);

/* A window: inputs are the rows start .. start + length - 1; step t forecasts row start + t + horizon, and counts from
   step `scored` on. */
typedef struct unroll_window {
    int start, length, scored;
} unroll_window;
/* Windows of the validation or test part: each of its rows is scored in exactly one. */
int unroll_series_windows(const unroll_series *series, unroll_split split);
unroll_window unroll_series_window(const unroll_series *series, unroll_split split, int number);

/* What the model is to put out for a forecast of `row` (horizon or more): the scaled value, or its difference to the last one
   known over series->residual. NaN where the file has no value. */
float unroll_series_target(const unroll_series *series, int row);
/* The scaled forecast of `row` from what the model put out. */
float unroll_series_forecast(const unroll_series *series, int row, double output);

/* forecast (rows of the split), scaled: the training part's mean; the last value known at the time; that of the last season. */
void unroll_series_mean(const unroll_series *series, unroll_split split, float *forecast);
void unroll_series_naive(const unroll_series *series, unroll_split split, float *forecast);
void unroll_series_seasonal(const unroll_series *series, unroll_split split, float *forecast);

/* Mean squared and mean absolute error of forecast (rows of the split) in scaled values, where the file has a value; NaN
   when it has none. */
typedef struct unroll_forecast_error {
    double mse, mae;
} unroll_forecast_error;
unroll_forecast_error unroll_series_error(const unroll_series *series, unroll_split split, const float *forecast);

#endif
