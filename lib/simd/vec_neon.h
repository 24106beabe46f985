/* vec_neon.h: sixteen lanes in four registers of NEON (AArch64).
 * arch: aarch64
 * rank: 2
 * flags:
 * needs:
 */
#ifndef UNROLL_SIMD_VEC_H
#define UNROLL_SIMD_VEC_H

#include <arm_neon.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/real.h"

/* accumulators of a tile, and how many blocks wide it is where there are many rows */
#define VEC_TILE 6
#define VEC_TILE_BLOCKS 1
/* vectors whose functions are computed side by side */
#define VEC_CHAINS 2

typedef struct {
    float32x4_t a, b, c, d;
} vec;
typedef struct {
    uint32x4_t a, b, c, d;
} vec_mask;

static inline vec vec_load(const real *p)
{
    return (vec){vld1q_f32(p), vld1q_f32(p + 4), vld1q_f32(p + 8), vld1q_f32(p + 12)};
}
static inline void vec_store(real *p, vec x)
{
    vst1q_f32(p, x.a);
    vst1q_f32(p + 4, x.b);
    vst1q_f32(p + 8, x.c);
    vst1q_f32(p + 12, x.d);
}
static inline vec vec_set1(real x)
{
    float32x4_t one = vdupq_n_f32(x);
    return (vec){one, one, one, one};
}
static inline vec vec_add(vec x, vec y)
{
    return (vec){vaddq_f32(x.a, y.a), vaddq_f32(x.b, y.b), vaddq_f32(x.c, y.c), vaddq_f32(x.d, y.d)};
}
static inline vec vec_sub(vec x, vec y)
{
    return (vec){vsubq_f32(x.a, y.a), vsubq_f32(x.b, y.b), vsubq_f32(x.c, y.c), vsubq_f32(x.d, y.d)};
}
static inline vec vec_mul(vec x, vec y)
{
    return (vec){vmulq_f32(x.a, y.a), vmulq_f32(x.b, y.b), vmulq_f32(x.c, y.c), vmulq_f32(x.d, y.d)};
}
static inline vec vec_div(vec x, vec y)
{
    return (vec){vdivq_f32(x.a, y.a), vdivq_f32(x.b, y.b), vdivq_f32(x.c, y.c), vdivq_f32(x.d, y.d)};
}
static inline vec vec_sqrt(vec x)
{
    return (vec){vsqrtq_f32(x.a), vsqrtq_f32(x.b), vsqrtq_f32(x.c), vsqrtq_f32(x.d)};
}
/* x y + z, rounded once */
static inline vec vec_fma(vec x, vec y, vec z)
{
    return (vec){vfmaq_f32(z.a, x.a, y.a), vfmaq_f32(z.b, x.b, y.b), vfmaq_f32(z.c, x.c, y.c), vfmaq_f32(z.d, x.d, y.d)};
}
/* z - x y, rounded once */
static inline vec vec_fnma(vec x, vec y, vec z)
{
    return (vec){vfmsq_f32(z.a, x.a, y.a), vfmsq_f32(z.b, x.b, y.b), vfmsq_f32(z.c, x.c, y.c), vfmsq_f32(z.d, x.d, y.d)};
}
static inline vec_mask vec_less(vec x, vec y)
{
    return (vec_mask){vcltq_f32(x.a, y.a), vcltq_f32(x.b, y.b), vcltq_f32(x.c, y.c), vcltq_f32(x.d, y.d)};
}
static inline vec vec_select(vec_mask m, vec yes, vec no)
{
    return (vec){vbslq_f32(m.a, yes.a, no.a), vbslq_f32(m.b, yes.b, no.b), vbslq_f32(m.c, yes.c, no.c), vbslq_f32(m.d, yes.d, no.d)};
}
/* x < y ? x : y, so a NaN in y is kept (vminq would keep one in x, too) */
static inline vec vec_min(vec x, vec y)
{
    return vec_select(vec_less(x, y), x, y);
}
/* x > y ? x : y, so a NaN in y is kept */
static inline vec vec_max(vec x, vec y)
{
    return vec_select(vec_less(y, x), x, y);
}
static inline vec vec_abs(vec x)
{
    return (vec){vabsq_f32(x.a), vabsq_f32(x.b), vabsq_f32(x.c), vabsq_f32(x.d)};
}
/* the size of x with the sign of s; x is not negative */
static inline vec vec_with_sign(vec x, vec s)
{
    uint32x4_t sign = vdupq_n_u32(UINT32_C(0x80000000));
    return (vec){vbslq_f32(sign, s.a, x.a), vbslq_f32(sign, s.b, x.b), vbslq_f32(sign, s.c, x.c),
                 vbslq_f32(sign, s.d, x.d)};
}
/* to the nearest integer, ties to even */
static inline vec vec_round(vec x)
{
    return (vec){vrndnq_f32(x.a), vrndnq_f32(x.b), vrndnq_f32(x.c), vrndnq_f32(x.d)};
}
static inline float32x4_t vec_scale2_quarter(float32x4_t x, float32x4_t n)
{
    /* in two factors, since 2^n alone may overflow where x 2^n does not */
    int32x4_t whole = vcvtq_s32_f32(n), half = vshrq_n_s32(whole, 1), bias = vdupq_n_s32(127);
    int32x4_t first = vshlq_n_s32(vaddq_s32(half, bias), 23);
    int32x4_t second = vshlq_n_s32(vaddq_s32(vsubq_s32(whole, half), bias), 23);
    return vmulq_f32(vmulq_f32(x, vreinterpretq_f32_s32(first)), vreinterpretq_f32_s32(second));
}
/* x 2^n for integral n in -252..254 */
static inline vec vec_scale2(vec x, vec n)
{
    return (vec){vec_scale2_quarter(x.a, n.a), vec_scale2_quarter(x.b, n.b), vec_scale2_quarter(x.c, n.c), vec_scale2_quarter(x.d, n.d)};
}
static inline float32x4_t vec_exponent_quarter(float32x4_t x)
{
    return vreinterpretq_f32_u32(vshlq_n_u32(vreinterpretq_u32_f32(x), 23));
}
/* 2^n of a sum of n and the constants of math.h */
static inline vec vec_exponent(vec x)
{
    return (vec){vec_exponent_quarter(x.a), vec_exponent_quarter(x.b), vec_exponent_quarter(x.c), vec_exponent_quarter(x.d)};
}
static inline float32x4_t vec_reciprocal_start_quarter(float32x4_t x)
{
    return vreinterpretq_f32_u32(vsubq_u32(vdupq_n_u32(0x7ef311c7), vreinterpretq_u32_f32(x)));
}
/* 1 / x to 12% */
static inline vec vec_reciprocal_start(vec x)
{
    return (vec){vec_reciprocal_start_quarter(x.a), vec_reciprocal_start_quarter(x.b), vec_reciprocal_start_quarter(x.c),
                 vec_reciprocal_start_quarter(x.d)};
}
/* of 16 pairs of 16-bit halves: `upper`, the pairs themselves, as reals, whose lower bits are the other half; `lower`, the lower
   halves, as reals' upper ones */
