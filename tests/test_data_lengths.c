/* Made-up sequences of many lengths, and a test beyond those of training. */
#include <stdlib.h>

#include "data.h"
#include "model/run.h"
#include "suite.h"

enum { BATCH = 8 };

static int value_of_parity(const int *symbol, int steps)
{
    int odd = 0;
    for (int t = 0; t < steps; t++)
        odd ^= symbol[t];
    return odd;
}

/* Lengths of a split's first batches, and whether each answer is that of its own steps. */
static void count_lengths(opened_task *task, unroll_split split, int64_t batches, int *seen)
{
    for (int64_t i = 0; i < batches; i++) {
        data_batch(task, split, i);
        for (int b = 0; b < BATCH; b++) {
            const int *symbol = task->samples.symbol + b * task->shape.steps;
            seen[task->samples.length[b]]++;
            CU_ASSERT_EQUAL(task->samples.target[b], value_of_parity(symbol, task->samples.length[b]));
        }
    }
}

static void lengths_are_drawn_from_the_shortest_to_the_longest(void)
{
    opened_task task = data_open("parity", "shortest=3 length=9 batch=8");
    int seen[10] = {0};
    CU_ASSERT_EQUAL_FATAL(task.status.code, UNROLL_OK);
    CU_ASSERT_EQUAL(task.shape.steps, 9);
    count_lengths(&task, UNROLL_TRAIN, 100, seen);
    for (int length = 0; length < 10; length++)
        CU_ASSERT_EQUAL(seen[length] > 60, length >= 3); /* 114 of each are expected */
    data_close(&task);
}

static void the_test_goes_evenly_beyond_the_lengths_of_training(void)
{
    opened_task task = data_open("parity", "shortest=1 length=9 beyond=40 batch=8");
    int seen[41] = {0}, batches, before = 9;
    CU_ASSERT_EQUAL_FATAL(task.status.code, UNROLL_OK);
    CU_ASSERT_EQUAL(task.shape.steps, 40);
    batches = task.shape.batches[UNROLL_TEST];
    count_lengths(&task, UNROLL_VALID, 20, seen);
    for (int length = 10; length <= 40; length++)
        CU_ASSERT_EQUAL(seen[length], 0);
    for (int i = 0; i < batches; i++) {
        data_batch(&task, UNROLL_TEST, i);
        for (int b = 0; b < BATCH; b++)
            CU_ASSERT_EQUAL(task.samples.length[b], task.samples.length[0]); /* a batch has one length */
        CU_ASSERT(task.samples.length[0] >= before && task.samples.length[0] <= before + 1);
        before = task.samples.length[0];
    }
    CU_ASSERT_EQUAL(before, 40);
    data_close(&task);
}

static int lag_of(const opened_task *task, int b)
{
    return task->samples.length[b] - 2;
}

