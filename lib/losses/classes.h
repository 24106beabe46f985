/* classes.h: the exponentials of one row of logits, for losses over classes (inside lib/losses). */
#ifndef UNROLL_LOSSES_CLASSES_H
#define UNROLL_LOSSES_CLASSES_H

#include <stddef.h>

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

/* The largest of `blocks` blocks of logits, between which `block` reals lie. `padding` is the last block's mask. */
static inline real largest_logit(const real *y, size_t block, int blocks, vec padding)
{
    vec most = vec_add(vec_load(y + (size_t)(blocks - 1) * block), padding);
    for (int n = 0; n < blocks - 1; n++)
        most = vec_max(most, vec_load(y + (size_t)n * block));
    return largest_lane(most);
}

/* The sum of all e^(y - peak), which are left in `e` where it is not NULL, laid out like y; e may be y. */
static inline real exponentials(const real *y, size_t block, int blocks, vec padding, real peak, real *e)
{
    vec sum = vec_set1(0);
    for (int n = 0; n < blocks; n++) {
        vec x = vec_load(y + (size_t)n * block);
        vec each = vec_exp(vec_sub(n == blocks - 1 ? vec_add(x, padding) : x, vec_set1(peak)));
        sum = vec_add(sum, each);
        if (e != NULL)
            vec_store(e + (size_t)n * block, each);
    }
    return vec_sum(sum);
}

static inline void scale_blocks(real *x, size_t block, int blocks, real factor)
{
    for (int n = 0; n < blocks; n++)
        vec_store(x + (size_t)n * block, vec_mul(vec_load(x + (size_t)n * block), vec_set1(factor)));
}

#endif
