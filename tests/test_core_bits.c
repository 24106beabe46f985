/* The same bits: over instruction sets, threads, batch order, and between the batch and the streaming step. */
#include <string.h>

#include "base/team.h"
#include "models.h"
#include "layers/parts.h"
#include "model/network.h"
#include "suite.h"

static void every_instruction_set_gives_the_same_functions(void)
{
    uint64_t first = 0;
    unroll_flush_denormals();
    for (int i = 0, seen = 0; i < unroll_isa_count; i++) {
        if (!unroll_isas[i].supported())
            continue;
        uint64_t digest = digest_functions(unroll_isas[i].engine) ^ digest_gelu(unroll_isas[i].engine);
        first = seen++ == 0 ? digest : first;
        CU_ASSERT_EQUAL(digest, first);
    }
}

/* Many steps, as a difference grows; under sanitizers, which look for other things and slow the scalar code by a factor of a hundred, three. */
#ifdef __SANITIZE_ADDRESS__
enum { TRAINING_STEPS = 3 };
#else
enum { TRAINING_STEPS = 60 };
#endif

static void every_instruction_set_and_number_of_threads_gives_the_same_weights_after_training(void)
{
    static const int threads[] = {1, 2, 5};
    digest_register();
    for (int model = 0; digest_model(model) != NULL; model++)
        for (int kind = 0; kind < DIGEST_KINDS; kind++) {
            uint64_t first = 0;
            int seen = 0;
            for (int i = 0; i < unroll_isa_count; i++)
                for (int t = 0; unroll_isas[i].supported() && t < 3; t++) {
                    uint64_t digest = 1;
                    const char *name = digest_model(model);
                    unroll_status status = digest_training(name, unroll_isas[i].name, threads[t],
                                                           digest_steps(name, TRAINING_STEPS), kind, &digest);
                    CU_ASSERT_EQUAL(status.code, UNROLL_OK);
                    first = seen++ == 0 ? digest : first;
                    CU_ASSERT_EQUAL(digest, first);
                }
        }
}

static int threads_of(const char *hidden, int batch, bool all)
{
    unroll_model_shape shape = {.inputs = 2, .outputs = 1, .steps = 2, .batch = batch, .loss = "squared", .all_threads = all};
    unroll_settings *settings = unroll_settings_new();
    unroll_model *model = NULL;
    int threads;
    unroll_settings_set(settings, "threads", "3");
    unroll_settings_set(settings, "hidden", hidden);
    CU_ASSERT_EQUAL_FATAL(unroll_model_open(settings, &shape, &model).code, UNROLL_OK);
    threads = unroll_model_threads(model);
    unroll_model_close(model);
    unroll_settings_free(settings);
    return threads;
}

/* An LSTM does 4 B H^2 multiply-adds a time step; a thread wants 98,304 of them where it has sequences of its own, 131,072
   where all wait for each other at every step. */
static void threads_without_enough_to_do_are_left_out(void)
{
    digest_register();
    CU_ASSERT_EQUAL(threads_of("16", 32, false), 1);
    CU_ASSERT_EQUAL(threads_of("32", 47, false), 1);
    CU_ASSERT_EQUAL(threads_of("32", 48, false), 2);
    CU_ASSERT_EQUAL(threads_of("128", 32, false), 2); /* two micro-batches */
    CU_ASSERT_EQUAL(threads_of("128", 1, false), 1);
    CU_ASSERT_EQUAL(threads_of("256", 1, false), 2);
    CU_ASSERT_EQUAL(threads_of("16", 1, true), 3);
}

/* MOST_BATCH sequences through WIDE units are several micro-batches, whatever the cell */
enum { BATCH = 5, MOST_BATCH = 34, WIDE = 112, STEPS = 7, MOST_HIDDEN = 34, INPUTS = 3, OUTPUTS = 4 };

