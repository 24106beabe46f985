/* The settings that name a row of a registry, checked in one place. */
#include <stdlib.h>
#include <string.h>

#include "cells/cell.h"
#include "model/task.h"
#include "simd/engine.h"
#include "sweep/sweep.h"

enum { MOST_NAMES = 256 };

static bool among(const char *name, const char *const *names, int count)
{
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

unroll_status unroll_settings_check(const unroll_settings *settings)
{
    const char *names[MOST_NAMES];
    const unroll_isa *isa;
    int count = 0;
    for (int i = 0; i < unroll_task_count && count < MOST_NAMES; i++)
        names[count++] = unroll_tasks[i]->name;
    if (!among(unroll_text(settings, "task"), names, count))
        return unroll_no_such("task", unroll_text(settings, "task"), names, count);
    count = 0;
    for (const unroll_cell *const *cell = unroll_isas[0].cells; *cell != NULL && count < MOST_NAMES; cell++)
        names[count++] = (*cell)->name;
    if (!among(unroll_text(settings, "cell"), names, count))
        return unroll_no_such("cell", unroll_text(settings, "cell"), names, count);
    return unroll_isa_find(unroll_text(settings, "isa"), &isa);
}
