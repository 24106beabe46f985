/* An experiment that declares a choice by validation: every value on the seeds that choose, then the chosen one on the others.
   Its runs are a function of their settings that takes no time. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "counted.h"
#include "report/report.h"
#include "sweep/plan.h"

static double error_of[2][3]; /* by model, by learning rate: what a run on a seed that chooses measures; NaN: it diverges */

static unroll_status measure_rate(const unroll_settings *settings, unroll_record *record)
{
    static const double rates[3] = {0.1, 0.01, 0.001};
    double rate = unroll_real(settings, "lr"), error;
    int model = strcmp(unroll_text(settings, "model"), "lstm") == 0, i = 0;
    while (i < 2 && rates[i] != rate)
        i++;
    UNROLL_TRY(measure(settings, record));
    error = error_of[model][i] + 0.001 * (double)unroll_int(settings, "seed");
    if (isnan(error)) {
        strcpy(record->status, "diverged");
        strcpy(record->reason, "the loss was no longer finite at step 7");
    }
    unroll_record_real(record, "valid_error", "", error);
    return unroll_ok();
}

static const unroll_experiment chosen = {
    .name = "counted",
    .title = "runs that are counted",
    .version = 1,
    .axes_quick = "model=rnn,lstm lr=0.1,0.01,0.001 seed=2..7",
    .axes_full = "model=rnn,lstm lr=0.1,0.01,0.001 seed=2..9",
    .fixed = "task=adding length=10",
    .measure = measure_rate,
    .metric = "valid_error",
    .groups = "model",
    .columns = "valid_error",
    .best = "lr",
    .best_by = "seed=0,1",
    .rules = {{UNROLL_DIFFERENCE, UNROLL_LOWER, .metric = "valid_error", .of = "model=lstm", .against = "model=rnn"}},
};
enum { CHOOSING = 12, CHOSEN = 12 }; /* runs of the quick size */

/* An RNN is best at 0.01, an LSTM at 0.001. */
static void reset_errors(void)
{
    static const double usual[2][3] = {{3, 2, 4}, {1.5, 1.25, 1}};
    reset();
    memcpy(error_of, usual, sizeof usual);
}

static called sweep(const char *results, unroll_sweep_options options)
{
    options.jobs = 1;
    return call(&chosen, results, options);
}

/* How many of the gathered runs have a model, a rate and one of the seeds first..last. */
static int gathered(const char *results, const char *model, double lr, int first, int last)
{
    unroll_table *table;
    int count = 0;
    CU_ASSERT_EQUAL_FATAL(unroll_load_table(path_in(results, "counted.h5"), &table).code, UNROLL_OK);
    for (int row = 0; row < table->rows; row++)
        count += strcmp(unroll_table_find(table, "model")->text[row], model) == 0 &&
                 unroll_table_find(table, "lr")->real[row] == lr && unroll_table_find(table, "seed")->real[row] >= first &&
                 unroll_table_find(table, "seed")->real[row] <= last;
    unroll_table_free(table);
    return count;
}

static void every_value_chooses_and_the_chosen_one_alone_reports(void)
{
    const char *results = test_folder();
    reset_errors();
    called c = sweep(results, (unroll_sweep_options){.full = false});
    CU_ASSERT_EQUAL_FATAL(c.status.code, UNROLL_OK);
    CU_ASSERT_EQUAL(c.measured, CHOOSING + CHOSEN);
    CU_ASSERT_EQUAL(c.summary.planned, CHOOSING + CHOSEN);
    CU_ASSERT_EQUAL(c.summary.done, CHOOSING + CHOSEN);
    CU_ASSERT_EQUAL(gathered(results, "rnn", 0.1, 0, 1), 2);
    CU_ASSERT_EQUAL(gathered(results, "rnn", 0.01, 2, 7), 6);
    CU_ASSERT_EQUAL(gathered(results, "lstm", 0.001, 2, 7), 6);
    CU_ASSERT_PTR_NOT_NULL(strstr(c.printed, "stage 1 of 2: every lr, on the seeds that choose\ncounted: 12 runs, 0 found"));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(c.printed, "\nstage 2 of 2: the chosen lr, on the seeds that report\ncounted: 12 runs, 0 found"));
    c = sweep(results, (unroll_sweep_options){.full = false});
    CU_ASSERT_EQUAL(c.status.code, UNROLL_OK);
    CU_ASSERT_EQUAL(c.measured, 0);
    CU_ASSERT_EQUAL(c.summary.found, CHOOSING + CHOSEN);
}

