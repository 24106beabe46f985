/* reverse: read a string of letters and write it backwards, with an end symbol: the simplest task whose answer is another
   sequence. Letters are drawn alike; nothing but the whole string helps. */
#include <stdlib.h>
#include <string.h>

#include "model/decode.h"
#include "model/samples.h"
#include "model/task.h"
#include "read/draws.h"

enum { LETTERS = 26 };

static const unroll_setting rows[] = {
    {"length_spread", UNROLL_INT, 0, 1000000, "", "0", "steps", "strings are of length - length_spread to length letters",
     "task reverse", 0},
    {"beams", UNROLL_INT, 1, 256, "", "4", "beams", "answers that are kept at each step when a model writes them",
     "task reverse", 0},
};

typedef struct reverse {
    uint64_t seed;
    int length, spread, batch, beams;
} reverse;

static unroll_status reverse_open(const unroll_settings *settings, void **state)
{
    reverse *task;
    int length = (int)unroll_int(settings, "length"), spread = (int)unroll_int(settings, "length_spread");
    *state = NULL;
    if (spread >= length)
        return unroll_error(UNROLL_WRONG, "length_spread=%d must be less than length=%d: a string has a letter", spread, length);
    task = malloc(sizeof *task);
    if (task == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory: task=reverse");
    *task = (reverse){.seed = (uint64_t)unroll_int(settings, "seed"),
                      .length = length,
                      .spread = spread,
                      .batch = (int)unroll_int(settings, "batch"),
                      .beams = (int)unroll_int(settings, "beams")};
    *state = task;
    return unroll_ok();
}

static void reverse_shape(const void *state, unroll_task_shape *shape)
{
    const reverse *task = state;
    *shape = (unroll_task_shape){.symbols = LETTERS,
                                 .outputs = LETTERS + 1, /* and the end */
                                 .steps = task->length,
                                 .batch = task->batch,
                                 .answer = UNROLL_SEQUENCE,
                                 .target_steps = task->length + 1,
                                 .beams = task->beams,
                                 .loss = "softmax",
                                 .batches = {0, unroll_held_out_batches(task->batch), unroll_held_out_batches(task->batch)},
                                 .metric = "error_rate",
                                 .unit = "",
                                 .solved_below = 0.001};
}

static void reverse_batch(const void *state, unroll_split split, int64_t index, unroll_samples *out)
{
    const reverse *task = state;
    for (int b = 0; b < task->batch; b++) {
        unroll_random draws = unroll_sample_draws(task->seed, split, index, task->batch, b);
        int *symbol = out->symbol + (size_t)b * (size_t)task->length; /* (T) */
        int *target = out->target + (size_t)b * (size_t)(task->length + 1);
        int length = task->length - (int)unroll_random_below(&draws, (uint32_t)task->spread + 1);
        for (int t = 0; t < length; t++) {
            symbol[t] = (int)unroll_random_below(&draws, LETTERS);
            target[length - 1 - t] = symbol[t];
        }
        target[length] = LETTERS;
        out->length[b] = length;
        out->target_length[b] = length + 1;
    }
}

/* Share of wrong symbols, each told after the right ones before it. */
static double reverse_metric(const void *state, const unroll_score *score)
{
    (void)state;
    return 1.0 - score->accuracy;
}

static unroll_status reverse_baselines(const void *state, unroll_record *record)
{
    const reverse *task = state;
    unroll_record_real(record, "baseline_error_rate", "", 1.0 - 1.0 / LETTERS);
    (void)task;
    return unroll_ok();
}

/* What was written to a batch's sequences. */
typedef struct written {
    int *symbol, *length;
    double *score;
} written;

/* how many of a batch's first answers are exactly right */
static int count_exact(const reverse *task, const unroll_samples *samples, const written *w, int beams)
{
    size_t steps = (size_t)(task->length + 1);
    int exact = 0;
    for (int b = 0; b < task->batch; b++) {
        int first = b * beams, length = samples->target_length[b] - 1;
        exact += w->length[first] == length && memcmp(w->symbol + (size_t)first * steps, samples->target + (size_t)b * steps,
                                                      (size_t)length * sizeof(int)) == 0;
    }
    return exact;
}

/* Writes answers to the test split, `beams` at a time; *share: of those that are exactly right. */
static unroll_status decode_test(const reverse *task, unroll_model *model, unroll_samples *samples, const written *w, int beams,
                                 double *share)
{
    int64_t exact = 0, batches = unroll_held_out_batches(task->batch);
    for (int64_t i = 0; i < batches; i++) {
        unroll_forward io = {.size = task->batch, .steps = task->length, .length = samples->length, .symbol = samples->symbol};
        reverse_batch(task, UNROLL_TEST, i, samples);
        UNROLL_TRY(unroll_model_decode(model, &io, beams, task->length + 1, w->symbol, w->length, w->score));
        exact += count_exact(task, samples, w, beams);
    }
    *share = (double)exact / (double)(batches * task->batch);
    return unroll_ok();
}

static unroll_status decode_both(const reverse *task, unroll_model *model, unroll_samples *samples, const written *w,
                                 unroll_record *record)
{
    double share;
    UNROLL_TRY(decode_test(task, model, samples, w, 1, &share));
    unroll_record_real(record, "exact_greedy", "", share);
    UNROLL_TRY(decode_test(task, model, samples, w, task->beams, &share));
    unroll_record_real(record, "exact_beams", "", share);
    return unroll_ok();
}

static unroll_status reverse_finish(const void *state, unroll_model *model, const unroll_settings *settings,
                                    unroll_record *record)
{
    const reverse *task = state;
    size_t answers = (size_t)(task->batch * task->beams);
    unroll_task_shape shape;
    unroll_samples samples;
    written w = {malloc(answers * (size_t)(task->length + 1) * sizeof(int)), malloc(answers * sizeof(int)),
                 malloc(answers * sizeof(double))};
    unroll_status status;
    (void)settings;
    reverse_shape(state, &shape);
    status = unroll_samples_open(&shape, &samples);
    if (status.code == UNROLL_OK && (w.symbol == NULL || w.length == NULL || w.score == NULL))
        status = unroll_error(UNROLL_FAILED, "out of memory for the answers of task=reverse");
    if (status.code == UNROLL_OK)
        status = decode_both(task, model, &samples, &w, record);
    unroll_samples_close(&samples);
    free(w.symbol);
    free(w.length);
    free(w.score);
    return status;
}

const unroll_task task_reverse = {.name = "reverse",
                                  .title = "a string written backwards, by an encoder and a decoder",
                                  .settings = rows,
                                  .setting_count = (int)(sizeof rows / sizeof rows[0]),
                                  .open = reverse_open,
                                  .close = free,
                                  .shape = reverse_shape,
                                  .batch = reverse_batch,
                                  .metric = reverse_metric,
                                  .baselines = reverse_baselines,
                                  .finish = reverse_finish};
