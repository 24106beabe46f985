/* What unroll train does with files: a pipe that it waits for, data that it may not overwrite, a model that it does not
   save. The program is run as a user runs it. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../datasets/read/path.h"
#include "base/stop.h"
#include "data.h"
#include "files.h"

/* Runs the program; what it says is left in `said`. */
static int ask(const char *arguments, char said[4096])
{
    char command[8192];
    snprintf(command, sizeof command, "%s %s 2>&1", UNROLL_PROGRAM, arguments);
    return ask_shell(command, said, 4096);
}

/* 200 rows of a saw. */
static void write_series(char path[1200], const char *folder, const char *name)
{
    char content[4096] = "t,v\n";
    for (int t = 0; t < 200; t++)
        snprintf(content + strlen(content), sizeof content - strlen(content), "x%d,%d\n", t, t % 7);
    data_write(path, folder, name, content, strlen(content));
}

/* Saving there must be refused, and `path` stay what it is. */
static void check_kept(const char *file, const char *save, const char *path)
{
    char arguments[4096], said[4096], before[4096], after[4096];
    size_t size;
    size = read_bytes(path, before, sizeof before);
    snprintf(arguments, sizeof arguments, "train task=series file=%s length=4 batch=2 hidden=4 steps=1 --save %s", file, save);
    CU_ASSERT_EQUAL(ask(arguments, said), 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(said, " would take the place of the data that is read: "));
    CU_ASSERT_PTR_NULL(strstr(said, "step")); /* told before the training */
    CU_ASSERT_EQUAL(read_bytes(path, after, sizeof after), size);
    CU_ASSERT_EQUAL(memcmp(after, before, size), 0);
}

static void a_model_does_not_take_the_place_of_its_data_by_any_name(void)
{
    const char *folder = test_folder();
    char data[1200], soft[1200], hard[1200];
    write_series(data, folder, "data.csv");
    snprintf(soft, sizeof soft, "%s/soft.csv", folder);
    snprintf(hard, sizeof hard, "%s/hard.csv", folder);
    CU_ASSERT_EQUAL_FATAL(symlink("data.csv", soft), 0);
    CU_ASSERT_EQUAL_FATAL(link(data, hard), 0);
    check_kept(data, data, data);
    check_kept(data, soft, data);
    check_kept(soft, data, data);
    check_kept(data, hard, data);
}

static void a_model_does_not_take_the_place_of_a_data_set(void)
{
    const char *folder = test_folder(), *old = getenv("UNROLL_DATA");
    char data[1200], inner[1200], *kept = old != NULL ? strdup(old) : NULL;
    snprintf(inner, sizeof inner, "%s/etth1", folder);
    CU_ASSERT_EQUAL_FATAL(mkdir(inner, 0777), 0);
    write_series(data, inner, "ETTh1.csv");
    setenv("UNROLL_DATA", folder, 1);
    check_kept("etth1", data, data);
    unsetenv("UNROLL_DATA");
    if (kept != NULL)
        setenv("UNROLL_DATA", kept, 1);
    free(kept);
}

static void a_model_does_not_take_the_place_of_its_text(void)
{
    const char *folder = test_folder();
    char data[1200], arguments[4096], said[4096];
    write_series(data, folder, "data.txt");
    snprintf(arguments, sizeof arguments, "train task=text file=%s length=4 batch=2 hidden=4 steps=1 --save %s", data, data);
    CU_ASSERT_EQUAL(ask(arguments, said), 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(said, " would take the place of the data that is read: "));
}

static void a_model_does_not_take_the_place_of_any_of_its_texts(void)
{
    const char *folder = test_folder();
    char path[3][1200], arguments[6000], said[4096];
    static const char *const names[3] = {"train.txt", "valid.txt", "test.txt"};
    for (int i = 0; i < 3; i++)
        write_series(path[i], folder, names[i]);
    for (int i = 0; i < 3; i++) {
        snprintf(arguments, sizeof arguments, "train task=words file=%.999s valid_file=%.999s test_file=%.999s min_count=1 length=4 "
                 "batch=2 hidden=4 steps=1 --save %.999s", path[0], path[1], path[2], path[i]);
        CU_ASSERT_EQUAL(ask(arguments, said), 2);
        CU_ASSERT_PTR_NOT_NULL(strstr(said, " would take the place of the data that is read: "));
    }
}

enum { PATIENCE = 30 }; /* seconds: a program that hangs is ended, as the test then says */

/* A folder of its own with a pipe, and a program that reads from it: unroll with `words`, parted by blanks. */
typedef struct reading {
    const char *folder;
    char fifo[1200];
    pid_t child;
} reading;

