/* The sLSTM (Beck et al., 2024: xLSTM: extended long short-term memory, arXiv 2405.04517), with exponential input gate:
   z = tanh(a_z); o = sigmoid(a_o); m' = max(log sigmoid(a_f) + m, a_i); i = exp(a_i - m'); f = exp(log sigmoid(a_f) + m - m');
   c' = f c + i z; n' = f n + i; h' = o c' / n'.

   All states start from zero. Until the first step, where n is 0, there is nothing that m would scale, and m' = a_i (as in the
   authors' code): so n' is 1 there, and never less after, since f or i is 1 and the other is not negative.

   c and n are the sums of the paper's equations times e^-m, and h' is their quotient, which does not depend on m: with m and m'
   taken as constants, the gradients of c and n are those of the sums times e^m, and all others are exact. */
#include "cells/cell.h"
#include "cells/shared/chrono.h"
#include "cells/shared/heads.h"
#include "simd/math.h"

/* a head is whole blocks of 16 units: two need 32 */
static const char *const variants[] = {"heads=2 hidden=32 chrono=30", NULL};

static void slstm_adapt(const unroll_settings *settings, unroll_cell_shape *shape)
{
    shape->heads = (int)unroll_int(settings, "heads");
}

VEC_INLINE void slstm_some(const unroll_cell_step *s, int first, const int n)
{
    real *z_gate = s->gates + (size_t)first * s->gates_next, *i_gate = z_gate + s->gate, *f_gate = i_gate + s->gate;
    real *o_gate = f_gate + s->gate, *kept = o_gate + s->gate;
    size_t states = (size_t)first * s->state_next;
    vec zero = vec_set1(0), z[VEC_MOST], i[VEC_MOST], f[VEC_MOST], most[VEC_MOST], other[VEC_MOST];
    VEC_EACH(n) f[k] = vec_load(f_gate + k * s->gates_next);
    VEC_EACH(n) other[k] = vec_sub(zero, f[k]);
    vec_sigmoid_all(other, n);
    VEC_EACH(n) vec_store(kept + k * s->gates_next, other[k]);
    VEC_EACH(n) f[k] = vec_add(vec_log_sigmoid(f[k]), vec_load(s->old[3] + states + k * s->state_next));
    VEC_EACH(n) i[k] = vec_load(i_gate + k * s->gates_next);
    VEC_EACH(n) other[k] = vec_load(s->old[2] + states + k * s->state_next);
    VEC_EACH(n) most[k] = vec_select(vec_less(zero, other[k]), vec_max(f[k], i[k]), i[k]);
    VEC_EACH(n) vec_store(s->now[3] + states + k * s->state_next, most[k]);
    VEC_EACH(n) i[k] = vec_exp(vec_sub(i[k], most[k]));
    VEC_EACH(n) f[k] = vec_exp(vec_min(zero, vec_sub(f[k], most[k])));
    VEC_EACH(n) vec_store(i_gate + k * s->gates_next, i[k]);
    VEC_EACH(n) vec_store(f_gate + k * s->gates_next, f[k]);
    VEC_EACH(n) other[k] = vec_fma(f[k], other[k], i[k]); /* n' */
    VEC_EACH(n) vec_store(s->now[2] + states + k * s->state_next, other[k]);
    VEC_EACH(n) z[k] = vec_load(z_gate + k * s->gates_next);
    vec_tanh_all(z, n);
    VEC_EACH(n) vec_store(z_gate + k * s->gates_next, z[k]);
    if (s->drop != NULL)
        VEC_EACH(n) z[k] = vec_mul(z[k], vec_load(s->drop + (size_t)(first + k) * s->gates_next));
    VEC_EACH(n) z[k] = vec_fma(f[k], vec_load(s->old[1] + states + k * s->state_next), vec_mul(i[k], z[k])); /* c' */
    VEC_EACH(n) vec_store(s->now[1] + states + k * s->state_next, z[k]);
    VEC_EACH(n) f[k] = vec_load(o_gate + k * s->gates_next);
    vec_sigmoid_all(f, n);
    VEC_EACH(n) vec_store(o_gate + k * s->gates_next, f[k]);
    VEC_EACH(n) vec_store(s->now[0] + states + k * s->state_next, vec_mul(f[k], vec_div(z[k], other[k])));
}

static void slstm_forward(const unroll_cell_step *s)
{
    UNROLL_CELL_SOME(slstm_some, s);
}

