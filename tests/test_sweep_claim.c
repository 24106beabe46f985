/* Calls of unroll run that share a folder share its runs. */
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The observer's clock is ours here. */
#define unroll_clock_ns clock_of_the_test
#define unroll_claims_open open_claims
#define unroll_claims_close close_claims
#define unroll_claim try_to_claim
#define unroll_unclaim give_back
#define unroll_claims_clear clear_claims
#include "../lib/sweep/claim.c"
#undef unroll_clock_ns

#include "counted.h"
#include "sweep/plan.h"

static int64_t now;

int64_t clock_of_the_test(void)
{
    return now;
}

static void who_claims_first_has_it_until_it_is_given_back(void)
{
    const char *folder = test_folder();
    unroll_claims *a = open_claims(folder), *b = open_claims(folder);
    CU_ASSERT_TRUE(try_to_claim(a, "one"));
    CU_ASSERT_FALSE(try_to_claim(a, "one")); /* by another thread */
    CU_ASSERT_FALSE(try_to_claim(b, "one"));
    CU_ASSERT_TRUE(try_to_claim(b, "other"));
    give_back(b, "one"); /* which is not b's */
    CU_ASSERT_FALSE(try_to_claim(b, "one"));
    give_back(a, "one");
    CU_ASSERT_TRUE(try_to_claim(b, "one"));
    close_claims(a);
    close_claims(b);
    CU_ASSERT_EQUAL(count_files(folder, ".claim"), 0);
}

static void a_claim_that_shows_no_life_for_long_is_lost(void)
{
    const char *folder = test_folder();
    unroll_claims *claims = open_claims(folder);
    now = 1000000000;
    write_text(folder, "one.claim", "elsewhere 0000000007 0000000001\n");
    CU_ASSERT_FALSE(try_to_claim(claims, "one"));
    now += 15 * INT64_C(1000000000);
    CU_ASSERT_FALSE(try_to_claim(claims, "one"));
    write_text(folder, "one.claim", "elsewhere 0000000007 0000000002\n"); /* a sign of life */
    now += 15 * INT64_C(1000000000);
    CU_ASSERT_FALSE(try_to_claim(claims, "one"));
    now += 15 * INT64_C(1000000000);
    CU_ASSERT_FALSE(try_to_claim(claims, "one"));
    now += 6 * INT64_C(1000000000);
    CU_ASSERT_TRUE(try_to_claim(claims, "one"));
    close_claims(claims);
}

/* Of this host, whose process identifiers tell. */
static void a_claim_of_a_process_that_has_ended_is_lost_at_once(void)
{
    const char *folder = test_folder();
    unroll_claims *claims = open_claims(folder);
    char host[UNROLL_HOST_ROOM], content[96];
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    CU_ASSERT_EQUAL_FATAL(waitpid(child, NULL, 0), child);
    unroll_host_name(host);
    snprintf(content, sizeof content, "%s %010ld 0000000001\n", host, (long)child);
    write_text(folder, "one.claim", content);
    write_text(folder, "other.claim", content);
    CU_ASSERT_TRUE(try_to_claim(claims, "one"));
    clear_claims(folder);
    CU_ASSERT_EQUAL(count_files(folder, ".claim"), 1); /* ours is left */
    close_claims(claims);
}

/* ---- two calls ---- */

static pid_t start_call(const char *results, const char *out)
{
    pid_t child;
    fflush(NULL);
    child = fork();
    if (child != 0)
        return child;
    if (freopen(path_in(results, out), "w", stdout) == NULL)
        _exit(127);
    execl(UNROLL_PROGRAM, "unroll", "run", "architectures", "length=6", "hidden=8", "lr=0.005", "seed=0..15", "steps=150",
          "--jobs=1", "--results", results, (char *)NULL);
    _exit(127);
}

/* The number before `word` in what a call said. */
static int number_before(const char *text, const char *word)
{
    const char *place = strstr(text, word);
    while (place != NULL && place > text && place[-1] >= '0' && place[-1] <= '9')
        place--;
    return place != NULL ? atoi(place) : -1;
}

static void two_calls_on_one_folder_do_each_run_once(void)
{
    const char *results = test_folder();
    pid_t a = start_call(results, "a.txt"), b = start_call(results, "b.txt");
    int status, done;
    CU_ASSERT_EQUAL_FATAL(waitpid(a, &status, 0), a);
    CU_ASSERT_EQUAL(status, 0);
    CU_ASSERT_EQUAL_FATAL(waitpid(b, &status, 0), b);
    CU_ASSERT_EQUAL(status, 0);
    done = number_before(read_text(results, "a.txt"), " done, 0 diverged");
    done += number_before(read_text(results, "b.txt"), " done, 0 diverged");
    CU_ASSERT_EQUAL(done, 48);
    CU_ASSERT_EQUAL(count_files(path_in(results, "architectures/runs"), ".h5"), 48);
    CU_ASSERT_EQUAL(count_files(path_in(results, "architectures/runs"), ".claim"), 0);
}

/* In a process of its own: gives the claim at `path` back once the call has told of it. */
static pid_t give_back_when_told(const char *results, const char *path)
{
    pid_t child;
    fflush(NULL);
    child = fork();
    if (child != 0)
        return child;
    for (int i = 0; i < 60000 && strstr(read_text(results, "said.txt"), "another unroll run is at work here") == NULL; i++)
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    unlink(path);
    _exit(0);
}

static void a_call_that_finds_another_at_work_says_so_and_waits_for_it(void)
{
    const char *results = test_folder();
    unroll_sweep_options options = {.results = results};
    unroll_sweep_summary summary;
    unroll_planned *first;
    unroll_plan plan;
    char path[1400], host[UNROLL_HOST_ROOM];
    FILE *file;
    pid_t child;
    reset();
    CU_ASSERT_EQUAL_FATAL(unroll_plan_make(&experiment, &options, &plan).code, UNROLL_OK);
    first = &plan.runs[0];
    CU_ASSERT_EQUAL_FATAL(unroll_make_folder(path_in(results, "counted/runs")).code, UNROLL_OK);
    snprintf(path, sizeof path, "%s/counted/runs/%s.claim", results, first->id);
    file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    unroll_host_name(host);
    fprintf(file, "%s %010ld 0000000001\n", host, (long)getpid()); /* which lives */
    fclose(file);
    options.out = fopen(path_in(results, "said.txt"), "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(options.out);
    child = give_back_when_told(results, path);
    CU_ASSERT_EQUAL(unroll_sweep(&experiment, &options, NULL, &summary).code, UNROLL_OK);
    fclose(options.out);
    CU_ASSERT_EQUAL(waitpid(child, NULL, 0), child);
    CU_ASSERT_EQUAL(summary.done, 10);
    CU_ASSERT_EQUAL(strncmp(order[9], "rnn 0 ", 6), 0);
    unroll_plan_free(&plan);
}

const unroll_test tests_sweep_claim[] = {
    TEST(who_claims_first_has_it_until_it_is_given_back),
    TEST(a_claim_that_shows_no_life_for_long_is_lost),
    TEST(a_claim_of_a_process_that_has_ended_is_lost_at_once),
    TEST(two_calls_on_one_folder_do_each_run_once),
    TEST(a_call_that_finds_another_at_work_says_so_and_waits_for_it),
    {NULL, NULL},
};
