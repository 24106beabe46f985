/* Cells of which parts are taken away, or to which peepholes are added: every combination of the settings, what they count, and
   how their gates start. Values and gradients are held against PyTorch's in test_core_golden.c. */
#include <math.h>
#include <string.h>

#include "central.h"
#include "layers/recurrent.h"
#include "model/view.h"
#include "models.h"

enum { INPUTS = 3, STEPS = 5, BATCH = 3 };

static unroll_model *open_with(const char *model, const char *hidden)
{
    unroll_model_shape shape = {.inputs = INPUTS, .outputs = 2, .steps = STEPS, .batch = BATCH, .answer = UNROLL_AT_EVERY,
                                .loss = "squared"};
    unroll_settings *settings = unroll_settings_new();
    unroll_model *opened = NULL;
    unroll_settings_set(settings, "hidden", hidden);
    unroll_settings_set(settings, "seed", "5");
    digest_set_model(settings, model);
    CU_ASSERT_EQUAL_FATAL(unroll_model_open(settings, &shape, &opened).code, UNROLL_OK);
    unroll_settings_free(settings);
    return opened;
}

/* ---- every combination ---- */

static const char *const lstm_gates[] = {"all", "coupled", "no_input", "no_forget", "no_output"};
static const char *const answers[] = {"no", "yes"};

typedef struct batch {
    int length[BATCH];
    float x[BATCH * STEPS * INPUTS], y[BATCH * STEPS * 2];
} batch;

static void pack_made(unroll_model *model, batch *b)
{
    static const int lengths[BATCH] = {4, 2, 5};
    unroll_samples samples = {.length = b->length, .x = b->x, .y = b->y};
    unroll_random random = unroll_random_open(6, UNROLL_FOR_TEST, 0, 0);
    memcpy(b->length, lengths, sizeof lengths);
    for (int i = 0; i < BATCH * STEPS * INPUTS; i++)
        b->x[i] = (float)(2 * unroll_random_uniform(&random) - 1);
    for (int i = 0; i < BATCH * STEPS * 2; i++)
        b->y[i] = (float)unroll_random_uniform(&random);
    unroll_model_pack(model, &samples, BATCH);
}

static void check_gradient(const char *model)
{
    batch b;
    unroll_model *opened = open_with(model, "5");
    pack_made(opened, &b);
    central_check_weights(model, opened);
    unroll_model_close(opened);
}

static void lstm_gradients_match_central_differences_with_whatever_is_taken_away(void)
{
    digest_register();
    if (central_skips())
        return;
    for (int i = 0; i < 20; i++) {
        char model[96];
        snprintf(model, sizeof model, "lstm lstm_gates=%s peepholes=%s output_activation=%s", lstm_gates[i / 4],
                 answers[i / 2 % 2], i % 2 == 0 ? "tanh" : "none");
        check_gradient(model);
    }
}

static void gru_gradients_match_central_differences_with_whatever_is_taken_away(void)
{
    digest_register();
    if (central_skips())
        return;
    for (int i = 0; i < 6; i++) {
        static const char *const resets[] = {"after", "before", "none"};
        char model[96];
        snprintf(model, sizeof model, "gru reset=%s update_gate=%s", resets[i / 2], answers[i % 2]);
        check_gradient(model);
    }
}

