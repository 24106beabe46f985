/* Comparison tables in every format, and the page, to the letter. */
#include <sys/time.h>

#include "base/number.h"
#include "base/version.h"
#include "gathered.h"
#include "report/inside.h"
#include "starved.h"

static const unroll_experiment experiment = {
    .name = "made",
    .title = "runs that were made up",
    .claim = "an LSTM errs less",
    .source = "nobody, 1997",
    .axes_quick = "length=2,10,100 model=rnn,lstm,gru seed=0,1",
    .axes_full = "length=2,10,100 model=rnn,lstm,gru seed=0,1",
    .groups = "length model",
    .columns = "parameters mse solved:share seconds:given",
};

static const made_run runs[] = {
    {10, "rnn", 1, "done", 0.5},    {10, "rnn", 0, "done", 0.5},   {2, "gru", 0, "done", 0.75},
    {2, "lstm", 0, "done", 1},      {2, "lstm", 1, "done", 3},     {2, "rnn", 0, "done", 4},
    {100, "rnn", 0, "done", 12345}, {2, "rnn", 1, "done", 5},      {100, "rnn", 1, "diverged", NAN},
    {100, "gru", 0, "failed", NAN}, {2, "lstm", 2, "failed", NAN},
};
enum { DONE = 8, NOT_FAILED = 9, ALL = 11 }; /* so many from the start */

/* The first `count` runs, which are gathered once: most tests only read them. */
static unroll_table *load(int count)
{
    static const char *results[ALL + 1];
    unroll_table *table = NULL;
    if (results[count] == NULL)
        results[count] = made_folder(&experiment, runs, count);
    CU_ASSERT_EQUAL_FATAL(unroll_report_load(&experiment, results[count], &table).code, UNROLL_OK);
    return table;
}

static const unroll_grouping *grouping; /* of print */
static const unroll_grouping by_model = {.by = "model"}, by_nothing = {.by = ""}, by_hidden = {.by = "hidden"}, by_length = {.by = "length"};

