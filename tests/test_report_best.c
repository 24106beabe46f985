/* Best values by validation: what is chosen, by which seeds, and what is shown of it. The runs are made up. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "gathered.h"
#include "report/inside.h"

enum { MOST_RUNS = 200 };

/* Runs, one after the other. */
static struct {
    char *model[MOST_RUNS], *status[MOST_RUNS], *metric[MOST_RUNS], *optimizer[MOST_RUNS];
    double lr[MOST_RUNS], hidden[MOST_RUNS], seed[MOST_RUNS], mse[MOST_RUNS], test[MOST_RUNS], accuracy[MOST_RUNS];
    int count;
} made;

static unroll_table *made_table(void)
{
    static unroll_table_column columns[10];
    static unroll_table table;
    unroll_table_column now[] = {
        {.name = "model", .type = UNROLL_COLUMN_TEXT, .text = made.model},
        {.name = "status", .type = UNROLL_COLUMN_TEXT, .text = made.status},
        {.name = "metric", .type = UNROLL_COLUMN_TEXT, .text = made.metric},
        {.name = "optimizer", .type = UNROLL_COLUMN_TEXT, .text = made.optimizer},
        {.name = "lr", .type = UNROLL_COLUMN_REAL, .real = made.lr},
        {.name = "hidden", .type = UNROLL_COLUMN_INT, .real = made.hidden},
        {.name = "seed", .type = UNROLL_COLUMN_INT, .real = made.seed},
        {.name = "mse", .type = UNROLL_COLUMN_REAL, .real = made.mse},
        {.name = "test_mse", .type = UNROLL_COLUMN_REAL, .real = made.test},
        {.name = "accuracy", .type = UNROLL_COLUMN_REAL, .real = made.accuracy},
    };
    memcpy(columns, now, sizeof columns);
    table = (unroll_table){.columns = columns, .column_count = 10, .rows = made.count};
    return &table;
}

/* A run with a validation error; the error of its test is ten times that, and its accuracy grows with its error. */
static void add(const char *model, double lr, int seed, double mse)
{
    int i = made.count++;
    CU_ASSERT_FATAL(i < MOST_RUNS);
    made.model[i] = (char *)model;
    made.status[i] = (char *)(isnan(mse) ? "diverged" : "done");
    made.metric[i] = (char *)"mse";
    made.optimizer[i] = (char *)"adam";
    made.lr[i] = lr;
    made.hidden[i] = 8;
    made.seed[i] = seed;
    made.mse[i] = mse;
    made.test[i] = 10 * mse;
    made.accuracy[i] = mse;
}

static const unroll_experiment experiment = {
    .name = "made",
    .title = "runs that were made up",
    .axes_quick = "model=rnn,lstm lr=0.1,0.01 seed=0..3",
    .axes_full = "model=rnn,lstm lr=0.1,0.01 seed=0..3",
    .groups = "model",
    .columns = "mse test_mse",
};

/* An RNN whose best lr is 0.01 by seeds 0 and 1, and 0.1 by the others; an LSTM whose best is 0.1. */
static void make_usual(void)
{
    made.count = 0;
    for (int seed = 0; seed < 4; seed++) {
        add("rnn", 0.01, seed, seed < 2 ? 1 : 5);
        add("rnn", 0.1, seed, seed < 2 ? 2 : 4);
        add("lstm", 0.1, seed, 0.5);
        add("lstm", 0.01, seed, 0.75);
    }
}

static unroll_status print_of(const unroll_experiment *e, const unroll_grouping *grouping, unroll_format format, char text[8192])
{
    FILE *out = fmemopen(text, 8192, "w");
    unroll_status status;
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    text[0] = '\0';
    status = unroll_report_table(e, made_table(), grouping, format, out);
    fclose(out);
    return status;
}

static const char *print(unroll_grouping grouping, unroll_format format)
{
    static char text[8192];
    CU_ASSERT_EQUAL(print_of(&experiment, &grouping, format, text).code, UNROLL_OK);
    return text;
}

static void check_wrong(unroll_grouping grouping, unroll_code code, const char *sentence)
{
    char text[8192];
    unroll_status status = print_of(&experiment, &grouping, UNROLL_FORMAT_TEXT, text);
    CU_ASSERT_EQUAL(status.code, code);
    CHECK_TEXT(status.text, sentence);
}

