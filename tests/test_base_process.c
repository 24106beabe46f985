/* Of the process as a whole: how many threads the system gives it, and the user's wish that it ends. */
#include "base/stop.h"
#include "base/threads.h"
#include "limited.h"

/* In a child, whose flag is its own. */
static int ask_to_stop(void)
{
    const atomic_bool *flag = unroll_stop_flag();
    bool before = unroll_stop_requested() || atomic_load(flag), first = unroll_stop_request();
    bool between = unroll_stop_requested() && atomic_load(flag), second = unroll_stop_request();
    return !before && !first && between && second ? 0 : 1;
}

static void the_wish_to_end_is_one_flag_that_stays_set(void)
{
    pid_t child = fork();
    if (child == 0)
        _exit(ask_to_stop());
    CU_ASSERT_EQUAL(end_of_child(child), 0);
}

static void one_thread_is_always_there_and_no_more_than_are_wanted(void)
{
    CU_ASSERT_EQUAL(unroll_threads_there(1), 1);
    CU_ASSERT_EQUAL(unroll_threads_there(0), 1);
    CU_ASSERT_EQUAL(unroll_threads_there(3), 3);
}

static void threads_that_the_system_refuses_are_not_counted(void)
{
    pid_t child = fork();
    int counted;
    if (child == 0)
        _exit(limit_threads(1) ? unroll_threads_there(4) : NO_LIMIT);
    counted = end_of_child(child);
    if (counted == NO_LIMIT)
        test_skip("the threads of a process cannot be limited here");
    else
        CU_ASSERT_EQUAL(counted, 1);
}

const unroll_test tests_base_process[] = {
    TEST(the_wish_to_end_is_one_flag_that_stays_set),
    TEST(one_thread_is_always_there_and_no_more_than_are_wanted),
    TEST(threads_that_the_system_refuses_are_not_counted),
    {NULL, NULL},
};
