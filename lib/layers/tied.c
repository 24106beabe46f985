/* A dense layer whose weights are an embedding's (Press and Wolf, 2017): y = x E^T + b, one output for each symbol. */
#include <math.h>

#include "layers/embedding.h"

enum { WIDTH = UNROLL_EMBEDDING_WIDTH };

typedef struct tied {
    int inputs, padded; /* columns of the embedding; with the padding of its last block */
    real *w_t;          /* (padded, symbols' blocks * 16) in groups of 4 blocks: the embedding transposed */
    const real **start, **zero; /* of the products: forward, and of the source's gradient */
} tied;

static unroll_status tied_open(unroll_layer *layer, const void *options, const unroll_settings *settings)
{
    tied *own = layer->own;
    unroll_layer *embedding = *(unroll_layer *const *)options;
    (void)settings;
    UNROLL_TRY(unroll_need_reals(layer));
    if (embedding->kind != &unroll_layer_embedding || embedding->columns != layer->source[0]->columns)
        return unroll_error(UNROLL_WRONG, "the layer %s needs an embedding of %d columns to share", layer->name,
                            layer->source[0]->columns);
    ((unroll_embedding *)embedding->own)->shared = true;
    layer->shares = embedding;
    layer->columns = ((const unroll_embedding *)embedding->own)->symbols;
    own->inputs = embedding->columns;
    own->padded = unroll_blocks(own->inputs) * UNROLL_LANES;
    return unroll_ok();
}

static void tied_count(const unroll_layer *layer, unroll_counts *counts)
{
    const tied *own = layer->own;
    counts->products = counts->weight_products = counts->source_products = (double)own->inputs * layer->columns;
}

static size_t tied_reals(unroll_layer *layer)
{
    return (size_t)unroll_blocks(layer->columns) * UNROLL_LANES;
}

static int tied_weights(const unroll_layer *layer)
{
    (void)layer;
    return 1;
}

static void tied_weight(const unroll_layer *layer, int index, unroll_weight *out)
{
    (void)index;
    unroll_weight_name(out, layer->name, ".bias");
    out->rows = layer->columns;
    out->columns = 0;
}

static size_t tied_locate(const unroll_layer *layer, int index, int row, int column)
{
    (void)layer, (void)index, (void)column;
    return (size_t)row;
}

static unroll_status tied_init(unroll_layer *layer, const unroll_settings *settings, uint64_t seed, int stream)
{
    (void)settings;
    unroll_init_uniform(layer, 0, seed, stream, 1.0 / sqrt((double)((const tied *)layer->own)->inputs));
    return unroll_ok();
}

static void tied_take(unroll_layer *layer, unroll_arena *arena)
{
    tied *own = layer->own;
    own->start = unroll_take_starts(arena, layer->w, 0, unroll_blocks(layer->columns));
    own->zero = unroll_take_starts(arena, NULL, 0, unroll_blocks(own->inputs));
    own->w_t = unroll_arena_take(arena, (size_t)own->padded * (size_t)unroll_blocks(layer->columns) * UNROLL_LANES, sizeof(real));
}

static void tied_refresh(unroll_layer *layer, const unroll_team *team)
{
    const tied *own = layer->own;
    int blocks = own->padded / UNROLL_LANES;
    if (team->rank == 0)
        layer->isa->engine->transpose(layer->shares->w, blocks, 0, blocks, WIDTH, layer->columns, own->w_t);
}

static void forward_rows(const unroll_node *node, unroll_part rows, unroll_matrix in, unroll_matrix out, int at)
{
    const tied *own = node->layer->own;
    unroll_rows_product(node->layer->isa->engine, rows, in, own->padded, own->w_t, out, at, own->start);
}

static void tied_forward_piece(unroll_node *node, const unroll_pass *pass, unroll_part rows)
{
    unroll_part part = unroll_rows_part(pass->team, rows);
    forward_rows(node, part, node->source[0]->output, node->output, part.begin - rows.begin);
    unroll_team_wait(pass->team);
}

static void tied_forward(unroll_node *node, const unroll_pass *pass)
{
    tied_forward_piece(node, pass, (unroll_part){0, node->set->total});
}

