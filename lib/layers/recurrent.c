/* The recurrent layer: its sizes, its memory, the other forms of its weights, its table. recurrent_weights.c names its weights,
   recurrent_state.c keeps its states, recurrent_view.c shows them; recurrent_pass.c, recurrent_operand.c, recurrent_gradient.c
   and recurrent_step.c compute, recurrent_norm.c with layer norm, recurrent_regulariser.c with a regulariser. */
#include "layers/recurrent.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* recurrent weights of so many bytes fill the second-level cache of some processors */
enum { CACHE_BYTES = 262144 };

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

static unroll_form form_of(const unroll_settings *settings)
{
    const char *name = unroll_text(settings, "weights");
    return strcmp(name, "bf16") == 0 ? UNROLL_BF16 : strcmp(name, "int8") == 0 ? UNROLL_INT8 : UNROLL_FLOAT;
}

static void set_sizes(unroll_recurrent *own, const unroll_settings *settings)
{
    const unroll_cell_shape *shape = &own->shape;
    int input = shape->gates, recurrent = shape->recurrent;
    bool plain = shape->apart == 0 && shape->kept == 0 && (recurrent == input || recurrent == 0) && shape->heads == 1;
    const int blocks[UNROLL_SIDES] = {input, recurrent, shape->late};
    own->panels = unroll_blocks(own->hidden);
    own->heads = shape->heads;
    own->head_panels = own->panels / own->heads;
    own->head_units = own->hidden / own->heads;
    own->slots = input + shape->apart + shape->kept + (own->norm ? input + recurrent : 0) + (own->normed > 0);
    for (int side = 0; side < UNROLL_SIDES; side++) {
        int together;
        own->width[side] = group_width(blocks[side], plain || side == UNROLL_LATE_SIDE);
        together = panels_together(own->width[side], blocks[side]);
        own->together = together > own->together ? together : own->together;
    }
    own->beyond_cache = (size_t)recurrent * (size_t)own->hidden * (size_t)own->head_units * sizeof(real) >= CACHE_BYTES;
    own->bptt = (int)unroll_int(settings, "bptt");
    own->two_biases = strcmp(unroll_text(settings, "bias"), "two") == 0;
    own->single = unroll_int(settings, "batch") == 1;
    own->form = form_of(settings);
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
    UNROLL_TRY(unroll_cell_shape_check(own->cell->name, &own->shape));
    own->states = unroll_cell_states(own->cell);
    while (own->vectors < UNROLL_CELL_VECTORS && own->shape.vector[own->vectors] != NULL)
        own->vectors++;
    own->norm = o->norm;
    own->normed = o->norm ? own->shape.normed : 0;
    if (own->normed > 0 && own->shape.kept == 0)
        own->shape.kept = 1;
    own->whole_rows = own->cell->before != NULL || own->cell->after != NULL || own->norm;
    own->dropped = unroll_recurrent_share(o->drop_state);
    own->one_owner = own->whole_rows || own->shape.late > 0 || own->dropped > 0;
    own->hidden = o->hidden;
    own->level = o->level;
    own->backwards = o->backwards;
    own->symbols = layer->source[0]->symbols > 0;
    own->inputs = unroll_source_width(layer, 0);
    layer->columns = own->hidden;
    if (own->dropped > 0 && own->shape.recurrent + own->shape.late == 0)
        return unroll_error(UNROLL_WRONG, "drop_state=%g: no product of the cell %s sees the state", o->drop_state, own->cell->name);
    if (own->norm && (own->shape.recurrent == 0 || own->shape.late > 0))
        return unroll_error(UNROLL_WRONG, "norm=layer: the cell %s has %s", own->cell->name,
                            own->shape.late > 0 ? "a second product within a step, which is not normed"
                                                : "no recurrent product to be normed");
    if (own->shape.heads > 1 && own->hidden % (own->shape.heads * UNROLL_LANES) != 0)
        return unroll_error(UNROLL_WRONG, "hidden=%d does not part into heads=%d: it must be a multiple of 16 * heads, %lld",
                            own->hidden, own->shape.heads, (long long)own->shape.heads * UNROLL_LANES);
    if (own->hidden % own->shape.parts != 0)
        return unroll_error(UNROLL_WRONG,
                            "hidden=%d: a unit of the cell %s is %d of the layer's, so hidden must be a multiple of %d", own->hidden,
                            own->cell->name, own->shape.parts, own->shape.parts);
    set_sizes(own, settings);
    UNROLL_TRY(unroll_recurrent_open_masks(layer, o));
    UNROLL_TRY(unroll_recurrent_open_regulariser(layer));
    return layer->sources > 1 ? open_initial(layer) : unroll_ok();
}

