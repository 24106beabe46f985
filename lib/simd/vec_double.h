/* vec_double.h: sixteen lanes of double in plain C: the build in which the tests check gradients.
 * arch: any
 * rank: 1
 * flags:
 * needs:
 */
#ifndef UNROLL_SIMD_VEC_H
#define UNROLL_SIMD_VEC_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/real.h"

static inline real lane_sqrt(real x)
{
    return sqrt(x);
}
/* x y + z */
static inline real lane_fma(real x, real y, real z)
{
    return x * y + z;
}
static inline real lane_abs(real x)
{
    return fabs(x);
}
static inline real lane_with_sign(real x, real s)
{
    return copysign(x, s);
}
static inline real lane_round(real x)
{
    return rint(x);
}

#include "simd/lanes.h"

/* x 2^n for integral n */
static inline vec vec_scale2(vec x, vec n)
{
    vec out;
    for (int i = 0; i < UNROLL_LANES; i++)
        out.v[i] = ldexp(x.v[i], (int)n.v[i]);
    return out;
}

#endif
