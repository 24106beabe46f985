/* A sweep that is killed, interrupted, spread over processes, out of room or without a stdout loses the runs in flight at
   most. The program is run as a user runs it, on a real experiment made small. */
#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/random.h"
#include "store/store.h"
#include "suite.h"

enum { RUNS = 24, PATH_ROOM = 1200 };

static void nap(int milliseconds)
{
    struct timespec t = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
    nanosleep(&t, NULL);
}

/* `word` in place of the usual assignment where it is of the same setting. */
static const char *of_setting(const char *usual, const char *word)
{
    size_t name = strcspn(usual, "=") + 1;
    return word != NULL && strncmp(usual, word, name) == 0 ? word : usual;
}

/* Starts the sweep of 24 small runs into `results`, with up to two further words, or other steps or seeds; what it says goes to
   results.txt. */
static pid_t start_sweep(const char *results, const char *word1, const char *word2)
{
    char said[PATH_ROOM];
    const char *steps = of_setting("steps=40", word1), *seeds = of_setting("seed=0..5", word1);
    pid_t child;
    word1 = word1 == steps || word1 == seeds ? word2 : word1;
    snprintf(said, sizeof said, "%s.txt", results);
    unlink(said);
    fflush(NULL);
    child = fork();
    if (child != 0)
        return child;
    int out = open(said, O_CREAT | O_TRUNC | O_WRONLY, 0666);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    execl(UNROLL_PROGRAM, "unroll", "run", "architectures", "model=rnn,lstm", "length=6,12", "lr=0.005", "hidden=6", "batch=8",
          seeds, steps, "points=4", "valid_batches=1", "--jobs=2", "--results", results, word1, word2,
          (char *)NULL);
    _exit(127);
}

