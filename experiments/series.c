/* Forecasts of a real series: three cells with as many parameters, beside the forecasts that need no model. */
#include "unroll.h"

const unroll_experiment experiment_series = {
    .name = "series",
    .title = "forecast error on a real time series, at equal parameters",
    .claim = "at equal parameters an LSTM and a GRU forecast a real series better than a vanilla RNN",
    .source = "repeated by most tutorials; Chung et al., 2014, for music and speech",
    .version = 2,
    .axes_quick = "horizon=1,12 model=rnn,lstm,gru params=3000 seed=0..4 steps=1000",
    .axes_full = "horizon=1,6,12,60 model=rnn,lstm,gru params=3000,30000 seed=0..9 steps=4000",
    .fixed = "task=series length=64 batch=32 lr=0.002",
    .groups = "horizon params model",
    .columns = "parameters gates width ms_per_step test_mse test_mae:mean test_naive_mse:mean test_seasonal_mse:mean",
    .figures = "series",
    .prediction = {"test_mse", "model", "lstm gru", "rnn", "horizon=max params=max"},
};
