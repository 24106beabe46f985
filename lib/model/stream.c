/* Streaming: one step of every sequence at a time, with states that are carried from step to step. */
#include <string.h>

#include "model/inside.h"

static bool has_target(const unroll_model *model)
{
    return model->graph.input[UNROLL_TARGET] >= 0;
}

/* The set that a step goes along: the answer's, where it is another sequence. */
static unroll_set_index streaming_set(const unroll_model *model)
{
    return has_target(model) ? UNROLL_TARGET : UNROLL_SOURCE;
}

static int input_of(const unroll_model *model)
{
    return model->graph.input[streaming_set(model)];
}

/* Whether a layer takes part in steps: of two sets, those of the source have been through before. */
static bool takes_steps(const unroll_model *model, int layer)
{
    return !has_target(model) || model->graph.layer[layer]->set == UNROLL_TARGET;
}

/* rows of a step for each sequence */
static int each_of(const unroll_model *model)
{
    return has_target(model) && model->shape.beams > 0 ? model->shape.beams : 1;
}

/* How many of `size` rows of a step are a micro-batch's, and the first of them. */
static int own_rows(const unroll_model *model, const unroll_micro *micro, int size, int *first)
{
    int each = each_of(model), left, most = micro->batch * each;
    *first = micro->first * each;
    left = size - *first;
    return left < 0 ? 0 : left < most ? left : most;
}

static void reset(unroll_node *node)
{
    if (node->layer->kind->reset != NULL)
        node->layer->kind->reset(node);
}

bool unroll_model_streams(const unroll_model *model)
{
    for (int i = 0; i < model->graph.count; i++) {
        const unroll_layer *layer = model->graph.layer[i];
        if (takes_steps(model, i) && layer->kind->streams != NULL && !layer->kind->streams(layer))
            return false;
    }
    return true;
}

unroll_status unroll_model_reserve(unroll_model *model, int steps)
{
    unroll_status status = unroll_ok();
    for (int m = 0; m < model->micros; m++)
        for (int i = 0; i < model->graph.count && status.code == UNROLL_OK; i++)
            if (takes_steps(model, i) && model->graph.layer[i]->kind->reserve != NULL)
                status = model->graph.layer[i]->kind->reserve(&model->micro[m].node[i], steps);
    unroll_model_reset(model); /* those that found room keep it: what they had kept is gone */
    return status;
}

size_t unroll_model_held(const unroll_model *model)
{
    size_t reals = 0;
    for (int i = 0; i < model->graph.count; i++) {
        const unroll_layer *layer = model->graph.layer[i];
        reals += layer->kind->held != NULL ? layer->kind->held(&model->micro[0].node[i]) : (size_t)unroll_layer_state(layer);
    }
    return reals * sizeof(real);
}

void unroll_model_reset(unroll_model *model)
{
    for (int m = 0; m < model->micros; m++)
        for (int i = 0; i < model->graph.count; i++)
            reset(&model->micro[m].node[i]);
}

/* brings weights that have changed into the forms that a streaming step reads */
static void refresh(unroll_model *model)
{
    for (int i = 0; i < model->graph.count; i++) {
        unroll_layer *layer = model->graph.layer[i];
        if (model->stale && layer->kind->refresh != NULL)
            layer->kind->refresh(layer, &(unroll_team){.size = 1});
        if (model->stream_stale && layer->kind->refresh_stream != NULL)
            layer->kind->refresh_stream(layer);
    }
    model->stale = false;
    model->stream_stale = false;
}

/* the inputs of `size` sequences, at x or symbol, to where the first step of the source's set would find them */
static void place(unroll_micro *micro, int input, int size, const real *x, const int *symbol)
{
    unroll_node *node = &micro->node[input];
    size_t inputs = (size_t)node->layer->columns;
    if (symbol != NULL) {
        memcpy(node->stream_symbol, symbol, (size_t)size * sizeof *symbol);
        return;
    }
    for (int b = 0; b < size; b++)
        for (size_t i = 0; i < inputs; i += UNROLL_LANES)
            memcpy(unroll_matrix_row(node->stream, (int)(i / UNROLL_LANES), b), x + (size_t)b * inputs + i,
                   (inputs - i < UNROLL_LANES ? inputs - i : UNROLL_LANES) * sizeof *x);
}

/* one step of `size` sequences of a micro-batch, whose inputs and outputs are the first ones at x, symbol and y */
static void micro_step(const unroll_model *model, unroll_micro *micro, int size, const real *x, const int *symbol, real *y)
{
    const unroll_node *output = unroll_micro_output(model, micro);
    int outputs = model->shape.outputs;
    int count = model->graph.count;
    bool target = has_target(model);
    place(micro, input_of(model), size, x, symbol);
    for (int i = 0; i < count; i++) {
        unroll_node *node = &micro->node[i];
        if (!target || node->layer->set == UNROLL_TARGET)
            node->layer->kind->step(node, size);
    }
    for (int b = 0; y != NULL && b < size; b++)
        for (int o = 0; o < outputs; o++)
            y[(size_t)b * (size_t)outputs + (size_t)o] = *unroll_matrix_element(output->stream, b, o);
}

void unroll_model_step(unroll_model *model, int size, const real *x, const int *symbol, real *y)
{
    if (model->stale || model->stream_stale)
        refresh(model);
    for (int i = 0; i < model->micros; i++) {
        int first, own = own_rows(model, &model->micro[i], size, &first);
        if (own > 0)
            micro_step(model, &model->micro[i], own, x == NULL ? NULL : x + (size_t)first * (size_t)model->shape.inputs,
                       symbol == NULL ? NULL : symbol + first,
                       y == NULL ? NULL : y + (size_t)first * (size_t)model->shape.outputs);
    }
}

