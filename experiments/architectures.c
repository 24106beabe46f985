/* The field's first claim: how far back each cell can look, and what it costs to learn that. */
#include "unroll.h"

const unroll_experiment experiment_architectures = {
    .name = "architectures",
    .title = "RNN, LSTM and GRU on the adding problem, by sequence length and width",
    .claim = "a vanilla RNN loses what lies more than 10 to 20 steps back, an LSTM and a GRU keep it",
    .source = "Bengio, Simard and Frasconi, 1994; Hochreiter and Schmidhuber, 1997; Cho et al., 2014",
    .version = 3,
    .axes_quick = "length=10,20,50,100 hidden=64 model=rnn,lstm,gru lr=0.002,0.01 seed=0..5 steps=2000",
    .axes_full = "length=10,20,50,100,200 hidden=32,64 model=rnn,lstm,gru lr=0.001,0.003,0.01 seed=0..9 steps=6000",
    .fixed = "task=adding batch=32 clip=1",
    .best = "lr",
    .best_by = "seed=100..101",
    .groups = "length hidden model",
    .columns = "parameters gates ms_per_step:time mse solved:share solved_seconds:until:time",
    .figures = "architectures architectures-curves",
    .published = {{"parameters", "model=rnn hidden=64", 4417, "arithmetic: 64 x (2 + 64 + 2) + 65"},
                  {"parameters", "model=gru hidden=64", 13121, "arithmetic: 3 x 64 x (2 + 64 + 2) + 65"},
                  {"parameters", "model=lstm hidden=64", 17473, "arithmetic: 4 x 64 x (2 + 64 + 2) + 65"}},
    .rules =
        {
            {UNROLL_HORIZON, UNROLL_AT_LEAST, .metric = "solved", .of = "model=rnn", .bound = 10, .over = "length"},
            {UNROLL_HORIZON, UNROLL_AT_MOST, .metric = "solved", .of = "model=rnn", .bound = 20, .over = "length"},
            {UNROLL_HORIZON, UNROLL_AT_LEAST, .metric = "solved", .of = "model=lstm,gru", .bound = 50, .over = "length"},
            {UNROLL_DIFFERENCE, UNROLL_LOWER, .metric = "mse", .of = "model=lstm,gru", .against = "model=rnn", .where = "length=50..200"},
        },
};
