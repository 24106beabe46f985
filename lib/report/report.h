/* report.h: what is made of a gathered file: statistics, verdicts, tables, the page, and the figures. */
#ifndef UNROLL_REPORT_REPORT_H
#define UNROLL_REPORT_REPORT_H

#include <stdint.h>
#include <stdio.h>

#include "base/status.h"
#include "store/store.h"
#include "sweep/experiment.h"

/* ---- statistics ---- */

/* An estimate with its 95% interval; low and high are NaN where there are too few values for one, all are NaN without
   any value. */
typedef struct unroll_interval {
    double estimate, low, high;
    int count; /* of values that it stands on */
} unroll_interval;

/* Mean with its percentile-bootstrap interval (Efron, 1979; 10,000 resamples drawn from Philox, the same every time).
   NaNs are left out; fewer than two values give no interval. UNROLL_FAILED without memory: *mean then holds nothing. */
unroll_status unroll_bootstrap_mean(const double *values, int count, uint64_t seed, unroll_interval *mean);
/* The same for mean(a) - mean(b), both resampled on their own. */
unroll_status unroll_bootstrap_difference(const double *a, int a_count, const double *b, int b_count, uint64_t seed,
                                          unroll_interval *difference);
/* Share k/n with its Wilson score interval (Wilson, 1927); NaN for n = 0. */
unroll_interval unroll_wilson(int k, int n);

/* ---- verdicts ---- */

typedef enum unroll_outcome { UNROLL_SUPPORTED, UNROLL_CONTRADICTED, UNROLL_UNDECIDED } unroll_outcome;

typedef struct unroll_verdict {
    unroll_outcome outcome;
    char text[1024]; /* sentences: what was compared, each with its interval */
} unroll_verdict;

/* Holds an experiment's prediction against its records: the runs at each value where the metric should be lower against those
   at each where it should be higher, by the interval of the difference of their means. Supported when every interval lies
   above 0, contradicted when one lies below, else undecided. UNROLL_NOTHING when the experiment predicts nothing; whatever
   else is not OK left the verdict open. */
unroll_status unroll_judge(const unroll_experiment *experiment, const unroll_table *table, unroll_verdict *verdict);
const char *unroll_outcome_name(unroll_outcome outcome); /* "supported" */

/* ---- tables and the page ---- */

typedef enum unroll_format {
    UNROLL_FORMAT_TEXT,
    UNROLL_FORMAT_MARKDOWN,
    UNROLL_FORMAT_CSV,
    UNROLL_FORMAT_HTML
} unroll_format;

/* `text` on one line: control characters become blanks, for a terminal obeys them, and what Markdown or HTML would take
   for its own marks is made harmless. */
void unroll_print_escaped(const char *text, unroll_format format, FILE *out);
/* The gathered file of an experiment in the folder `results`. UNROLL_NOTHING when there is none, else as store.h says. */
unroll_status unroll_report_load(const unroll_experiment *experiment, const char *results, unroll_table **table);
/* Prints the comparison table: a row a group, the columns that the experiment names. Runs that failed are counted, and
   nothing else of them. In CSV an estimate is followed by NAME_low and NAME_high. */
unroll_status unroll_report_table(const unroll_experiment *experiment, const unroll_table *table, unroll_format format,
                                  FILE *out);
/* Writes results/report.md over the named experiments, or, with count 0, all that have a gathered file. UNROLL_NOTHING
   when there is none. path: where it lies, "" when it was not written. A gathered file that is of no use is told on the
   page and by the status; what may pass (UNROLL_FAILED) leaves the older page. */
unroll_status unroll_report_page(const unroll_experiment *const *experiments, int count, const char *results,
                                 char path[512]);

/* ---- figures ---- */

/* Draws the figures of an experiment by gnuplot, from the scripts in the folder plots/ (above the program, or
   $UNROLL_PLOTS): results/figures/FIGURE.svg and .png, and beside them, in results/figures/data/, what they are drawn
   from. No text of the results and no folder's name is code to gnuplot. Prints where they lie on `out`. UNROLL_NOTHING
   when a figure has no data, UNROLL_FAILED without gnuplot. */
unroll_status unroll_plot(const unroll_experiment *experiment, const char *results, FILE *out);

#endif
