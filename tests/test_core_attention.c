/* Attention beyond what every kind of layer gets (core_layers): over several tiles of keys, against its definition; step by step
   past the shape; memory that grows with the sequence alone. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "central.h"
#include "layers/graph.h"
#include "model/inside.h"
#include "models.h"
#include "suite.h"

enum { BATCH = 4, STEPS = 150, MOST_WIDTH = 96 };

static const int lengths[BATCH] = {65, STEPS, 1, 64};

/* The layer at hand: on the input itself, queries, keys and values side by side; or its queries, keys and values on dense layers of
   the input, of which equal letters are the same one: "aab". */
static struct {
    unroll_attention_options options;
    int width;
    const char *sources; /* NULL: the input itself */
} tried;

static unroll_status add_on_dense(unroll_graph *graph, int input)
{
    int made[2], source[3];
    UNROLL_TRY(unroll_add_dense(graph, "a", input, tried.width, &made[0]));
    UNROLL_TRY(unroll_add_dense(graph, "b", input, tried.width, &made[1]));
    for (int i = 0; i < 3; i++)
        source[i] = made[tried.sources[i] - 'a'];
    return unroll_add_attention(graph, source, 3, &tried.options, &graph->output);
}

static unroll_status build(const unroll_settings *settings, const unroll_model_shape *shape, unroll_graph *graph)
{
    int input;
    (void)settings;
    UNROLL_TRY(unroll_add_input(graph, UNROLL_SOURCE, shape->inputs, 0, &input));
    if (tried.sources != NULL)
        return add_on_dense(graph, input);
    return unroll_add_attention(graph, &input, 1, &tried.options, &graph->output);
}

static const unroll_network network = {.name = "tried", .title = "attention on its input", .build = build};

static unroll_model *open_model(int steps, int batch, const char *isa, const char *threads)
{
    unroll_model_shape shape = {.inputs = 3 * tried.width, .outputs = tried.width, .steps = steps, .batch = batch,
                                .answer = UNROLL_AT_EVERY, .loss = "squared", .input_gradient = true, .all_threads = true};
    unroll_settings *settings = unroll_settings_new();
    unroll_model *model;
    unroll_status status;
    digest_register();
    unroll_settings_set(settings, "isa", isa);
    unroll_settings_set(settings, "threads", threads);
    status = unroll_model_open_network(&network, settings, &shape, &model);
    if (status.code != UNROLL_OK)
        fprintf(stderr, "\n%s\n", status.text);
    CU_ASSERT_EQUAL_FATAL(status.code, UNROLL_OK);
    unroll_settings_free(settings);
    return model;
}

static void random_reals(real *x, size_t count)
{
    unroll_random random = unroll_random_open(3, UNROLL_FOR_TEST, 0, 0);
    for (size_t i = 0; i < count; i++)
        x[i] = (real)(2 * unroll_random_normal(&random));
}

/* ---- the definition, in double ---- */

/* column i of a head at step t, turned where it is to be */
static double turned(const real *x, int i, int t)
{
    int size = tried.width / tried.options.heads;
    double angle = t * pow(10000, -2.0 * (i / 2) / size);
    if (!tried.options.rotary || i / 2 * 2 + 1 >= size)
        return (double)x[i];
    return i % 2 == 0 ? (double)x[i] * cos(angle) - (double)x[i + 1] * sin(angle)
                      : (double)x[i] * cos(angle) + (double)x[i - 1] * sin(angle);
}

static double score(const real *x, int head, int query, int key)
{
    int size = tried.width / tried.options.heads, columns = 3 * tried.width;
    const real *q = x + query * columns + head * size, *k = x + key * columns + tried.width + head * size;
    double sum = 0;
    for (int i = 0; i < size; i++)
        sum += turned(q, i, query) * turned(k, i, key);
    return sum / sqrt((double)size);
}

/* What a weight is multiplied by in training: 0 with the chance of the options, as the draws of simd/engine.h come for the seed 0
   and the training step 0: this layer follows the input. */
