/* The time-series task: split, scaling, windows, naive forecasts. */
#include <math.h>
#include <stdlib.h>

#include "../datasets/series/forecast.h"
#include "data.h"
#include "limited.h"
#include "model/run.h"
#include "simd/engine.h"

/* A CSV of `rows` rows "t,a,b": b[t] = t from row `from` on scaled by `factor`; a[t] = 7 t mod 5. */
static void write_ramp(char path[1200], int rows, int from, double factor)
{
    char content[16384] = "t,a,b\n";
    for (int t = 0; t < rows; t++)
        snprintf(content + strlen(content), sizeof content - strlen(content), "x%d,%d,%g\n", t, 7 * t % 5,
                 t < from ? (double)t : t * factor);
    data_write(path, test_folder(), "ramp.csv", content, strlen(content));
}

static opened_task open_ramp(int rows, const char *more)
{
    char path[1200], settings[1600];
    write_ramp(path, rows, rows, 1.0);
    snprintf(settings, sizeof settings, "file=%s %s", path, more);
    return data_open("series", settings);
}

/* Value of row t of the ramp from its scaled value. */
static double row_of(const unroll_series *series, float scaled)
{
    return (double)scaled * series->scale[series->data.target] + series->mean[series->data.target];
}

/* Counts how often each row is a target in a split, and checks that it stands at its place with enough context. */
static void count_targets(opened_task *task, unroll_split split, int context, int *seen)
{
    const unroll_series *series = task->state;
    size_t steps = (size_t)task->shape.steps;
    for (int64_t i = 0; i < task->shape.batches[split]; i++) {
        data_batch(task, split, i);
        for (size_t b = 0; b < (size_t)task->shape.batch; b++)
            for (int t = 0; t < task->samples.length[b]; t++) {
                size_t at = b * steps + (size_t)t;
                if (isnan(task->samples.y[at]))
                    continue;
                int row = (int)lround(row_of(series, task->samples.y[at]));
                CU_ASSERT_TRUE_FATAL(row >= 0 && row < series->data.rows);
                CU_ASSERT_EQUAL(lround(row_of(series, task->samples.x[at])), row - series->horizon);
                CU_ASSERT_TRUE(t + 1 >= context);
                seen[row]++;
            }
    }
}

static void every_row_of_validation_and_test_is_forecast_exactly_once(void)
{
    static const char *const ways[] = {"length=8 batch=4", "length=8 batch=1 horizon=5",
                                       "length=7 batch=3 context=7 horizon=2", "length=1 batch=100",
                                       "length=9 batch=2 context=1 valid_share=0.31 test_share=0.07"};
    static const int contexts[] = {4, 4, 7, 1, 1};
    for (int i = 0; i < 5; i++) {
        opened_task task = open_ramp(203, ways[i]);
        const unroll_series *series = task.state;
        int seen[203] = {0};
        CU_ASSERT_EQUAL_FATAL(task.status.code, UNROLL_OK);
        CU_ASSERT_EQUAL(series->end[UNROLL_TEST], 203);
        count_targets(&task, UNROLL_VALID, contexts[i], seen);
        count_targets(&task, UNROLL_TEST, contexts[i], seen);
        for (int row = 0; row < 203; row++)
            CU_ASSERT_EQUAL(seen[row], row >= series->first[UNROLL_VALID]);
        data_close(&task);
    }
}

static void training_windows_stay_in_the_training_part_and_reach_all_of_it(void)
{
    opened_task task = open_ramp(100, "length=10 batch=50 horizon=3 train_rows=40 valid_rows=30 test_rows=20");
    const unroll_series *series = task.state;
    int seen[100] = {0};
    count_targets(&task, UNROLL_TRAIN, 1, seen);
    CU_ASSERT_EQUAL(series->end[UNROLL_TEST], 90);
    for (int row = 0; row < 100; row++)
        CU_ASSERT_EQUAL(seen[row] > 0, row >= 3 && row < 40);
    data_close(&task);
}

