/* stop.h: the wish to end, one flag for the whole process: Ctrl-C and SIGTERM set it, whatever waits looks at it. */
#ifndef UNROLL_BASE_STOP_H
#define UNROLL_BASE_STOP_H

#include <stdatomic.h>
#include <stdbool.h>

/* The flag itself: what commands and runs get as `stop`. */
const atomic_bool *unroll_stop_flag(void);
bool unroll_stop_requested(void);
/* Sets the flag, for good; returns whether it was set before. Safe in a signal handler. */
bool unroll_stop_request(void);

#endif
