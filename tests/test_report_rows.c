/* The runs of an experiment one by one, in every format. */
#include "gathered.h"
#include "report/inside.h"

static const unroll_experiment experiment = {
    .name = "made",
    .title = "runs that were made up",
    .axes_quick = "length=2,10 model=rnn,lstm seed=0,1",
    .axes_full = "length=2,10 model=rnn,lstm seed=0,1",
    .groups = "length model",
};

static const made_run runs[] = {
    {2, "rnn", 1, "done", 12345},   {10, "rnn", 0, "diverged", NAN}, {2, "lstm", 0, "done", 1.0 / 3},
    {10, "lstm", 1, "failed", NAN}, {2, "rnn", 0, "done", 1e-9},
};
enum { RUNS = 5 };

static unroll_table *load(const made_run *made, int count)
{
    unroll_table *table = NULL;
    CU_ASSERT_EQUAL_FATAL(unroll_report_load(&experiment, made_folder(&experiment, made, count), &table).code, UNROLL_OK);
    return table;
}

static const unroll_grouping *grouping; /* of print */

static const char *print(const unroll_table *table, unroll_format format)
{
    static char text[16384];
    FILE *out = fmemopen(text, sizeof text, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    text[0] = '\0'; /* where nothing is printed */
    CU_ASSERT_EQUAL(unroll_report_rows(&experiment, table, grouping, format, out).code, UNROLL_OK);
    fclose(out);
    return text;
}

/* ---- CSV, read as RFC 4180 says ---- */

enum { MOST_FIELDS = 200, FIELD_ROOM = 256 };

typedef struct record {
    char field[MOST_FIELDS][FIELD_ROOM];
    int fields;
} record;

/* Reads a record; *text moves behind it. */
static void read_record(const char **text, record *r)
{
    const char *at = *text;
    memset(r, 0, sizeof *r);
    for (bool more = true; more; at++) {
        char *to = r->field[r->fields++];
        bool quoted = *at == '"';
        for (at += quoted; quoted ? at[0] != '"' || at[1] == '"' : *at != ',' && *at != '\n' && *at != '\0'; at++) {
            at += quoted && *at == '"';
            *to++ = *at;
        }
        at += quoted;
        more = *at == ',';
        CU_ASSERT_FATAL((more || *at == '\n') && r->fields < MOST_FIELDS);
    }
    *text = at;
}

/* The header, and a record a run. */
static record csv[RUNS + 1];

static void read_csv(const unroll_table *table)
{
    const char *text = print(table, UNROLL_FORMAT_CSV);
    for (int r = 0; r <= RUNS; r++) {
        read_record(&text, &csv[r]);
        CU_ASSERT_EQUAL(csv[r].fields, csv[0].fields);
    }
    CHECK_TEXT(text, "");
}

static const char *field(int row, const char *column)
{
    for (int c = 0; c < csv[0].fields; c++)
        if (strcmp(csv[0].field[c], column) == 0)
            return csv[row].field[c];
    return "(no such column)";
}

static void runs_stand_in_the_order_of_their_groups_and_of_seeds(void)
{
    static const int expected[RUNS] = {4, 0, 2, 1, 3};
    unroll_table *table = load(runs, RUNS);
    read_csv(table);
    for (int r = 0; r < RUNS; r++) {
        const made_run *run = &runs[expected[r]];
        CU_ASSERT_EQUAL(atoi(field(r + 1, "length")), run->length);
        CU_ASSERT_STRING_EQUAL(field(r + 1, "model"), run->cell);
        CU_ASSERT_EQUAL(atoi(field(r + 1, "seed")), run->seed);
        CU_ASSERT_STRING_EQUAL(field(r + 1, "status"), run->status);
        CU_ASSERT_EQUAL(atoi(field(r + 1, "id")), RUNS - expected[r]);
    }
    unroll_table_free(table);
}

/* A filter takes failed runs, too, and columns that a user names set the order. */
static void runs_may_be_chosen_and_ordered_by_other_columns(void)
{
    static const unroll_grouping chosen = {.by = "seed", .where = "length=10"}, none = {.where = "length=99"};
    unroll_table *table = load(runs, RUNS);
    unroll_status status;
    const char *text;
    grouping = &chosen;
    text = print(table, UNROLL_FORMAT_CSV);
    for (int r = 0; r < 3; r++)
        read_record(&text, &csv[r]);
    CHECK_TEXT(text, "");
    CU_ASSERT_STRING_EQUAL(field(1, "status"), "diverged");
    CU_ASSERT_STRING_EQUAL(field(2, "status"), "failed");
    CU_ASSERT_PTR_NOT_NULL(strstr(print(table, UNROLL_FORMAT_TEXT), "\nheld: hidden=7 length=10; every other"));
    grouping = NULL;
    status = unroll_report_rows(&experiment, table, &none, UNROLL_FORMAT_CSV, stderr);
    CU_ASSERT_EQUAL(status.code, UNROLL_NOTHING);
    CHECK_TEXT(status.text, "no run of made is among those asked for");
    unroll_table_free(table);
}

static void csv_has_every_setting_and_result_once(void)
{
    static const char *const first[] = {"id",   "config", "config_without_seed", "origin", "stale",
                                        "take", "status", "reason",              "task"};
    static const char *const last[] = {"seconds", "experiment_version", "numerics_version"};
    unroll_table *table = load(runs, RUNS);
    read_csv(table);
    CU_ASSERT_EQUAL(csv[0].fields, table->column_count);
    for (int i = 0; i < 9; i++)
        CU_ASSERT_STRING_EQUAL(csv[0].field[i], first[i]);
    for (int i = 0; i < 3; i++)
        CU_ASSERT_STRING_EQUAL(csv[0].field[csv[0].fields - 3 + i], last[i]);
    for (int i = 0; i < unroll_setting_count(); i++)
        CU_ASSERT_STRING_NOT_EQUAL(field(1, unroll_setting_at(i)->name), "(no such column)");
    CU_ASSERT_STRING_EQUAL(field(1, "hidden"), "7");
    CU_ASSERT_STRING_EQUAL(field(1, "lr"), "0.001");
    CU_ASSERT_STRING_EQUAL(field(1, "parameters"), "30");
    CU_ASSERT_STRING_EQUAL(field(1, "seconds"), "1.25");
    unroll_table_free(table);
}

static void numbers_read_back_the_same_and_no_value_is_empty(void)
{
    unroll_table *table = load(runs, RUNS);
    read_csv(table);
    CU_ASSERT_EQUAL(strtod(field(1, "mse"), NULL), 1e-9);
    CU_ASSERT_EQUAL(strtod(field(2, "mse"), NULL), 12345);
    CU_ASSERT_EQUAL(strtod(field(3, "mse"), NULL), 1.0 / 3);
    CU_ASSERT_STRING_EQUAL(field(4, "mse"), "");
    CU_ASSERT_STRING_EQUAL(field(5, "mse"), "");
    CU_ASSERT_STRING_EQUAL(field(5, "note"), "");
    CU_ASSERT_STRING_EQUAL(field(1, "reason"), "");
    unroll_table_free(table);
}

/* As long as it is, with line breaks, commas and quotes. */
static void texts_are_whole(void)
{
    static char text[] = "\"a text, longer than what a table for people shows of one\",\nwith a second line and a \"quote\"";
    unroll_table *table = load(runs, RUNS);
    ((unroll_table_column *)unroll_table_find(table, "sample"))->text[1] = text; /* of the failed run, whose id is the second */
    read_csv(table);
    CU_ASSERT_STRING_EQUAL(field(1, "note"), MADE_NOTE);
    CU_ASSERT_STRING_EQUAL(field(5, "reason"), MADE_REASON);
    CU_ASSERT_STRING_EQUAL(field(5, "sample"), text);
    unroll_table_free(table);
}

/* ---- for people ---- */

static void only_settings_that_vary_are_columns_and_a_line_tells_the_others(void)
{
    static const char *const expected =
        "id                                status    reason                          model  length (steps)  seed  parameters  "
        "mse (K^2)  solved  note            sample                   seconds (s)\n"
        "00000000000000000000000000000001  done      -                               rnn                 2     0          30  "
        "    1e-09       1  a|b & <c>, \"d\"  one | line    <another>         1.25\n"
        "00000000000000000000000000000005  done      -                               rnn                 2     1          30  "
        "    12345       0  a|b & <c>, \"d\"  of another seed                 1.25\n"
        "00000000000000000000000000000003  done      -                               lstm                2     0          40  "
        "    0.333       1  a|b & <c>, \"d\"  one | line    <another>         1.25\n"
        "00000000000000000000000000000004  diverged  -                               rnn                10     0          30  "
        "        -       0  a|b & <c>, \"d\"  one | line    <another>         1.25\n"
        "00000000000000000000000000000002  failed    no room | in <memory> & \"disk\"  lstm               10     1           -  "
        "        -       -  -               -                               1.25\n"
        "held: hidden=7; every other setting at its default\n";
    unroll_table *table = load(runs, RUNS);
    CHECK_TEXT(print(table, UNROLL_FORMAT_TEXT), expected);
    unroll_table_free(table);
}

static void markdown_and_html_have_the_same_columns(void)
{
    static const char head[] =
        "| id | status | reason | model | length (steps) | seed | parameters | mse (K^2) | solved | note | sample | "
        "seconds (s) |\n"
        "| --- | --- | --- | --- | ---: | ---: | ---: | ---: | ---: | --- | --- | ---: |\n";
    unroll_table *table = load(runs, RUNS);
    const char *text = print(table, UNROLL_FORMAT_MARKDOWN);
    CU_ASSERT_EQUAL(strncmp(text, head, strlen(head)), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, " |\n\nheld: hidden=7; every other setting at its default\n"));
    text = print(table, UNROLL_FORMAT_HTML);
    CU_ASSERT_EQUAL(strncmp(text, "<div class=\"wide\">\n<table>\n<tr><th>id</th><th>status</th><th>reason</th><th>model</th>", 84), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "</table>\n</div>\n<p>held: hidden=7; every other setting at its default</p>\n"));
    unroll_table_free(table);
}

/* One run alone: no setting varies, and nobody needs to say why it was not done. */
static void a_single_run_has_no_column_of_a_setting_or_a_reason(void)
{
    unroll_table *table = load(&runs[4], 1);
    const char *text;
    table->left_out = 1;
    text = print(table, UNROLL_FORMAT_TEXT);
    CU_ASSERT_EQUAL(strncmp(text, "id                                status  parameters  mse (K^2)  ", 65), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\nheld: model=rnn hidden=7 length=2; every other setting at its default\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\n1 damaged record is left out: unroll run made does its run again.\n"));
    unroll_table_free(table);
}

const unroll_test tests_report_rows[] = {
    TEST(runs_stand_in_the_order_of_their_groups_and_of_seeds),
    TEST(runs_may_be_chosen_and_ordered_by_other_columns),
    TEST(csv_has_every_setting_and_result_once),
    TEST(numbers_read_back_the_same_and_no_value_is_empty),
    TEST(texts_are_whole),
    TEST(only_settings_that_vary_are_columns_and_a_line_tells_the_others),
    TEST(markdown_and_html_have_the_same_columns),
    TEST(a_single_run_has_no_column_of_a_setting_or_a_reason),
    {NULL, NULL},
};
