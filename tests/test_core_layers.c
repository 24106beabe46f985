/* Every kind of layer in the registry, by its own examples: gradients of weights and of inputs against central differences
   (double), the same bits on every instruction set and number of threads, streaming against the batch. */
#include <math.h>
#include <string.h>

#include "digest.h"
#include "layers/recurrent.h"
#include "model/network.h"
#include "suite.h"

enum { STEPS = 6, BATCH = 5, INPUTS = 3, SYMBOLS = 7, OUTPUTS = 2, MOST = 8192, ROWS = BATCH * STEPS };

/* The network at hand: a dense layer of reals, an embedding's input of symbols, the example, a dense head. */
static struct {
    const unroll_layer_kind *kind;
    int example;
    bool symbols; /* the model takes symbols, else reals */
    bool bare;    /* no head: the example's output is the model's; a dense layer is as wide as that is asked for */
} tried;

static unroll_status build(const unroll_settings *settings, const unroll_model_shape *shape, unroll_graph *graph)
{
    int input, reals, out;
    (void)settings;
    UNROLL_TRY(unroll_add_input(graph, UNROLL_SOURCE, shape->inputs, shape->symbols, &input));
    if (tried.symbols)
        UNROLL_TRY(unroll_add_embedding(graph, "below", input, 4, &reals));
    else
        UNROLL_TRY(unroll_add_dense(graph, "below", input, 4, &reals));
    if (tried.bare && strcmp(tried.kind->name, "dense") == 0)
        return unroll_add_dense(graph, "head", reals, shape->outputs, &graph->output);
    UNROLL_TRY(tried.kind->example(graph, tried.example, reals, input, &out));
    if (tried.bare) {
        graph->output = out;
        return unroll_ok();
    }
    return unroll_add_dense(graph, "head", out, shape->outputs, &graph->output);
}

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

static const unroll_network network = {.name = "tried", .title = "a layer that is tried", .build = build};

static const unroll_layer_kind *kind_named(const char *name)
{
    int i = 0;
    while (strcmp(unroll_layer_kinds[i]->name, name) != 0)
        i++;
    return unroll_layer_kinds[i];
}

static unroll_status open_tried(bool every, const char *isa, const char *threads, unroll_model **model)
{
    unroll_model_shape shape = {.inputs = tried.symbols ? 0 : INPUTS, .symbols = tried.symbols ? SYMBOLS : 0, .outputs = OUTPUTS,
                                .steps = STEPS, .batch = BATCH, .answer = every ? UNROLL_AT_EVERY : UNROLL_AT_LAST, .loss = "squared", .input_gradient = true,
                                .all_threads = true};
    unroll_settings *settings = unroll_settings_new();
    unroll_status status;
    unroll_settings_set(settings, "isa", isa);
    unroll_settings_set(settings, "threads", threads);
    unroll_settings_set(settings, "seed", "3");
    status = unroll_model_open_network(&network, settings, &shape, model);
    unroll_settings_free(settings);
    return status;
}

/* Examples stand at each of their inputs where they take it: calls back for each; `only`: NULL, all kinds. */
static int each_example(void (*check)(const char *what))
{
    int tries = 0;
    digest_register();
    for (int k = 0; k < unroll_layer_kind_count; k++)
        for (int i = 0; i < 2 * unroll_layer_kinds[k]->examples; i++) {
            char what[96];
            unroll_model *model = NULL;
            unroll_status status;
            tried.kind = unroll_layer_kinds[k];
            tried.example = i / 2;
            tried.symbols = i % 2 == 1;
            status = open_tried(true, "auto", "1", &model);
            unroll_model_close(model);
            if (status.code == UNROLL_NOTHING)
                break;
            if (status.code != UNROLL_OK)
                continue;
            snprintf(what, sizeof what, "%s, example %d, of %s", tried.kind->name, tried.example, tried.symbols ? "symbols" : "reals");
            check(what);
            tries++;
        }
    return tries;
}

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

typedef struct batch {
    int length[BATCH], symbol[ROWS];
    float x[ROWS * INPUTS], y[ROWS * OUTPUTS];
} batch;