static double drop_of(int sequence, int head, int query, int key)
{
    enum { LAYER = 1, SEED = 0, TILE = 64 };
    uint32_t made[4], words[4], dropped = (uint32_t)lrint(tried.options.dropout * 65536);
    int lane = key % 16, block = key % TILE / 16;
    unroll_philox((const uint32_t[]){0, LAYER, 0, UNROLL_FOR_CELLS}, (const uint32_t[]){SEED, 0}, made);
    unroll_philox((const uint32_t[]){(uint32_t)lane, (uint32_t)query, (uint32_t)sequence,
                                     (uint32_t)(key / TILE * tried.options.heads + head)}, made, words);
    return (words[block / 2] >> (block % 2 * 16) & 0xffffu) < dropped ? 0 : 65536.0 / (65536 - dropped);
}

/* the output of one head at one step, (size); sequence: of the batch, in training; -1: without */
static void output_of(const real *x, int length, int sequence, int head, int query, double *out)
{
    int size = tried.width / tried.options.heads, seen = tried.options.causal ? query + 1 : length;
    double weight[STEPS], peak = -INFINITY, sum = 0;
    for (int key = 0; key < seen; key++)
        peak = fmax(peak, weight[key] = score(x, head, query, key));
    for (int key = 0; key < seen; key++)
        sum += weight[key] = exp(weight[key] - peak);
    for (int i = 0; i < size; i++) {
        out[i] = 0;
        for (int key = 0; key < seen; key++)
            out[i] += weight[key] / sum * (sequence < 0 ? 1 : drop_of(sequence, head, query, key)) * (double)x[key * 3 * tried.width + 2 * tried.width + head * size + i];
    }
}

static double furthest(const real *x, const real *y)
{
    int size = tried.width / tried.options.heads;
    double most = 0, out[MOST_WIDTH];
    for (int s = 0; s < BATCH; s++)
        for (int t = 0; t < lengths[s]; t++)
            for (int head = 0; head < tried.options.heads; head++) {
                output_of(x + (size_t)(s * STEPS) * (size_t)(3 * tried.width), lengths[s], -1, head, t, out);
                for (int i = 0; i < size; i++)
                    most = test_worse(most, fabs(out[i] - (double)y[(s * STEPS + t) * tried.width + head * size + i]));
            }
    return most;
}

static const struct {
    int width;
    unroll_attention_options options;
} cases[] = {{24, {.heads = 2, .causal = true}},  {24, {.heads = 2}},  {80, {.heads = 1, .causal = true, .rotary = true}},
             {6, {.heads = 3, .causal = true}},   {15, {.heads = 3, .rotary = true}}, {96, {.heads = 6, .causal = true}},
             {32, {.heads = 1, .causal = true}},  {24, {.heads = 2, .causal = true, .dropout = 0.3}},
             {15, {.heads = 3, .rotary = true, .dropout = 0.6}}};
enum { CASES = sizeof cases / sizeof cases[0] };

static void take_case(int i)
{
    tried.width = cases[i].width;
    tried.options = cases[i].options;
}

static void outputs_are_those_of_the_definition(void)
{
    real *x = malloc((size_t)(BATCH * STEPS * 3 * MOST_WIDTH) * sizeof *x), *y = malloc((size_t)(BATCH * STEPS * MOST_WIDTH) * sizeof *y);
    for (int i = 0; i < CASES; i++) {
        unroll_forward io = {.size = BATCH, .steps = STEPS, .length = lengths, .x = x, .y = y};
        unroll_model *model;
        take_case(i);
        model = open_model(STEPS, BATCH, "auto", "1");
        random_reals(x, (size_t)(BATCH * STEPS * 3 * tried.width));
        unroll_model_forward(model, &io);
        CU_ASSERT_TRUE(furthest(x, y) < (sizeof(real) == sizeof(double) ? 1e-12 : 1e-5));
        unroll_model_close(model);
    }
    free(x);
    free(y);
}

/* ---- gradients over several tiles ---- */

