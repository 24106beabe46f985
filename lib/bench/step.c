/* Timing the training step beside the machine's fused-multiply-add peak. */
#ifdef __linux__
#define _GNU_SOURCE
#include <sched.h>
#endif
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/quantile.h"
#include "base/random.h"
#include "bench/bench.h"
#include "cells/cell.h"
#include "model/model.h"
#include "simd/engine.h"

static const unroll_setting rows[] = {
    {"input", UNROLL_INT, 0, 1000000, "", "0", "inputs", "inputs a step of the timed model; 0: as many as hidden units",
     "bench", 0},
};

void unroll_register_bench_settings(void)
{
    unroll_settings_register(rows, 1);
}

static const unroll_engine *engine_of(const unroll_settings *settings)
{
    for (int i = 0; i < unroll_isa_count; i++)
        if (strcmp(unroll_isas[i].name, unroll_text(settings, "isa")) == 0 && unroll_isas[i].supported())
            return unroll_isas[i].engine;
    return unroll_isa_now()->engine;
}

double unroll_measure_peak(const unroll_settings *settings, double seconds)
{
    const unroll_engine *engine = engine_of(settings);
    real sink[3] = {(real)0.999, (real)0.001, 0};
    double flop = 0.0;
    int64_t start = unroll_clock_ns(), now;
    do {
        flop += engine->peak(5000, sink);
        now = unroll_clock_ns();
    } while ((double)(now - start) < seconds * 1e9);
    return flop / (double)(now - start);
}

/* keeps a single-threaded measurement on one core, where the system can; the old mask comes back with unpin */
#ifdef __linux__
typedef cpu_set_t cores;
static void pin(cores *old)
{
    cpu_set_t one;
    int here = sched_getcpu();
    CPU_ZERO(&one);
    if (sched_getaffinity(0, sizeof *old, old) == 0 && here >= 0) {
        CPU_SET(here, &one);
        sched_setaffinity(0, sizeof one, &one);
    }
}
static void unpin(const cores *old)
{
    sched_setaffinity(0, sizeof *old, old);
}
#else
typedef int cores;
static void pin(cores *old)
{
    *old = 0;
}
static void unpin(const cores *old)
{
    (void)old;
}
#endif

static double median_of(const double *values, int count, double *spread)
{
    double sorted[UNROLL_TIMING_SAMPLES], median;
    memcpy(sorted, values, (size_t)count * sizeof *sorted);
    unroll_sort(sorted, count);
    median = unroll_quantile(sorted, count, 0.5);
    if (spread != NULL)
        *spread = (unroll_quantile(sorted, count, 0.75) - unroll_quantile(sorted, count, 0.25)) / median;
    return median;
}

/* `peak`: the machine's, beside each sample: its clock wanders, and a share of the peak is one of the same moment */
static void summarise(const unroll_settings *settings, const double *peak, unroll_step_timing *timing)
{
    const unroll_cell *cell = unroll_cell_find(unroll_text(settings, "cell"));
    double hidden = (double)unroll_int(settings, "hidden"), input = (double)unroll_int(settings, "input");
    double rows_in_all = (double)unroll_int(settings, "batch") * (double)unroll_int(settings, "length"), median;
    double layers = (double)unroll_int(settings, "layers");
    double values[UNROLL_TIMING_SAMPLES];
    for (int i = 0; i < timing->count; i++)
        values[i] = (double)timing->ns[i];
    median = median_of(values, timing->count, &timing->spread);
    input = input > 0.0 ? input : hidden;
    timing->median_ms = median * 1e-6;
    timing->gflop = 6e-9 * rows_in_all * cell->gates * hidden * (input + hidden + (layers - 1.0) * 2.0 * hidden);
    timing->gflops = timing->gflop / (median * 1e-9);
    timing->peak_gflops = median_of(peak, timing->count, NULL);
    for (int i = 0; i < timing->count; i++)
        values[i] = timing->gflop / ((double)timing->ns[i] * 1e-9 * peak[i] * (double)unroll_int(settings, "threads"));
    timing->peak_fraction = median_of(values, timing->count, NULL);
    timing->steps_per_s = rows_in_all / (median * 1e-9);
}

