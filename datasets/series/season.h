/* season.h: how long a series' season is, and the forecasts that need no model. */
#ifndef UNROLL_DATASETS_SERIES_SEASON_H
#define UNROLL_DATASETS_SERIES_SEASON_H

#include "base/status.h"

/* Guesses the season of value (count) in rows: the lag after which the series less its moving mean over a season recurs most
   clearly beyond chance, from 2 to 2000 rows and a quarter of the series; of those that fit into each other (days in weeks, an
   overtone in its season) the shortest that explains what recurs at its own scale. 0 when there is none. A longer series than
   20,000 rows is judged by its last ones. UNROLL_FAILED when memory is short. */
unroll_status unroll_season_guess(const double *value, int count, int *season);

/* The row whose value the seasonal naive forecast repeats for `row`, when rows up to row - horizon are known: as many
   whole seasons back as it takes (Hyndman and Athanasopoulos, Forecasting: principles and practice, 5.2). */
static inline int unroll_season_row(int row, int horizon, int season)
{
    return row - (horizon + season - 1) / season * season;
}

#endif
