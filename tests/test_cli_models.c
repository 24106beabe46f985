/* What unroll list models tells, and that the page lib/cells/README.md holds the same. */
#include <stdio.h>
#include <string.h>

#include "cells/cell.h"
#include "cli/cli.h"
#include "files.h"
#include "simd/engine.h"

static char said[65536], page[65536];

static int ask(const char *arguments)
{
    char command[512];
    snprintf(command, sizeof command, UNROLL_PROGRAM " %s 2>&1", arguments);
    return ask_shell(command, said, sizeof said);
}

static void the_page_of_the_models_holds_the_table_that_is_printed(void)
{
    FILE *file = fopen("lib/cells/README.md", "rb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    page[fread(page, 1, sizeof page - 1, file)] = '\0';
    fclose(file);
    CU_ASSERT_EQUAL(ask("list models --format md"), 0);
    CU_ASSERT_TRUE(strncmp(said, "| model | ", 10) == 0);
    if (strstr(page, said) == NULL)
        fprintf(stderr, "\nlib/cells/README.md does not hold what unroll list models --format md prints\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(page, said));
}

static void a_model_is_told_in_a_few_lines(void)
{
    static const char lstm[] =
        "\n  lstm             long short-term memory\n"
        "    i, f, o = sigmoid(a_i, a_f, a_o); g = tanh(a_g); c' = f c + i g; h' = o tanh(c')\n"
        "    gates i f g o; states h c; 33280 parameters;\n"
        "    settings forget_bias peepholes lstm_gates output_activation chrono\n"
        "    a step: input product of 4 gates ahead of time, recurrent product of 4 gates; element by element\n"
        "    4 gates and 2 states; 32768 multiply-adds, of which 16384 wait for the step before\n"
        "    Hochreiter, Schmidhuber 1997; Gers, Schmidhuber, Cummins 2000\n";
    CU_ASSERT_EQUAL(ask("list models"), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(said, lstm));
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "\n    gates n r z; states h; 24960 parameters; settings reset update_gate chrono\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "recurrent product of 3 gates (that of n apart);"));
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "no recurrent product; element by element 2 gates\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "; 8192 multiply-adds, of which none waits for the step before\n"));
    for (const char *line = said; *line != '\0'; line += strcspn(line, "\n") + 1)
        CU_ASSERT_TRUE(strcspn(line, "\n") <= 100);
    CU_ASSERT_EQUAL(ask("list"), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "\nmodels:\n  "));
    CU_ASSERT_PTR_NULL(strstr(said, "sigmoid"));
}

static void every_cell_of_ours_tells_its_equations_and_its_paper(void)
{
    for (int i = 0; i < unroll_cell_count; i++) {
        const unroll_cell *cell = unroll_isas[0].cells[i];
        if (cell->equations == NULL || cell->paper == NULL)
            fprintf(stderr, "\nlib/cells/%s.c: its table has no .equations or no .paper\n", cell->name);
        CU_ASSERT_PTR_NOT_NULL(cell->equations);
        CU_ASSERT_PTR_NOT_NULL(cell->paper);
    }
}

static void a_format_that_there_is_not_is_refused(void)
{
    CU_ASSERT_EQUAL(ask("list models --format csv"), 2);
    CU_ASSERT_STRING_EQUAL(said, "unroll: --format csv is none of text, md\n");
    CU_ASSERT_EQUAL(ask("list tasks --format md"), 2);
    CU_ASSERT_STRING_EQUAL(said, "unroll: --format is for unroll list models only\n");
    CU_ASSERT_EQUAL(ask("list --format md"), 2);
    CU_ASSERT_STRING_EQUAL(said, "unroll: --format is for unroll list models only\n");
}

const unroll_test tests_cli_models[] = {
    TEST(the_page_of_the_models_holds_the_table_that_is_printed),
    TEST(a_model_is_told_in_a_few_lines),
    TEST(every_cell_of_ours_tells_its_equations_and_its_paper),
    TEST(a_format_that_there_is_not_is_refused),
    {NULL, NULL},
};
