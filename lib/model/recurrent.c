/* The recurrent layer: its memory, its weights by name, their initial values; recurrent_pass.c computes. */
#include "model/recurrent.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* recurrent weights of so many bytes fill the second-level cache of some processors */
enum { LARGE_BYTES = 262144 };

/* Blocks in a group of the weights: such that a panel holds whole groups or a group whole panels. */
static int group_width(const unroll_cell *cell)
{
    int width = 4;
    if (cell->gates < 3 && !cell->split && cell->kept == 0)
        return 4 / cell->gates * cell->gates;
    while (cell->gates % width != 0)
        width--;
    return width;
}

unroll_status unroll_recurrent_open(unroll_layer *layer, const unroll_isa *isa, const unroll_settings *settings)
{
    const char *name = unroll_text(settings, "cell");
    const unroll_cell *cell = unroll_cell_in(isa, name);
    unroll_recurrent *own;
    if (cell == NULL)
        return unroll_error(UNROLL_WRONG, "cell=%s is no cell: see unroll list cells", name);
    own = calloc(1, sizeof *own);
    if (own == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory");
    layer->kind = &unroll_recurrent_layer;
    layer->own = own;
    own->cell = cell;
    own->engine = isa->engine;
    own->variant = cell->variant != NULL ? cell->variant(settings) : 0;
    own->hidden = layer->outputs;
    own->panels = unroll_blocks(layer->outputs);
    own->gates = cell->gates;
    own->slots = cell->gates + cell->split + cell->kept;
    own->width = group_width(cell);
    own->form = unroll_form_of(settings);
    own->single = unroll_int(settings, "batch") == 1;
    own->large = (size_t)own->gates * (size_t)own->hidden * (size_t)own->hidden * sizeof(real) >= LARGE_BYTES;
    own->together = own->width > own->gates ? own->width / own->gates : 1;
    return unroll_ok();
}

int unroll_recurrent_states(const unroll_layer *layer)
{
    return ((const unroll_recurrent *)layer->own)->cell->states;
}

static size_t recurrent_reals(const unroll_layer *layer)
{
    unroll_recurrent *own = layer->own;
    size_t blocks = (size_t)own->panels * (size_t)own->gates * UNROLL_LANES;
    own->w_ih = 0;
    own->w_hh = own->w_ih + blocks * (size_t)layer->inputs;
    own->b_ih = own->w_hh + blocks * (size_t)own->hidden;
    own->b_hh = own->b_ih + blocks;
    return own->b_hh + (layer->two_biases ? blocks : 0);
}

/* what is packed of the weights */
static void take_packed(unroll_layer *layer, unroll_arena *arena)
{
    unroll_recurrent *own = layer->own;
    size_t panels = (size_t)own->panels, columns = panels * (size_t)own->gates * UNROLL_LANES;
    own->bias_input = unroll_arena_take(arena, columns, sizeof(real));
    own->bias_recurrent = unroll_arena_take(arena, columns, sizeof(real));
    own->w_hh_t = unroll_arena_take(arena, columns * panels * UNROLL_LANES, sizeof(real));
    own->w_ih_t = layer->input_gradient
                      ? unroll_arena_take(arena, columns * (size_t)unroll_blocks(layer->inputs) * UNROLL_LANES, sizeof(real))
                      : NULL;
    if (!layer->symbols)
        unroll_small_take(&own->small_ih, own->form, layer->inputs, own->panels * own->gates, arena);
    unroll_small_take(&own->small_hh, own->form, own->hidden, own->panels * own->gates, arena);
}

static void use_packed(unroll_recurrent *own, const unroll_recurrent *from)
{
    own->bias_input = from->bias_input;
    own->bias_recurrent = from->bias_recurrent;
    own->w_hh_t = from->w_hh_t;
    own->w_ih_t = from->w_ih_t;
    own->small_ih = from->small_ih;
    own->small_hh = from->small_hh;
}

static void recurrent_take(unroll_layer *layer, unroll_arena *arena)
{
    unroll_recurrent *own = layer->own;
    size_t batch = (size_t)layer->batch, rows = (size_t)layer->capacity, panels = (size_t)own->panels;
    size_t slots = panels * (size_t)own->slots;
    own->tape_block = unroll_row_stride(rows, batch) * UNROLL_LANES;
    own->state_block = unroll_row_stride(batch + rows, batch) * UNROLL_LANES;
    own->batch_block = batch * UNROLL_LANES;
    if (layer->packed == NULL)
        take_packed(layer, arena);
    else
        use_packed(own, layer->packed->own);
    own->tape = unroll_arena_take(arena, slots * own->tape_block, sizeof(real));
    own->h = unroll_arena_take(arena, panels * own->state_block, sizeof(real));
    own->dh = unroll_arena_take(arena, panels * own->state_block, sizeof(real));
    own->c = own->dc = NULL;
    if (own->cell->states > 1) {
        own->c = unroll_arena_take(arena, panels * own->state_block, sizeof(real));
        own->dc = unroll_arena_take(arena, panels * own->batch_block, sizeof(real));
    }
    own->stream_gates = unroll_arena_take(arena, slots * own->batch_block, sizeof(real));
    for (int i = 0; i < 2; i++) {
        own->stream_h[i] = unroll_arena_take(arena, panels * own->batch_block, sizeof(real));
        own->stream_c[i] =
            own->cell->states > 1 ? unroll_arena_take(arena, panels * own->batch_block, sizeof(real)) : NULL;
    }
    if (arena->base == NULL)
        return;
    layer->output = (unroll_matrix){own->h + own->batch_block, own->state_block, own->hidden};
    layer->d_output = (unroll_matrix){own->dh + own->batch_block, own->state_block, own->hidden};
    layer->stream_output = (unroll_matrix){own->stream_h[0], own->batch_block, own->hidden};
}

static int recurrent_weights(const unroll_layer *layer)
{
    return layer->two_biases ? 4 : 3;
}

static void recurrent_weight(const unroll_layer *layer, int index, unroll_weight *out)
{
    static const char *const names[] = {"rnn.weight_ih_l", "rnn.weight_hh_l", "rnn.bias_ih_l", "rnn.bias_hh_l"};
    const unroll_recurrent *own = layer->own;
    size_t length = strlen(names[index]);
    memcpy(out->name, names[index], length);
    out->name[length] = (char)('0' + layer->index / 10);
    out->name[length + (layer->index >= 10)] = (char)('0' + layer->index % 10);
    out->name[length + (layer->index >= 10) + 1] = '\0';
    out->rows = own->gates * own->hidden;
    out->columns = index == 0 ? layer->inputs : index == 1 ? own->hidden : 0;
}

static size_t recurrent_locate(const unroll_layer *layer, int index, int row, int column)
{
    const unroll_recurrent *own = layer->own;
    int unit = row % own->hidden, gate = 0;
    int block;
    while (own->cell->torch[gate] != row / own->hidden)
        gate++;
    if (own->cell->split && index % 2 == 1)
        gate = (gate + own->gates - 1) % own->gates; /* the recurrent side keeps gate 0 last */
    block = unit / UNROLL_LANES * own->gates + gate;
    if (index >= 2)
        return (index == 2 ? own->b_ih : own->b_hh) + (size_t)(block * UNROLL_LANES + unit % UNROLL_LANES);
    return (index == 0 ? own->w_ih : own->w_hh) + (size_t)(unit % UNROLL_LANES) +
           unroll_weight_place(own->panels * own->gates, own->width, index == 0 ? layer->inputs : own->hidden, block, column);
}

/* "pytorch": everything uniform in 1 / sqrt(H). The others: Glorot and Bengio's uniform (2010) for the input weights, the
   named form for the recurrent ones (orthogonal: Saxe et al., 2014; identity: Le, Jaitly, Hinton, 2015), biases zero. */
static unroll_status recurrent_init(unroll_layer *layer, const unroll_settings *settings, uint64_t seed,
                                    int first_stream)
{
    const unroll_recurrent *own = layer->own;
    const char *init = unroll_text(settings, "init");
    if (strcmp(init, "pytorch") == 0) {
        for (int i = 0; i < recurrent_weights(layer); i++)
            unroll_init_uniform(layer, i, seed, first_stream + i, 1.0 / sqrt((double)own->hidden));
    } else {
        unroll_init_uniform(layer, 0, seed, first_stream, sqrt(6.0 / ((double)layer->inputs + own->hidden)));
        if (strcmp(init, "glorot") == 0)
            unroll_init_uniform(layer, 1, seed, first_stream + 1, sqrt(6.0 / (2.0 * own->hidden)));
        else
            UNROLL_TRY(unroll_init_blocks(layer, 1, seed, first_stream + 1, own->hidden,
                                          strcmp(init, "identity") == 0 ? UNROLL_INIT_IDENTITY : UNROLL_INIT_ORTHOGONAL));
    }
    for (int gate = 0; own->cell->bias != NULL && gate < own->gates; gate++)
        for (int unit = 0; unit < own->hidden; unit++)
            layer->w[recurrent_locate(layer, 2, own->cell->torch[gate] * own->hidden + unit, 0)] +=
                (real)own->cell->bias(settings, gate);
    return unroll_ok();
}

static void refresh_biases(unroll_layer *layer)
{
    unroll_recurrent *own = layer->own;
    int lanes = own->gates * UNROLL_LANES;
    for (int i = 0; i < own->panels * lanes; i++) {
        int panel = i / lanes, gate = i % lanes / UNROLL_LANES, lane = i % UNROLL_LANES;
        real own_bias = layer->w[own->b_ih + (size_t)i], other = 0;
        if (layer->two_biases && !own->cell->split)
            other = layer->w[own->b_hh + (size_t)i];
        if (layer->two_biases && own->cell->split && gate > 0)
            other = layer->w[own->b_hh + (size_t)((panel * own->gates + gate - 1) * UNROLL_LANES + lane)];
        own->bias_input[i] = own_bias + other;
        own->bias_recurrent[i] = layer->two_biases ? layer->w[own->b_hh + (size_t)i] : 0;
    }
}

static void recurrent_refresh(unroll_layer *layer, const unroll_team *team)
{
    unroll_recurrent *own = layer->own;
    int blocks = own->panels * own->gates;
    unroll_part groups = unroll_team_part(team, (blocks + own->width - 1) / own->width);
    unroll_part part = {groups.begin * own->width, groups.end * own->width < blocks ? groups.end * own->width : blocks};
    if (team->rank == 0)
        refresh_biases(layer);
    own->engine->transpose(layer->w + own->w_hh, blocks, part.begin, part.end, own->width, own->hidden, own->w_hh_t);
    if (own->w_ih_t != NULL)
        own->engine->transpose(layer->w + own->w_ih, blocks, part.begin, part.end, own->width, layer->inputs, own->w_ih_t);
}

static void recurrent_shrink(unroll_layer *layer)
{
    unroll_recurrent *own = layer->own;
    if (own->form == UNROLL_FLOAT)
        return;
    if (!layer->symbols)
        unroll_small_make(&own->small_ih, layer->w + own->w_ih, own->width);
    unroll_small_make(&own->small_hh, layer->w + own->w_hh, own->width);
}

static void recurrent_reset(unroll_layer *layer)
{
    unroll_recurrent *own = layer->own;
    size_t bytes = (size_t)own->panels * own->batch_block * sizeof(real);
    for (int i = 0; i < 2; i++) {
        memset(own->stream_h[i], 0, bytes);
        if (own->stream_c[i] != NULL)
            memset(own->stream_c[i], 0, bytes);
    }
}

static unroll_matrix recurrent_states(unroll_layer *layer, int state)
{
    unroll_recurrent *own = layer->own;
    return (unroll_matrix){state == 0 ? own->h : own->c, own->state_block, own->hidden};
}

static unroll_matrix recurrent_stream_states(unroll_layer *layer, int state)
{
    unroll_recurrent *own = layer->own;
    real *at = state == 0 ? own->stream_h[own->stream_now] : own->stream_c[own->stream_now];
    return (unroll_matrix){at, own->batch_block, own->hidden};
}

const unroll_layer_kind unroll_recurrent_layer = {
    .name = "recurrent",
    .reals = recurrent_reals,
    .take = recurrent_take,
    .weights = recurrent_weights,
    .weight = recurrent_weight,
    .locate = recurrent_locate,
    .init = recurrent_init,
    .refresh = recurrent_refresh,
    .forward = unroll_recurrent_forward,
    .backward = unroll_recurrent_backward,
    .shrink = recurrent_shrink,
    .step = unroll_recurrent_step,
    .reset = recurrent_reset,
    .states = recurrent_states,
    .stream_states = recurrent_stream_states,
};
