/* model.h: a graph of layers over one arena: forward, gradient, update, streaming. */
#ifndef UNROLL_MODEL_MODEL_H
#define UNROLL_MODEL_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include "base/real.h"
#include "base/settings.h"
#include "base/status.h"
#include "layers/layer.h"
#include "model/task.h"

/* What a model takes in and gives out. */
typedef struct unroll_model_shape {
    int inputs, symbols, outputs, steps, batch; /* as in unroll_task_shape; batch: the most sequences at once */
    unroll_answer answer;
    int target_steps; /* as in unroll_task_shape */
    int beams;        /* streaming rows for each sequence of the batch, where the answer is a sequence; 0: one */
    const char *loss; /* its name: unroll_loss_find */
    bool input_gradient; /* backward goes on to the gradient of the input, as a benchmark against peers wants */
    int piece;           /* rows of the output at a time, a multiple of 64; 0: all, or so few that a wide output stays small */
    bool all_threads;    /* as many threads as the settings say; else fewer where more would be slower */
} unroll_model_shape;

/* Whether a model with this loss can give the answers that the shape says at all. */
struct unroll_loss;
bool unroll_model_loss_fits(const struct unroll_loss *loss, const unroll_model_shape *shape);

/* Opens a model of the settings model, layers, hidden, ... for `shape`; weights are drawn from `seed`.
   Fails with UNROLL_FAILED when memory is short or the loss cannot be, UNROLL_WRONG for what the settings cannot mean. */
unroll_status unroll_model_open(const unroll_settings *settings, const unroll_model_shape *shape, unroll_model **model);
/* The same of `network` (model/network.h), whatever the setting model says. */
struct unroll_network;
unroll_status unroll_model_open_network(const struct unroll_network *network, const unroll_settings *settings,
                                        const unroll_model_shape *shape, unroll_model **model);
void unroll_model_close(unroll_model *model);

const unroll_settings *unroll_model_settings(const unroll_model *model);
const unroll_model_shape *unroll_model_get_shape(const unroll_model *model);
int64_t unroll_model_parameters(const unroll_model *model);
/* Of a training step at the whole shape (layers/graph.h): floating-point operations of its products; bytes at least. */
double unroll_model_operations(const unroll_model *model);
double unroll_model_bytes(const unroll_model *model);
size_t unroll_model_memory(const unroll_model *model); /* bytes of all that it works on: weights, moments, what is kept for backward */
unroll_set_index unroll_model_answer_set(const unroll_model *model); /* the rows of its output */
int unroll_model_threads(const unroll_model *model); /* that it computes with */

/* Weights have PyTorch's names and layouts: "rnn.weight_ih_l0" (G*H, I) row-major, "rnn.bias_hh_l1" (G*H),
   "head.weight" (O, H), "head.bias" (O). */
int unroll_model_weight_count(const unroll_model *model);
void unroll_model_weight_at(const unroll_model *model, int index, unroll_weight *weight);
/* Copy weight `index` out of / into the model; `values` is (rows, columns) row-major in float or, in the double build,
   double. */
void unroll_model_get_weight(const unroll_model *model, int index, real *values);
void unroll_model_set_weight(unroll_model *model, int index, const real *values);
/* All weights in the model's own order, its reals in number, to be put back into the same model later. */
size_t unroll_model_reals(const unroll_model *model);
void unroll_model_save_weights(const unroll_model *model, real *copy);
void unroll_model_load_weights(unroll_model *model, const real *copy);
/* The gradient of the last unroll_model_gradient, in the same layout. */
void unroll_model_get_gradient(const unroll_model *model, int index, real *values);
/* Its gradient of the inputs (B, T, I), zeros past the end; of models with shape.input_gradient. */
void unroll_model_get_input_gradient(const unroll_model *model, real *values);

/* Forward over one batch in the caller's layout, sequences in any order of lengths (1..T).
   x (B, T, I) or symbol (B, T), the other NULL; length (B) or NULL for all T. Writes, where not NULL,
   y (B, T, O) for an answer at every step (zeros past the end), or (B, O): raw outputs of the last layer (logits for softmax
   and Bernoulli); hidden (B, T, H): outputs of the last layer below it that has a row for every step, H its width (of two
   directions that only their ends are read of, the one that reads backwards), zeros past the end; states (B, S): each
   sequence's carried state after its last step, S = unroll_model_state_size; initial (B, S): states to start from, NULL: zeros. */
