/* The recurrent layer: its memory, its weights by name, their initial values, its states; recurrent_pass.c,
   recurrent_gradient.c and recurrent_step.c compute. */
#include "layers/recurrent.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"

/* recurrent weights of so many bytes fill the second-level cache of some processors */
enum { LARGE_BYTES = 262144 };

typedef unroll_recurrent_node recurrent_node;

/* Blocks in a group of weights with `blocks` blocks a panel: such that a panel holds whole groups or a group whole panels. */
static int group_width(int blocks, bool plain)
{
    int width = 4;
    if (blocks == 0)
        return 1;
    if (blocks < 3 && plain)
        return 4 / blocks * blocks;
    while (blocks % width != 0)
        width--;
    return width;
}

static int panels_together(int width, int blocks)
{
    return blocks > 0 && width > blocks ? width / blocks : 1;
}

static void set_sizes(unroll_recurrent *own, const unroll_settings *settings)
{
    const unroll_cell_shape *shape = &own->shape;
    int input = shape->gates, recurrent = shape->recurrent;
    bool plain = shape->apart == 0 && shape->kept == 0 && (recurrent == input || recurrent == 0) && shape->heads == 1;
    int together[2];
    own->panels = unroll_blocks(own->hidden);
    own->heads = shape->heads;
    own->head_panels = own->panels / own->heads;
    own->head_units = own->hidden / own->heads;
    own->slots = input + shape->apart + shape->kept;
    own->width[0] = group_width(input, plain);
    own->width[1] = group_width(recurrent, plain);
    together[0] = panels_together(own->width[0], input);
    together[1] = panels_together(own->width[1], recurrent);
    own->together = together[0] > together[1] ? together[0] : together[1];
    own->large = (size_t)recurrent * (size_t)own->hidden * (size_t)own->head_units * sizeof(real) >= LARGE_BYTES;
    own->bptt = (int)unroll_int(settings, "bptt");
    own->two_biases = strcmp(unroll_text(settings, "bias"), "two") == 0;
    own->single = unroll_int(settings, "batch") == 1;
    own->form = unroll_form_of(settings);
}

/* its second source, whose last states are its first */
static unroll_status open_initial(unroll_layer *layer)
{
    const unroll_recurrent *own = layer->own;
    unroll_layer *from = layer->source[1];
    unroll_recurrent *other = from->own;
    if (from->kind != layer->kind || other->cell != own->cell || other->hidden != own->hidden)
        return unroll_error(UNROLL_WRONG, "the layer %s starts from states of another kind", layer->name);
    other->ends_read = true;
    return unroll_ok();
}

static unroll_status recurrent_open(unroll_layer *layer, const void *options, const unroll_settings *settings)
{
    const unroll_recurrent_options *o = options;
    unroll_recurrent *own = layer->own;
    own->cell = unroll_cell_in(layer->isa, o->cell);
    if (own->cell == NULL)
        return unroll_error(UNROLL_WRONG, "%s is no cell: see unroll list cells", o->cell);
    own->engine = layer->isa->engine;
    own->shape = unroll_cell_shape_of(own->cell, settings);
    own->states = unroll_cell_states(own->cell);
    while (own->vectors < UNROLL_CELL_VECTORS && own->shape.vector[own->vectors] != NULL)
        own->vectors++;
    own->whole_rows = own->cell->before != NULL || own->cell->after != NULL;
    own->hidden = o->hidden;
    own->level = o->level;
    own->backwards = o->backwards;
    own->symbols = layer->source[0]->symbols > 0;
    own->inputs = unroll_source_width(layer, 0);
    layer->columns = own->hidden;
    if (own->shape.heads > 1 && own->hidden % (own->shape.heads * UNROLL_LANES) != 0)
        return unroll_error(UNROLL_WRONG, "hidden=%d does not part into heads=%d: it must be a multiple of 16 * heads, %lld",
                            own->hidden, own->shape.heads, (long long)own->shape.heads * UNROLL_LANES);
    set_sizes(own, settings);
    return layer->sources > 1 ? open_initial(layer) : unroll_ok();
}

