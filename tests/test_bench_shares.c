/* What unroll bench makes of the times that it takes: rates and shares, against operations and bytes that are counted here.
   No test looks at how fast anything is. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "suite.h"

typedef struct point {
    const char *cell;
    int gates, hidden, input, batch, length, layers;
} point;

static unroll_record *kept;

static void keep(void *context, unroll_record *record)
{
    (void)context;
    unroll_record_free(kept);
    kept = record;
}

/* The record of one point in the mode `name`. It is freed by the next call. */
static const unroll_record *measure(const char *name, const point *p, const char *weights, const unroll_ceilings *ceilings)
{
    char words[7][48];
    unroll_settings *settings = unroll_settings_new();
    const unroll_bench_sink sink = {keep, NULL};
    atomic_bool stop = false;
    const unroll_bench_mode *mode = NULL;
    snprintf(words[0], 48, "model=%s", p->cell);
    snprintf(words[1], 48, "hidden=%d", p->hidden);
    snprintf(words[2], 48, "input=%d", p->input);
    snprintf(words[3], 48, "batch=%d", p->batch);
    snprintf(words[4], 48, "length=%d", p->length);
    snprintf(words[5], 48, "layers=%d", p->layers);
    snprintf(words[6], 48, "weights=%s", weights);
    for (int i = 0; i < 7; i++)
        CU_ASSERT_EQUAL(unroll_settings_assign(settings, words[i]).code, UNROLL_OK);
    for (int i = 0; i < unroll_bench_mode_count; i++)
        if (strcmp(unroll_bench_modes[i].name, name) == 0)
            mode = &unroll_bench_modes[i];
    CU_ASSERT_PTR_NOT_NULL_FATAL(mode);
    CU_ASSERT_EQUAL(mode->measure(settings, 0.01, ceilings, &stop, &sink).code, UNROLL_OK);
    unroll_settings_free(settings);
    CU_ASSERT_PTR_NOT_NULL_FATAL(kept);
    return kept;
}

static double real_of(const unroll_record *record, const char *name)
{
    const unroll_column *column = unroll_record_find(record, name);
    CU_ASSERT_PTR_NOT_NULL_FATAL(column);
    return column->real;
}

static const unroll_timing *timing_of(const unroll_record *record, const char *name)
{
    for (int i = 0; i < record->timing_count; i++)
        if (strcmp(record->timings[i].name, name) == 0)
            return &record->timings[i];
    return NULL;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, by_size);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

static void nearly(double value, double wanted, double share)
{
    bool near = fabs(value - wanted) <= share * fabs(wanted);
    if (!near)
        fprintf(stderr, "\n%.10g is not %.10g\n", value, wanted);
    CU_ASSERT(near);
}

/* A gate of a unit takes one multiply-add from each input and each hidden unit, at every step of every sequence. Backward
   takes as many for the gradients of the weights and as many for those of inputs and hidden units. So does the head, once a
   sequence, with one output. The element-wise part does not count. */
static double operations(const point *p)
{
    double multiply_adds = 0;
    for (int layer = 0; layer < p->layers; layer++) {
        int inputs = layer == 0 ? p->input : p->hidden;
        for (int unit = 0; unit < p->hidden; unit++)
            multiply_adds += (double)p->gates * (inputs + p->hidden);
    }
    return 3 * 2 * (multiply_adds * p->length + p->hidden) * p->batch;
}

/* Long enough that a nanosecond, to which the record's samples are rounded, is small beside them. */
static const point points[] = {
    {"rnn", 1, 96, 40, 16, 20, 1},
    {"lstm", 4, 48, 48, 8, 12, 2},
    {"gru", 3, 50, 7, 9, 15, 3},
};
enum { POINTS = sizeof points / sizeof points[0] };

static void rates_and_shares_of_the_peak_are_of_the_operations_of_a_step(void)
{
    for (int k = 0; k < POINTS; k++) {
        const unroll_ceilings none = {0};
        const unroll_record *record = measure("train", &points[k], "float", &none);
        const unroll_timing *step = timing_of(record, "step"), *at_peak = timing_of(record, "step_at_peak");
        double ms = real_of(record, "ms"), flop = operations(&points[k]), values[UNROLL_TIMING_SAMPLES];
        CU_ASSERT_FATAL(step != NULL && at_peak != NULL && step->length > 0 && step->length == at_peak->length);
        for (int i = 0; i < step->length; i++)
            values[i] = (double)step->ns[i];
        nearly(ms, median(values, step->length) * 1e-6, 1e-12);
        nearly(real_of(record, "gflops"), flop / (ms * 1e-3) * 1e-9, 1e-12);
        nearly(real_of(record, "sequence_steps_per_s"), points[k].batch * points[k].length / (ms * 1e-3), 1e-12);
        for (int i = 0; i < step->length; i++)
            values[i] = flop / (double)at_peak->ns[i]; /* of one thread */
        nearly(real_of(record, "peak_gflops"), median(values, step->length), 1e-4);
        /* the share of each sample, of the peak measured beside it */
        for (int i = 0; i < step->length; i++)
            values[i] = flop / (double)step->ns[i] / (flop / (double)at_peak->ns[i]);
        nearly(real_of(record, "peak_fraction"), median(values, step->length), 1e-4);
        CU_ASSERT_EQUAL(unroll_record_find(record, "used_threads")->integer, 1);
    }
}

static void rates_and_shares_of_the_bandwidth_are_of_the_bytes_of_the_weights(void)
{
    static const struct {
        const char *weights;
        double bytes;
    } forms[] = {{"float", 4}, {"bf16", 2}, {"int8", 1}};
    const unroll_ceilings ceilings = {
        .l2_gb_per_s = 80, .l3_gb_per_s = 20, .memory_gb_per_s = 10, .l2_bytes = 60e3, .l3_bytes = 1e9};
    for (int k = 0; k < 3; k++) {
        const point p = {"gru", 3, 64, 32, 1, 4, 1};
        const unroll_record *record = measure("stream", &p, forms[k].weights, &ceilings);
        double weights = 3 * 64 * (32 + 64) + 2 * 3 * 64 + 64 + 1; /* of the layer, its biases and the head */
        double bytes = weights * forms[k].bytes, us = real_of(record, "us");
        nearly(real_of(record, "weight_kb"), bytes * 1e-3, 1e-12);
        nearly(real_of(record, "gb_per_s"), bytes * 1e-9 / (us * 1e-6), 1e-12);
        /* 18,881 weights: 76 kB of floats, 38 and 19 kB of the others, in caches of 60 kB and 1 GB */
        nearly(real_of(record, "of_bandwidth"), bytes * 1e-9 / (us * 1e-6) / (k == 0 ? 20 : 80), 1e-12);
        nearly(real_of(record, "sequence_steps_per_s"), 1 / (us * 1e-6), 1e-12);
    }
    unroll_record_free(kept);
    kept = NULL;
}

const unroll_test tests_bench_shares[] = {
    TEST(rates_and_shares_of_the_peak_are_of_the_operations_of_a_step),
    TEST(rates_and_shares_of_the_bandwidth_are_of_the_bytes_of_the_weights),
    {NULL, NULL},
};