void unroll_model_enter(unroll_model *model)
{
    for (int m = 0; m < model->micros; m++)
        for (int i = 0; i < model->graph.count; i++) {
            const unroll_layer_kind *kind = model->graph.layer[i]->kind;
            if (takes_steps(model, i) && kind->enter != NULL)
                kind->enter(&model->micro[m].node[i], each_of(model));
        }
}

/* of the first class's loss, which is log sum - y, and its y */
static double log_sum_of(const unroll_model *model, const unroll_node *output, int row)
{
    unroll_loss_rows one = {.y = unroll_matrix_from(output->stream, row),
                            .rows = 1,
                            .outputs = model->shape.outputs,
                            .target = &(int){0}};
    model->loss->rows(&one);
    return one.loss + (double)*unroll_matrix_element(one.y, 0, 0);
}

void unroll_model_log_sums(const unroll_model *model, int size, double *log_sum)
{
    for (int m = 0; m < model->micros; m++) {
        int first, own = own_rows(model, &model->micro[m], size, &first);
        for (int row = 0; row < own; row++)
            log_sum[first + row] = log_sum_of(model, unroll_micro_output(model, &model->micro[m]), row);
    }
}

void unroll_model_reorder(unroll_model *model, const int *from, int size)
{
    for (int m = 0; m < model->micros; m++) {
        unroll_micro *micro = &model->micro[m];
        int first, own = own_rows(model, micro, size, &first);
        for (int i = 0; i < own; i++)
            micro->from[i] = from[first + i] - first;
        for (int i = 0; own > 0 && i < model->graph.count; i++)
            if (takes_steps(model, i) && model->graph.layer[i]->kind->reorder != NULL)
                model->graph.layer[i]->kind->reorder(&micro->node[i], micro->from, own);
    }
}

/* ---- states ---- */

/* calls back for every part of the state, in order */
static int each_part(const unroll_model *model, int wanted, unroll_state_part *part)
{
    int count = 0, first = 0;
    for (int i = 0; i < model->graph.count; i++) {
        const unroll_layer *layer = model->graph.layer[i];
        for (int k = 0; layer->kind->states != NULL && k < layer->kind->states(layer); k++, count++) {
            unroll_state state;
            layer->kind->state(layer, k, &state);
            if (count == wanted)
                *part = (unroll_state_part){state, layer->name, first};
            first += state.columns;
        }
    }
    return count;
}

int unroll_model_state_count(const unroll_model *model)
{
    return each_part(model, -1, NULL);
}

void unroll_model_state_at(const unroll_model *model, int index, unroll_state_part *part)
{
    each_part(model, index, part);
}

static unroll_micro *micro_of(const unroll_model *model, int *row)
{
    int i = 0, each = each_of(model);
    while (i + 1 < model->micros && model->micro[i + 1].first * each <= *row)
        i++;
    *row -= model->micro[i].first * each;
    return &model->micro[i];
}

void unroll_model_save_state(const unroll_model *model, int row, real *state)
{
    const unroll_micro *micro = micro_of(model, &row);
    for (int i = 0; i < model->graph.count; state += unroll_layer_state(model->graph.layer[i]), i++)
        if (model->graph.layer[i]->kind->save != NULL)
            model->graph.layer[i]->kind->save(&micro->node[i], row, state);
}

void unroll_model_load_state(unroll_model *model, int row, const real *state)
{
    unroll_micro *micro = micro_of(model, &row);
    for (int i = 0; i < model->graph.count; state += unroll_layer_state(model->graph.layer[i]), i++)
        if (model->graph.layer[i]->kind->load != NULL)
            model->graph.layer[i]->kind->load(&micro->node[i], row, state);
}

void unroll_micro_start(const unroll_model *model, unroll_micro *micro, const real *state)
{
    if (state == NULL && !micro->started)
        return;
    for (int i = 0; i < model->graph.count; i++) {
        const unroll_layer *layer = model->graph.layer[i];
        if (layer->kind->start != NULL)
            layer->kind->start(&micro->node[i], state, (size_t)model->state);
        if (state != NULL)
            state += unroll_layer_state(layer);
    }
    micro->started = state != NULL;
}

void unroll_micro_end(const unroll_model *model, const unroll_micro *micro, real *state)
{
    for (int i = 0; i < model->graph.count; state += unroll_layer_state(model->graph.layer[i]), i++)
        if (model->graph.layer[i]->kind->end != NULL)
            model->graph.layer[i]->kind->end(&micro->node[i], state, (size_t)model->state);
}

/* ---- from batch to batch ---- */

static size_t carried_reals(const unroll_model *model, const unroll_micro *micro)
{
    return (size_t)micro->batch * (size_t)model->state;
}

void unroll_model_carry(unroll_model *model, int slot, bool restart)
{
    for (int i = 0; slot != UNROLL_NO_CARRY && restart && i < model->micros; i++)
        memset(model->micro[i].carried[slot], 0, carried_reals(model, &model->micro[i]) * sizeof(real));
    model->slot = slot;
}

void unroll_model_carry_on(unroll_model *model)
{
    for (int i = 0; model->slot != UNROLL_NO_CARRY && i < model->micros; i++)
        unroll_micro_end(model, &model->micro[i], model->micro[i].carried[model->slot]);
}