static void recurrent_count(const unroll_layer *layer, unroll_counts *counts)
{
    const unroll_recurrent *own = layer->own;
    double hidden = own->hidden, gates = own->shape.gates;
    double input = own->symbols ? 0.0 : gates * hidden * own->inputs;
    counts->sequential = own->shape.recurrent * hidden * own->head_units;
    counts->products = counts->weight_products = input + counts->sequential;
    counts->source_products = counts->sequential + (layer->source[0]->trains ? input : 0.0);
    counts->elements = (gates + own->states) * hidden;
    counts->kept = (gates + own->states + 1) * hidden;
}

/* ---- weights ---- */

static size_t recurrent_reals(unroll_layer *layer)
{
    unroll_recurrent *own = layer->own;
    size_t input = (size_t)own->panels * (size_t)own->shape.gates * UNROLL_LANES;
    size_t recurrent = (size_t)own->panels * (size_t)own->shape.recurrent * UNROLL_LANES;
    own->w_ih = 0;
    own->w_hh = own->w_ih + input * (size_t)own->inputs;
    own->b_ih = own->w_hh + recurrent * (size_t)own->head_units;
    own->b_hh = own->b_ih + input;
    own->vector = own->b_hh + (own->two_biases ? recurrent : 0);
    return own->vector + (size_t)(own->vectors * own->panels) * UNROLL_LANES;
}

/* The weights that there are, in order; the cell's vectors are VECTOR and up. */
enum { W_IH, W_HH, B_IH, B_HH, VECTOR, MOST_WEIGHTS = VECTOR + UNROLL_CELL_VECTORS };

static int weights_of(const unroll_recurrent *own, int which[MOST_WEIGHTS])
{
    int count = 0;
    which[count++] = W_IH;
    if (own->shape.recurrent > 0)
        which[count++] = W_HH;
    which[count++] = B_IH;
    if (own->two_biases && own->shape.recurrent > 0)
        which[count++] = B_HH;
    for (int v = 0; v < own->vectors; v++)
        which[count++] = VECTOR + v;
    return count;
}

static int recurrent_weights(const unroll_layer *layer)
{
    int which[MOST_WEIGHTS];
    return weights_of(layer->own, which);
}

static void recurrent_weight(const unroll_layer *layer, int index, unroll_weight *out)
{
    static const char *const names[] = {"weight_ih", "weight_hh", "bias_ih", "bias_hh"};
    const unroll_recurrent *own = layer->own;
    int which[MOST_WEIGHTS], kind;
    char suffix[UNROLL_NAME_ROOM];
    weights_of(own, which);
    kind = which[index];
    snprintf(suffix, sizeof suffix, ".%s_l%d%s", kind < VECTOR ? names[kind] : own->shape.vector[kind - VECTOR], own->level,
             own->backwards ? "_reverse" : "");
    unroll_weight_name(out, layer->name, suffix);
    out->rows = (kind >= VECTOR ? 1 : kind == W_IH || kind == B_IH ? own->shape.gates : own->shape.recurrent) * own->hidden;
    out->columns = kind == W_IH ? own->inputs : kind == W_HH ? own->head_units : 0;
}

/* the gate whose recurrent product is the j-th of a panel */
static int gate_of_recurrent(const unroll_cell_shape *shape, int j)
{
    return shape->first + j < shape->gates ? shape->first + j : 0;
}

/* block of a panel where the `row`-th gate in PyTorch's order lies */
static int block_of_gate(const unroll_cell_shape *shape, bool recurrent, int row)
{
    int block = 0;
    if (!recurrent) {
        while (shape->torch[block] != row)
            block++;
        return block;
    }
    for (;; block++) { /* gates without a recurrent product are not counted */
        int before = 0;
        for (int j = 0; j < shape->recurrent; j++)
            before += shape->torch[gate_of_recurrent(shape, j)] < shape->torch[gate_of_recurrent(shape, block)];
        if (before == row)
            return block;
    }
}

