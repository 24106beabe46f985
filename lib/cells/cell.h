/* cell.h: a recurrent cell is the element-wise part of one step; the recurrent layer owns the matrix products.

   A new cell is one file here, lib/cells/X.c, that defines `const unroll_cell UNROLL_CELL(X)`; it is compiled once for
   every instruction set, with the operations of simd/vec_X.h and simd/math.h at hand. Everything works on vectors: 16
   hidden units (one block) of one sequence; `gate` reals lie between a vector's gates. What cells share lies in cells/shared.

   What a cell may ask for, all in its table below: one to four carried states; gates with a recurrent product, or without (where
   none has one, no step waits for another's product); a product that stays apart; a second product within the step, of what the
   first gates made (the GRU with its reset gate before the product); recurrence in diagonal blocks; vectors of its own (peepholes,
   decays), and others made of those once an update; units of several neighbours (complex ones); random draws while it trains
   (zoneout, dropout over time: cells/draw.h); layer norm of a state before the output; hooks over whole rows. Which of them, and
   how many gates, may depend on settings: a gate that is taken away has no weights. */
#ifndef UNROLL_CELLS_CELL_H
#define UNROLL_CELLS_CELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/real.h"
#include "base/settings.h"
#include "base/status.h"
#include "simd/set.h"

#define UNROLL_CELL_PASTE2(a, b, c) a##b##_##c
#define UNROLL_CELL_PASTE(a, b, c) UNROLL_CELL_PASTE2(a, b, c)
/* the name of a cell's table in the build of one instruction set: cell_lstm_avx2 */
#define UNROLL_CELL(name) UNROLL_CELL_PASTE(cell_, name, UNROLL_ISA)

enum { UNROLL_CELL_GATES = 8, UNROLL_CELL_STATES = 4, UNROLL_CELL_VECTORS = 4 };

/* Where the vectors of a step stand, for draws (cells/draw.h). */
typedef struct unroll_cell_place {
    bool training;   /* else nothing is drawn: a cell takes the mean */
    uint32_t key[2]; /* of the seed, the training step and the layer */
    const int *sequence; /* the place of vector i's sequence in the caller's batch: sequence[i * sequence_next] */
    int sequence_next;
    int time;            /* the step of their sequences */
    int unit, unit_next; /* vector i's first hidden unit: unit + i * unit_next */
} unroll_cell_place;

/* Forward of `count` vectors, the i-th i * gates_next reals further in `gates`, i * state_next in the states. Entries of
   states that the cell does not have are not set. */
typedef struct unroll_cell_step {
    int count, variant;
    bool normed; /* forward leaves state 0 to `output` */
    real *gates; /* in: pre-activations, gate g at gates + g * gate; out: whatever backward wants to find there (the tape) */
    size_t gate, gates_next, state_next;
    const real *old[UNROLL_CELL_STATES]; /* the states before the step */
    real *now[UNROLL_CELL_STATES];       /* out: after it */
    real *operand;                       /* out, of the hook `operand` alone */
    size_t operand_next;                 /* the i-th vector's i * operand_next further */
    const real *vector[UNROLL_CELL_VECTORS]; /* the cell's own weights, */
    const real *derived[UNROLL_CELL_VECTORS]; /* and what `derive` made of them, */
    size_t vector_next;                      /* those of the i-th vector i * vector_next further */
    const real *drop; /* NULL, or what the candidate is multiplied with: of the i-th vector i * gates_next further */
    const unroll_cell_place *at;
} unroll_cell_step;

/* `some(step, first, n)` over all vectors, as many at a time as the instruction set likes; n is a constant. */
#define UNROLL_CELL_SOME(some, step) VEC_SOME((step)->count, some, step)

