/* A product kernel that takes longer on purpose: what finds slowdowns is tried with it. */
#include "nightly/slowed.h"

#include "bench/bench.h"

static const unroll_engine *plain;
static double extra; /* time for each that a product takes */
static _Thread_local double owed;

/* What is owed is waited for once it is a microsecond: a wait of a few nanoseconds would itself take longer. */
static void slowed_product(const unroll_product *p)
{
    int64_t begin = unroll_clock_ns(), end;
    plain->product(p);
    end = unroll_clock_ns();
    owed += extra * (double)(end - begin);
    if (owed < 1e3)
        return;
    while ((double)(unroll_clock_ns() - end) < owed)
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
