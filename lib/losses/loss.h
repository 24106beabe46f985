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
#include "simd/set.h"

#define UNROLL_LOSS_PASTE2(a, b, c) a##b##_##c
#define UNROLL_LOSS_PASTE(a, b, c) UNROLL_LOSS_PASTE2(a, b, c)
/* the name of a loss's table in the build of one instruction set: loss_softmax_avx2 */
#define UNROLL_LOSS(name) UNROLL_LOSS_PASTE(loss_, name, UNROLL_ISA)

/* Some rows of the outputs. */
typedef struct unroll_loss_rows {
    int rows, outputs;
    unroll_matrix y;    /* (rows, outputs) */
    const int *target;  /* (rows): classes, below 0: no target there */
    unroll_matrix goal; /* like y: reals, NaN: no target there; lanes past the last output are NaN */
    real weight;       /* of each target in the gradient */
    real parameter;    /* what the loss's `parameter` made of the settings; 0 for the plain loss, as evaluations report it */
    unroll_matrix dy;  /* out: the gradient of weight * (the sum of all targets' losses); at == NULL: not wanted; may be y */
    double loss;           /* out: the sum over all targets, */
    int64_t hits, targets; /* how many of them the largest output names rightly, and how many there are */
} unroll_loss_rows;

/* A whole sequence of outputs against labels that no step is given for. */
typedef struct unroll_loss_sequence {
    const unroll_set *set; /* the packed set that the rows of y are of, */
    int sequence;          /* and the place of this sequence in it: its steps' rows are offset[t] + sequence */
    unroll_matrix y;       /* (set->total, outputs): logits */
    const int *label;      /* (labels): 1 .. outputs - 1; NULL where there are none */
    int labels;            /* 0: nothing is to be said */
    real weight;           /* of the sequence in the gradient */
    unroll_matrix dy;      /* out: like y: in all of this sequence's rows the gradient of weight * loss with respect to y, zeros in padding lanes; other rows are left alone.
                              at == NULL: not wanted */
    double *room;          /* the loss's `room` of them, as scratch */
    double loss;           /* out */
} unroll_loss_sequence;

typedef struct unroll_loss {
    const char *name, *title;
    bool classes; /* targets are classes, one a row; else reals, one an output */
    const unroll_setting *settings; /* the loss's own rows; may be NULL */
    int setting_count;
    real (*parameter)(const unroll_settings *settings); /* what training passes get with the rows; NULL: 0 */
    void (*rows)(unroll_loss_rows *rows); /* NULL for a loss over whole sequences, which has these three instead: */
    void (*sequence)(unroll_loss_sequence *sequence);
    /* Whether a sequence of so many steps can have these labels at all. One that cannot has a loss of 0, and zeros in dy;
       the caller does not count it. */
    bool (*fits)(int steps, const int *label, int labels);
    /* Doubles of scratch that `sequence` needs; more for more steps or more labels. */
    size_t (*room)(int steps, int labels);
} unroll_loss;

extern const int unroll_loss_count;
struct unroll_isa;
/* NULL when there is none of that name. */
const unroll_loss *unroll_loss_in(const struct unroll_isa *isa, const char *name);
/* In the instruction set in use. */
const unroll_loss *unroll_loss_find(const char *name);

#endif
