#include "report/sense.h"

#include <string.h>

#include "base/text.h"

/* What results are called, whatever split they are of. What stands here neither by its name nor in an experiment's columns has no
   direction: two programs' values are alike or not. */
static const struct {
    const char *name;
    unroll_sense is;
} declared[] = {
    {"mse", {.better = UNROLL_LESS_IS_BETTER}},
    {"mae", {.better = UNROLL_LESS_IS_BETTER}},
    {"rmse_unscaled", {.better = UNROLL_LESS_IS_BETTER}},
    {"error", {.better = UNROLL_LESS_IS_BETTER}},
    {"error_rate", {.better = UNROLL_LESS_IS_BETTER, .share = true}},
    {"accuracy", {.better = UNROLL_MORE_IS_BETTER, .share = true}},
    {"recalled", {.better = UNROLL_MORE_IS_BETTER, .share = true}},
    {"exact_greedy", {.better = UNROLL_MORE_IS_BETTER, .share = true}},
    {"exact_beams", {.better = UNROLL_MORE_IS_BETTER, .share = true}},
    {"bits_per_character", {.better = UNROLL_LESS_IS_BETTER}},
    {"perplexity", {.better = UNROLL_LESS_IS_BETTER}},
    {"nats_per_step", {.better = UNROLL_LESS_IS_BETTER}},
    {"solved", {.better = UNROLL_MORE_IS_BETTER, .share = true}},
    {"followed", {.better = UNROLL_MORE_IS_BETTER, .share = true}},
    {"stable", {.better = UNROLL_MORE_IS_BETTER, .share = true}},
    {"spikes", {.better = UNROLL_LESS_IS_BETTER, .share = true}},
    {"solved_step", {.better = UNROLL_LESS_IS_BETTER, .until = true}},
    {"solved_seconds", {.better = UNROLL_LESS_IS_BETTER, .time = true, .until = true}},
    {"train_operations", {.better = UNROLL_LESS_IS_BETTER}},
    {"train_seconds", {.better = UNROLL_LESS_IS_BETTER, .time = true}},
    {"ms_per_step", {.better = UNROLL_LESS_IS_BETTER, .time = true}},
    {"us_per_step", {.better = UNROLL_LESS_IS_BETTER, .time = true}},
    {"over_one_thread", {.better = UNROLL_LESS_IS_BETTER, .time = true}},
    {"over_first", {.better = UNROLL_LESS_IS_BETTER, .time = true}},
    {"ms_total", {.better = UNROLL_LESS_IS_BETTER, .time = true}},
    {"ms", {.better = UNROLL_LESS_IS_BETTER, .time = true}},
    {"us", {.better = UNROLL_LESS_IS_BETTER, .time = true}},
    {"memory_mb", {.better = UNROLL_LESS_IS_BETTER, .time = true}},
    {"state_kb", {.better = UNROLL_LESS_IS_BETTER}},
    {"parameters", {.better = UNROLL_BETTER_UNKNOWN}},
    {"peak_fraction", {.better = UNROLL_BETTER_UNKNOWN, .time = true}}, /* the time says it */
    {"times_peak", {.better = UNROLL_BETTER_UNKNOWN, .time = true}},
    {"times_products", {.better = UNROLL_BETTER_UNKNOWN, .time = true}},
    {"spread", {.better = UNROLL_BETTER_UNKNOWN, .time = true}},
};

/* Units of what a clock measures. */
static const char *const of_time[] = {"s", "ms", "us", "ns", "1/s", "1/ns", "GFLOP/s", "GB/s"};

static const char *without_split(const char *name)
{
    static const char *const splits[] = {"best_valid_", "valid_", "test_", "beyond_"};
    for (size_t i = 0; i < sizeof splits / sizeof splits[0]; i++)
        if (strncmp(name, splits[i], strlen(splits[i])) == 0)
            return name + strlen(splits[i]);
    return name;
}

/* By its name, and the task's metric. */
static unroll_sense by_name(const char *name, const char *unit, const char *metric)
{
    const char *base = without_split(name);
    for (size_t i = 0; i < sizeof declared / sizeof declared[0]; i++)
        if (strcmp(declared[i].name, base) == 0)
            return declared[i].is;
    for (size_t i = 0; i < sizeof of_time / sizeof of_time[0]; i++)
        if (strcmp(of_time[i], unit) == 0)
            return (unroll_sense){.better = UNROLL_BETTER_UNKNOWN, .time = true};
    return (unroll_sense){.better = metric != NULL && strcmp(base, metric) == 0 ? UNROLL_LESS_IS_BETTER : UNROLL_BETTER_UNKNOWN};
}

unroll_sense unroll_sense_of(const unroll_experiment *experiment, const char *name, const char *unit, const char *metric)
{
    const char *rest = experiment != NULL ? experiment->columns : NULL;
    unroll_sense is = by_name(name, unit, metric);
    char word[96];
    while (unroll_next_word(&rest, word, sizeof word)) {
        unroll_measure m;
        if (unroll_measure_read(word, &m).code != UNROLL_OK || strcmp(m.name, name) != 0)
            continue;
        if ((m.is & UNROLL_IS_GIVEN) != 0)
            return (unroll_sense){.time = (m.is & UNROLL_IS_TIME) != 0};
        is.time |= (m.is & UNROLL_IS_TIME) != 0;
        is.share |= (m.is & UNROLL_IS_SHARE) != 0;
        is.until |= (m.is & UNROLL_IS_UNTIL) != 0;
        if ((m.is & UNROLL_IS_HIGHER) != 0)
            is.better = UNROLL_MORE_IS_BETTER;
    }
    return is;
}
