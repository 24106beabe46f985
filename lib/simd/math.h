/* math.h: exp, tanh, sigmoid, erf, GELU, log(1 + e), sine and cosine in the operations of vec_X.h: the same bits on every
   instruction set (float), the C library's functions lane by lane in the double build. */
#ifndef UNROLL_SIMD_MATH_H
#define UNROLL_SIMD_MATH_H

#define VEC_INLINE static inline __attribute__((always_inline))
#define UNROLL_LOOP _Pragma("GCC unroll 32")
enum { VEC_MOST = 8 };

/* tanh, sigmoid, erf and GELU take `n` vectors at once, a constant where it is compiled, and do each operation for all of them
   before the next: one alone would wait for itself, operation by operation. */
#define VEC_EACH(n) UNROLL_LOOP for (int k = 0; k < (n); k++)

/* `some(.., first, n)` over `count` vectors or rows, as many at a time as the instruction set likes; n is a constant. */
#define VEC_SOME(count, some, ...)                                                \
    do {                                                                          \
        int first_ = 0;                                                           \
        for (; first_ + VEC_CHAINS <= (count); first_ += VEC_CHAINS)              \
            some(__VA_ARGS__, first_, VEC_CHAINS);                                \
        for (; VEC_CHAINS > 4 && first_ + 4 <= (count); first_ += 4)              \
            some(__VA_ARGS__, first_, 4);                                         \
        for (; VEC_CHAINS > 2 && first_ + 2 <= (count); first_ += 2)              \
            some(__VA_ARGS__, first_, 2);                                         \
        for (; VEC_CHAINS > 1 && first_ < (count); first_++)                      \
            some(__VA_ARGS__, first_, 1);                                         \
    } while (0)

#ifdef UNROLL_DOUBLE

#include <math.h>

static inline vec vec_exp(vec x)
{
    for (int i = 0; i < UNROLL_LANES; i++)
        x.v[i] = exp(x.v[i]);
    return x;
}
static inline void vec_tanh_all(vec *x, const int n)
{
    for (int i = 0; i < n * UNROLL_LANES; i++)
        x[i / UNROLL_LANES].v[i % UNROLL_LANES] = tanh(x[i / UNROLL_LANES].v[i % UNROLL_LANES]);
}
static inline void vec_sigmoid_all(vec *x, const int n)
{
    for (int i = 0; i < n * UNROLL_LANES; i++)
        x[i / UNROLL_LANES].v[i % UNROLL_LANES] = 1.0 / (1.0 + exp(-x[i / UNROLL_LANES].v[i % UNROLL_LANES]));
}
static inline void vec_erf_all(vec *x, const int n)
{
    for (int i = 0; i < n * UNROLL_LANES; i++)
        x[i / UNROLL_LANES].v[i % UNROLL_LANES] = erf(x[i / UNROLL_LANES].v[i % UNROLL_LANES]);
}
static inline double lane_phi(double x)
{
    return 0.5 * erfc(-0.70710678118654752440 * x);
}
/* beyond 40, where Phi and phi are 0, x counts as 40: infinity times 0 would not be a number */
static inline void vec_gelu_all(vec *x, const int n)
{
    for (int i = 0; i < n * UNROLL_LANES; i++) {
        double *lane = &x[i / UNROLL_LANES].v[i % UNROLL_LANES];
        *lane = (*lane < -40.0 ? -40.0 : *lane) * lane_phi(*lane);
    }
}
static inline void vec_gelu_slope_all(vec *x, const int n)
{
    for (int i = 0; i < n * UNROLL_LANES; i++) {
        double *lane = &x[i / UNROLL_LANES].v[i % UNROLL_LANES], near = *lane < -40.0 ? -40.0 : *lane > 40.0 ? 40.0 : *lane;
        *lane = lane_phi(near) + 0.39894228040143267794 * near * exp(-0.5 * near * near);
    }
}
static inline vec vec_log_one_plus(vec e)
{
    for (int i = 0; i < UNROLL_LANES; i++)
        e.v[i] = log1p(e.v[i]);
    return e;
}
static inline void vec_sine_cosine(vec x, vec *sine, vec *cosine)
{
    for (int i = 0; i < UNROLL_LANES; i++) {
        sine->v[i] = sin(x.v[i]);
        cosine->v[i] = cos(x.v[i]);
    }
}

