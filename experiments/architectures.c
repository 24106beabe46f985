/* The field's first claim: how far back each cell can look, and what it costs to learn that. */
#include "unroll.h"

const unroll_experiment experiment_architectures = {
    .name = "architectures",
    .title = "RNN, LSTM and GRU on the adding problem, by sequence length and width",
    .claim = "a vanilla RNN loses what lies more than 10 to 20 steps back, an LSTM and a GRU keep it",
    .source = "Bengio, Simard and Frasconi, 1994; Hochreiter and Schmidhuber, 1997; Cho et al., 2014",
    .version = 2,
    .axes_quick = "length=10,20,50,100 hidden=32,64 model=rnn,lstm,gru seed=0..4 steps=2000",
    .axes_full = "length=10,20,50,100,200,400 hidden=32,64,128 model=rnn,lstm,gru seed=0..9 steps=10000",
    .fixed = "task=adding batch=32 lr=0.005 clip=1",
    .groups = "length hidden model",
    .columns = "parameters gates ms_per_step mse solved:share solved_seconds",
    .figures = "architectures architectures-curves",
    .prediction = {"mse", "model", "lstm gru", "rnn", "length=max hidden=max"},
};