/* `single`: of settings whose batch is one sequence, however many the model takes */
static unroll_model *model_of(const char *cell, const char *hidden, const char *layers, int symbols, int batch, bool single)
{
    unroll_model_shape shape = {.inputs = symbols > 0 ? 0 : INPUTS, .symbols = symbols, .outputs = OUTPUTS, .steps = STEPS,
                                .batch = batch, .answer = UNROLL_AT_EVERY, .loss = "squared"};
    unroll_settings *settings = unroll_settings_new();
    unroll_model *model = NULL;
    unroll_settings_set(settings, "hidden", hidden);
    unroll_settings_set(settings, "layers", layers);
    if (single)
        unroll_settings_set(settings, "batch", "1");
    digest_set_model(settings, cell);
    CU_ASSERT_EQUAL_FATAL(unroll_model_open(settings, &shape, &model).code, UNROLL_OK);
    unroll_settings_free(settings);
    return model;
}

static void random_inputs(real *x, int count)
{
    unroll_random random = unroll_random_open(3, UNROLL_FOR_TEST, 0, 0);
    for (int i = 0; i < count; i++)
        x[i] = (real)(float)(unroll_random_uniform(&random) * 2 - 1);
}

/* the digest of all gradients of one pass over sequences of unequal lengths */
static uint64_t gradient_digest(const char *isa, const char *cell, const char *hidden, int inputs, const char *threads)
{
    enum { SIZE = 9 };
    static int length[SIZE] = {3, 7, 1, 7, 5, 2, 7, 6, 4};
    unroll_model_shape shape = {.inputs = inputs, .outputs = 1, .steps = STEPS, .batch = SIZE, .loss = "squared",
                                .input_gradient = true, .all_threads = true};
    size_t count = (size_t)(SIZE * STEPS * inputs);
    float *x = malloc(count * sizeof *x), y[SIZE] = {0};
    unroll_samples samples = {.length = length, .x = x, .y = y};
    unroll_random random = unroll_random_open(3, UNROLL_FOR_TEST, 0, 0);
    unroll_settings *settings = unroll_settings_new();
    unroll_model *model = NULL;
    uint64_t digest = 0;
    unroll_settings_set(settings, "isa", isa);
    unroll_settings_set(settings, "hidden", hidden);
    unroll_settings_set(settings, "threads", threads);
    digest_set_model(settings, cell);
    for (size_t i = 0; i < count; i++)
        x[i] = (float)(2 * unroll_random_uniform(&random) - 1);
    CU_ASSERT_EQUAL_FATAL(unroll_model_open(settings, &shape, &model).code, UNROLL_OK);
    unroll_model_pack(model, &samples, SIZE);
    unroll_model_gradient(model, NULL);
    for (int i = 0; i < unroll_model_weight_count(model); i++) {
        unroll_weight weight;
        size_t values;
        real *gradient;
        unroll_model_weight_at(model, i, &weight);
        values = (size_t)weight.rows * (size_t)(weight.columns > 0 ? weight.columns : 1);
        gradient = malloc(values * sizeof *gradient);
        unroll_model_get_gradient(model, i, gradient);
        digest = digest_bytes(digest, gradient, values * sizeof *gradient);
        free(gradient);
    }
    unroll_model_close(model);
    unroll_settings_free(settings);
    free(x);
    return digest;
}

static void gradients_at_odd_sizes_have_the_same_bits_on_every_instruction_set_and_number_of_threads(void)
{
    enum { SIZES = 8, SIZES_OF_VARIANTS = 5 }; /* five blocks of units are a group and a piece of another */
    static const char *const hidden[SIZES] = {"1", "3", "17", "63", "65", "127", "129", "500"};
    static const int inputs[SIZES] = {129, 65, 3, 1, 17, 127, 63, 2};
    digest_register();
    for (int index = 0; digest_model(index) != NULL; index++)
        for (int size = 0; size < (digest_is_variant(digest_model(index)) ? SIZES_OF_VARIANTS : SIZES); size++) {
            const char *name = digest_model(index);
            uint64_t wanted = gradient_digest("auto", name, hidden[size], inputs[size], "1");
            CU_ASSERT_EQUAL(gradient_digest("auto", name, hidden[size], inputs[size], "2"), wanted);
            for (int i = 0; i < unroll_isa_count; i++)
                if (unroll_isas[i].supported())
                    CU_ASSERT_EQUAL(gradient_digest(unroll_isas[i].name, name, hidden[size], inputs[size], "1"), wanted);
        }
}

