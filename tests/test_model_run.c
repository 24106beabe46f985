/* What unroll_run makes of a task that goes wrong: of numbers that are none, of a model that could not be saved whole. The
   run is compiled once more here, with a task of the test's own in the place of those in datasets/. */
#define unroll_run run_own_task
#define unroll_run_first_steps first_steps_of_own_task
#define unroll_task_find own_task
#include <stdlib.h>

#include "../lib/model/run.c"
#undef unroll_run
#undef unroll_run_first_steps
#undef unroll_task_find

#include "suite.h"

/* What the task answers; everything else about it is right. */
static struct {
    double metric, baseline, finish;
    int metrics, wrong_metric; /* how often it was asked for, and the first time that it answers `metric` */
    bool finished, extras_fail;
    bool unaligned;        /* its labels have no places; */
    int period, too_many[3]; /* in each split of `period` sequences the last `too_many` have more labels than steps */
} task;

static unroll_status open_task(const unroll_settings *settings, void **state)
{
    (void)settings;
    *state = &task;
    return unroll_ok();
}

static void close_task(void *state)
{
    (void)state;
}

static void shape_task(const void *state, unroll_task_shape *shape)
{
    (void)state;
    *shape = (unroll_task_shape){.inputs = 1,
                                 .outputs = 1,
                                 .steps = 3,
                                 .batch = 2,
                                 .loss = "squared",
                                 .batches = {0, 1, 1},
                                 .metric = "mse",
                                 .unit = "",
                                 .solved_below = 0.001};
    if (!task.unaligned)
        return;
    shape->answer = UNROLL_UNALIGNED;
    shape->outputs = 3;
    shape->target_steps = 4;
    shape->loss = "ctc";
}

static void fill_labels(unroll_split split, int64_t index, unroll_samples *out)
{
    for (int b = 0; b < 2; b++) {
        bool fits = (2 * index + b) % task.period < task.period - task.too_many[split];
        out->target_length[b] = fits ? 2 : 4;
        for (int i = 0; i < 4; i++)
            out->target[4 * b + i] = 1 + i % 2;
    }
}

static void fill_batch(const void *state, unroll_split split, int64_t index, unroll_samples *out)
{
    (void)state;
    out->x[0] = 1.0f;
    if (task.unaligned)
        fill_labels(split, index, out);
    else
        out->y[1] = 1.0f;
}

static double measure_task(const void *state, const unroll_score *score)
{
    (void)state, (void)score;
    return task.metrics++ >= task.wrong_metric ? task.metric : 0.5;
}

static unroll_status add_baseline(const void *state, unroll_record *record)
{
    (void)state;
    unroll_record_real(record, "baseline_mse", "", task.baseline);
    return unroll_ok();
}

static unroll_status finish_task(const void *state, unroll_model *model, const unroll_settings *settings,
                                 unroll_record *record)
{
    (void)state, (void)model, (void)settings;
    task.finished = true;
    unroll_record_real(record, "test_mse", "", task.finish);
    return unroll_ok();
}

static unroll_status add_extras(const void *state, unroll_extra *out, int room, int *count)
{
    (void)state, (void)room;
    *count = 0;
    if (task.extras_fail)
        return unroll_error(UNROLL_FAILED, "out of memory: what belongs to the model");
    out[(*count)++] = (unroll_extra){.name = "scale", .value = calloc(1, sizeof(double)), .count = 1};
    return unroll_ok();
}

const unroll_task *own_task(const char *name)
{
    static const unroll_task own = {.name = "own",
                                    .title = "a task that can go wrong",
                                    .open = open_task,
                                    .close = close_task,
                                    .shape = shape_task,
                                    .batch = fill_batch,
                                    .metric = measure_task,
                                    .baselines = add_baseline,
                                    .finish = finish_task,
                                    .extras = add_extras};
    (void)name;
    return &own;
}

static unroll_status status; /* of the last run */

/* A run of `steps` steps with two evaluations behind the first. */
static unroll_record *run_with(const char *assignment, const char *steps, unroll_run_hooks *hooks, unroll_code expected)
{
    unroll_settings *settings = unroll_settings_new();
    unroll_record *record = unroll_record_new(settings);
    CU_ASSERT_FATAL(settings != NULL && record != NULL);
    CU_ASSERT_EQUAL(unroll_settings_set(settings, "hidden", "4").code, UNROLL_OK);
    CU_ASSERT_EQUAL(unroll_settings_set(settings, "points", "2").code, UNROLL_OK);
    CU_ASSERT_EQUAL(unroll_settings_set(settings, "steps", steps).code, UNROLL_OK);
    CU_ASSERT_EQUAL(unroll_settings_assign(settings, assignment).code, UNROLL_OK);
    status = run_own_task(settings, hooks, record);
    CU_ASSERT_EQUAL(status.code, expected);
    unroll_settings_free(settings);
    return record;
}

