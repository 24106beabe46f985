/* The LSTM with a forget gate (Hochreiter and Schmidhuber, 1997; Gers, Schmidhuber, Cummins, 2000), in PyTorch's form:
   i, f, o = sigmoid(a_i), sigmoid(a_f), sigmoid(a_o); g = tanh(a_g); c' = f c + i g; h' = o tanh(c'). The candidate is g.

   With peepholes (Gers and Schmidhuber, 2000: Recurrent nets that time and count) its gates see the cell, too: a_i + p_i c,
   a_f + p_f c, a_o + p_o c'. Parts of it can be taken away (Greff et al., 2017: LSTM: a search space odyssey): i = 1 - f, where
   the two are coupled, or i = 1, f = 1, o = 1, or h' = o c'. A gate that is not there has no weights and no peephole. With
   layer norm (Ba et al., 2016, equation 22) the output is made of the norm of c'. */
#include <math.h>
#include <string.h>

#include "cells/cell.h"
#include "cells/shared/chrono.h"
#include "simd/math.h"

/* What is not as in the plain LSTM, whose variant is 0. Whether c' is normed is the layer's to say, step by step. */
enum { PEEPHOLES = 1, COUPLED = 2, NO_INPUT = 4, NO_FORGET = 8, NO_OUTPUT = 16, LINEAR = 32, NORMED = 64 };

static const unroll_setting rows[] = {
    {"forget_bias", UNROLL_REAL, -100, 100, "", "0", "", "added to the LSTM's initial forget-gate bias", "cell lstm", 0,
     "lstm_gates!=no_forget, which leaves that gate out"},
    {"peepholes", UNROLL_BOOL, 0, 0, "", "no", "", "the LSTM's gates see its cell, too", "cell lstm", 0},
    {"lstm_gates", UNROLL_CHOICE, 0, 0, "all|coupled|no_input|no_forget|no_output", "all", "",
     "of the LSTM; coupled: its input gate is 1 minus its forget gate; no_input and so on: that gate is 1", "cell lstm", 0},
    {"output_activation", UNROLL_CHOICE, 0, 0, "tanh|none", "tanh", "", "of the LSTM's cell on its way to the output", "cell lstm",
     0},
};

static const char *const variants[] = {"peepholes=yes",
                                       "lstm_gates=coupled output_activation=none",
                                       "lstm_gates=no_input peepholes=yes",
                                       "lstm_gates=no_forget",
                                       "lstm_gates=no_output peepholes=yes output_activation=none",
                                       "norm=layer",
                                       "norm=layer peepholes=yes output_activation=none",
                                       NULL};

static int variant_of(const unroll_settings *settings)
{
    static const struct {
        const char *name;
        int variant;
    } less[] = {{"coupled", COUPLED}, {"no_input", NO_INPUT}, {"no_forget", NO_FORGET}, {"no_output", NO_OUTPUT}};
    const char *gates = unroll_text(settings, "lstm_gates");
    int variant = unroll_flag(settings, "peepholes") ? PEEPHOLES : 0;
    if (strcmp(unroll_text(settings, "output_activation"), "none") == 0)
        variant |= LINEAR;
    for (size_t k = 0; k < sizeof less / sizeof less[0]; k++)
        if (strcmp(gates, less[k].name) == 0)
            variant |= less[k].variant;
    return variant;
}

static inline bool has_i(int variant)
{
    return (variant & (COUPLED | NO_INPUT)) == 0;
}

static inline bool has_f(int variant)
{
    return (variant & NO_FORGET) == 0;
}

static inline bool has_o(int variant)
{
    return (variant & NO_OUTPUT) == 0;
}

/* Places on the tape: i, f, g, o, of which some may not be there, and tanh(c'). Peepholes lie in the order of their gates. */
static inline int place_f(int variant)
{
    return has_i(variant);
}

static inline int place_g(int variant)
{
    return has_i(variant) + has_f(variant);
}

static inline int place_o(int variant)
{
    return place_g(variant) + 1;
}

