/* unroll compare: two results beside each other. */
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "cli/cli.h"
#include "report/compare.h"

static const unroll_option options[] = {
    {"--threshold", "PERCENT", "changes of so much count as none (default: 2)"},
    {"--format", "F", "text, md, csv or html (default: text)"},
    {NULL, NULL, NULL},
};

static unroll_status read_threshold(const unroll_arguments *arguments, double *threshold)
{
    const char *text = unroll_option_get(arguments, "--threshold");
    double percent = 2;
    if (text != NULL && (!unroll_read_real(text, &percent) || !(percent >= 0 && percent < 100)))
        return unroll_error(UNROLL_WRONG, "--threshold %.40s is no number of percent from 0 to below 100", text);
    *threshold = percent / 100;
    return unroll_ok();
}

static unroll_status say_worse(const unroll_comparison_of_two *c)
{
    int worse = unroll_compare_count(c, UNROLL_CHANGE_WORSE), i = 0;
    if (worse == 0)
        return unroll_ok();
    while (c->change[i].finding != UNROLL_CHANGE_WORSE)
        i++;
    return unroll_error(UNROLL_FAILED, "the new results are worse in %d of %d comparisons; the first: %.48s of %.48s%s%.200s",
                        worse, c->changes, c->change[i].metric, c->change[i].experiment,
                        c->change[i].where[0] != '\0' ? " at " : "", c->change[i].where);
}

static unroll_status run(const unroll_arguments *arguments, const atomic_bool *stop)
{
    unroll_comparison_of_two compared;
    unroll_format format;
    unroll_status status, worse;
    double threshold = 0;
    (void)stop;
    UNROLL_TRY(read_threshold(arguments, &threshold));
    UNROLL_TRY(unroll_option_format(arguments, &format));
    status = unroll_compare(arguments->words[0], arguments->words[1], threshold, &compared);
    worse = say_worse(&compared);
    if (compared.experiments > 0) {
        unroll_status printed = unroll_compare_print(&compared, threshold, format, stdout);
        status = status.code == UNROLL_OK ? printed : status;
    }
    unroll_compare_free(&compared);
    return worse.code != UNROLL_OK ? worse : status;
}

const unroll_command command_compare = {
    .name = "compare",
    .usage = "OLD NEW [options]",
    .help = "say what is worse, better or other in NEW results than in OLD ones",
    .order = 45,
    .least_words = 2,
    .most_words = 2,
    .run = run,
    .options = options,
    .more =
        "OLD and NEW: folders of results, or a gathered file each: results/architectures.h5, results/bench.h5.\n"
        "\n"
        "Runs with the same settings and seed are pairs. Each metric is compared in each configuration (settings but the\n"
        "seed): the median ratio new / old over its pairs with an interval that covers 95% or more, which takes 6 pairs; of\n"
        "shares, such as an error rate, the difference. Over all configurations stands the geometric mean of these.\n"
        "\n"
        "worse: the whole interval lies beyond the threshold, and of all that are told as worse at most 5% are chance, in the\n"
        "mean (Benjamini and Hochberg). same: the whole interval lies within the threshold.\n"
        "\n"
        "Exit status: 0 not worse, 1 worse, 3 nothing could be compared.\n",
};