typedef struct batch {
    int length[BATCH];
    float *x, *y;
} batch;

static batch made(void)
{
    unroll_random random = unroll_random_open(5, UNROLL_FOR_TEST, 0, 0);
    size_t columns = (size_t)(BATCH * STEPS * tried.width);
    batch b = {.x = malloc(3 * columns * sizeof *b.x), .y = malloc(columns * sizeof *b.y)};
    memcpy(b.length, lengths, sizeof lengths);
    for (size_t i = 0; i < 3 * columns; i++)
        b.x[i] = (float)unroll_random_normal(&random);
    for (size_t i = 0; i < columns; i++)
        b.y[i] = (float)unroll_random_normal(&random);
    return b;
}

static unroll_samples samples_of(batch *b)
{
    return (unroll_samples){.length = b->length, .x = b->x, .y = b->y};
}

static void free_batch(batch *b)
{
    free(b->x);
    free(b->y);
}

/* the batch's loss by the definition: the squared error, over all elements */
static double loss_of(const batch *b)
{
    int size = tried.width / tried.options.heads, columns = 3 * tried.width, rows = 0;
    real *x = malloc((size_t)(BATCH * STEPS * columns) * sizeof *x);
    double sum = 0, out[MOST_WIDTH];
    for (int i = 0; i < BATCH * STEPS * columns; i++)
        x[i] = (real)b->x[i];
    for (int s = 0; s < BATCH; rows += lengths[s++])
        for (int t = 0; t < lengths[s]; t++)
            for (int head = 0; head < tried.options.heads; head++) {
                output_of(x + s * STEPS * columns, lengths[s], s, head, t, out);
                for (int i = 0; i < size; i++)
                    sum += pow(out[i] - (double)b->y[(s * STEPS + t) * tried.width + head * size + i], 2);
            }
    free(x);
    return sum / rows / tried.width;
}

static void training_drops_weights_as_its_draws_say(void)
{
    for (int i = 0; i < CASES; i++) {
        unroll_model *model;
        unroll_samples samples;
        batch b;
        double first, wanted;
        take_case(i);
        if (tried.options.dropout == 0)
            continue;
        b = made();
        samples = samples_of(&b);
        model = open_model(STEPS, BATCH, "auto", "1");
        unroll_model_pack(model, &samples, BATCH);
        unroll_model_at_step(model, 0);
        first = unroll_model_gradient(model, NULL);
        wanted = loss_of(&b);
        CU_ASSERT_DOUBLE_EQUAL(first / wanted, 1, sizeof(real) == sizeof(double) ? 1e-12 : 1e-5);
        unroll_model_at_step(model, 1);
        CU_ASSERT(fabs(unroll_model_gradient(model, NULL) / first - 1) > 1e-4);
        unroll_model_at_step(model, 0);
        CU_ASSERT_EQUAL(unroll_model_gradient(model, NULL), first);
        unroll_model_close(model);
        free_batch(&b);
    }
}

static void the_share_of_dropped_weights_is_the_one_asked_for(void)
{
    int dropped = 0;
    tried.options = (unroll_attention_options){.heads = 2, .dropout = 0.3};
    for (int query = 0; query < 200; query++)
        for (int key = 0; key < 200; key++)
            dropped += drop_of(1, 1, query, key) == 0;
    CU_ASSERT_DOUBLE_EQUAL(dropped / 40000.0, 0.3, 0.012); /* five standard deviations */
}

/* The first query, key and value of each sequence, the last ones, and some between. */
static void check_gradient(unroll_model *model, batch *b, const real *gradient)
{
    unroll_samples samples = samples_of(b);
    int columns = 3 * tried.width, all = BATCH * STEPS * columns;
    for (int k = 0; k < all; k += k % 7 == 0 ? 1009 : 613) {
        float kept = b->x[k];
        const float above = kept + 0x1p-12f, below = kept - 0x1p-12f;
        double up, down, wanted;
        b->x[k] = above;
        unroll_model_pack(model, &samples, BATCH);
        up = central_trained_loss(model);
        b->x[k] = below;
        unroll_model_pack(model, &samples, BATCH);
        down = central_trained_loss(model);
        b->x[k] = kept;
        wanted = (up - down) / ((double)above - (double)below);
        CU_ASSERT_DOUBLE_EQUAL((double)gradient[k], wanted, 1e-9);
    }
}

