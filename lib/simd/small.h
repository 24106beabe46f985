/* small.h: products of one row with weights in 16 or 8 bits, for streaming inference: a step reads each weight once, so what
   counts is how few bytes they take. */
#ifndef UNROLL_SIMD_SMALL_H
#define UNROLL_SIMD_SMALL_H

#include <math.h>
#include <string.h>

#include "simd/product.h"

enum {
    SMALL_MOST_BLOCKS = 8,
    SMALL_AHEAD = 40 /* lines that are fetched before they are needed */
};

static inline vec small_start(const unroll_small_product *p, int block)
{
    return vec_load(p->start != NULL && p->start[block] != NULL ? p->start[block] : p->c[block] + p->c_from);
}

TILE_INLINE void small_bf16(const unroll_small_product *p, int block, const int blocks)
{
    const size_t pairs = (size_t)((p->k + 1) / 2);
    const uint32_t *b = p->halves + (size_t)block * pairs * UNROLL_LANES;
    vec acc[SMALL_MOST_BLOCKS];
    UNROLL_LOOP
    for (int n = 0; n < blocks; n++)
        acc[n] = small_start(p, block + n);
    for (size_t i = 0; i < (size_t)(p->k / 2); i++) {
        vec first = vec_set1(p->a[2 * i]), second = vec_set1(p->a[2 * i + 1]);
        UNROLL_LOOP
        for (int n = 0; n < blocks; n++)
            __builtin_prefetch(b + (i * (size_t)blocks + (size_t)(n + SMALL_AHEAD)) * UNROLL_LANES);
        UNROLL_LOOP
        for (int n = 0; n < blocks; n++) {
            vec lower, upper;
            vec_halves(b + (i * (size_t)blocks + (size_t)n) * UNROLL_LANES, &lower, &upper);
            acc[n] = vec_fma(second, upper, vec_fma(first, lower, acc[n]));
        }
    }
    UNROLL_LOOP
    for (int n = 0; n < blocks; n++) {
        if (p->k % 2 == 1) {
            vec lower, upper;
            vec_halves(b + ((pairs - 1) * (size_t)blocks + (size_t)n) * UNROLL_LANES, &lower, &upper);
            acc[n] = vec_fma(vec_set1(p->a[p->k - 1]), lower, acc[n]);
        }
        vec_store(p->c[block + n] + p->c_from, acc[n]);
    }
}

#ifdef VEC_ADD_PRODUCTS_NEEDS
#define SMALL_AT_ONCE __builtin_cpu_supports(VEC_ADD_PRODUCTS_NEEDS)
#else
#define SMALL_AT_ONCE 0
#define vec_add_products_at_once vec_add_products
#endif

TILE_INLINE void small_int8(const unroll_small_product *p, int block, const int blocks, const bool at_once)
{
    const size_t pairs = (size_t)((p->k + 1) / 2);
    const int8_t *b = p->integers + (size_t)block * pairs * 2 * UNROLL_LANES;
    vec_sums sums[SMALL_MOST_BLOCKS];
    UNROLL_LOOP
    for (int n = 0; n < blocks; n++)
        sums[n] = vec_no_sums();
    for (size_t i = 0; i < pairs; i++) {
        int32_t pair;
        memcpy(&pair, p->a_integers + 2 * i, sizeof pair);
        UNROLL_LOOP
        for (int n = 0; n < blocks; n++) {
            const int8_t *w = b + (i * (size_t)blocks + (size_t)n) * 2 * UNROLL_LANES;
            sums[n] = at_once ? vec_add_products_at_once(sums[n], w, pair) : vec_add_products(sums[n], w, pair);
        }
    }
    UNROLL_LOOP
    for (int n = 0; n < blocks; n++) {
        vec scale = vec_mul(vec_load(p->scale + (size_t)(block + n) * UNROLL_LANES), vec_set1(p->a_scale));
        vec_store(p->c[block + n] + p->c_from, vec_fma(vec_of_sums(sums[n]), scale, small_start(p, block + n)));
    }
}

static real engine_integers(const real *a, int k, int16_t *out)
{
    const double room = 2147483647.0 / 127.0 / (k + 1.0);
    const real limit = room < 32767.0 ? (real)(int)room : (real)32767.0;
    const vec magic = vec_set1((real)12582912.0); /* 1.5 * 2^23: of a sum with it, the integer stands in the lowest bits */
    vec most = vec_set1(0), factor;
    real lane[UNROLL_LANES], greatest = 0;
    for (int i = 0; i < k; i += UNROLL_LANES) {
        vec size = vec_abs(vec_load(a + i));
        most = vec_select(vec_less(most, size), size, most);
    }
    vec_store(lane, most);
    for (int i = 0; i < UNROLL_LANES; i++)
        greatest = lane[i] > greatest ? lane[i] : greatest;
    if (!(greatest > 0) || isinf(greatest))
        greatest = 1;
    factor = vec_set1(limit / greatest);
    for (int i = 0; i < k; i += UNROLL_LANES) {
        vec_store(lane, vec_add(vec_mul(vec_load(a + i), factor), magic));
        UNROLL_LOOP
        for (int j = 0; j < UNROLL_LANES; j++) {
            float shifted = (float)lane[j];
            uint32_t bits;
            memcpy(&bits, &shifted, sizeof bits);
            out[i + j] = (int16_t)(uint16_t)bits;
        }
    }
    return greatest / limit;
}

static void engine_product_bf16(const unroll_small_product *p)
{
    int block = 0; /* in the groups of unroll_small_group */
    for (; block + 8 <= p->blocks; block += 8)
        small_bf16(p, block, 8);
    for (; block + 4 <= p->blocks; block += 4)
        small_bf16(p, block, 4);
    for (; block < p->blocks; block++)
        small_bf16(p, block, 1);
}

static void engine_product_int8(const unroll_small_product *p)
{
    int block = 0;
    if (SMALL_AT_ONCE) {
        for (; block + 8 <= p->blocks; block += 8)
            small_int8(p, block, 8, true);
    }
    for (; block + 8 <= p->blocks; block += 8)
        small_int8(p, block, 8, false);
    for (; block + 4 <= p->blocks; block += 4)
        small_int8(p, block, 4, false);
    for (; block < p->blocks; block++)
        small_int8(p, block, 1, false);
}

#endif
