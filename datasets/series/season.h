/* season.h: how long a series' season is, and the forecasts that need no model. */
#ifndef UNROLL_DATASETS_SERIES_SEASON_H
#define UNROLL_DATASETS_SERIES_SEASON_H

#include "base/status.h"

/* Guesses the season of value (count) in rows: the lag at which the autocorrelation of the series without its straight
   line, or else that of its differences, has its clearest peak, up to a third of the series and 2000 rows; 0 when there
   is none. UNROLL_FAILED when memory is short. */
unroll_status unroll_season_guess(const double *value, int count, int *season);

/* The row whose value the seasonal naive forecast repeats for `row`, when rows up to row - horizon are known: as many
   whole seasons back as it takes (Hyndman and Athanasopoulos, Forecasting: principles and practice, 5.2). */
static inline int unroll_season_row(int row, int horizon, int season)
{
    return row - (horizon + season - 1) / season * season;
}

#endif