static void the_report_has_what_was_chosen(void)
{
    const char *results = test_folder();
    static char text[2048];
    unroll_table *table;
    unroll_verdict verdict;
    FILE *out = fmemopen(text, sizeof text, "w");
    reset_errors();
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    sweep(results, (unroll_sweep_options){.full = false});
    CU_ASSERT_EQUAL_FATAL(unroll_report_load(&chosen, results, &table).code, UNROLL_OK);
    CU_ASSERT_EQUAL(unroll_report_table(&chosen, table, NULL, UNROLL_FORMAT_TEXT, out).code, UNROLL_OK);
    fclose(out);
    CU_ASSERT_STRING_EQUAL(text, "model     lr  runs  valid_error\n"
                                 "rnn     0.01     6  2 [2, 2.01]\n"
                                 "lstm   0.001     6  1 [1, 1.01]\n"
                                 "best of lr=0.1,0.01,0.001 by the median valid_error of seed=0,1, in 12 runs, 6 a choice; shown "
                                 "are the runs of seed=2,3,4,5,6,7.\n");
    CU_ASSERT_EQUAL_FATAL(unroll_judge(&chosen, table, &verdict).code, UNROLL_OK);
    CU_ASSERT_EQUAL(verdict.outcome, UNROLL_SUPPORTED);
    CU_ASSERT_FALSE(verdict.exploratory);
    unroll_verdict_free(&verdict);
    unroll_table_free(table);
}

static void what_diverged_is_chosen_last_and_of_equals_the_first(void)
{
    static const double wild[2][3] = {{NAN, 5, NAN}, {1, 1, 1}};
    const char *results = test_folder();
    reset_errors();
    memcpy(error_of, wild, sizeof wild);
    called c = sweep(results, (unroll_sweep_options){.full = false});
    CU_ASSERT_EQUAL(c.status.code, UNROLL_OK);
    CU_ASSERT_EQUAL(gathered(results, "rnn", 0.01, 2, 7), 6);
    CU_ASSERT_EQUAL(gathered(results, "lstm", 0.1, 2, 7), 6);
    CU_ASSERT_EQUAL(c.measured, CHOOSING + CHOSEN);
}

/* What the report would take, too, whatever the order on the command line. */
static void of_equals_the_first_on_the_declared_axis_is_taken(void)
{
    static const double equal[2][3] = {{1, 1, 1}, {1, 1, 1}};
    static const char *const turned[] = {"lr=0.001,0.01,0.1"};
    const char *results = test_folder();
    reset_errors();
    memcpy(error_of, equal, sizeof equal);
    sweep(results, (unroll_sweep_options){.assignments = turned, .assignment_count = 1});
    CU_ASSERT_EQUAL(gathered(results, "rnn", 0.1, 2, 7), 6);
}

static void two_settings_are_chosen_together(void)
{
    static const char *const both[] = {"model=rnn", "lr=0.1,0.01", "length=10,20"};
    const char *results = test_folder();
    unroll_experiment pairs = chosen;
    reset_errors();
    pairs.best = "lr length";
    called c = call(&pairs, results, (unroll_sweep_options){.jobs = 1, .assignments = both, .assignment_count = 3});
    CU_ASSERT_EQUAL(c.status.code, UNROLL_OK);
    CU_ASSERT_EQUAL(c.measured, 8 + 6);
    CU_ASSERT_EQUAL(gathered(results, "rnn", 0.01, 2, 7), 6);
}

