/* small.h: weights in fewer bits, for streaming inference.

   bf16: the upper 16 bits of a float, two weights in a word; int8: integers in -127..127 with a scale a row of the weight
   matrix, times activations that are rounded to integers of up to 16 bits with one scale a step. */
#ifndef UNROLL_LAYERS_SMALL_H
#define UNROLL_LAYERS_SMALL_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/real.h"
#include "base/settings.h"
#include "simd/engine.h"

typedef enum unroll_form { UNROLL_FLOAT, UNROLL_BF16, UNROLL_INT8 } unroll_form;

/* Of the setting weights. */
unroll_form unroll_form_of(const unroll_settings *settings);

/* One weight matrix (k, 16 blocks). */
typedef struct unroll_small {
    unroll_form form;
    int k, blocks;
    uint32_t *halves;    /* bf16: [blocks][(k + 1) / 2][16] */
    int8_t *integers;    /* int8: [blocks][(k + 1) / 2][16][2] */
    real *scale;         /* int8: [blocks][16] */
    real *a;             /* (k): one row of activations; zeros up to a multiple of 16 */
    int16_t *a_integers; /* the same */
    real a_scale;        /* of those */
} unroll_small;

void unroll_small_take(unroll_small *small, unroll_form form, int k, int blocks, unroll_arena *arena);
/* From weights in groups of `width` blocks (simd/engine.h). */
void unroll_small_make(unroll_small *small, const real *w, int width);
/* Takes row `row` of A, from column block `block` of it on, */
void unroll_small_load(unroll_small *small, const unroll_engine *engine, unroll_matrix a, int block, int row);
/* and multiplies it by blocks begin..end - 1, `begin` a multiple of 8; p says of block 0 what becomes of it (c, start). */
void unroll_small_multiply(const unroll_small *small, const unroll_engine *engine, int begin, int end,
                           unroll_small_product p);

#endif
