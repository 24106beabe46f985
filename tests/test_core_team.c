/* The threads of one run: always the same ones, all of them every time, in step. */
#include <omp.h>
#include <pthread.h>

#include "base/team.h"
#include "suite.h"

enum { THREADS = 3, CALLS = 500 };

typedef struct roll {
    pthread_t thread[THREADS];
    int calls[THREADS], behind, strangers; /* ranks that saw another's count lag; ranks on another thread than before */
} roll;

/* Each counts its call, waits, and looks at the others. */
static void count_call(void *context, const unroll_team *team)
{
    roll *r = context;
    int rank = team->rank;
    if (r->calls[rank] == 0)
        r->thread[rank] = pthread_self();
    if (!pthread_equal(r->thread[rank], pthread_self()))
        r->strangers++;
    r->calls[rank]++;
    unroll_team_wait(team);
    for (int other = 0; other < team->size; other++)
        if (r->calls[other] != r->calls[rank])
            r->behind++;
    unroll_team_wait(team);
}

static int check_crew(void)
{
    roll r = {.behind = 0};
    int wrong = 0;
    unroll_crew *crew = unroll_crew_open(THREADS);
    if (crew == NULL)
        return 1;
    for (int i = 0; i < CALLS; i++)
        unroll_crew_run(crew, count_call, &r);
    unroll_crew_close(crew);
    for (int rank = 0; rank < THREADS; rank++)
        wrong += r.calls[rank] != CALLS;
    return wrong + r.strangers + r.behind;
}

static void every_call_runs_all_ranks_each_on_its_own_thread(void)
{
    CU_ASSERT_EQUAL(check_crew(), 0);
}

/* OpenMP would make the threads of an inner region anew at every call */
static void so_it_is_inside_of_a_parallel_region(void)
{
    int wrong[2] = {-1, -1};
#pragma omp parallel num_threads(2)
    if (omp_get_thread_num() < 2)
        wrong[omp_get_thread_num()] = check_crew();
    for (int i = 0; i < 2; i++)
        CU_ASSERT(wrong[i] == 0 || (i == 1 && wrong[i] == -1)); /* the system may give one thread only */
}

static void a_crew_of_one_is_its_caller(void)
{
    roll r = {.behind = 0};
    unroll_crew *crew = unroll_crew_open(1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(crew);
    unroll_crew_run(crew, count_call, &r);
    CU_ASSERT_EQUAL(r.calls[0], 1);
    CU_ASSERT_TRUE(pthread_equal(r.thread[0], pthread_self()));
    unroll_crew_close(crew);
}

const unroll_test tests_core_team[] = {
    TEST(every_call_runs_all_ranks_each_on_its_own_thread),
    TEST(so_it_is_inside_of_a_parallel_region),
    TEST(a_crew_of_one_is_its_caller),
    {NULL, NULL},
};
