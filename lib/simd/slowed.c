/* A product kernel that takes longer on purpose: what finds slowdowns is tried with it. */
#include <time.h>

#include "simd/engine.h"

static const unroll_engine *plain;
static double extra; /* time for each that a product takes */
static _Thread_local double owed;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* What is owed is waited for once it is a microsecond: a wait of a few nanoseconds would itself take longer. */
static void slowed_product(const unroll_product *p)
{
    double begin = now(), end;
    plain->product(p);
    end = now();
    owed += extra * (end - begin);
    if (owed < 1e3)
        return;
    while (now() < end + owed)
        continue;
    owed = 0;
}

const unroll_isa *unroll_isa_slowed(const unroll_isa *isa, double percent)
{
    static unroll_isa slowed;
    static unroll_engine engine;
    plain = isa->engine;
    extra = percent / 100;
    engine = *plain;
    engine.product = slowed_product;
    slowed = *isa;
    slowed.engine = &engine;
    return &slowed;
}
