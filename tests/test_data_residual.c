/* Series learned as differences to their last value: targets, scores, and what a saved model keeps of it. */
#include <math.h>

#include "../datasets/series/forecast.h"
#include "data.h"
#include "model/run.h"
#include "predict.h"

enum { ROWS = 200 };

/* "t,up,down,v": a parabola, the same falling, and v, which lacks every tenth value */
static void write_rows(char path[1200])
{
    static char content[65536];
    snprintf(content, sizeof content, "t,up,down,v\n");
    for (int t = 0; t < ROWS; t++) {
        size_t used = strlen(content);
        used += (size_t)snprintf(content + used, sizeof content - used, "x%d,%d,%d,", t, t * t, 7 - t * t);
        snprintf(content + used, sizeof content - used, t % 10 == 4 ? "\n" : "%d\n", 5 * t + 3 * (t % 4));
    }
    data_write(path, test_folder(), "rows.csv", content, strlen(content));
}

static opened_task open_rows(const char *more)
{
    char path[1200], settings[1600];
    write_rows(path);
    snprintf(settings, sizeof settings, "file=%s %s", path, more);
    return data_open("series", settings);
}

/* Every target of a batch, and the last value before it, add up to what stands in the file. */
static void check_batch(opened_task *plain, opened_task *last, unroll_split split)
{
    const unroll_series *series = last->state;
    size_t steps = (size_t)last->shape.steps;
    data_batch(plain, split, 0);
    data_batch(last, split, 0);
    for (size_t i = 0; i < (size_t)last->shape.batch * steps; i++) {
        float value = plain->samples.y[i], difference = last->samples.y[i];
        CU_ASSERT_EQUAL(isnan(value), isnan(difference));
        CU_ASSERT_EQUAL(plain->samples.x[i], last->samples.x[i]);
        if (!isnan(value))
            CU_ASSERT_DOUBLE_EQUAL(last->samples.x[i] + (float)series->residual * difference, value, 1e-5);
    }
}

