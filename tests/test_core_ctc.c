/* Models whose answers are labels without places (CTC): gradients, what is left out, threads, micro-batches. The loss itself
   is held against PyTorch's in test_core_losses.c. */
#include <math.h>
#include <string.h>

#include "central.h"
#include "models.h"
#include "losses/loss.h"
#include "model/decode.h"
#include "suite.h"

enum { INPUTS = 2, STEPS = 7, CLASSES = 4, LABELS = 5, BATCH = 6, MOST_BATCH = 34 };

static unroll_model_shape shape_of(int sequences)
{
    return (unroll_model_shape){.inputs = INPUTS, .outputs = CLASSES, .steps = STEPS, .batch = sequences, .answer = UNROLL_UNALIGNED,
                                .target_steps = LABELS, .loss = "ctc", .all_threads = true};
}

typedef struct batch {
    int length[MOST_BATCH], target_length[MOST_BATCH], target[MOST_BATCH * LABELS];
    float x[MOST_BATCH * STEPS * INPUTS];
} batch;

/* of the first six sequences one has too many labels for its steps, and one has none */
static unroll_samples made(batch *b)
{
    static const int lengths[BATCH] = {7, 3, 5, 6, 2, 7}, labels[BATCH] = {3, 5, 0, 2, 2, 5};
    unroll_random random = unroll_random_open(4, UNROLL_FOR_TEST, 0, 0);
    for (int s = 0; s < MOST_BATCH; s++) {
        b->length[s] = lengths[s % BATCH];
        b->target_length[s] = labels[s % BATCH];
        for (int i = 0; i < LABELS; i++)
            b->target[s * LABELS + i] = 1 + (s + i) % (CLASSES - 1); /* no two alike beside each other */
    }
    for (int i = 0; i < MOST_BATCH * STEPS * INPUTS; i++)
        b->x[i] = (float)(2 * unroll_random_uniform(&random) - 1);
    return (unroll_samples){.length = b->length, .x = b->x, .target = b->target, .target_length = b->target_length};
}

static unroll_model *open_with(const char *cell, const char *hidden, int sequences, const char *threads, const char *isa)
{
    unroll_model_shape shape = shape_of(sequences);
    unroll_settings *settings = unroll_settings_new();
    unroll_model *model = NULL;
    unroll_settings_set(settings, "hidden", hidden);
    unroll_settings_set(settings, "threads", threads);
    unroll_settings_set(settings, "isa", isa);
    digest_set_model(settings, cell);
    CU_ASSERT_EQUAL_FATAL(unroll_model_open(settings, &shape, &model).code, UNROLL_OK);
    unroll_settings_free(settings);
    return model;
}

static void sequences_whose_labels_do_not_fit_are_left_out_and_counted(void)
{
    batch b;
    unroll_samples samples;
    unroll_model *model;
    double all, sum = 0;
    digest_register();
    samples = made(&b);
    model = open_with("gru", "5", BATCH, "1", "auto");
    unroll_model_pack(model, &samples, BATCH);
    CU_ASSERT_EQUAL(unroll_model_targets(model), BATCH - 1);
    CU_ASSERT_EQUAL(unroll_model_left_out(model), 1);
    all = unroll_model_loss(model, NULL);
    for (int s = 0; s < BATCH; s++) { /* the mean of the others, each by itself */
        unroll_samples one = {.length = b.length + s, .x = b.x + s * STEPS * INPUTS, .target = b.target + s * LABELS,
                              .target_length = b.target_length + s};
        unroll_model_pack(model, &one, 1);
        CU_ASSERT_EQUAL(unroll_model_left_out(model), s == 1);
        sum += s == 1 ? 0 : unroll_model_loss(model, NULL);
    }
    CU_ASSERT_DOUBLE_EQUAL(all, sum / (BATCH - 1), sizeof(real) == sizeof(double) ? 1e-13 : 1e-6);
    unroll_model_close(model);
}

static void the_gradient_through_a_model_matches_central_differences(void)
{
    digest_register();
    if (central_skips())
        return;
    for (int index = 0; digest_model(index) != NULL; index++) {
        const char *name = digest_model(index);
        batch b;
        unroll_samples samples = made(&b);
        unroll_model *model = open_with(name, "5", BATCH, "1", "auto");
        unroll_model_pack(model, &samples, BATCH);
        central_check_weights(name, model);
        unroll_model_close(model);
    }
}

static uint64_t digest_of(const char *cell, const char *threads, const char *isa)
{
    batch b;
    unroll_samples samples = made(&b);
    unroll_model *model = open_with(cell, "77", MOST_BATCH, threads, isa); /* several micro-batches */
    uint64_t digest = 1;
    for (int step = 0; step < 3; step++) {
        double loss;
        unroll_model_pack(model, &samples, MOST_BATCH);
        loss = unroll_model_gradient(model, NULL);
        unroll_model_update(model);
        digest = digest_bytes(digest, &loss, sizeof loss);
    }
    unroll_model_close(model);
    return digest;
}

static void the_bits_are_the_same_on_every_instruction_set_and_number_of_threads(void)
{
    digest_register();
    for (int index = 0; digest_model(index) != NULL; index++) {
        const char *name = digest_model(index);
        uint64_t wanted = digest_of(name, "1", "auto");
        CU_ASSERT_EQUAL(digest_of(name, "2", "auto"), wanted);
        CU_ASSERT_EQUAL(digest_of(name, "5", "auto"), wanted);
        for (int i = 0; i < unroll_isa_count; i++)
            if (unroll_isas[i].supported())
                CU_ASSERT_EQUAL(digest_of(name, "1", unroll_isas[i].name), wanted);
    }
}

static void the_best_path_merges_repetitions_and_then_takes_out_blanks(void)
{
    static const int paths[][STEPS] = {{0, 1, 1, 0, 1, 2, 2}, {3, 3, 3, 3, 3, 3, 3}, {0, 0, 0, 0, 0, 0, 0}, {1, 2, 1, 2, 1, 2, 1}};
    static const int wanted[][STEPS] = {{1, 1, 2, -1, -1, -1, -1}, {3, -1, -1, -1, -1, -1, -1}, {-1, -1, -1, -1, -1, -1, -1},
                                        {1, 2, 1, 2, 1, 2, 1}};
    static const int count[] = {3, 1, 0, 7};
    for (int p = 0; p < 4; p++) {
        real y[STEPS * CLASSES] = {0}; /* of equal classes the first counts */
        int label[STEPS];
        for (int t = 0; t < STEPS; t++)
            if (paths[p][t] > 0)
                y[t * CLASSES + paths[p][t]] = 1;
        CU_ASSERT_EQUAL(unroll_best_path(y, STEPS, CLASSES, label), count[p]);
        CU_ASSERT_EQUAL(memcmp(label, wanted[p], sizeof label), 0);
    }
}

const unroll_test tests_core_ctc[] = {
    TEST(the_best_path_merges_repetitions_and_then_takes_out_blanks),
    TEST(sequences_whose_labels_do_not_fit_are_left_out_and_counted),
    CELLS_TEST(the_gradient_through_a_model_matches_central_differences),
    CELLS_TEST(the_bits_are_the_same_on_every_instruction_set_and_number_of_threads),
    {NULL, NULL},
};