static unroll_record *run_steps(const char *steps, unroll_run_hooks *hooks, unroll_code expected)
{
    return run_with("keep=best", steps, hooks, expected);
}

static void reset(void)
{
    memset(&task, 0, sizeof task);
    task.wrong_metric = 3;
}

static double column(const unroll_record *record, const char *name)
{
    const unroll_column *found = unroll_record_find(record, name);
    CU_ASSERT_PTR_NOT_NULL_FATAL(found);
    return found->type == UNROLL_COLUMN_INT ? (double)found->integer : found->real;
}

static void check_diverged(const char *name, const char *reason)
{
    unroll_record *record = run_steps("4", NULL, UNROLL_OK);
    CU_ASSERT_STRING_EQUAL(record->status, "diverged");
    CU_ASSERT_STRING_EQUAL(record->reason, reason);
    CU_ASSERT_TRUE(isnan(column(record, name))); /* no mean takes it in */
    CU_ASSERT_EQUAL(column(record, "diverged_step"), 4);
    CU_ASSERT_EQUAL(column(record, "last_step"), 4);
    unroll_record_free(record);
}

static void a_run_whose_last_metric_is_no_number_has_diverged(void)
{
    static const double wrong[] = {INFINITY, -INFINITY, NAN};
    static const char *const shown[] = {"the result mse is inf, no finite number", "the result mse is -inf, no finite number",
                                        "the result mse is nan, no finite number"};
    for (int i = 0; i < 3; i++) {
        reset();
        task.metric = wrong[i];
        task.wrong_metric = 2;
        check_diverged("mse", shown[i]);
        CU_ASSERT_FALSE(task.finished); /* what is drawn from such a model is of no use */
    }
}

static void a_yardstick_or_test_result_that_is_no_number_is_a_diverged_run(void)
{
    reset();
    task.baseline = INFINITY;
    check_diverged("baseline_mse", "the result baseline_mse is inf, no finite number");
    reset();
    task.finish = INFINITY;
    check_diverged("test_mse", "the result test_mse is inf, no finite number");
    CU_ASSERT_TRUE(task.finished);
    reset();
    task.finish = NAN;
    check_diverged("test_mse", "the result test_mse is nan, no finite number");
}

static void what_a_run_has_none_of_does_not_make_it_diverge(void)
{
    static const char *const none[] = {"solved_step", "solved_seconds", "ms_per_step", "train_loss"};
    unroll_record *record;
    reset();
    record = run_steps("0", NULL, UNROLL_OK);
    CU_ASSERT_STRING_EQUAL(record->status, "done");
    CU_ASSERT_STRING_EQUAL(record->reason, "");
    CU_ASSERT_EQUAL(column(record, "diverged_step"), -1);
    CU_ASSERT_EQUAL(column(record, "mse"), 0.5);
    for (int i = 0; i < 4; i++)
        CU_ASSERT_TRUE(isnan(column(record, none[i])));
    unroll_record_free(record);
}

/* The metric rises from 0.5 to 0.9 at the last of three points. */
static void the_record_says_which_point_was_the_best_and_is_of_its_weights(void)
{
    static const char *const ways[] = {"keep=best", "keep=last"};
    for (int i = 0; i < 2; i++) {
        unroll_record *record;
        const unroll_curve *rate;
        reset();
        task.metric = 0.9;
        task.wrong_metric = 2;
        record = run_with(ways[i], "4", NULL, UNROLL_OK);
        CU_ASSERT_STRING_EQUAL(record->status, "done");
        CU_ASSERT_EQUAL(column(record, "mse"), i == 0 ? 0.5 : 0.9);
        CU_ASSERT_EQUAL(column(record, "best_valid_mse"), 0.5);
        CU_ASSERT_EQUAL(column(record, "best_step"), 0);
        CU_ASSERT_EQUAL(column(record, "last_step"), 4);
        CU_ASSERT_PTR_NULL(unroll_record_find(record, "epochs_seen")); /* its data have no end */
        rate = unroll_record_find_curve(record, "learning_rate");
        CU_ASSERT_PTR_NOT_NULL_FATAL(rate);
        CU_ASSERT(rate->length == 3 && rate->value[2] == 0.001f);
        unroll_record_free(record);
    }
}

