/* How fast exp, sigmoid and tanh are, on every instruction set that the processor has. */
#include "bench/timed.h"
#include "base/team.h"
#include "simd/engine.h"

enum { COUNT = 4096 }; /* two arrays of them stay in the first-level cache */

typedef struct work {
    void (*function)(const real *x, real *y, size_t count);
    _Alignas(64) real x[COUNT];
    _Alignas(64) real y[COUNT];
} work;

static void once(void *context)
{
    work *w = context;
    w->function(w->x, w->y, COUNT);
}

static void measure(const unroll_settings *settings, const char *isa, const char *name, work *w, double seconds,
                    const unroll_bench_sink *sink)
{
    double rate[UNROLL_TIMING_SAMPLES];
    int repeats = unroll_repeats_for(once, w, 100000), count = 0;
    int64_t begin = unroll_clock_ns();
    unroll_record *record = unroll_bench_record(settings);
    unroll_quartiles q;
    while (unroll_wants_sample(count, begin, seconds))
        rate[count++] = COUNT / unroll_time_steps(once, w, repeats);
    q = unroll_quartiles_of(rate, count);
    if (record != NULL) {
        unroll_record_text(record, "instructions", isa);
        unroll_record_text(record, "function", name);
        unroll_record_real(record, "elements_per_ns", "1/ns", q.median);
        unroll_record_real(record, "spread", "", q.spread);
    }
    sink->put(sink->context, record);
}

unroll_status unroll_bench_elementwise(const unroll_settings *settings, double seconds, const unroll_ceilings *ceilings,
                                       const atomic_bool *stop, const unroll_bench_sink *sink)
{
    static work w;
    unroll_pinned old;
    (void)ceilings;
    unroll_flush_denormals();
    for (int i = 0; i < COUNT; i++)
        w.x[i] = (real)(8.0 * (2.0 * i / COUNT - 1.0));
    unroll_pin(&old);
    for (int i = 0; i < unroll_isa_count; i++) {
        const unroll_engine *engine = unroll_isas[i].engine;
        const struct {
            const char *name;
            void (*function)(const real *x, real *y, size_t count);
        } all[] = {{"exp", engine->exp}, {"sigmoid", engine->sigmoid}, {"tanh", engine->tanh}};
        for (int k = 0; k < 3 && unroll_isas[i].supported() && !atomic_load(stop); k++) {
            w.function = all[k].function;
            measure(settings, unroll_isas[i].name, all[k].name, &w, seconds, sink);
        }
    }
    unroll_unpin(&old);
    return unroll_ok();
}
