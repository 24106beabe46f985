/* Bringing batches into the core's layout, time-major, sorted by length, in column blocks, and rows out of it. */
#include <math.h>
#include <string.h>

#include "model/inside.h"

int unroll_micro_size(const unroll_micro *micro, int size)
{
    int left = size - micro->first;
    return left < 0 ? 0 : left < micro->batch ? left : micro->batch;
}

/* sorts `own` sequences from `first` on by falling length, those of equal length in their order */
static void sort(unroll_packed_set *set, int first, int own, int steps, const int *length)
{
    int *count = set->count, at = 0;
    memset(count, 0, ((size_t)set->steps + 2) * sizeof *count);
    for (int b = first; b < first + own; b++)
        count[length == NULL ? steps : length[b]]++;
    /* count[l]: where sequences of length l begin, the longest first */
    for (int l = set->steps; l >= 0; l--) {
        int here = count[l];
        count[l] = at;
        at += here;
    }
    for (int b = first; b < first + own; b++) {
        int l = length == NULL ? steps : length[b], place = count[l]++;
        set->order[place] = b;
        set->place[b - first] = place;
        set->length[place] = l;
    }
}

static void lay_out(unroll_packed_set *set, int first, int own, int steps, const int *length)
{
    int longest;
    sort(set, first, own, steps, length);
    longest = own > 0 ? set->length[0] : 0;
    set->offset[0] = 0;
    for (int t = 0, alive = own; t < longest; t++) {
        while (set->length[alive - 1] <= t)
            alive--;
        set->rows[t] = alive;
        set->offset[t + 1] = set->offset[t] + alive;
    }
    set->set = (unroll_set){.size = own,
                            .steps = longest,
                            .total = set->offset[longest],
                            .rows = set->rows,
                            .offset = set->offset,
                            .length = set->length,
                            .order = set->order,
                            .place = set->place,
                            .first = first};
}

/* one row for each sequence of `of`, in the same order */
static void lay_out_once(unroll_packed_set *set, const unroll_packed_set *of)
{
    int own = of->set.size;
    for (int s = 0; s < own; s++)
        set->length[s] = 1;
    set->rows[0] = own;
    set->offset[0] = 0;
    set->offset[1] = own;
    set->set = (unroll_set){.size = own,
                            .steps = own > 0,
                            .total = own,
                            .rows = set->rows,
                            .offset = set->offset,
                            .length = set->length,
                            .order = of->order,
                            .place = of->place,
                            .first = of->set.first};
}

void unroll_micro_layout(const unroll_model *model, unroll_micro *micro, int size, int steps, const int *length,
                         const int *target_length)
{
    int own = unroll_micro_size(micro, size);
    lay_out(&micro->set[UNROLL_SOURCE], micro->first, own, steps, length);
    lay_out_once(&micro->set[UNROLL_ONCE], &micro->set[UNROLL_SOURCE]);
    if (target_length != NULL)
        lay_out(&micro->set[UNROLL_TARGET], micro->first, own, model->shape.target_steps, target_length);
}

void unroll_micro_place(const unroll_model *model, unroll_micro *micro, int steps_in, const float *xf, const real *xr,
                        const int *symbol)
{
    const unroll_node *node = &micro->node[model->graph.input[UNROLL_SOURCE]];
    const unroll_set *set = node->set;
    int inputs = model->shape.inputs;
    for (int s = 0; s < set->size; s++) {
        size_t from = (size_t)set->order[s] * (size_t)steps_in;
        for (int t = 0; t < set->length[s]; t++) {
            size_t row = (size_t)(set->offset[t] + s), at = (from + (size_t)t) * (size_t)inputs;
            if (model->shape.symbols > 0) {
                node->symbol[row] = symbol[from + (size_t)t];
                continue;
            }
            for (int i = 0; i < inputs; i++)
                *unroll_matrix_element(node->output, (int)row, i) = xr != NULL ? xr[at + (size_t)i] : (real)xf[at + (size_t)i];
        }
    }
}

