/* Layer norm (Ba, Kiros, Hinton, 2016), as torch.nn.LayerNorm: each row to mean 0 and deviation 1, then times a weight and
   plus a bias for each column. */
#include "layers/graph.h"

typedef struct norm_node {
    unroll_matrix normal; /* the normalised rows */
    real *kept;           /* [rows][16]: inverse deviations */
} norm_node;

static const real epsilon = (real)1e-5; /* PyTorch's */

static unroll_status norm_open(unroll_layer *layer, const void *options, const unroll_settings *settings)
{
    (void)options, (void)settings;
    layer->columns = layer->source[0]->columns;
    return unroll_need_reals(layer);
}

static void norm_count(const unroll_layer *layer, unroll_counts *counts)
{
    counts->kept = 2.0 * layer->columns;
}

static size_t padded(const unroll_layer *layer)
{
    return (size_t)unroll_blocks(layer->columns) * UNROLL_LANES;
}

static size_t norm_reals(unroll_layer *layer)
{
    return 2 * padded(layer);
}

static int norm_weights(const unroll_layer *layer)
{
    (void)layer;
    return 2;
}

static void norm_weight(const unroll_layer *layer, int index, unroll_weight *out)
{
    unroll_weight_name(out, layer->name, index == 0 ? ".weight" : ".bias");
    out->rows = layer->columns;
    out->columns = 0;
}

static size_t norm_locate(const unroll_layer *layer, int index, int row, int column)
{
    (void)column;
    return (size_t)index * padded(layer) + (size_t)row;
}

static unroll_status norm_init(unroll_layer *layer, const unroll_settings *settings, uint64_t seed, int stream)
{
    (void)settings, (void)seed, (void)stream;
    for (int c = 0; c < layer->columns; c++)
        layer->w[c] = 1;
    return unroll_ok();
}

static void norm_take_node(unroll_node *node, unroll_arena *arena)
{
    norm_node *own = node->own;
    unroll_take_outputs(node, arena);
    own->normal = unroll_take_matrix(arena, node->layer->columns, (size_t)node->capacity, (size_t)node->batch);
    own->kept = unroll_arena_take(arena, (size_t)node->capacity * UNROLL_LANES, sizeof(real));
}

/* rows `part` of the set, or of a streaming step */
static unroll_norm rows_of(const unroll_node *node, unroll_part part, bool stream)
{
    const unroll_layer *layer = node->layer;
    const norm_node *own = node->own;
    unroll_matrix in = stream ? node->source[0]->stream : node->source[0]->output, out = stream ? node->stream : node->output;
    return (unroll_norm){.rows = part.end - part.begin,
                         .units = layer->columns,
                         .gates = 1,
                         .next = 1,
                         .x = unroll_matrix_from(in, part.begin),
                         .weight = layer->w,
                         .bias = layer->w + padded(layer),
                         .epsilon = epsilon,
                         .y = unroll_matrix_from(out, part.begin),
                         .normal = stream ? (unroll_matrix){.at = NULL} : unroll_matrix_from(own->normal, part.begin),
                         .kept = stream ? NULL : own->kept + (size_t)part.begin * UNROLL_LANES};
}

static void norm_forward(unroll_node *node, const unroll_pass *pass)
{
    unroll_norm p = rows_of(node, unroll_team_part(pass->team, node->set->total), false);
    node->layer->isa->engine->norm(&p);
    unroll_team_wait(pass->team);
}

static void norm_backward(unroll_node *node, const unroll_pass *pass)
{
    const unroll_engine *engine = node->layer->isa->engine;
    unroll_part rows = unroll_team_part(pass->team, node->set->total);
    unroll_part blocks = unroll_team_part(pass->team, unroll_blocks(node->layer->columns));
    unroll_norm all = rows_of(node, (unroll_part){0, node->set->total}, false), own = rows_of(node, rows, false);
    engine->norm_weights(&all, node->d_output, blocks.begin, blocks.end, node->g, node->g + padded(node->layer));
    if (node->wanted[0])
        engine->norm_back(&own, unroll_matrix_from(node->d_output, rows.begin),
                          unroll_matrix_from(node->source[0]->d_output, rows.begin), node->adds[0]);
    unroll_team_wait(pass->team);
}

static void norm_step(unroll_node *node, int rows)
{
    unroll_norm p = rows_of(node, (unroll_part){0, rows}, true);
    node->layer->isa->engine->norm(&p);
}

static unroll_status norm_example(unroll_graph *graph, int index, int reals, int symbols, int *out)
{
    (void)index, (void)symbols;
    return unroll_add_norm(graph, "norm", reals, out);
}

extern const unroll_layer_kind unroll_layer_norm;
const unroll_layer_kind unroll_layer_norm = {
    .name = "norm",
    .title = "layer norm",
    .node_bytes = sizeof(norm_node),
    .open = norm_open,
    .count = norm_count,
    .reals = norm_reals,
    .weights = norm_weights,
    .weight = norm_weight,
    .locate = norm_locate,
    .init = norm_init,
    .take_node = norm_take_node,
    .forward = norm_forward,
    .backward = norm_backward,
    .step = norm_step,
    .examples = 1,
    .example = norm_example,
};

unroll_status unroll_add_norm(unroll_graph *graph, const char *name, int source, int *index)
{
    return unroll_graph_add(graph, &unroll_layer_norm, name, &source, 1, NULL, index);
}
