/* Results whose texts and folder would be commands, marks or control sequences to what reads them. */
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

#include "base/file.h"
#include "base/text.h"
#include "gathered.h"
#include "report/inside.h"

static const unroll_experiment experiment = {
    .name = "hostile",
    .title = "it's \"$(touch hit)\" `touch hit` @m_cell",
    .groups = "note",
    .columns = "mse",
    .figures = "drawn",
};

/* ---- gnuplot ---- */

static bool lacks_gnuplot(void)
{
    bool lacking = system("gnuplot --version >/dev/null 2>&1") != 0;
    if (lacking)
        test_skip("gnuplot is not installed");
    return lacking;
}

/* Every text of at most four characters of those that mean something to gnuplot, one a line of a script that prints
   them; the same into `expected`. */
static int write_texts(FILE *script, FILE *expected)
{
    static const char marks[] = "'\"`@a#\\;";
    int base = (int)strlen(marks) + 1, count = base * base * base * base;
    fputs("a = 'expanded'\nset print 'printed'\n", script);
    for (int i = 0; i < count; i++) {
        char text[8] = "";
        for (int rest = i; rest > 0; rest /= base)
            if (rest % base > 0)
                strncat(text, &marks[rest % base - 1], 1);
        fputs("text = ", script);
        unroll_print_gnuplot(text, script);
        fputs("\nprint text\n", script);
        fprintf(expected, "%s\n", text);
    }
    return count;
}

static void a_text_comes_out_of_gnuplot_as_it_went_in(void)
{
    const char *folder = test_folder();
    char path[1200], printed[64], expected[64];
    FILE *script, *out, *in;
    int count, lines = 0;
    if (lacks_gnuplot())
        return;
    snprintf(path, sizeof path, "%s/script.gp", folder);
    script = fopen(path, "w");
    snprintf(path, sizeof path, "%s/expected", folder);
    out = fopen(path, "w");
    CU_ASSERT_FATAL(script != NULL && out != NULL);
    count = write_texts(script, out);
    fclose(script);
    fclose(out);
    snprintf(path, sizeof path, "cd %s && gnuplot -d script.gp && sed -i \"s/\xE2\x80\x99/'/g\" printed", folder);
    CU_ASSERT_EQUAL_FATAL(system(path), 0);
    snprintf(path, sizeof path, "%s/expected", folder);
    in = fopen(path, "r");
    snprintf(path, sizeof path, "%s/printed", folder);
    out = fopen(path, "r");
    CU_ASSERT_FATAL(in != NULL && out != NULL);
    while (fgets(expected, sizeof expected, in) != NULL && fgets(printed, sizeof printed, out) != NULL) {
        CHECK_TEXT(printed, expected);
        lines++;
    }
    CU_ASSERT_EQUAL(lines, count);
    CU_ASSERT_PTR_NULL(fgets(printed, sizeof printed, out));
    fclose(in);
    fclose(out);
}

/* ---- results ---- */

#define RUNS_A_COMMAND "\";system \"touch hit\";#" /* as long as a unit may be */

/* One run whose every text is `text`, and its unit `unit`, gathered into hostile.h5 of a new results folder. */
static const char *hostile_folder(const char *text, const char *unit)
{
    static const float step[2] = {0, 1};
    const char *results = test_folder(), *runs = test_folder();
    unroll_settings *settings = unroll_settings_new();
    unroll_record *record = unroll_record_new(settings);
    unroll_gather_info info = {.experiment = experiment.name, .title = text};
    char path[1200];
    CU_ASSERT_FATAL(settings != NULL && record != NULL);
    strcpy(record->experiment, experiment.name);
    strcpy(record->status, "done");
    unroll_record_env(record, "processor", text);
    unroll_record_env(record, "flags", text);
    unroll_record_real(record, "mse", unit, 2.5);
    unroll_record_text(record, "note", text);
    unroll_record_curve(record, "step", unit, step, 2);
    strcpy(record->id, "00000000000000000000000000000001");
    snprintf(path, sizeof path, "%s/%s.h5", runs, record->id);
    CU_ASSERT_EQUAL_FATAL(unroll_store_record(record, path).code, UNROLL_OK);
    snprintf(path, sizeof path, "%s/%s.h5", results, experiment.name);
    CU_ASSERT_EQUAL_FATAL(unroll_store_gather(runs, NULL, 0, path, &info).code, UNROLL_OK);
    unroll_record_free(record);
    unroll_settings_free(settings);
    return results;
}