/* The gradient of the cell, which a view takes apart from backward: that of f's pre-activation is it times c f (1 - f). */
static void the_cells_gradient_goes_with_that_of_its_forget_gate(void)
{
    enum { HIDDEN = 5 };
    static real c[BATCH * STEPS * HIDDEN], f[BATCH * STEPS * HIDDEN], d_c[BATCH * STEPS * HIDDEN], d_f[BATCH * STEPS * HIDDEN];
    static const char *const models[] = {"lstm", "lstm peepholes=yes", "lstm lstm_gates=no_input peepholes=yes",
                                         "lstm output_activation=none peepholes=yes",
                                         "lstm lstm_gates=no_output output_activation=none peepholes=yes"};
    digest_register();
    for (int m = 0; m < 5; m++) {
        unroll_model *model = open_with(models[m], "5");
        double off = 0, most = 0;
        batch b;
        CU_ASSERT_EQUAL(unroll_model_view(model, "rnn.c_l0", c).code, UNROLL_OK);
        CU_ASSERT_EQUAL(unroll_model_view(model, "rnn.f_l0", f).code, UNROLL_OK);
        CU_ASSERT_EQUAL(unroll_model_view(model, "rnn.d_c_l0", d_c).code, UNROLL_OK);
        CU_ASSERT_EQUAL(unroll_model_view(model, "rnn.d_f_l0", d_f).code, UNROLL_OK);
        pack_made(model, &b);
        unroll_model_gradient(model, NULL);
        for (int i = 0; i < BATCH * STEPS * HIDDEN; i++) {
            int t = i / HIDDEN % STEPS;
            double wanted;
            if (t == 0 || t >= b.length[i / HIDDEN / STEPS])
                continue;
            wanted = (double)d_c[i] * (double)c[i - HIDDEN] * (double)f[i] * (1 - (double)f[i]);
            most = fmax(most, fabs(wanted));
            off = test_worse(off, fabs(wanted - (double)d_f[i]));
        }
        CU_ASSERT(most > 0 && off <= 1e-5 * most);
        unroll_model_close(model);
    }
}

/* ---- counts ---- */

