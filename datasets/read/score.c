#include "score.h"

#include "model/model.h"
#include "model/samples.h"

unroll_status unroll_score_split(const unroll_task *task, const void *state, unroll_split split, unroll_model *model,
                                 unroll_score *score)
{
    unroll_task_shape shape;
    unroll_samples samples;
    unroll_score sum = {0.0, 0.0, 0};
    task->shape(state, &shape);
    UNROLL_TRY(unroll_samples_open(&shape, &samples));
    if (shape.carry)
        unroll_model_carry(model, 1, true);
    for (int i = 0; i < shape.batches[split]; i++) {
        unroll_score one;
        unroll_samples_clear(&shape, &samples);
        task->batch(state, split, i, &samples);
        unroll_model_pack(model, &samples, shape.batch);
        unroll_model_loss(model, &one);
        sum.loss += one.loss * (double)one.targets;
        sum.accuracy += one.accuracy * (double)one.targets;
        sum.targets += one.targets;
    }
    if (shape.carry)
        unroll_model_carry(model, UNROLL_NO_CARRY, true);
    unroll_samples_close(&samples);
    *score = (unroll_score){sum.loss / (double)sum.targets, sum.accuracy / (double)sum.targets, sum.targets};
    return unroll_ok();
}
