/* Medians, shares and tests against textbooks, R, and laws that are known. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/random.h"
#include "report/report.h"
#include "suite.h"

#define CHECK_INTERVAL(interval, a, b, c) check_interval(interval, a, b, c, __LINE__)

static bool is_near(double value, double expected)
{
    if (isnan(expected) || isinf(expected))
        return isnan(expected) ? isnan(value) : value == expected;
    return fabs(value - expected) < 5e-7;
}

static void check_interval(unroll_interval i, double estimate, double low, double high, int line)
{
    bool good = is_near(i.estimate, estimate) && is_near(i.low, low) && is_near(i.high, high);
    if (!good)
        fprintf(stderr, "\nline %d: %.9g [%.9g, %.9g], not %.9g [%.9g, %.9g]\n", line, i.estimate, i.low, i.high, estimate, low, high);
    CU_ASSERT_TRUE(good);
}

static unroll_interval median_of(const double *values, int count)
{
    unroll_interval median;
    CU_ASSERT_EQUAL_FATAL(unroll_median(values, count, &median).code, UNROLL_OK);
    return median;
}

/* ---- the binomial law ---- */

/* R: 1 - pbinom(k - 1, n, p) */
static void the_binomial_laws_tail_is_that_of_r(void)
{
    CU_ASSERT_DOUBLE_EQUAL(unroll_binomial_tail(8, 10, 0.5), 0.0546875, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(unroll_binomial_tail(6, 6, 0.5), 0.015625, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(unroll_binomial_tail(3, 10, 0.1), 0.0701908264, 1e-10);
    CU_ASSERT_DOUBLE_EQUAL(unroll_binomial_tail(1, 1000, 0.5), 1, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(unroll_binomial_tail(530, 1000, 0.5), 0.0310115975, 1e-10);
    CU_ASSERT_DOUBLE_EQUAL(unroll_binomial_tail(0, 5, 0.3), 1, 0);
    CU_ASSERT_DOUBLE_EQUAL(unroll_binomial_tail(6, 5, 0.3), 0, 0);
    CU_ASSERT_DOUBLE_EQUAL(unroll_binomial_tail(2, 5, 0), 0, 0);
    CU_ASSERT_DOUBLE_EQUAL(unroll_binomial_tail(5, 5, 1), 1, 0);
}

/* ---- shares ---- */

/* R: binom.test(k, n)$conf.int; 10 of 20 is in most textbooks as 27% to 73%. */
static void clopper_and_pearsons_interval_is_that_of_r(void)
{
    CHECK_INTERVAL(unroll_share(7, 10), 0.7, 0.3475471, 0.9332605);
    CHECK_INTERVAL(unroll_share(10, 20), 0.5, 0.2719578, 0.7280422);
    CHECK_INTERVAL(unroll_share(0, 6), 0, 0, 0.4592581);
    CHECK_INTERVAL(unroll_share(6, 6), 1, 0.5407419, 1);
    CHECK_INTERVAL(unroll_share(81, 263), 81.0 / 263, 0.2527367, 0.3676219);
    CU_ASSERT_EQUAL(unroll_share(81, 263).count, 263);
}

static void a_share_of_none_or_all_ends_exactly_at_0_or_1(void)
{
    for (int n = UNROLL_LEAST_RUNS; n < 300; n++) {
        CU_ASSERT(unroll_share(0, n).low == 0.0 && unroll_share(0, n).high < 1.0);
        CU_ASSERT(unroll_share(n, n).high == 1.0 && unroll_share(n, n).low > 0.0);
    }
}

static void a_share_of_few_runs_has_no_interval_and_one_of_none_is_no_number(void)
{
    CHECK_INTERVAL(unroll_share(2, 5), 0.4, NAN, NAN);
    CHECK_INTERVAL(unroll_share(0, 0), NAN, NAN, NAN);
}

/* ---- medians ---- */

/* The order statistics of a 95% interval, by sample size: tables of the sign test (Conover, table A3) have them. */
static void a_medians_interval_ends_at_the_order_statistics_of_the_tables(void)
{
    static const int size[] = {6, 7, 8, 9, 10, 11, 12, 15, 20, 25, 30, 50, 100};
    static const int order[] = {1, 1, 1, 2, 2, 2, 3, 4, 6, 8, 10, 18, 40};
    double values[100];
    for (int i = 0; i < 100; i++)
        values[i] = (i * 37) % 100 + 1; /* 1..100 in disorder */
    for (size_t s = 0; s < sizeof size / sizeof size[0]; s++) {
        double rising[100];
        unroll_interval m;
        int n = 0;
        for (int i = 0; i < 100; i++)
            if (values[i] <= size[s])
                rising[n++] = values[i];
        m = median_of(rising, n);
        CU_ASSERT_EQUAL(n, size[s]);
        CHECK_INTERVAL(m, (size[s] + 1) / 2.0, order[s], size[s] + 1 - order[s]);
    }
}

static void fewer_than_six_values_have_a_median_and_no_interval(void)
{
    static const double values[] = {3, 1, 2, 5, 4}, holey[] = {NAN, 7, NAN};
    CHECK_INTERVAL(median_of(values, 5), 3, NAN, NAN);
    CHECK_INTERVAL(median_of(values, 4), 2.5, NAN, NAN);
    CHECK_INTERVAL(median_of(holey, 3), 7, NAN, NAN);
    CU_ASSERT_EQUAL(median_of(holey, 3).count, 1);
    CHECK_INTERVAL(median_of(holey, 0), NAN, NAN, NAN);
}

static void runs_that_are_infinitely_bad_leave_a_median_exact(void)
{
    static const double some[] = {1, INFINITY, 3, 2, 5, 4, INFINITY}, most[] = {1, INFINITY, INFINITY, INFINITY, 2, INFINITY};
    static const double best[] = {-INFINITY, 1, 2, 3, 4, 5};
    CHECK_INTERVAL(median_of(some, 7), 4, 1, INFINITY);
    CHECK_INTERVAL(median_of(most, 6), INFINITY, 1, INFINITY);
    CHECK_INTERVAL(median_of(best, 6), 2.5, -INFINITY, 5);
}

/* ---- coverage ---- */

enum { DRAWS = 20000, MOST = 20 };

typedef double law(unroll_random *random);

static double normal(unroll_random *random)
{
    return unroll_random_normal(random);
}

static double lognormal(unroll_random *random)
{
    return exp(unroll_random_normal(random));
}

/* a fifth of the runs ends elsewhere */
static double bimodal(unroll_random *random)
{
    double bad = unroll_random_uniform(random) < 0.2 ? 8 : 0;
    return bad + unroll_random_normal(random);
}

/* of the last: 0.8 Phi(m) = 0.5 */
static const struct {
    law *draw;
    double median;
} laws[] = {{normal, 0}, {lognormal, 1}, {bimodal, 0.3186394}};

static void draw(law *of, int sample, double *values, int count)
{
    unroll_random random = unroll_random_open(11, UNROLL_FOR_SAMPLING, 0, (uint32_t)sample);
    for (int i = 0; i < count; i++)
        values[i] = of(&random);
}

typedef unroll_interval interval_of(const double *values, int count);

/* Share of samples whose interval holds the law's own median. */
static double coverage(interval_of *interval, int of, int count, int draws)
{
    double values[MOST];
    int held = 0;
    for (int s = 0; s < draws; s++) {
        unroll_interval i;
        draw(laws[of].draw, s, values, count);
        i = interval(values, count);
        held += i.low <= laws[of].median && laws[of].median <= i.high;
    }
    return (double)held / draws;
}

static const int sizes[] = {6, 10, 20};
static const double stated[] = {0.96875, 0.978515625, 0.958610534668}; /* 1 - 2 P(X < k) */

static void intervals_of_medians_cover_as_much_as_they_say(void)
{
    for (int of = 0; of < 3; of++)
        for (int s = 0; s < 3; s++)
            CU_ASSERT(coverage(median_of, of, sizes[s], DRAWS) > stated[s] - 0.005);
}

static int by_size(const void *a, const void *b)
{
    return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

/* The percentile bootstrap of a median, which was here before. */
static unroll_interval bootstrap(const double *values, int count)
{
    enum { RESAMPLES = 199 };
    double medians[RESAMPLES], sample[MOST];
    unroll_random random = unroll_random_open(3, UNROLL_FOR_SAMPLING, 1, (uint32_t)(int)(values[0] * 1e6));
    for (int i = 0; i < RESAMPLES; i++) {
        for (int k = 0; k < count; k++)
            sample[k] = values[unroll_random_below(&random, (uint32_t)count)];
        qsort(sample, (size_t)count, sizeof *sample, by_size);
        medians[i] = (sample[(count - 1) / 2] + sample[count / 2]) / 2;
    }
    qsort(medians, RESAMPLES, sizeof *medians, by_size);
    return (unroll_interval){0, medians[4], medians[RESAMPLES - 5], count};
}

static void a_bootstraps_interval_would_be_found_out(void)
{
    bool short_of = false;
    for (int of = 0; of < 3; of++)
        short_of = short_of || coverage(bootstrap, of, 6, DRAWS / 10) < 0.95 - 0.005;
    CU_ASSERT_TRUE(short_of);
}

/* ---- tests ---- */

/* R: binom.test(k, n, alternative = "greater")$p.value; p.adjust(p, "holm") */
static void the_sign_test_and_holms_correction_are_those_of_r(void)
{
    double p[] = {0.01, 0.04, 0.03, 0.005}, large[] = {0.6, 0.9};
    CU_ASSERT_DOUBLE_EQUAL(unroll_sign_test(6, 6), 0.015625, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(unroll_sign_test(9, 10), 0.0107421875, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(unroll_sign_test(0, 10), 1, 0);
    CU_ASSERT_EQUAL(unroll_holm(p, 4).code, UNROLL_OK);
    CU_ASSERT_DOUBLE_EQUAL(p[0], 0.03, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(p[1], 0.06, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(p[2], 0.06, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(p[3], 0.02, 1e-15);
    CU_ASSERT_EQUAL(unroll_holm(large, 2).code, UNROLL_OK);
    CU_ASSERT(large[0] == 1 && large[1] == 1);
}

/* log2(comparisons / 0.025), upwards */
static void more_comparisons_take_more_seeds(void)
{
    CU_ASSERT_EQUAL(unroll_fewest_seeds(1), 6);
    CU_ASSERT_EQUAL(unroll_fewest_seeds(2), 7);
    CU_ASSERT_EQUAL(unroll_fewest_seeds(4), 8);
    CU_ASSERT_EQUAL(unroll_fewest_seeds(8), 9);
    CU_ASSERT_EQUAL(unroll_fewest_seeds(9), 9);
    CU_ASSERT_EQUAL(unroll_fewest_seeds(16), 10);
}

const unroll_test tests_report_statistics[] = {
    TEST(the_binomial_laws_tail_is_that_of_r),
    TEST(clopper_and_pearsons_interval_is_that_of_r),
    TEST(a_share_of_none_or_all_ends_exactly_at_0_or_1),
    TEST(a_share_of_few_runs_has_no_interval_and_one_of_none_is_no_number),
    TEST(a_medians_interval_ends_at_the_order_statistics_of_the_tables),
    TEST(fewer_than_six_values_have_a_median_and_no_interval),
    TEST(runs_that_are_infinitely_bad_leave_a_median_exact),
    TEST(intervals_of_medians_cover_as_much_as_they_say),
    TEST(a_bootstraps_interval_would_be_found_out),
    TEST(the_sign_test_and_holms_correction_are_those_of_r),
    TEST(more_comparisons_take_more_seeds),
    {NULL, NULL},
};