static inline void vec_halves(const uint32_t *p, vec *lower, vec *upper)
{
    uint32x4_t a = vld1q_u32(p), b = vld1q_u32(p + 4), c = vld1q_u32(p + 8), d = vld1q_u32(p + 12);
    *upper = (vec){vreinterpretq_f32_u32(a), vreinterpretq_f32_u32(b), vreinterpretq_f32_u32(c), vreinterpretq_f32_u32(d)};
    *lower = (vec){vreinterpretq_f32_u32(vshlq_n_u32(a, 16)), vreinterpretq_f32_u32(vshlq_n_u32(b, 16)),
                   vreinterpretq_f32_u32(vshlq_n_u32(c, 16)), vreinterpretq_f32_u32(vshlq_n_u32(d, 16))};
}
/* 16 words of 32 bits, for random numbers: all x; x, x + 1, ..; x xor y; */
typedef struct {
    uint32x4_t a, b, c, d;
} vec_words;
static inline vec_words vec_all_words(uint32_t x)
{
    uint32x4_t all = vdupq_n_u32(x);
    return (vec_words){all, all, all, all};
}
static inline vec_words vec_count_words(uint32_t x)
{
    static const uint32_t lane[] = {0, 1, 2, 3};
    uint32x4_t first = vaddq_u32(vdupq_n_u32(x), vld1q_u32(lane)), four = vdupq_n_u32(4);
    vec_words out = {.a = first, .b = vaddq_u32(first, four)};
    out.c = vaddq_u32(out.b, four);
    out.d = vaddq_u32(out.c, four);
    return out;
}
static inline vec_words vec_xor(vec_words x, vec_words y)
{
    return (vec_words){veorq_u32(x.a, y.a), veorq_u32(x.b, y.b), veorq_u32(x.c, y.c), veorq_u32(x.d, y.d)};
}
static inline uint32x4_t vec_multiply_words_quarter(uint32x4_t x, uint32x4_t by, uint32x4_t *high)
{
    uint32x4_t first = vreinterpretq_u32_u64(vmull_u32(vget_low_u32(x), vget_low_u32(by)));
    uint32x4_t last = vreinterpretq_u32_u64(vmull_high_u32(x, by));
    *high = vuzp2q_u32(first, last);
    return vuzp1q_u32(first, last);
}
/* the lower words of the products x by, and their upper words to `high`; */
static inline vec_words vec_multiply_words(vec_words x, uint32_t by, vec_words *high)
{
    uint32x4_t all = vdupq_n_u32(by);
    return (vec_words){vec_multiply_words_quarter(x.a, all, &high->a), vec_multiply_words_quarter(x.b, all, &high->b),
                       vec_multiply_words_quarter(x.c, all, &high->c), vec_multiply_words_quarter(x.d, all, &high->d)};
}
static inline uint32x4_t vec_half_less_quarter(uint32x4_t x, bool upper, uint32_t y)
{
    return vcltq_u32(upper ? vshrq_n_u32(x, 16) : vandq_u32(x, vdupq_n_u32(0xffff)), vdupq_n_u32(y));
}
/* whether the lower or the upper 16 bits of x are less than y, which is at most 65536 */
static inline vec_mask vec_half_less(vec_words x, bool upper, uint32_t y)
{
    return (vec_mask){vec_half_less_quarter(x.a, upper, y), vec_half_less_quarter(x.b, upper, y),
                      vec_half_less_quarter(x.c, upper, y), vec_half_less_quarter(x.d, upper, y)};
}
/* 16 sums of products of integers */
typedef struct {
    int32x4_t part[4];
} vec_sums;
static inline vec_sums vec_no_sums(void)
{
    int32x4_t zero = vdupq_n_s32(0);
    return (vec_sums){{zero, zero, zero, zero}};
}
/* sums + w[lane][0] * pair's lower half + w[lane][1] * its upper half, of w (16, 2) */
static inline vec_sums vec_add_products(vec_sums sums, const int8_t *w, int32_t pair)
{
    int16x8_t both = vreinterpretq_s16_s32(vdupq_n_s32(pair));
    for (int i = 0; i < 4; i++) {
        int16x8_t wide = vmovl_s8(vld1_s8(w + 8 * i));
        sums.part[i] = vaddq_s32(sums.part[i], vpaddq_s32(vmull_s16(vget_low_s16(wide), vget_low_s16(both)),
                                                          vmull_high_s16(wide, both)));
    }
    return sums;
}
static inline vec vec_of_sums(vec_sums sums)
{
    return (vec){vcvtq_f32_s32(sums.part[0]), vcvtq_f32_s32(sums.part[1]), vcvtq_f32_s32(sums.part[2]),
                 vcvtq_f32_s32(sums.part[3])};
}
/* lanes of x and y in turn: x0 y0 x1 y1 ..; the first half of them in `low` */
static inline void vec_interleave(vec x, vec y, vec *low, vec *high)
{
    *low = (vec){vzip1q_f32(x.a, y.a), vzip2q_f32(x.a, y.a), vzip1q_f32(x.b, y.b), vzip2q_f32(x.b, y.b)};
    *high = (vec){vzip1q_f32(x.c, y.c), vzip2q_f32(x.c, y.c), vzip1q_f32(x.d, y.d), vzip2q_f32(x.d, y.d)};
}
/* neighbouring lanes change places: x1 x0 x3 x2 .. */
static inline vec vec_swap(vec x)
{
    return (vec){vrev64q_f32(x.a), vrev64q_f32(x.b), vrev64q_f32(x.c), vrev64q_f32(x.d)};
}
/* lanes folded by halves: i + 8, then + 4, + 2, + 1 */
static inline real vec_sum(vec x)
{
    float32x4_t q = vaddq_f32(vaddq_f32(x.a, x.c), vaddq_f32(x.b, x.d));
    float32x2_t h = vadd_f32(vget_low_f32(q), vget_high_f32(q));
    return vget_lane_f32(h, 0) + vget_lane_f32(h, 1);
}

#endif
