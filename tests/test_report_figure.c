/* What figures are drawn from, to the letter, and how gnuplot is called. */
#include "gathered.h"
#include "model/network.h"
#include "report/inside.h"
#include "starved.h"

static const unroll_experiment experiment = {
    .name = "made",
    .title = "runs of \"many\" a kind, for $1",
    .axes_quick = "model=rnn,lstm,gru",
    .axes_full = "model=rnn,lstm,gru",
    .figures = "drawn",
};

static const made_run runs[] = {
    {2, "lstm", 1, "done", 3},  {2, "rnn", 1, "done", 5},        {2, "lstm", 0, "done", 1},
    {2, "rnn", 0, "done", 4},   {10, "lstm", 1, "failed", NAN},  {10, "rnn", 0, "done", 2},
    {10, "lstm", 0, "done", 1}, {10, "rnn", 1, "diverged", NAN}, {10, "gru", 0, "diverged", NAN},
};
enum { RUNS = sizeof runs / sizeof runs[0] };

/* ---- the data ---- */

static const char *data; /* the folder that the last call of ask_in wrote into */
static bool failed_once; /* an allocation of it */

/* Makes the data of a script with these lines in `folder`, of the results in another; the allocation number `call`, unless
   that is -1, fails. */
static unroll_status ask_starved_of(const char *results, const char *folder, const char *script, long call)
{
    const char *plots = test_folder();
    unroll_table *table;
    char path[1200];
    unroll_status status;
    CU_ASSERT_EQUAL_FATAL(unroll_report_load(&experiment, results, &table).code, UNROLL_OK);
    data = folder;
    write_text(plots, "drawn.gp", script);
    snprintf(path, sizeof path, "%s/drawn.gp", plots);
    if (call >= 0)
        test_starve(call);
    status = unroll_figure_data(&experiment, table, path, data);
    failed_once = test_fed();
    unroll_table_free(table);
    return status;
}

static unroll_status ask_starved(const char *folder, const char *script, long call)
{
    static const char *results; /* made once: the tests only read them */
    if (results == NULL)
        results = made_folder(&experiment, runs, RUNS);
    return ask_starved_of(results, folder, script, call);
}

static unroll_status ask_in(const char *folder, const char *script)
{
    return ask_starved(folder, script, -1);
}

static void ask(const char *script)
{
    unroll_status status = ask_in(test_folder(), script);
    if (status.code != UNROLL_OK)
        fprintf(stderr, "\n%s\n", status.text);
    CU_ASSERT_EQUAL(status.code, UNROLL_OK);
}

static void ask_of(const char *results, const char *script)
{
    CU_ASSERT_EQUAL(ask_starved_of(results, test_folder(), script, -1).code, UNROLL_OK);
}

/* Whatever models there are, as words. */
static const char *models(void)
{
    static char words[2048];
    size_t used = 0;
    for (int i = 0; i < unroll_network_count; i++)
        for (int k = 0; unroll_networks[i]->model(k) != NULL; k++)
            used += (size_t)snprintf(words + used, sizeof words - used, "%s%s", used > 0 ? " " : "", unroll_networks[i]->model(k));
    return words;
}

static void a_curve_is_the_median_and_a_run_that_diverged_is_worst_from_there_on(void)
{
    char expected[4096];
    ask("# A caption.\n#! c: curve loss over step by length model\nplot 1\n#! d: not in the head\n");
    CHECK_TEXT(read_text(data, "c.dat"),
               "# length=2 model=rnn: step, median of loss, low, high\n0 18 18 18\n100 9 9 9\n200 4.5 4.5 4.5\n\n\n"
               "# length=2 model=lstm: step, median of loss, low, high\n0 8 8 8\n100 4 4 4\n200 2 2 2\n\n\n"
               "# length=10 model=rnn: step, median of loss, low, high\n0 8 8 8\n\n\n"
               "# length=10 model=lstm: step, median of loss, low, high\n0 4 4 4\n100 2 2 2\n200 1 1 1\n\n\n"
               "# length=10 model=gru: step, median of loss, low, high\n0 8 8 8\n");
    snprintf(expected, sizeof expected, "experiment = 'made'\n"
                                           "models = '%s'\n"
                                           "time_note = ''\n"
                                           "experiment_title = 'runs of \"many\" a kind, for $1'\n"
                                           "runs = 9\n"
                                           "caption = 'A caption.'\n"
                                           "c_n = 5\n"
                                           "c_file = 'c.dat'\n"
                                           "c_unit = 'K^2'\n"
                                           "c_length = '2 2 10 10 10'\n"
                                           "c_length_values = '2 10'\n"
                                           "c_model = 'rnn lstm rnn lstm gru'\n"
                                           "c_model_values = 'rnn lstm gru'\n", models());
    CHECK_TEXT(read_text(data, "data.gp"), expected);
}

