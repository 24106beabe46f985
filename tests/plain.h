/* plain.h: a stack of recurrent layers with a dense head over one sequence, from the cells' definitions in plain C and double,
   with the loss of that sequence; one number within it can be nudged. What views show is held against it. Zoneout and dropout
   of the update come from the same masks, drawn one by one. */
#ifndef UNROLL_TESTS_PLAIN_H
#define UNROLL_TESTS_PLAIN_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "model/model.h"

enum { PLAIN_UNITS = 150, PLAIN_STEPS = 6, PLAIN_LAYERS = 4, PLAIN_GATES = 4, PLAIN_STATES = 4 };

typedef struct plain_cell {
    const char *name;
    const char *gate[PLAIN_GATES]; /* in the order in which weights are stacked */
    const char *state[PLAIN_STATES];
    bool recurrent; /* all gates are */
    int apart;      /* the gate whose recurrent product stays apart; -1: none */
    bool drops;     /* it has a candidate */
    bool zones;     /* states beside the output can be kept */
} plain_cell;

static const plain_cell plain_cells[] = {
    {"rnn", {"a"}, {"h"}, true, -1, false, false},
    {"lstm", {"i", "f", "g", "o"}, {"h", "c"}, true, -1, true, true},
    {"gru", {"r", "z", "n"}, {"h"}, true, 2, true, false},
    {"mingru", {"z", "g"}, {"h"}, false, -1, true, false},
    {"minlstm", {"f", "i", "g"}, {"h"}, false, -1, true, false},
    {"slstm", {"z", "i", "f", "o"}, {"h", "c", "n", "m"}, true, -1, true, false},
};
enum { PLAIN_CELLS = sizeof plain_cells / sizeof plain_cells[0] };

/* What is nudged: a state after its step, or a pre-activation (of `apart`: its recurrent part alone) before it. */
typedef enum plain_what { PLAIN_NOTHING, PLAIN_STATE, PLAIN_GATE, PLAIN_APART } plain_what;
typedef struct plain_nudge {
    plain_what what;
    int layer, index, step, unit;
    double by;
} plain_nudge;

/* Layer level * directions + direction. */
typedef struct plain_layer {
    int inputs;
    double *w_ih, *w_hh, *b_ih, *b_hh;
} plain_layer;

typedef struct plain_model {
    const plain_cell *cell;
    int gates, states, hidden, layers, directions, inputs, outputs, bptt;
    bool at_last;
    plain_layer layer[PLAIN_LAYERS];
    double *head, *head_bias;
    bool training;                           /* masks are drawn; else each is at its mean */
    uint64_t seed;
    double zoneout[PLAIN_STATES], drop_update; /* rates, multiples of 2^-16 */
} plain_model;

/* What a pass leaves: of each layer. */
typedef struct plain_trace {
    double state[PLAIN_LAYERS][PLAIN_STATES][PLAIN_STEPS][PLAIN_UNITS], gate[PLAIN_LAYERS][PLAIN_GATES][PLAIN_STEPS][PLAIN_UNITS];
} plain_trace;

static inline double plain_sigmoid(double a)
{
    return 1 / (1 + exp(-a));
}

static inline double plain_max(double a, double b)
{
    return a > b ? a : b;
}

/* Whether a mask hits a unit, in training step 0: `which` as in layers/recurrent_masks.c, the draw as in simd/engine.h. */
static inline bool plain_hits(const plain_model *m, int layer, int sequence, int t, int unit, double rate, int which)
{
    const uint32_t seed[2] = {(uint32_t)m->seed, (uint32_t)(m->seed >> 32)};
    uint32_t panel = (uint32_t)unit / 16, words[4], key[4];
    /* in the graph the input is first, and both directions are joined */
    uint32_t index = (uint32_t)(1 + (m->directions == 2 ? layer / 2 * 3 + layer % 2 : layer));
    unroll_philox((const uint32_t[]){0, index, 0, UNROLL_FOR_CELLS}, seed, key);
    unroll_philox((const uint32_t[]){panel / 8 * 16 + (uint32_t)unit % 16, (uint32_t)sequence, (uint32_t)t,
                                     (uint32_t)((1 << 17) + which)}, key, words);
    return (words[panel % 8 / 2] >> (panel % 2 * 16) & 0xffff) < rate * 65536;
}

/* what the candidate is multiplied with */
static inline double plain_drop(const plain_model *m, int layer, int sequence, int t, int unit)
{
    if (!m->training || m->drop_update == 0)
        return 1;
    return plain_hits(m, layer, sequence, t, unit, m->drop_update, 4) ? 0 : 1 / (1 - m->drop_update);
}

/* how much of state k stays as it was */
static inline double plain_stays(const plain_model *m, int layer, int sequence, int t, int unit, int k)
{
    return m->training ? plain_hits(m, layer, sequence, t, unit, m->zoneout[k], k) : m->zoneout[k];
}

/* One unit's step: pre-activations of the input and of the recurrent part to gates and states; the candidate is multiplied with
   `drop`; `add` to each state as soon as it is there. */
