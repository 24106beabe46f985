/* The gradient of the inputs, back in the caller's layout. */
#include <string.h>

#include "model/inside.h"

static void unpack(const unroll_model *model, const unroll_micro *micro, real *values)
{
    size_t inputs = (size_t)model->shape.inputs, steps = (size_t)model->shape.steps;
    for (int s = 0; s < micro->time.size; s++) {
        real *sequence = values + (size_t)micro->order[s] * steps * inputs; /* (T, I) */
        memset(sequence, 0, steps * inputs * sizeof *sequence);
        for (int t = 0; t < micro->length[s]; t++) {
            const real *row = micro->d_x.at + (size_t)(micro->offset[t] + s) * UNROLL_LANES;
            for (size_t i = 0; i < inputs; i++)
                sequence[(size_t)t * inputs + i] = row[i / UNROLL_LANES * micro->d_x.block + i % UNROLL_LANES];
        }
    }
}

void unroll_model_get_input_gradient(const unroll_model *model, real *values)
{
    for (int i = 0; i < model->micros; i++)
        unpack(model, &model->micro[i], values);
}
