/* waiting.h: tells when another thread has come to where it must wait, by what the system says of it and not by time. */
#ifndef UNROLL_TESTS_WAITING_H
#define UNROLL_TESTS_WAITING_H

#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif
#include <unistd.h>

/* What a thread tells of itself: with begin_work first, and `done` last. */
typedef struct worker {
    atomic_long thread; /* its number to the system; 0: not there yet, or not known */
    atomic_bool done;
} worker;

static inline void begin_work(worker *w)
{
#ifdef __linux__
    atomic_store(&w->thread, syscall(SYS_gettid));
#else
    (void)w;
#endif
}

static inline bool is_asleep(worker *w)
{
    char path[64], state = '?';
    snprintf(path, sizeof path, "/proc/self/task/%ld/stat", atomic_load(&w->thread));
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return false;
    if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
        state = '?';
    fclose(file);
    return state == 'S';
}

/* Returns when the thread is done or sleeps. A nap on the way, say for memory, does not last for so many looks. Where the
   system does not tell, it has had as many turns as it can need. */
static inline void wait_until_asleep_or_done(worker *w)
{
    enum { MOST_LOOKS = 200000, IN_A_ROW = 100 };
    int asleep = 0;
    for (int looks = 0; looks < MOST_LOOKS && asleep < IN_A_ROW && !atomic_load(&w->done); looks++) {
        asleep = is_asleep(w) ? asleep + 1 : 0;
        sched_yield();
    }
}

#endif