/* Of c' and n', from h' = o c' / n' and from the next step; each: dh' / n'. */
static inline vec gradient_of_c(vec each, vec o, vec next)
{
    return vec_fma(each, o, next);
}

static inline vec gradient_of_n(vec each, vec h, vec next)
{
    return vec_fnma(each, h, next);
}

static void slstm_backward(const unroll_cell_gradient *s)
{
    real *z_gate = s->gates, *i_gate = z_gate + s->gate, *f_gate = i_gate + s->gate, *o_gate = f_gate + s->gate;
    const real *kept = o_gate + s->gate; /* sigmoid(-a_f), the slope of log sigmoid */
    vec one = vec_set1(1);
    for (int r = 0; r < s->rows * UNROLL_LANES; r += UNROLL_LANES) {
        vec z = vec_load(z_gate + r), i = vec_load(i_gate + r), f = vec_load(f_gate + r), o = vec_load(o_gate + r);
        vec dh = vec_load(s->d_output + r), h = vec_load(s->now[0] + r), each = vec_div(dh, vec_load(s->now[2] + r));
        vec dc = gradient_of_c(each, o, vec_load(s->d_state[1] + r)), dn = gradient_of_n(each, h, vec_load(s->d_state[2] + r));
        vec dz = vec_mul(vec_mul(dc, i), vec_fnma(z, z, one));
        vec before = vec_fma(dc, vec_load(s->old[1] + r), vec_mul(dn, vec_load(s->old[2] + r)));
        if (s->drop != NULL) {
            z = vec_mul(z, vec_load(s->drop + r));
            dz = vec_mul(dz, vec_load(s->drop + r));
        }
        vec_store(o_gate + r, vec_mul(vec_mul(dh, h), vec_sub(one, o)));
        vec_store(z_gate + r, dz);
        vec_store(i_gate + r, vec_mul(i, vec_fma(dc, z, dn)));
        vec_store(f_gate + r, vec_mul(vec_mul(f, before), vec_load(kept + r)));
        vec_store(s->d_state[1] + r, vec_mul(dc, f));
        vec_store(s->d_state[2] + r, vec_mul(dn, f));
    }
}

/* m' moves f alone in the next step, since what moves c, n and m together changes nothing: its gradient is that of c' and n'
   from there, times them. */
static void slstm_state_gradient(const unroll_cell_gradient *s, int state, real *out)
{
    const real *o_gate = s->gates + 3 * s->gate;
    for (int r = 0; r < s->rows * UNROLL_LANES; r += UNROLL_LANES) {
        vec h = vec_load(s->now[0] + r), c = vec_load(s->now[1] + r), n = vec_load(s->now[2] + r);
        vec next_c = vec_load(s->d_state[1] + r), next_n = vec_load(s->d_state[2] + r);
        vec each = vec_div(vec_load(s->d_output + r), n);
        vec_store(out + r, state == 1   ? gradient_of_c(each, vec_load(o_gate + r), next_c)
                           : state == 2 ? gradient_of_n(each, h, next_n)
                                        : vec_fma(next_c, c, vec_mul(next_n, n)));
    }
}

extern const unroll_cell UNROLL_CELL(slstm);
const unroll_cell UNROLL_CELL(slstm) = {
    .name = "slstm",
    .title = "sLSTM: exponential gates, normalised memory",
    .equations = "m' = max(log sigmoid(a_f) + m, a_i); i = exp(a_i - m'); f = exp(log sigmoid(a_f) + m - m'); "
                 "c' = f c + i tanh(a_z); n' = f n + i; h' = sigmoid(a_o) c' / n'",
    .paper = "Beck et al. 2024, arXiv 2405.04517",
    .shape = {.gates = 4, .gate = {"z", "i", "f", "o"}, .recurrent = 4, .drops = true, .kept = 1,
              .torch = {0, 1, 2, 3}, .chrono = {0, -1, 1}},
    .state = {"h", "c", "n", "m"},
    .joint = true, /* c and n are sums in the scale that m is: with another m they are other sums */
    .settings = unroll_heads_settings,
    .setting_count = UNROLL_HEADS_SETTINGS,
    .shared = unroll_chrono_settings,
    .shared_count = UNROLL_CHRONO_SETTINGS,
    .variants = variants,
    .adapt = slstm_adapt,
    .forward = slstm_forward,
    .backward = slstm_backward,
    .state_gradient = slstm_state_gradient,
};