#else

/* log(1 + e) for e in [0, 1] as 2 atanh(e / (2 + e)), its odd series */
static inline vec vec_log_one_plus(vec e)
{
    vec s = vec_div(e, vec_add(e, vec_set1(2))), s2 = vec_mul(s, s), sum = vec_set1((real)(1.0 / 19));
    for (int k = 17; k >= 1; k -= 2)
        sum = vec_fma(sum, s2, vec_set1((real)(1.0 / k)));
    return vec_mul(vec_add(s, s), sum);
}

/* x + n ln 2 (Cody and Waite's two-part constant) */
static inline vec vec_reduce(vec x, vec n)
{
    return vec_fma(n, vec_set1(-0x1.05c61p-29f), vec_fma(n, vec_set1(0x1.62e43p-1f), x));
}

/* 1 - e^-r = r - r^2 q(-r), |r| <= ln 2 / 2; q minimax in the relative error of e^r - 1: 1.4e-8 */
static inline vec vec_one_minus_exp(vec r)
{
    vec q = vec_set1(0x1.6d995cp-10f);
    q = vec_fnma(q, r, vec_set1(0x1.122818p-7f));
    q = vec_fnma(q, r, vec_set1(0x1.555486p-5f));
    q = vec_fnma(q, r, vec_set1(0x1.5554b0p-3f));
    q = vec_fnma(q, r, vec_set1(0x1p-1f));
    return vec_fnma(vec_mul(r, r), q, r);
}

/* e^x; 0 where the result would be denormal, infinity where it overflows; NaN stays */
static inline vec vec_exp(vec x)
{
    vec one = vec_set1(1.0f), n;
    x = vec_max(vec_set1(-104.0f), vec_min(vec_set1(89.0f), x));
    n = vec_round(vec_mul(x, vec_set1(0x1.715476p+0f)));
    return vec_scale2(vec_sub(one, vec_one_minus_exp(vec_reduce(vec_sub(vec_set1(0.0f), x), n))), n);
}

/* A number plus both of these is rounded to an integer, n, and its lowest bits are those of the exponent of 2^n, which
   vec_exponent makes of it. */
#define VEC_MAGIC 0x1.8p23f
#define VEC_BIAS 127.0f

/* 1 / d to the third power of the error of y */
VEC_INLINE void vec_reciprocal_step(const vec *d, vec *y, const int n)
{
    vec e[VEC_MOST];
    VEC_EACH(n) e[k] = vec_fnma(d[k], y[k], vec_set1(1.0f));
    VEC_EACH(n) e[k] = vec_fma(e[k], e[k], e[k]);
    VEC_EACH(n) y[k] = vec_fma(y[k], e[k], y[k]);
}

/* 1 / (1 + e^-x) with e^-x = s (1 - q), s a power of two, q = r - r^2 (1/2 - ...). No division: it would take as long as all
   the rest. The denominator, (1 - s q) + s, is taken 2^-24 times, so that its reciprocal, from a line through its bits,
   stays above the denormals until the end. */
