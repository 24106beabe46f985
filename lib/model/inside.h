/* inside.h: the model's data, shared by model.c, pack.c, pass.c, update.c and weights.c. */
#ifndef UNROLL_MODEL_INSIDE_H
#define UNROLL_MODEL_INSIDE_H

#include "model/layer.h"
#include "model/model.h"
#include "simd/engine.h"

enum {
    LOSS_ROWS = 64,    /* rows of one partial sum of the loss: the sums are folded in order, whatever the threads */
    NORM_REALS = 16384 /* reals of one partial sum of the gradient's norm */
};

typedef enum optimizer_kind { OPTIMIZER_SGD, OPTIMIZER_RMSPROP, OPTIMIZER_ADAM } optimizer_kind;

/* A micro-batch: sequences that are computed on their own from packing to gradient, by one thread or by a few, so that no
   other core touches their memory. Into how many a batch is parted depends on the model's shape alone; their gradients and
   losses are added in their order. */
typedef struct unroll_micro {
    unroll_layer *layers; /* (recurrent + 1), the head last */
    int first, batch;     /* sequences of the caller's batch: from `first` on, at most `batch` */
    real *g;              /* its gradient; of the first one, in the end the whole batch's */
    unroll_barrier *barrier;

    /* the packed micro-batch */
    unroll_time time;
    int *rows, *offset, *order, *length, *count; /* (T), (T + 1), (B): of a sorted sequence, its place in the caller's batch,
                                                    (B), (T + 2) */
    unroll_matrix x, d_x; /* d_x: with shape.input_gradient only */
    int *symbol;
    int *target;         /* classes, a row each */
    unroll_matrix goal;  /* reals, laid out like the head's output */
    unroll_matrix last, d_last; /* (B, H): the top layer at each sequence's last step, where there is one target a sequence */
    unroll_time head_time;
    int head_row_count[1], head_row_offset[2];
    double *loss_part;
    int64_t *hit_part;

    real *carried[UNROLL_CARRY_SLOTS]; /* [layer][state][panel][B][16]: states carried from batch to batch */
    bool initial_set;

    unroll_matrix stream_x;
    int *stream_symbol;
} unroll_micro;

struct unroll_model {
    unroll_settings *settings;
    unroll_model_shape shape;
    const unroll_engine *engine;
    unroll_crew *crew;
    int recurrent, states; /* recurrent: layers below the head; states: carried by each, 1 or 2 */
    unroll_micro *micro;
    int micros;
    unroll_layer *layers; /* of the first micro-batch: theirs are the weights, which the others use */
    unroll_arena arena;
    size_t reals; /* of w, g and the moments: padding included */
    real *w, *g, *moment1, *moment2;
    bool large; /* the weights have changed since the layers last made small copies of theirs */
    bool stale; /* the weights have changed since the layers last packed theirs */
    int64_t targets; /* of the packed batch */
    int slot;        /* of the carried states */
    double *norm_part;

    /* optimizer */
    optimizer_kind optimizer;
    unroll_optimizer_step step;
    double rate, clip, beta1, beta2, beta1_power, beta2_power;
};

/* Sorts the lengths (NULL: all `steps`) of the micro-batch's part of `size` sequences and lays out its time. */
void unroll_micro_layout(const unroll_model *model, unroll_micro *micro, int size, int steps, const int *length);
/* Brings the inputs of a micro-batch that is laid out into place; of xf and xr, both (B, steps_in, I) of the whole batch, one
   is not NULL. */
void unroll_micro_place(const unroll_model *model, unroll_micro *micro, int steps_in, const float *xf, const real *xr,
                        const int *symbol);
/* Sets or clears the states before the first step: initial (layers, S, size, H) in the caller's order, or NULL: zeros. */
void unroll_micro_initial(const unroll_model *model, unroll_micro *micro, int size, const real *initial);
/* Copies end states of the batch to where the next one starts from. */
void unroll_model_carry_on(unroll_model *model);

#endif
