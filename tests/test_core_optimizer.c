/* Adam and RMSprop against their formulas in double. */
#include <math.h>

#include "digest.h"
#include "suite.h"

enum { OUTPUTS = 16, STEPS = 100 };

static const double RATE = 0.5;

/* A made-up gradient of step t: of either sign, some large, some small. */
static float made_up(int t, int output)
{
    return (float)((sin(0.7 * t * (output + 1)) + 0.3) * pow(10.0, output % 5 - 2));
}

/* The moments of one weight, and what they take from it. */
typedef struct moments {
    double mean, square, beta1_power, beta2_power;
} moments;

static double adam(moments *m, double g)
{
    m->mean = 0.9 * m->mean + (1.0 - 0.9) * g;
    m->square = 0.999 * m->square + (1.0 - 0.999) * g * g;
    m->beta1_power *= 0.9;
    m->beta2_power *= 0.999;
    return RATE * m->mean / (1.0 - m->beta1_power) / (sqrt(m->square / (1.0 - m->beta2_power)) + 1e-8);
}

static double rmsprop(moments *m, double g)
{
    m->square = 0.999 * m->square + (1.0 - 0.999) * g * g;
    return RATE * g / (sqrt(m->square) + 1e-8);
}

/* The largest difference between the updates of `optimizer` and of `rule`, in units of the sum of all updates' sizes.
   All weights are zero before every step, so the gradient lies in the head's bias alone, is the target's alone, and the bias
   after the step is the update. */
static double worst_difference(const char *optimizer, double (*rule)(moments *, double))
{
    static const unroll_model_shape shape = {
        .inputs = 1, .outputs = OUTPUTS, .steps = 1, .batch = 1, .loss = "squared"};
    static const real zeros[OUTPUTS * OUTPUTS];
    moments of[OUTPUTS];
    double difference[OUTPUTS] = {0}, size[OUTPUTS] = {0}, worst = 0.0;
    int length = 1, bias;
    float x[1] = {1}, y[OUTPUTS];
    unroll_samples samples = {.length = &length, .x = x, .y = y};
    unroll_settings *settings = unroll_settings_new();
    unroll_model *model;
    unroll_settings_assign(settings, "model=rnn");
    unroll_settings_assign(settings, "hidden=2");
    unroll_settings_assign(settings, "lr=0.5");
    unroll_settings_assign(settings, "clip=0");
    unroll_settings_assign(settings, "alpha=0.999"); /* of which 1 - alpha loses as much in float as 1 - beta2 */
    unroll_settings_set(settings, "optimizer", optimizer);
    CU_ASSERT_EQUAL_FATAL(unroll_model_open(settings, &shape, &model).code, UNROLL_OK);
    bias = unroll_model_weight_count(model) - 1;
    for (int i = 0; i < OUTPUTS; i++)
        of[i] = (moments){0, 0, 1, 1};
    for (int t = 0; t < STEPS; t++) {
        real gradient[OUTPUTS], weight[OUTPUTS];
        for (int i = 0; i <= bias; i++)
            unroll_model_set_weight(model, i, zeros);
        for (int i = 0; i < OUTPUTS; i++)
            y[i] = made_up(t, i);
        unroll_model_pack(model, &samples, 1);
        unroll_model_gradient(model, NULL);
        unroll_model_get_gradient(model, bias, gradient);
        unroll_model_update(model);
        unroll_model_get_weight(model, bias, weight);
        for (int i = 0; i < OUTPUTS; i++) {
            double update = rule(&of[i], (double)gradient[i]);
            difference[i] += fabs((double)weight[i] + update);
            size[i] += fabs(update);
        }
    }
    for (int i = 0; i < OUTPUTS; i++) {
        CU_ASSERT(size[i] > 0.1 * RATE * STEPS);
        worst = test_worse(worst, difference[i] / size[i]);
    }
    unroll_model_close(model);
    unroll_settings_free(settings);
    return worst;
}

/* 1 - 0.999f is 1.3e-5 off: formed in float, it shifts every update by half of that. */
static void adam_stays_near_its_formula_in_double_for_100_steps(void)
{
    digest_register();
    CU_ASSERT(worst_difference("adam", adam) <= 1e-6);
}

static void rmsprop_stays_near_its_formula_in_double_for_100_steps(void)
{
    digest_register();
    CU_ASSERT(worst_difference("rmsprop", rmsprop) <= 1e-6);
}

const unroll_test tests_core_optimizer[] = {
    TEST(adam_stays_near_its_formula_in_double_for_100_steps),
    TEST(rmsprop_stays_near_its_formula_in_double_for_100_steps),
    {NULL, NULL},
};
