/* samples.h: room for one batch of a task. */
#ifndef UNROLL_MODEL_SAMPLES_H
#define UNROLL_MODEL_SAMPLES_H

#include "model/task.h"

/* Allocates the arrays that `shape` asks for; UNROLL_FAILED when memory is short. */
unroll_status unroll_samples_open(const unroll_task_shape *shape, unroll_samples *samples);
/* Zeros and full lengths, as a task's `batch` expects them. */
void unroll_samples_clear(const unroll_task_shape *shape, unroll_samples *samples);
void unroll_samples_close(unroll_samples *samples);

#endif
