/* bench.h: clocks, the machine's ceilings, and timed repetition. */
#ifndef UNROLL_BENCH_BENCH_H
#define UNROLL_BENCH_BENCH_H

#include <stdint.h>

#include "base/record.h"
#include "base/settings.h"
#include "base/status.h"

int64_t unroll_clock_ns(void); /* monotonic */

/* Fused-multiply-add peak of one core under the engine in use, GFLOP/s: the best of several short measurements. */
double unroll_peak_gflops(void);

typedef struct unroll_step_timing {
    int64_t ns[64]; /* samples: one training (or streaming) step each, mean over the repetitions of the sample */
    int count;
    double median_ms, spread; /* spread: (third quartile - first quartile) / median */
    double gflop;             /* of one step, by formula */
    double peak_gflops;       /* measured in between */
} unroll_step_timing;

/* Times the training step (forward, full backward, clipping, update) of the model that the settings cell, hidden, input,
   batch, length, layers, threads describe. seconds: about how long to measure. */
unroll_status unroll_time_training_step(const unroll_settings *settings, double seconds, unroll_step_timing *timing);

/* Processor's name, isa, compiler, flags, load ... as env columns of a record. */
void unroll_describe_machine(const unroll_settings *settings, unroll_record *record);

#endif