VEC_INLINE void vec_sigmoid_all(vec *x, const int n)
{
    vec magic = vec_set1(VEC_MAGIC + VEC_BIAS - 24.0f), r[VEC_MOST], s[VEC_MOST], q[VEC_MOST];
    VEC_EACH(n) x[k] = vec_min(vec_set1(60.0f), x[k]);
    VEC_EACH(n) x[k] = vec_max(vec_set1(-0x1.5d58ap+6f), x[k]);
    VEC_EACH(n) r[k] = vec_fma(x[k], vec_set1(-0x1.715476p+0f), magic);
    VEC_EACH(n) s[k] = vec_exponent(r[k]);
    VEC_EACH(n) r[k] = vec_sub(r[k], magic);
    VEC_EACH(n) x[k] = vec_fma(r[k], vec_set1(0x1.62e43p-1f), x[k]);
    VEC_EACH(n) r[k] = vec_fma(r[k], vec_set1(-0x1.05c61p-29f), x[k]);
    VEC_EACH(n) q[k] = vec_fnma(vec_set1(0x1.6d995cp-10f), r[k], vec_set1(0x1.122818p-7f));
    VEC_EACH(n) q[k] = vec_fnma(q[k], r[k], vec_set1(0x1.555486p-5f));
    VEC_EACH(n) q[k] = vec_fnma(q[k], r[k], vec_set1(0x1.5554b0p-3f));
    VEC_EACH(n) q[k] = vec_fnma(q[k], r[k], vec_set1(0x1p-1f));
    VEC_EACH(n) x[k] = vec_mul(r[k], r[k]);
    VEC_EACH(n) q[k] = vec_fnma(x[k], q[k], r[k]);
    VEC_EACH(n) q[k] = vec_fnma(s[k], q[k], vec_set1(0x1p-24f));
    VEC_EACH(n) s[k] = vec_add(q[k], s[k]);
    VEC_EACH(n) q[k] = vec_reciprocal_start(s[k]);
    vec_reciprocal_step(s, q, n);
    vec_reciprocal_step(s, q, n);
    VEC_EACH(n) x[k] = vec_mul(q[k], vec_set1(0x1p-24f));
}

/* tanh |x| = w / (1 + e), w = 1 - e, e = e^(-2|x|) = s / 2 (1 - 2q), s a power of two: with half of r, and twice the power,
   nothing needs to be doubled. A polynomial in w, p, is 1 / (1 + e) to 6e-5, and exact at 0; the quotient z = w p is
   then off by (w - z - z e) p, of which every part is nearly exact. */
VEC_INLINE void vec_tanh_all(vec *x, const int n)
{
    vec magic = vec_set1(VEC_MAGIC + VEC_BIAS + 1.0f), one = vec_set1(1.0f);
    vec r[VEC_MOST], s[VEC_MOST], q[VEC_MOST], z[VEC_MOST];
    VEC_EACH(n) z[k] = vec_abs(x[k]);
    VEC_EACH(n) z[k] = vec_min(vec_set1(9.02f), z[k]);
    VEC_EACH(n) r[k] = vec_fma(z[k], vec_set1(-0x1.715476p+1f), magic);
    VEC_EACH(n) s[k] = vec_exponent(r[k]);
    VEC_EACH(n) r[k] = vec_sub(r[k], magic);
    VEC_EACH(n) r[k] = vec_fma(r[k], vec_set1(0x1.62e43p-2f), z[k]); /* one part of ln 2 is enough: n >= -26 */
    VEC_EACH(n) q[k] = vec_fnma(vec_set1(0x1.6d995cp-5f), r[k], vec_set1(0x1.122818p-3f));
    VEC_EACH(n) q[k] = vec_fnma(q[k], r[k], vec_set1(0x1.555486p-2f));
    VEC_EACH(n) q[k] = vec_fnma(q[k], r[k], vec_set1(0x1.5554b0p-1f));
    VEC_EACH(n) q[k] = vec_fnma(q[k], r[k], one);
    VEC_EACH(n) z[k] = vec_mul(r[k], r[k]);
    VEC_EACH(n) q[k] = vec_fnma(z[k], q[k], r[k]);
    VEC_EACH(n) r[k] = vec_fnma(s[k], vec_set1(0.5f), one);
    VEC_EACH(n) s[k] = vec_fma(s[k], q[k], r[k]); /* w */
    VEC_EACH(n) q[k] = vec_fma(vec_set1(0.101360484f), s[k], vec_set1(-0.0960900289f));
    VEC_EACH(n) q[k] = vec_fma(q[k], s[k], vec_set1(0.135520593f));
    VEC_EACH(n) q[k] = vec_fma(q[k], s[k], vec_set1(0.107903802f));
    VEC_EACH(n) q[k] = vec_fma(q[k], s[k], vec_set1(0.251250282f));
    VEC_EACH(n) q[k] = vec_fma(q[k], s[k], vec_set1(0.5f)); /* p */
    VEC_EACH(n) z[k] = vec_mul(s[k], q[k]);
    VEC_EACH(n) r[k] = vec_sub(s[k], z[k]);
    VEC_EACH(n) s[k] = vec_sub(one, s[k]);
    VEC_EACH(n) r[k] = vec_fnma(z[k], s[k], r[k]);
    VEC_EACH(n) z[k] = vec_fma(r[k], q[k], z[k]);
    VEC_EACH(n) x[k] = vec_with_sign(z[k], x[k]);
}

