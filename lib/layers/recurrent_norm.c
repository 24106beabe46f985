/* Layer norm inside the recurrent layer (Ba, Kiros, Hinton, 2016, equations 20 to 22, and the GRU of its supplement). At each
   step the input's product and the recurrent one are normed by themselves, over all gates of a row; the gate whose recurrent
   part stays apart is normed apart from the others, on both sides. Each norm has a weight; its bias is the layer's. A cell may
   ask for the norm of a state, too, with a weight and a bias of its own.

   A product lies in places of its own on the tape. Its norm, without weight and bias, takes its place, for backward, whose
   gradient of the product takes that place in turn. Then the norm is gone, so that what it adds to the gradient of its weight is
   summed before, for a few sequences together: whichever thread has them, the sums and their order are the same. */
#include <string.h>

#include "layers/recurrent.h"

typedef unroll_recurrent_node recurrent_node;

static const real epsilon = (real)1e-5; /* that of PyTorch's layer norm */

enum { STATE = 2 }; /* after the two sides, in unroll_tape.inverse */

/* blocks of a panel in a side's product */
static int blocks_of(const unroll_recurrent *own, int side)
{
    return side == 0 ? own->shape.gates : own->shape.recurrent;
}

/* How many norms a side has: of the gates together, and of the one that stays apart. */
static int norms_of(const unroll_recurrent *own)
{
    return 1 + own->shape.apart;
}

/* ---- the table's ---- */

size_t unroll_recurrent_norm_reals(unroll_recurrent *own, size_t from)
{
    size_t panel = (size_t)own->panels * UNROLL_LANES;
    own->norm_side[0] = from;
    own->norm_side[1] = own->norm_side[0] + (own->norm ? panel * (size_t)own->shape.gates : 0);
    own->norm_state = own->norm_side[1] + (own->norm ? panel * (size_t)own->shape.recurrent : 0);
    return own->norm_state + (own->normed > 0 ? 2 * panel : 0);
}

/* ones where there are units */
static void set_ones(const unroll_recurrent *own, real *weight, int blocks)
{
    for (int n = 0; n < own->panels * blocks; n++)
        for (int lane = 0; lane < UNROLL_LANES; lane++)
            weight[n * UNROLL_LANES + lane] = n / blocks * UNROLL_LANES + lane < own->hidden;
}

void unroll_recurrent_norm_init(unroll_layer *layer)
{
    const unroll_recurrent *own = layer->own;
    for (int side = 0; side < 2; side++)
        set_ones(own, layer->w + own->norm_side[side], blocks_of(own, side));
    if (own->normed > 0)
        set_ones(own, layer->w + own->norm_state, 1);
}

void unroll_recurrent_norm_take(unroll_recurrent *own, unroll_arena *arena)
{
    for (int side = 0; side < 2; side++)
        own->norm_bias[side] =
            unroll_arena_take(arena, (size_t)(own->panels * blocks_of(own, side) * UNROLL_LANES), sizeof(real));
}

void unroll_recurrent_norm_take_tape(const unroll_recurrent *own, unroll_arena *arena, unroll_tape *tape, size_t rows)
{
    int kept = own->shape.gates + own->shape.apart, place = kept + own->shape.kept;
    for (int side = 0; side < 2; place += blocks_of(own, side++)) {
        tape->side[side] = unroll_recurrent_places(own, arena, tape->all, place, blocks_of(own, side));
        for (int i = 0; rows > 0 && i < norms_of(own); i++)
            tape->inverse[side][i] = unroll_arena_take(arena, rows * UNROLL_LANES, sizeof(real));
    }
    if (own->normed == 0)
        return;
    tape->state[0] = unroll_recurrent_places(own, arena, tape->all, kept, 1);
    tape->state[1] = unroll_recurrent_places(own, arena, tape->all, place, 1);
    if (rows > 0)
        tape->inverse[STATE][0] = unroll_arena_take(arena, rows * UNROLL_LANES, sizeof(real));
}

/* ---- norms ---- */

static real *inverse_at(real *inverse, int row)
{
    return inverse != NULL ? inverse + (size_t)row * UNROLL_LANES : NULL;
}

/* a matrix's rows from `row` on, its blocks from block `first` on */
static unroll_matrix part_of(unroll_matrix m, int first, int row)
{
    m.at += first;
    return unroll_matrix_from(m, row);
}

/* Of a side's norms, 0 is that of the gates together, 1 of the one that stays apart: in a panel the first block of the input's
   side and the last of the recurrent one. This is the first block of the i-th. */
