/* lanes.h: sixteen lanes as an array, the operations that vec_scalar.h and vec_double.h share. Each defines before it what
   differs: lane_sqrt, lane_fma, lane_abs, lane_with_sign and lane_round of one real. */
#ifndef UNROLL_SIMD_LANES_H
#define UNROLL_SIMD_LANES_H

/* accumulators of a tile, and how many blocks wide it is where there are many rows */
#define VEC_TILE 6
#define VEC_TILE_BLOCKS 1
/* vectors whose functions are computed side by side */
#define VEC_CHAINS 1

typedef struct {
    real v[UNROLL_LANES];
} vec;
typedef struct {
    unsigned char v[UNROLL_LANES];
} vec_mask;

static inline vec vec_load(const real *p)
{
    vec out;
    for (int i = 0; i < UNROLL_LANES; i++)
        out.v[i] = p[i];
    return out;
}
static inline void vec_store(real *p, vec x)
{
    for (int i = 0; i < UNROLL_LANES; i++)
        p[i] = x.v[i];
}
static inline vec vec_set1(real x)
{
    vec out;
    for (int i = 0; i < UNROLL_LANES; i++)
        out.v[i] = x;
    return out;
}
static inline vec vec_add(vec x, vec y)
{
    vec out;
    for (int i = 0; i < UNROLL_LANES; i++)
        out.v[i] = x.v[i] + y.v[i];
    return out;
}
static inline vec vec_sub(vec x, vec y)
{
    vec out;
    for (int i = 0; i < UNROLL_LANES; i++)
        out.v[i] = x.v[i] - y.v[i];
    return out;
}
static inline vec vec_mul(vec x, vec y)
{
    vec out;
    for (int i = 0; i < UNROLL_LANES; i++)
        out.v[i] = x.v[i] * y.v[i];
    return out;
}
static inline vec vec_div(vec x, vec y)
{
    vec out;
    for (int i = 0; i < UNROLL_LANES; i++)
        out.v[i] = x.v[i] / y.v[i];
    return out;
}
static inline vec vec_sqrt(vec x)
{
    vec out;
    for (int i = 0; i < UNROLL_LANES; i++)
        out.v[i] = lane_sqrt(x.v[i]);
    return out;
}
/* x y + z */
static inline vec vec_fma(vec x, vec y, vec z)
{
    vec out;
    for (int i = 0; i < UNROLL_LANES; i++)
        out.v[i] = lane_fma(x.v[i], y.v[i], z.v[i]);
    return out;
}
/* z - x y */
static inline vec vec_fnma(vec x, vec y, vec z)
{
    vec out;
    for (int i = 0; i < UNROLL_LANES; i++)
        out.v[i] = lane_fma(-x.v[i], y.v[i], z.v[i]);
    return out;
}
/* x < y ? x : y, so a NaN in y is kept */
static inline vec vec_min(vec x, vec y)
{
    vec out;
    for (int i = 0; i < UNROLL_LANES; i++)
        out.v[i] = x.v[i] < y.v[i] ? x.v[i] : y.v[i];
    return out;
}
/* x > y ? x : y, so a NaN in y is kept */
static inline vec vec_max(vec x, vec y)
{
    vec out;
    for (int i = 0; i < UNROLL_LANES; i++)
        out.v[i] = x.v[i] > y.v[i] ? x.v[i] : y.v[i];
    return out;
}
static inline vec_mask vec_less(vec x, vec y)
{
    vec_mask out;
    for (int i = 0; i < UNROLL_LANES; i++)
        out.v[i] = x.v[i] < y.v[i];
    return out;
}
static inline vec vec_select(vec_mask m, vec yes, vec no)
{
    vec out;
    for (int i = 0; i < UNROLL_LANES; i++)
        out.v[i] = m.v[i] ? yes.v[i] : no.v[i];
    return out;
}
static inline vec vec_abs(vec x)
{
    vec out;
    for (int i = 0; i < UNROLL_LANES; i++)
        out.v[i] = lane_abs(x.v[i]);
    return out;
}
/* the size of x with the sign of s; x is not negative */
static inline vec vec_with_sign(vec x, vec s)
{
    vec out;
    for (int i = 0; i < UNROLL_LANES; i++)
        out.v[i] = lane_with_sign(x.v[i], s.v[i]);
    return out;
}
/* to the nearest integer, ties to even */
static inline vec vec_round(vec x)
{
    vec out;
    for (int i = 0; i < UNROLL_LANES; i++)
        out.v[i] = lane_round(x.v[i]);
    return out;
}
typedef union {
    float value;
    uint32_t bits;
} vec_float;
/* of 16 pairs of 16-bit halves: `upper`, the pairs themselves, as reals, whose lower bits are the other half; `lower`, the lower
   halves, as reals' upper ones */
