/* The dense layer: y = W x + b on every row. */
#include <math.h>
#include <string.h>

#include "layers/graph.h"

enum { WIDTH = 4 }; /* blocks in a group of the weights */

typedef struct dense {
    int inputs, outputs;
    size_t bias; /* place among the layer's reals */
    real *w_t;   /* (O blocks * 16, I) in groups of WIDTH; NULL where no source wants a gradient */
    const real **start, **zero; /* of the products: forward, and of the source's gradient */
} dense;

static unroll_status dense_open(unroll_layer *layer, const void *options, const unroll_settings *settings)
{
    dense *own = layer->own;
    (void)settings;
    UNROLL_TRY(unroll_need_reals(layer));
    own->inputs = layer->source[0]->columns;
    own->outputs = *(const int *)options;
    layer->columns = own->outputs;
    return unroll_ok();
}

static void dense_count(const unroll_layer *layer, unroll_counts *counts)
{
    const dense *own = layer->own;
    counts->products = counts->weight_products = (double)own->inputs * own->outputs;
    counts->source_products = layer->source[0]->trains ? counts->products : 0.0;
}

static size_t dense_reals(unroll_layer *layer)
{
    dense *own = layer->own;
    size_t columns = (size_t)unroll_blocks(own->outputs) * UNROLL_LANES;
    own->bias = columns * (size_t)own->inputs;
    return own->bias + columns;
}

static int dense_weights(const unroll_layer *layer)
{
    (void)layer;
    return 2;
}

static void dense_weight(const unroll_layer *layer, int index, unroll_weight *out)
{
    const dense *own = layer->own;
    unroll_weight_name(out, layer->name, index == 0 ? ".weight" : ".bias");
    out->rows = own->outputs;
    out->columns = index == 0 ? own->inputs : 0;
}

static size_t dense_locate(const unroll_layer *layer, int index, int row, int column)
{
    const dense *own = layer->own;
    int block = row / UNROLL_LANES;
    size_t lane = (size_t)(row % UNROLL_LANES);
    return lane + (index == 0 ? unroll_weight_place(unroll_blocks(own->outputs), WIDTH, own->inputs, block, column)
                              : own->bias + (size_t)block * UNROLL_LANES);
}

/* uniform in 1 / sqrt(inputs), as torch.nn.Linear, whatever the recurrent layers start from */
static unroll_status dense_init(unroll_layer *layer, const unroll_settings *settings, uint64_t seed, int stream)
{
    double limit = 1.0 / sqrt((double)((const dense *)layer->own)->inputs);
    (void)settings;
    unroll_init_uniform(layer, 0, seed, stream, limit);
    unroll_init_uniform(layer, 1, seed, stream + 1, limit);
    return unroll_ok();
}

static void dense_take(unroll_layer *layer, unroll_arena *arena)
{
    dense *own = layer->own;
    size_t columns = (size_t)unroll_blocks(own->outputs) * UNROLL_LANES;
    own->start = unroll_take_starts(arena, layer->w, own->bias, unroll_blocks(own->outputs));
    own->zero = unroll_take_starts(arena, NULL, 0, unroll_blocks(own->inputs));
    if (layer->source[0]->trains)
        own->w_t = unroll_arena_take(arena, columns * (size_t)unroll_blocks(own->inputs) * UNROLL_LANES, sizeof(real));
}

static void dense_refresh(unroll_layer *layer, const unroll_team *team)
{
    dense *own = layer->own;
    int blocks = unroll_blocks(own->outputs);
    if (team->rank == 0 && own->w_t != NULL)
        layer->isa->engine->transpose(layer->w, blocks, 0, blocks, WIDTH, own->inputs, own->w_t);
}

/* outputs of this thread's part of some rows, the first of which is row `at` of the output */
static void forward_rows(unroll_node *node, const unroll_pass *pass, unroll_part rows, int at)
{
    const unroll_layer *layer = node->layer;
    const dense *own = layer->own;
    unroll_part part = unroll_rows_part(pass->team, rows);
    unroll_rows_product(layer->isa->engine, part, node->source[0]->output, own->inputs, layer->w, node->output,
                        at + part.begin - rows.begin, own->start);
    unroll_team_wait(pass->team);
}

static void dense_forward(unroll_node *node, const unroll_pass *pass)
{
    forward_rows(node, pass, (unroll_part){0, node->set->total}, 0);
}