static reading start_reading(const char *words)
{
    reading started = {.folder = test_folder()};
    char command[4096];
    snprintf(started.fifo, sizeof started.fifo, "%s/fifo", started.folder);
    CU_ASSERT_EQUAL_FATAL(mkfifo(started.fifo, 0666), 0);
    snprintf(command, sizeof command, "exec %s %s file=%s%s%s >%s/said.txt 2>&1", UNROLL_PROGRAM, words, started.fifo,
             strncmp(words, "run", 3) == 0 ? " --results " : "", strncmp(words, "run", 3) == 0 ? started.folder : "",
             started.folder);
    fflush(NULL);
    started.child = fork();
    if (started.child == 0) {
        alarm(PATIENCE);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    return started;
}

/* How it ended; -1: by a signal. */
static int end_of(const reading *started)
{
    int status = -1;
    CU_ASSERT_EQUAL(waitpid(started->child, &status, 0), started->child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void nap(int milliseconds)
{
    nanosleep(&(struct timespec){0, milliseconds * 1000000L}, NULL);
}

/* Opens the pipe once somebody else has it open for reading; -1 when nobody ever does. */
static int open_writer(const char *fifo)
{
    int writer = -1;
    for (int i = 0; i < PATIENCE * 100 && writer < 0; i++) {
        writer = open(fifo, O_WRONLY | O_NONBLOCK);
        if (writer < 0)
            nap(10);
    }
    return writer;
}

/* Whether a program that reads from a pipe, which somebody has open and writes nothing to, ends by one signal. */
static void check_ended(const char *words, int number)
{
    reading started = start_reading(words);
    int writer = open_writer(started.fifo);
    CU_ASSERT_TRUE(writer >= 0);
    kill(started.child, number);
    CU_ASSERT_EQUAL(end_of(&started), 130);
    close(writer);
}

static void one_signal_ends_a_read_that_waits_for_a_pipe(void)
{
    check_ended("train task=series", SIGTERM);
    check_ended("train task=text", SIGINT);
    check_ended("run series", SIGTERM); /* for the width that the parameters make, before any run */
    check_ended("run series params=0 hidden=4", SIGTERM);
    check_ended("run series params=0 hidden=4 --dry-run", SIGTERM); /* for what it costs */
}

/* Waits until the program catches a signal; false where the system does not tell. */
static bool wait_until_caught(pid_t child, int number)
{
    char path[64], line[256];
    unsigned long long caught = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)child);
    for (int i = 0; i < PATIENCE * 100 && (caught >> (number - 1) & 1) == 0; i++) {
        FILE *status = fopen(path, "r");
        if (status == NULL)
            return false;
        while (fgets(line, sizeof line, status) != NULL)
            sscanf(line, "SigCgt: %llx", &caught);
        fclose(status);
        nap(10);
    }
    return true;
}

static void one_signal_ends_a_wait_for_a_pipe_that_nobody_opens(void)
{
    reading started = start_reading("train task=series");
    bool told = wait_until_caught(started.child, SIGTERM);
    nap(50);
    kill(started.child, told ? SIGTERM : SIGKILL);
    if (told)
        CU_ASSERT_EQUAL(end_of(&started), 130);
    if (!told) {
        end_of(&started);
        test_skip("the system does not tell which signals a program catches");
    }
}

static void *read_pipe(void *fifo)
{
    static unroll_status status;
    char *text;
    size_t size;
    status = unroll_read_text(fifo, &text, &size);
    return &status;
}

/* In a child, whose flag is its own: no signal wakes the thread that reads. */
static int stop_another_thread(char *fifo)
{
    pthread_t thread;
    void *status;
    int writer;
    alarm(PATIENCE);
    if (pthread_create(&thread, NULL, read_pipe, fifo) != 0)
        return 1;
    writer = open_writer(fifo);
    nap(50);
    unroll_stop_request();
    pthread_join(thread, &status);
    close(writer);
    return ((const unroll_status *)status)->code == UNROLL_STOPPED ? 0 : 2;
}

static void the_wish_to_end_reaches_a_thread_that_waits_for_a_pipe(void)
{
    reading waiting = {.folder = test_folder()};
    snprintf(waiting.fifo, sizeof waiting.fifo, "%s/fifo", waiting.folder);
    CU_ASSERT_EQUAL_FATAL(mkfifo(waiting.fifo, 0666), 0);
    waiting.child = fork();
    if (waiting.child == 0)
        _exit(stop_another_thread(waiting.fifo));
    CU_ASSERT_EQUAL(end_of(&waiting), 0);
}

/* Nobody has the pipe open at first, and then not all comes at once: neither is the end of the file. */
static void a_pipe_is_waited_for_and_read_to_its_end(void)
{
    reading started = start_reading("train task=series length=4 batch=2 hidden=4 steps=1");
    char data[1200], content[4096], expected[64];
    size_t length;
    int writer;
    write_series(data, started.folder, "data.csv");
    length = read_bytes(data, content, sizeof content);
    nap(300);
    writer = open_writer(started.fifo);
    signal(SIGPIPE, SIG_IGN); /* a program that has gone away is a failed test */
    CU_ASSERT_EQUAL(write(writer, content, 20), 20);
    nap(300);
    CU_ASSERT_EQUAL(write(writer, content + 20, length - 20), (ssize_t)(length - 20));
    signal(SIGPIPE, SIG_DFL);
    close(writer);
    CU_ASSERT_EQUAL(end_of(&started), 0);
    snprintf(expected, sizeof expected, "fifo %zu bytes fnv1a ", length);
    CU_ASSERT_PTR_NOT_NULL(strstr(read_text(started.folder, "said.txt"), expected));
}

static void a_series_can_come_from_another_program(void)
{
    char data[1200], command[4096], said[4096];
    write_series(data, test_folder(), "data.csv");
    snprintf(command, sizeof command,
             "list tasks >/dev/null; cat %s | %s train task=series file=/dev/stdin length=4 batch=2 hidden=4 steps=1", data,
             UNROLL_PROGRAM);
    CU_ASSERT_EQUAL(ask(command, said), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "\n  naive_mse "));
}

