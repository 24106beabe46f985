#include <stdlib.h>
#include <string.h>

#include "base/settings.h"
#include "simd/engine.h"

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
