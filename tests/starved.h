/* starved.h: one allocation that fails, at a call that a test chooses (tests/test_core_memory.c). */
#ifndef UNROLL_TESTS_STARVED_H
#define UNROLL_TESTS_STARVED_H

#include <stdbool.h>

/* False, with the test left out, where the C library's allocator cannot be replaced. */
bool test_can_starve(void);
/* The next allocations of this thread are counted from 0, and number `call` fails. */
void test_starve(long call);
/* Ends that; whether one failed. */
bool test_fed(void);

#endif
