/* Over how many steps each cell remembers: the longest lag at which it still solves a task within a fixed number of updates. */
#include "unroll.h"

const unroll_experiment experiment_memory_horizon = {
    .name = "memory_horizon",
    .title = "the longest lag that each cell solves: recall of a symbol, adding, temporal order",
    .claim = "a vanilla RNN connects what lies up to 10 to 20 steps apart and no more, an LSTM and a GRU what lies 50 apart",
    .source = "repeated by most tutorials; Bengio, Simard and Frasconi, 1994; Hochreiter and Schmidhuber, 1997",
    .version = 1,
    .axes_quick = "task=recall,adding lag=10,20,50 length=10,20,50 model=rnn,lstm,gru lr=0.002,0.01 seed=0..5 steps=1500",
    .axes_full = "task=recall,adding,order lag=5,10,20,50,100,200 length=5,10,20,50,100,200 model=rnn,lstm,gru "
                 "init=pytorch,orthogonal,identity nonlinearity=tanh,relu lr=0.0005,0.002,0.01 seed=0..9 steps=10000",
    .fixed = "hidden=32 batch=32 clip=1 forget_bias=1 stop=solved",
    .best = "lr",
    .best_by = "seed=100..102",
    .groups = "task lag length model init nonlinearity",
    .columns = "parameters solved:share solved_step:until",
    .figures = "memory_horizon",
    .rules =
        {
            {UNROLL_HORIZON, UNROLL_AT_LEAST, .metric = "solved", .of = "model=rnn", .bound = 10, .over = "lag",
             .where = "task=recall"},
            {UNROLL_HORIZON, UNROLL_AT_MOST, .metric = "solved", .of = "model=rnn", .bound = 20, .over = "lag",
             .where = "task=recall"},
            {UNROLL_HORIZON, UNROLL_AT_LEAST, .metric = "solved", .of = "model=lstm,gru", .bound = 50, .over = "lag",
             .where = "task=recall"},
            {UNROLL_HORIZON, UNROLL_AT_LEAST, .metric = "solved", .of = "model=rnn", .bound = 10, .over = "length",
             .where = "task=adding,order"},
            {UNROLL_HORIZON, UNROLL_AT_MOST, .metric = "solved", .of = "model=rnn", .bound = 20, .over = "length",
             .where = "task=adding,order"},
            {UNROLL_HORIZON, UNROLL_AT_LEAST, .metric = "solved", .of = "model=lstm,gru", .bound = 50, .over = "length",
             .where = "task=adding,order"},
        },
};
