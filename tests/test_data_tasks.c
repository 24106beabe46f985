/* What every task must hold, from the registry: batches are pure, splits differ, everything lies in its range. */
#include <math.h>
#include <stdlib.h>

#include "data.h"
#include "images.h"
#include "model/network.h"
#include "model/run.h"

static const char small[] = "length=12 batch=3";

/* A digest of all that a batch holds. */
static uint64_t digest(const opened_task *opened)
{
    const unroll_task_shape *shape = &opened->shape;
    size_t batch = (size_t)shape->batch, steps = batch * (size_t)shape->steps, targets = shape->answer == UNROLL_AT_EVERY ? steps : batch;
    const struct {
        const void *at;
        size_t bytes;
    } parts[] = {{opened->samples.length, batch * sizeof(int)},
                 {opened->samples.x, steps * (size_t)shape->inputs * sizeof(float)},
                 {opened->samples.symbol, steps * sizeof(int)},
                 {opened->samples.y, targets * (size_t)shape->outputs * sizeof(float)},
                 {opened->samples.target, targets * sizeof(int)}};
    uint64_t hash = 14695981039346656037u;
    for (int p = 0; p < 5; p++)
        for (size_t i = 0; parts[p].at != NULL && i < parts[p].bytes; i++)
            hash = (hash ^ ((const unsigned char *)parts[p].at)[i]) * 1099511628211u;
    return hash;
}

static uint64_t digest_of(opened_task *opened, unroll_split split, int64_t index)
{
    data_batch(opened, split, index);
    return digest(opened);
}

/* A text or images for a task whose own were not fetched; until the next call. */
static const char *data_for(const char *needed)
{
    const char *folder;
    if (strstr(needed, "needs a text") != NULL)
        return "file=README.md";
    CU_ASSERT_PTR_NOT_NULL_FATAL(strstr(needed, "needs images"));
    folder = test_folder();
    images_make(folder, 100, 20);
    return images_in(folder);
}

/* Opens a task by its defaults; where those are data that were not fetched, by others. */
static void open_default(const char *name, const char *assignments, opened_task *opened)
{
    char with_data[4096];
    *opened = data_open(name, assignments);
    if (opened->status.code == UNROLL_OK)
        return;
    snprintf(with_data, sizeof with_data, "%s %s", data_for(opened->status.text), assignments);
    data_close(opened);
    *opened = data_open(name, with_data);
    CU_ASSERT_EQUAL_FATAL(opened->status.code, UNROLL_OK);
}

static int64_t batches(const opened_task *opened, unroll_split split)
{
    int64_t there = opened->shape.batches[split];
    return there == 0 || there > 4 ? 4 : there;
}

static void batches_are_the_same_in_any_order(void)
{
    for (int i = 0; i < unroll_task_count; i++) {
        opened_task one, two;
        uint64_t seen[3][4];
        open_default(unroll_tasks[i]->name, small, &one);
        open_default(unroll_tasks[i]->name, small, &two);
        for (int split = 0; split < 3; split++)
            for (int64_t k = 0; k < batches(&one, (unroll_split)split); k++)
                seen[split][k] = digest_of(&one, (unroll_split)split, k);
        for (int split = 2; split >= 0; split--)
            for (int64_t k = batches(&two, (unroll_split)split) - 1; k >= 0; k--)
                CU_ASSERT_EQUAL(digest_of(&two, (unroll_split)split, k), seen[split][k]);
        data_close(&one);
        data_close(&two);
    }
}

static void training_batches_depend_on_seed_and_index(void)
{
    for (int i = 0; i < unroll_task_count; i++) {
        opened_task zero, one;
        open_default(unroll_tasks[i]->name, small, &zero);
        open_default(unroll_tasks[i]->name, "length=12 batch=3 seed=1", &one);
        CU_ASSERT_NOT_EQUAL(digest_of(&zero, UNROLL_TRAIN, 0), digest_of(&one, UNROLL_TRAIN, 0));
        CU_ASSERT_NOT_EQUAL(digest_of(&zero, UNROLL_TRAIN, 0), digest_of(&zero, UNROLL_TRAIN, 1));
        /* beyond 2^32 sequences the numbers go on, not round */
        CU_ASSERT_NOT_EQUAL(digest_of(&zero, UNROLL_TRAIN, 5), digest_of(&zero, UNROLL_TRAIN, 5 + (INT64_C(1) << 32)));
        data_close(&zero);
        data_close(&one);
    }
}

