/* vec_scalar.h: sixteen lanes in plain C, the specification of every other instruction set.
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
    return sqrtf(x);
}
/* x y + z, rounded once */
static inline real lane_fma(real x, real y, real z)
{
    return fmaf(x, y, z);
}
static inline real lane_abs(real x)
{
    return fabsf(x);
}
static inline real lane_with_sign(real x, real s)
{
    return copysignf(x, s);
}
static inline real lane_round(real x)
{
    return rintf(x);
}

#include "simd/lanes.h"

static inline real vec_two_to(int n)
{
    return ((vec_float){.bits = (uint32_t)(n + 127) << 23}).value;
}
/* x 2^n for integral n in -252..254; in two factors, since 2^n alone may overflow where x 2^n does not */
static inline vec vec_scale2(vec x, vec n)
{
    vec out;
    for (int i = 0; i < UNROLL_LANES; i++) {
        int whole = n.v[i] > -300.0f && n.v[i] < 300.0f ? (int)n.v[i] : 0, half = (whole + 512) / 2 - 256;
        out.v[i] = x.v[i] * vec_two_to(half) * vec_two_to(whole - half);
    }
    return out;
}
/* 2^n of a sum of n and the constants of math.h */
static inline vec vec_exponent(vec x)
{
    vec out;
    for (int i = 0; i < UNROLL_LANES; i++)
        out.v[i] = ((vec_float){.bits = (vec_float){.value = x.v[i]}.bits << 23}).value;
    return out;
}
/* 1 / x to 12% */
static inline vec vec_reciprocal_start(vec x)
{
    vec out;
    for (int i = 0; i < UNROLL_LANES; i++)
        out.v[i] = ((vec_float){.bits = UINT32_C(0x7ef311c7) - (vec_float){.value = x.v[i]}.bits}).value;
    return out;
}

#endif
