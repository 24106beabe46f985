/* What recurrent products are of where it is not the state itself: the state with some of its units dropped (Gal and
   Ghahramani, 2016: A theoretically grounded application of dropout in recurrent neural networks), and what the cell makes of
   it for the late gates. */
#include <math.h>

#include "layers/recurrent_runs.h"

typedef unroll_recurrent_node recurrent_node;

enum {
    SHARES = 65536,         /* a chance is so many parts of it: 16 random bits a unit */
    DRAW_OF_STATE = 1 << 16 /* which draw it is; those of cells (cells/draw.h) have small numbers */
};

uint32_t unroll_recurrent_share(double chance)
{
    return (uint32_t)lrint(chance * SHARES);
}

/* the masks of one sequence: 0, or what makes up for the units that are dropped */
static void draw_sequence(const unroll_node *node, const unroll_cell_place *at, int s)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    const real kept = (real)SHARES / (real)(SHARES - own->dropped);
    for (int panel = 0; panel < own->panels; panel++) {
        real *mask = unroll_matrix_row(mine->mask, panel, s);
        for (uint32_t half = 0; half < 2; half++) {
            const uint32_t counter[4] = {2 * (uint32_t)panel + half, (uint32_t)node->set->order[s], 0, DRAW_OF_STATE};
            uint32_t words[4];
            unroll_philox(counter, at->key, words);
            for (int i = 0; i < 8; i++)
                mask[8 * half + i] = (words[i / 2] >> (i % 2 * 16) & 0xffffu) < own->dropped ? 0 : kept;
        }
    }
}

void unroll_operand_draw(const unroll_node *node, const unroll_pass *pass, unroll_part sequences)
{
    unroll_cell_place at = place_in_pass(node->layer, pass);
    for (int s = sequences.begin; is_masked(node, pass) && s < sequences.end; s++)
        draw_sequence(node, &at, s);
}

void unroll_operand_mask(const unroll_recurrent *own, const unroll_run *r, unroll_matrix mask, unroll_matrix x, int x_row,
                         unroll_matrix out, int row, bool adds)
{
    for (int panel = 0; panel < own->panels; panel++)
        own->engine->multiply(unroll_matrix_row(x, panel, x_row), unroll_matrix_row(mask, panel, r->sequence),
                              unroll_matrix_row(out, panel, row), adds, (size_t)r->count * UNROLL_LANES);
}

/* the late gates' product back: the gradient of the operand of a run, in rows of its sequences */
static void late_product(const unroll_node *node, const unroll_run *r)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    unroll_product p = {.rows = r->count,
                        .k = own->panels * own->shape.late * UNROLL_LANES,
                        .blocks = own->panels,
                        .width = 4,
                        .a = mine->tape.side[UNROLL_LATE_SIDE].at,
                        .a_from = (size_t)r->row * UNROLL_LANES,
                        .b = own->w_late_t,
                        .c = mine->d_operand.at,
                        .c_from = (size_t)r->sequence * UNROLL_LANES,
                        .start = own->zero,
                        .after = own->beyond_cache ? own->w_late_t : NULL,
                        .chained = own->single && own->panels <= CHAINED_BLOCKS};
    own->engine->product(&p);
}

void unroll_late_backward(const unroll_node *node, const unroll_run *r, unroll_cell_gradient *cell, unroll_cell_place *at,
                          bool masked, bool cut)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    if (r->count == 0)
        return;
    late_product(node, r);
    if (masked)
        unroll_operand_mask(own, r, mine->mask, mine->d_operand, r->sequence, mine->d_operand, r->sequence, false);
    cell->rows = r->count;
    at->sequence = node->set->order + r->sequence;
    for (int panel = 0; panel < own->panels; panel++) {
        set_panel(node, panel, r, cell);
        at->unit = panel * UNROLL_LANES;
        cell->d_operand = unroll_matrix_row(mine->d_operand, panel, r->sequence);
        cell->d_old = cut ? NULL : unroll_matrix_row(mine->d_state[0], panel, r->before);
        own->cell->operand_gradient(cell);
    }
}
