/* report.h: what is made of a gathered file: statistics, verdicts, tables, the page, and the figures. */
#ifndef UNROLL_REPORT_REPORT_H
#define UNROLL_REPORT_REPORT_H

#include <stdint.h>
#include <stdio.h>

#include "base/status.h"
#include "store/store.h"
#include "sweep/experiment.h"

/* ---- statistics ---- */

/* Fewer runs have no interval, and nothing is judged by them. */
enum { UNROLL_LEAST_RUNS = 6 };

/* An estimate with an interval that covers at least 95%, at most 2.5% being missed on either side; low and high are NaN
   where there are too few values for one, all are NaN without any value. Ends may be infinite: see unroll_measure_at. */
typedef struct unroll_interval {
    double estimate, low, high;
    int count; /* of values that it stands on */
} unroll_interval;

/* P(X >= k) of X, binomial with n trials of probability p. */
double unroll_binomial_tail(int k, int n, double p);
/* Median, with the narrowest pair of order statistics x(k), x(n + 1 - k) that covers the law's median in 95% of samples or
   more, whatever the law (Conover, Practical Nonparametric Statistics, 3rd edition, section 3.2). NaNs are left out.
   UNROLL_FAILED without memory. */
unroll_status unroll_median(const double *values, int count, unroll_interval *median);
/* Share k/n with its interval by Clopper and Pearson (1934). */
unroll_interval unroll_share(int k, int n);
/* The sign test, one-sided: the probability of k or more of n differences on one side where neither side is likelier. */
double unroll_sign_test(int k, int n);
/* Holm's (1979) correction: p values that may each be held against a level that is meant for all of them. In place. */
unroll_status unroll_holm(double *p, int count);
/* Mean, with the shifts that the sign-flip test does not refuse at 2.5% on either side: order statistics of the means of all
   subsets of the values, of more than 12 values of 4095 that are drawn, always the same (Hartigan, Using subsample values as
   typical values, 1969: exact where the values are as likely on either side of what they are drawn around). No NaNs, nothing
   infinite. UNROLL_FAILED without memory. */
unroll_status unroll_mean(const double *values, int count, unroll_interval *mean);
/* Benjamini and Hochberg's (1995) correction: of the tests whose p value then is at most q, at most a share q is a false discovery
   in the mean. In place. */
unroll_status unroll_benjamini_hochberg(double *p, int count);
/* Seeds with which one of so many comparisons can be clear after that correction, at 2.5%. */
int unroll_fewest_seeds(int comparisons);

/* ---- verdicts ---- */

typedef enum unroll_outcome { UNROLL_SUPPORTED, UNROLL_CONTRADICTED, UNROLL_UNDECIDED, UNROLL_NOT_JUDGED } unroll_outcome;

/* A rule at one condition. */
typedef enum unroll_finding { UNROLL_HOLDS, UNROLL_WRONG_SIDE, UNROLL_OPEN, UNROLL_TOO_FEW } unroll_finding;
typedef struct unroll_comparison {
    char text[400];           /* what is compared, and where: "test_mse of lstm minus rnn below 0, at horizon 12" */
    int row;                  /* of the table: one of the runs that it is of; -1: there is none */
    unroll_interval interval; /* of the median difference, ratio, slope or horizon, or of the share */
    bool share;
    bool equal;               /* the values that it stands on are all the same */
    unroll_interval won;      /* share of pairs of runs in which `of` is better, or lies where the rule says; no value: no pairs */
    int drawn;                /* pairs of which neither is */
    double p;                 /* of the wrong side by chance, after Holm's correction over the claim's comparisons */
    unroll_finding finding;
} unroll_comparison;

/* Why a run's times are no evidence: the limits stand in report/doubt.h. */
typedef enum unroll_doubt {
    UNROLL_DOUBT_NONE,
    UNROLL_DOUBT_BESIDE, /* other runs of the sweep went beside it */
    UNROLL_DOUBT_LOAD,
    UNROLL_DOUBT_SPREAD,
    UNROLL_DOUBT_PEAK,
    UNROLL_DOUBTS
} unroll_doubt;

typedef struct unroll_verdict {
    unroll_outcome outcome;
    bool exploratory; /* some comparison stands on other runs or seeds than the declared */
    int refused[UNROLL_DOUBTS]; /* runs whose times are no evidence, by why, of rules on times */
    int fewest;       /* seeds with which it could have been decided either way */
    unroll_comparison *comparison; /* owned; in the order of the rules, then of the conditions */
    int count;
} unroll_verdict;

/* Holds an experiment's rules against its records, as experiment.h says. UNROLL_NOTHING when it has none; whatever else is
   not OK left the verdict open. To be freed by unroll_verdict_free. */
unroll_status unroll_judge(const unroll_experiment *experiment, const unroll_table *table, unroll_verdict *verdict);
void unroll_verdict_free(unroll_verdict *verdict);
const char *unroll_outcome_name(unroll_outcome outcome); /* "supported" */

/* ---- tables and the page ---- */

typedef enum unroll_format {
    UNROLL_FORMAT_TEXT,
    UNROLL_FORMAT_MARKDOWN,
    UNROLL_FORMAT_CSV,
    UNROLL_FORMAT_HTML
} unroll_format;