static void a_run_that_diverged_saves_no_model(void)
{
    char arguments[4096], said[4096], model[1200];
    snprintf(model, sizeof model, "%s/model.h5", test_folder());
    snprintf(arguments, sizeof arguments, "train length=5 hidden=4 lr=1e6 optimizer=sgd clip=0 steps=200 --save %s", model);
    CU_ASSERT_EQUAL(ask(arguments, said), 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "\nunroll: the run diverged: "));
    CU_ASSERT_NOT_EQUAL(access(model, F_OK), 0);
}

/* A line an evaluation, then the results, each with the split that it is of; times, whatever they are, are T here. */
static void what_a_training_says_in_a_pipe_is_this(void)
{
    char said[4096];
    const char *command = UNROLL_PROGRAM " train steps=2 hidden=4 length=4 batch=2 | "
                                         "sed -E 's/[0-9.e-]+ (m?s)($|,| )/T \\1\\2/g'";
    CU_ASSERT_EQUAL(ask_shell(command, said, sizeof said), 0);
    CU_ASSERT_STRING_EQUAL(said, "step 0/2  validation mse 1.0335  T s\n"
                           "step 1/2  training loss 0.66749  validation mse 1.0262  T s, T s left\n"
                           "step 2/2  training loss 0.87059  validation mse 1.019  T s\n"
                           "  parameters               133\n"
                           "  gates                    4\n"
                           "  states                   2\n"
                           "  width                    4 units\n"
                           "  metric                   mse\n"
                           "  mse                      0.840463  (validation)\n"
                           "  best_valid_mse           1.019  (validation)\n"
                           "  best_step                2 steps\n"
                           "  last_step                2 steps\n"
                           "  train_operations         8288 operations\n"
                           "  train_loss               0.87059  (training)\n"
                           "  solved                   0\n"
                           "  solved_below             0.01\n"
                           "  ms_per_step              T ms\n"
                           "  train_seconds            T s\n"
                           "  baseline_mse             0.163358\n"
                           "  seconds                  T s\n");
}

static void yardsticks_say_which_split_they_are_of(void)
{
    char said[4096], arguments[4096], data[1200];
    write_series(data, test_folder(), "data.csv");
    snprintf(arguments, sizeof arguments, "train task=series file=%s length=4 batch=2 hidden=4 steps=1 | tr -s ' '", data);
    CU_ASSERT_EQUAL(ask(arguments, said), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "(validation)\n naive_mae "));
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "(test)\n test_naive_mae "));
}

/* The same lines, each in the place of the one before. */
static void on_a_terminal_one_line_changes(void)
{
    char said[4096];
    const char *command = "script -qec '" UNROLL_PROGRAM " train steps=2 hidden=4 length=4 batch=2' /dev/null </dev/null";
    if (ask_shell("script -qec true /dev/null </dev/null 2>&1", said, sizeof said) != 0) {
        test_skip("script (util-linux) is not installed, or the system gives it no terminal");
        return;
    }
    CU_ASSERT_EQUAL(ask_shell(command, said, sizeof said), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(said, " left\033[K\rstep 2/2  training loss 0.87059  validation mse 1.019  "));
    CU_ASSERT_PTR_NULL(strstr(said, "\nstep"));
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "\033[K\r\n  parameters "));
}

const unroll_test tests_cli_train[] = {
    TEST(a_model_does_not_take_the_place_of_its_data_by_any_name),
    TEST(a_model_does_not_take_the_place_of_a_data_set),
    TEST(a_model_does_not_take_the_place_of_its_text),
    TEST(a_model_does_not_take_the_place_of_any_of_its_texts),
    TEST(one_signal_ends_a_read_that_waits_for_a_pipe),
    TEST(one_signal_ends_a_wait_for_a_pipe_that_nobody_opens),
    TEST(the_wish_to_end_reaches_a_thread_that_waits_for_a_pipe),
    TEST(a_pipe_is_waited_for_and_read_to_its_end),
    TEST(a_series_can_come_from_another_program),
    TEST(a_run_that_diverged_saves_no_model),
    TEST(what_a_training_says_in_a_pipe_is_this),
    TEST(yardsticks_say_which_split_they_are_of),
    TEST(on_a_terminal_one_line_changes),
    {NULL, NULL},
};
