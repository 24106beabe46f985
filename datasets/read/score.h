/* score.h: what a trained model scores on a part of its task's data. */
#ifndef UNROLL_DATASETS_READ_SCORE_H
#define UNROLL_DATASETS_READ_SCORE_H

#include "model/task.h"

/* Means over all targets of `split`, whose batches must have an end; states are carried where the task carries them, from zero.
   UNROLL_FAILED when memory is short. */
unroll_status unroll_score_split(const unroll_task *task, const void *state, unroll_split split, unroll_model *model,
                                 unroll_score *score);

#endif
