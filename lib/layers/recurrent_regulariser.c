/* The regulariser of the gradient's norm (Pascanu, Mikolov, Bengio, 2013: On the difficulty of training recurrent neural
   networks, section 3.3). With the gradient g_t = dE/dh_t of the loss with respect to the state after step t of a sequence, and
   b_t = g_t dh_t/dh_(t-1) = (g_t f'(a_t)) W_hh, which it brings to the state before, the loss grows by

       omega Omega,  Omega = mean over the steps of all sequences of (|b_t|^2 / |g_t|^2 - 1)^2,

   so that the gradient should neither vanish nor explode on its way back. Steps with |g_t|^2 below 1e-20 are left out: nothing
   reaches them whose norm could be kept. As in the paper, g_t and the states are constants, and only W_hh gets a gradient, the
   immediate one:

       omega dOmega/dW_hh = omega / steps sum over t of 4 (|b_t|^2 / |g_t|^2 - 1) / |g_t|^2 (g_t f'(a_t)) b_t^T.

   This is what the authors' program computes (github.com/pascanur/trainingRNNs, RNN.py, whose `alpha` is omega). It has squares
   of norms, where the paper's equation 9 has the norms themselves; states after the nonlinearity, where the paper has those
   before it; and the mean over the steps that count, where the paper has the sum. Beyond the program: each layer is regularised
   by itself, with all that reaches its states from above and from later steps, and the mean is over the whole batch; with
   bptt=, the step after a cut counts like any other. The loss that is reported is without the regulariser. */
#include "layers/recurrent_runs.h"

typedef unroll_recurrent_node recurrent_node;

static const double least_square = 1e-20; /* of a gradient that counts */

unroll_status unroll_recurrent_open_regulariser(unroll_layer *layer)
{
    const unroll_recurrent *own = layer->own;
    layer->regularised = own->shape.omega > 0;
    if (layer->regularised && (own->norm || own->dropped > 0 || own->zones))
        return unroll_error(UNROLL_WRONG,
                            "omega=%g regularises a plain recurrence: it goes with none of norm=layer, drop_state and zoneout",
                            own->shape.omega);
    return unroll_ok();
}

void unroll_recurrent_take_regulariser(unroll_node *node, unroll_arena *arena)
{
    const unroll_recurrent *own = node->layer->own;
    recurrent_node *mine = node->own;
    mine->brought = unroll_take_matrix(arena, own->hidden, (size_t)node->capacity, (size_t)node->batch);
    mine->squares = unroll_arena_take(arena, (size_t)node->capacity, sizeof *mine->squares);
}

/* In double, as the norm of a gradient that explodes has a square beyond a float; one chain a lane. */
static double row_square(unroll_matrix m, int row)
{
    double lanes[UNROLL_LANES] = {0}, sum = 0;
    for (int n = 0; n < unroll_blocks(m.columns); n++) {
        const real *x = unroll_matrix_row(m, n, row);
        for (int lane = 0; lane < UNROLL_LANES; lane++)
            lanes[lane] += (double)x[lane] * (double)x[lane];
    }
    for (int lane = 0; lane < UNROLL_LANES; lane++)
        sum += lanes[lane];
    return sum;
}

static void scale_row(unroll_matrix m, int row, double factor)
{
    for (int n = 0; n < unroll_blocks(m.columns); n++) {
        real *x = unroll_matrix_row(m, n, row);
        for (int lane = 0; lane < UNROLL_LANES; lane++)
            x[lane] = (real)(factor * (double)x[lane]);
    }
}

void unroll_recurrent_regularised_squares(const unroll_node *node, const unroll_team *team)
{
    const recurrent_node *mine = node->own;
    unroll_matrix gradient = unroll_matrix_from(mine->d_state[0], mine->first_row);
    unroll_part rows = unroll_team_part(team, node->set->total);
    for (int row = rows.begin; row < rows.end; row++)
        mine->squares[row] = row_square(gradient, row);
}

int unroll_recurrent_regularised_rows(const unroll_node *node)
{
    const recurrent_node *mine = node->own;
    int count = 0;
    for (int row = 0; row < node->set->total; row++)
        count += mine->squares[row] >= least_square;
    return count;
}

/* b_t of some rows, and what it is multiplied with in the gradient */
static void bring_back(const unroll_node *node, unroll_part rows, double weight)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    unroll_rows_product(own->engine, rows, mine->tape.side[UNROLL_STATE_SIDE], own->panels * UNROLL_LANES, own->w_hh_t,
                        mine->brought, rows.begin, own->zero);
    for (int row = rows.begin; row < rows.end; row++) {
        double square = mine->squares[row], ratio = row_square(mine->brought, row) / square;
        scale_row(mine->brought, row, square >= least_square ? 4 * weight * (ratio - 1) / square : 0);
    }
}

void unroll_recurrent_regularise(unroll_node *node, const unroll_pass *pass, int64_t rows)
{
    const unroll_recurrent *own = node->layer->own;
    const recurrent_node *mine = node->own;
    unroll_part part = unroll_team_part(pass->team, node->set->total);
    for (int row = part.begin; row < part.end; row += STRETCH_ROWS)
        bring_back(node, (unroll_part){row, row + STRETCH_ROWS < part.end ? row + STRETCH_ROWS : part.end},
                   own->shape.omega / (double)rows);
    unroll_team_wait(pass->team);
    unroll_recurrent_weight_gradient(node, pass->team, mine->brought, 0, 0, node->set->total);
}
