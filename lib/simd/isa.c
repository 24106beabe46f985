#include <stdlib.h>
#include <string.h>

#include "base/settings.h"
#include "simd/engine.h"

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

static const unroll_isa *in_use;

static const unroll_isa *best(void)
{
    const unroll_isa *found = NULL;
    for (int i = 0; i < unroll_isa_count; i++)
        if (unroll_isas[i].supported() && (found == NULL || unroll_isas[i].rank > found->rank))
            found = &unroll_isas[i];
    return found;
}

const unroll_isa *unroll_isa_now(void)
{
    if (in_use == NULL)
        in_use = best();
    return in_use;
}

static unroll_status unknown(const char *name)
{
    enum { MOST_NAMES = 64 };
    const char *names[MOST_NAMES];
    int count = 0;
    names[count++] = "auto";
    for (int i = 0; i < unroll_isa_count && count < MOST_NAMES; i++)
        names[count++] = unroll_isas[i].name;
    return unroll_no_such("isa", name, names, count);
}

unroll_status unroll_isa_find(const char *name, const unroll_isa **isa)
{
    *isa = NULL;
    if (name[0] == '\0' || strcmp(name, "auto") == 0) {
        *isa = unroll_isa_now();
        return unroll_ok();
    }
    for (int i = 0; i < unroll_isa_count; i++)
        if (strcmp(unroll_isas[i].name, name) == 0) {
            if (!unroll_isas[i].supported())
                return unroll_error(UNROLL_WRONG, "this processor lacks the instruction set %s", name);
            *isa = &unroll_isas[i];
            return unroll_ok();
        }
    return unknown(name);
}

void unroll_isa_use(const unroll_isa *isa)
{
    in_use = isa;
}

unroll_status unroll_isa_start(const char *name)
{
    const unroll_isa *isa;
    in_use = best(); /* what "auto" stands for */
    name = name != NULL ? name : getenv("UNROLL_ISA");
    UNROLL_TRY(unroll_isa_find(name != NULL ? name : "auto", &isa));
    unroll_isa_use(isa);
    return unroll_ok();
}

void unroll_flush_denormals(void)
{
#if defined(__x86_64__)
    _mm_setcsr(_mm_getcsr() | 0x8040u); /* flush to zero, denormals are zero */
#elif defined(__aarch64__)
    uint64_t control;
    __asm__ volatile("mrs %0, fpcr" : "=r"(control));
    control |= UINT64_C(1) << 24; /* FZ */
    __asm__ volatile("msr fpcr, %0" : : "r"(control));
#endif
}
