/* The machine's ceilings: arithmetic of one core and of all, and how fast one core reads from each level of memory. */
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/threads.h"
#include "bench/bench.h"
#include "bench/timed.h"
#include "simd/engine.h"

static double cache_bytes(int level)
{
    long bytes = 0;
#if defined(_SC_LEVEL2_CACHE_SIZE)
    bytes = sysconf(level == 2 ? _SC_LEVEL2_CACHE_SIZE : _SC_LEVEL3_CACHE_SIZE);
#endif
    return bytes > 0 ? (double)bytes : level == 2 ? 1048576.0 : 33554432.0;
}

/* the best of several readings of the buffer's first `bytes` bytes, GB/s */
static double read_rate(const unroll_engine *engine, const real *buffer, double bytes, double seconds)
{
    size_t count = (size_t)(bytes / sizeof(real)) / 1024 * 1024;
    int passes = (int)(16777216.0 / bytes) + 1; /* enough for the clock */
    int64_t begin = unroll_clock_ns();
    double best = 0.0;
    volatile double kept = engine->read(buffer, count);
    do {
        int64_t start = unroll_clock_ns();
        double rate;
        for (int i = 0; i < passes; i++)
            kept = engine->read(buffer, count);
        rate = (double)count * sizeof(real) * passes / (double)(unroll_clock_ns() - start);
        best = rate > best ? rate : best;
    } while ((double)(unroll_clock_ns() - begin) < seconds * 1e9);
    (void)kept;
    return best;
}

static double peak_of_all(const unroll_settings *settings, int cores, double seconds)
{
    double all = 0.0;
#pragma omp parallel num_threads(cores) reduction(+ : all)
    {
#pragma omp barrier
        all += unroll_measure_peak(settings, seconds);
    }
    return all;
}

unroll_status unroll_measure_ceilings(const unroll_settings *settings, double seconds, unroll_ceilings *ceilings)
{
    const unroll_engine *engine = unroll_isa_of(settings)->engine;
    double l2 = cache_bytes(2), l3 = cache_bytes(3), far;
    /* a shared third level is not all ours: eight times the second is well inside; memory is tried well outside, but in no
       more than half a gigabyte */
    double near = l2 / 2.0, middle = 8.0 * l2 < l3 / 2.0 ? 8.0 * l2 : l3 / 2.0;
    unroll_pinned old;
    real *buffer;
    middle = middle > 2.0 * l2 ? middle : 2.0 * l2;
    far = 2.0 * l3 < 536870912.0 ? 2.0 * l3 : 536870912.0;
    far = far > 4.0 * middle ? far : 4.0 * middle;
    buffer = aligned_alloc(64, ((size_t)far + 63) / 64 * 64);
    if (buffer == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory: %.0f MiB to measure its bandwidth in", far / 1048576.0);
    memset(buffer, 0, (size_t)far);
    ceilings->processors = omp_get_num_procs();
    ceilings->cores = unroll_threads_there(ceilings->processors);
    ceilings->l2_bytes = l2;
    ceilings->l3_bytes = l3;
    ceilings->peak_all = 0.0; /* the best of several: another program may have a core for a while */
    for (int i = 0; i < 4; i++) {
        double all = peak_of_all(settings, ceilings->cores, seconds / 16.0);
        ceilings->peak_all = all > ceilings->peak_all ? all : ceilings->peak_all;
    }
    unroll_pin(&old);
    ceilings->peak_core = unroll_measure_peak(settings, seconds / 4.0);
    ceilings->l2_gb_per_s = read_rate(engine, buffer, near, seconds / 8.0);
    ceilings->l3_gb_per_s = read_rate(engine, buffer, middle, seconds / 8.0);
    ceilings->memory_gb_per_s = read_rate(engine, buffer, far, seconds / 4.0);
    unroll_unpin(&old);
    free(buffer);
    return unroll_ok();
}

double unroll_bandwidth_for(const unroll_ceilings *ceilings, double bytes)
{
    return bytes <= ceilings->l2_bytes   ? ceilings->l2_gb_per_s
           : bytes <= ceilings->l3_bytes ? ceilings->l3_gb_per_s
                                         : ceilings->memory_gb_per_s;
}
