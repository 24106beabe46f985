/* What a training step over as many steps costs when they are a few long sequences instead of many short ones: time and memory, at
   equal parameters, with one thread and with two. */
#include "unroll.h"

#include <stdio.h>

enum { ROWS = 4096, TENTHS = 2 }; /* steps of all sequences of a batch */

static unroll_status set_int(unroll_settings *settings, const char *name, int64_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)value);
    return unroll_settings_set(settings, name, text);
}

/* What many threads could come to: a model of the critical path, and no measurement. It takes sequences to be computed at the same
   time, each by a thread of its own that does the products with the state one step after the other, forward and then backward, and
   all other work to be divided among any number of threads without loss. Then a training step cannot become shorter than this share
   of what one thread takes (Amdahl): the products that wait for the step before, over the sequences. Its inverse bounds the
   speed-up. Where nothing waits the share is 0 and the model has no bound. Elementwise work is not counted, and a minGRU's scan over
   the steps, which is nothing else, counts as parallel. */
static unroll_status record_path(const unroll_settings *settings, unroll_record *record)
{
    unroll_model_shape shape = {.inputs = 2, .outputs = 1, .steps = (int)unroll_int(settings, "length"),
                                .batch = (int)unroll_int(settings, "batch"), .loss = "squared"};
    double share;
    UNROLL_TRY(unroll_shape_waiting(settings, &shape, &share));
    unroll_record_real(record, "sequential_share", "", share);
    unroll_record_real(record, "critical_share", "", share / shape.batch);
    return unroll_ok();
}

/* As many sequences as make the rows; the width that the task adding has at `params`, whose two inputs are those that are timed. */
static unroll_status settle(unroll_settings *settings)
{
    int64_t length = unroll_int(settings, "length");
    UNROLL_TRY(set_int(settings, "batch", length < ROWS ? ROWS / length : 1));
    UNROLL_TRY(set_int(settings, "input", 2));
    UNROLL_TRY(unroll_settings_set(settings, "task", "adding"));
    return unroll_resolve_params(settings, NULL);
}

/* What the threads bring to the step that is timed. */
static unroll_status record_threads(const unroll_settings *settings, unroll_record *record)
{
    double over;
    if (unroll_int(settings, "threads") == 1)
        return unroll_ok();
    UNROLL_TRY(unroll_time_over_one_thread(settings, 0.1 * TENTHS, &over));
    unroll_record_real(record, "over_one_thread", "times", over);
    return unroll_ok();
}

static unroll_status measure(const unroll_settings *settings, unroll_record *record)
{
    unroll_settings *own = unroll_settings_copy(settings);
    unroll_step_timing timing;
    unroll_status status = own == NULL ? unroll_error(UNROLL_FAILED, "out of memory for the settings of a model") : settle(own);
    if (status.code == UNROLL_OK)
        status = unroll_time_training_step(own, 0.1 * TENTHS, &timing);
    if (status.code == UNROLL_OK) {
        unroll_record_int(record, "parameters", "", timing.parameters);
        unroll_record_int(record, "width", "units", unroll_int(own, "hidden"));
        unroll_record_int(record, "sequences", "", unroll_int(own, "batch"));
        unroll_record_int(record, "used_threads", "", timing.threads);
        unroll_record_real(record, "ms_per_step", "ms", timing.median_ms);
        unroll_record_real(record, "memory_mb", "MB", 1e-6 * (double)timing.memory);
        unroll_record_step(record, &timing);
        status = record_path(own, record);
    }
    if (status.code == UNROLL_OK)
        status = record_threads(own, record);
    unroll_settings_free(own);
    return status;
}

#define FENG "Feng et al., 2024, section 4.1, on a T4 GPU"

