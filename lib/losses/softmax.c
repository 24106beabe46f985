/* Cross-entropy over classes: -log softmax(y)[target]. */
#include "base/random.h"
#include "losses/loss.h"
#include "simd/math.h"

/* what is added to an output so that the lanes past the last one never count in a maximum or a sum of exponentials */
static inline vec padding_mask(int outputs, int block)
{
    real lanes[UNROLL_LANES];
    for (int i = 0; i < UNROLL_LANES; i++)
        lanes[i] = block * UNROLL_LANES + i < outputs ? (real)0 : (real)-1e30;
    return vec_load(lanes);
}

static inline real largest_lane(vec x)
{
    real lanes[UNROLL_LANES], largest;
    vec_store(lanes, x);
    largest = lanes[0];
    for (int i = 1; i < UNROLL_LANES; i++)
        largest = lanes[i] > largest ? lanes[i] : largest;
    return largest;
}

/* -log softmax(y)[target] = log sum exp(y - max) + max - y[target] */
static void softmax_rows(unroll_loss_rows *l)
{
    int blocks = unroll_blocks(l->outputs);
    vec padding = padding_mask(l->outputs, blocks - 1), zero = vec_set1(0);
    double loss = 0.0;
    for (int r = 0; r < l->rows; r++) {
        const real *row = l->y + (size_t)r * UNROLL_LANES;
        real *grad = l->dy == NULL ? NULL : l->dy + (size_t)r * UNROLL_LANES;
        vec most = vec_add(vec_load(row + (size_t)(blocks - 1) * l->block), padding), sum = zero;
        real peak, total, at_target;
        if (l->target[r] < 0) {
            for (int n = 0; grad != NULL && n < blocks; n++)
                vec_store(grad + (size_t)n * l->block, zero);
            continue;
        }
        for (int n = 0; n < blocks - 1; n++)
            most = vec_max(most, vec_load(row + (size_t)n * l->block));
        peak = largest_lane(most);
        for (int n = 0; n < blocks; n++) {
            vec x = vec_load(row + (size_t)n * l->block);
            vec e = vec_exp(vec_sub(n == blocks - 1 ? vec_add(x, padding) : x, vec_set1(peak)));
            sum = vec_add(sum, e);
            if (grad != NULL)
                vec_store(grad + (size_t)n * l->block, e);
        }
        total = vec_sum(sum);
        at_target = row[(size_t)(l->target[r] / UNROLL_LANES) * l->block + l->target[r] % UNROLL_LANES];
        loss += total > 0 ? unroll_log((double)total) + ((double)peak - (double)at_target) : (double)total / 0.0;
        l->hits += at_target >= peak;
        l->targets += 1;
        if (grad != NULL) {
            vec factor = vec_set1(l->weight / total);
            for (int n = 0; n < blocks; n++)
                vec_store(grad + (size_t)n * l->block, vec_mul(vec_load(grad + (size_t)n * l->block), factor));
            grad[(size_t)(l->target[r] / UNROLL_LANES) * l->block + l->target[r] % UNROLL_LANES] -= l->weight;
        }
    }
    l->loss = loss;
}

extern const unroll_loss UNROLL_LOSS(softmax);
const unroll_loss UNROLL_LOSS(softmax) = {
    .name = "softmax",
    .title = "cross-entropy over classes",
    .classes = true,
    .rows = softmax_rows,
};
