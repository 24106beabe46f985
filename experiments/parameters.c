/* What a cell costs in parameters: as many times a vanilla RNN's as it multiplies its input and its state. */
#include "unroll.h"

#include <stdio.h>
#include <string.h>

/* Parameters of the recurrent layer alone, without the head, at so many units. */
static unroll_status count_cell(const unroll_settings *settings, const char *model, int64_t hidden, int64_t *parameters)
{
    unroll_model_shape shape = {.inputs = (int)unroll_int(settings, "input"), .outputs = 1, .steps = 1, .batch = 1,
                                .answer = UNROLL_AT_LAST, .loss = "squared"};
    unroll_settings *own = unroll_settings_copy(settings);
    unroll_status status = own != NULL ? unroll_ok() : unroll_error(UNROLL_FAILED, "out of memory for the settings of a model");
    char width[32];
    snprintf(width, sizeof width, "%lld", (long long)hidden);
    if (status.code == UNROLL_OK)
        status = unroll_settings_set(own, "model", model);
    if (status.code == UNROLL_OK)
        status = unroll_settings_set(own, "hidden", width);
    if (status.code == UNROLL_OK)
        status = unroll_shape_parameters(own, &shape, parameters);
    *parameters -= hidden + 1; /* the head's */
    unroll_settings_free(own);
    return status;
}

/* The width at which the model has about as many as an LSTM of `hidden` units: the larger of those around it where both are as
   near. */
