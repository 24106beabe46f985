/* Weights by name, and all at once. */
#include <string.h>

#include "model/inside.h"

size_t unroll_model_reals(const unroll_model *model)
{
    return model->reals;
}

void unroll_model_save_weights(const unroll_model *model, real *copy)
{
    memcpy(copy, model->w, model->reals * sizeof *copy);
}

void unroll_model_load_weights(unroll_model *model, const real *copy)
{
    memcpy(model->w, copy, model->reals * sizeof *copy);
    model->stale = true;
    model->stream_stale = true;
}

int unroll_model_weight_count(const unroll_model *model)
{
    return unroll_graph_weights(&model->graph);
}

static unroll_layer *layer_of(const unroll_model *model, int *index)
{
    return unroll_graph_layer_of(&model->graph, index);
}

void unroll_model_weight_at(const unroll_model *model, int index, unroll_weight *weight)
{
    const unroll_layer *layer = layer_of(model, &index);
    layer->kind->weight(layer, index, weight);
}

int64_t unroll_model_parameters(const unroll_model *model)
{
    return unroll_graph_parameters(&model->graph);
}

/* out = the layer's reals (w or g), or with `in` the layer's reals = in */
static void copy(const unroll_layer *layer, int index, real *reals, const real *in, real *out)
{
    unroll_weight weight;
    size_t i = 0;
    layer->kind->weight(layer, index, &weight);
    for (int r = 0; r < weight.rows; r++)
        for (int c = 0; c < (weight.columns == 0 ? 1 : weight.columns); c++, i++) {
            size_t place = layer->kind->locate(layer, index, r, c);
            if (in != NULL)
                reals[place] = in[i];
            else
                out[i] = reals[place];
        }
}

void unroll_model_get_weight(const unroll_model *model, int index, real *values)
{
    const unroll_layer *layer = layer_of(model, &index);
    copy(layer, index, layer->w, NULL, values);
}

void unroll_model_set_weight(unroll_model *model, int index, const real *values)
{
    unroll_layer *layer = layer_of(model, &index);
    copy(layer, index, layer->w, values, NULL);
    model->stale = true;
    model->stream_stale = true;
}

/* a sparse gradient as a whole one: zeros where a row did not occur */
static void copy_sparse(const unroll_layer *layer, int index, const unroll_sparse *sparse, real *out)
{
    unroll_weight weight;
    layer->kind->weight(layer, index, &weight);
    for (int r = 0; r < weight.rows; r++)
        for (int c = 0; c < weight.columns; c++) {
            int block = c / UNROLL_LANES;
            size_t place = unroll_weight_place(sparse->blocks, sparse->width, sparse->room, block, sparse->place[r] - 1);
            *out++ = sparse->place[r] == 0 ? 0 : sparse->g[place + (size_t)(c % UNROLL_LANES)];
        }
}

void unroll_model_get_gradient(const unroll_model *model, int index, real *values)
{
    const unroll_layer *layer = layer_of(model, &index);
    const unroll_node *node = &model->micro[0].node[layer->index];
    const unroll_sparse *sparse = layer->kind->sparse == NULL ? NULL : layer->kind->sparse(node);
    if (sparse != NULL)
        copy_sparse(layer, index, sparse, values);
    else
        copy(layer, index, node->g, NULL, values);
}

void unroll_model_get_input_gradient(const unroll_model *model, real *values)
{
    for (int m = 0; m < model->micros; m++) {
        const unroll_node *node = &model->micro[m].node[model->graph.input[UNROLL_SOURCE]];
        unroll_give_rows(node->set, node->d_output, (unroll_part){0, node->set->total}, model->shape.steps, values);
    }
}
