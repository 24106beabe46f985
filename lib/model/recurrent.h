/* recurrent.h: the recurrent layer's data, shared by recurrent.c, recurrent_parts.c and recurrent_pass.c.

   The gates of the same 16 hidden units (a panel) lie side by side. The buffer `tape` holds the input product, then the
   activations that forward leaves for backward, then the gradients of the pre-activations, all in one place. */
#ifndef UNROLL_MODEL_RECURRENT_H
#define UNROLL_MODEL_RECURRENT_H

#include "cells/cell.h"
#include "model/layer.h"
#include "model/small.h"
#include "simd/engine.h"

struct unroll_recurrent {
    const unroll_cell *cell;
    const unroll_engine *engine;
    int variant, hidden, panels, gates, slots; /* slots: blocks on the tape a panel, G + split + kept */
    int width, together;                       /* blocks in a group of the weights; panels that a group may not cut */
    bool large;                                /* the recurrent weights may not stay in the second-level cache */
    bool single;                               /* a batch is one sequence (by the setting: however many come at once) */
    size_t w_ih, w_hh, b_ih, b_hh;             /* places among the layer's reals: (I, P*G*16), (H, P*G*16) in groups, [P*G][16] */
    real *bias_input;                          /* [P*G][16]: what the input product starts from */
    real *bias_recurrent;                      /* [P][G][16]: what a split cell's recurrent product starts from */
    real *w_hh_t, *w_ih_t;                     /* (P*G*16, H), (P*G*16, I) in groups of 4 */
    real *tape;                                /* [P*slots][rows][16] */
    real *h, *c, *dh;                          /* [P][B + rows][16]: B rows of initial states first */
    real *dc;                                  /* [P][B][16] */
    size_t tape_block, state_block, batch_block;
    real *stream_gates, *stream_h[2], *stream_c[2];
    int stream_now;
    unroll_form form;         /* of the weights that a streaming step reads */
    unroll_small small_ih, small_hh;
};

/* Whether threads that work at the same sequences take some of them each, or some panels of all. */
bool unroll_recurrent_by_sequences(int gates, int hidden, int batch, int threads);

void unroll_recurrent_forward(unroll_layer *layer, const unroll_time *time, const unroll_team *team);
void unroll_recurrent_backward(unroll_layer *layer, const unroll_time *time, const unroll_team *team);
void unroll_recurrent_step(unroll_layer *layer, int rows);

#endif
