/* The linear recurrent unit (Orvieto et al., 2023: Resurrecting recurrent neural networks for long sequences, arXiv 2303.06349):
   a diagonal recurrence of complex units, x' = lambda x + gamma a, lambda = exp(-exp(nu) + i exp(theta)), gamma = exp(g).

   A complex unit is two neighbouring units of ours, its real and its imaginary part, so `hidden` is even; a = W_ih u + b_ih is
   the paper's B u, with a bias that the paper has not. The next layer's matrix, which reads both parts, is the paper's C: the
   real part of a complex product is a real product with both. What stands between the paper's layers (a gated unit, a norm, D u)
   is no part of the cell: a stack of these alone is linear in its inputs, and cannot learn what needs a product of two (adding).

   Start, as in the paper: lambda uniform on the ring lru_r_min <= |lambda| <= lru_r_max with a phase uniform in 0..lru_phase, and
   gamma = sqrt(1 - |lambda|^2), which keeps the size of the states; from there all are learned. |lambda|^2 is at most 1 - 1e-7,
   where gamma is not yet 0. W_ih starts as every layer's does (init). */
#include <math.h>

#include "base/random.h"
#include "cells/cell.h"
#include "simd/math.h"

/* The weights, in the lanes of the real parts; and what is made of them once an update, in the lanes of both: the real part of
   lambda, the imaginary one with a minus in the lane of the real part, gamma. */
enum { NU, THETA, GAMMA };
enum { REAL, IMAGINARY, SCALE };

static const unroll_setting rows[] = {
    {"lru_r_min", UNROLL_REAL, 0, 1, "", "0", "", "least |lambda| that the LRU starts from", "cell lru", 0},
    {"lru_r_max", UNROLL_REAL, 0, 1, "", "1", "", "most |lambda| that the LRU starts from", "cell lru", 0},
    {"lru_phase", UNROLL_REAL, 1e-6, 6.283185, "", "6.283185", "radians", "largest phase that the LRU starts from", "cell lru",
     0},
};

/* |lambda|^2 that a unit starts from, uniform between the squares of both radii: uniform on the ring's area */
static double start_of_square(const unroll_settings *settings, double uniform)
{
    double low = unroll_real(settings, "lru_r_min"), high = unroll_real(settings, "lru_r_max");
    return fmax(1e-12, fmin(low * low + (high * high - low * low) * uniform, 1.0 - 1e-7)); /* 0 and 1 have no nu or no gamma */
}

static double lru_start(const unroll_settings *settings, int vector, int unit, const double *uniform)
{
    double square = start_of_square(settings, uniform[NU]);
    (void)unit;
    if (vector == NU)
        return unroll_log(-0.5 * unroll_log(square));
    return vector == THETA ? unroll_log(unroll_real(settings, "lru_phase") * (1.0 - uniform[THETA]))
                           : 0.5 * unroll_log(1.0 - square);
}

/* x in the lanes of the real parts, 0 in the others */
static inline vec at_real(vec x)
{
    static const real lanes[UNROLL_LANES] = {1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0};
    return vec_mul(vec_load(lanes), x);
}

static void lru_derive(const real *const *vector, real *const *derived)
{
    vec zero = vec_set1(0), size = vec_exp(vec_sub(zero, vec_exp(vec_load(vector[NU])))), sine, cosine;
    vec scale = at_real(vec_exp(vec_load(vector[GAMMA])));
    vec_sine_cosine(vec_exp(vec_load(vector[THETA])), &sine, &cosine);
    cosine = at_real(vec_mul(size, cosine));
    sine = at_real(vec_mul(size, sine));
    vec_store(derived[REAL], vec_add(cosine, vec_swap(cosine)));
    vec_store(derived[IMAGINARY], vec_sub(vec_swap(sine), sine));
    vec_store(derived[SCALE], vec_add(scale, vec_swap(scale)));
}

