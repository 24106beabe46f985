/* What recurrent products are of where it is not the state itself: the state with some of its units dropped (Gal and
   Ghahramani, 2016: A theoretically grounded application of dropout in recurrent neural networks), and what the cell makes of
   it for the late gates. */
#include "layers/recurrent_runs.h"

typedef unroll_recurrent_node recurrent_node;

enum { STATE_MASK = 1 << 16 }; /* which draw it is: those of cells (cells/draw.h) have smaller numbers, other masks larger ones */

/* 0, or what makes up for the units that are dropped; the same at all steps */
void unroll_operand_draw(const unroll_node *node, const unroll_pass *pass, unroll_part sequences)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    unroll_cell_place at = place_in_pass(node->layer, pass);
    unroll_mask mask = {.key = {at.key[0], at.key[1]},
                        .rows = sequences.end - sequences.begin,
                        .end = own->panels,
                        .which = STATE_MASK,
                        .sequence = node->set->order + sequences.begin,
                        .share = own->dropped,
                        .other = (real)UNROLL_MASK_SHARES / (real)(UNROLL_MASK_SHARES - own->dropped),
                        .to = mine->mask.at,
                        .to_next = 1,
                        .from = mine->mask.from + (size_t)sequences.begin * UNROLL_LANES};
    if (is_masked(node, pass) && mask.rows > 0)
        own->engine->mask(&mask);
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
