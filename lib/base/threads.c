#include "base/threads.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

/* Until all have been made: each keeps its place meanwhile. */
static void *stay(void *gate)
{
    pthread_mutex_lock(gate);
    pthread_mutex_unlock(gate);
    return NULL;
}

/* Threads of this process, as links of the folder that lists them; 0 where there is none. */
static long threads_listed(void)
{
    struct stat tasks;
    return stat("/proc/self/task", &tasks) == 0 ? (long)tasks.st_nlink : 0;
}

/* A thread that has been joined may still count against the limits for a moment. */
static void wait_until_gone(long before)
{
    enum { NAPS = 1000 };
    for (int i = 0; i < NAPS && threads_listed() > before; i++)
        nanosleep(&(struct timespec){0, 1000000}, NULL);
}

int unroll_threads_there(int wanted)
{
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    pthread_t *thread = wanted > 1 ? calloc((size_t)wanted - 1, sizeof *thread) : NULL;
    long before = threads_listed();
    int made = 0;
    if (thread == NULL)
        return 1;
    pthread_mutex_lock(&gate);
    while (made < wanted - 1 && pthread_create(&thread[made], NULL, stay, &gate) == 0)
        made++;
    pthread_mutex_unlock(&gate);
    for (int i = 0; i < made; i++)
        pthread_join(thread[i], NULL);
    pthread_mutex_destroy(&gate);
    wait_until_gone(before);
    free(thread);
    return made + 1;
}
