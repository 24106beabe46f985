/* Comparison tables in every format, and the page, to the letter. */
#include <sys/time.h>

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
    .columns = "parameters mse solved:share seconds:mean",
};

/* The bootstrap of two values reaches from the one to the other. */
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

/* What is printed of the first `count` runs. */
static const char *print(const unroll_experiment *e, int count, unroll_format format)
{
    static char text[8192];
    unroll_table *table = load(count);
    FILE *out = fmemopen(text, sizeof text, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    CU_ASSERT_EQUAL(unroll_report_table(e, table, format, out).code, UNROLL_OK);
    fclose(out);
    unroll_table_free(table);
    return text;
}

/* ---- tables ---- */

static void groups_stand_in_the_order_of_numbers_and_of_the_axes(void)
{
    CHECK_TEXT(print(&experiment, DONE, UNROLL_FORMAT_TEXT),
               "length  model  runs  parameters       mse (K^2)           solved  seconds (s)\n"
               "     2  rnn       2          30      4.5 [4, 5]    0/2 [0%, 66%]         1.25\n"
               "     2  lstm      2          40        2 [1, 3]    1/2 [9%, 91%]         1.25\n"
               "     2  gru       1          30            0.75  1/1 [21%, 100%]         1.25\n"
               "    10  rnn       2          30  0.5 [0.5, 0.5]  2/2 [34%, 100%]         1.25\n"
               "   100  rnn       1          30           12345    0/1 [0%, 79%]         1.25\n");
}

static void what_the_axes_do_not_list_comes_last_by_letters(void)
{
    unroll_experiment e = experiment;
    e.axes_full = "model=gru seed=0";
    e.axes_quick = "seed=0";
    e.groups = "model";
    e.columns = "";
    CHECK_TEXT(print(&e, DONE, UNROLL_FORMAT_CSV), "model,runs\ngru,1\nlstm,2\nrnn,5\n");
    e.axes_quick = "seed=0 model=rnn";
    CHECK_TEXT(print(&e, DONE, UNROLL_FORMAT_CSV), "model,runs\ngru,1\nrnn,5\nlstm,2\n");
}

static void runs_that_diverged_are_counted_and_have_no_mean(void)
{
    CHECK_TEXT(print(&experiment, NOT_FAILED, UNROLL_FORMAT_MARKDOWN),
               "| length | model | runs | diverged | parameters | mse (K^2) | solved | seconds (s) |\n"
               "| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n"
               "| 2 | rnn | 2 | 0 | 30 | 4.5 [4, 5] | 0/2 [0%, 66%] | 1.25 |\n"
               "| 2 | lstm | 2 | 0 | 40 | 2 [1, 3] | 1/2 [9%, 91%] | 1.25 |\n"
               "| 2 | gru | 1 | 0 | 30 | 0.75 | 1/1 [21%, 100%] | 1.25 |\n"
               "| 10 | rnn | 2 | 0 | 30 | 0.5 [0.5, 0.5] | 2/2 [34%, 100%] | 1.25 |\n"
               "| 100 | rnn | 2 | 1 | 30 | 12345 | 0/2 [0%, 66%] | 1.25 |\n");
}

static void csv_has_every_digit_and_a_column_for_each_end_of_an_interval(void)
{
    CHECK_TEXT(print(&experiment, NOT_FAILED, UNROLL_FORMAT_CSV),
               "length,model,runs,diverged,parameters,mse,mse_low,mse_high,solved,solved_low,solved_high,"
               "seconds,seconds_low,seconds_high\n"
               "2,rnn,2,0,30,4.5,4,5,0,0,0.6576197724933469,1.25,,\n"
               "2,lstm,2,0,40,2,1,3,0.5,0.09453120573423074,0.9054687942657693,1.25,,\n"
               "2,gru,1,0,30,0.75,,,1,0.20654931437723745,1,1.25,,\n"
               "10,rnn,2,0,30,0.5,0.5,0.5,1,0.34238022750665303,1,1.25,,\n"
               "100,rnn,2,1,30,12345,,,0,0,0.6576197724933469,1.25,,\n");
}

static void html_aligns_numbers_to_the_right(void)
{
    unroll_experiment e = experiment;
    e.groups = "model";
    e.columns = "solved:share";
    CHECK_TEXT(print(&e, DONE, UNROLL_FORMAT_HTML),
               "<table>\n"
               "<tr><th>model</th><th align=\"right\">runs</th><th align=\"right\">solved</th></tr>\n"
               "<tr><td>rnn</td><td align=\"right\">5</td><td align=\"right\">2/5 [12%, 77%]</td></tr>\n"
               "<tr><td>lstm</td><td align=\"right\">2</td><td align=\"right\">1/2 [9%, 91%]</td></tr>\n"
               "<tr><td>gru</td><td align=\"right\">1</td><td align=\"right\">1/1 [21%, 100%]</td></tr>\n"
               "</table>\n");
}

static void failed_runs_are_told_of_and_change_no_mean(void)
{
    unroll_experiment e = experiment;
    e.groups = "model";
    e.columns = "solved:share";
    CHECK_TEXT(print(&e, ALL, UNROLL_FORMAT_TEXT), "model  runs  diverged           solved\n"
                                                   "rnn       6         1   2/6 [10%, 70%]\n"
                                                   "lstm      2         0    1/2 [9%, 91%]\n"
                                                   "gru       1         0  1/1 [21%, 100%]\n"
                                                   "2 of 11 runs failed; the first: " MADE_REASON "\n");
    e.groups = "";
    CHECK_TEXT(print(&e, ALL, UNROLL_FORMAT_CSV), "runs,diverged,solved,solved_low,solved_high\n"
                                                  "9,1,0.4444444444444444,0.18877852109766452,0.733348706504507\n");
}

/* A whole number that some runs lack is gathered as a real one. */
static void what_is_equal_in_a_group_is_shown_as_it_is_beside_failed_runs(void)
{
    unroll_experiment e = experiment;
    e.groups = "model";
    e.columns = "parameters";
    CHECK_TEXT(print(&e, ALL, UNROLL_FORMAT_CSV),
               "model,runs,diverged,parameters\nrnn,6,1,30\nlstm,2,0,40\ngru,1,0,30\n");
    e.groups = "length"; /* in which they differ */
    e.columns = "parameters:mean";
    CHECK_TEXT(print(&e, ALL, UNROLL_FORMAT_TEXT), "length  runs  diverged  parameters\n"
                                                   "     2     5         0          34\n"
                                                   "    10     2         0          30\n"
                                                   "   100     2         1          30\n"
                                                   "2 of 11 runs failed; the first: " MADE_REASON "\n");
}

static void marks_of_a_format_are_made_harmless(void)
{
    unroll_experiment e = experiment;
    e.groups = "hidden";
    e.columns = "note";
    CHECK_TEXT(print(&e, DONE, UNROLL_FORMAT_TEXT), "hidden  runs  note\n     7     8  a|b & <c>, \"d\"\n");
    CHECK_TEXT(print(&e, DONE, UNROLL_FORMAT_MARKDOWN), "| hidden | runs | note |\n| ---: | ---: | --- |\n"
                                                        "| 7 | 8 | a\\|b &amp; &lt;c>, \"d\" |\n");
    CHECK_TEXT(print(&e, DONE, UNROLL_FORMAT_CSV), "hidden,runs,note\n7,8,\"a|b & <c>, \"\"d\"\"\"\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(print(&e, DONE, UNROLL_FORMAT_HTML), "<td>a|b &amp; &lt;c>, \"d\"</td></tr>\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(print(&e, ALL, UNROLL_FORMAT_MARKDOWN),
                                  "|\n\n2 of 11 runs failed; the first: no room \\| in &lt;memory>"));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(print(&e, ALL, UNROLL_FORMAT_HTML),
               "</table>\n<p>2 of 11 runs failed; the first: no room | in &lt;memory> &amp; \"disk\"</p>\n"));
}