/* symbols > 0: inputs are symbols; `batch`: the model's, of which `sequences` are there */
static void stream_beside_a_batch(const char *cell, const char *hidden, const char *layers, int symbols, int batch, int sequences,
                                  bool single)
{
    unroll_model *model = model_of(cell, hidden, layers, symbols, batch, single);
    int symbol[MOST_BATCH * STEPS], step_symbol[MOST_BATCH];
    real x[MOST_BATCH * STEPS * INPUTS], y[MOST_BATCH * STEPS * OUTPUTS], step_x[MOST_BATCH * INPUTS];
    real step_y[MOST_BATCH * OUTPUTS];
    unroll_forward io = {.size = sequences, .steps = STEPS, .x = x, .y = y};
    random_inputs(x, MOST_BATCH * STEPS * INPUTS);
    for (int i = 0; i < MOST_BATCH * STEPS && symbols > 0; i++)
        symbol[i] = i * 7 % symbols;
    if (symbols > 0) {
        io.x = NULL;
        io.symbol = symbol;
    }
    unroll_model_forward(model, &io);
    unroll_model_reset(model);
    for (int t = 0; t < STEPS; t++) {
        for (int b = 0; b < sequences; b++) {
            memcpy(step_x + b * INPUTS, x + (b * STEPS + t) * INPUTS, INPUTS * sizeof(real));
            step_symbol[b] = symbols > 0 ? symbol[b * STEPS + t] : 0;
        }
        unroll_model_step(model, sequences, symbols > 0 ? NULL : step_x, symbols > 0 ? step_symbol : NULL, step_y);
        for (int b = 0; b < sequences; b++)
            CU_ASSERT(memcmp(step_y + b * OUTPUTS, y + (b * STEPS + t) * OUTPUTS, OUTPUTS * sizeof(real)) == 0);
    }
    unroll_model_close(model);
}

static void streaming_steps_give_the_bits_of_the_batch(void)
{
    static const char *const hidden[] = {"1", "16", "33"};
    digest_register();
    for (int index = 0; digest_model(index) != NULL; index++) {
        const char *name = digest_model(index);
        for (int size = 0; size < 3; size++) {
            stream_beside_a_batch(name, hidden[size], "1", 0, BATCH, BATCH, false);
            stream_beside_a_batch(name, hidden[size], "2", 0, BATCH, BATCH, false);
            stream_beside_a_batch(name, hidden[size], "2", 11, BATCH, BATCH, false);
            stream_beside_a_batch(name, hidden[size], "2", 0, 1, 1, true);
            stream_beside_a_batch(name, hidden[size], "1", 11, BATCH, 3, true);
        }
        for (int sequences = 1; sequences <= 3; sequences++) { /* weights that a step takes piece by piece, there and back */
            stream_beside_a_batch(name, "545", "1", 0, BATCH, sequences, false);
            stream_beside_a_batch(name, "545", "1", 11, BATCH, sequences, false);
        }
        stream_beside_a_batch(name, "545", "1", 0, 1, 1, true);
        stream_beside_a_batch(name, "112", "1", 0, MOST_BATCH, MOST_BATCH, false);
        stream_beside_a_batch(name, "112", "2", 11, MOST_BATCH, MOST_BATCH - 1, false);
    }
}

