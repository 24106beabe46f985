/* The GRU (Cho et al., 2014) in PyTorch's and cuDNN's form, with the reset gate after the recurrent product:
   r, z = sigmoid(a_r), sigmoid(a_z); n = tanh(W_in x + b_in + r (W_hn h + b_hn)); h' = n + z (h - n).
   Gate 0 is n, the candidate, so that its recurrent part can be kept apart in gate 3.

   With the reset gate before that product (Cho et al.'s own form), n = tanh(W_in x + b_in + W_hn (r h) + b_hn): its product comes
   after that of the other gates. A gate that is taken away has no weights. Without the reset gate r = 1, and nothing stays apart;
   without the update gate h' = n. */
#include <string.h>

#include "cells/cell.h"
#include "cells/shared/chrono.h"
#include "cells/shared/gated.h"
#include "simd/math.h"

/* What is not as in the whole GRU, whose variant is 0. */
enum { NO_RESET = 1, NO_UPDATE = 2, BEFORE = 4 };

static const unroll_setting rows[] = {
    {"reset", UNROLL_CHOICE, 0, 0, "after|before|none", "after", "",
     "the GRU's reset gate: after the candidate's recurrent product, as in PyTorch, before it, as in Cho et al. (2014), or none",
     "cell gru", 0},
    {"update_gate", UNROLL_BOOL, 0, 0, "", "yes", "", "whether the GRU has an update gate", "cell gru", 0},
};

static const char *const variants[] = {"reset=none chrono=30",
                                       "update_gate=no",
                                       "reset=before",
                                       "reset=before update_gate=no",
                                       "norm=layer",
                                       "norm=layer reset=none update_gate=no",
                                       NULL};

static inline bool has_r(int variant)
{
    return (variant & NO_RESET) == 0;
}

static inline bool has_z(int variant)
{
    return (variant & NO_UPDATE) == 0;
}

/* whether the reset gate comes after the product */
static inline bool resets_after(int variant)
{
    return (variant & (NO_RESET | BEFORE)) == 0;
}

static void gru_adapt(const unroll_settings *settings, unroll_cell_shape *shape)
{
    const char *reset = unroll_text(settings, "reset");
    int variant = (strcmp(reset, "none") == 0 ? NO_RESET : strcmp(reset, "before") == 0 ? BEFORE : 0) |
                  (unroll_flag(settings, "update_gate") ? 0 : NO_UPDATE);
    const bool there[] = {true, has_r(variant), has_z(variant)};
    const unroll_cell_shape whole = *shape;
    shape->gates = 0;
    for (int g = 0; g < whole.gates; g++) {
        if (!there[g])
            continue;
        shape->chrono[shape->gates] = whole.chrono[g];
        shape->gate[shape->gates++] = whole.gate[g];
    }
    for (int g = 0; g < shape->gates; g++) /* n is PyTorch's last */
        shape->torch[g] = (g > 0 ? g : shape->gates) - 1;
    shape->late = (variant & BEFORE) != 0;
    shape->recurrent = shape->gates - shape->late;
    shape->first = has_r(variant);
    shape->apart = resets_after(variant);
    shape->variant = variant;
}

VEC_INLINE void gru_some(const unroll_cell_step *s, int first, const int many, const int variant)
{
    real *n_gate = s->gates + (size_t)first * s->gates_next, *r_gate = n_gate + s->gate;
    real *z_gate = r_gate + has_r(variant) * s->gate, *recurrent = z_gate + has_z(variant) * s->gate;
    size_t states = (size_t)first * s->state_next;
    vec r[VEC_MOST], z[VEC_MOST], n[VEC_MOST];
    VEC_EACH(many) r[k] = z[k] = vec_set1(0);
    if (resets_after(variant)) {
        VEC_EACH(many) r[k] = vec_load(r_gate + k * s->gates_next);
        vec_sigmoid_all(r, many);
    }
    if (has_z(variant)) {
        VEC_EACH(many) z[k] = vec_load(z_gate + k * s->gates_next);
        vec_sigmoid_all(z, many);
    }
    VEC_EACH(many) n[k] = vec_load(n_gate + k * s->gates_next);
    if (resets_after(variant)) {
        VEC_EACH(many) n[k] = vec_fma(r[k], vec_load(recurrent + k * s->gates_next), n[k]);
        VEC_EACH(many) vec_store(r_gate + k * s->gates_next, r[k]);
    }
    vec_tanh_all(n, many);
    VEC_EACH(many) vec_store(n_gate + k * s->gates_next, n[k]);
    if (s->drop != NULL)
        VEC_EACH(many) n[k] = vec_mul(n[k], vec_load(s->drop + (size_t)(first + k) * s->gates_next));
    if (has_z(variant)) {
        VEC_EACH(many) vec_store(z_gate + k * s->gates_next, z[k]);
        VEC_EACH(many) n[k] = vec_fma(z[k], vec_sub(vec_load(s->old[0] + states + k * s->state_next), n[k]), n[k]);
    }
    VEC_EACH(many) vec_store(s->now[0] + states + k * s->state_next, n[k]);
}

