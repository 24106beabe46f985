/* A row of weights for each symbol, as torch.nn.Embedding. Of its gradient only the rows of symbols that occurred are there,
   unless a dense layer shares the weights (layers/dense.c): then all rows have one. */
#include <string.h>

#include "base/random.h"
#include "layers/embedding.h"

typedef struct embedding_node {
    unroll_sparse sparse;
    int *place; /* (rows): of each row's symbol among the rows of the gradient */
} embedding_node;

enum { WIDTH = UNROLL_EMBEDDING_WIDTH };

static unroll_status embedding_open(unroll_layer *layer, const void *options, const unroll_settings *settings)
{
    unroll_embedding *own = layer->own;
    (void)settings;
    if (layer->source[0]->symbols == 0)
        return unroll_error(UNROLL_WRONG, "the layer %s takes symbols, not reals", layer->name);
    own->symbols = layer->source[0]->symbols;
    layer->columns = *(const int *)options;
    return unroll_ok();
}

static void embedding_count(const unroll_layer *layer, unroll_counts *counts)
{
    (void)layer, (void)counts; /* rows are copied, never multiplied */
}

static size_t embedding_reals(unroll_layer *layer)
{
    const unroll_embedding *own = layer->own;
    return (size_t)own->symbols * (size_t)unroll_blocks(layer->columns) * UNROLL_LANES;
}

static int embedding_weights(const unroll_layer *layer)
{
    (void)layer;
    return 1;
}

static void embedding_weight(const unroll_layer *layer, int index, unroll_weight *out)
{
    (void)index;
    unroll_weight_name(out, layer->name, ".weight");
    out->rows = ((const unroll_embedding *)layer->own)->symbols;
    out->columns = layer->columns;
}

static size_t embedding_locate(const unroll_layer *layer, int index, int row, int column)
{
    const unroll_embedding *own = layer->own;
    (void)index;
    return unroll_weight_place(unroll_blocks(layer->columns), WIDTH, own->symbols, column / UNROLL_LANES, row) +
           (size_t)(column % UNROLL_LANES);
}

/* standard normal, as torch.nn.Embedding; 0.1 of it where a dense layer shares them, whose outputs would be large */
static unroll_status embedding_init(unroll_layer *layer, const unroll_settings *settings, uint64_t seed, int stream)
{
    const unroll_embedding *own = layer->own;
    unroll_random random = unroll_random_open(seed, UNROLL_FOR_WEIGHTS, (uint32_t)stream, 0);
    double size = own->shared ? 0.1 : 1.0;
    (void)settings;
    for (int row = 0; row < own->symbols; row++)
        for (int column = 0; column < layer->columns; column++)
            layer->w[embedding_locate(layer, 0, row, column)] = (real)(size * unroll_random_normal(&random));
    return unroll_ok();
}

static void embedding_take(unroll_layer *layer, unroll_arena *arena)
{
    unroll_embedding *own = layer->own;
    own->nothing = unroll_arena_take(arena, WIDTH * UNROLL_LANES, sizeof(real));
}

static void embedding_take_node(unroll_node *node, unroll_arena *arena)
{
    const unroll_embedding *own = node->layer->own;
    embedding_node *mine = node->own;
    unroll_sparse *sparse = &mine->sparse;
    unroll_take_outputs(node, arena);
    mine->place = unroll_arena_take(arena, (size_t)node->capacity, sizeof(int));
    if (own->shared)
        return;
    *sparse = (unroll_sparse){.rows = own->symbols, .blocks = unroll_blocks(node->layer->columns), .width = WIDTH};
    sparse->room = node->sparse_room < own->symbols ? node->sparse_room : own->symbols;
    sparse->place = unroll_arena_take(arena, (size_t)own->symbols, sizeof(int));
    sparse->touched = unroll_arena_take(arena, (size_t)sparse->room, sizeof(int));
    sparse->g = unroll_arena_take(arena, (size_t)sparse->room * (size_t)sparse->blocks * UNROLL_LANES, sizeof(real));
}

static unroll_sparse *embedding_sparse(const unroll_node *node)
{
    return ((const unroll_embedding *)node->layer->own)->shared ? NULL : &((embedding_node *)node->own)->sparse;
}

static void gather(const unroll_node *node, const int *symbol, unroll_part rows, unroll_matrix out)
{
    const unroll_layer *layer = node->layer;
    const unroll_embedding *own = layer->own;
    int blocks = unroll_blocks(layer->columns);
    for (int block = 0; rows.begin < rows.end && block < blocks; block += WIDTH)
        layer->isa->engine->gather(layer->w + unroll_weight_place(blocks, WIDTH, own->symbols, block, 0),
                                   blocks - block < WIDTH ? blocks - block : WIDTH, own->nothing, symbol + rows.begin,
                                   rows.end - rows.begin, out.at + block, unroll_matrix_from(out, rows.begin).from);
}

static void embedding_forward(unroll_node *node, const unroll_pass *pass)
{
    gather(node, node->source[0]->symbol, unroll_team_part(pass->team, node->set->total), node->output);
    unroll_team_wait(pass->team);
}

/* adds the rows of d_output to those of g (k rows in groups), at the places of their symbols */
static void scatter(const unroll_node *node, const int *place, real *g, int k)
{
    int blocks = unroll_blocks(node->layer->columns);
    for (int block = 0; block < blocks; block += WIDTH)
        node->layer->isa->engine->scatter(g + unroll_weight_place(blocks, WIDTH, k, block, 0),
                                          blocks - block < WIDTH ? blocks - block : WIDTH, place, node->set->total,
                                          node->d_output.at + block, node->d_output.from);
}

static void embedding_backward(unroll_node *node, const unroll_pass *pass)
{
    const unroll_embedding *own = node->layer->own;
    embedding_node *mine = node->own;
    const int *symbol = node->source[0]->symbol;
    if (pass->team->rank == 0 && own->shared) {
        scatter(node, symbol, node->g, own->symbols);
    } else if (pass->team->rank == 0) {
        unroll_sparse_clear(&mine->sparse);
        for (int row = 0; row < node->set->total; row++)
            mine->place[row] = symbol[row] < 0 ? -1 : unroll_sparse_place(&mine->sparse, symbol[row]);
        scatter(node, mine->place, mine->sparse.g, mine->sparse.room);
    }
    unroll_team_wait(pass->team);
}

static void embedding_step(unroll_node *node, int rows)
{
    gather(node, node->source[0]->stream_symbol, (unroll_part){0, rows}, node->stream);
}

static unroll_status embedding_example(unroll_graph *graph, int index, int reals, int symbols, int *out)
{
    (void)reals;
    return unroll_add_embedding(graph, "embedding", symbols, index == 0 ? 5 : 70, out);
}

const unroll_layer_kind unroll_layer_embedding = {
    .name = "embedding",
    .title = "a row of weights for each symbol",
    .layer_bytes = sizeof(unroll_embedding),
    .node_bytes = sizeof(embedding_node),
    .open = embedding_open,
    .count = embedding_count,
    .reals = embedding_reals,
    .weights = embedding_weights,
    .weight = embedding_weight,
    .locate = embedding_locate,
    .init = embedding_init,
    .take = embedding_take,
    .take_node = embedding_take_node,
    .sparse = embedding_sparse,
    .forward = embedding_forward,
    .backward = embedding_backward,
    .step = embedding_step,
    .examples = 2,
    .example = embedding_example,
};

unroll_status unroll_add_embedding(unroll_graph *graph, const char *name, int source, int columns, int *index)
{
    return unroll_graph_add(graph, &unroll_layer_embedding, name, &source, 1, &columns, index);
}