typedef struct unroll_forward {
    int size, steps; /* B, T <= those of the shape */
    const int *length;
    const real *x;
    const int *symbol;
    const real *initial;
    real *y, *hidden, *states;
} unroll_forward;
void unroll_model_forward(unroll_model *model, const unroll_forward *io);

/* The carried state of a sequence: what a streaming model remembers. It is one vector of S reals, parts one after the other
   in the order of the layers. */
int unroll_model_state_size(const unroll_model *model); /* S */
int unroll_model_state_count(const unroll_model *model);
typedef struct unroll_state_part {
    unroll_state state;
    const char *layer; /* the prefix of its layer's weights */
    int first;         /* its place in S */
} unroll_state_part;
void unroll_model_state_at(const unroll_model *model, int index, unroll_state_part *part);

/* One step with carried state, for streaming: x (B, I) or symbol (B), B <= shape's batch. The state lives in the model;
   y (B, O) may be NULL. Of weights in float, the same bits as the batch forward. */
bool unroll_model_streams(const unroll_model *model); /* whether it can: false where a layer needs to know later steps */
void unroll_model_reset(unroll_model *model);
/* Resets it, with room for so many steps until the next reset: more than the shape's a model that keeps every step (attention)
   has no room for without. UNROLL_FAILED when memory is short; it is reset then, too, with the room that it had. */
unroll_status unroll_model_reserve(unroll_model *model, int steps);
/* Bytes that a row of streaming keeps by now: its states, and what keeps every step. */
size_t unroll_model_held(const unroll_model *model);
void unroll_model_step(unroll_model *model, int size, const real *x, const int *symbol, real *y);
/* Where the answer is another sequence, a step is one of writing it: symbol holds what was written last (outputs: nothing
   yet), rows are sequences times shape.beams, a sequence's beside each other. unroll_model_forward reads the inputs (y and
   hidden NULL); enter then makes every row ready to write. */
void unroll_model_enter(unroll_model *model);
/* Of a loss over classes: for each row of the last step the logarithm of the sum of the outputs' exponentials, so that
   y - it is a class's log probability. */
void unroll_model_log_sums(const unroll_model *model, int size, double *log_sum);
/* Row i goes on from where row from[i], of the same sequence, is. */
void unroll_model_reorder(unroll_model *model, const int *from, int size);
/* The state of streaming row `row` out and in, (S). */
void unroll_model_save_state(const unroll_model *model, int row, real *state);
void unroll_model_load_state(unroll_model *model, int row, const real *state);

/* Training on one batch in the task's terms, which pack takes in. Loss: the mean over targets; of a loss over whole sequences
   (CTC) the mean over sequences of the loss over the number of labels, without those whose labels do not fit into their
   steps, which are counted. With a loss that training alone changes (label smoothing) unroll_model_gradient's is the changed
   one, unroll_model_loss's the plain one. score may be NULL. */
void unroll_model_pack(unroll_model *model, const unroll_samples *samples, int size);
int64_t unroll_model_targets(const unroll_model *model);  /* of the packed batch: targets, or sequences */
int64_t unroll_model_left_out(const unroll_model *model); /* sequences of it that do not fit */
double unroll_model_loss(unroll_model *model, unroll_score *score);     /* forward of the packed batch and its loss */
double unroll_model_gradient(unroll_model *model, unroll_score *score); /* forward, loss and backward */
/* The next gradient is that of training step `step`, which dropout and other draws depend on; each one after it is of the
   next step. */
void unroll_model_at_step(unroll_model *model, int64_t step);
/* The learning rate of the updates from now on; at first the setting lr. */
void unroll_model_set_rate(unroll_model *model, double rate);
/* Clips by norm, updates with the optimizer; returns the gradient's norm before clipping. */
double unroll_model_update(unroll_model *model);
/* From now on `watch` is told of the phases of passes and updates (base/team.h); NULL: nobody. */
struct unroll_watch;
void unroll_model_watch(unroll_model *model, const struct unroll_watch *watch);
/* From now on each batch starts from the end states of the last one of the same slot (sequences of equal length, as many
   as the shape's batch); UNROLL_NO_CARRY: from zeros. `restart` forgets what the slot holds. */
enum { UNROLL_NO_CARRY = -1, UNROLL_CARRY_SLOTS = 2 };
void unroll_model_carry(unroll_model *model, int slot, bool restart);

#endif
