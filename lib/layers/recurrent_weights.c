/* The weights of the recurrent layer by name, and their initial values. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "cells/shared/chrono.h"
#include "layers/recurrent.h"

size_t unroll_recurrent_reals(unroll_layer *layer)
{
    unroll_recurrent *own = layer->own;
    size_t input = (size_t)own->panels * (size_t)own->shape.gates * UNROLL_LANES;
    size_t recurrent = (size_t)own->panels * (size_t)own->shape.recurrent * UNROLL_LANES;
    size_t late = (size_t)own->panels * (size_t)own->shape.late * UNROLL_LANES;
    own->w_ih = 0;
    own->w_hh = own->w_ih + input * (size_t)own->inputs;
    own->w_late = own->w_hh + recurrent * (size_t)own->head_units;
    own->b_ih = own->w_late + late * (size_t)own->hidden;
    own->b_hh = own->b_ih + input;
    own->b_late = own->b_hh + (own->two_biases ? recurrent : 0);
    own->vector = own->b_late + (own->two_biases ? late : 0);
    return unroll_recurrent_norm_reals(own, own->vector + (size_t)(own->vectors * own->panels) * UNROLL_LANES);
}

/* The weights that there are, in order; the cell's vectors are VECTOR and up, after those of the norm. */
enum { W_IH, W_HH, B_IH, B_HH, NORM_IH, NORM_HH, NORM_STATE, NORM_STATE_BIAS, VECTOR };
enum { MOST_WEIGHTS = VECTOR + UNROLL_CELL_VECTORS };

/* of the recurrent side; else of the input's, or of one value a unit */
static bool is_recurrent(int kind)
{
    return kind == W_HH || kind == B_HH || kind == NORM_HH;
}

static int weights_of(const unroll_recurrent *own, int which[MOST_WEIGHTS])
{
    int count = 0;
    which[count++] = W_IH;
    if (own->shape.recurrent > 0)
        which[count++] = W_HH;
    which[count++] = B_IH;
    if (own->two_biases && own->shape.recurrent > 0)
        which[count++] = B_HH;
    for (int kind = NORM_IH; own->norm && kind <= (own->normed > 0 ? NORM_STATE_BIAS : NORM_HH); kind++)
        which[count++] = kind;
    for (int v = 0; v < own->vectors; v++)
        which[count++] = VECTOR + v;
    return count;
}

int unroll_recurrent_weight_count(const unroll_layer *layer)
{
    int which[MOST_WEIGHTS];
    return weights_of(layer->own, which);
}

void unroll_recurrent_weight(const unroll_layer *layer, int index, unroll_weight *out)
{
    static const char *const names[] = {"weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_norm_ih", "weight_norm_hh",
                                        "weight_norm_", "bias_norm_"};
    const unroll_recurrent *own = layer->own;
    int which[MOST_WEIGHTS], kind;
    char suffix[UNROLL_NAME_ROOM];
    weights_of(own, which);
    kind = which[index];
    snprintf(suffix, sizeof suffix, ".%s%s_l%d%s", kind < VECTOR ? names[kind] : own->shape.vector[kind - VECTOR],
             kind == NORM_STATE || kind == NORM_STATE_BIAS ? own->cell->state[own->normed] : "", own->level,
             own->backwards ? "_reverse" : "");
    unroll_weight_name(out, layer->name, suffix);
    out->rows = kind >= VECTOR         ? own->hidden / own->shape.parts
                : kind >= NORM_STATE   ? own->hidden
                : is_recurrent(kind) ? own->hidden * (own->shape.recurrent + own->shape.late)
                                       : own->hidden * own->shape.gates;
    out->columns = kind == W_IH ? own->inputs : kind == W_HH ? own->head_units : 0;
}

/* A gate's block in a panel of one side. */
typedef struct gate_place {
    int side, block;
} gate_place;

