/* The command line's exact words and exit statuses. The program is run as a user runs it. */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/settings.h"
#include "base/version.h"
#include "cli/cli.h"
#include "files.h"

typedef struct answer {
    int status;
    char text[65536];
} answer;

static const answer *answer_of(const char *command)
{
    static answer result;
    result.status = ask_shell(command, result.text, sizeof result.text);
    return &result;
}

/* Runs the program; `redirect` is "2>&1" for all that it says, "2>/dev/null" for stdout alone. */
static const answer *ask(const char *arguments, const char *redirect)
{
    char command[4096];
    snprintf(command, sizeof command, UNROLL_PROGRAM " %s %s", arguments, redirect);
    return answer_of(command);
}

static void check(const char *arguments, int status, const char *text)
{
    const answer *a = ask(arguments, "2>&1");
    if (a->status != status || strcmp(a->text, text) != 0)
        fprintf(stderr, "\nunroll %s: exit status %d, said: %s\n", arguments, a->status, a->text);
    CU_ASSERT_EQUAL(a->status, status);
    CU_ASSERT_STRING_EQUAL(a->text, text);
}

static void a_wrong_command_or_option_names_the_nearest(void)
{
    check("trian", 2, "unroll: there is no command trian; did you mean train?\n");
    check("zzzzzzzz", 2, "unroll: there is no command zzzzzzzz; unroll --help lists them\n");
    check("run architectures --jbos 3", 2, "unroll: unroll run has no option --jbos; did you mean --jobs?\n");
    check("run architectures --xyzzyx", 2, "unroll: unroll run has no option --xyzzyx; unroll run --help lists them\n");
    check("run architectures --jobs", 2, "unroll: --jobs needs a value: --jobs N\n");
    check("run architectures --jobs 0", 2, "unroll: --jobs 0 is not a whole number in 1..4096\n");
    check("run architectures --quick=1", 2, "unroll: --quick takes no value\n");
    check("run architectures --quick --full", 2, "unroll: --quick and --full exclude each other\n");
    check("run architectures --shard 3/2", 2, "unroll: --shard 3/2 is not K/N with 1 <= K <= N\n");
    check("run architectures --shard 2", 2, "unroll: --shard 2 is not K/N with 1 <= K <= N\n");
    check("run architectures --results ''", 2, "unroll: --results needs the name of a folder\n");
    check("run", 2, "unroll: unroll run takes EXPERIMENT [setting=value,value... ...] [options]\n");
    check("list tasks cells", 2, "unroll: unroll list takes [experiments|models|cells|tasks|isas|settings|commands]\n");
    check("train adding", 2, "unroll: unroll train takes [setting=value ...] [--save FILE]\n");
    check("predict model.h5", 2, "unroll: unroll predict takes MODEL.h5 INPUT.h5 OUTPUT.h5 [options]\n");
    check("list cell", 2,
          "unroll: there is no list of cell; unroll list takes [experiments|models|cells|tasks|isas|settings|commands]\n");
}

static void a_wrong_setting_names_itself_its_range_and_the_nearest(void)
{
    check("train hiden=3", 2, "unroll: unknown setting \"hiden\"; did you mean \"hidden\"?\n");
    check("train hidden=0", 2, "unroll: hidden=0 is outside 1..2147483647\n");
    check("train hidden=many", 2, "unroll: hidden=many is not a whole number\n");
    check("train hidden=64,128", 2, "unroll: hidden=64,128 is not a whole number\n");
    check("train optimizer=adan", 2, "unroll: optimizer=adan is none of sgd|rmsprop|adam; did you mean \"adam\"?\n");
    check("train model=lsmt", 2, "unroll: there is no model lsmt; did you mean lstm?\n");
    check("train task=ading", 2, "unroll: there is no task ading; did you mean adding?\n");
    check("train isa=scaler", 2, "unroll: there is no isa scaler; did you mean scalar?\n");
    check("train --isa scaler", 2, "unroll: there is no isa scaler; did you mean scalar?\n");
    check("run speed isa=auto,scaler", 2, "unroll: there is no isa scaler; did you mean scalar?\n");
    check("bench isa=scaler", 2, "unroll: there is no isa scaler; did you mean scalar?\n");
    check("train --isa", 2, "unroll: --isa needs a name; unroll list isas shows them\n");
    check("run architectures hiden=3", 2, "unroll: unknown setting \"hiden\"; did you mean \"hidden\"?\n");
    check("run architectures hidden=0,64", 2, "unroll: hidden=0 is outside 1..2147483647\n");
    check("run architectures seed=9..0", 2, "unroll: seed=9..0 is an empty range: it must rise\n");
    check("run architecture", 2, "unroll: there is no experiment architecture; did you mean architectures?\n");
    check("run zzzzzz", 2, "unroll: there is no experiment zzzzzz; unroll list experiments shows them\n");
}

