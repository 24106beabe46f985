/* Means with bootstrap intervals, shares with Wilson's. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/quantile.h"
#include "base/random.h"
#include "base/stop.h"
#include "report/report.h"

enum { RESAMPLES = 10000 };

/* The values that are numbers. */
typedef struct sample {
    double *value; /* owned */
    int count;
} sample;

static unroll_status keep_numbers(const double *values, int count, sample *s)
{
    s->value = malloc(((size_t)count + 1) * sizeof *s->value);
    s->count = 0;
    if (s->value == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for a mean of %d values", count);
    for (int i = 0; i < count; i++)
        if (!isnan(values[i]))
            s->value[s->count++] = values[i];
    return unroll_ok();
}

static double mean_of(const sample *s)
{
    double sum = 0;
    for (int i = 0; i < s->count; i++)
        sum += s->value[i];
    return sum / s->count;
}

static double resampled_mean(const sample *s, unroll_random *random)
{
    double sum = 0;
    for (int i = 0; i < s->count; i++)
        sum += s->value[unroll_random_below(random, (uint32_t)s->count)];
    return sum / s->count;
}

/* mean(a) - mean(b), or with b NULL mean(a) */
static unroll_status bootstrap(const sample *a, const sample *b, uint64_t seed, unroll_interval *result)
{
    unroll_random random = unroll_random_open(seed, UNROLL_FOR_BOOTSTRAP, 0, 0);
    double *means;
    *result = (unroll_interval){NAN, NAN, NAN, a->count};
    if (a->count == 0 || (b != NULL && b->count == 0))
        return unroll_ok();
    result->estimate = mean_of(a) - (b != NULL ? mean_of(b) : 0);
    if (a->count < 2 || (b != NULL && b->count < 2) || !isfinite(result->estimate))
        return unroll_ok();
    means = malloc(RESAMPLES * sizeof *means);
    if (means == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for an interval");
    for (int i = 0; i < RESAMPLES; i++) {
        if (unroll_stop_requested()) { /* of a million values all of them take minutes */
            free(means);
            return unroll_error(UNROLL_STOPPED, "stopped while intervals were computed");
        }
        means[i] = resampled_mean(a, &random);
        if (b != NULL)
            means[i] -= resampled_mean(b, &random);
    }
    unroll_sort(means, RESAMPLES);
    result->low = unroll_quantile(means, RESAMPLES, 0.025);
    result->high = unroll_quantile(means, RESAMPLES, 0.975);
    free(means);
    return unroll_ok();
}

unroll_status unroll_bootstrap_mean(const double *values, int count, uint64_t seed, unroll_interval *mean)
{
    sample a;
    unroll_status status;
    UNROLL_TRY(keep_numbers(values, count, &a));
    status = bootstrap(&a, NULL, seed, mean);
    free(a.value);
    return status;
}

unroll_status unroll_bootstrap_difference(const double *a, int a_count, const double *b, int b_count, uint64_t seed,
                                          unroll_interval *difference)
{
    sample first, second = {NULL, 0};
    unroll_status status;
    UNROLL_TRY(keep_numbers(a, a_count, &first));
    status = keep_numbers(b, b_count, &second);
    if (status.code == UNROLL_OK)
        status = bootstrap(&first, &second, seed, difference);
    free(first.value);
    free(second.value);
    return status;
}

unroll_interval unroll_wilson(int k, int n)
{
    const double z = 1.959963984540054; /* the normal distribution's 97.5% point */
    double p, middle, half;
    if (n == 0)
        return (unroll_interval){NAN, NAN, NAN, 0};
    p = (double)k / n;
    middle = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
    half = z * sqrt(p * (1.0 - p) / n + z * z / (4.0 * n * n)) / (1.0 + z * z / n);
    /* exactly 0 and 1 at the ends, which rounding would miss */
    return (unroll_interval){p, k == 0 ? 0.0 : middle - half, k == n ? 1.0 : middle + half, n};
}
