/* What make install puts elsewhere works there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"

static void what_is_installed_runs_from_anywhere_and_links_with_a_program(void)
{
    char command[4096], config[64] = "";
    const char *folder = test_folder();
    sscanf(UNROLL_PROGRAM, "build/%63[^/]", config);
    if (strcmp(config, "release") != 0 && strcmp(config, "clang") != 0) {
        test_skip("only release and clang are installed");
        return;
    }
    snprintf(command, sizeof command, "sh tests/install.sh '%s' '%s' >'%s/log' 2>&1 || { cat '%s/log' >&2; false; }", folder,
             config, folder, folder);
    CU_ASSERT_EQUAL(system(command), 0);
}

const unroll_test tests_install[] = {
    TEST(what_is_installed_runs_from_anywhere_and_links_with_a_program),
    {NULL, NULL},
};