/* The first rows of the training windows of an epoch in their order; every other sequence must be without a target. */
static int epoch_order(opened_task *task, int64_t epoch, int *order)
{
    const unroll_series *series = task->state;
    size_t steps = (size_t)task->shape.steps;
    int count = 0;
    for (int64_t i = 0; i < task->shape.batches[UNROLL_TRAIN]; i++) {
        data_batch(task, UNROLL_TRAIN, epoch * task->shape.batches[UNROLL_TRAIN] + i);
        for (size_t b = 0; b < (size_t)task->shape.batch; b++) {
            if (task->samples.length[b] == (int)steps)
                order[count++] = (int)lround(row_of(series, task->samples.x[b * steps]));
            else
                CU_ASSERT_TRUE(task->samples.length[b] == 1 && isnan(task->samples.y[b * steps]));
        }
    }
    return count;
}

/* 40 rows, windows of 8 rows and one more to forecast: 32 of them, in batches of 10, 10, 10 and 2; or of all. */
static void every_training_window_is_seen_once_an_epoch_in_a_new_order(void)
{
    static const char *const ways[] = {"length=8 batch=10 train_rows=40 valid_rows=10 test_rows=10",
                                       "length=8 batch=32 train_rows=40 valid_rows=10 test_rows=10",
                                       "length=8 batch=100 train_rows=40 valid_rows=10 test_rows=10"};
    static const int batches[] = {4, 1, 1};
    for (int way = 0; way < 3; way++) {
        opened_task task = open_ramp(100, ways[way]);
        int order[3][500] = {{0}};
        CU_ASSERT_EQUAL_FATAL(task.status.code, UNROLL_OK);
        CU_ASSERT_EQUAL_FATAL(task.shape.batches[UNROLL_TRAIN], batches[way]);
        for (int64_t epoch = 0; epoch < 3; epoch++) {
            int seen[100] = {0};
            CU_ASSERT_EQUAL_FATAL(epoch_order(&task, epoch, order[epoch]), 32);
            for (int i = 0; i < 32; i++)
                seen[order[epoch][i]]++;
            for (int row = 0; row < 100; row++)
                CU_ASSERT_EQUAL(seen[row], row < 32);
        }
        CU_ASSERT_NOT_EQUAL(memcmp(order[0], order[1], 32 * sizeof(int)), 0);
        CU_ASSERT_NOT_EQUAL(memcmp(order[0], order[2], 32 * sizeof(int)), 0);
        CU_ASSERT_NOT_EQUAL(memcmp(order[1], order[2], 32 * sizeof(int)), 0);
        data_close(&task);
    }
}

static void a_run_of_epochs_takes_that_many_passes_over_its_windows(void)
{
    char path[1200], assignments[1600];
    unroll_settings *settings;
    unroll_record *record;
    write_ramp(path, 100, 100, 1.0);
    snprintf(assignments, sizeof assignments,
             "task=series file=%s length=8 batch=10 train_rows=40 valid_rows=10 test_rows=10 hidden=4 epochs=3 steps=7", path);
    settings = data_settings(assignments);
    record = unroll_record_new(settings);
    CU_ASSERT_EQUAL_FATAL(unroll_run(settings, NULL, record).code, UNROLL_OK);
    CU_ASSERT_EQUAL(data_column(record, "last_step"), 12);
    CU_ASSERT_EQUAL(data_column(record, "epochs_seen"), 3);
    CU_ASSERT(unroll_run_cost(settings, NULL) > 0);
    unroll_record_free(record);
    unroll_settings_free(settings);
}

