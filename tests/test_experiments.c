/* What the experiments measure by functions of their own, on models whose answer is known. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/record.h"
#include "model/settings.h"
#include "suite.h"
#include "sweep/experiment.h"
#include "sweep/sweep.h"

/* The record of an experiment's measurement of some settings, "name=value ..."; owned by the caller. */
static unroll_record *measured(const char *experiment, const char *assignments)
{
    unroll_settings *settings = unroll_settings_new();
    unroll_record *record;
    char words[400], *rest = words, *word;
    snprintf(words, sizeof words, "%s %s", unroll_experiment_find(experiment)->fixed, assignments);
    while ((word = strtok_r(rest, " ", &rest)) != NULL)
        CU_ASSERT_EQUAL_FATAL(unroll_settings_assign(settings, word).code, UNROLL_OK);
    record = unroll_record_new(settings);
    CU_ASSERT_EQUAL_FATAL(unroll_experiment_find(experiment)->measure(settings, record).code, UNROLL_OK);
    unroll_settings_free(settings);
    return record;
}

static double column_of(const unroll_record *record, const char *name)
{
    const unroll_column *column = unroll_record_find(record, name);
    return column != NULL ? column->real : NAN;
}

static double count_of(const unroll_record *record, const char *name)
{
    const unroll_column *column = unroll_record_find(record, name);
    return column != NULL ? (double)column->integer : NAN;
}

/* ---- vanishing_gradient ---- */

static const char small[] = "length=30 hidden=12 batch=4 points=1 steps=0 ";

/* An RNN of relu units that starts at the identity hands a gradient on as it is wherever its units are awake; one of tanh units
   with small weights loses more than a tenth of it at each step. */
static void a_gradient_that_is_handed_on_has_no_decay_and_one_through_small_weights_has_its_own(void)
{
    char words[200];
    unroll_record *identity, *tanh_units;
    const unroll_curve *curve;
    snprintf(words, sizeof words, "%s model=rnn nonlinearity=relu init=identity", small);
    identity = measured("vanishing_gradient", words);
    snprintf(words, sizeof words, "%s model=rnn", small);
    tanh_units = measured("vanishing_gradient", words);
    CU_ASSERT_DOUBLE_EQUAL(column_of(identity, "decay_start"), 1, 0.02);
    CU_ASSERT(column_of(tanh_units, "decay_start") < 0.9);
    curve = unroll_record_find_curve(tanh_units, "h_start");
    CU_ASSERT_PTR_NOT_NULL_FATAL(curve);
    CU_ASSERT_DOUBLE_EQUAL(column_of(tanh_units, "decay_start"), pow(10, (double)(curve->value[20] - curve->value[4]) / 16),
                           0.05);
    /* where 1% is left */
    CU_ASSERT_DOUBLE_EQUAL(pow(column_of(tanh_units, "decay_start"), column_of(tanh_units, "reach_start")), 0.01, 1e-9);
    unroll_record_free(identity);
    unroll_record_free(tanh_units);
}

/* The cell state of an LSTM whose forget gates stay open, and its curve's own decay. */
static void an_open_forget_gate_keeps_the_gradient_of_the_cell_state(void)
{
    char words[200];
    unroll_record *shut, *open;
    const unroll_curve *curve;
    snprintf(words, sizeof words, "%s model=lstm forget_bias=-3", small);
    shut = measured("vanishing_gradient", words);
    snprintf(words, sizeof words, "%s model=lstm forget_bias=20", small);
    open = measured("vanishing_gradient", words);
    CU_ASSERT_DOUBLE_EQUAL(column_of(shut, "decay_start"), 0.13, 0.1); /* a sigmoid of -3 is 0.05; the rest goes through h */
    CU_ASSERT(column_of(open, "decay_start") > 0.98);
    curve = unroll_record_find_curve(open, "c_start");
    CU_ASSERT_PTR_NOT_NULL_FATAL(curve);
    CU_ASSERT_EQUAL(curve->length, 30);
    CU_ASSERT_EQUAL(curve->value[0], 0); /* a norm over itself */
    CU_ASSERT(fabs((double)curve->value[29]) < 1);
    unroll_record_free(shut);
    unroll_record_free(open);
}

