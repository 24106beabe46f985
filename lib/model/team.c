#include "model/team.h"

#include <omp.h>

#include "simd/engine.h"

/* Rounds of busy waiting, some 100 microseconds: longer than a step's barriers take among threads that run. None where
   there are more threads than cores. */
enum { SPINS = 4000 };

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
    return atomic_load(&barrier->round) != round;
}

/* A thread that is waited for may have lost its core to another program. Who sleeps leaves it a core of ours. */
static void sleep_until_over(unroll_barrier *barrier, int round)
{
    pthread_mutex_lock(&barrier->lock);
    atomic_fetch_add(&barrier->sleepers, 1);
    while (!is_over(barrier, round))
        pthread_cond_wait(&barrier->woken, &barrier->lock);
    atomic_fetch_sub(&barrier->sleepers, 1);
    pthread_mutex_unlock(&barrier->lock);
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
        /* sequentially consistent, as the sleeper's count and look are: one of the two sees the other */
        atomic_store(&barrier->round, round + 1);
        if (atomic_load(&barrier->sleepers) == 0)
            return;
        pthread_mutex_lock(&barrier->lock);
        pthread_cond_broadcast(&barrier->woken);
        pthread_mutex_unlock(&barrier->lock);
        return;
    }
    for (int spin = 0; spin < team->spins; spin++) {
        if (is_over(barrier, round))
            return;
        relax();
    }
    sleep_until_over(barrier, round);
}

void unroll_team_run(int threads, void (*work)(void *context, const unroll_team *team), void *context)
{
    unroll_barrier barrier = {.lock = PTHREAD_MUTEX_INITIALIZER, .woken = PTHREAD_COND_INITIALIZER};
    if (threads <= 1) {
        unroll_team alone = {0, 1, 0, &barrier};
        unroll_flush_denormals();
        work(context, &alone);
        return;
    }
#pragma omp parallel num_threads(threads)
    {
        int size = omp_get_num_threads();
        unroll_team team = {omp_get_thread_num(), size, size > omp_get_num_procs() ? 0 : SPINS, &barrier};
        unroll_flush_denormals();
        work(context, &team);
    }
    pthread_cond_destroy(&barrier.woken);
    pthread_mutex_destroy(&barrier.lock);
}
