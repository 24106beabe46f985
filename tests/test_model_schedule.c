/* The learning rate, the best point and the early end, on made-up metrics. */
#include "base/cosine.h"
#include "data.h"
#include "model/schedule.h"

static unroll_schedule schedule_of(const char *assignments, int64_t steps)
{
    unroll_settings *settings = data_settings(assignments);
    unroll_schedule schedule = unroll_schedule_open(settings, steps);
    unroll_settings_free(settings);
    return schedule;
}

/* pi t, rounded, is off by 3e-16, and so may be the C library's cosine of it */
static void the_cosine_is_that_of_the_c_library(void)
{
    double worst = 0.0;
    for (int i = 0; i <= 1000000; i++) {
        double t = i / 1000000.0;
        worst = test_worse(worst, fabs(unroll_cos_pi(t) - cos(3.14159265358979323846 * t)));
    }
    CU_ASSERT(worst < 6e-16);
    CU_ASSERT_EQUAL(unroll_cos_pi(0.0), 1.0);
    CU_ASSERT_EQUAL(unroll_cos_pi(0.5), 0.0);
    CU_ASSERT_EQUAL(unroll_cos_pi(1.0), -1.0);
    CU_ASSERT_DOUBLE_EQUAL(unroll_cos_pi(0.25), sqrt(0.5), 1.2e-16);
    CU_ASSERT_DOUBLE_EQUAL(unroll_cos_pi(1.0 / 3.0), 0.5, 3e-16);
}

/* SequentialLR of LinearLR and CosineAnnealingLR in float64, as tests/golden/optimizer.py prints them */
static void warm_up_and_cosine_are_those_of_pytorch(void)
{
    static const double golden[] = {
#include "golden/schedule.inc"
    };
    unroll_schedule schedule = schedule_of("lr=0.3 schedule=cosine warmup=4 lr_final=0.1", 20);
    for (int i = 0; i < 20; i++)
        CU_ASSERT_DOUBLE_EQUAL(unroll_schedule_rate(&schedule, i), golden[i], 1e-15);
    CU_ASSERT_EQUAL(sizeof golden / sizeof golden[0], 20);
}

static void a_cosine_without_warm_up_falls_from_lr_towards_nothing(void)
{
    unroll_schedule schedule = schedule_of("lr=0.2 schedule=cosine", 1000);
    CU_ASSERT_EQUAL(unroll_schedule_rate(&schedule, 0), 0.2);
    CU_ASSERT_DOUBLE_EQUAL(unroll_schedule_rate(&schedule, 500), 0.1, 1e-16);
    CU_ASSERT_DOUBLE_EQUAL(unroll_schedule_rate(&schedule, 999), 0.2 * 2.4674e-6, 1e-10); /* (pi / 2000)^2 */
    for (int i = 1; i < 1000; i++)
        CU_ASSERT(unroll_schedule_rate(&schedule, i) < unroll_schedule_rate(&schedule, i - 1));
}

static void a_warm_up_longer_than_the_run_is_a_line(void)
{
    static const char *const ways[] = {"lr=1 warmup=8", "lr=1 warmup=8 schedule=cosine", "lr=1 warmup=8 schedule=halve"};
    for (int way = 0; way < 3; way++) {
        unroll_schedule schedule = schedule_of(ways[way], 4);
        for (int i = 0; i < 4; i++)
            CU_ASSERT_EQUAL(unroll_schedule_rate(&schedule, i), (i + 1) / 8.0);
    }
}

static void a_constant_rate_is_lr_to_the_bit(void)
{
    unroll_schedule schedule = schedule_of("lr=0.003", 10);
    for (int i = 0; i < 10; i++) {
        unroll_schedule_point(&schedule, i, 1.0);
        CU_ASSERT_EQUAL(unroll_schedule_rate(&schedule, i), 0.003);
    }
}