/* Draws with the program's own common.gp, every text of the data in a place where one is drawn. */
static unroll_status plot(const char *results)
{
    static const char script[] = "# It's a \"caption\" with $1 and `touch hit` @m_unit.\n"
                                 "#! m: median mse over layers by note\n"
                                 "eval canvas(600, 400)\n"
                                 "set title experiment_title\n"
                                 "set ylabel m_unit noenhanced\n"
                                 "do for [n in m_note_values] { set xlabel n noenhanced }\n"
                                 "plot for [i=1:m_n] m_file index (i-1) using 1:2 title label(word(m_note, i))\n";
    const char *plots = test_folder();
    char command[2400];
    FILE *out = fopen("/dev/null", "w");
    unroll_status status;
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    snprintf(command, sizeof command, "cp plots/common.gp %s", plots);
    CU_ASSERT_EQUAL_FATAL(system(command), 0);
    write_text(plots, "drawn.gp", script);
    setenv("UNROLL_PLOTS", plots, 1);
    status = unroll_plot(&experiment, results, NULL, out);
    unsetenv("UNROLL_PLOTS");
    fclose(out);
    return status;
}

/* Whether the planted command ran, wherever its working folder was. */
static bool is_hit(const char *results)
{
    bool hit = access("hit", F_OK) == 0 || strcmp(read_text(results, "figures/data/drawn/hit"), "(none)") != 0 ||
               strcmp(read_text(results, "hit"), "(none)") != 0;
    unlink("hit");
    return hit;
}

static void a_text_that_would_be_a_command_is_only_drawn(void)
{
    static const char *const texts[] = {RUNS_A_COMMAND, "';system 'touch hit';#", "`touch hit`", "$(touch hit)",
                                        "@m_note",      "'`touch hit`''@m_note",  "it's}\\",     "\\"};
    if (lacks_gnuplot())
        return;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char unit[24];
        const char *results;
        unroll_text_copy(unit, sizeof unit, texts[i]);
        results = hostile_folder(texts[i], unit);
        CU_ASSERT_EQUAL(plot(results).code, UNROLL_OK);
        CU_ASSERT_PTR_NOT_NULL(strstr(read_text(results, "figures/drawn.svg"), "</svg>"));
        CU_ASSERT_FALSE(is_hit(results));
    }
}

static void what_is_drawn_is_the_unit_itself(void)
{
    const char *results;
    if (lacks_gnuplot())
        return;
    results = hostile_folder("a", RUNS_A_COMMAND);
    CU_ASSERT_EQUAL(plot(results).code, UNROLL_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(read_text(results, "figures/drawn.svg"), ">" RUNS_A_COMMAND "<"));
}

