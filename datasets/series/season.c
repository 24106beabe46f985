#include "season.h"

#include <math.h>
#include <stdlib.h>

enum {
    LONGEST = 2000, /* rows: the longest season that is looked for */
    SEASONS = 4,    /* as many as there must be of it */
    ROWS = 20000,   /* of a longer series the last ones are looked at, so that the sums of a year of minutes stay cheap */
    MULTIPLES = 8   /* lags of so many seasons are held against one */
};

/* The semivariogram of a series, half the mean square of x[t] - x[t - lag], at every lag from -span to span, and its sums
   (Matheron, Principles of geostatistics, 1963). Wherever weights add up to nothing it stands for the autocovariance with its
   sign turned, and needs no mean to be known: what a straight line in the series adds is a parabola, which the weights of
   covariance() take out. */
typedef struct variogram {
    int rows, span;
    double *at, *sum, *sums; /* (2 * span + 2), lag at [span + 1 + lag]: value, sum of values, sum of sums, up to there */
} variogram;

static bool open_variogram(variogram *v, int rows, int span)
{
    size_t room = 2 * (size_t)span + 2;
    *v = (variogram){.rows = rows, .span = span};
    v->at = calloc(room, sizeof *v->at);
    v->sum = calloc(room, sizeof *v->sum);
    v->sums = calloc(room, sizeof *v->sums);
    return v->at != NULL && v->sum != NULL && v->sums != NULL;
}

static void close_variogram(variogram *v)
{
    free(v->at);
    free(v->sum);
    free(v->sums);
}

/* value (rows) */
static void fill_variogram(variogram *v, const double *value)
{
    int middle = v->span + 1;
    for (int lag = 1; lag <= v->span; lag++) {
        double squares = 0.0;
        for (int t = lag; t < v->rows; t++)
            squares += (value[t] - value[t - lag]) * (value[t] - value[t - lag]);
        v->at[middle + lag] = v->at[middle - lag] = 0.5 * squares / (v->rows - lag);
    }
    for (int i = 1; i <= 2 * v->span + 1; i++) {
        v->sum[i] = v->sum[i - 1] + v->at[i];
        v->sums[i] = v->sums[i - 1] + v->sum[i];
    }
}

/* The autocovariance at `lag` of the series less its moving mean over `season` rows, which takes out the trend and all that is
   slower than the season. That of the series itself goes into it with the weights 1, at the lag; -2 over a season around it,
   where the moving mean meets the series; and a triangle of two seasons, where it meets itself. lag + season: up to span. */
static double covariance(const variogram *v, int season, int lag)
{
    int at = v->span + 1 + lag, before = (season - 1) / 2, after = season - 1 - before;
    double means = v->sum[at + after] - v->sum[at - before - 1] + v->sum[at + before] - v->sum[at - after - 1];
    double triangle = v->sums[at + season - 1] - 2.0 * v->sums[at - 1] + v->sums[at - season - 1];
    return means / season - v->at[at] - triangle / season / season;
}

/* The same as a share of the variance. 1: what is left without the mean comes back exactly after `lag` rows. */
static double recurrence(const variogram *v, int season, int lag)
{
    double variance = covariance(v, season, 0);
    return variance > 0.0 ? covariance(v, season, lag) / variance : 0.0;
}

/* What no season stays below: white noise recurs by 1 / sqrt(rows), slow noise as if it had but one row or two a season, and the
   best of many lags counts. Chosen by trial: of 100 walks and autoregressive series at most four have a season then. */
static double by_chance(const variogram *v, int season)
{
    return sqrt((12.0 + 1.5 * season) / v->rows);
}

/* The lag from `first` to `last` at which the series less its mean over `season` rows recurs best. */
static int best_lag(const variogram *v, int season, int first, int last)
{
    int best = first;
    for (int lag = first + 1; lag <= last; lag++)
        best = covariance(v, season, lag) > covariance(v, season, best) ? lag : best;
    return best;
}

/* Whether it recurs less after some shorter lag: what is merely smooth recurs better the shorter the lag is. */
static bool rises(const variogram *v, int season)
{
    double once = recurrence(v, season, season);
    for (int lag = 1; lag < season; lag++)
        if (once - recurrence(v, season, lag) > by_chance(v, season))
            return true;
    return false;
}

/* Whether it recurs at least half as well after about two seasons. */
static bool comes_back(const variogram *v, int season)
{
    int twice = best_lag(v, season, 2 * season - season / 4, 2 * season + season / 4);
    return recurrence(v, season, twice) >= 0.5 * recurrence(v, season, season);
}

/* Whether it recurs clearly better after a longer lag, as where this is but the season of an overtone. What is slower than the
   season has no say here, for its mean is out: a day stays the season where weeks differ, too. Lags over half of the rows are
   left out: few pairs of rows speak for them. */
static bool is_overtone(const variogram *v, int season)
{
    double once = recurrence(v, season, season), slack = fmax(0.07 * once, 0.6 * by_chance(v, season));
    int last = MULTIPLES * season < v->rows / 2 ? MULTIPLES * season : v->rows / 2;
    last = last < v->span - season ? last : v->span - season;
    return recurrence(v, season, best_lag(v, season, season, last)) > once + slack;
}

/* The season again, from all of its multiples together: noise moves each peak by as many rows, and the m-th by 1/m of that a
   season. */
static int sharpen(const variogram *v, int season)
{
    int reach = season / 8, sharpest = season;
    double highest = 0.0;
    for (int near = season - reach; near <= season + reach; near++) {
        double sum = 0.0;
        for (int m = 1; m <= MULTIPLES && m * (season + reach) + season <= v->span; m++)
            sum += recurrence(v, season, m * near);
        if (sum > highest) {
            highest = sum;
            sharpest = near;
        }
    }
    return sharpest;
}

/* The season that recurs most clearly beyond chance. A multiple of it recurs as well, but more of that may be chance. */
static int find_season(const variogram *v, int most)
{
    double clearest = 1.0;
    int found = 0;
    for (int season = 2; season <= most; season++) {
        double clear = recurrence(v, season, season) / by_chance(v, season);
        if (clear > clearest && rises(v, season) && comes_back(v, season) && !is_overtone(v, season)) {
            clearest = clear;
            found = season;
        }
    }
    return found > 0 ? sharpen(v, found) : 0;
}

unroll_status unroll_season_guess(const double *value, int count, int *season)
{
    int rows = count < ROWS ? count : ROWS, most = rows / SEASONS < LONGEST ? rows / SEASONS : LONGEST;
    variogram v;
    bool there = open_variogram(&v, rows, (SEASONS - 1) * most + most / 4);
    *season = 0;
    if (there && most >= 2) {
        fill_variogram(&v, value + (count - rows));
        *season = find_season(&v, most);
    }
    close_variogram(&v);
    return there ? unroll_ok() : unroll_error(UNROLL_FAILED, "out of memory: the season of a series");
}
