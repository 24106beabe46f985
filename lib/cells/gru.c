/* The GRU (Cho et al., 2014) in PyTorch's and cuDNN's form, with the reset gate after the recurrent product:
   r, z = sigmoid(a_r), sigmoid(a_z); n = tanh(W_in x + b_in + r (W_hn h + b_hn)); h' = n + z (h - n).
   Gate 0 is n, so that its recurrent part can be kept apart in gate 3. */
#include "cells/cell.h"
#include "simd/math.h"

static void gru_forward(const unroll_cell_step *s)
{
    real *n_gate = s->gates, *r_gate = n_gate + s->gate, *z_gate = r_gate + s->gate, *recurrent = z_gate + s->gate;
    for (int k = 0; k < s->rows * UNROLL_LANES; k += UNROLL_LANES) {
        vec r = vec_sigmoid(vec_load(r_gate + k)), z = vec_sigmoid(vec_load(z_gate + k));
        vec n = vec_tanh(vec_fma(r, vec_load(recurrent + k), vec_load(n_gate + k)));
        vec_store(s->h + k, vec_fma(z, vec_sub(vec_load(s->h_old + k), n), n));
        vec_store(n_gate + k, n);
        vec_store(r_gate + k, r);
        vec_store(z_gate + k, z);
    }
}

static void gru_backward(const unroll_cell_gradient *s)
{
    real *n_gate = s->gates, *r_gate = n_gate + s->gate, *z_gate = r_gate + s->gate, *recurrent = z_gate + s->gate;
    vec one = vec_set1(1);
    for (int k = 0; k < s->rows * UNROLL_LANES; k += UNROLL_LANES) {
        vec n = vec_load(n_gate + k), r = vec_load(r_gate + k), z = vec_load(z_gate + k), dh = vec_load(s->dh + k);
        vec dn = vec_mul(vec_fnma(z, dh, dh), vec_fnma(n, n, one));
        vec dz = vec_mul(dh, vec_sub(vec_load(s->h_old + k), n));
        vec_store(n_gate + k, dn);
        vec_store(r_gate + k, vec_mul(vec_mul(dn, vec_load(recurrent + k)), vec_fnma(r, r, r)));
        vec_store(z_gate + k, vec_mul(dz, vec_fnma(z, z, z)));
        vec_store(recurrent + k, vec_mul(dn, r));
        if (s->dh_old != NULL)
            vec_store(s->dh_old + k, vec_fma(z, dh, vec_load(s->dh_old + k)));
    }
}

extern const unroll_cell UNROLL_CELL(gru);
const unroll_cell UNROLL_CELL(gru) = {
    .name = "gru",
    .title = "gated recurrent unit",
    .gates = 3,
    .states = 1,
    .split = 1,
    .torch = {2, 0, 1},
    .forward = gru_forward,
    .backward = gru_backward,
};
