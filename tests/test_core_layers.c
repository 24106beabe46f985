/* Every kind of layer in the registry, by its own examples: gradients of weights and of inputs against central differences
   (double), the same bits on every instruction set and number of threads, streaming against the batch. */
#include <math.h>
#include <string.h>

#include "central.h"
#include "layers/recurrent.h"
#include "suite.h"
#include "tried.h"

/* four times: x + dropout(gru(norm(x))), the GRU of the third backwards */
static unroll_status build_residual(const unroll_settings *settings, const unroll_model_shape *shape, unroll_graph *graph)
{
    int top;
    (void)settings;
    UNROLL_TRY(unroll_add_input(graph, UNROLL_SOURCE, shape->inputs, 0, &top));
    UNROLL_TRY(unroll_add_dense(graph, "below", top, 5, &top));
    for (int level = 0; level < 4; level++) {
        unroll_recurrent_options options = {.cell = "gru", .hidden = 5, .level = level, .backwards = level == 2};
        int branch;
        char name[16];
        snprintf(name, sizeof name, "norm_%d", level);
        UNROLL_TRY(unroll_add_norm(graph, name, top, &branch));
        UNROLL_TRY(unroll_add_recurrent(graph, "rnn", branch, -1, &options, &branch));
        UNROLL_TRY(unroll_add_dropout(graph, branch, 0.25, &branch));
        UNROLL_TRY(unroll_add_sum(graph, (int[]){top, branch}, 2, &top));
    }
    return unroll_add_dense(graph, "head", top, shape->outputs, &graph->output);
}

static const unroll_network residual = {.name = "residual", .title = "a residual stack", .build = build_residual};

static void every_kind_has_an_example_that_opens(void)
{
    digest_register();
    for (int k = 0; k < unroll_layer_kind_count; k++) {
        unroll_model *reals = NULL, *symbols = NULL;
        tried.kind = unroll_layer_kinds[k];
        tried.example = 0;
        if (strcmp(tried.kind->name, "input") == 0)
            continue; /* it is below every other */
        CU_ASSERT_TRUE_FATAL(tried.kind->examples > 0);
        tried.symbols = false;
        open_tried(true, "auto", "1", &reals);
        tried.symbols = true;
        open_tried(true, "auto", "1", &symbols);
        if (reals == NULL && symbols == NULL)
            fprintf(stderr, "\n%s: its example does not open\n", tried.kind->name);
        CU_ASSERT_TRUE(reals != NULL || symbols != NULL);
        unroll_model_close(reals);
        unroll_model_close(symbols);
    }
}

/* ---- gradients ---- */

static void pack_made(unroll_model *model, const void *context)
{
    unroll_model_pack(model, context, BATCH);
}

static void check_inputs(const char *what, unroll_model *model, unroll_samples *samples)
{
    static real gradient[ROWS * INPUTS];
    central_trained_loss(model);
    unroll_model_get_input_gradient(model, gradient);
    for (int k = 0; k < ROWS * INPUTS; k++) {
        float kept = samples->x[k];
        double up, down, wanted, off;
        const float above = kept + 0x1p-18f, below = kept - 0x1p-18f; /* inputs are floats in the double build, too */
        samples->x[k] = above;
        pack_made(model, samples);
        up = central_trained_loss(model);
        samples->x[k] = below;
        pack_made(model, samples);
        down = central_trained_loss(model);
        samples->x[k] = kept;
        wanted = (up - down) / ((double)above - (double)below);
        off = fabs(wanted - (double)gradient[k]);
        if (!(off < 1e-6)) {
            fprintf(stderr, "\n%s: the gradient of input %d is %.9g, not %.9g\n", what, k, (double)gradient[k], wanted);
            CU_FAIL("a gradient");
            return;
        }
    }
}

static void check_gradients(const char *what)
{
    for (int every = 0; every < 2; every++) {
        batch b;
        unroll_samples samples = made(&b);
        unroll_model *model;
        if (open_tried(every == 1, "auto", "1", &model).code != UNROLL_OK)
            continue;
        unroll_model_pack(model, &samples, BATCH);
        central_check_weights(what, model);
        if (!tried.symbols)
            check_inputs(what, model, &samples);
        unroll_model_close(model);
    }
}

static void every_layers_gradient_matches_central_differences(void)
{
    if (central_skips())
        return;
    CU_ASSERT_TRUE(tried_each(NULL, check_gradients) > 20);
}

static void a_residual_stack_with_norm_and_dropout_has_the_right_gradients(void)
{
    unroll_model_shape shape = {.inputs = INPUTS, .outputs = OUTPUTS, .steps = STEPS, .batch = BATCH, .answer = UNROLL_AT_EVERY,
                                .loss = "squared", .input_gradient = true};
    unroll_settings *settings;
    unroll_model *model;
    batch b;
    unroll_samples samples = made(&b);
    digest_register();
    if (central_skips())
        return;
    settings = unroll_settings_new();
    tried.symbols = false;
    CU_ASSERT_EQUAL_FATAL(unroll_model_open_network(&residual, settings, &shape, &model).code, UNROLL_OK);
    unroll_model_pack(model, &samples, BATCH);
    central_check_weights("residual stack", model);
    check_inputs("residual stack", model, &samples);
    unroll_model_close(model);
    unroll_settings_free(settings);
}

