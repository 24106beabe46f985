/* train.h: the training of a run: its steps, its validation points, and the weights that it keeps. */
#ifndef UNROLL_MODEL_TRAIN_H
#define UNROLL_MODEL_TRAIN_H

#include "model/run.h"
#include "model/samples.h"
#include "model/schedule.h"

/* What is noted at each validation point; the first one is before the first step. */
typedef struct unroll_curves {
    float *step, *seconds;
    float *train, *norm;  /* means over the steps since the last point that had something to learn from; NaN: there was none */
    float *valid;         /* the metric, at every point on the same batches */
    float *rate;          /* of the last step */
    int64_t *step_ns;     /* mean time of a training step since the last point */
    int count;
} unroll_curves;

/* Settings, hooks, task, data, steps, shape and model are given; the rest is the training's own. */
typedef struct unroll_training {
    const unroll_settings *settings;
    const unroll_run_hooks *hooks; /* may be NULL */
    const unroll_task *task;
    void *data; /* the task's state */
    int64_t steps;
    unroll_task_shape shape;
    unroll_samples samples;
    unroll_model *model;
    unroll_schedule schedule;
    unroll_curves curves;
    real *kept;          /* the weights of the best point; NULL: those of the last step are kept */
    int best_point;      /* of the curves */
    int64_t last_step;   /* of the last point */
    int64_t kept_step;   /* whose weights the model has in the end; -1 of a training that went wrong */
    int64_t solved_step; /* the first of the points in a row that it takes; -1: never */
    double solved_seconds;
    int below;          /* points in a row that were below the mark, up to the last one; */
    int64_t below_step; /* where they began */
    double below_seconds;
    int64_t train_ns;
    int64_t learned;        /* steps that had something to learn from */
    int64_t left_out;       /* sequences of training that could not be aligned, each time that they came */
    int64_t valid_left_out; /* of the batches of the last validation */
    unroll_status status;   /* what unroll_train returns */
    int64_t diverged; /* the step at which the loss or its gradient was no longer finite; -1: never */
    double metric;    /* of the weights that are kept, over the whole validation split; NaN of a training that diverged */
    bool first_only;  /* given: ends after the first steps */
    int64_t first_steps; /* UNROLL_FIRST_STEPS, or as many as there were; -1: they are not done yet */
    uint64_t digest;     /* of the first validation, the losses and norms of these steps, and the weights after them */
} unroll_training;

/* So few that repeating them costs nothing, and enough that an update, a moment and a carried state have had their say. */
enum { UNROLL_FIRST_STEPS = 4 };

/* Validation points in a row, each over the whole split, that are below the mark of a task that counts as solved. */
enum { UNROLL_SOLVED_POINTS = 3 };

/* Room for a batch, the curves and, with keep=best, one copy of the weights. The model is open; UNROLL_FAILED when memory
   is short. */
unroll_status unroll_training_open(unroll_training *training);
void unroll_training_close(unroll_training *training);

/* Trains, then puts the weights in place that are kept. Ends soon when hooks->stop says so. Sequences that cannot be aligned
   (UNROLL_UNALIGNED) are left out; a step of nothing else leaves the weights as they are. UNROLL_FAILED when all are left out
   up to a validation point, or in a validation: then there is nothing to learn from, or to judge by. */
unroll_status unroll_train(unroll_training *training);

static inline bool unroll_training_stopped(const unroll_training *training)
{
    return training->hooks != NULL && training->hooks->stop != NULL && atomic_load(training->hooks->stop);
}

#endif