static void a_column_that_is_neither_mean_nor_share_is_refused(void)
{
    unroll_experiment e = experiment;
    unroll_table *table = load(DONE);
    unroll_status status;
    e.columns = "mse solved:median";
    status = unroll_report_table(&e, table, UNROLL_FORMAT_TEXT, stderr);
    CU_ASSERT_EQUAL(status.code, UNROLL_WRONG);
    CU_ASSERT_STRING_EQUAL(status.text, "the column solved:median of a table ends in neither :share nor :mean");
    e.columns = "";
    e.groups = "model length model length model length model length model";
    status = unroll_report_table(&e, table, UNROLL_FORMAT_TEXT, stderr);
    CU_ASSERT_EQUAL(status.code, UNROLL_WRONG);
    CU_ASSERT_STRING_EQUAL(status.text, "a table is grouped by at most 8 columns");
    e.groups = "model lenght";
    status = unroll_report_table(&e, table, UNROLL_FORMAT_TEXT, stderr);
    CU_ASSERT_EQUAL(status.code, UNROLL_WRONG);
    CU_ASSERT_STRING_EQUAL(status.text, "there is no column lenght in the results of made");
    unroll_table_free(table);
}

/* ---- without memory ---- */

/* What is made of the runs without reading or writing HDF5: a table in a format, a verdict, the list of a column's
   values. Never shorter than it should be, and OK. */
