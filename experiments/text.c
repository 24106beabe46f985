/* Characters of a real text: three cells with as many parameters, beside models that only count. */
#include "unroll.h"

const unroll_experiment experiment_text = {
    .name = "text",
    .title = "bits per character of a real text, at equal parameters",
    .claim = "at equal parameters an LSTM and a GRU predict text better than a vanilla RNN",
    .source = "Karpathy, Johnson and Fei-Fei, 2015",
    .version = 2,
    .axes_quick = "model=rnn,lstm,gru params=20000 seed=0..2 steps=1500",
    .axes_full = "model=rnn,lstm,gru params=20000,200000 seed=0..4 steps=10000",
    .fixed = "task=text length=64 batch=16 lr=0.003 sample_chars=300",
    .groups = "params model",
    .columns = "parameters gates width ms_per_step bits_per_character test_bits_per_character train_seconds:mean "
               "order0_bits:mean order2_bits:mean",
    .texts = "sample",
    .figures = "text",
    .prediction = {"test_bits_per_character", "model", "lstm gru", "rnn", "params=max"},
};