static void targets_are_differences_to_the_last_value_known(void)
{
    opened_task plain = open_rows("horizon=3 length=8 batch=16"), last = open_rows("horizon=3 length=8 batch=16 residual=last");
    CU_ASSERT_EQUAL_FATAL(plain.status.code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(last.status.code, UNROLL_OK);
    CU_ASSERT_EQUAL(((const unroll_series *)plain.state)->residual, 0.0);
    check_batch(&plain, &last, UNROLL_TRAIN);
    check_batch(&plain, &last, UNROLL_VALID);
    check_batch(&plain, &last, UNROLL_TEST);
    data_close(&plain);
    data_close(&last);
}

/* over the training part alone, whatever comes after it */
static void differences_are_scaled_by_their_usual_size_in_the_training_part(void)
{
    opened_task task = open_rows("horizon=3 length=8 residual=last column=up train_rows=50 valid_rows=20 test_rows=20");
    const unroll_series *series = task.state;
    double squares = 0.0;
    CU_ASSERT_EQUAL_FATAL(task.status.code, UNROLL_OK);
    for (int r = 3; r < 50; r++)
        squares += pow((r * r - (r - 3) * (r - 3)) / series->scale[0], 2.0);
    CU_ASSERT_DOUBLE_EQUAL(series->residual, sqrt(squares / 47), 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(unroll_series_forecast(series, 60, 0.0), series->known[57], 1e-7);
    CU_ASSERT_DOUBLE_EQUAL(unroll_series_forecast(series, 60, (double)unroll_series_target(series, 60)), series->known[60], 1e-5);
    data_close(&task);
}

/* outputs of 0 are the naive forecast: their loss, as the metric has it, is that forecast's error */
static void the_metric_is_that_of_the_values(void)
{
    opened_task task = open_rows("horizon=2 length=8 batch=200 residual=last column=up");
    unroll_record *record = unroll_record_new(task.settings);
    unroll_score score = {0};
    CU_ASSERT_EQUAL_FATAL(task.status.code, UNROLL_OK);
    CU_ASSERT_EQUAL(task.shape.batches[UNROLL_VALID], 1);
    data_batch(&task, UNROLL_VALID, 0);
    for (int i = 0; i < 200 * 8; i++)
        if (!isnan(task.samples.y[i])) {
            score.loss += (double)task.samples.y[i] * (double)task.samples.y[i];
            score.targets++;
        }
    score.loss /= (double)score.targets;
    CU_ASSERT_EQUAL(score.targets, 30);
    CU_ASSERT_EQUAL(task.task->baselines(task.state, record).code, UNROLL_OK);
    CU_ASSERT_DOUBLE_EQUAL(task.task->metric(task.state, &score), data_column(record, "naive_mse"), 1e-6);
    unroll_record_free(record);
    data_close(&task);
}

static unroll_record *train(const char *more)
{
    char path[1200], assignments[1800];
    unroll_settings *settings;
    unroll_record *record;
    write_rows(path);
    snprintf(assignments, sizeof assignments, "task=series file=%s model=gru hidden=6 length=8 batch=16 lr=0.01 %s", path, more);
    settings = data_settings(assignments);
    record = unroll_record_new(settings);
    CU_ASSERT_EQUAL_FATAL(unroll_run(settings, NULL, record).code, UNROLL_OK);
    unroll_settings_free(settings);
    return record;
}

/* a series that grows leaves the range of its training part: what is learned of its values does not hold there */
static void a_growing_series_is_forecast_better_than_by_its_last_value(void)
{
    unroll_record *plain = train("column=v steps=200"), *last = train("column=v steps=200 residual=last");
    double naive = data_column(last, "test_naive_mse");
    CU_ASSERT(data_column(last, "test_mse") < naive);
    CU_ASSERT(data_column(last, "mse") < data_column(last, "naive_mse"));
    CU_ASSERT(data_column(plain, "test_mse") > naive);
    CU_ASSERT_EQUAL(data_column(plain, "test_naive_mse"), naive);
    unroll_record_free(plain);
    unroll_record_free(last);
}

/* the mean of the training part is 0 once scaled */
static void the_mean_of_the_training_part_is_a_yardstick(void)
{
    opened_task task = open_rows("length=8 column=up");
    const unroll_series *series = task.state;
    unroll_record *record = unroll_record_new(task.settings);
    double squares = 0.0, sum = 0.0;
    CU_ASSERT_EQUAL_FATAL(task.status.code, UNROLL_OK);
    for (int r = series->first[UNROLL_VALID]; r < series->end[UNROLL_VALID]; r++) {
        double error = (r * r - series->mean[0]) / series->scale[0];
        squares += error * error / 30;
        sum += fabs(error) / 30;
    }
    CU_ASSERT_EQUAL(task.task->baselines(task.state, record).code, UNROLL_OK);
    CU_ASSERT_DOUBLE_EQUAL(data_column(record, "mean_mse"), squares, 1e-5);
    CU_ASSERT_DOUBLE_EQUAL(data_column(record, "mean_mae"), sum, 1e-5);
    unroll_record_free(record);
    record = train("column=up steps=2");
    CU_ASSERT(data_column(record, "test_mean_mse") > data_column(record, "mean_mse"));
    unroll_record_free(record);
    data_close(&task);
}

/* 140 rows for training in which every second value is the same, and a jump after them */
static void a_jump_that_float_cannot_hold_is_refused_by_column_and_row(void)
{
    char path[1200], settings[1400], content[4096] = "v\n";
    for (int t = 0; t < ROWS; t++) {
        size_t used = strlen(content);
        snprintf(content + used, sizeof content - used, "%.10g\n", t % 2 + (t == 20 ? 1e-3 : t == 170 ? 1e13 : 0.0));
    }
    data_write(path, test_folder(), "jump.csv", content, strlen(content));
    snprintf(settings, sizeof settings, "file=%s length=8 horizon=2", path);
    opened_task task = data_open("series", settings);
    CU_ASSERT_EQUAL(task.status.code, UNROLL_OK);
    data_close(&task);
    snprintf(settings, sizeof settings, "file=%s length=8 horizon=2 residual=last", path);
    data_refused("series", settings, "column v, row 171: its difference to the value 2 rows before is ");
}

/* ---- a saved model ---- */

/* A model of two inputs that is trained a little: the path of its file. */
static const char *save_model(const char *folder, const char *residual)
{
    static char path[PATH_ROOM];
    char rows[PATH_ROOM], arguments[4 * PATH_ROOM];
    write_rows(rows);
    snprintf(path, sizeof path, "%s/%s.h5", folder, residual);
    snprintf(arguments, sizeof arguments,
             "train task=series file=%s column=down features=all model=gru hidden=%d length=8 batch=4 steps=5 points=1 "
             "residual=%s --save %s",
             rows, H, residual, path);
    CU_ASSERT_EQUAL_FATAL(run_program(arguments), 0);
    return path;
}

/* What predict writes is the model's output alone, or as much of it added to the second of the three inputs; nothing past the
   end of a sequence. */
static void check_predictions(const char *residual)
{
    enum { INPUTS = 3 };
    static const int lengths[N] = {9, 1, 5, 9, 3, 8, 2};
    const char *folder = test_folder(), *saved = save_model(folder, residual);
    char input[PATH_ROOM], output[PATH_ROOM];
    float x[N * T * INPUTS];
    unroll_bundle *result;
    unroll_model_file file;
    unroll_model *model;
    fill(x, N * T * INPUTS);
    snprintf(input, sizeof input, "%s/in.h5", folder);
    snprintf(output, sizeof output, "%s/out.h5", folder);
    write_input(input, x, T, INPUTS, lengths);
    CU_ASSERT_EQUAL_FATAL(predict(saved, input, output), 0);
    CU_ASSERT_EQUAL_FATAL(unroll_load_bundle(output, false, &result).code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(unroll_model_file_open(saved, &file).code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(unroll_model_file_build(&file, saved, T, 1, &model).code, UNROLL_OK);
    const float *y = unroll_bundle_find(result, "y")->data;
    const unroll_array *scale = unroll_bundle_find(file.bundle, "extra/residual_scale");
    CU_ASSERT_EQUAL(scale != NULL, strcmp(residual, "last") == 0);
    for (int n = 0; n < N; n++) {
        unroll_model_reset(model);
        for (int t = 0; t < T; t++) {
            const float *row = x + (n * T + t) * INPUTS;
            real step[INPUTS] = {(real)row[0], (real)row[1], (real)row[2]}, out[1];
            unroll_model_step(model, 1, step, NULL, out);
            double answer = scale == NULL ? (double)out[0] : (double)row[1] + *(const double *)scale->data * (double)out[0];
            CU_ASSERT_EQUAL(y[n * T + t], t < lengths[n] ? (float)answer : 0.0f);
        }
    }
    unroll_model_close(model);
    unroll_model_file_close(&file);
    unroll_bundle_free(result);
}

static void predictions_are_forecasts_whether_differences_were_learned_or_values(void)
{
    check_predictions("none");
    check_predictions("last");
}

/* Saves a model again with another number in one of its extras; the seal is right. */
static void change_extra(const char *path, const char *name, double value)
{
    unroll_bundle *bundle;
    CU_ASSERT_EQUAL_FATAL(unroll_load_bundle(path, true, &bundle).code, UNROLL_OK);
    for (int i = 0; i < bundle->array_count; i++)
        if (strcmp(bundle->arrays[i].name, name) == 0)
            *(double *)bundle->arrays[i].data = value;
    CU_ASSERT_EQUAL_FATAL(unroll_store_bundle(bundle, path).code, UNROLL_OK);
    unroll_bundle_free(bundle);
}

static void a_model_whose_differences_make_no_sense_is_one_sentence(void)
{
    static const double inputs[] = {3.0, -1.0, 0.5, NAN}, scales[] = {0.0, -1.0, INFINITY, NAN};
    const char *folder = test_folder(), *saved = save_model(folder, "last");
    char input[PATH_ROOM];
    float x[N * T * 3];
    fill(x, N * T * 3);
    snprintf(input, sizeof input, "%s/in.h5", folder);
    write_input(input, x, T, 3, NULL);
    for (int i = 0; i < 4; i++) {
        change_extra(saved, "extra/residual_input", inputs[i]);
        refused(saved, input, "extra/residual_input and extra/residual_scale make no sense beside its inputs and outputs");
    }
    change_extra(saved, "extra/residual_input", 2.0);
    for (int i = 0; i < 4; i++) {
        change_extra(saved, "extra/residual_scale", scales[i]);
        refused(saved, input, "extra/residual_input and extra/residual_scale make no sense beside its inputs and outputs");
    }
}

const unroll_test tests_data_residual[] = {TEST(targets_are_differences_to_the_last_value_known),
                                           TEST(differences_are_scaled_by_their_usual_size_in_the_training_part),
                                           TEST(the_metric_is_that_of_the_values),
                                           TEST(a_growing_series_is_forecast_better_than_by_its_last_value),
                                           TEST(the_mean_of_the_training_part_is_a_yardstick),
                                           TEST(a_jump_that_float_cannot_hold_is_refused_by_column_and_row),
                                           TEST(predictions_are_forecasts_whether_differences_were_learned_or_values),
                                           TEST(a_model_whose_differences_make_no_sense_is_one_sentence),
                                           {NULL, NULL}};
