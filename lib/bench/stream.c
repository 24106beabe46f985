/* Timing one step of streaming inference beside the bandwidth of the cache that holds the weights. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/timed.h"

/* All sequences go one step on; the inputs are those of the first step, over and over. A model that keeps every step, and has no
   state of one size, begins anew after as many as a sequence has: its time is a mean over those. */
void unroll_timed_stream(void *timed)
{
    unroll_timed *t = timed;
    real y[1];
    if (unroll_model_state_size(t->model) == 0 && t->streamed++ == t->steps) {
        unroll_model_reset(t->model);
        t->streamed = 1;
    }
    unroll_model_step(t->model, t->batch, t->now, NULL, t->batch == 1 ? y : NULL);
}

static double bytes_a_weight(const unroll_settings *settings)
{
    const char *form = unroll_text(settings, "weights");
    return strcmp(form, "int8") == 0 ? 1.0 : strcmp(form, "bf16") == 0 ? 2.0 : sizeof(real);
}

static unroll_settings *changed(const unroll_settings *settings, const char *name, const char *value)
{
    unroll_settings *copy = unroll_settings_copy(settings);
    if (copy != NULL && unroll_settings_set(copy, name, value).code != UNROLL_OK) {
        unroll_settings_free(copy);
        copy = NULL;
    }
    return copy;
}

/* Root mean square of the difference between the output of this model and of one with float weights, as a share of the
   float one's root mean square, over `length` steps of the packed inputs. */
static unroll_status error_of(const unroll_settings *settings, unroll_timed *timed, double *error)
{
    unroll_settings *plain = changed(settings, "weights", "float");
    size_t outputs = (size_t)timed->batch;
    real *y = calloc(2 * outputs, sizeof *y);
    double squares = 0.0, differences = 0.0;
    unroll_timed other = {0};
    unroll_status status = plain == NULL || y == NULL ? unroll_error(UNROLL_FAILED, "out of memory")
                                                      : unroll_timed_open(plain, &other);
    if (status.code == UNROLL_OK)
        unroll_model_reset(timed->model);
    for (int t = 0; status.code == UNROLL_OK && t < timed->steps; t++) {
        unroll_timed_place(timed, t);
        unroll_model_step(timed->model, timed->batch, timed->now, NULL, y);
        unroll_model_step(other.model, timed->batch, timed->now, NULL, y + outputs);
        for (size_t i = 0; i < outputs; i++) {
            squares += (double)y[outputs + i] * (double)y[outputs + i];
            differences += ((double)y[i] - (double)y[outputs + i]) * ((double)y[i] - (double)y[outputs + i]);
        }
    }
    *error = squares > 0.0 ? sqrt(differences / squares) : 0.0;
    unroll_timed_close(&other);
    unroll_settings_free(plain);
    free(y);
    return status;
}

static void fill(unroll_record *record, const unroll_timed *timed, const double *ns, int count, double bandwidth, double bytes,
                 double error)
{
    unroll_quartiles time = unroll_quartiles_of(ns, count);
    int64_t samples[UNROLL_TIMING_SAMPLES];
    for (int i = 0; i < count; i++)
        samples[i] = (int64_t)ns[i];
    unroll_record_real(record, "us", "us", time.median * 1e-3);
    unroll_record_real(record, "spread", "", time.spread);
    unroll_record_real(record, "sequence_steps_per_s", "1/s", timed->batch / (time.median * 1e-9));
    unroll_record_real(record, "weight_kb", "kB", bytes * 1e-3);
    unroll_record_real(record, "gb_per_s", "GB/s", bytes / time.median);
    unroll_record_real(record, "of_bandwidth", "", bytes / time.median / bandwidth);
    unroll_record_real(record, "error", "", error);
    unroll_record_timing(record, "step", samples, count);
}

unroll_status unroll_bench_streaming(const unroll_settings *settings, double seconds, const unroll_ceilings *ceilings,
                                     const atomic_bool *stop, const unroll_bench_sink *sink)
{
    unroll_timed timed;
    double ns[UNROLL_TIMING_SAMPLES], error = 0.0, bytes;
    int count = 0, repeats;
    int64_t begin;
    unroll_pinned old;
    unroll_record *record;
    unroll_status status;
    UNROLL_TRY(unroll_timed_open(settings, &timed));
    if (!unroll_model_streams(timed.model)) {
        unroll_timed_close(&timed);
        return unroll_error(UNROLL_WRONG, "a model that needs later steps cannot go step by step");
    }
    status = strcmp(unroll_text(settings, "weights"), "float") != 0 ? error_of(settings, &timed, &error) : unroll_ok();
    unroll_model_reset(timed.model);
    unroll_pin(&old);
    repeats = unroll_repeats_for(unroll_timed_stream, &timed, 200000);
    begin = unroll_clock_ns();
    while (status.code == UNROLL_OK && unroll_wants_sample(count, begin, seconds) && !atomic_load(stop))
        ns[count++] = unroll_time_steps(unroll_timed_stream, &timed, repeats);
    unroll_unpin(&old);
    if (status.code == UNROLL_OK && count > 0) {
        bytes = (double)unroll_model_parameters(timed.model) * bytes_a_weight(settings);
        record = unroll_bench_record(settings);
        if (record != NULL)
            fill(record, &timed, ns, count, unroll_bandwidth_for(ceilings, bytes), bytes, error);
        sink->put(sink->context, record);
    }
    unroll_timed_close(&timed);
    return status;
}
