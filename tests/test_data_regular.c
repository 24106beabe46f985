/* The made-up tasks that a machine of finitely many states solves: parity and modular arithmetic. */
#include <math.h>

#include "data.h"
#include "model/run.h"

enum { PLUS = 5, MINUS, TIMES };

static void parity_is_odd_where_so_many_bits_are_ones(void)
{
    for (int steps = 1; steps <= 9; steps++) {
        char settings[64];
        opened_task task;
        snprintf(settings, sizeof settings, "length=%d batch=50", steps);
        task = data_open("parity", settings);
        CU_ASSERT_EQUAL(task.shape.answer, UNROLL_AT_LAST);
        CU_ASSERT_EQUAL_FATAL(task.shape.steps, steps);
        data_batch(&task, UNROLL_TRAIN, 2);
        for (int b = 0; b < 50; b++) {
            int ones = 0;
            for (int t = 0; t < steps; t++)
                ones += task.samples.symbol[b * steps + t];
            CU_ASSERT_EQUAL(task.samples.length[b], steps);
            CU_ASSERT_EQUAL(task.samples.target[b], ones % 2);
        }
        data_close(&task);
    }
}

static void running_parity_is_that_of_the_bits_so_far(void)
{
    opened_task last = data_open("parity", "length=20 batch=30"), every = data_open("parity", "length=20 batch=30 asked=every");
    CU_ASSERT_EQUAL_FATAL(every.shape.answer, UNROLL_AT_EVERY);
    data_batch(&last, UNROLL_VALID, 1);
    data_batch(&every, UNROLL_VALID, 1);
    for (int b = 0; b < 30; b++) {
        const int *bit = every.samples.symbol + b * 20, *target = every.samples.target + b * 20;
        /* the answer changes where a one is read, and there only */
        CU_ASSERT_EQUAL(target[0], bit[0]);
        for (int t = 1; t < 20; t++)
            CU_ASSERT_EQUAL(target[t] != target[t - 1], bit[t] == 1);
        CU_ASSERT_EQUAL(memcmp(bit, last.samples.symbol + b * 20, 20 * sizeof(int)), 0);
        CU_ASSERT_EQUAL(target[19], last.samples.target[b]);
    }
    data_close(&last);
    data_close(&every);
}

static void bits_and_their_parities_are_fair(void)
{
    opened_task task = data_open("parity", "length=10 batch=1000");
    int odd = 0;
    data_batch(&task, UNROLL_TEST, 0);
    for (int t = 0; t < 10; t++) {
        int ones = 0;
        for (int b = 0; b < 1000; b++)
            ones += task.samples.symbol[b * 10 + t];
        CU_ASSERT_TRUE(ones > 430 && ones < 570);
    }
    for (int b = 0; b < 1000; b++)
        odd += task.samples.target[b];
    CU_ASSERT_TRUE(odd > 430 && odd < 570);
    data_close(&task);
}

static void parity_counts_as_solved_only_with_the_last_step(void)
{
    static const struct {
        const char *settings;
        double below;
    } of[] = {{"length=100", 0.02}, {"length=10 asked=every", 0.02}, {"length=100 asked=every", 0.0025}};
    for (int i = 0; i < 3; i++) {
        opened_task task = data_open("parity", of[i].settings);
        CU_ASSERT_DOUBLE_EQUAL(task.shape.solved_below, of[i].below, 1e-12);
        data_close(&task);
    }
}

/* The value, not yet modulo 5, of the expression from `first` to `last`, parted at the operator that is applied last. */
static long long evaluate(const int *symbol, int first, int last)
{
    for (int t = last - 1; t > first; t -= 2)
        if (symbol[t] != TIMES) {
            long long left = evaluate(symbol, first, t - 1), right = evaluate(symbol, t + 1, last);
            return symbol[t] == PLUS ? left + right : left - right;
        }
    return first == last ? symbol[last] : evaluate(symbol, first, last - 2) * symbol[last];
}

static int modulo_5(long long value)
{
    return (int)((value % 5 + 5) % 5);
}

/* as in the head of the paper's own program, whose precedence this is */
static void products_come_before_sums_and_differences(void)
{
    static const int first[] = {1, PLUS, 2, TIMES, 3}, second[] = {1, MINUS, 1, MINUS, 1},
                     third[] = {0, TIMES, 1, PLUS, 4, TIMES, 3, MINUS, 2};
    CU_ASSERT_EQUAL(modulo_5(evaluate(first, 0, 4)), 2);
    CU_ASSERT_EQUAL(modulo_5(evaluate(second, 0, 4)), 4);
    CU_ASSERT_EQUAL(modulo_5(evaluate(third, 0, 8)), 0);
}