/* ---- the choice ---- */

static void the_lower_half_of_the_seeds_chooses_and_the_others_report(void)
{
    make_usual();
    CHECK_TEXT(print((unroll_grouping){.best = "lr"}, UNROLL_FORMAT_TEXT),
               "model    lr  runs  mse  test_mse\n"
               "rnn    0.01     2    5        50\n"
               "lstm    0.1     2  0.5         5\n"
               "best of lr=0.1,0.01 by the median mse of seed=0,1, in 8 runs, 4 a choice; shown are the runs of seed=2,3.\n");
}

static void of_an_odd_number_of_seeds_the_smaller_part_chooses(void)
{
    make_usual();
    for (int i = 0; i < 4; i++)
        add(made.model[i], made.lr[i], 4, 7);
    CHECK_TEXT(print((unroll_grouping){.best = "lr"}, UNROLL_FORMAT_CSV), "model,lr,runs,mse,mse_low,mse_high,test_mse,"
                                                                           "test_mse_low,test_mse_high\n"
                                                                           "rnn,0.01,3,5,,,50,,\nlstm,0.1,3,0.5,,,5,,\n");
}

static void a_chosen_value_is_a_column_even_where_all_rows_share_it(void)
{
    make_usual();
    CHECK_TEXT(print((unroll_grouping){.best = "lr", .where = "model=lstm"}, UNROLL_FORMAT_TEXT),
               "model   lr  runs  mse  test_mse\n"
               "lstm   0.1     2  0.5         5\n"
               "best of lr=0.1,0.01 by the median mse of seed=0,1, in 4 runs, 4 a choice; shown are the runs of seed=2,3.\n");
}

static void by_parts_the_rows_and_the_choice_stays_that_of_each_combination(void)
{
    make_usual();
    CHECK_TEXT(print((unroll_grouping){.best = "lr", .by = "optimizer"}, UNROLL_FORMAT_TEXT),
               "optimizer    lr  runs  mse  test_mse\n"
               "adam       0.01     2    5        50\n"
               "adam        0.1     2  0.5         5\n"
               "best of lr=0.1,0.01 by the median mse of seed=0,1, in 8 runs, 4 a choice; shown are the runs of seed=2,3.\n"
               "model: a row takes runs with different values of it together\n");
}

static void a_run_that_diverged_chooses_as_the_worst(void)
{
    made.count = 0;
    for (int seed = 0; seed < 6; seed++) {
        add("rnn", 0.01, seed, 3);
        add("rnn", 0.1, seed, seed < 2 ? NAN : 1); /* two of the three that choose */
    }
    CU_ASSERT_PTR_NOT_NULL(strstr(print((unroll_grouping){.best = "lr"}, UNROLL_FORMAT_CSV), "\nrnn,0.01,3,0,3,"));
    made.mse[3] = 1; /* of seed 1 */
    made.status[3] = (char *)"done";
    CU_ASSERT_PTR_NOT_NULL(strstr(print((unroll_grouping){.best = "lr"}, UNROLL_FORMAT_CSV), "\nrnn,0.1,3,0,1,"));
    for (int i = 0; i < made.count; i++) {
        made.status[i] = (char *)"diverged";
        made.mse[i] = NAN;
    }
    CU_ASSERT_PTR_NOT_NULL(strstr(print((unroll_grouping){.best = "lr"}, UNROLL_FORMAT_CSV), "\nrnn,0.1,3,3,inf,"));
}

static void of_equal_values_the_first_on_the_axis_is_taken(void)
{
    made.count = 0;
    for (int seed = 0; seed < 2; seed++) {
        add("rnn", 0.001, seed, 1); /* on no axis: behind those that are */
        add("rnn", 0.01, seed, 1);
        add("rnn", 0.1, seed, 1);
    }
    CU_ASSERT_PTR_NOT_NULL(strstr(print((unroll_grouping){.best = "lr"}, UNROLL_FORMAT_CSV), "\nrnn,0.1,1,"));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(print((unroll_grouping){.best = "lr", .where = "lr=0.001,0.01"}, UNROLL_FORMAT_CSV), "\nrnn,0.01,1,"));
}