/* What is printed of the first `count` runs. */
static const char *print(const unroll_experiment *e, int count, unroll_format format)
{
    static char text[8192];
    unroll_table *table = load(count);
    FILE *out = fmemopen(text, sizeof text, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    CU_ASSERT_EQUAL(unroll_report_table(e, table, grouping, format, out).code, UNROLL_OK);
    fclose(out);
    unroll_table_free(table);
    return text;
}

/* ---- tables ---- */

static void groups_stand_in_the_order_of_numbers_and_of_the_axes(void)
{
    CHECK_TEXT(print(&experiment, DONE, UNROLL_FORMAT_TEXT),
               "length  model  runs  parameters  mse (K^2)  solved  seconds (s)\n"
               "     2  rnn       2          30        4.5     0/2         1.25\n"
               "     2  lstm      2          40          2     1/2         1.25\n"
               "     2  gru       1          30       0.75     1/1         1.25\n"
               "    10  rnn       2          30        0.5     2/2         1.25\n"
               "   100  rnn       1          30      12345     0/1         1.25\n");
}

static void what_the_axes_do_not_list_comes_last_by_letters(void)
{
    unroll_experiment e = experiment;
    e.axes_full = "model=gru seed=0";
    e.axes_quick = "seed=0";
    e.columns = "";
    grouping = &by_model;
    CHECK_TEXT(print(&e, DONE, UNROLL_FORMAT_CSV), "model,runs\ngru,1\nlstm,2\nrnn,5\n");
    e.axes_quick = "seed=0 model=rnn";
    CHECK_TEXT(print(&e, DONE, UNROLL_FORMAT_CSV), "model,runs\ngru,1\nrnn,5\nlstm,2\n");
    grouping = NULL;
}

static void runs_that_diverged_are_counted_and_are_the_worst(void)
{
    CHECK_TEXT(print(&experiment, NOT_FAILED, UNROLL_FORMAT_MARKDOWN),
               "| length | model | runs | diverged | parameters | mse (K^2) | solved | seconds (s) |\n"
               "| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n"
               "| 2 | rnn | 2 | 0 | 30 | 4.5 | 0/2 | 1.25 |\n"
               "| 2 | lstm | 2 | 0 | 40 | 2 | 1/2 | 1.25 |\n"
               "| 2 | gru | 1 | 0 | 30 | 0.75 | 1/1 | 1.25 |\n"
               "| 10 | rnn | 2 | 0 | 30 | 0.5 | 2/2 | 1.25 |\n"
               "| 100 | rnn | 2 | 1 | 30 | diverged | 0/2 | 1.25 |\n");
}

static void csv_has_every_digit_and_a_column_for_each_end_of_an_interval(void)
{
    char expected[1024], low[UNROLL_NUMBER_ROOM], high[UNROLL_NUMBER_ROOM];
    CHECK_TEXT(print(&experiment, NOT_FAILED, UNROLL_FORMAT_CSV),
               "length,model,runs,diverged,parameters,mse,mse_low,mse_high,solved,solved_low,solved_high,"
               "seconds,seconds_low,seconds_high\n"
               "2,rnn,2,0,30,4.5,,,0,,,1.25,,\n"
               "2,lstm,2,0,40,2,,,0.5,,,1.25,,\n"
               "2,gru,1,0,30,0.75,,,1,,,1.25,,\n"
               "10,rnn,2,0,30,0.5,,,1,,,1.25,,\n"
               "100,rnn,2,1,30,inf,,,0,,,1.25,,\n");
    grouping = &by_model; /* six runs and more have an interval */
    snprintf(expected, sizeof expected,
             "model,runs,diverged,parameters,mse,mse_low,mse_high,solved,solved_low,solved_high,seconds,seconds_low,seconds_high\n"
             "rnn,6,1,30,4.5,0.5,inf,0.3333333333333333,%s,%s,1.25,,\n"
             "lstm,2,0,40,2,,,0.5,,,1.25,,\n"
             "gru,1,0,30,0.75,,,1,,,1.25,,\n",
             unroll_show_real(unroll_share(2, 6).low, low), unroll_show_real(unroll_share(2, 6).high, high));
    CHECK_TEXT(print(&experiment, NOT_FAILED, UNROLL_FORMAT_CSV), expected);
    CHECK_TEXT(print(&experiment, NOT_FAILED, UNROLL_FORMAT_TEXT),
               "model  runs  diverged  parameters            mse (K^2)         solved  seconds (s)\n"
               "rnn       6         1          30  4.5 [0.5, diverged]  2/6 [4%, 78%]         1.25\n"
               "lstm      2         0          40                    2            1/2         1.25\n"
               "gru       1         0          30                 0.75            1/1         1.25\n"
               "length: a row takes runs with different values of it together\n");
    grouping = NULL;
}

static void html_aligns_numbers_to_the_right(void)
{
    unroll_experiment e = experiment;
    e.columns = "solved:share";
    grouping = &by_model;
    CHECK_TEXT(print(&e, DONE, UNROLL_FORMAT_HTML),
               "<div class=\"wide\">\n<table>\n"
               "<tr><th>model</th><th class=\"number\">runs</th><th class=\"number\">solved</th></tr>\n"
               "<tr><td>rnn</td><td class=\"number\">5</td><td class=\"number\">2/5</td></tr>\n"
               "<tr><td>lstm</td><td class=\"number\">2</td><td class=\"number\">1/2</td></tr>\n"
               "<tr><td>gru</td><td class=\"number\">1</td><td class=\"number\">1/1</td></tr>\n"
               "</table>\n</div>\n<p>length: a row takes runs with different values of it together</p>\n");
    grouping = NULL;
}

static void failed_runs_are_told_of_and_change_no_median(void)
{
    unroll_experiment e = experiment;
    e.columns = "solved:share";
    grouping = &by_model;
    CHECK_TEXT(print(&e, ALL, UNROLL_FORMAT_TEXT), "model  runs  diverged         solved\n"
                                                   "rnn       6         1  2/6 [4%, 78%]\n"
                                                   "lstm      2         0            1/2\n"
                                                   "gru       1         0            1/1\n"
                                                   "length: a row takes runs with different values of it together\n"
                                                   "2 of 11 runs failed; the first: " MADE_REASON "\n");
    grouping = &by_nothing;
    CHECK_TEXT(print(&e, ALL, UNROLL_FORMAT_TEXT), "runs  diverged          solved\n"
                                                   "   9         1  4/9 [14%, 79%]\n"
                                                   "length, model: a row takes runs with different values of them together\n"
                                                   "2 of 11 runs failed; the first: " MADE_REASON "\n");
    grouping = NULL;
}

/* A whole number that some runs lack is gathered as a real one. */
static void what_is_equal_in_a_group_is_shown_as_it_is_beside_failed_runs(void)
{
    unroll_experiment e = experiment;
    e.columns = "parameters";
    grouping = &by_model;
    CHECK_TEXT(print(&e, ALL, UNROLL_FORMAT_CSV),
               "model,runs,diverged,parameters\nrnn,6,1,30\nlstm,2,0,40\ngru,1,0,30\n");
    e.columns = "parameters:given"; /* in which they differ */
    grouping = &by_length;
    CHECK_TEXT(print(&e, ALL, UNROLL_FORMAT_TEXT), "length  runs  diverged  parameters\n"
                                                   "     2     5         0          30\n"
                                                   "    10     2         0          30\n"
                                                   "   100     2         1          30\n"
                                                   "model: a row takes runs with different values of it together\n"
                                                   "2 of 11 runs failed; the first: " MADE_REASON "\n");
}

static void marks_of_a_format_are_made_harmless(void)
{
    unroll_experiment e = experiment;
    e.columns = "note";
    grouping = &by_hidden;
    CHECK_TEXT(print(&e, DONE, UNROLL_FORMAT_TEXT), "hidden  runs  note\n     7     8  a|b & <c>, \"d\"\n"
                                                    "length, model: a row takes runs with different values of them together\n");
    CHECK_TEXT(print(&e, DONE, UNROLL_FORMAT_MARKDOWN), "| hidden | runs | note |\n| ---: | ---: | --- |\n"
                                                        "| 7 | 8 | a\\|b &amp; &lt;c>, \"d\" |\n"
                                                        "\nlength, model: a row takes runs with different values of them together\n");
    CHECK_TEXT(print(&e, DONE, UNROLL_FORMAT_CSV), "hidden,runs,note\n7,8,\"a|b & <c>, \"\"d\"\"\"\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(print(&e, DONE, UNROLL_FORMAT_HTML), "<td>a|b &amp; &lt;c>, \"d\"</td></tr>\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(print(&e, ALL, UNROLL_FORMAT_MARKDOWN),
                                  "together\n\n2 of 11 runs failed; the first: no room \\| in &lt;memory>"));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(print(&e, ALL, UNROLL_FORMAT_HTML),
               "together</p>\n<p>2 of 11 runs failed; the first: no room | in &lt;memory> &amp; \"disk\"</p>\n"));
    grouping = NULL;
}