static unroll_samples made(batch *b)
{
    static const int lengths[BATCH] = {3, 6, 1, 6, 4};
    unroll_random random = unroll_random_open(9, UNROLL_FOR_TEST, 0, 0);
    memcpy(b->length, lengths, sizeof lengths);
    for (int i = 0; i < ROWS; i++)
        b->symbol[i] = (int)unroll_random_below(&random, SYMBOLS);
    for (int i = 0; i < ROWS * INPUTS; i++)
        b->x[i] = (float)(2 * unroll_random_uniform(&random) - 1);
    for (int i = 0; i < ROWS * OUTPUTS; i++)
        b->y[i] = (float)unroll_random_uniform(&random);
    return (unroll_samples){.length = b->length, .x = b->x, .symbol = b->symbol, .y = b->y};
}

/* ---- gradients ---- */

/* The loss that a gradient is of: one pass of training, so that dropout draws the same in each. */
static double loss_of(unroll_model *model)
{
    unroll_model_at_step(model, 0);
    return unroll_model_gradient(model, NULL);
}

static double central_difference(unroll_model *model, real *value, void (*put)(unroll_model *model, const void *context),
                                 const void *context)
{
    const double h = 1e-5;
    real kept = *value;
    double up, down;
    *value = (real)((double)kept + h);
    put(model, context);
    up = loss_of(model);
    *value = (real)((double)kept - h);
    put(model, context);
    down = loss_of(model);
    *value = kept;
    put(model, context);
    return (up - down) / (2 * h);
}

typedef struct values {
    int index;
    real *value;
} values;

static void put_weight(unroll_model *model, const void *context)
{
    unroll_model_set_weight(model, ((const values *)context)->index, ((const values *)context)->value);
}

static void check_weights(const char *what, unroll_model *model)
{
    for (int i = 0; i < unroll_model_weight_count(model); i++) {
        static real value[MOST], gradient[MOST];
        unroll_weight weight;
        values context = {i, value};
        unroll_model_weight_at(model, i, &weight);
        int count = weight.rows * (weight.columns == 0 ? 1 : weight.columns);
        CU_ASSERT_TRUE_FATAL(count <= MOST);
        unroll_model_get_weight(model, i, value);
        loss_of(model);
        unroll_model_get_gradient(model, i, gradient);
        for (int k = 0; k < count; k++) {
            double wanted = central_difference(model, &value[k], put_weight, &context), off = fabs(wanted - (double)gradient[k]);
            if (!(off < 1e-7)) {
                fprintf(stderr, "\n%s: the gradient of %s[%d] is %.9g, not %.9g\n", what, weight.name, k, (double)gradient[k], wanted);
                CU_FAIL("a gradient");
                return;
            }
        }
    }
}

static void pack_made(unroll_model *model, const void *context)
{
    unroll_model_pack(model, context, BATCH);
}

static void check_inputs(const char *what, unroll_model *model, unroll_samples *samples)
{
    static real gradient[ROWS * INPUTS];
    loss_of(model);
    unroll_model_get_input_gradient(model, gradient);
    for (int k = 0; k < ROWS * INPUTS; k++) {
        float kept = samples->x[k];
        double up, down, wanted, off;
        const float above = kept + 0x1p-12f, below = kept - 0x1p-12f; /* inputs are floats in the double build, too */
        samples->x[k] = above;
        pack_made(model, samples);
        up = loss_of(model);
        samples->x[k] = below;
        pack_made(model, samples);
        down = loss_of(model);
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
        check_weights(what, model);
        if (!tried.symbols)
            check_inputs(what, model, &samples);
        unroll_model_close(model);
    }
}

