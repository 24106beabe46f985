/* The tables of what is taught: each field's number and verdict, from runs that were made up. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "gathered.h"
#include "report/taught.h"

enum { LENGTHS = 2, SEEDS = 9, MOST = LENGTHS * 3 * SEEDS, MODELS = 4 };

static const unroll_experiment taught_one = {
    .name = "memory_horizon", /* whose gathered file it reads */
    .title = "made up",
    .fixed = "hidden=7",
    .claim = "nothing",
    .axes_quick = "model=rnn,lstm,gru length=9,20 seed=0..8",
    .axes_full = "model=rnn,lstm,gru length=9,20,50 seed=0..8",
    .groups = "length model",
    .columns = "mse",
    .taught =
        {{.order = 1,
          .name = "error",
          .measured = "mean squared, over 9 steps",
          .unit = "K^2",
          .shown = {UNROLL_VALUE, .metric = "mse", .where = "length=9"},
          .rnn = {"large", .rules = {{UNROLL_VALUE, UNROLL_AT_LEAST, .metric = "mse", .bound = 3}}},
          .lstm = {"small", "length=20", {{UNROLL_DIFFERENCE, UNROLL_LOWER, .metric = "mse", .against = "model=rnn,gru"}}},
          .gru = {"between", .rules = {{UNROLL_VALUE, UNROLL_AT_MOST, .metric = "mse", .bound = 3}}}},
         {.order = 2,
          .name = "wherever",
          .measured = "mean squared",
          .shown = {UNROLL_VALUE, .metric = "mse"},
          .gru = {"in between", .rules = {{UNROLL_VALUE, UNROLL_AT_MOST, .metric = "mse", .bound = 1}}}}},
};

/* Rows of the second table. */
static const unroll_experiment taught_two = {
    .name = "streaming",
    .title = "made up",
    .fixed = "hidden=7 length=9",
    .claim = "nothing",
    .axes_quick = "model=rnn,lstm,gru,transformer seed=0..8",
    .axes_full = "model=rnn,lstm,gru,transformer seed=0..8",
    .groups = "model",
    .columns = "mse",
    .taught =
        {{.table = UNROLL_TAUGHT_TRANSFORMER,
          .order = 1,
          .name = "error",
          .measured = "mean squared, in the first column the LSTM's",
          .shown = {UNROLL_VALUE, .metric = "mse"},
          .recurrent = {"below five | always", .rules = {{UNROLL_VALUE, UNROLL_AT_MOST, .metric = "mse", .bound = 5}}},
          .transformer = {"small", .rules = {{UNROLL_RATIO, UNROLL_LOWER, .metric = "mse", .against = "model=rnn,lstm,gru"}}}},
         {.table = UNROLL_TAUGHT_TRANSFORMER,
          .order = 2,
          .name = "parameters",
          .measured = "all of them",
          .shown = {UNROLL_VALUE, .metric = "parameters"},
          .recurrent = {""},
          .transformer = {"many", .rules = {{UNROLL_VALUE, UNROLL_AT_LEAST, .metric = "parameters", .bound = 100}}}}},
};

/* Errors of 4 and a little of a vanilla RNN's, of 1 in all of an LSTM's runs, and of 2 in all of a GRU's but one. */
static const char *made(void)
{
    static const char *const cells[] = {"rnn", "lstm", "gru"};
    made_run runs[MOST];
    int count = 0;
    for (int length = 0; length < LENGTHS; length++)
        for (int m = 0; m < 3; m++)
            for (int seed = 0; seed < SEEDS; seed++)
                runs[count++] = (made_run){length == 0 ? 9 : 20, cells[m], seed, "done",
                                           m == 0 ? 4 + 0.5 * seed : m == 1 ? 1 : seed == 0 ? 3 : 2};
    return made_folder(&taught_one, runs, count);
}

/* Errors of 6 of a vanilla RNN, 3 of an LSTM, 2 of a GRU and 1 of a Transformer. */
static const char *made_with_transformers(const unroll_experiment *experiment)
{
    static const char *const models[MODELS] = {"rnn", "lstm", "gru", "transformer"};
    static const double errors[MODELS] = {6, 3, 2, 1};
    made_run runs[MODELS * SEEDS];
    for (int i = 0; i < MODELS * SEEDS; i++)
        runs[i] = (made_run){9, models[i / SEEDS], i % SEEDS, "done", errors[i / SEEDS]};
    return made_folder(experiment, runs, MODELS * SEEDS);
}

