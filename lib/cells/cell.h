/* cell.h: a recurrent cell is the element-wise part of one step; the recurrent layer owns the matrix products.

   A new cell is one file here, lib/cells/X.c, that defines `const unroll_cell UNROLL_CELL(X)`; it is compiled once for
   every instruction set, with the operations of simd/vec_X.h and simd/math.h at hand. Everything works on vectors: 16
   hidden units (one block) of one sequence; `gate` reals lie between a vector's gates. */
#ifndef UNROLL_CELLS_CELL_H
#define UNROLL_CELLS_CELL_H

#include <stddef.h>

#include "base/real.h"
#include "base/settings.h"

#define UNROLL_CELL_PASTE2(a, b, c) a##b##_##c
#define UNROLL_CELL_PASTE(a, b, c) UNROLL_CELL_PASTE2(a, b, c)
/* the name of a cell's table in the build of one instruction set: cell_lstm_avx2 */
#define UNROLL_CELL(name) UNROLL_CELL_PASTE(cell_, name, UNROLL_ISA)

/* Forward of `count` vectors, the i-th i * gates_next reals further in `gates`, i * state_next in the states. */
typedef struct unroll_cell_step {
    int count, variant;
    real *gates; /* in: pre-activations, gate g at gates + g * gate; out: whatever backward wants to find there (the tape) */
    size_t gate, gates_next, state_next;
    const real *h_old;
    real *h;           /* out */
    const real *c_old; /* cells with a second state, else NULL */
    real *c;           /* out */
} unroll_cell_step;

/* `some(step, first, n)` over all vectors, as many at a time as the instruction set likes; n is a constant. */
#define UNROLL_CELL_SOME(some, step)                                              \
    do {                                                                          \
        int first_ = 0;                                                           \
        for (; first_ + VEC_CHAINS <= (step)->count; first_ += VEC_CHAINS)        \
            some(step, first_, VEC_CHAINS);                                       \
        for (; VEC_CHAINS > 4 && first_ + 4 <= (step)->count; first_ += 4)        \
            some(step, first_, 4);                                                \
        for (; VEC_CHAINS > 2 && first_ + 2 <= (step)->count; first_ += 2)        \
            some(step, first_, 2);                                                \
        for (; VEC_CHAINS > 1 && first_ < (step)->count; first_++)                \
            some(step, first_, 1);                                                \
    } while (0)

/* Backward of one block of 16 hidden units over `rows` sequences: a gate's values are [rows][16]. */
typedef struct unroll_cell_gradient {
    int rows, variant;
    real *gates; /* in: the tape that forward left; out: gradients of the pre-activations */
    size_t gate;
    const real *h_old, *h; /* [rows][16] */
    const real *c_old, *c;
    const real *dh; /* [rows][16] gradient of h, from above and from the next step */
    real *dc;       /* in: gradient of c from the next step; out: of c_old; NULL without a second state */
    real *dh_old;   /* += what reaches h_old other than through the recurrent product; NULL at the first step */
} unroll_cell_gradient;

enum { UNROLL_CELL_GATES = 8 };

typedef struct unroll_cell {
    const char *name, *title;
    int gates;  /* G */
    int states; /* carried: 1 (h), or 2 (h and c) */
    /* With `split`, the recurrent product of gate 0 is kept apart from its input product (GRU with the reset gate after
       it): gates 0..G-1 hold the input's part, of gate 0, and the sum of both, of the others; gate G holds the recurrent
       part of gate 0. */
    int split;
    /* torch[g]: place of gate g in the order in which PyTorch stacks the gates in weight_ih and weight_hh */
    int torch[UNROLL_CELL_GATES];
    int kept; /* further places after a vector's gates, which forward may fill for backward */
    const unroll_setting *settings; /* the cell's own rows, section "cell NAME"; may be NULL */
    int setting_count;
    int (*variant)(const unroll_settings *settings);                /* passed to forward and backward; NULL: 0 */
    double (*bias)(const unroll_settings *settings, int gate);      /* added to the initial input bias; NULL: 0 */
    void (*forward)(const unroll_cell_step *step);
    void (*backward)(const unroll_cell_gradient *step);
} unroll_cell;

extern const int unroll_cell_count;
struct unroll_isa;
/* Cells are compiled once for every instruction set; NULL when there is none of that name. */
const unroll_cell *unroll_cell_in(const struct unroll_isa *isa, const char *name);
/* In the instruction set in use. */
const unroll_cell *unroll_cell_find(const char *name);

#endif