static void several_settings_are_chosen_together(void)
{
    static const double mse[2][2] = {{3, 1}, {2, 4}}; /* by lr, by width: neither's best is the pair's */
    made.count = 0;
    for (int seed = 0; seed < 2; seed++)
        for (int i = 0; i < 4; i++) {
            add("rnn", i / 2 == 0 ? 0.1 : 0.01, seed, mse[i / 2][i % 2]);
            made.hidden[made.count - 1] = i % 2 == 0 ? 8 : 16;
        }
    CHECK_TEXT(print((unroll_grouping){.best = "lr,hidden"}, UNROLL_FORMAT_TEXT),
               "model   lr  hidden  runs  mse  test_mse\n"
               "rnn    0.1      16     1    1        10\n"
               "best of lr=0.1,0.01 hidden=8,16 by the median mse of seed=0, in 4 runs, 4 a choice; shown are the runs of "
               "seed=1.\n");
    CHECK_TEXT(print((unroll_grouping){.best = "hidden"}, UNROLL_FORMAT_CSV),
               "model,lr,hidden,runs,mse,test_mse\nrnn,0.01,8,1,2,20\nrnn,0.1,16,1,1,10\n");
}

static void texts_are_chosen_too(void)
{
    made.count = 0;
    for (int seed = 0; seed < 2; seed++) {
        add("rnn", 0.1, seed, 2);
        add("lstm", 0.1, seed, 1);
    }
    CHECK_TEXT(print((unroll_grouping){.best = "model"}, UNROLL_FORMAT_CSV), "model,runs,mse,test_mse\nlstm,1,1,10\n");
}

static unroll_status measure_nothing(const unroll_settings *settings, unroll_record *record)
{
    (void)settings;
    (void)record;
    return unroll_ok();
}

static void a_measurement_chooses_by_the_metric_it_names_in_its_own_direction(void)
{
    unroll_experiment e = experiment;
    unroll_grouping grouping = {.best = "lr"};
    char text[8192];
    make_usual();
    e.measure = measure_nothing;
    e.metric = "accuracy";
    e.columns = "test_mse accuracy:higher";
    CU_ASSERT_EQUAL(print_of(&e, &grouping, UNROLL_FORMAT_CSV, text).code, UNROLL_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\nrnn,0.1,2,"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\nlstm,0.01,2,"));
    e.metric = "test_mse";
    CHECK_TEXT(print_of(&e, &grouping, UNROLL_FORMAT_CSV, text).text,
               "made measures no validation metric by which a best value could be chosen: its .metric is test_mse");
    e.metric = NULL;
    CHECK_TEXT(print_of(&e, &grouping, UNROLL_FORMAT_CSV, text).text,
               "made measures no validation metric by which a best value could be chosen: its .metric is not given");
}

static void failed_runs_neither_choose_nor_lead(void)
{
    make_usual();
    for (int i = 0; i < made.count; i++)
        if (made.lr[i] == 0.1 && made.model[i][0] == 'l')
            made.status[i] = (char *)"failed";
    CU_ASSERT_PTR_NOT_NULL(strstr(print((unroll_grouping){.best = "lr"}, UNROLL_FORMAT_CSV), "\nlstm,0.01,2,0.75,"));
}

static void a_choice_without_a_run_on_the_other_seeds_is_left_out_and_told(void)
{
    make_usual();
    for (int i = 0; i < made.count; i++)
        if (made.lr[i] == 0.1 && made.model[i][0] == 'l' && made.seed[i] >= 2)
            made.status[i] = (char *)"failed";
    CHECK_TEXT(print((unroll_grouping){.best = "lr"}, UNROLL_FORMAT_MARKDOWN),
               "| model | lr | runs | mse | test_mse |\n"
               "| --- | ---: | ---: | ---: | ---: |\n"
               "| rnn | 0.01 | 2 | 5 | 50 |\n"
               "\nbest of lr=0.1,0.01 by the median mse of seed=0,1, in 8 runs, 4 a choice; shown are the runs of seed=2,3; "
               "1 choice is left out, without a run on these.\n"
               "\n2 of 16 runs failed; the first: \n");
}

