/* masked.h: targets that may be missing (inside lib/losses). */
#ifndef UNROLL_LOSSES_MASKED_H
#define UNROLL_LOSSES_MASKED_H

#include "simd/math.h"

/* NaN compares false: 1 where there is a target, else 0 */
static inline vec one_where_target(vec t)
{
    return vec_select(vec_less(vec_set1((real)-1e30), t), vec_set1(1), vec_set1(0));
}

#endif
