/* Bringing batches into the core's layout: time-major, sorted by length, in column blocks; and states from batch to batch. */
#include <math.h>
#include <string.h>

#include "model/inside.h"

/* how many of `size` sequences a micro-batch has */
static int own_size(const unroll_micro *micro, int size)
{
    int left = size - micro->first;
    return left < 0 ? 0 : left < micro->batch ? left : micro->batch;
}

void unroll_micro_layout(const unroll_model *model, unroll_micro *micro, int size, int steps, const int *length)
{
    int *count = micro->count, longest = 0, at = 0, first = micro->first, own = own_size(micro, size);
    memset(count, 0, ((size_t)model->shape.steps + 2) * sizeof *count);
    for (int b = first; b < first + own; b++)
        count[length == NULL ? steps : length[b]]++;
    /* count[l]: where sequences of length l begin, the longest first */
    for (int l = model->shape.steps; l >= 0; l--) {
        int here = count[l];
        count[l] = at;
        at += here;
        longest = here > 0 && l > longest ? l : longest;
    }
    for (int b = first; b < first + own; b++) {
        int l = length == NULL ? steps : length[b], place = count[l]++;
        micro->order[place] = b;
        micro->length[place] = l;
    }
    micro->offset[0] = 0;
    for (int t = 0, alive = own; t < longest; t++) {
        while (micro->length[alive - 1] <= t)
            alive--;
        micro->rows[t] = alive;
        micro->offset[t + 1] = micro->offset[t] + alive;
    }
    micro->time = (unroll_time){own, longest, micro->offset[longest], micro->rows, micro->offset, micro->length};
    micro->head_row_count[0] = own;
    micro->head_row_offset[1] = own;
    micro->head_time = model->shape.every
                           ? micro->time
                           : (unroll_time){own, 1, own, micro->head_row_count, micro->head_row_offset, NULL};
}

void unroll_micro_place(const unroll_model *model, unroll_micro *micro, int steps_in, const float *xf, const real *xr,
                        const int *symbol)
{
    int inputs = model->shape.inputs;
    for (int s = 0; s < micro->time.size; s++) {
        size_t from = (size_t)micro->order[s] * (size_t)steps_in;
        for (int t = 0; t < micro->length[s]; t++) {
            size_t row = (size_t)(micro->offset[t] + s);
            if (model->shape.symbols > 0) {
                micro->symbol[row] = symbol[from + (size_t)t];
                continue;
            }
            for (int i = 0; i < inputs; i++) {
                size_t at = (from + (size_t)t) * (size_t)inputs + (size_t)i;
                micro->x.at[(size_t)(i / UNROLL_LANES) * micro->x.block + row * UNROLL_LANES + (size_t)(i % UNROLL_LANES)] =
                    xr != NULL ? xr[at] : (real)xf[at];
            }
        }
    }
}

/* targets of one row; lanes past the last output are no targets */
static void place_target(unroll_model *model, unroll_micro *micro, size_t row, size_t from, const unroll_samples *samples)
{
    int outputs = model->shape.outputs;
    if (model->shape.loss == UNROLL_SOFTMAX) {
        micro->target[row] = samples->target[from];
        model->targets += samples->target[from] >= 0;
        return;
    }
    for (int o = 0; o < unroll_blocks(outputs) * UNROLL_LANES; o++) {
        real goal = o < outputs ? (real)samples->y[from * (size_t)outputs + (size_t)o] : (real)NAN;
        model->targets += !isnan(goal);
        micro->goal.at[(size_t)(o / UNROLL_LANES) * micro->goal.block + row * UNROLL_LANES + (size_t)(o % UNROLL_LANES)] =
            goal;
    }
}

