/* unroll run: an experiment's sweep. */
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/settings.h"
#include "cli/cli.h"
#include "sweep/sweep.h"

static const unroll_option options[] = {
    {"--quick", NULL, "the small size of the experiment, minutes (the default)"},
    {"--full", NULL, "the full size of the experiment"},
    {"--jobs", "N", "runs side by side (default: the number of processors)"},
    {"--dry-run", NULL, "print the plan, the number of runs and the expected time; run nothing"},
    {"--retry-failed", NULL, "do failed runs again"},
    {"--force", NULL, "do every run again and replace its record"},
    {"--again", NULL, "do every run again and keep the older record, too; tables use the newest"},
    {"--fail-fast", NULL, "start no more runs after the first failure"},
    {"--shard", "K/N", "do part K of N; all parts together give the same results as one call"},
    {"--results", "DIR", "folder of the results (default: results)"},
    {NULL, NULL, NULL},
};

/* "2/3" */
static unroll_status read_shard(const char *text, unroll_sweep_options *sweep)
{
    const char *slash = text != NULL ? strchr(text, '/') : NULL;
    int64_t shard, shards;
    char first[24];
    if (text == NULL)
        return unroll_ok();
    snprintf(first, sizeof first, "%.*s", slash != NULL ? (int)(slash - text) : 0, text);
    if (!unroll_read_int(first, &shard) || !unroll_read_int(slash + 1, &shards) || shard < 1 || shards < shard ||
        shards > 1000000)
        return unroll_error(UNROLL_WRONG, "--shard %.40s is not K/N with 1 <= K <= N", text);
    sweep->shard = (int)shard;
    sweep->shards = (int)shards;
    return unroll_ok();
}

static unroll_status read_options(const unroll_arguments *arguments, unroll_sweep_options *sweep)
{
    if (unroll_option_get(arguments, "--quick") != NULL && unroll_option_get(arguments, "--full") != NULL)
        return unroll_error(UNROLL_WRONG, "--quick and --full exclude each other");
    sweep->results = "results";
    UNROLL_TRY(unroll_read_results(arguments, &sweep->results));
    sweep->full = unroll_option_get(arguments, "--full") != NULL;
    sweep->dry_run = unroll_option_get(arguments, "--dry-run") != NULL;
    sweep->retry_failed = unroll_option_get(arguments, "--retry-failed") != NULL;
    sweep->force = unroll_option_get(arguments, "--force") != NULL;
    sweep->again = unroll_option_get(arguments, "--again") != NULL;
    if (sweep->force && sweep->again)
        return unroll_error(UNROLL_WRONG, "--force replaces what is there, and --again keeps it: they exclude each other");
    sweep->fail_fast = unroll_option_get(arguments, "--fail-fast") != NULL;
    sweep->out = stdout;
    sweep->assignments = arguments->assignments;
    sweep->assignment_count = arguments->assignment_count;
    UNROLL_TRY(unroll_option_int(arguments, "--jobs", 1, 4096, &sweep->jobs));
    return read_shard(unroll_option_get(arguments, "--shard"), sweep);
}

static unroll_status run(const unroll_arguments *arguments, const atomic_bool *stop)
{
    unroll_sweep_options sweep = {.shard = 1, .shards = 1};
    unroll_sweep_summary summary;
    const unroll_experiment *experiment;
    UNROLL_TRY(unroll_read_experiment(arguments->words[0], &experiment));
    UNROLL_TRY(read_options(arguments, &sweep));
    return unroll_sweep(experiment, &sweep, stop, &summary);
}

const unroll_command command_run = {
    .name = "run",
    .usage = "EXPERIMENT [setting=value,value... ...] [options]",
    .help = "do the runs of an experiment that have no record yet, and gather its results",
    .order = 10,
    .least_words = 1,
    .most_words = 1,
    .run = run,
    .options = options,
    .settings = true,
    .lists = true,
    .more =
        "A setting takes one value, a list (hidden=64,128), a range (seed=0..9, length=50..200:50), draws, or a grid. What you\n"
        "assign replaces the experiment's own values.\n"
        "\n"
        "  'lr=log(1e-4,1e-1,10)'   ten draws: the logarithmic range is cut into ten equal parts, and each gives one value\n"
        "  'lr=grid(1e-4,1e-1,4)'   four values from the first to the last, at equal ratios\n"
        "  params=N                 for each model the width whose number of parameters comes nearest to N\n"
        "\n"
        "Quote log and grid for the shell. A setting that has no effect on any of the runs is refused. Where it has none on one\n"
        "of them, that run has its default.\n"
        "\n"
        "Some experiments choose a setting, such as lr, by validation. They have two stages. The first runs every value on the\n"
        "seeds that choose; the second runs the best value on the other seeds. With --shard the second stage waits until the\n"
        "whole first stage is there.\n",
};
