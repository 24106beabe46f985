/* bench.h: clocks, the machine's ceilings, and timed repetition. */
#ifndef UNROLL_BENCH_BENCH_H
#define UNROLL_BENCH_BENCH_H

#include <stdint.h>

#include "base/record.h"
#include "base/settings.h"
#include "base/status.h"

int64_t unroll_clock_ns(void); /* monotonic */

/* The rows of settings that only benchmarks have: input. */
void unroll_register_bench_settings(void);

/* Fused-multiply-add rate of one core under the engine in use, GFLOP/s, from one measurement of about `seconds`. */
double unroll_measure_peak(const unroll_settings *settings, double seconds);

enum { UNROLL_TIMING_SAMPLES = 256 };

typedef struct unroll_step_timing {
    int64_t ns[UNROLL_TIMING_SAMPLES]; /* samples: time of one training step, each a mean over `repeats` steps */
    int count, repeats;
    int64_t parameters;          /* of the model */
    int gates;                   /* of its cell */
    double median_ms, spread;    /* spread: (third quartile - first quartile) / median */
    double gflop;                /* of one step: 3 * 2 B T G H (I + H), a layer */
    double gflops, peak_gflops;  /* at the median; of the peaks of one core measured in between the samples, the median */
    double peak_fraction;        /* of all the threads' peak: the median of the samples' shares of the peak beside them */
    double steps_per_s;          /* sequence steps: B T / median */
} unroll_step_timing;

/* Times the training step (forward, full backward down to the input's gradient, clipping, update) of the model that the
   settings cell, hidden, input, batch, length, layers, optimizer, threads describe: a dense head with one output on the last
   step, inputs of reals. `seconds`: about how long to measure. Fails when memory is short. */
unroll_status unroll_time_training_step(const unroll_settings *settings, double seconds, unroll_step_timing *timing);

/* Processor's name, isa, compiler, flags, load ... as env columns of a record. */
void unroll_describe_machine(const unroll_settings *settings, unroll_record *record);

#endif