static void lstm_adapt(const unroll_settings *settings, unroll_cell_shape *shape)
{
    static const char *const peephole[] = {"weight_peep_i", "weight_peep_f", NULL, "weight_peep_o"};
    int variant = variant_of(settings), vectors = 0;
    const bool there[] = {has_i(variant), has_f(variant), true, has_o(variant)};
    const unroll_cell_shape whole = *shape;
    shape->gates = 0;
    for (int g = 0; g < whole.gates; g++) {
        if (!there[g])
            continue;
        if ((variant & PEEPHOLES) != 0 && peephole[g] != NULL)
            shape->vector[vectors++] = peephole[g];
        shape->chrono[shape->gates] = whole.chrono[g];
        shape->gate[shape->gates++] = whole.gate[g];
    }
    shape->recurrent = shape->gates;
    shape->kept = (variant & LINEAR) == 0;
    shape->old_alone = (variant & (LINEAR | PEEPHOLES)) == 0;
    shape->variant = variant;
}

static double lstm_bias(const unroll_settings *settings, int gate)
{
    int variant = variant_of(settings);
    return has_f(variant) && gate == place_f(variant) ? unroll_real(settings, "forget_bias") : 0.0;
}

/* peepholes start like PyTorch's weights */
static double lstm_start(const unroll_settings *settings, int vector, int unit, const double *uniform)
{
    (void)unit;
    return (2.0 * uniform[vector] - 1.0) / sqrt((double)unroll_int(settings, "hidden"));
}

/* n vectors of the gate at `place`, which stay on the tape; its peephole at what `c` has for each, NULL: it has none */
VEC_INLINE void gate_some(const unroll_cell_step *s, int first, const int n, int place, int peephole, const real *c, vec *value)
{
    real *gate = s->gates + (size_t)first * s->gates_next + place * s->gate;
    VEC_EACH(n) value[k] = vec_load(gate + k * s->gates_next);
    if (c != NULL) {
        const real *weight = s->vector[peephole] + (size_t)first * s->vector_next;
        VEC_EACH(n) value[k] = vec_fma(vec_load(weight + k * s->vector_next), vec_load(c + k * s->state_next), value[k]);
    }
    vec_sigmoid_all(value, n);
    VEC_EACH(n) vec_store(gate + k * s->gates_next, value[k]);
}

/* h' from o and from c', or from its norm */
VEC_INLINE void output_some(const unroll_cell_step *s, int first, const int n, const int variant, const vec *o, vec *c)
{
    real *kept = s->gates + (size_t)first * s->gates_next + (place_o(variant) + has_o(variant)) * s->gate;
    size_t states = (size_t)first * s->state_next;
    if ((variant & LINEAR) == 0) {
        vec_tanh_all(c, n);
        VEC_EACH(n) vec_store(kept + k * s->gates_next, c[k]);
    }
    VEC_EACH(n) vec_store(s->now[0] + states + k * s->state_next, vec_mul(o[k], c[k]));
}

VEC_INLINE void lstm_some(const unroll_cell_step *s, int first, const int n, const int variant)
{
    real *g_gate = s->gates + (size_t)first * s->gates_next + place_g(variant) * s->gate;
    size_t states = (size_t)first * s->state_next;
    const real *c = s->old[1] + states, *c_seen = (variant & PEEPHOLES) != 0 ? c : NULL;
    real *c_next = s->now[1] + states;
    vec one = vec_set1(1), i[VEC_MOST], f[VEC_MOST], g[VEC_MOST], o[VEC_MOST];
    VEC_EACH(n) i[k] = f[k] = o[k] = one;
    if (has_f(variant))
        gate_some(s, first, n, place_f(variant), place_f(variant), c_seen, f);
    if (has_i(variant))
        gate_some(s, first, n, 0, 0, c_seen, i);
    else if ((variant & COUPLED) != 0)
        VEC_EACH(n) i[k] = vec_sub(one, f[k]);
    VEC_EACH(n) g[k] = vec_load(g_gate + k * s->gates_next);
    vec_tanh_all(g, n);
    VEC_EACH(n) vec_store(g_gate + k * s->gates_next, g[k]);
    if (s->drop != NULL)
        VEC_EACH(n) g[k] = vec_mul(g[k], vec_load(s->drop + (size_t)(first + k) * s->gates_next));
    VEC_EACH(n) g[k] = vec_fma(f[k], vec_load(c + k * s->state_next), vec_mul(i[k], g[k]));
    VEC_EACH(n) vec_store(c_next + k * s->state_next, g[k]);
    if (has_o(variant))
        gate_some(s, first, n, place_o(variant), place_g(variant), c_seen != NULL ? c_next : NULL, o);
    if ((variant & NORMED) == 0)
        output_some(s, first, n, variant, o, g);
}

