/* The sum of sources of one width: what a residual connection ends in. */
#include "layers/graph.h"

static unroll_status sum_open(unroll_layer *layer, const void *options, const unroll_settings *settings)
{
    (void)options, (void)settings;
    layer->columns = layer->source[0]->columns;
    UNROLL_TRY(unroll_need_reals(layer));
    return unroll_need_one_width(layer);
}

static void sum_count(const unroll_layer *layer, unroll_counts *counts)
{
    (void)layer, (void)counts;
}

static void add_up(const unroll_node *node, unroll_part blocks, bool stream, int rows)
{
    const unroll_engine *engine = node->layer->isa->engine;
    for (int n = blocks.begin; n < blocks.end; n++)
        for (int i = 0; i < node->layer->sources; i++)
            engine->scale(unroll_matrix_row(stream ? node->source[i]->stream : node->source[i]->output, n, 0), 1,
                          unroll_matrix_row(stream ? node->stream : node->output, n, 0), i > 0, (size_t)rows * UNROLL_LANES);
}

static void sum_forward(unroll_node *node, const unroll_pass *pass)
{
    add_up(node, unroll_team_part(pass->team, unroll_blocks(node->layer->columns)), false, node->set->total);
    unroll_team_wait(pass->team);
}

static void sum_backward(unroll_node *node, const unroll_pass *pass)
{
    unroll_part blocks = unroll_team_part(pass->team, unroll_blocks(node->layer->columns));
    for (int n = blocks.begin; n < blocks.end; n++)
        for (int i = 0; i < node->layer->sources; i++)
            if (node->wanted[i])
                node->layer->isa->engine->scale(unroll_matrix_row(node->d_output, n, 0), 1,
                                                unroll_matrix_row(node->source[i]->d_output, n, 0), node->adds[i],
                                                (size_t)node->set->total * UNROLL_LANES);
    unroll_team_wait(pass->team);
}

static void sum_step(unroll_node *node, int rows)
{
    add_up(node, (unroll_part){0, unroll_blocks(node->layer->columns)}, true, rows);
}

static unroll_status sum_example(unroll_graph *graph, int index, int reals, int symbols, int *out)
{
    (void)symbols;
    return unroll_add_sum(graph, (int[]){reals, reals, reals}, 2 + index, out);
}

extern const unroll_layer_kind unroll_layer_sum;
const unroll_layer_kind unroll_layer_sum = {
    .name = "sum",
    .title = "the sum of its sources",
    .open = sum_open,
    .count = sum_count,
    .take_node = unroll_take_outputs,
    .forward = sum_forward,
    .backward = sum_backward,
    .step = sum_step,
    .examples = 2,
    .example = sum_example,
};

unroll_status unroll_add_sum(unroll_graph *graph, const int *source, int sources, int *index)
{
    return unroll_graph_add(graph, &unroll_layer_sum, "sum", source, sources, NULL, index);
}
