/* unroll bench: the training core against the machine's own ceilings. */
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/peers.h"
#include "cli/bench_output.h"
#include "cli/cli.h"
#include "report/report.h"
#include "sweep/sweep.h"

static const unroll_option options[] = {
    {"--stream", NULL, "time steps of streaming inference, with weights as float, bf16 and int8"},
    {"--threads", NULL, "measure what more threads bring to one run, and to runs side by side"},
    {"--elementwise", NULL, "time exp, sigmoid and tanh on every instruction set"},
    {"--phases", NULL, "show where the time of a training step goes"},
    {"--wide", NULL, "time a softmax over many classes with its head, beside its three products alone"},
    {"--beside", NULL,
     "time every model in turns with the LSTM, or each point in turns with itself under another setting (against=)"},
    {"--words", NULL, "time a training step of a small model of words, beside the peak and in turns with PyTorch"},
    {"--transformer", NULL, "time a training step of a causal Transformer, beside the peak and in turns with PyTorch"},
    {"--peers", NULL, "time training steps in turns with oneDNN, CBLAS and PyTorch; with --stream, streaming steps"},
    {"--format", "text|csv", "a table to read, or comma-separated values (default: text)"},
    {"--tenths", "N", "tenths of a second to measure each point (default: 5)"},
    {"--results", "DIR", "folder of the results (default: results)"},
    {NULL, NULL, NULL},
};

static unroll_experiment grid = {
    .name = "bench",
    .title = "training and streaming steps against the machine's ceilings",
    .fixed = "input=0 clip=0", /* nobody else clips */
    .version = 1,
    .timed = true,
    .steps = true,
    .figures = "roofline",
};

static const unroll_bench_mode *find_mode(const char *name)
{
    int i = 0;
    while (strcmp(unroll_bench_modes[i].name, name) != 0)
        i++;
    return &unroll_bench_modes[i];
}

static bool asks_for(const unroll_arguments *arguments, const char *assignment)
{
    for (int i = 0; i < arguments->assignment_count; i++)
        if (strcmp(arguments->assignments[i], assignment) == 0)
            return true;
    return false;
}

/* --stream and --peers go together, all others alone; the peer of a Transformer stands beside it in its own mode */
static unroll_status choose_mode(const unroll_arguments *arguments, const unroll_bench_mode **mode)
{
    bool stream = unroll_option_get(arguments, "--stream") != NULL;
    bool peers = unroll_option_get(arguments, "--peers") != NULL;
    *mode = NULL;
    for (int i = 1; i < unroll_bench_mode_count; i++) {
        char option[32];
        snprintf(option, sizeof option, "--%s", unroll_bench_modes[i].name);
        if (strcmp(option, "--stream-peers") == 0 || unroll_option_get(arguments, option) == NULL)
            continue;
        if (stream && peers && strcmp(option, "--stream") == 0)
            continue;
        if (*mode != NULL)
            return unroll_error(UNROLL_WRONG, "--%s and --%s are two measurements: ask for one at a time", (*mode)->name,
                                unroll_bench_modes[i].name);
        *mode = &unroll_bench_modes[i];
    }
    if (stream && peers && *mode != NULL && strcmp((*mode)->name, "peers") == 0)
        *mode = find_mode("stream-peers");
    else if (peers && !stream && *mode != NULL && asks_for(arguments, "model=transformer"))
        *mode = find_mode("transformer");
    *mode = *mode != NULL ? *mode : &unroll_bench_modes[0];
    return unroll_ok();
}

/* Where nobody says batch=, a batch of a mode with rows is of that many, or of one longer sequence. */
static unroll_status settle_batches(const unroll_arguments *arguments, int rows, unroll_settings **configs, int count)
{
    const char *text;
    for (int i = 0; i < arguments->assignment_count; i++)
        if (unroll_part_assignment(arguments->assignments[i], &text) == 5 && strncmp(arguments->assignments[i], "batch", 5) == 0)
            return unroll_ok();
    for (int i = 0; rows > 0 && i < count; i++) {
        int64_t length = unroll_int(configs[i], "length");
        unroll_value batch = {.type = UNROLL_INT, .integer = rows > length ? rows / length : 1};
        UNROLL_TRY(unroll_settings_put(configs[i], unroll_setting_find("batch"), &batch));
    }
    return unroll_ok();
}

static void print_ceilings(const unroll_ceilings *c)
{
    if (c->cores < c->processors)
        printf("the system gives %d of %d threads: no more cores are measured\n", c->cores, c->processors);
    printf("this machine: %.1f GFLOP/s of fused multiply-adds on one core, %.1f on all %d; one core reads %.0f GB/s from the\n"
           "second-level cache, %.0f from the third, %.1f from memory\n\n",
           c->peak_core, c->peak_all, c->cores, c->l2_gb_per_s, c->l3_gb_per_s, c->memory_gb_per_s);
    fflush(stdout);
}