static void a_column_with_an_ending_that_there_is_not_is_refused(void)
{
    unroll_experiment e = experiment;
    unroll_table *table = load(DONE);
    unroll_status status;
    e.columns = "mse solved:median";
    status = unroll_report_table(&e, table, NULL, UNROLL_FORMAT_TEXT, stderr);
    CU_ASSERT_EQUAL(status.code, UNROLL_WRONG);
    CU_ASSERT_STRING_EQUAL(status.text, "the column solved:median ends in none of :share, :alone, :time, :until, :given, :higher");
    e.columns = "";
    e.groups = "model length model length model length model length model length model length model length model length model";
    status = unroll_report_table(&e, table, NULL, UNROLL_FORMAT_TEXT, stderr);
    CU_ASSERT_EQUAL(status.code, UNROLL_WRONG);
    CU_ASSERT_STRING_EQUAL(status.text, "a table is grouped by at most 16 columns");
    e.groups = "model lenght";
    status = unroll_report_table(&e, table, NULL, UNROLL_FORMAT_TEXT, stderr);
    CU_ASSERT_EQUAL(status.code, UNROLL_WRONG);
    CU_ASSERT_STRING_EQUAL(status.text, "there is no column lenght in the results of made");
    unroll_table_free(table);
}

/* ---- what was published ---- */

