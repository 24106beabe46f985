/* The GRU (Cho et al., 2014) in PyTorch's and cuDNN's form, with the reset gate after the recurrent product:
   r, z = sigmoid(a_r), sigmoid(a_z); n = tanh(W_in x + b_in + r (W_hn h + b_hn)); h' = n + z (h - n).
   Gate 0 is n, so that its recurrent part can be kept apart in gate 3. */
#include "cells/cell.h"
#include "simd/math.h"

VEC_INLINE void gru_some(const unroll_cell_step *s, int first, const int many)
{
    real *n_gate = s->gates + (size_t)first * s->gates_next, *r_gate = n_gate + s->gate, *z_gate = r_gate + s->gate;
    real *recurrent = z_gate + s->gate;
    size_t states = (size_t)first * s->state_next;
    vec r[VEC_MOST], z[VEC_MOST], n[VEC_MOST];
    VEC_EACH(many) r[k] = vec_load(r_gate + k * s->gates_next);
    VEC_EACH(many) z[k] = vec_load(z_gate + k * s->gates_next);
    vec_sigmoid_all(r, many);
    vec_sigmoid_all(z, many);
    VEC_EACH(many) n[k] = vec_fma(r[k], vec_load(recurrent + k * s->gates_next), vec_load(n_gate + k * s->gates_next));
    vec_tanh_all(n, many);
    VEC_EACH(many) vec_store(r_gate + k * s->gates_next, r[k]);
    VEC_EACH(many) vec_store(z_gate + k * s->gates_next, z[k]);
    VEC_EACH(many) vec_store(n_gate + k * s->gates_next, n[k]);
    VEC_EACH(many) z[k] = vec_fma(z[k], vec_sub(vec_load(s->old[0] + states + k * s->state_next), n[k]), n[k]);
    VEC_EACH(many) vec_store(s->now[0] + states + k * s->state_next, z[k]);
}

static void gru_forward(const unroll_cell_step *s)
{
    UNROLL_CELL_SOME(gru_some, s);
}

static void gru_backward(const unroll_cell_gradient *s)
{
    real *n_gate = s->gates, *r_gate = n_gate + s->gate, *z_gate = r_gate + s->gate, *recurrent = z_gate + s->gate;
    vec one = vec_set1(1);
    for (int k = 0; k < s->rows * UNROLL_LANES; k += UNROLL_LANES) {
        vec n = vec_load(n_gate + k), r = vec_load(r_gate + k), z = vec_load(z_gate + k), dh = vec_load(s->d_output + k);
        vec dn = vec_mul(vec_fnma(z, dh, dh), vec_fnma(n, n, one));
        vec dz = vec_mul(dh, vec_sub(vec_load(s->old[0] + k), n));
        vec_store(n_gate + k, dn);
        vec_store(r_gate + k, vec_mul(vec_mul(dn, vec_load(recurrent + k)), vec_fnma(r, r, r)));
        vec_store(z_gate + k, vec_mul(dz, vec_fnma(z, z, z)));
        vec_store(recurrent + k, vec_mul(dn, r));
        if (s->d_old != NULL)
            vec_store(s->d_old + k, vec_fma(z, dh, vec_load(s->d_old + k)));
    }
}

extern const unroll_cell UNROLL_CELL(gru);
const unroll_cell UNROLL_CELL(gru) = {
    .name = "gru",
    .title = "gated recurrent unit",
    .equations = "r, z = sigmoid(a_r, a_z); n = tanh(W_n x + b + r (U_n h + b)); h' = n + z (h - n)",
    .paper = "Cho et al. 2014, arXiv 1406.1078; PyTorch's and cuDNN's form",
    .shape = {.gates = 3, .gate = {"n", "r", "z"}, .recurrent = 3, .first = 1, .apart = 1, .torch = {2, 0, 1}},
    .state = {"h"},
    .forward = gru_forward,
    .backward = gru_backward,
};
