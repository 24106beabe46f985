/* How the error grows as the data for training shrink, the parameters and the compute held, and as the compute shrinks: the end of
   the training part, all of it down to a 64th, next to the same validation and test. A 64th of the series is 25 rows or more. */
#include "unroll.h"

#define KAPLAN "Kaplan et al., 2020, eq. 1.2, where data alone limit: 16^0.095"

const unroll_experiment experiment_data_efficiency = {
    .name = "data_efficiency",
    .title = "test error by the share of the training data and by compute, at equal parameters: a text and real series",
    .claim = "a Transformer needs more data and more compute than an LSTM and a GRU: with all of both it is as good as they are, with "
             "a 16th of the data and less, or a 16th of the compute, it is worse",
    .source = "repeated by most tutorials; Ezen-Can, 2020, for an LSTM beside BERT on a small corpus",
    .version = 2,
    .axes_quick = "task=text,series file=,sunspots train_share=1,0.0625,0.015625 compute=2.5e8,4e9 model=lstm,gru,transformer "
                  "params=5000 length=16 lr=0.005 seed=0..5",
    .axes_full = "task=text,series file=,sunspots,co2,jfk train_share=1,0.5,0.25,0.125,0.0625,0.03125,0.015625 "
                 "compute=1.5e10,2.4e11 model=lstm,gru,transformer params=20000 length=24 lr=0.001,0.003,0.01 seed=0..10",
    .fixed = "layers=2 batch=16 clip=1 forget_bias=1 residual=last sample_chars=0",
    .without = {"task=text file=sunspots,co2,jfk", "task=series file=",
                "compute=2.5e8,1.5e10 train_share=0.5,0.25,0.125,0.0625,0.03125,0.015625"},
    .best = "lr",
    .best_by = "seed=100..101",
    .groups = "task file compute train_share params model",
    .columns = "width parameters last_step:alone ms_per_step:time test_bits_per_character test_order5_bits:given test_mse "
               "test_naive_mse:given",
    .figures = "data_efficiency",
    /* there of models so large, and trained so long, that the data alone limit them; it was added after the runs */
    .published = {{"test_bits_per_character", "task=text params=20000 compute=2.4e11 model=transformer", 1.30, KAPLAN, 0.05,
                   .of = "train_share=0.0625", .against = "train_share=1"}},
    .rules =
        {
            {UNROLL_RATIO, UNROLL_AS_GOOD_AS, .metric = "test_bits_per_character", .of = "model=transformer",
             .against = "model=lstm,gru", .bound = 0.03, .where = "task=text train_share=1 compute=max"},
            {UNROLL_RATIO, UNROLL_AS_GOOD_AS, .metric = "test_mse", .of = "model=transformer", .against = "model=lstm,gru",
             .bound = 0.03, .where = "task=series train_share=1 compute=max"},
            {UNROLL_RATIO, UNROLL_HIGHER, .metric = "test_bits_per_character", .of = "model=transformer",
             .against = "model=lstm,gru", .where = "task=text train_share=0..0.0625 compute=max"},
            {UNROLL_RATIO, UNROLL_HIGHER, .metric = "test_mse", .of = "model=transformer", .against = "model=lstm,gru",
             .where = "task=series train_share=0..0.0625 compute=max"},
            {UNROLL_RATIO, UNROLL_HIGHER, .metric = "test_bits_per_character", .of = "model=transformer",
             .against = "model=lstm,gru", .where = "task=text train_share=1 compute=min"},
            {UNROLL_RATIO, UNROLL_HIGHER, .metric = "test_mse", .of = "model=transformer", .against = "model=lstm,gru",
             .where = "task=series train_share=1 compute=min"},
        },
    .taught =
        {{.table = UNROLL_TAUGHT_TRANSFORMER,
          .order = 51,
          .name = "what they need",
          .measured = "bits per character of a text's test part over the LSTM's, learned from a 16th of the text at equal compute, "
                      "20000 parameters (quick size: 5000); judged on series, beside a GRU, and with a 16th of the compute, too",
          .shown = {UNROLL_RATIO, .metric = "test_bits_per_character", .against = "model=lstm",
                    .where = "task=text train_share=0.0625"},
          .transformer = {"require more data and compute",
                          .rules = {{UNROLL_RATIO, UNROLL_HIGHER, .metric = "test_bits_per_character",
                                     .against = "model=lstm,gru", .where = "task=text train_share=0.0625"},
                                    {UNROLL_RATIO, UNROLL_HIGHER, .metric = "test_mse", .against = "model=lstm,gru",
                                     .where = "task=series train_share=0.0625"},
                                    {UNROLL_RATIO, UNROLL_HIGHER, .metric = "test_bits_per_character",
                                     .against = "model=lstm,gru", .where = "task=text train_share=1 compute=min"},
                                    {UNROLL_RATIO, UNROLL_HIGHER, .metric = "test_mse", .against = "model=lstm,gru",
                                     .where = "task=series train_share=1 compute=min"}}}}},
};