/* The first two rows of an experiment. */
static void judge_two(const unroll_experiment *experiment, const char *results, unroll_taught_row rows[2])
{
    unroll_table *table;
    CU_ASSERT_EQUAL_FATAL(unroll_report_load(experiment, results, &table).code, UNROLL_OK);
    for (int i = 0; i < 2; i++)
        CU_ASSERT_EQUAL_FATAL(unroll_taught_judge(&experiment->taught[i], experiment, table, &rows[i]).code, UNROLL_OK);
    unroll_table_free(table);
}

static void each_field_has_its_number_and_its_verdict(void)
{
    unroll_taught_row rows[2];
    judge_two(&taught_one, made(), rows);
    CU_ASSERT_EQUAL(rows[0].field[0].outcome, UNROLL_SUPPORTED);
    CU_ASSERT_EQUAL(rows[0].field[0].conditions, 1);
    CU_ASSERT_DOUBLE_EQUAL(rows[0].field[0].value.estimate, 6, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(rows[0].field[0].value.high, 7.5, 1e-12);
    CU_ASSERT_EQUAL(rows[0].field[1].outcome, UNROLL_SUPPORTED);
    CU_ASSERT_DOUBLE_EQUAL(rows[0].field[1].value.low, 1, 1e-12);
    CU_ASSERT(!rows[0].field[2].equal); /* for all that its interval is [2, 2] */
    CU_ASSERT_PTR_NULL(rows[1].field[0].said);
    CU_ASSERT_EQUAL(rows[1].field[0].conditions, 0);
    CU_ASSERT_EQUAL(rows[1].field[2].outcome, UNROLL_CONTRADICTED);
    CU_ASSERT_EQUAL(rows[1].field[2].conditions, 2);
}

/* The rules of a column are about all of its models, and its number is of one: the vanilla RNN's errors are too large. */
static void what_is_taught_of_three_models_holds_of_each_of_them(void)
{
    unroll_taught_row rows[2];
    judge_two(&taught_two, made_with_transformers(&taught_two), rows);
    CU_ASSERT_EQUAL(rows[0].field[0].outcome, UNROLL_CONTRADICTED);
    CU_ASSERT_EQUAL(rows[0].field[0].conditions, 1);
    CU_ASSERT_EQUAL(rows[0].field[0].value.estimate, 3);
    CU_ASSERT_EQUAL(rows[0].field[1].outcome, UNROLL_SUPPORTED);
    CU_ASSERT_EQUAL(rows[0].field[1].value.estimate, 1);
    CU_ASSERT(!rows[1].field[0].judged);
    CU_ASSERT_EQUAL(rows[1].field[0].value.estimate, 40);
    CU_ASSERT(rows[1].field[1].judged);
    CU_ASSERT_EQUAL(rows[1].field[1].outcome, UNROLL_SUPPORTED);
}

static const char *printed(const unroll_taught_tables *taught, unroll_format format)
{
    static char text[8192];
    FILE *out = fmemopen(text, sizeof text, "w");
    text[0] = '\0';
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    unroll_taught_print(taught, format, out);
    fclose(out);
    return text;
}

static void every_format_says_what_is_taught_and_what_was_measured(void)
{
    unroll_taught_row rows[2];
    const unroll_taught_tables taught = {rows, 2};
    judge_two(&taught_one, made(), rows);
    CHECK_TEXT(printed(&taught, UNROLL_FORMAT_TEXT),
               "What is taught, and what was measured\n"
               "\n"
               "error: mean squared, over 9 steps (memory_horizon)\n"
               "  vanilla RNN  large       6 [4.5, 7.5] K^2            supported\n"
               "  LSTM         small       1 K^2 in all 9 runs         supported\n"
               "  GRU          between     2 [2, 2] K^2                supported\n"
               "\n"
               "wherever: mean squared (memory_horizon)\n"
               "  GRU          in between  several settings            contradicted\n");
    CHECK_TEXT(printed(&taught, UNROLL_FORMAT_MARKDOWN),
               "## What is taught, and what was measured\n\n"
               "| | vanilla RNN | LSTM | GRU |\n| --- | --- | --- | --- |\n"
               "| [error](#memory_horizon)<br>mean squared, over 9 steps | large<br>**6 [4.5, 7.5] K^2**<br>supported | "
               "small<br>**1 K^2 in all 9 runs**<br>supported | between<br>**2 [2, 2] K^2**<br>supported |\n"
               "| [wherever](#memory_horizon)<br>mean squared |  |  | in between<br>**several settings**<br>contradicted |\n\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(printed(&taught, UNROLL_FORMAT_HTML),
                                  "<tr><td><a href=\"#memory_horizon\">error</a><br><small>mean squared, over 9 steps</small></td>"
                                  "<td>large<br><b>6 [4.5, 7.5] K^2</b><br><strong class=\"outcome0\">supported</strong></td>"));
    CHECK_TEXT(printed(&taught, UNROLL_FORMAT_CSV), "");
}

