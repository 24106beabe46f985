/* Every settings row is registered here, before anything else happens. */
#include "bench/bench.h"
#include "cells/cell.h"
#include "cli/cli.h"
#include "losses/loss.h"
#include "model/network.h"
#include "model/settings.h"
#include "model/task.h"
#include "simd/engine.h"

void unroll_start(void)
{
    static bool started = false;
    if (started)
        return;
    started = true;
    unroll_register_core_settings();
    /* the cells' and the losses' rows are the same in every instruction set */
    for (const unroll_cell *const *cell = unroll_isas[0].cells; *cell != NULL; cell++)
        if ((*cell)->settings != NULL)
            unroll_settings_register((*cell)->settings, (*cell)->setting_count);
    for (const unroll_loss *const *loss = unroll_isas[0].losses; *loss != NULL; loss++)
        if ((*loss)->settings != NULL)
            unroll_settings_register((*loss)->settings, (*loss)->setting_count);
    for (int i = 0; i < unroll_network_count; i++)
        if (unroll_networks[i]->settings != NULL)
            unroll_settings_register(unroll_networks[i]->settings, unroll_networks[i]->setting_count);
    for (int i = 0; i < unroll_task_count; i++)
        if (unroll_tasks[i]->settings != NULL)
            unroll_settings_register(unroll_tasks[i]->settings, unroll_tasks[i]->setting_count);
    unroll_register_bench_settings();
}
