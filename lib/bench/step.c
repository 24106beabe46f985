/* Timing the training step beside the machine's fused-multiply-add peak. */
#include "bench/bench.h"
#include "bench/timed.h"
#include "simd/engine.h"

static const unroll_setting rows[] = {
    {"input", UNROLL_INT, 0, 1000000, "", "0", "inputs", "inputs a step of the timed model; 0: as many as hidden units",
     "bench", UNROLL_SETTING_BENCH},
    {"against", UNROLL_TEXT, 0, 0, "", "model=lstm", "",
     "with --beside: time each point in turns with itself under this setting", "bench", UNROLL_SETTING_BENCH},
    {"classes", UNROLL_INT, 0, 10000000, "", "0", "classes", "of the timed softmax (--wide, --words)", "bench",
     UNROLL_SETTING_BENCH},
};

void unroll_register_bench_settings(void)
{
    unroll_settings_register(rows, (int)(sizeof rows / sizeof rows[0]));
}

double unroll_measure_peak(const unroll_settings *settings, double seconds)
{
    const unroll_engine *engine = unroll_isa_of(settings)->engine;
    real sink[3] = {(real)0.999, (real)0.001, 0};
    double flop = 0.0;
    int64_t start = unroll_clock_ns(), now;
    do {
        flop += engine->peak(5000, sink);
        now = unroll_clock_ns();
    } while ((double)(now - start) < seconds * 1e9);
    return flop / (double)(now - start);
}

/* `peak`: the machine's, beside each sample: its clock wanders, and a share of the peak is one of the same moment */
static void summarise(const unroll_settings *settings, const double *peak, unroll_step_timing *timing)
{
    double rows_in_all = (double)unroll_int(settings, "batch") * (double)unroll_int(settings, "length");
    double values[UNROLL_TIMING_SAMPLES];
    unroll_quartiles time;
    for (int i = 0; i < timing->count; i++)
        values[i] = (double)timing->ns[i];
    time = unroll_quartiles_of(values, timing->count);
    timing->median_ms = time.median * 1e-6;
    timing->spread = time.spread;
    timing->gflops = timing->gflop / (time.median * 1e-9);
    timing->peak_gflops = unroll_quartiles_of(peak, timing->count).median;
    for (int i = 0; i < timing->count; i++) {
        double at_peak = timing->gflop / (peak[i] * timing->threads) * 1e9;
        timing->at_peak_ns[i] = (int64_t)(at_peak + 0.5);
        values[i] = at_peak / (double)timing->ns[i];
    }
    timing->peak_fraction = unroll_quartiles_of(values, timing->count).median;
    timing->sequence_steps_per_s = rows_in_all / (time.median * 1e-9);
}

/* peak: room for UNROLL_TIMING_SAMPLES, the mean of what was measured before and after each sample */
static void measure(const unroll_settings *settings, unroll_timed *timed, double seconds, double *peak,
                    unroll_step_timing *timing)
{
    int64_t begin = unroll_clock_ns();
    double before;
    /* a sample is long enough for the clock, short enough that there are many */
    timing->repeats = unroll_repeats_for(unroll_timed_train, timed, 2000000);
    timing->count = 0;
    before = unroll_measure_peak(settings, 0.0005);
    while (unroll_wants_sample(timing->count, begin, seconds)) {
        double after;
        timing->ns[timing->count] = (int64_t)unroll_time_training(timed, timing->repeats);
        after = unroll_measure_peak(settings, 0.0005);
        peak[timing->count++] = (before + after) / 2.0;
        before = after;
    }
}

unroll_status unroll_time_training_step(const unroll_settings *settings, double seconds, unroll_step_timing *timing)
{
    bool alone = unroll_int(settings, "threads") == 1;
    double peak[UNROLL_TIMING_SAMPLES];
    unroll_timed timed;
    unroll_pinned old;
    UNROLL_TRY(unroll_timed_open(settings, &timed));
    if (alone)
        unroll_pin(&old);
    measure(settings, &timed, seconds, peak, timing);
    if (alone)
        unroll_unpin(&old);
    timing->threads = unroll_model_threads(timed.model);
    timing->parameters = unroll_model_parameters(timed.model);
    timing->memory = unroll_model_memory(timed.model);
    timing->gflop = unroll_model_operations(timed.model) * 1e-9;
    timing->intensity = unroll_model_operations(timed.model) / unroll_model_bytes(timed.model);
    summarise(settings, peak, timing);
    unroll_timed_close(&timed);
    return unroll_ok();
}

void unroll_record_step(unroll_record *record, const unroll_step_timing *timing)
{
    unroll_record_real(record, "sequence_steps_per_s", "1/s", timing->sequence_steps_per_s);
    unroll_record_real(record, "gflops", "GFLOP/s", timing->gflops);
    unroll_record_real(record, "peak_gflops", "GFLOP/s", timing->peak_gflops);
    unroll_record_real(record, "peak_fraction", "", timing->peak_fraction);
    unroll_record_real(record, "spread", "", timing->spread);
    unroll_record_timing(record, "step", timing->ns, timing->count);
}

unroll_status unroll_bench_training(const unroll_settings *settings, double seconds, const unroll_ceilings *ceilings,
                                    const atomic_bool *stop, const unroll_bench_sink *sink)
{
    unroll_step_timing timing;
    unroll_record *record;
    (void)ceilings, (void)stop;
    UNROLL_TRY(unroll_time_training_step(settings, seconds, &timing));
    record = unroll_bench_record(settings);
    if (record == NULL) {
        sink->put(sink->context, NULL);
        return unroll_ok();
    }
    unroll_record_real(record, "ms", "ms", timing.median_ms);
    unroll_record_step(record, &timing);
    unroll_record_real(record, "intensity", "FLOP/byte", timing.intensity);
    unroll_record_int(record, "used_threads", "", timing.threads);
    unroll_record_timing(record, "step_at_peak", timing.at_peak_ns, timing.count);
    sink->put(sink->context, record);
    return unroll_ok();
}
