/* What theory says of the recurrences without a recurrent product: impulse responses, states that are kept, where they start. */
#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "suite.h"

enum { STEPS = 40, HIDDEN = 22, MOST_ROWS = 3 * HIDDEN };

#ifdef UNROLL_DOUBLE
static const double tolerance = 1e-13;
#else
static const double tolerance = 4e-6;
#endif

/* one sequence of one number a step through one layer */
static unroll_model *open_model(const char *words)
{
    static const unroll_model_shape shape = {
        .inputs = 1, .outputs = 1, .steps = STEPS, .batch = 1, .answer = UNROLL_AT_EVERY, .loss = "squared"};
    unroll_settings *settings = unroll_settings_new();
    unroll_model *model = NULL;
    char hidden[16];
    digest_register();
    snprintf(hidden, sizeof hidden, "%d", HIDDEN);
    unroll_settings_set(settings, "hidden", hidden);
    digest_set_model(settings, words);
    CU_ASSERT_EQUAL_FATAL(unroll_model_open(settings, &shape, &model).code, UNROLL_OK);
    unroll_settings_free(settings);
    return model;
}

static int find_weight(const unroll_model *model, const char *name)
{
    for (int i = 0; i < unroll_model_weight_count(model); i++) {
        unroll_weight weight;
        unroll_model_weight_at(model, i, &weight);
        if (strcmp(weight.name, name) == 0)
            return i;
    }
    CU_FAIL_FATAL("there is no weight of that name");
    return -1;
}

/* a vector, or a matrix of one column */
static void get_weight(const unroll_model *model, const char *name, real *value)
{
    unroll_model_get_weight(model, find_weight(model, name), value);
}

/* values first..first + HIDDEN - 1 of one */
static void fill_weight(unroll_model *model, const char *name, int first, real value)
{
    real values[MOST_ROWS];
    int index = find_weight(model, name);
    unroll_model_get_weight(model, index, values);
    for (int i = first; i < first + HIDDEN; i++)
        values[i] = value;
    unroll_model_set_weight(model, index, values);
}

/* states (STEPS, HIDDEN) after each step of x */
static void states_of(unroll_model *model, const real *x, const real *initial, real *h)
{
    unroll_forward io = {.size = 1, .steps = STEPS, .x = x, .hidden = h, .initial = initial};
    unroll_model_forward(model, &io);
}

static void the_impulse_response_of_the_lru_is_the_powers_of_lambda(void)
{
    unroll_model *model = open_model("lru lru_r_min=0.5 lru_r_max=0.99");
    real x[STEPS] = {1}, h[STEPS * HIDDEN], nu[HIDDEN / 2], theta[HIDDEN / 2], gamma[HIDDEN / 2], b[HIDDEN];
    fill_weight(model, "rnn.bias_ih_l0", 0, 0);
    get_weight(model, "rnn.nu_l0", nu);
    get_weight(model, "rnn.theta_l0", theta);
    get_weight(model, "rnn.gamma_l0", gamma);
    get_weight(model, "rnn.weight_ih_l0", b);
    states_of(model, x, NULL, h);
    for (int u = 0; u < HIDDEN / 2; u++) {
        double complex lambda = cexp(-exp((double)nu[u]) + I * exp((double)theta[u]));
        double complex state = exp((double)gamma[u]) * ((double)b[2 * u] + I * (double)b[2 * u + 1]);
        for (int t = 0; t < STEPS; t++, state *= lambda) {
            CU_ASSERT_DOUBLE_EQUAL(h[t * HIDDEN + 2 * u], creal(state), tolerance);
            CU_ASSERT_DOUBLE_EQUAL(h[t * HIDDEN + 2 * u + 1], cimag(state), tolerance);
        }
    }
    unroll_model_close(model);
}

static void the_lru_starts_on_its_ring_with_states_of_equal_size(void)
{
    unroll_model *model = open_model("lru lru_r_min=0.8 lru_r_max=0.9 lru_phase=0.5");
    real nu[HIDDEN / 2], theta[HIDDEN / 2], gamma[HIDDEN / 2];
    double least = 1, most = 0, phase = 0;
    get_weight(model, "rnn.nu_l0", nu);
    get_weight(model, "rnn.theta_l0", theta);
    get_weight(model, "rnn.gamma_l0", gamma);
    for (int u = 0; u < HIDDEN / 2; u++) {
        double size = exp(-exp((double)nu[u]));
        least = fmin(least, size);
        most = fmax(most, size);
        phase = fmax(phase, exp((double)theta[u]));
        CU_ASSERT_DOUBLE_EQUAL(exp((double)gamma[u]), sqrt(1 - size * size), 1e-6);
    }
    CU_ASSERT(least >= 0.8 - 1e-6 && least < 0.84 && most <= 0.9 + 1e-6 && most > 0.86);
    CU_ASSERT(phase > 0.3 && phase <= 0.5 + 1e-6);
    unroll_model_close(model);
    model = open_model("lru lru_r_min=1 lru_r_max=1"); /* gamma is not 0 there */
    get_weight(model, "rnn.gamma_l0", gamma);
    get_weight(model, "rnn.nu_l0", nu);
    for (int u = 0; u < HIDDEN / 2; u++)
        CU_ASSERT(isfinite((double)gamma[u]) && isfinite((double)nu[u]) && exp((double)gamma[u]) > 1e-4);
    unroll_model_close(model);
}

