/* Claims against runs that were made up: each statistic and direction, what may decide and what may not. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/report.h"
#include "suite.h"

enum { MOST_RUNS = 200 };

/* Runs, one after the other. */
static struct {
    char *model[MOST_RUNS], *status[MOST_RUNS];
    double length[MOST_RUNS], seed[MOST_RUNS], mse[MOST_RUNS], naive[MOST_RUNS], solved[MOST_RUNS], bias[MOST_RUNS];
    int count;
    bool biased; /* the table has forget_bias */
} made;

static int declared_seeds = 6; /* of the quick size */

static void forget(void)
{
    made.count = 0;
    made.biased = false;
    declared_seeds = 6;
}

static void add_run(const char *model, double length, int seed, double mse)
{
    int i = made.count++;
    CU_ASSERT_FATAL(i < MOST_RUNS);
    made.model[i] = (char *)model;
    made.status[i] = (char *)(isnan(mse) ? "diverged" : "done");
    made.length[i] = length;
    made.seed[i] = seed;
    made.mse[i] = mse;
    made.naive[i] = 5;
    made.solved[i] = mse < 1;
    made.bias[i] = strcmp(model, "lstm") == 0; /* what only an LSTM has */
}

/* `count` seeds of a model whose error is `mse` and a little that is the seed's. */
static void add_runs(const char *model, double length, int count, double mse)
{
    for (int seed = 0; seed < count; seed++)
        add_run(model, length, seed, mse + 0.1 * seed);
}

/* The axes of a size with the lengths that there are, where it names none: then all runs are of it. */
static const char *with_lengths(const char *axes, char out[256])
{
    size_t used = (size_t)snprintf(out, 256, "%s", axes);
    for (int i = 0; strstr(axes, "length=") == NULL && i < made.count && used < 240; i++)
        used += (size_t)snprintf(out + used, 256 - used, "%s%g", i == 0 ? " length=" : ",", made.length[i]);
    return out;
}

static unroll_verdict judge_all(const unroll_experiment *declared)
{
    char quick[256], full[256];
    unroll_experiment with_axes = *declared, *experiment = &with_axes;
    unroll_table_column columns[] = {
        {.name = "model", .type = UNROLL_COLUMN_TEXT, .text = made.model},
        {.name = "status", .type = UNROLL_COLUMN_TEXT, .text = made.status},
        {.name = "length", .type = UNROLL_COLUMN_INT, .real = made.length},
        {.name = "seed", .type = UNROLL_COLUMN_INT, .real = made.seed},
        {.name = "mse", .type = UNROLL_COLUMN_REAL, .real = made.mse},
        {.name = "naive", .type = UNROLL_COLUMN_REAL, .real = made.naive},
        {.name = "solved", .type = UNROLL_COLUMN_INT, .real = made.solved},
        {.name = "forget_bias", .type = UNROLL_COLUMN_REAL, .real = made.bias},
    };
    unroll_table table = {.columns = columns, .column_count = made.biased ? 8 : 7, .rows = made.count};
    unroll_verdict verdict;
    with_axes.axes_quick = with_lengths(declared->axes_quick, quick);
    with_axes.axes_full = with_lengths(declared->axes_full, full);
    CU_ASSERT_EQUAL_FATAL(unroll_judge(experiment, &table, &verdict).code, UNROLL_OK);
    return verdict;
}

static unroll_experiment with(unroll_rule rule)
{
    static char quick[64];
    snprintf(quick, sizeof quick, "model=rnn,lstm,gru seed=0..%d", declared_seeds - 1);
    return (unroll_experiment){.name = "claims",
                               .axes_quick = quick,
                               .axes_full = "model=rnn,lstm,gru seed=0..9",
                               .groups = "length",
                               .rules = {rule}};
}

/* The outcome of one rule; prints and forgets the rest. */
static unroll_outcome judge(unroll_rule rule)
{
    unroll_experiment experiment = with(rule);
    unroll_verdict verdict = judge_all(&experiment);
    unroll_outcome outcome = verdict.outcome;
    unroll_verdict_free(&verdict);
    return outcome;
}

static const unroll_rule below = {UNROLL_DIFFERENCE, UNROLL_LOWER, .metric = "mse", .of = "model=lstm", .against = "model=rnn"};

