#include "model/samples.h"

#include <stdlib.h>
#include <string.h>

#include "losses/loss.h"

static size_t inputs(const unroll_task_shape *shape)
{
    return (size_t)shape->batch * (size_t)shape->steps;
}

static size_t targets(const unroll_task_shape *shape)
{
    if (shape->target_steps > 0)
        return (size_t)shape->batch * (size_t)shape->target_steps;
    return shape->answer == UNROLL_AT_EVERY ? inputs(shape) : (size_t)shape->batch;
}

unroll_status unroll_samples_open(const unroll_task_shape *shape, unroll_samples *samples)
{
    const unroll_loss *loss = unroll_loss_find(shape->loss);
    bool classes = loss->classes || loss->sequence != NULL, whole; /* else reals */
    *samples = (unroll_samples){.length = malloc((size_t)shape->batch * sizeof(int))};
    if (shape->inputs > 0)
        samples->x = malloc(inputs(shape) * (size_t)shape->inputs * sizeof(float));
    if (shape->symbols > 0)
        samples->symbol = malloc(inputs(shape) * sizeof(int));
    if (shape->target_steps > 0)
        samples->target_length = malloc((size_t)shape->batch * sizeof(int));
    if (classes)
        samples->target = malloc(targets(shape) * sizeof(int));
    else
        samples->y = malloc(targets(shape) * (size_t)shape->outputs * sizeof(float));
    whole = samples->length != NULL && (samples->x != NULL || shape->inputs == 0) &&
            (samples->symbol != NULL || shape->symbols == 0) && (samples->target_length != NULL || shape->target_steps == 0) &&
            (classes ? samples->target != NULL : samples->y != NULL);
    if (whole) {
        unroll_samples_clear(shape, samples);
        return unroll_ok();
    }
    unroll_samples_close(samples);
    return unroll_error(UNROLL_FAILED, "out of memory: a batch of %d sequences of %d steps", shape->batch,
                        shape->steps);
}

void unroll_samples_clear(const unroll_task_shape *shape, unroll_samples *samples)
{
    for (int b = 0; b < shape->batch; b++)
        samples->length[b] = shape->steps;
    for (int b = 0; b < shape->batch && samples->target_length != NULL; b++)
        samples->target_length[b] = shape->target_steps;
    if (samples->x != NULL)
        memset(samples->x, 0, inputs(shape) * (size_t)shape->inputs * sizeof(float));
    if (samples->symbol != NULL)
        memset(samples->symbol, 0, inputs(shape) * sizeof(int));
    if (samples->target != NULL)
        memset(samples->target, 0, targets(shape) * sizeof(int));
    if (samples->y != NULL)
        memset(samples->y, 0, targets(shape) * (size_t)shape->outputs * sizeof(float));
}

void unroll_samples_close(unroll_samples *samples)
{
    free(samples->length);
    free(samples->x);
    free(samples->symbol);
    free(samples->target);
    free(samples->target_length);
    free(samples->y);
    *samples = (unroll_samples){.length = NULL};
}
