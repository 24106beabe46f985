#include "base/stop.h"

#if ATOMIC_BOOL_LOCK_FREE != 2
#error "a signal handler may not wait for a lock"
#endif

static atomic_bool requested;

const atomic_bool *unroll_stop_flag(void)
{
    return &requested;
}

bool unroll_stop_requested(void)
{
    return atomic_load(&requested);
}

bool unroll_stop_request(void)
{
    return atomic_exchange(&requested, true);
}