/* ---- what cannot be ---- */

static void what_cannot_be_chosen_is_refused_with_a_sentence(void)
{
    make_usual();
    check_wrong((unroll_grouping){.best = "lr", .where = "seed=3"}, UNROLL_WRONG,
                "best=lr takes some seeds to choose by and others to report, and the runs of made have none but seed 3");
    check_wrong((unroll_grouping){.best = "hidden"}, UNROLL_WRONG,
                "best=hidden: there is nothing to choose, for hidden is the same in all runs of made");
    check_wrong((unroll_grouping){.best = "seed"}, UNROLL_WRONG, "best=seed: seeds choose, and cannot be chosen");
    check_wrong((unroll_grouping){.best = "rate"}, UNROLL_WRONG,
                "best=rate: there is no such setting; unroll list settings shows them");
    check_wrong((unroll_grouping){.best = ""}, UNROLL_WRONG, "best= needs a setting whose values are chosen: best=lr");
    check_wrong((unroll_grouping){.best = "lr,hidden,model,optimizer,steps"}, UNROLL_WRONG,
                "best= chooses the values of at most 4 settings");
    for (int i = 0; i < made.count; i++)
        made.metric[i] = (char *)"";
    check_wrong((unroll_grouping){.best = "lr"}, UNROLL_NOTHING,
                "no run of made has a validation metric by which the best lr could be chosen");
}

/* ---- run by run ---- */

static void run_by_run_the_choice_is_shown_with_what_failed_of_it(void)
{
    char text[8192];
    unroll_grouping grouping = {.best = "lr", .where = "model=rnn"};
    FILE *out = fmemopen(text, sizeof text, "w");
    make_usual();
    made.status[8] = (char *)"failed"; /* of lr=0.01, seed 2 */
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    CU_ASSERT_EQUAL(unroll_report_rows(&experiment, made_table(), &grouping, UNROLL_FORMAT_TEXT, out).code, UNROLL_OK);
    fclose(out);
    CHECK_TEXT(text, "status  seed  metric  mse  test_mse  accuracy\n"
                     "failed     2  mse       5        50         5\n"
                     "done       3  mse       5        50         5\n"
                     "held: model=rnn lr=0.01 hidden=8; every other setting at its default\n"
                     "best of lr=0.1,0.01 by the median mse of seed=0,1, in 4 runs, 4 a choice; shown are the runs of "
                     "seed=2,3.\n");
}

/* ---- as an experiment declares it ---- */

enum { DECLARED_RUNS = 36 };

/* What is gathered of models at lengths, which stand for what is chosen, over so many seeds. */
static unroll_table *load_declared(const unroll_experiment *e, int seeds, unroll_code expected)
{
    made_run runs[DECLARED_RUNS];
    int count = 0;
    unroll_table *table = NULL;
    for (int seed = 0; seed < seeds; seed++)
        for (int i = 0; i < 4; i++)
            runs[count++] = (made_run){i % 2 == 0 ? 10 : 20, i / 2 == 0 ? "rnn" : "lstm", seed, "done",
                                       (i / 2 == 0 ? 8 : 4) + (i == 0 || i == 3 ? 0.5 : 0.25) + 0.01 * seed};
    CU_ASSERT_EQUAL_FATAL(unroll_report_load(e, made_folder(e, runs, count), &table).code, expected);
    return table;
}

static const unroll_experiment declared = {
    .name = "made",
    .title = "runs that were made up",
    .axes_quick = "model=rnn,lstm length=10,20 hidden=7 seed=3..5",
    .axes_full = "model=rnn,lstm length=10,20 hidden=7 seed=3..5",
    .groups = "model length",
    .columns = "mse",
    .measure = measure_nothing,
    .metric = "mse",
    .best = "length",
    .best_by = "seed=0..2",
    .rules = {{UNROLL_DIFFERENCE, UNROLL_LOWER, .metric = "mse", .of = "model=lstm", .against = "model=rnn"}},
    .published = {{.metric = "mse", .where = "model=lstm", .figure = 4.29, .source = "nobody", .tolerance = 0.02}},
};

