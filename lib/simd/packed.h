/* packed.h: weights in fewer bits, and products of one row with them, for streaming inference: a step reads each weight once,
   so what counts is how few bytes they take.

   bf16: the upper 16 bits of a float, two weights in a word, the upper half rounded with the lower one in place; int8: integers
   in -127..127 with a scale a column of B, times activations that are rounded to integers of up to 16 bits with one scale a
   row. B (k, 16 blocks) lies in groups of 8 blocks, of what is left one of 4, then of 1, as [group][k / 2][blocks][16][2],
   columns past k zero. */
#ifndef UNROLL_SIMD_PACKED_H
#define UNROLL_SIMD_PACKED_H

#include <math.h>
#include <string.h>

#include "simd/product.h"

enum {
    PACKED_MOST_BLOCKS = UNROLL_PACKED_GROUP,
    PACKED_AHEAD = 40 /* lines that are fetched before they are needed */
};

struct unroll_packed {
    unroll_form form;
    int k, blocks;
    uint32_t *halves;    /* bf16: of each pair the first in the lower half */
    int8_t *integers;    /* int8: B / scale */
    real *scale;         /* int8: [blocks][16] */
    real *a;             /* (k): one row of activations, one after the other; zeros up to a multiple of 16 */
    int16_t *a_integers; /* int8: A / a_scale */
    real a_scale;
};

/* Lays the arrays out behind the structure; room == NULL: only counts their bytes. */
static size_t packed_layout(unroll_packed *room, unroll_form form, int k, int blocks)
{
    size_t pairs = (size_t)blocks * (size_t)((k + 1) / 2) * UNROLL_LANES, padded = (size_t)unroll_blocks(k) * UNROLL_LANES;
    size_t columns = (size_t)blocks * UNROLL_LANES, line = 64, at = (sizeof *room + line - 1) / line * line;
    size_t bytes[] = {padded * sizeof(real), form == UNROLL_BF16 ? pairs * sizeof(uint32_t) : 0,
                      form == UNROLL_INT8 ? pairs * 2 * sizeof(int8_t) : 0, form == UNROLL_INT8 ? columns * sizeof(real) : 0,
                      form == UNROLL_INT8 ? padded * sizeof(int16_t) : 0};
    void *array[5];
    for (int i = 0; i < 5; i++) {
        array[i] = room != NULL ? (char *)room + at : NULL;
        at += (bytes[i] + line - 1) / line * line;
    }
    if (room != NULL)
        *room = (unroll_packed){.form = form, .k = k, .blocks = blocks, .a = array[0], .halves = array[1], .integers = array[2],
                                .scale = array[3], .a_integers = array[4]};
    return at;
}

static size_t engine_packed_bytes(unroll_form form, int k, int blocks)
{
    return packed_layout(NULL, form, k, blocks);
}

static unroll_packed *engine_packed_open(void *room, unroll_form form, int k, int blocks)
{
    packed_layout(room, form, k, blocks);
    return room;
}

/* ---- weights to their form ---- */

/* The group in which block `block` lies: how many blocks it has; *first: the first of them. */
static int packed_group(int blocks, int block, int *first)
{
    int left;
    *first = block / 8 * 8;
    left = blocks - *first;
    if (left >= 8)
        return 8;
    if (left >= 4 && block - *first < 4)
        return 4;
    *first = block;
    return 1;
}

static uint32_t bits_of(real value)
{
    float single = (float)value;
    uint32_t bits;
    memcpy(&bits, &single, sizeof bits);
    return bits;
}

/* The lower half is the first weight, rounded to the nearest. The upper half is such that the word as a whole, which is read
   as the second weight, comes nearest to it. */
static uint32_t pair_of(real first, real second)
{
    uint32_t one = bits_of(first), two = bits_of(second), sign = two & 0x80000000u;
    int64_t lower, upper;
    lower = (one + 0x7fffu + ((one >> 16) & 1u)) >> 16;
    upper = ((int64_t)(two & 0x7fffffffu) - lower + 0x8000) >> 16;
    return sign | (uint32_t)(upper > 0 ? upper : 0) << 16 | (uint32_t)lower;
}

static real packed_scale(const unroll_packed *p, const real *w, int width, int block, size_t lane)
{
    real most = 0;
    for (int i = 0; i < p->k; i++)
        most = (real)fmax((double)most, fabs((double)w[unroll_weight_place(p->blocks, width, p->k, block, i) + lane]));
    return most > 0 ? most / 127 : 1;
}

static void engine_pack(unroll_packed *p, const real *w, int width)
{
    int k = p->k, pairs = (k + 1) / 2;
    for (int column = 0; column < p->blocks * UNROLL_LANES; column++) {
        int block = column / UNROLL_LANES, first, group = packed_group(p->blocks, block, &first);
        size_t lane = (size_t)(column % UNROLL_LANES);
        real scale = 1;
        if (p->form == UNROLL_INT8)
            scale = p->scale[column] = packed_scale(p, w, width, block, lane);
        for (int i = 0; i < 2 * pairs; i += 2) {
            real one = w[unroll_weight_place(p->blocks, width, k, block, i) + lane];
            real two = i + 1 < k ? w[unroll_weight_place(p->blocks, width, k, block, i + 1) + lane] : 0;
            size_t at = ((size_t)first * (size_t)pairs + (size_t)(i / 2 * group + block - first)) * UNROLL_LANES + lane;
            if (p->form == UNROLL_BF16) {
                p->halves[at] = pair_of(one, two);
                continue;
            }
            p->integers[2 * at] = (int8_t)lrint((double)(one / scale));
            p->integers[2 * at + 1] = (int8_t)lrint((double)(two / scale));
        }
    }
}

