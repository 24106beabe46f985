#include "layers/graph.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void unroll_graph_open(unroll_graph *graph, const unroll_settings *settings, const unroll_isa *isa, bool input_gradient)
{
    *graph = (unroll_graph){.settings = settings, .isa = isa, .input = {-1, -1, -1}, .input_gradient = input_gradient, .output = -1};
}

void unroll_graph_close(unroll_graph *graph)
{
    for (int i = 0; i < graph->count; i++) {
        free(graph->layer[i]->own);
        free(graph->layer[i]);
    }
    free(graph->layer);
    *graph = (unroll_graph){0};
}

/* makes room for one more and adds an empty layer */
static unroll_layer *append(unroll_graph *graph, const unroll_layer_kind *kind)
{
    unroll_layer *layer;
    if (graph->count == graph->room) {
        int room = graph->room > 0 ? 2 * graph->room : 8;
        unroll_layer **more = realloc(graph->layer, (size_t)room * sizeof *more);
        if (more == NULL)
            return NULL;
        graph->layer = more;
        graph->room = room;
    }
    layer = calloc(1, sizeof *layer);
    if (layer == NULL)
        return NULL;
    graph->layer[graph->count] = layer;
    layer->index = graph->count++;
    layer->kind = kind;
    layer->own = calloc(1, kind->layer_bytes > 0 ? kind->layer_bytes : 1);
    return layer->own != NULL ? layer : NULL;
}

unroll_status unroll_graph_add(unroll_graph *graph, const unroll_layer_kind *kind, const char *name, const int *source,
                               int sources, const void *options, int *index)
{
    unroll_layer *layer = append(graph, kind);
    if (layer == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for the layers of a model");
    assert(sources <= UNROLL_MOST_SOURCES);
    snprintf(layer->name, sizeof layer->name, "%s", name);
    layer->isa = graph->isa;
    layer->sources = sources;
    for (int i = 0; i < sources; i++) {
        layer->source[i] = graph->layer[source[i]];
        layer->source[i]->readers++;
        layer->trains = layer->trains || layer->source[i]->trains;
    }
    if (sources > 0)
        layer->set = layer->source[0]->set;
    UNROLL_TRY(kind->open(layer, options, graph->settings));
    layer->trains = layer->trains || kind->weights != NULL;
    if (layer->trains && sources > 0 && kind->backward == NULL)
        return unroll_error(UNROLL_FAILED, "lib/layers/%s.c: its table has no .backward, but what the layer %s reads is to have a "
                                           "gradient", kind->name, name);
    *index = layer->index;
    return unroll_ok();
}

/* ---- weights ---- */

static int weights_of(const unroll_layer *layer)
{
    return layer->kind->weights == NULL ? 0 : layer->kind->weights(layer);
}

int unroll_graph_weights(const unroll_graph *graph)
{
    int count = 0;
    for (int i = 0; i < graph->count; i++)
        count += weights_of(graph->layer[i]);
    return count;
}

unroll_layer *unroll_graph_layer_of(const unroll_graph *graph, int *index)
{
    unroll_layer **layer = graph->layer;
    while (*index >= weights_of(*layer))
        *index -= weights_of(*layer++);
    return *layer;
}

/* ---- counts ---- */

int64_t unroll_graph_parameters(const unroll_graph *graph)
{
    int64_t count = 0;
    for (int i = 0; i < graph->count; i++) {
        const unroll_layer *layer = graph->layer[i];
        for (int w = 0; w < weights_of(layer); w++) {
            unroll_weight weight;
            layer->kind->weight(layer, w, &weight);
            count += (int64_t)weight.rows * (weight.columns == 0 ? 1 : weight.columns);
        }
    }
    return count;
}

static unroll_counts counts_of(const unroll_layer *layer)
{
    unroll_counts counts = {0};
    layer->kind->count(layer, &counts);
    return counts;
}

static double rows_of(const unroll_layer *layer, const unroll_extent *batch)
{
    return batch->sequences * batch->steps[layer->set];
}

/* pairs of a row and a row that it sees, over a batch */
static double pairs_of(const unroll_layer *layer, const unroll_counts *counts, const unroll_extent *batch)
{
    double rows = batch->steps[layer->set], seen = batch->steps[counts->pair_set];
    return counts->pairs == UNROLL_PAIRS_NONE ? 0.0 : batch->sequences * rows * (counts->pairs == UNROLL_PAIRS_ALL ? seen : 0.5 * (rows + 1));
}

double unroll_graph_operations(const unroll_graph *graph, const unroll_extent *batch)
{
    double all = 0.0;
    for (int i = 0; i < graph->count; i++) {
        unroll_counts counts = counts_of(graph->layer[i]);
        all += 2.0 * rows_of(graph->layer[i], batch) * (counts.products + counts.weight_products + counts.source_products);
        all += 2.0 * pairs_of(graph->layer[i], &counts, batch) * 3.0 * counts.pair_products;
    }
    return all;
}

/* Backward, a gradient comes from the step behind through the same products; those for the weights wait for nothing. */
double unroll_graph_waiting(const unroll_graph *graph, const unroll_extent *batch)
{
    double all = 0.0;
    for (int i = 0; i < graph->count; i++)
        all += 2.0 * rows_of(graph->layer[i], batch) * 2.0 * counts_of(graph->layer[i]).sequential;
    return all;
}

enum { ELEMENT = 50 }; /* operations that an elementary function is worth, forward and backward */

double unroll_graph_cost(const unroll_graph *graph, const unroll_extent *batch)
{
    double all = unroll_graph_operations(graph, batch);
    for (int i = 0; i < graph->count; i++) {
        unroll_counts counts = counts_of(graph->layer[i]);
        all += ELEMENT * (rows_of(graph->layer[i], batch) * counts.elements + pairs_of(graph->layer[i], &counts, batch) * counts.pair_elements);
    }
    return all;
}

double unroll_graph_bytes(const unroll_graph *graph, const unroll_extent *batch)
{
    double reals = 0.0;
    for (int i = 0; i < graph->count; i++) {
        const unroll_layer *layer = graph->layer[i];
        unroll_counts counts = counts_of(layer);
        reals += 2.0 * batch->steps[layer->set] * counts.sequential + 2.0 * rows_of(layer, batch) * counts.kept;
    }
    return reals * sizeof(float);
}

double unroll_graph_sequential(const unroll_graph *graph)
{
    double most = 0.0, all = 0.0;
    for (int i = 0; i < graph->count; i++) {
        unroll_counts counts = counts_of(graph->layer[i]);
        double work = counts.products + 0.5 * ELEMENT * counts.elements;
        most = counts.sequential > most ? counts.sequential : most;
        all = work > all ? work : all;
    }
    return most > 0.0 ? most : all;
}

bool unroll_graph_waits(const unroll_graph *graph)
{
    for (int i = 0; i < graph->count; i++)
        if (counts_of(graph->layer[i]).sequential > 0.0)
            return true;
    return false;
}