VEC_INLINE void lru_some(const unroll_cell_step *s, int first, const int n)
{
    const real *gates = s->gates + (size_t)first * s->gates_next;
    size_t states = (size_t)first * s->state_next, vectors = (size_t)first * s->vector_next;
    vec x[VEC_MOST], a[VEC_MOST];
    VEC_EACH(n) a[k] = vec_load(gates + k * s->gates_next);
    VEC_EACH(n) x[k] = vec_load(s->old[0] + states + k * s->state_next);
    VEC_EACH(n) a[k] = vec_mul(vec_load(s->derived[SCALE] + vectors + k * s->vector_next), a[k]);
    VEC_EACH(n) a[k] = vec_fma(vec_load(s->derived[IMAGINARY] + vectors + k * s->vector_next), vec_swap(x[k]), a[k]);
    VEC_EACH(n) a[k] = vec_fma(vec_load(s->derived[REAL] + vectors + k * s->vector_next), x[k], a[k]);
    VEC_EACH(n) vec_store(s->now[0] + states + k * s->state_next, a[k]);
}

static void lru_forward(const unroll_cell_step *s)
{
    UNROLL_CELL_SOME(lru_some, s);
}

/* a moves to the kept place, for the gradient of gamma; what reaches x is that of x' times the conjugate of lambda */
static void lru_backward(const unroll_cell_gradient *s)
{
    real *kept = s->gates + s->gate;
    vec re = vec_load(s->derived[REAL]), im = vec_load(s->derived[IMAGINARY]), scale = vec_load(s->derived[SCALE]);
    for (int i = 0; i < s->rows * UNROLL_LANES; i += UNROLL_LANES) {
        vec d = vec_load(s->d_output + i);
        vec_store(kept + i, vec_load(s->gates + i));
        vec_store(s->gates + i, vec_mul(scale, d));
        if (s->d_old != NULL)
            vec_store(s->d_old + i, vec_fma(re, d, vec_fnma(im, vec_swap(d), vec_load(s->d_old + i))));
    }
}

static inline void add_to(real *to, vec x)
{
    vec_store(to, vec_add(vec_load(to), at_real(x)));
}

/* Of lambda, over rows: d x in both lanes, and d's other lane times x, which counts against in the lane of the imaginary part;
   then by the chain rule to nu, theta and g, whose lanes are those of the real parts. */
static void lru_vector_gradient(const unroll_cell_gradient *s)
{
    const real *kept = s->gates + s->gate;
    vec same = vec_set1(0), crossed = same, given = same, re = vec_load(s->derived[REAL]), im = vec_load(s->derived[IMAGINARY]);
    vec d_re, d_im;
    for (int i = 0; i < s->rows * UNROLL_LANES; i += UNROLL_LANES) {
        vec d = vec_load(s->d_output + i), x = vec_load(s->old[0] + i);
        same = vec_fma(d, x, same);
        crossed = vec_fma(vec_swap(d), x, crossed);
        given = vec_fma(d, vec_load(kept + i), given);
    }
    d_re = vec_add(same, vec_swap(same));
    d_im = vec_sub(crossed, vec_swap(crossed));
    im = vec_swap(im); /* without its sign in the lanes of the real parts */
    add_to(s->d_vector[NU], vec_fnma(vec_exp(vec_load(s->vector[NU])), vec_fma(re, d_re, vec_mul(im, d_im)), vec_set1(0)));
    add_to(s->d_vector[THETA], vec_mul(vec_exp(vec_load(s->vector[THETA])), vec_fnma(im, d_re, vec_mul(re, d_im))));
    add_to(s->d_vector[GAMMA], vec_mul(vec_load(s->derived[SCALE]), vec_add(given, vec_swap(given))));
}

extern const unroll_cell UNROLL_CELL(lru);
const unroll_cell UNROLL_CELL(lru) = {
    .name = "lru",
    .title = "linear recurrent unit: complex, diagonal, without activation",
    .equations = "lambda = exp(-exp(nu) + i exp(theta)); x' = lambda x + exp(g) a, x and a complex: (h_0, h_1), (h_2, h_3), ...",
    .paper = "Orvieto et al. 2023, arXiv 2303.06349",
    .shape = {.gates = 1, .gate = {"a"}, .kept = 1, .parts = 2, .vector = {"nu", "theta", "gamma"}, .derived = 3},
    .state = {"h"},
    .settings = rows,
    .setting_count = (int)(sizeof rows / sizeof rows[0]),
    .forward = lru_forward,
    .backward = lru_backward,
    .vector_start = lru_start,
    .derive = lru_derive,
    .vector_gradient = lru_vector_gradient,
};