static size_t recurrent_locate(const unroll_layer *layer, int index, int row, int column)
{
    const unroll_recurrent *own = layer->own;
    int unit = row % own->hidden, which[MOST_WEIGHTS], side, blocks, block;
    weights_of(own, which);
    if (which[index] >= VECTOR)
        return own->vector + (size_t)((which[index] - VECTOR) * own->panels * UNROLL_LANES + row);
    side = which[index] == W_HH || which[index] == B_HH;
    blocks = side == 0 ? own->shape.gates : own->shape.recurrent;
    block = unit / UNROLL_LANES * blocks + block_of_gate(&own->shape, side == 1, row / own->hidden);
    if (which[index] >= B_IH)
        return (side == 0 ? own->b_ih : own->b_hh) + (size_t)(block * UNROLL_LANES + unit % UNROLL_LANES);
    if (side == 0)
        return own->w_ih + (size_t)(unit % UNROLL_LANES) +
               unroll_weight_place(own->panels * blocks, own->width[0], own->inputs, block, column);
    return unroll_recurrent_weights(own, unit / own->head_units) + (size_t)(unit % UNROLL_LANES) +
           unroll_weight_place(own->head_panels * blocks, own->width[1], own->head_units, block % (own->head_panels * blocks),
                               column);
}

/* "pytorch": everything uniform in 1 / sqrt(H). The others: Glorot and Bengio's uniform (2010) for the input weights, the
   named form for the recurrent ones (orthogonal: Saxe et al., 2014; identity: Le, Jaitly, Hinton, 2015), biases zero. */
static unroll_status init_matrices(unroll_layer *layer, const char *init, uint64_t seed, int stream)
{
    const unroll_recurrent *own = layer->own;
    if (strcmp(init, "pytorch") == 0) {
        for (int i = 0; i < recurrent_weights(layer) - own->vectors; i++)
            unroll_init_uniform(layer, i, seed, stream + i, 1.0 / sqrt((double)own->hidden));
        return unroll_ok();
    }
    unroll_init_uniform(layer, 0, seed, stream, sqrt(6.0 / ((double)own->inputs + own->hidden)));
    if (own->shape.recurrent == 0)
        return unroll_ok();
    if (strcmp(init, "glorot") == 0)
        unroll_init_uniform(layer, 1, seed, stream + 1, sqrt(6.0 / (2.0 * own->head_units)));
    else
        UNROLL_TRY(unroll_init_blocks(layer, 1, seed, stream + 1, own->head_units,
                                      strcmp(init, "identity") == 0 ? UNROLL_INIT_IDENTITY : UNROLL_INIT_ORTHOGONAL));
    return unroll_ok();
}

/* the cell's vectors, in its own form */
static void init_vectors(unroll_layer *layer, const unroll_settings *settings, uint64_t seed, int stream)
{
    const unroll_recurrent *own = layer->own;
    int first = recurrent_weights(layer) - own->vectors;
    for (int v = 0; own->cell->vector_start != NULL && v < own->vectors; v++) {
        unroll_random random = unroll_random_open(seed, UNROLL_FOR_WEIGHTS, (uint32_t)(stream + first + v), 0);
        for (int unit = 0; unit < own->hidden; unit++)
            layer->w[recurrent_locate(layer, first + v, unit, 0)] =
                (real)own->cell->vector_start(settings, v, unit, unroll_random_uniform(&random));
    }
}

static unroll_status recurrent_init(unroll_layer *layer, const unroll_settings *settings, uint64_t seed, int stream)
{
    const unroll_recurrent *own = layer->own;
    int bias = own->shape.recurrent > 0 ? 2 : 1; /* index of the input's */
    UNROLL_TRY(init_matrices(layer, unroll_text(settings, "init"), seed, stream));
    init_vectors(layer, settings, seed, stream);
    for (int gate = 0; own->cell->bias != NULL && gate < own->shape.gates; gate++)
        for (int unit = 0; unit < own->hidden; unit++)
            layer->w[recurrent_locate(layer, bias, own->shape.torch[gate] * own->hidden + unit, 0)] +=
                (real)own->cell->bias(settings, gate);
    return unroll_ok();
}

static void refresh_biases(unroll_layer *layer)
{
    unroll_recurrent *own = layer->own;
    const unroll_cell_shape *shape = &own->shape;
    memcpy(own->bias_input, layer->w + own->b_ih, (size_t)(own->panels * shape->gates * UNROLL_LANES) * sizeof(real));
    if (!own->two_biases)
        return;
    for (int panel = 0; panel < own->panels; panel++)
        for (int j = 0; j < shape->recurrent; j++) {
            const real *bias = layer->w + own->b_hh + (size_t)((panel * shape->recurrent + j) * UNROLL_LANES);
            real *sum = own->bias_input + (size_t)((panel * shape->gates + shape->first + j) * UNROLL_LANES);
            memcpy(own->bias_recurrent + (size_t)((panel * shape->recurrent + j) * UNROLL_LANES), bias,
                   UNROLL_LANES * sizeof(real));
            for (int lane = 0; shape->first + j < shape->gates && lane < UNROLL_LANES; lane++)
                sum[lane] += bias[lane];
        }
}