/* h' from the norm of c', which lies in the kept place */
VEC_INLINE void normed_some(const unroll_cell_step *s, int first, const int n)
{
    const real *o_gate = s->gates + (size_t)first * s->gates_next + place_o(s->variant) * s->gate;
    const real *normed = o_gate + has_o(s->variant) * s->gate;
    vec o[VEC_MOST], c[VEC_MOST];
    VEC_EACH(n) o[k] = has_o(s->variant) ? vec_load(o_gate + k * s->gates_next) : vec_set1(1);
    VEC_EACH(n) c[k] = vec_load(normed + k * s->gates_next);
    output_some(s, first, n, s->variant, o, c);
}

static void lstm_output(const unroll_cell_step *s)
{
    UNROLL_CELL_SOME(normed_some, s);
}

VEC_INLINE void plain_some(const unroll_cell_step *s, int first, const int n)
{
    lstm_some(s, first, n, 0);
}

VEC_INLINE void variant_some(const unroll_cell_step *s, int first, const int n)
{
    lstm_some(s, first, n, s->variant | (s->normed ? NORMED : 0));
}

static void lstm_forward(const unroll_cell_step *s)
{
    if (s->variant == 0 && !s->normed)
        UNROLL_CELL_SOME(plain_some, s);
    else
        UNROLL_CELL_SOME(variant_some, s);
}

/* slope of the sigmoid from its value */
static inline vec sigmoid_slope(vec s)
{
    return vec_fnma(s, s, s);
}

/* Of c', or of its norm, from h', on top of `next`; *d_o: of o's pre-activation. `squashed`: what o is multiplied with. */
VEC_INLINE vec gradient_of_output(const unroll_cell_gradient *s, int r, const int variant, vec squashed, vec next, vec *d_o)
{
    vec one = vec_set1(1), dh = vec_load(s->d_output + r);
    vec o = has_o(variant) ? vec_load(s->gates + place_o(variant) * s->gate + r) : one;
    vec slope = (variant & LINEAR) != 0 ? one : vec_fnma(squashed, squashed, one);
    *d_o = vec_mul(vec_mul(dh, squashed), sigmoid_slope(o));
    return vec_fma(vec_mul(dh, o), slope, next);
}

/* Of c', from h', from the next step and from what o sees of it; *d_o: of o's pre-activation. Normed, what comes from h' is there
   already (lstm_output_backward). */
VEC_INLINE vec gradient_of_c(const unroll_cell_gradient *s, int r, const int variant, vec *d_o)
{
    const real *o_gate = s->gates + place_o(variant) * s->gate, *kept = o_gate + has_o(variant) * s->gate;
    vec dc = vec_load(s->d_state[1] + r);
    if ((variant & NORMED) != 0)
        *d_o = has_o(variant) ? vec_load(o_gate + r) : vec_set1(0);
    else
        dc = gradient_of_output(s, r, variant, vec_load((variant & LINEAR) != 0 ? s->now[1] + r : kept + r), dc, d_o);
    return (variant & PEEPHOLES) != 0 && has_o(variant) ? vec_fma(*d_o, vec_load(s->vector[place_g(variant)]), dc) : dc;
}

/* of the norm of c', in its place, and of o */
static void lstm_output_backward(const unroll_cell_gradient *s)
{
    real *o_gate = s->gates + place_o(s->variant) * s->gate, *kept = o_gate + has_o(s->variant) * s->gate;
    for (int r = 0; r < s->rows * UNROLL_LANES; r += UNROLL_LANES) {
        vec d_o, d = gradient_of_output(s, r, s->variant, vec_load(kept + r), vec_set1(0), &d_o);
        if (has_o(s->variant))
            vec_store(o_gate + r, d_o);
        vec_store(kept + r, d);
    }
}