static void a_setting_that_cannot_matter_is_refused(void)
{
    check("train task=adding file=x.csv", 2, "unroll: file is read by the tasks series, text and words only, and task is adding\n");
    check("train forget_bias=1 model=gru", 2, "unroll: forget_bias is read by the cell lstm only, and model is gru\n");
    check("train momentum=0.9", 2, "unroll: momentum is read by the optimizer sgd only, and optimizer is adam\n");
    check("train momentum=0", 2, "unroll: momentum is read by the optimizer sgd only, and optimizer is adam\n");
    check("train hidden=64 params=1000", 2, "unroll: hidden has no effect beside params=1000, which sets the width\n");
    check("train steps=64 compute=1e9", 2, "unroll: steps has no effect beside compute=1000000000, which sets them\n");
    check("train model=lsmt forget_bias=1", 2, "unroll: there is no model lsmt; did you mean lstm?\n");
    check("run architectures model=gru forget_bias=0,1", 2,
          "unroll: forget_bias is read by the cell lstm only, and model is gru\n");
    check("run series hidden=64 params=1000", 2, "unroll: hidden has no effect beside params=1000, which sets the width\n");
    check("run speed steps=10", 2, "unroll: steps is read where a model is trained only, and here steps are timed\n");
    check("bench points=3", 2, "unroll: points is read where a model is trained only, and here steps are timed\n");
    check("run speed task=recall", 2, "unroll: task is about a task's data, and here steps are timed on made-up numbers\n");
    check("bench lag=3", 2, "unroll: lag is about a task's data, and here steps are timed on made-up numbers\n");
    check("run speed embedding=8", 2, "unroll: embedding is about a task's data, and here steps are timed on made-up numbers\n");
    check("bench smoothing=0.1", 2, "unroll: smoothing is about a task's data, and here steps are timed on made-up numbers\n");
    check("bench model=rnn heads=2", 2, "unroll: heads is read by the models slstm and transformer only, and model is rnn\n");
}

static void two_values_for_a_setting_are_refused(void)
{
    check("train hidden=64 hidden=32", 2, "unroll: hidden is given twice: hidden=64 and hidden=32\n");
    check("run architectures hidden=64 seed=1 hidden=32", 2,
          "unroll: hidden is given twice: hidden=64 and hidden=32; a list is written hidden=64,32\n");
    check("bench lr=1 lr=1", 2, "unroll: lr is given twice: lr=1 and lr=1; a list is written lr=1,1\n");
    check("train =64 =64", 2, "unroll: \"=64\" is not of the form name=value\n");
}

static void errors_go_to_stderr_alone(void)
{
    CU_ASSERT_STRING_EQUAL(ask("train hidden=0", "2>/dev/null")->text, "");
    CU_ASSERT_STRING_EQUAL(ask("", "2>/dev/null")->text, "");
    CU_ASSERT_EQUAL(ask("", "2>&1")->status, 2);
    CU_ASSERT_EQUAL(ask("--help", "2>/dev/null")->status, 0);
    CU_ASSERT_NOT_EQUAL(ask("--help", "2>/dev/null")->text[0], '\0');
}

