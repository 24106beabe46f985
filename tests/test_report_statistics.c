/* Intervals against values worked out by hand, and the verdicts that stand on them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "report/report.h"
#include "suite.h"

#define CHECK_INTERVAL(interval, a, b, c) check_interval(interval, a, b, c, __LINE__)

static bool is_near(double value, double expected)
{
    return isnan(expected) ? isnan(value) : fabs(value - expected) < 5e-5;
}

static void check_interval(unroll_interval i, double estimate, double low, double high, int line)
{
    bool good = is_near(i.estimate, estimate) && is_near(i.low, low) && is_near(i.high, high);
    if (!good)
        fprintf(stderr, "\nline %d: %.9g [%.9g, %.9g], not %g [%g, %g]\n", line, i.estimate, i.low, i.high, estimate,
                low, high);
    CU_ASSERT_TRUE(good);
}

static unroll_interval mean_of(const double *values, int count, uint64_t seed)
{
    unroll_interval mean;
    CU_ASSERT_EQUAL_FATAL(unroll_bootstrap_mean(values, count, seed, &mean).code, UNROLL_OK);
    return mean;
}

static unroll_interval difference_of(const double *a, int a_count, const double *b, int b_count, uint64_t seed)
{
    unroll_interval difference;
    CU_ASSERT_EQUAL_FATAL(unroll_bootstrap_difference(a, a_count, b, b_count, seed, &difference).code, UNROLL_OK);
    return difference;
}

/* ---- shares ---- */

/* (p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n) with z = 1.959964; 81 of 263 is the example of Newcombe,
   1998 (Statistics in Medicine 17, table I: 0.2553 to 0.3662). */
static void wilsons_interval_has_its_published_values(void)
{
    CHECK_INTERVAL(unroll_wilson(81, 263), 81.0 / 263, 0.2553, 0.3662);
    CHECK_INTERVAL(unroll_wilson(15, 148), 15.0 / 148, 0.0624, 0.1605);
    CHECK_INTERVAL(unroll_wilson(1, 29), 1.0 / 29, 0.0061, 0.1718);
    CHECK_INTERVAL(unroll_wilson(5, 10), 0.5, 0.2366, 0.7634);
    CHECK_INTERVAL(unroll_wilson(0, 5), 0, 0, 0.4345);
    CHECK_INTERVAL(unroll_wilson(5, 5), 1, 0.5655, 1);
    CU_ASSERT_EQUAL(unroll_wilson(81, 263).count, 263);
}

static void a_share_of_none_or_all_ends_exactly_at_0_or_1(void)
{
    for (int n = 1; n < 300; n++) {
        CU_ASSERT(unroll_wilson(0, n).low == 0.0 && unroll_wilson(0, n).high < 1.0);
        CU_ASSERT(unroll_wilson(n, n).high == 1.0 && unroll_wilson(n, n).low > 0.0);
    }
}

static void a_share_of_no_runs_is_no_number(void)
{
    CHECK_INTERVAL(unroll_wilson(0, 0), NAN, NAN, NAN);
    CU_ASSERT_EQUAL(unroll_wilson(0, 0).count, 0);
}

/* ---- means ---- */

/* The 2.5% and 97.5% points of the mean of a resample: of 1, 2, 3, 4 the sum is at most 5 with 5/256 and at most 6 with
   15/256; of 0, 0, 0, 0, 1 it is binomial, at most 2 with 0.942 and at most 3 with 0.993. */
static void the_bootstraps_interval_is_that_of_all_resamples(void)
{
    static const double rising[] = {4, 2, 1, 3}, rare[] = {0, 0, 1, 0, 0}, two[] = {-1, 5};
    CHECK_INTERVAL(mean_of(rising, 4, 0), 2.5, 1.5, 3.5);
    CHECK_INTERVAL(mean_of(rare, 5, 0), 0.2, 0, 0.6);
    CHECK_INTERVAL(mean_of(two, 2, 0), 2, -1, 5);
    CU_ASSERT_EQUAL(mean_of(rare, 5, 0).count, 5);
}

