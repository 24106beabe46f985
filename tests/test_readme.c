/* What README.md, USING.md, ADDING.md and the READMEs of lib/bench and lib/nightly show is true: their files build and run, their commands exist. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"

static void the_files_they_show_build_and_run(void)
{
    char command[4096], config[64] = "";
    const char *folder = test_folder();
    sscanf(UNROLL_PROGRAM, "build/%63[^/]", config);
    snprintf(command, sizeof command,
             "sh tests/readme.sh '%s/tree' '%s' >'%s/log' 2>&1 || { cat '%s/log' >&2; false; }", folder, config, folder,
             folder);
    CU_ASSERT_EQUAL(system(command), 0);
}

/* Runs a command line of `page` with --help behind it, which does nothing else. */
static void check_line(const char *page, const char *line)
{
    char command[1024];
    const char *words = line + strlen("build/release/unroll");
    snprintf(command, sizeof command, UNROLL_PROGRAM " %.*s --help >/dev/null 2>&1", (int)strcspn(words, "#\n"), words);
    if (system(command) != 0)
        fprintf(stderr, "\n%s: %s\n", page, line);
    CU_ASSERT_EQUAL(system(command), 0);
}

/* How many command lines of `page` there are; each must be a command. */
static int check_page(const char *page)
{
    char line[512];
    int seen = 0;
    FILE *file = fopen(page, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    while (fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "    build/release/unroll", 24) == 0) {
            check_line(page, line + 4);
            seen++;
        }
    fclose(file);
    return seen;
}

static void their_command_lines_are_commands(void)
{
    CU_ASSERT_TRUE(check_page("README.md") > 3);
    CU_ASSERT_EQUAL(check_page("USING.md"), 51);
    CU_ASSERT_EQUAL(check_page("ADDING.md"), 3);
    CU_ASSERT_EQUAL(check_page("lib/bench/README.md"), 8);
    CU_ASSERT_EQUAL(check_page("lib/nightly/README.md"), 3);
}

const unroll_test tests_readme[] = {
    TEST(the_files_they_show_build_and_run),
    TEST(their_command_lines_are_commands),
    {NULL, NULL},
};
