/* product.h: the matrix kernels. A tile of accumulators stays in registers over the whole of k; rows and blocks of a tile
   are compile-time constants, so that the loops over them vanish. */
#ifndef UNROLL_SIMD_PRODUCT_H
#define UNROLL_SIMD_PRODUCT_H

#include "simd/engine.h"

#define TILE_INLINE static inline __attribute__((always_inline))
#define UNROLL_LOOP _Pragma("GCC unroll 16")

/* acc += A[rows][0..count) B[blocks][0..count): a at the tile's first row, b at k = 0 of the tile's first block */
TILE_INLINE void tile_multiply(const int rows, const int blocks, vec acc[VEC_TILE_ROWS][VEC_TILE_BLOCKS], const real *a,
                               const real *b, size_t b_block, int count)
{
#pragma GCC unroll 4
    for (int k = 0; k < count; k++) {
        vec column[VEC_TILE_BLOCKS];
        UNROLL_LOOP
        for (int n = 0; n < blocks; n++)
            column[n] = vec_load(b + (size_t)n * b_block + (size_t)k * UNROLL_LANES);
        UNROLL_LOOP
        for (int r = 0; r < rows; r++) {
            vec one = vec_set1(a[r * UNROLL_LANES + k]);
            UNROLL_LOOP
            for (int n = 0; n < blocks; n++)
                acc[r][n] = vec_fma(one, column[n], acc[r][n]);
        }
    }
}

TILE_INLINE void product_tile(const unroll_product *p, const int rows, const int blocks, int row, int block)
{
    vec acc[VEC_TILE_ROWS][VEC_TILE_BLOCKS];
    real *c = p->c + (size_t)block * p->c_block + (size_t)row * UNROLL_LANES;
    const real *a = p->a + (size_t)row * UNROLL_LANES;
    const real *b = p->b + (size_t)block * p->b_block;
    int chunks = p->k / UNROLL_LANES, group = p->group > 0 ? p->group : chunks + 1, in_group = 0;
    UNROLL_LOOP
    for (int n = 0; n < blocks; n++) {
        bool from_output = block + n < p->from_output;
        vec start = !from_output && p->bias != NULL ? vec_load(p->bias + (size_t)(block + n) * UNROLL_LANES)
                                                    : vec_set1(0);
        UNROLL_LOOP
        for (int r = 0; r < rows; r++)
            acc[r][n] = from_output ? vec_load(c + (size_t)n * p->c_block + r * UNROLL_LANES) : start;
    }
    for (int chunk = 0; chunk < chunks; chunk++) {
        tile_multiply(rows, blocks, acc, a, b, p->b_block, UNROLL_LANES);
        a += p->a_block;
        b += UNROLL_LANES * UNROLL_LANES;
        if (++in_group == group) {
            a += p->a_skip;
            in_group = 0;
        }
    }
    tile_multiply(rows, blocks, acc, a, b, p->b_block, p->k % UNROLL_LANES);
    UNROLL_LOOP
    for (int n = 0; n < blocks; n++) {
        UNROLL_LOOP
        for (int r = 0; r < rows; r++)
            vec_store(c + (size_t)n * p->c_block + r * UNROLL_LANES, acc[r][n]);
    }
}