/* The seed changes nothing but the weights: its values are the repetitions, which take turns with all other points. */
const unroll_experiment experiment_length_scaling = {
    .name = "length_scaling",
    .title = "time and memory of a training step over 4096 steps, by their number in a sequence, at equal parameters",
    .claim = "a Transformer, which computes all steps of a sequence together, trains faster than a vanilla RNN, an LSTM and a GRU, and "
             "gains more from a second thread where sequences are few",
    .source = "repeated by most tutorials; Vaswani et al., 2017, table 1",
    .version = 4,
    .axes_quick = "model=rnn,lstm,gru,mingru,transformer params=20000 length=64,4096 threads=1,2 seed=0..5",
    .axes_full = "model=rnn,lstm,gru,mingru,transformer params=20000,200000 length=64,256,1024,4096 threads=1,2 seed=0..10",
    .fixed = "layers=2",
    .timed = true,
    .measure = measure,
    .metric = "ms_per_step",
    .groups = "params threads length model",
    .columns = "width parameters sequences used_threads:alone ms_per_step:time over_one_thread:time gflops:time:alone "
               "peak_fraction:time memory_mb sequential_share critical_share",
    .figures = "length_scaling",
    /* there with 64 sequences, at equal width, and the time on a GPU, which has room for all steps of a minGRU at
       once; they were added after the runs */
    .published = {{"ms_per_step:time", "params=200000 length=4096 threads=1", 1324, FENG, 0.1, .relative = true, .of = "model=gru",
                   .against = "model=mingru"},
                  {"memory_mb", "params=200000 length=4096 threads=1", 1.88, FENG, 0.1, .relative = true, .of = "model=mingru",
                   .against = "model=gru"}},
    .rules =
        {
            {UNROLL_RATIO, UNROLL_LOWER, .metric = "ms_per_step:time", .of = "model=transformer", .against = "model=rnn",
             .where = "threads=1"},
            {UNROLL_RATIO, UNROLL_LOWER, .metric = "ms_per_step:time", .of = "model=transformer", .against = "model=lstm",
             .where = "threads=1"},
            {UNROLL_RATIO, UNROLL_LOWER, .metric = "ms_per_step:time", .of = "model=transformer", .against = "model=gru",
             .where = "threads=1"},
            {UNROLL_RATIO, UNROLL_LOWER, .metric = "over_one_thread:time", .of = "model=transformer",
             .against = "model=rnn,lstm,gru", .where = "threads=2 length=4096"},
        },
    .taught =
        {{.table = UNROLL_TAUGHT_TRANSFORMER,
          .order = 20,
          .name = "training",
          .measured = "time of a step with two threads over its time with one: one sequence of 4096 steps, 200000 parameters "
                      "(quick size: 20000); a recurrent network takes one thread for each sequence here; in the first column the "
                      "LSTM's",
          .shown = {UNROLL_VALUE, .metric = "over_one_thread:time", .where = "threads=2 length=4096 params=max"},
          .recurrent = {"inherently sequential, hard to parallelise",
                        .rules = {{UNROLL_VALUE, UNROLL_AT_LEAST, .metric = "over_one_thread:time", .bound = 0.9,
                                   .where = "threads=2 length=4096"}}},
          .transformer = {"highly parallelisable",
                          .rules = {{UNROLL_VALUE, UNROLL_AT_MOST, .metric = "over_one_thread:time", .bound = 0.75,
                                     .where = "threads=2 length=4096"}}}},
         {.table = UNROLL_TAUGHT_TRANSFORMER,
          .order = 21,
          .name = "training time",
          .measured = "of a step, one sequence of 4096 steps, 200000 parameters (quick size: 20000), one thread; in the first "
                      "column the LSTM's",
          .unit = "ms",
          .shown = {UNROLL_VALUE, .metric = "ms_per_step:time", .where = "threads=1 length=4096 params=max"},
          .recurrent = {""},
          .transformer = {"faster training", .rules = {{UNROLL_RATIO, UNROLL_LOWER, .metric = "ms_per_step:time",
                                                        .against = "model=rnn,lstm,gru"}}}}},
};