static void there_are_the_curves_of_the_states_that_a_cell_has_at_three_moments(void)
{
    static const char *const models[] = {"rnn", "gru", "lstm"}, *const moments[] = {"start", "half", "end"};
    for (int i = 0; i < 3; i++) {
        char words[200];
        unroll_record *record;
        snprintf(words, sizeof words, "%s model=%s steps=20 lr=0.05", small, models[i]);
        record = measured("vanishing_gradient", words);
        CU_ASSERT_STRING_EQUAL(record->status, "done");
        for (int k = 0; k < 3; k++) {
            char name[16];
            snprintf(name, sizeof name, "h_%s", moments[k]);
            CU_ASSERT_PTR_NOT_NULL(unroll_record_find_curve(record, name));
            name[0] = 'c';
            CU_ASSERT_EQUAL(unroll_record_find_curve(record, name) != NULL, i == 2);
        }
        CU_ASSERT_NOT_EQUAL(column_of(record, "decay_start"), column_of(record, "decay_half"));
        CU_ASSERT_NOT_EQUAL(column_of(record, "decay_half"), column_of(record, "decay_end"));
        unroll_record_free(record);
    }
}

static void a_loss_at_other_steps_is_refused(void)
{
    unroll_settings *settings = unroll_settings_new();
    unroll_record *record = unroll_record_new(settings);
    unroll_status status;
    unroll_settings_set(settings, "task", "reverse");
    status = unroll_experiment_find("vanishing_gradient")->measure(settings, record);
    CU_ASSERT_EQUAL(status.code, UNROLL_WRONG);
    CU_ASSERT_PTR_NOT_NULL(strstr(status.text, "needs a loss at the last step alone"));
    unroll_record_free(record);
    unroll_settings_free(settings);
}

/* ---- parameters ---- */

/* The three widths of Chung et al. (2014) on speech have about as many parameters as each other. */
static void published_counts_and_widths_are_met(void)
{
    static const struct {
        const char *settings;
        double parameters, times, width;
    } known[] = {{"model=rnn hidden=195 bias=one", 195 * (20 + 195 + 1), 1, 400},
                 {"model=gru hidden=195 bias=one", 3 * 195 * (20 + 195 + 1), 3, 227},
                 {"model=lstm hidden=195 bias=one", 4 * 195 * (20 + 195 + 1), 4, 195},
                 {"model=lstm hidden=1 bias=two", 4 * (20 + 1 + 2), 4, 1}};
    unroll_record *record;
    for (int i = 0; i < 4; i++) {
        record = measured("parameters", known[i].settings);
        CU_ASSERT_EQUAL(count_of(record, "cell_parameters"), known[i].parameters);
        CU_ASSERT_EQUAL(column_of(record, "times_rnn"), known[i].times);
        CU_ASSERT_EQUAL(count_of(record, "width_as_lstm"), known[i].width);
        CU_ASSERT_EQUAL(unroll_record_find(record, "with_peepholes") != NULL, i >= 2);
        unroll_record_free(record);
    }
    record = measured("parameters", "model=lstm hidden=195 bias=one");
    CU_ASSERT_EQUAL(count_of(record, "with_peepholes"), 169065);
    unroll_record_free(record);
}

/* ---- training ---- */

/* At a rate that throws the weights about, the loss leaps; at a small one it does not. */
static void a_training_at_a_wild_rate_is_not_stable_and_one_at_a_small_rate_is(void)
{
    unroll_record *calm = measured("training", "model=gru length=10 hidden=8 lr=0.0001 steps=200"),
                  *wild = measured("training", "model=rnn lr=0.03 clip=1 steps=600");
    CU_ASSERT_EQUAL(count_of(calm, "stable"), 1);
    CU_ASSERT_EQUAL(count_of(calm, "spikes"), 0);
    CU_ASSERT_EQUAL(count_of(wild, "stable"), 0);
    CU_ASSERT(count_of(wild, "spikes") > 0);
    unroll_record_free(calm);
    unroll_record_free(wild);
}

/* ---- gates ---- */

static const char untrained[] = "hidden=8 steps=0 ";

static unroll_record *gates_of(const char *assignments)
{
    char words[200];
    snprintf(words, sizeof words, "%s%s", untrained, assignments);
    return measured("gates", words);
}

