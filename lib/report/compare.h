/* compare.h: two results beside each other, run by run: what has become worse, what better, and whether bits have changed. */
#ifndef UNROLL_REPORT_COMPARE_H
#define UNROLL_REPORT_COMPARE_H

#include "report/report.h"

typedef enum unroll_change_finding {
    UNROLL_CHANGE_WORSE,
    UNROLL_CHANGE_BETTER,
    UNROLL_CHANGE_SAME, /* the interval lies within the threshold on both sides, or all pairs are equal */
    UNROLL_CHANGE_OPEN,
    UNROLL_CHANGE_TOO_FEW, /* pairs, or configurations */
    UNROLL_CHANGE_FINDINGS
} unroll_change_finding;
const char *unroll_change_finding_name(unroll_change_finding finding); /* "too few" */

/* What became of one metric, in one configuration or over all of an experiment's. */
typedef struct unroll_change {
    char experiment[48], metric[48], unit[24];
    char where[240];    /* the configuration, in the settings that vary: "model=lstm lr=0.01"; "" where nothing does */
    int configurations; /* 0: it is of one; else over so many, and where is "" */
    bool share, more;   /* differences, not ratios, are taken; more is better */
    int pairs;
    double before, after; /* medians over the pairs' runs; NaN over several configurations */
    /* new / old, or new - old: the median over pairs; over configurations the geometric mean (of differences the mean) of
       their medians, in which one that diverged on one side counts as a hundredfold change (of a share: as a whole one) */
    unroll_interval change;
    double p_worse, p_better; /* of so much change beyond the threshold by chance, after Benjamini and Hochberg's correction */
    unroll_change_finding finding;
} unroll_change;

/* An experiment that both results have. */
typedef struct unroll_compared {
    char experiment[48];
    int pairs, configurations; /* runs of the same configuration and seed in both; configurations of these, but for seeds */
    int only_old, only_new;    /* configurations that only one has a run of */
    bool timed;                /* its runs measure time alone: bits are not compared */
    int compared, changed;     /* pairs whose results and curves were held against each other, and those that differ */
    char first[240];           /* the first of these: "train_loss of model=lstm seed=0" */
    int numerics[2];           /* version of the arithmetic: old, new; -1: several, or not told */
    int elsewhere, doubtful;   /* pairs whose times are no evidence: of two processors; by how they were measured */
} unroll_compared;

typedef struct unroll_comparison_of_two {
    char version[2][80];         /* "0.1.0 (1a2b3c4d), 2026-11-28": of the first experiment; [0] is the old one */
    unroll_compared *experiment; /* owned */
    int experiments;
    char only[2][400];     /* experiments that only one has, parted by blanks */
    unroll_change *change; /* owned; of each experiment and metric: the overall one first, then one a configuration */
    int changes;
} unroll_comparison_of_two;

/* Compares two results: folders with gathered files, or a file each. threshold: changes of so much, 0.02, in a ratio or a share
   count as none. A change is worse where its interval lies beyond the threshold and its corrected p is at most 5%.
   Runs are paired by the hash of their settings and seed; of one measured again the newest counts, of `unroll bench` the
   first of each with the first, and so on. Times of two processors, and such that are no evidence (report/doubt.h), are left out.
   UNROLL_NOTHING when there is no pair, naming what there is; a damaged file is told by the status, and the others are compared.
   To be freed by unroll_compare_free, whatever comes back. */
unroll_status unroll_compare(const char *before, const char *after, double threshold, unroll_comparison_of_two *out);
void unroll_compare_free(unroll_comparison_of_two *c);
int unroll_compare_count(const unroll_comparison_of_two *c, unroll_change_finding finding);

/* Prints it. Text, Markdown and HTML (a whole page): a table of the metrics of each experiment, then the changes that are worse or
   better; CSV: a row a change. */
unroll_status unroll_compare_print(const unroll_comparison_of_two *c, double threshold, unroll_format format, FILE *out);

#endif
