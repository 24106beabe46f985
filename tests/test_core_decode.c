/* Answers that are sequences: the gradient through encoder and decoder, and what is written step by step against what the
   whole batch says of it. */
#include <math.h>
#include <string.h>

#include "central.h"
#include "models.h"
#include "model/decode.h"
#include "suite.h"

enum { SYMBOLS = 4, CLASSES = 3, STEPS = 5, WRITTEN = 4, BEAMS = 40, MOST_BATCH = 34 };

/* Words of at most WRITTEN - 1 symbols below CLASSES - 1, and their end. */
static const unroll_model_shape shape_of_test = {.symbols = SYMBOLS, .outputs = CLASSES, .steps = STEPS, .batch = 5,
                                                 .answer = UNROLL_SEQUENCE, .target_steps = WRITTEN, .beams = BEAMS,
                                                 .loss = "softmax"};

typedef struct batch {
    int length[MOST_BATCH], symbol[MOST_BATCH * STEPS], target_length[MOST_BATCH], target[MOST_BATCH * WRITTEN];
} batch;

static unroll_samples made(batch *b)
{
    unroll_random random = unroll_random_open(4, UNROLL_FOR_TEST, 0, 0);
    for (int s = 0; s < MOST_BATCH; s++) {
        b->length[s] = 1 + (int)unroll_random_below(&random, STEPS);
        b->target_length[s] = 1 + (int)unroll_random_below(&random, WRITTEN);
        for (int t = 0; t < STEPS; t++)
            b->symbol[s * STEPS + t] = (int)unroll_random_below(&random, SYMBOLS);
        for (int t = 0; t < WRITTEN; t++)
            b->target[s * WRITTEN + t] = t < b->target_length[s] - 1 ? (int)unroll_random_below(&random, CLASSES - 1) : CLASSES - 1;
    }
    return (unroll_samples){.length = b->length, .symbol = b->symbol, .target = b->target, .target_length = b->target_length};
}

static unroll_model *open_with(const char *cell, const char *hidden, const char *layers, const unroll_model_shape *shape)
{
    unroll_settings *settings = unroll_settings_new();
    unroll_model *model = NULL;
    digest_register();
    unroll_settings_set(settings, "hidden", hidden);
    unroll_settings_set(settings, "layers", layers);
    unroll_settings_set(settings, "init", "orthogonal");
    digest_set_model(settings, cell);
    CU_ASSERT_EQUAL_FATAL(unroll_model_open(settings, shape, &model).code, UNROLL_OK);
    unroll_settings_free(settings);
    return model;
}

/* ---- the gradient ---- */

static void check_gradient(const char *name)
{
    unroll_model *model = open_with(name, "5", "2", &shape_of_test);
    batch b;
    unroll_samples samples = made(&b);
    unroll_model_pack(model, &samples, shape_of_test.batch);
    central_check_weights(name, model);
    unroll_model_close(model);
}

static void the_gradient_flows_back_from_the_decoder_into_the_encoder(void)
{
    digest_register();
    if (central_skips())
        return;
    for (int index = 0; digest_model(index) != NULL; index++)
        check_gradient(digest_model(index));
}

/* ---- writing ---- */

/* the log probability that an answer to sequence `sequence` begins with these symbols, by one pass over the whole of it */
static double beginning_score(unroll_model *model, const batch *b, int sequence, const int *target, int length)
{
    unroll_samples one = {.length = (int *)b->length + sequence, .symbol = (int *)b->symbol + sequence * STEPS,
                          .target = (int *)target, .target_length = &length};
    unroll_model_pack(model, &one, 1);
    return -unroll_model_loss(model, NULL) * length;
}

/* of a whole answer, with its end where there is room for it */
static double whole_score(unroll_model *model, const batch *b, int sequence, const int *symbol, int length)
{
    int target[WRITTEN];
    for (int t = 0; t < WRITTEN; t++)
        target[t] = t < length ? symbol[t] : CLASSES - 1;
    return beginning_score(model, b, sequence, target, length < WRITTEN ? length + 1 : WRITTEN);
}

static const double near_enough = sizeof(real) == sizeof(double) ? 1e-12 : 2e-5;

/* Every word there can be: the next one of the same or a greater length; false: there is none. */
static bool next_word(int *word, int *length)
{
    int place = *length - 1;
    while (place >= 0 && word[place] == CLASSES - 2)
        word[place--] = 0;
    if (place >= 0) {
        word[place]++;
        return true;
    }
    if (*length == WRITTEN)
        return false;
    word[(*length)++] = 0;
    return true;
}