static void a_line_break_in_a_value_adds_no_line_to_the_data(void)
{
    const char *results = hostile_folder("a\n7 7 7 7\r\n\x1B", "K\n2");
    unroll_table *table;
    char script[1200];
    CU_ASSERT_EQUAL_FATAL(unroll_report_load(&experiment, results, &table).code, UNROLL_OK);
    write_text(results, "drawn.gp", "#! m: median mse over layers by note\n");
    snprintf(script, sizeof script, "%s/drawn.gp", results);
    CU_ASSERT_EQUAL(unroll_figure_data(&experiment, table, script, results).code, UNROLL_OK);
    CHECK_TEXT(read_text(results, "m.dat"), "# note=a?7 7 7 7???: layers, median of mse, low, high\n1 2.5 2.5 2.5\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(read_text(results, "data.gp"), "\nm_unit = 'K 2'\nm_note = 'a_7_7_7_7__ '\n"));
    unroll_table_free(table);
}

static void a_results_folder_may_have_any_name(void)
{
    static const char *const names[] = {"it's '';system('touch hit')#",
                                        "\";system \"touch hit\";#",
                                        "<touch hit;cat ",
                                        "|touch hit;cat >",
                                        "`touch hit`",
                                        "$(touch hit)",
                                        "%s%n\\",
                                        "-e",
                                        "two\nlines"};
    int home = open(".", O_RDONLY | O_DIRECTORY);
    CU_ASSERT_FATAL(home >= 0);
    for (size_t i = 0; i < sizeof names / sizeof names[0] && !lacks_gnuplot(); i++) {
        const char *parent = test_folder();
        char path[1000];
        snprintf(path, sizeof path, "%s/%s", parent, names[i]);
        CU_ASSERT_EQUAL_FATAL(rename(hostile_folder("a", "K"), path), 0);
        CU_ASSERT_EQUAL(plot(path).code, UNROLL_OK);
        snprintf(path, sizeof path, "%s/figures/drawn.png", names[i]);
        CU_ASSERT_EQUAL_FATAL(chdir(parent), 0);
        CU_ASSERT_EQUAL(access(path, F_OK), 0);
        CU_ASSERT_FALSE(is_hit(names[i]));
        CU_ASSERT_EQUAL_FATAL(fchdir(home), 0);
    }
    close(home);
}

/* ---- files of others ---- */

static void plant_link(const char *folder, const char *name, const char *target)
{
    char path[1200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    CU_ASSERT_EQUAL_FATAL(symlink(target, path), 0);
}

static void a_link_where_a_figure_goes_is_replaced_and_not_followed(void)
{
    static const char *const names[] = {"figures/drawn.svg", "figures/drawn.png", "figures/drawn.part.svg",
                                        "figures/drawn.part.png", "figures/data/drawn/gnuplot.log"};
    const char *results, *other = test_folder();
    char path[1200], target[1200];
    struct stat what;
    if (lacks_gnuplot())
        return;
    results = hostile_folder("a", "K");
    snprintf(path, sizeof path, "%s/figures/data/drawn", results);
    CU_ASSERT_EQUAL_FATAL(unroll_make_folder(path).code, UNROLL_OK);
    write_text(other, "file", "another's\n");
    snprintf(target, sizeof target, "%s/file", other);
    for (int i = 0; i < 5; i++)
        plant_link(results, names[i], target);
    CU_ASSERT_EQUAL(plot(results).code, UNROLL_OK);
    CHECK_TEXT(read_text(other, "file"), "another's\n");
    snprintf(path, sizeof path, "%s/%s", results, names[0]);
    CU_ASSERT(lstat(path, &what) == 0 && S_ISREG(what.st_mode));
}

static void a_script_of_the_working_folder_is_not_run(void)
{
    const char *folder = test_folder();
    char path[UNROLL_FILE_ROOM], plots[1000];
    int home = open(".", O_RDONLY | O_DIRECTORY);
    snprintf(plots, sizeof plots, "%s/plots", folder);
    CU_ASSERT_FATAL(home >= 0 && mkdir(plots, 0777) == 0);
    write_text(plots, "common.gp", "system 'touch hit'\n");
    write_text(plots, "architectures.gp", "system 'touch hit'\n");
    CU_ASSERT_EQUAL_FATAL(chdir(folder), 0);
    CU_ASSERT_EQUAL(unroll_plot_script("architectures", path).code, UNROLL_OK);
    CU_ASSERT_PTR_NULL(strstr(path, folder));
    /* one that is named is taken, by a name that gnuplot cannot take for a command */
    setenv("UNROLL_PLOTS", "plots", 1);
    CU_ASSERT_EQUAL(unroll_plot_script("architectures", path).code, UNROLL_OK);
    CU_ASSERT_EQUAL(path[0], '/');
    CU_ASSERT_PTR_NOT_NULL(strstr(path, "/plots/architectures.gp"));
    unsetenv("UNROLL_PLOTS");
    CU_ASSERT_EQUAL_FATAL(fchdir(home), 0);
    close(home);
}

static void the_users_own_settings_of_gnuplot_are_not_read(void)
{
    const char *home = getenv("HOME"), *folder = test_folder(), *results;
    char before[4096];
    if (lacks_gnuplot())
        return;
    results = hostile_folder("a", "K");
    snprintf(before, sizeof before, "%s", home != NULL ? home : "/");
    write_text(folder, ".gnuplot", "system 'touch hit'\n");
    setenv("HOME", folder, 1);
    CU_ASSERT_EQUAL(plot(results).code, UNROLL_OK);
    setenv("HOME", before, 1);
    CU_ASSERT_FALSE(is_hit(results));
}

static void a_figure_that_is_cut_short_leaves_the_older(void)
{
    struct rlimit before, limit;
    const char *results;
    unroll_status status;
    if (lacks_gnuplot())
        return;
    results = hostile_folder("a", "K");
    CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_FSIZE, &before), 0);
    CU_ASSERT_EQUAL(plot(results).code, UNROLL_OK);
    write_text(results, "figures/drawn.svg", "older\n");
    limit = before;
    limit.rlim_cur = 6144; /* the data fit, the picture does not: what a full disk does */
    signal(SIGXFSZ, SIG_IGN);
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_FSIZE, &limit), 0);
    status = plot(results);
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_FSIZE, &before), 0);
    CU_ASSERT_EQUAL(status.code, UNROLL_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(status.text, "/figures/drawn.svg: it wrote no whole picture"));
    CHECK_TEXT(read_text(results, "figures/drawn.svg"), "older\n");
    CU_ASSERT(strcmp(read_text(results, "figures/data/drawn/gnuplot.log"), "(none)") != 0);
    CU_ASSERT_EQUAL(plot(results).code, UNROLL_OK);
    CHECK_TEXT(read_text(results, "figures/data/drawn/gnuplot.log"), "(none)");
}

