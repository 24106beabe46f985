/* The two classic benchmarks of long lags, at the sizes of Bai, Kolter and Koltun (2018), beside what they published. */
#include "unroll.h"

const unroll_experiment experiment_copy_and_adding = {
    .name = "copy_and_adding",
    .title = "copy memory and adding over long lags, at equal parameters",
    .claim = "at equal parameters an LSTM and a GRU add numbers over a long lag better than a vanilla RNN does",
    .source = "Hochreiter and Schmidhuber, 1997; Arjovsky, Shah and Bengio, 2016; Bai, Kolter and Koltun, 2018",
    .version = 1,
    .axes_quick = "task=copy,adding length=50 params=16000 model=rnn,lstm,gru lr=0.002,0.005 seed=0..5 steps=500",
    .axes_full = "task=copy,adding length=600,1000 params=16000,70000 model=rnn,lstm,gru lr=0.001,0.005 seed=0..5 "
                 "steps=3000",
    .fixed = "batch=32 clip=1",
    .best = "lr",
    .best_by = "seed=100",
    .without = {"task=copy length=600", "task=copy params=70000", "task=adding length=1000", "task=adding params=16000 length=600"},
    .groups = "task length params model",
    .columns = "width parameters ms_per_step:time mse baseline_mse:given nats_per_step baseline_nats_per_step:given test_recalled:alone "
               "solved:share",
    .figures = "copy_and_adding",
    .published = {{"nats_per_step", "task=copy length=1000 model=lstm", 0.0204, "Bai et al., 2018, table 1", 0.0002},
                  {"nats_per_step", "task=copy length=1000 model=gru", 0.0197, "Bai et al., 2018, table 1", 0.0002},
                  {"nats_per_step", "task=copy length=1000 model=rnn", 0.0202, "Bai et al., 2018, table 1", 0.0002},
                  {"mse", "task=adding length=600 model=lstm", 0.164, "Bai et al., 2018, table 1", 0.1, true},
                  {"mse", "task=adding length=600 model=gru", 5.3e-5, "Bai et al., 2018, table 1", 0.5, true},
                  {"mse", "task=adding length=600 model=rnn", 0.177, "Bai et al., 2018, table 1", 0.1, true}},
    .rules = {{UNROLL_DIFFERENCE, UNROLL_LOWER, .metric = "mse", .of = "model=lstm,gru", .against = "model=rnn",
               .where = "task=adding"}},
};