VEC_INLINE void lstm_back(const unroll_cell_gradient *s, const int variant)
{
    real *i_gate = s->gates, *f_gate = i_gate + place_f(variant) * s->gate, *g_gate = i_gate + place_g(variant) * s->gate;
    real *o_gate = g_gate + s->gate;
    vec one = vec_set1(1);
    for (int r = 0; r < s->rows * UNROLL_LANES; r += UNROLL_LANES) {
        vec g = vec_load(g_gate + r), f = has_f(variant) ? vec_load(f_gate + r) : one;
        vec i = has_i(variant) ? vec_load(i_gate + r) : (variant & COUPLED) != 0 ? vec_sub(one, f) : one;
        vec d_o, dc = gradient_of_c(s, r, variant, &d_o), before = vec_mul(dc, f), dg = vec_mul(dc, i), squashed = g;
        if (s->drop != NULL) {
            g = vec_mul(g, vec_load(s->drop + r));
            dg = vec_mul(dg, vec_load(s->drop + r));
        }
        if (has_o(variant))
            vec_store(o_gate + r, d_o);
        if (has_i(variant)) {
            vec d_i = vec_mul(vec_mul(dc, g), sigmoid_slope(i));
            vec_store(i_gate + r, d_i);
            if ((variant & PEEPHOLES) != 0)
                before = vec_fma(d_i, vec_load(s->vector[0]), before);
        }
        vec_store(g_gate + r, vec_mul(dg, vec_fnma(squashed, squashed, one)));
        if (has_f(variant)) {
            vec c = vec_load(s->old[1] + r), d_c = (variant & COUPLED) != 0 ? vec_sub(c, g) : c; /* of c', for f */
            vec d_f = vec_mul(vec_mul(dc, d_c), sigmoid_slope(f));
            vec_store(f_gate + r, d_f);
            if ((variant & PEEPHOLES) != 0)
                before = vec_fma(d_f, vec_load(s->vector[place_f(variant)]), before);
        }
        vec_store(s->d_state[1] + r, before);
    }
}

static int variant_of_step(const unroll_cell_gradient *s)
{
    return s->variant | (s->normed ? NORMED : 0);
}

static void lstm_backward(const unroll_cell_gradient *s)
{
    if (variant_of_step(s) == 0)
        lstm_back(s, 0);
    else
        lstm_back(s, variant_of_step(s));
}

static void lstm_state_gradient(const unroll_cell_gradient *s, int state, real *out)
{
    vec d_o;
    (void)state;
    for (int r = 0; r < s->rows * UNROLL_LANES; r += UNROLL_LANES)
        vec_store(out + r, gradient_of_c(s, r, variant_of_step(s), &d_o));
}

/* of the peephole of the gate at `place`, which saw c */
static void add_peephole(const unroll_cell_gradient *s, int peephole, int place, const real *c)
{
    const real *d = s->gates + place * s->gate;
    vec sum = vec_load(s->d_vector[peephole]);
    for (int r = 0; r < s->rows * UNROLL_LANES; r += UNROLL_LANES)
        sum = vec_fma(vec_load(d + r), vec_load(c + r), sum);
    vec_store(s->d_vector[peephole], sum);
}

static void lstm_vector_gradient(const unroll_cell_gradient *s)
{
    int variant = s->variant;
    if (has_i(variant))
        add_peephole(s, 0, 0, s->old[1]);
    if (has_f(variant))
        add_peephole(s, place_f(variant), place_f(variant), s->old[1]);
    if (has_o(variant))
        add_peephole(s, place_g(variant), place_o(variant), s->now[1]);
}

extern const unroll_cell UNROLL_CELL(lstm);
const unroll_cell UNROLL_CELL(lstm) = {
    .name = "lstm",
    .title = "long short-term memory",
    .equations = "i, f, o = sigmoid(a_i, a_f, a_o); g = tanh(a_g); c' = f c + i g; h' = o tanh(c')",
    .paper = "Hochreiter, Schmidhuber 1997; Gers, Schmidhuber, Cummins 2000",
    .shape = {.gates = 4, .gate = {"i", "f", "g", "o"}, .recurrent = 4, .drops = true, .old_alone = true,
              .kept = 1 /* tanh(c') */, .normed = 1, .torch = {0, 1, 2, 3}, .chrono = {-1, 1}},
    .state = {"h", "c"},
    .settings = rows,
    .setting_count = sizeof rows / sizeof rows[0],
    .shared = unroll_chrono_settings,
    .shared_count = UNROLL_CHRONO_SETTINGS,
    .variants = variants,
    .adapt = lstm_adapt,
    .bias = lstm_bias,
    .forward = lstm_forward,
    .backward = lstm_backward,
    .output = lstm_output,
    .output_backward = lstm_output_backward,
    .vector_start = lstm_start,
    .vector_gradient = lstm_vector_gradient,
    .state_gradient = lstm_state_gradient,
};
