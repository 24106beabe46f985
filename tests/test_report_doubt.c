/* Times that are no evidence: which they are, how tables mark them, and that no verdict rests on them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gathered.h"
#include "report/doubt.h"
#include "report/inside.h"

enum { RUNS = 12, SAMPLES = 4 };

static unroll_experiment experiment = {
    .name = "made",
    .title = "times that were made up",
    .axes_quick = "model=rnn,lstm seed=0..5",
    .axes_full = "model=rnn,lstm seed=0..5",
    .timed = true,
    .groups = "model",
    .columns = "ms:time:alone mse:alone",
    .rules = {{UNROLL_RATIO, UNROLL_LOWER, .metric = "ms:time", .of = "model=rnn", .against = "model=lstm"}},
};

/* What the runs hold; run i is of rnn below 6, then of lstm, each with seeds 0 to 5. */
static char *model[RUNS], *status[RUNS], *load[RUNS], *cores[RUNS], *beside[RUNS];
static double seed[RUNS], ms[RUNS], mse[RUNS], peak[RUNS];
static int64_t ns[RUNS * SAMPLES];
static unroll_table_timing timing = {.name = "step", .length = SAMPLES, .ns = ns};
static unroll_table_column env[] = {{.name = "load", .type = UNROLL_COLUMN_TEXT, .text = load},
                                    {.name = "cores", .type = UNROLL_COLUMN_TEXT, .text = cores},
                                    {.name = "beside", .type = UNROLL_COLUMN_TEXT, .text = beside}};

/* Good runs, the rnn's faster: alone, on two cores of which one is busy, with samples of 100 and 101 ns. */
static void make_good(void)
{
    experiment.timed = true;
    for (int i = 0; i < RUNS; i++) {
        model[i] = (char *)(i < RUNS / 2 ? "rnn" : "lstm");
        status[i] = (char *)"done";
        load[i] = (char *)"1.75";
        cores[i] = (char *)"2";
        beside[i] = (char *)"0";
        seed[i] = i % (RUNS / 2);
        ms[i] = i < RUNS / 2 ? 1 : 2;
        mse[i] = 5;
        peak[i] = 0.5;
        for (int k = 0; k < SAMPLES; k++)
            ns[i * SAMPLES + k] = 100 + k % 2;
    }
}

/* The runs as a loaded table, with its doubts. */
static unroll_table *load_made(void)
{
    const unroll_table_column columns[] = {
        {.name = "model", .type = UNROLL_COLUMN_TEXT, .text = model},
        {.name = "status", .type = UNROLL_COLUMN_TEXT, .text = status},
        {.name = "seed", .type = UNROLL_COLUMN_INT, .real = seed},
        {.name = "ms", .unit = "ms", .type = UNROLL_COLUMN_REAL, .real = ms},
        {.name = "mse", .type = UNROLL_COLUMN_REAL, .real = mse},
        {.name = "peak_fraction", .type = UNROLL_COLUMN_REAL, .real = peak},
    };
    static unroll_table table;
    table = (unroll_table){.rows = RUNS, .timings = &timing, .timing_count = 1, .env = env, .env_count = 3};
    table.columns = malloc(sizeof columns);
    CU_ASSERT_PTR_NOT_NULL_FATAL(table.columns);
    memcpy(table.columns, columns, sizeof columns);
    table.column_count = sizeof columns / sizeof columns[0];
    CU_ASSERT_EQUAL(unroll_doubt_add(&experiment, &table).code, UNROLL_OK);
    return &table;
}

static void forget(unroll_table *table)
{
    unroll_table_column *last = &table->columns[table->column_count - 1];
    if (strcmp(last->name, UNROLL_DOUBT_COLUMN) == 0) {
        free(last->text[0]);
        free(last->text);
    }
    free(table->columns);
}

static unroll_doubt doubt_of_first(void)
{
    unroll_table *table = load_made();
    unroll_doubt doubt = unroll_doubt_of(table, 0);
    for (int row = 1; row < RUNS; row++)
        CU_ASSERT_EQUAL(unroll_doubt_of(table, row), UNROLL_DOUBT_NONE);
    forget(table);
    return doubt;
}

static const char *print(unroll_format format)
{
    static char text[2048];
    unroll_table *table = load_made();
    FILE *out = fmemopen(text, sizeof text, "w");
    CU_ASSERT_EQUAL(unroll_report_table(&experiment, table, NULL, format, out).code, UNROLL_OK);
    fclose(out);
    forget(table);
    return text;
}

static void good_times_have_no_doubt_and_no_column(void)
{
    unroll_table *table;
    make_good();
    CU_ASSERT_EQUAL(doubt_of_first(), UNROLL_DOUBT_NONE);
    table = load_made();
    CU_ASSERT_PTR_NULL(unroll_table_find(table, UNROLL_DOUBT_COLUMN));
    forget(table);
}

static void a_share_of_the_peak_above_one_cannot_be(void)
{
    make_good();
    peak[0] = 1;
    CU_ASSERT_EQUAL(doubt_of_first(), UNROLL_DOUBT_NONE);
    peak[0] = 1.35;
    CU_ASSERT_EQUAL(doubt_of_first(), UNROLL_DOUBT_PEAK);
}

static void samples_that_lie_far_apart_are_no_time(void)
{
    make_good();
    ns[2] = ns[3] = 150; /* quartiles 100.75 and 150 about 125.5 */
    CU_ASSERT_EQUAL(doubt_of_first(), UNROLL_DOUBT_NONE);
    ns[2] = ns[3] = 300;
    CU_ASSERT_EQUAL(doubt_of_first(), UNROLL_DOUBT_SPREAD);
    ns[1] = ns[2] = ns[3] = -1; /* one sample has no spread */
    CU_ASSERT_EQUAL(doubt_of_first(), UNROLL_DOUBT_NONE);
}

