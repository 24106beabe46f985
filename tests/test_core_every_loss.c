/* What every loss in the table keeps, whatever it is: its gradient against central differences in double, float against double,
   the same bits on every instruction set, nothing where there is no target. */
#include <math.h>
#include <stdio.h>

#include "base/team.h"
#include "digest.h"
#include "losses.h"
#include "simd/engine.h"
#include "suite.h"

static const problem_shape shapes[] = {
    {.seed = 1, .rows = 1, .outputs = 2, .labels = 1},    {.seed = 2, .rows = 9, .outputs = 5, .labels = 4},
    {.seed = 3, .rows = 20, .outputs = 16, .labels = 0},  {.seed = 4, .rows = 23, .outputs = 17, .labels = 8},
    {.seed = 5, .rows = 40, .outputs = 3, .labels = 13},  {.seed = 6, .rows = 70, .outputs = 50, .labels = 19},
};
enum { SHAPES = sizeof shapes / sizeof shapes[0], SETTINGS = 2, MOST = 70 * 50 };

/* Of a loss with settings of its own: 0: its settings' defaults; 1: reals in the middle of their ranges. */
static double parameter_of(const unroll_loss *loss, int which)
{
    unroll_settings *settings = unroll_settings_new();
    double parameter;
    for (int i = 0; which == 1 && i < loss->setting_count; i++) {
        char text[32];
        snprintf(text, sizeof text, "%.6g", (loss->settings[i].low + loss->settings[i].high) / 2);
        if (loss->settings[i].type == UNROLL_REAL)
            CU_ASSERT_EQUAL(unroll_settings_set(settings, loss->settings[i].name, text).code, UNROLL_OK);
    }
    parameter = loss->parameter != NULL ? (double)loss->parameter(settings) : 0.0;
    unroll_settings_free(settings);
    return parameter;
}

/* `check` for each loss of the instruction set in use, at each shape and setting */
static void for_every_loss(void (*check)(const unroll_loss *loss, const problem_shape *shape))
{
    digest_register();
    for (int i = 0; i < unroll_loss_count; i++)
        for (int k = 0; k < SHAPES * SETTINGS; k++) {
            const unroll_loss *loss = unroll_isa_now()->losses[i];
            problem_shape shape = shapes[k / SETTINGS];
            shape.parameter = parameter_of(loss, k % SETTINGS);
            check(loss, &shape);
        }
}

static double central_difference(loss_problem *p, int r, int o)
{
    const double h = 1e-5;
    real *at = unroll_matrix_element(p->y, problem_row(p, r), o), kept = *at;
    double up, down;
    *at = (real)((double)kept + h);
    up = problem_loss(p, false);
    *at = (real)((double)kept - h);
    down = problem_loss(p, false);
    *at = kept;
    return (double)p->weight * (up - down) / (2.0 * h);
}

static void check_gradient(const unroll_loss *loss, const problem_shape *shape)
{
    loss_problem *p = problem_open(loss, shape);
    double worst = 0.0, tolerance;
    problem_fill(p, shape->seed);
    tolerance = 1e-8 + 1e-11 * fabs(problem_loss(p, true)); /* a difference is as exact as the loss is large */
    for (int r = 0; r < p->rows; r++)
        for (int o = 0; o < p->outputs; o++) {
            double got = (double)*unroll_matrix_element(p->dy, problem_row(p, r), o);
            double difference = fabs(got - central_difference(p, r, o));
            worst = isnan(difference) ? INFINITY : fmax(worst, difference);
        }
    if (worst > tolerance)
        fprintf(stderr, "\n%s, seed %u: the gradient is off by %.2e\n", loss->name, (unsigned)shape->seed, worst);
    CU_ASSERT(worst <= tolerance);
    problem_close(p);
}

static void every_losss_gradient_matches_central_differences(void)
{
    if (sizeof(real) == sizeof(float))
        test_skip("central differences need the double build (make check-double)");
    else
        for_every_loss(check_gradient);
}

