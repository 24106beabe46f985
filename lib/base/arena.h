/* arena.h: one block of memory a run, handed out in 64-byte aligned pieces and freed as a whole. */
#ifndef UNROLL_BASE_ARENA_H
#define UNROLL_BASE_ARENA_H

#include <stddef.h>

#include "base/status.h"

typedef struct unroll_arena {
    unsigned char *base; /* NULL while sizes are only being counted */
    size_t used, size;   /* bytes */
} unroll_arena;

/* Sets `arena` to count: unroll_arena_take then returns NULL and only adds up what is asked for. */
void unroll_arena_count(unroll_arena *arena);
/* Allocates as many zeroed bytes as were counted. Fails with UNROLL_FAILED naming the size when memory is short. */
unroll_status unroll_arena_open(unroll_arena *arena);
/* `count` elements of `size` bytes, 64-byte aligned. Asserts that the block suffices. Overflow counts as SIZE_MAX. */
void *unroll_arena_take(unroll_arena *arena, size_t count, size_t size);
void unroll_arena_close(unroll_arena *arena);

#endif
