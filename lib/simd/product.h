/* product.h: the matrix kernels. A tile of accumulators stays in registers over the whole of k; its rows, blocks and groups
   are compile-time constants, so that the loops over them vanish. */
#ifndef UNROLL_SIMD_PRODUCT_H
#define UNROLL_SIMD_PRODUCT_H

#include "simd/engine.h"

#define TILE_INLINE static inline __attribute__((always_inline))

enum {
    TILE_MOST_ROWS = 16,
    TILE_MOST_BLOCKS = 4,
    TILE_DEPTH = 8, /* steps of k between two branches */
    OUTER_LARGE = 4096, /* vectors of C that fill the second-level cache of some processors, */
    OUTER_AHEAD = 12,   /* and how many rows of them are then fetched before they are needed */
    LONG_CHAIN = 1024 /* steps of k over which a row of four groups would take more than 1 MiB of weights */
};

/* whether a tile of so many blocks always is as wide as its group */
#define TILE_IS_WIDE(blocks) (VEC_TILE_BLOCKS == TILE_MOST_BLOCKS || (blocks) == TILE_MOST_BLOCKS)

/* Where block `block` of a matrix has its row that begins `from` reals on. Compilers must take it as one address: they would
   make one of each element beforehand, and have no registers for them. */
static inline real *row_of(real *const *at, int block, size_t from)
{
    real *row = at[block] + from;
    __asm__("" : "+r"(row));
    return row;
}

/* acc[rows][groups * blocks] += A B over `count` rows of B, `b_row` reals apart: a at the tile's first row, b[g] at the
   tile's first block of group g. What there is less of, rows or blocks, is held in registers. */
TILE_INLINE void tile_multiply(const int rows, const int blocks, const int groups, vec *acc, const real *a,
                               const real *const *b, const size_t b_row, const int count)
{
    const int columns = blocks * groups;
    UNROLL_LOOP
    for (int k = 0; k < count; k++) {
        vec held[TILE_MOST_ROWS];
        if (rows < columns) {
            UNROLL_LOOP
            for (int r = 0; r < rows; r++)
                held[r] = vec_set1(a[r * UNROLL_LANES + k]);
            UNROLL_LOOP
            for (int n = 0; n < columns; n++) {
                vec column = vec_load(b[n / blocks] + (size_t)k * b_row + n % blocks * UNROLL_LANES);
                UNROLL_LOOP
                for (int r = 0; r < rows; r++)
                    acc[r * columns + n] = vec_fma(held[r], column, acc[r * columns + n]);
            }
        } else {
            UNROLL_LOOP
            for (int n = 0; n < columns; n++)
                held[n] = vec_load(b[n / blocks] + (size_t)k * b_row + n % blocks * UNROLL_LANES);
            UNROLL_LOOP
            for (int r = 0; r < rows; r++) {
                vec one = vec_set1(a[r * UNROLL_LANES + k]);
                UNROLL_LOOP
                for (int n = 0; n < columns; n++)
                    acc[r * columns + n] = vec_fma(one, held[n], acc[r * columns + n]);
            }
        }
    }
}

/* where a tile stands: its first block, and the group that this lies in */
typedef struct tile_place {
    int block, group, width;
    const char *ahead; /* what is fetched meanwhile, and how many bytes of it a step of k */
    size_t ahead_step;
} tile_place;

static inline tile_place place_of(int group, int block, int blocks, int width)
{
    int left = blocks - group;
    return (tile_place){.block = block, .group = group, .width = left < width ? left : width};
}

/* what every row of block `block` of C starts from; NULL: from what it holds */
static inline const real *start_of(const unroll_product *p, int block)
{
    return p->start != NULL ? p->start[block] : NULL;
}

/* acc[r * columns], r < rows: what the rows of block `block` start from, the first of which begins `from` reals on */
TILE_INLINE void tile_start(const unroll_product *p, const int rows, const int columns, vec *acc, int block, size_t from)
{
    const real *start = start_of(p, block);
    if (start != NULL) {
        vec same = vec_load(start);
        UNROLL_LOOP
        for (int r = 0; r < rows; r++)
            acc[r * columns] = same;
    } else {
        const real *c = row_of(p->c, block, from);
        UNROLL_LOOP
        for (int r = 0; r < rows; r++)
            acc[r * columns] = vec_load(c + r * UNROLL_LANES);
    }
}