static void sequences_beside_each_other(const char *cell, int hidden, int batch, bool single)
{
    static real x[MOST_BATCH * STEPS * INPUTS], y[MOST_BATCH * STEPS * OUTPUTS], alone[STEPS * OUTPUTS];
    static real states[2 * UNROLL_CELL_STATES * MOST_BATCH * WIDE], own[2 * UNROLL_CELL_STATES * WIDE];
    char width[16];
    int length[MOST_BATCH];
    size_t bytes; /* of a sequence's state */
    unroll_forward io = {.size = batch, .steps = STEPS, .x = x, .y = y, .length = length, .states = states};
    unroll_model *model;
    snprintf(width, sizeof width, "%d", hidden);
    model = model_of(cell, width, "2", 0, batch, single);
    bytes = (size_t)unroll_model_state_size(model) * sizeof(real);
    for (int b = 0; b < batch; b++)
        length[b] = 1 + (2 + 4 * b) % STEPS;
    random_inputs(x, MOST_BATCH * STEPS * INPUTS);
    unroll_model_forward(model, &io);
    for (int b = 0; b < batch; b++) {
        unroll_forward one = {.size = 1, .steps = length[b], .x = x + b * STEPS * INPUTS, .y = alone, .states = own};
        unroll_model_forward(model, &one);
        CU_ASSERT(memcmp(alone, y + b * STEPS * OUTPUTS, (size_t)(length[b] * OUTPUTS) * sizeof(real)) == 0);
        for (int i = length[b] * OUTPUTS; i < STEPS * OUTPUTS; i++)
            CU_ASSERT(y[b * STEPS * OUTPUTS + i] == 0);
        CU_ASSERT(memcmp(own, (char *)states + (size_t)b * bytes, bytes) == 0);
    }
    unroll_model_close(model);
}

static void a_sequence_gives_the_same_bits_whatever_stands_beside_it(void)
{
    digest_register();
    for (int index = 0; digest_model(index) != NULL; index++) {
        const char *name = digest_model(index);
        sequences_beside_each_other(name, 19, BATCH, false);
        sequences_beside_each_other(name, 19, BATCH, true);
        sequences_beside_each_other(name, WIDE, MOST_BATCH, false);
    }
}

/* adds weight `index`'s gradient, times `share`, of the second of two batches that carry their states, which are sequences
   first..first + batch - 1 of x and y (2, MOST_BATCH, ..) */
static void add_carried_gradient(const char *cell, int first, int batch, const float *x, const float *y, double share, int index,
                                 double *sum, size_t most)
{
    unroll_model *model = model_of(cell, "112", "1", 0, batch, false);
    real *gradient = calloc(most, sizeof *gradient);
    int length[MOST_BATCH];
    for (int b = 0; b < batch; b++)
        length[b] = STEPS;
    unroll_model_carry(model, 0, true);
    for (int i = 0; i < 2; i++) {
        size_t row = (size_t)((i * MOST_BATCH + first) * STEPS);
        unroll_samples samples = {.length = length, .x = (float *)x + row * INPUTS, .y = (float *)y + row * OUTPUTS};
        unroll_model_pack(model, &samples, batch);
        unroll_model_gradient(model, NULL);
    }
    unroll_model_get_gradient(model, index, gradient);
    for (size_t i = 0; i < most; i++)
        sum[i] += share * (double)gradient[i];
    free(gradient);
    unroll_model_close(model);
}

static int micros_of(const char *cell, int batch)
{
    unroll_model_shape shape = {.inputs = INPUTS, .outputs = OUTPUTS, .steps = STEPS, .batch = batch, .answer = UNROLL_AT_EVERY,
                                .loss = "squared"};
    unroll_settings *settings = unroll_settings_new();
    unroll_graph graph;
    int micros;
    unroll_settings_set(settings, "hidden", "112");
    digest_set_model(settings, cell);
    CU_ASSERT_EQUAL_FATAL(unroll_network_build(settings, &shape, unroll_isa_now(), &graph).code, UNROLL_OK);
    micros = unroll_parts_micros(unroll_graph_sequential(&graph), batch);
    unroll_graph_close(&graph);
    unroll_settings_free(settings);
    return micros;
}

