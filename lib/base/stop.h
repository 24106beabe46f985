/* stop.h: the user's wish that the program end, as a signal brings it: what takes long looks at it. */
#ifndef UNROLL_BASE_STOP_H
#define UNROLL_BASE_STOP_H

#include <stdatomic.h>
#include <stdbool.h>

/* What commands get as `stop`. */
const atomic_bool *unroll_stop_flag(void);
bool unroll_stop_requested(void);
/* Asks for the end; returns whether that was asked before. A signal handler may call it. */
bool unroll_stop_request(void);

#endif