static void tables_and_figures_of_what_is_declared_have_the_chosen_runs_alone(void)
{
    char text[2048];
    unroll_table *table = load_declared(&declared, 6, UNROLL_OK);
    FILE *out = fmemopen(text, sizeof text, "w");
    unroll_grouping again = {.best = "length"};
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    CU_ASSERT_EQUAL(table->rows, 6);
    CU_ASSERT_EQUAL(unroll_report_table(&declared, table, NULL, UNROLL_FORMAT_TEXT, out).code, UNROLL_OK);
    CHECK_TEXT(unroll_report_table(&declared, table, &again, UNROLL_FORMAT_TEXT, stderr).text,
               "best=length: made chooses the best length already, and its table has those runs alone");
    fclose(out);
    unroll_table_free(table);
    CHECK_TEXT(text,
               "model  length  runs  mse (K^2)\n"
               "rnn        20     3       8.29\n"
               "lstm       10     3       4.29\n"
               "best of length=10,20 by the median mse of seed=0,1,2, in 12 runs, 6 a choice; shown are the runs of "
               "seed=3,4,5.\n");
}

/* The LSTM at one length stands beside the RNN at another, and the declared seeds are those that report. */
static void rules_and_published_figures_are_of_the_chosen_runs(void)
{
    char text[2048];
    unroll_experiment six = declared;
    unroll_verdict verdict;
    unroll_table *table;
    FILE *out = fmemopen(text, sizeof text, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    six.axes_full = "model=rnn,lstm length=10,20 hidden=7 seed=3..8";
    table = load_declared(&six, 9, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(unroll_judge(&six, table, &verdict).code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(verdict.count, 1);
    CHECK_TEXT(verdict.comparison[0].text, "mse of lstm minus rnn below 0");
    CU_ASSERT_EQUAL(verdict.comparison[0].interval.count, 6);
    CU_ASSERT_DOUBLE_EQUAL(verdict.comparison[0].interval.estimate, -4, 1e-9);
    CU_ASSERT_EQUAL(verdict.outcome, UNROLL_SUPPORTED);
    CU_ASSERT_FALSE(verdict.exploratory);
    unroll_verdict_free(&verdict);
    CU_ASSERT_EQUAL(unroll_report_published(&six, table, UNROLL_FORMAT_CSV, out).code, UNROLL_OK);
    fclose(out);
    unroll_table_free(table);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\nmse (K^2),model=lstm,6,4.305,"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, ",met,nobody\n"));
}

static void before_the_chosen_runs_are_there_nothing_is_reported(void)
{
    unroll_table *table;
    made_run first = {10, "rnn", 0, "done", 1};
    load_declared(&declared, 3, UNROLL_NOTHING);
    CHECK_TEXT(unroll_report_load(&declared, made_folder(&declared, &first, 1), &table).text,
               "the best length of made is chosen, and has no run on other seeds yet");
}

const unroll_test tests_report_best[] = {
    TEST(the_lower_half_of_the_seeds_chooses_and_the_others_report),
    TEST(of_an_odd_number_of_seeds_the_smaller_part_chooses),
    TEST(a_chosen_value_is_a_column_even_where_all_rows_share_it),
    TEST(by_parts_the_rows_and_the_choice_stays_that_of_each_combination),
    TEST(a_run_that_diverged_chooses_as_the_worst),
    TEST(of_equal_values_the_first_on_the_axis_is_taken),
    TEST(several_settings_are_chosen_together),
    TEST(texts_are_chosen_too),
    TEST(a_measurement_chooses_by_the_metric_it_names_in_its_own_direction),
    TEST(failed_runs_neither_choose_nor_lead),
    TEST(a_choice_without_a_run_on_the_other_seeds_is_left_out_and_told),
    TEST(what_cannot_be_chosen_is_refused_with_a_sentence),
    TEST(run_by_run_the_choice_is_shown_with_what_failed_of_it),
    TEST(tables_and_figures_of_what_is_declared_have_the_chosen_runs_alone),
    TEST(rules_and_published_figures_are_of_the_chosen_runs),
    TEST(before_the_chosen_runs_are_there_nothing_is_reported),
    {NULL, NULL},
};