static void check_gradients(void)
{
    real *gradient = malloc((size_t)(BATCH * STEPS * 3 * tried.width) * sizeof *gradient);
    batch b = made();
    unroll_samples samples = samples_of(&b);
    unroll_model *model = open_model(STEPS, BATCH, "auto", "1");
    unroll_model_pack(model, &samples, BATCH);
    unroll_model_gradient(model, NULL);
    unroll_model_get_input_gradient(model, gradient);
    check_gradient(model, &b, gradient);
    unroll_model_close(model);
    free_batch(&b);
    free(gradient);
}

static void gradients_over_several_tiles_match_central_differences(void)
{
    if (central_skips())
        return;
    for (int i = 0; i < CASES; i++) {
        take_case(i);
        check_gradients();
    }
}

static void one_layer_can_be_queries_keys_and_values(void)
{
    static const char *const sources[] = {"aaa", "aab", "aba", "abb", "bab"};
    if (central_skips())
        return;
    take_case(0);
    for (int i = 0; i < 5; i++) {
        tried.sources = sources[i];
        check_gradients();
    }
    tried.sources = NULL;
}

static uint64_t gradient_digest(const char *isa, const char *threads)
{
    batch b = made();
    unroll_samples samples = samples_of(&b);
    unroll_model *model = open_model(STEPS, BATCH, isa, threads);
    size_t count = (size_t)(BATCH * STEPS * 3 * tried.width);
    real *gradient = malloc(count * sizeof *gradient);
    uint64_t digest;
    unroll_model_pack(model, &samples, BATCH);
    unroll_model_gradient(model, NULL);
    unroll_model_get_input_gradient(model, gradient);
    digest = digest_bytes(1, gradient, count * sizeof *gradient);
    unroll_model_close(model);
    free_batch(&b);
    free(gradient);
    return digest;
}

static void gradients_over_several_tiles_have_the_same_bits_everywhere(void)
{
    for (int i = 0; i < CASES; i++) {
        uint64_t wanted;
        take_case(i);
        wanted = gradient_digest("auto", "1");
        CU_ASSERT_EQUAL(gradient_digest("auto", "2"), wanted);
        CU_ASSERT_EQUAL(gradient_digest("auto", "5"), wanted);
        for (int k = 0; k < unroll_isa_count; k++)
            if (unroll_isas[k].supported())
                CU_ASSERT_EQUAL(gradient_digest(unroll_isas[k].name, "1"), wanted);
    }
}

/* ---- step by step ---- */

/* Steps of a model whose shape is far shorter, beside a pass over all of them. */
static void steps_past_the_shape_give_the_bits_of_a_batch(void)
{
    for (int i = 0; i < CASES; i++) {
        real *x, *y, step[2 * MOST_WIDTH], now[2 * 3 * MOST_WIDTH];
        unroll_model *whole, *steps;
        unroll_forward io = {.size = 2, .steps = STEPS};
        bool same = true;
        take_case(i);
        if (!tried.options.causal)
            continue;
        io.x = x = malloc((size_t)(2 * STEPS * 3 * tried.width) * sizeof *x);
        io.y = y = malloc((size_t)(2 * STEPS * tried.width) * sizeof *y);
        random_reals(x, (size_t)(2 * STEPS * 3 * tried.width));
        whole = open_model(STEPS, 2, "auto", "1");
        unroll_model_forward(whole, &io);
        steps = open_model(5, 2, "auto", "1");
        CU_ASSERT_EQUAL_FATAL(unroll_model_reserve(steps, 20).code, UNROLL_OK);
        CU_ASSERT_EQUAL_FATAL(unroll_model_reserve(steps, STEPS).code, UNROLL_OK);
        for (int round = 0; round < 2; round++, unroll_model_reset(steps)) /* what an earlier sequence left is not seen */
            for (int t = 0; t < STEPS; t++) {
                for (int s = 0; s < 2; s++)
                    memcpy(now + s * 3 * tried.width, x + (s * STEPS + t) * 3 * tried.width, (size_t)(3 * tried.width) * sizeof *x);
                unroll_model_step(steps, 2, now, NULL, step);
                for (int s = 0; s < 2; s++)
                    same = same && memcmp(step + s * tried.width, y + (s * STEPS + t) * tried.width, (size_t)tried.width * sizeof *y) == 0;
            }
        CU_ASSERT_TRUE(same);
        unroll_model_close(whole);
        unroll_model_close(steps);
        free(x);
        free(y);
    }
}

