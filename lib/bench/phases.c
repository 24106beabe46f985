/* Where the time of a training step goes. */
#include <string.h>

#include "bench/timed.h"
#include "base/team.h"

typedef struct watched {
    unroll_phase phase;
    int64_t since, ns[UNROLL_PHASES];
} watched;

static void change(void *context, unroll_phase phase)
{
    watched *w = context;
    int64_t now = unroll_clock_ns();
    w->ns[w->phase] += now - w->since;
    w->since = now;
    w->phase = phase;
}

static const char *const names[UNROLL_PHASES] = {
    [UNROLL_PHASE_OTHER] = "other",         [UNROLL_PHASE_INPUT] = "input_product",
    [UNROLL_PHASE_RECURRENT] = "recurrent", [UNROLL_PHASE_CELL] = "elementwise",
    [UNROLL_PHASE_WEIGHTS] = "gradients",   [UNROLL_PHASE_INPUT_GRADIENT] = "input_gradient",
    [UNROLL_PHASE_OPTIMIZER] = "update",
};

unroll_status unroll_bench_phases(const unroll_settings *settings, double seconds, const unroll_ceilings *ceilings,
                                  const atomic_bool *stop, const unroll_bench_sink *sink)
{
    unroll_timed timed;
    watched w = {0};
    unroll_watch watch = {change, &w};
    double plain[UNROLL_TIMING_SAMPLES], slower[UNROLL_TIMING_SAMPLES], all = 0.0;
    int count = 0, repeats;
    int64_t begin;
    unroll_record *record;
    (void)ceilings;
    UNROLL_TRY(unroll_timed_open(settings, &timed));
    repeats = unroll_repeats_for(unroll_timed_train, &timed, 2000000);
    begin = unroll_clock_ns();
    while (unroll_wants_sample(count, begin, seconds) && !atomic_load(stop)) {
        plain[count] = unroll_time_steps(unroll_timed_train, &timed, repeats);
        unroll_model_watch(timed.model, &watch);
        w.since = unroll_clock_ns();
        w.phase = UNROLL_PHASE_OTHER;
        slower[count] = unroll_time_steps(unroll_timed_train, &timed, repeats);
        change(&w, UNROLL_PHASE_OTHER);
        unroll_model_watch(timed.model, NULL);
        slower[count] /= plain[count];
        count++;
    }
    unroll_timed_close(&timed);
    if (count == 0)
        return unroll_ok();
    record = unroll_bench_record(settings);
    for (int i = 0; i < UNROLL_PHASES; i++)
        all += (double)w.ns[i];
    if (record != NULL) {
        unroll_record_real(record, "ms", "ms", unroll_quartiles_of(plain, count).median * 1e-6);
        unroll_record_real(record, "slowed", "", unroll_quartiles_of(slower, count).median);
        for (int i = 0; i < UNROLL_PHASES; i++)
            unroll_record_real(record, names[i], "", (double)w.ns[i] / all);
    }
    sink->put(sink->context, record);
    return unroll_ok();
}
