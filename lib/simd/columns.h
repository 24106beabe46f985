/* columns.h: what is done with column blocks besides multiplying them: transposed weights, rows of weights by symbol, sums. */
#ifndef UNROLL_SIMD_COLUMNS_H
#define UNROLL_SIMD_COLUMNS_H

#include "simd/product.h"

/* 16 x 16 reals, rows from `count` on taken as zero: four times the rows of both halves in turn */
static inline void transpose_block(const real *from, size_t from_row, int count, real *to, size_t to_row)
{
    vec rows[UNROLL_LANES], turned[UNROLL_LANES];
    UNROLL_LOOP
    for (int i = 0; i < UNROLL_LANES; i++)
        rows[i] = i < count ? vec_load(from + (size_t)i * from_row) : vec_set1(0);
    UNROLL_LOOP
    for (int stage = 0; stage < 4; stage++) {
        UNROLL_LOOP
        for (int i = 0; i < UNROLL_LANES / 2; i++)
            vec_interleave(rows[i], rows[i + UNROLL_LANES / 2], &turned[2 * i], &turned[2 * i + 1]);
        UNROLL_LOOP
        for (int i = 0; i < UNROLL_LANES; i++)
            rows[i] = turned[i];
    }
    UNROLL_LOOP
    for (int i = 0; i < UNROLL_LANES; i++)
        vec_store(to + (size_t)i * to_row, rows[i]);
}

static void engine_transpose(const real *b, int blocks, int begin, int end, int width, int k, real *out)
{
    int rows = blocks * UNROLL_LANES, groups = unroll_blocks(k);
    for (int block = begin; block < end; block++) {
        int group = block / width * width, wide = blocks - group < width ? blocks - group : width;
        const real *from = b + ((size_t)group * (size_t)k + (size_t)(block - group)) * UNROLL_LANES;
        for (int column = 0; column < groups; column++) {
            int to_group = column / TILE_MOST_BLOCKS * TILE_MOST_BLOCKS, left = k - column * UNROLL_LANES;
            int to_wide = groups - to_group < TILE_MOST_BLOCKS ? groups - to_group : TILE_MOST_BLOCKS;
            real *to = out + ((size_t)to_group * (size_t)rows + (size_t)(block * UNROLL_LANES) * (size_t)to_wide +
                              (size_t)(column - to_group)) * UNROLL_LANES;
            const real *at = from + (size_t)(column * UNROLL_LANES * wide) * UNROLL_LANES;
            transpose_block(at, (size_t)wide * UNROLL_LANES, left, to, (size_t)to_wide * UNROLL_LANES);
        }
    }
}

static void engine_gather(const real *w, int width, const real *bias, const int *symbol, int rows, real *const *z, size_t z_from)
{
    for (int r = 0; r < rows; r++)
        for (int n = 0; n < width; n++) {
            vec out = vec_load(bias + n * UNROLL_LANES);
            if (symbol[r] >= 0)
                out = vec_add(out, vec_load(w + ((size_t)symbol[r] * (size_t)width + (size_t)n) * UNROLL_LANES));
            vec_store(z[n] + z_from + (size_t)r * UNROLL_LANES, out);
        }
}

static void engine_scatter(real *w, int width, const int *symbol, int rows, real *const *d, size_t d_from)
{
    for (int r = 0; r < rows; r++)
        for (int n = 0; symbol[r] >= 0 && n < width; n++) {
            real *to = w + ((size_t)symbol[r] * (size_t)width + (size_t)n) * UNROLL_LANES;
            vec_store(to, vec_add(vec_load(to), vec_load(d[n] + d_from + (size_t)r * UNROLL_LANES)));
        }
}

/* `blocks` chains side by side: one alone would wait for its additions */
TILE_INLINE void sum_columns(real *const *d, size_t d_from, int rows, const int blocks, real *bias)
{
    vec sum[4];
    const real *from[4];
    UNROLL_LOOP
    for (int n = 0; n < blocks; n++) {
        from[n] = d[n] + d_from;
        sum[n] = vec_load(bias + n * UNROLL_LANES);
    }
    for (int r = 0; r < rows; r++) {
        UNROLL_LOOP
        for (int n = 0; n < blocks; n++)
            sum[n] = vec_add(sum[n], vec_load(from[n] + (size_t)r * UNROLL_LANES));
    }
    UNROLL_LOOP
    for (int n = 0; n < blocks; n++)
        vec_store(bias + n * UNROLL_LANES, sum[n]);
}

static void engine_column_sums(real *const *d, size_t d_from, int rows, int blocks, real *bias)
{
    int block = 0;
    for (; block + 4 <= blocks; block += 4)
        sum_columns(d + block, d_from, rows, 4, bias + block * UNROLL_LANES);
    for (; block + 2 <= blocks; block += 2)
        sum_columns(d + block, d_from, rows, 2, bias + block * UNROLL_LANES);
    if (block < blocks)
        sum_columns(d + block, d_from, rows, 1, bias + block * UNROLL_LANES);
}

#endif
