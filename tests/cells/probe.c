/* A cell that only the tests have: all that a cell may ask for, in one. tests/readme.sh gives a copy of it another name.
   z = sigmoid(a_z + e^p h_s); g = tanh(norm(a_g)) with a_g's recurrent product, norm over the row, times a mask over time;
   s' = s + z (g - s), or s where zoneout keeps it; h' = s' / sqrt(1 + mean over the row of s'^2). */
#include "cells/cell.h"
#include "cells/draw.h"
#include "simd/math.h"

enum { Z, G, NORMAL, INVERSE, SLOTS }; /* places on the tape */

static const unroll_setting rows[] = {
    {"probe_rate", UNROLL_REAL, 0, 0.99, "", "0", "", "of zoneout and of dropout over time", "cell probe", 0},
};

static const char *const variants[] = {"probe_rate=0.3", NULL};

static void probe_adapt(const unroll_settings *settings, unroll_cell_shape *shape)
{
    shape->variant = (int)(1000 * unroll_real(settings, "probe_rate") + 0.5); /* thousandths */
}

static double probe_start(const unroll_settings *settings, int vector, int unit, const double *uniform)
{
    (void)settings;
    return 0.2 + 0.1 * (unit % 2) + 0.1 * uniform[vector];
}

static void probe_derive(const real *const *vector, real *const *derived)
{
    vec_store(derived[0], vec_exp(vec_load(vector[0])));
}

static inline vec rate_of(int variant)
{
    return vec_set1((real)variant / 1000);
}

/* what vector i's candidate is multiplied with, and whether the state before is kept */
static inline vec mask_of(const unroll_cell_place *at, int i, int variant)
{
    vec one = vec_set1(1), rate = rate_of(variant);
    if (!at->training || variant == 0)
        return one;
    return vec_select(vec_less(unroll_cell_uniform(at, i, 0, false), rate), vec_set1(0), vec_div(one, vec_sub(one, rate)));
}

static inline vec kept_of(const unroll_cell_place *at, int i, int variant)
{
    vec rate = rate_of(variant);
    if (!at->training || variant == 0)
        return rate;
    return vec_select(vec_less(unroll_cell_uniform(at, i, 1, true), rate), vec_set1(1), vec_set1(0));
}

/* 1 in the lanes of a panel that are units */
static inline vec units_of(const unroll_cell_rows *s, int panel)
{
    real lanes[UNROLL_LANES];
    for (int k = 0; k < UNROLL_LANES; k++)
        lanes[k] = panel * UNROLL_LANES + k < s->units;
    return vec_load(lanes);
}

/* the mean over a row's units of x y */
static vec mean_of(const unroll_cell_rows *s, unroll_matrix x, unroll_matrix y, int row)
{
    vec sum = vec_set1(0);
    for (int panel = 0; panel < s->panels; panel++)
        sum = vec_fma(vec_load(unroll_matrix_row(x, panel, row)), vec_load(unroll_matrix_row(y, panel, row)), sum);
    return vec_set1(vec_sum(sum) / (real)s->units);
}

static real *slot(const unroll_cell_rows *s, int panel, int place, int row)
{
    return unroll_matrix_row(s->tape, panel * s->slots + place, row);
}

/* the mean of a tape's place over the row, weighted with another's values where `weight` is a place */
static vec mean_on_tape(const unroll_cell_rows *s, int place, int weight, int row)
{
    vec sum = vec_set1(0);
    for (int panel = 0; panel < s->panels; panel++) {
        vec x = vec_load(slot(s, panel, place, row));
        sum = vec_add(sum, weight < 0 ? x : vec_mul(x, vec_load(slot(s, panel, weight, row))));
    }
    return vec_set1(vec_sum(sum) / (real)s->units);
}

static void probe_before(const unroll_cell_rows *s)
{
    for (int row = 0; row < s->rows; row++) {
        vec mean = mean_on_tape(s, G, -1, row), inverse;
        for (int panel = 0; panel < s->panels; panel++)
            vec_store(slot(s, panel, G, row), vec_mul(units_of(s, panel), vec_sub(vec_load(slot(s, panel, G, row)), mean)));
        inverse = vec_div(vec_set1(1), vec_sqrt(vec_add(mean_on_tape(s, G, G, row), vec_set1((real)0.1))));
        for (int panel = 0; panel < s->panels; panel++) {
            vec normal = vec_mul(inverse, vec_load(slot(s, panel, G, row)));
            vec_store(slot(s, panel, G, row), normal);
            vec_store(slot(s, panel, NORMAL, row), normal);
            vec_store(slot(s, panel, INVERSE, row), inverse);
        }
    }
}