/* Epochs, warm-up, cosine, decay and the choice of the best point, on every instruction set and two numbers of threads. */
static void a_scheduled_run_has_the_same_bits_on_every_instruction_set_and_number_of_threads(void)
{
    double first[3] = {0};
    int seen = 0;
    for (int i = 0; i < unroll_isa_count; i++)
        for (int threads = 1; unroll_isas[i].supported() && threads <= 2; threads++) {
            unroll_settings *settings = data_settings("task=series train_rows=200 valid_rows=99 test_rows=99 length=6 batch=32 "
                                                      "hidden=9 epochs=2 schedule=cosine warmup=3 "
                                                      "lr=0.02 lr_final=0.1 decay=0.1 points=10 valid_batches=2");
            unroll_record *record = unroll_record_new(settings);
            double now[3];
            unroll_settings_set(settings, "isa", unroll_isas[i].name);
            unroll_settings_set(settings, "threads", threads == 1 ? "1" : "2");
            CU_ASSERT_EQUAL_FATAL(unroll_run(settings, NULL, record).code, UNROLL_OK);
            now[0] = data_column(record, "mse");
            now[1] = data_column(record, "test_mse");
            now[2] = data_column(record, "best_step");
            if (seen++ == 0)
                memcpy(first, now, sizeof first);
            CU_ASSERT_EQUAL(memcmp(now, first, sizeof first), 0);
            unroll_record_free(record);
            unroll_settings_free(settings);
        }
}

static void nothing_after_the_training_part_changes_training(void)
{
    char path[1200], settings[1600];
    opened_task task[2];
    for (int i = 0; i < 2; i++) {
        write_ramp(path, 200, 140, i == 0 ? 1.0 : -3.5);
        snprintf(settings, sizeof settings, "file=%s features=all length=8 batch=16", path);
        task[i] = data_open("series", settings);
        CU_ASSERT_EQUAL_FATAL(task[i].status.code, UNROLL_OK);
        data_batch(&task[i], UNROLL_TRAIN, 2);
    }
    CU_ASSERT_EQUAL(memcmp(task[0].samples.x, task[1].samples.x, (size_t)16 * 8 * 2 * sizeof(float)), 0);
    CU_ASSERT_EQUAL(memcmp(task[0].samples.y, task[1].samples.y, (size_t)16 * 8 * sizeof(float)), 0);
    data_batch(&task[0], UNROLL_VALID, 0);
    data_batch(&task[1], UNROLL_VALID, 0);
    CU_ASSERT_NOT_EQUAL(memcmp(task[0].samples.y, task[1].samples.y, (size_t)16 * 8 * sizeof(float)), 0);
    data_close(&task[0]);
    data_close(&task[1]);
}