static void check_answers(unroll_model *model, const batch *b, int sequence, const int *symbol, const int *length,
                          const double *score)
{
    int word[WRITTEN] = {0}, words = 0, longest = 0, found = 0;
    double best = -INFINITY, all = 0;
    do {
        double now = whole_score(model, b, sequence, word, longest);
        best = now > best ? now : best;
        all += exp(now);
        words++;
    } while (next_word(word, &longest));
    CU_ASSERT_DOUBLE_EQUAL(all, 1, 1e-4); /* of an answer that is cut, the end does not count */
    CU_ASSERT_TRUE(words <= BEAMS);
    for (int beam = 0; beam < BEAMS && score[beam] > -INFINITY; beam++, found++) {
        CU_ASSERT_DOUBLE_EQUAL(score[beam], whole_score(model, b, sequence, symbol + beam * WRITTEN, length[beam]), near_enough);
        CU_ASSERT_TRUE(beam == 0 || score[beam] <= score[beam - 1]);
        for (int other = 0; other < beam; other++)
            CU_ASSERT_TRUE(memcmp(symbol + beam * WRITTEN, symbol + other * WRITTEN, WRITTEN * sizeof(int)) != 0);
    }
    CU_ASSERT_EQUAL(found, words);
    CU_ASSERT_DOUBLE_EQUAL(score[0], best, near_enough);
}

static void check_beams(const char *name)
{
    static int symbol[MOST_BATCH * BEAMS * WRITTEN], length[MOST_BATCH * BEAMS];
    static double score[MOST_BATCH * BEAMS];
    const unroll_model_shape *shape = &shape_of_test;
    unroll_model *model = open_with(name, "21", "2", shape);
    batch b;
    unroll_samples samples = made(&b);
    unroll_forward io = {.size = shape->batch, .steps = STEPS, .length = samples.length, .symbol = samples.symbol};
    CU_ASSERT_EQUAL(unroll_model_decode(model, &io, BEAMS, WRITTEN, symbol, length, score).code, UNROLL_OK);
    for (int s = 0; s < shape->batch; s++)
        check_answers(model, &b, s, symbol + s * BEAMS * WRITTEN, length + s * BEAMS, score + s * BEAMS);
    unroll_model_close(model);
}

static void beams_for_all_words_find_each_with_the_probability_that_one_pass_gives(void)
{
    digest_register();
    for (int index = 0; digest_model(index) != NULL; index++)
        check_beams(digest_model(index));
}

static void check_alone(const char *name)
{
    enum { FEW = 3 };
    static int symbol[MOST_BATCH * FEW * WRITTEN], length[MOST_BATCH * FEW];
    static double score[MOST_BATCH * FEW];
    unroll_model_shape shape = shape_of_test;
    batch b;
    unroll_samples samples = made(&b);
    unroll_model *model;
    unroll_forward io = {.size = MOST_BATCH, .steps = STEPS, .length = samples.length, .symbol = samples.symbol};
    shape.batch = MOST_BATCH; /* several micro-batches */
    shape.beams = FEW;
    model = open_with(name, "80", "1", &shape);
    CU_ASSERT_EQUAL(unroll_model_decode(model, &io, FEW, WRITTEN, symbol, length, score).code, UNROLL_OK);
    for (int s = 0; s < MOST_BATCH; s += 3) {
        int alone[FEW * WRITTEN], alone_length[FEW];
        double alone_score[FEW];
        unroll_forward one = {.size = 1, .steps = STEPS, .length = samples.length + s, .symbol = samples.symbol + s * STEPS};
        CU_ASSERT_EQUAL(unroll_model_decode(model, &one, FEW, WRITTEN, alone, alone_length, alone_score).code, UNROLL_OK);
        CU_ASSERT_EQUAL(memcmp(alone, symbol + s * FEW * WRITTEN, sizeof alone), 0);
        CU_ASSERT_EQUAL(memcmp(alone_length, length + s * FEW, sizeof alone_length), 0);
        CU_ASSERT_EQUAL(memcmp(alone_score, score + s * FEW, sizeof alone_score), 0);
    }
    unroll_model_close(model);
}

static void an_answer_is_the_same_whatever_is_written_beside_it(void)
{
    digest_register();
    for (int index = 0; digest_model(index) != NULL; index++)
        check_alone(digest_model(index));
}

