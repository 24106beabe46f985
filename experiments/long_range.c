/* How far back, and how much at a time: recall of one symbol over growing lags, and of growing numbers of pairs (Arora et al.,
   2023), by recurrent networks, whose state has a fixed size, and by attention, which keeps every step. All have two layers: a
   Transformer of one cannot look up what stood behind a key. */
#include "unroll.h"

#define ARORA "Arora et al., 2023, figure 2"

const unroll_experiment experiment_long_range = {
    .name = "long_range",
    .title = "how far back and how many at a time: recall over lags and of pairs, at equal parameters",
    .claim = "recurrent networks are good for short to medium sequences, and attention handles very long ones: at equal "
             "parameters a vanilla RNN, an LSTM and a GRU recall what lies up to 20 steps back and nothing beyond 50, a "
             "Transformer what lies 100 back, and of 8 values each by its key, which a Transformer recalls, a recurrent network "
             "loses some",
    .source = "repeated by most tutorials; Khandelwal et al., 2018, for the 50; Vaswani et al., 2017; Arora et al., 2023",
    .version = 1,
    .axes_quick = "task=recall,mqar lag=10,30,100 pairs=4,8 keys=8 values=8 length=4 params=10000 batch=16,32 "
                  "model=rnn,lstm,gru,mingru,transformer lr=0.003 seed=0..5 steps=400,1000",
    .axes_full = "task=recall,mqar lag=20,50,100,200,400 pairs=2,4,8,16,32 keys=32 values=32 length=8 params=20000 batch=16,32 "
                 "model=rnn,lstm,gru,mingru,transformer lr=0.001,0.003,0.01 seed=0..9 steps=4000",
    .fixed = "layers=2 clip=1 forget_bias=1 stop=solved",
    .without = {"task=recall batch=32", "task=recall steps=1000", "task=mqar batch=16", "task=mqar steps=400"},
    .best = "lr",
    .best_by = "seed=100..101",
    .groups = "task lag pairs model",
    .columns = "width parameters error_rate baseline_error_rate:given solved:share solved_step:until ms_per_step:time",
    .figures = "long_range",
    /* there in 64, 128 and 256 steps and of 8192 symbols, by attention of every width */
    .published = {{"error_rate", "task=mqar pairs=4 model=transformer", 0, ARORA, 0.01},
                  {"error_rate", "task=mqar pairs=8 model=transformer", 0, ARORA, 0.01},
                  {"error_rate", "task=mqar pairs=16 model=transformer", 0, ARORA, 0.01}},
    .rules = {{UNROLL_HORIZON, UNROLL_AT_LEAST, .metric = "solved", .of = "model=transformer", .bound = 100, .over = "lag",
               .where = "task=recall"},
              {UNROLL_HORIZON, UNROLL_AT_MOST, .metric = "solved", .of = "model=rnn,lstm,gru", .bound = 50, .over = "lag",
               .where = "task=recall"},
              {UNROLL_SHARE_OF_RUNS, UNROLL_AT_LEAST, .metric = "solved", .of = "model=rnn,lstm,gru", .bound = 0.5,
               .where = "task=recall lag=1..20"},
              {UNROLL_HORIZON, UNROLL_AT_LEAST, .metric = "solved", .of = "model=transformer", .bound = 8, .over = "pairs",
               .where = "task=mqar"},
              {UNROLL_HORIZON, UNROLL_AT_MOST, .metric = "solved", .of = "model=rnn,lstm,gru,mingru", .bound = 4, .over = "pairs",
               .where = "task=mqar"}},
    .taught =
        {{.table = UNROLL_TAUGHT_TRANSFORMER,
          .order = 30,
          .name = "lengths",
          .measured = "longest lag over which a symbol is recalled, 20000 parameters (quick size: 10000), two layers; a Transformer "
                      "is judged at the longest that was asked, 400 (quick size: 100); in the first column the LSTM's, where RNN "
                      "and GRU are judged, too",
          .unit = "steps",
          .shown = {UNROLL_HORIZON, .metric = "solved", .over = "lag", .where = "task=recall"},
          /* 50 is how far the order of words matters to an LSTM (Khandelwal et al., 2018) */
          .recurrent = {"good for short to medium sequences",
                        .rules = {{UNROLL_SHARE_OF_RUNS, UNROLL_AT_LEAST, .metric = "solved", .bound = 0.5,
                                   .where = "task=recall lag=1..20"},
                                  {UNROLL_HORIZON, UNROLL_AT_MOST, .metric = "solved", .bound = 50, .over = "lag",
                                   .where = "task=recall"}}},
          .transformer = {"handle very long sequences with attention",
                          .rules = {{UNROLL_SHARE_OF_RUNS, UNROLL_AT_LEAST, .metric = "solved", .bound = 0.5,
                                     .where = "task=recall lag=max"}}}}},
};
