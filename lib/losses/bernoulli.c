/* Cross-entropy of independent yes-or-no outputs, given as logits. */
#include "losses/loss.h"
#include "losses/masked.h"

/* log(1 + e^z) - z t = max(z, 0) - z t + log(1 + e^-|z|) */
static void bernoulli_rows(unroll_loss_rows *l)
{
    vec zero = vec_set1(0), half = vec_set1((real)0.5);
    double loss = 0.0;
    for (int r = 0; r < l->rows; r++) {
        vec sum = zero, count = zero, right = zero;
        for (int n = 0; n < unroll_blocks(l->outputs); n++) {
            vec z = vec_load(unroll_matrix_row(l->y, n, r)), raw = vec_load(unroll_matrix_row(l->goal, n, r)), is = one_where_target(raw);
            vec t = vec_select(vec_less(half, is), raw, zero), above = vec_max(zero, z);
            vec size = vec_sub(vec_add(above, above), z);
            vec each = vec_add(vec_fnma(z, t, above), vec_log_one_plus(vec_exp(vec_sub(zero, size))));
            vec sure = vec_select(vec_less(zero, z), vec_set1(1), zero), truth = vec_select(vec_less(half, t), vec_set1(1), zero);
            vec differ = vec_sub(sure, truth);
            sum = vec_fma(each, is, sum);
            count = vec_add(count, is);
            right = vec_fma(vec_fnma(differ, differ, vec_set1(1)), is, right);
            if (l->dy.at != NULL)
                vec_store(unroll_matrix_row(l->dy, n, r), vec_mul(vec_mul(vec_sub(vec_sigmoid(z), t), is), vec_set1(l->weight)));
        }
        loss += (double)vec_sum(sum);
        l->targets += (int64_t)vec_sum(count);
        l->hits += (int64_t)vec_sum(right);
    }
    l->loss = loss;
}

extern const unroll_loss UNROLL_LOSS(bernoulli);
const unroll_loss UNROLL_LOSS(bernoulli) = {
    .name = "bernoulli",
    .title = "cross-entropy of yes-or-no outputs",
    .rows = bernoulli_rows,
};
