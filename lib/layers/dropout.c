/* Dropout (Srivastava et al., 2014): in training each element is zero with a given chance, the others are larger by what is
   lost; else the layer hands on what it reads. Whether an element is dropped follows from the seed, the training step, the
   layer and the element's place in the caller's batch, whatever the threads and micro-batches. */
#include <math.h>

#include "base/random.h"
#include "layers/graph.h"

enum { SHARES = 65536 }; /* a chance is so many parts of it: 16 random bits an element */

typedef struct dropout {
    uint32_t dropped; /* of SHARES */
    real scale;
} dropout;

typedef struct dropout_node {
    unroll_matrix output; /* its own; in use while it drops */
    uint16_t *mask;       /* [blocks][rows]: bit i: lane i is kept */
    bool on;
} dropout_node;

static unroll_status dropout_open(unroll_layer *layer, const void *options, const unroll_settings *settings)
{
    dropout *own = layer->own;
    (void)settings;
    own->dropped = (uint32_t)lrint(*(const double *)options * SHARES);
    if (own->dropped >= SHARES)
        return unroll_error(UNROLL_WRONG, "dropout=%g would leave nothing", *(const double *)options);
    own->scale = (real)SHARES / (real)(SHARES - own->dropped);
    layer->columns = layer->source[0]->columns;
    return unroll_need_reals(layer);
}

static void dropout_count(const unroll_layer *layer, unroll_counts *counts)
{
    (void)layer, (void)counts;
}

static void dropout_take_node(unroll_node *node, unroll_arena *arena)
{
    dropout_node *own = node->own;
    unroll_take_outputs(node, arena);
    own->output = node->output;
    own->mask = unroll_arena_take(arena, (size_t)unroll_blocks(node->layer->columns) * (size_t)node->capacity, sizeof *own->mask);
}

/* the lanes that are kept of one block of 16 columns at step t of the caller's sequence */
static uint16_t draw(const unroll_layer *layer, const unroll_pass *pass, int sequence, int t, int block)
{
    const dropout *own = layer->own;
    const uint32_t key[2] = {(uint32_t)pass->seed, (uint32_t)(pass->seed >> 32)};
    uint32_t words[4], first = 2u * ((uint32_t)t * (uint32_t)unroll_blocks(layer->columns) + (uint32_t)block), kept = 0;
    for (uint32_t half = 0; half < 2; half++) {
        const uint32_t counter[4] = {first + half, (uint32_t)sequence, (uint32_t)pass->step,
                                     (uint32_t)UNROLL_FOR_DROPOUT | (uint32_t)layer->index << 8};
        unroll_philox(counter, key, words);
        for (uint32_t i = 0; i < 8; i++)
            kept |= (uint32_t)((words[i / 2] >> (i % 2 * 16) & 0xffffu) >= own->dropped) << (8 * half + i);
    }
    return (uint16_t)kept;
}

static void apply(const real *x, uint16_t mask, real scale, real *y, bool adds)
{
    for (int i = 0; i < UNROLL_LANES; i++) {
        real kept = (mask >> i & 1) != 0 ? x[i] * scale : 0;
        y[i] = adds ? y[i] + kept : kept;
    }
}

static void dropout_forward(unroll_node *node, const unroll_pass *pass)
{
    const dropout *own = node->layer->own;
    dropout_node *mine = node->own;
    const unroll_set *set = node->set;
    unroll_part blocks = unroll_team_part(pass->team, unroll_blocks(node->layer->columns));
    if (pass->team->rank == 0) {
        mine->on = pass->training && own->dropped > 0;
        node->output = mine->on ? mine->output : node->source[0]->output;
    }
    unroll_team_wait(pass->team);
    if (!mine->on)
        return;
    for (int n = blocks.begin; n < blocks.end; n++)
        for (int t = 0; t < set->steps; t++)
            for (int s = 0; s < set->rows[t]; s++) {
                int row = set->offset[t] + s;
                uint16_t *mask = &mine->mask[(size_t)n * (size_t)node->capacity + (size_t)row];
                *mask = draw(node->layer, pass, set->order[s], t, n);
                apply(unroll_matrix_row(node->source[0]->output, n, row), *mask, own->scale, unroll_matrix_row(node->output, n, row),
                      false);
            }
    unroll_team_wait(pass->team);
}

static void dropout_backward(unroll_node *node, const unroll_pass *pass)
{
    const dropout *own = node->layer->own;
    const dropout_node *mine = node->own;
    unroll_part blocks = unroll_team_part(pass->team, unroll_blocks(node->layer->columns));
    for (int n = blocks.begin; node->wanted[0] && n < blocks.end; n++)
        for (int row = 0; row < node->set->total; row++)
            apply(unroll_matrix_row(node->d_output, n, row),
                  mine->on ? mine->mask[(size_t)n * (size_t)node->capacity + (size_t)row] : 0xffff, mine->on ? own->scale : 1,
                  unroll_matrix_row(node->source[0]->d_output, n, row), node->adds[0]);
    unroll_team_wait(pass->team);
}

static void dropout_step(unroll_node *node, int rows)
{
    (void)rows;
    node->stream = node->source[0]->stream;
}

static unroll_status dropout_example(unroll_graph *graph, int index, int reals, int symbols, int *out)
{
    (void)symbols;
    return unroll_add_dropout(graph, reals, index == 0 ? 0.0 : 0.3, out);
}

extern const unroll_layer_kind unroll_layer_dropout;
const unroll_layer_kind unroll_layer_dropout = {
    .name = "dropout",
    .title = "dropout in training",
    .layer_bytes = sizeof(dropout),
    .node_bytes = sizeof(dropout_node),
    .open = dropout_open,
    .count = dropout_count,
    .take_node = dropout_take_node,
    .forward = dropout_forward,
    .backward = dropout_backward,
    .step = dropout_step,
    .examples = 2,
    .example = dropout_example,
};

unroll_status unroll_add_dropout(unroll_graph *graph, int source, double rate, int *index)
{
    return unroll_graph_add(graph, &unroll_layer_dropout, "dropout", &source, 1, &rate, index);
}
