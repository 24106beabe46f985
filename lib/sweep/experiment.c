#include "sweep/experiment.h"

#include <string.h>

const unroll_experiment *unroll_experiment_find(const char *name)
{
    for (int i = 0; i < unroll_experiment_count; i++)
        if (strcmp(unroll_experiments[i]->name, name) == 0)
            return unroll_experiments[i];
    return NULL;
}