static inline void vec_halves(const uint32_t *p, vec *lower, vec *upper)
{
    for (int i = 0; i < UNROLL_LANES; i++) {
        upper->v[i] = ((vec_float){.bits = p[i]}).value;
        lower->v[i] = ((vec_float){.bits = p[i] << 16}).value;
    }
}
/* 16 words of 32 bits, for random numbers: all x; x, x + 1, ..; x xor y; */
typedef struct {
    uint32_t v[UNROLL_LANES];
} vec_words;
static inline vec_words vec_all_words(uint32_t x)
{
    vec_words out;
    for (int i = 0; i < UNROLL_LANES; i++)
        out.v[i] = x;
    return out;
}
static inline vec_words vec_count_words(uint32_t x)
{
    vec_words out;
    for (int i = 0; i < UNROLL_LANES; i++)
        out.v[i] = x + (uint32_t)i;
    return out;
}
static inline vec_words vec_xor(vec_words x, vec_words y)
{
    for (int i = 0; i < UNROLL_LANES; i++)
        x.v[i] ^= y.v[i];
    return x;
}
/* the lower words of the products x by, and their upper words to `high`; */
static inline vec_words vec_multiply_words(vec_words x, uint32_t by, vec_words *high)
{
    vec_words low;
    for (int i = 0; i < UNROLL_LANES; i++) {
        uint64_t product = (uint64_t)x.v[i] * by;
        low.v[i] = (uint32_t)product;
        high->v[i] = (uint32_t)(product >> 32);
    }
    return low;
}
/* whether the lower or the upper 16 bits of x are less than y, which is at most 65536 */
static inline vec_mask vec_half_less(vec_words x, bool upper, uint32_t y)
{
    vec_mask out;
    for (int i = 0; i < UNROLL_LANES; i++)
        out.v[i] = (upper ? x.v[i] >> 16 : x.v[i] & 0xffff) < y;
    return out;
}
/* 16 sums of products of integers */
typedef struct {
    int32_t v[UNROLL_LANES];
} vec_sums;
static inline vec_sums vec_no_sums(void)
{
    return (vec_sums){{0}};
}
/* sums + w[lane][0] * pair's lower half + w[lane][1] * its upper half, of w (16, 2) */
static inline vec_sums vec_add_products(vec_sums sums, const int8_t *w, int32_t pair)
{
    int16_t lower = (int16_t)(pair & 0xffff), upper = (int16_t)(pair >> 16);
    for (int i = 0; i < UNROLL_LANES; i++)
        sums.v[i] += w[2 * i] * lower + w[2 * i + 1] * upper;
    return sums;
}
static inline vec vec_of_sums(vec_sums sums)
{
    vec out;
    for (int i = 0; i < UNROLL_LANES; i++)
        out.v[i] = (real)sums.v[i];
    return out;
}
/* lanes of x and y in turn: x0 y0 x1 y1 ..; the first half of them in `low` */
static inline void vec_interleave(vec x, vec y, vec *low, vec *high)
{
    for (int i = 0; i < UNROLL_LANES; i++) {
        low->v[i] = i % 2 == 0 ? x.v[i / 2] : y.v[i / 2];
        high->v[i] = i % 2 == 0 ? x.v[UNROLL_LANES / 2 + i / 2] : y.v[UNROLL_LANES / 2 + i / 2];
    }
}
/* neighbouring lanes change places: x1 x0 x3 x2 .. */
static inline vec vec_swap(vec x)
{
    vec out;
    for (int i = 0; i < UNROLL_LANES; i++)
        out.v[i] = x.v[i ^ 1];
    return out;
}
/* lanes folded by halves: i + 8, then + 4, + 2, + 1 */
static inline real vec_sum(vec x)
{
    for (int half = UNROLL_LANES / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++)
            x.v[i] += x.v[i + half];
    return x.v[0];
}

#endif
