/* Recurrences old and new, and attention, on what each is said to lack: memory, the tracking of a state, or speed. All have two
   layers: a recurrence without a recurrent product mixes its units only from one layer to the next. */
#include "unroll.h"

#define FENG "Feng et al., 2024, figure 2, on Shakespeare, by larger models"

const unroll_experiment experiment_recurrences = {
    .name = "recurrences",
    .title = "recurrences old and new beside attention: memory, state and text, at equal parameters and equal seconds",
    .claim = "minGRU and minLSTM are as good as a GRU and an LSTM at adding, recall, copying and text; but as linear recurrences "
             "with positive decays they do not track the parity of bits, which an LSTM, a GRU and an sLSTM do",
    .source = "Feng et al., 2024, for selective copying and text; Grazzi et al., 2024; Beck et al., 2024, for the sLSTM",
    .version = 1,
    .axes_quick = "task=adding,copy,recall,parity,text model=rnn,lstm,gru,mgu,indrnn,mingru,minlstm,lru,slstm,transformer "
                  "params=5000 lr=0.005 seed=0..5 steps=300 length=16 lag=12",
    .axes_full = "task=adding,copy,recall,parity,text model=rnn,lstm,gru,mgu,indrnn,mingru,minlstm,lru,slstm,transformer "
                 "params=20000 lr=0.001,0.003,0.01 seed=0..9 steps=6000 length=40 lag=40",
    .fixed = "layers=2 batch=16 clip=1 forget_bias=1 asked=every sample_chars=0",
    .best = "lr",
    .best_by = "seed=100..101",
    .groups = "task params model",
    .columns = "width parameters ms_per_step:time solved:share solved_step:until solved_seconds:until:time mse baseline_mse:given "
               "nats_per_step baseline_nats_per_step:given error_rate baseline_error_rate:given test_bits_per_character "
               "test_order5_bits:given",
    .figures = "recurrences recurrences-seconds",
    /* of 1.548, 1.555 and 1.547 nats: their ratio is that of bits; they were added after the runs */
    .published = {{"test_bits_per_character", "task=text params=20000", 1.0006, FENG, 0.02, .of = "model=mingru",
                   .against = "model=transformer"},
                  {"test_bits_per_character", "task=text params=20000", 1.0052, FENG, 0.02, .of = "model=minlstm",
                   .against = "model=transformer"}},
    .rules =
        {
            {UNROLL_DIFFERENCE, UNROLL_AS_GOOD_AS, .metric = "solved:share:higher", .of = "model=mingru", .against = "model=gru",
             .bound = 0.5, .where = "task=adding,recall,copy"},
            {UNROLL_DIFFERENCE, UNROLL_AS_GOOD_AS, .metric = "solved:share:higher", .of = "model=minlstm",
             .against = "model=lstm", .bound = 0.5, .where = "task=adding,recall,copy"},
            {UNROLL_DIFFERENCE, UNROLL_AS_GOOD_AS, .metric = "test_bits_per_character", .of = "model=mingru",
             .against = "model=gru", .bound = 0.02, .where = "task=text"},
            {UNROLL_DIFFERENCE, UNROLL_AS_GOOD_AS, .metric = "test_bits_per_character", .of = "model=minlstm",
             .against = "model=lstm", .bound = 0.02, .where = "task=text"},
            {UNROLL_SHARE_OF_RUNS, UNROLL_AT_MOST, .metric = "solved", .of = "model=mingru,minlstm", .bound = 0.5,
             .where = "task=parity"},
            {UNROLL_SHARE_OF_RUNS, UNROLL_AT_LEAST, .metric = "solved", .of = "model=lstm,gru,slstm", .bound = 0.5,
             .where = "task=parity"},
        },
    .taught =
        {{.table = UNROLL_TAUGHT_TRANSFORMER,
          .order = 40,
          .name = "standing",
          .measured = "bits per character of a text's test part, 20000 parameters (quick size: 5000), two layers, as many updates "
                      "each; judged beside a GRU, too; no images and no audio; in the first column the LSTM's",
          .unit = "bits",
          .shown = {UNROLL_VALUE, .metric = "test_bits_per_character", .where = "task=text"},
          .recurrent = {"established, well understood"}, /* which no run can judge */
          .transformer = {"state of the art for text, vision, audio",
                          .rules = {{UNROLL_DIFFERENCE, UNROLL_LOWER, .metric = "test_bits_per_character",
                                     .against = "model=lstm,gru", .where = "task=text"}}}}},
};
