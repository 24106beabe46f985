/* The LSTM with a forget gate (Hochreiter and Schmidhuber, 1997; Gers, Schmidhuber, Cummins, 2000), in PyTorch's form:
   i, f, o = sigmoid(a_i), sigmoid(a_f), sigmoid(a_o); g = tanh(a_g); c' = f c + i g; h' = o tanh(c'). */
#include "cells/cell.h"
#include "simd/math.h"

static const unroll_setting rows[] = {
    {"forget_bias", UNROLL_REAL, -100, 100, "", "0", "", "added to the LSTM's initial forget-gate bias", "cell lstm", 0},
};

static double lstm_bias(const unroll_settings *settings, int gate)
{
    return gate == 1 ? unroll_real(settings, "forget_bias") : 0.0;
}

VEC_INLINE void lstm_some(const unroll_cell_step *s, int first, const int n)
{
    real *i_gate = s->gates + (size_t)first * s->gates_next, *f_gate = i_gate + s->gate, *g_gate = f_gate + s->gate;
    real *o_gate = g_gate + s->gate, *kept = o_gate + s->gate;
    size_t states = (size_t)first * s->state_next;
    vec i[VEC_MOST], f[VEC_MOST], g[VEC_MOST], o[VEC_MOST];
    VEC_EACH(n) i[k] = vec_load(i_gate + k * s->gates_next);
    VEC_EACH(n) f[k] = vec_load(f_gate + k * s->gates_next);
    VEC_EACH(n) o[k] = vec_load(o_gate + k * s->gates_next);
    VEC_EACH(n) g[k] = vec_load(g_gate + k * s->gates_next);
    vec_sigmoid_all(i, n);
    vec_sigmoid_all(f, n);
    vec_sigmoid_all(o, n);
    vec_tanh_all(g, n);
    VEC_EACH(n) vec_store(i_gate + k * s->gates_next, i[k]);
    VEC_EACH(n) vec_store(f_gate + k * s->gates_next, f[k]);
    VEC_EACH(n) vec_store(o_gate + k * s->gates_next, o[k]);
    VEC_EACH(n) vec_store(g_gate + k * s->gates_next, g[k]);
    VEC_EACH(n) g[k] = vec_fma(f[k], vec_load(s->old[1] + states + k * s->state_next), vec_mul(i[k], g[k]));
    VEC_EACH(n) vec_store(s->now[1] + states + k * s->state_next, g[k]);
    vec_tanh_all(g, n);
    VEC_EACH(n) vec_store(kept + k * s->gates_next, g[k]);
    VEC_EACH(n) vec_store(s->now[0] + states + k * s->state_next, vec_mul(o[k], g[k]));
}

static void lstm_forward(const unroll_cell_step *s)
{
    UNROLL_CELL_SOME(lstm_some, s);
}

/* slope of the sigmoid from its value */
static inline vec sigmoid_slope(vec s)
{
    return vec_fnma(s, s, s);
}

/* of c', from h' and from the next step */
static inline vec gradient_of_c(vec dh, vec o, vec squashed, vec next)
{
    return vec_fma(vec_mul(dh, o), vec_fnma(squashed, squashed, vec_set1(1)), next);
}

static void lstm_backward(const unroll_cell_gradient *s)
{
    real *i_gate = s->gates, *f_gate = i_gate + s->gate, *g_gate = f_gate + s->gate, *o_gate = g_gate + s->gate;
    const real *kept = o_gate + s->gate;
    vec one = vec_set1(1);
    for (int r = 0; r < s->rows * UNROLL_LANES; r += UNROLL_LANES) {
        vec i = vec_load(i_gate + r), f = vec_load(f_gate + r), g = vec_load(g_gate + r), o = vec_load(o_gate + r);
        vec dh = vec_load(s->d_output + r), squashed = vec_load(kept + r);
        vec dc = gradient_of_c(dh, o, squashed, vec_load(s->d_state[1] + r));
        vec_store(o_gate + r, vec_mul(vec_mul(dh, squashed), sigmoid_slope(o)));
        vec_store(i_gate + r, vec_mul(vec_mul(dc, g), sigmoid_slope(i)));
        vec_store(g_gate + r, vec_mul(vec_mul(dc, i), vec_fnma(g, g, one)));
        vec_store(f_gate + r, vec_mul(vec_mul(dc, vec_load(s->old[1] + r)), sigmoid_slope(f)));
        vec_store(s->d_state[1] + r, vec_mul(dc, f));
    }
}

static void lstm_state_gradient(const unroll_cell_gradient *s, int state, real *out)
{
    const real *o_gate = s->gates + 3 * s->gate, *kept = o_gate + s->gate;
    (void)state;
    for (int r = 0; r < s->rows * UNROLL_LANES; r += UNROLL_LANES)
        vec_store(out + r, gradient_of_c(vec_load(s->d_output + r), vec_load(o_gate + r), vec_load(kept + r),
                                         vec_load(s->d_state[1] + r)));
}

extern const unroll_cell UNROLL_CELL(lstm);
const unroll_cell UNROLL_CELL(lstm) = {
    .name = "lstm",
    .title = "long short-term memory",
    .equations = "i, f, o = sigmoid(a_i, a_f, a_o); g = tanh(a_g); c' = f c + i g; h' = o tanh(c')",
    .paper = "Hochreiter, Schmidhuber 1997; Gers, Schmidhuber, Cummins 2000",
    .shape = {.gates = 4, .gate = {"i", "f", "g", "o"}, .recurrent = 4, .kept = 1 /* tanh(c') */, .torch = {0, 1, 2, 3}},
    .state = {"h", "c"},
    .settings = rows,
    .setting_count = 1,
    .bias = lstm_bias,
    .forward = lstm_forward,
    .backward = lstm_backward,
    .state_gradient = lstm_state_gradient,
};
