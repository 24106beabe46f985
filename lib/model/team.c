#include "model/team.h"

#include <omp.h>
#include <sched.h>

#include "simd/engine.h"

/* rounds of waiting before the processor is offered to others; none where there are more threads than cores */
enum { SPINS = 2000 };

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
    for (int spin = 0; atomic_load_explicit(&barrier->round, memory_order_acquire) == round; spin++)
        if (spin > SPINS || team->crowded)
            sched_yield();
}

void unroll_team_run(int threads, void (*work)(void *context, const unroll_team *team), void *context)
{
    unroll_barrier barrier;
    atomic_init(&barrier.arrived, 0);
    atomic_init(&barrier.round, 0);
    if (threads <= 1) {
        unroll_team alone = {0, 1, false, &barrier};
        unroll_flush_denormals();
        work(context, &alone);
        return;
    }
#pragma omp parallel num_threads(threads)
    {
        unroll_team team = {omp_get_thread_num(), omp_get_num_threads(), omp_get_num_threads() > omp_get_num_procs(), &barrier};
        unroll_flush_denormals();
        work(context, &team);
    }
}
