/* The last step of each sequence, or the first, one row each: what an answer at the end is read from. */
#include "layers/graph.h"

typedef struct last {
    bool first;
} last;

static unroll_status last_open(unroll_layer *layer, const void *options, const unroll_settings *settings)
{
    (void)settings;
    ((last *)layer->own)->first = *(const bool *)options;
    layer->set = UNROLL_ONCE;
    layer->columns = layer->source[0]->columns;
    return unroll_need_reals(layer);
}

static void last_count(const unroll_layer *layer, unroll_counts *counts)
{
    (void)layer, (void)counts;
}

static void last_take_node(unroll_node *node, unroll_arena *arena)
{
    node->output = unroll_take_matrix(arena, node->layer->columns, (size_t)node->batch, 0);
    if (node->layer->trains)
        node->d_output = unroll_take_matrix(arena, node->layer->columns, (size_t)node->batch, 0);
}

static int row_of(const unroll_node *node, int s)
{
    return ((const last *)node->layer->own)->first ? s : unroll_set_last(node->source[0]->set, s);
}

static void last_forward(unroll_node *node, const unroll_pass *pass)
{
    const unroll_node *source = node->source[0];
    const unroll_set *set = source->set;
    unroll_part blocks = unroll_team_part(pass->team, unroll_blocks(node->layer->columns));
    for (int n = blocks.begin; n < blocks.end; n++)
        for (int s = 0; s < set->size; s++)
            memcpy(unroll_matrix_row(node->output, n, s), unroll_matrix_row(source->output, n, row_of(node, s)),
                   UNROLL_LANES * sizeof(real));
    unroll_team_wait(pass->team);
}

static void last_backward(unroll_node *node, const unroll_pass *pass)
{
    const unroll_node *source = node->source[0];
    const unroll_set *set = source->set;
    unroll_part blocks = unroll_team_part(pass->team, unroll_blocks(node->layer->columns));
    if (!node->adds[0])
        unroll_clear_rows(source->d_output, set, pass->team);
    for (int n = blocks.begin; n < blocks.end; n++)
        for (int s = 0; s < set->size; s++) {
            real *to = unroll_matrix_row(source->d_output, n, row_of(node, s));
            const real *from = unroll_matrix_row(node->d_output, n, s);
            for (int i = 0; i < UNROLL_LANES; i++)
                to[i] += from[i];
        }
    unroll_team_wait(pass->team);
}

static void last_step(unroll_node *node, int rows)
{
    (void)rows;
    node->stream = node->source[0]->stream;
}

static bool last_streams(const unroll_layer *layer)
{
    return !((const last *)layer->own)->first;
}

static unroll_status last_example(unroll_graph *graph, int index, int reals, int symbols, int *out)
{
    (void)symbols;
    return index == 0 ? unroll_add_last(graph, reals, out) : unroll_add_first(graph, reals, out);
}

extern const unroll_layer_kind unroll_layer_last;
const unroll_layer_kind unroll_layer_last = {
    .name = "last",
    .title = "each sequence's last step, or its first",
    .layer_bytes = sizeof(last),
    .open = last_open,
    .count = last_count,
    .take_node = last_take_node,
    .forward = last_forward,
    .backward = last_backward,
    .step = last_step,
    .streams = last_streams,
    .examples = 2,
    .example = last_example,
};

unroll_status unroll_add_last(unroll_graph *graph, int source, int *index)
{
    return unroll_graph_add(graph, &unroll_layer_last, "last", &source, 1, &(bool){false}, index);
}

unroll_status unroll_add_first(unroll_graph *graph, int source, int *index)
{
    return unroll_graph_add(graph, &unroll_layer_last, "first", &source, 1, &(bool){true}, index);
}
