/* unroll report and unroll plot as a user calls them; and that every experiment has its words and its figures. */

#include "base/text.h"
#include "gathered.h"
#include "report/inside.h"
#include "sweep/sweep.h"

/* ---- the commands ---- */

static char out[32768], err[32768]; /* what the last call said */

/* Runs the program; its exit status. `both`: what goes to stderr goes where stdout goes. */
static int call_into(const char *arguments, bool both)
{
    const char *folder = test_folder();
    char command[4096];
    int status;
    snprintf(command, sizeof command, UNROLL_PROGRAM " %s >%s/out 2>%s%s", arguments, folder, both ? "&1 #" : folder,
             both ? "" : "/err");
    status = run_shell(command);
    strcpy(out, read_text(folder, "out"));
    strcpy(err, read_text(folder, "err"));
    return status;
}

static int call(const char *arguments)
{
    return call_into(arguments, false);
}

/* "%s" in both stands for the folder. */
static void check(const char *arguments, const char *folder, int status, const char *text)
{
    char full[2400], expected[2400];
    snprintf(full, sizeof full, arguments, folder);
    snprintf(expected, sizeof expected, text, folder);
    CU_ASSERT_EQUAL(call(full), status);
    CHECK_TEXT(err, expected);
    CHECK_TEXT(out, "");
}

static void without_results_there_is_nothing_to_tell(void)
{
    static const char *const none = "unroll: there are no results in %s yet: unroll run EXPERIMENT makes them\n";
    const char *folder = test_folder();
    check("report --results %s", folder, 3, none);
    check("plot --results %s", folder, 3, none);
    check("report --format csv --results %s/missing", folder, 3,
          "unroll: there are no results in %s/missing yet: unroll run EXPERIMENT makes them\n");
    check("report architectures --results %s", folder, 3,
          "unroll: %s/architectures.h5 is not there yet: unroll run architectures makes it\n");
    check("plot architectures --results %s", folder, 3,
          "unroll: %s/architectures.h5 is not there yet: unroll run architectures makes it\n");
    CHECK_TEXT(read_text(folder, "report.md"), "(none)");
    CHECK_TEXT(read_text(folder, "report.html"), "(none)");
}

static void a_wrong_call_names_what_is_right(void)
{
    check("report architecture", "", 2, "unroll: there is no experiment architecture; did you mean architectures?\n");
    check("plot nosuchthing", "", 2,
          "unroll: there is no experiment nosuchthing; unroll list experiments shows them\n");
    check("report nosuchthing", "", 2,
          "unroll: there is no experiment nosuchthing; unroll list experiments shows them\n");
    check("report --format xml", "", 2, "unroll: --format xml is none of text, md, csv, html\n");
    check("report --out ''", "", 2, "unroll: --out needs the name of a folder\n");
}

static void comparing_needs_two_results_and_has_a_status_of_its_own(void)
{
    const char *folder = test_folder();
    check("compare %s", folder, 2, "unroll: unroll compare takes OLD NEW [options]\n");
    check("compare %s --threshold much /", folder, 2, "unroll: --threshold much is no number of percent from 0 to below 100\n");
    check("compare /nowhere %s", folder, 2, "unroll: there are no results /nowhere: No such file or directory\n");
    check("compare %s /", folder, 3,
          "unroll: no gathered results (*.h5) lie in %s: unroll run and unroll bench make them\n");
}

/* Made runs under the name of an experiment of the program. */
static const char *results_of_architectures(void)
{
    static const made_run runs[] = {{50, "rnn", 0, "done", 0.5},
                                    {50, "rnn", 1, "done", 0.75},
                                    {50, "lstm", 0, "done", 0.25},
                                    {50, "lstm", 1, "diverged", NAN},
                                    {50, "gru", 0, "failed", NAN}};
    const unroll_experiment *experiment = unroll_experiment_find("architectures");
    CU_ASSERT_PTR_NOT_NULL_FATAL(experiment);
    return made_folder(experiment, runs, 5);
}