/* The normal distribution's tail Q(t) = 1 - Phi(t), 0 <= t <= 14.7, in two factors: e = 2^32 e^(-t^2 / 2) and q, which is
   Q(t) e^(t^2 / 2) as a rational function, minimax in the relative error: 1.2e-8. With t^2 = r - n 2 ln 2, e is the polynomial of
   vec_one_minus_exp at r / 2 times 2^(n + 32). r is good to the end of the tail: t^2 is not rounded before n times the first part
   of 2 ln 2, which is exact, is added to it. The 2^32 keeps e above the denormals until the end. */
VEC_INLINE void vec_tail_all(const vec *t, vec *e, vec *q, const int n)
{
    vec magic = vec_set1(VEC_MAGIC + VEC_BIAS + 32.0f), r[VEC_MOST], s[VEC_MOST];
    VEC_EACH(n) e[k] = vec_mul(t[k], t[k]);
    VEC_EACH(n) r[k] = vec_fma(e[k], vec_set1(-0x1.715476p-1f), magic);
    VEC_EACH(n) s[k] = vec_exponent(r[k]);
    VEC_EACH(n) q[k] = vec_sub(r[k], magic);
    VEC_EACH(n) r[k] = vec_mul(q[k], vec_set1(0x1.62e4p+0f));
    VEC_EACH(n) r[k] = vec_fma(t[k], t[k], r[k]);
    VEC_EACH(n) r[k] = vec_fma(q[k], vec_set1(0x1.7f7d1cp-19f), r[k]);
    VEC_EACH(n) e[k] = vec_fnma(vec_set1(0x1.6d995cp-16f), r[k], vec_set1(0x1.122818p-12f));
    VEC_EACH(n) e[k] = vec_fnma(e[k], r[k], vec_set1(0x1.555486p-9f));
    VEC_EACH(n) e[k] = vec_fnma(e[k], r[k], vec_set1(0x1.5554b0p-6f));
    VEC_EACH(n) e[k] = vec_fnma(e[k], r[k], vec_set1(0.125f));
    VEC_EACH(n) e[k] = vec_fnma(e[k], r[k], vec_set1(0.5f));
    VEC_EACH(n) e[k] = vec_fnma(e[k], r[k], vec_set1(1.0f));
    VEC_EACH(n) e[k] = vec_mul(e[k], s[k]);
    VEC_EACH(n) r[k] = vec_mul(t[k], t[k]);
    VEC_EACH(n) s[k] = vec_fma(vec_set1(0x1.a24134p-4f), t[k], vec_set1(0x1.e18ce6p-2f));
    VEC_EACH(n) s[k] = vec_fma(vec_set1(0x1.535694p-7f), r[k], s[k]);
    VEC_EACH(n) q[k] = vec_fma(vec_set1(0x1.3428fcp+0f), t[k], vec_set1(0x1.acdf78p+0f));
    VEC_EACH(n) s[k] = vec_fma(s[k], r[k], q[k]);
    VEC_EACH(n) s[k] = vec_fma(s[k], t[k], vec_set1(1.0f)); /* the denominator */
    VEC_EACH(n) q[k] = vec_reciprocal_start(s[k]);
    vec_reciprocal_step(s, q, n);
    vec_reciprocal_step(s, q, n);
    VEC_EACH(n) s[k] = vec_fma(vec_set1(0x1.0ec178p-8f), t[k], vec_set1(0x1.4db2c8p-5f));
    VEC_EACH(n) s[k] = vec_fma(s[k], r[k], vec_fma(vec_set1(0x1.77e188p-3f), t[k], vec_set1(0x1.c13a9p-2f)));
    VEC_EACH(n) s[k] = vec_fma(s[k], t[k], vec_set1(0.5f));
    VEC_EACH(n) q[k] = vec_mul(s[k], q[k]);
}

