#include "base/arena.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 64 };

void unroll_arena_count(unroll_arena *arena)
{
    arena->base = NULL;
    arena->used = 0;
    arena->size = 0;
}

unroll_status unroll_arena_open(unroll_arena *arena)
{
    size_t size = arena->used;
    if (size >= SIZE_MAX / 2)
        return unroll_error(UNROLL_FAILED, "out of memory: the run needs more than this machine can address");
    size = (size + ALIGNMENT) / ALIGNMENT * ALIGNMENT;
    arena->base = aligned_alloc(ALIGNMENT, size);
    if (arena->base == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory: the run needs %.1f GiB", (double)size / (1024.0 * 1024 * 1024));
    memset(arena->base, 0, size);
    arena->size = size;
    arena->used = 0;
    return unroll_ok();
}

void *unroll_arena_take(unroll_arena *arena, size_t count, size_t size)
{
    size_t bytes, start = arena->used;
    if (size != 0 && count > (SIZE_MAX / 4 - ALIGNMENT) / size) {
        assert(arena->base == NULL);
        arena->used = SIZE_MAX / 2;
        return NULL;
    }
    bytes = (count * size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (arena->base == NULL) {
        arena->used = start > SIZE_MAX / 2 - bytes ? SIZE_MAX / 2 : start + bytes;
        return NULL;
    }
    assert(start + bytes <= arena->size);
    arena->used = start + bytes;
    return arena->base + start;
}

void unroll_arena_close(unroll_arena *arena)
{
    free(arena->base);
    unroll_arena_count(arena);
}
