/* Forecasts of real series: three cells with as many parameters, beside the forecasts that need no model. */
#include "unroll.h"

const unroll_experiment experiment_series = {
    .name = "series",
    .title = "forecast error on real time series, at equal parameters",
    .claim = "at equal parameters an LSTM and a GRU forecast real series better than a vanilla RNN, and each of the three better "
             "than repeating the last value",
    .source = "repeated by most tutorials; Chung et al., 2014, for music and speech",
    .version = 3,
    .axes_quick = "file=sunspots,co2,elnino,jfk horizon=1,12 model=rnn,lstm,gru params=3000 lr=grid(0.001,0.009,3) seed=0..5 "
                  "steps=400",
    .axes_full = "file=sunspots,co2,elnino,jfk horizon=1,12,60 model=rnn,lstm,gru params=3000,10000 lr=grid(0.001,0.009,3) "
                 "seed=0..9 steps=2000",
    .fixed = "task=series residual=last length=64 batch=16 schedule=cosine",
    .best = "lr",
    .best_by = "seed=100..101",
    .groups = "file horizon params model",
    .columns = "parameters gates width ms_per_step:time test_mse test_mae:alone test_mean_mse:given test_naive_mse:given "
               "test_seasonal_mse:given",
    .figures = "series",
    .rules =
        {
            {UNROLL_DIFFERENCE, UNROLL_LOWER, .metric = "test_mse", .of = "model=lstm,gru", .against = "model=rnn"},
            {UNROLL_DIFFERENCE, UNROLL_LOWER, .metric = "test_mse", .of = "model=rnn,lstm,gru", .against = "test_naive_mse"},
        },
};