/* of this thread's symbols among those of some blocks */
static void weight_gradient(const unroll_node *node, const unroll_team *team, unroll_part rows, unroll_part blocks)
{
    const unroll_layer *layer = node->layer;
    unroll_part outputs = unroll_team_part(team, blocks.end - blocks.begin);
    unroll_matrix in = node->source[0]->output;
    int begin = (blocks.begin + outputs.begin) * UNROLL_LANES, end = (blocks.begin + outputs.end) * UNROLL_LANES;
    unroll_outer p = {.rows = rows.end - rows.begin,
                      .m = layer->columns,
                      .begin = begin,
                      .end = end < layer->columns ? end : layer->columns,
                      .blocks = ((const tied *)layer->own)->padded / UNROLL_LANES,
                      .width = WIDTH,
                      .a = node->d_output.at,
                      .a_from = node->d_output.from,
                      .d = in.at,
                      .d_from = unroll_matrix_from(in, rows.begin).from,
                      .c = node->shares->g};
    if (p.begin < p.end)
        layer->isa->engine->outer(&p);
}

static void tied_backward_piece(unroll_node *node, const unroll_pass *pass, unroll_part rows)
{
    const unroll_layer *layer = node->layer;
    const unroll_engine *engine = layer->isa->engine;
    int all = unroll_blocks(layer->columns), count = rows.end - rows.begin;
    int piece = unroll_piece_blocks(all, count) * pass->team->size;
    unroll_part part = unroll_team_part(pass->team, count);
    for (int first = 0; first < all; first += piece) {
        unroll_part blocks = {first, first + piece < all ? first + piece : all};
        unroll_part columns = {first * UNROLL_LANES, blocks.end < all ? blocks.end * UNROLL_LANES : layer->columns};
        weight_gradient(node, pass->team, rows, blocks);
        if (pass->team->rank == 0)
            engine->column_sums(node->d_output.at + first, node->d_output.from, count, blocks.end - first,
                                node->g + (size_t)columns.begin);
        if (node->wanted[0])
            unroll_rows_product_piece(engine, part, node->d_output, layer->columns, columns, layer->shares->w,
                                      node->source[0]->d_output, rows.begin + part.begin,
                                      first > 0 || node->adds[0] ? NULL : ((const tied *)layer->own)->zero);
    }
    unroll_team_wait(pass->team);
}

static void tied_backward(unroll_node *node, const unroll_pass *pass)
{
    tied_backward_piece(node, pass, (unroll_part){0, node->set->total});
}

static void tied_step(unroll_node *node, int rows)
{
    forward_rows(node, (unroll_part){0, rows}, node->source[0]->stream, node->stream, 0);
}

static unroll_status tied_example(unroll_graph *graph, int index, int reals, int symbols, int *out)
{
    int embedding, sum, columns = index == 0 ? 5 : 70;
    UNROLL_TRY(unroll_add_embedding(graph, "embedding", symbols, columns, &embedding));
    UNROLL_TRY(unroll_add_dense(graph, "narrow", reals, columns, &sum));
    UNROLL_TRY(unroll_add_sum(graph, (int[]){embedding, sum}, 2, &sum));
    return unroll_add_tied(graph, "tied", sum, embedding, out);
}

extern const unroll_layer_kind unroll_layer_tied;
const unroll_layer_kind unroll_layer_tied = {
    .name = "tied",
    .title = "x E^T + b, of an embedding's weights E",
    .layer_bytes = sizeof(tied),
    .open = tied_open,
    .count = tied_count,
    .reals = tied_reals,
    .weights = tied_weights,
    .weight = tied_weight,
    .locate = tied_locate,
    .init = tied_init,
    .take = tied_take,
    .take_node = unroll_take_outputs,
    .refresh = tied_refresh,
    .forward = tied_forward,
    .backward = tied_backward,
    .forward_piece = tied_forward_piece,
    .backward_piece = tied_backward_piece,
    .step = tied_step,
    .examples = 2,
    .example = tied_example,
};

unroll_status unroll_add_tied(unroll_graph *graph, const char *name, int source, int embedding, int *index)
{
    unroll_layer *shared = graph->layer[embedding]; /* the list may move as it grows */
    return unroll_graph_add(graph, &unroll_layer_tied, name, &source, 1, &shared, index);
}