/* Three answers to each sequence by a model whose shape says that answers have at most `steps` symbols. */
static void write_three(const char *name, int steps, int symbol[3 * 5 * WRITTEN])
{
    int length[3 * 5];
    double score[3 * 5];
    unroll_model_shape shape = shape_of_test;
    unroll_model *model;
    batch b;
    unroll_samples samples = made(&b);
    unroll_forward io = {.size = 5, .steps = STEPS, .length = samples.length, .symbol = samples.symbol};
    shape.target_steps = steps;
    shape.beams = 3;
    model = open_with(name, "21", "1", &shape);
    CU_ASSERT_EQUAL(unroll_model_decode(model, &io, 3, WRITTEN, symbol, length, score).code, UNROLL_OK);
    unroll_model_close(model);
}

static void more_can_be_written_than_the_shape_says(void)
{
    int whole[3 * 5 * WRITTEN] = {0}, more[3 * 5 * WRITTEN] = {0};
    digest_register();
    for (int index = 0; digest_model(index) != NULL; index++) {
        write_three(digest_model(index), WRITTEN, whole);
        write_three(digest_model(index), 1, more);
        CU_ASSERT_EQUAL(memcmp(whole, more, sizeof whole), 0);
    }
}

/* ---- more steps than attention takes at a time ---- */

enum { LONG = 150, LONG_BATCH = 3 };

typedef struct long_batch {
    int length[LONG_BATCH], symbol[LONG_BATCH * LONG], target_length[LONG_BATCH], target[LONG_BATCH * LONG];
} long_batch;

/* Sequences of `steps` steps, of 65 or fewer and of one, with answers of `written`, of two and of 66 or fewer symbols. */
static unroll_samples made_long(long_batch *b, int steps, int written)
{
    unroll_random random = unroll_random_open(5, UNROLL_FOR_TEST, 0, 0);
    const int lengths[LONG_BATCH] = {steps, steps < 65 ? steps : 65, 1}, answers[LONG_BATCH] = {written, 2, written < 66 ? written : 66};
    for (int s = 0; s < LONG_BATCH; s++) {
        b->length[s] = lengths[s];
        b->target_length[s] = answers[s];
    }
    for (int k = 0; k < LONG_BATCH * steps; k++)
        b->symbol[k] = (int)unroll_random_below(&random, SYMBOLS);
    for (int k = 0; k < LONG_BATCH * written; k++)
        b->target[k] = k % written < answers[k / written] - 1 ? (int)unroll_random_below(&random, CLASSES - 1) : CLASSES - 1;
    return (unroll_samples){.length = b->length, .symbol = b->symbol, .target = b->target, .target_length = b->target_length};
}

/* No answer ends by itself. */
static void never_end(unroll_model *model)
{
    for (int i = 0; i < unroll_model_weight_count(model); i++) {
        unroll_weight weight;
        real bias[CLASSES];
        unroll_model_weight_at(model, i, &weight);
        if (strcmp(weight.name, "head.bias") != 0)
            continue;
        unroll_model_get_weight(model, i, bias);
        bias[CLASSES - 1] = -40;
        unroll_model_set_weight(model, i, bias);
        return;
    }
    CU_FAIL("there is no head.bias");
}

/* The beams' answers beside one pass over each. */
static void check_long_answers(unroll_model *model, const long_batch *b, int steps, int written)
{
    enum { FEW = 3 };
    static int symbol[LONG_BATCH * FEW * LONG], length[LONG_BATCH * FEW];
    double score[LONG_BATCH * FEW];
    unroll_forward io = {.size = LONG_BATCH, .steps = steps, .length = (int *)b->length, .symbol = (int *)b->symbol};
    CU_ASSERT_EQUAL_FATAL(unroll_model_decode(model, &io, FEW, written, symbol, length, score).code, UNROLL_OK);
    for (int k = 0; k < LONG_BATCH * FEW; k++) {
        int s = k / FEW;
        unroll_samples one = {.length = (int *)b->length + s, .symbol = (int *)b->symbol + s * steps, .target = symbol + k * written,
                              .target_length = &length[k]};
        CU_ASSERT_EQUAL(length[k], written);
        unroll_model_pack(model, &one, 1);
        CU_ASSERT_DOUBLE_EQUAL(score[k], -unroll_model_loss(model, NULL) * written, near_enough * written);
    }
}

