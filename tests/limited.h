/* limited.h: a process that gets less than it asks for: a few threads, no more than some memory. */
#ifndef UNROLL_TESTS_LIMITED_H
#define UNROLL_TESTS_LIMITED_H

#include <grp.h>
#include <stdbool.h>
#include <string.h>
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

/* From here on whoever asks for 8 GiB is refused; false, with a word about it, where that cannot be. The sanitizers take
   more than that, or end the program. */
static inline bool limit_memory(struct rlimit *old)
{
    const rlim_t most = (rlim_t)2 << 30;
    bool limited = strstr(UNROLL_PROGRAM, "/tsan/") == NULL && getrlimit(RLIMIT_AS, old) == 0 &&
                   (old->rlim_max == RLIM_INFINITY || old->rlim_max >= most);
#ifdef __SANITIZE_ADDRESS__
    limited = false;
#endif
    if (limited)
        limited = setrlimit(RLIMIT_AS, &(struct rlimit){most, old->rlim_max}) == 0;
    if (!limited)
        test_skip("the memory of this process cannot be limited");
    return limited;
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
