/* The dense layer: y = W x + b on every row. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/layer.h"
#include "simd/engine.h"

enum { WIDTH = 4 }; /* blocks in a group of the weights */

struct unroll_dense {
    const unroll_engine *engine;
    size_t bias;
    real *w_t; /* (O blocks * 16, I) in groups of WIDTH */
    real *y, *dy, *stream_y;
    size_t block;
};

unroll_status unroll_dense_open(unroll_layer *layer, const unroll_engine *engine)
{
    unroll_dense *own = calloc(1, sizeof *own);
    if (own == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory");
    own->engine = engine;
    layer->kind = &unroll_dense_layer;
    layer->own = own;
    return unroll_ok();
}

static size_t dense_reals(const unroll_layer *layer)
{
    unroll_dense *own = layer->own;
    size_t blocks = (size_t)unroll_blocks(layer->outputs) * UNROLL_LANES;
    own->bias = blocks * (size_t)layer->inputs;
    return own->bias + blocks;
}

static void dense_take(unroll_layer *layer, unroll_arena *arena)
{
    unroll_dense *own = layer->own;
    size_t blocks = (size_t)unroll_blocks(layer->outputs), batch = (size_t)layer->batch;
    own->block = unroll_row_stride((size_t)layer->capacity, batch) * UNROLL_LANES;
    own->w_t = layer->packed != NULL
                   ? ((const unroll_dense *)layer->packed->own)->w_t
                   : unroll_arena_take(arena, blocks * UNROLL_LANES * (size_t)unroll_blocks(layer->inputs) * UNROLL_LANES,
                                       sizeof(real));
    own->y = unroll_arena_take(arena, blocks * own->block, sizeof(real));
    own->dy = unroll_arena_take(arena, blocks * own->block, sizeof(real));
    own->stream_y = unroll_arena_take(arena, blocks * batch * UNROLL_LANES, sizeof(real));
    layer->output = (unroll_matrix){own->y, own->block, layer->outputs};
    layer->d_output = (unroll_matrix){own->dy, own->block, layer->outputs};
    layer->stream_output = (unroll_matrix){own->stream_y, batch * UNROLL_LANES, layer->outputs};
}

static int dense_weights(const unroll_layer *layer)
{
    (void)layer;
    return 2;
}

static void dense_weight(const unroll_layer *layer, int index, unroll_weight *out)
{
    strcpy(out->name, index == 0 ? "head.weight" : "head.bias");
    out->rows = layer->outputs;
    out->columns = index == 0 ? layer->inputs : 0;
}

static size_t dense_locate(const unroll_layer *layer, int index, int row, int column)
{
    const unroll_dense *own = layer->own;
    int block = row / UNROLL_LANES;
    size_t lane = (size_t)(row % UNROLL_LANES);
    return lane + (index == 0 ? unroll_weight_place(unroll_blocks(layer->outputs), WIDTH, layer->inputs, block, column)
                              : own->bias + (size_t)block * UNROLL_LANES);
}

/* uniform in 1 / sqrt(inputs), as torch.nn.Linear, whatever the recurrent layers start from */
static unroll_status dense_init(unroll_layer *layer, const unroll_settings *settings, uint64_t seed, int first_stream)
{
    (void)settings;
    unroll_init_uniform(layer, 0, seed, first_stream, 1.0 / sqrt((double)layer->inputs));
    unroll_init_uniform(layer, 1, seed, first_stream + 1, 1.0 / sqrt((double)layer->inputs));
    return unroll_ok();
}

static void dense_refresh(unroll_layer *layer, const unroll_team *team)
{
    unroll_dense *own = layer->own;
    if (team->rank == 0)
        own->engine->transpose(layer->w, unroll_blocks(layer->outputs), 0, unroll_blocks(layer->outputs), WIDTH, layer->inputs, own->w_t);
}

static void rows_product(const unroll_engine *engine, int row, int rows, unroll_matrix a, int k, const real *weights,
                         unroll_matrix c, const real *bias)
{
    unroll_product p = {.rows = rows,
                        .k = k,
                        .blocks = unroll_blocks(c.columns),
                        .a = a.at + (size_t)row * UNROLL_LANES,
                        .a_block = a.block,
                        .width = WIDTH,
                        .b = weights,
                        .c = c.at + (size_t)row * UNROLL_LANES,
                        .c_block = c.block,
                        .bias = bias};
    engine->product(&p);
}

static void dense_forward(unroll_layer *layer, const unroll_time *time, const unroll_team *team)
{
    unroll_dense *own = layer->own;
    unroll_part rows = unroll_team_part(team, time->total);
    rows_product(own->engine, rows.begin, rows.end - rows.begin, layer->input, layer->inputs, layer->w, layer->output,
                 layer->w + own->bias);
    unroll_team_wait(team);
}

static void dense_backward(unroll_layer *layer, const unroll_time *time, const unroll_team *team)
{
    unroll_dense *own = layer->own;
    unroll_part rows = unroll_team_part(team, time->total), in = unroll_team_part(team, unroll_blocks(layer->inputs));
    int outputs = unroll_blocks(layer->outputs), begin = in.begin * UNROLL_LANES;
    int end = in.end * UNROLL_LANES < layer->inputs ? in.end * UNROLL_LANES : layer->inputs;
    if (begin < end) {
        unroll_outer p = {.rows = time->total,
                          .m = layer->inputs,
                          .begin = begin,
                          .end = end,
                          .blocks = outputs,
                          .width = WIDTH,
                          .a = layer->input.at,
                          .a_block = layer->input.block,
                          .d = layer->d_output.at,
                          .d_block = layer->d_output.block,
                          .c = layer->g};
        own->engine->outer(&p);
    }
    if (team->rank == 0)
        own->engine->column_sums(layer->d_output.at, layer->d_output.block, time->total, outputs, layer->g + own->bias);
    rows_product(own->engine, rows.begin, rows.end - rows.begin, layer->d_output, outputs * UNROLL_LANES, own->w_t,
                 layer->d_input, NULL);
    unroll_team_wait(team);
}

static void dense_step(unroll_layer *layer, int rows)
{
    unroll_dense *own = layer->own;
    rows_product(own->engine, 0, rows, layer->stream_input, layer->inputs, layer->w, layer->stream_output,
                 layer->w + own->bias);
}

static void dense_reset(unroll_layer *layer)
{
    (void)layer;
}

static unroll_matrix dense_states(unroll_layer *layer, int state)
{
    (void)layer;
    (void)state;
    return (unroll_matrix){NULL, 0, 0};
}

const unroll_layer_kind unroll_dense_layer = {
    .name = "dense",
    .reals = dense_reals,
    .take = dense_take,
    .weights = dense_weights,
    .weight = dense_weight,
    .locate = dense_locate,
    .init = dense_init,
    .refresh = dense_refresh,
    .forward = dense_forward,
    .backward = dense_backward,
    .step = dense_step,
    .reset = dense_reset,
    .states = dense_states,
    .stream_states = dense_states,
};
