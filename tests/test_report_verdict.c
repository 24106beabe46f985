/* Claims against runs that were made up: each statistic and direction. */
#include "claims.h"

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

/* A task that reads no file has none to name. */
static void a_condition_without_a_value_is_not_told(void)
{
    static const char *const files[] = {"", "co2", "jfk"};
    unroll_experiment experiment = with(below);
    unroll_verdict verdict;
    forget();
    experiment.axes_quick = "model=rnn,lstm seed=0..5 file=,co2,jfk";
    experiment.groups = "file length";
    for (int i = 0; i < 3; i++) {
        add_runs("rnn", 9, 6, 2);
        add_runs("lstm", 9, 6, 1);
        for (int k = 12 * i; k < made.count; k++)
            made.file[k] = (char *)files[i];
    }
    verdict = judge_all(&experiment);
    CU_ASSERT_EQUAL_FATAL(verdict.count, 3);
    CU_ASSERT_STRING_EQUAL(verdict.comparison[0].text, "mse of lstm minus rnn below 0, at length 9");
    CU_ASSERT_STRING_EQUAL(verdict.comparison[1].text, "mse of lstm minus rnn below 0, at file co2, length 9");
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

/* ---- shares, horizons, slopes, values ---- */

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

const unroll_test tests_report_verdict[] = {
    TEST(runs_are_paired_by_their_seeds),
    TEST(a_claim_must_hold_at_every_condition),
    TEST(a_condition_without_a_value_is_not_told),
    TEST(a_claim_is_contradicted_where_one_comparison_is_clear_after_holms_correction),
    TEST(equal_runs_support_and_contradict_nothing),
    TEST(one_run_against_the_others_counts_by_the_sign_test),
    TEST(as_good_as_has_a_margin_on_the_side_that_is_worse),
    TEST(what_neither_solves_does_not_show_that_they_are_as_good),
    TEST(pairs_are_won_lost_or_equal),
    TEST(a_run_that_diverged_is_worst_and_two_of_them_are_no_different),
    TEST(a_run_may_be_held_against_a_column_of_its_own),
    TEST(a_run_that_diverged_without_its_yardstick_is_not_dropped),
    TEST(a_share_is_judged_by_its_own_bounds),
    TEST(a_horizon_is_the_largest_value_up_to_which_all_is_solved),
    TEST(a_slope_is_that_of_least_squares_for_each_seed),
    TEST(a_rule_may_be_about_each_runs_own_value),
    {NULL, NULL},
};
