/* Streaming with weights in 16 and 8 bits: near the float result, and the same bits on every instruction set. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models.h"
#include "suite.h"

enum { STEPS = 6, BATCH = 2 };

/* outputs y (STEPS, BATCH) of one head output */
static void stream(const char *isa, const char *cell, int hidden, const char *form, const char *layers, real *y)
{
    int inputs = hidden < 17 ? hidden + 1 : 17;
    unroll_model_shape shape = {
        .inputs = inputs, .outputs = 1, .steps = STEPS, .batch = BATCH, .answer = UNROLL_AT_EVERY, .loss = "squared"};
    unroll_settings *settings = unroll_settings_new();
    unroll_random random = unroll_random_open(7, UNROLL_FOR_TEST, 0, 0);
    real *x = malloc((size_t)(BATCH * inputs) * sizeof *x);
    unroll_model *model = NULL;
    char text[16];
    snprintf(text, sizeof text, "%d", hidden);
    unroll_settings_set(settings, "hidden", text);
    unroll_settings_set(settings, "isa", isa);
    unroll_settings_set(settings, "layers", layers);
    unroll_settings_set(settings, "weights", form);
    digest_set_model(settings, cell);
    CU_ASSERT_EQUAL_FATAL(unroll_model_open(settings, &shape, &model).code, UNROLL_OK);
    for (int t = 0; t < STEPS; t++) {
        for (int i = 0; i < BATCH * inputs; i++)
            x[i] = (real)(2 * unroll_random_uniform(&random) - 1);
        unroll_model_step(model, BATCH, x, NULL, y + t * BATCH);
    }
    unroll_model_close(model);
    unroll_settings_free(settings);
    free(x);
}

static double rms(const real *a, const real *b)
{
    double sum = 0;
    for (int i = 0; i < STEPS * BATCH; i++)
        sum += ((double)a[i] - (double)(b != NULL ? b[i] : 0)) * ((double)a[i] - (double)(b != NULL ? b[i] : 0));
    return sqrt(sum / (STEPS * BATCH));
}

static void small_weights_are_near_the_float_ones_and_the_same_on_every_instruction_set(void)
{
    static const int hidden[] = {1, 3, 17, 63, 65, 127, 129, 500};
    static const char *const forms[] = {"bf16", "int8"};
    static const double most[] = {0.01, 0.02}; /* of the outputs' size */
    digest_register();
    for (int index = 0; digest_model(index) != NULL && digest_is_cell(digest_model(index)); index++)
        for (int size = 0; size < 8; size++)
            for (int form = 0; form < 2; form++) {
                const char *name = digest_model(index), *layers = size < 5 ? "2" : "1";
                double larger = strstr(name, "norm=layer") != NULL ? 3 : 1; /* norm divides by small deviations: of a few units, say */
                real plain[STEPS * BATCH], first[STEPS * BATCH], other[STEPS * BATCH];
                stream("auto", name, hidden[size], "float", layers, plain);
                stream("auto", name, hidden[size], forms[form], layers, first);
                CU_ASSERT(hidden[size] == 1 || memcmp(plain, first, sizeof plain) != 0); /* one rectified unit may be silent */
                CU_ASSERT(rms(plain, first) < most[form] * larger * rms(plain, NULL));
                for (int i = 0; i < unroll_isa_count; i++) {
                    if (!unroll_isas[i].supported())
                        continue;
                    stream(unroll_isas[i].name, name, hidden[size], forms[form], layers, other);
                    CU_ASSERT(memcmp(first, other, sizeof first) == 0);
                }
            }
}

const unroll_test tests_core_stream[] = {
    CELLS_TEST(small_weights_are_near_the_float_ones_and_the_same_on_every_instruction_set),
    {NULL, NULL},
};
