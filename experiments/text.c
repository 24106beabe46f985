/* Characters of a real text: three cells with as many parameters, beside models that only count and a compressor. */
#include "unroll.h"

const unroll_experiment experiment_text = {
    .name = "text",
    .title = "bits per character of a real text, at equal parameters",
    .claim = "at equal parameters an LSTM and a GRU predict text better than a vanilla RNN",
    .source = "Karpathy, Johnson and Fei-Fei, 2015",
    .version = 4,
    .axes_quick = "model=rnn,lstm,gru params=20000 lr=0.003,0.01 seed=0..5 steps=1500",
    .axes_full = "model=rnn,lstm,gru params=20000,100000 lr=0.001,0.003,0.01 seed=0..5 steps=6000",
    .fixed = "task=text length=64 batch=16 sample_chars=300",
    .best = "lr",
    .best_by = "seed=100..101",
    .groups = "params model",
    .columns = "parameters gates width ms_per_step:time train_seconds:time:alone bits_per_character order0_bits:given "
               "order5_bits:given zstd_bits:given test_bits_per_character test_order0_bits:given test_order5_bits:given "
               "test_zstd_bits:given",
    .texts = "sample",
    .figures = "text",
    .rules = {{UNROLL_DIFFERENCE, UNROLL_LOWER, .metric = "test_bits_per_character", .of = "model=lstm,gru", .against = "model=rnn"}},
};