static void what_is_stopped_goes_on_in_its_stage(void)
{
    const char *results = test_folder();
    reset_errors();
    stop_after = 5;
    called c = sweep(results, (unroll_sweep_options){.full = false});
    CU_ASSERT_EQUAL(c.status.code, UNROLL_STOPPED);
    CU_ASSERT_STRING_EQUAL(c.status.text, "stopped with 5 of 12 runs finished; the same command goes on from there");
    CU_ASSERT_PTR_NULL(strstr(c.printed, "stage 2"));
    reset_errors();
    stop_after = CHOOSING - 5 + 4;
    c = sweep(results, (unroll_sweep_options){.full = false});
    CU_ASSERT_EQUAL(c.status.code, UNROLL_STOPPED);
    CU_ASSERT_STRING_EQUAL(c.status.text, "stopped with 4 of 12 runs finished; the same command goes on from there");
    reset_errors();
    c = sweep(results, (unroll_sweep_options){.full = false});
    CU_ASSERT_EQUAL(c.status.code, UNROLL_OK);
    CU_ASSERT_EQUAL(c.measured, CHOSEN - 4);
}

static void the_last_shard_to_choose_begins_the_second_stage(void)
{
    const char *results = test_folder(), *whole = test_folder();
    reset_errors();
    called c = sweep(results, (unroll_sweep_options){.shard = 1, .shards = 2});
    CU_ASSERT_EQUAL(c.status.code, UNROLL_OK);
    CU_ASSERT_EQUAL(c.measured, CHOOSING / 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(c.printed, "\nstage 2 of 2 waits for 6 of the 12 runs that choose lr: other shards do them\n"));
    c = sweep(results, (unroll_sweep_options){.shard = 2, .shards = 2});
    CU_ASSERT_EQUAL(c.status.code, UNROLL_OK);
    CU_ASSERT_EQUAL(c.measured, CHOOSING / 2 + CHOSEN / 2);
    c = sweep(results, (unroll_sweep_options){.shard = 1, .shards = 2});
    CU_ASSERT_EQUAL(c.status.code, UNROLL_OK);
    CU_ASSERT_EQUAL(c.measured, CHOSEN / 2);
    sweep(whole, (unroll_sweep_options){.full = false});
    CU_ASSERT_EQUAL(files_in(results, ".h5"), files_in(whole, ".h5"));
    c = sweep(results, (unroll_sweep_options){.full = false});
    CU_ASSERT_EQUAL(c.measured, 0);
}

/* A shard without a run of the one stage may have one of the other. */
static void a_shard_may_be_without_a_run_of_a_stage(void)
{
    static const char *const few[] = {"model=rnn", "lr=0.1,0.01"}; /* 4 runs that choose, 6 that report */
    const char *results = test_folder();
    int shards = 5, measured_by[6];
    reset_errors();
    for (int shard = 1; shard <= shards; shard++) {
        unroll_sweep_options options = {.shard = shard, .shards = shards, .assignments = few, .assignment_count = 2};
        called c = sweep(results, options);
        measured_by[shard] = c.measured;
        CU_ASSERT_EQUAL(c.status.code, UNROLL_OK);
    }
    CU_ASSERT_EQUAL(measured_by[4], 1 + 1); /* the last that chooses */
    CU_ASSERT_EQUAL(measured_by[5], 1);     /* which has none that chooses */
}

