/* The element-wise product of two sources of one width: one gates the other. */
#include "layers/graph.h"

static unroll_status product_open(unroll_layer *layer, const void *options, const unroll_settings *settings)
{
    (void)options, (void)settings;
    layer->columns = layer->source[0]->columns;
    UNROLL_TRY(unroll_need_reals(layer));
    return unroll_need_one_width(layer);
}

static void product_count(const unroll_layer *layer, unroll_counts *counts)
{
    (void)layer, (void)counts;
}

static void product_forward(unroll_node *node, const unroll_pass *pass)
{
    unroll_part blocks = unroll_team_part(pass->team, unroll_blocks(node->layer->columns));
    for (int n = blocks.begin; n < blocks.end; n++)
        node->layer->isa->engine->multiply(unroll_matrix_row(node->source[0]->output, n, 0),
                                           unroll_matrix_row(node->source[1]->output, n, 0),
                                           unroll_matrix_row(node->output, n, 0), false, (size_t)node->set->total * UNROLL_LANES);
    unroll_team_wait(pass->team);
}

static void product_backward(unroll_node *node, const unroll_pass *pass)
{
    unroll_part blocks = unroll_team_part(pass->team, unroll_blocks(node->layer->columns));
    for (int n = blocks.begin; n < blocks.end; n++)
        for (int i = 0; i < 2; i++)
            if (node->wanted[i])
                node->layer->isa->engine->multiply(
                    unroll_matrix_row(node->d_output, n, 0), unroll_matrix_row(node->source[1 - i]->output, n, 0),
                    unroll_matrix_row(node->source[i]->d_output, n, 0), node->adds[i], (size_t)node->set->total * UNROLL_LANES);
    unroll_team_wait(pass->team);
}

static void product_step(unroll_node *node, int rows)
{
    for (int n = 0; n < unroll_blocks(node->layer->columns); n++)
        node->layer->isa->engine->multiply(unroll_matrix_row(node->source[0]->stream, n, 0),
                                           unroll_matrix_row(node->source[1]->stream, n, 0),
                                           unroll_matrix_row(node->stream, n, 0), false, (size_t)rows * UNROLL_LANES);
}

static unroll_status product_example(unroll_graph *graph, int index, int reals, int symbols, int *out)
{
    (void)index, (void)symbols;
    return unroll_add_product(graph, reals, reals, out);
}

extern const unroll_layer_kind unroll_layer_product;
const unroll_layer_kind unroll_layer_product = {
    .name = "product",
    .title = "the product of two sources, element by element",
    .open = product_open,
    .count = product_count,
    .take_node = unroll_take_outputs,
    .forward = product_forward,
    .backward = product_backward,
    .step = product_step,
    .examples = 1,
    .example = product_example,
};

unroll_status unroll_add_product(unroll_graph *graph, int first, int second, int *index)
{
    return unroll_graph_add(graph, &unroll_layer_product, "product", (int[]){first, second}, 2, NULL, index);
}
