/* math.h: exp, tanh and sigmoid in the operations of vec_X.h: the same bits on every instruction set (float), the C
   library's functions lane by lane in the double build. */
#ifndef UNROLL_SIMD_MATH_H
#define UNROLL_SIMD_MATH_H

#ifdef UNROLL_DOUBLE

#include <math.h>

static inline vec vec_exp(vec x)
{
    for (int i = 0; i < UNROLL_LANES; i++)
        x.v[i] = exp(x.v[i]);
    return x;
}
static inline vec vec_tanh(vec x)
{
    for (int i = 0; i < UNROLL_LANES; i++)
        x.v[i] = tanh(x.v[i]);
    return x;
}
static inline vec vec_sigmoid(vec x)
{
    for (int i = 0; i < UNROLL_LANES; i++)
        x.v[i] = 1.0 / (1.0 + exp(-x.v[i]));
    return x;
}

#else

/* x = n ln 2 + r, |r| <= ln 2 / 2 (Cody and Waite's two-part constant: n ln2_high is exact) */
static inline vec vec_reduce(vec x, vec *n)
{
    *n = vec_round(vec_mul(x, vec_set1(0x1.715476p+0f)));
    return vec_fnma(*n, vec_set1(-0x1.05c61p-29f), vec_fnma(*n, vec_set1(0x1.62e43p-1f), x));
}

/* e^r - 1 = r + r^2 q(r); q minimax in the relative error of e^r - 1: 1.4e-8 */
static inline vec vec_expm1_reduced(vec r)
{
    vec q = vec_set1(0x1.6d995cp-10f);
    q = vec_fma(q, r, vec_set1(0x1.122818p-7f));
    q = vec_fma(q, r, vec_set1(0x1.555486p-5f));
    q = vec_fma(q, r, vec_set1(0x1.5554b0p-3f));
    q = vec_fma(q, r, vec_set1(0x1p-1f));
    return vec_fma(vec_mul(r, r), q, r);
}

/* e^x; 0 where the result would be denormal, infinity where it overflows; NaN stays */
static inline vec vec_exp(vec x)
{
    vec n, r;
    x = vec_max(vec_set1(-104.0f), vec_min(vec_set1(89.0f), x));
    r = vec_reduce(x, &n);
    return vec_scale2(vec_add(vec_expm1_reduced(r), vec_set1(1.0f)), n);
}

/* 1 / (1 + e^-x) with e^-x = s (1 + q), s a power of two. The 1 is added to whichever of s and s q leaves it whole. */
static inline vec vec_sigmoid(vec x)
{
    vec one = vec_set1(1.0f), n, q, s, below;
    x = vec_max(vec_set1(-87.9f), vec_min(vec_set1(104.0f), x));
    q = vec_expm1_reduced(vec_reduce(vec_sub(vec_set1(0.0f), x), &n));
    s = vec_scale2(one, n);
    below = vec_select(vec_less(n, vec_set1(23.5f)), vec_fma(s, q, vec_add(s, one)), vec_add(vec_fma(s, q, one), s));
    return vec_div(one, below);
}

/* tanh |x| = (1 - e) / (1 + e) with e = e^(-2|x|) = s (1 + q), s a power of two: neither sum is rounded twice, and the
   relative precision near 0 is that of q */
static inline vec vec_tanh(vec x)
{
    vec one = vec_set1(1.0f), n, q, s, size = vec_min(vec_set1(9.02f), vec_abs(x));
    q = vec_expm1_reduced(vec_reduce(vec_mul(size, vec_set1(-2.0f)), &n));
    s = vec_scale2(one, n);
    return vec_with_sign(vec_div(vec_fnma(s, q, vec_sub(one, s)), vec_fma(s, q, vec_add(one, s))), x);
}

#endif
#endif
