/* What more threads bring: to one run, and to as many runs side by side as there are cores. */
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/timed.h"

enum { MOST_COUNTS = 12 };

/* 1, 2, 4, ... and all cores */
static int thread_counts(int cores, int counts[MOST_COUNTS])
{
    int n = 0;
    for (int threads = 1; threads < cores && n < MOST_COUNTS - 1; threads *= 2)
        counts[n++] = threads;
    counts[n++] = cores;
    return n;
}

typedef struct scaling {
    unroll_timed one[MOST_COUNTS]; /* a model for every number of threads */
    unroll_timed *beside;          /* (cores): runs side by side */
    int threads[MOST_COUNTS], repeats[MOST_COUNTS], counts, cores;
    double ratio[MOST_COUNTS + 1][UNROLL_TIMING_SAMPLES], ns[MOST_COUNTS + 1][UNROLL_TIMING_SAMPLES];
    int samples;
} scaling;

static unroll_status open_one(const unroll_settings *settings, int threads, unroll_timed *timed)
{
    char text[16];
    unroll_settings *copy = unroll_settings_copy(settings);
    unroll_status status;
    if (copy == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory");
    snprintf(text, sizeof text, "%d", threads);
    status = unroll_settings_set(copy, "threads", text);
    if (status.code == UNROLL_OK)
        status = unroll_timed_open(copy, timed);
    unroll_settings_free(copy);
    return status;
}

unroll_status unroll_time_over_one_thread(const unroll_settings *settings, double seconds, double *over)
{
    double ratio[UNROLL_TIMING_SAMPLES];
    unroll_timed timed[2];
    int repeats[2], samples = 0;
    int64_t begin;
    unroll_status status;
    UNROLL_TRY(unroll_timed_open(settings, &timed[0]));
    status = open_one(settings, 1, &timed[1]);
    if (status.code == UNROLL_OK) {
        for (int i = 0; i < 2; i++)
            repeats[i] = unroll_repeats_for(unroll_timed_train, &timed[i], 2000000);
        begin = unroll_clock_ns();
        while (unroll_wants_sample(samples, begin, seconds)) {
            double ns = unroll_time_training(&timed[0], repeats[0]);
            ratio[samples++] = ns / unroll_time_training(&timed[1], repeats[1]);
        }
        *over = unroll_quartiles_of(ratio, samples).median;
        unroll_timed_close(&timed[1]);
    }
    unroll_timed_close(&timed[0]);
    return status;
}

static unroll_status open_all(const unroll_settings *settings, int cores, scaling *c)
{
    c->cores = cores;
    c->counts = thread_counts(c->cores, c->threads);
    c->beside = calloc((size_t)c->cores, sizeof *c->beside);
    if (c->beside == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory");
    for (int i = 0; i < c->counts; i++) {
        UNROLL_TRY(open_one(settings, c->threads[i], &c->one[i]));
        c->repeats[i] = unroll_repeats_for(unroll_timed_train, &c->one[i], 5000000);
    }
    for (int i = 0; i < c->cores; i++)
        UNROLL_TRY(open_one(settings, 1, &c->beside[i]));
    return unroll_ok();
}

/* time of a step of each when all run at once, each as often as one alone fills a sample */
static double time_beside(scaling *c)
{
    int64_t start = unroll_clock_ns();
#pragma omp parallel for num_threads(c->cores) schedule(static, 1)
    for (int i = 0; i < c->cores; i++)
        for (int k = 0; k < c->repeats[0]; k++)
            unroll_timed_train(&c->beside[i]);
    return (double)(unroll_clock_ns() - start) / c->repeats[0];
}

/* All in turns, so that the clock's wandering hits all. */
static void run_rounds(scaling *c, double seconds, const atomic_bool *stop)
{
    int64_t begin = unroll_clock_ns();
    time_beside(c);
    while (unroll_wants_sample(c->samples, begin, seconds) && !atomic_load(stop)) {
        int s = c->samples++;
        for (int i = 0; i < c->counts; i++)
            c->ns[i][s] = unroll_time_training(&c->one[i], c->repeats[i]);
        c->ns[c->counts][s] = time_beside(c);
        for (int i = 0; i < c->counts; i++)
            c->ratio[i][s] = c->ns[0][s] / c->ns[i][s];
        c->ratio[c->counts][s] = c->cores * c->ns[0][s] / c->ns[c->counts][s];
    }
}

static void tell(const unroll_settings *settings, const scaling *c, int i, const unroll_bench_sink *sink)
{
    bool beside = i == c->counts;
    unroll_record *record = unroll_bench_record(settings);
    unroll_quartiles ratio = unroll_quartiles_of(c->ratio[i], c->samples);
    if (record != NULL) {
        unroll_record_int(record, "runs", "", beside ? c->cores : 1);
        unroll_record_int(record, "threads_asked", "", beside ? 1 : c->threads[i]);
        unroll_record_int(record, "used_threads", "", beside ? 1 : unroll_model_threads(c->one[i].model));
        unroll_record_real(record, "ms", "ms", unroll_quartiles_of(c->ns[i], c->samples).median * 1e-6);
        unroll_record_real(record, "gain", "", ratio.median);
        unroll_record_real(record, "gain_low", "", ratio.low);
        unroll_record_real(record, "gain_high", "", ratio.high);
    }
    sink->put(sink->context, record);
}

unroll_status unroll_bench_threads(const unroll_settings *settings, double seconds, const unroll_ceilings *ceilings,
                                   const atomic_bool *stop, const unroll_bench_sink *sink)
{
    scaling *c = calloc(1, sizeof *c);
    unroll_status status;
    if (c == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory");
    status = open_all(settings, ceilings->cores, c);
    if (status.code == UNROLL_OK)
        run_rounds(c, seconds * (c->counts + 1), stop);
    for (int i = 0; i <= c->counts && c->samples > 0; i++)
        tell(settings, c, i, sink);
    for (int i = 0; i < c->counts; i++)
        unroll_timed_close(&c->one[i]);
    for (int i = 0; c->beside != NULL && i < c->cores; i++)
        unroll_timed_close(&c->beside[i]);
    free(c->beside);
    free(c);
    return status;
}
