/* residual.h: answers that are learned as what they differ by from an input of the same step. */
#ifndef UNROLL_MODEL_RESIDUAL_H
#define UNROLL_MODEL_RESIDUAL_H

/* The extras of a saved model that learned so (unroll_extra of model/task.h): which input, counted from 0, and what an output of
   1 stands for. A model with one output an answer has both or none. */
#define UNROLL_RESIDUAL_INPUT "residual_input"
#define UNROLL_RESIDUAL_SCALE "residual_scale"

/* The answer, of that input's value and the model's output. */
static inline float unroll_residual_answer(double input, double scale, double output)
{
    return (float)(input + scale * output);
}

#endif
