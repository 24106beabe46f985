/* season.h: how long a series' season is, and the forecasts that need no model. */
#ifndef UNROLL_DATASETS_SERIES_SEASON_H
#define UNROLL_DATASETS_SERIES_SEASON_H

/* Guesses the season of value (count) in rows: the lag at which the autocorrelation of the series without its straight
   line, or else that of its differences, has its clearest peak, up to a third of the series and 2000 rows. 0 when
   there is none, or memory is short. */
int unroll_season_guess(const double *value, int count);

/* The row whose value the seasonal naive forecast repeats for `row`, when rows up to row - horizon are known: as many
   whole seasons back as it takes (Hyndman and Athanasopoulos, Forecasting: principles and practice, 5.2). */
static inline int unroll_season_row(int row, int horizon, int season)
{
    return row - (horizon + season - 1) / season * season;
}

#endif
