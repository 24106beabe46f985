/* Exact statistics: medians by their order statistics, shares by the binomial law, sign tests, Holm's correction and
   Benjamini and Hochberg's. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/quantile.h"
#include "report/report.h"

/* on one side of an interval, or of a test */
static const double TAIL = 0.025;

/* ---- the binomial law ---- */

/* Sum of the law's terms from `from` to the end on that side of the mode, where they only fall: `step` 1 up, -1 down. */
static double sum_away(int from, int step, int n, double p)
{
    double term = exp(lgamma(n + 1.0) - lgamma(from + 1.0) - lgamma(n - from + 1.0) + from * log(p) + (n - from) * log1p(-p));
    double odds = p / (1 - p), sum = 0;
    for (int i = from; i >= 0 && i <= n && term > 0 && sum + term > sum; i += step) {
        sum += term;
        term *= step > 0 ? odds * (n - i) / (i + 1.0) : i / (odds * (n - i + 1.0));
    }
    return sum;
}

double unroll_binomial_tail(int k, int n, double p)
{
    if (k <= 0)
        return 1;
    if (k > n || p <= 0)
        return 0;
    if (p >= 1)
        return 1;
    return k > n * p ? sum_away(k, 1, n, p) : 1 - sum_away(k - 1, -1, n, p);
}

/* ---- intervals ---- */

/* The largest k such that fewer than k of n values lie below the median with a probability of at most TAIL: x_(k) is below it
   all the other times. 0: no value is. */
static int order_of(int n)
{
    int low = 0, high = n / 2;
    while (low < high) {
        int k = low + (high - low + 1) / 2;
        if (unroll_binomial_tail(n - k + 1, n, 0.5) <= TAIL)
            low = k;
        else
            high = k - 1;
    }
    return low;
}

unroll_status unroll_median(const double *values, int count, unroll_interval *median)
{
    double *sorted = malloc(((size_t)count + 1) * sizeof *sorted);
    int n = 0, k;
    *median = (unroll_interval){NAN, NAN, NAN, 0};
    if (sorted == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for a median of %d values", count);
    for (int i = 0; i < count; i++)
        if (!isnan(values[i]))
            sorted[n++] = values[i];
    median->count = n;
    if (n > 0) {
        unroll_sort(sorted, n);
        /* two infinite ones have no mean of their own */
        median->estimate = sorted[n / 2] == sorted[(n - 1) / 2] ? sorted[n / 2] : (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
    }
    k = n < UNROLL_LEAST_RUNS ? 0 : order_of(n);
    if (k > 0) {
        median->low = sorted[k - 1];
        median->high = sorted[n - k];
    }
    free(sorted);
    return unroll_ok();
}

/* The p at which P(X >= k) is `tail`; it rises with p. */
static double share_at(int k, int n, double tail)
{
    double low = 0, high = 1;
    for (int i = 0; i < 60; i++) {
        double p = (low + high) / 2;
        if (unroll_binomial_tail(k, n, p) < tail)
            low = p;
        else
            high = p;
    }
    return (low + high) / 2;
}

unroll_interval unroll_share(int k, int n)
{
    unroll_interval share = {NAN, NAN, NAN, n};
    if (n > 0)
        share.estimate = (double)k / n;
    if (n < UNROLL_LEAST_RUNS)
        return share;
    share.low = k == 0 ? 0 : share_at(k, n, TAIL);
    share.high = k == n ? 1 : share_at(k + 1, n, 1 - TAIL);
    return share;
}

/* ---- tests ---- */

double unroll_sign_test(int k, int n)
{
    return unroll_binomial_tail(k, n, 0.5);
}

typedef struct ranked {
    double p;
    int place;
} ranked;

static int by_p(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    return x->p != y->p ? (x->p > y->p) - (x->p < y->p) : x->place - y->place;
}

unroll_status unroll_holm(double *p, int count)
{
    ranked *order = malloc(((size_t)count + 1) * sizeof *order);
    double largest = 0;
    if (order == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for %d comparisons", count);
    for (int i = 0; i < count; i++)
        order[i] = (ranked){p[i], i};
    qsort(order, (size_t)count, sizeof *order, by_p);
    for (int i = 0; i < count; i++) {
        double adjusted = order[i].p * (count - i);
        largest = adjusted > largest ? adjusted : largest;
        p[order[i].place] = largest < 1 ? largest : 1;
    }
    free(order);
    return unroll_ok();
}

unroll_status unroll_benjamini_hochberg(double *p, int count)
{
    ranked *order = malloc(((size_t)count + 1) * sizeof *order);
    double least = 1;
    if (order == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for %d tests", count);
    for (int i = 0; i < count; i++)
        order[i] = (ranked){p[i], i};
    qsort(order, (size_t)count, sizeof *order, by_p);
    for (int i = count - 1; i >= 0; i--) {
        double adjusted = order[i].p * count / (i + 1);
        least = adjusted < least ? adjusted : least;
        p[order[i].place] = least;
    }
    free(order);
    return unroll_ok();
}

int unroll_fewest_seeds(int comparisons)
{
    int n = UNROLL_LEAST_RUNS;
    while (ldexp(comparisons, -n) > TAIL)
        n++;
    return n;
}
