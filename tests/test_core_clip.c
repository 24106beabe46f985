/* Clipping: the gradient is multiplied by min(1, clip / (norm + 1e-6)), the factor of torch.nn.utils.clip_grad_norm_. */
#include <math.h>
#include <string.h>

#include "digest.h"
#include "suite.h"

/* By what the update multiplied the gradient, whose norm is *norm. All weights are zero, so the outputs are, too; the
   gradient lies in the head's bias alone and is as small as the target. With a rate of 1 the step is factor * gradient. */
static double factor_of(const char *clip, double *norm)
{
    static const unroll_model_shape shape = {.inputs = 1, .outputs = 1, .steps = 2, .batch = 1, .loss = "squared"};
    static const real zeros[16];
    int length = 2, bias;
    float x[2] = {1, 1}, y = 0.5e-6f;
    unroll_samples samples = {.length = &length, .x = x, .y = &y};
    real gradient = 0, weight = 0;
    unroll_settings *settings = unroll_settings_new();
    unroll_model *model;
    unroll_settings_assign(settings, "model=rnn");
    unroll_settings_assign(settings, "hidden=2");
    unroll_settings_assign(settings, "optimizer=sgd");
    unroll_settings_assign(settings, "lr=1");
    unroll_settings_set(settings, "clip", clip);
    CU_ASSERT_EQUAL_FATAL(unroll_model_open(settings, &shape, &model).code, UNROLL_OK);
    bias = unroll_model_weight_count(model) - 1;
    for (int i = 0; i <= bias; i++)
        unroll_model_set_weight(model, i, zeros);
    unroll_model_pack(model, &samples, 1);
    unroll_model_gradient(model, NULL);
    unroll_model_get_gradient(model, bias, &gradient);
    *norm = unroll_model_update(model);
    unroll_model_get_weight(model, bias, &weight);
    unroll_model_close(model);
    unroll_settings_free(settings);
    return -(double)weight / (double)gradient;
}

/* At a norm of 1 the 1e-6 drowns in the rounding of float; at a norm of 1e-6 it halves the factor. */
static void a_small_gradient_is_clipped_by_the_factor_of_pytorch(void)
{
    static const struct {
        const char *clip;
        double factor;
    } rows[] = {
        {"1e-07", 0.05},   /* clip / norm would be 0.1 */
        {"1.5e-06", 0.75}, /* larger than the norm, and yet it clips */
        {"4e-06", 1},
        {"0", 1}, /* off */
    };
    digest_register();
    for (int i = 0; i < 4; i++) {
        double norm = 0, factor = factor_of(rows[i].clip, &norm);
        CU_ASSERT_DOUBLE_EQUAL(norm, 1e-6, 1e-11);
        CU_ASSERT_DOUBLE_EQUAL(factor, rows[i].factor, 1e-5);
    }
}

const unroll_test tests_core_clip[] = {
    TEST(a_small_gradient_is_clipped_by_the_factor_of_pytorch),
    {NULL, NULL},
};