static void recurrent_count(const unroll_layer *layer, unroll_counts *counts)
{
    const unroll_recurrent *own = layer->own;
    double hidden = own->hidden, gates = own->shape.gates;
    double more = own->slots - gates - own->shape.apart - own->shape.kept; /* places of the norm and of masks */
    double input = own->symbols ? 0.0 : gates * hidden * own->inputs;
    counts->sequential = (own->shape.recurrent + own->shape.late) * hidden * own->head_units;
    counts->products = counts->weight_products = input + counts->sequential;
    counts->source_products = counts->sequential + (layer->source[0]->trains ? input : 0.0);
    counts->elements = (gates + own->states) * hidden;
    counts->kept = (gates + own->states + 1 + more + (own->shape.late > 0) + (own->dropped > 0)) * hidden;
    if (layer->regularised) { /* the recurrent product back once more, and an outer product of what comes of it */
        counts->weight_products += counts->sequential;
        counts->source_products += counts->sequential;
        counts->kept += hidden;
    }
}

static void refresh_biases(unroll_layer *layer)
{
    unroll_recurrent *own = layer->own;
    const unroll_cell_shape *shape = &own->shape;
    real *input = own->norm ? own->norm_bias[0] : own->bias_input, *recurrent = own->norm ? own->norm_bias[1] : own->bias_recurrent;
    memcpy(input, layer->w + own->b_ih, (size_t)(own->panels * shape->gates * UNROLL_LANES) * sizeof(real));
    if (!own->two_biases)
        return;
    for (int panel = 0; panel < own->panels; panel++)
        for (int j = 0; j < shape->recurrent; j++) {
            const real *bias = layer->w + own->b_hh + (size_t)((panel * shape->recurrent + j) * UNROLL_LANES);
            real *sum = input + (size_t)((panel * shape->gates + shape->first + j) * UNROLL_LANES);
            memcpy(recurrent + (size_t)((panel * shape->recurrent + j) * UNROLL_LANES), bias,
                   UNROLL_LANES * sizeof(real));
            for (int lane = 0; shape->first + j < shape->gates && lane < UNROLL_LANES; lane++)
                sum[lane] += bias[lane];
        }
    for (int n = 0; n < own->panels * shape->late * UNROLL_LANES; n++) {
        int block = n / UNROLL_LANES, at = (block / shape->late * shape->gates + block % shape->late) * UNROLL_LANES;
        own->bias_input[at + n % UNROLL_LANES] += layer->w[own->b_late + (size_t)n];
    }
}