static void attention_to_what_was_read_goes_over_many_tiles(void)
{
    static const char *const models[] = {"transformer heads=2", "transformer heads=1 positions=rotary", "gru attention=luong"};
    static const int sizes[][2] = {{LONG, 70}, {40, LONG}};
    digest_register();
    for (int i = 0; i < 6; i++) {
        int steps = sizes[i % 2][0], written = sizes[i % 2][1];
        unroll_model_shape shape = {.symbols = SYMBOLS, .outputs = CLASSES, .steps = steps, .batch = LONG_BATCH,
                                    .answer = UNROLL_SEQUENCE, .target_steps = written, .beams = 3, .loss = "softmax"};
        unroll_model *model = open_with(models[i / 2], "4", "1", &shape);
        long_batch b;
        unroll_samples samples = made_long(&b, steps, written);
        unroll_model_pack(model, &samples, LONG_BATCH);
        if (sizeof(real) == sizeof(double) && i % 2 == 0)
            central_check_weights(models[i / 2], model);
        never_end(model);
        check_long_answers(model, &b, steps, written);
        unroll_model_close(model);
    }
}

/* ---- a decoder that attends ---- */

static void a_recurrent_decoder_that_attends_passes_the_same_tests(void)
{
    static const char *const models[] = {"gru attention=luong", "lstm attention=luong dropout=0.25"};
    digest_register();
    for (int i = 0; i < 2; i++) {
        check_beams(models[i]);
        check_alone(models[i]);
        if (sizeof(real) == sizeof(double))
            check_gradient(models[i]);
    }
}

static void attention_without_an_encoder_is_one_sentence(void)
{
    unroll_model_shape shape = {.symbols = SYMBOLS, .outputs = CLASSES, .steps = STEPS, .batch = 2, .loss = "softmax"};
    unroll_settings *settings;
    unroll_model *model;
    unroll_status status;
    digest_register();
    settings = unroll_settings_new();
    unroll_settings_set(settings, "attention", "luong");
    status = unroll_model_open(settings, &shape, &model);
    CU_ASSERT_EQUAL(status.code, UNROLL_WRONG);
    CU_ASSERT_STRING_EQUAL(status.text, "attention=luong is between what is read and what is written, and the task asks for no sequence");
    unroll_settings_free(settings);
}

static void one_beam_takes_the_likeliest_symbol_at_each_step(void)
{
    static int symbol[5 * WRITTEN], length[5];
    static double score[5];
    unroll_model *model = open_with("gru", "21", "1", &shape_of_test);
    batch b;
    unroll_samples samples = made(&b);
    unroll_forward io = {.size = 5, .steps = STEPS, .length = samples.length, .symbol = samples.symbol};
    CU_ASSERT_EQUAL(unroll_model_decode(model, &io, 1, WRITTEN, symbol, length, score).code, UNROLL_OK);
    for (int s = 0; s < 5; s++)
        for (int t = 0; t <= length[s] && t < WRITTEN; t++) {
            int target[WRITTEN], chosen = t < length[s] ? symbol[s * WRITTEN + t] : CLASSES - 1;
            double score_of[CLASSES];
            memcpy(target, symbol + s * WRITTEN, sizeof target);
            for (int k = 0; k < CLASSES; k++) {
                target[t] = k;
                score_of[k] = beginning_score(model, &b, s, target, t + 1);
            }
            for (int k = 0; k < CLASSES; k++)
                CU_ASSERT_TRUE(score_of[chosen] >= score_of[k]);
        }
    for (int s = 0; s < 5; s++)
        CU_ASSERT_DOUBLE_EQUAL(score[s], whole_score(model, &b, s, symbol + s * WRITTEN, length[s]), near_enough);
    unroll_model_close(model);
}

const unroll_test tests_core_decode[] = {
    CELLS_TEST(the_gradient_flows_back_from_the_decoder_into_the_encoder),
    CELLS_TEST(beams_for_all_words_find_each_with_the_probability_that_one_pass_gives),
    CELLS_TEST(an_answer_is_the_same_whatever_is_written_beside_it),
    TEST(one_beam_takes_the_likeliest_symbol_at_each_step),
    CELLS_TEST(more_can_be_written_than_the_shape_says),
    TEST(attention_to_what_was_read_goes_over_many_tiles),
    TEST(a_recurrent_decoder_that_attends_passes_the_same_tests),
    TEST(attention_without_an_encoder_is_one_sentence),
    {NULL, NULL},
};
