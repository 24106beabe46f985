/* inside.h: the model's data, shared by decode.c, model.c, pack.c, pass.c, stream.c, update.c, view.c and weights.c. */
#ifndef UNROLL_MODEL_INSIDE_H
#define UNROLL_MODEL_INSIDE_H

#include "layers/graph.h"
#include "losses/loss.h"
#include "model/model.h"

enum {
    LOSS_ROWS = 64,    /* rows of one partial sum of the loss: the sums are folded in order, whatever the threads */
    NORM_REALS = 16384, /* reals of one partial sum of the gradient's norm */
    PIECE_ROWS = 512,     /* of an output that is taken piece by piece: many enough for the products, few enough for memory */
    WHOLE_REALS = 1048576, /* an output of so many is taken whole: they and their gradient stay in the third-level cache */
    NOTHING_REALS = 64  /* of a group of an embedding's row, at most */
};

typedef enum optimizer_kind { OPTIMIZER_SGD, OPTIMIZER_RMSPROP, OPTIMIZER_ADAM } optimizer_kind;

/* The room of one packed set; `set` points into it. */
typedef struct unroll_packed_set {
    unroll_set set;
    int *rows, *offset, *order, *place, *length, *count; /* (T), (T + 1), (B), (B), (B), (T + 2) */
    int steps;                                           /* most steps of a sequence, T */
} unroll_packed_set;

/* A micro-batch: sequences that are computed on their own from packing to gradient, by one thread or by a few, so that no
   other core touches their memory. Into how many a batch is parted depends on the graph and the shape alone; their gradients
   and losses are added in their order. */
typedef struct unroll_micro {
    unroll_node *node; /* (layers of the graph) */
    int first, batch;  /* sequences of the caller's batch: from `first` on, at most `batch` */
    real *g;           /* its gradient; of the first one, in the end the whole batch's */
    unroll_barrier *barrier;
    unroll_packed_set set[UNROLL_SETS];
    int *target;        /* classes, one a row of the output; of a loss over whole sequences labels, (B, U) in sorted order */
    int *labels;        /* (B): how many labels each sorted sequence has */
    double *room;       /* of a loss over whole sequences, for each thread */
    unroll_matrix goal; /* reals, laid out like the output */
    double *loss_part;
    int64_t *hit_part;
    real *carried[UNROLL_CARRY_SLOTS]; /* (batch, state): states carried from batch to batch */
    bool started;                      /* some initial state is not zero */
    int *from;                         /* (streaming rows): where each goes on from */
} unroll_micro;

/* A view that is asked for. */
typedef struct unroll_asked {
    int layer, index; /* of the layer's views */
    bool gradient;
    real *to;
    unroll_arena arena; /* what the layer keeps for it */
} unroll_asked;

struct unroll_model {
    unroll_settings *settings;
    unroll_model_shape shape;
    const unroll_engine *engine;
    const unroll_loss *loss;
    real loss_parameter; /* of training passes */
    unroll_graph graph;
    unroll_crew *crew;
    unroll_micro *micro;
    int micros;
    int state; /* reals of a sequence's carried state */
    unroll_arena arena;
    size_t reals; /* of w and the moments, padding included */
    size_t dense; /* of g: of the layers whose gradient is not sparse, which come first */
    real *w, *g, *moment1, *moment2;
    bool stale;        /* the weights have changed since the forms were made that passes read, */
    bool stream_stale; /* and since those that only streaming reads */
    int64_t targets;   /* of the packed batch; of a loss over whole sequences, sequences */
    int64_t left_out;  /* sequences of the packed batch whose labels do not fit into their steps */
    int piece;         /* rows of the output at a time; 0: all */
    int threads;       /* most that work at it */
    uint64_t seed;
    int64_t gradients; /* that have been computed: the training step, for draws */
    int slot;          /* of the carried states */
    double *norm_part;
    real *nothing; /* zeros: the gradient of a row that did not occur */
    unroll_asked *asked; /* (asked_count) */
    int asked_count;

    /* optimizer */
    optimizer_kind optimizer;
    unroll_optimizer_step step;
    double rate, decay, clip, beta1, beta2, beta1_power, beta2_power;
};

/* The node whose output the loss reads. */
static inline unroll_node *unroll_micro_output(const unroll_model *model, const unroll_micro *micro)
{
    return &micro->node[model->graph.output];
}

/* How many of `size` sequences a micro-batch has. */
int unroll_micro_size(const unroll_micro *micro, int size);
/* Sorts the lengths (NULL: all `steps`) of the micro-batch's part of `size` sequences and lays out its sets; target_length:
   of the answers, NULL where they have none of their own. */
void unroll_micro_layout(const unroll_model *model, unroll_micro *micro, int size, int steps, const int *length,
                         const int *target_length);
/* Brings the inputs of a micro-batch that is laid out into place; of xf and xr, both (B, steps_in, I) of the whole batch, one
   is not NULL. */
void unroll_micro_place(const unroll_model *model, unroll_micro *micro, int steps_in, const float *xf, const real *xr,
                        const int *symbol);
/* Rows `rows` of a set, which lie in the first rows of m, to the caller's places: (B, steps, columns), zeros past the end. */
void unroll_give_rows(const unroll_set *set, unroll_matrix m, unroll_part rows, int steps, real *out);
/* The same of what is asked for of one layer, of gradients or of the others. */
void unroll_give_views(const unroll_model *model, const unroll_node *node, bool gradient, unroll_part rows, int steps);
/* Sets the states before the first step: from (batch, state), the micro-batch's first sequence first, or NULL: zeros. */
void unroll_micro_start(const unroll_model *model, unroll_micro *micro, const real *state);
/* The states after each sequence's last step, in the same layout. */
void unroll_micro_end(const unroll_model *model, const unroll_micro *micro, real *state);
/* Copies end states of the batch to where the next one starts from. */
void unroll_model_carry_on(unroll_model *model);

#endif
