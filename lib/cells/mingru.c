/* The minimal GRU (Feng et al., 2024: Were RNNs all we needed?, arXiv 2410.01201), with the
   candidate of its log-space form: z = sigmoid(a_z); h' = h + z (g - h); g = a_g + 0.5 where a_g >= 0, else sigmoid(a_g).
   The gates see the input alone: there is no recurrent product. The candidate is g. */
#include "cells/cell.h"
#include "cells/shared/chrono.h"
#include "simd/math.h"

VEC_INLINE void mingru_some(const unroll_cell_step *s, int first, const int n)
{
    real *z_gate = s->gates + (size_t)first * s->gates_next, *g_gate = z_gate + s->gate;
    size_t states = (size_t)first * s->state_next;
    vec zero = vec_set1(0), half = vec_set1((real)0.5), z[VEC_MOST], a[VEC_MOST], g[VEC_MOST];
    VEC_EACH(n) z[k] = vec_load(z_gate + k * s->gates_next);
    VEC_EACH(n) a[k] = vec_load(g_gate + k * s->gates_next);
    VEC_EACH(n) g[k] = a[k];
    vec_sigmoid_all(z, n);
    vec_sigmoid_all(g, n);
    VEC_EACH(n) g[k] = vec_select(vec_less(a[k], zero), g[k], vec_add(a[k], half));
    VEC_EACH(n) vec_store(z_gate + k * s->gates_next, z[k]);
    VEC_EACH(n) vec_store(g_gate + k * s->gates_next, g[k]);
    if (s->drop != NULL)
        VEC_EACH(n) g[k] = vec_mul(g[k], vec_load(s->drop + (size_t)(first + k) * s->gates_next));
    VEC_EACH(n) a[k] = vec_load(s->old[0] + states + k * s->state_next);
    VEC_EACH(n) vec_store(s->now[0] + states + k * s->state_next, vec_fma(z[k], vec_sub(g[k], a[k]), a[k]));
}

static void mingru_forward(const unroll_cell_step *s)
{
    UNROLL_CELL_SOME(mingru_some, s);
}

/* the slope of g: 1 where it is at least 0.5, else that of the sigmoid */
static void mingru_backward(const unroll_cell_gradient *s)
{
    real *z_gate = s->gates, *g_gate = z_gate + s->gate;
    vec one = vec_set1(1), half = vec_set1((real)0.5);
    for (int k = 0; k < s->rows * UNROLL_LANES; k += UNROLL_LANES) {
        vec z = vec_load(z_gate + k), g = vec_load(g_gate + k), dh = vec_load(s->d_output + k);
        vec slope = vec_select(vec_less(g, half), vec_fnma(g, g, g), one);
        vec dg = vec_mul(dh, z), dz;
        if (s->drop != NULL) {
            g = vec_mul(g, vec_load(s->drop + k));
            dg = vec_mul(dg, vec_load(s->drop + k));
        }
        dz = vec_mul(dh, vec_sub(g, vec_load(s->old[0] + k)));
        vec_store(z_gate + k, vec_mul(dz, vec_fnma(z, z, z)));
        vec_store(g_gate + k, vec_mul(dg, slope));
        if (s->d_old != NULL)
            vec_store(s->d_old + k, vec_add(vec_load(s->d_old + k), vec_fnma(z, dh, dh)));
    }
}

extern const unroll_cell UNROLL_CELL(mingru);
const unroll_cell UNROLL_CELL(mingru) = {
    .name = "mingru",
    .title = "minimal GRU: gates of the input alone",
    .equations = "z = sigmoid(a_z); g = a_g + 0.5 where a_g >= 0, else sigmoid(a_g); h' = h + z (g - h)",
    .paper = "Feng et al. 2024, arXiv 2410.01201",
    .shape = {.gates = 2, .gate = {"z", "g"}, .drops = true, .old_alone = true, .torch = {0, 1}, .chrono = {-1}},
    .state = {"h"},
    .shared = unroll_chrono_settings,
    .shared_count = UNROLL_CHRONO_SETTINGS,
    .forward = mingru_forward,
    .backward = mingru_backward,
};