/* ---- tables and the page ---- */

static const char *print(const char *results, unroll_format format)
{
    static char text[8192];
    unroll_table *table;
    FILE *out = fmemopen(text, sizeof text, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    CU_ASSERT_EQUAL_FATAL(unroll_report_load(&experiment, results, &table).code, UNROLL_OK);
    CU_ASSERT_EQUAL(unroll_report_table(&experiment, table, NULL, format, out).code, UNROLL_OK);
    fclose(out);
    unroll_table_free(table);
    return text;
}

static void no_control_character_reaches_a_terminal(void)
{
    const char *results = hostile_folder("red \x1B[31m\r\xC2\x9B"
                                         "0m\a\n,",
                                         "K\x1B[2J");
    CHECK_TEXT(print(results, UNROLL_FORMAT_TEXT), "note              runs  mse (K [2J)\n"
                                                   "red  [31m  0m  ,     1          2.5\n");
    CHECK_TEXT(print(results, UNROLL_FORMAT_CSV), "note,runs,mse,mse_low,mse_high\n\"red  [31m  0m \n,\",1,2.5,,\n");
    CHECK_TEXT(print(results, UNROLL_FORMAT_MARKDOWN), "| note | runs | mse (K [2J) |\n"
                                                       "| --- | ---: | ---: |\n"
                                                       "| red  [31m  0m  , | 1 | 2.5 |\n");
    CU_ASSERT_STRING_EQUAL(unroll_error(UNROLL_FAILED, "no \x1B[31m%s", "file\n").text, "no  [31mfile ");
}

/* A page of results whose every text is `text`. */
static const char *page_of(const unroll_experiment *e, const char *text, const char *name)
{
    const unroll_experiment *const named[] = {e};
    static char shown[32768];
    const char *results = hostile_folder(text, "<b>");
    char paths[UNROLL_PAGES][512];
    CU_ASSERT_EQUAL(unroll_report_page(named, 1, results, NULL, paths).code, UNROLL_OK);
    strcpy(shown, read_text(results, name));
    return shown;
}

static void texts_of_the_results_are_no_marks_on_the_page(void)
{
    unroll_experiment e = experiment;
    const char *page;
    e.texts = "note";
    page = page_of(&e, "<script>`[x](http://x)&\r\n# |", "report.md");
    CU_ASSERT_PTR_NOT_NULL(strstr(page, "| note | runs | mse (&lt;b>) |\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(page, "\n| &lt;script>\\`[x]\\(http://x)&amp;  # \\| | 1 | 2.5 |\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(page, "processor &lt;script>\\`[x]\\(http://x)&amp;  # \\|; flags &lt;script>"));
    CU_ASSERT_PTR_NOT_NULL(strstr(page, "\nnote, note &lt;script>\\`[x]\\(http://x)&amp;  # \\|:\n\n"
                                        "    <script>`[x](http://x)& \n    # |\n\n"));
    CU_ASSERT_PTR_NULL(strchr(page, '\r'));
}

static void texts_of_the_results_are_no_marks_in_html(void)
{
    unroll_experiment e = experiment;
    const char *page;
    e.texts = "note";
    page = page_of(&e, "<script>alert(1)</script>&\r\n<b", "report.html");
    CU_ASSERT_PTR_NULL(strstr(page, "<script"));
    CU_ASSERT_PTR_NULL(strstr(page, "<b>"));
    CU_ASSERT_PTR_NOT_NULL(strstr(page, "<pre>\n&lt;script>alert(1)&lt;/script>&amp; \n&lt;b</pre>\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(page, "<dd>processor &lt;script>alert(1)&lt;/script>&amp;  &lt;b; "));
    CU_ASSERT_PTR_NOT_NULL(strstr(page, ">mse (&lt;b>)</th>"));
    CU_ASSERT_PTR_NULL(strchr(page, '\r'));
}

static void the_name_of_the_results_folder_is_not_on_the_pages(void)
{
    static const char *const names[] = {"report.md", "report.html"};
    const unroll_experiment *const named[] = {&experiment};
    const char *parent = test_folder();
    char folder[1000], paths[UNROLL_PAGES][512];
    snprintf(folder, sizeof folder, "%s/`<b>\n# x", parent);
    CU_ASSERT_EQUAL_FATAL(rename(hostile_folder("a", "K"), folder), 0);
    CU_ASSERT_EQUAL(unroll_report_page(named, 1, folder, NULL, paths).code, UNROLL_OK);
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_PTR_NOT_NULL(strstr(read_text(folder, names[i]), "hostile.h5"));
        CU_ASSERT_PTR_NULL(strstr(read_text(folder, names[i]), parent));
    }
}

static void of_an_absolute_path_only_the_files_name_is_shown(void)
{
    static const char *const texts[][2] = {{"/home/a/b.csv", "b.csv"},
                                           {"file=/a/b.csv,/c/d.csv rate=1/2", "file=b.csv,d.csv rate=1/2"},
                                           {"cannot read \"/a/b c\": x", "cannot read \"b c\": x"},
                                           {"results/a.h5 / /", "results/a.h5 / /"},
                                           {"", ""}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char text[64];
        strcpy(text, texts[i][0]);
        unroll_hide_folders(text);
        CHECK_TEXT(text, texts[i][1]);
    }
}

const unroll_test tests_report_hostile[] = {
    TEST(a_text_comes_out_of_gnuplot_as_it_went_in),
    TEST(a_text_that_would_be_a_command_is_only_drawn),
    TEST(what_is_drawn_is_the_unit_itself),
    TEST(a_line_break_in_a_value_adds_no_line_to_the_data),
    TEST(a_results_folder_may_have_any_name),
    TEST(a_link_where_a_figure_goes_is_replaced_and_not_followed),
    TEST(a_script_of_the_working_folder_is_not_run),
    TEST(the_users_own_settings_of_gnuplot_are_not_read),
    TEST(a_figure_that_is_cut_short_leaves_the_older),
    TEST(no_control_character_reaches_a_terminal),
    TEST(texts_of_the_results_are_no_marks_on_the_page),
    TEST(texts_of_the_results_are_no_marks_in_html),
    TEST(the_name_of_the_results_folder_is_not_on_the_pages),
    TEST(of_an_absolute_path_only_the_files_name_is_shown),
    {NULL, NULL},
};