/* acc += A B; b[g] at the tile's first block of group g; with `fetch`, *ahead says what is fetched meanwhile, and moves on */
TILE_INLINE void tile_sum(const unroll_product *p, const int rows, const int blocks, const int groups, vec *acc,
                          size_t a_from, const real **b, const size_t b_row, const char **ahead, const size_t ahead_step,
                          const bool fetch)
{
    const unsigned k = (unsigned)p->k, chunks = k / UNROLL_LANES, rest = k % UNROLL_LANES;
    for (unsigned chunk = 0; chunk < chunks; chunk++) {
        const real *a = row_of(p->a, (int)chunk, a_from);
        for (int half = 0; half < UNROLL_LANES; half += TILE_DEPTH) {
            UNROLL_LOOP
            for (int i = 0; fetch && i < TILE_DEPTH; i++, *ahead += ahead_step)
                __builtin_prefetch(*ahead, 0, 2); /* into the second-level cache */
            tile_multiply(rows, blocks, groups, acc, a + half, b, b_row, TILE_DEPTH);
            UNROLL_LOOP
            for (int g = 0; g < groups; g++)
                b[g] += TILE_DEPTH * b_row;
        }
    }
    if (fetch)
        *ahead += ahead_step * rest;
    for (unsigned i = 0; i < rest; i++) {
        tile_multiply(rows, blocks, groups, acc, row_of(p->a, (int)chunks, a_from + i), b, b_row, 1);
        UNROLL_LOOP
        for (int g = 0; g < groups; g++)
            b[g] += b_row;
    }
}

/* `tiles` tiles of `rows` rows, one below the other, the first from row `row` on */
TILE_INLINE void product_tiles(const unroll_product *p, const int rows, const int blocks, const int groups,
                               const tile_place *at, int row, int tiles, const bool fetch)
{
    const int columns = blocks * groups;
    const size_t b_row = (size_t)(TILE_IS_WIDE(blocks) ? blocks : at->width) * UNROLL_LANES;
    const real *first = p->b + ((size_t)at->group * (size_t)p->k + (size_t)(at->block - at->group)) * UNROLL_LANES;
    const char *ahead = at->ahead;
    size_t from = (size_t)row * UNROLL_LANES;
    for (; tiles > 0; tiles--, from += (size_t)rows * UNROLL_LANES) {
        const real *b[TILE_MOST_BLOCKS];
        vec acc[TILE_MOST_ROWS * TILE_MOST_BLOCKS];
        b[0] = first;
        UNROLL_LOOP
        for (int g = 1; g < groups; g++)
            b[g] = b[g - 1] + (size_t)(p->k * blocks) * UNROLL_LANES;
        UNROLL_LOOP
        for (int n = 0; n < columns; n++)
            tile_start(p, rows, columns, acc + n, at->block + n, p->c_from + from);
        tile_sum(p, rows, blocks, groups, acc, p->a_from + from, b, b_row, &ahead, at->ahead_step, fetch);
        UNROLL_LOOP
        for (int n = 0; n < columns; n++) {
            real *c = row_of(p->c, at->block + n, p->c_from + from);
            UNROLL_LOOP
            for (int r = 0; r < rows; r++)
                vec_store(c + r * UNROLL_LANES, acc[r * columns + n]);
        }
    }
}

/* acc[UNROLL_CHAINS][blocks] += A B over `count` steps of k, at most UNROLL_LANES, from one that is a multiple of the chains */
TILE_INLINE void chained_multiply(const int blocks, vec *acc, const real *a, const real *b, const size_t b_row, const int count)
{
    UNROLL_LOOP
    for (int k = 0; k < UNROLL_LANES; k++) {
        if (k < count) {
            vec one = vec_set1(a[k]);
            UNROLL_LOOP
            for (int n = 0; n < blocks; n++)
                acc[k % UNROLL_CHAINS * blocks + n] =
                    vec_fma(one, vec_load(b + (size_t)k * b_row + n * UNROLL_LANES), acc[k % UNROLL_CHAINS * blocks + n]);
        }
    }
}