/* Backward of one block of 16 hidden units over `rows` sequences: a gate's and a state's values are [rows][16]. */
typedef struct unroll_cell_gradient {
    int rows, variant;
    bool normed; /* output_backward was there before */
    real *gates; /* in: the tape that forward left; out: gradients of the pre-activations */
    size_t gate;
    const real *old[UNROLL_CELL_STATES], *now[UNROLL_CELL_STATES];
    const real *d_output;           /* gradient of state 0, from above and from the next step */
    real *d_state[UNROLL_CELL_STATES]; /* of states 1 and up: in: gradient from the next step; out: of the state before */
    real *d_old; /* of state 0: += what reaches the state before other than through a recurrent product; NULL: not wanted */
    const real *d_operand; /* in, of the hook `operand_gradient` alone */
    const real *drop; /* as in forward; [rows][16] */
    const real *vector[UNROLL_CELL_VECTORS], *derived[UNROLL_CELL_VECTORS]; /* (16) */
    real *d_vector[UNROLL_CELL_VECTORS];     /* (16); for `vector_gradient` alone */
    const unroll_cell_place *at;
} unroll_cell_gradient;

/* Whole rows, for a cell that needs more of them than a block. Lanes past the last unit are zero and must stay so. */
typedef struct unroll_cell_rows {
    int rows, units, panels, slots, variant;
    unroll_matrix tape; /* (rows, panels * slots * 16): gate or kept place g of panel p is column block p * slots + g */
    unroll_matrix old[UNROLL_CELL_STATES], now[UNROLL_CELL_STATES];     /* (rows, units): before the step and after it */
    unroll_matrix d_output, d_state[UNROLL_CELL_STATES];                /* backward: as in unroll_cell_gradient */
    const real *vector[UNROLL_CELL_VECTORS];                            /* (units) */
} unroll_cell_rows;

/* What a cell asks of the recurrent layer; it may depend on settings. */
typedef struct unroll_cell_shape {
    int gates; /* G, each with a product of the input */
    const char *gate[UNROLL_CELL_GATES]; /* their names: "i", "f", ... */
    /* R gates from gate `first` on have a product of state 0 before the step, too, on top of the input's; 0: none has. With
       `apart` = 1, the last of the R is that of gate 0, and it stays apart (the GRU with its reset gate after the product):
       it is found as if it were gate G. */
    int recurrent, first, apart;
    /* The first `late` gates, all before gate `first`, have a recurrent product, too, but of what the hook `operand` makes of the
       state before and of the other gates: it comes after theirs. Goes with neither `apart` nor `heads`. */
    int late;
    int heads; /* recurrence in diagonal blocks: the units are parted into so many heads that see only their own; 0: 1 */
    bool drops; /* forward and backward multiply the candidate with the step's `drop`, where that is there (drop_update) */
    bool old_alone; /* on the way back it reads the states before the step, none after it: zoneout then keeps less for it */
    int kept; /* further places after a vector's gates, which forward may fill for backward */
    /* Where the layer norms its products, it norms this state, too, before state 0 is computed from it: the cell then has `output`
       and at least one kept place, whatever `kept` says. 0: none. */
    int normed;
    /* torch[g]: place of gate g in the order in which PyTorch stacks the gates in weight_ih and weight_hh */
    int torch[UNROLL_CELL_GATES];
    /* What chrono initialisation (cells/shared/chrono.h) makes of the bias of gate g: 1: its own, where a gate near 1 keeps the
       state; -1: less that, where it lets in the new; 0: nothing. */
    int chrono[UNROLL_CELL_GATES];
    /* Vectors of weights, one value a hidden unit each, by the names that they have before "_l0": "weight_peep_i". */
    const char *vector[UNROLL_CELL_VECTORS];
    int derived; /* further vectors, made of those by `derive` */
    /* So many neighbouring units are one of the cell's own (2: the real and the imaginary part of a complex one): `hidden` is a
       multiple of it, and a vector has one value for all of them, in the lane of the first, and 0 in the others'. It divides 16;
       0: 1. */
    int parts;
    int variant; /* passed to forward and backward */
    /* The weight of the regulariser of the gradient's norm (layers/recurrent_regulariser.c); 0: there is none. For a cell whose
       state reaches the next one through the recurrent product of its one gate and in no other way. */
    double omega;
} unroll_cell_shape;

