#include <stdlib.h>
#include <string.h>

#include "simd/engine.h"

static const unroll_isa *chosen;

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
    if (chosen == NULL) {
        const char *name = getenv("UNROLL_ISA");
        if (name == NULL || unroll_isa_choose(name) != 0)
            chosen = best();
    }
    return chosen;
}

int unroll_isa_choose(const char *name)
{
    if (name[0] == '\0' || strcmp(name, "auto") == 0) {
        chosen = best();
        return 0;
    }
    for (int i = 0; i < unroll_isa_count; i++)
        if (strcmp(unroll_isas[i].name, name) == 0) {
            if (!unroll_isas[i].supported())
                return -2;
            chosen = &unroll_isas[i];
            return 0;
        }
    return -1;
}
