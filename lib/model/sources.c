#include "model/sources.h"

#include <string.h>

#include "cells/cell.h"
#include "model/network.h"
#include "model/task.h"
#include "simd/engine.h"

static uint64_t add(uint64_t hash, const char *text)
{
    return unroll_hash(hash, text, strlen(text));
}

void unroll_sources_of(const unroll_settings *settings, char out[UNROLL_HASH_ROOM])
{
    const unroll_cell *cell = unroll_cell_find(unroll_text(settings, "model"));
    const unroll_network *network = unroll_network_find(unroll_text(settings, "model"));
    const unroll_task *task = unroll_task_find(unroll_text(settings, "task"));
    uint64_t hash = add(UNROLL_HASH_START, unroll_sources_core);
    for (int i = 0; i < unroll_cell_count; i++)
        if (unroll_isa_now()->cells[i] == cell)
            hash = add(hash, unroll_sources_cell[i]);
    for (int i = 0; i < unroll_network_count; i++)
        if (unroll_networks[i] == network)
            hash = add(hash, unroll_sources_network[i]);
    for (int i = 0; i < unroll_task_count; i++)
        if (unroll_tasks[i] == task)
            hash = add(hash, unroll_sources_task[i]);
    unroll_hash_show(hash, out);
}