static inline void plain_unit(const char *cell, const double *in, const double *hh, const double *old, double drop,
                              const double *add, double *gate, double *now)
{
    double a[PLAIN_GATES];
    for (int g = 0; g < PLAIN_GATES; g++)
        a[g] = in[g] + hh[g];
    if (strcmp(cell, "rnn") == 0) {
        gate[0] = tanh(a[0]);
        now[0] = gate[0] + add[0];
    } else if (strcmp(cell, "lstm") == 0) {
        for (int g = 0; g < 4; g++)
            gate[g] = g == 2 ? tanh(a[g]) : plain_sigmoid(a[g]);
        now[1] = gate[1] * old[1] + gate[0] * gate[2] * drop + add[1];
        now[0] = gate[3] * tanh(now[1]) + add[0];
    } else if (strcmp(cell, "gru") == 0) {
        gate[0] = plain_sigmoid(a[0]);
        gate[1] = plain_sigmoid(a[1]);
        gate[2] = tanh(in[2] + gate[0] * hh[2]);
        now[0] = gate[2] * drop + gate[1] * (old[0] - gate[2] * drop) + add[0];
    } else if (strcmp(cell, "mingru") == 0) {
        gate[0] = plain_sigmoid(a[0]);
        gate[1] = a[1] >= 0 ? a[1] + 0.5 : plain_sigmoid(a[1]);
        now[0] = old[0] + gate[0] * (gate[1] * drop - old[0]) + add[0];
    } else if (strcmp(cell, "minlstm") == 0) {
        gate[0] = plain_sigmoid(a[0]) / (plain_sigmoid(a[0]) + plain_sigmoid(a[1]));
        gate[1] = 1 - gate[0];
        gate[2] = a[2] >= 0 ? a[2] + 0.5 : plain_sigmoid(a[2]);
        now[0] = gate[0] * old[0] + gate[1] * gate[2] * drop + add[0];
    } else {
        double log_f = log(plain_sigmoid(a[2])) + old[3], most = old[2] > 0 ? plain_max(log_f, a[1]) : a[1];
        gate[0] = tanh(a[0]);
        gate[1] = exp(a[1] - most);
        gate[2] = exp(-plain_max(0, most - log_f)); /* without a meaning while n is 0 */
        gate[3] = plain_sigmoid(a[3]);
        now[1] = gate[2] * old[1] + gate[1] * gate[0] * drop + add[1];
        now[2] = gate[2] * old[2] + gate[1] + add[2];
        now[0] = gate[3] * now[1] / now[2] + add[0];
        now[3] = most + add[3];
    }
}

static inline double plain_dot(const double *a, const double *b, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += a[i] * b[i];
    return sum;
}

/* One step of a layer: x (inputs), old (states, H) to gate (gates, H) and now (states, H). */
static inline void plain_step(const plain_model *m, int index, int sequence, int t, const double *x, double old[][PLAIN_UNITS],
                              const plain_nudge *nudge, plain_trace *trace)
{
    const plain_layer *l = &m->layer[index];
    bool here = nudge->layer == index && nudge->step == t;
    for (int u = 0; u < m->hidden; u++) {
        double in[PLAIN_GATES] = {0}, hh[PLAIN_GATES] = {0}, before[PLAIN_STATES], add[PLAIN_STATES] = {0};
        double mixed[PLAIN_STATES] = {0}; /* nudges of states with zoneout, which come after it */
        double gate[PLAIN_GATES] = {0}, now[PLAIN_STATES] = {0}, by = here && nudge->unit == u ? nudge->by : 0;
        for (int g = 0; g < m->gates; g++) {
            int row = g * m->hidden + u;
            in[g] = plain_dot(l->w_ih + row * l->inputs, x, l->inputs) + l->b_ih[row];
            if (m->cell->recurrent)
                hh[g] = plain_dot(l->w_hh + row * m->hidden, old[0], m->hidden) + l->b_hh[row];
        }
        for (int k = 0; k < m->states; k++)
            before[k] = old[k][u];
        if (nudge->what == PLAIN_STATE)
            *(m->zoneout[nudge->index] > 0 ? &mixed[nudge->index] : &add[nudge->index]) = by;
        else if (nudge->what == PLAIN_GATE)
            in[nudge->index] += by;
        else if (nudge->what == PLAIN_APART)
            hh[m->cell->apart] += by;
        plain_unit(m->cell->name, in, hh, before, plain_drop(m, index, sequence, t, u), add, gate, now);
        for (int g = 0; g < m->gates; g++)
            trace->gate[index][g][t][u] = gate[g];
        for (int k = 0; k < m->states; k++) {
            double stays = plain_stays(m, index, sequence, t, u, k);
            trace->state[index][k][t][u] = stays * before[k] + (1 - stays) * now[k] + mixed[k];
        }
    }
}

/* A layer over a sequence x (length, inputs); where a stretch of bptt steps begins it goes on from `base`, where nothing was
   nudged. */