/* transposes weights (k, 16 blocks) in groups of `width`, this thread's groups of them */
static void transpose(const unroll_layer *layer, const unroll_team *team, size_t weights, int k, int blocks, int width, real *out)
{
    const unroll_recurrent *own = layer->own;
    unroll_part groups = unroll_team_part(team, (blocks + width - 1) / width);
    int end = groups.end * width < blocks ? groups.end * width : blocks;
    own->engine->transpose(layer->w + weights, blocks, groups.begin * width, end, width, k, out);
}

static void recurrent_refresh(unroll_layer *layer, const unroll_team *team)
{
    unroll_recurrent *own = layer->own;
    if (team->rank == 0)
        refresh_biases(layer);
    for (int head = 0; own->w_hh_t != NULL && head < own->heads; head++)
        transpose(layer, team, unroll_recurrent_weights(own, head), own->head_units, own->head_panels * own->shape.recurrent,
                  own->width[1], own->w_hh_t + unroll_recurrent_transposed(own, head));
    if (own->w_ih_t != NULL)
        transpose(layer, team, own->w_ih, own->inputs, own->panels * own->shape.gates, own->width[0], own->w_ih_t);
}

static void recurrent_refresh_stream(unroll_layer *layer)
{
    unroll_recurrent *own = layer->own;
    if (own->form == UNROLL_FLOAT)
        return;
    if (!own->symbols)
        unroll_small_make(&own->small_ih, layer->w + own->w_ih, own->width[0]);
    for (int head = 0; own->shape.recurrent > 0 && head < own->heads; head++)
        unroll_small_make(&own->small_hh[head], layer->w + unroll_recurrent_weights(own, head), own->width[1]);
}

/* ---- memory ---- */

static void recurrent_take(unroll_layer *layer, unroll_arena *arena)
{
    unroll_recurrent *own = layer->own;
    size_t panels = (size_t)own->panels;
    size_t input = panels * (size_t)own->shape.gates * UNROLL_LANES, recurrent = panels * (size_t)own->shape.recurrent * UNROLL_LANES;
    own->bias_input = unroll_arena_take(arena, input, sizeof(real));
    own->bias_recurrent = unroll_arena_take(arena, recurrent, sizeof(real));
    if (recurrent > 0)
        own->w_hh_t = unroll_arena_take(arena, unroll_recurrent_transposed(own, own->heads), sizeof(real));
    if (layer->source[0]->trains)
        own->w_ih_t = unroll_arena_take(arena, input * (size_t)unroll_blocks(own->inputs) * UNROLL_LANES, sizeof(real));
    if (!own->symbols)
        unroll_small_take(&own->small_ih, own->form, own->inputs, own->panels * own->shape.gates, arena);
    own->small_hh = unroll_arena_take(arena, (size_t)own->heads, sizeof *own->small_hh);
    for (int head = 0; recurrent > 0 && head < own->heads; head++) {
        unroll_small counted;
        unroll_small_take(arena->base != NULL ? &own->small_hh[head] : &counted, own->form, own->head_units,
                          own->head_panels * own->shape.recurrent, arena);
    }
}

static unroll_matrix take(unroll_arena *arena, int blocks, size_t block_rows, int columns)
{
    size_t block = block_rows * UNROLL_LANES;
    return (unroll_matrix){unroll_arena_take(arena, (size_t)blocks * block, sizeof(real)), block, columns};
}