/* file= is a setting, and NAME_file the data */
static void a_column_never_takes_the_place_of_the_data(void)
{
    ask("# A caption.\n#! m: median mse over length by file model\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(read_text(data, "data.gp"), "\nm_file = 'm.dat'\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(read_text(data, "data.gp"), "\nm_by_file = "));
    CU_ASSERT_PTR_NOT_NULL(strstr(read_text(data, "data.gp"), "\nm_by_file_values = "));
    CU_ASSERT_PTR_NULL(strstr(read_text(data, "data.gp"), "\nm_file = \""));
}

static void what_a_point_takes_together_stands_in_the_caption(void)
{
    ask("# A caption.\n#! m: median mse over length by task\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(read_text(data, "data.gp"),
                                  "\ncaption = caption.' A point takes runs with different values of model together.'\n"));
    ask("# A caption.\n#! m: median mse over length by model\n#! y: median parameters:given over length by task\n");
    CU_ASSERT_PTR_NULL(strstr(read_text(data, "data.gp"), "together"));
}

static void what_a_point_would_take_together_is_parted_and_named(void)
{
    ask("# A caption.\n#! m: median mse over length by task others\n#! o: median mse over length by model others\n"
        "#! y: median parameters:given over length by task others\n");
    CHECK_TEXT(read_text(data, "m.dat"), "# task=adding model=rnn: length, median of mse, low, high\n2 4.5 4.5 4.5\n\n\n"
                                         "# task=adding model=lstm: length, median of mse, low, high\n2 2 2 2\n10 1 1 1\n\n\n"
                                         "# task=adding model=gru: length, median of mse, low, high\nNaN NaN NaN NaN\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(read_text(data, "data.gp"),
                                  "\nm_task = 'adding adding adding'\nm_task_values = 'adding'\n"
                                  "m_others = '\"model rnn\" \"model lstm\" \"model gru\"'\n"
                                  "m_others_values = '\"model rnn\" \"model lstm\" \"model gru\"'\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(read_text(data, "data.gp"), "\no_model_values = 'rnn lstm gru'\no_others = ''\n"
                                                              "o_others_values = ''\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(read_text(data, "data.gp"), "\ny_others = ''\n"));
    CU_ASSERT_PTR_NULL(strstr(read_text(data, "data.gp"), "together"));
}

/* What goes along with the axis or with a column that is named parts no point. */
static void a_setting_that_follows_another_one_parts_no_point(void)
{
    static const made_run along[] = {{2, "lstm", 0, "done", 3}, {10, "rnn", 0, "done", 5}};
    ask_of(made_folder(&experiment, along, 2),
           "#! m: median mse over length by task others\n#! o: median mse over length by task\n");
    CHECK_TEXT(read_text(data, "m.dat"), "# task=adding: length, median of mse, low, high\n2 3 3 3\n10 5 5 5\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(read_text(data, "data.gp"), "\nm_others = ''\n"));
    CU_ASSERT_PTR_NULL(strstr(read_text(data, "data.gp"), "together"));
}

/* Two dozen lines, and one more. */
static void more_lines_than_can_be_told_apart_stay_together(void)
{
    static const char *const models[] = {"rnn", "lstm", "gru", "mingru", "slstm"};
    made_run many[25];
    for (int i = 0; i < 25; i++)
        many[i] = (made_run){2 + i / 5, models[i % 5], 0, "done", 1};
    for (int count = 24; count <= 25; count++) {
        const char *results = made_folder(&experiment, many, count);
        ask_of(results, "#! c: curve loss over step by task others\n");
        CU_ASSERT_EQUAL(strstr(read_text(data, "data.gp"), "values of model length together") != NULL, count == 25);
        CU_ASSERT_EQUAL(strstr(read_text(data, "data.gp"), "\nc_n = 24\n") != NULL, count == 24);
    }
}

/* A block without a point keeps its place. */
static void a_median_and_a_share_have_a_line_for_each_value_along_the_axis(void)
{
    ask("#! m: median mse over length by model\n#! s: share solved over length by model where model=gru,lstm\n");
    CHECK_TEXT(read_text(data, "m.dat"), "# model=rnn: length, median of mse, low, high\n2 4.5 4.5 4.5\n\n\n"
                                         "# model=lstm: length, median of mse, low, high\n2 2 2 2\n10 1 1 1\n\n\n"
                                         "# model=gru: length, median of mse, low, high\nNaN NaN NaN NaN\n");
    CHECK_TEXT(read_text(data, "s.dat"), "# model=lstm: length, share of solved, low, high\n2 0.5 0.5 0.5\n10 1 1 1\n\n\n"
                                         "# model=gru: length, share of solved, low, high\n10 0 0 0\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(read_text(data, "data.gp"), "m_model_values = 'rnn lstm gru'\n"
                                                              "s_n = 2\n"
                                                              "s_file = 's.dat'\n"
                                                              "s_unit = ''\n"
                                                              "s_model = 'lstm gru'\n"));
}

static void a_run_is_that_with_the_median_the_lower_of_two(void)
{
    ask("#! e: run mse loss step by model where length=2\n#! d: run parameters step loss by model where model=gru\n"
        "#! o: run mse loss by model seed where length=10 model=rnn\n");
    CHECK_TEXT(read_text(data, "e.dat"), "# model=rnn: point loss step\n0 16 0\n1 8 100\n2 4 200\n\n\n"
                                         "# model=lstm: point loss step\n0 4 0\n1 2 100\n2 1 200\n");
    CHECK_TEXT(read_text(data, "d.dat"), "# model=gru: point step loss\n0 0 8\n1 100 NaN\n2 NaN NaN\n");
    CHECK_TEXT(read_text(data, "o.dat"), "# model=rnn seed=0: point loss\n0 8\n1 4\n2 2\n\n\n"
                                         "# model=rnn seed=1: point loss\nNaN NaN NaN NaN\n");
}

static void a_filter_takes_values_lists_and_extremes(void)
{
    ask("#! a: median mse over length by model where model=lstm length=min\n"
        "#! b: median mse over length by model where length=10,3 model=gru,lstm seed=0,1\n"
        "#! c: median mse over length by model where seed=max length=min model=rnn\n"
        "#! d: median parameters:given over length by model where model=gru length=min\n");
    CHECK_TEXT(read_text(data, "a.dat"), "# model=lstm: length, median of mse, low, high\n2 2 2 2\n");
    CHECK_TEXT(read_text(data, "b.dat"), "# model=lstm: length, median of mse, low, high\n10 1 1 1\n\n\n"
                                         "# model=gru: length, median of mse, low, high\nNaN NaN NaN NaN\n");
    CHECK_TEXT(read_text(data, "c.dat"), "# model=rnn: length, median of mse, low, high\n2 5 5 5\n");
    CHECK_TEXT(read_text(data, "d.dat"), "# model=gru: length, median of parameters, low, high\n10 30 30 30\n");
}

static void a_request_without_data_is_told_and_leaves_no_file(void)
{
    static const char *const requests[] = {
        "#! x: median nothing over length by model\n", "#! x: curve loss over nothing by model\n",
        "#! x: median mse over length by model where model=nothing\n", "#! x: run nothing loss by model\n",
        "#! x: share nothing over length by model where length=max\n"};
    unroll_status status;
    for (int i = 0; i < 5; i++) {
        status = ask_in(test_folder(), requests[i]);
        CU_ASSERT_EQUAL(status.code, UNROLL_NOTHING);
        CU_ASSERT_PTR_NOT_NULL(strstr(status.text, "/drawn.gp has no data to draw: no run of made has a value of "));
        CHECK_TEXT(read_text(data, "x.dat"), "(none)");
        CHECK_TEXT(read_text(data, "data.gp"), "(none)");
        CU_ASSERT_FALSE(has_part(data));
    }
    ask("#? x: median nothing over length by model\n#? y: median mse over length by model where model=lstm\n");
    CHECK_TEXT(read_text(data, "x.dat"), "(none)");
    CU_ASSERT_PTR_NOT_NULL(strstr(read_text(data, "data.gp"), "\nx_n = 0\ny_n = 1\n"));
}

static void a_request_that_asks_for_nothing_is_refused(void)
{
    static const char *const requests[] = {"",
                                           " c",
                                           " c:",
                                           " c: median",
                                           " c median mse over length by model",
                                           " ../c: median mse over length by model",
                                           " 1c: median mse over length by model",
                                           " : median mse over length by model",
                                           " c: mode mse over length by model",
                                           " c: median mse over length",
                                           " c: run mse by model",
                                           " c: median mse by model over",
                                           " c: median mse spread over length by model",
                                           " c: curve loss by model",
                                           " c: run mse by model",
                                           " c: run mse loss over step by model"};
    char script[256], expected[256];
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        unroll_status status;
        snprintf(script, sizeof script, "#?%s\n", requests[i]);
        snprintf(expected, sizeof expected, "/drawn.gp: the line \"%s\" asks for nothing that there is", requests[i]);
        status = ask_in(test_folder(), script);
        if (status.code != UNROLL_WRONG)
            fprintf(stderr, "\n\"%s\" was understood\n", requests[i]);
        CU_ASSERT_EQUAL(status.code, UNROLL_WRONG);
        CU_ASSERT_PTR_NOT_NULL(strstr(status.text, expected));
    }
}