static void a_load_above_the_cores_spoils_runs_that_are_to_be_alone(void)
{
    make_good();
    load[0] = (char *)"2.5";
    CU_ASSERT_EQUAL(doubt_of_first(), UNROLL_DOUBT_NONE);
    load[0] = (char *)"9.7";
    CU_ASSERT_EQUAL(doubt_of_first(), UNROLL_DOUBT_LOAD);
    cores[0] = (char *)"64";
    CU_ASSERT_EQUAL(doubt_of_first(), UNROLL_DOUBT_NONE);
    cores[0] = (char *)"2";
    experiment.timed = false;
    CU_ASSERT_EQUAL(doubt_of_first(), UNROLL_DOUBT_NONE);
}

static void runs_beside_others_have_no_time_of_their_own(void)
{
    make_good();
    beside[0] = (char *)"1";
    CU_ASSERT_EQUAL(doubt_of_first(), UNROLL_DOUBT_BESIDE);
    beside[0] = (char *)""; /* a record of an older program does not tell */
    CU_ASSERT_EQUAL(doubt_of_first(), UNROLL_DOUBT_NONE);
}

static void tables_mark_them_and_say_what_the_mark_means(void)
{
    make_good();
    peak[0] = 1.35;
    beside[1] = beside[2] = (char *)"3";
    CHECK_TEXT(print(UNROLL_FORMAT_TEXT), "model  runs  ms (ms)  mse\n"
                                          "rnn       6       1*    5\n"
                                          "lstm      6        2    5\n"
                                          "* no evidence, and in no verdict: a time of 2 runs with other runs beside, 1 above the "
                                          "machine's peak\n");
    CHECK_TEXT(print(UNROLL_FORMAT_MARKDOWN), "| model | runs | ms (ms) | mse |\n"
                                              "| --- | ---: | ---: | ---: |\n"
                                              "| rnn | 6 | 1* | 5 |\n"
                                              "| lstm | 6 | 2 | 5 |\n"
                                              "\n\\* no evidence, and in no verdict: a time of 2 runs with other runs beside, 1 above "
                                              "the machine's peak\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(print(UNROLL_FORMAT_HTML), "<td class=\"number\">1*</td>"));
    CU_ASSERT_PTR_NOT_NULL(strstr(print(UNROLL_FORMAT_HTML), "<p>* no evidence"));
    CHECK_TEXT(print(UNROLL_FORMAT_CSV), "model,runs,ms,mse,time_doubt\n"
                                         "rnn,6,1,5,3\n"
                                         "lstm,6,2,5,0\n");
}

static void figures_say_of_times_that_runs_went_side_by_side(void)
{
    const char *folder = test_folder();
    char script[1200];
    unroll_table *table;
    make_good();
    beside[0] = (char *)"1";
    snprintf(script, sizeof script, "%s/drawn.gp", folder);
    write_text(folder, "drawn.gp", "#! m: median ms:time over seed by model\n");
    table = load_made();
    CU_ASSERT_EQUAL(unroll_figure_data(&experiment, table, script, folder).code, UNROLL_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(read_text(folder, "data.gp"), "\ntime_note = ', runs side by side'\n"));
    forget(table);
}

static unroll_outcome judge(char said[2048])
{
    unroll_table *table = load_made();
    unroll_verdict verdict;
    unroll_outcome outcome;
    FILE *out = fmemopen(said, 2048, "w");
    CU_ASSERT_EQUAL_FATAL(unroll_judge(&experiment, table, &verdict).code, UNROLL_OK);
    unroll_verdict_print(&verdict, UNROLL_FORMAT_TEXT, out);
    outcome = verdict.outcome;
    fclose(out);
    unroll_verdict_free(&verdict);
    forget(table);
    return outcome;
}

static void no_verdict_rests_on_them(void)
{
    char said[2048];
    make_good();
    CU_ASSERT_EQUAL(judge(said), UNROLL_SUPPORTED);
    CU_ASSERT_PTR_NULL(strstr(said, "refused"));
    load[7] = (char *)"9.7"; /* a partner's */
    CU_ASSERT_EQUAL(judge(said), UNROLL_NOT_JUDGED);
    CHECK_TEXT(said, "not judged at this size: 0 of 1 comparisons hold, 1 stands on fewer than 6 seeds; refused as evidence: times of "
                     "1 run under a load above the cores\n"
                     "  not judged  ms of rnn over lstm below 1: 0.5, 5 seeds, pairs won: 5/5\n");
    for (int i = 0; i < RUNS; i++)
        beside[i] = (char *)"1";
    CU_ASSERT_EQUAL(judge(said), UNROLL_NOT_JUDGED); /* and the condition is still there */
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "times of 12 runs with other runs beside\n  not judged  ms of rnn"));
}

const unroll_test tests_report_doubt[] = {
    TEST(good_times_have_no_doubt_and_no_column),
    TEST(a_share_of_the_peak_above_one_cannot_be),
    TEST(samples_that_lie_far_apart_are_no_time),
    TEST(a_load_above_the_cores_spoils_runs_that_are_to_be_alone),
    TEST(runs_beside_others_have_no_time_of_their_own),
    TEST(tables_mark_them_and_say_what_the_mark_means),
    TEST(figures_say_of_times_that_runs_went_side_by_side),
    TEST(no_verdict_rests_on_them),
    {NULL, NULL},
};
