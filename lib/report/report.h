/* report.h: statistics over records, tables, the page, and the data that gnuplot draws. */
#ifndef UNROLL_REPORT_REPORT_H
#define UNROLL_REPORT_REPORT_H

#include <stdint.h>
#include <stdio.h>

#include "base/status.h"
#include "store/store.h"
#include "sweep/experiment.h"

typedef struct unroll_interval {
    double estimate, low, high;
} unroll_interval;

/* Mean with its 95% percentile-bootstrap interval (10,000 resamples, Philox, the same every time). NaNs are left out. */
unroll_interval unroll_bootstrap_mean(const double *values, int count, uint64_t seed);
/* Share k/n with its 95% Wilson interval (Wilson, 1927). */
unroll_interval unroll_wilson(int k, int n);

typedef enum unroll_format { UNROLL_FORMAT_TEXT, UNROLL_FORMAT_MARKDOWN, UNROLL_FORMAT_CSV, UNROLL_FORMAT_HTML } unroll_format;

/* The comparison table of one experiment, a row a group. */
unroll_status unroll_report_table(const unroll_experiment *experiment, const unroll_table *table, unroll_format format,
                                  FILE *out);
/* results/report.md (or .csv, .html) over the experiments that have a gathered file; names NULL: all. */
unroll_status unroll_report_page(const char *const *names, int count, const char *results, unroll_format format,
                                 char path[512]);
/* Draws the figures of an experiment with gnuplot into results/figures/NAME.svg and .png; refused without data. */
unroll_status unroll_plot(const unroll_experiment *experiment, const char *results, FILE *out);

#endif