static int end_of(pid_t child)
{
    int status = -1;
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static int sweep(const char *results, const char *word1, const char *word2)
{
    return end_of(start_sweep(results, word1, word2));
}

/* What the last sweep into `results` said. */
static const char *said(const char *results)
{
    static char text[16384];
    char path[PATH_ROOM];
    size_t length = 0;
    snprintf(path, sizeof path, "%s.txt", results);
    FILE *file = fopen(path, "r");
    if (file != NULL) {
        length = fread(text, 1, sizeof text - 1, file);
        fclose(file);
    }
    text[length] = '\0';
    return text;
}

/* How many records lie there; each must be whole. */
static int count_records(const char *results)
{
    char path[PATH_ROOM];
    struct dirent *entry;
    int count = 0;
    snprintf(path, sizeof path, "%s/architectures/runs", results);
    DIR *listing = opendir(path);
    while (listing != NULL && (entry = readdir(listing)) != NULL) {
        size_t length = strlen(entry->d_name);
        unroll_record *record = NULL;
        if (length < 3 || strcmp(entry->d_name + length - 3, ".h5") != 0)
            continue;
        snprintf(path, sizeof path, "%s/architectures/runs/%s", results, entry->d_name);
        CU_ASSERT_EQUAL(unroll_load_record(path, &record).code, UNROLL_OK);
        if (record != NULL) {
            CU_ASSERT_STRING_EQUAL(record->status, "done");
            unroll_record_free(record);
        }
        count++;
    }
    if (listing != NULL)
        closedir(listing);
    return count;
}

static unroll_table *gathered(const char *results)
{
    char path[PATH_ROOM];
    unroll_table *table = NULL;
    snprintf(path, sizeof path, "%s/architectures.h5", results);
    CU_ASSERT_EQUAL(unroll_load_table(path, &table).code, UNROLL_OK);
    CU_ASSERT_PTR_NOT_NULL_FATAL(table);
    return table;
}

/* Columns in seconds tell how long a run took; all else is a function of its settings. */
static bool is_time(const char *unit)
{
    return strcmp(unit, "s") == 0 || strcmp(unit, "ms") == 0;
}

static bool same_column(const unroll_table_column *a, const unroll_table_column *b, int rows)
{
    if (b == NULL || a->type != b->type)
        return false;
    for (int i = 0; i < rows; i++)
        if (a->type == UNROLL_COLUMN_TEXT ? strcmp(a->text[i], b->text[i]) != 0
                                          : a->real[i] != b->real[i] && !(isnan(a->real[i]) && isnan(b->real[i])))
            return false;
    return true;
}

static void check_same_results(const char *results_a, const char *results_b)
{
    unroll_table *a = gathered(results_a), *b = gathered(results_b);
    CU_ASSERT_EQUAL_FATAL(a->rows, b->rows);
    CU_ASSERT_EQUAL(a->column_count, b->column_count);
    for (int i = 0; i < a->column_count; i++)
        if (!is_time(a->columns[i].unit))
            CU_ASSERT(same_column(&a->columns[i], unroll_table_find(b, a->columns[i].name), a->rows));
    CU_ASSERT_EQUAL(a->curve_count, b->curve_count);
    for (int i = 0; i < a->curve_count; i++) {
        const unroll_table_curve *x = &a->curves[i], *y = unroll_table_find_curve(b, x->name);
        CU_ASSERT_FATAL(y != NULL && x->length == y->length);
        if (!is_time(x->unit)) /* the very bits */
            CU_ASSERT_EQUAL(memcmp(x->value, y->value, (size_t)a->rows * (size_t)x->length * sizeof(float)), 0);
    }
    CU_ASSERT(unroll_table_find(a, "mse") != NULL && unroll_table_find_curve(a, "valid_mse") != NULL);
    unroll_table_free(a);
    unroll_table_free(b);
}

/* The sweep that nothing disturbed. */
static const char *undisturbed(void)
{
    static const char *results;
    if (results == NULL) {
        results = test_folder();
        CU_ASSERT_EQUAL(sweep(results, NULL, NULL), 0);
        CU_ASSERT_EQUAL(count_records(results), RUNS);
    }
    return results;
}

static void a_sweep_that_is_killed_again_and_again_ends_as_if_it_never_was(void)
{
    const char *results = test_folder();
    unroll_random random = unroll_random_open(2, UNROLL_FOR_TEST, 0, 0);
    int before = 0;
    for (int i = 0; i < 25; i++) {
        pid_t child = start_sweep(results, NULL, NULL);
        nap(5 + (int)unroll_random_below(&random, 60));
        kill(child, SIGKILL);
        end_of(child);
        int now = count_records(results);
        CU_ASSERT(now >= before); /* what was finished stays */
        before = now;
    }
    CU_ASSERT_EQUAL(sweep(results, NULL, NULL), 0);
    CU_ASSERT_EQUAL(count_records(results), RUNS);
    check_same_results(results, undisturbed());
}

static void shards_in_processes_of_their_own_give_the_same_results(void)
{
    const char *results = test_folder();
    pid_t shards[3];
    static const char *const words[] = {"--shard=1/3", "--shard=2/3", "--shard=3/3"};
    for (int i = 0; i < 3; i++) /* all at once */
        shards[i] = start_sweep(results, words[i], NULL);
    for (int i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(end_of(shards[i]), 0);
    CU_ASSERT_EQUAL(count_records(results), RUNS);
    check_same_results(results, undisturbed());
}

/* Beside the finished runs there are as many without end, in flight when the signal comes. */
static void interrupt(const char *results, int number)
{
    pid_t child = start_sweep(results, "steps=40,1000000000", NULL);
    for (int i = 0; i < 3000 && strstr(said(results), "24 to do on ") == NULL; i++)
        nap(20);
    kill(child, number);
    CU_ASSERT_EQUAL(end_of(child), 130);
    CU_ASSERT_EQUAL(count_records(results), RUNS);
    CU_ASSERT_PTR_NOT_NULL(strstr(said(results),
                                  "\nunroll: stopped with 24 of 48 runs finished; the same command goes on "
                                  "from there\n"));
}

static void an_interrupted_sweep_keeps_what_is_finished_and_says_how_to_go_on(void)
{
    const char *results = test_folder();
    CU_ASSERT_EQUAL(sweep(results, NULL, NULL), 0);
    interrupt(results, SIGINT);
    interrupt(results, SIGTERM);
    check_same_results(results, undisturbed());
}

static void a_full_disk_is_one_sentence_and_leaves_finished_records_whole(void)
{
    const char *results = test_folder();
    char command[4 * PATH_ROOM];
    if (strstr(UNROLL_PROGRAM, "/tsan/") != NULL) {
        test_skip("the thread sanitizer needs large files of its own");
        return;
    }
    CU_ASSERT_EQUAL(sweep(results, "seed=0", NULL), 0);
    CU_ASSERT_EQUAL(count_records(results), 4);
    /* no file may grow over 2 KB: to the program it is as if the disk were full */
    snprintf(command, sizeof command,
             "trap '' XFSZ; ulimit -f 4; exec %s run architectures model=rnn lr=0.005 length=6 hidden=6 steps=20 seed=0..99 "
             "--results %s 2>&1 | cat >%s.txt; test -s %s.txt",
             UNROLL_PROGRAM, results, results, results);
    CU_ASSERT_EQUAL(system(command), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(said(results), "unroll: cannot write "));
    CU_ASSERT_EQUAL(count_records(results), 4);
    CU_ASSERT_EQUAL(sweep(results, "seed=0", NULL), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(said(results), "4 runs: 4 found, 0 done"));
}

/* A record that took the number of a closed stdout would take the lines of the runs that end beside it, too. */
static void a_closed_stdout_is_told_and_leaves_records_whole(void)
{
    const char *results = test_folder();
    char command[4 * PATH_ROOM];
    snprintf(command, sizeof command,
             "%s run architectures model=rnn,lstm lr=0.005 length=6 hidden=6 batch=8 seed=0..9 steps=4 points=4 "
             "valid_batches=1 --jobs=2 --results %s 2>%s.txt >&-",
             UNROLL_PROGRAM, results, results);
    int status = system(command);
    CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    CU_ASSERT_EQUAL(strncmp(said(results), "unroll: cannot write to standard output: ", 41), 0);
    CU_ASSERT_EQUAL(count_records(results), 20);
    unroll_table_free(gathered(results));
}

const unroll_test tests_sweep_kill[] = {
    TEST(a_sweep_that_is_killed_again_and_again_ends_as_if_it_never_was),
    TEST(shards_in_processes_of_their_own_give_the_same_results),
    TEST(an_interrupted_sweep_keeps_what_is_finished_and_says_how_to_go_on),
    TEST(a_full_disk_is_one_sentence_and_leaves_finished_records_whole),
    TEST(a_closed_stdout_is_told_and_leaves_records_whole),
    {NULL, NULL},
};