/* Eight seeds of one configuration, with so many times the error. */
static const char *results_of_seeds(double times)
{
    made_run runs[8];
    for (int i = 0; i < 8; i++)
        runs[i] = (made_run){50, "rnn", i, "done", times * (1 + 0.01 * i)};
    return made_folder(unroll_experiment_find("architectures"), runs, 8);
}

static void compared_with_itself_a_result_is_the_same_and_with_a_worse_one_it_is_not(void)
{
    char before[1200], words[4000];
    strcpy(before, results_of_seeds(1));
    snprintf(words, sizeof words, "compare %s %s", before, before);
    CU_ASSERT_EQUAL(call(words), 0);
    CHECK_TEXT(err, "");
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "\nverdict: no worse: of 2 comparisons beyond 2%, 0 worse, 0 better, 2 the same, 0 open; bits "
                                       "the same\n"));
    snprintf(words, sizeof words, "compare %s %s", before, results_of_seeds(1.2));
    CU_ASSERT_EQUAL(call(words), 1);
    CHECK_TEXT(err, "unroll: the new results are worse in 1 of 2 comparisons; the first: mse of architectures\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "\nworse: mse: new / old 1.2 [1.2, 1.2], from 1.04 to 1.24 K^2, 8 pairs\n"));
}

/* Gathers runs of another experiment into the same folder. */
static void add(const char *name, const char *results)
{
    static const made_run runs[] = {{50, "rnn", 0, "done", 0.5}, {50, "lstm", 0, "done", 0.25}};
    char command[2400];
    snprintf(command, sizeof command, "cp %s/%s.h5 %s", made_folder(unroll_experiment_find(name), runs, 2), name, results);
    CU_ASSERT_EQUAL_FATAL(run_shell(command), 0);
}

/* What is taught stands first, where an experiment that has a row of it was run; then a line an experiment, and no table. */
static void verdicts_alone_are_short(void)
{
    const char *results = results_of_architectures();
    char arguments[1200], expected[1200];
    snprintf(arguments, sizeof arguments, "report --verdicts --results %.1000s", results);
    CU_ASSERT_EQUAL(call(arguments), 0);
    CU_ASSERT_EQUAL(strncmp(out, "architectures       not judged at this size; 0 of ", 49), 0);
    add("memory_horizon", results);
    CU_ASSERT_EQUAL(call(arguments), 0);
    CU_ASSERT_EQUAL(strncmp(out, "What is taught, and what was measured\n\nlong-range dependencies: ", 64), 0);
    CU_ASSERT_PTR_NULL(strstr(out, "Transformer"));
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "\n  vanilla RNN  short sequences only "));
    snprintf(expected, sizeof expected, "\n\nreport: %.500s/report.html\nreport: %.500s/report.md\n", results, results);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "\n\narchitectures       not judged at this size; 0 of "));
    CU_ASSERT_STRING_EQUAL(out + strlen(out) - strlen(expected), expected);
    CU_ASSERT_PTR_NULL(strstr(out, "length  hidden"));
    CU_ASSERT_PTR_NOT_NULL(strstr(read_text(results, "report.md"), "\n| [long-range dependencies](#memory_horizon)<br>"));
    CU_ASSERT_PTR_NOT_NULL(strstr(read_text(results, "report.md"), "\n<a id=\"memory_horizon\"></a>\n"));
    add("streaming", results);
    CU_ASSERT_EQUAL(call(arguments), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "\n\nRecurrent networks and Transformers: what is taught, and what was measured\n\n"
                                       "processing: "));
    CU_ASSERT_PTR_NOT_NULL(strstr(read_text(results, "report.md"), "\n\n## Recurrent networks and Transformers: "));
    CU_ASSERT_PTR_NOT_NULL(strstr(read_text(results, "report.html"), "\n<h2>Recurrent networks and Transformers: "));
    check("report --verdicts --format md --results %s", results, 2,
          "unroll: --verdicts prints text to the terminal: it takes no --format and no --out\n");
}

