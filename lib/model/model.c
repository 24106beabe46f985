/* Opening and closing a model: its layers over one arena. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cells/cell.h"
#include "model/inside.h"

enum { MOST_WEIGHTS_A_LAYER = 8 };

static void read_optimizer(unroll_model *model)
{
    const unroll_settings *s = model->settings;
    const char *name = unroll_text(s, "optimizer");
    model->optimizer = strcmp(name, "sgd") == 0       ? OPTIMIZER_SGD
                       : strcmp(name, "rmsprop") == 0 ? OPTIMIZER_RMSPROP
                                                      : OPTIMIZER_ADAM;
    model->rate = unroll_real(s, "lr");
    model->clip = unroll_real(s, "clip");
    model->beta1 = unroll_real(s, "beta1");
    model->beta2 = unroll_real(s, "beta2");
    model->beta1_power = model->beta2_power = 1.0;
    model->step = (unroll_optimizer_step){.epsilon = (real)unroll_real(s, "eps"),
                                          .momentum = (real)unroll_real(s, "momentum"),
                                          .alpha = (real)unroll_real(s, "alpha"),
                                          .beta1 = (real)model->beta1,
                                          .beta2 = (real)model->beta2,
                                          .rest_alpha = (real)(1.0 - unroll_real(s, "alpha")),
                                          .rest1 = (real)(1.0 - model->beta1),
                                          .rest2 = (real)(1.0 - model->beta2)};
}

static unroll_status open_layers(unroll_model *model, unroll_micro *micro, const unroll_isa *isa)
{
    const unroll_settings *s = model->settings;
    const unroll_model_shape *shape = &model->shape;
    int hidden = (int)unroll_int(s, "hidden");
    micro->layers = calloc((size_t)model->recurrent + 1, sizeof *micro->layers);
    if (micro->layers == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory");
    for (int i = 0; i <= model->recurrent; i++) {
        unroll_layer *layer = &micro->layers[i];
        bool head = i == model->recurrent, first = i == 0;
        layer->index = i;
        layer->inputs = !first ? hidden : shape->symbols > 0 ? shape->symbols : shape->inputs;
        layer->outputs = head ? shape->outputs : hidden;
        layer->symbols = first && shape->symbols > 0;
        layer->input_gradient = !first || (shape->input_gradient && !layer->symbols);
        layer->two_biases = strcmp(unroll_text(s, "bias"), "two") == 0;
        layer->batch = micro->batch;
        layer->capacity = head && !shape->every ? micro->batch : micro->batch * shape->steps;
        layer->bptt = (int)unroll_int(s, "bptt");
        layer->packed = micro == model->micro ? NULL : &model->micro[0].layers[i];
        UNROLL_TRY(head ? unroll_dense_open(layer, model->engine) : unroll_recurrent_open(layer, isa, s));
    }
    return unroll_ok();
}

/* Parts the batch: by the model's shape alone, since the order of sums depends on it. */
static unroll_status open_micros(unroll_model *model, const unroll_isa *isa)
{
    const unroll_cell *cell = unroll_cell_in(isa, unroll_text(model->settings, "cell"));
    int batch = model->shape.batch;
    model->micros = cell == NULL ? 1 : unroll_recurrent_micros(cell->gates, (int)unroll_int(model->settings, "hidden"), batch);
    model->micro = calloc((size_t)model->micros, sizeof *model->micro);
    if (model->micro == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory");
    for (int i = 0; i < model->micros; i++) {
        unroll_micro *micro = &model->micro[i];
        micro->first = (int)((int64_t)batch * i / model->micros);
        micro->batch = (int)((int64_t)batch * (i + 1) / model->micros) - micro->first;
        UNROLL_TRY(open_layers(model, micro, isa));
    }
    model->layers = model->micro[0].layers;
    model->states = unroll_recurrent_states(&model->layers[0]);
    return unroll_ok();
}

static unroll_matrix take_matrix(unroll_arena *arena, int columns, size_t rows, size_t together)
{
    size_t block = unroll_row_stride(rows, together) * UNROLL_LANES;
    return (unroll_matrix){unroll_arena_take(arena, (size_t)unroll_blocks(columns) * block, sizeof(real)), block, columns};
}

/* Fewer threads than asked for where more would be slower; the bits do not depend on it. */
static int useful_threads(const unroll_model *model)
{
    int asked = (int)unroll_int(model->settings, "threads");
    int gates = unroll_cell_find(unroll_text(model->settings, "cell"))->gates;
    return model->shape.all_threads
               ? asked
               : unroll_recurrent_threads(gates, model->layers[0].outputs, model->shape.batch, asked);
}

static void take_micro(unroll_model *model, unroll_micro *micro)
{
    unroll_arena *arena = &model->arena;
    const unroll_model_shape *shape = &model->shape;
    size_t batch = (size_t)micro->batch, steps = (size_t)shape->steps, rows = batch * steps, at = 0;
    size_t head_rows = shape->every ? rows : batch;
    unroll_layer *top = &micro->layers[model->recurrent - 1], *head = &micro->layers[model->recurrent];
    size_t panel_rows = batch * UNROLL_LANES * (size_t)unroll_blocks(top->outputs);
    micro->g = micro == model->micro ? model->g : unroll_arena_take(arena, model->reals, sizeof(real));
    micro->barrier = unroll_arena_take(arena, 1, sizeof *micro->barrier);
    micro->rows = unroll_arena_take(arena, steps, sizeof(int));
    micro->offset = unroll_arena_take(arena, steps + 1, sizeof(int));
    micro->order = unroll_arena_take(arena, batch, sizeof(int));
    micro->length = unroll_arena_take(arena, batch, sizeof(int));
    micro->count = unroll_arena_take(arena, steps + 2, sizeof(int));
    if (shape->symbols > 0)
        micro->symbol = unroll_arena_take(arena, rows, sizeof(int));
    else
        micro->x = take_matrix(arena, shape->inputs, rows, batch);
    if (shape->input_gradient && shape->symbols == 0)
        micro->d_x = take_matrix(arena, shape->inputs, rows, batch);
    micro->target = unroll_arena_take(arena, head_rows, sizeof(int));
    if (shape->loss != UNROLL_SOFTMAX)
        micro->goal = take_matrix(arena, shape->outputs, head_rows, batch);
    micro->stream_x = take_matrix(arena, shape->symbols > 0 ? 1 : shape->inputs, batch, 0);
    micro->stream_symbol = unroll_arena_take(arena, batch, sizeof(int));
    if (!shape->every) {
        micro->last = take_matrix(arena, top->outputs, batch, 0);
        micro->d_last = take_matrix(arena, top->outputs, batch, 0);
    }
    micro->loss_part = unroll_arena_take(arena, head_rows / LOSS_ROWS + 1, sizeof(double));
    micro->hit_part = unroll_arena_take(arena, head_rows / LOSS_ROWS + 1, sizeof(int64_t));
    for (int i = 0; i < UNROLL_CARRY_SLOTS; i++)
        micro->carried[i] = unroll_arena_take(arena, panel_rows * (size_t)(model->recurrent * model->states), sizeof(real));
    for (int i = 0; i <= model->recurrent; i++) {
        unroll_layer *layer = &micro->layers[i];
        layer->kind->take(layer, arena);
        if (arena->base == NULL)
            continue;
        layer->w = model->w + at;
        layer->g = micro->g + at;
        at += layer->kind->reals(layer);
        layer->input = i == 0 ? micro->x : micro->layers[i - 1].output;
        layer->d_input = i == 0 ? micro->d_x : micro->layers[i - 1].d_output;
        layer->symbol = micro->symbol;
        layer->stream_symbol = micro->stream_symbol;
        layer->stream_input = micro->stream_x;
    }
    if (!shape->every && arena->base != NULL) {
        head->input = micro->last;
        head->d_input = micro->d_last;
    }
}

/* everything in one arena; called twice, first to count */
static void take(unroll_model *model)
{
    unroll_arena *arena = &model->arena;
    model->w = unroll_arena_take(arena, model->reals, sizeof(real));
    model->g = unroll_arena_take(arena, model->reals, sizeof(real));
    model->moment1 = unroll_arena_take(arena, model->reals, sizeof(real));
    model->moment2 =
        model->optimizer == OPTIMIZER_ADAM ? unroll_arena_take(arena, model->reals, sizeof(real)) : NULL;
    model->norm_part = unroll_arena_take(arena, model->reals / NORM_REALS + 1, sizeof(double));
    for (int i = 0; i < model->micros; i++)
        take_micro(model, &model->micro[i]);
}

static unroll_status open_all(unroll_model *model)
{
    const unroll_isa *isa;
    const unroll_model_shape *shape = &model->shape;
    uint64_t seed = (uint64_t)unroll_int(model->settings, "seed");
    UNROLL_TRY(unroll_isa_find(unroll_text(model->settings, "isa"), &isa));
    model->engine = isa->engine;
    read_optimizer(model);
    if ((double)shape->batch * shape->steps > 1e9 || unroll_int(model->settings, "hidden") > 100000000)
        return unroll_error(UNROLL_FAILED, "out of memory: hidden=%lld with batch %d and %d steps is beyond any machine",
                            (long long)unroll_int(model->settings, "hidden"), shape->batch, shape->steps);
    UNROLL_TRY(open_micros(model, isa));
    for (int i = 0; i <= model->recurrent; i++)
        model->reals += model->layers[i].kind->reals(&model->layers[i]);
    unroll_arena_count(&model->arena);
    take(model);
    UNROLL_TRY(unroll_arena_open(&model->arena));
    take(model);
    model->crew = unroll_crew_open(useful_threads(model));
    if (model->crew == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for the threads of a run");
    for (int i = 0; i <= model->recurrent; i++) {
        unroll_layer *layer = &model->layers[i];
        UNROLL_TRY(layer->kind->init(layer, model->settings, seed, i * MOST_WEIGHTS_A_LAYER));
    }
    model->slot = UNROLL_NO_CARRY;
    model->stale = true;
    model->large = true;
    return unroll_ok();
}

unroll_status unroll_model_open(const unroll_settings *settings, const unroll_model_shape *shape, unroll_model **out)
{
    unroll_model *model = calloc(1, sizeof *model);
    unroll_status status;
    *out = NULL;
    if (model == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory");
    model->shape = *shape;
    model->recurrent = (int)unroll_int(settings, "layers");
    model->settings = unroll_settings_copy(settings);
    status = model->settings == NULL ? unroll_error(UNROLL_FAILED, "out of memory") : open_all(model);
    if (status.code != UNROLL_OK) {
        unroll_model_close(model);
        return status;
    }
    *out = model;
    return unroll_ok();
}

void unroll_model_close(unroll_model *model)
{
    if (model == NULL)
        return;
    for (int m = 0; model->micro != NULL && m < model->micros; m++) {
        for (int i = 0; model->micro[m].layers != NULL && i <= model->recurrent; i++)
            free(model->micro[m].layers[i].own);
        free(model->micro[m].layers);
    }
    unroll_crew_close(model->crew);
    unroll_arena_close(&model->arena);
    unroll_settings_free(model->settings);
    free(model->micro);
    free(model);
}

const unroll_settings *unroll_model_settings(const unroll_model *model)
{
    return model->settings;
}

const unroll_model_shape *unroll_model_get_shape(const unroll_model *model)
{
    return &model->shape;
}

int unroll_model_layers(const unroll_model *model)
{
    return model->recurrent;
}

int unroll_model_threads(const unroll_model *model)
{
    return unroll_crew_size(model->crew);
}

void unroll_model_watch(unroll_model *model, const unroll_watch *watch)
{
    unroll_crew_watch(model->crew, watch);
}

int unroll_model_carried(const unroll_model *model)
{
    return model->states;
}
