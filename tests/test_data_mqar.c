/* Multi-query associative recall: which keys, values, questions and answers a sequence holds. */
#include <math.h>

#include "data.h"
#include "model/run.h"

enum { PAIRS = 6, KEYS = 9, VALUES = 7, BLANKS = 5, BATCH = 40 };
enum { SHOWN = 2 * PAIRS, STEPS = 3 * PAIRS + BLANKS, BLANK = KEYS + VALUES };
static const char settings[] = "pairs=6 keys=9 values=7 length=5 batch=40";

/* the value shown behind a key, as a class; -1: the key was not shown */
static int value_of(const int *symbol, int key)
{
    for (int i = 0; i < PAIRS; i++)
        if (symbol[2 * i] == key)
            return symbol[2 * i + 1] - KEYS;
    return -1;
}

static void keys_are_shown_with_values_and_none_twice(void)
{
    opened_task task = data_open("mqar", settings);
    CU_ASSERT_EQUAL_FATAL(task.shape.steps, STEPS);
    CU_ASSERT_EQUAL(task.shape.symbols, KEYS + VALUES + 1);
    CU_ASSERT_EQUAL(task.shape.outputs, VALUES);
    CU_ASSERT_EQUAL_FATAL(task.shape.answer, UNROLL_AT_EVERY);
    data_batch(&task, UNROLL_TRAIN, 3);
    for (int b = 0; b < BATCH; b++) {
        const int *symbol = task.samples.symbol + b * STEPS;
        int times[BLANK] = {0};
        for (int t = 0; t < SHOWN; t++) {
            CU_ASSERT_EQUAL_FATAL(symbol[t] < KEYS, t % 2 == 0);
            CU_ASSERT_TRUE_FATAL(symbol[t] >= 0 && symbol[t] < BLANK);
            CU_ASSERT_EQUAL(++times[symbol[t]], 1);
            CU_ASSERT_EQUAL(task.samples.target[b * STEPS + t], -1);
        }
    }
    data_close(&task);
}

static void every_key_is_asked_for_once_and_its_value_is_the_answer(void)
{
    opened_task task = data_open("mqar", settings);
    data_batch(&task, UNROLL_VALID, 1);
    for (int b = 0; b < BATCH; b++) {
        const int *symbol = task.samples.symbol + b * STEPS, *target = task.samples.target + b * STEPS;
        int times[KEYS] = {0}, blanks = 0;
        CU_ASSERT_EQUAL(task.samples.length[b], STEPS);
        for (int t = SHOWN; t < STEPS; t++)
            if (symbol[t] == BLANK) {
                blanks++;
                CU_ASSERT_EQUAL(target[t], -1);
            } else {
                CU_ASSERT_TRUE_FATAL(symbol[t] >= 0 && symbol[t] < KEYS);
                CU_ASSERT_EQUAL(++times[symbol[t]], 1);
                CU_ASSERT_EQUAL(target[t], value_of(symbol, symbol[t]));
                CU_ASSERT_NOT_EQUAL(target[t], -1);
            }
        CU_ASSERT_EQUAL(blanks, BLANKS);
    }
    data_close(&task);
}

/* What is at a place tells nothing: each key and value is at each place equally often, and each step asks for each pair. */
static void places_are_fair(void)
{
    opened_task task = data_open("mqar", "pairs=3 keys=4 values=5 length=2 batch=6000");
    int key[3][4] = {{0}}, value[3][5] = {{0}}, asks[5][3] = {{0}};
    data_batch(&task, UNROLL_TEST, 0);
    for (int b = 0; b < 6000; b++) {
        const int *symbol = task.samples.symbol + b * 11;
        for (int i = 0; i < 3; i++) {
            key[i][symbol[2 * i]]++;
            value[i][symbol[2 * i + 1] - 4]++;
            for (int t = 0; t < 5; t++)
                asks[t][i] += symbol[6 + t] == symbol[2 * i];
        }
    }
    for (int i = 0; i < 3; i++) { /* five standard deviations */
        for (int k = 0; k < 4; k++)
            CU_ASSERT_DOUBLE_EQUAL(key[i][k], 1500, 5 * sqrt(6000 * 0.25 * 0.75));
        for (int v = 0; v < 5; v++) {
            CU_ASSERT_DOUBLE_EQUAL(value[i][v], 1200, 5 * sqrt(6000 * 0.2 * 0.8));
            CU_ASSERT_DOUBLE_EQUAL(asks[v][i], 1200, 5 * sqrt(6000 * 0.2 * 0.8)); /* step v of five, of which three ask */
        }
    }
    data_close(&task);
}

static void all_symbols_are_used_where_there_is_none_to_spare(void)
{
    opened_task task = data_open("mqar", "pairs=8 keys=8 values=8 length=1 batch=20");
    data_batch(&task, UNROLL_TRAIN, 0);
    for (int b = 0; b < 20; b++) {
        int times[16] = {0};
        for (int t = 0; t < 16; t++)
            times[task.samples.symbol[b * 25 + t]]++;
        for (int s = 0; s < 16; s++)
            CU_ASSERT_EQUAL(times[s], 1);
    }
    data_close(&task);
}

static void guessing_among_the_values_shown_is_the_yardstick(void)
{
    static const struct {
        const char *settings;
        double guess, below;
    } of[] = {{"pairs=4", 0.75, 0.02}, {"pairs=100 keys=100 values=200", 0.99, 0.005}};
    for (int i = 0; i < 2; i++) {
        opened_task task = data_open("mqar", of[i].settings);
        unroll_score score = {.accuracy = 0.75};
        unroll_record *record = unroll_record_new(task.settings);
        task.task->baselines(task.state, record);
        CU_ASSERT_DOUBLE_EQUAL(data_column(record, "baseline_error_rate"), of[i].guess, 1e-12);
        CU_ASSERT_DOUBLE_EQUAL(task.shape.solved_below, of[i].below, 1e-12);
        CU_ASSERT_DOUBLE_EQUAL(task.task->metric(task.state, &score), 0.25, 1e-12);
        unroll_record_free(record);
        data_close(&task);
    }
}

static void fewer_symbols_than_pairs_are_refused(void)
{
    data_refused("mqar", "pairs=9 keys=8 values=16", "keys=8 must not be less than pairs=9: no key is shown twice");
    data_refused("mqar", "pairs=9 keys=16 values=8", "values=8 must not be less than pairs=9: no value is shown twice");
}

static void an_lstm_recalls_two_pairs(void)
{
    unroll_settings *run = data_settings("task=mqar pairs=2 keys=3 values=3 length=1 model=lstm hidden=32 lr=0.01 steps=2000 "
                                          "stop=solved");
    unroll_record *record = unroll_record_new(run);
    CU_ASSERT_EQUAL(unroll_run(run, NULL, record).code, UNROLL_OK);
    CU_ASSERT_EQUAL(data_column(record, "solved"), 1);
    unroll_record_free(record);
    unroll_settings_free(run);
}

const unroll_test tests_data_mqar[] = {TEST(keys_are_shown_with_values_and_none_twice),
                                       TEST(every_key_is_asked_for_once_and_its_value_is_the_answer),
                                       TEST(places_are_fair),
                                       TEST(all_symbols_are_used_where_there_is_none_to_spare),
                                       TEST(guessing_among_the_values_shown_is_the_yardstick),
                                       TEST(fewer_symbols_than_pairs_are_refused),
                                       TEST(an_lstm_recalls_two_pairs),
                                       {NULL, NULL}};
