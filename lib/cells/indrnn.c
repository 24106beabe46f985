/* The independently recurrent network (Li et al., 2018: Independently recurrent neural network (IndRNN): building a longer and
   deeper RNN, arXiv 1803.04831): h' = max(a, 0) or tanh(a), a = W_ih x + b_ih + u h, with one weight u a unit in place of a
   recurrent matrix: there is no recurrent product.

   u starts uniform in [0, 1]. The paper keeps |u| below 2^(1/T) by clipping it after each update, so that no unit more than doubles
   a state over T steps; that is not done here: a cell has no part in updates, and u is a weight like any other. Clipping the
   gradient's norm (clip) bounds the steps that a unit with u > 1 brings. Nor are the units of the last layer held to a u near 1,
   as in the paper where only the last step answers. */
#include <string.h>

#include "cells/cell.h"
#include "simd/math.h"

enum { RELU, TANH };

static const unroll_setting rows[] = {
    {"indrnn_activation", UNROLL_CHOICE, 0, 0, "relu|tanh", "relu", "", "of the IndRNN", "cell indrnn", 0},
};

static const char *const variants[] = {"indrnn_activation=tanh", NULL};

static void indrnn_adapt(const unroll_settings *settings, unroll_cell_shape *shape)
{
    shape->variant = strcmp(unroll_text(settings, "indrnn_activation"), "tanh") == 0 ? TANH : RELU;
}

static double indrnn_start(const unroll_settings *settings, int vector, int unit, const double *uniform)
{
    (void)settings, (void)unit;
    return uniform[vector];
}

VEC_INLINE void indrnn_some(const unroll_cell_step *s, int first, const int n)
{
    const real *gates = s->gates + (size_t)first * s->gates_next, *u = s->vector[0] + (size_t)first * s->vector_next;
    size_t states = (size_t)first * s->state_next;
    vec h[VEC_MOST];
    VEC_EACH(n) h[k] = vec_load(s->old[0] + states + k * s->state_next);
    VEC_EACH(n) h[k] = vec_fma(vec_load(u + k * s->vector_next), h[k], vec_load(gates + k * s->gates_next));
    if (s->variant == RELU)
        VEC_EACH(n) h[k] = vec_max(vec_set1(0), h[k]);
    else
        vec_tanh_all(h, n);
    VEC_EACH(n) vec_store(s->now[0] + states + k * s->state_next, h[k]);
}

static void indrnn_forward(const unroll_cell_step *s)
{
    UNROLL_CELL_SOME(indrnn_some, s);
}

static void indrnn_backward(const unroll_cell_gradient *s)
{
    vec zero = vec_set1(0), one = vec_set1(1), u = vec_load(s->vector[0]);
    for (int i = 0; i < s->rows * UNROLL_LANES; i += UNROLL_LANES) {
        vec h = vec_load(s->now[0] + i);
        vec slope = s->variant == RELU ? vec_select(vec_less(zero, h), one, zero) : vec_fnma(h, h, one);
        vec da = vec_mul(vec_load(s->d_output + i), slope);
        vec_store(s->gates + i, da);
        if (s->d_old != NULL)
            vec_store(s->d_old + i, vec_fma(u, da, vec_load(s->d_old + i)));
    }
}

static void indrnn_vector_gradient(const unroll_cell_gradient *s)
{
    vec sum = vec_load(s->d_vector[0]);
    for (int i = 0; i < s->rows * UNROLL_LANES; i += UNROLL_LANES)
        sum = vec_fma(vec_load(s->gates + i), vec_load(s->old[0] + i), sum);
    vec_store(s->d_vector[0], sum);
}

/* the tape holds the part of the pre-activation that is the input's: the activation is the state */
static void indrnn_gate_value(const unroll_cell_gradient *s, int gate, real *out)
{
    (void)gate;
    memcpy(out, s->now[0], (size_t)s->rows * UNROLL_LANES * sizeof(real));
}

extern const unroll_cell UNROLL_CELL(indrnn);
const unroll_cell UNROLL_CELL(indrnn) = {
    .name = "indrnn",
    .title = "independently recurrent network: one recurrent weight a unit",
    .equations = "h' = max(a + u h, 0)",
    .paper = "Li et al. 2018, arXiv 1803.04831",
    .shape = {.gates = 1, .gate = {"a"}, .vector = {"weight_u"}},
    .state = {"h"},
    .settings = rows,
    .setting_count = 1,
    .variants = variants,
    .adapt = indrnn_adapt,
    .forward = indrnn_forward,
    .backward = indrnn_backward,
    .vector_start = indrnn_start,
    .vector_gradient = indrnn_vector_gradient,
    .gate_value = indrnn_gate_value,
};
