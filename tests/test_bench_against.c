/* lib/bench/against.py: its verdicts on made-up samples, and its turns with two made-up programs, which know one setting by
   two names. No test looks at how fast anything is. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "files.h"

static char said[65536]; /* by the last call, on both outputs */

static bool python_is_there(void)
{
    static int there = -1;
    if (there < 0)
        there = system("python3 -c 'import sys; sys.exit(sys.version_info < (3, 9))' >/dev/null 2>&1") == 0;
    if (!there)
        test_skip("python3, 3.9 or newer, is not there");
    return there;
}

/* Calls the script; %s in the arguments is the folder. Its exit status. */
static int call(const char *folder, const char *arguments)
{
    char words[2048], command[4096];
    snprintf(words, sizeof words, arguments, folder, folder, folder);
    snprintf(command, sizeof command, "python3 lib/bench/against.py %s 2>&1", words);
    return ask_shell(command, said, sizeof said);
}

static void check(int status, int expected, const char *word)
{
    if (status != expected || strstr(said, word) == NULL)
        fprintf(stderr, "\nexit status %d, not %d, or no \"%s\" in: %s\n", status, expected, word, said);
    CU_ASSERT_EQUAL(status, expected);
    CU_ASSERT_PTR_NOT_NULL(strstr(said, word));
}

static FILE *open_samples(const char *folder)
{
    char path[1100];
    FILE *file;
    snprintf(path, sizeof path, "%s/samples.csv", folder);
    file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fprintf(file, "kind,point,round,turn,side,value,unit\n");
    return file;
}

/* Pairs of a point: old/new wanders by 1% around `ratio`. */
static void add_point(FILE *file, const char *point, int pairs, double ratio)
{
    for (int i = 1; i <= pairs; i++) {
        double old = 3.0 + 0.1 * (i % 4), wander = 1.0 + 0.005 * (i % 5 - 2);
        fprintf(file, "time,%s,%d,%d,old,%g,ms\n", point, i, 1 + i % 2, old);
        fprintf(file, "time,%s,%d,%d,new,%g,ms\n", point, i, 2 - i % 2, old / (ratio * wander));
    }
}

/* Evaluates twenty points, of which one has `pairs` pairs around `odd` and all others eleven around `ratio`. */
static int evaluate(double ratio, int pairs, double odd)
{
    const char *folder = test_folder();
    FILE *file = open_samples(folder);
    char name[32];
    for (int i = 0; i < 19; i++) {
        snprintf(name, sizeof name, "step point=%d", i);
        add_point(file, name, 11, ratio);
    }
    add_point(file, "step the odd one", pairs, odd);
    fclose(file);
    return call(folder, "--from '%s/samples.csv'");
}

static void equal_times_are_no_loss(void)
{
    if (!python_is_there())
        return;
    check(evaluate(1.0, 11, 1.0), 0, "verdict: no slower");
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "geometric mean of old/new over 20 points: 1.000 [0."));
    CU_ASSERT_PTR_NULL(strstr(said, "SLOWER"));
}

static void a_planted_regression_of_one_point_is_found(void)
{
    if (!python_is_there())
        return;
    check(evaluate(1.0, 11, 0.9), 1, "verdict: slower: 1 point below 0.95\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "  0.900  [0."));
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "  SLOWER"));
}

static void a_small_loss_everywhere_is_found(void)
{
    if (!python_is_there())
        return;
    check(evaluate(0.97, 11, 0.97), 1, "verdict: slower: the geometric mean is under 0.98\n");
    check(evaluate(0.985, 11, 0.985), 0, "verdict: no slower");
}

static void a_gain_elsewhere_does_not_hide_a_loss(void)
{
    if (!python_is_there())
        return;
    check(evaluate(1.2, 11, 0.9), 1, "verdict: slower: 1 point below 0.95\n");
}

static void fewer_than_six_pairs_have_no_interval(void)
{
    if (!python_is_there())
        return;
    check(evaluate(1.0, 5, 0.9), 0, "fewer than 6 pairs");
    CU_ASSERT_PTR_NULL(strstr(said, "SLOWER"));
    check(evaluate(1.0, 6, 0.9), 1, "SLOWER");
}