/* ---- bits ---- */

static uint64_t digest_of(const char *isa, const char *threads)
{
    batch b;
    unroll_samples samples = made(&b);
    unroll_model *model;
    uint64_t digest = 1;
    CU_ASSERT_EQUAL_FATAL(open_tried(true, isa, threads, &model).code, UNROLL_OK);
    for (int step = 0; step < 3; step++) {
        unroll_model_pack(model, &samples, BATCH);
        unroll_model_gradient(model, NULL);
        unroll_model_update(model);
    }
    for (int i = 0; i < unroll_model_weight_count(model); i++) {
        static real value[MOST];
        unroll_weight weight;
        unroll_model_weight_at(model, i, &weight);
        unroll_model_get_weight(model, i, value);
        digest = digest_bytes(digest, value, sizeof(real) * (size_t)(weight.rows * (weight.columns == 0 ? 1 : weight.columns)));
    }
    unroll_model_close(model);
    return digest;
}

static void check_bits(const char *what)
{
    uint64_t wanted = digest_of("auto", "1");
    for (int threads = 2; threads <= 3; threads++)
        if (digest_of("auto", threads == 2 ? "2" : "3") != wanted) {
            fprintf(stderr, "\n%s: other bits with %d threads\n", what, threads);
            CU_FAIL("bits");
        }
    for (int i = 0; i < unroll_isa_count; i++)
        if (unroll_isas[i].supported() && digest_of(unroll_isas[i].name, "1") != wanted) {
            fprintf(stderr, "\n%s: other bits on %s\n", what, unroll_isas[i].name);
            CU_FAIL("bits");
        }
}

static void every_layer_has_the_same_bits_on_every_instruction_set_and_number_of_threads(void)
{
    CU_ASSERT_TRUE(tried_each(NULL, check_bits) > 20);
}

/* ---- streaming ---- */

static void check_streaming(const char *what)
{
    static real x[ROWS * INPUTS], y[ROWS * OUTPUTS];
    batch b;
    unroll_samples samples = made(&b);
    unroll_model *model;
    unroll_forward io = {.size = BATCH, .steps = STEPS, .x = tried.symbols ? NULL : x, .symbol = tried.symbols ? samples.symbol : NULL,
                         .y = y};
    bool same = true;
    CU_ASSERT_EQUAL_FATAL(open_tried(true, "auto", "1", &model).code, UNROLL_OK);
    for (int i = 0; i < ROWS * INPUTS; i++)
        x[i] = (real)samples.x[i];
    unroll_model_forward(model, &io);
    unroll_model_reset(model);
    for (int t = 0; t < STEPS && unroll_model_streams(model); t++) {
        real now[BATCH * INPUTS], step[BATCH * OUTPUTS];
        int symbol[BATCH];
        for (int s = 0; s < BATCH; s++) {
            symbol[s] = samples.symbol[s * STEPS + t];
            memcpy(now + s * INPUTS, x + (s * STEPS + t) * INPUTS, INPUTS * sizeof(real));
        }
        unroll_model_step(model, BATCH, tried.symbols ? NULL : now, tried.symbols ? symbol : NULL, step);
        for (int s = 0; s < BATCH; s++) /* of a layer with one row a sequence, the batch has the last step's alone */
            same = same && (unroll_model_answer_set(model) == UNROLL_ONCE
                                ? t < STEPS - 1 || memcmp(step + s * OUTPUTS, y + s * OUTPUTS, OUTPUTS * sizeof(real)) == 0
                                : memcmp(step + s * OUTPUTS, y + (s * STEPS + t) * OUTPUTS, OUTPUTS * sizeof(real)) == 0);
    }
    if (!same)
        fprintf(stderr, "\n%s: a step gives other bits than the batch\n", what);
    CU_ASSERT_TRUE(same);
    unroll_model_close(model);
}

static void every_layer_streams_with_the_bits_of_the_batch(void)
{
    CU_ASSERT_TRUE(tried_each(NULL, check_streaming) > 10);
}

const unroll_test tests_core_layers[] = {
    TEST(every_kind_has_an_example_that_opens),
    CELLS_TEST(every_layers_gradient_matches_central_differences),
    TEST(a_residual_stack_with_norm_and_dropout_has_the_right_gradients),
    CELLS_TEST(every_layer_has_the_same_bits_on_every_instruction_set_and_number_of_threads),
    CELLS_TEST(every_layer_streams_with_the_bits_of_the_batch),
    {NULL, NULL},
};
