/* torch_turns.h: training steps of a model in turns with PyTorch's of the same one (inside lib/bench).

   PyTorch's side is a process (peers/NAME_peer.py, peers/torch_turns.py), which is told over its standard input:
     's' and what the measurement hands over: the model, its weights, its batch. It answers with an int32, 0 or more: ready.
     'c' it trains five steps, and answers with float32 the first loss, the norm of its gradient, and the loss after them.
     'r' and an int32: so many steps; it answers with an int64, the nanoseconds that they took.
     'q' the end. */
#ifndef UNROLL_BENCH_TORCH_TURNS_H
#define UNROLL_BENCH_TORCH_TURNS_H

#include "bench/peer_process.h"
#include "bench/timed.h"

/* What PyTorch's side is to do. */
typedef struct unroll_torch_work {
    const char *name; /* "torch_words": peers/torch_words_peer.py */
    bool (*hand_over)(const unroll_peer_process *process, const void *context); /* what follows the 's'; false: it is gone */
    const void *context;
} unroll_torch_work;

/* Samples of a training step: ours, PyTorch's of the same turn, and between them the rate of one core's fused multiply-adds. */
typedef struct unroll_torch_turns {
    int count;
    double own[UNROLL_TIMING_SAMPLES], torch[UNROLL_TIMING_SAMPLES]; /* ns of a step */
    double rate[UNROLL_TIMING_SAMPLES];                              /* GFLOP/s, the mean of before and after our step */
    double at_peak[UNROLL_TIMING_SAMPLES];   /* ns: what the step's products take at that rate of all its threads */
    double over_peak[UNROLL_TIMING_SAMPLES]; /* own / at_peak */
    double over_own[UNROLL_TIMING_SAMPLES];  /* torch / own */
    int answer;        /* PyTorch's when it was ready; -1: it never was */
    char trouble[160]; /* why its time does not count; "" */
} unroll_torch_turns;

/* All weights of `model` in its order, float32; false when the process is gone or memory is short. */
bool unroll_torch_send_weights(const unroll_peer_process *process, const unroll_model *model);

/* Trains `model`, whose batch is packed, for about `seconds` or until *stop, in turns with PyTorch where one of the Pythons has
   it and its first loss, gradient's norm and loss after five steps agree with ours. */
void unroll_torch_take_turns(const unroll_torch_work *work, const unroll_settings *settings, unroll_model *model, double seconds,
                             const atomic_bool *stop, unroll_torch_turns *turns);

/* Adds the columns torch and, where its time counts, torch_ms, torch_times and torch_spread, of one turn at least. */
void unroll_torch_record(unroll_record *record, const unroll_torch_turns *turns);

#endif