static void splits_differ(void)
{
    for (int i = 0; i < unroll_task_count; i++) {
        opened_task task;
        uint64_t train, valid, test;
        open_default(unroll_tasks[i]->name, small, &task);
        train = digest_of(&task, UNROLL_TRAIN, 0);
        valid = digest_of(&task, UNROLL_VALID, 0);
        test = digest_of(&task, UNROLL_TEST, 0);
        CU_ASSERT_NOT_EQUAL(train, valid);
        CU_ASSERT_NOT_EQUAL(train, test);
        CU_ASSERT_NOT_EQUAL(valid, test);
        data_close(&task);
    }
}

/* So many operations are so many steps of their own count, and a step at least. */
static void check_compute(opened_task *task)
{
    char compute[64];
    double each = 0;
    int64_t steps = 0;
    unroll_settings_set(task->settings, "epochs", "0");
    CU_ASSERT_EQUAL(unroll_step_operations(task->settings, &task->shape, &each).code, UNROLL_OK);
    CU_ASSERT(each > 1000);
    for (int i = 0; i < 3; i++) {
        static const double wanted[] = {7.4, 7.6, 0.01};
        static const int64_t expected[] = {7, 8, 1};
        snprintf(compute, sizeof compute, "%.17g", wanted[i] * each);
        CU_ASSERT_EQUAL(unroll_settings_set(task->settings, "compute", compute).code, UNROLL_OK);
        CU_ASSERT_EQUAL(unroll_count_steps(task->settings, NULL, &steps).code, UNROLL_OK);
        CU_ASSERT_EQUAL(steps, expected[i]);
    }
    unroll_settings_set(task->settings, "compute", "1e24");
    CU_ASSERT_EQUAL(unroll_count_steps(task->settings, NULL, &steps).code, UNROLL_WRONG); /* no number of steps is that large */
}

/* Of every task: epochs are either a number of steps or refused in a sentence that names the task. */
static void epochs_count_finite_data_and_compute_counts_operations(void)
{
    for (int i = 0; i < unroll_task_count; i++) {
        opened_task task;
        char expected[128];
        int64_t steps = 0;
        unroll_status status;
        open_default(unroll_tasks[i]->name, small, &task);
        CU_ASSERT_EQUAL(unroll_settings_set(task.settings, "task", unroll_tasks[i]->name).code, UNROLL_OK);
        CU_ASSERT_EQUAL(unroll_count_steps(task.settings, NULL, &steps).code, UNROLL_OK);
        CU_ASSERT_EQUAL(steps, 1000);
        unroll_settings_set(task.settings, "epochs", "5");
        status = unroll_count_steps(task.settings, NULL, &steps);
        snprintf(expected, sizeof expected, "epochs=5: the training data of task=%s have no end; set steps instead",
                 unroll_tasks[i]->name);
        if (task.shape.batches[UNROLL_TRAIN] > 0)
            CU_ASSERT(status.code == UNROLL_OK && steps == 5 * task.shape.batches[UNROLL_TRAIN]);
        if (task.shape.batches[UNROLL_TRAIN] == 0)
            CU_ASSERT(status.code == UNROLL_WRONG && strcmp(status.text, expected) == 0);
        check_compute(&task);
        data_close(&task);
    }
}

