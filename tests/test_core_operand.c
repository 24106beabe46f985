/* What recurrent products are of: masks of the state (drop_state) against what they do to a sum that can be worked out by hand. */
#include <math.h>
#include <string.h>

#include "digest.h"
#include "model/view.h"
#include "suite.h"

enum { T = 3, B = 6, H = 70 };

/* h_t = 1 + 0.5 mask h_(t-1) in every unit */
static unroll_model *open_sums(const char *drop, const char *more)
{
    unroll_model_shape shape = {.inputs = 1, .outputs = 1, .steps = T, .batch = B, .answer = UNROLL_AT_LAST, .loss = "squared",
                                .all_threads = true};
    unroll_settings *settings = unroll_settings_new();
    unroll_model *model = NULL;
    digest_register();
    digest_set_model(settings, "rnn nonlinearity=relu hidden=70 bias=one init=identity");
    unroll_settings_set(settings, "drop_state", drop);
    CU_ASSERT_EQUAL_FATAL(unroll_settings_assign(settings, more).code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(unroll_model_open(settings, &shape, &model).code, UNROLL_OK);
    unroll_settings_free(settings);
    for (int i = 0; i < unroll_model_weight_count(model); i++) {
        static real values[H * H];
        unroll_weight weight;
        bool bias, recurrent;
        unroll_model_weight_at(model, i, &weight);
        bias = strcmp(weight.name, "rnn.bias_ih_l0") == 0;
        recurrent = strcmp(weight.name, "rnn.weight_hh_l0") == 0;
        for (int r = 0; r < H * H; r++)
            values[r] = bias ? 1 : recurrent && r / H == r % H ? (real)0.5 : 0;
        unroll_model_set_weight(model, i, values);
    }
    return model;
}

/* the states of one pass, as if at a training step */
static void see(unroll_model *model, int64_t step, bool training, real h[B][T][H])
{
    int length[B] = {3, 3, 3, 3, 3, 3};
    float x[B * T] = {0}, y[B] = {0};
    unroll_samples samples = {.length = length, .x = x, .y = y};
    CU_ASSERT_EQUAL_FATAL(unroll_model_view(model, "rnn.h_l0", &h[0][0][0]).code, UNROLL_OK);
    unroll_model_at_step(model, step);
    unroll_model_pack(model, &samples, B);
    if (training)
        unroll_model_gradient(model, NULL);
    else
        unroll_model_loss(model, NULL);
}

/* what a unit's state is multiplied with before the product, from its second state */
static double mask_of(real h[B][T][H], int s, int unit)
{
    return 2 * ((double)h[s][1][unit] - 1);
}

static void masks_are_drawn_once_a_sequence_and_make_up_for_what_they_drop(void)
{
    static real h[B][T][H];
    unroll_model *model = open_sums("0.25", "seed=3");
    int dropped = 0;
    see(model, 0, true, h);
    for (int s = 0; s < B; s++)
        for (int u = 0; u < H; u++) {
            double mask = mask_of(h, s, u);
            CU_ASSERT_EQUAL(h[s][0][u], 1);
            CU_ASSERT_TRUE(mask == 0 || fabs(mask - 4.0 / 3) < 1e-5);
            CU_ASSERT_DOUBLE_EQUAL(h[s][2][u], 1 + 0.5 * mask * (double)h[s][1][u], 1e-5);
            dropped += mask == 0;
        }
    CU_ASSERT_TRUE(dropped > 71 && dropped < 142); /* 105 of 420 are expected, give or take 4 deviations */
    unroll_model_close(model);
}

/* how many of the masks of two passes differ */
static int differ(real a[B][T][H], int a_sequence, real b[B][T][H], int b_sequence)
{
    int count = 0;
    for (int u = 0; u < H; u++)
        count += mask_of(a, a_sequence, u) != mask_of(b, b_sequence, u);
    return count;
}

static void masks_differ_between_sequences_steps_and_seeds_and_between_nothing_else(void)
{
    static real one[B][T][H], other[B][T][H];
    unroll_model *model = open_sums("0.25", "seed=3"), *again = open_sums("0.25", "threads=3"), *seeded = open_sums("0.25", "seed=4");
    see(model, 0, true, one);
    for (int s = 1; s < B; s++)
        CU_ASSERT_TRUE(differ(one, 0, one, s) > 5);
    see(model, 1, true, other);
    CU_ASSERT_TRUE(differ(one, 0, other, 0) > 5);
    see(seeded, 0, true, other);
    CU_ASSERT_TRUE(differ(one, 0, other, 0) > 5);
    unroll_model_close(seeded);
    unroll_model_close(model);
    model = open_sums("0.25", "threads=1");
    see(model, 0, true, one);
    see(again, 0, true, other);
    CU_ASSERT_EQUAL(memcmp(one, other, sizeof one), 0);
    unroll_model_close(again);
    unroll_model_close(model);
}

static void nothing_is_dropped_but_in_training(void)
{
    static real h[B][T][H];
    unroll_model *model = open_sums("0.25", "seed=3");
    see(model, 0, false, h);
    for (int s = 0; s < B; s++)
        for (int u = 0; u < H; u++)
            CU_ASSERT_EQUAL(h[s][2][u], 1.75);
    unroll_model_close(model);
}

static void a_cell_whose_products_see_no_state_has_none_to_drop(void)
{
    unroll_model_shape shape = {.inputs = 1, .outputs = 1, .steps = T, .batch = B, .answer = UNROLL_AT_LAST, .loss = "squared"};
    unroll_settings *settings = unroll_settings_new();
    unroll_model *model;
    unroll_status status;
    digest_register();
    digest_set_model(settings, "mingru drop_state=0.5");
    status = unroll_model_open(settings, &shape, &model);
    CU_ASSERT_EQUAL(status.code, UNROLL_WRONG);
    CU_ASSERT_STRING_EQUAL(status.text, "drop_state=0.5: no product of the cell mingru sees the state");
    unroll_settings_free(settings);
}

const unroll_test tests_core_operand[] = {
    TEST(masks_are_drawn_once_a_sequence_and_make_up_for_what_they_drop),
    TEST(masks_differ_between_sequences_steps_and_seeds_and_between_nothing_else),
    TEST(nothing_is_dropped_but_in_training),
    TEST(a_cell_whose_products_see_no_state_has_none_to_drop),
    {NULL, NULL},
};