static void a_column_that_is_not_there_is_refused(void)
{
    unroll_status status = ask_in(test_folder(), "#! c: median mse over length by cel\n");
    CU_ASSERT_EQUAL(status.code, UNROLL_WRONG);
    CU_ASSERT_STRING_EQUAL(status.text, "there is no column cel in the results of made");
}

static void a_filter_that_is_none_is_refused(void)
{
    unroll_status status = ask_in(test_folder(), "#! c: median mse over length by model where length\n");
    CU_ASSERT_EQUAL(status.code, UNROLL_WRONG);
    CU_ASSERT_STRING_EQUAL(status.text, "\"length\" is not of the form name=value");
    status = ask_in(test_folder(), "#! c: median mse over length by model where =2\n");
    CU_ASSERT_EQUAL(status.code, UNROLL_WRONG);
    CU_ASSERT_STRING_EQUAL(status.text, "\"=2\" is not of the form name=value");
    status = ask_in(test_folder(), "#! c: median mse over length by model where lenght=2\n");
    CU_ASSERT_EQUAL(status.code, UNROLL_WRONG);
    CU_ASSERT_STRING_EQUAL(status.text, "the filter asks for lenght, and the results have no column of that name");
    status = ask_in(test_folder(), "#! c: median mse over length by model where length=2,long\n");
    CU_ASSERT_EQUAL(status.code, UNROLL_WRONG);
    CU_ASSERT_STRING_EQUAL(status.text, "the filter asks for length=long, and length holds numbers");
}

