/* attention.h: what scaled dot-product attention does between its products, on a tile of queries and keys at a time.

   Softmax over all keys a query may see, taken tile by tile (Milakov, Gimelshein: Online normalizer calculation for softmax; 2018),
   backward from kept peaks and sums (Dao, Fu, Ermon, Rudra, Re: FlashAttention; NeurIPS 2022). Rows do not touch each other, and a
   row's tiles come in rising order of keys, so its bits do not depend on which rows go together. */
#ifndef UNROLL_SIMD_ATTENTION_H
#define UNROLL_SIMD_ATTENTION_H

#include <math.h>

#include "simd/engine.h"
#include "simd/math.h"

enum { ATTENTION_MOST_BLOCKS = UNROLL_ATTENTION_TILE / UNROLL_LANES };

static inline real *score_row(real *score, int block, int row)
{
    return score + ((size_t)block * UNROLL_ATTENTION_TILE + (size_t)row) * UNROLL_LANES;
}

/* how many keys of the tile a row may see */
static inline int visible_keys(const unroll_attention *p, int row)
{
    int most = p->ahead + row + 1;
    return most < 0 ? 0 : most < p->keys ? most : p->keys;
}

/* Whether every row sees every key, and every lane is a key. */
static inline bool sees_all(const unroll_attention *p)
{
    return p->keys % UNROLL_LANES == 0 && p->ahead >= p->keys - 1;
}

/* the lanes of a block that are among the first `visible` keys */
static inline vec_mask visible_lanes(int block, int visible)
{
    static const real lane[UNROLL_LANES] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    return vec_less(vec_load(lane), vec_set1((real)(visible - block * UNROLL_LANES)));
}

/* of 16 vectors the largest lane of each, in the lane of its number: two halves of a vector become one at each stage */
VEC_INLINE vec largest_lanes(vec x[UNROLL_LANES])
{
    UNROLL_LOOP
    for (int half = UNROLL_LANES / 2; half > 0; half /= 2) {
        UNROLL_LOOP
        for (int i = 0; i < half; i++) {
            vec low, high;
            vec_interleave(x[i], x[i + half], &low, &high);
            x[i] = vec_max(low, high);
        }
    }
    return x[0];
}

VEC_INLINE vec largest_of_row(const unroll_attention *p, int row, int blocks, const bool masked)
{
    vec none = vec_set1(-(real)INFINITY), most = none;
    int visible = masked ? visible_keys(p, row) : 0;
    for (int n = 0; n < blocks; n++) {
        vec x = vec_load(score_row(p->score, n, row));
        most = vec_max(most, masked ? vec_select(visible_lanes(n, visible), x, none) : x);
    }
    return most;
}

/* The peaks of 16 rows from `first` on move on to those of this tile; factor: what older sums are worth now. */
VEC_INLINE void move_peaks(const unroll_attention *p, int first, int blocks, real *factor, const bool masked)
{
    vec most[UNROLL_LANES], old = vec_load(p->peak + first), now;
    for (int i = 0; i < UNROLL_LANES; i++)
        most[i] = first + i < p->rows ? largest_of_row(p, first + i, blocks, masked) : vec_set1(0);
    now = vec_max(old, largest_lanes(most));
    vec_store(p->peak + first, now);
    /* a row that has seen no key yet has no peak, and its sums are zero */
    vec_store(factor + first, vec_exp(vec_sub(vec_max(old, vec_set1(-1e30f)), vec_max(now, vec_set1(-1e30f)))));
}

VEC_INLINE void softmax_row(const unroll_attention *p, int row, int blocks, real factor, const bool masked)
{
    vec peak = vec_set1(p->peak[row]), scale = vec_set1(factor), zero = vec_set1(0);
    real *sum = p->sum + (size_t)row * UNROLL_LANES;
    vec total = vec_mul(vec_load(sum), scale);
    int visible = masked ? visible_keys(p, row) : 0;
    for (int n = 0; n < blocks; n++) {
        real *at = score_row(p->score, n, row);
        vec weight = vec_exp(vec_sub(vec_load(at), peak));
        if (masked)
            weight = vec_select(visible_lanes(n, visible), weight, zero);
        vec_store(at, weight);
        total = vec_add(total, weight);
    }
    vec_store(sum, total);
    for (int n = 0; n < p->o_blocks; n++) {
        real *o = p->o[n] + p->o_from + (size_t)row * UNROLL_LANES;
        vec_store(o, vec_mul(vec_load(o), scale));
    }
}

