/* Who wins at equal cost: the cells with as many parameters as each other, on tasks made up and real. */
#include "unroll.h"

const unroll_experiment experiment_equal_parameters = {
    .name = "equal_parameters",
    .title = "RNN, LSTM and GRU with as many parameters: adding, recall, parity, a series and a text",
    .claim = "at equal parameters a GRU is as good as an LSTM, and both are better than a vanilla RNN",
    .source = "Chung, Gulcehre, Cho and Bengio, 2014; Greff et al., 2017",
    .version = 1,
    .axes_quick = "task=adding,recall,parity,series,text params=5000 model=rnn,lstm,gru lr=0.002,0.01 seed=0..5 steps=500",
    .axes_full = "task=adding,recall,parity,series,text params=5000,20000,80000 model=rnn,lstm,gru lr=0.0005,0.002,0.01 seed=0..10 "
                 "steps=3000",
    .fixed = "length=30 lag=15 batch=32 clip=1 forget_bias=1 residual=last",
    .best = "lr",
    .best_by = "seed=100..101",
    .groups = "task params model",
    .columns = "width parameters solved:share solved_step:until mse error_rate test_mse test_naive_mse:given "
               "test_bits_per_character test_order5_bits:given",
    .figures = "equal_parameters",
    .rules =
        {
            {UNROLL_DIFFERENCE, UNROLL_AS_GOOD_AS, .metric = "solved:share:higher", .of = "model=gru", .against = "model=lstm",
             .bound = 0.5, .where = "task=adding,recall,parity"},
            {UNROLL_RATIO, UNROLL_AS_GOOD_AS, .metric = "test_mse", .of = "model=gru", .against = "model=lstm", .bound = 0.03,
             .where = "task=series"},
            {UNROLL_DIFFERENCE, UNROLL_AS_GOOD_AS, .metric = "test_bits_per_character", .of = "model=gru", .against = "model=lstm",
             .bound = 0.02, .where = "task=text"},
            {UNROLL_DIFFERENCE, UNROLL_LOWER, .metric = "mse", .of = "model=lstm,gru", .against = "model=rnn",
             .where = "task=adding"},
            {UNROLL_DIFFERENCE, UNROLL_LOWER, .metric = "error_rate", .of = "model=lstm,gru", .against = "model=rnn",
             .where = "task=recall,parity"},
            {UNROLL_DIFFERENCE, UNROLL_LOWER, .metric = "test_mse", .of = "model=lstm,gru", .against = "model=rnn",
             .where = "task=series"},
            {UNROLL_DIFFERENCE, UNROLL_LOWER, .metric = "test_bits_per_character", .of = "model=lstm,gru", .against = "model=rnn",
             .where = "task=text"},
        },
    .taught = {{.order = 100,
                .name = "use when",
                .measured = "error on a series over the LSTM's, both with 5000 parameters",
                .shown = {UNROLL_RATIO, .metric = "test_mse", .against = "model=lstm", .where = "task=series params=5000"},
                .gru = {"LSTM-like, fewer parameters",
                        .rules = {{UNROLL_DIFFERENCE, UNROLL_AS_GOOD_AS, .metric = "solved:share:higher", .against = "model=lstm",
                                   .bound = 0.5, .where = "task=adding,recall"},
                                  {UNROLL_RATIO, UNROLL_AS_GOOD_AS, .metric = "test_mse", .against = "model=lstm", .bound = 0.03,
                                   .where = "task=series"},
                                  {UNROLL_DIFFERENCE, UNROLL_AS_GOOD_AS, .metric = "test_bits_per_character",
                                   .against = "model=lstm", .bound = 0.02, .where = "task=text"}}}}},
};