static void a_dry_run_says_how_many_runs_each_stage_has(void)
{
    const char *results = test_folder();
    reset_errors();
    called c = sweep(results, (unroll_sweep_options){.dry_run = true});
    CU_ASSERT_EQUAL(c.status.code, UNROLL_OK);
    CU_ASSERT_EQUAL(c.measured, 0);
    CU_ASSERT_EQUAL(files_in(results, ""), 0);
    CU_ASSERT_STRING_EQUAL(c.printed, "stage 1 of 2: every lr, on the seeds that choose\n"
                                      "counted: runs that are counted\n"
                                      "  model        rnn, lstm\n"
                                      "  lr           0.1, 0.01, 0.001\n"
                                      "  seed         0, 1\n"
                                      "12 runs: 0 found, 12 to do\n"
                                      "expected time: not known before a first run is there\n"
                                      "\n"
                                      "stage 2 of 2: at most 12 runs, of the lr that stage 1 chooses\n");
    sweep(results, (unroll_sweep_options){.full = false});
    c = sweep(results, (unroll_sweep_options){.dry_run = true, .full = true});
    CU_ASSERT_EQUAL(c.measured, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(c.printed, "\n12 runs: 12 found, 0 to do\n\nstage 2 of 2: the chosen lr, on the seeds that "
                                             "report\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(c.printed, "\n16 runs: 12 found, 4 to do\n"));
}

static void a_run_that_fails_neither_chooses_nor_ends_the_sweep(void)
{
    const char *results = test_folder();
    reset_errors();
    failing_seed = 1;
    called c = sweep(results, (unroll_sweep_options){.full = false});
    CU_ASSERT_EQUAL(c.status.code, UNROLL_FAILED);
    CU_ASSERT_STRING_EQUAL(c.status.text, "6 of 12 runs failed; the first: seed 1 does not like it");
    CU_ASSERT_EQUAL(c.measured, CHOOSING + CHOSEN);
    results = test_folder();
    failing_seed = 0;
    c = sweep(results, (unroll_sweep_options){.fail_fast = true});
    CU_ASSERT_EQUAL(c.status.code, UNROLL_FAILED);
    CU_ASSERT_EQUAL(c.measured, 1);
    CU_ASSERT_PTR_NULL(strstr(c.printed, "stage 2"));
}

static void where_every_run_that_chooses_fails_nothing_is_chosen(void)
{
    static const char *const model[] = {"model=rnn"};
    unroll_experiment one = chosen;
    reset_errors();
    failing_seed = 0;
    one.best_by = "seed=0";
    called c = call(&one, test_folder(), (unroll_sweep_options){.jobs = 1, .assignments = model, .assignment_count = 1});
    CU_ASSERT_EQUAL(c.status.code, UNROLL_FAILED);
    CU_ASSERT_EQUAL(c.measured, 3);
    CU_ASSERT_PTR_NOT_NULL(strstr(c.printed, "stage 2 of 2: no run has a result by which lr could be chosen\n"));
}

static void check_refused(const unroll_experiment *e, const char *assignment, const char *sentence)
{
    called c = call(e, test_folder(), (unroll_sweep_options){.assignments = &assignment, .assignment_count = 1});
    CU_ASSERT_EQUAL(c.status.code, UNROLL_WRONG);
    CU_ASSERT_STRING_EQUAL(c.status.text, sentence);
    CU_ASSERT_EQUAL(c.measured, 0);
}

static void a_declaration_or_a_seed_that_cannot_be_is_refused_before_any_run(void)
{
    unroll_experiment wrong = chosen;
    reset_errors();
    check_refused(&chosen, "seed=1..6", "seed=1 chooses the best lr of counted (seed=0,1), and cannot report on it");
    wrong.metric = "test_error";
    check_refused(&wrong, "seed=2",
                  "counted measures no validation metric by which a best value could be chosen: its .metric is test_error");
    wrong = chosen;
    wrong.best_by = "hidden=3";
    check_refused(&wrong, "seed=2", "counted declares no seeds by which the best lr is chosen");
    wrong.best = "rate";
    check_refused(&wrong, "seed=2", "best=rate: there is no such setting; unroll list settings shows them");
}

const unroll_test tests_sweep_best[] = {
    TEST(every_value_chooses_and_the_chosen_one_alone_reports),
    TEST(the_report_has_what_was_chosen),
    TEST(what_diverged_is_chosen_last_and_of_equals_the_first),
    TEST(of_equals_the_first_on_the_declared_axis_is_taken),
    TEST(two_settings_are_chosen_together),
    TEST(what_is_stopped_goes_on_in_its_stage),
    TEST(the_last_shard_to_choose_begins_the_second_stage),
    TEST(a_shard_may_be_without_a_run_of_a_stage),
    TEST(a_dry_run_says_how_many_runs_each_stage_has),
    TEST(a_run_that_fails_neither_chooses_nor_ends_the_sweep),
    TEST(where_every_run_that_chooses_fails_nothing_is_chosen),
    TEST(a_declaration_or_a_seed_that_cannot_be_is_refused_before_any_run),
    {NULL, NULL},
};