static void modular_asks_for_the_value_of_an_expression(void)
{
    for (int length = 1; length <= 40; length++) {
        int steps = length % 2 == 1 ? length : length - 1;
        char settings[64];
        opened_task task;
        snprintf(settings, sizeof settings, "length=%d batch=20", length);
        task = data_open("modular", settings);
        CU_ASSERT_EQUAL_FATAL(task.shape.steps, steps);
        data_batch(&task, UNROLL_TRAIN, 1);
        for (int b = 0; b < 20; b++) {
            const int *symbol = task.samples.symbol + b * steps;
            for (int t = 0; t < steps; t++)
                CU_ASSERT_EQUAL(symbol[t] >= PLUS, t % 2 == 1);
            CU_ASSERT_EQUAL(task.samples.length[b], steps);
            CU_ASSERT_EQUAL(task.samples.target[b], modulo_5(evaluate(symbol, 0, steps - 1)));
        }
        data_close(&task);
    }
}

static void digits_operators_and_values_are_fair(void)
{
    opened_task task = data_open("modular", "length=21 batch=1000");
    int seen[8] = {0}, value[5] = {0};
    CU_ASSERT_EQUAL(task.shape.symbols, 8);
    CU_ASSERT_EQUAL(task.shape.outputs, 5);
    data_batch(&task, UNROLL_TEST, 0);
    for (int k = 0; k < 1000 * 21; k++)
        seen[task.samples.symbol[k]]++;
    for (int b = 0; b < 1000; b++)
        value[task.samples.target[b]]++;
    for (int s = 0; s < 8; s++) { /* 11,000 digits and 10,000 operators: five standard deviations */
        double share = s < PLUS ? 1.0 / 5 : 1.0 / 3, all = s < PLUS ? 11000 : 10000;
        CU_ASSERT_DOUBLE_EQUAL(seen[s], share * all, 5 * sqrt(all * share * (1 - share)));
    }
    for (int v = 0; v < 5; v++)
        CU_ASSERT_DOUBLE_EQUAL(value[v], 200, 5 * sqrt(1000 * 0.2 * 0.8));
    data_close(&task);
}

static void guessing_is_the_yardstick_of_both(void)
{
    static const struct {
        const char *task;
        double wrong;
    } of[] = {{"parity", 0.5}, {"modular", 0.8}};
    for (int i = 0; i < 2; i++) {
        opened_task task = data_open(of[i].task, "length=9");
        unroll_score score = {.accuracy = 0.75};
        unroll_record *record = unroll_record_new(task.settings);
        task.task->baselines(task.state, record);
        CU_ASSERT_DOUBLE_EQUAL(data_column(record, "baseline_error_rate"), of[i].wrong, 1e-12);
        CU_ASSERT_DOUBLE_EQUAL(task.task->metric(task.state, &score), 0.25, 1e-12);
        unroll_record_free(record);
        data_close(&task);
    }
}

static void a_gru_solves_both_where_they_are_short(void)
{
    static const char *const runs[] = {"task=parity asked=every length=8 model=gru hidden=16 lr=0.01 steps=1000 stop=solved",
                                       "task=modular length=3 model=gru hidden=32 lr=0.01 steps=3000 stop=solved"};
    for (int i = 0; i < 2; i++) {
        unroll_settings *settings = data_settings(runs[i]);
        unroll_record *record = unroll_record_new(settings);
        CU_ASSERT_EQUAL(unroll_run(settings, NULL, record).code, UNROLL_OK);
        CU_ASSERT_EQUAL(data_column(record, "solved"), 1);
        unroll_record_free(record);
        unroll_settings_free(settings);
    }
}

const unroll_test tests_data_regular[] = {TEST(parity_is_odd_where_so_many_bits_are_ones),
                                          TEST(running_parity_is_that_of_the_bits_so_far),
                                          TEST(bits_and_their_parities_are_fair),
                                          TEST(parity_counts_as_solved_only_with_the_last_step),
                                          TEST(products_come_before_sums_and_differences),
                                          TEST(modular_asks_for_the_value_of_an_expression),
                                          TEST(digits_operators_and_values_are_fair),
                                          TEST(guessing_is_the_yardstick_of_both),
                                          TEST(a_gru_solves_both_where_they_are_short),
                                          {NULL, NULL}};
