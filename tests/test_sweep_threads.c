/* A sweep goes on with fewer threads where the system gives no more. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "limited.h"

/* In the folder `results`, which becomes the user's; the program is opened before, for its own folder may be closed to
   that user. */
static void sweep_without_threads(const char *results)
{
    char *words[] = {"unroll",   "run",      "architectures", "model=rnn", "length=4", "hidden=4",
                     "seed=0,1", "--jobs=2", "steps=2",       "--results", ".",        NULL};
    char *environment[] = {"ASAN_OPTIONS=detect_leaks=0", NULL}; /* which takes a thread of its own */
    int program = open(UNROLL_PROGRAM, O_RDONLY);
    int out;
    if (program < 0 || chdir(results) != 0 || (geteuid() == 0 && chown(".", 65534, 65534) != 0))
        _exit(NO_LIMIT);
    out = open("said.txt", O_CREAT | O_WRONLY, 0666);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    if (!limit_threads(3)) /* itself, and two that read records */
        _exit(NO_LIMIT);
#ifdef __linux__
    fexecve(program, words, environment);
#else
    (void)words; /* where the threads of a user have no limit anyway */
    (void)environment;
#endif
    _exit(NO_LIMIT);
}

static void a_sweep_goes_on_with_the_threads_that_there_are(void)
{
    const char *results = test_folder();
    const char *said;
    int status;
    pid_t child;
    if (strstr(UNROLL_PROGRAM, "/tsan/") != NULL) {
        test_skip("the thread sanitizer needs a thread of its own");
        return;
    }
    if (geteuid() != 0) {
        test_skip("only root can become a user that has no other processes");
        return;
    }
    fflush(NULL);
    child = fork();
    if (child == 0)
        sweep_without_threads(results);
    status = end_of_child(child);
    if (status == NO_LIMIT) {
        test_skip("the threads of the program cannot be limited here");
        return;
    }
    CU_ASSERT_EQUAL(status, 0);
    said = read_text(results, "said.txt");
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "the system gives 1 of 2 threads: fewer runs go side by side\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(said, " 2 to do on 1 thread\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(said, " 2 done, 0 diverged, 0 failed"));
}

const unroll_test tests_sweep_threads[] = {
    TEST(a_sweep_goes_on_with_the_threads_that_there_are),
    {NULL, NULL},
};
