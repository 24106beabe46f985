/* loss.h: a loss is a function of a model's outputs and a batch's targets, and its gradient.

   A new loss is one file here, lib/losses/X.c, that defines `const unroll_loss UNROLL_LOSS(X)`; it is compiled once for every
   instruction set, with the operations of simd/vec_X.h and simd/math.h at hand. */
#ifndef UNROLL_LOSSES_LOSS_H
#define UNROLL_LOSSES_LOSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/real.h"
#include "base/settings.h"

#define UNROLL_LOSS_PASTE2(a, b, c) a##b##_##c
#define UNROLL_LOSS_PASTE(a, b, c) UNROLL_LOSS_PASTE2(a, b, c)
/* the name of a loss's table in the build of one instruction set: loss_softmax_avx2 */
#define UNROLL_LOSS(name) UNROLL_LOSS_PASTE(loss_, name, UNROLL_ISA)

/* Some rows of the outputs. Y (rows, outputs) lies in column blocks of 16 (simd/set.h), as do goal and dy. */
typedef struct unroll_loss_rows {
    const real *y;
    size_t block;
    int rows, outputs;
    const int *target; /* (rows): classes, below 0: no target there */
    const real *goal;  /* like y: reals, NaN: no target there; lanes past the last output are NaN */
    real weight;       /* of each target in the gradient */
    real parameter;    /* what the loss's `parameter` made of the settings; 0 for the plain loss, as evaluations report it */
    real *dy;          /* out: the gradient of weight * (the sum of all targets' losses); NULL: not wanted */
    double loss;           /* out: the sum over all targets, */
    int64_t hits, targets; /* how many of them the largest output names rightly, and how many there are */
} unroll_loss_rows;

typedef struct unroll_loss {
    const char *name, *title;
    bool classes; /* targets are classes, one a row; else reals, one an output */
    const unroll_setting *settings; /* the loss's own rows; may be NULL */
    int setting_count;
    real (*parameter)(const unroll_settings *settings); /* what training passes get with the rows; NULL: 0 */
    void (*rows)(unroll_loss_rows *rows);
} unroll_loss;

extern const int unroll_loss_count;
struct unroll_isa;
/* NULL when there is none of that name. */
const unroll_loss *unroll_loss_in(const struct unroll_isa *isa, const char *name);
/* In the instruction set in use. */
const unroll_loss *unroll_loss_find(const char *name);

#endif
