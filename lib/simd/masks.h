/* masks.h: random masks, sixteen blocks of Philox side by side, and what zoneout does with them. */
#ifndef UNROLL_SIMD_MASKS_H
#define UNROLL_SIMD_MASKS_H

#include "simd/engine.h"

/* a block's words have so many halves */
enum { MASK_HALVES = 8 };

/* Philox 4x32-10 of base/random.c, a counter a lane: the words take the counters' place. */
VEC_INLINE void mask_words(const uint32_t key[2], vec_words word[4])
{
    uint32_t k0 = key[0], k1 = key[1];
    UNROLL_LOOP
    for (int round = 0; round < 10; round++) {
        vec_words high0, high2;
        vec_words low0 = vec_multiply_words(word[0], UINT32_C(0xD2511F53), &high0);
        vec_words low2 = vec_multiply_words(word[2], UINT32_C(0xCD9E8D57), &high2);
        word[0] = vec_xor(vec_xor(high2, word[1]), vec_all_words(k0));
        word[2] = vec_xor(vec_xor(high0, word[3]), vec_all_words(k1));
        word[1] = low2;
        word[3] = low0;
        k0 += UINT32_C(0x9E3779B9);
        k1 += UINT32_C(0xBB67AE85);
    }
}

static void engine_mask(const unroll_mask *m)
{
    vec hit = vec_set1(m->hit), other = vec_set1(m->other);
    for (int row = 0; row < m->rows; row++)
        for (int first = m->begin / MASK_HALVES * MASK_HALVES; first < m->end; first += MASK_HALVES) {
            vec_words word[4] = {vec_count_words((uint32_t)(first / MASK_HALVES * UNROLL_LANES)),
                                 vec_all_words((uint32_t)m->sequence[row]), vec_all_words((uint32_t)m->time),
                                 vec_all_words(m->which)};
            mask_words(m->key, word);
            UNROLL_LOOP
            for (int k = 0; k < MASK_HALVES; k++)
                if (first + k >= m->begin && first + k < m->end)
                    vec_store(m->to[(first + k) * m->to_next] + m->from + row * UNROLL_LANES,
                              vec_select(vec_half_less(word[k / 2], k % 2 == 1, m->share), hit, other));
        }
}

static void engine_mix(const real *stays, real share, const real *old, real *now, real *fresh, size_t count)
{
    vec zero = vec_set1(0), mean = vec_set1(share);
    for (size_t i = 0; i < count; i += UNROLL_LANES) {
        vec was = vec_load(old + i), is = vec_load(now + i);
        if (fresh != NULL)
            vec_store(fresh + i, is);
        vec_store(now + i, stays != NULL ? vec_select(vec_less(zero, vec_load(stays + i)), was, is)
                                         : vec_fma(mean, vec_sub(was, is), is));
    }
}

static void engine_part(real *stays, real *d, real *d_old, size_t count)
{
    for (size_t i = 0; i < count; i += UNROLL_LANES) {
        vec all = vec_load(d + i), old = vec_mul(vec_load(stays + i), all);
        vec_store(d + i, vec_sub(all, old));
        if (d_old != NULL)
            vec_store(d_old + i, vec_add(vec_load(d_old + i), old));
        else
            vec_store(stays + i, old);
    }
}

#endif