static void a_model_without_its_extras_fails_the_run(void)
{
    unroll_model *model = NULL;
    unroll_extra extras[UNROLL_EXTRAS];
    unroll_run_hooks hooks = {.model = &model, .extras = extras};
    unroll_record *record;
    reset();
    record = run_steps("4", &hooks, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(hooks.extra_count, 1);
    free(extras[0].value);
    unroll_model_close(model);
    unroll_record_free(record);
    model = NULL;
    hooks.extra_count = 0;
    task.extras_fail = true;
    record = run_steps("4", &hooks, UNROLL_FAILED);
    CU_ASSERT_EQUAL(hooks.extra_count, 0);
    unroll_model_close(model);
    unroll_record_free(record);
}

static void reset_unaligned(int period, int too_many, int too_many_to_judge)
{
    reset();
    task.unaligned = true;
    task.period = period;
    task.too_many[UNROLL_TRAIN] = too_many;
    task.too_many[UNROLL_VALID] = too_many_to_judge;
}

static void sequences_that_cannot_be_aligned_are_left_out_and_counted(void)
{
    unroll_record *record;
    const unroll_curve *loss;
    reset_unaligned(2, 1, 1); /* the second of each batch */
    record = run_steps("4", NULL, UNROLL_OK);
    CU_ASSERT_STRING_EQUAL(record->status, "done");
    CU_ASSERT_EQUAL(column(record, "left_out"), 4);
    CU_ASSERT_EQUAL(column(record, "valid_left_out"), 1);
    loss = unroll_record_find_curve(record, "train_loss");
    CU_ASSERT_FATAL(loss != NULL && loss->length == 3);
    CU_ASSERT(loss->value[2] < loss->value[1] && loss->value[2] > 0); /* and the others are learned */
    unroll_record_free(record);
    reset_unaligned(2, 0, 0);
    record = run_steps("4", NULL, UNROLL_OK);
    CU_ASSERT_EQUAL(column(record, "left_out"), 0);
    CU_ASSERT_EQUAL(column(record, "valid_left_out"), 0);
    unroll_record_free(record);
    reset();
    record = run_steps("4", NULL, UNROLL_OK); /* of answers that have their places */
    CU_ASSERT_PTR_NULL(unroll_record_find(record, "left_out"));
    unroll_record_free(record);
}

/* The model after `steps` steps; the record's curves in *record. */
static unroll_model *train_unaligned(const char *steps, unroll_record **record)
{
    unroll_model *model = NULL;
    unroll_extra extras[UNROLL_EXTRAS];
    unroll_run_hooks hooks = {.model = &model, .extras = extras};
    *record = run_with("keep=last", steps, &hooks, UNROLL_OK);
    CU_ASSERT_PTR_NOT_NULL_FATAL(model);
    free(extras[0].value);
    return model;
}

/* Of the batches 0, 1, 2, ... every other one has nothing to learn from: no momentum goes on either. */
static void a_step_whose_sequences_are_all_left_out_changes_nothing(void)
{
    unroll_record *one, *two;
    unroll_model *first, *second;
    static real weights[2][1000];
    reset_unaligned(4, 2, 0);
    first = train_unaligned("1", &one);
    second = train_unaligned("2", &two);
    CU_ASSERT_EQUAL(column(one, "left_out"), 0);
    CU_ASSERT_EQUAL(column(two, "left_out"), 2);
    CU_ASSERT_FATAL(unroll_model_reals(first) <= 1000);
    unroll_model_save_weights(first, weights[0]);
    unroll_model_save_weights(second, weights[1]);
    CU_ASSERT_EQUAL(memcmp(weights[0], weights[1], sizeof weights[0]), 0);
    for (int i = 0; i < 2; i++) { /* and it is in no mean: the first of the two has one, the second has none */
        const unroll_curve *curve = unroll_record_find_curve(two, i == 0 ? "train_loss" : "gradient_norm");
        CU_ASSERT_PTR_NOT_NULL_FATAL(curve);
        CU_ASSERT(curve->length == 3 && curve->value[1] > 0 && isnan(curve->value[2]));
    }
    unroll_model_close(first);
    unroll_model_close(second);
    unroll_record_free(one);
    unroll_record_free(two);
}

static void a_run_without_a_sequence_that_can_be_aligned_fails_with_a_sentence(void)
{
    reset_unaligned(2, 2, 0);
    unroll_record_free(run_steps("4", NULL, UNROLL_FAILED));
    CU_ASSERT_STRING_EQUAL(status.text, "none of the 8 sequences of the first 4 steps can be aligned: each has more labels than "
                                        "its steps can say");
    reset_unaligned(2, 0, 2);
    unroll_record_free(run_steps("4", NULL, UNROLL_FAILED));
    CU_ASSERT_STRING_EQUAL(status.text, "none of the 2 sequences of the first 1 batches of validation can be aligned: each has more "
                                        "labels than its steps can say");
}

const unroll_test tests_model_run[] = {
    TEST(a_run_whose_last_metric_is_no_number_has_diverged),
    TEST(a_yardstick_or_test_result_that_is_no_number_is_a_diverged_run),
    TEST(what_a_run_has_none_of_does_not_make_it_diverge),
    TEST(the_record_says_which_point_was_the_best_and_is_of_its_weights),
    TEST(a_model_without_its_extras_fails_the_run),
    TEST(sequences_that_cannot_be_aligned_are_left_out_and_counted),
    TEST(a_step_whose_sequences_are_all_left_out_changes_nothing),
    TEST(a_run_without_a_sequence_that_can_be_aligned_fails_with_a_sentence),
    {NULL, NULL},
};
