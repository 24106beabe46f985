/* The recurrent layer one step at a time, with carried states: streaming. */
#include <string.h>

#include "layers/recurrent.h"

typedef unroll_recurrent_node recurrent_node;

/* input and recurrent weights of so many bytes may not stay in the second-level cache from one streaming step to the next */
enum { STREAMING_BYTES = 1048576 };

/* Panels that a streaming step takes at a time, through both products: all of them, or, of large weights, the `few` that
   are asked for, so that what the cache holds of both sides from the step before is read first. */
static int streaming_panels(const unroll_recurrent *own, int few)
{
    size_t input = own->symbols ? 1 : (size_t)own->inputs; /* rows of the weights that are read */
    size_t weights = (size_t)own->shape.recurrent * (size_t)own->head_units + (size_t)own->shape.gates * input;
    size_t bytes = weights * (size_t)own->hidden * sizeof(real);
    return bytes < STREAMING_BYTES || few > own->panels ? own->panels : few;
}

/* The panels of a streaming step, `together` at a time: from the first on and, at every other step, from the last. */
static unroll_part first_piece(const unroll_recurrent *own, const recurrent_node *mine, int together)
{
    int first = mine->stream_now == 1 ? (own->panels - 1) / together * together : 0;
    return (unroll_part){first, first + together < own->panels ? first + together : own->panels};
}

/* false: there is no other */
static bool next_piece(const unroll_recurrent *own, const recurrent_node *mine, int together, unroll_part *piece)
{
    piece->begin += mine->stream_now == 1 ? -together : together;
    piece->end = piece->begin + together < own->panels ? piece->begin + together : own->panels;
    return piece->begin >= 0 && piece->begin < own->panels;
}

static void float_step(unroll_walk *walk, const unroll_node *node, const unroll_run *r)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    int together = own->one_owner ? own->panels : r->count > 2 ? own->together : streaming_panels(own, 4 * own->together);
    unroll_part piece = first_piece(own, mine, together);
    do {
        unroll_recurrent_input(node->layer, piece, node->source[0]->stream, node->source[0]->stream_symbol, 0, r->count,
                               &mine->stream_tape);
        walk->panels = piece;
        unroll_walk_step(walk, r, false);
    } while (next_piece(own, mine, together, &piece));
}

/* one side's product of one row, of some blocks of the panels from `panel` on: side 0 the input's gates, 1 the recurrent ones */
static void packed_product(const unroll_recurrent *own, const recurrent_node *mine, const unroll_packed *packed, int row, int side,
                           int panel, unroll_part blocks)
{
    int first = panel * (side == UNROLL_INPUT_SIDE ? own->shape.gates : own->shape.recurrent);
    own->engine->packed_product(packed, blocks.begin, blocks.end, mine->stream_tape.side[side].at + first,
                                (size_t)row * UNROLL_LANES, own->start[side] != NULL ? own->start[side] + first : NULL);
}

/* the recurrent products of some panels, head by head */
static void packed_recurrent(const unroll_recurrent *own, const recurrent_node *mine, int row, unroll_part panels)
{
    int gates = own->shape.recurrent;
    for (int head = 0; gates > 0 && head < own->heads; head++) {
        int first = head * own->head_panels;
        unroll_part part = unroll_recurrent_in_head(own, panels, head);
        if (part.end > part.begin)
            packed_product(own, mine, own->packed_hh[head], row, 1, first,
                           (unroll_part){(part.begin - first) * gates, (part.end - first) * gates});
    }
}

/* the products of one row of a streaming step with packed weights */
static void packed_products(const unroll_walk *walk, const unroll_node *node, int row)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    /* the blocks of so many panels are whole groups of packed weights, whatever a panel has of them; a piece is whole groups of
       a head's */
    int together = own->heads > 1 ? own->panels : streaming_panels(own, UNROLL_PACKED_GROUP), gates = own->shape.gates;
    unroll_part piece = first_piece(own, mine, together);
    for (int head = 0; own->shape.recurrent > 0 && head < own->heads; head++)
        own->engine->pack_row(own->packed_hh[head], walk->old[0], head * own->head_panels, row);
    if (!own->symbols)
        own->engine->pack_row(own->packed_ih, node->source[0]->stream, 0, row);
    do {
        if (!own->symbols)
            packed_product(own, mine, own->packed_ih, row, 0, 0, (unroll_part){piece.begin * gates, piece.end * gates});
        packed_recurrent(own, mine, row, piece);
    } while (next_piece(own, mine, together, &piece));
}

/* the late products, of what the cell makes of all the others */
static void packed_late(unroll_walk *walk, const unroll_node *node, const unroll_run *r)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    unroll_walk_operand(walk, r);
    for (int row = 0; row < r->count; row++) {
        own->engine->pack_row(own->packed_late, mine->stream_tape.operand, 0, row);
        packed_product(own, mine, own->packed_late, row, UNROLL_LATE_SIDE, 0, (unroll_part){0, own->panels * own->shape.late});
    }
}

static void packed_step(unroll_walk *walk, const unroll_node *node, const unroll_run *r)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    if (own->symbols)
        unroll_recurrent_input(node->layer, (unroll_part){0, own->panels}, node->source[0]->stream, node->source[0]->stream_symbol,
                               0, r->count, &mine->stream_tape);
    for (int row = 0; row < r->count; row++)
        packed_products(walk, node, row);
    if (own->shape.late > 0)
        packed_late(walk, node, r);
    if (own->norm && !own->symbols)
        unroll_recurrent_norm_input(node->layer, &mine->stream_tape, 0, r->count);
    unroll_walk_cells(walk, r, 0, own->panels);
}

void unroll_recurrent_step(unroll_node *node, int rows)
{
    const unroll_recurrent *own = node->layer->own;
    recurrent_node *mine = node->own;
    unroll_walk *walk = &mine->stream_walk[mine->stream_now];
    unroll_run r = {.count = rows};
    if (own->form != UNROLL_FLOAT)
        packed_step(walk, node, &r);
    else
        float_step(walk, node, &r);
    node->stream = walk->now[0];
    mine->stream_now = 1 - mine->stream_now;
}