/* A (k, and zeros up to a multiple of 16) / scale as integers, as large as keeps the sums of products within 32 bits; returns
   the scale. NaN and infinity give some integers. */
static real integers_of(const real *a, int k, int16_t *out)
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

static void engine_pack_row(unroll_packed *p, unroll_matrix a, int block, int row)
{
    for (int i = 0; i < p->k; i += UNROLL_LANES) {
        int count = p->k - i < UNROLL_LANES ? p->k - i : UNROLL_LANES;
        memcpy(p->a + i, unroll_matrix_row(a, block + i / UNROLL_LANES, row), (size_t)count * sizeof(real));
    }
    if (p->form == UNROLL_INT8)
        p->a_scale = integers_of(p->a, p->k, p->a_integers);
}

/* ---- products ---- */

typedef struct packed_product {
    const unroll_packed *w;
    real *const *c;
    size_t c_from;
    const real *const *start;
} packed_product;

static inline vec packed_start(const packed_product *p, int block)
{
    return vec_load(p->start != NULL && p->start[block] != NULL ? p->start[block] : p->c[block] + p->c_from);
}

TILE_INLINE void packed_bf16(const packed_product *p, int block, const int blocks)
{
    const size_t pairs = (size_t)((p->w->k + 1) / 2);
    const uint32_t *b = p->w->halves + (size_t)block * pairs * UNROLL_LANES;
    vec acc[PACKED_MOST_BLOCKS];
    UNROLL_LOOP
    for (int n = 0; n < blocks; n++)
        acc[n] = packed_start(p, block + n);
    for (size_t i = 0; i < (size_t)(p->w->k / 2); i++) {
        vec first = vec_set1(p->w->a[2 * i]), second = vec_set1(p->w->a[2 * i + 1]);
        UNROLL_LOOP
        for (int n = 0; n < blocks; n++)
            __builtin_prefetch(b + (i * (size_t)blocks + (size_t)(n + PACKED_AHEAD)) * UNROLL_LANES);
        UNROLL_LOOP
        for (int n = 0; n < blocks; n++) {
            vec lower, upper;
            vec_halves(b + (i * (size_t)blocks + (size_t)n) * UNROLL_LANES, &lower, &upper);
            acc[n] = vec_fma(second, upper, vec_fma(first, lower, acc[n]));
        }
    }
    UNROLL_LOOP
    for (int n = 0; n < blocks; n++) {
        if (p->w->k % 2 == 1) {
            vec lower, upper;
            vec_halves(b + ((pairs - 1) * (size_t)blocks + (size_t)n) * UNROLL_LANES, &lower, &upper);
            acc[n] = vec_fma(vec_set1(p->w->a[p->w->k - 1]), lower, acc[n]);
        }
        vec_store(p->c[block + n] + p->c_from, acc[n]);
    }
}

#ifdef VEC_ADD_PRODUCTS_NEEDS
#define PACKED_AT_ONCE __builtin_cpu_supports(VEC_ADD_PRODUCTS_NEEDS)
#else
#define PACKED_AT_ONCE 0
#define vec_add_products_at_once vec_add_products
#endif

TILE_INLINE void packed_int8(const packed_product *p, int block, const int blocks, const bool at_once)
{
    const size_t pairs = (size_t)((p->w->k + 1) / 2);
    const int8_t *b = p->w->integers + (size_t)block * pairs * 2 * UNROLL_LANES;
    vec_sums sums[PACKED_MOST_BLOCKS];
    UNROLL_LOOP
    for (int n = 0; n < blocks; n++)
        sums[n] = vec_no_sums();
    for (size_t i = 0; i < pairs; i++) {
        int32_t pair;
        memcpy(&pair, p->w->a_integers + 2 * i, sizeof pair);
        UNROLL_LOOP
        for (int n = 0; n < blocks; n++) {
            const int8_t *w = b + (i * (size_t)blocks + (size_t)n) * 2 * UNROLL_LANES;
            sums[n] = at_once ? vec_add_products_at_once(sums[n], w, pair) : vec_add_products(sums[n], w, pair);
        }
    }
    UNROLL_LOOP
    for (int n = 0; n < blocks; n++) {
        vec scale = vec_mul(vec_load(p->w->scale + (size_t)(block + n) * UNROLL_LANES), vec_set1(p->w->a_scale));
        vec_store(p->c[block + n] + p->c_from, vec_fma(vec_of_sums(sums[n]), scale, packed_start(p, block + n)));
    }
}

static void packed_bf16_blocks(const packed_product *p, int block, int end)
{
    for (; block + 8 <= end; block += 8)
        packed_bf16(p, block, 8);
    for (; block + 4 <= end; block += 4)
        packed_bf16(p, block, 4);
    for (; block < end; block++)
        packed_bf16(p, block, 1);
}

static void packed_int8_blocks(const packed_product *p, int block, int end)
{
    if (PACKED_AT_ONCE) {
        for (; block + 8 <= end; block += 8)
            packed_int8(p, block, 8, true);
    }
    for (; block + 8 <= end; block += 8)
        packed_int8(p, block, 8, false);
    for (; block + 4 <= end; block += 4)
        packed_int8(p, block, 4, false);
    for (; block < end; block++)
        packed_int8(p, block, 1, false);
}

static void engine_packed_product(const unroll_packed *w, int begin, int end, real *const *c, size_t c_from,
                                  const real *const *start)
{
    packed_product p = {w, c, c_from, start};
    if (w->form == UNROLL_BF16)
        packed_bf16_blocks(&p, begin, end);
    else
        packed_int8_blocks(&p, begin, end);
}

#endif