/* erf |x| = 1 - 2 Q(sqrt(2) |x|), and where that would lose digits, below 3/4, x + x p(x^2), p minimax in the relative error of
   erf: 2.4e-9. erf(-x) = -erf(x), erf of infinity is 1, NaN stays. */
VEC_INLINE void vec_erf_all(vec *x, const int n)
{
    vec z[VEC_MOST], t[VEC_MOST], e[VEC_MOST], q[VEC_MOST];
    VEC_EACH(n) z[k] = vec_abs(x[k]);
    VEC_EACH(n) t[k] = vec_min(vec_set1(14.7f), vec_mul(z[k], vec_set1(0x1.6a09e6p+0f)));
    vec_tail_all(t, e, q, n);
    VEC_EACH(n) t[k] = vec_mul(e[k], q[k]);
    VEC_EACH(n) t[k] = vec_fnma(t[k], vec_set1(0x1p-31f), vec_set1(1.0f));
    VEC_EACH(n) e[k] = vec_mul(z[k], z[k]);
    VEC_EACH(n) q[k] = vec_fma(vec_set1(-0x1.61de5ap-11f), e[k], vec_set1(0x1.4f2c8cp-8f));
    VEC_EACH(n) q[k] = vec_fma(q[k], e[k], vec_set1(-0x1.b7a878p-6f));
    VEC_EACH(n) q[k] = vec_fma(q[k], e[k], vec_set1(0x1.ce2acap-4f));
    VEC_EACH(n) q[k] = vec_fma(q[k], e[k], vec_set1(-0x1.81273ap-2f));
    VEC_EACH(n) q[k] = vec_fma(q[k], e[k], vec_set1(0x1.06eba8p-3f));
    VEC_EACH(n) q[k] = vec_fma(q[k], z[k], z[k]);
    VEC_EACH(n) t[k] = vec_select(vec_less(z[k], vec_set1(0.75f)), q[k], t[k]);
    VEC_EACH(n) x[k] = vec_with_sign(t[k], x[k]);
}

/* GELU (simd/engine.h) as max(x, 0) - |x| Q(|x|), so that no digits are lost of negative x, either. Where |x| is beyond 14.7 it
   counts as that in the second term, which is then rounded to 0: of -infinity the value is -0, its limit, where PyTorch's is
   NaN, infinity times 0. NaN stays. */
VEC_INLINE void vec_gelu_all(vec *x, const int n)
{
    vec t[VEC_MOST], e[VEC_MOST], q[VEC_MOST];
    VEC_EACH(n) t[k] = vec_min(vec_set1(14.7f), vec_abs(x[k]));
    vec_tail_all(t, e, q, n);
    VEC_EACH(n) e[k] = vec_mul(e[k], t[k]); /* first, as e q may be denormal */
    VEC_EACH(n) e[k] = vec_mul(e[k], q[k]);
    VEC_EACH(n) x[k] = vec_max(vec_set1(0.0f), x[k]);
    VEC_EACH(n) x[k] = vec_fnma(e[k], vec_set1(0x1p-32f), x[k]);
}

