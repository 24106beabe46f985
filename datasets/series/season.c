#include "season.h"

#include <math.h>
#include <stdlib.h>

enum { LONGEST = 2000 }; /* rows; keeps the sums of long hourly series cheap */

/* Takes the straight line of least squares out of series (count). Returns the sum of squares of what is left. */
static double remove_line(double *series, int count)
{
    double middle = 0.5 * (count - 1), mean = 0.0, slope = 0.0, squares = 0.0, power = 0.0;
    for (int t = 0; t < count; t++)
        mean += series[t] / count;
    for (int t = 0; t < count; t++) {
        slope += (t - middle) * (series[t] - mean);
        squares += (t - middle) * (t - middle);
    }
    slope = squares > 0.0 ? slope / squares : 0.0;
    for (int t = 0; t < count; t++) {
        series[t] -= mean + slope * (t - middle);
        power += series[t] * series[t];
    }
    return power;
}

/* correlation (most + 1) at the lags 0..most, each sum divided by the whole power (the biased estimate, which fades with
   the lag and so prefers a season to its multiples). */
static void correlate(const double *residual, int count, double power, int most, double *correlation)
{
    for (int lag = 0; lag <= most; lag++) {
        double sum = 0.0;
        for (int t = lag; t < count; t++)
            sum += residual[t] * residual[t - lag];
        correlation[lag] = sum / power;
    }
}

/* The lag of the highest correlation from `first` to `last`: noise gives a broad peak several tops. */
static int highest_near(const double *correlation, int first, int last)
{
    int best = first;
    for (int lag = first + 1; lag <= last; lag++)
        best = correlation[lag] > correlation[best] ? lag : best;
    return best;
}

/* The first lag that rises from the lowest correlation before it nearly as far as any lag does. A rise rather than a
   height: at small lags everything correlates. */
static int clearest_peak(const double *correlation, int most, int count)
{
    /* noise alone correlates with a standard deviation of 1 / sqrt(count) */
    const double noise = 1.0 / sqrt(count), least_rise = 6.0 * noise > 0.1 ? 6.0 * noise : 0.1, nearly = 0.9;
    double lowest = 1.0, highest_rise = 0.0;
    for (int lag = 1; lag <= most; lag++) {
        lowest = correlation[lag] < lowest ? correlation[lag] : lowest;
        if (correlation[lag] - lowest > highest_rise)
            highest_rise = correlation[lag] - lowest;
    }
    lowest = 1.0;
    for (int lag = 1; lag < most && highest_rise > least_rise; lag++) {
        lowest = correlation[lag] < lowest ? correlation[lag] : lowest;
        if (correlation[lag] - lowest < nearly * highest_rise || correlation[lag] <= 3.0 * noise)
            continue;
        return highest_near(correlation, lag, lag + lag / 4 < most ? lag + lag / 4 : most);
    }
    return 0;
}

static int season_of(double *residual, int count, double *correlation, int most)
{
    double power = remove_line(residual, count);
    if (!(power > 0.0))
        return 0;
    correlate(residual, count, power, most, correlation);
    return clearest_peak(correlation, most, count);
}

/* residual (count): room */
static int guess(const double *value, int count, double *residual, double *correlation, int most)
{
    int season;
    for (int t = 0; t < count; t++)
        residual[t] = value[t];
    season = season_of(residual, count, correlation, most);
    /* a small season on a large slow movement shows in the differences alone */
    for (int t = 0; t + 1 < count; t++)
        residual[t] = value[t + 1] - value[t];
    return season == 0 ? season_of(residual, count - 1, correlation, most) : season;
}

unroll_status unroll_season_guess(const double *value, int count, int *season)
{
    int most = count / 3 < LONGEST ? count / 3 : LONGEST;
    double *residual = malloc(((size_t)count + 1) * sizeof *residual);
    double *correlation = malloc(((size_t)most + 1) * sizeof *correlation);
    bool there = residual != NULL && correlation != NULL;
    *season = there && most >= 2 ? guess(value, count, residual, correlation, most) : 0;
    free(residual);
    free(correlation);
    return there ? unroll_ok() : unroll_error(UNROLL_FAILED, "out of memory: the season of a series");
}
