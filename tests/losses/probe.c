/* A loss that only the tests have: the square of a difference and a half more of it, 1.5 (y - target)^2. tests/readme.sh adds
   it to a copy of the tree under a name of its own. */
#include "losses/loss.h"
#include "losses/masked.h"

static void probe_rows(unroll_loss_rows *l)
{
    double loss = 0.0;
    for (int r = 0; r < l->rows; r++) {
        vec sum = vec_set1(0), count = vec_set1(0);
        for (int n = 0; n < unroll_blocks(l->outputs); n++) {
            vec raw = vec_load(unroll_matrix_row(l->goal, n, r)), is = one_where_target(raw);
            vec difference = vec_select(vec_less(vec_set1((real)0.5), is), vec_sub(vec_load(unroll_matrix_row(l->y, n, r)), raw), vec_set1(0));
            sum = vec_fma(difference, vec_mul(difference, vec_set1((real)1.5)), sum);
            count = vec_add(count, is);
            if (l->dy.at != NULL)
                vec_store(unroll_matrix_row(l->dy, n, r), vec_mul(difference, vec_set1(3 * l->weight)));
        }
        loss += (double)vec_sum(sum);
        l->targets += (int64_t)vec_sum(count);
    }
    l->loss = loss;
}

extern const unroll_loss UNROLL_LOSS(probe);
const unroll_loss UNROLL_LOSS(probe) = {
    .name = "probe",
    .title = "squared error and half of it",
    .rows = probe_rows,
};
