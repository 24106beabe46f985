/* Every registered cell's gradients against central differences, in the double build; the float build holds its gradients
   against PyTorch's in test_core_golden.c. */
#include <math.h>
#include <string.h>

#include "central.h"
#include "models.h"

enum { MOST_VALUES = 4096 }; /* of a weight */

typedef struct gradient_case {
    const char *layers, *hidden, *bias;
    unroll_model_shape shape;
    bool equal;
} gradient_case;

static const gradient_case cases[] = {
    {"1", "5", "two", {.inputs = 3, .outputs = 2, .steps = 6, .batch = 4, .loss = "squared"}, false},
    {"2", "17", "two", {.inputs = 2, .outputs = 3, .steps = 5, .batch = 3, .answer = UNROLL_AT_EVERY, .loss = "squared"}, false},
    {"1", "4", "one", {.symbols = 7, .outputs = 19, .steps = 5, .batch = 3, .answer = UNROLL_AT_EVERY, .loss = "softmax"}, false},
    {"1", "3", "two", {.inputs = 1, .outputs = 4, .steps = 7, .batch = 5, .answer = UNROLL_AT_EVERY, .loss = "bernoulli"}, true},
    {"3", "2", "one", {.symbols = 3, .outputs = 5, .steps = 4, .batch = 2, .loss = "softmax"}, false},
};

static unroll_settings *settings_of(const gradient_case *c, const char *cell)
{
    unroll_settings *settings = unroll_settings_new();
    unroll_settings_set(settings, "layers", c->layers);
    unroll_settings_set(settings, "hidden", c->hidden);
    unroll_settings_set(settings, "bias", c->bias);
    digest_set_model(settings, cell);
    return settings;
}

typedef struct buffers {
    int length[8];
    float x[256], y[1024];
    int symbol[64], target[64];
} buffers;

static unroll_samples samples_in(buffers *b)
{
    unroll_samples samples = {.length = b->length, .x = b->x, .symbol = b->symbol, .y = b->y, .target = b->target};
    memset(b, 0, sizeof *b);
    return samples;
}

static double loss_alone(unroll_model *model)
{
    return unroll_model_loss(model, NULL);
}

/* the worst difference between the gradient and central differences, relative to the weight's largest gradient */
static double worst_difference(unroll_model *model, const unroll_samples *samples, int size)
{
    double worst = 0.0, (*loss)(unroll_model *);
    unroll_model_pack(model, samples, size);
    /* a model that draws nothing has no other loss in training, and its gradient need not be taken for it */
    loss = central_trained_loss(model) != loss_alone(model) ? central_trained_loss : loss_alone;
    for (int i = 0; i < unroll_model_weight_count(model); i++) {
        unroll_weight weight;
        real values[MOST_VALUES], gradient[MOST_VALUES];
        double largest = 1e-3;
        unroll_model_weight_at(model, i, &weight);
        int count = weight.rows * (weight.columns == 0 ? 1 : weight.columns);
        CU_ASSERT_FATAL(count <= MOST_VALUES);
        unroll_model_get_weight(model, i, values);
        central_trained_loss(model);
        unroll_model_get_gradient(model, i, gradient);
        for (int k = 0; k < count; k++)
            largest = fabs((double)gradient[k]) > largest ? fabs((double)gradient[k]) : largest;
        for (int k = 0; k < count; k++) {
            double wanted = central_difference(model, i, values, (size_t)k, loss, (double)gradient[k], 5e-7 * largest);
            worst = test_worse(worst, fabs(wanted - (double)gradient[k]) / largest);
        }
    }
    return worst;
}

static void every_cells_gradient_matches_central_differences(void)
{
    digest_register();
    if (central_skips())
        return;
    for (int index = 0; digest_model(index) != NULL; index++)
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            const gradient_case *c = &cases[i];
            unroll_settings *settings = settings_of(c, digest_model(index));
            buffers b;
            unroll_samples samples = samples_in(&b);
            unroll_model *model;
            CU_ASSERT_EQUAL_FATAL(unroll_model_open(settings, &c->shape, &model).code, UNROLL_OK);
            digest_fill(&c->shape, c->equal, (uint32_t)i, &samples);
            CU_ASSERT(worst_difference(model, &samples, c->shape.batch) < 1e-6);
            unroll_model_close(model);
            unroll_settings_free(settings);
        }
}

/* with the gradient cut every k steps, T steps give the same gradient as T / k separate batches that carry their state */
static void truncated_gradient_is_that_of_the_pieces(void)
{
    enum { STEPS = 6, PIECE = 2, BATCH = 3 };
    digest_register();
    for (int model = 0; digest_model(model) != NULL && digest_is_cell(digest_model(model)); model++) {
        unroll_model_shape whole = {.inputs = 2, .outputs = 2, .steps = STEPS, .batch = BATCH, .answer = UNROLL_AT_EVERY, .loss = "squared"};
        unroll_model_shape piece = whole;
        unroll_settings *settings = unroll_settings_new();
        unroll_model *a, *b;
        buffers whole_buffers, piece_buffers;
        unroll_samples all = samples_in(&whole_buffers), part = samples_in(&piece_buffers);
        piece.steps = PIECE;
        unroll_settings_set(settings, "hidden", "5");
        unroll_settings_set(settings, "bptt", "2");
        digest_set_model(settings, digest_model(model));
        CU_ASSERT_EQUAL_FATAL(unroll_model_open(settings, &whole, &a).code, UNROLL_OK);
        CU_ASSERT_EQUAL_FATAL(unroll_model_open(settings, &piece, &b).code, UNROLL_OK);
        digest_fill(&whole, true, 0, &all);
        unroll_model_pack(a, &all, BATCH);
        unroll_model_gradient(a, NULL);
        unroll_model_carry(b, 0, true);
        for (int index = 0; index < 2; index++) { /* the input's and the recurrent weights */
            real expected[MOST_VALUES], sum[MOST_VALUES] = {0}, one[MOST_VALUES];
            unroll_weight weight;
            unroll_model_weight_at(a, index, &weight);
            CU_ASSERT_FATAL(weight.rows * weight.columns <= MOST_VALUES);
            unroll_model_get_gradient(a, index, expected);
            unroll_model_carry(b, 0, true);
            for (int first = 0; first < STEPS; first += PIECE) {
                for (int s = 0; s < BATCH; s++) {
                    part.length[s] = PIECE;
                    memcpy(part.x + s * PIECE * 2, all.x + (s * STEPS + first) * 2, PIECE * 2 * sizeof(float));
                    memcpy(part.y + s * PIECE * 2, all.y + (s * STEPS + first) * 2, PIECE * 2 * sizeof(float));
                }
                unroll_model_pack(b, &part, BATCH);
                unroll_model_gradient(b, NULL);
                unroll_model_get_gradient(b, index, one);
                for (int k = 0; k < weight.rows * weight.columns; k++)
                    sum[k] += one[k] * (real)((double)PIECE / STEPS);
            }
            for (int k = 0; k < weight.rows * weight.columns; k++)
                CU_ASSERT(fabs((double)(sum[k] - expected[k])) < (sizeof(real) == 4 ? 1e-6 : 1e-14));
        }
        unroll_model_close(a);
        unroll_model_close(b);
        unroll_settings_free(settings);
    }
}

const unroll_test tests_core_gradient[] = {
    CELLS_TEST(every_cells_gradient_matches_central_differences),
    CELLS_TEST(truncated_gradient_is_that_of_the_pieces),
    {NULL, NULL},
};