/* Feeds a point a step; writes the rate after each, in units of lr = 1. */
static void feed(unroll_schedule *schedule, const double *metric, int count, double *rate)
{
    for (int i = 0; i < count; i++) {
        unroll_schedule_point(schedule, i, metric[i]);
        rate[i] = unroll_schedule_rate(schedule, i);
    }
}

static void the_rate_is_halved_after_each_patience_without_improvement(void)
{
    static const double metric[] = {9, 8, 8, 8, 7, 7.5, NAN, INFINITY, 7, 7.1, 7.2, 6, 6.5, 6.5, 6.5};
    static const double expected[] = {1, 1, 1, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.125};
    double rate[15];
    unroll_schedule schedule = schedule_of("lr=1 schedule=halve patience=3", 15);
    feed(&schedule, metric, 15, rate);
    for (int i = 0; i < 15; i++)
        CU_ASSERT_EQUAL(rate[i], expected[i]);
    CU_ASSERT_EQUAL(schedule.best, 6);
    CU_ASSERT_EQUAL(schedule.best_step, 11);
    CU_ASSERT_FALSE(unroll_schedule_ends(&schedule));
}

static void points_within_the_warm_up_do_not_halve_the_rate(void)
{
    static const double metric[] = {1, 2, 2, 2, 2, 2, 2};
    double rate[7];
    unroll_schedule schedule = schedule_of("lr=1 schedule=halve patience=2 warmup=4", 7);
    feed(&schedule, metric, 7, rate);
    CU_ASSERT_EQUAL(rate[5], 1);
    CU_ASSERT_EQUAL(rate[6], 0.5);
}

static void the_first_of_the_lowest_finite_metrics_is_the_best_point(void)
{
    static const double metric[] = {NAN, INFINITY, 5, 4, -INFINITY, 4, 4.5};
    double rate[7];
    unroll_schedule schedule = schedule_of("", 7);
    feed(&schedule, metric, 2, rate);
    CU_ASSERT_EQUAL(schedule.best_step, -1);
    feed(&schedule, metric, 7, rate);
    CU_ASSERT_EQUAL(schedule.best_step, 3);
    CU_ASSERT_EQUAL(schedule.best, 4);
}

/* How many points after the best one a run ends; 100: it does not. */
static int points_to_the_end(const char *assignments)
{
    unroll_schedule schedule = schedule_of(assignments, 1000);
    unroll_schedule_point(&schedule, 1, 1.0);
    for (int i = 1; i < 100; i++) {
        unroll_schedule_point(&schedule, 1 + i, 2.0);
        if (unroll_schedule_ends(&schedule))
            return i;
    }
    return 100;
}

static void a_run_ends_early_after_patience_points_and_twice_as_many_with_halving(void)
{
    CU_ASSERT_EQUAL(points_to_the_end("patience=4"), 100);
    CU_ASSERT_EQUAL(points_to_the_end("patience=4 stop=solved"), 100);
    CU_ASSERT_EQUAL(points_to_the_end("patience=4 stop=early"), 4);
    CU_ASSERT_EQUAL(points_to_the_end("patience=4 stop=early schedule=cosine"), 4);
    CU_ASSERT_EQUAL(points_to_the_end("patience=4 stop=early schedule=halve"), 8);
    CU_ASSERT_EQUAL(points_to_the_end("stop=early"), 5);
}

const unroll_test tests_model_schedule[] = {
    TEST(the_cosine_is_that_of_the_c_library),
    TEST(warm_up_and_cosine_are_those_of_pytorch),
    TEST(a_cosine_without_warm_up_falls_from_lr_towards_nothing),
    TEST(a_warm_up_longer_than_the_run_is_a_line),
    TEST(a_constant_rate_is_lr_to_the_bit),
    TEST(the_rate_is_halved_after_each_patience_without_improvement),
    TEST(points_within_the_warm_up_do_not_halve_the_rate),
    TEST(the_first_of_the_lowest_finite_metrics_is_the_best_point),
    TEST(a_run_ends_early_after_patience_points_and_twice_as_many_with_halving),
    {NULL, NULL},
};
