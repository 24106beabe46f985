/* What unroll train does with files: a pipe that it waits for, data that it may not overwrite, a model that it does not
   save. The program is run as a user runs it. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../datasets/read/path.h"
#include "data.h"

/* Runs the program through the shell; what it says is left in `said`. */
static int ask(const char *arguments, char said[4096])
{
    char command[8192];
    size_t length;
    int status;
    FILE *pipe;
    snprintf(command, sizeof command, "%s %s 2>&1", UNROLL_PROGRAM, arguments);
    pipe = popen(command, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(pipe);
    length = fread(said, 1, 4095, pipe);
    said[length] = '\0';
    status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
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
    char arguments[4096], said[4096], before[8192], *text = NULL;
    size_t size;
    FILE *kept = fopen(path, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(kept);
    before[fread(before, 1, sizeof before - 1, kept)] = '\0';
    fclose(kept);
    snprintf(arguments, sizeof arguments, "train task=series file=%s length=4 batch=2 hidden=4 steps=1 --save %s", file, save);
    CU_ASSERT_EQUAL(ask(arguments, said), 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(said, " would take the place of the data that is read: "));
    CU_ASSERT_PTR_NULL(strstr(said, "step")); /* told before the training */
    CU_ASSERT_EQUAL_FATAL(unroll_read_text(path, &text, &size).code, UNROLL_OK);
    CU_ASSERT_STRING_EQUAL(text, before);
    free(text);
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

/* Starts the program, which reads from a pipe; it is ended when it hangs, as the test then says. */
static pid_t start_reading(const char *command, const char *experiment, const char *fifo, const char *results)
{
    char file[1300], said[1300];
    pid_t child;
    snprintf(file, sizeof file, "file=%s", fifo);
    snprintf(said, sizeof said, "%s/said.txt", results);
    fflush(NULL);
    child = fork();
    if (child != 0)
        return child;
    int out = open(said, O_CREAT | O_TRUNC | O_WRONLY, 0666);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    alarm(60);
    execl(UNROLL_PROGRAM, "unroll", command, experiment, file, strcmp(command, "run") == 0 ? "--results" : NULL, results,
          (char *)NULL);
    _exit(127);
}

/* Opens the pipe once the program has it open, too; -1 when it never does. */
static int open_writer(const char *fifo)
{
    int writer = -1;
    for (int i = 0; i < 6000 && writer < 0; i++) {
        writer = open(fifo, O_WRONLY | O_NONBLOCK);
        if (writer < 0)
            nanosleep(&(struct timespec){0, 10000000}, NULL);
    }
    return writer;
}

/* One signal, while somebody has the pipe open and writes nothing. */
static void check_ended(const char *command, const char *experiment, int number)
{
    const char *folder = test_folder();
    char fifo[1200];
    pid_t child;
    int writer, status = -1;
    snprintf(fifo, sizeof fifo, "%s/fifo", folder);
    CU_ASSERT_EQUAL_FATAL(mkfifo(fifo, 0666), 0);
    child = start_reading(command, experiment, fifo, folder);
    writer = open_writer(fifo);
    CU_ASSERT_TRUE(writer >= 0);
    kill(child, number);
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 130);
    close(writer);
}

static void one_signal_ends_a_read_that_waits_for_a_pipe(void)
{
    check_ended("train", "task=series", SIGTERM);
    check_ended("train", "task=text", SIGINT);
    check_ended("run", "series", SIGTERM); /* for the width that the parameters make, before any run */
}

/* Nobody has written yet when it is opened: that is no end of the file. */
static void a_pipe_is_waited_for_until_somebody_writes_and_read_to_its_end(void)
{
    const char *folder = test_folder();
    char data[1200], fifo[1200], text[8192], said[1300], *words = NULL;
    size_t length, size;
    pid_t child;
    int writer, status = -1;
    FILE *file;
    write_series(data, folder, "data.csv");
    snprintf(fifo, sizeof fifo, "%s/fifo", folder);
    CU_ASSERT_EQUAL_FATAL(mkfifo(fifo, 0666), 0);
    file = fopen(data, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    length = fread(text, 1, sizeof text, file);
    fclose(file);
    child = start_reading("train", "task=series", fifo, folder);
    writer = open_writer(fifo);
    signal(SIGPIPE, SIG_IGN); /* the program may have gone away, which is to be a failed test */
    CU_ASSERT_EQUAL(write(writer, text, 20), 20); /* what is there is not all */
    nanosleep(&(struct timespec){0, 10000000}, NULL);
    CU_ASSERT_EQUAL(write(writer, text + 20, length - 20), (ssize_t)(length - 20));
    signal(SIGPIPE, SIG_DFL);
    close(writer);
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    snprintf(said, sizeof said, "%s/said.txt", folder);
    CU_ASSERT_EQUAL_FATAL(unroll_read_text(said, &words, &size).code, UNROLL_OK);
    snprintf(text, sizeof text, "fifo %zu bytes fnv1a ", length);
    CU_ASSERT_PTR_NOT_NULL(strstr(words, text));
    free(words);
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

const unroll_test tests_cli_train[] = {
    TEST(a_model_does_not_take_the_place_of_its_data_by_any_name),
    TEST(a_model_does_not_take_the_place_of_a_data_set),
    TEST(a_model_does_not_take_the_place_of_its_text),
    TEST(one_signal_ends_a_read_that_waits_for_a_pipe),
    TEST(a_pipe_is_waited_for_until_somebody_writes_and_read_to_its_end),
    TEST(a_series_can_come_from_another_program),
    TEST(a_run_that_diverged_saves_no_model),
    {NULL, NULL},
};
