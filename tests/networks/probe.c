/* A network that only the tests have: a dense layer or an embedding, the kind of tests/layers/probe.c, a dense head.
   tests/readme.sh adds it to a copy of the tree under a name of its own. */
#include <stddef.h>

#include "model/network.h"

static const char *probe_model(int index)
{
    return index == 0 ? "probe" : NULL;
}

static const char *probe_title(int index)
{
    (void)index;
    return "a running sum, of the tests";
}

extern const unroll_layer_kind unroll_layer_probe;

static unroll_status probe_build(const unroll_settings *settings, const unroll_model_shape *shape, unroll_graph *graph)
{
    int top, hidden = (int)unroll_int(settings, "hidden");
    if (shape->answer == UNROLL_SEQUENCE)
        return unroll_error(UNROLL_WRONG, "model=probe writes no sequences");
    UNROLL_TRY(unroll_add_input(graph, UNROLL_SOURCE, shape->inputs, shape->symbols, &top));
    if (shape->symbols > 0)
        UNROLL_TRY(unroll_add_embedding(graph, "probe_embedding", top, hidden, &top));
    else
        UNROLL_TRY(unroll_add_dense(graph, "probe_below", top, hidden, &top));
    UNROLL_TRY(unroll_graph_add(graph, &unroll_layer_probe, "probe_sum", &top, 1, NULL, &top));
    UNROLL_TRY(unroll_add_function(graph, top, UNROLL_TANH, &top));
    if (shape->answer == UNROLL_AT_LAST)
        UNROLL_TRY(unroll_add_last(graph, top, &top));
    return unroll_add_dense(graph, "probe_head", top, shape->outputs, &graph->output);
}

extern const unroll_network network_probe;
const unroll_network network_probe = {
    .name = "probe",
    .title = "a running sum",
    .model = probe_model,
    .model_title = probe_title,
    .build = probe_build,
};
