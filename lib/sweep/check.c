/* The settings that name a row of a registry, checked in one place. */
#include <stdlib.h>
#include <string.h>

#include "model/network.h"
#include "model/task.h"
#include "simd/engine.h"
#include "sweep/sweep.h"

enum { MOST_NAMES = 256 };

/* "there is no model lsmt; did you mean lstm?", or with all of the names when none is near */
static unroll_status no_such(const char *what, const char *name, const char *const *names, int count)
{
    const char *nearest = unroll_nearest(name, names, count);
    if (nearest != NULL)
        return unroll_error(UNROLL_WRONG, "there is no %s %.60s; did you mean %s?", what, name, nearest);
    return unroll_error(UNROLL_WRONG, "there is no %s %.60s; unroll list %ss shows them", what, name, what);
}

static bool among(const char *name, const char *const *names, int count)
{
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static int isa_names(const char *names[MOST_NAMES])
{
    int count = 0;
    names[count++] = "auto";
    for (int i = 0; i < unroll_isa_count && count < MOST_NAMES; i++)
        names[count++] = unroll_isas[i].name;
    return count;
}

unroll_status unroll_settings_check(const unroll_settings *settings)
{
    const char *names[MOST_NAMES];
    int count = 0;
    for (int i = 0; i < unroll_task_count && count < MOST_NAMES; i++)
        names[count++] = unroll_tasks[i]->name;
    if (!among(unroll_text(settings, "task"), names, count))
        return no_such("task", unroll_text(settings, "task"), names, count);
    count = 0;
    for (int i = 0; i < unroll_network_count; i++)
        for (int k = 0; unroll_networks[i]->model(k) != NULL && count < MOST_NAMES; k++)
            names[count++] = unroll_networks[i]->model(k);
    if (!among(unroll_text(settings, "model"), names, count))
        return no_such("model", unroll_text(settings, "model"), names, count);
    count = isa_names(names);
    if (!among(unroll_text(settings, "isa"), names, count))
        return no_such("isa", unroll_text(settings, "isa"), names, count);
    return unroll_ok();
}

unroll_status unroll_use_isa(const char *name)
{
    const char *names[MOST_NAMES];
    switch (unroll_isa_choose(name)) {
    case 0:
        return unroll_ok();
    case -2:
        return unroll_error(UNROLL_WRONG, "this processor lacks the instruction set %s", name);
    default:
        return no_such("isa", name, names, isa_names(names));
    }
}
