/* Lookups in the generated registries. */
#include <string.h>

#include "cells/cell.h"
#include "model/task.h"
#include "simd/engine.h"

const unroll_cell *unroll_cell_in(const unroll_isa *isa, const char *name)
{
    for (int i = 0; i < unroll_cell_count; i++)
        if (strcmp(isa->cells[i]->name, name) == 0)
            return isa->cells[i];
    return NULL;
}

const unroll_cell *unroll_cell_find(const char *name)
{
    return unroll_cell_in(unroll_isa_now(), name);
}

const unroll_task *unroll_task_find(const char *name)
{
    for (int i = 0; i < unroll_task_count; i++)
        if (strcmp(unroll_tasks[i]->name, name) == 0)
            return unroll_tasks[i];
    return NULL;
}
