/* talk.h: the child that parses, and bytes to and from its processes. One thread at a time (reader.c holds the lock). */
#ifndef UNROLL_STORE_TALK_H
#define UNROLL_STORE_TALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum unroll_talk {
    UNROLL_TALK_GOOD,
    UNROLL_TALK_ENDED,  /* the other side is gone */
    UNROLL_TALK_SILENT, /* it is there and says nothing, for minutes */
    UNROLL_TALK_STOPPED /* the user wants to stop */
} unroll_talk;

/* Starts the child unless it is there; returns 0 or errno. */
int unroll_child_start(void);
/* Ends the child with all of its processes; the next file finds another. */
void unroll_child_kill(void);

/* Before each file: from here on the wish to stop ends every wait, unless it is there already. */
void unroll_talk_begin(void);

/* Whether a process for the next file is at hand. */
bool unroll_is_connected(void);
/* Accepts the child's offer of one. *ended: how the last one did, see reader.h. */
unroll_talk unroll_accept_offer(int64_t *ended);
/* Lets that process end. */
void unroll_hang_up(void);

unroll_talk unroll_tell(const void *bytes, size_t size);
unroll_talk unroll_hear(void *bytes, size_t size);

#endif
