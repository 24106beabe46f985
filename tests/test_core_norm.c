/* Layer norm inside cells (norm=layer): who takes it, its weights and how they start, what does not change what it gives. Its
   values and gradients are held against PyTorch's in test_core_golden.c. */
#include <math.h>
#include <string.h>

#include "models.h"
#include "model/network.h"
#include "suite.h"

enum { INPUTS = 3, HIDDEN = 18, STEPS = 6, BATCH = 3, ROWS = STEPS * BATCH };

static const unroll_model_shape shape = {.inputs = INPUTS, .outputs = 1, .steps = STEPS, .batch = BATCH,
                                         .answer = UNROLL_AT_EVERY, .loss = "squared"};

static unroll_status open_model(const char *settings_of, unroll_model **model)
{
    unroll_settings *settings = unroll_settings_new();
    unroll_status status;
    digest_register();
    unroll_settings_set(settings, "hidden", "18");
    digest_set_model(settings, settings_of);
    status = unroll_model_open(settings, &shape, model);
    unroll_settings_free(settings);
    return status;
}

static unroll_model *model_of(const char *settings)
{
    unroll_model *model = NULL;
    CU_ASSERT_EQUAL_FATAL(open_model(settings, &model).code, UNROLL_OK);
    return model;
}

static void a_cell_without_a_product_to_be_normed_refuses_in_one_sentence(void)
{
    unroll_model *model = NULL;
    unroll_status status = open_model("mingru norm=layer", &model);
    CU_ASSERT_EQUAL(status.code, UNROLL_WRONG);
    CU_ASSERT_STRING_EQUAL(status.text, "norm=layer: the cell mingru has no recurrent product to be normed");
    CU_ASSERT_PTR_NULL(model);
    status = open_model("mgu norm=layer", &model);
    CU_ASSERT_EQUAL(status.code, UNROLL_WRONG);
    CU_ASSERT_STRING_EQUAL(status.text, "norm=layer: the cell mgu has a second product within a step, which is not normed");
    CU_ASSERT_PTR_NULL(model);
}

static int index_of(const unroll_model *model, const char *name, unroll_weight *weight)
{
    for (int i = 0; i < unroll_model_weight_count(model); i++) {
        unroll_model_weight_at(model, i, weight);
        if (strcmp(weight->name, name) == 0)
            return i;
    }
    return -1;
}

/* all values of a vector of `count` are `value` */
static void check_vector(const unroll_model *model, const char *name, int count, real value)
{
    real values[4 * HIDDEN];
    unroll_weight weight;
    int index = index_of(model, name, &weight);
    CU_ASSERT_TRUE_FATAL(index >= 0 && weight.rows == count && weight.columns == 0);
    unroll_model_get_weight(model, index, values);
    for (int i = 0; i < count; i++)
        CU_ASSERT_EQUAL(values[i], value);
}

static void weights_of_the_norm_start_at_one_and_biases_at_zero(void)
{
    static const char *const inits[] = {"init=pytorch", "init=orthogonal"};
    for (int i = 0; i < 2; i++) {
        char settings[64];
        unroll_model *model;
        unroll_weight weight;
        snprintf(settings, sizeof settings, "lstm norm=layer %s", inits[i]);
        model = model_of(settings);
        check_vector(model, "rnn.weight_norm_ih_l0", 4 * HIDDEN, 1);
        check_vector(model, "rnn.weight_norm_hh_l0", 4 * HIDDEN, 1);
        check_vector(model, "rnn.weight_norm_c_l0", HIDDEN, 1);
        check_vector(model, "rnn.bias_norm_c_l0", HIDDEN, 0);
        check_vector(model, "rnn.bias_ih_l0", 4 * HIDDEN, 0);
        check_vector(model, "rnn.bias_hh_l0", 4 * HIDDEN, 0);
        unroll_model_close(model);
        snprintf(settings, sizeof settings, "gru norm=layer %s", inits[i]);
        model = model_of(settings);
        check_vector(model, "rnn.weight_norm_ih_l0", 3 * HIDDEN, 1);
        check_vector(model, "rnn.weight_norm_hh_l0", 3 * HIDDEN, 1);
        CU_ASSERT_EQUAL(index_of(model, "rnn.weight_norm_h_l0", &weight), -1);
        unroll_model_close(model);
    }
}

static void without_the_norm_there_is_no_weight_of_it(void)
{
    unroll_model *plain = model_of("lstm"), *normed = model_of("lstm norm=layer");
    CU_ASSERT_EQUAL(unroll_model_weight_count(normed), unroll_model_weight_count(plain) + 4);
    unroll_model_close(plain);
    unroll_model_close(normed);
}

/* the outputs with the weights of one product, gates first..end - 1 of each, times `factor` */
static void outputs(const char *settings, const char *name, int first, int end, real factor, real y[ROWS])
{
    static real values[4 * HIDDEN * HIDDEN];
    real x[ROWS * INPUTS];
    unroll_random random = unroll_random_open(4, UNROLL_FOR_TEST, 0, 0);
    unroll_model *model = model_of(settings);
    unroll_weight weight;
    int index = index_of(model, name, &weight);
    unroll_forward io = {.size = BATCH, .steps = STEPS, .x = x, .y = y};
    CU_ASSERT_TRUE_FATAL(index >= 0);
    unroll_model_get_weight(model, index, values);
    for (int i = first * HIDDEN * weight.columns; i < end * HIDDEN * weight.columns; i++)
        values[i] *= factor;
    unroll_model_set_weight(model, index, values);
    for (int i = 0; i < ROWS * INPUTS; i++)
        x[i] = (real)(10 * (1 + unroll_random_uniform(&random)));
    unroll_model_forward(model, &io);
    unroll_model_close(model);
}

static double apart(const real a[ROWS], const real b[ROWS])
{
    double most = 0;
    for (int i = 0; i < ROWS; i++)
        most = fmax(most, fabs((double)a[i] - (double)b[i]));
    return most;
}

/* Twice a product is normed to the same, but for epsilon: where all gates that one norm takes are doubled, of a product whose
   variance is far above it. */
static void a_product_is_normed_over_the_gates_together_and_the_one_that_stays_apart_by_itself(void)
{
    static const struct {
        const char *settings;
        int first, end; /* gates in PyTorch's order */
        bool same;
    } cases[] = {{"lstm norm=layer", 0, 4, true}, {"lstm norm=layer", 0, 1, false}, {"lstm", 0, 4, false},
                 {"gru norm=layer", 0, 3, true},  {"gru norm=layer", 0, 2, true},   {"gru norm=layer", 2, 3, true},
                 {"gru norm=layer", 0, 1, false}, {"rnn norm=layer", 0, 1, true},   {"rnn", 0, 1, false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        real once[ROWS], twice[ROWS];
        outputs(cases[i].settings, "rnn.weight_ih_l0", 0, 0, 1, once);
        outputs(cases[i].settings, "rnn.weight_ih_l0", cases[i].first, cases[i].end, 2, twice);
        CU_ASSERT_EQUAL(apart(once, twice) < 1e-5, cases[i].same);
    }
}

const unroll_test tests_core_norm[] = {
    TEST(a_cell_without_a_product_to_be_normed_refuses_in_one_sentence),
    TEST(weights_of_the_norm_start_at_one_and_biases_at_zero),
    TEST(without_the_norm_there_is_no_weight_of_it),
    TEST(a_product_is_normed_over_the_gates_together_and_the_one_that_stays_apart_by_itself),
    {NULL, NULL},
};
