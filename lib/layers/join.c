/* Columns of several sources side by side: of two directions, for one. */
#include "layers/graph.h"

static unroll_status join_open(unroll_layer *layer, const void *options, const unroll_settings *settings)
{
    (void)options, (void)settings;
    UNROLL_TRY(unroll_need_reals(layer));
    for (int i = 0; i < layer->sources; i++)
        layer->columns += layer->source[i]->columns;
    return unroll_ok();
}

static void join_count(const unroll_layer *layer, unroll_counts *counts)
{
    (void)layer, (void)counts;
}

/* `count` columns from `from` on of one matrix to those from `to` on of another, or added to them */
static void copy_columns(unroll_matrix in, int from, unroll_matrix out, int to, int count, int rows, bool adds)
{
    for (int c = 0; c < count;) {
        int in_lane = (from + c) % UNROLL_LANES, out_lane = (to + c) % UNROLL_LANES;
        int room = UNROLL_LANES - (in_lane > out_lane ? in_lane : out_lane), some = count - c < room ? count - c : room;
        const real *x = unroll_matrix_row(in, (from + c) / UNROLL_LANES, 0) + in_lane;
        real *y = unroll_matrix_row(out, (to + c) / UNROLL_LANES, 0) + out_lane;
        for (int r = 0; r < rows; r++, x += UNROLL_LANES, y += UNROLL_LANES)
            for (int i = 0; i < some; i++)
                y[i] = adds ? y[i] + x[i] : x[i];
        c += some;
    }
}

/* the sources that this thread copies */
static unroll_part own_sources(const unroll_node *node, const unroll_pass *pass)
{
    return unroll_team_part(pass->team, node->layer->sources);
}

static int first_column(const unroll_node *node, int source)
{
    int first = 0;
    for (int i = 0; i < source; i++)
        first += node->source[i]->layer->columns;
    return first;
}

static void join_forward(unroll_node *node, const unroll_pass *pass)
{
    unroll_part part = own_sources(node, pass);
    for (int i = part.begin; i < part.end; i++)
        copy_columns(node->source[i]->output, 0, node->output, first_column(node, i), node->source[i]->layer->columns,
                     node->set->total, false);
    unroll_team_wait(pass->team);
}

static void join_backward(unroll_node *node, const unroll_pass *pass)
{
    /* one thread, where two of the sources may be the same */
    for (int i = 0; pass->team->rank == 0 && i < node->layer->sources; i++)
        if (node->wanted[i])
            copy_columns(node->d_output, first_column(node, i), node->source[i]->d_output, 0, node->source[i]->layer->columns,
                         node->set->total, node->adds[i]);
    unroll_team_wait(pass->team);
}

static void join_step(unroll_node *node, int rows)
{
    for (int i = 0; i < node->layer->sources; i++)
        copy_columns(node->source[i]->stream, 0, node->stream, first_column(node, i), node->source[i]->layer->columns, rows, false);
}

static unroll_status join_example(unroll_graph *graph, int index, int reals, int symbols, int *out)
{
    (void)index, (void)symbols;
    return unroll_add_join(graph, (int[]){reals, reals, reals}, 3, out);
}

extern const unroll_layer_kind unroll_layer_join;
const unroll_layer_kind unroll_layer_join = {
    .name = "join",
    .title = "the columns of its sources side by side",
    .open = join_open,
    .count = join_count,
    .take_node = unroll_take_outputs,
    .forward = join_forward,
    .backward = join_backward,
    .step = join_step,
    .examples = 1,
    .example = join_example,
};

unroll_status unroll_add_join(unroll_graph *graph, const int *source, int sources, int *index)
{
    return unroll_graph_add(graph, &unroll_layer_join, "join", source, sources, NULL, index);
}