static void scaling_is_that_of_the_training_rows(void)
{
    opened_task task = open_ramp(100, "features=all length=8 train_rows=50 valid_rows=10 test_rows=10");
    const unroll_series *series = task.state;
    unroll_extra extras[8];
    int count = 0;
    CU_ASSERT_EQUAL(task.task->extras(task.state, extras, 8, &count).code, UNROLL_OK);
    CU_ASSERT_EQUAL(task.shape.inputs, 2);
    CU_ASSERT_DOUBLE_EQUAL(series->mean[1], 24.5, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(series->scale[1], sqrt((50.0 * 50.0 - 1.0) / 12.0), 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(series->mean[0], 2.0, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(series->scale[0], sqrt(2.0), 1e-12);
    CU_ASSERT_EQUAL_FATAL(count, 4);
    CU_ASSERT_STRING_EQUAL(extras[0].name, "input_mean");
    CU_ASSERT_EQUAL(extras[0].value[1], series->mean[1]);
    CU_ASSERT_STRING_EQUAL(extras[2].name, "target_input");
    CU_ASSERT_EQUAL(extras[2].value[0], 1.0);
    for (int i = 0; i < count; i++)
        free(extras[i].value);
    data_close(&task);
}

static void naive_forecasts_repeat_the_last_value_and_the_last_season(void)
{
    opened_task task = open_ramp(100, "column=a length=8 horizon=3 season=5");
    const unroll_series *series = task.state;
    unroll_record *record = unroll_record_new(task.settings);
    double scale = series->scale[0], squares = 0.0;
    CU_ASSERT_EQUAL(task.task->baselines(task.state, record).code, UNROLL_OK);
    for (int r = series->first[UNROLL_VALID]; r < series->end[UNROLL_VALID]; r++)
        squares += pow((7 * r % 5 - 7 * (r - 3) % 5) / scale, 2.0);
    squares /= series->end[UNROLL_VALID] - series->first[UNROLL_VALID];
    CU_ASSERT_DOUBLE_EQUAL(data_column(record, "naive_mse"), squares, 1e-5);
    CU_ASSERT_DOUBLE_EQUAL(data_column(record, "seasonal_mse"), 0.0, 1e-12);
    CU_ASSERT_EQUAL(data_column(record, "season_rows"), 5);
    unroll_record_free(record);
    data_close(&task);
}

static void holes_are_inputs_but_never_targets(void)
{
    char content[4096] = "v\n", path[1200], settings[1300];
    opened_task task;
    int targets = 0;
    for (int t = 0; t < 100; t++)
        snprintf(content + strlen(content), sizeof content - strlen(content), t % 10 == 4 ? "NA\n" : "%d\n", t);
    data_write(path, test_folder(), "holes.csv", content, strlen(content));
    snprintf(settings, sizeof settings, "file=%s length=4 batch=8", path);
    task = data_open("series", settings);
    CU_ASSERT_EQUAL_FATAL(task.status.code, UNROLL_OK);
    for (int64_t i = 0; i < task.shape.batches[UNROLL_VALID]; i++) {
        data_batch(&task, UNROLL_VALID, i);
        for (int k = 0; k < 8 * 4; k++) {
            CU_ASSERT_FALSE(isnan(task.samples.x[k]));
            targets += !isnan(task.samples.y[k]);
        }
    }
    CU_ASSERT_EQUAL(targets, 13); /* 15 rows, 70..84, without 74 and 84 */
    data_close(&task);
}

static void the_bundled_sunspots_have_their_cycle_of_eleven_years(void)
{
    opened_task task = data_open("series", "");
    unroll_record *record = unroll_record_new(task.settings);
    CU_ASSERT_EQUAL_FATAL(task.status.code, UNROLL_OK);
    CU_ASSERT_EQUAL(((const unroll_series *)task.state)->data.rows, 2820);
    CU_ASSERT_EQUAL(task.task->baselines(task.state, record).code, UNROLL_OK);
    CU_ASSERT_DOUBLE_EQUAL(data_column(record, "season_rows"), 132, 8);
    CU_ASSERT_TRUE(data_column(record, "naive_mse") < data_column(record, "seasonal_mse"));
    unroll_record_free(record);
    data_close(&task);
}

static void etth1_has_a_season_of_a_day_and_its_usual_scaling(void)
{
    char settings[1300];
    const char *path = test_data("etth1/ETTh1.csv");
    opened_task task;
    if (path == NULL) {
        test_skip("the data set etth1 is not here (datasets/fetch etth1)");
        return;
    }
    snprintf(settings, sizeof settings, "file=%s column=OT features=all train_rows=8640 valid_rows=2880 test_rows=2880",
             path);
    task = data_open("series", settings);
    CU_ASSERT_EQUAL_FATAL(task.status.code, UNROLL_OK);
    const unroll_series *series = task.state;
    CU_ASSERT_EQUAL(task.shape.inputs, 7);
    CU_ASSERT_EQUAL(series->data.rows, 17420);
    CU_ASSERT_EQUAL(series->season, 24);
    CU_ASSERT_DOUBLE_EQUAL(series->mean[6], 17.1282617, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(series->scale[6], 9.1764910, 1e-6);
    data_close(&task);
}

static void a_run_leaves_the_forecast_beside_the_truth(void)
{
    unroll_settings *settings = data_settings("task=series model=gru hidden=8 steps=20 length=16 batch=8 horizon=2");
    unroll_record *record = unroll_record_new(settings);
    unroll_status status = unroll_run(settings, NULL, record);
    const unroll_curve *truth = unroll_record_find_curve(record, "truth");
    const unroll_curve *naive = unroll_record_find_curve(record, "naive");
    const unroll_curve *forecast = unroll_record_find_curve(record, "forecast");
    CU_ASSERT_EQUAL_FATAL(status.code, UNROLL_OK);
    CU_ASSERT_TRUE_FATAL(truth != NULL && naive != NULL && forecast != NULL);
    CU_ASSERT_EQUAL_FATAL(truth->length, 200);
    CU_ASSERT_EQUAL_FATAL(forecast->length, 200);
    CU_ASSERT_DOUBLE_EQUAL(truth->value[199], 33.4, 1e-4); /* December 1983 */
    for (int i = 2; i < 200; i++)
        CU_ASSERT_DOUBLE_EQUAL(naive->value[i], truth->value[i - 2], 1e-4);
    for (int i = 0; i < 200; i++)
        CU_ASSERT_TRUE(forecast->value[i] > -200.0f && forecast->value[i] < 500.0f);
    CU_ASSERT_TRUE(data_column(record, "test_mse") > 0.0);
    CU_ASSERT_TRUE(data_column(record, "test_seasonal_mse") > 0.0);
    unroll_record_free(record);
    unroll_settings_free(settings);
}

static void what_cannot_be_split_is_refused(void)
{
    char path[1200], settings[1400];
    write_ramp(path, 20, 20, 1.0);
    snprintf(settings, sizeof settings, "file=%s", path);
    data_refused("series", settings,
                 "too few rows: 14 of 20 are for training, but length=64 and horizon=1 need at least 65");
    snprintf(settings, sizeof settings, "file=%s length=4 train_rows=10", path);
    data_refused("series", settings, "set all three or none");
    snprintf(settings, sizeof settings, "file=%s length=4 train_rows=10 valid_rows=10 test_rows=10", path);
    data_refused("series", settings, "is 30, but the series has 20 rows");
    snprintf(settings, sizeof settings, "file=%s length=4 test_share=0", path);
    data_refused("series", settings, "each part needs some");
    snprintf(settings, sizeof settings, "file=%s length=4 season=14", path);
    data_refused("series", settings, "season=14 and horizon=1 reach back beyond the 14 rows");
    snprintf(settings, sizeof settings, "file=%s length=4 context=5", path);
    data_refused("series", settings, "context=5 must not be more than length=4");
    write_ramp(path, 20, 0, 0.0);
    snprintf(settings, sizeof settings, "file=%s length=4", path);
    data_refused("series", settings, "column b has the same value all through the training part");
}

/* 100 rows "t,a,b" of a saw in both columns, times `factor`, but for one value of b. */
static void write_outlier(char path[1200], double factor, int row, const char *value)
{
    char content[8192] = "t,a,b\n";
    for (int t = 0; t < 100; t++) {
        size_t used = strlen(content);
        used += (size_t)snprintf(content + used, sizeof content - used, "x%d,%g,", t, factor * (3 * t % 7));
        if (t + 1 == row)
            snprintf(content + used, sizeof content - used, "%s\n", value);
        else
            snprintf(content + used, sizeof content - used, "%g\n", factor * (3 * t % 7));
    }
    data_write(path, test_folder(), "outlier.csv", content, strlen(content));
}

static void what_float_cannot_hold_once_scaled_is_refused_by_column_and_row(void)
{
    char path[1200], settings[1400];
    opened_task task;
    write_outlier(path, 1.0, 93, "1e29");
    snprintf(settings, sizeof settings, "file=%s column=b length=4", path);
    data_refused("series", settings, "column b, row 93: 1e+29 is 5");
    snprintf(settings, sizeof settings, "file=%s column=a features=all length=4", path); /* an input alone */
    data_refused("series", settings, "column b, row 93: 1e+29 is 5");
    write_outlier(path, 1.0, 93, "1e300");
    snprintf(settings, sizeof settings, "file=%s column=b length=4", path);
    data_refused("series", settings, "line 94, column b: 1e300 is too large a number");
    write_outlier(path, 1e-20, 80, "1");
    snprintf(settings, sizeof settings, "file=%s column=b length=4", path);
    data_refused("series", settings, "column b, row 80: 1 is ");
    write_outlier(path, 1e-20, 80, "1e-8"); /* far, but not too far */
    snprintf(settings, sizeof settings, "file=%s column=b length=4", path);
    task = data_open("series", settings);
    CU_ASSERT_EQUAL(task.status.code, UNROLL_OK);
    data_close(&task);
}

static void a_target_that_hardly_varies_is_refused(void)
{
    char path[1200], settings[1400];
    write_outlier(path, 1e-200, 1, "0");
    snprintf(settings, sizeof settings, "file=%s column=b length=4", path);
    data_refused("series", settings, "column b varies by 6e-200 in the training part, too little to be squared");
}

/* More than there can be is asked for; nothing is read from what was not given. */
static void short_memory_is_no_model_without_its_scaling(void)
{
    struct rlimit old;
    opened_task task = open_ramp(100, "length=8");
    unroll_series *series = task.state;
    unroll_extra extras[8];
    int count = -1, columns = series->data.count;
    unroll_status extra;
    if (limit_memory(&old)) {
        series->data.count = 1 << 30;
        extra = task.task->extras(series, extras, 8, &count);
        series->data.count = columns;
        setrlimit(RLIMIT_AS, &old);
        CU_ASSERT_EQUAL(extra.code, UNROLL_FAILED);
        CU_ASSERT_STRING_EQUAL(extra.text, "out of memory: the scaling of a saved model");
        CU_ASSERT_EQUAL(count, 0);
    }
    data_close(&task);
}

/* Rows `first` to `end` - 1 of 100 have no value. */
static void refuse_hole(int first, int end, const char *words)
{
    char path[1200], settings[1400], content[4096] = "t,b\n";
    for (int t = 0; t < 100; t++)
        snprintf(content + strlen(content), sizeof content - strlen(content),
                 t >= first && t < end ? "x%d,NA\n" : "x%d,%d\n", t, 3 * t % 7);
    data_write(path, test_folder(), "hole.csv", content, strlen(content));
    snprintf(settings, sizeof settings, "file=%s column=b length=4", path);
    data_refused("series", settings, words);
}

static void a_part_without_any_value_is_refused(void)
{
    refuse_hole(70, 85, "column b has no value at all in the validation part: nothing to score");
    refuse_hole(85, 100, "column b has no value at all in the test part: nothing to score");
}

static void unknown_files_are_refused_with_the_nearest_data_set(void)
{
    data_refused("series", "file=/no/such.csv", "there is no such file");
    data_refused("series", "file=sunspot", "did you mean sunspots");
    data_refused("series", "file=zzzzzzzz", "datasets/fetch --list");
}

const unroll_test tests_data_series[] = {TEST(every_row_of_validation_and_test_is_forecast_exactly_once),
                                         TEST(training_windows_stay_in_the_training_part_and_reach_all_of_it),
                                         TEST(every_training_window_is_seen_once_an_epoch_in_a_new_order),
    TEST(a_run_of_epochs_takes_that_many_passes_over_its_windows),
    TEST(a_scheduled_run_has_the_same_bits_on_every_instruction_set_and_number_of_threads),
    TEST(nothing_after_the_training_part_changes_training),
                                         TEST(scaling_is_that_of_the_training_rows),
                                         TEST(naive_forecasts_repeat_the_last_value_and_the_last_season),
                                         TEST(holes_are_inputs_but_never_targets),
                                         TEST(the_bundled_sunspots_have_their_cycle_of_eleven_years),
                                         TEST(etth1_has_a_season_of_a_day_and_its_usual_scaling),
                                         TEST(a_run_leaves_the_forecast_beside_the_truth),
                                         TEST(what_cannot_be_split_is_refused),
                                         TEST(what_float_cannot_hold_once_scaled_is_refused_by_column_and_row),
                                         TEST(a_target_that_hardly_varies_is_refused),
                                         TEST(short_memory_is_no_model_without_its_scaling),
                                         TEST(a_part_without_any_value_is_refused),
                                         TEST(unknown_files_are_refused_with_the_nearest_data_set),
                                         {NULL, NULL}};
