/* The settings that name a row of a registry, checked in one place. */
#include <stdlib.h>
#include <string.h>

#include "model/network.h"
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
    for (int i = 0; i < unroll_network_count; i++)
        for (int k = 0; unroll_networks[i]->model(k) != NULL && count < MOST_NAMES; k++)
            names[count++] = unroll_networks[i]->model(k);
    if (!among(unroll_text(settings, "model"), names, count))
        return unroll_no_such("model", unroll_text(settings, "model"), names, count);
    return unroll_isa_find(unroll_text(settings, "isa"), &isa);
}
