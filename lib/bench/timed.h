/* timed.h: the model that benchmarks time, and what they time of it (inside lib/bench). */
#ifndef UNROLL_BENCH_TIMED_H
#define UNROLL_BENCH_TIMED_H

#include "bench/bench.h"
#include "model/model.h"
#include "simd/engine.h"

/* A model of the settings model, hidden, input, batch, length, layers, optimizer, threads with one output on the last step,
   and one batch of uniform inputs in -1..1, packed. */
typedef struct unroll_timed {
    unroll_model *model;
    int inputs, steps, batch;
    float *x; /* (B, T, I) */
    float *y; /* (B) */
    real *now; /* (B, I): one step's inputs, for streaming */
    int streamed; /* steps since the model was reset */
} unroll_timed;

unroll_status unroll_timed_open(const unroll_settings *settings, unroll_timed *timed);
/* The inputs of step t to timed->now. */
void unroll_timed_place(unroll_timed *timed, int t);
void unroll_timed_close(unroll_timed *timed);
void unroll_timed_train(void *timed);  /* one training step */
void unroll_timed_stream(void *timed); /* one streaming step, all sequences */

/* How often `step` fills about `ns` nanoseconds: at least once. It is called twice before. */
int unroll_repeats_for(void (*step)(void *context), void *context, int64_t ns);
/* Nanoseconds of one step, the mean over `repeats`. */
double unroll_time_steps(void (*step)(void *context), void *context, int repeats);

/* The same of training steps. Where several threads work, an untimed step comes first: those that slept meanwhile are awake again, as
   they are in a training. */
double unroll_time_training(unroll_timed *timed, int repeats);

/* Whether there is to be another sample beside the `count` that there are: five at least, as many as there is room for at the
   most, and in between until `seconds` have passed since `begin`. */
bool unroll_wants_sample(int count, int64_t begin, double seconds);

/* Keeps a single-threaded measurement on one core, where the system can; the old mask comes back with unpin. */
typedef struct unroll_pinned {
    long mask[16];
} unroll_pinned;
void unroll_pin(unroll_pinned *old);
void unroll_unpin(const unroll_pinned *old);

/* The instruction set of the setting isa, which unroll_settings_check has found to be there. */
const unroll_isa *unroll_isa_of(const unroll_settings *settings);
/* A record of `settings` with what all modes tell: instruction set, inputs. */
unroll_record *unroll_bench_record(const unroll_settings *settings);

/* The modes' measurements. */
unroll_bench_measure unroll_bench_training, unroll_bench_phases, unroll_bench_streaming, unroll_bench_threads,
    unroll_bench_elementwise, unroll_bench_wide, unroll_bench_beside, unroll_bench_words, unroll_bench_transformer,
    unroll_bench_peers, unroll_bench_stream_peers;

#endif
