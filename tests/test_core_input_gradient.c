/* The gradient of the inputs against central differences, in the double build, for every registered cell. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "central.h"
#include "models.h"
#include "suite.h"

enum { MOST = 34, STEPS = 5 };

typedef struct gradient_case {
    const char *hidden, *layers;
    int inputs, size;
    int next; /* of the inputs that are varied, one in so many */
} gradient_case;

/* 80 units and 34 sequences are more than one micro-batch */
static const gradient_case cases[] = {{"5", "1", 3, 4, 1}, {"18", "2", 17, 3, 7}, {"80", "1", 2, MOST, 29}};

static double worst_difference(unroll_model *model, const gradient_case *c, const unroll_samples *samples)
{
    /* The inputs are floats: multiples of it, so that both of a difference are exact. Layer norm of a small input bends within
       hundredths of it: at a step of 2^-12 the difference was off by more than the gradient may be. */
    const double step = 0x1p-18;
    size_t count = (size_t)c->size * STEPS * (size_t)c->inputs;
    real *gradient = malloc(count * sizeof *gradient);
    double largest = 0, worst = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(gradient);
    unroll_model_pack(model, samples, c->size);
    central_trained_loss(model);
    unroll_model_get_input_gradient(model, gradient);
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs((double)gradient[i]));
    CU_ASSERT(largest > 1e-6);
    for (size_t i = 0; i < count; i += (size_t)c->next) {
        float kept = samples->x[i];
        double up, down;
        samples->x[i] = kept + (float)step;
        unroll_model_pack(model, samples, c->size);
        up = central_trained_loss(model);
        samples->x[i] = kept - (float)step;
        unroll_model_pack(model, samples, c->size);
        down = central_trained_loss(model);
        samples->x[i] = kept;
        worst = test_worse(worst, fabs((up - down) / (2 * step) - (double)gradient[i]) / largest);
    }
    free(gradient);
    return worst;
}

static void check_case(const gradient_case *c, const char *cell)
{
    unroll_model_shape shape = {.inputs = c->inputs, .outputs = 1, .steps = STEPS, .batch = c->size, .loss = "squared",
                                .input_gradient = true};
    int length[MOST];
    float x[MOST * STEPS * 2 + 3 * STEPS * 17], y[MOST];
    unroll_samples samples = {.length = length, .x = x, .y = y};
    unroll_random random = unroll_random_open(8, UNROLL_FOR_TEST, 0, 0);
    unroll_settings *settings = unroll_settings_new();
    unroll_model *model;
    unroll_settings_set(settings, "hidden", c->hidden);
    unroll_settings_set(settings, "layers", c->layers);
    digest_set_model(settings, cell);
    CU_ASSERT_EQUAL_FATAL(unroll_model_open(settings, &shape, &model).code, UNROLL_OK);
    for (int b = 0; b < c->size; b++) {
        length[b] = 1 + b * 3 % STEPS; /* what lies past an end has no gradient */
        y[b] = (float)unroll_random_uniform(&random);
    }
    for (int i = 0; i < c->size * STEPS * c->inputs; i++)
        x[i] = (float)(round((unroll_random_uniform(&random) * 2 - 1) * 0x1p12) * 0x1p-12);
    CU_ASSERT(worst_difference(model, c, &samples) < 1e-6);
    unroll_model_close(model);
    unroll_settings_free(settings);
}

static void the_gradient_of_the_inputs_matches_central_differences(void)
{
    digest_register();
    if (central_skips())
        return;
    for (int index = 0; digest_model(index) != NULL; index++)
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
            check_case(&cases[i], digest_model(index));
}

const unroll_test tests_core_input_gradient[] = {
    CELLS_TEST(the_gradient_of_the_inputs_matches_central_differences),
    {NULL, NULL},
};
