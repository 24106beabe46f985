/* Every settings row is registered here, before anything else happens. */
#include "bench/bench.h"
#include "cli/cli.h"
#include "model/settings.h"
#include "model/task.h"

void unroll_start(void)
{
    static bool started = false;
    if (started)
        return;
    started = true;
    unroll_register_core_settings();
    for (int i = 0; i < unroll_task_count; i++) {
        const unroll_task *task = unroll_tasks[i];
        if (task->shared != NULL)
            unroll_settings_register(task->shared, task->shared_count);
        if (task->settings != NULL)
            unroll_settings_register(task->settings, task->setting_count);
    }
    unroll_register_bench_settings();
}
