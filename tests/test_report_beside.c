/* A column of the comparison table that another experiment has measured, from runs that were made up. */
#include "base/text.h"
#include "gathered.h"
#include "report/inside.h"

enum { SEEDS = 6, LENGTHS = 3, MODELS = 3 };

static const char *const cells[MODELS] = {"rnn", "lstm", "gru"};

static const unroll_experiment ours = {
    .name = "made",
    .title = "runs that were made up",
    .axes_quick = "model=rnn,lstm,gru seed=0..5",
    .axes_full = "model=rnn,lstm,gru seed=0..5",
    .groups = "model",
    .columns = "parameters",
    .beside = {.name = "reach",
               .unit = "steps",
               .measured = "longest length that is solved",
               .experiment = "parameters", /* one of the program's own, which chooses nothing by validation */
               .by = "model hidden",
               .shown = {UNROLL_HORIZON, .metric = "solved", .of = "model=rnn,lstm,gru", .over = "length"}},
};

/* A folder with our runs. */
static const char *folder_of_ours(void)
{
    made_run runs[MODELS * SEEDS];
    for (int i = 0; i < MODELS * SEEDS; i++)
        runs[i] = (made_run){2, cells[i / SEEDS], i % SEEDS, "done", 1};
    return made_folder(&ours, runs, MODELS * SEEDS);
}

/* And with the other's: a vanilla RNN solves the length of 10 with half of the seeds, an LSTM all up to 20; there is no GRU. */
static const char *folder_of_both(void)
{
    static const int lengths[LENGTHS] = {10, 20, 50};
    static const unroll_experiment theirs = {.name = "parameters", .title = "made up, too"};
    made_run runs[LENGTHS * 2 * SEEDS];
    const char *results = folder_of_ours();
    char from[1200], to[1200];
    int count = 0;
    for (int length = 0; length < LENGTHS; length++)
        for (int m = 0; m < 2; m++)
            for (int seed = 0; seed < SEEDS; seed++) {
                bool solved = m == 0 ? length == 0 && seed < SEEDS / 2 : length < 2;
                runs[count++] = (made_run){lengths[length], cells[m], seed, "done", solved ? 1 : 2};
            }
    snprintf(from, sizeof from, "%s/parameters.h5", made_folder(&theirs, runs, count));
    snprintf(to, sizeof to, "%s/parameters.h5", results);
    CU_ASSERT_EQUAL_FATAL(rename(from, to), 0);
    return results;
}

static const char *print(const unroll_experiment *e, const char *results, const unroll_grouping *grouping, unroll_format format)
{
    static char text[8192];
    unroll_table *table;
    FILE *out = fmemopen(text, sizeof text, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    CU_ASSERT_EQUAL_FATAL(unroll_report_load(e, results, &table).code, UNROLL_OK);
    CU_ASSERT_EQUAL(unroll_report_table(e, table, grouping, format, out).code, UNROLL_OK);
    fclose(out);
    unroll_table_free(table);
    return text;
}

static void what_another_experiment_measured_stands_in_the_rows_of_its_like(void)
{
    const char *results = folder_of_both();
    CHECK_TEXT(print(&ours, results, NULL, UNROLL_FORMAT_TEXT),
               "model  runs  parameters  reach (steps)\n"
               "rnn       6          30      5 [0, 10]\n"
               "lstm      6          40    20 [20, 20]\n"
               "gru       6          30              -\n"
               "reach: longest length that is solved; measured by parameters at the same model, hidden.\n");
    CHECK_TEXT(print(&ours, results, NULL, UNROLL_FORMAT_MARKDOWN),
               "| model | runs | parameters | reach (steps) |\n| --- | ---: | ---: | ---: |\n"
               "| rnn | 6 | 30 | 5 [0, 10] |\n| lstm | 6 | 40 | 20 [20, 20] |\n| gru | 6 | 30 | - |\n"
               "\nreach: longest length that is solved; measured by parameters at the same model, hidden.\n");
    CHECK_TEXT(print(&ours, results, NULL, UNROLL_FORMAT_CSV),
               "model,runs,parameters,reach,reach_low,reach_high\nrnn,6,30,5,0,10\nlstm,6,40,20,20,20\ngru,6,30,,,\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(print(&ours, results, NULL, UNROLL_FORMAT_HTML),
                                  "<td class=\"number\">20 [20, 20]</td></tr>\n"));
}

static void a_share_is_shown_as_one(void)
{
    unroll_experiment e = ours;
    e.beside.unit = NULL;
    e.beside.shown = (unroll_rule){UNROLL_SHARE_OF_RUNS, .metric = "solved", .of = "model=rnn,lstm", .where = "length=10"};
    CU_ASSERT_PTR_NOT_NULL(strstr(print(&e, folder_of_both(), NULL, UNROLL_FORMAT_TEXT), " 3/6 [12%, 88%]\n"));
}

