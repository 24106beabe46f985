/* What of a claim is judged: the runs and conditions that its experiment declares, and rules that say what they need. */
#include "claims.h"

/* ---- runs ---- */

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

/* ---- conditions ---- */

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

/* ---- rules ---- */

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

static void what_claims_nothing_has_no_verdict(void)
{
    const unroll_experiment experiment = {.name = "silent"};
    unroll_table table = {.rows = 0};
    unroll_verdict verdict;
    unroll_status status = unroll_judge(&experiment, &table, &verdict);
    CU_ASSERT_EQUAL(status.code, UNROLL_NOTHING);
    CU_ASSERT_STRING_EQUAL(status.text, "silent claims nothing that its runs could show");
}

const unroll_test tests_report_declared[] = {
    TEST(a_full_size_is_whole_without_the_runs_that_are_one),
    TEST(either_size_is_whole_by_itself),
    TEST(other_runs_take_nothing_from_the_verdict),
    TEST(other_seeds_than_the_declared_are_exploratory),
    TEST(fewer_than_six_seeds_are_not_judged),
    TEST(a_condition_that_was_not_run_leaves_the_claim_unjudged),
    TEST(a_setting_that_a_model_cannot_have_makes_no_condition_of_it),
    TEST(what_an_experiment_leaves_out_is_not_missing),
    TEST(a_rule_without_a_run_is_told),
    TEST(a_rule_on_a_column_that_no_run_has_says_so),
    TEST(a_rule_names_values_and_not_their_texts),
    TEST(a_rule_that_lacks_something_is_refused),
    TEST(what_claims_nothing_has_no_verdict),
    {NULL, NULL},
};
