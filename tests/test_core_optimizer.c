/* Adam and RMSprop against their formulas in double, Adam with decay against PyTorch's AdamW. */
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

typedef struct small {
    unroll_settings *settings;
    unroll_model *model;
} small;

static small open_small(const char *const *assignments, const unroll_model_shape *shape)
{
    small opened;
    digest_register();
    opened.settings = unroll_settings_new();
    for (; *assignments != NULL; assignments++)
        CU_ASSERT_EQUAL_FATAL(unroll_settings_assign(opened.settings, *assignments).code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(unroll_model_open(opened.settings, shape, &opened.model).code, UNROLL_OK);
    return opened;
}

static void close_small(small *opened)
{
    unroll_model_close(opened->model);
    unroll_settings_free(opened->settings);
}

/* The largest difference of the head's bias from what torch.optim.SGD makes of its gradients, in ten steps. */
static double sgd_difference(const char *assignment, double momentum)
{
    const char *const assignments[] = {"model=rnn", "hidden=2", "optimizer=sgd", "lr=0.5", "clip=0", assignment, NULL};
    static const unroll_model_shape shape = {.inputs = 1, .outputs = 4, .steps = 1, .batch = 1, .loss = "squared"};
    float x[1] = {1}, y[4];
    double moment[4] = {0}, worst = 0.0;
    int length = 1;
    unroll_samples samples = {.length = &length, .x = x, .y = y};
    small s = open_small(assignments, &shape);
    int bias = unroll_model_weight_count(s.model) - 1;
    for (int t = 0; t < 10; t++) {
        real before[4], gradient[4], after[4];
        for (int i = 0; i < 4; i++)
            y[i] = (float)((t + i) % 3 - 1);
        unroll_model_get_weight(s.model, bias, before);
        unroll_model_pack(s.model, &samples, 1);
        unroll_model_gradient(s.model, NULL);
        unroll_model_get_gradient(s.model, bias, gradient);
        unroll_model_update(s.model);
        unroll_model_get_weight(s.model, bias, after);
        for (int i = 0; i < 4; i++) {
            moment[i] = momentum * moment[i] + (double)gradient[i];
            worst = test_worse(worst, fabs((double)after[i] - ((double)before[i] - 0.5 * moment[i])));
        }
    }
    close_small(&s);
    return worst;
}

static void sgd_follows_the_gradient_and_with_momentum_what_is_left_of_those_before(void)
{
    CU_ASSERT(sgd_difference("momentum=0", 0.0) < 1e-6);
    CU_ASSERT(sgd_difference("momentum=0.9", 0.9) < 1e-6);
}

/* The gradients of tests/golden/optimizer.py, step t. */
static void golden_gradient(int t, double g[4])
{
    g[0] = 0.5 * cos(t);
    g[1] = 0.02;
    g[2] = 0.125 * (t - 3);
    g[3] = -0.25;
}

/* All weights but the head's bias are zero before every step, and the target is as far from the bias as makes the gradient. */
static void adam_with_decay_is_pytorchs_adamw(void)
{
    static const double golden[][4] = {
#include "golden/adamw.inc"
    };
    static const char *const assignments[] = {"model=rnn", "hidden=2", "lr=0.01", "clip=0", "decay=0.3", NULL};
    static const unroll_model_shape shape = {.inputs = 1, .outputs = 4, .steps = 1, .batch = 1, .loss = "squared"};
    static const real zeros[16], start[4] = {1, -0.5, 0.25, 2};
    float x[1] = {1}, y[4];
    int length = 1;
    unroll_samples samples = {.length = &length, .x = x, .y = y};
    small s = open_small(assignments, &shape);
    int bias = unroll_model_weight_count(s.model) - 1;
    double worst = 0.0;
    unroll_model_set_weight(s.model, bias, start);
    for (int t = 0; t < (int)(sizeof golden / sizeof golden[0]); t++) {
        real weight[4];
        double g[4];
        for (int i = 0; i < bias; i++)
            unroll_model_set_weight(s.model, i, zeros);
        golden_gradient(t, g);
        unroll_model_get_weight(s.model, bias, weight);
        for (int i = 0; i < 4; i++)
            y[i] = (float)((double)weight[i] - 2.0 * g[i]);
        unroll_model_pack(s.model, &samples, 1);
        unroll_model_gradient(s.model, NULL);
        unroll_model_update(s.model);
        unroll_model_get_weight(s.model, bias, weight);
        for (int i = 0; i < 4; i++)
            worst = test_worse(worst, fabs((double)weight[i] - golden[t][i]));
    }
    CU_ASSERT(worst < 1e-6); /* targets are floats, in the double build, too */
    close_small(&s);
}

/* The largest difference of an embedding's row 2, which never occurs, from `share` of what it was before ten steps. */
static double unseen_row(const char *decay, double share)
{
    const char *const assignments[] = {"model=rnn", "hidden=3", "embedding=5", "lr=0.1", decay, NULL};
    static const unroll_model_shape shape = {.symbols = 3, .outputs = 2, .steps = 1, .batch = 1, .loss = "squared"};
    float y[2] = {1, -1};
    int length = 1, symbol = 1;
    unroll_samples samples = {.length = &length, .symbol = &symbol, .y = y};
    small s = open_small(assignments, &shape);
    real before[15], after[15];
    unroll_weight weight;
    double worst = 0.0;
    unroll_model_weight_at(s.model, 0, &weight);
    CU_ASSERT_FATAL(weight.rows == 3 && weight.columns == 5);
    unroll_model_get_weight(s.model, 0, before);
    for (int t = 0; t < 10; t++) {
        unroll_model_pack(s.model, &samples, 1);
        unroll_model_gradient(s.model, NULL);
        unroll_model_update(s.model);
    }
    unroll_model_get_weight(s.model, 0, after);
    CU_ASSERT_NOT_EQUAL(before[5], after[5]); /* row 1 has learned */
    for (int i = 10; i < 15; i++)
        worst = test_worse(worst, fabs((double)after[i] - share * (double)before[i]));
    close_small(&s);
    return worst;
}

static void decay_reaches_the_rows_of_an_embedding_that_do_not_occur(void)
{
    CU_ASSERT(unseen_row("decay=0.5", pow(1.0 - 0.1 * 0.5, 10)) < 1e-6);
    CU_ASSERT_EQUAL(unseen_row("decay=0", 1.0), 0.0);
}

static void decay_without_adam_is_refused(void)
{
    static const char *const optimizers[] = {"sgd", "rmsprop"};
    static const unroll_model_shape shape = {.inputs = 1, .outputs = 1, .steps = 1, .batch = 1, .loss = "squared"};
    digest_register();
    for (int i = 0; i < 2; i++) {
        unroll_settings *settings = unroll_settings_new();
        unroll_model *model;
        unroll_status status;
        unroll_settings_set(settings, "optimizer", optimizers[i]);
        unroll_settings_set(settings, "decay", "0.1");
        status = unroll_model_open(settings, &shape, &model);
        CU_ASSERT_EQUAL(status.code, UNROLL_WRONG);
        CU_ASSERT_PTR_NOT_NULL(strstr(status.text, "decay=0.1 is AdamW's: it needs optimizer=adam, not "));
        unroll_settings_free(settings);
    }
}

const unroll_test tests_core_optimizer[] = {
    TEST(adam_stays_near_its_formula_in_double_for_100_steps),
    TEST(sgd_follows_the_gradient_and_with_momentum_what_is_left_of_those_before),
    TEST(rmsprop_stays_near_its_formula_in_double_for_100_steps),
    TEST(adam_with_decay_is_pytorchs_adamw),
    TEST(decay_reaches_the_rows_of_an_embedding_that_do_not_occur),
    TEST(decay_without_adam_is_refused),
    {NULL, NULL},
};
