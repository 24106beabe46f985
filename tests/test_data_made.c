/* The made-up tasks: the adding problem and delayed recall. */
#include <math.h>

#include "data.h"

static void adding_marks_one_step_in_each_half_and_sums_them(void)
{
    for (int steps = 2; steps <= 9; steps++) {
        char settings[64];
        opened_task task;
        snprintf(settings, sizeof settings, "length=%d batch=50", steps);
        task = data_open("adding", settings);
        data_batch(&task, UNROLL_TRAIN, 3);
        for (int b = 0; b < 50; b++) {
            const float *x = task.samples.x + (size_t)b * (size_t)steps * 2;
            int marks[2] = {0, 0};
            float sum = 0.0f;
            for (int t = 0; t < steps; t++) {
                CU_ASSERT_TRUE(x[2 * t] >= 0.0f && x[2 * t] <= 1.0f);
                CU_ASSERT_TRUE(x[2 * t + 1] == 0.0f || x[2 * t + 1] == 1.0f);
                marks[t >= steps / 2] += x[2 * t + 1] == 1.0f;
                sum += x[2 * t + 1] * x[2 * t];
            }
            CU_ASSERT_EQUAL(marks[0], 1);
            CU_ASSERT_EQUAL(marks[1], 1);
            CU_ASSERT_EQUAL(task.samples.y[b], sum);
        }
        data_close(&task);
    }
}

static void adding_marks_every_step_sooner_or_later(void)
{
    opened_task task = data_open("adding", "length=10 batch=500");
    int marked[10] = {0};
    data_batch(&task, UNROLL_VALID, 0);
    for (int b = 0; b < 500; b++)
        for (int t = 0; t < 10; t++)
            marked[t] += task.samples.x[((size_t)b * 10 + (size_t)t) * 2 + 1] == 1.0f;
    for (int t = 0; t < 10; t++)
        CU_ASSERT_TRUE(marked[t] > 60 && marked[t] < 140);
    data_close(&task);
}

static void guessing_one_costs_a_sixth(void)
{
    opened_task task = data_open("adding", "length=50 batch=32");
    unroll_record *record = unroll_record_new(task.settings);
    task.task->baselines(task.state, record);
    CU_ASSERT_DOUBLE_EQUAL(data_column(record, "baseline_mse"), 1.0 / 6.0, 0.02);
    CU_ASSERT_EQUAL(task.shape.batches[UNROLL_VALID], 32);
    CU_ASSERT_EQUAL(task.shape.batches[UNROLL_TRAIN], 0);
    unroll_record_free(record);
    data_close(&task);
}

static void adding_over_one_step_is_refused(void)
{
    data_refused("adding", "length=1", "length=1 must be at least 2");
}

static void recall_shows_a_symbol_then_distractors_then_the_query(void)
{
    opened_task task = data_open("recall", "lag=6 lag_spread=4 symbols=5 distractors=3 batch=200");
    int lengths[13] = {0}, shown[5] = {0};
    CU_ASSERT_EQUAL(task.shape.symbols, 5 + 3 + 1);
    CU_ASSERT_EQUAL(task.shape.outputs, 5);
    CU_ASSERT_EQUAL_FATAL(task.shape.steps, 12);
    data_batch(&task, UNROLL_TRAIN, 0);
    for (int b = 0; b < 200; b++) {
        const int *symbol = task.samples.symbol + b * 12;
        int length = task.samples.length[b];
        CU_ASSERT_FATAL(length >= 4 && length <= 12);
        lengths[length]++;
        CU_ASSERT_TRUE_FATAL(symbol[0] >= 0 && symbol[0] < 5);
        shown[symbol[0]]++;
        for (int t = 1; t < length - 1; t++)
            CU_ASSERT_TRUE(symbol[t] >= 5 && symbol[t] < 8);
        CU_ASSERT_EQUAL(symbol[length - 1], 8);
        CU_ASSERT_EQUAL(task.samples.target[b], symbol[0]);
    }
    for (int length = 4; length <= 12; length++)
        CU_ASSERT_TRUE(lengths[length] > 5);
    for (int k = 0; k < 5; k++)
        CU_ASSERT_TRUE(shown[k] > 15);
    data_close(&task);
}

static void recall_without_a_lag_or_a_spread_works(void)
{
    opened_task task = data_open("recall", "lag=0 batch=4");
    data_batch(&task, UNROLL_TEST, 0);
    CU_ASSERT_EQUAL(task.shape.steps, 2);
    CU_ASSERT_EQUAL(task.samples.length[0], 2);
    CU_ASSERT_EQUAL(task.samples.symbol[1], 16);
    data_close(&task);
}

static void recall_counts_as_solved_only_with_every_symbol(void)
{
    opened_task few = data_open("recall", "symbols=8"), many = data_open("recall", "symbols=100");
    unroll_score score = {.accuracy = 0.75};
    CU_ASSERT_DOUBLE_EQUAL(few.shape.solved_below, 0.02, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(many.shape.solved_below, 0.005, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(few.task->metric(few.state, &score), 0.25, 1e-12);
    data_close(&few);
    data_close(&many);
}

static void the_constant_answer_to_recall_is_as_bad_as_chance(void)
{
    opened_task task = data_open("recall", "symbols=4 lag=2");
    unroll_record *record = unroll_record_new(task.settings);
    task.task->baselines(task.state, record);
    CU_ASSERT_DOUBLE_EQUAL(data_column(record, "baseline_error_rate"), 0.75, 0.05);
    unroll_record_free(record);
    data_close(&task);
}

static void a_spread_beyond_the_lag_is_refused(void)
{
    data_refused("recall", "lag=3 lag_spread=4", "lag_spread=4 must not be more than lag=3");
}

const unroll_test tests_data_made[] = {TEST(adding_marks_one_step_in_each_half_and_sums_them),
                                       TEST(adding_marks_every_step_sooner_or_later),
                                       TEST(guessing_one_costs_a_sixth),
                                       TEST(adding_over_one_step_is_refused),
                                       TEST(recall_shows_a_symbol_then_distractors_then_the_query),
                                       TEST(recall_without_a_lag_or_a_spread_works),
                                       TEST(recall_counts_as_solved_only_with_every_symbol),
                                       TEST(the_constant_answer_to_recall_is_as_bad_as_chance),
                                       TEST(a_spread_beyond_the_lag_is_refused),
                                       {NULL, NULL}};
