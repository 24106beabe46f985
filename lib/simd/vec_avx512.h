/* vec_avx512.h: sixteen lanes in one register of AVX-512.
 * arch: x86_64
 * rank: 3
 * flags: -mavx512f -mavx512dq -mavx512bw -mfma -mavx2 -mprefer-vector-width=512
 * needs: avx512f avx512dq avx512bw fma
 */
#ifndef UNROLL_SIMD_VEC_H
#define UNROLL_SIMD_VEC_H

#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/real.h"

/* accumulators of a tile, and how many blocks wide it is where there are many rows */
#define VEC_TILE 24
#define VEC_TILE_BLOCKS 4
/* vectors whose functions are computed side by side */
#define VEC_CHAINS 8

typedef __m512 vec;
typedef __mmask16 vec_mask;

static inline vec vec_load(const real *p)
{
    return _mm512_loadu_ps(p);
}
static inline void vec_store(real *p, vec a)
{
    _mm512_storeu_ps(p, a);
}
static inline vec vec_set1(real a)
{
    return _mm512_set1_ps(a);
}
static inline vec vec_add(vec a, vec b)
{
    return _mm512_add_ps(a, b);
}
static inline vec vec_sub(vec a, vec b)
{
    return _mm512_sub_ps(a, b);
}
static inline vec vec_mul(vec a, vec b)
{
    return _mm512_mul_ps(a, b);
}
static inline vec vec_div(vec a, vec b)
{
    return _mm512_div_ps(a, b);
}
static inline vec vec_sqrt(vec a)
{
    return _mm512_sqrt_ps(a);
}
/* a b + c, rounded once */
static inline vec vec_fma(vec a, vec b, vec c)
{
    return _mm512_fmadd_ps(a, b, c);
}
/* c - a b, rounded once */
static inline vec vec_fnma(vec a, vec b, vec c)
{
    return _mm512_fnmadd_ps(a, b, c);
}
/* a < b ? a : b, so a NaN in b is kept */
static inline vec vec_min(vec a, vec b)
{
    return _mm512_min_ps(a, b);
}
/* a > b ? a : b, so a NaN in b is kept */
static inline vec vec_max(vec a, vec b)
{
    return _mm512_max_ps(a, b);
}
static inline vec_mask vec_less(vec a, vec b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ);
}
static inline vec vec_select(vec_mask m, vec yes, vec no)
{
    return _mm512_mask_blend_ps(m, no, yes);
}
static inline vec vec_abs(vec a)
{
    return _mm512_andnot_ps(_mm512_set1_ps(-0.0f), a);
}
/* the size of a with the sign of s; a is not negative */
static inline vec vec_with_sign(vec a, vec s)
{
    return _mm512_or_ps(a, _mm512_and_ps(_mm512_set1_ps(-0.0f), s));
}
/* to the nearest integer, ties to even */
static inline vec vec_round(vec a)
{
    return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
/* a 2^n for integral n in -252..254 */
static inline vec vec_scale2(vec a, vec n)
{
    return _mm512_scalef_ps(a, n);
}
/* 2^n of a sum of n and the constants of math.h */
static inline vec vec_exponent(vec a)
{
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_castps_si512(a), 23));
}
/* 1 / a to 12% */
static inline vec vec_reciprocal_start(vec a)
{
    return _mm512_castsi512_ps(_mm512_sub_epi32(_mm512_set1_epi32(0x7ef311c7), _mm512_castps_si512(a)));
}
/* of 16 pairs of 16-bit halves: `upper`, the pairs themselves, as reals, whose lower bits are the other half; `lower`, the lower
   halves, as reals' upper ones */
