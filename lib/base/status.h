/* status.h: how a function that can fail says so: a code for the exit status and one sentence for the user. */
#ifndef UNROLL_BASE_STATUS_H
#define UNROLL_BASE_STATUS_H

#include <stdbool.h>

typedef enum unroll_code {
    UNROLL_OK = 0,
    UNROLL_FAILED = 1,  /* a run or an operation failed */
    UNROLL_WRONG = 2,   /* the call was wrong: a setting, an argument, an input file */
    UNROLL_NOTHING = 3, /* there was nothing to do or to measure */
    UNROLL_STOPPED = 4, /* interrupted by the user; what was finished is kept */
    /* of a file that was to be read; UNROLL_FAILED is then what may pass (a broken disk, no memory, too many open files),
       UNROLL_WRONG what stands in the way (a folder of that name, no permission) */
    UNROLL_ABSENT = 5, /* it is not there */
    UNROLL_DAMAGED = 6 /* it is there, and not what it should be */
} unroll_code;

typedef struct unroll_status {
    unroll_code code;
    const char *place; /* file:line of the report, for developers */
    char text[512];    /* one sentence, no full stop, no line break */
} unroll_status;

unroll_status unroll_ok(void);
unroll_status unroll_status_at(unroll_code code, const char *place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define UNROLL_STRING2(x) #x
#define UNROLL_STRING(x) UNROLL_STRING2(x)
/* unroll_error(UNROLL_WRONG, "hidden=%d is not in 1..%d", ...): a status that remembers its place */
#define unroll_error(code, ...) unroll_status_at((code), __FILE__ ":" UNROLL_STRING(__LINE__), __VA_ARGS__)
/* returns the status from the calling function unless it is OK */
#define UNROLL_TRY(expression)                       \
    do {                                             \
        unroll_status try_status_ = (expression);    \
        if (try_status_.code != UNROLL_OK)           \
            return try_status_;                      \
    } while (0)

#endif
