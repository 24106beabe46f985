/* Products of every shape that is taken in a way of its own against one chain of fused multiply-adds an element. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "simd/engine.h"
#include "suite.h"

typedef struct operands {
    unroll_product p;
    real *reals;         /* of A, B, C and what C starts from */
    real **a, **c;       /* lists of blocks */
    const real **start;
} operands;

static operands made(int rows, int k, int blocks, int width)
{
    size_t a = (size_t)unroll_blocks(k) * (size_t)rows * UNROLL_LANES, b = (size_t)k * (size_t)blocks * UNROLL_LANES;
    size_t c = (size_t)blocks * (size_t)rows * UNROLL_LANES, all = a + b + c + (size_t)blocks * UNROLL_LANES;
    unroll_random random = unroll_random_open(5, UNROLL_FOR_TRAIN, 0, 0);
    operands o = {.reals = aligned_alloc(64, all * sizeof(real)), .a = calloc((size_t)unroll_blocks(k), sizeof *o.a),
                  .c = calloc((size_t)blocks, sizeof *o.c), .start = calloc((size_t)blocks, sizeof *o.start)};
    for (size_t i = 0; i < all; i++)
        o.reals[i] = (real)(unroll_random_uniform(&random) - 0.5);
    for (int n = 0; n < unroll_blocks(k); n++)
        o.a[n] = o.reals + (size_t)(n * rows) * UNROLL_LANES;
    for (int n = 0; n < blocks; n++) {
        o.c[n] = o.reals + a + b + (size_t)(n * rows) * UNROLL_LANES;
        o.start[n] = o.reals + a + b + c + (size_t)n * UNROLL_LANES;
    }
    o.p = (unroll_product){.rows = rows, .k = k, .blocks = blocks, .width = width, .a = o.a, .b = o.reals + a, .c = o.c,
                           .start = o.start};
    return o;
}

static real chain(const operands *o, int row, int block, int lane)
{
    real sum = o->start[block][lane];
    for (int k = 0; k < o->p.k; k++) {
        real x = o->a[k / UNROLL_LANES][row * UNROLL_LANES + k % UNROLL_LANES];
        real w = o->p.b[unroll_weight_place(o->p.blocks, o->p.width, o->p.k, block, k) + (size_t)lane];
        sum = sizeof(real) == sizeof(float) ? (real)fmaf((float)x, (float)w, (float)sum) : x * w + sum; /* as vec_double.h has it */
    }
    return sum;
}

static bool is_chain_of(const unroll_isa *isa, int rows, int k, int blocks, int width)
{
    operands o = made(rows, k, blocks, width);
    bool same = true;
    isa->engine->product(&o.p);
    for (int n = 0; n < blocks; n++)
        for (int row = 0; row < rows; row++)
            for (int lane = 0; lane < UNROLL_LANES; lane++)
                same = same && o.c[n][row * UNROLL_LANES + lane] == chain(&o, row, n, lane);
    free(o.reals);
    free(o.a);
    free(o.c);
    free(o.start);
    return same;
}

/* few rows; a tile's and some; k short, and so deep that it is taken in pieces, the last one shorter */
static void every_element_is_one_chain(void)
{
    static const int rows[] = {1, 3, 25}, depths[] = {5, 64, 4700};
    for (int i = 0; i < unroll_isa_count; i++)
        for (int r = 0; r < 3 && unroll_isas[i].supported(); r++)
            for (int d = 0; d < 3; d++)
                for (int width = 1; width <= 4; width++)
                    CU_ASSERT(is_chain_of(&unroll_isas[i], rows[r], depths[d], 5, width));
}

/* A^T D of 300 rows, 21 columns and 5 blocks: from zero, and, where C held something else, `fresh`. */
static void an_outer_product_that_is_fresh_forgets_what_was_there(void)
{
    enum { ROWS = 300, M = 21, BLOCKS = 5, LISTS = 2 + BLOCKS, REALS = M * BLOCKS * UNROLL_LANES };
    static real reals[LISTS * ROWS * UNROLL_LANES] __attribute__((aligned(64)));
    static real zero[REALS] __attribute__((aligned(64))), other[REALS] __attribute__((aligned(64)));
    unroll_random random = unroll_random_open(5, UNROLL_FOR_TRAIN, 0, 1);
    real *lists[LISTS];
    for (int i = 0; i < LISTS * ROWS * UNROLL_LANES; i++)
        reals[i] = (real)(unroll_random_uniform(&random) - 0.5);
    for (int n = 0; n < LISTS; n++)
        lists[n] = reals + (size_t)n * ROWS * UNROLL_LANES;
    for (int i = 0; i < unroll_isa_count; i++) {
        unroll_outer p = {.rows = ROWS, .m = M, .end = M, .blocks = BLOCKS, .width = 4, .a = lists, .d = lists + 2, .c = zero};
        if (!unroll_isas[i].supported())
            continue;
        memset(zero, 0, sizeof zero);
        unroll_isas[i].engine->outer(&p);
        for (int k = 0; k < REALS; k++)
            other[k] = (real)NAN;
        p.c = other;
        p.fresh = true;
        unroll_isas[i].engine->outer(&p);
        CU_ASSERT_EQUAL(memcmp(zero, other, sizeof zero), 0);
    }
}

const unroll_test tests_core_product[] = {
    TEST(every_element_is_one_chain),
    TEST(an_outer_product_that_is_fresh_forgets_what_was_there),
    {NULL, NULL},
};