static void csv_is_all_that_goes_down_a_pipe(void)
{
    const char *results = results_of_architectures();
    char arguments[1200], expected[1200];
    int commas = 0, lines = 0;
    snprintf(arguments, sizeof arguments, "report --format csv --results %s", results);
    CU_ASSERT_EQUAL(call(arguments), 0);
    snprintf(expected, sizeof expected, "report: %s/report.html\nreport: %s/report.md\n", results, results);
    CHECK_TEXT(err, expected);
    CU_ASSERT_EQUAL(strncmp(out, "length,hidden,model,lr,runs,diverged,", 37), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "\n50,7,rnn,0.001,2,0,"));
    for (const char *at = out; *at != '\0'; at++) {
        commas += *at == ',';
        lines += *at == '\n';
    }
    CU_ASSERT_EQUAL(lines, 3);
    CU_ASSERT(commas > 3 * 10 && commas % 3 == 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(read_text(results, "report.md"), "\n## architectures: "));
}

static void every_format_has_its_own_head_and_text_ends_with_the_path(void)
{
    const char *results = results_of_architectures();
    char arguments[1200], expected[1200];
    snprintf(arguments, sizeof arguments, "report architectures --results %s", results);
    CU_ASSERT_EQUAL(call(arguments), 0);
    CHECK_TEXT(err, "");
    CU_ASSERT_EQUAL(strncmp(out, "architectures: ", 15), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "\nclaim: "));
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "\nnot judged at this size: 0 of "));
    snprintf(expected, sizeof expected, "\n1 of 5 runs failed; the first: " MADE_REASON "\n\npublished, and ours:\nmetric ");
    CU_ASSERT_PTR_NOT_NULL(strstr(out, expected));
    snprintf(expected, sizeof expected, "\n\nreport: %s/report.html\nreport: %s/report.md\n", results, results);
    CU_ASSERT_STRING_EQUAL(out + strlen(out) - strlen(expected), expected);
    snprintf(arguments, sizeof arguments, "report --format md --results %s", results);
    CU_ASSERT_EQUAL(call(arguments), 0);
    CU_ASSERT_EQUAL(strncmp(out, "## architectures: ", 18), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "\n\nVerdict: **not judged at this size**; 0 of "));
    CU_ASSERT_PTR_NULL(strstr(out, "report.md"));
}

/* Two learning rates, three seeds. */
static void the_best_by_validation_is_asked_for(void)
{
    const char *folder = test_folder();
    char arguments[1200];
    int lines = 0;
    snprintf(arguments, sizeof arguments,
             "run training model=rnn length=10 hidden=4 steps=2 valid_batches=1 lr=0.01,0.1 clip=1 seed=0..2 --results %s", folder);
    CU_ASSERT_EQUAL_FATAL(call(arguments), 0);
    snprintf(arguments, sizeof arguments, "report training best=lr --results %s", folder);
    CU_ASSERT_EQUAL(call(arguments), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "\nbest of lr=0.01,0.1 by the median mse of seed=0, in 2 runs, 2 a choice; shown are the "
                                       "runs of seed=1,2.\n"));
    snprintf(arguments, sizeof arguments, "report training best=lr --runs --format csv --results %s", folder);
    CU_ASSERT_EQUAL(call(arguments), 0);
    for (const char *at = out; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    CU_ASSERT_EQUAL(lines, 3); /* and of six runs two are left */
    snprintf(arguments, sizeof arguments, "report training best=lr where=seed=2 --results %s", folder);
    CU_ASSERT_EQUAL(call(arguments), 2);
    CHECK_TEXT(err, "unroll: best=lr takes some seeds to choose by and others to report, and the runs of training have none "
                    "but seed 2\n");
    /* a filter that no run passes */
    snprintf(arguments, sizeof arguments, "report training where=hidden=5 --results %s", folder);
    CU_ASSERT_EQUAL(call(arguments), 3);
    CHECK_TEXT(err, "unroll: no run of training is among those asked for\n");
    snprintf(arguments, sizeof arguments, "report --runs where=hidden=5 --results %s", folder);
    CU_ASSERT_EQUAL(call(arguments), 3);
    snprintf(arguments, sizeof arguments, "report --runs where=hidden=4 --results %s", folder);
    CU_ASSERT_EQUAL(call(arguments), 0);
}

