/* The mean of differences between pairs, whose signs chance could have swapped. */
#include <math.h>
#include <stdlib.h>

#include "base/quantile.h"
#include "base/random.h"
#include "report/report.h"

enum {
    ALL_SUBSETS = 12, /* of so many values each subset is taken; of more, */
    DRAWN = 4095      /* so many that are drawn */
};

/* Mean of the values whose bit is set, or, past ALL_SUBSETS, of those that chance takes; NaN of none. */
static double subset_mean(const double *values, int count, uint32_t subset, unroll_random *random)
{
    double sum = 0;
    int taken = 0;
    uint32_t bits = subset;
    for (int i = 0; i < count; i++, bits >>= 1) {
        if (count > ALL_SUBSETS && i % 32 == 0)
            bits = unroll_random_bits(random);
        if ((bits & 1) != 0) {
            sum += values[i];
            taken++;
        }
    }
    return taken > 0 ? sum / taken : NAN;
}

unroll_status unroll_mean(const double *values, int count, unroll_interval *mean)
{
    int subsets = count > ALL_SUBSETS ? DRAWN : (1 << (count > 0 ? count : 0)) - 1, kept = 0;
    int rank = (int)floor(0.025 * (subsets + 1));
    double *means, sum = 0;
    unroll_random random = unroll_random_open(1, UNROLL_FOR_BOOTSTRAP, 0, 0);
    *mean = (unroll_interval){NAN, NAN, NAN, count};
    for (int i = 0; i < count; i++)
        sum += values[i];
    if (count > 0)
        mean->estimate = sum / count;
    if (count < UNROLL_LEAST_RUNS)
        return unroll_ok();
    means = malloc((size_t)subsets * sizeof *means);
    if (means == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for a mean of %d values", count);
    for (int i = 1; i <= subsets; i++) {
        double one = subset_mean(values, count, (uint32_t)i, &random);
        if (!isnan(one))
            means[kept++] = one;
    }
    unroll_sort(means, kept);
    mean->low = means[rank - 1];
    mean->high = means[kept - rank];
    free(means);
    return unroll_ok();
}
