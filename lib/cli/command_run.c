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
    {"--jobs", "N", "runs side by side (default: as many as there are processors)"},
    {"--dry-run", NULL, "print the plan, the number of runs and the expected time; run nothing"},
    {"--retry-failed", NULL, "do runs again whose record says that they failed"},
    {"--force", NULL, "do every run again, in place of what is there"},
    {"--again", NULL, "do every run again, and keep what is there: tables use the newest"},
    {"--fail-fast", NULL, "start no more runs once one has failed"},
    {"--shard", "K/N", "do the K-th of N parts of the runs; the parts together make the same gathered file"},
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
    .help = "run the sweep of an experiment, as far as it is not there yet, and gather its results",
    .order = 10,
    .least_words = 1,
    .most_words = 1,
    .run = run,
    .options = options,
    .settings = true,
    .lists = true,
    .more =
        "A setting takes one value, a list (hidden=64,128), a range (seed=0..9, length=50..200:50), draws, or a grid.\n"
        "'lr=log(1e-4,1e-1,10)', quoted for the shell, is ten draws: the range of the logarithm is cut into ten equal\n"
        "parts, and one value is drawn in each. 'lr=grid(1e-4,1e-1,4)' is four values from the first to the last, each\n"
        "as many times the one before. What is assigned replaces the experiment's own; params=N takes the width of\n"
        "each model that comes nearest to N parameters. A setting that can matter to none of the runs is refused, and\n"
        "where it cannot matter to one of them it is at its default there.\n"
        "\n"
        "An experiment may choose some values by validation: its runs then come in two stages, every value on the seeds that\n"
        "choose, then the best of them on the other seeds. With --shard the second begins once all of the first is there.\n",
};