static void recurrent_take_node(unroll_node *node, unroll_arena *arena)
{
    const unroll_recurrent *own = node->layer->own;
    recurrent_node *mine = node->own;
    size_t batch = (size_t)node->batch, rows = (size_t)node->capacity, streams = (size_t)node->streams;
    int slots = own->panels * own->slots;
    mine->first_row = own->backwards ? 0 : node->batch;
    mine->tape = take(arena, slots, unroll_row_stride(rows, batch), slots * UNROLL_LANES);
    mine->stream_tape = take(arena, slots, streams, slots * UNROLL_LANES);
    for (int k = 0; k < own->states; k++) {
        mine->state[k] = take(arena, own->panels, unroll_row_stride(batch + rows, batch), own->hidden);
        mine->d_state[k] = take(arena, own->panels, k == 0 ? unroll_row_stride(batch + rows, batch) : batch, own->hidden);
        for (int i = 0; i < 2; i++)
            mine->stream_state[i][k] = take(arena, own->panels, streams, own->hidden);
    }
    node->output = mine->state[0];
    node->d_output = mine->d_state[0];
    node->stream = mine->stream_state[0][0];
    if (arena->base == NULL)
        return;
    node->output.at += (size_t)mine->first_row * UNROLL_LANES;
    node->d_output.at += (size_t)mine->first_row * UNROLL_LANES;
}

/* ---- states ---- */

static int recurrent_states(const unroll_layer *layer)
{
    return ((const unroll_recurrent *)layer->own)->states;
}

static void recurrent_state(const unroll_layer *layer, int index, unroll_state *out)
{
    const unroll_recurrent *own = layer->own;
    snprintf(out->name, sizeof out->name, "%s", own->cell->state[index]);
    out->columns = own->hidden;
}

int unroll_recurrent_initial_row(const unroll_node *node, int s)
{
    const unroll_recurrent *own = node->layer->own;
    return own->backwards ? node->set->total + s : node->batch - node->set->size + s;
}

int unroll_recurrent_end_row(const unroll_node *node, int s)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    return mine->first_row + (own->backwards ? s : unroll_set_last(node->set, s));
}

static bool recurrent_streams(const unroll_layer *layer)
{
    return !((const unroll_recurrent *)layer->own)->backwards && (layer->sources < 2 || layer->set == UNROLL_TARGET);
}

/* one row of a state matrix out to `hidden` reals, or in from them (NULL: zeros) */
static void copy_row(unroll_matrix m, int row, real *out)
{
    for (int u = 0; u < m.columns; u += UNROLL_LANES)
        memcpy(out + u, unroll_matrix_row(m, u / UNROLL_LANES, row),
               (size_t)(m.columns - u < UNROLL_LANES ? m.columns - u : UNROLL_LANES) * sizeof(real));
}

static void set_row(unroll_matrix m, int row, const real *in)
{
    for (int u = 0; u < m.columns; u += UNROLL_LANES) {
        real *to = unroll_matrix_row(m, u / UNROLL_LANES, row);
        if (in == NULL)
            memset(to, 0, UNROLL_LANES * sizeof(real));
        else
            memcpy(to, in + u, (size_t)(m.columns - u < UNROLL_LANES ? m.columns - u : UNROLL_LANES) * sizeof(real));
    }
}

static void recurrent_start(unroll_node *node, const real *state, size_t stride)
{
    const unroll_recurrent *own = node->layer->own;
    recurrent_node *mine = node->own;
    const unroll_set *set = node->set;
    mine->started = state != NULL;
    for (int s = 0; s < set->size; s++)
        for (int k = 0; k < own->states; k++) {
            size_t place = (size_t)(set->order[s] - set->first) * stride + (size_t)(k * own->hidden);
            set_row(mine->state[k], unroll_recurrent_initial_row(node, s), state != NULL ? state + place : NULL);
        }
}

static void recurrent_end(const unroll_node *node, real *state, size_t stride)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    const unroll_set *set = node->set;
    for (int s = 0; s < set->size; s++)
        for (int k = 0; k < own->states; k++)
            copy_row(mine->state[k], unroll_recurrent_end_row(node, s),
                     state + (size_t)(set->order[s] - set->first) * stride + (size_t)(k * own->hidden));
}

static void recurrent_reset(unroll_node *node)
{
    recurrent_node *mine = node->own;
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < ((const unroll_recurrent *)node->layer->own)->states; k++) {
            unroll_matrix m = mine->stream_state[i][k];
            memset(m.at, 0, (size_t)unroll_blocks(m.columns) * m.block * sizeof(real));
        }
}

