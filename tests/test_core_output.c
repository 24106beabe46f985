/* What is special at the ends of a model: a sparse gradient's update below, an output in pieces above, and the counts, draws
   and states that the graph as a whole answers for. */
#include <math.h>
#include <string.h>

#include "suite.h"
#include "tried.h"

/* ---- states ---- */

/* of a batch that starts anew after ones that were carried, and after a smaller one in between */
static void states_that_were_carried_are_forgotten_by_all_sequences(void)
{
    static real before[ROWS * OUTPUTS], after[ROWS * OUTPUTS];
    unroll_model_shape shape = {.inputs = INPUTS, .outputs = OUTPUTS, .steps = STEPS, .batch = BATCH, .answer = UNROLL_AT_EVERY,
                                .loss = "squared"};
    unroll_settings *settings = unroll_settings_new();
    unroll_model *model;
    batch b;
    unroll_samples samples = made(&b);
    static real x[ROWS * INPUTS];
    unroll_forward io = {.size = BATCH, .steps = STEPS, .x = x, .y = before};
    for (int i = 0; i < ROWS * INPUTS; i++)
        x[i] = (real)b.x[i];
    digest_register();
    digest_set_model(settings, "gru hidden=5");
    CU_ASSERT_EQUAL_FATAL(unroll_model_open(settings, &shape, &model).code, UNROLL_OK);
    unroll_model_forward(model, &io);
    for (int s = 0; s < BATCH; s++)
        b.length[s] = STEPS;
    unroll_model_carry(model, 0, true);
    for (int i = 0; i < 2; i++) {
        unroll_model_pack(model, &samples, BATCH);
        unroll_model_loss(model, NULL);
    }
    unroll_model_carry(model, UNROLL_NO_CARRY, false);
    io.size = 1;
    unroll_model_forward(model, &io);
    io.size = BATCH;
    io.y = after;
    unroll_model_forward(model, &io);
    CU_ASSERT_EQUAL(memcmp(before, after, sizeof before), 0);
    unroll_model_close(model);
    unroll_settings_free(settings);
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

/* ---- gradients of many columns, taken in pieces ---- */

enum { CLASSES = 37 * UNROLL_LANES - 5, WIDE_BATCH = 6, WIDE_STEPS = 5, WIDE_ROWS = WIDE_BATCH * WIDE_STEPS, WIDTH = 20 };

static unroll_model *open_wide(const char *tied, const char *threads, int sequences)
{
    unroll_model_shape shape = {.symbols = CLASSES, .outputs = CLASSES, .steps = WIDE_STEPS, .batch = sequences,
                                .answer = UNROLL_AT_EVERY, .loss = "softmax", .all_threads = true};
    unroll_settings *settings = unroll_settings_new();
    unroll_model *model;
    unroll_settings_set(settings, "tied", tied);
    unroll_settings_set(settings, "embedding", "20");
    unroll_settings_set(settings, "hidden", "20");
    unroll_settings_set(settings, "model", "rnn");
    unroll_settings_set(settings, "threads", threads);
    CU_ASSERT_EQUAL_FATAL(unroll_model_open(settings, &shape, &model).code, UNROLL_OK);
    unroll_settings_free(settings);
    return model;
}

/* adds the gradients of some sequences of the same batch to all[weight] */
static void add_gradients(unroll_model *model, int first, int sequences, double *const *all)
{
    static real value[CLASSES * WIDTH];
    int length[WIDE_BATCH], symbol[WIDE_ROWS], target[WIDE_ROWS];
    unroll_samples samples = {.length = length, .symbol = symbol, .target = target};
    for (int i = 0; i < sequences * WIDE_STEPS; i++) {
        length[i / WIDE_STEPS] = WIDE_STEPS;
        symbol[i] = (first * WIDE_STEPS + i) * 97 % CLASSES;
        target[i] = (first * WIDE_STEPS + i) * 53 % CLASSES;
    }
    unroll_model_pack(model, &samples, sequences);
    unroll_model_gradient(model, NULL);
    for (int w = 0; w < unroll_model_weight_count(model); w++) {
        unroll_weight weight;
        unroll_model_weight_at(model, w, &weight);
        unroll_model_get_gradient(model, w, value);
        for (int k = 0; k < weight.rows * (weight.columns == 0 ? 1 : weight.columns); k++)
            all[w][k] += (double)value[k] * sequences / WIDE_BATCH;
    }
}

/* A sequence alone has too few rows for pieces. */
static void a_wide_heads_gradient_is_the_mean_of_its_sequences_ones(void)
{
    static double wanted[8][CLASSES * WIDTH], is[8][CLASSES * WIDTH];
    double *wanted_at[8], *is_at[8], worst = 0, most = 0;
    for (int w = 0; w < 8; w++) {
        wanted_at[w] = wanted[w];
        is_at[w] = is[w];
    }
    digest_register();
    for (int i = 0; i < 6; i++) {
        const char *tied = i % 2 == 0 ? "no" : "yes";
        unroll_model *one = open_wide(tied, "1", 1), *all = open_wide(tied, i < 2 ? "1" : i < 4 ? "2" : "3", WIDE_BATCH);
        memset(wanted, 0, sizeof wanted);
        memset(is, 0, sizeof is);
        for (int s = 0; s < WIDE_BATCH; s++)
            add_gradients(one, s, 1, wanted_at);
        add_gradients(all, 0, WIDE_BATCH, is_at);
        for (int w = 0; w < 8; w++)
            for (int k = 0; k < CLASSES * WIDTH; k++) {
                worst = test_worse(worst, fabs(is[w][k] - wanted[w][k]));
                most = test_worse(most, fabs(wanted[w][k]));
            }
        unroll_model_close(one);
        unroll_model_close(all);
    }
    CU_ASSERT(most > 1e-3);
    CU_ASSERT(worst < most * (sizeof(real) == sizeof(float) ? 1e-6 : 1e-14));
}

/* ---- counts ---- */

static void both_stacks_of_an_encoder_and_decoder_count_with_their_own_steps(void)
{
    enum { H = 7, O = 5, T = 6, U = 11, B = 3 };
    unroll_model_shape shape = {.symbols = SYMBOLS, .outputs = O, .steps = T, .batch = B, .answer = UNROLL_SEQUENCE,
                                .target_steps = U, .loss = "softmax"};
    unroll_settings *settings;
    unroll_model *model;
    double encoder = 3.0 * H * H * B * T, decoder = (3.0 * H * H + H * O) * B * U; /* multiply-adds forward; symbols take none */
    digest_register();
    settings = unroll_settings_new();
    unroll_settings_set(settings, "model", "gru");
    unroll_settings_set(settings, "hidden", "7");
    CU_ASSERT_EQUAL_FATAL(unroll_model_open(settings, &shape, &model).code, UNROLL_OK);
    CU_ASSERT_EQUAL(unroll_model_operations(model), 3 * 2 * (encoder + decoder));
    unroll_model_close(model);
    unroll_settings_free(settings);
}

/* ---- draws ---- */

enum { COLUMNS = 64, DROPPED_ROWS = 640 };
static const double share = 0.3;

static unroll_status build_dropout(const unroll_settings *settings, const unroll_model_shape *shape, unroll_graph *graph)
{
    int input;
    (void)settings;
    UNROLL_TRY(unroll_add_input(graph, UNROLL_SOURCE, shape->inputs, 0, &input));
    return unroll_add_dropout(graph, input, share, &graph->output);
}

static const unroll_network dropout_network = {.name = "dropout", .title = "dropout alone", .build = build_dropout};

/* With inputs of 1 and targets of 0 the gradient of an input is 0 where it was dropped, else 2 scale^2 over all targets. */
static double dropped_share(unroll_model *model, int64_t step)
{
    static real gradient[DROPPED_ROWS * COLUMNS];
    const double scale = 65536.0 / (65536.0 - rint(share * 65536)), kept = 2 * scale * scale / (DROPPED_ROWS * COLUMNS);
    int dropped = 0;
    unroll_model_at_step(model, step);
    unroll_model_gradient(model, NULL);
    unroll_model_get_input_gradient(model, gradient);
    for (int i = 0; i < DROPPED_ROWS * COLUMNS; i++) {
        CU_ASSERT(gradient[i] == 0 || fabs((double)gradient[i] / kept - 1) < 1e-5);
        dropped += gradient[i] == 0;
    }
    return (double)dropped / (DROPPED_ROWS * COLUMNS);
}

static void dropout_drops_its_share_in_training_and_nothing_else(void)
{
    enum { BATCHED = 32, LONG_ONES = DROPPED_ROWS / BATCHED };
    static float x[DROPPED_ROWS * COLUMNS], goal[DROPPED_ROWS * COLUMNS];
    static real in[DROPPED_ROWS * COLUMNS], y[DROPPED_ROWS * COLUMNS], first[DROPPED_ROWS * COLUMNS], other[DROPPED_ROWS * COLUMNS];
    unroll_model_shape shape = {.inputs = COLUMNS, .outputs = COLUMNS, .steps = LONG_ONES, .batch = BATCHED,
                                .answer = UNROLL_AT_EVERY, .loss = "squared", .input_gradient = true};
    int length[BATCHED];
    unroll_samples samples = {.length = length, .x = x, .y = goal};
    unroll_forward io = {.size = BATCHED, .steps = LONG_ONES, .x = in, .y = y};
    unroll_settings *settings;
    unroll_model *model;
    digest_register();
    settings = unroll_settings_new();
    for (int b = 0; b < BATCHED; b++)
        length[b] = LONG_ONES;
    for (int i = 0; i < DROPPED_ROWS * COLUMNS; i++)
        in[i] = x[i] = 1;
    CU_ASSERT_EQUAL_FATAL(unroll_model_open_network(&dropout_network, settings, &shape, &model).code, UNROLL_OK);
    unroll_model_pack(model, &samples, BATCHED);
    CU_ASSERT_DOUBLE_EQUAL(dropped_share(model, 0), share, 0.012); /* five standard deviations */
    unroll_model_get_input_gradient(model, first);
    CU_ASSERT_DOUBLE_EQUAL(dropped_share(model, 1), share, 0.012);
    unroll_model_get_input_gradient(model, other);
    CU_ASSERT(memcmp(first, other, sizeof first) != 0);
    dropped_share(model, 0);
    unroll_model_get_input_gradient(model, other);
    CU_ASSERT(memcmp(first, other, sizeof first) == 0);
    unroll_model_forward(model, &io);
    CU_ASSERT(memcmp(in, y, sizeof y) == 0);
    unroll_model_close(model);
    unroll_settings_free(settings);
}

/* ---- states ---- */

static void a_saved_state_goes_on_in_any_row_of_any_model(void)
{
    digest_register();
    for (int index = 0; digest_model(index) != NULL && digest_is_cell(digest_model(index)); index++) {
        unroll_model_shape shape = {.symbols = SYMBOLS, .outputs = OUTPUTS, .steps = STEPS, .batch = 34, .answer = UNROLL_AT_EVERY,
                                    .loss = "squared"};
        unroll_settings *settings = unroll_settings_new();
        unroll_model *one, *other;
        int symbol[34];
        real y[34 * OUTPUTS], again[34 * OUTPUTS], *state;
        unroll_settings_set(settings, "hidden", "80"); /* several micro-batches */
        unroll_settings_set(settings, "layers", "2");
        digest_set_model(settings, digest_model(index));
        CU_ASSERT_EQUAL_FATAL(unroll_model_open(settings, &shape, &one).code, UNROLL_OK);
        CU_ASSERT_EQUAL_FATAL(unroll_model_open(settings, &shape, &other).code, UNROLL_OK);
        state = malloc((size_t)unroll_model_state_size(one) * sizeof *state);
        for (int t = 0; t < 4; t++) {
            for (int s = 0; s < 34; s++)
                symbol[s] = (s + 2 * t) % SYMBOLS;
            unroll_model_step(one, 34, NULL, symbol, y);
        }
        unroll_model_save_state(one, 5, state);
        unroll_model_load_state(other, 33, state);
        unroll_model_step(one, 34, NULL, symbol, y);
        symbol[33] = symbol[5];
        unroll_model_step(other, 34, NULL, symbol, again);
        CU_ASSERT(memcmp(y + 5 * OUTPUTS, again + 33 * OUTPUTS, OUTPUTS * sizeof(real)) == 0);
        CU_ASSERT(memcmp(y + 5 * OUTPUTS, again + 5 * OUTPUTS, OUTPUTS * sizeof(real)) != 0);
        free(state);
        unroll_model_close(one);
        unroll_model_close(other);
        unroll_settings_free(settings);
    }
}

const unroll_test tests_core_output[] = {
    TEST(states_that_were_carried_are_forgotten_by_all_sequences),
    TEST(both_stacks_of_an_encoder_and_decoder_count_with_their_own_steps),
    TEST(dropout_drops_its_share_in_training_and_nothing_else),
    CELLS_TEST(a_saved_state_goes_on_in_any_row_of_any_model),
    TEST(an_output_in_pieces_has_the_bits_of_the_whole),
    TEST(a_wide_heads_gradient_is_the_mean_of_its_sequences_ones),
    TEST(a_sparse_gradient_updates_like_one_with_zeros),
    {NULL, NULL},
};