static void every_layers_gradient_matches_central_differences(void)
{
    if (sizeof(real) == sizeof(float)) {
        test_skip("central differences need the double build (make check-double)");
        return;
    }
    CU_ASSERT_TRUE(each_example(check_gradients) > 20);
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
    if (sizeof(real) == sizeof(float)) {
        test_skip("central differences need the double build (make check-double)");
        return;
    }
    settings = unroll_settings_new();
    tried.symbols = false;
    CU_ASSERT_EQUAL_FATAL(unroll_model_open_network(&residual, settings, &shape, &model).code, UNROLL_OK);
    unroll_model_pack(model, &samples, BATCH);
    check_weights("residual stack", model);
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
    CU_ASSERT_TRUE(each_example(check_bits) > 20);
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
    CU_ASSERT_TRUE(each_example(check_streaming) > 10);
}

/* ---- sparse gradients ---- */

typedef struct rule {
    const char *optimizer, *momentum;
} rule;

/* One step of an optimizer, in double, with a gradient that has a zero for every row that did not occur. */
static void reference_step(const rule *r, int step, const real *g, double *w, double *m, double *v, int count)
{
    const double rate = 0.01, momentum = atof(r->momentum);
    for (int k = 0; k < count; k++) {
        double gradient = (double)g[k];
        if (strcmp(r->optimizer, "sgd") == 0) {
            m[k] = momentum * m[k] + gradient;
            w[k] -= rate * m[k];
        } else if (strcmp(r->optimizer, "rmsprop") == 0) {
            m[k] = 0.99 * m[k] + 0.01 * gradient * gradient;
            w[k] -= rate * gradient / (sqrt(m[k]) + 1e-8);
        } else {
            m[k] = 0.9 * m[k] + 0.1 * gradient;
            v[k] = 0.999 * v[k] + 0.001 * gradient * gradient;
            w[k] -= rate * m[k] / (1 - pow(0.9, step + 1)) / (sqrt(v[k] / (1 - pow(0.999, step + 1))) + 1e-8);
        }
    }
}

/* Trains an embedding with batches of few symbols each; the first weight is its. */
static void train_embedding(const rule *r)
{
    enum { TRAINED = 6, VALUES = SYMBOLS * 70 };
    static real value[MOST], gradient[MOST];
    static double w[VALUES], m[VALUES], v[VALUES];
    unroll_model_shape shape = {.symbols = SYMBOLS, .outputs = OUTPUTS, .steps = STEPS, .batch = BATCH, .answer = UNROLL_AT_EVERY, .loss = "squared"};
    unroll_settings *settings = unroll_settings_new();
    unroll_model *model;
    batch b;
    unroll_samples samples = made(&b);
    unroll_settings_set(settings, "optimizer", r->optimizer);
    unroll_settings_set(settings, "momentum", r->momentum);
    unroll_settings_set(settings, "lr", "0.01");
    unroll_settings_set(settings, "clip", "0");
    tried.kind = kind_named("dense"); /* on an embedding of 4 columns */
    tried.example = 0;
    tried.symbols = true;
    CU_ASSERT_EQUAL_FATAL(unroll_model_open_network(&network, settings, &shape, &model).code, UNROLL_OK);
    memset(m, 0, sizeof m);
    memset(v, 0, sizeof v);
    unroll_model_get_weight(model, 0, value);
    for (int k = 0; k < SYMBOLS * 4; k++)
        w[k] = (double)value[k];
    for (int step = 0; step < TRAINED; step++) {
        for (int i = 0; i < ROWS; i++)
            b.symbol[i] = step < 3 ? i % 3 + step : 2; /* the last three steps have one symbol */
        unroll_model_pack(model, &samples, BATCH);
        unroll_model_gradient(model, NULL);
        unroll_model_get_gradient(model, 0, gradient);
        for (int k = 0; k < SYMBOLS * 4; k++)
            CU_ASSERT_TRUE(gradient[k] == 0 || (step < 3 ? k / 4 >= step && k / 4 < step + 3 : k / 4 == 2));
        unroll_model_update(model);
        reference_step(r, step, gradient, w, m, v, SYMBOLS * 4);
    }
    unroll_model_get_weight(model, 0, value);
    for (int k = 0; k < SYMBOLS * 4; k++)
        CU_ASSERT_DOUBLE_EQUAL((double)value[k], w[k], 2e-6);
    unroll_model_close(model);
    unroll_settings_free(settings);
}