void unroll_give_rows(const unroll_set *set, unroll_matrix m, unroll_part rows, int steps, real *out)
{
    int columns = m.columns;
    for (int s = 0; s < set->size; s++) {
        real *to = out + (size_t)set->order[s] * (size_t)steps * (size_t)columns;
        for (int t = 0; t < steps; t++, to += columns) {
            int row = t < set->length[s] ? set->offset[t] + s : -1;
            if (row < 0 && rows.begin == 0)
                memset(to, 0, (size_t)columns * sizeof *to);
            if (row < rows.begin || row >= rows.end)
                continue;
            for (int c = 0; c < columns; c += UNROLL_LANES)
                memcpy(to + c, unroll_matrix_row(m, c / UNROLL_LANES, row - rows.begin),
                       (size_t)(columns - c < UNROLL_LANES ? columns - c : UNROLL_LANES) * sizeof *to);
        }
    }
}

/* targets of one row of the output; lanes past the last output are no targets */
static void place_target(unroll_model *model, unroll_micro *micro, size_t row, size_t from, const unroll_samples *samples)
{
    int outputs = model->shape.outputs;
    if (model->loss->classes) {
        micro->target[row] = samples->target[from];
        model->targets += samples->target[from] >= 0;
        return;
    }
    for (int o = 0; o < unroll_blocks(outputs) * UNROLL_LANES; o++) {
        real goal = o < outputs ? (real)samples->y[from * (size_t)outputs + (size_t)o] : (real)NAN;
        model->targets += !isnan(goal);
        *unroll_matrix_element(micro->goal, (int)row, o) = goal;
    }
}

/* What the decoder reads: at each step what should have been written at the one before; at the first, that it is the first,
   which is the symbol after the last class. */
static void place_written(const unroll_model *model, unroll_micro *micro, const unroll_samples *samples)
{
    const unroll_node *node = &micro->node[model->graph.input[UNROLL_TARGET]];
    const unroll_set *set = node->set;
    for (int s = 0; s < set->size; s++) {
        const int *target = samples->target + (size_t)set->order[s] * (size_t)model->shape.target_steps;
        for (int t = 0; t < set->length[s]; t++)
            node->symbol[set->offset[t] + s] = t == 0 ? model->shape.outputs : target[t - 1];
    }
}

static void place_targets(unroll_model *model, unroll_micro *micro, const unroll_samples *samples)
{
    const unroll_node *output = unroll_micro_output(model, micro);
    const unroll_set *set = output->set;
    size_t steps = (size_t)micro->set[output->layer->set].steps; /* in the caller's layout */
    for (int s = 0; s < set->size; s++)
        for (int t = 0; t < set->length[s]; t++)
            place_target(model, micro, (size_t)(set->offset[t] + s), (size_t)set->order[s] * steps + (size_t)t, samples);
}

/* the labels of a loss over whole sequences */
static void place_labels(unroll_model *model, unroll_micro *micro, const unroll_samples *samples)
{
    const unroll_set *set = unroll_micro_output(model, micro)->set;
    size_t most = (size_t)model->shape.target_steps;
    for (int s = 0; s < set->size; s++) {
        const int *label = samples->target + (size_t)set->order[s] * most;
        int labels = samples->target_length[set->order[s]];
        bool fits = model->loss->fits(set->length[s], label, labels);
        memcpy(micro->target + (size_t)s * most, label, (size_t)labels * sizeof *label);
        micro->labels[s] = labels;
        model->targets += fits;
        model->left_out += !fits;
    }
}

void unroll_model_pack(unroll_model *model, const unroll_samples *samples, int size)
{
    model->targets = model->left_out = 0;
    for (int i = 0; i < model->micros; i++) {
        unroll_micro *micro = &model->micro[i];
        unroll_micro_layout(model, micro, size, model->shape.steps, samples->length,
                            model->graph.input[UNROLL_TARGET] >= 0 ? samples->target_length : NULL);
        unroll_micro_place(model, micro, model->shape.steps, samples->x, NULL, samples->symbol);
        if (model->graph.input[UNROLL_TARGET] >= 0)
            place_written(model, micro, samples);
        if (model->loss->sequence != NULL)
            place_labels(model, micro, samples);
        else
            place_targets(model, micro, samples);
    }
}

int64_t unroll_model_targets(const unroll_model *model)
{
    return model->targets;
}

int64_t unroll_model_left_out(const unroll_model *model)
{
    return model->left_out;
}