VEC_INLINE void softmax_rows(const unroll_attention *p, const int blocks, const bool masked)
{
    real factor[UNROLL_ATTENTION_TILE];
    for (int first = 0; first < p->rows; first += UNROLL_LANES)
        move_peaks(p, first, blocks, factor, masked);
    for (int row = 0; row < p->rows; row++)
        softmax_row(p, row, blocks, factor[row], masked);
}

static void engine_attend(const unroll_attention *p)
{
    if (!sees_all(p))
        softmax_rows(p, unroll_blocks(p->keys), true);
    else if (p->keys == UNROLL_ATTENTION_TILE)
        softmax_rows(p, ATTENTION_MOST_BLOCKS, false);
    else
        softmax_rows(p, unroll_blocks(p->keys), false);
}

static void engine_attend_end(const unroll_attention *p)
{
    for (int first = 0; first < p->rows; first += UNROLL_LANES) {
        real total[UNROLL_LANES];
        for (int i = 0; i < UNROLL_LANES; i++)
            total[i] = first + i < p->rows ? vec_sum(vec_load(p->sum + (size_t)(first + i) * UNROLL_LANES)) : 1;
        vec_store(p->inverse + first, vec_div(vec_set1(1), vec_load(total)));
    }
    for (int row = 0; row < p->rows; row++) {
        vec inverse = vec_set1(p->inverse[row]);
        for (int n = 0; n < p->o_blocks; n++) {
            real *o = p->o[n] + p->o_from + (size_t)row * UNROLL_LANES;
            vec_store(o, vec_add(vec_mul(vec_load(o), inverse), vec_set1(0))); /* no -0: whether one is there depends on the tile */
        }
    }
}

VEC_INLINE void attend_back_row(const unroll_attention *p, int row, int blocks, const bool masked)
{
    vec peak = vec_set1(p->peak[row]), inverse = vec_set1(p->inverse[row]), along = vec_set1(p->delta[row]), zero = vec_set1(0);
    int visible = masked ? visible_keys(p, row) : 0;
    for (int n = 0; n < blocks; n++) {
        real *at = score_row(p->score, n, row), *d = score_row(p->d_score, n, row);
        vec weight = vec_mul(vec_exp(vec_sub(vec_load(at), peak)), inverse);
        if (masked)
            weight = vec_select(visible_lanes(n, visible), weight, zero);
        vec_store(at, weight);
        vec_store(d, vec_mul(weight, vec_sub(vec_load(d), along)));
    }
}

static void engine_attend_back(const unroll_attention *p)
{
    int blocks = unroll_blocks(p->keys);
    if (!sees_all(p))
        for (int row = 0; row < p->rows; row++)
            attend_back_row(p, row, blocks, true);
    else if (blocks == ATTENTION_MOST_BLOCKS)
        for (int row = 0; row < p->rows; row++)
            attend_back_row(p, row, ATTENTION_MOST_BLOCKS, false);
    else
        for (int row = 0; row < p->rows; row++)
            attend_back_row(p, row, blocks, false);
}

static void engine_row_products(real *const *a, size_t a_from, real *const *b, size_t b_from, int blocks, int rows, real *out)
{
    for (int row = 0; row < rows; row++) {
        vec sum = vec_set1(0);
        for (int n = 0; n < blocks; n++)
            sum = vec_fma(vec_load(a[n] + a_from + row * UNROLL_LANES), vec_load(b[n] + b_from + row * UNROLL_LANES), sum);
        out[row] = vec_sum(sum);
    }
}

static void engine_rotate(real *x, size_t stride, const real *cosine, const real *sine, bool back, int rows)
{
    for (int row = 0; row < rows; row++, x += stride) {
        vec is = vec_load(x), turned = vec_mul(vec_swap(is), vec_load(sine + (size_t)row * UNROLL_LANES));
        vec straight = vec_mul(is, vec_load(cosine + (size_t)row * UNROLL_LANES));
        vec_store(x, back ? vec_sub(straight, turned) : vec_add(straight, turned));
    }
}

#endif
