/* The vanilla RNN (Elman, 1990): h' = tanh(a) or max(a, 0), a = W_ih x + b_ih + W_hh h + b_hh. */
#include <string.h>

#include "cells/cell.h"
#include "simd/math.h"

enum { TANH, RELU };

static const unroll_setting rows[] = {
    {"nonlinearity", UNROLL_CHOICE, 0, 0, "tanh|relu", "tanh", "", "of the vanilla RNN", "cell rnn", 0},
    {"omega", UNROLL_REAL, 0, 1e6, "", "0", "",
     "weight of the regulariser by which the gradient keeps its norm from step to step (Pascanu et al., 2013); 0: off",
     "cell rnn", 0},
};

static const char *const variants[] = {"nonlinearity=relu", NULL};

static void rnn_adapt(const unroll_settings *settings, unroll_cell_shape *shape)
{
    shape->variant = strcmp(unroll_text(settings, "nonlinearity"), "relu") == 0 ? RELU : TANH;
    shape->omega = unroll_real(settings, "omega");
}

VEC_INLINE void rnn_some(const unroll_cell_step *s, int first, const int n)
{
    const real *gates = s->gates + (size_t)first * s->gates_next;
    real *to = s->now[0] + (size_t)first * s->state_next;
    vec h[VEC_MOST];
    VEC_EACH(n) h[k] = vec_load(gates + k * s->gates_next);
    if (s->variant == RELU)
        VEC_EACH(n) h[k] = vec_max(vec_set1(0), h[k]);
    else
        vec_tanh_all(h, n);
    VEC_EACH(n) vec_store(to + k * s->state_next, h[k]);
}

static void rnn_forward(const unroll_cell_step *s)
{
    UNROLL_CELL_SOME(rnn_some, s);
}

static void rnn_backward(const unroll_cell_gradient *s)
{
    vec zero = vec_set1(0), one = vec_set1(1);
    for (int i = 0; i < s->rows * UNROLL_LANES; i += UNROLL_LANES) {
        vec h = vec_load(s->now[0] + i), dh = vec_load(s->d_output + i);
        vec slope = s->variant == RELU ? vec_select(vec_less(zero, h), one, zero) : vec_fnma(h, h, one);
        vec_store(s->gates + i, vec_mul(dh, slope));
    }
}

/* the tape holds the pre-activation: its activation is the state */
static void rnn_gate_value(const unroll_cell_gradient *s, int gate, real *out)
{
    (void)gate;
    memcpy(out, s->now[0], (size_t)s->rows * UNROLL_LANES * sizeof(real));
}

extern const unroll_cell UNROLL_CELL(rnn);
const unroll_cell UNROLL_CELL(rnn) = {
    .name = "rnn",
    .title = "vanilla RNN (Elman)",
    .equations = "h' = tanh(a)",
    .paper = "Elman 1990",
    .shape = {.gates = 1, .gate = {"a"}, .recurrent = 1},
    .state = {"h"},
    .settings = rows,
    .setting_count = (int)(sizeof rows / sizeof rows[0]),
    .variants = variants,
    .adapt = rnn_adapt,
    .forward = rnn_forward,
    .backward = rnn_backward,
    .gate_value = rnn_gate_value,
};
