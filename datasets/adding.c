/* adding: sum the two marked numbers of a long sequence (Hochreiter and Schmidhuber, Long short-term memory, 1997; in
   the form of Le, Jaitly and Hinton, A simple way to initialize recurrent networks of rectified linear units, 2015).
   A step is a value, uniform in [0, 1), and a marker, 1 at two steps and 0 elsewhere: one in each half of the sequence.
   The target, at the last step, is the sum of the two marked values. */
#include <stdlib.h>

#include "model/task.h"
#include "read/draws.h"

typedef struct adding {
    uint64_t seed;
    int steps, batch;
} adding;

static unroll_status adding_open(const unroll_settings *settings, void **state)
{
    adding *task;
    *state = NULL;
    if (unroll_int(settings, "length") < 2)
        return unroll_error(UNROLL_WRONG, "task=adding marks two steps: length=1 must be at least 2");
    task = malloc(sizeof *task);
    if (task == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory: task=adding");
    task->seed = (uint64_t)unroll_int(settings, "seed");
    task->steps = (int)unroll_int(settings, "length");
    task->batch = (int)unroll_int(settings, "batch");
    *state = task;
    return unroll_ok();
}

static void adding_shape(const void *state, unroll_task_shape *shape)
{
    const adding *task = state;
    /* Guessing 1 always has the sum's variance as its error, 2/12 = 0.167; whoever keeps one of the two values has half
       of that, 0.083. Below 0.01, a standard deviation of 0.1, both must have been kept. */
    *shape = (unroll_task_shape){.inputs = 2,
                                 .outputs = 1,
                                 .steps = task->steps,
                                 .batch = task->batch,
                                 .loss = "squared",
                                 .batches = {0, unroll_held_out_batches(task->batch), unroll_held_out_batches(task->batch)},
                                 .metric = "mse",
                                 .unit = "",
                                 .solved_below = 0.01};
}

typedef struct marks {
    int first, second;
} marks;

static marks draw_marks(unroll_random *draws, int steps)
{
    uint32_t half = (uint32_t)(steps / 2);
    marks at;
    at.first = (int)unroll_random_below(draws, half);
    at.second = (int)(half + unroll_random_below(draws, (uint32_t)steps - half));
    return at;
}

static void adding_batch(const void *state, unroll_split split, int64_t index, unroll_samples *out)
{
    const adding *task = state;
    for (int b = 0; b < task->batch; b++) {
        unroll_random draws = unroll_sample_draws(task->seed, split, index, task->batch, b);
        marks at = draw_marks(&draws, task->steps);
        float *x = out->x + (size_t)b * (size_t)task->steps * 2; /* (T, 2) */
        for (int t = 0; t < task->steps; t++) {
            x[2 * t] = (float)unroll_random_uniform(&draws);
            x[2 * t + 1] = t == at.first || t == at.second ? 1.0f : 0.0f;
        }
        out->y[b] = x[2 * at.first] + x[2 * at.second];
    }
}

/* The error of answering 1, the sum's mean, to every validation sequence. */
static unroll_status adding_baselines(const void *state, unroll_record *record)
{
    const adding *task = state;
    int64_t count = (int64_t)unroll_held_out_batches(task->batch) * task->batch;
    double sum = 0.0;
    float *x = malloc((size_t)task->steps * 2 * (size_t)task->batch * sizeof *x);
    float *y = malloc((size_t)task->batch * sizeof *y);
    unroll_samples samples = {.x = x, .y = y};
    if (x == NULL || y == NULL) {
        free(x);
        free(y);
        return unroll_error(UNROLL_FAILED, "out of memory: a batch of task=adding");
    }
    for (int i = 0; i < unroll_held_out_batches(task->batch); i++) {
        adding_batch(task, UNROLL_VALID, i, &samples);
        for (int b = 0; b < task->batch; b++)
            sum += ((double)y[b] - 1.0) * ((double)y[b] - 1.0);
    }
    free(x);
    free(y);
    unroll_record_real(record, "baseline_mse", "", sum / (double)count);
    return unroll_ok();
}

const unroll_task task_adding = {.name = "adding",
                                 .title = "adding problem: the sum of two marked numbers",
                                 .open = adding_open,
                                 .close = free,
                                 .shape = adding_shape,
                                 .batch = adding_batch,
                                 .baselines = adding_baselines};