static void data_that_cannot_be_written_leaves_the_older(void)
{
    const char *folder = test_folder();
    int (*usual)(const char *, int, mode_t) = unroll_disk.open;
    unroll_status status;
    write_text(folder, "m.dat", "older\n");
    write_text(folder, "data.gp", "older\n");
    ask_in(test_folder(), "#! m: median mse over length by model\n"); /* the results are there from here on */
    unroll_disk.open = open_full;
    status = ask_in(folder, "#! m: median mse over length by model\n");
    unroll_disk.open = usual;
    CU_ASSERT_EQUAL(status.code, UNROLL_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(status.text, "cannot write "));
    CU_ASSERT_PTR_NOT_NULL(strstr(status.text, "/m.dat: "));
    CHECK_TEXT(read_text(folder, "m.dat"), "older\n");
    CHECK_TEXT(read_text(folder, "data.gp"), "older\n");
}

static void a_figure_without_memory_says_so_and_not_that_there_is_no_data(void)
{
    static const char *const names[] = {"data.gp", "c.dat", "m.dat", "d.dat"};
    const char *script = "#! c: curve loss over step by length model\n#! m: median mse over length by model\n"
                         "#! d: run mse loss by model\n";
    const char *whole = test_folder();
    bool failed = true;
    long call = 0;
    if (!test_can_starve())
        return;
    CU_ASSERT_EQUAL(ask_in(whole, script).code, UNROLL_OK);
    for (; call < 1000 && failed; call++) {
        const char *folder = test_folder();
        unroll_status status = ask_starved(folder, script, call);
        failed = failed_once;
        CU_ASSERT(status.code == UNROLL_OK || status.code == UNROLL_FAILED);
        for (int i = 0; i < 4 && status.code == UNROLL_OK; i++) {
            char expected[32768];
            snprintf(expected, sizeof expected, "%s", read_text(whole, names[i]));
            CHECK_TEXT(read_text(folder, names[i]), expected);
        }
    }
    CU_ASSERT(call > 20 && call < 1000);
}