typedef struct unroll_cell {
    const char *name, *title;
    /* For unroll list models, each in one line; NULL: not told. A step at default settings, in terms of a_g, the pre-activation
       of gate g; and the paper: names, year, title or number. */
    const char *equations, *paper;
    unroll_cell_shape shape;
    const char *state[UNROLL_CELL_STATES]; /* names of the carried states; state 0 is the output */
    bool joint; /* the states after state 0 stand for something together alone: no unit of one can be kept by itself (zoneout) */
    const unroll_setting *settings;        /* the cell's own rows, section "cell NAME"; may be NULL */
    int setting_count;
    const unroll_setting *shared; /* rows that other cells read, too, from one place (cells/shared); NULL: none */
    int shared_count;
    /* Settings that make another cell of it, "nonlinearity=relu", up to NULL: with each of them it goes through the registry's
       tests like a cell of its own. May be NULL. */
    const char *const *variants;
    void (*adapt)(const unroll_settings *settings, unroll_cell_shape *shape); /* changes `shape` to the settings; NULL: no need */
    double (*bias)(const unroll_settings *settings, int gate); /* added to the initial input bias; NULL: 0 */
    void (*forward)(const unroll_cell_step *step);
    void (*backward)(const unroll_cell_gradient *step);
    /* With `late` gates: `operand` comes before `forward`, once the other gates' pre-activations are there (those of the late ones
       are not), and writes what their product is of; what it leaves on the tape is there for `forward`. `operand_gradient` comes
       after `backward`, which then has left the late gates' gradients, and makes those of the other gates and of the state before
       whole: adds to d_old what d_operand brings. */
    void (*operand)(const unroll_cell_step *step);
    void (*operand_gradient)(const unroll_cell_gradient *step);
    /* Of a normed state. output: after forward, state 0 from what forward left and from the normed state, which lies in the first
       kept place. output_backward: before backward, from d_output to the gradient of the normed state, in that place, and to
       those of the gates that output read. What reaches the state itself is then part of its d_state. */
    void (*output)(const unroll_cell_step *step);
    void (*output_backward)(const unroll_cell_gradient *step);
    /* Initial value of a vector's element, of the unit-th of the cell's own units; uniform[v]: drawn in [0, 1) for the unit and
       vector v; NULL: 0. */
    double (*vector_start)(const unroll_settings *settings, int vector, int unit, const double *uniform);
    /* After each update: makes the derived vectors of one block (16 each) of the weights'; NULL: there are none. */
    void (*derive)(const real *const *vector, real *const *derived);
    /* After `backward`, from what it left on the tape: adds to d_vector, in rising rows, which may be those of several steps (so
       d_state, d_old and `at` are not set). */
    void (*vector_gradient)(const unroll_cell_gradient *step);
    /* Over whole rows, each NULL where it is not needed: `before` forward, once all products are there, and `after` it; and their
       gradients: after_backward comes before `backward` and may change d_output and d_state, before_backward after it and may
       change the gradients of the pre-activations. With any of them, a step's cells wait for all its products. */
    void (*before)(const unroll_cell_rows *rows);
    void (*after)(const unroll_cell_rows *rows);
    void (*after_backward)(const unroll_cell_rows *rows);
    void (*before_backward)(const unroll_cell_rows *rows);
    /* For views (model/view.h), [rows][16] to `out`; nothing else calls them. gate_value: of gate `gate` after its activation,
       once forward is done (d_output, d_state, d_old and `at` are not set); NULL: it lies in the gate's place on the tape.
       state_gradient, right before `backward`: of state 1 and up after the step, with all that depends on it, the output of
       the step, too; NULL: it is what `backward` finds in d_state. */
    void (*gate_value)(const unroll_cell_gradient *step, int gate, real *out);
    void (*state_gradient)(const unroll_cell_gradient *step, int state, real *out);
} unroll_cell;

extern const int unroll_cell_count;
struct unroll_isa;
/* Cells are compiled once for every instruction set; NULL when there is none of that name. */
const unroll_cell *unroll_cell_in(const struct unroll_isa *isa, const char *name);
/* In the instruction set in use. */
const unroll_cell *unroll_cell_find(const char *name);
/* The shape of a cell under these settings. */
unroll_cell_shape unroll_cell_shape_of(const unroll_cell *cell, const unroll_settings *settings);
/* Whether the shape of the cell `name` holds together: UNROLL_FAILED says what does not. */
unroll_status unroll_cell_shape_check(const char *name, const unroll_cell_shape *shape);
/* How many states it carries. */
int unroll_cell_states(const unroll_cell *cell);

#endif
