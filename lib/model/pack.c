/* Bringing batches into the core's layout: time-major, sorted by length, in column blocks; and states from batch to batch. */
#include <math.h>
#include <string.h>

#include "model/inside.h"

void unroll_model_layout(unroll_model *model, int size, int steps, const int *length)
{
    int *count = model->count, longest = 0, at = 0;
    memset(count, 0, ((size_t)model->shape.steps + 2) * sizeof *count);
    for (int b = 0; b < size; b++)
        count[length == NULL ? steps : length[b]]++;
    /* count[l]: where sequences of length l begin, the longest first */
    for (int l = model->shape.steps; l >= 0; l--) {
        int here = count[l];
        count[l] = at;
        at += here;
        longest = here > 0 && l > longest ? l : longest;
    }
    for (int b = 0; b < size; b++) {
        int l = length == NULL ? steps : length[b], place = count[l]++;
        model->order[place] = b;
        model->length[place] = l;
    }
    model->offset[0] = 0;
    for (int t = 0, alive = size; t < longest; t++) {
        while (model->length[alive - 1] <= t)
            alive--;
        model->rows[t] = alive;
        model->offset[t + 1] = model->offset[t] + alive;
    }
    model->time = (unroll_time){size, longest, model->offset[longest], model->rows, model->offset, model->length};
    model->head_row_count[0] = size;
    model->head_row_offset[1] = size;
    model->head_time = model->shape.every
                           ? model->time
                           : (unroll_time){size, 1, size, model->head_row_count, model->head_row_offset, NULL};
}

void unroll_model_place(unroll_model *model, int steps_in, const float *xf, const real *xr, const int *symbol)
{
    int inputs = model->shape.inputs;
    for (int s = 0; s < model->time.size; s++) {
        size_t from = (size_t)model->order[s] * (size_t)steps_in;
        for (int t = 0; t < model->length[s]; t++) {
            size_t row = (size_t)(model->offset[t] + s);
            if (model->shape.symbols > 0) {
                model->symbol[row] = symbol[from + (size_t)t];
                continue;
            }
            for (int i = 0; i < inputs; i++) {
                size_t at = (from + (size_t)t) * (size_t)inputs + (size_t)i;
                model->x.at[(size_t)(i / UNROLL_LANES) * model->x.block + row * UNROLL_LANES + (size_t)(i % UNROLL_LANES)] =
                    xr != NULL ? xr[at] : (real)xf[at];
            }
        }
    }
}

/* targets of one row; lanes past the last output are no targets */
static void place_target(unroll_model *model, size_t row, size_t from, const unroll_samples *samples)
{
    int outputs = model->shape.outputs;
    if (model->shape.loss == UNROLL_SOFTMAX) {
        model->target[row] = samples->target[from];
        model->targets += samples->target[from] >= 0;
        return;
    }
    for (int o = 0; o < unroll_blocks(outputs) * UNROLL_LANES; o++) {
        real goal = o < outputs ? (real)samples->y[from * (size_t)outputs + (size_t)o] : (real)NAN;
        model->targets += !isnan(goal);
        model->goal.at[(size_t)(o / UNROLL_LANES) * model->goal.block + row * UNROLL_LANES + (size_t)(o % UNROLL_LANES)] =
            goal;
    }
}

void unroll_model_pack(unroll_model *model, const unroll_samples *samples, int size)
{
    int steps = model->shape.steps;
    unroll_model_layout(model, size, steps, samples->length);
    unroll_model_place(model, steps, samples->x, NULL, samples->symbol);
    model->targets = 0;
    for (int s = 0; s < size; s++) {
        size_t from = (size_t)model->order[s];
        if (!model->shape.every)
            place_target(model, (size_t)s, from, samples);
        for (int t = 0; model->shape.every && t < model->length[s]; t++)
            place_target(model, (size_t)(model->offset[t] + s), from * (size_t)steps + (size_t)t, samples);
    }
}

/* one layer's carried state number `state` before the first step, at its row of the batch's first sequence */
static real *initial_rows(unroll_model *model, int layer, int state, size_t *block)
{
    unroll_layer *l = &model->layers[layer];
    unroll_matrix m = l->kind->states(l, state);
    *block = m.block;
    return m.at + (size_t)(model->shape.batch - model->time.size) * UNROLL_LANES;
}

void unroll_model_initial(unroll_model *model, const real *initial)
{
    int hidden = model->layers[0].outputs, size = model->time.size;
    if (initial == NULL && !model->initial_set)
        return;
    for (int l = 0; l < model->recurrent; l++)
        for (int state = 0; state < model->states; state++) {
            size_t block;
            real *rows = initial_rows(model, l, state, &block);
            for (int s = 0; s < size; s++)
                for (int u = 0; u < hidden; u++) {
                    size_t from = (((size_t)(l * model->states + state) * (size_t)size + (size_t)model->order[s]) *
                                   (size_t)hidden) + (size_t)u;
                    rows[(size_t)(u / UNROLL_LANES) * block + (size_t)s * UNROLL_LANES + (size_t)(u % UNROLL_LANES)] =
                        initial == NULL ? 0 : initial[from];
                }
        }
    model->initial_set = initial != NULL;
}

/* copies the rows before the first step into the slot's store, or back */
static void exchange(unroll_model *model, int slot, bool save)
{
    size_t bytes = (size_t)model->shape.batch * UNROLL_LANES * sizeof(real);
    int panels = unroll_blocks(model->layers[0].outputs);
    real *store = slot == UNROLL_NO_CARRY ? NULL : model->carried[slot];
    for (int l = 0; l < model->recurrent; l++)
        for (int state = 0; state < model->states; state++) {
            unroll_matrix m = model->layers[l].kind->states(&model->layers[l], state);
            for (int p = 0; p < panels; p++) {
                real *rows = m.at + (size_t)p * m.block;
                if (store == NULL)
                    memset(rows, 0, bytes);
                else
                    memcpy(save ? store : rows, save ? rows : store, bytes);
                if (store != NULL)
                    store += bytes / sizeof(real);
            }
        }
}

void unroll_model_carry(unroll_model *model, int slot, bool restart)
{
    size_t panels = (size_t)unroll_blocks(model->layers[0].outputs);
    if (model->slot != UNROLL_NO_CARRY)
        exchange(model, model->slot, true);
    if (slot != UNROLL_NO_CARRY && restart)
        memset(model->carried[slot], 0,
               panels * (size_t)(model->shape.batch * UNROLL_LANES * model->recurrent * model->states) * sizeof(real));
    exchange(model, slot, false);
    model->slot = slot;
    model->initial_set = false;
}

void unroll_model_carry_on(unroll_model *model)
{
    size_t bytes = (size_t)model->shape.batch * UNROLL_LANES * sizeof(real);
    if (model->slot == UNROLL_NO_CARRY)
        return;
    for (int l = 0; l < model->recurrent; l++)
        for (int state = 0; state < model->states; state++) {
            unroll_matrix m = model->layers[l].kind->states(&model->layers[l], state);
            for (int p = 0; p < unroll_blocks(m.columns); p++) {
                real *rows = m.at + (size_t)p * m.block;
                memcpy(rows, rows + (size_t)(model->shape.batch + model->offset[model->time.steps - 1]) * UNROLL_LANES, bytes);
            }
        }
}