static int ascending(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* A digest of each sequence of an epoch, in its order. */
static void digest_epoch(opened_task *opened, int64_t epoch, uint64_t *out)
{
    const unroll_task_shape *shape = &opened->shape;
    size_t steps = (size_t)shape->steps, inputs = steps * (size_t)shape->inputs;
    for (int64_t i = 0; i < shape->batches[UNROLL_TRAIN]; i++) {
        data_batch(opened, UNROLL_TRAIN, epoch * shape->batches[UNROLL_TRAIN] + i);
        for (size_t b = 0; b < (size_t)shape->batch; b++, out++) {
            *out = 14695981039346656037u + (uint64_t)opened->samples.length[b];
            for (size_t k = 0; k < inputs * sizeof(float); k++)
                *out = (*out ^ ((const unsigned char *)(opened->samples.x + b * inputs))[k]) * 1099511628211u;
            for (size_t k = 0; k < steps && shape->symbols > 0; k++)
                *out = (*out ^ (uint64_t)opened->samples.symbol[b * steps + k]) * 1099511628211u;
        }
    }
}

static void finite_tasks_have_the_same_samples_in_every_epoch_in_another_order(void)
{
    for (int i = 0; i < unroll_task_count; i++) {
        opened_task task;
        uint64_t *seen[2];
        size_t count;
        open_default(unroll_tasks[i]->name, small, &task);
        count = (size_t)task.shape.batches[UNROLL_TRAIN] * (size_t)task.shape.batch;
        for (int e = 0; e < 2 && count > 0 && !task.shape.carry; e++) {
            seen[e] = malloc(count * sizeof **seen);
            CU_ASSERT_PTR_NOT_NULL_FATAL(seen[e]);
            digest_epoch(&task, e, seen[e]);
        }
        if (count > 0 && !task.shape.carry) {
            CU_ASSERT_NOT_EQUAL(memcmp(seen[0], seen[1], count * sizeof **seen), 0);
            for (int e = 0; e < 2; e++)
                qsort(seen[e], count, sizeof **seen, ascending);
            CU_ASSERT_EQUAL(memcmp(seen[0], seen[1], count * sizeof **seen), 0);
            free(seen[0]);
            free(seen[1]);
        }
        data_close(&task);
    }
}

static void check_symbols(const opened_task *opened)
{
    const unroll_task_shape *shape = &opened->shape;
    size_t batch = (size_t)shape->batch, steps = batch * (size_t)shape->steps, targets = shape->answer == UNROLL_AT_EVERY ? steps : batch;
    for (size_t k = 0; shape->symbols > 0 && k < steps; k++)
        CU_ASSERT_TRUE(opened->samples.symbol[k] >= 0 && opened->samples.symbol[k] < shape->symbols);
    for (size_t k = 0; strcmp(shape->loss, "softmax") == 0 && k < targets; k++)
        CU_ASSERT_TRUE(opened->samples.target[k] >= -1 && opened->samples.target[k] < shape->outputs);
}

static void lengths_symbols_and_targets_lie_in_their_ranges(void)
{
    for (int i = 0; i < unroll_task_count; i++) {
        opened_task task;
        open_default(unroll_tasks[i]->name, "length=7 batch=5 lag=4 lag_spread=3", &task);
        CU_ASSERT_EQUAL(task.shape.batch, 5);
        CU_ASSERT_TRUE(task.shape.batches[UNROLL_VALID] > 0 && task.shape.batches[UNROLL_TEST] > 0);
        for (int split = 0; split < 3; split++)
            for (int64_t k = 0; k < batches(&task, (unroll_split)split); k++) {
                data_batch(&task, (unroll_split)split, k);
                for (int b = 0; b < 5; b++)
                    CU_ASSERT_TRUE(task.samples.length[b] >= 1 && task.samples.length[b] <= task.shape.steps);
                check_symbols(&task);
            }
        data_close(&task);
    }
}

static void every_task_has_a_yardstick(void)
{
    for (int i = 0; i < unroll_task_count; i++) {
        opened_task task;
        unroll_record *record;
        open_default(unroll_tasks[i]->name, small, &task);
        record = unroll_record_new(task.settings);
        CU_ASSERT_PTR_NOT_NULL_FATAL(unroll_tasks[i]->baselines);
        CU_ASSERT_EQUAL(unroll_tasks[i]->baselines(task.state, record).code, UNROLL_OK);
        CU_ASSERT_TRUE(record->column_count > 0);
        /* columns stand beside the settings in result files: no name may be both */
        for (int c = 0; c < record->column_count; c++)
            CU_ASSERT_EQUAL(unroll_setting_find(record->columns[c].name), -1);
        unroll_record_free(record);
        data_close(&task);
    }
}

/* Of a model that sees later steps where those show what is asked for. */
static void check_that_ahead_is_refused(const opened_task *task, const char *assignments)
{
    char wanted[200];
    unroll_settings *settings = unroll_settings_copy(task->settings);
    unroll_record *record = unroll_record_new(settings);
    unroll_status status;
    for (char copy[80], *rest = strcpy(copy, assignments), *word; (word = strtok_r(rest, " ", &rest)) != NULL;)
        CU_ASSERT_EQUAL_FATAL(unroll_settings_assign(settings, word).code, UNROLL_OK);
    unroll_settings_set(settings, "task", task->task->name);
    status = unroll_run(settings, NULL, record);
    snprintf(wanted, sizeof wanted, "task=%s asks at a step for what later ones show, but the model reads ahead: it would see what it "
                                    "is to predict", task->task->name);
    CU_ASSERT_EQUAL(status.code, UNROLL_WRONG);
    CU_ASSERT_STRING_EQUAL(status.text, wanted);
    unroll_record_free(record);
    unroll_settings_free(settings);
}

static void a_model_that_reads_ahead_gets_no_task_whose_answers_lie_there(void)
{
    int refused = 0;
    for (int i = 0; i < unroll_task_count; i++) {
        opened_task task;
        open_default(unroll_tasks[i]->name, small, &task);
        if (task.shape.next) {
            check_that_ahead_is_refused(&task, "steps=1 directions=both");
            check_that_ahead_is_refused(&task, "steps=1 model=transformer causal=no");
            refused++;
        }
        data_close(&task);
    }
    CU_ASSERT_EQUAL(refused, 3); /* a series, characters, words */
}

/* What tasks are told of a model before it is there: whether it carries anything from batch to batch. */
static void a_network_is_stateless_where_its_models_have_no_state(void)
{
    static const unroll_model_shape shape = {.inputs = 2, .outputs = 1, .steps = 5, .batch = 2, .loss = "squared"};
    int stateless = 0, models = 0;
    for (const char *name; models < unroll_network_count; models++) {
        unroll_settings *settings = data_settings("hidden=32");
        unroll_model *model;
        name = unroll_networks[models]->model(0);
        CU_ASSERT_EQUAL(unroll_settings_set(settings, "model", name).code, UNROLL_OK);
        CU_ASSERT_EQUAL_FATAL(unroll_model_open(settings, &shape, &model).code, UNROLL_OK);
        CU_ASSERT_EQUAL(unroll_network_stateless(settings), unroll_model_state_size(model) == 0);
        stateless += unroll_network_stateless(settings);
        unroll_model_close(model);
        unroll_settings_free(settings);
    }
    CU_ASSERT(stateless > 0 && stateless < models);
}

/* The width among all that a Transformer's heads part (4 of them, 2 below 32 units, one below 16) whose parameters come nearest. */
static int64_t nearest_by_trying(unroll_settings *settings, const unroll_model_shape *shape, int64_t wanted)
{
    int64_t best = 0, off = INT64_MAX;
    for (int64_t width = 1; width <= 100; width++) {
        int64_t parameters;
        char text[32];
        if (width % (width < 16 ? 1 : width < 32 ? 2 : 4) != 0)
            continue;
        snprintf(text, sizeof text, "%lld", (long long)width);
        unroll_settings_set(settings, "hidden", text);
        CU_ASSERT_EQUAL_FATAL(unroll_shape_parameters(settings, shape, &parameters).code, UNROLL_OK);
        if (llabs(parameters - wanted) < off) {
            off = llabs(parameters - wanted);
            best = width;
        }
    }
    return best;
}

static void params_take_the_nearest_width_that_heads_part(void)
{
    static const int wanted[] = {10, 700, 3000, 5000, 9000, 16000, 18000, 21000, 24000, 26000, 30000, 100000, 200000};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        char text[100];
        opened_task task;
        unroll_model_shape shape;
        int64_t found;
        snprintf(text, sizeof text, "model=transformer layers=2 params=%d", wanted[i]);
        task = data_open("adding", text);
        CU_ASSERT_EQUAL_FATAL(unroll_resolve_params(task.settings, NULL).code, UNROLL_OK);
        found = unroll_int(task.settings, "hidden");
        shape = unroll_model_shape_of(&task.shape);
        CU_ASSERT_EQUAL(found, nearest_by_trying(task.settings, &shape, wanted[i]));
        data_close(&task);
    }
}

const unroll_test tests_data_tasks[] = {TEST(batches_are_the_same_in_any_order),
                                        TEST(training_batches_depend_on_seed_and_index),
                                        TEST(epochs_count_finite_data_and_compute_counts_operations),
                                        TEST(finite_tasks_have_the_same_samples_in_every_epoch_in_another_order),
                                        TEST(splits_differ),
                                        TEST(lengths_symbols_and_targets_lie_in_their_ranges),
                                        TEST(every_task_has_a_yardstick),
                                        TEST(a_network_is_stateless_where_its_models_have_no_state),
                                        TEST(params_take_the_nearest_width_that_heads_part),
                                        TEST(a_model_that_reads_ahead_gets_no_task_whose_answers_lie_there),
                                        {NULL, NULL}};
