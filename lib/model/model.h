/* model.h: recurrent layers and a dense head over one arena: forward, gradient, update, streaming. */
#ifndef UNROLL_MODEL_MODEL_H
#define UNROLL_MODEL_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include "base/real.h"
#include "base/settings.h"
#include "base/status.h"
#include "model/task.h"

/* What a model takes in and gives out. */
typedef struct unroll_model_shape {
    int inputs, symbols, outputs, steps, batch; /* as in unroll_task_shape; batch: the most sequences at once */
    bool every;
    unroll_loss loss;
    bool input_gradient; /* backward goes on to the gradient of the input, as a benchmark against peers wants */
    bool all_threads;    /* as many threads as the settings say; else fewer where more would be slower */
} unroll_model_shape;

/* Opens a model of the settings cell, layers, hidden, ... for `shape`; weights are drawn from `seed`.
   Fails with UNROLL_FAILED when memory is short, UNROLL_WRONG for what the settings cannot mean. */
unroll_status unroll_model_open(const unroll_settings *settings, const unroll_model_shape *shape, unroll_model **model);
void unroll_model_close(unroll_model *model);

const unroll_settings *unroll_model_settings(const unroll_model *model);
const unroll_model_shape *unroll_model_get_shape(const unroll_model *model);
int64_t unroll_model_parameters(const unroll_model *model);
int unroll_model_layers(const unroll_model *model);
int unroll_model_threads(const unroll_model *model); /* that it computes with */

/* One named weight in PyTorch's name and layout: "rnn.weight_ih_l0" (G*H, I) row-major, "rnn.bias_hh_l1" (G*H),
   "head.weight" (O, H), "head.bias" (O). */
typedef struct unroll_weight {
    char name[48];
    int rows, columns; /* columns = 0: a vector */
} unroll_weight;
int unroll_model_weight_count(const unroll_model *model);
void unroll_model_weight_at(const unroll_model *model, int index, unroll_weight *weight);
/* Copy weight `index` out of / into the model; `values` is (rows, columns) row-major in float or, in the double build,
   double. */
void unroll_model_get_weight(const unroll_model *model, int index, real *values);
void unroll_model_set_weight(unroll_model *model, int index, const real *values);
/* The gradient of the last unroll_model_gradient, in the same layout. */
void unroll_model_get_gradient(const unroll_model *model, int index, real *values);
/* Its gradient of the inputs (B, T, I), zeros past the end; of models with shape.input_gradient. */
void unroll_model_get_input_gradient(const unroll_model *model, real *values);

/* Forward over one batch in the caller's layout, sequences in any order of lengths (1..T).
   x (B, T, I) or symbol (B, T), the other NULL; length (B) or NULL for all T. Writes, where not NULL,
   y (B, T, O) with `every` (zeros past the end) or (B, O): raw outputs of the head (logits for softmax and Bernoulli);
   hidden (B, T, H): outputs of the top layer, zeros past the end; states (layers, S, B, H): last carried states, S = 1
   (h), or 2 (h, c) for an LSTM; initial (layers, S, B, H): states to start from, NULL: zeros. */
typedef struct unroll_forward {
    int size, steps; /* B, T <= those of the shape */
    const int *length;
    const real *x;
    const int *symbol;
    const real *initial;
    real *y, *hidden, *states;
} unroll_forward;
void unroll_model_forward(unroll_model *model, const unroll_forward *io);

/* One step with carried state, for streaming: x (B, I) or symbol (B), B <= shape's batch. The state lives in the model;
   y (B, O) may be NULL. Gives the same bits as the batch forward. */
void unroll_model_reset(unroll_model *model);
void unroll_model_step(unroll_model *model, int size, const real *x, const int *symbol, real *y);
int unroll_model_carried(const unroll_model *model); /* S */

/* Training on one batch in the task's terms, which pack takes in. Loss: the mean over targets. score may be NULL. */
void unroll_model_pack(unroll_model *model, const unroll_samples *samples, int size);
double unroll_model_loss(unroll_model *model, unroll_score *score);     /* forward of the packed batch and its loss */
double unroll_model_gradient(unroll_model *model, unroll_score *score); /* forward, loss and backward */
/* Clips by norm, updates with the optimizer; returns the gradient's norm before clipping. */
double unroll_model_update(unroll_model *model);
/* From now on `watch` is told of the phases of passes and updates (model/team.h); NULL: nobody. */
struct unroll_watch;
void unroll_model_watch(unroll_model *model, const struct unroll_watch *watch);
/* From now on each batch starts from the end states of the last one of the same slot (sequences of equal length, as many
   as the shape's batch); UNROLL_NO_CARRY: from zeros. `restart` forgets what the slot holds. */
enum { UNROLL_NO_CARRY = -1, UNROLL_CARRY_SLOTS = 2 };
void unroll_model_carry(unroll_model *model, int slot, bool restart);

#endif