/* Of what nothing is taught there is the number alone. */
static void the_second_table_stands_below_the_first_under_a_title_of_its_own(void)
{
    static const char text[] =
        "Recurrent networks and Transformers: what is taught, and what was measured\n"
        "\n"
        "error: mean squared, in the first column the LSTM's (streaming)\n"
        "  RNN, LSTM, GRU  below five | always  3 in all 9 runs             contradicted\n"
        "  Transformer     small                1 in all 9 runs             supported\n"
        "\n"
        "parameters: all of them (streaming)\n"
        "  RNN, LSTM, GRU                       40 in all 9 runs\n"
        "  Transformer     many                 110 in all 9 runs           supported\n";
    unroll_taught_row rows[4];
    const unroll_taught_tables both = {rows, 4}, second = {rows + 2, 2};
    const char *out, *below;
    judge_two(&taught_one, made(), rows);
    judge_two(&taught_two, made_with_transformers(&taught_two), rows + 2);
    CHECK_TEXT(printed(&second, UNROLL_FORMAT_TEXT), text);
    out = printed(&both, UNROLL_FORMAT_TEXT);
    below = strstr(out, "contradicted\n\nRecurrent networks and Transformers: ");
    CU_ASSERT_PTR_NOT_NULL_FATAL(below);
    CHECK_TEXT(below + strlen("contradicted\n\n"), text);
    out = printed(&both, UNROLL_FORMAT_MARKDOWN);
    below = strstr(out, "contradicted |\n\n## Recurrent networks and Transformers: ");
    CU_ASSERT_PTR_NOT_NULL_FATAL(below);
    CHECK_TEXT(strstr(below, "| |"),
               "| | RNN, LSTM, GRU | Transformer |\n| --- | --- | --- |\n"
               "| [error](#streaming)<br>mean squared, in the first column the LSTM's | below five \\| always<br>"
               "**3 in all 9 runs**<br>contradicted | small<br>**1 in all 9 runs**<br>supported |\n"
               "| [parameters](#streaming)<br>all of them | **40 in all 9 runs** | many<br>**110 in all 9 runs**<br>supported |\n"
               "\n");
    out = printed(&both, UNROLL_FORMAT_HTML);
    below = strstr(out, "</table>\n</div>\n<h2>Recurrent networks and Transformers: ");
    CU_ASSERT_PTR_NOT_NULL_FATAL(below);
    CU_ASSERT_PTR_NOT_NULL(strstr(below, "<tr><th></th><th>RNN, LSTM, GRU</th><th>Transformer</th></tr>\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(below, "</small></td><td><b>40 in all 9 runs</b></td><td>many<br>"));
}

/* A row has words in its own table's columns alone, rules with words alone, and a number everywhere; words that no run can judge
   have none, beside some that have. Its column names several models only where what is measured says whose number it is. */
static void check_row(const unroll_taught *row)
{
    const unroll_saying *const all[] = {&row->rnn, &row->lstm, &row->gru, &row->recurrent, &row->transformer};
    const unroll_taught_form *form = &unroll_taught_forms[row->table];
    int said = 0, said_at_all = 0, judged = 0, unjudged = 0;
    for (int c = 0; c < UNROLL_MOST_TAUGHT_COLUMNS && form->column[c].title != NULL; c++) {
        const unroll_saying *saying = unroll_taught_saying(row, c);
        said += saying->said != NULL;
        bool words = saying->said != NULL && saying->said[0] != '\0', rules = saying->rules[0].metric != NULL;
        judged += words && rules;
        unjudged += words && !rules;
        CU_ASSERT(words || !rules);
        CU_ASSERT(saying->said == NULL || strchr(form->column[c].judged, ',') == NULL || strstr(row->measured, "LSTM's") != NULL);
    }
    CU_ASSERT(unjudged == 0 || judged > 0);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        said_at_all += all[i]->said != NULL;
    CU_ASSERT(said > 0 && said == said_at_all && row->measured != NULL && row->shown.metric != NULL && row->order > 0);
}

static void every_row_of_the_experiments_is_whole(void)
{
    int rows[UNROLL_TAUGHT_TABLES] = {0};
    for (int e = 0; e < unroll_experiment_count; e++)
        for (int i = 0; i < UNROLL_MOST_TAUGHT && unroll_experiments[e]->taught[i].name != NULL; i++) {
            check_row(&unroll_experiments[e]->taught[i]);
            rows[unroll_experiments[e]->taught[i].table]++;
        }
    CU_ASSERT(rows[UNROLL_TAUGHT_CELLS] >= 10);
    CU_ASSERT(rows[UNROLL_TAUGHT_TRANSFORMER] >= 5);
}

/* Gathers runs of length_scaling, which lack all that it measures, beside those that are there. */
static void add_length_scaling(const char *results)
{
    char from[1200], to[1200];
    snprintf(from, sizeof from, "%s/length_scaling.h5", made_with_transformers(unroll_experiment_find("length_scaling")));
    snprintf(to, sizeof to, "%s/length_scaling.h5", results);
    CU_ASSERT_EQUAL_FATAL(rename(from, to), 0);
}

/* Of the program's own experiments those that have results stand in them, table by table, each in its order. */
static void what_was_not_run_is_left_out(void)
{
    const char *results = made();
    unroll_taught_tables *taught;
    CU_ASSERT_EQUAL_FATAL(unroll_taught_load(results, &taught).code, UNROLL_OK);
    CU_ASSERT(!unroll_taught_is_empty(taught));
    for (int i = 0; i < taught->count; i++) {
        CU_ASSERT_STRING_EQUAL(taught->row[i].experiment->name, "memory_horizon");
        CU_ASSERT(i == 0 || taught->row[i].taught->order >= taught->row[i - 1].taught->order);
    }
    CU_ASSERT_PTR_NULL(strstr(printed(taught, UNROLL_FORMAT_TEXT), "Transformer"));
    unroll_taught_free(taught);
    CU_ASSERT_EQUAL_FATAL(unroll_taught_load(test_folder(), &taught).code, UNROLL_OK);
    CU_ASSERT(unroll_taught_is_empty(taught));
    CHECK_TEXT(printed(taught, UNROLL_FORMAT_TEXT), "");
    unroll_taught_free(taught);
}

/* Whatever the order of the experiments' names. */
static void rows_stand_table_by_table(void)
{
    const char *results = made();
    unroll_taught_tables *taught;
    add_length_scaling(results);
    CU_ASSERT_EQUAL_FATAL(unroll_taught_load(results, &taught).code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(taught->count, 5);
    for (int i = 0; i < taught->count; i++) {
        CU_ASSERT_EQUAL(taught->row[i].taught->table, i < 3 ? UNROLL_TAUGHT_CELLS : UNROLL_TAUGHT_TRANSFORMER);
        CU_ASSERT_STRING_EQUAL(taught->row[i].experiment->name, i < 3 ? "memory_horizon" : "length_scaling");
    }
    CU_ASSERT_PTR_NOT_NULL(strstr(printed(taught, UNROLL_FORMAT_TEXT), "\n  Transformer     faster training    "));
    unroll_taught_free(taught);
}

const unroll_test tests_report_taught[] = {
    TEST(each_field_has_its_number_and_its_verdict),
    TEST(what_is_taught_of_three_models_holds_of_each_of_them),
    TEST(every_format_says_what_is_taught_and_what_was_measured),
    TEST(the_second_table_stands_below_the_first_under_a_title_of_its_own),
    TEST(every_row_of_the_experiments_is_whole),
    TEST(what_was_not_run_is_left_out),
    TEST(rows_stand_table_by_table),
    {NULL, NULL},
};