static void values_that_are_no_numbers_are_left_out(void)
{
    static const double values[] = {NAN, 4, 2, NAN, 1, 3, NAN}, numbers[] = {4, 2, 1, 3}, none[] = {NAN, NAN};
    unroll_interval holey = mean_of(values, 7, 3), whole = mean_of(numbers, 4, 3);
    CU_ASSERT(holey.estimate == whole.estimate && holey.low == whole.low && holey.high == whole.high);
    CU_ASSERT_EQUAL(holey.count, 4);
    CHECK_INTERVAL(mean_of(none, 2, 0), NAN, NAN, NAN);
    CU_ASSERT_EQUAL(mean_of(none, 2, 0).count, 0);
}

static void one_value_has_a_mean_and_no_interval(void)
{
    static const double one[] = {7.5, NAN}, infinite[] = {1, INFINITY};
    CHECK_INTERVAL(mean_of(one, 2, 0), 7.5, NAN, NAN);
    CU_ASSERT_EQUAL(mean_of(one, 2, 0).count, 1);
    CHECK_INTERVAL(mean_of(one, 0, 0), NAN, NAN, NAN);
    CU_ASSERT(isnan(mean_of(infinite, 2, 0).low));
}

static void equal_values_give_an_interval_without_width(void)
{
    static const double values[] = {0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1};
    unroll_interval i = mean_of(values, 7, 0);
    CU_ASSERT(i.low == i.estimate && i.high == i.estimate);
    CU_ASSERT_DOUBLE_EQUAL(i.estimate, 0.1, 1e-15);
}