/* row `row` of `blocks` blocks from `block` on, whose weights begin at b in a group of `width` */
TILE_INLINE void chained_tile(const unroll_product *p, const int blocks, int block, int row, const real *b, int width)
{
    const size_t b_row = (size_t)(TILE_IS_WIDE(blocks) ? blocks : width) * UNROLL_LANES;
    const size_t a_from = p->a_from + (size_t)row * UNROLL_LANES;
    int chunks = p->k / UNROLL_LANES;
    vec acc[UNROLL_CHAINS * TILE_MOST_BLOCKS];
    UNROLL_LOOP
    for (int n = 0; n < UNROLL_CHAINS * blocks; n++)
        acc[n] = vec_set1(0);
    for (int chunk = 0; chunk < chunks; chunk++, b += UNROLL_LANES * b_row)
        chained_multiply(blocks, acc, row_of(p->a, chunk, a_from), b, b_row, UNROLL_LANES);
    if (p->k % UNROLL_LANES > 0)
        chained_multiply(blocks, acc, row_of(p->a, chunks, a_from), b, b_row, p->k % UNROLL_LANES);
    UNROLL_LOOP
    for (int n = 0; n < blocks; n++) {
        vec sum = vec_add(vec_add(acc[n], acc[blocks + n]), vec_add(acc[2 * blocks + n], acc[3 * blocks + n]));
        const real *start = start_of(p, block + n);
        real *c = row_of(p->c, block + n, p->c_from + (size_t)row * UNROLL_LANES);
        vec_store(c, vec_add(vec_load(start != NULL ? start : c), sum));
    }
}

/* acc[rows][blocks] += A^T D over `count` rows */
TILE_INLINE void outer_multiply(const int rows, const int blocks, vec *acc, const real *a, const real *const *d,
                                const int count)
{
    UNROLL_LOOP
    for (int k = 0; k < count; k++) {
        vec held[TILE_MOST_BLOCKS];
        UNROLL_LOOP
        for (int n = 0; n < blocks; n++)
            held[n] = vec_load(d[n] + k * UNROLL_LANES);
        UNROLL_LOOP
        for (int r = 0; r < rows; r++) {
            vec one = vec_set1(a[k * UNROLL_LANES + r]);
            UNROLL_LOOP
            for (int n = 0; n < blocks; n++)
                acc[r * blocks + n] = vec_fma(one, held[n], acc[r * blocks + n]);
        }
    }
}

/* `rows` rows of C, which are columns of A, and `blocks` blocks: += A^T D over `count` rows of A and D from `first` on */
TILE_INLINE void outer_tile(const unroll_outer *p, const int rows, const int blocks, const tile_place *at, int column,
                            int first, int count)
{
    vec acc[TILE_MOST_ROWS * TILE_MOST_BLOCKS];
    const real *a = p->a[column / UNROLL_LANES] + p->a_from + column % UNROLL_LANES + (size_t)first * UNROLL_LANES;
    const real *d[TILE_MOST_BLOCKS];
    const bool fresh = p->fresh && first == 0;
    const size_t c_row = (size_t)(TILE_IS_WIDE(blocks) ? blocks : at->width) * UNROLL_LANES;
    real *c = p->c + ((size_t)at->group * (size_t)p->m + (size_t)(at->block - at->group)) * UNROLL_LANES + (size_t)column * c_row;
    if (p->m * p->blocks >= OUTER_LARGE) {
        UNROLL_LOOP
        for (int r = 0; r < rows; r++) {
            UNROLL_LOOP
            for (int n = 0; n < blocks; n++)
                __builtin_prefetch(c + (size_t)(r + OUTER_AHEAD) * c_row + n * UNROLL_LANES, 1);
        }
    }
    UNROLL_LOOP
    for (int n = 0; n < blocks; n++) {
        d[n] = p->d[at->block + n] + p->d_from + (size_t)first * UNROLL_LANES;
        UNROLL_LOOP
        for (int r = 0; r < rows; r++)
            acc[r * blocks + n] = fresh ? vec_set1(0) : vec_load(c + (size_t)r * c_row + n * UNROLL_LANES);
    }
    for (int chunk = 0; chunk < count / TILE_DEPTH; chunk++) {
        outer_multiply(rows, blocks, acc, a, d, TILE_DEPTH);
        a += TILE_DEPTH * UNROLL_LANES;
        UNROLL_LOOP
        for (int n = 0; n < blocks; n++)
            d[n] += TILE_DEPTH * UNROLL_LANES;
    }
    for (int k = 0; k < count % TILE_DEPTH; k++) {
        outer_multiply(rows, blocks, acc, a, d, 1);
        a += UNROLL_LANES;
        UNROLL_LOOP
        for (int n = 0; n < blocks; n++)
            d[n] += UNROLL_LANES;
    }
    UNROLL_LOOP
    for (int n = 0; n < blocks; n++) {
        UNROLL_LOOP
        for (int r = 0; r < rows; r++)
            vec_store(c + (size_t)r * c_row + n * UNROLL_LANES, acc[r * blocks + n]);
    }
}