static void refresh_derived(unroll_layer *layer)
{
    unroll_recurrent *own = layer->own;
    for (int panel = 0; own->shape.derived > 0 && panel < own->panels; panel++) {
        const real *vector[UNROLL_CELL_VECTORS] = {NULL};
        real *derived[UNROLL_CELL_VECTORS] = {NULL};
        for (int v = 0; v < own->vectors; v++)
            vector[v] = unroll_recurrent_vector(own, layer->w, v, panel);
        for (int v = 0; v < own->shape.derived; v++)
            derived[v] = unroll_recurrent_derived(own, v, panel);
        own->cell->derive(vector, derived);
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
    if (team->rank == 0) {
        refresh_biases(layer);
        refresh_derived(layer);
    }
    for (int head = 0; own->w_hh_t != NULL && head < own->heads; head++)
        transpose(layer, team, unroll_recurrent_head_weights(own, head), own->head_units, own->head_panels * own->shape.recurrent,
                  own->width[1], own->w_hh_t + unroll_recurrent_head_transposed(own, head));
    if (own->w_late_t != NULL)
        transpose(layer, team, own->w_late, own->hidden, own->panels * own->shape.late, own->width[2], own->w_late_t);
    if (own->w_ih_t != NULL)
        transpose(layer, team, own->w_ih, own->inputs, own->panels * own->shape.gates, own->width[0], own->w_ih_t);
}

static void recurrent_refresh_stream(unroll_layer *layer)
{
    unroll_recurrent *own = layer->own;
    if (own->form == UNROLL_FLOAT)
        return;
    if (!own->symbols)
        own->engine->pack(own->packed_ih, layer->w + own->w_ih, own->width[0]);
    for (int head = 0; own->shape.recurrent > 0 && head < own->heads; head++)
        own->engine->pack(own->packed_hh[head], layer->w + unroll_recurrent_head_weights(own, head), own->width[1]);
    if (own->shape.late > 0)
        own->engine->pack(own->packed_late, layer->w + own->w_late, own->width[2]);
}

/* ---- memory ---- */

static unroll_packed *take_form(const unroll_recurrent *own, unroll_arena *arena, int k, int blocks)
{
    void *room = unroll_arena_take(arena, own->engine->packed_bytes(own->form, k, blocks), 1);
    return room != NULL ? own->engine->packed_open(room, own->form, k, blocks) : NULL;
}

static void take_packed(unroll_recurrent *own, unroll_arena *arena)
{
    if (!own->symbols)
        own->packed_ih = take_form(own, arena, own->inputs, own->panels * own->shape.gates);
    own->packed_hh = unroll_arena_take(arena, (size_t)own->heads, sizeof *own->packed_hh);
    for (int head = 0; own->shape.recurrent > 0 && head < own->heads; head++) {
        unroll_packed *packed = take_form(own, arena, own->head_units, own->head_panels * own->shape.recurrent);
        if (packed != NULL)
            own->packed_hh[head] = packed;
    }
    if (own->shape.late > 0)
        own->packed_late = take_form(own, arena, own->hidden, own->panels * own->shape.late);
}

/* what the recurrent product starts from: from the input's product on the tape, but for the gate that stays apart */
static const real **apart_starts(const unroll_recurrent *own, unroll_arena *arena)
{
    int gates = own->shape.recurrent;
    const real **start = unroll_take_starts(arena, own->bias_recurrent, 0, own->panels * gates);
    for (int n = 0; start != NULL && n < own->panels * gates; n++)
        if (n % gates < gates - own->shape.apart)
            start[n] = NULL;
    return start;
}

static void recurrent_take(unroll_layer *layer, unroll_arena *arena)
{
    unroll_recurrent *own = layer->own;
    size_t panels = (size_t)own->panels;
    size_t input = panels * (size_t)own->shape.gates * UNROLL_LANES, recurrent = panels * (size_t)own->shape.recurrent * UNROLL_LANES;
    own->bias_input = unroll_arena_take(arena, input, sizeof(real));
    own->bias_recurrent = unroll_arena_take(arena, recurrent, sizeof(real));
    if (recurrent > 0)
        own->w_hh_t = unroll_arena_take(arena, unroll_recurrent_head_transposed(own, own->heads), sizeof(real));
    if (own->shape.late > 0)
        own->w_late_t = unroll_arena_take(arena, panels * panels * (size_t)own->shape.late * UNROLL_LANES * UNROLL_LANES, sizeof(real));
    if (layer->source[0]->trains)
        own->w_ih_t = unroll_arena_take(arena, input * (size_t)unroll_blocks(own->inputs) * UNROLL_LANES, sizeof(real));
    own->derived = unroll_arena_take(arena, (size_t)own->shape.derived * panels * UNROLL_LANES, sizeof(real));
    own->start[0] = unroll_take_starts(arena, own->bias_input, 0, own->panels * own->shape.gates);
    if (own->norm)
        own->start[1] = unroll_take_starts(arena, NULL, 0, own->panels * own->shape.recurrent);
    else if (own->shape.apart > 0)
        own->start[1] = apart_starts(own, arena);
    if (own->norm)
        unroll_recurrent_norm_take(own, arena);
    own->zero = unroll_take_starts(arena, NULL, 0, unroll_blocks(own->inputs > own->hidden ? own->inputs : own->hidden));
    if (own->form != UNROLL_FLOAT)
        take_packed(own, arena);
}

unroll_matrix unroll_recurrent_places(const unroll_recurrent *own, unroll_arena *arena, unroll_matrix all, int first, int gates)
{
    int blocks = own->panels * gates;
    real **at = gates == own->slots ? NULL : unroll_arena_take(arena, (size_t)blocks, sizeof *at);
    for (int n = 0; at != NULL && n < blocks; n++)
        at[n] = all.at[n / gates * own->slots + first + n % gates];
    return (unroll_matrix){.at = gates == own->slots ? all.at : at, .columns = blocks * UNROLL_LANES};
}

static unroll_tape take_tape(const unroll_recurrent *own, unroll_arena *arena, size_t block_rows)
{
    unroll_tape tape = {.all = unroll_take_blocks(arena, own->panels * own->slots * UNROLL_LANES, block_rows)};
    tape.side[0] = unroll_recurrent_places(own, arena, tape.all, 0, own->shape.gates);
    if (own->shape.recurrent > 0)
        tape.side[1] = unroll_recurrent_places(own, arena, tape.all, own->shape.first, own->shape.recurrent);
    if (own->shape.late > 0) {
        tape.side[2] = unroll_recurrent_places(own, arena, tape.all, 0, own->shape.late);
        tape.operand = unroll_take_blocks(arena, own->hidden, block_rows);
    }
    memcpy(tape.gates, tape.side, sizeof tape.gates);
    return tape;
}

/* what masks and late products take beside the tape */
static void take_operands(recurrent_node *mine, const unroll_recurrent *own, unroll_arena *arena, size_t batch, size_t block_rows)
{
    if (own->dropped > 0) {
        mine->mask = unroll_take_blocks(arena, own->hidden, batch);
        mine->tape.seen = unroll_take_blocks(arena, own->hidden, block_rows);
    }
    if (own->dropped > 0 || own->shape.late > 0)
        mine->d_operand = unroll_take_blocks(arena, own->hidden, batch);
}

static void take_norm(unroll_node *node, unroll_arena *arena)
{
    const unroll_recurrent *own = node->layer->own;
    recurrent_node *mine = node->own;
    unroll_recurrent_norm_take_tape(own, arena, &mine->tape, (size_t)node->capacity);
    unroll_recurrent_norm_take_tape(own, arena, &mine->stream_tape, 0);
    for (int side = 0; side < 2; side++)
        mine->norm_products[side] = unroll_take_matrix(arena, mine->tape.side[side].columns,
                                                       (size_t)unroll_recurrent_norm_groups(node->batch), 0);
}

static void recurrent_take_node(unroll_node *node, unroll_arena *arena)
{
    static const unroll_team alone = {.size = 1};
    const unroll_recurrent *own = node->layer->own;
    recurrent_node *mine = node->own;
    size_t batch = (size_t)node->batch, rows = (size_t)node->capacity, streams = (size_t)node->streams;
    mine->first_row = own->backwards ? 0 : node->batch;
    mine->tape = take_tape(own, arena, unroll_row_stride(rows, batch));
    mine->stream_tape = take_tape(own, arena, streams);
    take_operands(mine, own, arena, batch, unroll_row_stride(rows, batch));
    if (own->norm)
        take_norm(node, arena);
    unroll_recurrent_take_masks(node, arena);
    if (node->layer->regularised)
        unroll_recurrent_take_regulariser(node, arena);
    for (int k = 0; k < own->states; k++) {
        mine->state[k] = unroll_take_matrix(arena, own->hidden, batch + rows, batch);
        mine->d_state[k] = k == 0 ? unroll_take_matrix(arena, own->hidden, batch + rows, batch)
                                  : unroll_take_blocks(arena, own->hidden, batch);
        for (int i = 0; i < 2; i++)
            mine->stream_state[i][k] = unroll_take_blocks(arena, own->hidden, streams);
    }
    node->output = unroll_matrix_from(mine->state[0], mine->first_row);
    node->d_output = unroll_matrix_from(mine->d_state[0], mine->first_row);
    node->stream = mine->stream_state[0][0];
    for (int i = 0; arena->base != NULL && i < 2; i++)
        unroll_walk_open(&mine->stream_walk[i], node->layer, (unroll_part){0, own->panels}, &mine->stream_tape,
                         mine->stream_state[i], mine->stream_state[1 - i], &(unroll_cell_place){.training = false}, &alone);
}

/* Of the settings' cell: read backwards, of reals and of symbols; on top of one from whose last states it starts; with masks: its
   state masked, where a product sees it; zoneout of the output; all sorts that it can have, alone and on top of one. Then three of
   them with layer norm. */
static unroll_status recurrent_example(unroll_graph *graph, int index, int reals, int symbols, int *out)
{
    enum { OF_SYMBOLS = 1, MASKED = 4, ZONEOUT = 5, ALL_MASKS = 6, ALL_ON_TOP = 7, NORMED = 8 };
    static const int normed[] = {0, 3, ALL_ON_TOP};
    int of = index < NORMED ? index : normed[index - NORMED], first;
    unroll_recurrent_options options = {.cell = unroll_text(graph->settings, "model"), .hidden = of % 2 == 0 ? 5 : 18,
                                        .backwards = true, .norm = index >= NORMED};
    const unroll_cell *cell = unroll_cell_find(options.cell);
    const unroll_cell_shape shape = unroll_cell_shape_of(cell, graph->settings);
    options.hidden += options.hidden % shape.parts;
    options.drop_state = of == MASKED && shape.recurrent > 0 ? 0.25 : 0;
    options.zoneout = of >= ZONEOUT && unroll_recurrent_takes_zoneout(cell) ? 0.3 : 0;
    options.zoneout_cell = of >= ALL_MASKS && unroll_recurrent_takes_zoneout_cell(cell) ? 0.2 : 0;
    options.drop_update = of >= ALL_MASKS && shape.drops ? 0.25 : 0;
    if (of <= OF_SYMBOLS)
        return unroll_add_recurrent(graph, "one", of == OF_SYMBOLS ? symbols : reals, -1, &options, out);
    if (of >= MASKED && of < ALL_ON_TOP)
        return unroll_add_recurrent(graph, "masked", reals, -1, &options, out);
    UNROLL_TRY(unroll_add_recurrent(graph, "first", reals, -1, &options, &first));
    options.backwards = of == 2;
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
    .reals = unroll_recurrent_reals,
    .weights = unroll_recurrent_weight_count,
    .weight = unroll_recurrent_weight,
    .locate = unroll_recurrent_locate,
    .init = unroll_recurrent_init,
    .take = recurrent_take,
    .take_node = recurrent_take_node,
    .refresh = recurrent_refresh,
    .refresh_stream = recurrent_refresh_stream,
    .forward = unroll_recurrent_forward,
    .backward = unroll_recurrent_backward,
    .regularised_rows = unroll_recurrent_regularised_rows,
    .regularise = unroll_recurrent_regularise,
    .step = unroll_recurrent_step,
    .streams = unroll_recurrent_streams,
    .states = unroll_recurrent_state_count,
    .state = unroll_recurrent_state,
    .start = unroll_recurrent_start,
    .end = unroll_recurrent_end,
    .reset = unroll_recurrent_reset,
    .enter = unroll_recurrent_enter,
    .save = unroll_recurrent_save,
    .load = unroll_recurrent_load,
    .reorder = unroll_recurrent_reorder,
    .views = unroll_recurrent_views,
    .view = unroll_recurrent_view,
    .keep = unroll_recurrent_keep,
    .look = unroll_recurrent_look,
    .examples = 11,
    .example = recurrent_example,
};

unroll_status unroll_add_recurrent(unroll_graph *graph, const char *name, int source, int initial,
                                   const unroll_recurrent_options *options, int *index)
{
    return unroll_graph_add(graph, &unroll_layer_recurrent, name, (int[]){source, initial}, initial < 0 ? 1 : 2, options, index);
}
