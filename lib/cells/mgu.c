/* The minimal gated unit (Zhou et al., 2016: Minimal gated unit for recurrent neural networks, arXiv 1603.09420): one gate that
   both forgets and resets: f = sigmoid(a_f); n = tanh(W_n x + b_n + U_n (f h)); h' = h + f (n - h).
   The candidate n is gate 0: its recurrent product is of f h and comes after that of f. */
#include "cells/cell.h"
#include "cells/shared/chrono.h"
#include "cells/shared/gated.h"
#include "simd/math.h"

enum { N, F, KEPT }; /* places on the tape: the last one keeps f where backward leaves a gradient in its place */

VEC_INLINE void mgu_some(const unroll_cell_step *s, int first, const int n)
{
    real *n_gate = s->gates + (size_t)first * s->gates_next, *f_gate = n_gate + F * s->gate;
    size_t states = (size_t)first * s->state_next;
    vec c[VEC_MOST], h[VEC_MOST];
    VEC_EACH(n) c[k] = vec_load(n_gate + k * s->gates_next);
    vec_tanh_all(c, n);
    VEC_EACH(n) vec_store(n_gate + k * s->gates_next, c[k]);
    if (s->drop != NULL)
        VEC_EACH(n) c[k] = vec_mul(c[k], vec_load(s->drop + (size_t)(first + k) * s->gates_next));
    VEC_EACH(n) h[k] = vec_load(s->old[0] + states + k * s->state_next);
    VEC_EACH(n) h[k] = vec_fma(vec_load(f_gate + k * s->gates_next), vec_sub(c[k], h[k]), h[k]);
    VEC_EACH(n) vec_store(s->now[0] + states + k * s->state_next, h[k]);
}

static void mgu_forward(const unroll_cell_step *s)
{
    UNROLL_CELL_SOME(mgu_some, s);
}

/* leaves in f's place the gradient of f from h' alone */
static void mgu_backward(const unroll_cell_gradient *s)
{
    real *n_gate = s->gates, *f_gate = n_gate + F * s->gate, *kept = n_gate + KEPT * s->gate;
    vec one = vec_set1(1);
    for (int k = 0; k < s->rows * UNROLL_LANES; k += UNROLL_LANES) {
        vec n = vec_load(n_gate + k), f = vec_load(f_gate + k), dh = vec_load(s->d_output + k);
        vec dn = vec_mul(vec_mul(dh, f), vec_fnma(n, n, one));
        if (s->drop != NULL) {
            n = vec_mul(n, vec_load(s->drop + k));
            dn = vec_mul(dn, vec_load(s->drop + k));
        }
        vec_store(n_gate + k, dn);
        vec_store(f_gate + k, vec_mul(dh, vec_sub(n, vec_load(s->old[0] + k))));
        vec_store(kept + k, f);
        if (s->d_old != NULL)
            vec_store(s->d_old + k, vec_add(vec_load(s->d_old + k), vec_fnma(f, dh, dh)));
    }
}

static void mgu_operand_gradient(const unroll_cell_gradient *s)
{
    real *f_gate = s->gates + F * s->gate;
    const real *kept = s->gates + KEPT * s->gate;
    for (int k = 0; k < s->rows * UNROLL_LANES; k += UNROLL_LANES) {
        vec f = vec_load(kept + k), d = vec_load(s->d_operand + k);
        vec df = vec_fma(d, vec_load(s->old[0] + k), vec_load(f_gate + k));
        vec_store(f_gate + k, vec_mul(df, vec_fnma(f, f, f)));
        if (s->d_old != NULL)
            vec_store(s->d_old + k, vec_fma(d, f, vec_load(s->d_old + k)));
    }
}

extern const unroll_cell UNROLL_CELL(mgu);
const unroll_cell UNROLL_CELL(mgu) = {
    .name = "mgu",
    .title = "minimal gated unit: one gate forgets and resets",
    .equations = "f = sigmoid(a_f); n = tanh(W_n x + b + U_n (f h) + b); h' = h + f (n - h)",
    .paper = "Zhou et al. 2016, arXiv 1603.09420",
    .shape = {.gates = 2, .gate = {"n", "f"}, .recurrent = 1, .first = F, .late = 1, .drops = true,
              .old_alone = true, .kept = 1, .torch = {1, 0}, .chrono = {0, -1}},
    .state = {"h"},
    .shared = unroll_chrono_settings,
    .shared_count = UNROLL_CHRONO_SETTINGS,
    .forward = mgu_forward,
    .backward = mgu_backward,
    .operand = unroll_gated_operand,
    .operand_gradient = mgu_operand_gradient,
};