typedef void (*product_kernel)(const unroll_product *p, const tile_place *at, int row, int tiles);
typedef void (*chained_kernel)(const unroll_product *p, int block, int row, const real *b, int width);
typedef void (*outer_kernel)(const unroll_outer *p, const tile_place *at, int column, int first, int count);

/* The tiles, (rows, blocks): as many as VEC_TILE accumulators give. Sizes must be constants where they are compiled, so each
   is a function of its own. */
#define TILES_OF_6(tile) \
    tile(1, 1) tile(2, 1) tile(3, 1) tile(4, 1) tile(5, 1) tile(6, 1) tile(1, 2) tile(2, 2) tile(3, 2) tile(1, 3) tile(2, 3) \
    tile(1, 4)
#if VEC_TILE >= 24
#define TILES(tile)                                                                                                       \
    TILES_OF_6(tile)                                                                                                      \
    tile(7, 1) tile(8, 1) tile(9, 1) tile(10, 1) tile(11, 1) tile(12, 1) tile(13, 1) tile(14, 1) tile(15, 1) tile(16, 1)   \
    tile(4, 2) tile(5, 2) tile(6, 2) tile(7, 2) tile(8, 2) tile(9, 2) tile(10, 2) tile(11, 2) tile(12, 2)                  \
    tile(3, 3) tile(4, 3) tile(5, 3) tile(6, 3) tile(7, 3) tile(8, 3) tile(2, 4) tile(3, 4) tile(4, 4) tile(5, 4) tile(6, 4)
/* (rows, blocks, groups): where there are few rows, a tile takes several groups, as one row of a group is too short a chain to
   keep the multipliers busy */
#define FEW_ROWS(tile) \
    tile(1, 1, 4) tile(1, 2, 4) tile(1, 3, 4) tile(1, 4, 4) tile(1, 4, 2) tile(2, 1, 4) tile(2, 2, 4) tile(2, 3, 2) tile(2, 4, 2)
#define CHAINED(tile) tile(1) tile(2) tile(3) tile(4)
#else
#define TILES(tile) TILES_OF_6(tile)
#define FEW_ROWS(tile)
#define CHAINED(tile) tile(1)
#endif

#define PRODUCT_FUNCTION(R, N)                                                                           \
    static void product_##R##_##N(const unroll_product *p, const tile_place *at, int row, int tiles)     \
    {                                                                                                    \
        product_tiles(p, R, N, 1, at, row, tiles, false);                                                \
    }
#define FETCHING_FUNCTION(R, N)                                                                          \
    static void fetching_##R##_##N(const unroll_product *p, const tile_place *at, int row, int tiles)    \
    {                                                                                                    \
        product_tiles(p, R, N, 1, at, row, tiles, true);                                                 \
    }
#define OUTER_FUNCTION(R, N)                                                                                      \
    static void outer_##R##_##N(const unroll_outer *p, const tile_place *at, int column, int first, int count)    \
    {                                                                                                             \
        outer_tile(p, R, N, at, column, first, count);                                                            \
    }
#define FEW_FUNCTION(R, N, G)                                                                            \
    static void few_##R##_##N##_##G(const unroll_product *p, const tile_place *at, int row, int tiles)   \
    {                                                                                                    \
        (void)tiles;                                                                                     \
        product_tiles(p, R, N, G, at, row, 1, false);                                                    \
    }
#define CHAINED_FUNCTION(N)                                                                               \
    static void chained_##N(const unroll_product *p, int block, int row, const real *b, int width)        \
    {                                                                                                     \
        chained_tile(p, N, block, row, b, width);                                                         \
    }
TILES(PRODUCT_FUNCTION)
TILES(FETCHING_FUNCTION)
TILES(OUTER_FUNCTION)
FEW_ROWS(FEW_FUNCTION)
CHAINED(CHAINED_FUNCTION)

