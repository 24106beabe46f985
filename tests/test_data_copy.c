/* Copy memory: what is shown, what is asked for, what it costs to remember nothing, and what is reported of a model. */
#include <math.h>
#include <stdlib.h>

#include "data.h"
#include "model/run.h"

enum { KINDS = 8, DELIMITER = 9, CLASSES = 10, DIGITS = 10 };

static void copy_shows_ten_digits_blanks_and_delimiters_and_asks_for_the_digits(void)
{
    static const int lengths[] = {1, 2, 30};
    for (int i = 0; i < 3; i++) {
        int T = lengths[i], steps = T + 20;
        char settings[64];
        opened_task task;
        snprintf(settings, sizeof settings, "length=%d batch=50", T);
        task = data_open("copy", settings);
        CU_ASSERT_EQUAL_FATAL(task.shape.steps, steps);
        CU_ASSERT_EQUAL(task.shape.symbols, CLASSES);
        CU_ASSERT_EQUAL(task.shape.outputs, CLASSES);
        CU_ASSERT_EQUAL(task.shape.answer, UNROLL_AT_EVERY);
        data_batch(&task, UNROLL_TRAIN, 1);
        for (int b = 0; b < 50; b++) {
            const int *symbol = task.samples.symbol + b * steps, *target = task.samples.target + b * steps;
            CU_ASSERT_EQUAL(task.samples.length[b], steps);
            for (int t = 0; t < steps; t++) {
                if (t < DIGITS)
                    CU_ASSERT(symbol[t] >= 1 && symbol[t] <= KINDS);
                if (t >= DIGITS)
                    CU_ASSERT_EQUAL(symbol[t], t < T + 9 ? 0 : DELIMITER);
                CU_ASSERT_EQUAL(target[t], t < T + 10 ? 0 : symbol[t - (T + 10)]);
            }
        }
        data_close(&task);
    }
}

static void copy_draws_every_digit_alike_at_every_place(void)
{
    opened_task task = data_open("copy", "length=3 batch=4000");
    int seen[DIGITS][KINDS + 1] = {{0}};
    data_batch(&task, UNROLL_TEST, 0);
    for (int b = 0; b < 4000; b++)
        for (int k = 0; k < DIGITS; k++)
            seen[k][task.samples.symbol[b * 23 + k]]++;
    /* 500 each, with a standard deviation of 21 */
    for (int k = 0; k < DIGITS; k++)
        for (int digit = 1; digit <= KINDS; digit++)
            CU_ASSERT(abs(seen[k][digit] - 500) < 105);
    data_close(&task);
}

/* The yardstick, and the mark beside it. */
static double memoryless(const char *settings, double *solved_below)
{
    opened_task task = data_open("copy", settings);
    unroll_record *record = unroll_record_new(task.settings);
    double nats;
    CU_ASSERT_EQUAL(task.task->baselines(task.state, record).code, UNROLL_OK);
    nats = data_column(record, "baseline_nats_per_step");
    *solved_below = task.shape.solved_below;
    unroll_record_free(record);
    data_close(&task);
    return nats;
}

static void without_a_memory_each_digit_costs_log_8(void)
{
    double mark;
    CU_ASSERT_DOUBLE_EQUAL(memoryless("length=1000", &mark), 0.020387, 5e-7);
    CU_ASSERT_DOUBLE_EQUAL(memoryless("length=1000", &mark), 10 * log(8) / 1020, 1e-16);
    CU_ASSERT_DOUBLE_EQUAL(memoryless("length=30", &mark), 10 * log(8) / 50, 1e-16);
}

/* Of 350 digits 8 are lost, one of which is guessed: 7 are wrong, 2%. */
static void copy_is_solved_where_two_percent_would_be_wrong(void)
{
    double mark, baseline = memoryless("length=1000", &mark);
    CU_ASSERT_DOUBLE_EQUAL(mark, baseline * 8 / 350, 1e-16);
    CU_ASSERT_DOUBLE_EQUAL(mark, 0.020387 * 0.022857, 1e-8);
}

