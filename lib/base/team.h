/* team.h: the threads of one run. Every function of the core that takes a team is called by all its threads, does its own
   part, and leaves what others need behind a barrier. */
#ifndef UNROLL_BASE_TEAM_H
#define UNROLL_BASE_TEAM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct unroll_barrier {
    _Alignas(64) atomic_int arrived;
    _Alignas(64) atomic_int round;
} unroll_barrier;

/* What a training step consists of, for whoever measures where its time goes. */
typedef enum unroll_phase {
    UNROLL_PHASE_OTHER,          /* head, loss, layout */
    UNROLL_PHASE_INPUT,          /* input product */
    UNROLL_PHASE_RECURRENT,      /* recurrent products, forward and backward */
    UNROLL_PHASE_CELL,           /* element-wise part, forward and backward */
    UNROLL_PHASE_WEIGHTS,        /* weight gradients */
    UNROLL_PHASE_INPUT_GRADIENT, /* gradient of the input */
    UNROLL_PHASE_OPTIMIZER,      /* clipping, update, transposed weights */
    UNROLL_PHASES
} unroll_phase;

/* Told by the first thread whenever another phase begins. */
typedef struct unroll_watch {
    void (*phase)(void *context, unroll_phase phase);
    void *context;
} unroll_watch;

typedef struct unroll_team {
    int rank, size;
    bool crowded; /* more threads than cores */
    unroll_barrier *barrier;
    const unroll_watch *watch; /* NULL: nobody watches */
} unroll_team;

static inline void unroll_team_phase(const unroll_team *team, unroll_phase phase)
{
    if (team->watch != NULL && team->rank == 0)
        team->watch->phase(team->watch->context, phase);
}

void unroll_team_wait(const unroll_team *team);

/* The threads of one run, made once and kept: between two pieces of work they wait as at a barrier, where a thread
   sleeps when it takes long. */
typedef struct unroll_crew unroll_crew;

/* `threads` in all, the caller's among them; fewer where the system gives fewer. NULL when memory is short. */
unroll_crew *unroll_crew_open(int threads);
void unroll_crew_close(unroll_crew *crew);
int unroll_crew_size(const unroll_crew *crew);
/* From now on `watch` (NULL: nobody), which must outlive the crew or the next call, is told of phases. */
void unroll_crew_watch(unroll_crew *crew, const unroll_watch *watch);
/* work(context, team) on every one of them; returns when all are done. Called by one thread at a time. */
void unroll_crew_run(unroll_crew *crew, void (*work)(void *context, const unroll_team *team), void *context);

/* This thread's part [begin, end) of `count` things. */
typedef struct unroll_part {
    int begin, end;
} unroll_part;

static inline unroll_part unroll_team_part(const unroll_team *team, int count)
{
    unroll_part part = {0, count};
    if (team->size == 1) /* the divisions would take as long as some of the work */
        return part;
    part.begin = (int)((long long)count * team->rank / team->size);
    part.end = (int)((long long)count * (team->rank + 1) / team->size);
    return part;
}

/* Flushes denormals in the calling thread, on every instruction set. */
void unroll_flush_denormals(void);

#endif
