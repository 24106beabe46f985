/* classes.h: the exponentials of one row of logits, for losses over classes (inside lib/losses). */
#ifndef UNROLL_LOSSES_CLASSES_H
#define UNROLL_LOSSES_CLASSES_H

#include <stddef.h>

#include "simd/math.h"
#include "simd/set.h"

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

/* The largest logit of a row. `padding` is the last block's mask. */
static inline real largest_logit(unroll_matrix y, int row, int blocks, vec padding)
{
    vec most = vec_add(vec_load(unroll_matrix_row(y, blocks - 1, row)), padding);
    for (int n = 0; n < blocks - 1; n++)
        most = vec_max(most, vec_load(unroll_matrix_row(y, n, row)));
    return largest_lane(most);
}

/* The sum of all e^(y - peak) of a row, which are left in that of `e` where it is there; e may be y. */
static inline real exponentials(unroll_matrix y, int row, int blocks, vec padding, real peak, unroll_matrix e)
{
    vec sum = vec_set1(0);
    for (int n = 0; n < blocks; n++) {
        vec x = vec_load(unroll_matrix_row(y, n, row));
        vec each = vec_exp(vec_sub(n == blocks - 1 ? vec_add(x, padding) : x, vec_set1(peak)));
        sum = vec_add(sum, each);
        if (e.at != NULL)
            vec_store(unroll_matrix_row(e, n, row), each);
    }
    return vec_sum(sum);
}

static inline void scale_row(unroll_matrix x, int row, int blocks, real factor)
{
    for (int n = 0; n < blocks; n++)
        vec_store(unroll_matrix_row(x, n, row), vec_mul(vec_load(unroll_matrix_row(x, n, row)), vec_set1(factor)));
}

#endif