static inline void vec_halves(const uint32_t *p, vec *lower, vec *upper)
{
    __m512i x = _mm512_loadu_si512(p);
    __asm__("" : "+v"(x)); /* loaded once: compilers like to load it twice, and loading is what takes the time */
    *upper = _mm512_castsi512_ps(x);
    *lower = _mm512_castsi512_ps(_mm512_slli_epi32(x, 16));
}
/* 16 words of 32 bits, for random numbers: all x; x, x + 1, ..; x xor y; */
typedef __m512i vec_words;
static inline vec_words vec_all_words(uint32_t x)
{
    return _mm512_set1_epi32((int)x);
}
static inline vec_words vec_count_words(uint32_t x)
{
    return _mm512_add_epi32(_mm512_set1_epi32((int)x), _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
}
static inline vec_words vec_xor(vec_words x, vec_words y)
{
    return _mm512_xor_si512(x, y);
}
/* the lower words of the products x by, and their upper words to `high`; */
static inline vec_words vec_multiply_words(vec_words x, uint32_t by, vec_words *high)
{
    __m512i all = _mm512_set1_epi32((int)by);
    __m512i even = _mm512_mul_epu32(x, all), odd = _mm512_mul_epu32(_mm512_srli_epi64(x, 32), all);
    *high = _mm512_mask_shuffle_epi32(odd, 0x5555, even, _MM_PERM_DDBB);
    return _mm512_mask_shuffle_epi32(even, 0xaaaa, odd, _MM_PERM_CCAA);
}
/* whether the lower or the upper 16 bits of x are less than y, which is at most 65536 */
static inline vec_mask vec_half_less(vec_words x, bool upper, uint32_t y)
{
    __m512i half = upper ? _mm512_srli_epi32(x, 16) : _mm512_and_si512(x, _mm512_set1_epi32(0xffff));
    return _mm512_cmplt_epu32_mask(half, _mm512_set1_epi32((int)y));
}
/* 16 sums of products of integers */
typedef __m512i vec_sums;
static inline vec_sums vec_no_sums(void)
{
    return _mm512_setzero_si512();
}
/* sums + w[lane][0] * pair's lower half + w[lane][1] * its upper half, of w (16, 2) */
static inline vec_sums vec_add_products(vec_sums sums, const int8_t *w, int32_t pair)
{
    __m512i wide = _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i *)w));
    return _mm512_add_epi32(sums, _mm512_madd_epi16(wide, _mm512_set1_epi32(pair)));
}
/* the same in one instruction, on processors that have it; in the assembler's words, since the compiler would have to be told
   that all of them do */
#define VEC_ADD_PRODUCTS_NEEDS "avx512vnni"
static inline vec_sums vec_add_products_at_once(vec_sums sums, const int8_t *w, int32_t pair)
{
    __m512i wide = _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i *)w));
    __asm__("vpdpwssd %2, %1, %0" : "+v"(sums) : "v"(wide), "v"(_mm512_set1_epi32(pair)));
    return sums;
}
static inline vec vec_of_sums(vec_sums sums)
{
    return _mm512_cvtepi32_ps(sums);
}
/* lanes of x and y in turn: x0 y0 x1 y1 ..; the first half of them in `low` */
static inline void vec_interleave(vec x, vec y, vec *low, vec *high)
{
    const __m512i first = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const __m512i second = _mm512_setr_epi32(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    *low = _mm512_permutex2var_ps(x, first, y);
    *high = _mm512_permutex2var_ps(x, second, y);
}
/* neighbouring lanes change places: x1 x0 x3 x2 .. */
static inline vec vec_swap(vec x)
{
    return _mm512_permute_ps(x, 0xb1);
}
/* lanes folded by halves: i + 8, then + 4, + 2, + 1 */
static inline real vec_sum(vec a)
{
    __m256 h = _mm256_add_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps(a, 1));
    __m128 q = _mm_add_ps(_mm256_castps256_ps128(h), _mm256_extractf128_ps(h, 1));
    q = _mm_add_ps(q, _mm_movehl_ps(q, q));
    return _mm_cvtss_f32(_mm_add_ss(q, _mm_movehdup_ps(q)));
}

#endif
