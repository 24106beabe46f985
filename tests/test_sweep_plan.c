/* Axes to runs: their product, once each, under an identity that follows from the settings alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/run.h"
#include "suite.h"
#include "sweep/plan.h"

static const unroll_experiment experiment = {
    .name = "planned",
    .title = "a plan",
    .version = 1,
    .axes_quick = "model=rnn,lstm seed=0..2",
    .axes_full = "model=rnn,lstm seed=0..9 hidden=16,32",
    .fixed = "task=adding steps=100 length=20",
};

static unroll_status make(const unroll_experiment *e, bool full, const char *const *assignments, int count,
                          unroll_plan *plan)
{
    unroll_sweep_options options = {.full = full, .assignments = assignments, .assignment_count = count};
    return unroll_plan_make(e, &options, plan);
}

static int count_runs(const unroll_experiment *e, bool full, const char *assignment)
{
    unroll_plan plan;
    int count = -1;
    if (make(e, full, &assignment, assignment != NULL, &plan).code == UNROLL_OK) {
        count = plan.count;
        unroll_plan_free(&plan);
    }
    return count;
}

static void the_plan_is_every_combination_the_last_axis_fastest(void)
{
    unroll_plan plan;
    char text[128];
    static const char *const expected[] = {"model=rnn seed=0",  "model=rnn seed=1",  "model=rnn seed=2",
                                           "model=lstm seed=0", "model=lstm seed=1", "model=lstm seed=2"};
    static const int turns[] = {0, 2, 4, 1, 3, 5}; /* the cells take turns */
    CU_ASSERT_EQUAL_FATAL(make(&experiment, false, NULL, 0, &plan).code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(plan.count, 6);
    for (int i = 0; i < 6; i++) {
        unroll_plan_describe(&plan, plan.runs[i].settings, text, sizeof text);
        CU_ASSERT_STRING_EQUAL(text, expected[i]);
        CU_ASSERT_EQUAL(plan.runs[i].turn, turns[i]);
        CU_ASSERT_EQUAL(unroll_int(plan.runs[i].settings, "steps"), 100);
    }
    unroll_plan_free(&plan);
    CU_ASSERT_EQUAL(count_runs(&experiment, true, NULL), 40);
}

static void assignments_override_axes_and_fixed_settings(void)
{
    static const char *const assignments[] = {"seed=5", "length=30,40"};
    unroll_plan plan;
    CU_ASSERT_EQUAL_FATAL(make(&experiment, false, assignments, 2, &plan).code, UNROLL_OK);
    CU_ASSERT_EQUAL(plan.count, 4);
    for (int i = 0; i < plan.count; i++) {
        CU_ASSERT_EQUAL(unroll_int(plan.runs[i].settings, "seed"), 5);
        CU_ASSERT(unroll_int(plan.runs[i].settings, "length") >= 30);
    }
    unroll_plan_free(&plan);
}

static void combinations_are_left_out_unless_a_user_asks_for_their_settings(void)
{
    unroll_experiment lacking = experiment;
    unroll_plan plan;
    lacking.without[0] = "model=rnn hidden=32";
    lacking.without[1] = "model=lstm seed=0..4 hidden=16";
    CU_ASSERT_EQUAL(count_runs(&lacking, true, NULL), 40 - 10 - 5);
    CU_ASSERT_EQUAL(count_runs(&lacking, true, "seed=0,9"), 8 - 2); /* the second names the seed */
    CU_ASSERT_EQUAL(count_runs(&lacking, true, "hidden=32"), 20);
    CU_ASSERT_EQUAL_FATAL(make(&lacking, true, NULL, 0, &plan).code, UNROLL_OK);
    for (int i = 0; i < plan.count; i++)
        CU_ASSERT(strcmp(unroll_text(plan.runs[i].settings, "model"), "rnn") != 0 ||
                  unroll_int(plan.runs[i].settings, "hidden") == 16);
    unroll_plan_free(&plan);
    lacking.without[1] = "modle=lstm";
    CU_ASSERT_EQUAL(count_runs(&lacking, true, NULL), -1);
}

static void the_same_run_is_planned_once(void)
{
    unroll_experiment timed = experiment;
    timed.timed = true;
    CU_ASSERT_EQUAL(count_runs(&experiment, false, "hidden=32,32,64"), 12);
    /* threads change the time that a run takes, never its result */
    CU_ASSERT_EQUAL(count_runs(&experiment, false, "threads=1,2"), 6);
    CU_ASSERT_EQUAL(count_runs(&timed, false, "threads=1,2"), 12);
}

/* A text is drawn from the trained model with the weights in the form that is asked for, and another form draws another. */
static void runs_with_other_forms_of_weights_are_other_runs(void)
{
    CU_ASSERT_EQUAL(count_runs(&experiment, false, "weights=float,bf16,int8"), 18);
}

