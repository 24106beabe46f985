/* Positions as sines and cosines (Vaswani et al., 2017): to columns 2i and 2i + 1 of step t are added the sine and the cosine of
   t / 10000^(2i / columns). */
#include <assert.h>
#include <string.h>

#include "layers/angles.h"
#include "layers/graph.h"

typedef struct positions_node {
    real *table; /* [blocks][steps][16] */
    int steps;   /* of it */
    int now;     /* steps that have been streamed */
    unroll_arena reserved;
} positions_node;

static unroll_status positions_open(unroll_layer *layer, const void *options, const unroll_settings *settings)
{
    (void)options, (void)settings;
    layer->columns = layer->source[0]->columns;
    return unroll_need_reals(layer);
}

static void positions_count(const unroll_layer *layer, unroll_counts *counts)
{
    (void)layer, (void)counts;
}

static real *row_of(const positions_node *mine, int block, int step)
{
    return mine->table + ((size_t)block * (size_t)mine->steps + (size_t)step) * UNROLL_LANES;
}

static void take_table(unroll_node *node, int steps, unroll_arena *arena)
{
    positions_node *mine = node->own;
    int columns = node->layer->columns;
    mine->steps = steps;
    mine->table = unroll_arena_take(arena, (size_t)unroll_blocks(columns) * (size_t)steps * UNROLL_LANES, sizeof(real));
    for (int c = 0; arena->base != NULL && c < columns; c++) {
        double angle = unroll_angle_of(c / 2, columns), sine, cosine;
        for (int t = 0; t < steps; t++) {
            unroll_angle_sine_cosine(angle * t, &sine, &cosine);
            row_of(mine, c / UNROLL_LANES, t)[c % UNROLL_LANES] = (real)(c % 2 == 0 ? sine : cosine);
        }
    }
}

static void positions_take_node(unroll_node *node, unroll_arena *arena)
{
    unroll_take_outputs(node, arena);
    take_table(node, node->steps, arena);
}

/* rows of step `step` from row `row` on */
static void add_step(const positions_node *mine, unroll_matrix from, unroll_matrix to, int block, int step, int row, int rows)
{
    const real *x = unroll_matrix_row(from, block, row), *at = row_of(mine, block, step);
    real *y = unroll_matrix_row(to, block, row);
    for (int r = 0; r < rows; r++, x += UNROLL_LANES, y += UNROLL_LANES)
        for (int i = 0; i < UNROLL_LANES; i++)
            y[i] = x[i] + at[i];
}

static void positions_forward(unroll_node *node, const unroll_pass *pass)
{
    const unroll_set *set = node->set;
    unroll_part blocks = unroll_team_part(pass->team, unroll_blocks(node->layer->columns));
    for (int n = blocks.begin; n < blocks.end; n++)
        for (int t = 0; t < set->steps; t++)
            add_step(node->own, node->source[0]->output, node->output, n, t, set->offset[t], set->rows[t]);
    unroll_team_wait(pass->team);
}

static void positions_backward(unroll_node *node, const unroll_pass *pass)
{
    unroll_part blocks = unroll_team_part(pass->team, unroll_blocks(node->layer->columns));
    for (int n = blocks.begin; node->wanted[0] && n < blocks.end; n++)
        node->layer->isa->engine->scale(unroll_matrix_row(node->d_output, n, 0), 1, unroll_matrix_row(node->source[0]->d_output, n, 0),
                                        node->adds[0], (size_t)node->set->total * UNROLL_LANES);
    unroll_team_wait(pass->team);
}

static void positions_reset(unroll_node *node)
{
    ((positions_node *)node->own)->now = 0;
}

static void positions_enter(unroll_node *node, int each)
{
    (void)each;
    positions_reset(node);
}

static unroll_status positions_reserve(unroll_node *node, int steps)
{
    positions_node *mine = node->own, old = *mine;
    unroll_status status;
    if (steps <= mine->steps)
        return unroll_ok();
    unroll_arena_count(&mine->reserved);
    take_table(node, steps, &mine->reserved);
    status = unroll_arena_open(&mine->reserved);
    if (status.code != UNROLL_OK) {
        *mine = old;
        return status;
    }
    unroll_arena_close(&old.reserved);
    take_table(node, steps, &mine->reserved);
    return unroll_ok();
}

static void positions_close(unroll_node *node)
{
    unroll_arena_close(&((positions_node *)node->own)->reserved);
}

static void positions_step(unroll_node *node, int rows)
{
    positions_node *mine = node->own;
    assert(mine->now < mine->steps);
    for (int n = 0; n < unroll_blocks(node->layer->columns); n++)
        add_step(mine, node->source[0]->stream, node->stream, n, mine->now, 0, rows);
    mine->now++;
}

static unroll_status positions_example(unroll_graph *graph, int index, int reals, int symbols, int *out)
{
    (void)index, (void)symbols;
    return unroll_add_positions(graph, reals, out);
}

extern const unroll_layer_kind unroll_layer_positions;
const unroll_layer_kind unroll_layer_positions = {
    .name = "positions",
    .title = "sines and cosines of the step added",
    .node_bytes = sizeof(positions_node),
    .open = positions_open,
    .count = positions_count,
    .take_node = positions_take_node,
    .forward = positions_forward,
    .backward = positions_backward,
    .step = positions_step,
    .reset = positions_reset,
    .enter = positions_enter,
    .reserve = positions_reserve,
    .close_node = positions_close,
    .examples = 1,
    .example = positions_example,
};

unroll_status unroll_add_positions(unroll_graph *graph, int source, int *index)
{
    return unroll_graph_add(graph, &unroll_layer_positions, "positions", &source, 1, NULL, index);
}