/* ---- memory ---- */

static size_t bytes_of(int steps)
{
    unroll_model *model = open_model(steps, 1, "auto", "1");
    size_t bytes = model->arena.size;
    unroll_model_close(model);
    return bytes;
}

static void memory_grows_with_the_sequence_and_not_with_its_square(void)
{
    enum { LONG = 4096 };
    unroll_model *model;
    int length[1] = {LONG};
    float *x, *y;
    unroll_samples samples;
    tried.width = 32;
    tried.options = (unroll_attention_options){.heads = 1, .causal = true, .rotary = true};
    CU_ASSERT_TRUE((double)bytes_of(LONG) < 2.05 * (double)bytes_of(LONG / 2));
    CU_ASSERT_TRUE(bytes_of(LONG) < (size_t)LONG * LONG * sizeof(real) / 4); /* a quarter of a real a pair */
    x = calloc((size_t)(LONG * 3 * tried.width), sizeof *x);
    y = calloc((size_t)(LONG * tried.width), sizeof *y);
    y[(LONG - 1) * tried.width] = 1;
    samples = (unroll_samples){.length = length, .x = x, .y = y};
    model = open_model(LONG, 1, "auto", "1");
    unroll_model_pack(model, &samples, 1);
    CU_ASSERT_DOUBLE_EQUAL(unroll_model_gradient(model, NULL), 1.0 / (LONG * 32.0), 1e-9);
    unroll_model_close(model);
    free(x);
    free(y);
}

static void check_refused(unroll_attention_options options, const char *text)
{
    unroll_model_shape shape = {.inputs = 30, .outputs = 10, .steps = 3, .batch = 1, .answer = UNROLL_AT_EVERY, .loss = "squared"};
    unroll_settings *settings;
    unroll_model *model;
    unroll_status status;
    digest_register();
    settings = unroll_settings_new();
    tried.options = options;
    status = unroll_model_open_network(&network, settings, &shape, &model);
    CU_ASSERT_EQUAL(status.code, UNROLL_WRONG);
    CU_ASSERT_STRING_EQUAL(status.text, text);
    CU_ASSERT_PTR_NULL(model);
    unroll_settings_free(settings);
}

static void what_cannot_attend_is_one_sentence(void)
{
    check_refused((unroll_attention_options){.heads = 3}, "3 heads do not part 10 columns evenly");
    check_refused((unroll_attention_options){.heads = 2, .dropout = 1}, "attention_dropout=1 would leave nothing");
}

const unroll_test tests_core_attention[] = {
    TEST(outputs_are_those_of_the_definition),
    TEST(training_drops_weights_as_its_draws_say),
    TEST(the_share_of_dropped_weights_is_the_one_asked_for),
    TEST(gradients_over_several_tiles_match_central_differences),
    TEST(one_layer_can_be_queries_keys_and_values),
    TEST(gradients_over_several_tiles_have_the_same_bits_everywhere),
    TEST(steps_past_the_shape_give_the_bits_of_a_batch),
    TEST(memory_grows_with_the_sequence_and_not_with_its_square),
    TEST(what_cannot_attend_is_one_sentence),
    {NULL, NULL},
};