static void pack(unroll_model *model, unroll_micro *micro, const unroll_samples *samples, int size)
{
    int steps = model->shape.steps;
    unroll_micro_layout(model, micro, size, steps, samples->length);
    unroll_micro_place(model, micro, steps, samples->x, NULL, samples->symbol);
    for (int s = 0; s < micro->time.size; s++) {
        size_t from = (size_t)micro->order[s];
        if (!model->shape.every)
            place_target(model, micro, (size_t)s, from, samples);
        for (int t = 0; model->shape.every && t < micro->length[s]; t++)
            place_target(model, micro, (size_t)(micro->offset[t] + s), from * (size_t)steps + (size_t)t, samples);
    }
}

void unroll_model_pack(unroll_model *model, const unroll_samples *samples, int size)
{
    model->targets = 0;
    for (int i = 0; i < model->micros; i++)
        pack(model, &model->micro[i], samples, size);
}

/* one layer's carried state number `state` before the first step, at its row of the micro-batch's first sequence */
static real *initial_rows(const unroll_micro *micro, int layer, int state, size_t *block)
{
    unroll_layer *l = &micro->layers[layer];
    unroll_matrix m = l->kind->states(l, state);
    *block = m.block;
    return m.at + (size_t)(micro->batch - micro->time.size) * UNROLL_LANES;
}

void unroll_micro_initial(const unroll_model *model, unroll_micro *micro, int size, const real *initial)
{
    int hidden = model->layers[0].outputs;
    if (initial == NULL && !micro->initial_set)
        return;
    for (int l = 0; l < model->recurrent; l++)
        for (int state = 0; state < model->states; state++) {
            size_t block;
            real *rows = initial_rows(micro, l, state, &block);
            for (int s = 0; s < micro->time.size; s++)
                for (int u = 0; u < hidden; u++) {
                    size_t from = (((size_t)(l * model->states + state) * (size_t)size + (size_t)micro->order[s]) *
                                   (size_t)hidden) + (size_t)u;
                    rows[(size_t)(u / UNROLL_LANES) * block + (size_t)s * UNROLL_LANES + (size_t)(u % UNROLL_LANES)] =
                        initial == NULL ? 0 : initial[from];
                }
        }
    micro->initial_set = initial != NULL;
}

/* copies the rows before the first step into the slot's store, or back */
static void exchange(const unroll_model *model, unroll_micro *micro, int slot, bool save)
{
    size_t bytes = (size_t)micro->batch * UNROLL_LANES * sizeof(real);
    int panels = unroll_blocks(model->layers[0].outputs);
    real *store = slot == UNROLL_NO_CARRY ? NULL : micro->carried[slot];
    for (int l = 0; l < model->recurrent; l++)
        for (int state = 0; state < model->states; state++) {
            unroll_matrix m = micro->layers[l].kind->states(&micro->layers[l], state);
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
    for (int i = 0; i < model->micros; i++) {
        unroll_micro *micro = &model->micro[i];
        if (model->slot != UNROLL_NO_CARRY)
            exchange(model, micro, model->slot, true);
        if (slot != UNROLL_NO_CARRY && restart)
            memset(micro->carried[slot], 0,
                   panels * (size_t)(micro->batch * UNROLL_LANES * model->recurrent * model->states) * sizeof(real));
        exchange(model, micro, slot, false);
        micro->initial_set = false;
    }
    model->slot = slot;
}

static void carry_on(const unroll_model *model, unroll_micro *micro)
{
    size_t bytes = (size_t)micro->batch * UNROLL_LANES * sizeof(real);
    for (int l = 0; l < model->recurrent; l++)
        for (int state = 0; state < model->states; state++) {
            unroll_matrix m = micro->layers[l].kind->states(&micro->layers[l], state);
            for (int p = 0; p < unroll_blocks(m.columns); p++) {
                real *rows = m.at + (size_t)p * m.block;
                memcpy(rows, rows + (size_t)(micro->batch + micro->offset[micro->time.steps - 1]) * UNROLL_LANES, bytes);
            }
        }
}

void unroll_model_carry_on(unroll_model *model)
{
    for (int i = 0; model->slot != UNROLL_NO_CARRY && i < model->micros; i++)
        carry_on(model, &model->micro[i]);
}
