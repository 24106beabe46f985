/* limited.h: a child process whose user may have but a few threads. */
#ifndef UNROLL_TESTS_LIMITED_H
#define UNROLL_TESTS_LIMITED_H

#include <grp.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suite.h"

/* Leaves this process and those that it starts `most` threads and processes in all. Root is exempt from the limit, so it
   becomes nobody before. False where that cannot be. */
static inline bool limit_threads(rlim_t most)
{
#ifdef __linux__
    enum { NOBODY = 65534 };
    struct rlimit limit = {most, most};
    if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
        return false;
    return setrlimit(RLIMIT_NPROC, &limit) == 0;
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
