/* What a training step costs, beside what the machine could do. */
#include "unroll.h"

enum { TENTHS = 1 };

static unroll_status measure(const unroll_settings *settings, unroll_record *record)
{
    unroll_step_timing timing;
    UNROLL_TRY(unroll_time_training_step(settings, 0.1 * TENTHS, &timing));
    unroll_record_int(record, "parameters", "", timing.parameters);
    unroll_network_describe(settings, record);
    unroll_record_real(record, "ms_per_step", "ms", timing.median_ms);
    unroll_record_step(record, &timing);
    return unroll_ok();
}

/* The seed changes nothing but the weights: its values are the repetitions, which take turns with all other points. */
const unroll_experiment experiment_speed = {
    .name = "speed",
    .title = "time of a training step, by cell, width, batch and length",
    .claim = "at equal width a vanilla RNN and a GRU train faster than an LSTM",
    .source = "the number of their gates: 1, 3 and 4; Chung et al., 2014",
    .version = 1,
    .axes_quick = "model=rnn,lstm,gru hidden=16,64,256 batch=1,32 length=16,64 seed=0..5",
    .axes_full = "model=rnn,lstm,gru hidden=16,64,128,256,512 batch=1,32,128 length=16,64 seed=0..9",
    .fixed = "input=0 threads=1",
    .timed = true,
    .steps = true,
    .measure = measure,
    .metric = "ms_per_step",
    .groups = "hidden batch length model",
    .columns = "parameters gates ms_per_step:time gflops:time:alone peak_fraction:time",
    .figures = "speed",
    .published = {{"parameters", "model=rnn hidden=64", 8385, "arithmetic: 64 x (64 + 64 + 2) + 65"},
                  {"parameters", "model=gru hidden=64", 25025, "arithmetic: 3 x 64 x (64 + 64 + 2) + 65"},
                  {"parameters", "model=lstm hidden=64", 33345, "arithmetic: 4 x 64 x (64 + 64 + 2) + 65"}},
    .rules = {{UNROLL_RATIO, UNROLL_LOWER, .metric = "ms_per_step:time", .of = "model=rnn,gru", .against = "model=lstm"}},
    .taught = {{.order = 70,
                .name = "training speed",
                .measured = "time of a step of 64 units, batch 32, 64 steps long",
                .unit = "ms",
                .shown = {UNROLL_VALUE, .metric = "ms_per_step:time", .where = "hidden=64 batch=32 length=64"},
                .rnn = {"fast",
                        .rules = {{UNROLL_RATIO, UNROLL_LOWER, .metric = "ms_per_step:time", .against = "model=lstm,gru"}}},
                .lstm = {"slower",
                         .rules = {{UNROLL_RATIO, UNROLL_HIGHER, .metric = "ms_per_step:time", .against = "model=rnn,gru"}}},
                .gru = {"middle ground",
                        .rules = {{UNROLL_RATIO, UNROLL_LOWER, .metric = "ms_per_step:time", .against = "model=lstm"},
                                  {UNROLL_RATIO, UNROLL_HIGHER, .metric = "ms_per_step:time", .against = "model=rnn"}}}}},
};