static void a_sparse_gradient_updates_like_one_with_zeros(void)
{
    static const rule rules[] = {{"sgd", "0"}, {"sgd", "0.9"}, {"rmsprop", "0"}, {"adam", "0"}};
    digest_register();
    for (int i = 0; i < 4; i++)
        train_embedding(&rules[i]);
}

/* ---- outputs in pieces ---- */

enum { WIDE = 70, MANY = 20, LONG = 9, ALL = MANY * LONG };

/* the digest of loss, outputs and all gradients of a softmax over WIDE classes whose rows are taken `piece` at a time */
static uint64_t digest_in_pieces(const char *kind, int piece, const char *threads)
{
    static int length[MANY], symbol[ALL], target[ALL];
    static real y[ALL * WIDE], value[MOST];
    unroll_model_shape shape = {.symbols = WIDE, .outputs = WIDE, .steps = LONG, .batch = MANY, .answer = UNROLL_AT_EVERY,
                                .loss = "softmax", .piece = piece, .all_threads = true};
    unroll_samples samples = {.length = length, .symbol = symbol, .target = target};
    unroll_forward io = {.size = MANY, .steps = LONG, .length = length, .symbol = symbol, .y = y};
    unroll_settings *settings = unroll_settings_new();
    unroll_random random = unroll_random_open(5, UNROLL_FOR_TEST, 0, 0);
    unroll_model *model;
    uint64_t digest = 1;
    double loss;
    for (int i = 0; i < ALL; i++) {
        length[i / LONG] = 1 + i / LONG % LONG;
        symbol[i] = (int)unroll_random_below(&random, WIDE);
        target[i] = (int)unroll_random_below(&random, WIDE + 1) - 1;
    }
    unroll_settings_set(settings, "threads", threads);
    tried.kind = kind_named(kind);
    tried.example = 0;
    tried.symbols = true;
    tried.bare = true; /* its output is the model's */
    CU_ASSERT_EQUAL_FATAL(unroll_model_open_network(&network, settings, &shape, &model).code, UNROLL_OK);
    tried.bare = false;
    unroll_model_pack(model, &samples, MANY);
    loss = unroll_model_gradient(model, NULL);
    digest = digest_bytes(digest, &loss, sizeof loss);
    for (int i = 0; i < unroll_model_weight_count(model); i++) {
        unroll_weight weight;
        unroll_model_weight_at(model, i, &weight);
        unroll_model_get_gradient(model, i, value);
        digest = digest_bytes(digest, value, sizeof(real) * (size_t)(weight.rows * (weight.columns == 0 ? 1 : weight.columns)));
    }
    unroll_model_forward(model, &io);
    digest = digest_bytes(digest, y, sizeof y);
    unroll_model_close(model);
    unroll_settings_free(settings);
    return digest;
}

static void an_output_in_pieces_has_the_bits_of_the_whole(void)
{
    static const char *const kinds[] = {"tied", "dense"};
    digest_register();
    for (int i = 0; i < 2; i++) {
        const char *kind = kinds[i];
        uint64_t whole = digest_in_pieces(kind, ALL, "1");
        CU_ASSERT_EQUAL(digest_in_pieces(kind, 64, "1"), whole);
        CU_ASSERT_EQUAL(digest_in_pieces(kind, 128, "1"), whole);
        CU_ASSERT_EQUAL(digest_in_pieces(kind, 64, "3"), whole);
        CU_ASSERT_EQUAL(digest_in_pieces(kind, 0, "1"), whole);
    }
}

const unroll_test tests_core_layers[] = {
    TEST(every_kind_has_an_example_that_opens),
    TEST(every_layers_gradient_matches_central_differences),
    TEST(a_residual_stack_with_norm_and_dropout_has_the_right_gradients),
    TEST(every_layer_has_the_same_bits_on_every_instruction_set_and_number_of_threads),
    TEST(every_layer_streams_with_the_bits_of_the_batch),
    TEST(an_output_in_pieces_has_the_bits_of_the_whole),
    TEST(a_sparse_gradient_updates_like_one_with_zeros),
    {NULL, NULL},
};
