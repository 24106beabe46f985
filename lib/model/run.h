/* run.h: one run, the pure function from a configuration to a record. */
#ifndef UNROLL_MODEL_RUN_H
#define UNROLL_MODEL_RUN_H

#include <stdatomic.h>

#include "base/record.h"
#include "base/settings.h"
#include "base/status.h"
#include "model/model.h"
#include "model/task.h"

/* Part of every run's id. Numerics: raised when the bits of a training change. Evaluation: when what is made of a training does,
   the points, when a task counts as solved, what is kept for the test. */
enum { UNROLL_NUMERICS_VERSION = 5, UNROLL_EVALUATION_VERSION = 1 };

enum { UNROLL_EXTRAS = 16 };

/* What is told of a training at each of its validation points. */
typedef struct unroll_point {
    int64_t step, steps;
    double train_loss; /* the mean since the last point; NaN where nothing was learned, as before the first step */
    double valid;      /* the metric, over the point's batches of the validation split */
    const char *metric, *unit;
} unroll_point;

typedef struct unroll_run_hooks {
    /* called after each evaluation, on the run's own thread; may be NULL */
    void (*progress)(void *context, const unroll_point *point);
    void *context;
    const atomic_bool *stop; /* when it becomes true the run returns UNROLL_STOPPED soon; may be NULL */
    unroll_model **model;    /* when not NULL: receives the trained model, to be closed by the caller */
    /* with model: what the task needs to use it again, of the data it was trained on; room for UNROLL_EXTRAS, owned by the
       caller afterwards */
    unroll_extra *extras;
    int extra_count;
} unroll_run_hooks;

/* Trains as `settings` say and fills the record: status done or diverged (both return UNROLL_OK), columns parameters,
   gates, <metric>, best_step, best_valid_<metric>, last_step, epochs_seen (of finite data), left_out and valid_left_out (of unaligned
   answers), solved, solved_step, ms_per_step, ...; curves step, seconds, train_loss, valid_<metric>, gradient_norm, learning_rate.
   keep=best: the metric, the test results and the model that hooks->model receives are of the weights of step best_step, the
   validation point whose metric over the first valid_batches batches, best_valid_<metric>, was the lowest; keep=last: of
   those of the last step. <metric> is over the whole validation split. A task counts as solved where the metric is
   below its mark at three points in a row, over the whole split, which is looked at where that of the point's batches is; solved_step
   is the first of the three.
   hooks may be NULL. Any other status: the run failed, with its sentence (out of memory, a bad file, labels of which none can
   be aligned). */
unroll_status unroll_run(const unroll_settings *settings, unroll_run_hooks *hooks, unroll_record *record);

/* Its first steps alone, in a word that two programs agree on where they compute the same: "4 steps 0123456789abcdef". unroll_run
   leaves it in the record, as first_steps of its surroundings. stop may be NULL. */
enum { UNROLL_FIRST_STEPS_ROOM = 48 };
unroll_status unroll_run_first_steps(const unroll_settings *settings, const atomic_bool *stop,
                                     char digest[UNROLL_FIRST_STEPS_ROOM]);

/* What a model is asked for by a task of this shape. */
unroll_model_shape unroll_model_shape_of(const unroll_task_shape *task);

/* Shapes of the tasks that have been opened, each once for all settings that its data depend on: the setting task, the task's
   own and those of the section "data". */
typedef struct unroll_shapes unroll_shapes;
unroll_shapes *unroll_shapes_new(void); /* NULL when memory is short */
void unroll_shapes_free(unroll_shapes *shapes);
int unroll_shapes_opened(const unroll_shapes *shapes); /* how often a task's data were opened */

/* The shape of the settings' task, which is opened where it is not known yet. NULL: it is opened and not kept. */
unroll_status unroll_shapes_find(unroll_shapes *shapes, const unroll_settings *settings, unroll_task_shape *shape);

/* Trainable parameters, exactly, of the model that `settings` describe: for `shape`, or for its task, which is opened. */
unroll_status unroll_shape_parameters(const unroll_settings *settings, const unroll_model_shape *shape, int64_t *parameters);
unroll_status unroll_count_parameters(const unroll_settings *settings, int64_t *parameters);
/* Of the multiplications and additions of a training step of that model over `shape`'s batch the share that must wait for the step
   before, 0..1: products with the state, forward and backward. */
unroll_status unroll_shape_waiting(const unroll_settings *settings, const unroll_model_shape *shape, double *share);
/* Sets `hidden` to the width whose parameter count comes nearest to the setting `params` when that is > 0. `shapes`: where
   the task's shape is looked up and kept; NULL: it is opened. */
unroll_status unroll_resolve_params(unroll_settings *settings, unroll_shapes *shapes);
/* Floating-point operations of the matrix products of one training step on `task`, forward and backward. */
unroll_status unroll_step_operations(const unroll_settings *settings, const unroll_task_shape *task, double *operations);
/* Training steps of a run: the setting steps; epochs over the training split of `task`, UNROLL_WRONG where that is endless; or as
   many as come nearest to the operations of the setting compute, one at least. */
unroll_status unroll_shape_steps(const unroll_settings *settings, const unroll_task_shape *task, int64_t *steps);
/* The same, with the task's shape looked up, when it is needed, as in unroll_resolve_params. */
unroll_status unroll_count_steps(const unroll_settings *settings, unroll_shapes *shapes, int64_t *steps);
/* Expected cost of the run's training in floating-point operations: what the sweep orders by. */
double unroll_run_cost(const unroll_settings *settings, unroll_shapes *shapes);

#endif
