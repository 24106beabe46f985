/* bench_output.h: what unroll bench does with its records: a table, a file each, the gathered file (inside lib/cli). */
#ifndef UNROLL_CLI_BENCH_OUTPUT_H
#define UNROLL_CLI_BENCH_OUTPUT_H

#include "bench/bench.h"
#include "sweep/experiment.h"

typedef struct unroll_bench_output {
    const unroll_experiment *experiment; /* named "bench" */
    const unroll_bench_mode *mode;
    const unroll_ceilings *ceilings;
    const char *results;
    bool csv;
    int64_t invocation; /* seconds since 1970 */
    int count;          /* records so far */
    double log_ratios;  /* of the best peer's time over ours: their sum, ... */
    int ratios, lost;   /* ... how many, and how many below 1 */
    unroll_status trouble; /* the first record that could not be written */
} unroll_bench_output;

/* Makes the folder results/bench/runs and prints the table's head. */
unroll_status unroll_bench_begin(unroll_bench_output *output);
/* Prints a record's line, writes it and frees it. For a sink of bench/bench.h. */
void unroll_bench_put(void *output, unroll_record *record);
/* Gathers this and all earlier invocations into results/bench.h5. */
unroll_status unroll_bench_end(unroll_bench_output *output);

#endif