/* Lags within, and for the test those beyond, one for a batch; the drawn sequences are those of a task without `beyond`. */
static void lags_go_beyond_those_of_training(void)
{
    opened_task task = data_open("recall", "lag=4 lag_spread=2 beyond=60 batch=8"),
                plain = data_open("recall", "lag=4 lag_spread=2 batch=8");
    int batches, before = 6;
    CU_ASSERT_EQUAL_FATAL(task.status.code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(plain.status.code, UNROLL_OK);
    CU_ASSERT_EQUAL(task.shape.steps, 62);
    for (int i = 0; i < 20; i++) {
        data_batch(&task, UNROLL_VALID, i);
        data_batch(&plain, UNROLL_VALID, i);
        for (int b = 0; b < BATCH; b++) {
            CU_ASSERT(lag_of(&task, b) >= 2 && lag_of(&task, b) <= 6);
            CU_ASSERT_EQUAL_FATAL(lag_of(&task, b), lag_of(&plain, b));
            for (int t = 0; t < task.samples.length[b]; t++)
                CU_ASSERT_EQUAL(task.samples.symbol[b * 62 + t], plain.samples.symbol[b * 8 + t]);
        }
    }
    batches = task.shape.batches[UNROLL_TEST];
    for (int i = 0; i < batches; i++) {
        data_batch(&task, UNROLL_TEST, i);
        for (int b = 0; b < BATCH; b++) {
            CU_ASSERT_EQUAL(lag_of(&task, b), lag_of(&task, 0));
            CU_ASSERT_EQUAL(task.samples.symbol[b * 62 + lag_of(&task, b) + 1], 16); /* the query */
            CU_ASSERT_EQUAL(task.samples.symbol[b * 62], task.samples.target[b]);
        }
        CU_ASSERT(lag_of(&task, 0) >= before && (i > 0 || lag_of(&task, 0) == 7));
        before = lag_of(&task, 0);
    }
    CU_ASSERT_EQUAL(before, 60);
    data_close(&task);
    data_close(&plain);
}

static void answers_at_every_step_end_with_their_sequence(void)
{
    opened_task task = data_open("parity", "asked=every shortest=2 length=7 batch=8");
    CU_ASSERT_EQUAL_FATAL(task.status.code, UNROLL_OK);
    data_batch(&task, UNROLL_TRAIN, 0);
    for (int b = 0; b < BATCH; b++)
        for (int t = 0; t < 7; t++)
            CU_ASSERT_EQUAL(task.samples.target[b * 7 + t], t < task.samples.length[b]
                                                                ? value_of_parity(task.samples.symbol + b * 7, t + 1) : -1);
    data_close(&task);
}

static void expressions_of_every_length_are_odd(void)
{
    opened_task task = data_open("modular", "shortest=1 length=10 beyond=20 batch=8");
    CU_ASSERT_EQUAL_FATAL(task.status.code, UNROLL_OK);
    CU_ASSERT_EQUAL(task.shape.steps, 19);
    for (int split = UNROLL_TRAIN; split <= UNROLL_TEST; split++)
        for (int i = 0; i < 20; i++) {
            data_batch(&task, split, i);
            for (int b = 0; b < BATCH; b++)
                CU_ASSERT(task.samples.length[b] % 2 == 1 && task.samples.target[b] >= 0 && task.samples.target[b] < 5);
        }
    data_close(&task);
}

/* A test that goes far beyond training is scored once: a run costs what its training does. */
static double cost_of(const char *lengths)
{
    char words[200];
    unroll_settings *settings;
    double cost;
    snprintf(words, sizeof words, "task=parity model=transformer hidden=8 steps=100 batch=8 %s", lengths);
    settings = data_settings(words);
    cost = unroll_run_cost(settings, NULL);
    unroll_settings_free(settings);
    return cost;
}

static void a_run_is_expected_to_cost_what_its_training_does(void)
{
    double all = cost_of("length=40"), beyond = cost_of("length=40 beyond=500"), half = cost_of("length=40 shortest=20");
    CU_ASSERT(all > 0);
    CU_ASSERT_EQUAL(beyond, all);
    CU_ASSERT(half > 0.6 * all && half < 0.8 * all); /* 30 steps on the average */
}

static void refuse(const char *name, const char *assignments, const char *sentence)
{
    opened_task task = data_open(name, assignments);
    CU_ASSERT_EQUAL(task.status.code, UNROLL_WRONG);
    CU_ASSERT_STRING_EQUAL(task.status.text, sentence);
    data_close(&task);
}

static void lengths_out_of_order_are_one_sentence(void)
{
    refuse("parity", "length=9 shortest=10", "shortest=10 must not be more than length=9");
    refuse("modular", "length=9 beyond=9", "beyond=9 must be more than length=9");
    refuse("recall", "lag=4 lag_spread=2 beyond=6", "beyond=6 must be more than lag + lag_spread, 6");
}

/* An LSTM that has learned parity on short sequences has it on longer ones; the curve says at which length which share is wrong. */
static void what_was_learned_is_scored_beyond(void)
{
    unroll_settings *settings = data_settings("task=parity model=lstm shortest=1 length=10 beyond=30 batch=64 hidden=16 lr=0.01 steps=600");
    unroll_record *record = unroll_record_new(settings);
    const unroll_curve *error, *length;
    double sum = 0;
    CU_ASSERT_EQUAL_FATAL(unroll_run(settings, NULL, record).code, UNROLL_OK);
    error = unroll_record_find_curve(record, "error_rate_at");
    length = unroll_record_find_curve(record, "at_length");
    CU_ASSERT_FATAL(error != NULL && length != NULL && error->length == 16 && length->length == 16);
    CU_ASSERT_EQUAL(length->value[0], 11);
    CU_ASSERT_EQUAL(length->value[15], 30);
    for (int i = 0; i < 16; i++)
        sum += (double)error->value[i] / 16;
    CU_ASSERT_DOUBLE_EQUAL(data_column(record, "beyond_error_rate"), sum, 1e-6);
    CU_ASSERT(sum < 0.05);
    CU_ASSERT_EQUAL(data_column(record, "followed"), sum <= 0.01);
    unroll_record_free(record);
    unroll_settings_free(settings);
}

const unroll_test tests_data_lengths[] = {
    TEST(lengths_are_drawn_from_the_shortest_to_the_longest),
    TEST(the_test_goes_evenly_beyond_the_lengths_of_training),
    TEST(lags_go_beyond_those_of_training),
    TEST(answers_at_every_step_end_with_their_sequence),
    TEST(expressions_of_every_length_are_odd),
    TEST(a_run_is_expected_to_cost_what_its_training_does),
    TEST(lengths_out_of_order_are_one_sentence),
    TEST(what_was_learned_is_scored_beyond),
    {NULL, NULL},
};
