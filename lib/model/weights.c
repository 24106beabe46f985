/* Weights by PyTorch's names and layouts. */
#include "model/inside.h"

int unroll_model_weight_count(const unroll_model *model)
{
    int count = 0;
    for (int i = 0; i <= model->recurrent; i++)
        count += model->layers[i].kind->weights(&model->layers[i]);
    return count;
}

static const unroll_layer *layer_of(const unroll_model *model, int *index)
{
    const unroll_layer *layer = model->layers;
    while (*index >= layer->kind->weights(layer)) {
        *index -= layer->kind->weights(layer);
        layer++;
    }
    return layer;
}

void unroll_model_weight_at(const unroll_model *model, int index, unroll_weight *weight)
{
    const unroll_layer *layer = layer_of(model, &index);
    layer->kind->weight(layer, index, weight);
}

int64_t unroll_model_parameters(const unroll_model *model)
{
    int64_t count = 0;
    for (int i = 0; i < unroll_model_weight_count(model); i++) {
        unroll_weight weight;
        unroll_model_weight_at(model, i, &weight);
        count += (int64_t)weight.rows * (weight.columns == 0 ? 1 : weight.columns);
    }
    return count;
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
    const unroll_layer *layer = layer_of(model, &index);
    copy(layer, index, layer->w, values, NULL);
    model->stale = true;
    model->large = true;
}

void unroll_model_get_gradient(const unroll_model *model, int index, real *values)
{
    const unroll_layer *layer = layer_of(model, &index);
    copy(layer, index, layer->g, NULL, values);
}
