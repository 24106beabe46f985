/* unroll bench: the training step against the machine's own peak. */
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "cli/cli.h"
#include "simd/engine.h"
#include "sweep/sweep.h"

static const unroll_option options[] = {
    {"--format", "text|csv", "a table to read, or comma-separated values (default: text)"},
    {"--tenths", "N", "tenths of a second to measure each point (default: 5)"},
    {NULL, NULL, NULL},
};

extern const unroll_command command_bench;

/* what is timed where the command line does not say otherwise */
static const unroll_experiment grid = {
    .name = "bench",
    .axes_quick = "cell=rnn,lstm,gru hidden=16,32,64,128,256 batch=1,32 length=64 threads=1",
    .fixed = "input=0",
    .timed = true,
};

static void print_header(bool csv)
{
    if (csv)
        printf("cell,isa,threads,input,hidden,batch,length,ms,steps_per_s,gflops,peak_gflops,peak_fraction,spread\n");
    else
        printf("%-6s %-7s %7s %6s %6s %6s %6s %10s %12s %9s %9s %7s %7s\n", "cell", "isa", "threads", "input", "hidden",
               "batch", "length", "ms/step", "seq.steps/s", "GFLOP/s", "peak", "of peak", "spread");
}

static void print_point(const unroll_settings *s, const unroll_step_timing *t, bool csv)
{
    const char *isa = strcmp(unroll_text(s, "isa"), "auto") == 0 ? unroll_isa_now()->name : unroll_text(s, "isa");
    long long input = (long long)unroll_int(s, "input"), hidden = (long long)unroll_int(s, "hidden");
    printf(csv ? "%s,%s,%lld,%lld,%lld,%lld,%lld,%.6g,%.6g,%.5g,%.5g,%.4f,%.4f\n"
               : "%-6s %-7s %7lld %6lld %6lld %6lld %6lld %10.4g %12.4g %9.1f %9.1f %7.3f %7.3f\n",
           unroll_text(s, "cell"), isa, (long long)unroll_int(s, "threads"), input > 0 ? input : hidden, hidden,
           (long long)unroll_int(s, "batch"), (long long)unroll_int(s, "length"), t->median_ms, t->steps_per_s, t->gflops,
           t->peak_gflops, t->peak_fraction, t->spread);
    fflush(stdout);
}

static unroll_status measure_all(const unroll_arguments *arguments, bool csv, double seconds, const atomic_bool *stop)
{
    unroll_sweep_options sweep = {.shard = 1,
                                  .shards = 1,
                                  .results = "",
                                  .out = stdout,
                                  .assignments = arguments->assignments,
                                  .assignment_count = arguments->assignment_count};
    unroll_settings **configs = NULL;
    unroll_status status;
    int count = 0;
    UNROLL_TRY(unroll_sweep_plan(&grid, &sweep, &configs, &count));
    status = unroll_ok();
    print_header(csv);
    for (int i = 0; i < count; i++) {
        unroll_step_timing timing;
        if (status.code == UNROLL_OK && atomic_load(stop))
            status = unroll_error(UNROLL_STOPPED, "stopped after %d of %d points", i, count);
        if (status.code == UNROLL_OK)
            status = unroll_time_training_step(configs[i], seconds, &timing);
        if (status.code == UNROLL_OK)
            print_point(configs[i], &timing, csv);
        unroll_settings_free(configs[i]);
    }
    free(configs);
    if (status.code == UNROLL_OK && !csv)
        printf("\nms/step: median time of one training step (forward, full backward with the input's gradient, clipping, update);\n"
               "of peak: 3 * 2 B T G H (I + H) floating-point operations over that time, as a share of the fused-multiply-add\n"
               "rate measured in between; spread: interquartile range over median\n");
    return status;
}

static int run(int argc, char **argv, const atomic_bool *stop)
{
    unroll_arguments arguments;
    int tenths = 5;
    const char *format = NULL;
    unroll_status status = unroll_arguments_read(&command_bench, argc, argv, 0, 0, &arguments);
    if (status.code == UNROLL_OK) {
        format = unroll_option_get(&arguments, "--format");
        status = unroll_option_int(&arguments, "--tenths", 1, 36000, &tenths);
    }
    if (status.code == UNROLL_OK && format != NULL && strcmp(format, "text") != 0 && strcmp(format, "csv") != 0)
        status = unroll_error(UNROLL_WRONG, "--format %.40s is none of text, csv", format);
    if (status.code == UNROLL_OK)
        status = measure_all(&arguments, format != NULL && strcmp(format, "csv") == 0, tenths * 0.1, stop);
    unroll_arguments_free(&arguments);
    return unroll_say(status);
}

const unroll_command command_bench = {
    .name = "bench",
    .usage = "[setting=value,value... ...] [options]",
    .help = "time training steps against the machine's measured peak",
    .order = 60,
    .run = run,
    .options = options,
    .settings = true,
    .more = "Settings that matter: cell, hidden, input (0: as many as hidden), batch, length, layers, threads, isa, optimizer.\n",
};