VEC_INLINE void whole_some(const unroll_cell_step *s, int first, const int many)
{
    gru_some(s, first, many, 0);
}

VEC_INLINE void variant_some(const unroll_cell_step *s, int first, const int many)
{
    gru_some(s, first, many, s->variant);
}

static void gru_forward(const unroll_cell_step *s)
{
    if (s->variant == 0)
        UNROLL_CELL_SOME(whole_some, s);
    else
        UNROLL_CELL_SOME(variant_some, s);
}

VEC_INLINE void gru_back(const unroll_cell_gradient *s, const int variant)
{
    real *n_gate = s->gates, *r_gate = n_gate + s->gate, *z_gate = r_gate + has_r(variant) * s->gate;
    real *recurrent = z_gate + has_z(variant) * s->gate;
    vec one = vec_set1(1);
    for (int k = 0; k < s->rows * UNROLL_LANES; k += UNROLL_LANES) {
        vec n = vec_load(n_gate + k), dh = vec_load(s->d_output + k), slope = vec_fnma(n, n, one), dn;
        if (s->drop != NULL) {
            n = vec_mul(n, vec_load(s->drop + k));
            slope = vec_mul(slope, vec_load(s->drop + k));
        }
        dn = vec_mul(dh, slope);
        if (has_z(variant)) {
            vec z = vec_load(z_gate + k), dz = vec_mul(dh, vec_sub(vec_load(s->old[0] + k), n));
            dn = vec_mul(vec_fnma(z, dh, dh), slope);
            vec_store(z_gate + k, vec_mul(dz, vec_fnma(z, z, z)));
            if (s->d_old != NULL)
                vec_store(s->d_old + k, vec_fma(z, dh, vec_load(s->d_old + k)));
        }
        if (resets_after(variant)) {
            vec r = vec_load(r_gate + k);
            vec_store(r_gate + k, vec_mul(vec_mul(dn, vec_load(recurrent + k)), vec_fnma(r, r, r)));
            vec_store(recurrent + k, vec_mul(dn, r));
        }
        vec_store(n_gate + k, dn);
    }
}

static void gru_backward(const unroll_cell_gradient *s)
{
    if (s->variant == 0)
        gru_back(s, 0);
    else
        gru_back(s, s->variant);
}

static void gru_operand_gradient(const unroll_cell_gradient *s)
{
    real *r_gate = s->gates + s->gate;
    for (int k = 0; k < s->rows * UNROLL_LANES; k += UNROLL_LANES) {
        vec r = vec_load(r_gate + k), d = vec_load(s->d_operand + k);
        vec_store(r_gate + k, vec_mul(vec_mul(d, vec_load(s->old[0] + k)), vec_fnma(r, r, r)));
        if (s->d_old != NULL)
            vec_store(s->d_old + k, vec_fma(d, r, vec_load(s->d_old + k)));
    }
}

extern const unroll_cell UNROLL_CELL(gru);
const unroll_cell UNROLL_CELL(gru) = {
    .name = "gru",
    .title = "gated recurrent unit",
    .equations = "r, z = sigmoid(a_r, a_z); n = tanh(W_n x + b + r (U_n h + b)); h' = n + z (h - n)",
    .paper = "Cho et al. 2014, arXiv 1406.1078; PyTorch's and cuDNN's form",
    .shape = {.gates = 3, .gate = {"n", "r", "z"}, .recurrent = 3, .first = 1, .apart = 1, .drops = true,
              .old_alone = true, .torch = {2, 0, 1}, .chrono = {0, 0, 1}},
    .state = {"h"},
    .settings = rows,
    .setting_count = sizeof rows / sizeof rows[0],
    .shared = unroll_chrono_settings,
    .shared_count = UNROLL_CHRONO_SETTINGS,
    .variants = variants,
    .adapt = gru_adapt,
    .forward = gru_forward,
    .backward = gru_backward,
    .operand = unroll_gated_operand, /* with the reset gate before the product */
    .operand_gradient = gru_operand_gradient,
};
