/* The vanilla RNN (Elman, 1990): h' = tanh(a) or max(a, 0), a = W_ih x + b_ih + W_hh h + b_hh. */
#include <string.h>

#include "cells/cell.h"
#include "simd/math.h"

enum { TANH, RELU };

static const unroll_setting rows[] = {
    {"nonlinearity", UNROLL_CHOICE, 0, 0, "tanh|relu", "tanh", "", "of the vanilla RNN", "cell rnn", 0},
};

static int rnn_variant(const unroll_settings *settings)
{
    return strcmp(unroll_text(settings, "nonlinearity"), "relu") == 0 ? RELU : TANH;
}

static void rnn_forward(const unroll_cell_step *s)
{
    for (int i = 0; i < s->rows * UNROLL_LANES; i += UNROLL_LANES) {
        vec a = vec_load(s->gates + i);
        vec_store(s->h + i, s->variant == RELU ? vec_max(vec_set1(0), a) : vec_tanh(a));
    }
}

static void rnn_backward(const unroll_cell_gradient *s)
{
    vec zero = vec_set1(0), one = vec_set1(1);
    for (int i = 0; i < s->rows * UNROLL_LANES; i += UNROLL_LANES) {
        vec h = vec_load(s->h + i), dh = vec_load(s->dh + i);
        vec slope = s->variant == RELU ? vec_select(vec_less(zero, h), one, zero) : vec_fnma(h, h, one);
        vec_store(s->gates + i, vec_mul(dh, slope));
    }
}

extern const unroll_cell UNROLL_CELL(rnn);
const unroll_cell UNROLL_CELL(rnn) = {
    .name = "rnn",
    .title = "vanilla RNN (Elman)",
    .gates = 1,
    .states = 1,
    .settings = rows,
    .setting_count = 1,
    .variant = rnn_variant,
    .forward = rnn_forward,
    .backward = rnn_backward,
};