/* The i-th of the gates with a recurrent product: the late ones, then those of the state. */
static int recurrent_gate(const unroll_cell_shape *shape, int i)
{
    int gate = i < shape->late ? i : shape->first + i - shape->late;
    return gate < shape->gates ? gate : 0;
}

/* its place in PyTorch's order of them */
static int recurrent_place(const unroll_cell_shape *shape, int i)
{
    int before = 0;
    for (int k = 0; k < shape->late + shape->recurrent; k++)
        before += shape->torch[recurrent_gate(shape, k)] < shape->torch[recurrent_gate(shape, i)];
    return before;
}

/* where the `row`-th gate in PyTorch's order lies; of the recurrent ones, gates without a product are not counted */
static gate_place place_of_gate(const unroll_cell_shape *shape, bool recurrent, int row)
{
    int i = 0;
    while ((recurrent ? recurrent_place(shape, i) : shape->torch[i]) != row)
        i++;
    if (!recurrent)
        return (gate_place){UNROLL_INPUT_SIDE, i};
    return i < shape->late ? (gate_place){UNROLL_LATE_SIDE, i} : (gate_place){UNROLL_STATE_SIDE, i - shape->late};
}

size_t unroll_recurrent_locate(const unroll_layer *layer, int index, int row, int column)
{
    const unroll_recurrent *own = layer->own;
    const size_t bias[UNROLL_SIDES] = {own->b_ih, own->b_hh, own->b_late};
    const int gates[UNROLL_SIDES] = {own->shape.gates, own->shape.recurrent, own->shape.late};
    int unit = row % own->hidden, which[MOST_WEIGHTS], block;
    size_t lane = (size_t)(unit % UNROLL_LANES);
    gate_place at;
    weights_of(own, which);
    if (which[index] >= VECTOR)
        return own->vector + (size_t)((which[index] - VECTOR) * own->panels * UNROLL_LANES + row * own->shape.parts);
    if (which[index] >= NORM_STATE)
        return own->norm_state + (size_t)((which[index] - NORM_STATE) * own->panels * UNROLL_LANES + row);
    at = place_of_gate(&own->shape, is_recurrent(which[index]), row / own->hidden);
    block = unit / UNROLL_LANES * gates[at.side] + at.block;
    if (which[index] >= B_IH)
        return (which[index] >= NORM_IH ? own->norm_side[at.side] : bias[at.side]) + (size_t)(block * UNROLL_LANES) + lane;
    if (at.side != UNROLL_STATE_SIDE)
        return (at.side == UNROLL_INPUT_SIDE ? own->w_ih : own->w_late) + lane +
               unroll_weight_place(own->panels * gates[at.side], own->width[at.side],
                                   at.side == UNROLL_INPUT_SIDE ? own->inputs : own->hidden, block, column);
    return unroll_recurrent_head_weights(own, unit / own->head_units) + lane +
           unroll_weight_place(own->head_panels * gates[1], own->width[1], own->head_units, block % (own->head_panels * gates[1]),
                               column);
}

/* "pytorch": everything uniform in 1 / sqrt(H), but biases of a norm zero. The others: Glorot and Bengio's uniform (2010) for the
   input weights, the named form for the recurrent ones (orthogonal: Saxe et al., 2014; identity: Le, Jaitly, Hinton, 2015),
   biases zero. */
static unroll_status init_matrices(unroll_layer *layer, const char *init, uint64_t seed, int stream)
{
    const unroll_recurrent *own = layer->own;
    int which[MOST_WEIGHTS];
    if (strcmp(init, "pytorch") == 0) {
        for (int i = 0; i < weights_of(own, which) && which[i] <= (own->norm ? W_HH : B_HH); i++)
            unroll_init_uniform(layer, i, seed, stream + i, 1.0 / sqrt((double)own->hidden));
        return unroll_ok();
    }
    unroll_init_uniform(layer, 0, seed, stream, sqrt(6.0 / ((double)own->inputs + own->hidden)));
    if (own->shape.recurrent == 0)
        return unroll_ok();
    if (strcmp(init, "glorot") == 0)
        unroll_init_uniform(layer, 1, seed, stream + 1, sqrt(6.0 / (2.0 * own->head_units)));
    else
        UNROLL_TRY(unroll_init_blocks(layer, 1, seed, stream + 1, own->head_units,
                                      strcmp(init, "identity") == 0 ? UNROLL_INIT_IDENTITY : UNROLL_INIT_ORTHOGONAL));
    return unroll_ok();
}

