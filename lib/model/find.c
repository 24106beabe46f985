/* Lookups in the generated registries. */
#include <string.h>

#include "cells/cell.h"
#include "losses/loss.h"
#include "model/network.h"
#include "model/task.h"
#include "simd/engine.h"

const unroll_cell *unroll_cell_in(const unroll_isa *isa, const char *name)
{
    for (int i = 0; i < unroll_cell_count; i++)
        if (strcmp(isa->cells[i]->name, name) == 0)
            return isa->cells[i];
    return NULL;
}

const unroll_cell *unroll_cell_find(const char *name)
{
    return unroll_cell_in(unroll_isa_now(), name);
}

unroll_cell_shape unroll_cell_shape_of(const unroll_cell *cell, const unroll_settings *settings)
{
    unroll_cell_shape shape = cell->shape;
    if (cell->adapt != NULL)
        cell->adapt(settings, &shape);
    shape.heads = shape.heads > 1 ? shape.heads : 1;
    shape.parts = shape.parts > 1 ? shape.parts : 1;
    return shape;
}

int unroll_cell_states(const unroll_cell *cell)
{
    int states = 0;
    while (states < UNROLL_CELL_STATES && cell->state[states] != NULL)
        states++;
    return states;
}

const unroll_loss *unroll_loss_in(const unroll_isa *isa, const char *name)
{
    for (int i = 0; i < unroll_loss_count; i++)
        if (strcmp(isa->losses[i]->name, name) == 0)
            return isa->losses[i];
    return NULL;
}

const unroll_loss *unroll_loss_find(const char *name)
{
    return unroll_loss_in(unroll_isa_now(), name);
}

const unroll_task *unroll_task_find(const char *name)
{
    for (int i = 0; i < unroll_task_count; i++)
        if (strcmp(unroll_tasks[i]->name, name) == 0)
            return unroll_tasks[i];
    return NULL;
}

const unroll_network *unroll_network_find(const char *model)
{
    for (int i = 0; i < unroll_network_count; i++)
        for (int k = 0; unroll_networks[i]->model(k) != NULL; k++)
            if (strcmp(unroll_networks[i]->model(k), model) == 0)
                return unroll_networks[i];
    return NULL;
}

unroll_status unroll_network_of(const unroll_settings *settings, const unroll_network **network)
{
    const char *model = unroll_text(settings, "model");
    *network = unroll_network_find(model);
    return *network != NULL ? unroll_ok() : unroll_error(UNROLL_WRONG, "model=%s is no model: see unroll list models", model);
}

int unroll_network_width(const unroll_settings *settings)
{
    const unroll_network *network = unroll_network_find(unroll_text(settings, "model"));
    return network != NULL && network->width != NULL ? network->width(settings) : 1;
}

bool unroll_network_stateless(const unroll_settings *settings)
{
    const unroll_network *network = unroll_network_find(unroll_text(settings, "model"));
    return network != NULL && network->stateless;
}

unroll_status unroll_network_graph(const unroll_network *network, const unroll_settings *settings,
                                   const unroll_model_shape *shape, const unroll_isa *isa, unroll_graph *graph)
{
    int steps = shape->steps > shape->target_steps ? shape->steps : shape->target_steps;
    unroll_graph_open(graph, settings, isa, shape->input_gradient);
    if ((double)shape->batch * steps > 1e9 || (double)shape->batch * shape->beams > 1e9 || unroll_int(settings, "hidden") > 100000000)
        return unroll_error(UNROLL_FAILED, "out of memory: hidden=%lld with batch %d and %d steps is beyond any machine",
                            (long long)unroll_int(settings, "hidden"), shape->batch, steps);
    return network->build(settings, shape, graph);
}

unroll_status unroll_network_build(const unroll_settings *settings, const unroll_model_shape *shape, const unroll_isa *isa,
                                   unroll_graph *graph)
{
    const unroll_network *network;
    *graph = (unroll_graph){0};
    UNROLL_TRY(unroll_network_of(settings, &network));
    return unroll_network_graph(network, settings, shape, isa, graph);
}

static unroll_status add_tied(const unroll_model_shape *shape, unroll_graph *graph, int table, int top)
{
    const unroll_layer *embedding = table < 0 ? NULL : graph->layer[table];
    if (shape->answer == UNROLL_SEQUENCE || embedding == NULL || embedding->source[0]->symbols != shape->outputs)
        return unroll_error(UNROLL_WRONG, "tied=yes: the head can share the weights of an embedding of the very symbols that it "
                                          "tells apart, and here is none");
    if (graph->layer[top]->columns != embedding->columns)
        UNROLL_TRY(unroll_add_dense(graph, "projection", top, embedding->columns, &top));
    return unroll_add_tied(graph, "head", top, table, &graph->output);
}

unroll_status unroll_network_head(const unroll_settings *settings, const unroll_model_shape *shape, unroll_graph *graph, int table,
                                  int top)
{
    if (unroll_flag(settings, "tied"))
        return add_tied(shape, graph, table, top);
    return unroll_add_dense(graph, "head", top, shape->outputs, &graph->output);
}

void unroll_network_describe(const unroll_settings *settings, unroll_record *record)
{
    const unroll_network *network = unroll_network_find(unroll_text(settings, "model"));
    if (network != NULL && network->describe != NULL)
        network->describe(settings, record);
}