static void recurrent_enter(unroll_node *node, int each)
{
    const unroll_recurrent *own = node->layer->own;
    recurrent_node *mine = node->own;
    const unroll_node *from = node->layer->sources > 1 ? node->source[1] : NULL;
    if (from == NULL) {
        recurrent_reset(node);
        return;
    }
    for (int k = 0; k < own->states; k++)
        for (int panel = 0; panel < own->panels; panel++)
            for (int row = 0; row < from->set->size * each; row++)
                memcpy(unroll_matrix_row(mine->stream_state[mine->stream_now][k], panel, row),
                       unroll_matrix_row(((const recurrent_node *)from->own)->state[k], panel,
                                         unroll_recurrent_end_row(from, from->set->place[row / each])),
                       UNROLL_LANES * sizeof(real));
}

static void recurrent_save(const unroll_node *node, int row, real *state)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    for (int k = 0; k < own->states; k++)
        copy_row(mine->stream_state[mine->stream_now][k], row, state + (size_t)(k * own->hidden));
}

static void recurrent_load(unroll_node *node, int row, const real *state)
{
    const unroll_recurrent *own = node->layer->own;
    recurrent_node *mine = node->own;
    for (int k = 0; k < own->states; k++)
        set_row(mine->stream_state[mine->stream_now][k], row, state + (size_t)(k * own->hidden));
}

static void recurrent_reorder(unroll_node *node, const int *from, int rows)
{
    const unroll_recurrent *own = node->layer->own;
    recurrent_node *mine = node->own;
    int now = mine->stream_now;
    for (int k = 0; k < own->states; k++)
        for (int panel = 0; panel < own->panels; panel++)
            for (int row = 0; row < rows; row++)
                memcpy(unroll_matrix_row(mine->stream_state[1 - now][k], panel, row),
                       unroll_matrix_row(mine->stream_state[now][k], panel, from[row]), UNROLL_LANES * sizeof(real));
    mine->stream_now = 1 - now;
    node->stream = mine->stream_state[1 - now][0];
}

/* each cell: read backwards; and on top of one from whose last states it starts */
static unroll_status recurrent_example(unroll_graph *graph, int index, int reals, int symbols, int *out)
{
    unroll_recurrent_options options = {.hidden = index % 2 == 0 ? 5 : 18};
    int first;
    if (index / 4 >= unroll_cell_count)
        return unroll_error(UNROLL_NOTHING, "there are no more examples");
    options.cell = unroll_isas[0].cells[index / 4]->name;
    options.backwards = true;
    if (index % 4 < 2)
        return unroll_add_recurrent(graph, "one", index % 4 == 0 ? reals : symbols, -1, &options, out);
    UNROLL_TRY(unroll_add_recurrent(graph, "first", reals, -1, &options, &first));
    options.backwards = index % 4 == 2;
    return unroll_add_recurrent(graph, "second", reals, first, &options, out);
}

extern const unroll_layer_kind unroll_layer_recurrent;
const unroll_layer_kind unroll_layer_recurrent = {
    .name = "recurrent",
    .title = "a cell, step after step",
    .layer_bytes = sizeof(unroll_recurrent),
    .node_bytes = sizeof(recurrent_node),
    .open = recurrent_open,
    .count = recurrent_count,
    .reals = recurrent_reals,
    .weights = recurrent_weights,
    .weight = recurrent_weight,
    .locate = recurrent_locate,
    .init = recurrent_init,
    .take = recurrent_take,
    .take_node = recurrent_take_node,
    .refresh = recurrent_refresh,
    .refresh_stream = recurrent_refresh_stream,
    .forward = unroll_recurrent_forward,
    .backward = unroll_recurrent_backward,
    .step = unroll_recurrent_step,
    .streams = recurrent_streams,
    .states = recurrent_states,
    .state = recurrent_state,
    .start = recurrent_start,
    .end = recurrent_end,
    .reset = recurrent_reset,
    .enter = recurrent_enter,
    .save = recurrent_save,
    .load = recurrent_load,
    .reorder = recurrent_reorder,
    .examples = 4 * 256, /* as many as there are cells */
    .example = recurrent_example,
};

unroll_status unroll_add_recurrent(unroll_graph *graph, const char *name, int source, int initial,
                                   const unroll_recurrent_options *options, int *index)
{
    return unroll_graph_add(graph, &unroll_layer_recurrent, name, (int[]){source, initial}, initial < 0 ? 1 : 2, options, index);
}