static unroll_status width_as_lstm(const unroll_settings *settings, int64_t hidden, int64_t *width)
{
    const char *model = unroll_text(settings, "model");
    int64_t wanted, below = 0, above = 0, low = 1, high = 4 * hidden;
    UNROLL_TRY(count_cell(settings, "lstm", hidden, &wanted));
    while (low < high) { /* the first width with as many or more */
        int64_t middle = (low + high) / 2;
        UNROLL_TRY(count_cell(settings, model, middle, &above));
        if (above < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    UNROLL_TRY(count_cell(settings, model, low, &above));
    if (low > 1)
        UNROLL_TRY(count_cell(settings, model, low - 1, &below));
    *width = low > 1 && wanted - below < above - wanted ? low - 1 : low;
    return unroll_ok();
}

static unroll_status count_with_peepholes(const unroll_settings *settings, int64_t *parameters)
{
    unroll_settings *own = unroll_settings_copy(settings);
    unroll_status status = own != NULL ? unroll_settings_set(own, "peepholes", "yes")
                                       : unroll_error(UNROLL_FAILED, "out of memory for the settings of a model");
    if (status.code == UNROLL_OK)
        status = count_cell(own, "lstm", unroll_int(settings, "hidden"), parameters);
    unroll_settings_free(own);
    return status;
}

static unroll_status measure(const unroll_settings *settings, unroll_record *record)
{
    int64_t hidden = unroll_int(settings, "hidden"), own, plain, width, peepholes;
    UNROLL_TRY(count_cell(settings, unroll_text(settings, "model"), hidden, &own));
    UNROLL_TRY(count_cell(settings, "rnn", hidden, &plain));
    UNROLL_TRY(width_as_lstm(settings, hidden, &width));
    unroll_network_describe(settings, record);
    /* beside the gates proper a cell has weights for its candidate */
    unroll_record_int(record, "sigmoid_gates", "", unroll_record_find(record, "gates")->integer - 1);
    unroll_record_int(record, "cell_parameters", "", own);
    unroll_record_real(record, "times_rnn", "", (double)own / (double)plain);
    unroll_record_int(record, "width_as_lstm", "units", width);
    if (strcmp(unroll_text(settings, "model"), "lstm") == 0) {
        UNROLL_TRY(count_with_peepholes(settings, &peepholes));
        unroll_record_int(record, "with_peepholes", "", peepholes);
    }
    return unroll_ok();
}

/* A count has no chance in it: its seeds are there because a rule wants several runs. */
const unroll_experiment experiment_parameters = {
    .name = "parameters",
    .title = "parameters of a cell, by width and number of bias vectors",
    .claim = "at equal width a GRU has 3 times and an LSTM 4 times the parameters of a vanilla RNN: a set for each gate, one for "
             "the candidate",
    .source = "Hochreiter and Schmidhuber, 1997; Gers, Schmidhuber and Cummins, 2000; Cho et al., 2014; Chung et al., 2014",
    .version = 1,
    .axes_quick = "hidden=64,195,227,400 model=rnn,gru,lstm bias=one,two seed=0..11",
    .axes_full = "hidden=16,64,195,227,400,1024 model=rnn,gru,lstm bias=one,two seed=0..11",
    .fixed = "input=20",
    .measure = measure,
    .metric = "cell_parameters",
    .groups = "hidden model bias",
    .columns = "states sigmoid_gates cell_parameters times_rnn:alone width_as_lstm with_peepholes:alone",
    .figures = "parameters",
    .published = {{"cell_parameters", "model=rnn hidden=400 bias=one", 168400, "Chung et al., 2014: 400 x (20 + 400 + 1)"},
                  {"cell_parameters", "model=gru hidden=227 bias=one", 168888, "Chung et al., 2014: 3 x 227 x (20 + 227 + 1)"},
                  {"with_peepholes", "model=lstm hidden=195 bias=one", 169065,
                   "Chung et al., 2014: 4 x 195 x (20 + 195 + 1) + 3 x 195"}},
    .rules =
        {
            {UNROLL_RATIO, UNROLL_AT_LEAST, .metric = "cell_parameters", .of = "model=gru", .against = "model=rnn", .bound = 3},
            {UNROLL_RATIO, UNROLL_AT_MOST, .metric = "cell_parameters", .of = "model=gru", .against = "model=rnn", .bound = 3},
            {UNROLL_RATIO, UNROLL_AT_LEAST, .metric = "cell_parameters", .of = "model=lstm", .against = "model=rnn", .bound = 4},
            {UNROLL_RATIO, UNROLL_AT_MOST, .metric = "cell_parameters", .of = "model=lstm", .against = "model=rnn", .bound = 4},
        },
    .taught =
        {{.order = 10,
          .name = "memory",
          .measured = "states that a step hands on, each with a number for each unit",
          .shown = {UNROLL_VALUE, .metric = "states", .where = "hidden=64 bias=one"},
          .rnn = {"single hidden state", .rules = {{UNROLL_VALUE, UNROLL_AT_MOST, .metric = "states", .bound = 1}}},
          .lstm = {"cell state and hidden state",
                   .rules = {{UNROLL_VALUE, UNROLL_AT_LEAST, .metric = "states", .bound = 2},
                             {UNROLL_VALUE, UNROLL_AT_MOST, .metric = "states", .bound = 2}}},
          .gru = {"combined hidden state", .rules = {{UNROLL_VALUE, UNROLL_AT_MOST, .metric = "states", .bound = 1}}}},
         {.order = 20,
          .name = "gates",
          .measured = "gates, each with weights of its own",
          .shown = {UNROLL_VALUE, .metric = "sigmoid_gates", .where = "hidden=64 bias=one"},
          .rnn = {"none", .rules = {{UNROLL_VALUE, UNROLL_AT_MOST, .metric = "sigmoid_gates", .bound = 0}}},
          .lstm = {"3 (forget, input, output)",
                   .rules = {{UNROLL_VALUE, UNROLL_AT_LEAST, .metric = "sigmoid_gates", .bound = 3},
                             {UNROLL_VALUE, UNROLL_AT_MOST, .metric = "sigmoid_gates", .bound = 3}}},
          .gru = {"2 (reset, update)",
                  .rules = {{UNROLL_VALUE, UNROLL_AT_LEAST, .metric = "sigmoid_gates", .bound = 2},
                            {UNROLL_VALUE, UNROLL_AT_MOST, .metric = "sigmoid_gates", .bound = 2}}}},
         {.order = 50,
          .name = "parameters",
          .measured = "of a layer of 64 units that reads 20 numbers",
          .shown = {UNROLL_VALUE, .metric = "cell_parameters", .where = "hidden=64 bias=one"},
          .rnn = {"fewest", .rules = {{UNROLL_RATIO, UNROLL_LOWER, .metric = "cell_parameters", .against = "model=lstm,gru"}}},
          .lstm = {"most", .rules = {{UNROLL_RATIO, UNROLL_HIGHER, .metric = "cell_parameters", .against = "model=rnn,gru"}}},
          .gru = {"fewer than LSTM", .rules = {{UNROLL_RATIO, UNROLL_LOWER, .metric = "cell_parameters", .against = "model=lstm"}}}},
         {.order = 60,
          .name = "weights",
          .measured = "parameters over those of a vanilla RNN of as many units",
          .shown = {UNROLL_VALUE, .metric = "times_rnn", .where = "hidden=64 bias=one"},
          .lstm = {"3 gates times weights",
                   .rules = {{UNROLL_VALUE, UNROLL_AT_MOST, .metric = "times_rnn", .bound = 3, .where = "hidden=64 bias=one"}}}}},
};