static void saturated_gates_keep_the_minlstms_state_or_replace_it(void)
{
    static const struct {
        real f, i;    /* pre-activations: biases alone */
        double share; /* of the state before, f / (f + i) */
    } cases[] = {{200, -200, 1}, {-200, 200, 0}, {40, 40, 0.5}, {-200, -200, 0.5},
                 {-200, -199, 1 / (1 + 2.718281828459045)}, {0, -300, 1}};
    real x[STEPS] = {0}, h[STEPS * HIDDEN], initial[HIDDEN];
    for (int u = 0; u < HIDDEN; u++)
        initial[u] = (real)(0.25 * u - 2);
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        unroll_model *model = open_model("minlstm");
        fill_weight(model, "rnn.bias_ih_l0", 0, cases[c].f);
        fill_weight(model, "rnn.bias_ih_l0", HIDDEN, cases[c].i);
        fill_weight(model, "rnn.bias_ih_l0", 2 * HIDDEN, 1); /* g = 1.5 */
        states_of(model, x, initial, h);
        for (int u = 0; u < HIDDEN; u++)
            for (int t = 0; t < STEPS; t++) {
                double share = pow(cases[c].share, t + 1);
                CU_ASSERT_DOUBLE_EQUAL(h[t * HIDDEN + u], share * (double)initial[u] + (1 - share) * 1.5, 10 * tolerance);
            }
        unroll_model_close(model);
    }
}

static void the_indrnn_forgets_at_the_rate_of_its_weight(void)
{
    real x[STEPS] = {0}, h[STEPS * HIDDEN], initial[HIDDEN], u[HIDDEN];
    unroll_model *model = open_model("indrnn");
    fill_weight(model, "rnn.bias_ih_l0", 0, 0);
    get_weight(model, "rnn.weight_u_l0", u);
    for (int k = 0; k < HIDDEN; k++) {
        initial[k] = k % 3 == 0 ? -1 : 1;
        CU_ASSERT(u[k] >= 0 && u[k] < 1);
        CU_ASSERT(k == 0 || u[k] != u[k - 1]);
    }
    states_of(model, x, initial, h);
    for (int k = 0; k < HIDDEN; k++)
        for (int t = 0; t < STEPS; t++)
            CU_ASSERT_DOUBLE_EQUAL(h[t * HIDDEN + k], k % 3 == 0 ? 0 : pow((double)u[k], t + 1), tolerance);
    unroll_model_close(model);
}

static void an_odd_width_of_complex_units_is_one_sentence(void)
{
    static const unroll_model_shape shape = {.inputs = 2, .outputs = 1, .steps = 5, .batch = 3, .loss = "squared"};
    unroll_settings *settings;
    unroll_model *model = NULL;
    unroll_status status;
    digest_register();
    settings = unroll_settings_new();
    digest_set_model(settings, "lru");
    unroll_settings_set(settings, "hidden", "7");
    status = unroll_model_open(settings, &shape, &model);
    CU_ASSERT_EQUAL(status.code, UNROLL_WRONG);
    CU_ASSERT_STRING_EQUAL(status.text,
                           "hidden=7: a unit of the cell lru is 2 of the layer's, so hidden must be a multiple of 2");
    CU_ASSERT_PTR_NULL(model);
    unroll_settings_free(settings);
}

const unroll_test tests_core_today[] = {
    TEST(the_impulse_response_of_the_lru_is_the_powers_of_lambda),
    TEST(the_lru_starts_on_its_ring_with_states_of_equal_size),
    TEST(saturated_gates_keep_the_minlstms_state_or_replace_it),
    TEST(the_indrnn_forgets_at_the_rate_of_its_weight),
    TEST(an_odd_width_of_complex_units_is_one_sentence),
    {NULL, NULL},
};