/* C (rows of m, blocks) += A^T D over `count` rows of A and D */
TILE_INLINE void outer_tile(const unroll_outer *p, const int rows, const int blocks, int column, int block, int first,
                            int count)
{
    vec acc[VEC_TILE_ROWS][VEC_TILE_BLOCKS];
    real *c = p->c + (size_t)block * p->c_block + (size_t)column * UNROLL_LANES;
    const real *a = p->a + (size_t)(column / UNROLL_LANES) * p->a_block + column % UNROLL_LANES + (size_t)first * UNROLL_LANES;
    const real *d = p->d + (size_t)block * p->d_block + (size_t)first * UNROLL_LANES;
    UNROLL_LOOP
    for (int n = 0; n < blocks; n++) {
        UNROLL_LOOP
        for (int r = 0; r < rows; r++)
            acc[r][n] = vec_load(c + (size_t)n * p->c_block + r * UNROLL_LANES);
    }
#pragma GCC unroll 4
    for (int k = 0; k < count; k++) {
        vec one_row[VEC_TILE_BLOCKS];
        UNROLL_LOOP
        for (int n = 0; n < blocks; n++)
            one_row[n] = vec_load(d + (size_t)n * p->d_block + (size_t)k * UNROLL_LANES);
        UNROLL_LOOP
        for (int r = 0; r < rows; r++) {
            vec one = vec_set1(a[k * UNROLL_LANES + r]);
            UNROLL_LOOP
            for (int n = 0; n < blocks; n++)
                acc[r][n] = vec_fma(one, one_row[n], acc[r][n]);
        }
    }
    UNROLL_LOOP
    for (int n = 0; n < blocks; n++) {
        UNROLL_LOOP
        for (int r = 0; r < rows; r++)
            vec_store(c + (size_t)n * p->c_block + r * UNROLL_LANES, acc[r][n]);
    }
}

typedef void (*product_kernel)(const unroll_product *p, int row, int block);
typedef void (*outer_kernel)(const unroll_outer *p, int column, int block, int first, int count);

/* one function a tile size, since the sizes must be constants where they are compiled */
#define TILE_KERNELS(R, N)                                                                       \
    static void product_##R##_##N(const unroll_product *p, int row, int block)                   \
    {                                                                                            \
        product_tile(p, R, N, row, block);                                                       \
    }                                                                                            \
    static void outer_##R##_##N(const unroll_outer *p, int column, int block, int first, int count) \
    {                                                                                            \
        outer_tile(p, R, N, column, block, first, count);                                        \
    }

#ifdef VEC_WIDE_TILES
TILE_KERNELS(1, 1) TILE_KERNELS(1, 2) TILE_KERNELS(1, 3) TILE_KERNELS(1, 4)
TILE_KERNELS(2, 1) TILE_KERNELS(2, 2) TILE_KERNELS(2, 3) TILE_KERNELS(2, 4)
TILE_KERNELS(3, 1) TILE_KERNELS(3, 2) TILE_KERNELS(3, 3) TILE_KERNELS(3, 4)
TILE_KERNELS(4, 1) TILE_KERNELS(4, 2) TILE_KERNELS(4, 3) TILE_KERNELS(4, 4)
TILE_KERNELS(5, 1) TILE_KERNELS(5, 2) TILE_KERNELS(5, 3) TILE_KERNELS(5, 4)
TILE_KERNELS(6, 1) TILE_KERNELS(6, 2) TILE_KERNELS(6, 3) TILE_KERNELS(6, 4)
#define TILE_ROW(kind, R) {kind##_##R##_1, kind##_##R##_2, kind##_##R##_3, kind##_##R##_4}
#else
TILE_KERNELS(1, 1) TILE_KERNELS(2, 1) TILE_KERNELS(3, 1) TILE_KERNELS(4, 1) TILE_KERNELS(5, 1) TILE_KERNELS(6, 1)
#define TILE_ROW(kind, R) {kind##_##R##_1}
#endif
#define TILE_TABLE(kind) \
    {TILE_ROW(kind, 1), TILE_ROW(kind, 2), TILE_ROW(kind, 3), TILE_ROW(kind, 4), TILE_ROW(kind, 5), TILE_ROW(kind, 6)}

static const product_kernel product_kernels[VEC_TILE_ROWS][VEC_TILE_BLOCKS] = TILE_TABLE(product);
static const outer_kernel outer_kernels[VEC_TILE_ROWS][VEC_TILE_BLOCKS] = TILE_TABLE(outer);

/* `count` things in as few and as equal parts of at most `most` as can be: where part `i` of `parts` begins */
static inline int part_begin(int count, int parts, int i)
{
    return (int)((int64_t)count * i / parts);
}