static void the_same_call_gives_the_same_bits(void)
{
    static const double values[] = {0.31, 0.04, 0.72, 0.155, 0.5, 0.09, 0.43};
    unroll_interval a = mean_of(values, 7, 1), b = mean_of(values, 7, 1);
    unroll_interval other = mean_of(values, 7, 2);
    CU_ASSERT(a.low == b.low && a.high == b.high);
    CU_ASSERT(a.low != other.low || a.high != other.high);
    /* on any machine, today and next year: nothing but Philox and sums */
    CU_ASSERT_DOUBLE_EQUAL(a.low, 0.15928571428571428, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(a.high, 0.49142857142857144, 1e-15);
}

/* `count` draws of mean 3 and deviation 2 */
static void draw_normal(double *out, int count, uint32_t sample)
{
    unroll_random random = unroll_random_open(11, UNROLL_FOR_SAMPLING, 0, sample);
    for (int i = 0; i < count; i++)
        out[i] = 3 + 2 * unroll_random_normal(&random);
}

static double deviation(const double *values, int count, double mean)
{
    double squares = 0;
    for (int i = 0; i < count; i++)
        squares += (values[i] - mean) * (values[i] - mean);
    return sqrt(squares / (count - 1));
}

static void a_large_sample_has_the_interval_of_the_normal_distribution(void)
{
    enum { COUNT = 1000 };
    double values[COUNT], half;
    unroll_interval i;
    draw_normal(values, COUNT, 0);
    i = mean_of(values, COUNT, 0);
    half = 1.959964 * deviation(values, COUNT, i.estimate) / sqrt(COUNT);
    CU_ASSERT_DOUBLE_EQUAL((i.high - i.low) / 2, half, 0.03 * half);
    CU_ASSERT_DOUBLE_EQUAL(i.estimate - i.low, half, 0.06 * half);
    CU_ASSERT(i.low < 3 && 3 < i.high);
}

/* The percentile bootstrap is known to fall short of 95% with few values: about 92% with twelve. */
static void intervals_of_small_samples_hold_the_truth_about_as_often_as_they_say(void)
{
    enum { SAMPLES = 300, COUNT = 12 };
    double values[COUNT];
    int held = 0;
    for (uint32_t s = 0; s < SAMPLES; s++) {
        unroll_interval i;
        draw_normal(values, COUNT, s + 1);
        i = mean_of(values, COUNT, s);
        held += i.low < 3 && 3 < i.high;
    }
    CU_ASSERT(held > SAMPLES * 86 / 100);
    CU_ASSERT(held < SAMPLES * 97 / 100);
}

/* ---- differences ---- */

/* Of 1, 2 against 0, 10 the extremes 1 - 10 and 2 - 0 come with 1/16 each; were the two resampled together, they would
   not come at all. */
static void a_difference_resamples_each_side_on_its_own(void)
{
    static const double a[] = {1, 2}, b[] = {0, 10, NAN};
    CHECK_INTERVAL(difference_of(a, 2, b, 3, 0), -3.5, -9, 2);
    CHECK_INTERVAL(difference_of(b, 3, a, 2, 0), 3.5, -2, 9);
}

static void a_difference_has_no_interval_where_a_side_has_one_value(void)
{
    static const double a[] = {1, 2, 3}, b[] = {5};
    CHECK_INTERVAL(difference_of(a, 3, b, 1, 0), -3, NAN, NAN);
    CHECK_INTERVAL(difference_of(b, 1, a, 3, 0), 3, NAN, NAN);
    CHECK_INTERVAL(difference_of(a, 3, b, 0, 0), NAN, NAN, NAN);
    CHECK_INTERVAL(difference_of(a, 0, b, 1, 0), NAN, NAN, NAN);
}

/* ---- verdicts ---- */

enum { MOST_RUNS = 12 };

typedef struct run {
    const char *cell;
    double length, mse;
    const char *status; /* NULL: done */
} run;

/* The verdict on `runs`, which end where there is no cell. */
static unroll_verdict judge(const run *runs, const unroll_prediction *prediction)
{
    const unroll_experiment experiment = {.name = "claims",
                                          .axes_quick = "model=rnn,lstm,gru",
                                          .axes_full = "model=rnn,lstm,gru",
                                          .prediction = *prediction};
    double length[MOST_RUNS], mse[MOST_RUNS];
    char *cell[MOST_RUNS], *status[MOST_RUNS];
    unroll_table_column columns[] = {
        {.name = "model", .type = UNROLL_COLUMN_TEXT, .text = cell},
        {.name = "status", .type = UNROLL_COLUMN_TEXT, .text = status},
        {.name = "length", .type = UNROLL_COLUMN_INT, .real = length},
        {.name = "mse", .type = UNROLL_COLUMN_REAL, .real = mse},
    };
    unroll_table table = {.columns = columns, .column_count = 4};
    unroll_verdict verdict = {.outcome = UNROLL_UNDECIDED};
    for (; runs[table.rows].cell != NULL; table.rows++) {
        const run *now = &runs[table.rows];
        cell[table.rows] = (char *)now->cell;
        status[table.rows] = (char *)(now->status != NULL ? now->status : "done");
        length[table.rows] = now->length;
        mse[table.rows] = now->mse;
    }
    CU_ASSERT_EQUAL(unroll_judge(&experiment, &table, &verdict).code, UNROLL_OK);
    return verdict;
}

static const unroll_prediction lstm_below_rnn = {"mse", "model", "lstm", "rnn", NULL};

static void a_claim_is_supported_where_every_difference_lies_above_0(void)
{
    static const run runs[] = {{"rnn", 100, 2.5, NULL},   {"lstm", 100, 0.5, NULL}, {"gru", 100, 1, NULL},
                               {"rnn", 100, 2.5, NULL},   {"lstm", 100, 0, NULL},   {"gru", 100, 1, NULL},
                               {"lstm", 20, 100, NULL},   {"rnn", 20, 0, NULL},     {"lstm", 100, NAN, "diverged"},
                               {"rnn", 100, 0, "failed"}, {NULL, 0, 0, NULL}};
    static const unroll_prediction both = {"mse", "model", "lstm gru", "rnn", "length=max"};
    unroll_verdict verdict = judge(runs, &both);
    CU_ASSERT_EQUAL(verdict.outcome, UNROLL_SUPPORTED);
    CU_ASSERT_STRING_EQUAL(unroll_outcome_name(verdict.outcome), "supported");
    CU_ASSERT_STRING_EQUAL(verdict.text, "difference of the mean mse at length 100; rnn minus lstm: 2.25 [2, 2.5]; "
                                         "rnn minus gru: 1.5 [1.5, 1.5]");
}

static void a_claim_is_contradicted_where_one_difference_lies_below_0(void)
{
    static const run runs[] = {{"rnn", 9, 2, NULL},  {"lstm", 9, 1, NULL}, {"gru", 9, 3, NULL}, {"rnn", 9, 2, NULL},
                               {"lstm", 9, 1, NULL}, {"gru", 9, 3, NULL},  {NULL, 0, 0, NULL}};
    static const unroll_prediction both = {"mse", "model", "gru lstm", "rnn", NULL};
    unroll_verdict verdict = judge(runs, &both);
    CU_ASSERT_EQUAL(verdict.outcome, UNROLL_CONTRADICTED);
    CU_ASSERT_STRING_EQUAL(unroll_outcome_name(verdict.outcome), "contradicted");
    CU_ASSERT_STRING_EQUAL(verdict.text,
                           "difference of the mean mse; rnn minus gru: -1 [-1, -1]; rnn minus lstm: 1 [1, 1]");
}

static void a_claim_is_undecided_where_a_difference_may_be_0(void)
{
    static const run runs[] = {
        {"rnn", 9, 1, NULL}, {"rnn", 9, 2, NULL}, {"lstm", 9, 0, NULL}, {"lstm", 9, 2, NULL}, {NULL, 0, 0, NULL}};
    unroll_verdict verdict = judge(runs, &lstm_below_rnn);
    CU_ASSERT_EQUAL(verdict.outcome, UNROLL_UNDECIDED);
    CU_ASSERT_STRING_EQUAL(unroll_outcome_name(verdict.outcome), "undecided");
    CU_ASSERT_STRING_EQUAL(verdict.text, "difference of the mean mse; rnn minus lstm: 0.5 [-1, 2]");
}

static void a_claim_is_undecided_where_runs_are_missing_or_few(void)
{
    static const run alone[] = {
        {"rnn", 9, 1, NULL}, {"rnn", 9, 2, NULL}, {"lstm", 9, NAN, "diverged"}, {NULL, 0, 0, NULL}};
    static const run few[] = {{"rnn", 9, 0.75, NULL}, {"lstm", 9, 0.25, NULL}, {NULL, 0, 0, NULL}};
    unroll_verdict verdict = judge(alone, &lstm_below_rnn);
    CU_ASSERT_EQUAL(verdict.outcome, UNROLL_UNDECIDED);
    CU_ASSERT_STRING_EQUAL(verdict.text, "difference of the mean mse; rnn against lstm: no runs to compare");
    verdict = judge(few, &lstm_below_rnn);
    CU_ASSERT_EQUAL(verdict.outcome, UNROLL_UNDECIDED);
    CU_ASSERT_STRING_EQUAL(verdict.text, "difference of the mean mse; rnn is 0.5 above lstm, without an interval");
}

static void max_and_min_stand_for_the_largest_and_the_smallest_value(void)
{
    static const run runs[] = {{"rnn", 20, 4, NULL},   {"rnn", 20, 4, NULL},   {"lstm", 20, 1, NULL},
                               {"lstm", 20, 1, NULL},  {"rnn", 100, 1, NULL},  {"rnn", 100, 1, NULL},
                               {"lstm", 100, 3, NULL}, {"lstm", 100, 3, NULL}, {NULL, 0, 0, NULL}};
    unroll_prediction extreme = lstm_below_rnn;
    extreme.where = "length=max";
    CU_ASSERT_STRING_EQUAL(judge(runs, &extreme).text,
                           "difference of the mean mse at length 100; rnn minus lstm: -2 [-2, -2]");
    extreme.where = "length=min";
    CU_ASSERT_STRING_EQUAL(judge(runs, &extreme).text,
                           "difference of the mean mse at length 20; rnn minus lstm: 3 [3, 3]");
    extreme.where = "status=done length=20";
    CU_ASSERT_STRING_EQUAL(judge(runs, &extreme).text,
                           "difference of the mean mse at status done, length 20; rnn minus lstm: 3 [3, 3]");
}

/* Where all runs of the largest length failed, the next one is what was compared, and what the sentence names. */
static void a_verdict_names_the_length_that_it_stands_on(void)
{
    static const run runs[] = {{"rnn", 20, 4, NULL},  {"rnn", 20, 4, NULL},        {"lstm", 20, 1, NULL},
                               {"lstm", 20, 1, NULL}, {"rnn", 500, NAN, "failed"}, {"lstm", 5, NAN, "failed"},
                               {NULL, 0, 0, NULL}};
    unroll_prediction extreme = lstm_below_rnn;
    extreme.where = "length=max";
    CU_ASSERT_STRING_EQUAL(judge(runs, &extreme).text,
                           "difference of the mean mse at length 20; rnn minus lstm: 3 [3, 3]");
    extreme.where = "length=min";
    CU_ASSERT_STRING_EQUAL(judge(runs, &extreme).text,
                           "difference of the mean mse at length 20; rnn minus lstm: 3 [3, 3]");
    extreme.where = "model=max";
    CU_ASSERT_STRING_EQUAL(judge(runs, &extreme).text,
                           "difference of the mean mse at model ?; rnn against lstm: no runs to compare");
}

static void what_predicts_nothing_has_no_verdict(void)
{
    const unroll_experiment experiment = {.name = "silent"};
    unroll_table table = {.rows = 0};
    unroll_verdict verdict;
    unroll_status status = unroll_judge(&experiment, &table, &verdict);
    CU_ASSERT_EQUAL(status.code, UNROLL_NOTHING);
    CU_ASSERT_STRING_EQUAL(status.text, "silent predicts nothing");
}

const unroll_test tests_report_statistics[] = {
    TEST(wilsons_interval_has_its_published_values),
    TEST(a_share_of_none_or_all_ends_exactly_at_0_or_1),
    TEST(a_share_of_no_runs_is_no_number),
    TEST(the_bootstraps_interval_is_that_of_all_resamples),
    TEST(values_that_are_no_numbers_are_left_out),
    TEST(one_value_has_a_mean_and_no_interval),
    TEST(equal_values_give_an_interval_without_width),
    TEST(the_same_call_gives_the_same_bits),
    TEST(a_large_sample_has_the_interval_of_the_normal_distribution),
    TEST(intervals_of_small_samples_hold_the_truth_about_as_often_as_they_say),
    TEST(a_difference_resamples_each_side_on_its_own),
    TEST(a_difference_has_no_interval_where_a_side_has_one_value),
    TEST(a_claim_is_supported_where_every_difference_lies_above_0),
    TEST(a_claim_is_contradicted_where_one_difference_lies_below_0),
    TEST(a_claim_is_undecided_where_a_difference_may_be_0),
    TEST(a_claim_is_undecided_where_runs_are_missing_or_few),
    TEST(max_and_min_stand_for_the_largest_and_the_smallest_value),
    TEST(a_verdict_names_the_length_that_it_stands_on),
    TEST(what_predicts_nothing_has_no_verdict),
    {NULL, NULL},
};
