/* peer_problem.h: what we and the peers compute, and what came out of it with us (inside lib/bench). */
#ifndef UNROLL_BENCH_PEER_PROBLEM_H
#define UNROLL_BENCH_PEER_PROBLEM_H

#include "bench/timed.h"

enum { UNROLL_PEER_WEIGHTS = 10 };

typedef struct unroll_peer_problem {
    int32_t head[8]; /* as peers.h has it: cell, hidden, input, batch, steps, threads, stream, norm */
    size_t hidden, input, batch, steps, rows; /* rows: of W_ih and W_hh */
    int weights;
    float *weight[UNROLL_PEER_WEIGHTS]; /* owned: in the model's order, which is that of peers.h */
    size_t length[UNROLL_PEER_WEIGHTS];
    float *x, *target;                /* (T, B, I), (B); owned */
    /* ours, to be compared; owned: the last h (B, H); unless the peers stream, the gradients of x (T, B, I), W_ih and W_hh */
    float *h, *d_x, *d_w_ih, *d_w_hh;
    double loss, later;               /* ours: at first, and after the steps of Adam */
} unroll_peer_problem;

/* The problem of `settings`, with the inputs and the weights of `timed`, solved by us. UNROLL_WRONG for a model that peers do
   not know. To be freed in any case; `q` is all zeros before. */
unroll_status unroll_peer_problem_pose(const unroll_settings *settings, const unroll_timed *timed, bool stream,
                                       unroll_peer_problem *q);
void unroll_peer_problem_free(unroll_peer_problem *q);

#endif
