/* limited.h: a child process whose user may have no thread beside its first one. */
#ifndef UNROLL_TESTS_LIMITED_H
#define UNROLL_TESTS_LIMITED_H

#include <grp.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suite.h"

/* Root is exempt from the limit, so it becomes nobody before. False where that cannot be. */
static inline bool forbid_threads(void)
{
#ifdef __linux__
    enum { NOBODY = 65534 };
    struct rlimit one = {1, 1};
    if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
        return false;
    return setrlimit(RLIMIT_NPROC, &one) == 0;
#else
    return false;
#endif
}

/* How a child ended; -1: by a signal. */
static inline int end_of_child(pid_t child)
{
    int status = -1;
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

enum { NO_LIMIT = 99 }; /* exit status of a child that could not be limited */

#endif
