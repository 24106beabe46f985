/* cell.h: a recurrent cell is the element-wise part of one step; the recurrent layer owns the matrix products.

   A new cell is one file here, lib/cells/X.c, that defines `const unroll_cell UNROLL_CELL(X)`; it is compiled once for
   every instruction set. Everything works on 16 hidden units (one block) and `rows` sequences at once: a gate's values
   are [rows][16], `gate` reals from one gate to the next. */
#ifndef UNROLL_CELLS_CELL_H
#define UNROLL_CELLS_CELL_H

#include <stddef.h>

#include "base/real.h"
#include "base/settings.h"

#define UNROLL_CELL_PASTE2(a, b, c) a##b##_##c
#define UNROLL_CELL_PASTE(a, b, c) UNROLL_CELL_PASTE2(a, b, c)
/* the name of a cell's table in the build of one instruction set: cell_lstm_avx2 */
#define UNROLL_CELL(name) UNROLL_CELL_PASTE(cell_, name, UNROLL_ISA)

typedef struct unroll_cell_step {
    int rows;
    int variant;       /* what the cell's `variant` made of its settings */
    real *gates;       /* in: pre-activations from the input product (and the recurrent one, unless split); out: the tape */
    size_t gate;       /* reals from one gate to the next */
    real *recurrent;   /* split cells: the recurrent product's last gate alone, [rows][16]; kept on the tape */
    const real *h_old; /* [rows][16] */
    real *h;           /* [rows][16] out */
    const real *c_old; /* cells with a second state */
    real *c;
} unroll_cell_step;

typedef struct unroll_cell_gradient {
    int rows;
    int variant;
    real *gates; /* in: the tape that forward left; out: gradients of the pre-activations (of the input product) */
    size_t gate;
    real *recurrent; /* split cells: in: the tape; out: gradient of the recurrent product's last gate */
    const real *h_old, *h;
    const real *c_old, *c;
    const real *dh; /* [rows][16] gradient of h from above and from the next step */
    real *dc;       /* in: gradient of c from the next step; out: of c_old; cells with a second state */
    real *dh_old;   /* split cells: the part of h_old's gradient that does not go through the product; else unused */
} unroll_cell_gradient;

typedef struct unroll_cell {
    const char *name, *title;
    int gates;  /* G: blocks of pre-activations */
    int states; /* carried: 1 (h) or 2 (h and c) */
    /* The last gate's recurrent product is kept apart from its input product (GRU with the reset gate after it). */
    int split;
    const unroll_setting *settings; /* the cell's own rows, section "cell NAME"; may be NULL */
    int setting_count;
    int (*variant)(const unroll_settings *settings); /* NULL: 0 */
    /* value that a gate's input bias starts from, on top of the initialisation; NULL: 0 */
    double (*bias)(const unroll_settings *settings, int gate);
    void (*forward)(const unroll_cell_step *step);
    void (*backward)(const unroll_cell_gradient *step);
} unroll_cell;

extern const int unroll_cell_count;
const unroll_cell *unroll_cell_find(const char *name); /* in the instruction set in use; NULL when there is none */

#endif
