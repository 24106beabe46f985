/* The timed model, and repetition. */
#ifdef __linux__
#define _GNU_SOURCE
#include <sched.h>
#endif
#include "bench/timed.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/quantile.h"
#include "base/random.h"
#include "simd/engine.h"

const unroll_isa *unroll_isa_of(const unroll_settings *settings)
{
    const unroll_isa *isa;
    unroll_status status = unroll_isa_find(unroll_text(settings, "isa"), &isa);
    assert(status.code == UNROLL_OK);
    return isa;
}

#ifdef __linux__
void unroll_pin(unroll_pinned *old)
{
    cpu_set_t one;
    int here = sched_getcpu();
    CPU_ZERO(&one);
    if (sched_getaffinity(0, sizeof *old, (cpu_set_t *)old) == 0 && here >= 0) {
        CPU_SET(here, &one);
        sched_setaffinity(0, sizeof one, &one);
    }
}
void unroll_unpin(const unroll_pinned *old)
{
    sched_setaffinity(0, sizeof *old, (const cpu_set_t *)old);
}
#else
void unroll_pin(unroll_pinned *old)
{
    memset(old, 0, sizeof *old);
}
void unroll_unpin(const unroll_pinned *old)
{
    (void)old;
}
#endif

unroll_status unroll_timed_open(const unroll_settings *settings, unroll_timed *timed)
{
    int inputs = (int)unroll_int(settings, "input");
    unroll_model_shape shape = {.inputs = inputs > 0 ? inputs : (int)unroll_int(settings, "hidden"),
                                .outputs = 1,
                                .steps = (int)unroll_int(settings, "length"),
                                .batch = (int)unroll_int(settings, "batch"),
                                .loss = "squared",
                                .input_gradient = true};
    size_t count = (size_t)shape.batch * (size_t)shape.steps * (size_t)shape.inputs;
    unroll_random random = unroll_random_open(1, UNROLL_FOR_TRAIN, 0, 0);
    unroll_samples samples = {0};
    *timed = (unroll_timed){.inputs = shape.inputs, .steps = shape.steps, .batch = shape.batch};
    UNROLL_TRY(unroll_model_open(settings, &shape, &timed->model));
    samples.length = malloc((size_t)shape.batch * sizeof *samples.length);
    timed->x = malloc(count * sizeof *timed->x);
    timed->y = malloc((size_t)shape.batch * sizeof *timed->y);
    timed->now = malloc((size_t)shape.batch * (size_t)shape.inputs * sizeof *timed->now);
    if (timed->now == NULL || samples.length == NULL || timed->x == NULL || timed->y == NULL) {
        free(samples.length);
        unroll_timed_close(timed);
        return unroll_error(UNROLL_FAILED, "out of memory: %zu inputs", count);
    }
    for (int b = 0; b < shape.batch; b++) {
        samples.length[b] = shape.steps;
        timed->y[b] = (float)unroll_random_uniform(&random);
    }
    for (size_t i = 0; i < count; i++)
        timed->x[i] = (float)(2.0 * unroll_random_uniform(&random) - 1.0);
    samples.x = timed->x;
    samples.y = timed->y;
    unroll_model_pack(timed->model, &samples, shape.batch);
    free(samples.length);
    unroll_timed_place(timed, 0);
    return unroll_ok();
}

void unroll_timed_place(unroll_timed *timed, int t)
{
    size_t inputs = (size_t)timed->inputs;
    for (int b = 0; b < timed->batch; b++)
        for (size_t i = 0; i < inputs; i++)
            timed->now[(size_t)b * inputs + i] = timed->x[((size_t)b * (size_t)timed->steps + (size_t)t) * inputs + i];
}

void unroll_timed_close(unroll_timed *timed)
{
    unroll_model_close(timed->model);
    free(timed->x);
    free(timed->y);
    free(timed->now);
    *timed = (unroll_timed){0};
}

void unroll_timed_train(void *timed)
{
    unroll_timed *t = timed;
    unroll_model_gradient(t->model, NULL);
    unroll_model_update(t->model);
}

int unroll_repeats_for(void (*step)(void *context), void *context, int64_t ns)
{
    int64_t start, each;
    step(context);
    start = unroll_clock_ns();
    step(context);
    each = unroll_clock_ns() - start;
    return each >= ns ? 1 : (int)(ns / (each + 1)) + 1;
}

double unroll_time_steps(void (*step)(void *context), void *context, int repeats)
{
    int64_t start = unroll_clock_ns();
    for (int i = 0; i < repeats; i++)
        step(context);
    return (double)(unroll_clock_ns() - start) / repeats;
}

double unroll_time_training(unroll_timed *timed, int repeats)
{
    if (unroll_model_threads(timed->model) > 1)
        unroll_timed_train(timed);
    return unroll_time_steps(unroll_timed_train, timed, repeats);
}

bool unroll_wants_sample(int count, int64_t begin, double seconds)
{
    enum { LEAST = 5 };
    return count < UNROLL_TIMING_SAMPLES && (count < LEAST || (double)(unroll_clock_ns() - begin) < seconds * 1e9);
}

unroll_quartiles unroll_quartiles_of(const double *values, int count)
{
    double sorted[UNROLL_TIMING_SAMPLES];
    unroll_quartiles q;
    memcpy(sorted, values, (size_t)count * sizeof *sorted);
    unroll_sort(sorted, count);
    q.low = unroll_quantile(sorted, count, 0.25);
    q.median = unroll_quantile(sorted, count, 0.5);
    q.high = unroll_quantile(sorted, count, 0.75);
    q.spread = (q.high - q.low) / q.median;
    return q;
}

unroll_record *unroll_bench_record(const unroll_settings *settings)
{
    unroll_record *record = unroll_record_new(settings);
    int64_t input = unroll_int(settings, "input");
    if (record == NULL)
        return NULL;
    unroll_record_text(record, "instructions", unroll_isa_of(settings)->name);
    unroll_record_int(record, "inputs", "", input > 0 ? input : unroll_int(settings, "hidden"));
    return record;
}