static void an_identity_follows_from_settings_and_versions_alone(void)
{
    unroll_plan a, b;
    unroll_experiment raised = experiment, renamed = experiment;
    const char *shuffled[] = {"seed=2,1,0", "lr=0.001"}; /* the default, written out */
    int equal = 0;
    raised.version = 2;
    renamed.name = "other";
    CU_ASSERT_EQUAL_FATAL(make(&experiment, false, NULL, 0, &a).code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(make(&experiment, false, shuffled, 2, &b).code, UNROLL_OK);
    for (int i = 0; i < a.count; i++)
        for (int j = 0; j < b.count; j++)
            equal += strcmp(a.runs[i].id, b.runs[j].id) == 0;
    CU_ASSERT_EQUAL(equal, 6);
    unroll_plan_free(&b);
    CU_ASSERT_EQUAL_FATAL(make(&raised, false, NULL, 0, &b).code, UNROLL_OK);
    CU_ASSERT_STRING_NOT_EQUAL(a.runs[0].id, b.runs[0].id);
    unroll_plan_free(&b);
    CU_ASSERT_EQUAL_FATAL(make(&renamed, false, NULL, 0, &b).code, UNROLL_OK);
    CU_ASSERT_STRING_NOT_EQUAL(a.runs[0].id, b.runs[0].id);
    unroll_plan_free(&b);
    unroll_plan_free(&a);
}

/* The numbers cannot be others here, so the test makes the identity anew from what it is to be made of. */
static void an_identity_holds_the_versions_of_the_program(void)
{
    unroll_plan plan;
    char salt[64], id[33];
    snprintf(salt, sizeof salt, "experiment/planned/1/%d/%d/0/", UNROLL_NUMERICS_VERSION, UNROLL_EVALUATION_VERSION);
    CU_ASSERT_EQUAL_FATAL(make(&experiment, false, NULL, 0, &plan).code, UNROLL_OK);
    for (int i = 0; i < plan.count; i++) {
        unroll_settings_identity(plan.runs[i].settings, false, salt, id);
        CU_ASSERT_STRING_EQUAL(plan.runs[i].id, id);
    }
    unroll_plan_free(&plan);
}

static void params_give_each_cell_its_own_width(void)
{
    static const char *const assignment = "params=20000";
    unroll_plan plan;
    CU_ASSERT_EQUAL_FATAL(make(&experiment, true, &assignment, 1, &plan).code, UNROLL_OK);
    CU_ASSERT_EQUAL(plan.count, 20);
    CU_ASSERT_EQUAL(plan.combinations, 20); /* the two widths of the experiment mean nothing any more */
    int64_t rnn = unroll_int(plan.runs[0].settings, "hidden"), lstm = unroll_int(plan.runs[19].settings, "hidden");
    CU_ASSERT(rnn > lstm + 20 && lstm > 40);
    for (int i = 0; i < plan.count; i++)
        CU_ASSERT_EQUAL(unroll_int(plan.runs[i].settings, "hidden"), i < 10 ? rnn : lstm);
    unroll_plan_free(&plan);
}

static void params_give_a_width_that_the_cell_takes(void)
{
    static const char *const assignments[] = {"params=20000", "model=lru"},
                      *const heads[] = {"params=20000", "model=slstm", "heads=2"};
    unroll_plan plan;
    int64_t parameters;
    CU_ASSERT_EQUAL_FATAL(make(&experiment, true, assignments, 2, &plan).code, UNROLL_OK);
    CU_ASSERT_EQUAL(unroll_int(plan.runs[0].settings, "hidden") % 2, 0);
    CU_ASSERT_EQUAL(unroll_count_parameters(plan.runs[0].settings, &parameters).code, UNROLL_OK);
    CU_ASSERT(llabs(parameters - 20000) < 6); /* two units more are 11 parameters here */
    unroll_plan_free(&plan);
    CU_ASSERT_EQUAL_FATAL(make(&experiment, true, heads, 3, &plan).code, UNROLL_OK);
    CU_ASSERT_EQUAL(unroll_int(plan.runs[0].settings, "hidden") % 32, 0);
    unroll_plan_free(&plan);
}

static void a_width_on_the_command_line_overrides_params_of_the_experiment(void)
{
    unroll_experiment sized = experiment;
    static const char *const assignment = "hidden=24";
    unroll_plan plan;
    sized.fixed = "task=adding params=5000";
    CU_ASSERT_EQUAL_FATAL(make(&sized, false, &assignment, 1, &plan).code, UNROLL_OK);
    CU_ASSERT_EQUAL(unroll_int(plan.runs[0].settings, "hidden"), 24);
    CU_ASSERT_EQUAL(unroll_int(plan.runs[0].settings, "params"), 0);
    unroll_plan_free(&plan);
}

/* A plan with up to two assignments, to be freed. */
static unroll_plan plan_of(const unroll_experiment *e, const char *one, const char *two)
{
    const char *const assignments[] = {one, two};
    unroll_plan plan;
    CU_ASSERT_EQUAL_FATAL(make(e, false, assignments, (one != NULL) + (two != NULL), &plan).code, UNROLL_OK);
    return plan;
}

static void where_a_setting_cannot_matter_it_is_at_its_default(void)
{
    unroll_plan plan = plan_of(&experiment, "forget_bias=1,2", NULL); /* of an lstm, not of an rnn */
    CU_ASSERT_EQUAL(plan.combinations, 12);
    CU_ASSERT_EQUAL(plan.count, 9);
    for (int i = 0; i < plan.count; i++)
        CU_ASSERT_EQUAL(unroll_real(plan.runs[i].settings, "forget_bias") != 0,
                        strcmp(unroll_text(plan.runs[i].settings, "model"), "lstm") == 0);
    unroll_plan_free(&plan);
    plan = plan_of(&experiment, "params=0,2000", "hidden=16,32");
    CU_ASSERT_EQUAL(plan.combinations, 24);
    CU_ASSERT_EQUAL(plan.count, 18);
    unroll_plan_free(&plan);
    plan = plan_of(&experiment, "optimizer=sgd,adam", "momentum=0.5,0.9");
    CU_ASSERT_EQUAL(plan.count, 18);
    unroll_plan_free(&plan);
}

static void axes_of_the_experiment_give_way_to_what_is_assigned(void)
{
    unroll_experiment own = experiment;
    own.fixed = "task=adding steps=100 params=2000 length=10,20";
    own.axes_quick = "model=rnn,lstm seed=0..2 hidden=16,32";
    unroll_plan plan = plan_of(&own, NULL, NULL);
    CU_ASSERT_EQUAL(plan.combinations, 12); /* its own widths mean nothing beside its params */
    CU_ASSERT_PTR_NULL(unroll_axes_find(&plan.axes, "hidden"));
    unroll_plan_free(&plan);
    plan = plan_of(&own, "hidden=8,9,10", NULL);
    CU_ASSERT_EQUAL(plan.count, 36);
    CU_ASSERT_EQUAL(unroll_int(plan.runs[0].settings, "params"), 0);
    unroll_plan_free(&plan);
    plan = plan_of(&own, "task=recall", NULL); /* which has a length of its own */
    CU_ASSERT_EQUAL(plan.combinations, 6);
    CU_ASSERT(unroll_settings_is_default(plan.runs[0].settings, unroll_setting_find("length")));
    unroll_plan_free(&plan);
    own.fixed = "task=series epochs=2";
    plan = plan_of(&own, "steps=7", NULL);
    CU_ASSERT_EQUAL(unroll_int(plan.runs[0].settings, "epochs"), 0);
    CU_ASSERT_EQUAL(unroll_int(plan.runs[0].settings, "steps"), 7);
    unroll_plan_free(&plan);
}

static unroll_status measure_nothing(const unroll_settings *settings, unroll_record *record)
{
    (void)settings;
    (void)record;
    return unroll_ok();
}

static void a_measurement_takes_the_settings_of_measurements(void)
{
    unroll_experiment measured = experiment;
    CU_ASSERT_EQUAL(count_runs(&measured, false, "input=3,4"), -1);
    measured.measure = measure_nothing;
    CU_ASSERT_EQUAL(count_runs(&measured, false, "input=3,4"), 12);
    CU_ASSERT_EQUAL(count_runs(&measured, false, "momentum=0.5"), -1);
}

static void wrong(const char *assignment, const char *sentence)
{
    unroll_plan plan;
    unroll_status status = make(&experiment, false, &assignment, 1, &plan);
    CU_ASSERT_EQUAL(status.code, UNROLL_WRONG);
    CU_ASSERT_STRING_EQUAL(status.text, sentence);
}

static void what_cannot_be_planned_is_refused_with_a_sentence(void)
{
    wrong("model=lsmt", "there is no model lsmt; did you mean lstm?");
    wrong("task=ading", "there is no task ading; did you mean adding?");
    wrong("task=zzzzzz", "there is no task zzzzzz; unroll list tasks shows them");
    wrong("isa=sclar", "there is no isa sclar; did you mean scalar?");
    wrong("heads=1,2", "heads is read by the models slstm and transformer only, and model is rnn");
    wrong("momentum=0", "momentum is read by the optimizer sgd only, and optimizer is adam");
    wrong("file=x.csv", "file is read by the tasks series, text and words only, and task is adding");
    wrong("hidden", "\"hidden\" is not of the form name=value");
    wrong("hidden=1..100000", "the axes span more than 250000 runs; sweep fewer values at a time");
}

const unroll_test tests_sweep_plan[] = {
    TEST(the_plan_is_every_combination_the_last_axis_fastest),
    TEST(assignments_override_axes_and_fixed_settings),
    TEST(combinations_are_left_out_unless_a_user_asks_for_their_settings),
    TEST(the_same_run_is_planned_once),
    TEST(runs_with_other_forms_of_weights_are_other_runs),
    TEST(an_identity_follows_from_settings_and_versions_alone),
    TEST(an_identity_holds_the_versions_of_the_program),
    TEST(params_give_each_cell_its_own_width),
    TEST(params_give_a_width_that_the_cell_takes),
    TEST(a_width_on_the_command_line_overrides_params_of_the_experiment),
    TEST(where_a_setting_cannot_matter_it_is_at_its_default),
    TEST(axes_of_the_experiment_give_way_to_what_is_assigned),
    TEST(a_measurement_takes_the_settings_of_measurements),
    TEST(what_cannot_be_planned_is_refused_with_a_sentence),
    {NULL, NULL},
};
