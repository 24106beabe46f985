/* The minimal LSTM (Feng et al., 2024: Were RNNs all we needed?, arXiv 2410.01201) in its length-independent form, whose gates
   are normalised to a sum of 1, with the candidate of the log-space form: f = sigmoid(a_f); i = sigmoid(a_i);
   h' = f / (f + i) h + i / (f + i) g; g = a_g + 0.5 where a_g >= 0, else sigmoid(a_g).
   The gates see the input alone: there is no recurrent product. The candidate is g.

   With the weights 1, e^-a_f and e^-a_i, and o, x and y their shares in their sum with 1 counted twice (2 o + x + y = 1),
   f / (f + i) = o + y and i / (f + i) = o + x: sums of what is not negative, taken relative to the largest of the weights, so
   that nothing overflows and no quotient is of zeros. The slopes of f / (f + i) are (o + y) x by a_f and -(o + x) y by a_i. */
#include "cells/cell.h"
#include "simd/math.h"

/* On the tape, x and y lie in the places of f and i, and o is kept. */
VEC_INLINE void minlstm_some(const unroll_cell_step *s, int first, const int n)
{
    real *f_gate = s->gates + (size_t)first * s->gates_next, *i_gate = f_gate + s->gate, *g_gate = i_gate + s->gate;
    real *kept = g_gate + s->gate;
    size_t states = (size_t)first * s->state_next;
    vec zero = vec_set1(0), one = vec_set1(1), half = vec_set1((real)0.5);
    vec x[VEC_MOST], y[VEC_MOST], o[VEC_MOST], g[VEC_MOST], a[VEC_MOST];
    VEC_EACH(n) x[k] = vec_load(f_gate + k * s->gates_next);
    VEC_EACH(n) y[k] = vec_load(i_gate + k * s->gates_next);
    VEC_EACH(n) a[k] = vec_min(zero, vec_min(x[k], y[k])); /* minus the logarithm of the largest weight */
    VEC_EACH(n) x[k] = vec_exp(vec_sub(a[k], x[k]));
    VEC_EACH(n) y[k] = vec_exp(vec_sub(a[k], y[k]));
    VEC_EACH(n) o[k] = vec_exp(a[k]);
    VEC_EACH(n) a[k] = vec_div(one, vec_add(vec_add(o[k], x[k]), vec_add(o[k], y[k])));
    VEC_EACH(n) x[k] = vec_mul(x[k], a[k]);
    VEC_EACH(n) y[k] = vec_mul(y[k], a[k]);
    VEC_EACH(n) o[k] = vec_mul(o[k], a[k]);
    VEC_EACH(n) vec_store(f_gate + k * s->gates_next, x[k]);
    VEC_EACH(n) vec_store(i_gate + k * s->gates_next, y[k]);
    VEC_EACH(n) vec_store(kept + k * s->gates_next, o[k]);
    VEC_EACH(n) a[k] = vec_load(g_gate + k * s->gates_next);
    VEC_EACH(n) g[k] = a[k];
    vec_sigmoid_all(g, n);
    VEC_EACH(n) g[k] = vec_select(vec_less(a[k], zero), g[k], vec_add(a[k], half));
    VEC_EACH(n) vec_store(g_gate + k * s->gates_next, g[k]);
    if (s->drop != NULL)
        VEC_EACH(n) g[k] = vec_mul(g[k], vec_load(s->drop + (size_t)(first + k) * s->gates_next));
    VEC_EACH(n) a[k] = vec_mul(vec_add(o[k], y[k]), vec_load(s->old[0] + states + k * s->state_next));
    VEC_EACH(n) vec_store(s->now[0] + states + k * s->state_next, vec_fma(vec_add(o[k], x[k]), g[k], a[k]));
}

static void minlstm_forward(const unroll_cell_step *s)
{
    UNROLL_CELL_SOME(minlstm_some, s);
}

/* the slope of g: 1 where it is at least 0.5, else that of the sigmoid */
static void minlstm_backward(const unroll_cell_gradient *s)
{
    real *f_gate = s->gates, *i_gate = f_gate + s->gate, *g_gate = i_gate + s->gate;
    const real *kept = g_gate + s->gate;
    vec zero = vec_set1(0), one = vec_set1(1), half = vec_set1((real)0.5);
    for (int k = 0; k < s->rows * UNROLL_LANES; k += UNROLL_LANES) {
        vec x = vec_load(f_gate + k), y = vec_load(i_gate + k), o = vec_load(kept + k), g = vec_load(g_gate + k);
        vec f = vec_add(o, y), i = vec_add(o, x), dh = vec_load(s->d_output + k);
        vec slope = vec_select(vec_less(g, half), vec_fnma(g, g, g), one), dg = vec_mul(dh, i), df;
        if (s->drop != NULL) {
            g = vec_mul(g, vec_load(s->drop + k));
            dg = vec_mul(dg, vec_load(s->drop + k));
        }
        df = vec_mul(dh, vec_sub(vec_load(s->old[0] + k), g)); /* of f / (f + i) */
        vec_store(f_gate + k, vec_mul(df, vec_mul(f, x)));
        vec_store(i_gate + k, vec_fnma(df, vec_mul(i, y), zero));
        vec_store(g_gate + k, vec_mul(dg, slope));
        if (s->d_old != NULL)
            vec_store(s->d_old + k, vec_fma(f, dh, vec_load(s->d_old + k)));
    }
}

/* of f and i after they are normalised */
static void minlstm_gate_value(const unroll_cell_gradient *s, int gate, real *out)
{
    const real *place = s->gates + (size_t)gate * s->gate, *other = s->gates + (size_t)(1 - gate) * s->gate;
    const real *kept = s->gates + 3 * s->gate;
    for (int k = 0; k < s->rows * UNROLL_LANES; k += UNROLL_LANES)
        vec_store(out + k, gate == 2 ? vec_load(place + k) : vec_add(vec_load(kept + k), vec_load(other + k)));
}

extern const unroll_cell UNROLL_CELL(minlstm);
const unroll_cell UNROLL_CELL(minlstm) = {
    .name = "minlstm",
    .title = "minimal LSTM: normalised gates of the input alone",
    .equations = "f, i = sigmoid(a_f, a_i); g = a_g + 0.5 where a_g >= 0, else sigmoid(a_g); h' = (f h + i g) / (f + i)",
    .paper = "Feng et al. 2024, arXiv 2410.01201",
    .shape = {.gates = 3, .gate = {"f", "i", "g"}, .drops = true, .old_alone = true, .kept = 1, .torch = {0, 1, 2}},
    .state = {"h"},
    .forward = minlstm_forward,
    .backward = minlstm_backward,
    .gate_value = minlstm_gate_value,
};