/* No number stands for a row of several cells, nor several conditions of the other's for one row. */
static void what_has_no_one_like_has_no_number(void)
{
    static const unroll_grouping together = {.by = ""}, one = {.where = "model=lstm"};
    const char *results = folder_of_both();
    unroll_experiment e = ours;
    CHECK_TEXT(print(&ours, results, &together, UNROLL_FORMAT_CSV), "runs,parameters,parameters_low,parameters_high,reach,reach_low,"
                                                                    "reach_high\n18,30,30,40,,,\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(print(&ours, results, &together, UNROLL_FORMAT_TEXT), "  several settings\n"));
    e.beside.shown = (unroll_rule){UNROLL_VALUE, .metric = "mse", .of = "model=rnn,lstm"}; /* at three lengths */
    CHECK_TEXT(print(&e, results, &one, UNROLL_FORMAT_CSV), "model,runs,parameters,reach,reach_low,reach_high\nlstm,6,40,,,\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(print(&e, results, &one, UNROLL_FORMAT_TEXT), "  several settings\n"));
}

static void without_its_results_the_column_is_left_out_and_the_table_says_why(void)
{
    const char *results = folder_of_ours();
    char expected[1600];
    unroll_experiment e = ours;
    CHECK_TEXT(print(&ours, results, NULL, UNROLL_FORMAT_CSV), "model,runs,parameters\nrnn,6,30\nlstm,6,40\ngru,6,30\n");
    snprintf(expected, sizeof expected,
             "gru       6          30\nreach is left out: %s/parameters.h5 is not there yet: unroll run parameters makes it.\n", results);
    CU_ASSERT_PTR_NOT_NULL(strstr(print(&ours, results, NULL, UNROLL_FORMAT_TEXT), expected));
    CU_ASSERT_PTR_NOT_NULL(strstr(print(&ours, results, NULL, UNROLL_FORMAT_MARKDOWN), /* which is given away */
                                  "\n\nreach is left out: parameters.h5 is not there yet: unroll run parameters makes it.\n"));
    e.beside.experiment = "perimeters";
    CU_ASSERT_PTR_NOT_NULL(strstr(print(&e, results, NULL, UNROLL_FORMAT_TEXT),
                                  "\nreach is left out: there is no experiment perimeters.\n"));
    write_text(results, "parameters.h5", "nothing");
    CU_ASSERT_PTR_NOT_NULL(strstr(print(&ours, results, NULL, UNROLL_FORMAT_TEXT), "; unroll run parameters makes it anew.\n"));
}

/* What a script is given that asks for it; `data`: the folder. */
static unroll_status ask(const unroll_experiment *e, const char *results, const char *script, const char *data)
{
    unroll_table *table;
    unroll_status status;
    CU_ASSERT_EQUAL_FATAL(unroll_report_load(e, results, &table).code, UNROLL_OK);
    write_text(data, "drawn.gp", script);
    status = unroll_figure_data(e, table, path_in(data, "drawn.gp"), data);
    unroll_table_free(table);
    return status;
}

static void a_figure_gets_a_point_for_each_of_its_like(void)
{
    static const char script[] = "#? r: beside reach by model\n";
    const char *both = folder_of_both(), *alone = folder_of_ours(), *data = test_folder();
    CU_ASSERT_EQUAL(ask(&ours, both, script, data).code, UNROLL_OK);
    CHECK_TEXT(read_text(data, "r.dat"), "# model=rnn: 0, reach, low, high\n0 5 0 10\n\n\n"
                                         "# model=lstm: 0, reach, low, high\n0 20 20 20\n\n\n"
                                         "# model=gru: 0, reach, low, high\nNaN NaN NaN NaN\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(read_text(data, "data.gp"), "\nr_n = 3\nr_file = 'r.dat'\n"));
    data = test_folder();
    CU_ASSERT_EQUAL(ask(&ours, alone, script, data).code, UNROLL_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(read_text(data, "data.gp"), "\nr_n = 0\n"));
    CU_ASSERT_EQUAL(ask(&ours, both, "#! r: beside horizon by model\n", data).code, UNROLL_NOTHING); /* which nobody measured */
    CU_ASSERT_EQUAL(ask(&ours, both, "#! r: beside reach over length by model\n", data).code, UNROLL_WRONG);
    CU_ASSERT_EQUAL(ask(&ours, both, "#! r: beside reach loss by model\n", data).code, UNROLL_WRONG);
}

/* Whoever declares one names an experiment, and settings. */
static void every_column_of_the_experiments_can_be_measured(void)
{
    int found = 0;
    for (int e = 0; e < unroll_experiment_count; e++) {
        const unroll_beside *asked = &unroll_experiments[e]->beside;
        char word[48];
        if (asked->name == NULL)
            continue;
        CU_ASSERT(unroll_experiment_find(asked->experiment) != NULL && asked->measured != NULL && asked->shown.of != NULL);
        for (const char *rest = asked->by; unroll_next_word(&rest, word, sizeof word);)
            CU_ASSERT(unroll_setting_find(word) >= 0);
        found++;
    }
    CU_ASSERT(found >= 1);
}

const unroll_test tests_report_beside[] = {
    TEST(what_another_experiment_measured_stands_in_the_rows_of_its_like),
    TEST(a_share_is_shown_as_one),
    TEST(what_has_no_one_like_has_no_number),
    TEST(without_its_results_the_column_is_left_out_and_the_table_says_why),
    TEST(a_figure_gets_a_point_for_each_of_its_like),
    TEST(every_column_of_the_experiments_can_be_measured),
    {NULL, NULL},
};