static void one_step(unroll_model *model)
{
    unroll_model_gradient(model, NULL);
    unroll_model_update(model);
}

/* peak: room for UNROLL_TIMING_SAMPLES, the mean of what was measured before and after each sample */
static void measure(const unroll_settings *settings, unroll_model *model, double seconds, double *peak,
                    unroll_step_timing *timing)
{
    int64_t start, begin = unroll_clock_ns(), each;
    double before;
    one_step(model);
    start = unroll_clock_ns();
    one_step(model);
    each = unroll_clock_ns() - start;
    /* a sample is long enough for the clock, short enough that there are many */
    timing->repeats = each >= 2000000 ? 1 : (int)(2000000 / (each + 1)) + 1;
    timing->count = 0;
    before = unroll_measure_peak(settings, 0.0005);
    while (timing->count < UNROLL_TIMING_SAMPLES &&
           (timing->count < 5 || (double)(unroll_clock_ns() - begin) < seconds * 1e9)) {
        double after;
        start = unroll_clock_ns();
        for (int i = 0; i < timing->repeats; i++)
            one_step(model);
        timing->ns[timing->count] = (unroll_clock_ns() - start) / timing->repeats;
        after = unroll_measure_peak(settings, 0.0005);
        peak[timing->count++] = (before + after) / 2.0;
        before = after;
    }
}

unroll_status unroll_time_training_step(const unroll_settings *settings, double seconds, unroll_step_timing *timing)
{
    int inputs = (int)unroll_int(settings, "input");
    unroll_model_shape shape = {.inputs = inputs > 0 ? inputs : (int)unroll_int(settings, "hidden"),
                                .outputs = 1,
                                .steps = (int)unroll_int(settings, "length"),
                                .batch = (int)unroll_int(settings, "batch"),
                                .loss = UNROLL_SQUARED,
                                .input_gradient = true};
    size_t count = (size_t)shape.batch * (size_t)shape.steps * (size_t)shape.inputs;
    unroll_random random = unroll_random_open(1, UNROLL_FOR_TRAIN, 0, 0);
    bool alone = unroll_int(settings, "threads") == 1;
    unroll_samples samples = {0};
    unroll_model *model;
    double peak[UNROLL_TIMING_SAMPLES];
    cores old;
    UNROLL_TRY(unroll_model_open(settings, &shape, &model));
    samples.length = malloc((size_t)shape.batch * sizeof *samples.length);
    samples.x = malloc(count * sizeof *samples.x);
    samples.y = malloc((size_t)shape.batch * sizeof *samples.y);
    if (samples.length == NULL || samples.x == NULL || samples.y == NULL) {
        unroll_model_close(model);
        free(samples.length);
        free(samples.x);
        free(samples.y);
        return unroll_error(UNROLL_FAILED, "out of memory: %zu inputs", count);
    }
    for (int b = 0; b < shape.batch; b++) {
        samples.length[b] = shape.steps;
        samples.y[b] = (float)unroll_random_uniform(&random);
    }
    for (size_t i = 0; i < count; i++)
        samples.x[i] = (float)(2.0 * unroll_random_uniform(&random) - 1.0);
    unroll_model_pack(model, &samples, shape.batch);
    if (alone)
        pin(&old);
    measure(settings, model, seconds, peak, timing);
    if (alone)
        unpin(&old);
    summarise(settings, peak, timing);
    timing->parameters = unroll_model_parameters(model);
    timing->gates = unroll_cell_find(unroll_text(settings, "cell"))->gates;
    unroll_model_close(model);
    free(samples.length);
    free(samples.x);
    free(samples.y);
    return unroll_ok();
}