static void a_published_figure_stands_beside_ours_and_says_whether_it_is_met(void)
{
    unroll_experiment e = experiment;
    static const unroll_published published[] = {{"parameters", "model=lstm", 40, "counted"},
                                                 {"parameters", "model=rnn length=2", 25, "counted"},
                                                 {"mse", "model=rnn", 5, "A, 1999", .tolerance = 0.1, .relative = true},
                                                 {"mse", "model=rnn", 2, "B, 2001", .tolerance = 0.1},
                                                 {"mse", "model=lstm", 2, "C, 2003", .tolerance = 1},
                                                 {"bits", NULL, 2, "D, 2005", .tolerance = 1},
                                                 {"mse", "model=none", 2, "E, 2007", .tolerance = 1}};
    unroll_table *table = load(NOT_FAILED);
    char text[4096] = "";
    FILE *out = fmemopen(text, sizeof text, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    memcpy(e.published, published, sizeof published);
    CU_ASSERT_EQUAL(unroll_report_published(&e, table, UNROLL_FORMAT_CSV, out).code, UNROLL_OK);
    CU_ASSERT_EQUAL(unroll_report_published(&experiment, table, UNROLL_FORMAT_TEXT, out).code, UNROLL_OK); /* none: nothing */
    fclose(out);
    CHECK_TEXT(text, "metric,of,runs,ours,ours_low,ours_high,published,outcome,source\n"
                     "parameters,model=lstm,2,40,,,40,met,counted\n"
                     "parameters,model=rnn length=2,2,30,,,25,not met: 20% above,counted\n"
                     "mse (K^2),model=rnn,6,4.5,0.5,inf,5,met,\"A, 1999\"\n"
                     "mse (K^2),model=rnn,6,4.5,0.5,inf,2,not met: 125% above,\"B, 2001\"\n"
                     "mse (K^2),model=lstm,2,2,,,2,not judged at this size,\"C, 2003\"\n"
                     "bits,,0,,,,2,not measured: no run has bits,\"D, 2005\"\n"
                     "mse (K^2),model=none,0,,,,2,not measured: there is no such run,\"E, 2007\"\n");
    unroll_table_free(table);
}

/* An LSTM's error is twice to thrice an RNN's of the same seed over 2 steps, where nine pairs are; over 10 there is one. */
static void a_published_ratio_stands_beside_that_of_ours_in_pairs(void)
{
    unroll_experiment e = experiment;
    static const unroll_published published[] = {
        {"mse", "length=2", 2.5, "A, 1999", 0.1, .of = "model=lstm", .against = "model=rnn"},
        {"mse", "length=2", 1.3, "B, 2001", 0.1, true, .of = "model=lstm", .against = "model=rnn"},
        {"mse", "length=10", 4, "C, 2003", 0.1, .of = "model=lstm", .against = "model=rnn"},
        {"mse", NULL, 1, "D, 2005", 0.1, .of = "model=lstm", .against = "model=rnn"},
        {"mse", "length=2", 1, "E, 2007", 0.1, .of = "model=gru", .against = "model=rnn"},
        {"mse", "length=2", 1.3, "F, 2009", .of = "model=lstm", .against = "model=rnn"},
        {"parameters", "length=2", 0.75, "G, 2011", .of = "model=rnn", .against = "model=lstm"}};
    made_run pairs[20];
    unroll_table *table;
    char text[4096] = "";
    FILE *out = fmemopen(text, sizeof text, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    for (int seed = 0; seed < 9; seed++) {
        pairs[2 * seed] = (made_run){2, "rnn", seed, "done", 1 << seed};
        pairs[2 * seed + 1] = (made_run){2, "lstm", seed, "done", (2 + seed / 8.0) * (1 << seed)};
    }
    pairs[18] = (made_run){10, "rnn", 0, "done", 1};
    pairs[19] = (made_run){10, "lstm", 0, "done", 4};
    CU_ASSERT_EQUAL_FATAL(unroll_report_load(&e, made_folder(&e, pairs, 20), &table).code, UNROLL_OK);
    memcpy(e.published, published, sizeof published);
    CU_ASSERT_EQUAL(unroll_report_published(&e, table, UNROLL_FORMAT_CSV, out).code, UNROLL_OK);
    fclose(out);
    CHECK_TEXT(text, "metric,of,runs,ours,ours_low,ours_high,published,outcome,source\n"
                     "mse (times),model=lstm over model=rnn length=2,9,2.5,2.125,2.875,2.5,met,\"A, 1999\"\n"
                     "mse (times),model=lstm over model=rnn length=2,9,2.5,2.125,2.875,1.3,not met: 92.3% above,\"B, 2001\"\n"
                     "mse (times),model=lstm over model=rnn length=10,1,4,,,4,not judged at this size,\"C, 2003\"\n"
                     "mse (times),model=lstm over model=rnn,0,,,,1,not measured: 2 conditions have it,\"D, 2005\"\n"
                     "mse (times),model=gru over model=rnn length=2,0,,,,1,not measured: there is no such run,\"E, 2007\"\n"
                     "mse (times),model=lstm over model=rnn length=2,9,2.5,2.125,2.875,1.3,not met: 92.3% above,\"F, 2009\"\n"
                     "parameters (times),model=rnn over model=lstm length=2,9,0.75,,,0.75,met,\"G, 2011\"\n");
    unroll_table_free(table);
}

/* ---- without memory ---- */

/* What is made of the runs without reading or writing HDF5: a table in a format, a verdict, the list of a column's
   values, the runs one by one in a format, what was published. Never shorter than it should be, and OK. */
static unroll_status make(int what, const unroll_experiment *e, const unroll_table *table, char *text, size_t room)
{
    unroll_verdict verdict;
    unroll_status status;
    FILE *out;
    if (what == 4) {
        status = unroll_judge(e, table, &verdict);
        if (status.code == UNROLL_OK)
            snprintf(text, room, "%d: %s", (int)verdict.outcome, verdict.comparison[0].text);
        unroll_verdict_free(&verdict);
        return status;
    }
    if (what == 5)
        return unroll_values_list(e, table, "model", ",", text, room);
    out = fmemopen(text, room, "w");
    if (out == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for the test");
    if (what < 4)
        status = unroll_report_table(e, table, NULL, (unroll_format)what, out);
    else if (what == 10)
        status = unroll_report_published(e, table, UNROLL_FORMAT_CSV, out);
    else
        status = unroll_report_rows(e, table, NULL, (unroll_format)(what - 6), out);
    fclose(out);
    return status;
}

static void a_failing_allocation_is_a_sentence_and_never_a_blank(void)
{
    unroll_experiment e = experiment;
    unroll_table *table;
    e.rules[0] = (unroll_rule){UNROLL_DIFFERENCE, UNROLL_LOWER, .metric = "mse", .of = "model=lstm", .against = "model=rnn"};
    e.published[0] = (unroll_published){"mse", "model=rnn", 5, "A, 1999", 0.1};
    e.published[1] = (unroll_published){"mse", "length=2", 1.3, "B, 2001", 0.1, .of = "model=lstm", .against = "model=rnn"};
    if (!test_can_starve())
        return;
    table = load(ALL);
    for (int what = 0; what < 11; what++) {
        char whole[16384] = "", text[16384];
        bool failed = true;
        long call = 0;
        CU_ASSERT_EQUAL(make(what, &e, table, whole, sizeof whole).code, UNROLL_OK);
        for (; call < 1000 && failed; call++) {
            unroll_status status;
            memset(text, 0, sizeof text);
            test_starve(call);
            status = make(what, &e, table, text, sizeof text);
            failed = test_fed();
            CU_ASSERT(status.code == UNROLL_FAILED || strcmp(text, whole) == 0);
            CU_ASSERT(status.code == UNROLL_OK || strstr(status.text, "out of memory for ") != NULL);
        }
        CU_ASSERT(call > 2 && call < 1000);
    }
    unroll_table_free(table);
}

static void damaged_records_that_are_left_out_are_told_of(void)
{
    unroll_table *table = load(DONE);
    char text[8192] = "";
    FILE *out = fmemopen(text, sizeof text, "w");
    table->left_out = 2;
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    CU_ASSERT_EQUAL(unroll_report_table(&experiment, table, NULL, UNROLL_FORMAT_TEXT, out).code, UNROLL_OK);
    fclose(out);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\n2 damaged records are left out: unroll run made does their runs again.\n"));
    unroll_table_free(table);
}

/* ---- the page ---- */

static unroll_status make_page(const unroll_experiment *e, const char *results)
{
    const unroll_experiment *const named[] = {e};
    char paths[UNROLL_PAGES][512];
    return unroll_report_page(named, 1, results, NULL, paths);
}

/* What the page says of the experiment, from its claim to what was run. */
static const char *page_of(const unroll_experiment *e, const char *results)
{
    static const char title[] = "\n## made: runs that were made up\n\n";
    const char *page, *head;
    CU_ASSERT_EQUAL(make_page(e, results).code, UNROLL_OK);
    page = read_text(results, "report.md");
    CU_ASSERT_EQUAL(strncmp(page, "# What was measured\n\n", 21), 0);
    head = strstr(page, title);
    CU_ASSERT_PTR_NOT_NULL_FATAL(head);
    return head + strlen(title);
}

static void the_page_tells_claim_verdict_table_texts_and_what_was_run(void)
{
    unroll_experiment e = experiment;
    const char *results = made_folder(&e, runs, ALL);
    char expected[4096];
    e.groups = "length";
    e.columns = "solved:share";
    e.texts = "sample";
    e.figures = "nowhere";
    e.rules[0] = (unroll_rule){UNROLL_DIFFERENCE, UNROLL_LOWER, .metric = "mse", .of = "model=lstm", .against = "model=rnn", .where = "length=min"};
    e.fixed = "hidden=7"; /* so that all runs are declared ones */
    snprintf(expected, sizeof expected,
             "Claim: an LSTM errs less (nobody, 1997)\n\n"
             "Verdict: **not judged at this size**; 0 of 1 comparisons hold, 1 stands on fewer than 6 seeds.\n\n"
             "| rule, at each of its conditions | median or share | seeds | pairs won | |\n| --- | ---: | ---: | ---: | --- |\n"
             "| mse of lstm minus rnn below 0, at length 2 | -2.5 | 2 | 2/2 | not judged |\n\n"
             "The figure nowhere is not drawn yet: `unroll plot made` draws it, with gnuplot.\n\n"
             "| length | model | runs | diverged | solved |\n"
             "| ---: | --- | ---: | ---: | ---: |\n"
             "| 2 | rnn | 2 | 0 | 0/2 |\n"
             "| 2 | lstm | 2 | 0 | 1/2 |\n"
             "| 2 | gru | 1 | 0 | 1/1 |\n"
             "| 10 | rnn | 2 | 0 | 2/2 |\n"
             "| 100 | rnn | 2 | 1 | 0/2 |\n\n"
             "2 of 11 runs failed; the first: no room \\| in &lt;memory> &amp; \"disk\"\n\n"
             "sample, length 2 model rnn:\n\n    one | line\n    \n      <another>\n\n"
             "sample, length 2 model lstm:\n\n    one | line\n    \n      <another>\n\n"
             "sample, length 2 model gru:\n\n    one | line\n    \n      <another>\n\n"
             "sample, length 10 model rnn:\n\n    one | line\n    \n      <another>\n\n"
             "sample, length 100 model rnn:\n\n    one | line\n    \n      <another>\n\n"
             "### What the columns mean\n\n"
             "- **length**: steps of a sequence, where its task does not set them, in steps\n"
             "- **model**: what learns it: a cell or another network, unroll list models\n"
             "- **runs**: runs that a row stands on; diverged: how many of them did\n"
             "- **solved**: whether the task was solved; the share of the runs where it is so\n\n"
             "### What was run\n\n"
             "- **the command that repeats it**: `unroll run made --full seed=0,1,2`\n"
             "- **runs**: 11: 8 done, 1 diverged, 2 failed; 14 s of computing in all\n"
             "- **varied**: `model=rnn,lstm,gru` `length=2,10,100` `seed=0,1,2`\n"
             "- **held, other than the defaults**: `hidden=7`\n"
             "- **data**: made by `adding`: adding problem: the sum of two marked numbers\n"
             "- **machine**: processor Slide rule; isa scalar; load 1.50 to 1.50; 5 runs\n"
             "- **machine**: processor Abacus; isa scalar; load 0.25 to 0.25; 6 runs\n"
             "- **program**: unroll %s (%s)\n"
             "- **records**: `made.h5` beside this page, gathered 1970-01-01T00:00:00Z; one file a run in `made/runs/`\n\n",
             unroll_version(), unroll_commit());
    CHECK_TEXT(page_of(&e, results), expected);
}

static void a_figure_stands_on_the_page_with_its_scripts_caption(void)
{
    static const char head[] = "[![drawn](figures/drawn.png)](figures/drawn.svg)\n\n*What to look at: this.*\n\n";
    const struct timeval long_ago[2] = {{0, 0}, {0, 0}};
    unroll_experiment e = experiment;
    const char *results = made_folder(&e, runs, DONE), *plots = test_folder(), *page;
    char path[1200];
    e.claim = NULL;
    e.figures = "drawn";
    snprintf(path, sizeof path, "%s/figures", results);
    CU_ASSERT_EQUAL_FATAL(mkdir(path, 0777), 0);
    write_text(results, "figures/drawn.png", "a picture");
    write_text(plots, "drawn.gp", "# What to look at:\n# this.\n#! a: median mse over length by model\nplot 1\n# no more\n");
    setenv("UNROLL_PLOTS", plots, 1);
    page = page_of(&e, results);
    CU_ASSERT_EQUAL(strncmp(page, head, strlen(head)), 0);
    CU_ASSERT_EQUAL(strncmp(page + strlen(head), "| length |", 10), 0);
    snprintf(path, sizeof path, "%s/figures/drawn.png", results);
    CU_ASSERT_EQUAL(utimes(path, long_ago), 0);
    page = page_of(&e, results);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(page, "this.*\n\nThe figure is older than the data: `unroll plot made` draws it anew.\n\n| length |"));
    unsetenv("UNROLL_PLOTS");
}

static void without_results_there_is_no_page(void)
{
    const char *results = test_folder();
    unroll_status status = make_page(&experiment, results);
    char expected[1400];
    CU_ASSERT_EQUAL(status.code, UNROLL_NOTHING);
    snprintf(expected, sizeof expected, "there are no results in %.300s yet: unroll run makes them", results);
    CU_ASSERT_STRING_EQUAL(status.text, expected);
    CHECK_TEXT(read_text(results, "report.md"), "(none)");
    CU_ASSERT_FALSE(has_part(results));
    CU_ASSERT_EQUAL(make_page(&experiment, "/no/such/folder").code, UNROLL_NOTHING);
}

/* The page that was there before stays; nothing else of the attempt does. */
static void check_refused(const char *results, int (*opens)(const char *, int, mode_t), unroll_code code, const char *why)
{
    int (*usual)(const char *, int, mode_t) = unroll_disk.open;
    unroll_status status;
    write_text(results, "report.md", "older\n");
    write_text(results, "report.html", "older\n");
    unroll_disk.open = opens;
    status = make_page(&experiment, results);
    unroll_disk.open = usual;
    CU_ASSERT_EQUAL(status.code, code);
    CU_ASSERT_PTR_NOT_NULL(strstr(status.text, why));
    CU_ASSERT_PTR_NULL(strchr(status.text, '\n'));
    CHECK_TEXT(read_text(results, "report.md"), "older\n");
    CHECK_TEXT(read_text(results, "report.html"), "older\n");
}

static void a_page_that_cannot_be_written_leaves_the_older_one(void)
{
    const char *results = made_folder(&experiment, runs, DONE);
    check_refused(results, open_refused, UNROLL_FAILED, "/report.html: Permission denied");
    results = test_folder();
    write_text(results, "file", "");
    char path[1200];
    snprintf(path, sizeof path, "%s/file", results);
    CU_ASSERT_PTR_NOT_NULL(strstr(make_page(&experiment, path).text, "/file/report.html: Not a directory"));
}

static void a_full_disk_leaves_the_older_page(void)
{
    const char *results = made_folder(&experiment, runs, DONE);
    check_refused(results, open_full, UNROLL_FAILED, "/report.html: No space left on device");
    CU_ASSERT_FALSE(has_part(results));
}

static void damaged_results_leave_the_older_page(void)
{
    const char *results = made_folder(&experiment, runs, DONE);
    char path[1200];
    snprintf(path, sizeof path, "%s/made.h5", results);
    CU_ASSERT_EQUAL(truncate(path, 700), 0);
    check_refused(results, unroll_disk.open, UNROLL_DAMAGED, "/made.h5 is damaged: it does not end in the checksum");
    CU_ASSERT_FALSE(has_part(results));
}

/* A file may claim any number of runs, each with a value of its own: two thousand are quick, twenty thousand refused. */
static void a_table_of_too_many_groups_is_one_sentence(void)
{
    enum { ROWS = 20000 };
    static const unroll_experiment many = {.name = "many", .axes_full = "", .axes_quick = ""};
    unroll_table_column columns[2] = {{.name = "value", .type = UNROLL_COLUMN_REAL},
                                      {.name = "seed", .type = UNROLL_COLUMN_REAL}};
    unroll_table table = {.rows = 2000, .columns = columns, .column_count = 2};
    double values[2][ROWS];
    char list[64];
    unroll_groups groups;
    for (int i = 0; i < ROWS; i++)
        values[0][i] = values[1][i] = ROWS - i;
    columns[0].real = values[0];
    columns[1].real = values[1];
    CU_ASSERT_EQUAL(unroll_groups_make(&many, &table, "value", NULL, &groups).code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(groups.count, 2000);
    CU_ASSERT_EQUAL(groups.group[0].by[0].real, 18001);
    unroll_groups_free(&groups);
    table.rows = ROWS;
    CU_ASSERT_STRING_EQUAL(unroll_groups_make(&many, &table, "value", NULL, &groups).text,
                           "the results of many fall into more than 10000 groups");
    CU_ASSERT_EQUAL(groups.count, 0);
    CU_ASSERT_EQUAL(unroll_values_list(&many, &table, "value", ",", list, sizeof list).code, UNROLL_OK);
    CU_ASSERT_STRING_EQUAL(list, "more than 10000 values");
    for (int i = 0; i < ROWS; i++)
        values[0][i] = 1;
    CU_ASSERT_EQUAL(unroll_groups_make(&many, &table, "value", NULL, &groups).code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(groups.count, 1);
    CU_ASSERT_EQUAL(groups.group[0].row[0], ROWS - 1); /* in the order of seeds */
    unroll_groups_free(&groups);
}

/* An older program's file has no column of a setting that is new: its runs are at the default, for filters and groups, too. */
static void a_setting_that_the_file_lacks_is_at_its_default(void)
{
    const unroll_experiment e = {.name = "made", .title = "t", .axes_quick = "", .axes_full = "", .groups = "model clip", .columns = "mse"};
    const char *results = made_folder(&e, runs, DONE);
    unroll_table *table;
    bool keep[ALL];
    int lacks = 0, kept = 0;
    CU_ASSERT_EQUAL_FATAL(unroll_report_load(&e, results, &table).code, UNROLL_OK);
    for (int i = 0; i < table->column_count; i++)
        if (strcmp(table->columns[i].name, "clip") == 0 || strcmp(table->columns[i].name, "init") == 0) {
            table->columns[i].name[0] = '-';
            lacks++;
        }
    CU_ASSERT_EQUAL(lacks, 2);
    CU_ASSERT_EQUAL(unroll_select(table, "clip=1 init=pytorch", true, keep).code, UNROLL_WRONG);
    CU_ASSERT_EQUAL(unroll_add_settings(table).code, UNROLL_OK);
    CU_ASSERT_EQUAL(unroll_select(table, "clip=1 init=pytorch", true, keep).code, UNROLL_OK);
    for (int i = 0; i < table->rows; i++)
        kept += keep[i];
    CU_ASSERT(kept > 0 && kept == table->rows);
    CU_ASSERT_EQUAL(unroll_select(table, "clip=0", true, keep).code, UNROLL_OK);
    for (int i = 0; i < table->rows; i++)
        CU_ASSERT(!keep[i]);
    unroll_table_free(table);
}

const unroll_test tests_report_table[] = {
    TEST(groups_stand_in_the_order_of_numbers_and_of_the_axes),
    TEST(what_the_axes_do_not_list_comes_last_by_letters),
    TEST(runs_that_diverged_are_counted_and_are_the_worst),
    TEST(csv_has_every_digit_and_a_column_for_each_end_of_an_interval),
    TEST(html_aligns_numbers_to_the_right),
    TEST(damaged_records_that_are_left_out_are_told_of),
    TEST(failed_runs_are_told_of_and_change_no_median),
    TEST(what_is_equal_in_a_group_is_shown_as_it_is_beside_failed_runs),
    TEST(marks_of_a_format_are_made_harmless),
    TEST(a_column_with_an_ending_that_there_is_not_is_refused),
    TEST(a_published_figure_stands_beside_ours_and_says_whether_it_is_met),
    TEST(a_published_ratio_stands_beside_that_of_ours_in_pairs),
    TEST(a_failing_allocation_is_a_sentence_and_never_a_blank),
    TEST(the_page_tells_claim_verdict_table_texts_and_what_was_run),
    TEST(a_figure_stands_on_the_page_with_its_scripts_caption),
    TEST(without_results_there_is_no_page),
    TEST(a_page_that_cannot_be_written_leaves_the_older_one),
    TEST(a_full_disk_leaves_the_older_page),
    TEST(damaged_results_leave_the_older_page),
    TEST(a_table_of_too_many_groups_is_one_sentence),
    TEST(a_setting_that_the_file_lacks_is_at_its_default),
    {NULL, NULL},
};
