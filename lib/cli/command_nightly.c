/* unroll nightly: is tonight's program slower, or other, than the last one? */
#include <stdio.h>

#include "cli/cli.h"
#include "nightly/known.h"
#include "nightly/nightly.h"

static const unroll_option options[] = {
    {"--against", "PROGRAM", "the program to compare with (default: the newest that an earlier night has kept)"},
    {"--minutes", "N", "time to measure (default: 15)"},
    {"--self-test", NULL, "measure how often a night on this machine gives a false alarm, and which slowdowns it finds"},
    {"--known", NULL, "print the known trainings as rows of lib/nightly/known.c"},
    {"--results", "DIR", "folder of the results (default: results)"},
    {NULL, NULL, NULL},
};

static unroll_status print_known(const atomic_bool *stop)
{
    for (int i = 0; i < unroll_known_count(); i++) {
        unroll_known now;
        UNROLL_TRY(unroll_known_measure(i, stop, &now));
        printf("    {%d, \"%s\", UINT64_C(0x%016llx), %.17g, %.0f, %.0f, %.0f},\n", now.numerics, now.model,
               (unsigned long long)now.digest, now.error, now.parameters, now.operations, now.bytes);
    }
    return unroll_ok();
}

static unroll_status run(const unroll_arguments *arguments, const atomic_bool *stop)
{
    unroll_nightly_options nightly = {
        .results = "results", .against = unroll_option_get(arguments, "--against"), .out = stdout, .stop = stop};
    unroll_night night;
    int minutes = 15;
    bool self_test = unroll_option_get(arguments, "--self-test") != NULL;
    UNROLL_TRY(unroll_option_int(arguments, "--minutes", 1, 10000, &minutes));
    UNROLL_TRY(unroll_read_results(arguments, &nightly.results));
    nightly.minutes = minutes;
    if (unroll_option_get(arguments, "--known") != NULL)
        return print_known(stop);
    if (self_test && nightly.against != NULL)
        return unroll_error(UNROLL_WRONG, "--self-test compares this program with itself: it takes no --against");
    return self_test ? unroll_nightly_self_test(&nightly) : unroll_nightly(&nightly, &night);
}

const unroll_command command_nightly = {
    .name = "nightly",
    .usage = "[options]",
    .help = "compare tonight's program with the last one: bits, times, memory; write results/nightly.html",
    .order = 65,
    .run = run,
    .options = options,
    .more =
        "A night first trains what is known (lib/nightly/known.c) and compares bits, errors and counts. Then it measures this\n"
        "program and an older one in turns: training steps, streaming steps, start-up, a sweep, memory. A series is slower when\n"
        "the interval of its median change excludes 0, the change is larger than what the series shows when a program is\n"
        "compared with itself, and a second measurement agrees; false discoveries over all series are held at 5%.\n"
        "\n"
        "Each night leaves a record and a copy of its program in results/nightly/. The next night compares with that copy.\n"
        "\n"
        "--self-test adds invocations for --minutes and tells what it promises once there are 30; call it several times.\n"
        "\n"
        "Exit status: 0 nothing is worse, 1 something is, 3 nothing or only part could be measured.\n",
};
