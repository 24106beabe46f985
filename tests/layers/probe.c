/* A kind of layer that only the tests have: y_t = a y_(t-1) + x_t with a weight a for each column. It has all that a kind may
   have: weights, a state that is carried, a gradient through time. tests/readme.sh adds it to a copy of the tree under a
   name of its own. */
#include <stdio.h>
#include <string.h>

#include "layers/graph.h"

typedef struct probe_node {
    unroll_matrix before; /* (B, columns): y before the first step, in sorted order */
    unroll_matrix state;  /* (streams, columns), and a copy to reorder from */
    unroll_matrix copy;
} probe_node;

static unroll_status probe_open(unroll_layer *layer, const void *options, const unroll_settings *settings)
{
    (void)options, (void)settings;
    layer->columns = layer->source[0]->columns;
    return unroll_need_reals(layer);
}

static void probe_count(const unroll_layer *layer, unroll_counts *counts)
{
    counts->products = counts->weight_products = counts->source_products = layer->columns;
}

static size_t probe_reals(unroll_layer *layer)
{
    return (size_t)unroll_blocks(layer->columns) * UNROLL_LANES;
}

static int probe_weights(const unroll_layer *layer)
{
    (void)layer;
    return 1;
}

static void probe_weight(const unroll_layer *layer, int index, unroll_weight *out)
{
    (void)index;
    unroll_weight_name(out, layer->name, ".weight");
    out->rows = layer->columns;
    out->columns = 0;
}

static size_t probe_locate(const unroll_layer *layer, int index, int row, int column)
{
    (void)layer, (void)index, (void)column;
    return (size_t)row;
}

static unroll_status probe_init(unroll_layer *layer, const unroll_settings *settings, uint64_t seed, int stream)
{
    (void)settings;
    unroll_init_uniform(layer, 0, seed, stream, 0.5);
    return unroll_ok();
}

static void probe_take_node(unroll_node *node, unroll_arena *arena)
{
    probe_node *own = node->own;
    unroll_take_outputs(node, arena);
    own->before = unroll_take_matrix(arena, node->layer->columns, (size_t)node->batch, 0);
    own->state = unroll_take_matrix(arena, node->layer->columns, (size_t)node->streams, 0);
    own->copy = unroll_take_matrix(arena, node->layer->columns, (size_t)node->streams, 0);
}

static const real *row_before(const unroll_node *node, int block, int t, int s)
{
    const probe_node *own = node->own;
    return t == 0 ? unroll_matrix_row(own->before, block, s) : unroll_matrix_row(node->output, block, node->set->offset[t - 1] + s);
}

static void probe_forward(unroll_node *node, const unroll_pass *pass)
{
    const unroll_set *set = node->set;
    unroll_part blocks = unroll_team_part(pass->team, unroll_blocks(node->layer->columns));
    for (int n = blocks.begin; n < blocks.end; n++)
        for (int t = 0; t < set->steps; t++)
            for (int s = 0; s < set->rows[t]; s++) {
                const real *x = unroll_matrix_row(node->source[0]->output, n, set->offset[t] + s), *y = row_before(node, n, t, s);
                real *to = unroll_matrix_row(node->output, n, set->offset[t] + s);
                for (int i = 0; i < UNROLL_LANES; i++)
                    to[i] = node->layer->w[n * UNROLL_LANES + i] * y[i] + x[i];
            }
    unroll_team_wait(pass->team);
}

/* The gradient of y_t gathers what comes from the step after it, in place. */
static void backward_row(unroll_node *node, int n, int t, int s)
{
    const unroll_set *set = node->set;
    int row = set->offset[t] + s;
    real *d = unroll_matrix_row(node->d_output, n, row), *dx = NULL;
    const real *y = row_before(node, n, t, s), *a = node->layer->w + n * UNROLL_LANES;
    if (node->wanted[0])
        dx = unroll_matrix_row(node->source[0]->d_output, n, row);
    if (t + 1 < set->steps && s < set->rows[t + 1])
        for (int i = 0; i < UNROLL_LANES; i++)
            d[i] += a[i] * unroll_matrix_row(node->d_output, n, set->offset[t + 1] + s)[i];
    for (int i = 0; i < UNROLL_LANES; i++) {
        node->g[n * UNROLL_LANES + i] += d[i] * y[i];
        if (dx != NULL)
            dx[i] = node->adds[0] ? dx[i] + d[i] : d[i];
    }
}