#ifndef UNROLL_DOUBLE
static void check_against_double(const unroll_loss *loss, const problem_shape *shape)
{
    static double in_float[MOST], in_double[MOST];
    double loss_float = problem_results(loss, shape, in_float), truth = loss_in_double(loss->name, shape, in_double);
    double worst = 0.0, largest = 0.0;
    for (int i = 0; i < shape->rows * shape->outputs; i++) {
        double difference = fabs(in_float[i] - in_double[i]);
        largest = fmax(largest, fabs(in_double[i]));
        worst = isnan(difference) ? INFINITY : fmax(worst, difference);
    }
    CU_ASSERT(fabs(loss_float - truth) <= 1e-5 * fabs(truth));
    CU_ASSERT(worst <= 1e-5 * largest);
}
#endif

static void every_loss_in_float_agrees_with_double(void)
{
#ifdef UNROLL_DOUBLE
    test_skip("it is held against float in the float build");
#else
    for_every_loss(check_against_double);
#endif
}

static void check_bits(const unroll_loss *loss, const problem_shape *shape)
{
    uint64_t digest = digest_loss(loss, shape);
    for (int i = 0; i < unroll_isa_count; i++)
        if (unroll_isas[i].supported())
            CU_ASSERT_EQUAL(digest_loss(unroll_loss_in(&unroll_isas[i], loss->name), shape), digest);
}

static void every_loss_has_the_same_bits_on_every_instruction_set(void)
{
    unroll_flush_denormals();
    for_every_loss(check_bits);
}

/* of rows whose targets are missing, of a sequence whose labels do not fit */
static void check_no_targets(const unroll_loss *loss, const problem_shape *shape)
{
    problem_shape without = *shape;
    without.labels = shape->rows + 1;
    loss_problem *p = problem_open(loss, &without);
    unroll_matrix goal = p->goal, none = problem_matrix(p->set.total, p->outputs);
    int wrong = 0;
    problem_fill(p, shape->seed);
    for (int r = 0; r < p->rows; r++)
        p->target[r] = -1;
    p->goal = none;
    CU_ASSERT_EQUAL(problem_loss(p, true), 0.0);
    CU_ASSERT_EQUAL(p->targets, 0);
    for (int r = 0; r < p->rows; r++)
        for (int o = 0; o < unroll_blocks(p->outputs) * UNROLL_LANES; o++)
            wrong += *unroll_matrix_element(p->dy, problem_row(p, r), o) != 0;
    CU_ASSERT_EQUAL(wrong, 0);
    p->goal = goal;
    problem_matrix_free(none);
    problem_close(p);
}

static void rows_without_targets_have_no_loss_and_no_gradient(void)
{
    for_every_loss(check_no_targets);
}

/* padding lanes, too, are written: what is below the head reads them */
static void check_padding(const unroll_loss *loss, const problem_shape *shape)
{
    loss_problem *p = problem_open(loss, shape);
    int wrong = 0;
    problem_fill(p, shape->seed);
    problem_loss(p, true);
    for (int r = 0; r < p->rows; r++)
        for (int o = p->outputs; o < unroll_blocks(p->outputs) * UNROLL_LANES; o++)
            wrong += *unroll_matrix_element(p->dy, problem_row(p, r), o) != 0;
    CU_ASSERT_EQUAL(wrong, 0);
    problem_close(p);
}

static void every_losss_gradient_is_zero_in_padding_lanes(void)
{
    for_every_loss(check_padding);
}

const unroll_test tests_core_every_loss[] = {
    TEST(every_losss_gradient_matches_central_differences),
    TEST(every_loss_in_float_agrees_with_double),
    TEST(every_loss_has_the_same_bits_on_every_instruction_set),
    TEST(rows_without_targets_have_no_loss_and_no_gradient),
    TEST(every_losss_gradient_is_zero_in_padding_lanes),
    {NULL, NULL},
};
