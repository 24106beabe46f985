/* vec_avx2.h: sixteen lanes in two registers of AVX2.
 * arch: x86_64
 * rank: 2
 * flags: -mavx2 -mfma
 * needs: avx2 fma
 */
#ifndef UNROLL_SIMD_VEC_H
#define UNROLL_SIMD_VEC_H

#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/real.h"

/* accumulators of a tile, and how many blocks wide it is where there are many rows */
#define VEC_TILE 6
#define VEC_TILE_BLOCKS 1
/* vectors whose functions are computed side by side */
#define VEC_CHAINS 2

typedef struct {
    __m256 a, b;
} vec;
typedef vec vec_mask;

static inline vec vec_load(const real *p)
{
    return (vec){_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)};
}
static inline void vec_store(real *p, vec x)
{
    _mm256_storeu_ps(p, x.a);
    _mm256_storeu_ps(p + 8, x.b);
}
static inline vec vec_set1(real x)
{
    __m256 one = _mm256_set1_ps(x);
    return (vec){one, one};
}
static inline vec vec_add(vec x, vec y)
{
    return (vec){_mm256_add_ps(x.a, y.a), _mm256_add_ps(x.b, y.b)};
}
static inline vec vec_sub(vec x, vec y)
{
    return (vec){_mm256_sub_ps(x.a, y.a), _mm256_sub_ps(x.b, y.b)};
}
static inline vec vec_mul(vec x, vec y)
{
    return (vec){_mm256_mul_ps(x.a, y.a), _mm256_mul_ps(x.b, y.b)};
}
static inline vec vec_div(vec x, vec y)
{
    return (vec){_mm256_div_ps(x.a, y.a), _mm256_div_ps(x.b, y.b)};
}
static inline vec vec_sqrt(vec x)
{
    return (vec){_mm256_sqrt_ps(x.a), _mm256_sqrt_ps(x.b)};
}
/* x y + z, rounded once */
static inline vec vec_fma(vec x, vec y, vec z)
{
    return (vec){_mm256_fmadd_ps(x.a, y.a, z.a), _mm256_fmadd_ps(x.b, y.b, z.b)};
}
/* z - x y, rounded once */
static inline vec vec_fnma(vec x, vec y, vec z)
{
    return (vec){_mm256_fnmadd_ps(x.a, y.a, z.a), _mm256_fnmadd_ps(x.b, y.b, z.b)};
}
/* x < y ? x : y, so a NaN in y is kept */
static inline vec vec_min(vec x, vec y)
{
    return (vec){_mm256_min_ps(x.a, y.a), _mm256_min_ps(x.b, y.b)};
}
/* x > y ? x : y, so a NaN in y is kept */
static inline vec vec_max(vec x, vec y)
{
    return (vec){_mm256_max_ps(x.a, y.a), _mm256_max_ps(x.b, y.b)};
}
static inline vec_mask vec_less(vec x, vec y)
{
    return (vec){_mm256_cmp_ps(x.a, y.a, _CMP_LT_OQ), _mm256_cmp_ps(x.b, y.b, _CMP_LT_OQ)};
}
static inline vec vec_select(vec_mask m, vec yes, vec no)
{
    return (vec){_mm256_blendv_ps(no.a, yes.a, m.a), _mm256_blendv_ps(no.b, yes.b, m.b)};
}
static inline vec vec_abs(vec x)
{
    __m256 sign = _mm256_set1_ps(-0.0f);
    return (vec){_mm256_andnot_ps(sign, x.a), _mm256_andnot_ps(sign, x.b)};
}
/* the size of x with the sign of s; x is not negative */
static inline vec vec_with_sign(vec x, vec s)
{
    __m256 sign = _mm256_set1_ps(-0.0f);
    return (vec){_mm256_or_ps(x.a, _mm256_and_ps(sign, s.a)), _mm256_or_ps(x.b, _mm256_and_ps(sign, s.b))};
}
/* to the nearest integer, ties to even */
static inline vec vec_round(vec x)
{
    return (vec){_mm256_round_ps(x.a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC),
                 _mm256_round_ps(x.b, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}
static inline __m256 vec_scale2_half(__m256 x, __m256 n)
{
    /* in two factors, since 2^n alone may overflow where x 2^n does not */
    __m256i whole = _mm256_cvtps_epi32(n), half = _mm256_srai_epi32(whole, 1), bias = _mm256_set1_epi32(127);
    __m256i first = _mm256_slli_epi32(_mm256_add_epi32(half, bias), 23);
    __m256i second = _mm256_slli_epi32(_mm256_add_epi32(_mm256_sub_epi32(whole, half), bias), 23);
    return _mm256_mul_ps(_mm256_mul_ps(x, _mm256_castsi256_ps(first)), _mm256_castsi256_ps(second));
}
/* x 2^n for integral n in -252..254 */
static inline vec vec_scale2(vec x, vec n)
{
    return (vec){vec_scale2_half(x.a, n.a), vec_scale2_half(x.b, n.b)};
}
static inline __m256 vec_exponent_half(__m256 x)
{
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(x), 23));
}
/* 2^n of a sum of n and the constants of math.h */
static inline vec vec_exponent(vec x)
{
    return (vec){vec_exponent_half(x.a), vec_exponent_half(x.b)};
}
static inline __m256 vec_reciprocal_start_half(__m256 x)
{
    return _mm256_castsi256_ps(_mm256_sub_epi32(_mm256_set1_epi32(0x7ef311c7), _mm256_castps_si256(x)));
}
/* 1 / x to 12% */
static inline vec vec_reciprocal_start(vec x)
{
    return (vec){vec_reciprocal_start_half(x.a), vec_reciprocal_start_half(x.b)};
}
/* of 16 pairs of 16-bit halves: `upper`, the pairs themselves, as reals, whose lower bits are the other half; `lower`, the lower
   halves, as reals' upper ones */