static void a_forget_gate_with_a_large_bias_is_open_at_every_lag(void)
{
    unroll_record *record = gates_of("task=recall lag=5 model=lstm forget_bias=100");
    const unroll_curve *f = unroll_record_find_curve(record, "gate_f"), *i = unroll_record_find_curve(record, "gate_i"),
                       *lag = unroll_record_find_curve(record, "lag");
    CU_ASSERT_FATAL(f != NULL && i != NULL && lag != NULL);
    CU_ASSERT_EQUAL(f->length, 7); /* the symbol, five distractors, the query */
    for (int k = 0; k < f->length; k++) {
        CU_ASSERT_EQUAL(f->value[k], 1);
        CU_ASSERT_DOUBLE_EQUAL((double)i->value[k], 0.5, 0.2); /* small weights, and no bias of that size */
        CU_ASSERT_EQUAL(lag->value[k], (float)k);
    }
    unroll_record_free(record);
}

static void there_are_the_curves_of_the_gates_that_a_cell_has(void)
{
    static const struct {
        const char *settings, *gates;
    } known[] = {{"model=lstm", "ifo"},
                 {"model=lstm lstm_gates=no_input", "fo"},
                 {"model=lstm lstm_gates=no_forget", "io"},
                 {"model=lstm lstm_gates=no_output", "if"},
                 {"model=lstm lstm_gates=coupled", "fo"},
                 {"model=lstm output_activation=none", "ifo"},
                 {"model=gru", "rz"},
                 {"model=gru reset=none", "z"},
                 {"model=gru update_gate=no", "r"},
                 {"model=rnn", ""}};
    for (size_t k = 0; k < sizeof known / sizeof known[0]; k++) {
        char words[100];
        unroll_record *record;
        snprintf(words, sizeof words, "task=adding length=6 %s", known[k].settings);
        record = gates_of(words);
        CU_ASSERT_STRING_EQUAL(record->status, "done");
        for (const char *gate = "iforz"; *gate != '\0'; gate++) {
            char name[] = {'g', 'a', 't', 'e', '_', *gate, '\0'};
            CU_ASSERT_EQUAL(unroll_record_find_curve(record, name) != NULL, strchr(known[k].gates, *gate) != NULL);
        }
        unroll_record_free(record);
    }
}

/* The gate of a minGRU is one of the input alone, and what comes last is the query, in sequences of any length: there it is the
   same over a batch of two as over one of many. Before it symbols are drawn. */
static void the_last_step_of_each_sequence_has_lag_0(void)
{
    unroll_record *few = gates_of("task=recall lag=6 lag_spread=4 model=mingru batch=2"),
                  *many = gates_of("task=recall lag=6 lag_spread=4 model=mingru batch=64");
    const unroll_curve *a = unroll_record_find_curve(few, "gate_z"), *b = unroll_record_find_curve(many, "gate_z");
    CU_ASSERT_FATAL(a != NULL && b != NULL);
    CU_ASSERT_EQUAL(b->length, 12);
    CU_ASSERT_DOUBLE_EQUAL((double)a->value[0], (double)b->value[0], 1e-6);
    CU_ASSERT(fabs((double)(a->value[1] - b->value[1])) > 1e-4);
    unroll_record_free(few);
    unroll_record_free(many);
}

/* The validation part has fewer windows than either batch. */
static void what_fills_up_a_batch_has_no_part_in_a_mean(void)
{
    unroll_record *little = gates_of("task=series length=100 model=gru batch=16"),
                  *much = gates_of("task=series length=100 model=gru batch=64");
    const unroll_curve *a = unroll_record_find_curve(little, "gate_z"), *b = unroll_record_find_curve(much, "gate_z");
    CU_ASSERT_FATAL(a != NULL && b != NULL);
    CU_ASSERT_EQUAL(a->length, 100);
    CU_ASSERT_EQUAL(b->length, 100);
    for (int k = 0; k < a->length; k++)
        CU_ASSERT_DOUBLE_EQUAL((double)a->value[k], (double)b->value[k], 1e-6);
    unroll_record_free(little);
    unroll_record_free(much);
}

