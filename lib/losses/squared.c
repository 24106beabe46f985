/* Squared error, (y - target)^2. */
#include "losses/loss.h"
#include "losses/masked.h"

static void squared_rows(unroll_loss_rows *l)
{
    vec zero = vec_set1(0), half = vec_set1((real)0.5);
    double loss = 0.0;
    for (int r = 0; r < l->rows; r++) {
        vec sum = zero, count = zero;
        for (int n = 0; n < unroll_blocks(l->outputs); n++) {
            vec raw = vec_load(unroll_matrix_row(l->goal, n, r)), is = one_where_target(raw);
            vec difference = vec_select(vec_less(half, is), vec_sub(vec_load(unroll_matrix_row(l->y, n, r)), raw), zero);
            sum = vec_fma(difference, difference, sum);
            count = vec_add(count, is);
            if (l->dy.at != NULL)
                vec_store(unroll_matrix_row(l->dy, n, r), vec_mul(difference, vec_set1(2 * l->weight)));
        }
        loss += (double)vec_sum(sum);
        l->targets += (int64_t)vec_sum(count);
    }
    l->loss = loss;
}

extern const unroll_loss UNROLL_LOSS(squared);
const unroll_loss UNROLL_LOSS(squared) = {
    .name = "squared",
    .title = "squared error",
    .rows = squared_rows,
};