#define PRODUCT_ENTRY(R, N) [N - 1][R - 1] = product_##R##_##N,
#define FETCHING_ENTRY(R, N) [N - 1][R - 1] = fetching_##R##_##N,
#define OUTER_ENTRY(R, N) [N - 1][R - 1] = outer_##R##_##N,
#define FEW_ENTRY(R, N, G) [R - 1][N - 1][G / 2 - 1] = few_##R##_##N##_##G,
#define CHAINED_ENTRY(N) [N - 1] = chained_##N,
static const product_kernel product_kernels[TILE_MOST_BLOCKS][TILE_MOST_ROWS] = {TILES(PRODUCT_ENTRY)};
static const product_kernel fetching_kernels[TILE_MOST_BLOCKS][TILE_MOST_ROWS] = {TILES(FETCHING_ENTRY)};
static const outer_kernel outer_kernels[TILE_MOST_BLOCKS][TILE_MOST_ROWS] = {TILES(OUTER_ENTRY)};
static const product_kernel few_kernels[2][TILE_MOST_BLOCKS][2] = {FEW_ROWS(FEW_ENTRY)[1][3][1] = NULL};
static const chained_kernel chained_kernels[TILE_MOST_BLOCKS] = {CHAINED(CHAINED_ENTRY)};

/* How wide a tile may be for so many rows, and how high for so many blocks. */
static inline int tile_blocks(int rows, int width)
{
    while (width > VEC_TILE_BLOCKS && width * rows > VEC_TILE)
        width--;
    return width;
}

static inline int tile_rows(int blocks)
{
    static const int rows[] = {VEC_TILE < TILE_MOST_ROWS ? VEC_TILE : TILE_MOST_ROWS, VEC_TILE / 2, VEC_TILE / 3, VEC_TILE / 4};
    return rows[blocks - 1]; /* no division: of small products it is what takes the time */
}

/* `count` things in as few and as equal parts of at most `most` as can be: where part `i` of `parts` begins */
static inline int part_begin(int count, int parts, int i)
{
    return (int)((int64_t)count * i / parts);
}

/* What the tiles of a column fetch: a part each of the group that is read next, so that memory is always at work and never
   waited for. */
static void fetch_ahead(const unroll_product *p, tile_place *at, int blocks, int tiles)
{
    int next = p->back ? at->group - p->width : at->group + p->width;
    const real *group = next < 0 || next >= p->blocks ? p->after : p->b + (size_t)next * (size_t)p->k * UNROLL_LANES;
    at->ahead = (const char *)(group + (size_t)(at->block - at->group) * (size_t)p->k * UNROLL_LANES);
    at->ahead_step = sizeof(real) * UNROLL_LANES * (size_t)blocks / (size_t)tiles;
}

TILE_INLINE void product_column(const unroll_product *p, int group, int block, int blocks)
{
    int most = tile_rows(blocks), tiles = p->rows <= most ? 1 : (p->rows + most - 1) / most;
    int rows = tiles == 1 ? p->rows : p->rows / tiles, higher = p->rows - rows * tiles;
    const product_kernel *kernels = product_kernels[blocks - 1];
    tile_place at = place_of(group, block, p->blocks, p->width);
    if (p->after != NULL && p->rows > 2) {
        fetch_ahead(p, &at, blocks, tiles);
        kernels = at.ahead_step > 0 ? fetching_kernels[blocks - 1] : kernels;
    }
    if (higher > 0) {
        kernels[rows](p, &at, 0, higher);
        at.ahead += at.ahead_step * (size_t)p->k * (size_t)higher;
    }
    kernels[rows - 1](p, &at, higher * (rows + 1), tiles - higher);
}

TILE_INLINE void product_group(const unroll_product *p, int group)
{
    int width = p->blocks - group < p->width ? p->blocks - group : p->width, most = tile_blocks(p->rows, width);
    for (int block = 0; block < width; block += most)
        product_column(p, group, group + block, width - block < most ? width - block : most);
}

/* How many groups a tile takes of few rows; 0: rows are not few. */
static inline int few_rows_groups(const unroll_product *p)
{
    if (VEC_TILE < 24 || p->rows > 2)
        return 0;
    if (p->rows == 2)
        return p->width < 3 ? 4 : 2;
    return p->width == 4 && p->k > LONG_CHAIN ? 2 : 4;
}

TILE_INLINE void product_few_rows(const unroll_product *p, int block, int groups)
{
    tile_place at = place_of(block, block, p->blocks, p->width);
    few_kernels[p->rows - 1][p->width - 1][groups / 2 - 1](p, &at, 0, 1);
}

