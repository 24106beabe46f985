/* claims.h: helpers of the tests of verdicts: runs that are made up in a table, and a claim about them. */
#ifndef UNROLL_TESTS_CLAIMS_H
#define UNROLL_TESTS_CLAIMS_H

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/report.h"
#include "suite.h"

enum { MOST_RUNS = 200 };

/* Runs, one after the other. */
static struct {
    char *model[MOST_RUNS], *status[MOST_RUNS], *file[MOST_RUNS];
    double length[MOST_RUNS], seed[MOST_RUNS], mse[MOST_RUNS], naive[MOST_RUNS], solved[MOST_RUNS], bias[MOST_RUNS];
    int count;
    bool biased; /* the table has forget_bias */
} made;

static int declared_seeds = 6; /* of the quick size */

static inline void forget(void)
{
    made.count = 0;
    made.biased = false;
    declared_seeds = 6;
}

static inline void add_run(const char *model, double length, int seed, double mse)
{
    int i = made.count++;
    CU_ASSERT_FATAL(i < MOST_RUNS);
    made.model[i] = (char *)model;
    made.file[i] = (char *)"";
    made.status[i] = (char *)(isnan(mse) ? "diverged" : "done");
    made.length[i] = length;
    made.seed[i] = seed;
    made.mse[i] = mse;
    made.naive[i] = 5;
    made.solved[i] = mse < 1;
    made.bias[i] = strcmp(model, "lstm") == 0; /* what only an LSTM has */
}

/* `count` seeds of a model whose error is `mse` and a little that is the seed's. */
static inline void add_runs(const char *model, double length, int count, double mse)
{
    for (int seed = 0; seed < count; seed++)
        add_run(model, length, seed, mse + 0.1 * seed);
}

/* The axes of a size with the lengths that there are, where it names none: then all runs are of it. */
static inline const char *with_lengths(const char *axes, char out[256])
{
    size_t used = (size_t)snprintf(out, 256, "%s", axes);
    for (int i = 0; strstr(axes, "length=") == NULL && i < made.count && used < 240; i++)
        used += (size_t)snprintf(out + used, 256 - used, "%s%g", i == 0 ? " length=" : ",", made.length[i]);
    return out;
}

static inline unroll_verdict judge_all(const unroll_experiment *declared)
{
    char quick[256], full[256];
    unroll_experiment with_axes = *declared, *experiment = &with_axes;
    unroll_table_column columns[] = {
        {.name = "model", .type = UNROLL_COLUMN_TEXT, .text = made.model},
        {.name = "file", .type = UNROLL_COLUMN_TEXT, .text = made.file},
        {.name = "status", .type = UNROLL_COLUMN_TEXT, .text = made.status},
        {.name = "length", .type = UNROLL_COLUMN_INT, .real = made.length},
        {.name = "seed", .type = UNROLL_COLUMN_INT, .real = made.seed},
        {.name = "mse", .type = UNROLL_COLUMN_REAL, .real = made.mse},
        {.name = "naive", .type = UNROLL_COLUMN_REAL, .real = made.naive},
        {.name = "solved", .type = UNROLL_COLUMN_INT, .real = made.solved},
        {.name = "forget_bias", .type = UNROLL_COLUMN_REAL, .real = made.bias},
    };
    unroll_table table = {.columns = columns, .column_count = made.biased ? 9 : 8, .rows = made.count};
    unroll_verdict verdict;
    with_axes.axes_quick = with_lengths(declared->axes_quick, quick);
    with_axes.axes_full = with_lengths(declared->axes_full, full);
    CU_ASSERT_EQUAL_FATAL(unroll_judge(experiment, &table, &verdict).code, UNROLL_OK);
    return verdict;
}

static inline unroll_experiment with(unroll_rule rule)
{
    static char quick[64];
    snprintf(quick, sizeof quick, "model=rnn,lstm,gru seed=0..%d", declared_seeds - 1);
    return (unroll_experiment){.name = "claims",
                               .axes_quick = quick,
                               .axes_full = "model=rnn,lstm,gru seed=0..9",
                               .groups = "length",
                               .rules = {rule}};
}

/* The outcome of one rule; prints and forgets the rest. */
static inline unroll_outcome judge(unroll_rule rule)
{
    unroll_experiment experiment = with(rule);
    unroll_verdict verdict = judge_all(&experiment);
    unroll_outcome outcome = verdict.outcome;
    unroll_verdict_free(&verdict);
    return outcome;
}

static const unroll_rule below = {UNROLL_DIFFERENCE, UNROLL_LOWER, .metric = "mse", .of = "model=lstm", .against = "model=rnn"};

static inline const char *print(const unroll_verdict *verdict, unroll_format format)
{
    static char text[4096];
    FILE *out = fmemopen(text, sizeof text, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    unroll_verdict_print(verdict, format, out);
    fclose(out);
    return text;
}

#endif