static void an_environment_variable_chooses_the_instruction_set(void)
{
    setenv("UNROLL_ISA", "scalar", 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(ask("list isas", "2>&1")->text, "  scalar           in use\n"));
    CU_ASSERT_PTR_NULL(strstr(ask("list isas --isa auto", "2>&1")->text, "scalar           in use\n"));
    setenv("UNROLL_ISA", "sclar", 1);
    check("list isas", 2, "unroll: there is no isa sclar; did you mean scalar?\n");
    check("run speed", 2, "unroll: there is no isa sclar; did you mean scalar?\n");
    const answer *a = answer_of(UNROLL_PROGRAM "-tests core_isa 2>&1"); /* the tests are no better than the program */
    CU_ASSERT_EQUAL(a->status, 2);
    CU_ASSERT_STRING_EQUAL(a->text, "tests: there is no isa sclar; did you mean scalar?\n");
    unsetenv("UNROLL_ISA");
    CU_ASSERT_PTR_NOT_NULL(strstr(ask("--isa=scalar list isas", "2>&1")->text, "  scalar           in use\n"));
}

static void help_tells_of_every_command_option_and_setting(void)
{
    char arguments[64], line[128];
    const char *text = ask("--help", "2>&1")->text;
    for (int i = 0; i < unroll_command_count; i++) {
        snprintf(line, sizeof line, "  %-10s %s\n", unroll_commands[i]->name, unroll_commands[i]->help);
        CU_ASSERT_PTR_NOT_NULL(strstr(text, line));
    }
    for (int i = 0; i < unroll_command_count; i++) {
        const unroll_option *option = unroll_commands[i]->options;
        snprintf(arguments, sizeof arguments, "%s --help", unroll_commands[i]->name);
        const answer *a = ask(arguments, "2>&1");
        CU_ASSERT_EQUAL(a->status, 0);
        snprintf(line, sizeof line, "usage: unroll %s", unroll_commands[i]->name);
        CU_ASSERT_EQUAL(strncmp(a->text, line, strlen(line)), 0);
        for (; option != NULL && option->name != NULL; option++)
            CU_ASSERT_PTR_NOT_NULL(strstr(a->text, option->help));
    }
    text = ask("train --help", "2>&1")->text;
    for (int i = 0; i < unroll_setting_count(); i++) {
        if (strcmp(unroll_setting_at(i)->section, "tests") == 0)
            continue; /* rows that other tests have registered here, which the program does not know */
        snprintf(line, sizeof line, "\n  %s=", unroll_setting_at(i)->name);
        CU_ASSERT_PTR_NOT_NULL(strstr(text, line));
        CU_ASSERT_PTR_NOT_NULL(strstr(text, unroll_setting_at(i)->help));
    }
}