/* Prints what a verdict comes to, and each comparison with its interval and finding; in CSV nothing. */
void unroll_verdict_print(const unroll_verdict *verdict, unroll_format format, FILE *out);
/* "all 8 comparisons hold" */
void unroll_verdict_sentence(const unroll_verdict *verdict, FILE *out);
/* What a table begins with: name and title, claim and its source, and the verdict, unless that has no comparison; in CSV
   nothing. */
void unroll_report_head(const unroll_experiment *experiment, const unroll_verdict *verdict, unroll_format format, FILE *out);
/* Begins and ends a whole page of HTML, with its style, which has a heading of the first order, `title`. */
void unroll_html_open(const char *title, FILE *out);
void unroll_html_close(FILE *out);

/* `text` on one line: control characters become blanks, for a terminal obeys them, and what Markdown or HTML would take
   for its own marks is made harmless. */
void unroll_print_escaped(const char *text, unroll_format format, FILE *out);
/* The gathered file of an experiment in the folder `results`, with the rows alone that may stand in one table
   (unroll_keep_present), and of these, where the experiment declares a choice by validation, the chosen ones (unroll_keep_best).
   UNROLL_NOTHING when there is none, else as store.h says. */
unroll_status unroll_report_load(const unroll_experiment *experiment, const char *results, unroll_table **table);
/* Which runs stand in a table, and by which columns they are grouped. */
typedef struct unroll_grouping {
    const char *by;    /* "model,lr"; NULL: the experiment's own groups and every other setting that varies, but for the seed */
    const char *where; /* a filter (report/inside.h): "length=50..100 model=lstm"; NULL: all runs */
    const char *best;  /* "lr,hidden": settings whose values are chosen by validation (report/inside.h); NULL: none. A table has
                          them as columns, whatever `by` is */
    bool failed;       /* failed runs, too */
} unroll_grouping;

/* Prints the comparison table: a row a group, the columns that the experiment names, as far as some run has them, and the one
   that it asks another experiment for, as far as that has results in the same folder; and in which settings the runs of a row
   differ, other than their seeds. Runs that failed are counted, and nothing else of them. In CSV an
   estimate is followed by NAME_low and NAME_high. grouping: NULL is the default. */
unroll_status unroll_report_table(const unroll_experiment *experiment, const unroll_table *table, const unroll_grouping *grouping,
                                  unroll_format format, FILE *out);
/* Prints a row a run, of failed runs, too, in the order of the comparison table's rows and then of seeds: id, status, reason,
   settings, results, seconds, versions. In CSV every column, with all digits and whole texts, "" where a run has no value;
   else the settings that vary, and a line that tells which are held. */
unroll_status unroll_report_rows(const unroll_experiment *experiment, const unroll_table *table, const unroll_grouping *grouping,
                                 unroll_format format, FILE *out);
/* Prints a table of the figures that the experiment declares as published: ours (median, interval, of how many runs), theirs with
   the source, and whether ours meets it: "met", "not met: 12% above", "not measured: ...", "not judged at this size" under 6
   runs. Nothing where it declares none. */
unroll_status unroll_report_published(const unroll_experiment *experiment, const unroll_table *table, unroll_format format,
                                      FILE *out);
/* The tables of what is taught, as the experiments declare their rows (sweep/experiment.h), with what the runs have to say in
   each field: the number with its interval, and the verdict. A file that is of no use leaves its rows out. taught: to be freed
   whatever comes back. */
typedef struct unroll_taught_tables unroll_taught_tables;
unroll_status unroll_taught_load(const char *results, unroll_taught_tables **taught);
void unroll_taught_free(unroll_taught_tables *taught);
bool unroll_taught_is_empty(const unroll_taught_tables *taught);
/* Each table that has rows, under its title. In CSV nothing. */
void unroll_taught_print(const unroll_taught_tables *taught, unroll_format format, FILE *out);
/* Writes results/report.md and results/report.html over the named experiments, or, with count 0, all that have a gathered file:
   what is taught, the verdicts, then each experiment. The figures on the second are the drawn ones, in the file itself. No absolute path of a
   file of data stands on them. UNROLL_NOTHING when there is none. paths: where they lie, "" for what was not written. A gathered
   file that is of no use is told on the pages and by the status; what may pass (UNROLL_FAILED) leaves the older pages. */
enum { UNROLL_PAGES = 2 };
unroll_status unroll_report_page(const unroll_experiment *const *experiments, int count, const char *results,
                                 const unroll_taught_tables *taught, char paths[UNROLL_PAGES][512]);

/* ---- figures ---- */

/* Draws the figures of an experiment by gnuplot, from the scripts in the folder plots/ (above the program, or
   $UNROLL_PLOTS): results/figures/FIGURE.svg and .png, and beside them, in results/figures/data/, what they are drawn
   from. No text of the results and no folder's name is code to gnuplot. Prints where they lie on `out`. UNROLL_NOTHING
   when a figure has no data, UNROLL_FAILED without gnuplot. grouping: only the
   runs that `where` and `best` let pass, in FIGURE-selected.svg and .png; NULL: all. */
unroll_status unroll_plot(const unroll_experiment *experiment, const char *results, const unroll_grouping *grouping, FILE *out);

#endif