static const char *print(const unroll_verdict *verdict, unroll_format format)
{
    static char text[4096];
    FILE *out = fmemopen(text, sizeof text, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    unroll_verdict_print(verdict, format, out);
    fclose(out);
    return text;
}

/* ---- settings that some of the runs cannot have ---- */

/* An experiment with forget_bias=1, which a GRU and an RNN do not read: theirs is the default, and nothing is missing at the other
   values. */
static void a_setting_that_a_model_cannot_have_makes_no_condition_of_it(void)
{
    static const unroll_rule rule = {UNROLL_HORIZON, UNROLL_AT_LEAST, .metric = "solved", .of = "model=rnn,lstm,gru", .bound = 20,
                                     .over = "length"};
    unroll_experiment experiment = with(rule);
    unroll_verdict verdict;
    experiment.fixed = "forget_bias=1";
    forget();
    made.biased = true;
    for (int length = 10; length <= 20; length += 10) {
        add_runs("rnn", length, 6, 0.1);
        add_runs("lstm", length, 6, 0.1);
        add_runs("gru", length, 6, 0.1);
    }
    verdict = judge_all(&experiment);
    CU_ASSERT_EQUAL(verdict.count, 3);
    CU_ASSERT_EQUAL(verdict.outcome, UNROLL_SUPPORTED);
    CU_ASSERT_FALSE(verdict.exploratory);
    unroll_verdict_free(&verdict);

    /* nor does it part an LSTM from its partners */
    experiment.rules[0] = (unroll_rule){UNROLL_DIFFERENCE, UNROLL_LOWER, .metric = "mse", .of = "model=lstm", .against = "model=rnn",
                                        .where = "length=10"};
    for (int i = 0; i < made.count; i++)
        made.mse[i] += strcmp(made.model[i], "rnn") == 0;
    verdict = judge_all(&experiment);
    CU_ASSERT_EQUAL(verdict.count, 1);
    CU_ASSERT_EQUAL(verdict.outcome, UNROLL_SUPPORTED);
    unroll_verdict_free(&verdict);
    experiment.rules[0] = rule;

    /* but an LSTM that was run at another value than was declared is no run of the experiment */
    for (int i = 0; i < made.count; i++)
        made.bias[i] = 0;
    verdict = judge_all(&experiment);
    CU_ASSERT_EQUAL(verdict.outcome, UNROLL_NOT_JUDGED);
    unroll_verdict_free(&verdict);
}

/* Two models neither of which solves anything are not shown to be as good as each other by that. */
static void what_neither_solves_does_not_show_that_they_are_as_good(void)
{
    static const unroll_rule as_good = {UNROLL_DIFFERENCE, UNROLL_AS_GOOD_AS, .metric = "solved:share:higher", .of = "model=lstm",
                                        .against = "model=rnn", .bound = 0.5};
    for (int solved = 0; solved < 2; solved++) {
        forget();
        add_runs("rnn", 10, 6, solved ? 0.1 : 2);
        add_runs("lstm", 10, 6, solved ? 0.2 : 3);
        CU_ASSERT_EQUAL(judge(as_good), solved ? UNROLL_SUPPORTED : UNROLL_UNDECIDED);
    }
}

/* The full size is there when each of its runs is, though they are fewer than the combinations of its axes. */
static void a_full_size_is_whole_without_the_runs_that_are_one(void)
{
    unroll_experiment experiment = with(below);
    unroll_verdict verdict;
    experiment.axes_quick = "model=rnn,lstm forget_bias=0 seed=0..5 length=10";
    experiment.axes_full = "model=rnn,lstm forget_bias=0,1 seed=0..9 length=10";
    forget();
    made.biased = true;
    for (int seed = 0; seed < 10; seed++) {
        add_run("rnn", 10, seed, 2 + 0.1 * seed);
        add_run("lstm", 10, seed, 1 + 0.1 * seed);
        made.bias[made.count - 1] = 0;
        add_run("lstm", 10, seed, 1.1 + 0.1 * seed);
    }
    verdict = judge_all(&experiment);
    CU_ASSERT_EQUAL(verdict.outcome, UNROLL_SUPPORTED);
    CU_ASSERT_PTR_NOT_NULL(strstr(print(&verdict, UNROLL_FORMAT_TEXT), "10 seeds"));
    unroll_verdict_free(&verdict);
}

static void a_rule_without_a_run_is_told(void)
{
    unroll_experiment experiment = with(below);
    unroll_verdict verdict;
    experiment.rules[1] = below;
    experiment.rules[1].where = "length=70";
    forget();
    add_runs("rnn", 10, 6, 2);
    add_runs("lstm", 10, 6, 1);
    verdict = judge_all(&experiment);
    CU_ASSERT_EQUAL(verdict.outcome, UNROLL_NOT_JUDGED);
    CU_ASSERT_PTR_NOT_NULL(strstr(print(&verdict, UNROLL_FORMAT_TEXT), "there is no such run"));
    unroll_verdict_free(&verdict);
}

/* ---- differences ---- */

static void runs_are_paired_by_their_seeds(void)
{
    forget();
    add_runs("rnn", 9, 6, 2); /* whose spread is larger than the difference */
    add_runs("lstm", 9, 6, 1.9);
    CU_ASSERT_EQUAL(judge(below), UNROLL_SUPPORTED);
    made.seed[6] = 5; /* lstm with the seeds 5, 1, 2, 3, 4, 0: two of them are no longer better than their partner */
    made.seed[11] = 0;
    CU_ASSERT_EQUAL(judge(below), UNROLL_UNDECIDED);
}

static void a_claim_must_hold_at_every_condition(void)
{
    unroll_experiment experiment = with(below);
    unroll_verdict verdict;
    forget();
    add_runs("rnn", 9, 6, 2);
    add_runs("lstm", 9, 6, 1);
    add_runs("rnn", 20, 6, 2);
    add_runs("lstm", 20, 5, 1);
    add_run("lstm", 20, 5, 3);
    verdict = judge_all(&experiment);
    CU_ASSERT_EQUAL(verdict.outcome, UNROLL_UNDECIDED);
    CU_ASSERT_EQUAL(verdict.count, 2);
    CU_ASSERT_EQUAL(verdict.comparison[0].finding, UNROLL_HOLDS);
    CU_ASSERT_EQUAL(verdict.comparison[1].finding, UNROLL_OPEN);
    CU_ASSERT_STRING_EQUAL(print(&verdict, UNROLL_FORMAT_TEXT),
                           "undecided: 1 of 2 comparisons hold; 7 seeds are the fewest that can decide so many either way\n"
                           "  holds       mse of lstm minus rnn below 0, at length 9: -1 [-1, -1], 6 seeds, pairs won: 6/6 [54%, 100%]\n"
                           "  open        mse of lstm minus rnn below 0, at length 20: -1 [-1, 0.5], 6 seeds, pairs won: 5/6 [36%, 100%]\n");
    unroll_verdict_free(&verdict);
    experiment.rules[0].where = "length=1..10";
    verdict = judge_all(&experiment);
    CU_ASSERT_EQUAL(verdict.outcome, UNROLL_SUPPORTED);
    CU_ASSERT_STRING_EQUAL(print(&verdict, UNROLL_FORMAT_MARKDOWN),
                           "Verdict: **supported**; its one comparison holds.\n\n"
                           "| rule, at each of its conditions | median or share | seeds | pairs won | |\n| --- | ---: | ---: | ---: | --- |\n"
                           "| mse of lstm minus rnn below 0, at length 9 | -1 [-1, -1] | 6 | 6/6 [54%, 100%] | holds |\n\n");
    unroll_verdict_free(&verdict);
}

/* 7 seeds can for two comparisons, 6 cannot: Holm doubles the smaller of the two. */
static void a_claim_is_contradicted_where_one_comparison_is_clear_after_holms_correction(void)
{
    for (int seeds = 6; seeds <= 7; seeds++) {
        forget();
        declared_seeds = seeds;
        add_runs("rnn", 9, seeds, 1);
        add_runs("lstm", 9, seeds, 2);
        add_runs("rnn", 20, seeds, 2);
        add_runs("lstm", 20, seeds, 1);
        CU_ASSERT_EQUAL(judge(below), seeds == 6 ? UNROLL_UNDECIDED : UNROLL_CONTRADICTED);
    }
}

static void equal_runs_support_and_contradict_nothing(void)
{
    unroll_rule above = below, good = below;
    above.direction = UNROLL_HIGHER;
    good.direction = UNROLL_AS_GOOD_AS;
    good.bound = 0.01;
    forget();
    add_runs("rnn", 9, 10, 1);
    add_runs("lstm", 9, 10, 1);
    CU_ASSERT_EQUAL(judge(below), UNROLL_UNDECIDED);
    CU_ASSERT_EQUAL(judge(above), UNROLL_UNDECIDED);
    CU_ASSERT_EQUAL(judge(good), UNROLL_SUPPORTED);
}

/* With six seeds one against is enough; with nine, one is not. */
static void one_run_against_the_others_counts_by_the_sign_test(void)
{
    for (int seeds = 6; seeds <= 9; seeds++) {
        forget();
        declared_seeds = seeds;
        add_runs("rnn", 9, seeds, 2);
        add_runs("lstm", 9, seeds - 1, 1);
        add_run("lstm", 9, seeds - 1, 9);
        CU_ASSERT_EQUAL(judge(below), seeds < 9 ? UNROLL_UNDECIDED : UNROLL_SUPPORTED);
    }
}

/* ---- as good as ---- */

static void as_good_as_has_a_margin_on_the_side_that_is_worse(void)
{
    unroll_rule good = below;
    good.direction = UNROLL_AS_GOOD_AS;
    good.bound = 0.5;
    forget();
    add_runs("rnn", 9, 6, 1);
    add_runs("lstm", 9, 6, 1.4);
    CU_ASSERT_EQUAL(judge(good), UNROLL_SUPPORTED);
    good.bound = 0.3;
    CU_ASSERT_EQUAL(judge(good), UNROLL_CONTRADICTED);
    good.metric = "mse:higher"; /* then it is better */
    CU_ASSERT_EQUAL(judge(good), UNROLL_SUPPORTED);
    good.metric = "mse";
    good.statistic = UNROLL_RATIO;
    good.bound = 0.5;
    CU_ASSERT_EQUAL(judge(good), UNROLL_SUPPORTED);
    good.bound = 0.1; /* 1.4, 1.36, ... 1.27 */
    CU_ASSERT_EQUAL(judge(good), UNROLL_CONTRADICTED);
}

/* Of `as good as` it is the better one that wins, margin or not; of no difference nobody does. */
static void pairs_are_won_lost_or_equal(void)
{
    unroll_rule good = below;
    unroll_experiment experiment;
    unroll_verdict verdict;
    good.direction = UNROLL_AS_GOOD_AS;
    good.bound = 0.5;
    experiment = with(good);
    forget();
    add_runs("rnn", 9, 6, 1);
    add_run("lstm", 9, 0, 1);
    add_run("lstm", 9, 1, 1.1);
    add_run("lstm", 9, 2, 1.5);
    for (int seed = 3; seed < 6; seed++)
        add_run("lstm", 9, seed, 1);
    verdict = judge_all(&experiment);
    CU_ASSERT_EQUAL(verdict.outcome, UNROLL_SUPPORTED);
    CU_ASSERT_PTR_NOT_NULL(strstr(print(&verdict, UNROLL_FORMAT_TEXT), ", pairs won: 3/6 [12%, 88%], 2 equal\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(print(&verdict, UNROLL_FORMAT_HTML), ">3/6 [12%, 88%], 2 equal</td>"));
    unroll_verdict_free(&verdict);
}

/* ---- runs that diverged ---- */

static void a_run_that_diverged_is_worst_and_two_of_them_are_no_different(void)
{
    unroll_rule good = below;
    good.direction = UNROLL_AS_GOOD_AS;
    good.bound = 1;
    forget();
    add_runs("lstm", 9, 6, 1);
    for (int seed = 0; seed < 6; seed++)
        add_run("rnn", 9, seed, NAN);
    CU_ASSERT_EQUAL(judge(below), UNROLL_SUPPORTED);
    CU_ASSERT_EQUAL(judge(good), UNROLL_SUPPORTED);
    made.mse[0] = NAN;
    made.status[0] = (char *)"diverged";
    CU_ASSERT_EQUAL(judge(below), UNROLL_UNDECIDED); /* 5 of 6 */
    CU_ASSERT_EQUAL(judge(good), UNROLL_UNDECIDED);
}

/* ---- against a yardstick ---- */

static void a_run_may_be_held_against_a_column_of_its_own(void)
{
    unroll_rule rule = {UNROLL_RATIO, UNROLL_LOWER, .metric = "mse", .of = "model=rnn,lstm", .against = "naive"};
    unroll_experiment experiment = with(rule);
    unroll_verdict verdict;
    forget();
    add_runs("rnn", 9, 6, 4);
    add_runs("lstm", 9, 6, 4.8); /* up to 5.3 */
    verdict = judge_all(&experiment);
    CU_ASSERT_EQUAL(verdict.outcome, UNROLL_UNDECIDED);
    CU_ASSERT_EQUAL(verdict.count, 2);
    CU_ASSERT_EQUAL(verdict.comparison[0].finding, UNROLL_HOLDS);
    CU_ASSERT_STRING_EQUAL(verdict.comparison[0].text, "mse of rnn over naive below 1, at length 9");
    CU_ASSERT_DOUBLE_EQUAL(verdict.comparison[0].interval.estimate, 0.85, 1e-12);
    unroll_verdict_free(&verdict);
}

/* ---- shares, horizons, slopes ---- */

static void a_share_is_judged_by_its_own_bounds(void)
{
    unroll_rule rule = {UNROLL_SHARE_OF_RUNS, UNROLL_AT_LEAST, .metric = "solved", .of = "model=rnn", .bound = 0.5};
    forget();
    add_runs("rnn", 9, 6, 0);
    CU_ASSERT_EQUAL(judge(rule), UNROLL_SUPPORTED); /* 6 of 6: 54% or more */
    rule.bound = 0.55;
    CU_ASSERT_EQUAL(judge(rule), UNROLL_UNDECIDED);
    rule.direction = UNROLL_AT_MOST;
    rule.bound = 0.5;
    CU_ASSERT_EQUAL(judge(rule), UNROLL_CONTRADICTED);
    made.solved[0] = 0;
    CU_ASSERT_EQUAL(judge(rule), UNROLL_UNDECIDED);
}

static void a_horizon_is_the_largest_value_up_to_which_all_is_solved(void)
{
    unroll_rule rule = {UNROLL_HORIZON, UNROLL_AT_MOST, .metric = "solved", .of = "model=rnn", .bound = 20, .over = "length"};
    unroll_experiment experiment = with(rule);
    unroll_verdict verdict;
    forget();
    add_runs("rnn", 10, 6, 0);
    add_runs("rnn", 20, 6, 0.2); /* 0.2 to 0.7 */
    add_runs("rnn", 50, 6, 3);
    add_runs("rnn", 100, 6, 0); /* by luck, beyond what it does not */
    verdict = judge_all(&experiment);
    CU_ASSERT_EQUAL(verdict.outcome, UNROLL_SUPPORTED);
    CU_ASSERT_EQUAL(verdict.count, 1);
    CU_ASSERT_STRING_EQUAL(verdict.comparison[0].text, "reach of solved of rnn in length at most 20");
    CU_ASSERT_EQUAL(verdict.comparison[0].interval.estimate, 20);
    CU_ASSERT_EQUAL(verdict.comparison[0].interval.count, 6);
    unroll_verdict_free(&verdict);
    rule.direction = UNROLL_AT_LEAST;
    CU_ASSERT_EQUAL(judge(rule), UNROLL_SUPPORTED);
    rule.bound = 50;
    CU_ASSERT_EQUAL(judge(rule), UNROLL_CONTRADICTED);
}

static void a_slope_is_that_of_least_squares_for_each_seed(void)
{
    unroll_rule rule = {UNROLL_SLOPE, UNROLL_AT_LEAST, .metric = "mse", .of = "model=rnn", .bound = 0.19, .over = "length"};
    unroll_experiment experiment = with(rule);
    unroll_verdict verdict;
    forget();
    add_runs("rnn", 10, 6, 1);
    add_runs("rnn", 20, 6, 3);
    add_runs("rnn", 30, 6, 5);
    verdict = judge_all(&experiment);
    CU_ASSERT_EQUAL(verdict.outcome, UNROLL_SUPPORTED);
    CU_ASSERT_DOUBLE_EQUAL(verdict.comparison[0].interval.estimate, 0.2, 1e-12);
    unroll_verdict_free(&verdict);
    made.mse[17] = NAN; /* that seed is not dropped */
    made.status[17] = (char *)"diverged";
    CU_ASSERT_EQUAL(judge(rule), UNROLL_UNDECIDED);
}

/* ---- what is not judged ---- */

static void fewer_than_six_seeds_are_not_judged(void)
{
    unroll_experiment experiment = with(below);
    unroll_verdict verdict;
    forget();
    add_runs("rnn", 9, 5, 2);
    add_runs("lstm", 9, 5, 1);
    verdict = judge_all(&experiment);
    CU_ASSERT_EQUAL(verdict.outcome, UNROLL_NOT_JUDGED);
    CU_ASSERT_STRING_EQUAL(print(&verdict, UNROLL_FORMAT_TEXT),
                           "not judged at this size: 0 of 1 comparisons hold, 1 stands on fewer than 6 seeds\n"
                           "  not judged  mse of lstm minus rnn below 0, at length 9: -1, 5 seeds, pairs won: 5/5\n");
    unroll_verdict_free(&verdict);
}

/* Of seeds that are not declared none is judged as long as others are; fewer than the declared are no declared set. */
static void other_seeds_than_the_declared_are_exploratory(void)
{
    unroll_experiment experiment = with(below);
    for (int first = 0; first <= 20; first += 20) {
        unroll_verdict verdict;
        forget();
        for (int seed = first; seed < first + 7; seed++) {
            add_run("rnn", 9, seed, 2);
            add_run("lstm", 9, seed, 1);
        }
        verdict = judge_all(&experiment);
        CU_ASSERT_EQUAL(verdict.outcome, UNROLL_SUPPORTED);
        CU_ASSERT_EQUAL(verdict.comparison[0].interval.count, first == 0 ? 6 : 7);
        CU_ASSERT_EQUAL(verdict.exploratory, first > 0);
        CU_ASSERT_EQUAL(strstr(print(&verdict, UNROLL_FORMAT_TEXT), "exploratory") != NULL, verdict.exploratory);
        unroll_verdict_free(&verdict);
    }
}

/* The quick size is whole; of what a user has run beside it, two seeds at another length, none takes that away. */
static void other_runs_take_nothing_from_the_verdict(void)
{
    unroll_experiment experiment = with(below);
    unroll_verdict verdict;
    experiment.axes_quick = "length=9 model=rnn,lstm seed=0..5";
    experiment.axes_full = "length=9,20 model=rnn,lstm seed=0..6";
    forget();
    add_runs("rnn", 9, 6, 2);
    add_runs("lstm", 9, 6, 1);
    add_runs("rnn", 20, 2, 1);
    add_runs("lstm", 20, 2, 2);
    add_runs("rnn", 50, 2, 1);
    verdict = judge_all(&experiment);
    CU_ASSERT_EQUAL(verdict.outcome, UNROLL_SUPPORTED);
    CU_ASSERT_EQUAL(verdict.count, 1);
    CU_ASSERT_FALSE(verdict.exploratory);
    unroll_verdict_free(&verdict);
    forget(); /* once the full size is whole it is what is judged */
    add_runs("rnn", 9, 7, 2);
    add_runs("lstm", 9, 7, 1);
    add_runs("rnn", 20, 7, 1);
    add_runs("lstm", 20, 7, 2);
    verdict = judge_all(&experiment);
    CU_ASSERT_EQUAL(verdict.outcome, UNROLL_CONTRADICTED);
    CU_ASSERT_EQUAL(verdict.count, 2);
    unroll_verdict_free(&verdict);
}

static void a_condition_that_was_not_run_leaves_the_claim_unjudged(void)
{
    unroll_experiment experiment = with(below);
    unroll_verdict verdict;
    experiment.axes_quick = "length=9,20 seed=0..5";
    experiment.axes_full = "length=9,30 seed=0..5";
    forget();
    add_runs("rnn", 9, 6, 2);
    add_runs("lstm", 9, 6, 1);
    verdict = judge_all(&experiment);
    CU_ASSERT_EQUAL(verdict.outcome, UNROLL_NOT_JUDGED);
    CU_ASSERT_EQUAL(verdict.count, 2);
    CU_ASSERT_STRING_EQUAL(verdict.comparison[1].text, "no run has length=20");
    unroll_verdict_free(&verdict);
}

/* At a condition that is left out for one model nothing of it is missing, as it is where the experiment leaves nothing out. */
static void what_an_experiment_leaves_out_is_not_missing(void)
{
    static const unroll_rule rule = {UNROLL_VALUE, UNROLL_AT_MOST, .metric = "mse", .of = "model=rnn,lstm", .bound = 3};
    for (int left_out = 0; left_out < 2; left_out++) {
        unroll_experiment experiment = with(rule);
        unroll_verdict verdict;
        experiment.axes_quick = experiment.axes_full = "model=rnn,lstm length=9,20 seed=0..5";
        experiment.without[0] = left_out ? "model=lstm length=20" : NULL;
        forget();
        add_runs("rnn", 9, 6, 2);
        add_runs("lstm", 9, 6, 1);
        add_runs("rnn", 20, 6, 2);
        verdict = judge_all(&experiment);
        CU_ASSERT_EQUAL(verdict.count, left_out ? 3 : 4);
        CU_ASSERT_EQUAL(verdict.outcome, left_out ? UNROLL_SUPPORTED : UNROLL_NOT_JUDGED);
        unroll_verdict_free(&verdict);
    }
}

/* The full size has other lengths than the quick one: all of one are enough. */
static void either_size_is_whole_by_itself(void)
{
    unroll_experiment experiment = with(below);
    unroll_verdict verdict;
    experiment.axes_quick = "model=rnn,lstm length=9 seed=0..5";
    experiment.axes_full = "model=rnn,lstm length=20,30 seed=0..5";
    forget();
    for (int length = 20; length <= 30; length += 10) {
        add_runs("rnn", length, 6, 2);
        add_runs("lstm", length, 6, 1);
    }
    verdict = judge_all(&experiment);
    CU_ASSERT_EQUAL(verdict.outcome, UNROLL_SUPPORTED);
    CU_ASSERT_EQUAL(verdict.count, 2);
    unroll_verdict_free(&verdict);
}

/* The metric of each run itself, at most and at least a bound. */
static void a_rule_may_be_about_each_runs_own_value(void)
{
    static const struct {
        unroll_direction direction;
        double bound;
        unroll_outcome outcome;
    } asked[] = {{UNROLL_AT_MOST, 3, UNROLL_SUPPORTED},
                 {UNROLL_AT_MOST, 1, UNROLL_CONTRADICTED},
                 {UNROLL_AT_LEAST, 2, UNROLL_SUPPORTED},
                 {UNROLL_AT_LEAST, 2.25, UNROLL_UNDECIDED}};
    forget();
    add_runs("rnn", 9, 6, 2); /* 2 to 2.5 */
    for (int i = 0; i < 4; i++) {
        unroll_rule rule = {UNROLL_VALUE, asked[i].direction, .metric = "mse", .of = "model=rnn", .bound = asked[i].bound};
        unroll_experiment experiment = with(rule);
        unroll_verdict verdict = judge_all(&experiment);
        CU_ASSERT_EQUAL(verdict.outcome, asked[i].outcome);
        CU_ASSERT_EQUAL_FATAL(verdict.count, 1);
        CU_ASSERT_DOUBLE_EQUAL(verdict.comparison[0].interval.estimate, 2.25, 1e-12);
        CU_ASSERT_EQUAL(strncmp(verdict.comparison[0].text, "mse of rnn at ", 14), 0);
        unroll_verdict_free(&verdict);
    }
}

static void a_rule_that_lacks_something_is_refused(void)
{
    static const struct {
        unroll_rule rule;
        const char *said;
    } rules[] = {
        {{UNROLL_DIFFERENCE, UNROLL_LOWER, .metric = "mse", .of = "lstm", .against = "model=rnn"}, "lacks .of, as in"},
        {{UNROLL_RATIO, UNROLL_LOWER, .metric = "mse", .of = "model=lstm"}, "a rule of claims on mse lacks .against, which"},
        {{UNROLL_SLOPE, UNROLL_AT_LEAST, .metric = "mse", .of = "model=lstm"}, "lacks .over, the column"},
        {{UNROLL_DIFFERENCE, UNROLL_LOWER, .metric = ":share", .of = "model=lstm", .against = "x"}, "the column :share has no name"},
    };
    unroll_table table = {.rows = 0};
    for (int i = 0; i < 4; i++) {
        unroll_experiment experiment = with(rules[i].rule);
        unroll_verdict verdict;
        unroll_status status = unroll_judge(&experiment, &table, &verdict);
        CU_ASSERT_EQUAL(status.code, UNROLL_WRONG);
        CU_ASSERT_PTR_NOT_NULL(strstr(status.text, rules[i].said));
    }
}

static void a_rule_on_a_column_that_no_run_has_says_so(void)
{
    static const struct {
        unroll_rule rule;
        const char *said;
    } rules[] = {
        {{UNROLL_DIFFERENCE, UNROLL_LOWER, .metric = "msee", .of = "model=lstm", .against = "model=rnn"},
         "msee of model=lstm: no run has the column msee"},
        {{UNROLL_RATIO, UNROLL_LOWER, .metric = "mse", .of = "model=lstm", .against = "seasonal"},
         "mse of model=lstm: no run has the column seasonal"},
        {{UNROLL_SLOPE, UNROLL_AT_LEAST, .metric = "mse", .of = "model=lstm", .over = "lag"},
         "mse of model=lstm: no run has the column lag"},
        {{UNROLL_SHARE_OF_RUNS, UNROLL_AT_LEAST, .metric = "solved", .of = "cell=lstm"},
         "solved of cell=lstm: no run has the column cell"},
    };
    forget();
    add_runs("rnn", 9, 6, 2);
    add_runs("lstm", 9, 6, 1);
    for (int i = 0; i < 4; i++) {
        unroll_experiment experiment = with(rules[i].rule);
        unroll_verdict verdict = judge_all(&experiment);
        CU_ASSERT_EQUAL(verdict.outcome, UNROLL_NOT_JUDGED);
        CU_ASSERT_STRING_EQUAL(verdict.comparison[0].text, rules[i].said);
        unroll_verdict_free(&verdict);
    }
}

/* "9.0" is the length 9: a value is compared, not its text. What a number or a "none" is of is said beside it. */
static void a_rule_names_values_and_not_their_texts(void)
{
    unroll_rule rule = {UNROLL_DIFFERENCE, UNROLL_HIGHER, .metric = "mse", .of = "length=2e1", .against = "length=9.0"};
    unroll_experiment experiment = with(rule);
    unroll_verdict verdict;
    forget();
    add_runs("rnn", 9, 6, 1);
    add_runs("rnn", 20, 6, 2);
    verdict = judge_all(&experiment);
    CU_ASSERT_EQUAL(verdict.outcome, UNROLL_SUPPORTED);
    CU_ASSERT_STRING_EQUAL(verdict.comparison[0].text, "mse of length 20 minus 9 above 0");
    unroll_verdict_free(&verdict);
}

static void a_run_that_diverged_without_its_yardstick_is_not_dropped(void)
{
    unroll_rule rule = {UNROLL_DIFFERENCE, UNROLL_LOWER, .metric = "mse", .of = "model=rnn", .against = "naive"};
    forget();
    add_runs("rnn", 9, 6, 1);
    CU_ASSERT_EQUAL(judge(rule), UNROLL_SUPPORTED);
    made.mse[5] = made.naive[5] = NAN;
    made.status[5] = (char *)"diverged";
    CU_ASSERT_EQUAL(judge(rule), UNROLL_UNDECIDED); /* and not "not judged", of five */
}

static void what_claims_nothing_has_no_verdict(void)
{
    const unroll_experiment experiment = {.name = "silent"};
    unroll_table table = {.rows = 0};
    unroll_verdict verdict;
    unroll_status status = unroll_judge(&experiment, &table, &verdict);
    CU_ASSERT_EQUAL(status.code, UNROLL_NOTHING);
    CU_ASSERT_STRING_EQUAL(status.text, "silent claims nothing that its runs could show");
}

const unroll_test tests_report_verdict[] = {
    TEST(a_setting_that_a_model_cannot_have_makes_no_condition_of_it),
    TEST(a_full_size_is_whole_without_the_runs_that_are_one),
    TEST(a_rule_without_a_run_is_told),
    TEST(what_neither_solves_does_not_show_that_they_are_as_good),
    TEST(runs_are_paired_by_their_seeds),
    TEST(a_claim_must_hold_at_every_condition),
    TEST(a_claim_is_contradicted_where_one_comparison_is_clear_after_holms_correction),
    TEST(equal_runs_support_and_contradict_nothing),
    TEST(one_run_against_the_others_counts_by_the_sign_test),
    TEST(as_good_as_has_a_margin_on_the_side_that_is_worse),
    TEST(pairs_are_won_lost_or_equal),
    TEST(a_run_that_diverged_is_worst_and_two_of_them_are_no_different),
    TEST(a_run_may_be_held_against_a_column_of_its_own),
    TEST(a_share_is_judged_by_its_own_bounds),
    TEST(a_horizon_is_the_largest_value_up_to_which_all_is_solved),
    TEST(a_slope_is_that_of_least_squares_for_each_seed),
    TEST(fewer_than_six_seeds_are_not_judged),
    TEST(other_seeds_than_the_declared_are_exploratory),
    TEST(other_runs_take_nothing_from_the_verdict),
    TEST(a_condition_that_was_not_run_leaves_the_claim_unjudged),
    TEST(what_an_experiment_leaves_out_is_not_missing),
    TEST(either_size_is_whole_by_itself),
    TEST(a_rule_may_be_about_each_runs_own_value),
    TEST(a_rule_that_lacks_something_is_refused),
    TEST(a_rule_on_a_column_that_no_run_has_says_so),
    TEST(a_rule_names_values_and_not_their_texts),
    TEST(a_run_that_diverged_without_its_yardstick_is_not_dropped),
    TEST(what_claims_nothing_has_no_verdict),
    {NULL, NULL},
};