static void engine_product(const unroll_product *p)
{
    int tiles = (p->rows + VEC_TILE_ROWS - 1) / VEC_TILE_ROWS;
    for (int block = 0; block < p->blocks; block += VEC_TILE_BLOCKS) {
        int blocks = p->blocks - block < VEC_TILE_BLOCKS ? p->blocks - block : VEC_TILE_BLOCKS;
        for (int i = 0; i < tiles; i++) {
            int row = part_begin(p->rows, tiles, i), rows = part_begin(p->rows, tiles, i + 1) - row;
            product_kernels[rows - 1][blocks - 1](p, row, block);
        }
    }
}

/* rows of A and D that are taken at a time: what stays in the first-level cache while the tiles of C pass over it */
enum { OUTER_ROWS = 128 };

static void engine_outer(const unroll_outer *p)
{
    for (int first = 0; first < p->rows; first += OUTER_ROWS) {
        int count = p->rows - first < OUTER_ROWS ? p->rows - first : OUTER_ROWS;
        for (int block = 0; block < p->blocks; block += VEC_TILE_BLOCKS) {
            int blocks = p->blocks - block < VEC_TILE_BLOCKS ? p->blocks - block : VEC_TILE_BLOCKS;
            for (int m = 0; m < p->m; m += UNROLL_LANES) {
                int columns = p->m - m < UNROLL_LANES ? p->m - m : UNROLL_LANES;
                int tiles = (columns + VEC_TILE_ROWS - 1) / VEC_TILE_ROWS;
                for (int i = 0; i < tiles; i++) {
                    int column = part_begin(columns, tiles, i), rows = part_begin(columns, tiles, i + 1) - column;
                    outer_kernels[rows - 1][blocks - 1](p, m + column, block, first, count);
                }
            }
        }
    }
}

static void engine_transpose(const real *b, int blocks, int k, real *out)
{
    size_t out_block = (size_t)blocks * UNROLL_LANES * UNROLL_LANES;
    for (int block = 0; block < blocks; block++)
        for (int row = 0; row < unroll_blocks(k) * UNROLL_LANES; row++)
            for (int lane = 0; lane < UNROLL_LANES; lane++)
                out[(size_t)(row / UNROLL_LANES) * out_block + (size_t)(block * UNROLL_LANES + lane) * UNROLL_LANES +
                    row % UNROLL_LANES] =
                    row < k ? b[((size_t)block * (size_t)k + (size_t)row) * UNROLL_LANES + lane] : (real)0;
}

static void engine_gather(const real *w, size_t w_block, const real *bias, const int *symbol, int rows, int blocks,
                          real *z, size_t z_block)
{
    for (int block = 0; block < blocks; block++) {
        vec start = vec_load(bias + (size_t)block * UNROLL_LANES);
        for (int r = 0; r < rows; r++) {
            vec out = start;
            if (symbol[r] >= 0)
                out = vec_add(start, vec_load(w + (size_t)block * w_block + (size_t)symbol[r] * UNROLL_LANES));
            vec_store(z + (size_t)block * z_block + (size_t)r * UNROLL_LANES, out);
        }
    }
}

static void engine_scatter(real *w, size_t w_block, const int *symbol, int rows, int blocks, const real *d, size_t d_block)
{
    for (int block = 0; block < blocks; block++)
        for (int r = 0; r < rows; r++)
            if (symbol[r] >= 0) {
                real *to = w + (size_t)block * w_block + (size_t)symbol[r] * UNROLL_LANES;
                vec_store(to, vec_add(vec_load(to), vec_load(d + (size_t)block * d_block + (size_t)r * UNROLL_LANES)));
            }
}

static void engine_column_sums(const real *d, size_t d_block, int rows, int blocks, real *bias)
{
    for (int block = 0; block < blocks; block++) {
        vec sum = vec_load(bias + (size_t)block * UNROLL_LANES);
        for (int r = 0; r < rows; r++)
            sum = vec_add(sum, vec_load(d + (size_t)block * d_block + (size_t)r * UNROLL_LANES));
        vec_store(bias + (size_t)block * UNROLL_LANES, sum);
    }
}

#endif