static int count_of(const char *text, const char *word)
{
    int count = 0;
    while ((text = strstr(text, word)) != NULL) {
        text += strlen(word);
        count++;
    }
    return count;
}

static void html_is_one_whole_page(void)
{
    static const char head[] = "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
                               "<title>architectures</title>\n<meta name=\"viewport\"";
    const char *results = results_of_architectures();
    char arguments[1200];
    snprintf(arguments, sizeof arguments, "report --format=html --results %s", results);
    CU_ASSERT_EQUAL(call(arguments), 0);
    CU_ASSERT_EQUAL(strncmp(out, head, strlen(head)), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "\n<h1>architectures</h1>\n<h2>architectures: "));
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "\n<p>Verdict: <strong class=\"outcome3\">not judged at this size</strong>; 0 of "));
    CU_ASSERT_STRING_EQUAL(out + strlen(out) - 8, "</html>\n");
    CU_ASSERT_PTR_NULL(strstr(out, "report.md"));
    add("speed", results);
    CU_ASSERT_EQUAL(call(arguments), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "<title>unroll report</title>"));
    CU_ASSERT_EQUAL(count_of(out, "<!doctype html>"), 1);
    CU_ASSERT_EQUAL(count_of(out, "</html>"), 1);
    CU_ASSERT_EQUAL(count_of(out, "<h2>"), 3); /* of what is taught and of each experiment */
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "\n<h1>unroll report</h1>\n<h2>What is taught, and what was measured</h2>\n"));
}

/* ---- a table a file ---- */

static void csv_of_several_experiments_goes_down_no_pipe(void)
{
    static const char said[] = "unroll: each of these 2 experiments has CSV columns of its own: name one of them, or let "
                               "--out DIR write a file for each\n";
    const char *results = results_of_architectures();
    char arguments[1200];
    check("report architectures speed --format csv --results %s", results, 2, said);
    add("speed", results);
    check("report --format csv --results %s", results, 2, said);
    check("report --runs --format csv --results %s", results, 2, said);
    CHECK_TEXT(read_text(results, "report.md"), "(none)");
    snprintf(arguments, sizeof arguments, "report speed --format csv --results %s", results);
    CU_ASSERT_EQUAL(call(arguments), 0);
    CU_ASSERT_EQUAL(count_of(out, ",runs"), 1);
}

static void out_writes_a_file_for_each_experiment_and_prints_where_it_lies(void)
{
    static const struct {
        const char *format, *ending, *begin;
    } formats[] = {{"text", "txt", "architectures: "},
                   {"md", "md", "## architectures: "},
                   {"csv", "csv", "length,hidden,model,lr,runs,"},
                   {"html", "html", "<!doctype html>\n"}};
    const char *results = results_of_architectures(), *folder = test_folder();
    char arguments[2400], expected[8192], published[1200], name[64];
    add("speed", results);
    for (int i = 0; i < 4; i++) {
        snprintf(arguments, sizeof arguments, "report --format %s --out %s/new/tables --results %s", formats[i].format, folder,
                 results);
        CU_ASSERT_EQUAL(call(arguments), 0);
        snprintf(published, sizeof published, "%s/new/tables/architectures-published.csv\n", folder);
        snprintf(expected, sizeof expected, "%s/new/tables/architectures.%s\n%s%s/new/tables/speed.%s\n", folder,
                 formats[i].ending, i == 2 ? published : "", folder, formats[i].ending);
        snprintf(published, sizeof published, "%s/new/tables/speed-published.csv\n", folder);
        snprintf(expected + strlen(expected), sizeof expected - strlen(expected), "%sreport: %s/report.html\nreport: %s/report.md\n",
                 i == 2 ? published : "", results, results);
        CHECK_TEXT(out, expected);
        CHECK_TEXT(err, "");
        snprintf(name, sizeof name, "new/tables/architectures.%s", formats[i].ending);
        CU_ASSERT_EQUAL(strncmp(read_text(folder, name), formats[i].begin, strlen(formats[i].begin)), 0);
        CU_ASSERT_PTR_NULL(strstr(read_text(folder, name), "speed"));
    }
    CU_ASSERT_EQUAL(count_of(read_text(folder, "new/tables/speed.html"), "</html>\n"), 1);
}