/* -log softmax(y)[target] */
static double cross_entropy(const real *y, int target)
{
    double sum = 0;
    for (int k = 0; k < CLASSES; k++)
        sum += exp((double)y[k]);
    return log(sum) - (double)y[target];
}

static bool is_largest(const real *y, int target)
{
    for (int k = 0; k < CLASSES; k++)
        if (y[k] > y[target])
            return false;
    return true;
}

typedef struct counts {
    double nats, recalled;
    int steps, digits;
} counts;

/* Adds what the model's outputs to one batch of the test are worth. */
static void count_batch(opened_task *task, unroll_model *model, int64_t index, real *y, counts *sum)
{
    int batch = task->shape.batch, steps = task->shape.steps;
    unroll_forward io = {.size = batch, .steps = steps, .symbol = task->samples.symbol, .y = y};
    data_batch(task, UNROLL_TEST, index);
    unroll_model_forward(model, &io);
    for (int i = 0; i < batch * steps; i++) {
        sum->nats += cross_entropy(y + i * CLASSES, task->samples.target[i]);
        sum->steps++;
        if (i % steps >= steps - DIGITS) {
            sum->recalled += is_largest(y + i * CLASSES, task->samples.target[i]);
            sum->digits++;
        }
    }
}

static void the_test_of_copy_is_of_all_steps_and_of_the_digits_alone(void)
{
    static const char setup[] = "task=copy model=gru hidden=8 length=4 batch=50 lr=0.02 steps=100 points=1";
    opened_task task = data_open("copy", setup);
    unroll_model *model = NULL;
    unroll_run_hooks hooks = {.model = &model};
    unroll_record *record = unroll_record_new(task.settings);
    static real y[50 * 24 * CLASSES];
    counts sum = {0};
    CU_ASSERT_EQUAL_FATAL(unroll_run(task.settings, &hooks, record).code, UNROLL_OK);
    for (int64_t i = 0; i < task.shape.batches[UNROLL_TEST]; i++)
        count_batch(&task, model, i, y, &sum);
    CU_ASSERT_EQUAL(sum.digits, 10000);
    CU_ASSERT_DOUBLE_EQUAL(data_column(record, "test_nats_per_step"), sum.nats / sum.steps, 1e-5);
    CU_ASSERT_DOUBLE_EQUAL(data_column(record, "test_recalled"), sum.recalled / sum.digits, 1e-12);
    /* it has learned where blanks are, but not much more */
    CU_ASSERT(sum.nats / sum.steps < 1.2 * 10 * log(8) / 24 && sum.recalled / sum.digits < 0.5);
    unroll_model_close(model);
    unroll_record_free(record);
    data_close(&task);
}

/* ten digits through one delimiter, so each for eleven steps */
static void grus_learn_to_copy(void)
{
#ifdef __SANITIZE_ADDRESS__
    test_skip("under the address sanitizer it computes for too long");
#else
    unroll_settings *settings = data_settings("task=copy model=gru layers=2 hidden=64 length=1 lr=0.005 batch=8 seed=1 "
                                              "steps=4000 stop=solved valid_batches=4");
    unroll_record *record = unroll_record_new(settings);
    CU_ASSERT_EQUAL_FATAL(unroll_run(settings, NULL, record).code, UNROLL_OK);
    CU_ASSERT_EQUAL(data_column(record, "solved"), 1);
    CU_ASSERT(data_column(record, "test_recalled") > 0.98);
    CU_ASSERT(data_column(record, "test_nats_per_step") < 0.03 * data_column(record, "baseline_nats_per_step"));
    unroll_record_free(record);
    unroll_settings_free(settings);
#endif
}

const unroll_test tests_data_copy[] = {TEST(copy_shows_ten_digits_blanks_and_delimiters_and_asks_for_the_digits),
                                       TEST(copy_draws_every_digit_alike_at_every_place),
                                       TEST(without_a_memory_each_digit_costs_log_8),
                                       TEST(copy_is_solved_where_two_percent_would_be_wrong),
                                       TEST(the_test_of_copy_is_of_all_steps_and_of_the_digits_alone),
                                       TEST(grus_learn_to_copy),
                                       {NULL, NULL}};
