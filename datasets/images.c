/* images: what an image shows, told after it has been read as a sequence: a row of pixels a step, or pixel after pixel, as Le,
   Jaitly and Hinton (A simple way to initialize recurrent networks of rectified linear units, 2015) read MNIST. permute=yes is
   the harder of their two tasks: all pixels in one random order, the same for every image, so that neighbours come far apart.

   Pixels are scaled to mean 0 and deviation 1, those of a pixel of the training part whatever its place, as the inputs of
   task=series are. Numbers from 0 to 1, none of them negative, are learned from more slowly: of rows of Fashion-MNIST a GRU of 64
   units had 80 and 82% of the test right after one epoch, with these 84 and 85% (lr=0.002 batch=64 points=2 seed=0,1). Images
   stay bytes in memory and become numbers where a batch is made. */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "images/labelled.h"
#include "model/task.h"
#include "read/draws.h"
#include "read/score.h"
#include "read/source.h"

enum { BYTES = 256 };

static const unroll_setting rows[] = {
    {"images", UNROLL_TEXT, 0, 0, "", "", "", "images for training, an IDX file of bytes; \"\": Fashion-MNIST (datasets/fetch)",
     "task images", UNROLL_SETTING_PATH},
    {"labels", UNROLL_TEXT, 0, 0, "", "", "", "what each of them shows, an IDX file of bytes: classes from 0", "task images",
     UNROLL_SETTING_PATH},
    {"test_images", UNROLL_TEXT, 0, 0, "", "", "", "images for the test, of the same size", "task images", UNROLL_SETTING_PATH},
    {"test_labels", UNROLL_TEXT, 0, 0, "", "", "", "what each of test_images shows", "task images", UNROLL_SETTING_PATH},
    {"scan", UNROLL_CHOICE, 0, 0, "rows|pixels", "rows", "", "what a step reads: a row of pixels, or one pixel", "task images",
     0},
    {"permute", UNROLL_BOOL, 0, 0, "", "no", "", "read all pixels in one random order, the same for every image", "task images",
     0},
    {"permute_seed", UNROLL_INT, 0, 9007199254740992.0, "", "0", "", "draws the order of permute=yes", "task images", 0,
     "permute!=no"},
};

typedef struct images {
    unroll_labelled labelled;
    uint64_t seed;
    int batch, steps, inputs;
    bool permuted;
    int *order;          /* (steps, inputs): the pixel that is read there */
    float scaled[BYTES]; /* of a byte */
} images;

/* ---- opening ---- */

static void images_close(void *state)
{
    images *task = state;
    if (task == NULL)
        return;
    unroll_labelled_close(&task->labelled);
    free(task->order);
    free(task);
}

