#include "base/arena.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

enum { ALIGNMENT = 64, HUGE_PAGE = 2 << 20 };

void unroll_arena_count(unroll_arena *arena)
{
    arena->base = NULL;
    arena->used = 0;
    arena->size = 0;
}

/* Bytes that can be had without swapping, as far as the system tells. Asked before a large block is touched: a system that
   hands out more than it has would kill the whole program later instead of refusing now. */
static double available_bytes(void)
{
    FILE *file = fopen("/proc/meminfo", "r");
    char line[128];
    double kibibytes = 0.0;
    while (file != NULL && kibibytes == 0.0 && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "MemAvailable:", 13) == 0)
            kibibytes = strtod(line + 13, NULL);
    if (file != NULL)
        fclose(file);
    return kibibytes > 0.0 ? kibibytes * 1024.0 : (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
}

/* Memory of some size lies in huge pages where the system has them for who asks: matrices that are walked along several
   blocks at once touch more small pages than a processor keeps the addresses of. */
static unsigned char *allocate_pages(size_t *size)
{
    unsigned char *base;
    if (*size < HUGE_PAGE / 2)
        return aligned_alloc(ALIGNMENT, *size);
    *size = (*size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    base = aligned_alloc(HUGE_PAGE, *size);
#ifdef MADV_HUGEPAGE
    if (base != NULL)
        madvise(base, *size, MADV_HUGEPAGE);
#endif
    return base;
}

unroll_status unroll_arena_open(unroll_arena *arena)
{
    size_t size = arena->used;
    const size_t large = (size_t)1 << 28;
    if (size >= SIZE_MAX / 2)
        return unroll_error(UNROLL_FAILED, "out of memory: the run needs more than this machine can address");
    size = (size + ALIGNMENT) / ALIGNMENT * ALIGNMENT;
    arena->base = size > large && (double)size > available_bytes() ? NULL : allocate_pages(&size);
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
