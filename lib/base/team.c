#include "base/team.h"

#include <omp.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

/* Rounds of waiting before a thread sleeps: some 100 microseconds, longer than a step's barriers take among threads that
   run; where there are more threads than cores, so many offers of the core to the others. */
enum { SPINS = 4000, OFFERS = 50 };

static inline void relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static bool is_over(unroll_barrier *barrier, int round)
{
    return atomic_load_explicit(&barrier->round, memory_order_acquire) != round;
}

/* A thread that is waited for may have lost its core to another program: who sleeps leaves it a core of ours. Each nap is
   about as long as all before it, at most a millisecond. (No condition variable: glibc's can
   lose a wake-up, its bug 25847.) */
static void sleep_until_over(unroll_barrier *barrier, int round)
{
    long nap = 20000; /* ns */
    while (!is_over(barrier, round)) {
        nanosleep(&(struct timespec){0, nap}, NULL);
        nap = nap < 500000 ? 2 * nap : 1000000;
    }
}

void unroll_team_wait(const unroll_team *team)
{
    unroll_barrier *barrier = team->barrier;
    int round;
    if (team->size == 1)
        return;
    round = atomic_load_explicit(&barrier->round, memory_order_relaxed);
    if (atomic_fetch_add_explicit(&barrier->arrived, 1, memory_order_acq_rel) == team->size - 1) {
        atomic_store_explicit(&barrier->arrived, 0, memory_order_relaxed);
        atomic_store_explicit(&barrier->round, round + 1, memory_order_release);
        return;
    }
    for (int spin = 0; spin < (team->crowded ? OFFERS : SPINS); spin++) {
        if (is_over(barrier, round))
            return;
        if (team->crowded)
            sched_yield();
        else
            relax();
    }
    sleep_until_over(barrier, round);
}

struct unroll_crew {
    unroll_barrier barrier;
    pthread_mutex_t start; /* held until all have been made */
    int size;
    bool crowded;
    pthread_t *thread; /* (size - 1) */
    void (*work)(void *context, const unroll_team *team);
    void *context;
    bool over;
    atomic_int ranks; /* given out so far */
    const unroll_watch *watch;
};

static void *follow(void *argument)
{
    unroll_crew *crew = argument;
    unroll_team team = {.rank = atomic_fetch_add(&crew->ranks, 1), .barrier = &crew->barrier};
    unroll_flush_denormals();
    pthread_mutex_lock(&crew->start); /* until all have been made: only then is their number known */
    team.size = crew->size;
    team.crowded = crew->crowded;
    pthread_mutex_unlock(&crew->start);
    for (;;) {
        unroll_team_wait(&team);
        if (crew->over)
            return NULL;
        crew->work(crew->context, &team);
        unroll_team_wait(&team);
    }
}

unroll_crew *unroll_crew_open(int threads)
{
    size_t bytes = (sizeof(unroll_crew) + 63) / 64 * 64;
    unroll_crew *crew = aligned_alloc(64, bytes);
    if (crew == NULL)
        return NULL;
    memset(crew, 0, bytes);
    crew->size = 1;
    atomic_init(&crew->ranks, 1);
    pthread_mutex_init(&crew->start, NULL);
    crew->thread = calloc((size_t)threads, sizeof *crew->thread);
    if (crew->thread == NULL) {
        unroll_crew_close(crew);
        return NULL;
    }
    pthread_mutex_lock(&crew->start);
    while (crew->size < threads && pthread_create(&crew->thread[crew->size - 1], NULL, follow, crew) == 0)
        crew->size++;
    crew->crowded = crew->size > omp_get_num_procs();
    pthread_mutex_unlock(&crew->start);
    return crew;
}

static unroll_team lead(unroll_crew *crew)
{
    return (unroll_team){
        .rank = 0, .size = crew->size, .crowded = crew->crowded, .barrier = &crew->barrier, .watch = crew->watch};
}

void unroll_crew_close(unroll_crew *crew)
{
    unroll_team team;
    if (crew == NULL)
        return;
    team = lead(crew);
    crew->over = true;
    unroll_team_wait(&team);
    for (int i = 0; i < crew->size - 1; i++)
        pthread_join(crew->thread[i], NULL);
    pthread_mutex_destroy(&crew->start);
    free(crew->thread);
    free(crew);
}

int unroll_crew_size(const unroll_crew *crew)
{
    return crew->size;
}

void unroll_crew_watch(unroll_crew *crew, const unroll_watch *watch)
{
    crew->watch = watch;
}

void unroll_crew_run(unroll_crew *crew, void (*work)(void *context, const unroll_team *team), void *context)
{
    unroll_team team = lead(crew);
    crew->work = work;
    crew->context = context;
    unroll_flush_denormals();
    unroll_team_wait(&team);
    work(context, &team);
    unroll_team_wait(&team);
}

void unroll_flush_denormals(void)
{
#if defined(__x86_64__)
    _mm_setcsr(_mm_getcsr() | 0x8040u); /* flush to zero, denormals are zero */
#elif defined(__aarch64__)
    uint64_t control;
    __asm__ volatile("mrs %0, fpcr" : "=r"(control));
    control |= UINT64_C(1) << 24; /* FZ */
    __asm__ volatile("msr fpcr, %0" : : "r"(control));
#endif
}