static void more_memory_is_told(void)
{
    const char *folder = test_folder();
    FILE *file;
    if (!python_is_there())
        return;
    file = open_samples(folder);
    add_point(file, "train a", 11, 1.0);
    fprintf(file, "memory,train a,1,1,old,100000,KiB\nmemory,train a,1,2,new,103000,KiB\n");
    fprintf(file, "memory,train little,1,1,old,10000,KiB\nmemory,train little,1,2,new,10500,KiB\n");
    fprintf(file, "memory,train large,1,1,old,100000,KiB\nmemory,train large,1,2,new,101900,KiB\n");
    fclose(file);
    check(call(folder, "--from '%s/samples.csv'"), 0, "points that take more memory: 1\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "1.030  MORE\n"));
}

static void a_point_that_only_the_old_program_does_is_a_loss(void)
{
    const char *folder = test_folder();
    FILE *file;
    if (!python_is_there())
        return;
    file = open_samples(folder);
    add_point(file, "step a", 11, 1.0);
    fprintf(file, "time,step b,1,1,old,3,ms\nfailed,step b,1,2,new,no such setting,\n");
    fclose(file);
    check(call(folder, "--from '%s/samples.csv'"), 1, "verdict: slower: the new program fails at 1 point\n");
}

static void wrong_calls_and_empty_samples_have_their_status(void)
{
    const char *folder = test_folder();
    FILE *file;
    if (!python_is_there())
        return;
    fclose(open_samples(folder));
    check(call(folder, "--from '%s/samples.csv'"), 3, "nothing was measured");
    check(call(folder, "--from '%s/not-there.csv'"), 2, "not-there.csv");
    check(call(folder, ""), 2, "give one of COMMIT");
    check(call(folder, "--list --points some"), 2, "--points");
    check(call(folder, "--list --only nonsense"), 2, "nonsense");
    check(call(folder, "--programs '%s/no' '%s/no'"), 2, "No such file");
    file = open_samples(folder);
    fprintf(file, "time,step a,1,1,old,nonsense,ms\n");
    fclose(file);
    check(call(folder, "--from '%s/samples.csv'"), 2, "no file of samples");
}

/* A program that knows the setting `model` as `setting`, and says that a step takes `time`. */
static void make_program(const char *folder, const char *name, const char *setting, const char *time)
{
    char path[1100];
    FILE *file;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fprintf(file,
            "#!/bin/sh\n"
            "[ \"$1\" = list ] && echo 'model' && echo '  %s=TEXT  lstm' && exit\n"
            "case \" $* \" in *' %s='*) ;; *) echo \"unknown: $*\" >&2; exit 2 ;; esac\n"
            "[ \"$1\" = train ] && echo '  ms_per_step   %s ms' && exit\n"
            "case \" $* \" in *' --stream '*) echo 'x,us'; echo 'y,%s' ;; *) echo 'x,ms'; echo 'y,%s' ;; esac\n",
            setting, setting, time, time, time);
    fclose(file);
    chmod(path, 0755);
}

static void programs_take_turns_each_with_its_names(void)
{
    static const char *const arguments =
        "--programs '%s/old' '%s/new' --rounds 6 --minutes 60 --only 'rnn hidden=64 batch=32' --out '%s/out.csv'";
    const char *folder = test_folder();
    char again[1024];
    if (!python_is_there())
        return;
    make_program(folder, "old", "cell", "2");
    make_program(folder, "new", "model", "2");
    check(call(folder, arguments), 0, " points: 1.000 [1.000, 1.000]; ");
    check(call(folder, "--from '%s/out.csv'"), 0, "verdict: no slower");
    make_program(folder, "new", "model", "2.5");
    check(call(folder, arguments), 1, "0.800 [0.800, 0.800]");
    make_program(folder, "new", "another", "2");
    check(call(folder, arguments), 3, "the new program: unknown: ");
    make_program(folder, "new", "model", "2");
    snprintf(again, sizeof again, "%s --resume", arguments);
    check(call(folder, again), 0, "verdict: no slower");
}

const unroll_test tests_bench_against[] = {
    TEST(equal_times_are_no_loss),
    TEST(a_planted_regression_of_one_point_is_found),
    TEST(a_small_loss_everywhere_is_found),
    TEST(a_gain_elsewhere_does_not_hide_a_loss),
    TEST(fewer_than_six_pairs_have_no_interval),
    TEST(more_memory_is_told),
    TEST(a_point_that_only_the_old_program_does_is_a_loss),
    TEST(wrong_calls_and_empty_samples_have_their_status),
    TEST(programs_take_turns_each_with_its_names),
    {NULL, NULL},
};
