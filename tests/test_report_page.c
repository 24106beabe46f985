/* The page of HTML, made of small results of every experiment, as a browser shows it. */
#include "base/text.h"
#include "files.h"
#include "sweep/experiment.h"

/* Whatever is missing is said. */
static bool lacks_tools(void)
{
    static const char *const tools[] = {"chromium", "gnuplot", "python3"};
    for (int i = 0; i < 3; i++) {
        char command[64];
        snprintf(command, sizeof command, "command -v %s >/dev/null", tools[i]);
        if (run_shell(command) != 0) {
            snprintf(command, sizeof command, "%s is not installed", tools[i]);
            test_skip(command);
            return true;
        }
    }
    return false;
}

static int run_unroll(const char *words, const char *folder)
{
    char command[6000];
    snprintf(command, sizeof command,
             UNROLL_PROGRAM " %s --results '%s/results' >'%s/log' 2>&1 || { cat '%s/log' >&2; false; }", words, folder, folder,
             folder);
    return run_shell(command);
}

/* Runs that take a second or two, in FOLDER/results. */
static void run_small(const unroll_experiment *experiment, const char *folder)
{
    char words[200];
    snprintf(words, sizeof words, "run %s --quick %s seed=0..1", experiment->name,
             experiment->steps ? "hidden=16 batch=4 length=8" : "steps=20 length=8");
    CU_ASSERT_EQUAL(run_unroll(words, folder), 0);
}

static int count_figures(void)
{
    int count = 0;
    char name[101];
    for (int i = 0; i < unroll_experiment_count; i++)
        for (const char *rest = unroll_experiments[i]->figures; unroll_next_word(&rest, name, sizeof name);)
            count++;
    return count;
}

static void a_browser_shows_it_whole_at_each_width_and_in_both_colours(void)
{
    const char *folder;
    char command[2400];
    if (lacks_tools())
        return;
    folder = test_folder();
    for (int i = 0; i < unroll_experiment_count; i++)
        run_small(unroll_experiments[i], folder);
    CU_ASSERT_EQUAL(run_unroll("plot", folder), 0);
    CU_ASSERT_EQUAL(run_unroll("report", folder), 0);
    /* the command that repeats it names no width that follows from params */
    snprintf(command, sizeof command,
             "cd '%s/results' && grep -q '<code>unroll run text --quick ' report.html && "
             "! grep -q '<code>unroll run text --quick [^<]*hidden' report.html",
             folder);
    CU_ASSERT_EQUAL(run_shell(command), 0);
    snprintf(command, sizeof command, "python3 tests/check_page.py chromium '%s/results/report.html' %d >&2", folder,
             count_figures());
    CU_ASSERT_EQUAL(run_shell(command), 0);
}

static void write_rows(const char *folder, const char *name, int period)
{
    char text[4096] = "t,v\n";
    for (int t = 0; t < 200; t++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "x%d,%d\n", t, t % period);
    write_text(folder, name, text);
}

/* A page is given away: it names files and no folders. What repeats it is right as a shell reads it. */
static void it_names_no_folder_and_its_command_can_be_copied(void)
{
    const char *folder = test_folder();
    char words[4000];
    write_rows(folder, "one.csv", 5);
    write_rows(folder, "it's two.csv", 7);
    snprintf(words, sizeof words,
             "run series --quick steps=2 params=0 hidden=4 length=4 batch=2 horizon=1 model=rnn seed=0 "
             "file=\"%s/one.csv,%s/it's two.csv\"",
             folder, folder);
    CU_ASSERT_EQUAL(run_unroll(words, folder), 0);
    CU_ASSERT_EQUAL(run_unroll("report", folder), 0);
    snprintf(words, sizeof words,
             "cd '%s/results' && grep -q '<td>one.csv</td>' report.html && grep -q '| one.csv |' report.md && "
             "grep -qF \" file='it'\\\\''s two.csv,one.csv'\" report.html && ! grep -F '%s' report.html report.md >&2",
             folder, folder);
    CU_ASSERT_EQUAL(run_shell(words), 0);
}

const unroll_test tests_report_page[] = {
    TEST(a_browser_shows_it_whole_at_each_width_and_in_both_colours),
    TEST(it_names_no_folder_and_its_command_can_be_copied),
    {NULL, NULL},
};