static unroll_status make(int what, const unroll_experiment *e, const unroll_table *table, char *text, size_t room)
{
    unroll_verdict verdict;
    unroll_status status;
    FILE *out;
    if (what == 4) {
        status = unroll_judge(e, table, &verdict);
        snprintf(text, room, "%d: %s", (int)verdict.outcome, verdict.text);
        return status;
    }
    if (what == 5)
        return unroll_values_list(e, table, "model", ",", text, room);
    out = fmemopen(text, room, "w");
    if (out == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for the test");
    status = unroll_report_table(e, table, (unroll_format)what, out);
    fclose(out);
    return status;
}

static void a_failing_allocation_is_a_sentence_and_never_a_blank(void)
{
    unroll_experiment e = experiment;
    unroll_table *table;
    e.prediction = (unroll_prediction){"mse", "model", "lstm", "rnn", "length=min"};
    if (!test_can_starve())
        return;
    table = load(ALL);
    for (int what = 0; what < 6; what++) {
        char whole[8192] = "", text[8192];
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
    CU_ASSERT_EQUAL(unroll_report_table(&experiment, table, UNROLL_FORMAT_TEXT, out).code, UNROLL_OK);
    fclose(out);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\n2 damaged records are left out: unroll run made does their runs again.\n"));
    unroll_table_free(table);
}

/* ---- the page ---- */

static unroll_status make_page(const unroll_experiment *e, const char *results)
{
    const unroll_experiment *const named[] = {e};
    char path[512];
    return unroll_report_page(named, 1, results, path);
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
    e.prediction = (unroll_prediction){"mse", "model", "lstm", "rnn", "length=min"};
    snprintf(expected, sizeof expected,
             "Claim: an LSTM errs less (nobody, 1997)\n\n"
             "Verdict: **supported**; difference of the mean mse at length 2; rnn minus lstm: 2.5 [1, 4].\n\n"
             "The figure nowhere is not drawn yet: `unroll plot made` draws it.\n\n"
             "| length | runs | diverged | solved |\n"
             "| ---: | ---: | ---: | ---: |\n"
             "| 2 | 5 | 0 | 2/5 [12%%, 77%%] |\n"
             "| 10 | 2 | 0 | 2/2 [34%%, 100%%] |\n"
             "| 100 | 2 | 1 | 0/2 [0%%, 66%%] |\n\n"
             "2 of 11 runs failed; the first: no room \\| in &lt;memory> &amp; \"disk\"\n\n"
             "sample, length 2:\n\n    one | line\n    \n      <another>\n\n"
             "sample, length 10:\n\n    one | line\n    \n      <another>\n\n"
             "sample, length 100:\n\n    one | line\n    \n      <another>\n\n"
             "What was run:\n\n"
             "- **runs**: 11: 8 done, 1 diverged, 2 failed; 14 s of computing in all\n"
             "- **varied**: `model=rnn,lstm,gru` `length=2,10,100` `seed=0,1,2`\n"
             "- **held**, other than the defaults: `hidden=7`\n"
             "- **machine**: unroll %s (%s); processor Slide rule, Abacus; isa scalar; load 0.25 to 1.50\n"
             "- **data**: `%s/made.h5`, gathered 1970-01-01T00:00:00Z; one file a run in `%s/made/runs/`\n\n",
             unroll_version(), unroll_commit(), results, results);
    CHECK_TEXT(page_of(&e, results), expected);
}

static void a_figure_stands_on_the_page_with_its_scripts_caption(void)
{
    static const char head[] = "[![drawn](figures/drawn.png)](figures/drawn.svg)\n\n*What to see: this.*\n\n";
    const struct timeval long_ago[2] = {{0, 0}, {0, 0}};
    unroll_experiment e = experiment;
    const char *results = made_folder(&e, runs, DONE), *plots = test_folder(), *page;
    char path[1200];
    e.claim = NULL;
    e.figures = "drawn";
    snprintf(path, sizeof path, "%s/figures", results);
    CU_ASSERT_EQUAL_FATAL(mkdir(path, 0777), 0);
    write_text(results, "figures/drawn.png", "a picture");
    write_text(plots, "drawn.gp", "# What to see:\n# this.\n#! a: mean mse over length by model\nplot 1\n# no more\n");
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
    unroll_disk.open = opens;
    status = make_page(&experiment, results);
    unroll_disk.open = usual;
    CU_ASSERT_EQUAL(status.code, code);
    CU_ASSERT_PTR_NOT_NULL(strstr(status.text, why));
    CU_ASSERT_PTR_NULL(strchr(status.text, '\n'));
    CHECK_TEXT(read_text(results, "report.md"), "older\n");
}

static void a_page_that_cannot_be_written_leaves_the_older_one(void)
{
    const char *results = made_folder(&experiment, runs, DONE);
    check_refused(results, open_refused, UNROLL_FAILED, "/report.md: Permission denied");
    results = test_folder();
    write_text(results, "file", "");
    char path[1200];
    snprintf(path, sizeof path, "%s/file", results);
    CU_ASSERT_PTR_NOT_NULL(strstr(make_page(&experiment, path).text, "/file/report.md: Not a directory"));
}

static void a_full_disk_leaves_the_older_page(void)
{
    const char *results = made_folder(&experiment, runs, DONE);
    check_refused(results, open_full, UNROLL_FAILED, "/report.md: No space left on device");
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
    CU_ASSERT_STRING_EQUAL(groups.group[0].by[0], "18001");
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

const unroll_test tests_report_table[] = {
    TEST(groups_stand_in_the_order_of_numbers_and_of_the_axes),
    TEST(what_the_axes_do_not_list_comes_last_by_letters),
    TEST(runs_that_diverged_are_counted_and_have_no_mean),
    TEST(csv_has_every_digit_and_a_column_for_each_end_of_an_interval),
    TEST(html_aligns_numbers_to_the_right),
    TEST(damaged_records_that_are_left_out_are_told_of),
    TEST(failed_runs_are_told_of_and_change_no_mean),
    TEST(what_is_equal_in_a_group_is_shown_as_it_is_beside_failed_runs),
    TEST(marks_of_a_format_are_made_harmless),
    TEST(a_column_that_is_neither_mean_nor_share_is_refused),
    TEST(a_failing_allocation_is_a_sentence_and_never_a_blank),
    TEST(the_page_tells_claim_verdict_table_texts_and_what_was_run),
    TEST(a_figure_stands_on_the_page_with_its_scripts_caption),
    TEST(without_results_there_is_no_page),
    TEST(a_page_that_cannot_be_written_leaves_the_older_one),
    TEST(a_full_disk_leaves_the_older_page),
    TEST(damaged_results_leave_the_older_page),
    TEST(a_table_of_too_many_groups_is_one_sentence),
    {NULL, NULL},
};