/* ---- gnuplot ---- */

static char printed[4096]; /* by the last call of plot */

static unroll_status plot_some(const char *results, const char *script, const unroll_grouping *grouping)
{
    static const char common[] = "load 'data.gp'\n"
                                 "if (FORMAT eq 'svg') { set terminal svg size 300,200 }\n"
                                 "if (FORMAT eq 'png') { set terminal pngcairo size 300,200 }\n";
    const char *plots = test_folder();
    FILE *out = fmemopen(printed, sizeof printed, "w");
    unroll_status status;
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    write_text(plots, "common.gp", common);
    write_text(plots, "drawn.gp", script);
    printed[0] = '\0';
    setenv("UNROLL_PLOTS", plots, 1);
    status = unroll_plot(&experiment, results, grouping, out);
    unsetenv("UNROLL_PLOTS");
    fclose(out);
    return status;
}

static unroll_status plot(const char *results, const char *script)
{
    return plot_some(results, script, NULL);
}

static bool lacks_gnuplot(void)
{
    bool lacking = system("gnuplot --version >/dev/null 2>&1") != 0;
    if (lacking)
        test_skip("gnuplot is not installed");
    return lacking;
}

static void a_figure_of_some_runs_leaves_that_of_all(void)
{
    static const char script[] = "#! m: median mse over length by model\nplot for [i=1:m_n] m_file index (i-1) using 1:2 with lines "
                                 "title word(m_model, i)\n";
    const char *results = made_folder(&experiment, runs, RUNS);
    unroll_grouping some = {.where = "model=lstm"}, none = {.where = "length=77"}, wrong = {.where = "lenth=2"};
    char expected[2600];
    if (lacks_gnuplot())
        return;
    CU_ASSERT_EQUAL(plot(results, script).code, UNROLL_OK);
    CU_ASSERT_EQUAL(plot_some(results, script, &some).code, UNROLL_OK);
    snprintf(expected, sizeof expected, "%s/figures/drawn-selected.svg\n%s/figures/drawn-selected.png\n", results, results);
    CHECK_TEXT(printed, expected);
    CU_ASSERT_PTR_NOT_NULL(strstr(read_text(results, "figures/drawn.svg"), ">rnn<"));
    CU_ASSERT_PTR_NULL(strstr(read_text(results, "figures/drawn-selected.svg"), ">rnn<"));
    CU_ASSERT_PTR_NOT_NULL(strstr(read_text(results, "figures/drawn-selected.svg"), ">lstm<"));
    CU_ASSERT_EQUAL(plot_some(results, script, &none).code, UNROLL_NOTHING);
    CU_ASSERT_EQUAL(plot_some(results, script, &wrong).code, UNROLL_WRONG);
}

static void a_figure_is_drawn_as_svg_and_png_and_nothing_else_is_left(void)
{
    const char *results = made_folder(&experiment, runs, RUNS);
    const char *drawn;
    struct stat what;
    char expected[2600];
    if (lacks_gnuplot())
        return;
    drawn = "#! m: median mse over length by model\nplot for [i=1:m_n] m_file index (i-1) using 1:2 with lines title "
            "word(m_model, i)\n";
    CU_ASSERT_EQUAL(plot(results, drawn).code, UNROLL_OK);
    snprintf(expected, sizeof expected, "%s/figures/drawn.svg\n%s/figures/drawn.png\n", results, results);
    CHECK_TEXT(printed, expected);
    drawn = read_text(results, "figures/drawn.svg");
    CU_ASSERT_PTR_NOT_NULL(strstr(drawn, "<svg"));
    CU_ASSERT_PTR_NOT_NULL(strstr(drawn, ">lstm<"));
    CU_ASSERT_PTR_NOT_NULL(strstr(drawn, "</svg>"));
    CU_ASSERT_EQUAL(memcmp(read_text(results, "figures/drawn.png"), "\x89PNG\r\n\x1a\n", 8), 0);
    CU_ASSERT_EQUAL(stat(path_in(results, "figures/drawn.png"), &what), 0);
    CU_ASSERT(what.st_size > 1000);
    CU_ASSERT_EQUAL(count_files(path_in(results, "figures"), ""), 3); /* with data/ */
    CU_ASSERT_EQUAL(count_files(path_in(results, "figures/data/drawn"), ""), 2);
}

