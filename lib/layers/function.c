/* An element-wise function of one source: tanh, sigmoid, relu or GELU. */
#include "layers/graph.h"

typedef struct function_layer {
    unroll_function function;
} function_layer;

static unroll_status function_open(unroll_layer *layer, const void *options, const unroll_settings *settings)
{
    function_layer *own = layer->own;
    (void)settings;
    UNROLL_TRY(unroll_need_reals(layer));
    own->function = *(const unroll_function *)options;
    layer->columns = layer->source[0]->columns;
    return unroll_ok();
}

static void function_count(const unroll_layer *layer, unroll_counts *counts)
{
    counts->elements = counts->kept = layer->columns;
}

static void function_forward(unroll_node *node, const unroll_pass *pass)
{
    const function_layer *own = node->layer->own;
    unroll_part blocks = unroll_team_part(pass->team, unroll_blocks(node->layer->columns));
    for (int n = blocks.begin; n < blocks.end; n++)
        node->layer->isa->engine->function(own->function, unroll_matrix_row(node->source[0]->output, n, 0),
                                           unroll_matrix_row(node->output, n, 0), (size_t)node->set->total * UNROLL_LANES);
    unroll_team_wait(pass->team);
}

static void function_backward(unroll_node *node, const unroll_pass *pass)
{
    const function_layer *own = node->layer->own;
    unroll_part blocks = unroll_team_part(pass->team, unroll_blocks(node->layer->columns));
    for (int n = blocks.begin; node->wanted[0] && n < blocks.end; n++)
        node->layer->isa->engine->slope(own->function, unroll_matrix_row(node->source[0]->output, n, 0),
                                        unroll_matrix_row(node->output, n, 0), unroll_matrix_row(node->d_output, n, 0),
                                        unroll_matrix_row(node->source[0]->d_output, n, 0), node->adds[0],
                                        (size_t)node->set->total * UNROLL_LANES);
    unroll_team_wait(pass->team);
}

static void function_step(unroll_node *node, int rows)
{
    const function_layer *own = node->layer->own;
    for (int n = 0; n < unroll_blocks(node->layer->columns); n++)
        node->layer->isa->engine->function(own->function, unroll_matrix_row(node->source[0]->stream, n, 0),
                                           unroll_matrix_row(node->stream, n, 0), (size_t)rows * UNROLL_LANES);
}

static unroll_status function_example(unroll_graph *graph, int index, int reals, int symbols, int *out)
{
    (void)symbols;
    return unroll_add_function(graph, reals, (unroll_function)index, out);
}

extern const unroll_layer_kind unroll_layer_function;
const unroll_layer_kind unroll_layer_function = {
    .name = "function",
    .title = "tanh, sigmoid, relu or GELU of every element",
    .layer_bytes = sizeof(function_layer),
    .open = function_open,
    .count = function_count,
    .take_node = unroll_take_outputs,
    .forward = function_forward,
    .backward = function_backward,
    .step = function_step,
    .examples = 4,
    .example = function_example,
};

unroll_status unroll_add_function(unroll_graph *graph, int source, unroll_function function, int *index)
{
    return unroll_graph_add(graph, &unroll_layer_function, "function", &source, 1, &function, index);
}