static inline void vec_halves(const uint32_t *p, vec *lower, vec *upper)
{
    __m256i a = _mm256_loadu_si256((const __m256i *)p), b = _mm256_loadu_si256((const __m256i *)(p + 8));
    *upper = (vec){_mm256_castsi256_ps(a), _mm256_castsi256_ps(b)};
    *lower = (vec){_mm256_castsi256_ps(_mm256_slli_epi32(a, 16)), _mm256_castsi256_ps(_mm256_slli_epi32(b, 16))};
}
/* 16 words of 32 bits, for random numbers: all x; x, x + 1, ..; x xor y; */
typedef struct {
    __m256i a, b;
} vec_words;
static inline vec_words vec_all_words(uint32_t x)
{
    __m256i all = _mm256_set1_epi32((int)x);
    return (vec_words){all, all};
}
static inline vec_words vec_count_words(uint32_t x)
{
    __m256i first = _mm256_add_epi32(_mm256_set1_epi32((int)x), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    return (vec_words){first, _mm256_add_epi32(first, _mm256_set1_epi32(8))};
}
static inline vec_words vec_xor(vec_words x, vec_words y)
{
    return (vec_words){_mm256_xor_si256(x.a, y.a), _mm256_xor_si256(x.b, y.b)};
}
static inline __m256i vec_multiply_words_half(__m256i x, __m256i by, __m256i *high)
{
    __m256i even = _mm256_mul_epu32(x, by), odd = _mm256_mul_epu32(_mm256_srli_epi64(x, 32), by);
    *high = _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xaa);
    return _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xaa);
}
/* the lower words of the products x by, and their upper words to `high`; */
static inline vec_words vec_multiply_words(vec_words x, uint32_t by, vec_words *high)
{
    __m256i all = _mm256_set1_epi32((int)by);
    return (vec_words){vec_multiply_words_half(x.a, all, &high->a), vec_multiply_words_half(x.b, all, &high->b)};
}
static inline __m256 vec_half_less_half(__m256i x, bool upper, uint32_t y)
{
    __m256i half = upper ? _mm256_srli_epi32(x, 16) : _mm256_and_si256(x, _mm256_set1_epi32(0xffff));
    return _mm256_castsi256_ps(_mm256_cmpgt_epi32(_mm256_set1_epi32((int)y), half));
}
/* whether the lower or the upper 16 bits of x are less than y, which is at most 65536 */
static inline vec_mask vec_half_less(vec_words x, bool upper, uint32_t y)
{
    return (vec_mask){vec_half_less_half(x.a, upper, y), vec_half_less_half(x.b, upper, y)};
}
/* 16 sums of products of integers */
typedef struct {
    __m256i a, b;
} vec_sums;
static inline vec_sums vec_no_sums(void)
{
    return (vec_sums){_mm256_setzero_si256(), _mm256_setzero_si256()};
}
/* sums + w[lane][0] * pair's lower half + w[lane][1] * its upper half, of w (16, 2) */
static inline vec_sums vec_add_products(vec_sums sums, const int8_t *w, int32_t pair)
{
    __m256i both = _mm256_set1_epi32(pair);
    __m256i a = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)w));
    __m256i b = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(w + 16)));
    return (vec_sums){_mm256_add_epi32(sums.a, _mm256_madd_epi16(a, both)),
                      _mm256_add_epi32(sums.b, _mm256_madd_epi16(b, both))};
}
static inline vec vec_of_sums(vec_sums sums)
{
    return (vec){_mm256_cvtepi32_ps(sums.a), _mm256_cvtepi32_ps(sums.b)};
}
static inline vec vec_interleave_half(__m256 x, __m256 y)
{
    __m256 even = _mm256_unpacklo_ps(x, y), odd = _mm256_unpackhi_ps(x, y);
    return (vec){_mm256_permute2f128_ps(even, odd, 0x20), _mm256_permute2f128_ps(even, odd, 0x31)};
}
/* lanes of x and y in turn: x0 y0 x1 y1 ..; the first half of them in `low` */
static inline void vec_interleave(vec x, vec y, vec *low, vec *high)
{
    *low = vec_interleave_half(x.a, y.a);
    *high = vec_interleave_half(x.b, y.b);
}
/* neighbouring lanes change places: x1 x0 x3 x2 .. */
static inline vec vec_swap(vec x)
{
    return (vec){_mm256_permute_ps(x.a, 0xb1), _mm256_permute_ps(x.b, 0xb1)};
}
/* lanes folded by halves: i + 8, then + 4, + 2, + 1 */
static inline real vec_sum(vec x)
{
    __m256 h = _mm256_add_ps(x.a, x.b);
    __m128 q = _mm_add_ps(_mm256_castps256_ps128(h), _mm256_extractf128_ps(h, 1));
    q = _mm_add_ps(q, _mm_movehl_ps(q, q));
    return _mm_cvtss_f32(_mm_add_ss(q, _mm_movehdup_ps(q)));
}

#endif