/* The older figure stays, and no half of a new one. */
static void check_not_drawn(const char *script, unroll_code code, const char *why)
{
    const char *results = made_folder(&experiment, runs, RUNS);
    unroll_status status;
    CU_ASSERT_EQUAL(mkdir(path_in(results, "figures"), 0777), 0);
    write_text(results, "figures/drawn.svg", "older\n");
    status = plot(results, script);
    CU_ASSERT_EQUAL(status.code, code);
    if (strstr(status.text, why) == NULL)
        fprintf(stderr, "\n\"%s\" does not say \"%s\"\n", status.text, why);
    CU_ASSERT_PTR_NOT_NULL(strstr(status.text, why));
    CU_ASSERT_PTR_NULL(strchr(status.text, '\n'));
    CHECK_TEXT(printed, "");
    CHECK_TEXT(read_text(results, "figures/drawn.svg"), "older\n");
    CU_ASSERT_EQUAL(count_files(path_in(results, "figures"), ""), 2);
}

static void what_gnuplot_complains_of_is_told_in_one_sentence(void)
{
    if (lacks_gnuplot())
        return;
    check_not_drawn("plot 1\nprint no_such_variable\n", UNROLL_FAILED, "undefined variable: no_such_variable");
    check_not_drawn("plot 1\nplot (\n", UNROLL_FAILED, "/figures/drawn.svg: ");
    check_not_drawn("a = 1\n", UNROLL_FAILED, "/figures/drawn.svg: it wrote no whole picture");
    check_not_drawn("#! x: median nothing over length by model\nplot 1\n", UNROLL_NOTHING, "has no data to draw");
}

static void without_gnuplot_it_is_said_how_to_get_it(void)
{
    const char *path = getenv("PATH");
    char before[8192];
    snprintf(before, sizeof before, "%s", path != NULL ? path : "");
    setenv("PATH", test_folder(), 1);
    check_not_drawn("plot 1\n", UNROLL_FAILED, "gnuplot is not installed (Debian: apt-get install gnuplot-nox; ");
    setenv("PATH", before, 1);
}

const unroll_test tests_report_figure[] = {
    TEST(a_curve_is_the_median_and_a_run_that_diverged_is_worst_from_there_on),
    TEST(a_column_never_takes_the_place_of_the_data),
    TEST(what_a_point_takes_together_stands_in_the_caption),
    TEST(what_a_point_would_take_together_is_parted_and_named),
    TEST(a_setting_that_follows_another_one_parts_no_point),
    TEST(more_lines_than_can_be_told_apart_stay_together),
    TEST(a_median_and_a_share_have_a_line_for_each_value_along_the_axis),
    TEST(a_run_is_that_with_the_median_the_lower_of_two),
    TEST(a_filter_takes_values_lists_and_extremes),
    TEST(a_request_without_data_is_told_and_leaves_no_file),
    TEST(a_request_that_asks_for_nothing_is_refused),
    TEST(a_column_that_is_not_there_is_refused),
    TEST(a_filter_that_is_none_is_refused),
    TEST(a_figure_without_memory_says_so_and_not_that_there_is_no_data),
    TEST(data_that_cannot_be_written_leaves_the_older),
    TEST(a_figure_of_some_runs_leaves_that_of_all),
    TEST(a_figure_is_drawn_as_svg_and_png_and_nothing_else_is_left),
    TEST(what_gnuplot_complains_of_is_told_in_one_sentence),
    TEST(without_gnuplot_it_is_said_how_to_get_it),
    {NULL, NULL},
};
