/* The taught table: each field's number and verdict, from runs that were made up. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "gathered.h"
#include "report/taught.h"

enum { LENGTHS = 2, SEEDS = 9, MOST = LENGTHS * 3 * SEEDS };

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

static void each_field_has_its_number_and_its_verdict(void)
{
    unroll_table *table;
    unroll_taught_row rows[2];
    CU_ASSERT_EQUAL_FATAL(unroll_report_load(&taught_one, made(), &table).code, UNROLL_OK);
    for (int i = 0; i < 2; i++)
        CU_ASSERT_EQUAL_FATAL(unroll_taught_judge(&taught_one.taught[i], &taught_one, table, &rows[i]).code, UNROLL_OK);
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
    unroll_table_free(table);
}

static const char *printed(const unroll_taught_table *taught, unroll_format format)
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
    const unroll_taught_table taught = {rows, 2};
    unroll_table *table;
    CU_ASSERT_EQUAL_FATAL(unroll_report_load(&taught_one, made(), &table).code, UNROLL_OK);
    for (int i = 0; i < 2; i++)
        CU_ASSERT_EQUAL_FATAL(unroll_taught_judge(&taught_one.taught[i], &taught_one, table, &rows[i]).code, UNROLL_OK);
    unroll_table_free(table);
    CHECK_TEXT(printed(&taught, UNROLL_FORMAT_TEXT),
               "error: mean squared, over 9 steps (memory_horizon)\n"
               "  vanilla RNN  large                             6 [4.5, 7.5] K^2            supported\n"
               "  LSTM         small                             1 K^2 in all 9 runs         supported\n"
               "  GRU          between                           2 [2, 2] K^2                supported\n"
               "\n"
               "wherever: mean squared (memory_horizon)\n"
               "  GRU          in between                        several settings            contradicted\n");
    CHECK_TEXT(printed(&taught, UNROLL_FORMAT_MARKDOWN),
               "| | vanilla RNN | LSTM | GRU |\n| --- | --- | --- | --- |\n"
               "| [error](#memory_horizon)<br>mean squared, over 9 steps | large<br>**6 [4.5, 7.5] K^2**<br>supported | "
               "small<br>**1 K^2 in all 9 runs**<br>supported | between<br>**2 [2, 2] K^2**<br>supported |\n"
               "| [wherever](#memory_horizon)<br>mean squared |  |  | in between<br>**several settings**<br>contradicted |\n\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(printed(&taught, UNROLL_FORMAT_HTML),
                                  "<tr><td><a href=\"#memory_horizon\">error</a><br><small>mean squared, over 9 steps</small></td>"
                                  "<td>large<br><b>6 [4.5, 7.5] K^2</b><br><strong class=\"outcome0\">supported</strong></td>"));
}

/* Whoever declares a row says three cells' parts of one table: no row without a cell, no cell without a rule, each experiment that
   it would lead to. */
static void every_row_of_the_experiments_is_whole(void)
{
    int rows = 0;
    for (int e = 0; e < unroll_experiment_count; e++)
        for (int i = 0; i < UNROLL_MOST_TAUGHT && unroll_experiments[e]->taught[i].name != NULL; i++) {
            const unroll_taught *row = &unroll_experiments[e]->taught[i];
            const unroll_saying *sayings[] = {&row->rnn, &row->lstm, &row->gru};
            int said = 0;
            for (int m = 0; m < UNROLL_TAUGHT_MODELS; m++) {
                said += sayings[m]->said != NULL;
                CU_ASSERT((sayings[m]->said != NULL) == (sayings[m]->rules[0].metric != NULL));
            }
            CU_ASSERT(said > 0 && row->measured != NULL && row->shown.metric != NULL && row->order > 0);
            rows++;
        }
    CU_ASSERT(rows >= 10);
}

/* Of the program's own experiments those that have results stand in it, in their order. */
static void what_was_not_run_is_left_out(void)
{
    const char *results = made();
    unroll_taught_table *taught;
    CU_ASSERT_EQUAL_FATAL(unroll_taught_load(results, &taught).code, UNROLL_OK);
    CU_ASSERT(!unroll_taught_is_empty(taught));
    for (int i = 0; i < taught->count; i++) {
        CU_ASSERT_STRING_EQUAL(taught->row[i].experiment->name, "memory_horizon");
        CU_ASSERT(i == 0 || taught->row[i].taught->order >= taught->row[i - 1].taught->order);
    }
    unroll_taught_free(taught);
    CU_ASSERT_EQUAL_FATAL(unroll_taught_load(test_folder(), &taught).code, UNROLL_OK);
    CU_ASSERT(unroll_taught_is_empty(taught));
    CHECK_TEXT(printed(taught, UNROLL_FORMAT_TEXT), "");
    unroll_taught_free(taught);
}

const unroll_test tests_report_taught[] = {
    TEST(each_field_has_its_number_and_its_verdict),
    TEST(every_format_says_what_is_taught_and_what_was_measured),
    TEST(every_row_of_the_experiments_is_whole),
    TEST(what_was_not_run_is_left_out),
    {NULL, NULL},
};
