/* bench.h: clocks, the machine's ceilings, and timed repetition. */
#ifndef UNROLL_BENCH_BENCH_H
#define UNROLL_BENCH_BENCH_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/record.h"
#include "base/settings.h"
#include "base/status.h"

int64_t unroll_clock_ns(void); /* monotonic */

/* Registers the settings that only benchmarks have: input, classes. */
void unroll_register_bench_settings(void);

/* Fused-multiply-add rate of one core under the engine of the setting isa, GFLOP/s, from one measurement of about
   `seconds`. */
double unroll_measure_peak(const unroll_settings *settings, double seconds);

/* What this machine could do at most. Bandwidths are of one core that reads, GB/s, from a buffer that fits the second-level
   cache; the third-level one, but not the second; neither. */
typedef struct unroll_ceilings {
    int processors, cores;             /* cores: those that the system gives threads for */
    double peak_core, peak_all;        /* GFLOP/s of one core; of all cores at once */
    double l2_gb_per_s, l3_gb_per_s, memory_gb_per_s;
    double l2_bytes, l3_bytes;         /* sizes of the caches, as the system tells them, else 1 MiB and 32 MiB */
} unroll_ceilings;
unroll_status unroll_measure_ceilings(const unroll_settings *settings, double seconds, unroll_ceilings *ceilings);
/* The bandwidth of the cache, or of the memory, that holds `bytes`. */
double unroll_bandwidth_for(const unroll_ceilings *ceilings, double bytes);

enum { UNROLL_TIMING_SAMPLES = 256 };

/* Quantiles of up to UNROLL_TIMING_SAMPLES values; spread: interquartile range over median. */
typedef struct unroll_quartiles {
    double low, median, high, spread;
} unroll_quartiles;
unroll_quartiles unroll_quartiles_of(const double *values, int count);

typedef struct unroll_step_timing {
    int64_t ns[UNROLL_TIMING_SAMPLES]; /* samples: time of one training step, each a mean over `repeats` steps */
    int64_t at_peak_ns[UNROLL_TIMING_SAMPLES]; /* what the step would take at all the threads' peak, measured beside each */
    int count, repeats;
    int64_t parameters;          /* of the model */
    size_t memory;               /* bytes that it works on */
    int threads;                 /* that it used */
    double median_ms, spread;    /* spread: (third quartile - first quartile) / median */
    double gflop;                /* of one step: the operations of its matrix products (layers/graph.h) */
    double intensity;            /* operations a byte that it must read or write */
    double gflops, peak_gflops;  /* at the median; of the peaks of one core measured in between the samples, the median */
    double peak_fraction;        /* of all the threads' peak: the median of the samples' shares of the peak beside them */
    double sequence_steps_per_s;          /* sequence steps: B T / median */
} unroll_step_timing;

/* Times the training step (forward, full backward down to the input's gradient, clipping, update) of the model that the
   settings model, hidden, input, batch, length, layers, optimizer, threads describe: a dense head with one output on the last
   step, inputs of reals. `seconds`: about how long to measure. Fails when memory is short. */
unroll_status unroll_time_training_step(const unroll_settings *settings, double seconds, unroll_step_timing *timing);
/* The same step with the setting threads over its time with one thread: the median of samples in turns, so that how fast the machine
   is at the moment changes both alike. */
unroll_status unroll_time_over_one_thread(const unroll_settings *settings, double seconds, double *over);
/* Adds to a record how fast the steps were: the columns sequence_steps_per_s, gflops, peak_gflops, peak_fraction and spread, and the
   samples as the timing "step". */
void unroll_record_step(unroll_record *record, const unroll_step_timing *timing);

/* What `unroll bench` can measure. A mode turns one point of its grid into one or more records, whose columns are those
   that it names, beside the settings. */
typedef struct unroll_bench_sink {
    void (*put)(void *context, unroll_record *record); /* owns it from now on; NULL: memory is short */
    void *context;
} unroll_bench_sink;

/* What a mode measures at one point, for about `seconds`. UNROLL_WRONG for a point that it cannot measure, UNROLL_FAILED without
   memory. */
typedef unroll_status unroll_bench_measure(const unroll_settings *settings, double seconds, const unroll_ceilings *ceilings,
                                           const atomic_bool *stop, const unroll_bench_sink *sink);

typedef struct unroll_bench_mode {
    const char *name;    /* "stream": the option --stream; the first mode has no option */
    const char *help;    /* of the option */
    const char *axes;    /* the grid where the command line does not say otherwise */
    const char *columns; /* of its table, parted by blanks: settings and results */
    const char *legend;  /* what they mean: lines, each ended by a line break */
    unroll_bench_measure *measure;
    int rows; /* steps of all sequences of a batch, from which batch= follows where the command line does not say it; 0: none */
} unroll_bench_mode;
extern const unroll_bench_mode unroll_bench_modes[];
extern const int unroll_bench_mode_count;
/* The grid of a mode; "model=all" in it stands for every model that there is. */
const char *unroll_bench_axes(const unroll_bench_mode *mode);

/* Processor's name, isa, compiler, flags, load ... as env columns of a record. */
void unroll_describe_machine(const unroll_settings *settings, unroll_record *record);

#endif