static int first_block(const unroll_recurrent *own, int side, int i)
{
    const int first[2][2] = {{own->shape.apart, 0}, {0, own->shape.recurrent - 1}};
    return first[side][i];
}

/* the i-th norm of a side, of some rows of a tape */
static unroll_norm norm_of(const unroll_layer *layer, const unroll_tape *tape, int side, int i, int row, int rows)
{
    const unroll_recurrent *own = layer->own;
    int blocks = blocks_of(own, side), first = first_block(own, side, i);
    unroll_norm p = {.rows = rows,
                     .units = own->hidden,
                     .gates = i == 0 ? blocks - own->shape.apart : 1,
                     .next = blocks,
                     .weight = layer->w + own->norm_side[side] + (size_t)first * UNROLL_LANES,
                     .bias = side == 0 || i == 1 ? own->norm_bias[side] + (size_t)first * UNROLL_LANES : NULL,
                     .epsilon = epsilon};
    p.x = part_of(tape->side[side], first, row);
    p.y = part_of(tape->gates[side], first, row);
    p.kept = inverse_at(tape->inverse[side][i], row);
    if (p.kept != NULL)
        p.normal = p.x;
    return p;
}

/* the norms of a side */
static void norm_side(const unroll_layer *layer, const unroll_tape *tape, int side, int row, int rows)
{
    const unroll_recurrent *own = layer->own;
    for (int i = 0; i < norms_of(own); i++) {
        unroll_norm p = norm_of(layer, tape, side, i, row, rows);
        if (p.gates > 0)
            own->engine->norm(&p);
    }
}

void unroll_recurrent_norm_input(const unroll_layer *layer, const unroll_tape *tape, int row, int rows)
{
    norm_side(layer, tape, 0, row, rows);
}

void unroll_recurrent_norm_recurrent(const unroll_walk *walk, const unroll_run *r)
{
    norm_side(walk->layer, walk->tape, 1, r->row, r->count);
}

static unroll_norm norm_of_state(const unroll_layer *layer, const unroll_tape *tape, int row, int rows)
{
    const unroll_recurrent *own = layer->own;
    const real *weight = layer->w + own->norm_state;
    return (unroll_norm){.rows = rows,
                         .units = own->hidden,
                         .gates = 1,
                         .next = 1,
                         .weight = weight,
                         .bias = weight + (size_t)own->panels * UNROLL_LANES,
                         .epsilon = epsilon,
                         .y = part_of(tape->state[0], 0, row),
                         .normal = part_of(tape->state[1], 0, row),
                         .kept = inverse_at(tape->inverse[STATE][0], row)};
}

void unroll_recurrent_norm_state(const unroll_walk *walk, const unroll_run *r)
{
    const unroll_recurrent *own = walk->layer->own;
    unroll_norm p = norm_of_state(walk->layer, walk->tape, r->row, r->count);
    p.x = unroll_matrix_from(walk->now[own->normed], r->after);
    own->engine->norm(&p);
}

/* ---- gradients ---- */

void unroll_recurrent_norm_state_back(const unroll_node *node, const unroll_run *r)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    unroll_norm p = norm_of_state(node->layer, &mine->tape, r->row, r->count);
    own->engine->norm_back(&p, p.y, unroll_matrix_from(mine->d_state[own->normed], r->sequence), true);
}

void unroll_recurrent_norm_back(const unroll_node *node, const unroll_run *r)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    for (int side = 0; side < 2; side++)
        for (int i = 0; i < norms_of(own); i++) {
            unroll_norm p = norm_of(node->layer, &mine->tape, side, i, r->row, r->count);
            if (p.gates == 0)
                continue;
            p.products = part_of(mine->norm_products[side], first_block(own, side, i), 0);
            p.first = r->sequence;
            own->engine->norm_back(&p, p.y, p.x, false);
        }
}

void unroll_recurrent_norm_state_gradient(const unroll_node *node, unroll_part panels, int row, int rows)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    unroll_norm p = norm_of_state(node->layer, &mine->tape, row, rows);
    real *weight = node->g + own->norm_state;
    own->engine->norm_weights(&p, p.y, panels.begin, panels.end, weight, weight + (size_t)own->panels * UNROLL_LANES);
}

void unroll_recurrent_norm_gradient(const unroll_node *node, unroll_part panels)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    for (int side = 0; side < 2; side++) {
        int first = panels.begin * blocks_of(own, side);
        own->engine->column_sums(mine->norm_products[side].at + first, 0, unroll_recurrent_norm_groups(node->set->size), panels.end * blocks_of(own, side) - first,
                                 node->g + own->norm_side[side] + (size_t)first * UNROLL_LANES);
    }
}