static void probe_backward(unroll_node *node, const unroll_pass *pass)
{
    unroll_part blocks = unroll_team_part(pass->team, unroll_blocks(node->layer->columns));
    for (int n = blocks.begin; n < blocks.end; n++)
        for (int t = node->set->steps - 1; t >= 0; t--)
            for (int s = 0; s < node->set->rows[t]; s++)
                backward_row(node, n, t, s);
    unroll_team_wait(pass->team);
}

static void probe_step(unroll_node *node, int rows)
{
    probe_node *own = node->own;
    for (int n = 0; n < unroll_blocks(node->layer->columns); n++)
        for (int i = 0; i < rows * UNROLL_LANES; i++) {
            real *y = unroll_matrix_row(own->state, n, 0) + i;
            *y = node->layer->w[n * UNROLL_LANES + i % UNROLL_LANES] * *y + unroll_matrix_row(node->source[0]->stream, n, 0)[i];
        }
    node->stream = own->state;
}

static int probe_states(const unroll_layer *layer)
{
    (void)layer;
    return 1;
}

static void probe_state(const unroll_layer *layer, int index, unroll_state *out)
{
    (void)index;
    snprintf(out->name, sizeof out->name, "sum");
    out->columns = layer->columns;
}

static void probe_start(unroll_node *node, const real *state, size_t stride)
{
    const probe_node *own = node->own;
    for (int s = 0; s < node->set->size; s++)
        for (int c = 0; c < node->layer->columns; c++)
            *unroll_matrix_element(own->before, s, c) =
                state == NULL ? 0 : state[(size_t)(node->set->order[s] - node->set->first) * stride + (size_t)c];
}

static void probe_end(const unroll_node *node, real *state, size_t stride)
{
    for (int s = 0; s < node->set->size; s++)
        for (int c = 0; c < node->layer->columns; c++)
            state[(size_t)(node->set->order[s] - node->set->first) * stride + (size_t)c] =
                *unroll_matrix_element(node->output, unroll_set_last(node->set, s), c);
}

static void probe_reset(unroll_node *node)
{
    const probe_node *own = node->own;
    unroll_matrix_clear(own->state, node->streams);
}

static void probe_save(const unroll_node *node, int row, real *state)
{
    for (int c = 0; c < node->layer->columns; c++)
        state[c] = *unroll_matrix_element(((const probe_node *)node->own)->state, row, c);
}

static void probe_load(unroll_node *node, int row, const real *state)
{
    for (int c = 0; c < node->layer->columns; c++)
        *unroll_matrix_element(((probe_node *)node->own)->state, row, c) = state[c];
}

static void probe_reorder(unroll_node *node, const int *from, int rows)
{
    probe_node *own = node->own;
    for (int n = 0; n < unroll_blocks(node->layer->columns); n++)
        memcpy(unroll_matrix_row(own->copy, n, 0), unroll_matrix_row(own->state, n, 0), (size_t)node->streams * UNROLL_LANES * sizeof(real));
    for (int n = 0; n < unroll_blocks(node->layer->columns); n++)
        for (int row = 0; row < rows; row++)
            memcpy(unroll_matrix_row(own->state, n, row), unroll_matrix_row(own->copy, n, from[row]), UNROLL_LANES * sizeof(real));
}

static unroll_status probe_example(unroll_graph *graph, int index, int reals, int symbols, int *out);

extern const unroll_layer_kind unroll_layer_probe;
const unroll_layer_kind unroll_layer_probe = {
    .name = "probe",
    .title = "a running sum that decays",
    .node_bytes = sizeof(probe_node),
    .open = probe_open,
    .count = probe_count,
    .reals = probe_reals,
    .weights = probe_weights,
    .weight = probe_weight,
    .locate = probe_locate,
    .init = probe_init,
    .take_node = probe_take_node,
    .forward = probe_forward,
    .backward = probe_backward,
    .step = probe_step,
    .states = probe_states,
    .state = probe_state,
    .start = probe_start,
    .end = probe_end,
    .reset = probe_reset,
    .save = probe_save,
    .load = probe_load,
    .reorder = probe_reorder,
    .examples = 1,
    .example = probe_example,
};

static unroll_status probe_example(unroll_graph *graph, int index, int reals, int symbols, int *out)
{
    (void)index, (void)symbols;
    return unroll_graph_add(graph, &unroll_layer_probe, "probe", &reals, 1, NULL, out);
}
