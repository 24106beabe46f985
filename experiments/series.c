/* Forecasts of a real series: three cells with as many parameters, beside the forecasts that need no model. */
#include "unroll.h"

const unroll_experiment experiment_series = {
    .name = "series",
    .title = "forecast error on a real time series, at equal parameters",
    .claim = "at equal parameters an LSTM and a GRU forecast a real series better than a vanilla RNN, and each of the three better "
             "than repeating the last value",
    .source = "repeated by most tutorials; Chung et al., 2014, for music and speech",
    .version = 2,
    .axes_quick = "horizon=1,12 model=rnn,lstm,gru params=3000 seed=0..5 steps=1000",
    .axes_full = "horizon=1,6,12,60 model=rnn,lstm,gru params=3000,30000 seed=0..9 steps=4000",
    .fixed = "task=series length=64 batch=32 lr=0.002",
    .groups = "horizon params model",
    .columns = "parameters gates width ms_per_step:time test_mse test_mae:alone test_naive_mse:given test_seasonal_mse:given",
    .figures = "series",
    .rules =
        {
            {UNROLL_DIFFERENCE, UNROLL_LOWER, .metric = "test_mse", .of = "model=lstm,gru", .against = "model=rnn"},
            {UNROLL_DIFFERENCE, UNROLL_LOWER, .metric = "test_mse", .of = "model=rnn,lstm,gru", .against = "test_naive_mse"},
        },
};