static void out_may_hold_a_row_a_run(void)
{
    const char *results = results_of_architectures(), *folder = test_folder();
    char arguments[2400];
    snprintf(arguments, sizeof arguments, "report architectures --runs --format csv --out %s --results %s", folder, results);
    CU_ASSERT_EQUAL(call(arguments), 0);
    CU_ASSERT_EQUAL(strncmp(read_text(folder, "architectures.csv"), "id,config,config_without_seed,origin,stale,take,status,reason,task,model,", 73), 0);
    CU_ASSERT_EQUAL(count_of(read_text(folder, "architectures.csv"), ",failed,"), 1);
}

static void a_file_that_cannot_be_written_is_one_sentence_and_leaves_the_older_one(void)
{
    const char *results = results_of_architectures(), *folder = test_folder();
    char arguments[2400], expected[2400];
    write_text(folder, "file", "another's\n");
    snprintf(arguments, sizeof arguments, "report --out %s/file --results %s", folder, results);
    snprintf(expected, sizeof expected, "unroll: cannot make the folder %s/file: ", folder);
    CU_ASSERT_EQUAL(call(arguments), 1);
    CU_ASSERT_EQUAL(strncmp(err, expected, strlen(expected)), 0);
    CHECK_TEXT(read_text(folder, "file"), "another's\n");
}

static void damaged_results_are_one_sentence(void)
{
    static const char *const said = "unroll: %s/architectures.h5 is damaged: it does not end in the checksum that unroll writes; unroll run architectures makes it anew\n";
    const char *results = results_of_architectures();
    char path[1200];
    snprintf(path, sizeof path, "%s/architectures.h5", results);
    CU_ASSERT_EQUAL(truncate(path, 600), 0);
    check("report --results %s", results, 2, said);
    check("plot --results %s", results, 2, said);
    CHECK_TEXT(read_text(results, "report.md"), "(none)");
}

static void damaged_results_keep_no_other_table_back(void)
{
    const char *results = results_of_architectures();
    char arguments[1200], expected[2400];
    write_text(results, "text.h5", "no HDF5");
    snprintf(arguments, sizeof arguments, "report --format md --results %s", results);
    CU_ASSERT_EQUAL(call(arguments), 2);
    CU_ASSERT_EQUAL(strncmp(out, "## architectures: ", 18), 0);
    snprintf(expected, sizeof expected,
             "report: %s/report.html\nreport: %s/report.md\nunroll: %s/text.h5 is damaged: it does not end in the checksum that unroll "
             "writes; unroll run text makes it anew\n", results, results, results);
    CHECK_TEXT(err, expected);
    CU_ASSERT_PTR_NOT_NULL(strstr(read_text(results, "report.md"), "\n## text\n\nIts gathered file is of no use: "));
    CU_ASSERT_PTR_NOT_NULL(strstr(read_text(results, "report.md"), "\n## architectures: "));
}