static inline void plain_over(const plain_model *m, int index, int sequence, const double *x, int length,
                              const plain_nudge *nudge, const plain_trace *base, plain_trace *trace)
{
    bool backwards = index % m->directions == 1;
    double old[PLAIN_STATES][PLAIN_UNITS] = {{0}};
    for (int p = 0; p < length; p++) {
        int t = backwards ? length - 1 - p : p;
        plain_step(m, index, sequence, t, x + t * m->layer[index].inputs, old, nudge, trace);
        const plain_trace *from = base != NULL && m->bptt > 0 && (p + 1) % m->bptt == 0 ? base : trace;
        for (int k = 0; k < m->states; k++)
            memcpy(old[k], from->state[index][k][t], sizeof old[k]);
    }
}

/* The whole stack, over the sequence at that place in its batch; returns the sum of (y - goal)^2, goal (length, outputs), or
   (outputs) at the last step. */
static inline double plain_run(const plain_model *m, int sequence, const double *x, int length, const float *goal,
                               const plain_nudge *nudge, const plain_trace *base, plain_trace *trace)
{
    static double level[PLAIN_STEPS * 2 * PLAIN_UNITS];
    int wide = m->directions * m->hidden;
    double loss = 0;
    for (int l = 0; l < m->layers; l++) {
        for (int d = 0; d < m->directions; d++)
            plain_over(m, l * m->directions + d, sequence, l == 0 ? x : level, length, nudge, base, trace);
        for (int t = 0; t < length; t++)
            for (int c = 0; c < wide; c++)
                level[t * wide + c] = trace->state[l * m->directions + c / m->hidden][0][t][c % m->hidden];
    }
    for (int c = 0; m->at_last && c < wide; c++) /* the reverse direction has read all at the first step */
        level[c] = level[(c < m->hidden ? length - 1 : 0) * wide + c];
    for (int t = 0; t < (m->at_last ? 1 : length); t++)
        for (int o = 0; o < m->outputs; o++) {
            double y = plain_dot(m->head + o * wide, level + t * wide, wide) + m->head_bias[o];
            double off = y - (double)goal[t * m->outputs + o];
            loss += off * off;
        }
    return loss;
}

static inline double *plain_weight(const unroll_model *model, const char *name)
{
    for (int i = 0; i < unroll_model_weight_count(model); i++) {
        unroll_weight weight;
        unroll_model_weight_at(model, i, &weight);
        if (strcmp(weight.name, name) != 0)
            continue;
        size_t count = (size_t)weight.rows * (size_t)(weight.columns == 0 ? 1 : weight.columns);
        real *value = malloc(count * sizeof *value);
        double *out = malloc(count * sizeof *out);
        unroll_model_get_weight(model, i, value);
        for (size_t k = 0; k < count; k++)
            out[k] = (double)value[k];
        free(value);
        return out;
    }
    return NULL;
}

/* The same weights as a model of the network recurrent has. */
static inline plain_model plain_open(const unroll_model *model, const plain_cell *cell)
{
    const unroll_settings *settings = unroll_model_settings(model);
    const unroll_model_shape *shape = unroll_model_get_shape(model);
    plain_model m = {.cell = cell, .hidden = (int)unroll_int(settings, "hidden"), .layers = (int)unroll_int(settings, "layers"),
                     .directions = strcmp(unroll_text(settings, "directions"), "both") == 0 ? 2 : 1, .inputs = shape->inputs,
                     .outputs = shape->outputs, .bptt = (int)unroll_int(settings, "bptt"),
                     .at_last = shape->answer == UNROLL_AT_LAST, .training = true, .seed = (uint64_t)unroll_int(settings, "seed"),
                     .drop_update = unroll_real(settings, "drop_update")};
    while (m.gates < PLAIN_GATES && cell->gate[m.gates] != NULL)
        m.gates++;
    while (m.states < PLAIN_STATES && cell->state[m.states] != NULL)
        m.states++;
    for (int k = 0; k < m.states; k++)
        m.zoneout[k] = unroll_real(settings, k == 0 ? "zoneout" : "zoneout_cell");
    for (int i = 0; i < m.layers * m.directions; i++) {
        static const char *const names[] = {"weight_ih", "weight_hh", "bias_ih", "bias_hh"};
        double **to[] = {&m.layer[i].w_ih, &m.layer[i].w_hh, &m.layer[i].b_ih, &m.layer[i].b_hh};
        m.layer[i].inputs = i < m.directions ? shape->inputs : m.directions * m.hidden;
        for (int k = 0; k < 4; k++) {
            char name[64];
            snprintf(name, sizeof name, "rnn.%s_l%d%s", names[k], i / m.directions, i % m.directions == 1 ? "_reverse" : "");
            *to[k] = plain_weight(model, name);
        }
    }
    m.head = plain_weight(model, "head.weight");
    m.head_bias = plain_weight(model, "head.bias");
    return m;
}

static inline void plain_close(plain_model *m)
{
    for (int i = 0; i < m->layers * m->directions; i++) {
        free(m->layer[i].w_ih);
        free(m->layer[i].w_hh);
        free(m->layer[i].b_ih);
        free(m->layer[i].b_hh);
    }
    free(m->head);
    free(m->head_bias);
}

#endif