/* Its slope, Phi(x) + x phi(x), phi(x) = e^(-x^2 / 2) / sqrt(2 pi): it is g = Q(|x|) - |x| phi(x), or, where x > 0, 1 - g. */
VEC_INLINE void vec_gelu_slope_all(vec *x, const int n)
{
    vec t[VEC_MOST], e[VEC_MOST], q[VEC_MOST];
    VEC_EACH(n) t[k] = vec_min(vec_set1(14.7f), vec_abs(x[k]));
    vec_tail_all(t, e, q, n);
    VEC_EACH(n) q[k] = vec_fnma(t[k], vec_set1(0x1.988454p-2f), q[k]);
    VEC_EACH(n) e[k] = vec_mul(e[k], q[k]);
    VEC_EACH(n) t[k] = vec_fnma(e[k], vec_set1(0x1p-32f), vec_set1(1.0f));
    VEC_EACH(n) e[k] = vec_mul(e[k], vec_set1(0x1p-32f));
    VEC_EACH(n) x[k] = vec_select(vec_less(vec_set1(0.0f), x[k]), t[k], e[k]);
}

/* Of |x| <= 8192; what is beyond counts as 8192, NaN stays. x = r + n pi/2 with pi/2 in three parts, of which n times the first
   is exact; sine and cosine of |r| <= pi/4 by minimax polynomials in r^2, relative errors 2^-28 and 2^-33; which of the two it is,
   and its sign, by n's rest m on division by 4, -2 <= m <= 2. */
static inline void vec_sine_cosine(vec x, vec *sine, vec *cosine)
{
    vec zero = vec_set1(0), one = vec_set1(1), n, m, r, r2, s, c;
    vec_mask odd;
    x = vec_max(vec_set1(-8192), vec_min(vec_set1(8192), x));
    n = vec_round(vec_mul(x, vec_set1(0x1.45f306p-1f)));
    m = vec_fnma(vec_set1(4), vec_round(vec_mul(n, vec_set1(0.25f))), n);
    r = vec_fnma(n, vec_set1(0x1.68c234p-39f), vec_fnma(n, vec_set1(0x1.fb5444p-12f), vec_fnma(n, vec_set1(0x1.92p+0f), x)));
    r2 = vec_mul(r, r);
    s = vec_fma(vec_fma(vec_set1(-0x1.994222p-13f), r2, vec_set1(0x1.110736p-7f)), r2, vec_set1(-0x1.555546p-3f));
    s = vec_fma(vec_mul(s, r2), r, r);
    c = vec_fma(vec_fma(vec_set1(0x1.99ea04p-16f), r2, vec_set1(-0x1.6c0c2ep-10f)), r2, vec_set1(0x1.55554ap-5f));
    c = vec_fma(vec_fma(c, r2, vec_set1(-0.5f)), r2, one);
    odd = vec_less(vec_abs(vec_sub(vec_abs(m), one)), vec_set1(0.5f));
    *sine = vec_select(odd, c, s);
    *cosine = vec_select(odd, s, c);
    *sine = vec_select(vec_less(m, vec_set1(-0.5f)), vec_sub(zero, *sine), *sine);
    *sine = vec_select(vec_less(vec_set1(1.5f), m), vec_sub(zero, *sine), *sine);
    *cosine = vec_select(vec_less(vec_set1(0.5f), m), vec_sub(zero, *cosine), *cosine);
    *cosine = vec_select(vec_less(m, vec_set1(-1.5f)), vec_sub(zero, *cosine), *cosine);
}

#endif

/* log sigmoid(x) = min(x, 0) - log(1 + e^-|x|) */
static inline vec vec_log_sigmoid(vec x)
{
    vec zero = vec_set1(0);
    return vec_sub(vec_min(zero, x), vec_log_one_plus(vec_exp(vec_sub(zero, vec_abs(x)))));
}
static inline vec vec_tanh(vec x)
{
    vec_tanh_all(&x, 1);
    return x;
}
static inline vec vec_sigmoid(vec x)
{
    vec_sigmoid_all(&x, 1);
    return x;
}

#endif
