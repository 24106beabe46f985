/* Temporal order: where the symbols stand, what their class is, when the task counts as solved. */
#include <stdlib.h>

#include "data.h"
#include "model/run.h"

enum { X, Y, START, END, DISTRACTOR, ALPHABET = 8 };

/* Checks sequence b of a batch, but for places: markers at its ends, `relevant` symbols between, their order as its class. Leaves
   the steps of these in `at`. */
static void check_sequence(const opened_task *task, int b, int relevant, int at[3])
{
    const int *symbol = task->samples.symbol + (size_t)b * (size_t)task->shape.steps;
    int length = task->samples.length[b], found = 0, class = 0;
    CU_ASSERT_FATAL(length >= relevant + 2 && length <= task->shape.steps);
    CU_ASSERT(symbol[0] == START && symbol[length - 1] == END);
    for (int t = 1; t < length - 1; t++) {
        bool is_relevant = symbol[t] == X || symbol[t] == Y;
        CU_ASSERT(is_relevant || (symbol[t] >= DISTRACTOR && symbol[t] < ALPHABET));
        CU_ASSERT_FATAL(found + is_relevant <= relevant);
        if (is_relevant) {
            at[found++] = t;
            class = class * 2 + (symbol[t] == Y);
        }
    }
    CU_ASSERT_EQUAL(found, relevant);
    CU_ASSERT_EQUAL(task->samples.target[b], class);
}

/* Relevant symbols of 4000 sequences stand at each of the steps from first[k] to last[k] and nowhere else. */
static void check_places(const char *settings, int relevant, const int *first, const int *last)
{
    opened_task task = data_open("order", settings);
    int seen[3][110] = {{0}}, lengths[111] = {0}, classes[8] = {0}, distractors[ALPHABET] = {0};
    CU_ASSERT_EQUAL(task.shape.symbols, ALPHABET);
    CU_ASSERT_EQUAL(task.shape.outputs, 1 << relevant);
    CU_ASSERT_EQUAL_FATAL(task.shape.steps, 110);
    data_batch(&task, UNROLL_TRAIN, 2);
    for (int b = 0; b < 4000; b++) {
        int at[3] = {0};
        check_sequence(&task, b, relevant, at);
        for (int k = 0; k < relevant; k++)
            seen[k][at[k]]++;
        lengths[task.samples.length[b]]++;
        classes[task.samples.target[b]]++;
        distractors[task.samples.symbol[(size_t)b * 110 + 1]]++;
    }
    /* eleven places, lengths: 364 each, with a standard deviation of 18 */
    for (int k = 0; k < relevant; k++)
        for (int t = 0; t < 110; t++)
            CU_ASSERT(t >= first[k] && t <= last[k] ? abs(seen[k][t] - 364) < 90 : seen[k][t] == 0);
    for (int length = 0; length <= 110; length++)
        CU_ASSERT(length >= 100 ? abs(lengths[length] - 364) < 90 : lengths[length] == 0);
    for (int class = 0; class < 1 << relevant; class++)
        CU_ASSERT(abs(classes[class] - (4000 >> relevant)) < 140);
    for (int k = DISTRACTOR; k < ALPHABET; k++)
        CU_ASSERT(abs(distractors[k] - 1000) < 140);
    data_close(&task);
}

static void order_at_length_100_has_the_places_of_the_paper(void)
{
    check_places("length=100 batch=4000", 2, (const int[]){10, 50}, (const int[]){20, 60});
    check_places("length=100 batch=4000 relevant=3", 3, (const int[]){10, 33, 66}, (const int[]){20, 43, 76});
}

static void order_of_every_length_has_room_for_its_symbols(void)
{
    for (int relevant = 2; relevant <= 3; relevant++)
        for (int length = relevant + 2; length <= 130; length++) {
            char settings[64];
            opened_task task;
            snprintf(settings, sizeof settings, "length=%d relevant=%d batch=40", length, relevant);
            task = data_open("order", settings);
            CU_ASSERT_EQUAL_FATAL(task.status.code, UNROLL_OK);
            CU_ASSERT_EQUAL(task.shape.steps, length + length / 10);
            data_batch(&task, UNROLL_VALID, 0);
            for (int b = 0; b < 40; b++) {
                int at[3];
                CU_ASSERT(task.samples.length[b] >= length);
                check_sequence(&task, b, relevant, at);
            }
            data_close(&task);
        }
}

static void order_without_room_is_refused(void)
{
    data_refused("order", "length=3", "2 relevant symbols and an end: length=3 must be at least 4");
    data_refused("order", "length=4 relevant=3", "3 relevant symbols and an end: length=4 must be at least 5");
}

/* Whether a split of the task counts as solved with so many wrong answers. */
static bool solved_with(const opened_task *task, int wrong)
{
    double count = (double)task->shape.batches[UNROLL_VALID] * task->shape.batch;
    unroll_score score = {.accuracy = 1.0 - wrong / count};
    return task->task->metric(task->state, &score) < task->shape.solved_below;
}

static void order_is_solved_without_one_wrong_answer(void)
{
    static const char *const batches[] = {"batch=1", "batch=20", "batch=32", "batch=999", "batch=5000"};
    for (size_t i = 0; i < sizeof batches / sizeof batches[0]; i++) {
        opened_task task = data_open("order", batches[i]);
        CU_ASSERT_TRUE(solved_with(&task, 0));
        CU_ASSERT_FALSE(solved_with(&task, 1));
        data_close(&task);
    }
}

static double guess(const char *settings)
{
    opened_task task = data_open("order", settings);
    unroll_record *record = unroll_record_new(task.settings);
    double error;
    CU_ASSERT_EQUAL(task.task->baselines(task.state, record).code, UNROLL_OK);
    error = data_column(record, "baseline_error_rate");
    unroll_record_free(record);
    data_close(&task);
    return error;
}

static void guessing_an_order_is_right_once_in_all_classes(void)
{
    CU_ASSERT_EQUAL(guess("length=20"), 0.75);
    CU_ASSERT_EQUAL(guess("length=20 relevant=3"), 0.875);
}

/* The first symbol is asked for 15 to 20 steps later. */
static void a_gru_learns_the_order_of_two_symbols_and_of_three(void)
{
    static const char *const more[] = {"relevant=2 steps=500", "relevant=3 steps=2000"};
    for (int i = 0; i < 2; i++) {
        char assignments[128];
        unroll_settings *settings;
        unroll_record *record;
        snprintf(assignments, sizeof assignments, "task=order model=gru length=20 hidden=16 lr=0.01 stop=solved %s", more[i]);
        settings = data_settings(assignments);
        record = unroll_record_new(settings);
        CU_ASSERT_EQUAL_FATAL(unroll_run(settings, NULL, record).code, UNROLL_OK);
        CU_ASSERT_EQUAL(data_column(record, "solved"), 1);
        CU_ASSERT_EQUAL(data_column(record, "error_rate"), 0);
        CU_ASSERT(data_column(record, "test_error_rate") < 0.005);
        unroll_record_free(record);
        unroll_settings_free(settings);
    }
}

const unroll_test tests_data_order[] = {TEST(order_at_length_100_has_the_places_of_the_paper),
                                        TEST(order_of_every_length_has_room_for_its_symbols),
                                        TEST(order_without_room_is_refused),
                                        TEST(order_is_solved_without_one_wrong_answer),
                                        TEST(guessing_an_order_is_right_once_in_all_classes),
                                        TEST(a_gru_learns_the_order_of_two_symbols_and_of_three),
                                        {NULL, NULL}};