static unroll_status measure_points(unroll_settings **configs, int count, double seconds, unroll_bench_output *output,
                                    const atomic_bool *stop)
{
    unroll_bench_sink sink = {unroll_bench_put, output};
    unroll_status status = unroll_ok();
    for (int i = 0; i < count && status.code == UNROLL_OK; i++) {
        if (atomic_load(stop))
            return unroll_error(UNROLL_STOPPED, "stopped after %d of %d points", i, count);
        status = output->mode->measure(configs[i], seconds, output->ceilings, stop, &sink);
        if (status.code == UNROLL_OK)
            status = output->trouble;
    }
    return status;
}

/* A few points do not take the place of a figure of them all. A benchmark without its figure is none the worse. */
static unroll_status draw(int count, const char *results)
{
    unroll_sweep_options whole = {.shard = 1, .shards = 1, .results = "", .out = stdout};
    unroll_settings **configs = NULL;
    unroll_status drawn;
    int all = 0;
    UNROLL_TRY(unroll_sweep_plan(&grid, &whole, &configs, &all));
    for (int i = 0; i < all; i++)
        unroll_settings_free(configs[i]);
    free(configs);
    if (count < all) {
        printf("no figure: it takes the whole grid of %d points, and these are %d\n", all, count);
        return unroll_ok();
    }
    drawn = unroll_plot(&grid, results, NULL, stdout);
    if (drawn.code != UNROLL_OK)
        printf("no figure: %s\n", drawn.text);
    return unroll_ok();
}

/* What was measured is gathered even when the rest was not. */
static unroll_status measure_all(unroll_settings **configs, int count, double seconds, unroll_bench_output *output,
                                 const atomic_bool *stop)
{
    unroll_ceilings ceilings;
    unroll_status status, gathered;
    UNROLL_TRY(unroll_measure_ceilings(configs[0], seconds < 1.0 ? seconds : 1.0, &ceilings));
    output->ceilings = &ceilings;
    if (!output->csv)
        print_ceilings(&ceilings);
    UNROLL_TRY(unroll_bench_begin(output));
    status = measure_points(configs, count, seconds, output, stop);
    gathered = unroll_bench_end(output);
    if (status.code == UNROLL_OK)
        status = gathered;
    if (status.code == UNROLL_OK && output->mode == &unroll_bench_modes[0] && !output->csv)
        status = draw(count, output->results);
    return status;
}

static unroll_status run(const unroll_arguments *arguments, const atomic_bool *stop)
{
    unroll_sweep_options sweep = {.shard = 1,
                                  .shards = 1,
                                  .results = "",
                                  .out = stdout,
                                  .assignments = arguments->assignments,
                                  .assignment_count = arguments->assignment_count};
    unroll_bench_output output = {.experiment = &grid, .results = "results"};
    const char *format = unroll_option_get(arguments, "--format");
    unroll_settings **configs = NULL;
    unroll_status status;
    int count = 0, tenths = 5;
    UNROLL_TRY(unroll_option_int(arguments, "--tenths", 1, 36000, &tenths));
    if (format != NULL && strcmp(format, "text") != 0 && strcmp(format, "csv") != 0)
        return unroll_error(UNROLL_WRONG, "--format %.40s is none of text, csv", format);
    output.csv = format != NULL && strcmp(format, "csv") == 0;
    UNROLL_TRY(unroll_read_results(arguments, &output.results));
    UNROLL_TRY(choose_mode(arguments, &output.mode));
    grid.axes_quick = unroll_bench_axes(output.mode);
    UNROLL_TRY(unroll_sweep_plan(&grid, &sweep, &configs, &count));
    status = settle_batches(arguments, output.mode->rows, configs, count);
    if (status.code == UNROLL_OK)
        status = measure_all(configs, count, tenths * 0.1, &output, stop);
    unroll_peers_close();
    for (int i = 0; i < count; i++)
        unroll_settings_free(configs[i]);
    free(configs);
    return status;
}

const unroll_command command_bench = {
    .name = "bench",
    .usage = "[setting=value,value... ...] [options]",
    .help = "time training and streaming steps against the machine's measured ceilings",
    .order = 60,
    .run = run,
    .options = options,
    .settings = true,
    .lists = true,
    .more = "Settings that matter: model, hidden, input (0: as many as hidden), batch, length, layers, threads, weights, isa,\n"
            "optimizer.\n"
            "\n"
            "Each call adds its records to DIR/bench/runs and gathers all records in DIR/bench.h5. Nothing is replaced: the\n"
            "columns date and invocation tell the calls apart. The figure is drawn again only by a call that has at least as\n"
            "many points as one without settings. lib/bench/README.md says more.\n",
};