static void dense_forward_piece(unroll_node *node, const unroll_pass *pass, unroll_part rows)
{
    forward_rows(node, pass, rows, 0);
}

/* of the outputs of some blocks, over some rows */
static void weight_gradient(const unroll_node *node, const unroll_team *team, unroll_part rows, unroll_part blocks)
{
    const dense *own = node->layer->own;
    unroll_part in = unroll_team_part(team, unroll_blocks(own->inputs));
    unroll_matrix a = node->source[0]->output;
    unroll_outer p = {.rows = rows.end - rows.begin,
                      .m = own->inputs,
                      .begin = in.begin * UNROLL_LANES,
                      .end = in.end * UNROLL_LANES < own->inputs ? in.end * UNROLL_LANES : own->inputs,
                      .blocks = blocks.end - blocks.begin,
                      .width = WIDTH,
                      .a = a.at,
                      .a_from = unroll_matrix_from(a, rows.begin).from,
                      .d = node->d_output.at + blocks.begin,
                      .d_from = node->d_output.from,
                      .c = node->g + (size_t)blocks.begin * (size_t)own->inputs * UNROLL_LANES,
                      .fresh = rows.begin == 0};
    if (p.begin < p.end)
        node->layer->isa->engine->outer(&p);
}

/* from the gradients of some rows, the first rows of d_output */
static void dense_backward_piece(unroll_node *node, const unroll_pass *pass, unroll_part rows)
{
    const unroll_layer *layer = node->layer;
    const dense *own = layer->own;
    const unroll_engine *engine = layer->isa->engine;
    int all = unroll_blocks(own->outputs), count = rows.end - rows.begin, piece = unroll_piece_blocks(all, count);
    unroll_part part = unroll_team_part(pass->team, count);
    for (int first = 0; first < all; first += piece) {
        unroll_part blocks = {first, first + piece < all ? first + piece : all};
        unroll_part columns = {blocks.begin * UNROLL_LANES, blocks.end * UNROLL_LANES};
        weight_gradient(node, pass->team, rows, blocks);
        if (pass->team->rank == 0)
            engine->column_sums(node->d_output.at + first, node->d_output.from, count, blocks.end - first,
                                node->g + own->bias + (size_t)columns.begin);
        if (node->wanted[0])
            unroll_rows_product_piece(engine, part, node->d_output, all * UNROLL_LANES, columns, own->w_t,
                                      node->source[0]->d_output, rows.begin + part.begin,
                                      first > 0 || node->adds[0] ? NULL : own->zero);
    }
    unroll_team_wait(pass->team);
}

static void dense_backward(unroll_node *node, const unroll_pass *pass)
{
    dense_backward_piece(node, pass, (unroll_part){0, node->set->total});
}

/* the weights: of the rows the first are stored, and the others added */
static size_t dense_stored(const unroll_layer *layer)
{
    return ((const dense *)layer->own)->bias;
}

static void dense_step(unroll_node *node, int rows)
{
    const unroll_layer *layer = node->layer;
    const dense *own = layer->own;
    unroll_rows_product(layer->isa->engine, (unroll_part){0, rows}, node->source[0]->stream, own->inputs, layer->w, node->stream, 0,
                        own->start);
}

static unroll_status dense_example(unroll_graph *graph, int index, int reals, int symbols, int *out)
{
    (void)symbols;
    return unroll_add_dense(graph, "example", reals, index == 0 ? 5 : 18, out);
}

extern const unroll_layer_kind unroll_layer_dense;
const unroll_layer_kind unroll_layer_dense = {
    .name = "dense",
    .title = "W x + b on every row",
    .layer_bytes = sizeof(dense),
    .open = dense_open,
    .count = dense_count,
    .reals = dense_reals,
    .weights = dense_weights,
    .weight = dense_weight,
    .locate = dense_locate,
    .init = dense_init,
    .take = dense_take,
    .take_node = unroll_take_outputs,
    .refresh = dense_refresh,
    .forward = dense_forward,
    .backward = dense_backward,
    .stored = dense_stored,
    .forward_piece = dense_forward_piece,
    .backward_piece = dense_backward_piece,
    .step = dense_step,
    .examples = 2,
    .example = dense_example,
};

unroll_status unroll_add_dense(unroll_graph *graph, const char *name, int source, int outputs, int *index)
{
    return unroll_graph_add(graph, &unroll_layer_dense, name, &source, 1, &outputs, index);
}