static int64_t cell_parameters(const char *model, int inputs, int hidden)
{
    unroll_settings *settings = unroll_settings_new();
    unroll_recurrent_options options = {.hidden = hidden};
    unroll_graph graph;
    int64_t parameters;
    int top;
    digest_set_model(settings, model);
    options.cell = unroll_text(settings, "model");
    unroll_graph_open(&graph, settings, unroll_isa_now(), false);
    CU_ASSERT_EQUAL_FATAL(unroll_add_input(&graph, UNROLL_SOURCE, inputs, 0, &top).code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(unroll_add_recurrent(&graph, "rnn", top, -1, &options, &top).code, UNROLL_OK);
    parameters = unroll_graph_parameters(&graph);
    unroll_graph_close(&graph);
    unroll_settings_free(settings);
    return parameters;
}

/* Chung et al., 2014: Empirical evaluation of gated recurrent neural networks on sequence modeling, arXiv 1412.3555: three models
   of about 168,000 parameters over twenty inputs; each unit's bias is one. */
static void cells_of_a_paper_have_its_numbers_of_parameters(void)
{
    digest_register();
    CU_ASSERT_EQUAL(cell_parameters("lstm bias=one peepholes=yes", 20, 195), 169065);
    CU_ASSERT_EQUAL(cell_parameters("gru bias=one", 20, 227), 168888);
    CU_ASSERT_EQUAL(cell_parameters("rnn bias=one", 20, 400), 168400);
}

static void a_gate_that_is_taken_away_counts_nothing(void)
{
    enum { I = 7, H = 18, GATE = H * (I + H + 2) };
    digest_register();
    for (int i = 0; i < 10; i++) {
        char model[96];
        int peepholes = i % 2, gates = i / 2 == 0 ? 4 : 3;
        snprintf(model, sizeof model, "lstm lstm_gates=%s peepholes=%s", lstm_gates[i / 2], answers[peepholes]);
        CU_ASSERT_EQUAL(cell_parameters(model, I, H), gates * GATE + peepholes * (gates - 1) * H);
    }
    CU_ASSERT_EQUAL(cell_parameters("lstm output_activation=none", I, H), 4 * GATE);
    CU_ASSERT_EQUAL(cell_parameters("gru", I, H), 3 * GATE);
    CU_ASSERT_EQUAL(cell_parameters("gru reset=none", I, H), 2 * GATE);
    CU_ASSERT_EQUAL(cell_parameters("gru reset=before", I, H), 3 * GATE);
    CU_ASSERT_EQUAL(cell_parameters("gru update_gate=no", I, H), 2 * GATE);
    CU_ASSERT_EQUAL(cell_parameters("gru reset=none update_gate=no", I, H), GATE);
}

/* ---- how gates start ---- */

enum { UNITS = 200, MOST_GATES = 4, MOST = 2 * MOST_GATES * UNITS * UNITS };

/* values of a weight of the first layer, *count of them; false: there is none of that name */
static bool weight_of(const unroll_model *model, const char *name, real values[MOST], int *count)
{
    for (int i = 0; i < unroll_model_weight_count(model); i++) {
        unroll_weight weight;
        unroll_model_weight_at(model, i, &weight);
        if (strcmp(weight.name, name) != 0)
            continue;
        *count = weight.rows * (weight.columns == 0 ? 1 : weight.columns);
        CU_ASSERT_FATAL(*count <= MOST);
        unroll_model_get_weight(model, i, values);
        return true;
    }
    return false;
}

static void the_forget_bias_stands_at_the_forget_gate_wherever_that_is(void)
{
    static const char *const models[] = {"lstm", "lstm lstm_gates=coupled", "lstm lstm_gates=no_input",
                                         "lstm lstm_gates=no_output"};
    static const int place[] = {1, 0, 0, 1};
    static real plain[MOST], more[MOST];
    digest_register();
    for (int m = 0; m < 4; m++) {
        char with[96];
        unroll_model *a = open_with(models[m], "5"), *b;
        int count = 0;
        snprintf(with, sizeof with, "%s forget_bias=3", models[m]);
        b = open_with(with, "5");
        CU_ASSERT_FATAL(weight_of(a, "rnn.bias_ih_l0", plain, &count) && weight_of(b, "rnn.bias_ih_l0", more, &count));
        for (int i = 0; i < count; i++)
            CU_ASSERT_DOUBLE_EQUAL(more[i] - plain[i], i / 5 == place[m] ? 3 : 0, 1e-6);
        unroll_model_close(a);
        unroll_model_close(b);
    }
}

typedef struct chrono_case {
    const char *model;
    int keeps, lets_in; /* places of such gates among the biases; -1: there is none */
} chrono_case;

static const chrono_case chrono_cases[] = {
    {"lstm", 1, 0},
    {"lstm bias=one", 1, 0},
    {"lstm lstm_gates=coupled", 0, -1},
    {"lstm lstm_gates=no_input peepholes=yes", 0, -1},
    {"lstm lstm_gates=no_forget", -1, 0},
    {"gru", 1, -1},
    {"gru reset=none", 0, -1},
    {"mgu", -1, 0},
    {"mingru", -1, 0},
    {"slstm", 2, 1},
};
enum { CHRONO_CASES = sizeof chrono_cases / sizeof chrono_cases[0], SPAN = 100 };

static bool is_set(const chrono_case *c, int gate)
{
    return gate == c->keeps || gate == c->lets_in;
}

/* the time that a bias stands for */
static double span_of(const chrono_case *c, const real *bias, int unit)
{
    double start = c->keeps >= 0 ? (double)bias[c->keeps * UNITS + unit] : -(double)bias[c->lets_in * UNITS + unit];
    return exp(start);
}

/* of all biases those of the gates that keep are logs of 1 to SPAN - 1, evenly spread; of those that let in, less the same */
static void check_spans(const chrono_case *c, const real *bias)
{
    double sum = 0;
    int low = 0, wrong = 0;
    for (int unit = 0; unit < UNITS; unit++) {
        double span = span_of(c, bias, unit);
        wrong += !(span >= 1 - 1e-5 && span <= SPAN - 1 + 1e-3);
        wrong += c->keeps >= 0 && c->lets_in >= 0 && bias[c->lets_in * UNITS + unit] != -bias[c->keeps * UNITS + unit];
        sum += span;
        low += span < 1 + (SPAN - 2) / 4.0;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_DOUBLE_EQUAL(sum / UNITS, SPAN / 2.0, 8); /* four standard deviations: 98 / sqrt(12 * 200) each */
    CU_ASSERT(low > UNITS / 4 - 25 && low < UNITS / 4 + 25);
}

static void chrono_sets_the_biases_of_its_gates_and_moves_no_other_weight(void)
{
    static real plain[MOST], with[MOST];
    digest_register();
    for (int k = 0; k < CHRONO_CASES; k++) {
        const chrono_case *c = &chrono_cases[k];
        char line[96];
        unroll_model *a = open_with(c->model, "200"), *b;
        snprintf(line, sizeof line, "%s chrono=%d", c->model, SPAN);
        b = open_with(line, "200");
        CU_ASSERT_EQUAL_FATAL(unroll_model_weight_count(a), unroll_model_weight_count(b));
        for (int i = 0; i < unroll_model_weight_count(a); i++) {
            unroll_weight weight;
            int count = 0, moved = 0;
            unroll_model_weight_at(a, i, &weight);
            CU_ASSERT_FATAL(weight_of(a, weight.name, plain, &count) && weight_of(b, weight.name, with, &count));
            bool input = strcmp(weight.name, "rnn.bias_ih_l0") == 0, recurrent = strcmp(weight.name, "rnn.bias_hh_l0") == 0;
            if (input)
                check_spans(c, with);
            for (int v = 0; v < count; v++) {
                bool set = (input || recurrent) && is_set(c, v / UNITS);
                moved += set ? !input && with[v] != 0 : with[v] != plain[v];
            }
            CU_ASSERT_EQUAL(moved, 0);
        }
        unroll_model_close(a);
        unroll_model_close(b);
    }
}

static void the_forget_bias_is_added_to_what_chrono_sets(void)
{
    static real bias[MOST];
    unroll_model *model;
    int count = 0;
    digest_register();
    model = open_with("lstm chrono=1000 forget_bias=0.5", "200");
    CU_ASSERT_FATAL(weight_of(model, "rnn.bias_ih_l0", bias, &count));
    for (int unit = 0; unit < UNITS; unit++)
        CU_ASSERT_EQUAL(bias[UNITS + unit], (real)0.5 - bias[unit]);
    unroll_model_close(model);
}

static void chrono_of_one_or_two_steps_starts_at_zero(void)
{
    static real bias[MOST];
    digest_register();
    for (int most = 1; most <= 2; most++) {
        char line[32];
        unroll_model *model;
        int count = 0;
        snprintf(line, sizeof line, "gru chrono=%d", most);
        model = open_with(line, "200");
        CU_ASSERT_FATAL(weight_of(model, "rnn.bias_ih_l0", bias, &count));
        for (int unit = 0; unit < UNITS; unit++)
            CU_ASSERT_EQUAL(bias[UNITS + unit], 0);
        unroll_model_close(model);
    }
}

const unroll_test tests_core_gates[] = {
    TEST(lstm_gradients_match_central_differences_with_whatever_is_taken_away),
    TEST(gru_gradients_match_central_differences_with_whatever_is_taken_away),
    TEST(the_cells_gradient_goes_with_that_of_its_forget_gate),
    TEST(cells_of_a_paper_have_its_numbers_of_parameters),
    TEST(a_gate_that_is_taken_away_counts_nothing),
    TEST(the_forget_bias_stands_at_the_forget_gate_wherever_that_is),
    TEST(chrono_sets_the_biases_of_its_gates_and_moves_no_other_weight),
    TEST(the_forget_bias_is_added_to_what_chrono_sets),
    TEST(chrono_of_one_or_two_steps_starts_at_zero),
    {NULL, NULL},
};