/* A rate is chosen by the validation split, whatever stands in the table. */
static void an_error_is_of_the_test_part_where_there_is_one(void)
{
    unroll_record *series = gates_of("task=series length=20 model=gru"), *recall = gates_of("task=recall lag=5 model=gru");
    CU_ASSERT_EQUAL(column_of(series, "error"), column_of(series, "test_mse"));
    CU_ASSERT_EQUAL(column_of(series, "valid_error"), column_of(series, "mse"));
    CU_ASSERT_NOT_EQUAL(column_of(series, "error"), column_of(series, "valid_error"));
    CU_ASSERT_EQUAL(column_of(recall, "error"), column_of(recall, "error_rate"));
    CU_ASSERT_EQUAL(column_of(recall, "valid_error"), column_of(recall, "error_rate"));
    CU_ASSERT_STRING_EQUAL(unroll_experiment_find("gates")->metric, "valid_error");
    unroll_record_free(series);
    unroll_record_free(recall);
}

static void a_training_that_diverged_has_no_gates(void)
{
    unroll_record *record = measured("gates", "task=adding length=6 hidden=8 model=lstm output_activation=none optimizer=sgd "
                                              "clip=0 lr=1e6 steps=50");
    CU_ASSERT_STRING_EQUAL(record->status, "diverged");
    CU_ASSERT_PTR_NULL(unroll_record_find_curve(record, "gate_f"));
    unroll_record_free(record);
}

/* ---- length_scaling ---- */

/* Two layers of an LSTM of h units, over 4 gates: of 36 h^2 and 16 h multiply-adds a step 16 h^2 are with the state. */
static void products_with_the_state_wait_and_those_of_attention_do_not(void)
{
    static const char *const free_models[] = {"mingru", "transformer"};
    unroll_record *lstm = measured("length_scaling", "model=lstm params=2000 length=512 threads=1");
    double h = count_of(lstm, "width"), share = column_of(lstm, "sequential_share");
    CU_ASSERT_DOUBLE_EQUAL(share, 16 * h * h / (36 * h * h + 16 * h), 1e-3);
    CU_ASSERT_EQUAL(count_of(lstm, "sequences"), 8);
    CU_ASSERT_DOUBLE_EQUAL(column_of(lstm, "critical_share"), share / 8, 1e-12);
    unroll_record_free(lstm);
    for (int i = 0; i < 2; i++) {
        char words[100];
        unroll_record *record;
        snprintf(words, sizeof words, "model=%s params=2000 length=512 threads=1", free_models[i]);
        record = measured("length_scaling", words);
        CU_ASSERT_EQUAL(column_of(record, "sequential_share"), 0);
        CU_ASSERT_EQUAL(column_of(record, "critical_share"), 0);
        unroll_record_free(record);
    }
}

/* ---- streaming ---- */

/* What is kept is that of the steps that are told, and of no step before them. */
static void a_transformer_keeps_every_step_and_a_cell_one_state(void)
{
    static const char *const models[] = {"transformer", "gru"};
    for (int i = 0; i < 2; i++) {
        char words[100];
        unroll_record *few, *many;
        snprintf(words, sizeof words, "model=%s hidden=16 length=40", models[i]);
        few = measured("streaming", words);
        snprintf(words, sizeof words, "model=%s hidden=16 length=120", models[i]);
        many = measured("streaming", words);
        CU_ASSERT_DOUBLE_EQUAL(column_of(many, "state_kb") / column_of(few, "state_kb"), i == 0 ? 3 : 1, 1e-9);
        CU_ASSERT(column_of(few, "ms_total") > 0);
        unroll_record_free(few);
        unroll_record_free(many);
    }
}

const unroll_test tests_experiments[] = {
    TEST(products_with_the_state_wait_and_those_of_attention_do_not),
    TEST(a_transformer_keeps_every_step_and_a_cell_one_state),
    TEST(a_forget_gate_with_a_large_bias_is_open_at_every_lag),
    TEST(there_are_the_curves_of_the_gates_that_a_cell_has),
    TEST(the_last_step_of_each_sequence_has_lag_0),
    TEST(what_fills_up_a_batch_has_no_part_in_a_mean),
    TEST(an_error_is_of_the_test_part_where_there_is_one),
    TEST(a_training_that_diverged_has_no_gates),
    TEST(a_training_at_a_wild_rate_is_not_stable_and_one_at_a_small_rate_is),
    TEST(published_counts_and_widths_are_met),
    TEST(a_gradient_that_is_handed_on_has_no_decay_and_one_through_small_weights_has_its_own),
    TEST(an_open_forget_gate_keeps_the_gradient_of_the_cell_state),
    TEST(there_are_the_curves_of_the_states_that_a_cell_has_at_three_moments),
    TEST(a_loss_at_other_steps_is_refused),
    {NULL, NULL},
};