static void probe_forward(const unroll_cell_step *s)
{
    for (int i = 0; i < s->count; i++) {
        real *at = s->gates + i * s->gates_next;
        vec old = vec_load(s->old[1] + i * s->state_next), peep = vec_load(s->derived[0] + i * s->vector_next);
        vec z = vec_sigmoid(vec_fma(peep, old, vec_load(at + Z * s->gate))), g = vec_tanh(vec_load(at + G * s->gate));
        vec kept = kept_of(s->at, i, s->variant);
        vec next = vec_fma(z, vec_sub(vec_mul(g, mask_of(s->at, i, s->variant)), old), old);
        vec_store(at + Z * s->gate, z);
        vec_store(at + G * s->gate, g);
        vec_store(s->now[1] + i * s->state_next, vec_fma(kept, vec_sub(old, next), next));
    }
}

static vec scale_of(const unroll_cell_rows *s, int row)
{
    return vec_div(vec_set1(1), vec_sqrt(vec_add(vec_set1(1), mean_of(s, s->now[1], s->now[1], row))));
}

static void probe_after(const unroll_cell_rows *s)
{
    for (int row = 0; row < s->rows; row++) {
        vec scale = scale_of(s, row);
        for (int panel = 0; panel < s->panels; panel++)
            vec_store(unroll_matrix_row(s->now[0], panel, row),
                      vec_mul(scale, vec_load(unroll_matrix_row(s->now[1], panel, row))));
    }
}

static void probe_after_backward(const unroll_cell_rows *s)
{
    for (int row = 0; row < s->rows; row++) {
        vec scale = scale_of(s, row), mean = mean_of(s, s->d_output, s->now[0], row);
        for (int panel = 0; panel < s->panels; panel++) {
            real *to = unroll_matrix_row(s->d_state[1], panel, row);
            vec h = vec_load(unroll_matrix_row(s->now[0], panel, row));
            vec d = vec_fnma(mean, h, vec_load(unroll_matrix_row(s->d_output, panel, row)));
            vec_store(to, vec_fma(scale, d, vec_load(to)));
        }
    }
}

static void probe_backward(const unroll_cell_gradient *s)
{
    vec one = vec_set1(1), peep = vec_load(s->derived[0]);
    for (int i = 0; i < s->rows; i++) {
        real *at = s->gates + i * UNROLL_LANES, *to = s->d_state[1] + i * UNROLL_LANES;
        vec z = vec_load(at + Z * s->gate), g = vec_load(at + G * s->gate), old = vec_load(s->old[1] + i * UNROLL_LANES);
        vec kept = kept_of(s->at, i, s->variant), mask = mask_of(s->at, i, s->variant), d = vec_load(to);
        vec dt = vec_fnma(kept, d, d), dz = vec_mul(vec_mul(dt, vec_sub(vec_mul(g, mask), old)), vec_fnma(z, z, z));
        vec_store(at + Z * s->gate, dz);
        vec_store(at + G * s->gate, vec_mul(vec_mul(vec_mul(dt, z), mask), vec_fnma(g, g, one)));
        vec_store(to, vec_fma(dz, peep, vec_fma(kept, d, vec_fnma(z, dt, dt))));
    }
}

static void probe_before_backward(const unroll_cell_rows *s)
{
    for (int row = 0; row < s->rows; row++) {
        vec mean = mean_on_tape(s, G, -1, row), along = mean_on_tape(s, G, NORMAL, row);
        for (int panel = 0; panel < s->panels; panel++) {
            real *at = slot(s, panel, G, row);
            vec d = vec_fnma(along, vec_load(slot(s, panel, NORMAL, row)), vec_sub(vec_load(at), mean));
            vec_store(at, vec_mul(units_of(s, panel), vec_mul(d, vec_load(slot(s, panel, INVERSE, row)))));
        }
    }
}

static void probe_vector_gradient(const unroll_cell_gradient *s)
{
    vec sum = vec_set1(0);
    for (int i = 0; i < s->rows * UNROLL_LANES; i += UNROLL_LANES)
        sum = vec_fma(vec_load(s->gates + Z * s->gate + i), vec_load(s->old[1] + i), sum);
    vec_store(s->d_vector[0], vec_fma(sum, vec_load(s->derived[0]), vec_load(s->d_vector[0])));
}

extern const unroll_cell UNROLL_CELL(probe);
const unroll_cell UNROLL_CELL(probe) = {
    .name = "probe",
    .title = "all that a cell may ask for",
    .shape = {.gates = 2, .gate = {"z", "g"}, .recurrent = 1, .first = G, .kept = SLOTS - NORMAL, .torch = {0, 1},
              .vector = {"weight_peep_z"}, .derived = 1},
    .state = {"h", "s"},
    .settings = rows,
    .setting_count = 1,
    .variants = variants,
    .adapt = probe_adapt,
    .forward = probe_forward,
    .backward = probe_backward,
    .vector_start = probe_start,
    .derive = probe_derive,
    .vector_gradient = probe_vector_gradient,
    .before = probe_before,
    .after = probe_after,
    .after_backward = probe_after_backward,
    .before_backward = probe_before_backward,
};