static void a_page_that_cannot_be_written_keeps_no_table_back(void)
{
    static const char *const formats[] = {"text", "md", "csv", "html"};
    const char *results = results_of_architectures();
    char arguments[1200], expected[1200], whole[32768];
    for (int i = 0; i < 4; i++) {
        snprintf(arguments, sizeof arguments, "report --format %s --results %.1000s", formats[i], results);
        snprintf(expected, sizeof expected, "%.1000s/report.html", results);
        CU_ASSERT_EQUAL(call(arguments), 0);
        if (strstr(out, "\nreport: ") != NULL)
            *strstr(out, "\nreport: ") = '\0'; /* the line that tells where the page is */
        strcpy(whole, out);
        CU_ASSERT(strlen(whole) > 100);
        CU_ASSERT(unlink(expected) == 0 && mkdir(expected, 0777) == 0);
        CU_ASSERT_EQUAL(call(arguments), 1);
        CHECK_TEXT(out, whole);
        snprintf(expected, sizeof expected, "unroll: cannot write %.1000s/report.html: Is a directory\n", results);
        CHECK_TEXT(err, expected);
        snprintf(expected, sizeof expected, "%.1000s/report.html", results);
        CU_ASSERT_EQUAL(rmdir(expected), 0);
    }
}

/* What is said of the page comes after the tables, in a pipe that takes both. */
static void the_tables_are_out_before_the_page_is_begun(void)
{
    const char *results = results_of_architectures();
    char arguments[1200];
    snprintf(arguments, sizeof arguments, "report --format csv --results %.1000s", results);
    CU_ASSERT_EQUAL(call_into(arguments, true), 0);
    CU_ASSERT_EQUAL(strncmp(out, "length,hidden,model,lr,runs,diverged,", 37), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "\nreport: "));
}

/* The page says what it can, and the exit status that it is not all. */
static void a_page_that_lacks_an_experiment_is_no_success(void)
{
    const unroll_experiment *const named[] = {unroll_experiment_find("text"), unroll_experiment_find("architectures")};
    const char *results = results_of_architectures();
    char paths[UNROLL_PAGES][512];
    unroll_status status;
    write_text(results, "text.h5", "no HDF5");
    status = unroll_report_page(named, 2, results, NULL, paths);
    CU_ASSERT(status.code != UNROLL_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(status.text, "/text.h5 is damaged: "));
    CU_ASSERT_PTR_NOT_NULL(strstr(paths[1], "/report.md"));
    CU_ASSERT_PTR_NOT_NULL(strstr(read_text(results, "report.md"), "\n## architectures: "));
}

/* ---- the experiments ---- */

static const unroll_experiment *checked; /* the one that a failure is about */

static void expect(bool good, const char *what)
{
    if (!good)
        fprintf(stderr, "\nthe experiment %s: %s\n", checked->name, what);
    CU_ASSERT_TRUE(good);
}

static bool is_said(const char *words)
{
    return words != NULL && words[0] != '\0';
}

/* Whether a run has each of the values that a rule names, "model=lstm,gru". */
static void expect_values(const char *assignment, unroll_settings *const *configs, int count)
{
    char copy[128], *value, *rest;
    int setting;
    snprintf(copy, sizeof copy, "%s", assignment);
    setting = unroll_setting_find(strtok_r(copy, "=", &rest));
    expect(setting >= 0, "a rule is about runs with a setting that there is not");
    while (setting >= 0 && (value = strtok_r(NULL, ",", &rest)) != NULL) {
        bool found = false;
        for (int i = 0; i < count && !found; i++)
            found = strcmp(unroll_settings_show(configs[i], setting), value) == 0;
        expect(found, "no run has a value that a rule is about");
    }
}

/* Fewer seeds could decide nothing. */
static void expect_seeds(unroll_settings *const *configs, int count)
{
    int64_t least = INT64_MAX, most = 0;
    for (int i = 0; i < count; i++) {
        int64_t seed = unroll_int(configs[i], "seed");
        least = seed < least ? seed : least;
        most = seed > most ? seed : most;
    }
    expect(most - least + 1 >= UNROLL_LEAST_RUNS, "it has fewer seeds than a verdict takes");
}

