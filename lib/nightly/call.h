/* call.h: a program that is called and waited for: what it printed, and what it took (inside lib/nightly). */
#ifndef UNROLL_NIGHTLY_CALL_H
#define UNROLL_NIGHTLY_CALL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

typedef struct unroll_call {
    char *out;            /* owned: what went to its standard output, ended by a zero */
    char said[200];       /* the last line of its standard error */
    double wall_s, cpu_s; /* from its start to its end; of processor time, with that of its children */
    double peak_kb;       /* of resident memory */
    int status;           /* its exit status; 128 + the signal that ended it */
} unroll_call;

/* words: the program's path, its words, NULL. set: "NAME=VALUE" beside our own environment; NULL: nothing. pinned: on one core,
   where the system can. UNROLL_FAILED when it cannot be started, UNROLL_STOPPED (it is killed) once `stop` is set. One that takes
   longer than `seconds` is killed, too, and ends with status 124. call->out is to be freed, whatever comes back. */
unroll_status unroll_call_program(const char *const *words, const char *set, bool pinned, double seconds, const atomic_bool *stop,
                                  unroll_call *call);

#endif