static void the_settings_show_range_default_and_unit(void)
{
    const char *text = ask("list settings", "2>&1")->text;
    CU_ASSERT_EQUAL(strncmp(text, "model\n", 6), 0);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(text, "  hidden=1..2147483647                     64 units           hidden units of each layer\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "  optimizer=sgd|rmsprop|adam               adam               update rule\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\ncell lstm\n"));
}

static void the_version_names_the_commit(void)
{
    char expected[128];
    snprintf(expected, sizeof expected, "unroll %s (%s)\n", unroll_version(), unroll_commit());
    check("--version", 0, expected);
}

static void a_stdout_that_takes_nothing_is_a_failure(void)
{
    if (access("/dev/full", W_OK) != 0) {
        test_skip("there is no /dev/full");
        return;
    }
    const answer *a = ask("list settings", "2>&1 >/dev/full");
    CU_ASSERT_EQUAL(a->status, 1);
    CU_ASSERT_EQUAL(strncmp(a->text, "unroll: cannot write to standard output: ", 41), 0);
}

static void training_prints_its_loss_and_ends_with_error_and_yardsticks(void)
{
    const answer *a = ask("train length=5 hidden=4 batch=4 steps=20 points=2 seed=1", "2>&1");
    CU_ASSERT_EQUAL(a->status, 0);
    CU_ASSERT_EQUAL(strncmp(a->text, "step 0/20  validation mse ", 26), 0); /* nothing is learned yet */
    CU_ASSERT_PTR_NOT_NULL(strstr(a->text, "\nstep 10/20  training loss "));
    CU_ASSERT_PTR_NOT_NULL(strstr(a->text, " left\nstep 20/20  training loss "));
    CU_ASSERT_PTR_NOT_NULL(strstr(a->text, "  validation mse "));
    CU_ASSERT_PTR_NOT_NULL(strstr(a->text, "  (training)\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(a->text, "  (validation)\n"));
    CU_ASSERT_PTR_NULL(strchr(a->text, '\r')); /* lines in a pipe */
    CU_ASSERT_PTR_NOT_NULL(strstr(a->text, "\n  parameters "));
    CU_ASSERT_PTR_NOT_NULL(strstr(a->text, "\n  mse "));
    CU_ASSERT_PTR_NOT_NULL(strstr(a->text, "\n  baseline_mse "));
    CU_ASSERT_PTR_NOT_NULL(strstr(a->text, "\n  seconds "));
    CU_ASSERT_PTR_NULL(strstr(a->text, "nan"));
}

/* Told before the training, not after: nothing is said of a loss. */
static void a_model_is_not_saved_in_the_place_of_a_folder_or_a_pipe(void)
{
    char path[1200], arguments[1400], said[1500];
    struct stat what;
    const char *folder = test_folder();
    snprintf(path, sizeof path, "%s/pipe", folder);
    CU_ASSERT_EQUAL_FATAL(mkfifo(path, 0666), 0);
    snprintf(arguments, sizeof arguments, "train steps=1 --save %s", path);
    snprintf(said, sizeof said, "unroll: cannot write %s: it is there and not a file\n", path);
    check(arguments, 2, said);
    CU_ASSERT_TRUE(stat(path, &what) == 0 && S_ISFIFO(what.st_mode));
    snprintf(arguments, sizeof arguments, "train steps=1 --save %s", folder);
    snprintf(said, sizeof said, "unroll: cannot write %s: it is there and not a file\n", folder);
    check(arguments, 2, said);
    check("train steps=1 --save new/", 2, "unroll: --save needs the name of a file\n");
    check("predict model.h5 input.h5 ''", 2, "unroll: OUTPUT.h5 needs the name of a file\n");
}

static void a_file_that_may_not_grow_is_one_sentence_and_leaves_nothing(void)
{
    char command[1600];
    const char *folder = test_folder();
    const answer *a;
    snprintf(command, sizeof command, "ulimit -f 8; exec %s train length=5 steps=1 hidden=128 --save %s/m.h5 2>&1",
             UNROLL_PROGRAM, folder);
    a = answer_of(command);
    CU_ASSERT_EQUAL(a->status, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(a->text, "m.h5: File too large\n"));
    CU_ASSERT_EQUAL(rmdir(folder), 0); /* it is empty */
}

/* Runs the program with every standard stream closed; exit status 0 when a file that is opened then is none of them. */
static void open_a_file_without_streams(const char *path)
{
    char *words[] = {"unroll", "--version", NULL};
    for (int i = 0; i < 3; i++)
        close(i);
    if (unroll_main(2, words) != 1)
        _exit(1);
    _exit(open(path, O_WRONLY | O_CREAT, 0666) > 2 ? 0 : 2);
}

/* what is closed would lend its number to the next file that is opened: a record */
static void a_closed_stdout_is_a_failure_and_no_record(void)
{
    const answer *a = ask("--version", "2>&1 >&-");
    char path[1200];
    int status = -1;
    CU_ASSERT_EQUAL(a->status, 1);
    CU_ASSERT_EQUAL(strncmp(a->text, "unroll: cannot write to standard output: ", 41), 0);
    snprintf(path, sizeof path, "%s/record", test_folder());
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        open_a_file_without_streams(path);
    CU_ASSERT_EQUAL_FATAL(waitpid(child, &status, 0), child);
    CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* A step of such a run takes a minute, and to measure takes some of them: a smaller one is measured. */
static void the_expected_time_of_a_large_run_is_there_soon(void)
{
#ifdef __SANITIZE_ADDRESS__
    test_skip("under the address sanitizer it computes for too long");
#else
    char command[1600];
    const char *folder = test_folder();
    const answer *a;
    if (strstr(UNROLL_PROGRAM, "/tsan/") != NULL) {
        test_skip("under the thread sanitizer it computes for too long");
        return;
    }
    snprintf(command, sizeof command,
             "ulimit -t 100; exec %s run architectures hidden=2048 batch=64 length=500 steps=10 model=lstm lr=0.01 seed=0 "
             "--dry-run --results %s 2>&1",
             UNROLL_PROGRAM, folder);
    a = answer_of(command);
    CU_ASSERT_EQUAL(a->status, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(a->text, "\n1 runs: 0 found, 1 to do\nexpected time: about "));
    CU_ASSERT_EQUAL(rmdir(folder), 0); /* nothing was written into it */
#endif
}

/* One damaged gathered file keeps neither the other tables nor the page back. */
static void a_damaged_gathered_file_keeps_no_other_table_back(void)
{
    char command[1600], path[1200], line[1300] = "";
    const char *folder = test_folder();
    bool told = false;
    FILE *file;
    for (int i = 0; i < 2; i++) {
        snprintf(command, sizeof command, "run %s seed=0 model=gru steps=2 hidden=4 --results %s",
                 i == 0 ? "series horizon=1" : "architectures length=10", folder);
        CU_ASSERT_EQUAL_FATAL(ask(command, "2>&1")->status, 0);
    }
    snprintf(path, sizeof path, "%s/series.h5", folder);
    file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs("damaged", file);
    fclose(file);
    snprintf(command, sizeof command, "report --results %s", folder);
    const answer *a = ask(command, "2>&1");
    CU_ASSERT_EQUAL(a->status, 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(a->text, "solved_seconds"));
    CU_ASSERT_PTR_NOT_NULL(strstr(a->text, "series.h5 is damaged: it does not end in the checksum that unroll writes; unroll run series makes it anew\n"));
    snprintf(path, sizeof path, "%s/report.md", folder);
    file = fopen(path, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    while (fgets(line, sizeof line, file) != NULL)
        told = told || strncmp(line, "Its gathered file is of no use: ", 32) == 0;
    CU_ASSERT_TRUE(told);
    fclose(file);
}

static void a_training_that_cannot_be_is_one_sentence(void)
{
    const answer *a = ask("train hidden=1000000000 length=5 steps=1", "2>&1");
    CU_ASSERT_EQUAL(a->status, 1);
    CU_ASSERT_EQUAL(strncmp(a->text, "unroll: out of memory", 21), 0);
    CU_ASSERT_PTR_EQUAL(strchr(a->text, '\n'), a->text + strlen(a->text) - 1);
    a = ask("train length=5 hidden=4 lr=1e6 optimizer=sgd clip=0 steps=200", "2>&1");
    CU_ASSERT_EQUAL(a->status, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(a->text, "\nunroll: the run diverged: "));
    check("train steps=1 --save /no/such/folder/model.h5", 1,
          "unroll: cannot write /no/such/folder/model.h5: No such file or directory\n");
}

const unroll_test tests_cli[] = {
    TEST(a_wrong_command_or_option_names_the_nearest),
    TEST(a_wrong_setting_names_itself_its_range_and_the_nearest),
    TEST(a_setting_that_cannot_matter_is_refused),
    TEST(two_values_for_a_setting_are_refused),
    TEST(errors_go_to_stderr_alone),
    TEST(an_environment_variable_chooses_the_instruction_set),
    TEST(help_tells_of_every_command_option_and_setting),
    TEST(the_settings_show_range_default_and_unit),
    TEST(the_version_names_the_commit),
    TEST(a_stdout_that_takes_nothing_is_a_failure),
    TEST(training_prints_its_loss_and_ends_with_error_and_yardsticks),
    TEST(a_model_is_not_saved_in_the_place_of_a_folder_or_a_pipe),
    TEST(a_file_that_may_not_grow_is_one_sentence_and_leaves_nothing),
    TEST(a_closed_stdout_is_a_failure_and_no_record),
    TEST(the_expected_time_of_a_large_run_is_there_soon),
    TEST(a_damaged_gathered_file_keeps_no_other_table_back),
    TEST(a_training_that_cannot_be_is_one_sentence),
    {NULL, NULL},
};
