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

/* e^x; 0 where the result would be denormal, infinity where it overflows; NaN stays */
static inline vec vec_exp(vec x)
{
    vec n, r, q;
    x = vec_max(vec_set1(-104.0f), vec_min(vec_set1(89.0f), x));
    r = vec_reduce(x, &n);
    /* e^r = 1 + r + r^2 q(r), q minimax in the relative error of e^r: 3.2e-9 */
    q = vec_set1(0x1.6db47ep-10f);
    q = vec_fma(q, r, vec_set1(0x1.123b92p-7f));
    q = vec_fma(q, r, vec_set1(0x1.55545ep-5f));
    q = vec_fma(q, r, vec_set1(0x1.55548ep-3f));
    q = vec_fma(q, r, vec_set1(0x1p-1f));
    q = vec_fma(vec_mul(r, r), q, r);
    return vec_scale2(vec_add(q, vec_set1(1.0f)), n);
}

static inline vec vec_sigmoid(vec x)
{
    vec one = vec_set1(1.0f);
    return vec_div(one, vec_add(one, vec_exp(vec_sub(vec_set1(0.0f), x))));
}

/* tanh x = m / (m + 2) with m = e^(2x) - 1, which keeps its relative precision near 0 */
static inline vec vec_tanh(vec x)
{
    vec n, r, q, s, m;
    x = vec_max(vec_set1(-9.02f), vec_min(vec_set1(9.02f), x));
    x = vec_add(x, x);
    r = vec_reduce(x, &n);
    /* e^r - 1 = r + r^2 q(r), q minimax in the relative error of e^r - 1: 1.4e-8 */
    q = vec_set1(0x1.6d995cp-10f);
    q = vec_fma(q, r, vec_set1(0x1.122818p-7f));
    q = vec_fma(q, r, vec_set1(0x1.555486p-5f));
    q = vec_fma(q, r, vec_set1(0x1.5554b0p-3f));
    q = vec_fma(q, r, vec_set1(0x1p-1f));
    q = vec_fma(vec_mul(r, r), q, r);
    s = vec_scale2(vec_set1(1.0f), n);
    m = vec_fma(s, q, vec_sub(s, vec_set1(1.0f)));
    return vec_div(m, vec_add(m, vec_set1(2.0f)));
}

#endif
#endif
