/* What a model is given: reals or symbols at every step of a set. The model packs them. */
#include "layers/graph.h"

typedef struct input_options {
    unroll_set_index set;
    int inputs, symbols;
    bool gradient;
} input_options;

static unroll_status input_open(unroll_layer *layer, const void *options, const unroll_settings *settings)
{
    const input_options *o = options;
    (void)settings;
    layer->set = o->set;
    layer->columns = o->inputs;
    layer->symbols = o->symbols;
    layer->trains = o->gradient && o->symbols == 0;
    return unroll_ok();
}

static void input_count(const unroll_layer *layer, unroll_counts *counts)
{
    (void)layer, (void)counts;
}

static void input_take_node(unroll_node *node, unroll_arena *arena)
{
    if (node->layer->symbols > 0) {
        node->symbol = unroll_arena_take(arena, (size_t)node->capacity, sizeof(int));
        node->stream_symbol = unroll_arena_take(arena, (size_t)node->streams, sizeof(int));
    } else {
        unroll_take_outputs(node, arena);
    }
}

static void input_forward(unroll_node *node, const unroll_pass *pass)
{
    (void)node, (void)pass;
}

static void input_step(unroll_node *node, int rows)
{
    (void)node, (void)rows;
}

extern const unroll_layer_kind unroll_layer_input;
const unroll_layer_kind unroll_layer_input = {
    .name = "input",
    .title = "reals or symbols that the model is given",
    .open = input_open,
    .count = input_count,
    .take_node = input_take_node,
    .forward = input_forward,
    .step = input_step,
};

unroll_status unroll_add_input(unroll_graph *graph, unroll_set_index set, int inputs, int symbols, int *index)
{
    input_options options = {set, inputs, symbols, graph->input_gradient};
    UNROLL_TRY(unroll_graph_add(graph, &unroll_layer_input, "input", NULL, 0, &options, index));
    graph->input[set] = *index;
    return unroll_ok();
}