static unroll_status order_pixels(const unroll_settings *settings, images *task)
{
    uint32_t pixels = (uint32_t)(task->steps * task->inputs);
    uint64_t seed = (uint64_t)unroll_int(settings, "permute_seed");
    task->permuted = unroll_flag(settings, "permute");
    task->order = malloc(pixels * sizeof *task->order);
    if (task->order == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory: the order of %u pixels", (unsigned)pixels);
    /* the last epoch, which no training comes to: the order of pixels is none of samples */
    for (uint32_t i = 0; i < pixels; i++)
        task->order[i] = (int)(task->permuted ? unroll_random_order(seed, UINT64_MAX, pixels, i) : i);
    return unroll_ok();
}

static unroll_status read_images(const unroll_settings *settings, images *task)
{
    bool by_rows = strcmp(unroll_text(settings, "scan"), "rows") == 0;
    unroll_labelled *labelled = &task->labelled;
    UNROLL_TRY(unroll_labelled_open(settings, labelled));
    task->seed = (uint64_t)unroll_int(settings, "seed");
    task->batch = (int)unroll_int(settings, "batch");
    task->steps = by_rows ? labelled->rows : labelled->rows * labelled->columns;
    task->inputs = by_rows ? labelled->columns : 1;
    for (int byte = 0; byte < BYTES; byte++)
        task->scaled[byte] = (float)((byte - labelled->mean) / labelled->deviation);
    return order_pixels(settings, task);
}

static unroll_status images_open(const unroll_settings *settings, void **state)
{
    images *task = calloc(1, sizeof *task);
    unroll_status status;
    *state = NULL;
    if (task == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory: task=images");
    status = read_images(settings, task);
    if (status.code == UNROLL_OK)
        *state = task;
    else
        images_close(task);
    return status;
}

static int batches(const images *task, unroll_split split)
{
    return (task->labelled.count[split] - 1) / task->batch + 1;
}

static void images_shape(const void *state, unroll_task_shape *shape)
{
    const images *task = state;
    *shape = (unroll_task_shape){.inputs = task->inputs,
                                 .outputs = task->labelled.classes,
                                 .steps = task->steps,
                                 .batch = task->batch,
                                 .answer = UNROLL_AT_LAST,
                                 .loss = "softmax",
                                 .batches = {batches(task, UNROLL_TRAIN), batches(task, UNROLL_VALID),
                                             batches(task, UNROLL_TEST)},
                                 .metric = "error_rate",
                                 .unit = "",
                                 .solved_below = NAN};
}

/* ---- batches ---- */

/* Image b of a batch among those of its split; -1 past the last. */
static int64_t image_of(const images *task, unroll_split split, int64_t index, int b)
{
    int64_t place = index * task->batch + b;
    if (split == UNROLL_TRAIN)
        return unroll_epoch_sample(task->seed, index, task->batch, b, (uint32_t)task->labelled.count[split]);
    return place < task->labelled.count[split] ? place : -1;
}

static void images_batch(const void *state, unroll_split split, int64_t index, unroll_samples *out)
{
    const images *task = state;
    size_t pixels = (size_t)task->steps * (size_t)task->inputs;
    for (int b = 0; b < task->batch; b++) {
        int64_t image = image_of(task, split, index, b);
        float *x = out->x + (size_t)b * pixels; /* (T, inputs) */
        /* a batch is filled up with sequences of one step without a target */
        out->length[b] = image >= 0 ? task->steps : 1;
        out->target[b] = image >= 0 ? unroll_labelled_label(&task->labelled, split, (int)image) : -1;
        if (image >= 0) {
            const unsigned char *byte = unroll_labelled_image(&task->labelled, split, (int)image);
            for (size_t i = 0; i < pixels; i++)
                x[i] = task->scaled[byte[task->order[i]]];
        }
    }
}

/* ---- results ---- */

static double images_metric(const void *state, const unroll_score *score)
{
    (void)state;
    return 1.0 - score->accuracy;
}

/* How often each label occurs in a split. */
static void count_labels(const unroll_labelled *labelled, unroll_split split, int times[BYTES])
{
    memset(times, 0, BYTES * sizeof *times);
    for (int i = 0; i < labelled->count[split]; i++)
        times[unroll_labelled_label(labelled, split, i)]++;
}

/* The error rates of the answer that is always the training part's most frequent class, of equals the first; what was read. */
static unroll_status images_baselines(const void *state, unroll_record *record)
{
    static const char *const data[UNROLL_LABELLED_FILES] = {"data", "data_labels", "test_data", "test_data_labels"};
    const unroll_labelled *labelled = &((const images *)state)->labelled;
    int times[BYTES], most = 0;
    count_labels(labelled, UNROLL_TRAIN, times);
    for (int c = 1; c < BYTES; c++)
        most = times[c] > times[most] ? c : most;
    count_labels(labelled, UNROLL_VALID, times);
    unroll_record_real(record, "baseline_error_rate", "", 1.0 - (double)times[most] / labelled->count[UNROLL_VALID]);
    count_labels(labelled, UNROLL_TEST, times);
    unroll_record_real(record, "test_baseline_error_rate", "", 1.0 - (double)times[most] / labelled->count[UNROLL_TEST]);
    for (int i = 0; i < UNROLL_LABELLED_FILES; i++)
        unroll_record_text(record, data[i], labelled->file[i].fingerprint);
    return unroll_ok();
}

extern const unroll_task task_images;

/* The accuracy, too, which is what papers state. */
static unroll_status images_finish(const void *state, unroll_model *model, const unroll_settings *settings, unroll_record *record)
{
    unroll_score score;
    (void)settings;
    UNROLL_TRY(unroll_score_split(&task_images, state, UNROLL_TEST, model, &score));
    unroll_record_real(record, "test_error_rate", "", images_metric(state, &score));
    unroll_record_real(record, "test_accuracy", "", score.accuracy);
    return unroll_ok();
}

static void fill_extras(const images *task, unroll_extra *out)
{
    for (int i = 0; i < task->inputs; i++) {
        out[0].value[i] = task->labelled.mean;
        out[1].value[i] = task->labelled.deviation;
    }
    for (int i = 0; task->permuted && i < task->steps * task->inputs; i++)
        out[2].value[i] = task->order[i];
}

/* Mean and scale of each input, in bytes; of permuted images also which pixel each input of a sequence is, counted from 0 row by
   row. */
static unroll_status images_extras(const void *state, unroll_extra *out, int room, int *count)
{
    static const char *const names[] = {"input_mean", "input_scale", "pixel_order"};
    const images *task = state;
    const int sizes[] = {task->inputs, task->inputs, task->steps * task->inputs};
    int wanted = task->permuted ? 3 : 2;
    double *value;
    assert(room >= wanted);
    for (*count = 0; *count < wanted && (value = malloc((size_t)sizes[*count] * sizeof *value)) != NULL; ++*count) {
        out[*count] = (unroll_extra){.value = value, .count = sizes[*count]};
        snprintf(out[*count].name, sizeof out[*count].name, "%s", names[*count]);
    }
    if (*count == wanted) {
        fill_extras(task, out);
        return unroll_ok();
    }
    while (*count > 0)
        free(out[--*count].value);
    return unroll_error(UNROLL_FAILED, "out of memory: the scaling of a saved model");
}

const unroll_task task_images = {.name = "images",
                                 .title = "images read as sequences: what each shows, from its rows or pixels",
                                 .settings = rows,
                                 .setting_count = (int)(sizeof rows / sizeof rows[0]),
                                 .shared = &unroll_source_settings[UNROLL_SOURCE_VALID_SHARE],
                                 .shared_count = 1,
                                 .ignores = "length",
                                 .open = images_open,
                                 .close = images_close,
                                 .shape = images_shape,
                                 .batch = images_batch,
                                 .metric = images_metric,
                                 .baselines = images_baselines,
                                 .finish = images_finish,
                                 .extras = images_extras,
                                 .files = unroll_labelled_file};