/* the cell's vectors, in its own form */
static void init_vectors(unroll_layer *layer, const unroll_settings *settings, uint64_t seed, int stream)
{
    const unroll_recurrent *own = layer->own;
    int first = unroll_recurrent_weight_count(layer) - own->vectors;
    unroll_random random[UNROLL_CELL_VECTORS];
    double uniform[UNROLL_CELL_VECTORS];
    for (int v = 0; v < own->vectors; v++)
        random[v] = unroll_random_open(seed, UNROLL_FOR_WEIGHTS, (uint32_t)(stream + first + v), 0);
    for (int unit = 0; own->cell->vector_start != NULL && unit < own->hidden / own->shape.parts; unit++) {
        for (int v = 0; v < own->vectors; v++)
            uniform[v] = unroll_random_uniform(&random[v]);
        for (int v = 0; v < own->vectors; v++)
            layer->w[unroll_recurrent_locate(layer, first + v, unit, 0)] =
                (real)own->cell->vector_start(settings, v, unit, uniform);
    }
}

/* a value of a bias, `place`: of the gate in PyTorch's order */
static real *bias_of(unroll_layer *layer, int index, int place, int unit)
{
    const unroll_recurrent *own = layer->own;
    return layer->w + unroll_recurrent_locate(layer, index, place * own->hidden + unit, 0);
}

/* Chrono initialisation: a unit's gates have the same draw, the sum of their two biases. `bias`: index of the input's. */
static void init_chrono(unroll_layer *layer, const unroll_settings *settings, uint64_t seed, int stream, int bias)
{
    const unroll_recurrent *own = layer->own;
    const unroll_cell_shape *shape = &own->shape;
    unroll_random random = unroll_random_open(seed, UNROLL_FOR_WEIGHTS, (uint32_t)(stream + bias), 1); /* the biases' own is 0 */
    for (int unit = 0; unit < own->hidden; unit++) {
        double start = unroll_chrono_bias(settings, unroll_random_uniform(&random));
        for (int gate = 0; gate < shape->gates; gate++)
            if (shape->chrono[gate] != 0)
                *bias_of(layer, bias, shape->torch[gate], unit) = (real)(shape->chrono[gate] * start);
        for (int i = 0; own->two_biases && i < shape->late + shape->recurrent; i++)
            if (shape->chrono[recurrent_gate(shape, i)] != 0)
                *bias_of(layer, bias + 1, recurrent_place(shape, i), unit) = 0;
    }
}

unroll_status unroll_recurrent_init(unroll_layer *layer, const unroll_settings *settings, uint64_t seed, int stream)
{
    const unroll_recurrent *own = layer->own;
    int bias = own->shape.recurrent > 0 ? 2 : 1; /* index of the input's */
    UNROLL_TRY(init_matrices(layer, unroll_text(settings, "init"), seed, stream));
    init_vectors(layer, settings, seed, stream);
    if (unroll_int(settings, "chrono") > 0)
        init_chrono(layer, settings, seed, stream, bias);
    if (own->norm)
        unroll_recurrent_norm_init(layer);
    for (int gate = 0; own->cell->bias != NULL && gate < own->shape.gates; gate++)
        for (int unit = 0; unit < own->hidden; unit++)
            *bias_of(layer, bias, own->shape.torch[gate], unit) += (real)own->cell->bias(settings, gate);
    return unroll_ok();
}
