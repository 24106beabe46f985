/* Over how many steps each cell remembers: the longest lag at which it still solves a task within a fixed number of updates. */
#include "unroll.h"

const unroll_experiment experiment_memory_horizon = {
    .name = "memory_horizon",
    .title = "the longest lag that each cell solves: recall of a symbol, adding, temporal order",
    .claim = "a vanilla RNN connects what lies up to 10 to 20 steps apart and no more, an LSTM and a GRU what lies 50 apart",
    .source = "repeated by most tutorials; Bengio, Simard and Frasconi, 1994; Hochreiter and Schmidhuber, 1997",
    .version = 1,
    .axes_quick = "task=recall,adding lag=10,20,50 length=10,20,50 model=rnn,lstm,gru clip=1 lr=0.002,0.01 seed=0..5 steps=1500",
    .axes_full = "task=recall,adding,order lag=10,20,50,100,200 length=10,20,50,100,200 model=rnn,lstm,gru "
                 "init=pytorch,orthogonal,identity nonlinearity=tanh,relu clip=0,1 lr=0.0005,0.002,0.01 seed=0..9 steps=4000",
    .fixed = "hidden=32 batch=32 forget_bias=1 stop=solved",
    .without = {"model=lstm,gru init=orthogonal,identity", "model=lstm,gru clip=0", "init=identity nonlinearity=tanh",
                "init=pytorch,orthogonal nonlinearity=relu"},
    .best = "lr",
    .best_by = "seed=100..101",
    .groups = "task lag length model init nonlinearity clip",
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