static void check_plan(bool full)
{
    unroll_sweep_options options = {.full = full};
    unroll_settings **configs = NULL;
    int count = 0;
    unroll_status status = unroll_sweep_plan(checked, &options, &configs, &count);
    expect(status.code == UNROLL_OK, status.code == UNROLL_OK ? "" : status.text);
    expect(count > 1, "it has no runs to compare");
    for (int r = 0; r < UNROLL_MOST_RULES && checked->rules[r].metric != NULL; r++) {
        expect_values(checked->rules[r].of, configs, count);
        if (checked->rules[r].against != NULL && strchr(checked->rules[r].against, '=') != NULL)
            expect_values(checked->rules[r].against, configs, count);
    }
    expect_seeds(configs, count);
    for (int i = 0; i < count; i++)
        unroll_settings_free(configs[i]);
    free(configs);
}

static void check_figures(void)
{
    const char *rest = checked->figures;
    char name[101], script[UNROLL_FILE_ROOM], caption[2048];
    while (unroll_next_word(&rest, name, sizeof name)) {
        unroll_status status = unroll_plot_script(name, script);
        expect(status.code == UNROLL_OK, status.text);
        if (status.code != UNROLL_OK)
            continue;
        unroll_plot_caption(script, caption, sizeof caption);
        expect(strstr(caption, "What to look at: ") != NULL, "the caption of a figure does not tell what to look at");
    }
}

static void every_experiment_has_a_claim_a_table_a_rule_and_figures(void)
{
    CU_ASSERT(unroll_experiment_count > 0);
    for (int i = 0; i < unroll_experiment_count; i++) {
        checked = unroll_experiments[i];
        expect(is_said(checked->title), "it has no title");
        expect(is_said(checked->claim), "it claims nothing");
        expect(is_said(checked->source), "it has no source of its claim");
        expect(is_said(checked->groups), "its table has no groups");
        expect(is_said(checked->columns), "its table has no columns");
        expect(is_said(checked->figures), "it has no figure");
        expect(is_said(checked->rules[0].metric) && is_said(checked->rules[0].of), "it has no rule");
        check_figures();
    }
}

static void every_experiment_can_be_planned_in_both_sizes(void)
{
    for (int i = 0; i < unroll_experiment_count; i++) {
        checked = unroll_experiments[i];
        check_plan(false);
        check_plan(true);
    }
}

const unroll_test tests_cli_report[] = {
    TEST(without_results_there_is_nothing_to_tell),
    TEST(a_wrong_call_names_what_is_right),
    TEST(comparing_needs_two_results_and_has_a_status_of_its_own),
    TEST(compared_with_itself_a_result_is_the_same_and_with_a_worse_one_it_is_not),
    TEST(verdicts_alone_are_short),
    TEST(csv_is_all_that_goes_down_a_pipe),
    TEST(every_format_has_its_own_head_and_text_ends_with_the_path),
    TEST(the_best_by_validation_is_asked_for),
    TEST(html_is_one_whole_page),
    TEST(csv_of_several_experiments_goes_down_no_pipe),
    TEST(out_writes_a_file_for_each_experiment_and_prints_where_it_lies),
    TEST(out_may_hold_a_row_a_run),
    TEST(a_file_that_cannot_be_written_is_one_sentence_and_leaves_the_older_one),
    TEST(damaged_results_are_one_sentence),
    TEST(damaged_results_keep_no_other_table_back),
    TEST(a_page_that_cannot_be_written_keeps_no_table_back),
    TEST(the_tables_are_out_before_the_page_is_begun),
    TEST(a_page_that_lacks_an_experiment_is_no_success),
    TEST(every_experiment_has_a_claim_a_table_a_rule_and_figures),
    TEST(every_experiment_can_be_planned_in_both_sizes),
    {NULL, NULL},
};