static void product_back(const unroll_product *p, int groups)
{
    int few = groups * p->width, rest = few > 0 ? p->blocks / few * few : 0, block = rest;
    while (block + p->width < p->blocks)
        block += p->width;
    for (; block >= rest && rest < p->blocks; block -= p->width)
        product_group(p, block);
    for (block = rest - few; block >= 0 && few > 0; block -= few)
        product_few_rows(p, block, groups);
}

static void product_chained(const unroll_product *p)
{
    int group = 0;
    while (p->back && group + p->width < p->blocks)
        group += p->width;
    for (; group >= 0 && group < p->blocks; group += p->back ? -p->width : p->width) {
        int width = p->blocks - group < p->width ? p->blocks - group : p->width;
        int most = width < VEC_TILE_BLOCKS ? width : VEC_TILE_BLOCKS;
        for (int block = 0; block < width; block += most)
            for (int row = 0; row < p->rows; row++)
                chained_kernels[most - 1](p, group + block, row,
                                          p->b + ((size_t)group * (size_t)p->k + (size_t)block) * UNROLL_LANES, width);
    }
}

static void product_in_one(const unroll_product *p)
{
    int groups = few_rows_groups(p), few = groups * p->width, block = 0;
    if (p->rows == 0)
        return;
    if (p->chained) {
        product_chained(p);
        return;
    }
    if (p->back) {
        product_back(p, groups);
        return;
    }
    for (; few > 0 && block + few <= p->blocks; block += few)
        product_few_rows(p, block, groups);
    for (; block < p->blocks; block += p->width)
        product_group(p, block);
}

/* The weights of a group that is so deep leave the second-level cache before the next tile reads them: they are taken in pieces
   of k, each on top of what C holds of those before, which leaves every chain as it is. */
enum { DEEP = 4096, DEEP_PIECE = 1024 };

static void engine_product(const unroll_product *p)
{
    if (p->k < DEEP || p->rows <= tile_rows(1) || p->chained) {
        product_in_one(p);
        return;
    }
    for (int group = 0; group < p->blocks; group += p->width) {
        int width = p->blocks - group < p->width ? p->blocks - group : p->width;
        for (int first = 0; first < p->k; first += DEEP_PIECE) {
            unroll_product piece = *p;
            piece.k = p->k - first < DEEP_PIECE ? p->k - first : DEEP_PIECE;
            piece.blocks = piece.width = width;
            piece.a = p->a + first / UNROLL_LANES;
            piece.b = p->b + ((size_t)group * (size_t)p->k + (size_t)(first * width)) * UNROLL_LANES;
            piece.c = p->c + group;
            piece.start = first > 0 || p->start == NULL ? NULL : p->start + group;
            piece.back = false;
            piece.after = NULL;
            product_in_one(&piece);
        }
    }
}

/* rows of A and D that are taken at a time: what stays in the first-level cache while the tiles of C pass over it */
enum { OUTER_ROWS = 128 };

static void outer_column(const unroll_outer *p, int group, int block, int blocks, int first, int count)
{
    tile_place at = place_of(group, block, p->blocks, p->width);
    for (int m = p->begin; m < p->end; m += UNROLL_LANES) {
        int columns = p->end - m < UNROLL_LANES ? p->end - m : UNROLL_LANES;
        int tiles = (columns + tile_rows(blocks) - 1) / tile_rows(blocks);
        for (int i = 0, column = 0, next; i < tiles; i++, column = next) {
            next = i + 1 < tiles ? part_begin(columns, tiles, i + 1) : columns;
            outer_kernels[blocks - 1][next - column - 1](p, &at, m + column, first, count);
        }
    }
}

static void engine_outer(const unroll_outer *p)
{
    for (int first = 0; p->begin < p->end && first < p->rows; first += OUTER_ROWS) {
        int count = p->rows - first < OUTER_ROWS ? p->rows - first : OUTER_ROWS;
        for (int group = 0; group < p->blocks; group += p->width) {
            int width = p->blocks - group < p->width ? p->blocks - group : p->width, most = tile_blocks(p->end - p->begin, width);
            for (int block = 0; block < width; block += most)
                outer_column(p, group, group + block, width - block < most ? width - block : most, first, count);
        }
    }
}

#endif