static void micro_batches_give_the_gradient_of_the_whole(void)
{
    enum { MOST = 4 * WIDE * WIDE, HALF = MOST_BATCH / 2, ROWS = 2 * MOST_BATCH * STEPS };
    static float x[ROWS * INPUTS], y[ROWS * OUTPUTS];
    double *whole = calloc(MOST, sizeof *whole), *halves = calloc(MOST, sizeof *halves);
    unroll_random random = unroll_random_open(5, UNROLL_FOR_TEST, 0, 0);
    digest_register();
    for (int i = 0; i < ROWS * INPUTS; i++)
        x[i] = (float)(unroll_random_uniform(&random) * 2 - 1);
    for (int i = 0; i < ROWS * OUTPUTS; i++)
        y[i] = (float)unroll_random_uniform(&random);
    for (int m = 0; digest_model(m) != NULL; m++) {
        const char *name = digest_model(m);
        if (digest_is_variant(name)) /* one may draw by a sequence's place in the batch, which is another in its half */
            continue;
        unroll_model *model = model_of(name, "112", "1", 0, MOST_BATCH, false);
        int count = unroll_model_weight_count(model);
        unroll_model_close(model);
        CU_ASSERT(micros_of(name, MOST_BATCH) > 1);
        CU_ASSERT_EQUAL(micros_of(name, HALF), 1);
        for (int index = 0; index < count; index++) {
            double most = 0, off = 0;
            memset(whole, 0, MOST * sizeof *whole);
            memset(halves, 0, MOST * sizeof *halves);
            add_carried_gradient(name, 0, MOST_BATCH, x, y, 1, index, whole, MOST);
            add_carried_gradient(name, 0, HALF, x, y, 0.5, index, halves, MOST);
            add_carried_gradient(name, HALF, HALF, x, y, 0.5, index, halves, MOST);
            for (int i = 0; i < MOST; i++) {
                most = fmax(most, fabs(whole[i]));
                off = test_worse(off, fabs(whole[i] - halves[i]));
            }
            CU_ASSERT(most > 0 && off <= (sizeof(real) == sizeof(double) ? 1e-12 : 1e-5) * most);
        }
    }
    free(whole);
    free(halves);
}

static void two_halves_with_handed_over_states_give_the_bits_of_the_whole(void)
{
    digest_register();
    for (int index = 0; digest_model(index) != NULL && digest_is_cell(digest_model(index)); index++) {
        unroll_model *model = model_of(digest_model(index), "21", "2", 0, BATCH, false);
        real x[STEPS * INPUTS], y[STEPS * OUTPUTS], half[STEPS * OUTPUTS], states[2 * UNROLL_CELL_STATES * WIDE];
        unroll_forward whole = {.size = 1, .steps = STEPS, .x = x, .y = y};
        unroll_forward first = {.size = 1, .steps = 3, .x = x, .y = half, .states = states};
        unroll_forward second = {.size = 1, .steps = STEPS - 3, .x = x + 3 * INPUTS, .y = half + 3 * OUTPUTS, .initial = states};
        random_inputs(x, STEPS * INPUTS);
        unroll_model_forward(model, &whole);
        unroll_model_forward(model, &first);
        unroll_model_forward(model, &second);
        CU_ASSERT(memcmp(y, half, sizeof y) == 0);
        unroll_model_close(model);
    }
}

const unroll_test tests_core_bits[] = {
    TEST(every_instruction_set_gives_the_same_functions),
    CELLS_TEST(every_instruction_set_and_number_of_threads_gives_the_same_weights_after_training),
    TEST(threads_without_enough_to_do_are_left_out),
    CELLS_TEST(gradients_at_odd_sizes_have_the_same_bits_on_every_instruction_set_and_number_of_threads),
    CELLS_TEST(streaming_steps_give_the_bits_of_the_batch),
    CELLS_TEST(a_sequence_gives_the_same_bits_whatever_stands_beside_it),
    CELLS_TEST(micro_batches_give_the_gradient_of_the_whole),
    CELLS_TEST(two_halves_with_handed_over_states_give_the_bits_of_the_whole),
    {NULL, NULL},
};
