/* Timing training steps in turns with those of the same point under another setting: a model beside the LSTM, a cell with
   something beside its plain form. */
#include <stdlib.h>

#include "bench/timed.h"

/* Two models at one point, and their samples. */
typedef struct pair {
    unroll_timed one, other;
    int repeats[2], count;
    double ns[UNROLL_TIMING_SAMPLES], other_ns[UNROLL_TIMING_SAMPLES];
    double ratio[UNROLL_TIMING_SAMPLES], share[UNROLL_TIMING_SAMPLES]; /* of the times; of the peak, measured beside */
} pair;

static unroll_status one_thread(const unroll_settings *settings)
{
    return unroll_int(settings, "threads") == 1
               ? unroll_ok() : unroll_error(UNROLL_WRONG, "--beside times one thread: leave threads=1");
}

static unroll_status open_other(const unroll_settings *settings, unroll_timed *other)
{
    unroll_settings *copy = unroll_settings_copy(settings);
    const unroll_isa *isa;
    unroll_status status;
    if (copy == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory");
    status = unroll_settings_assign(copy, unroll_text(settings, "against"));
    if (status.code == UNROLL_OK)
        status = unroll_isa_find(unroll_text(copy, "isa"), &isa);
    if (status.code == UNROLL_OK)
        status = one_thread(copy);
    if (status.code == UNROLL_OK)
        status = unroll_timed_open(copy, other);
    unroll_settings_free(copy);
    return status;
}

/* first the one, then the other, and at the next sample the other way round */
static void sample(pair *p, const unroll_settings *settings)
{
    int i = p->count++;
    double before = unroll_measure_peak(settings, 0.0005), flop = unroll_model_operations(p->one.model);
    if (i % 2 == 1)
        p->other_ns[i] = unroll_time_steps(unroll_timed_train, &p->other, p->repeats[1]);
    p->ns[i] = unroll_time_steps(unroll_timed_train, &p->one, p->repeats[0]);
    if (i % 2 == 0)
        p->other_ns[i] = unroll_time_steps(unroll_timed_train, &p->other, p->repeats[1]);
    p->ratio[i] = p->ns[i] / p->other_ns[i];
    p->share[i] = flop / p->ns[i] * 2.0 / (before + unroll_measure_peak(settings, 0.0005));
}

static unroll_record *tell(const unroll_settings *settings, const pair *p)
{
    unroll_record *record = unroll_bench_record(settings);
    unroll_quartiles ratio = unroll_quartiles_of(p->ratio, p->count);
    if (record == NULL)
        return NULL;
    unroll_record_int(record, "parameters", "", unroll_model_parameters(p->one.model));
    unroll_record_real(record, "ms", "ms", unroll_quartiles_of(p->ns, p->count).median * 1e-6);
    unroll_record_real(record, "against_ms", "ms", unroll_quartiles_of(p->other_ns, p->count).median * 1e-6);
    unroll_record_real(record, "times", "", ratio.median);
    unroll_record_real(record, "times_low", "", ratio.low);
    unroll_record_real(record, "times_high", "", ratio.high);
    unroll_record_real(record, "peak_fraction", "", unroll_quartiles_of(p->share, p->count).median);
    return record;
}

static void measure(const unroll_settings *settings, pair *p, double seconds, const atomic_bool *stop,
                    const unroll_bench_sink *sink)
{
    unroll_pinned old;
    int64_t begin;
    unroll_pin(&old);
    p->repeats[0] = unroll_repeats_for(unroll_timed_train, &p->one, 2000000);
    p->repeats[1] = unroll_repeats_for(unroll_timed_train, &p->other, 2000000);
    begin = unroll_clock_ns();
    while (unroll_wants_sample(p->count, begin, 2 * seconds) && !atomic_load(stop))
        sample(p, settings);
    unroll_unpin(&old);
    if (p->count > 0)
        sink->put(sink->context, tell(settings, p));
}

unroll_status unroll_bench_beside(const unroll_settings *settings, double seconds, const unroll_ceilings *ceilings,
                                  const atomic_bool *stop, const unroll_bench_sink *sink)
{
    pair *p = calloc(1, sizeof *p);
    unroll_status status;
    (void)ceilings;
    if (p == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory");
    status = one_thread(settings);
    if (status.code == UNROLL_OK)
        status = unroll_timed_open(settings, &p->one);
    if (status.code == UNROLL_OK)
        status = open_other(settings, &p->other);
    if (status.code == UNROLL_OK)
        measure(settings, p, seconds, stop, sink);
    unroll_timed_close(&p->other);
    unroll_timed_close(&p->one);
    free(p);
    return status;
}
