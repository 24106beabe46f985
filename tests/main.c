/* Runs every suite, or the suites and tests that are named on the command line, and closes with how many passed.
   --cell NAME, before those: only tests that go over the registry's cells, over that one alone, and those whose name begins
   with its.
   Exit status: 0 all passed, 1 a test failed, 2 a name is unknown, of a suite, a test, a cell or in UNROLL_ISA. */
#include <CUnit/TestRun.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/settings.h"
#include "cells/cell.h"
#include "cli/cli.h"
#include "digest.h"
#include "model/check.h"
#include "simd/engine.h"
#include "store/store.h"
#include "suite.h"

enum { PATH_ROOM = 1024, MOST_CELLS = 256 };

static char top_folder[PATH_ROOM]; /* holds what test_folder gave; "" as long as nobody asked */
static const char *reason_to_skip; /* of the test that runs now */
static int passed, failed, skipped;
static const char *one_cell; /* of --cell; NULL: all */
test_range test_cells;

/* A test folder's name, kept until the end because tests keep pointers to it. */
typedef struct folder {
    struct folder *next;
    char path[PATH_ROOM];
} folder;
static folder *folders;

const char *test_folder(void)
{
    static int number;
    folder *made = calloc(1, sizeof *made);
    if (made != NULL && top_folder[0] == '\0') {
        const char *parent = getenv("TMPDIR");
        snprintf(top_folder, sizeof top_folder - 16, "%s/unroll-tests-XXXXXX", parent != NULL ? parent : "/tmp");
        if (mkdtemp(top_folder) == NULL)
            top_folder[0] = '\0';
    }
    if (made == NULL || top_folder[0] == '\0') {
        fprintf(stderr, "tests: no folder for temporary files; set TMPDIR\n");
        exit(2);
    }
    made->next = folders;
    folders = made;
    snprintf(made->path, sizeof made->path, "%.1000s/%d", top_folder, ++number);
    CU_ASSERT_EQUAL_FATAL(mkdir(made->path, 0777), 0);
    return made->path;
}

/* Removes a folder with all that is in it, read-only folders too; links are removed, not followed. */
static void remove_folder(const char *path)
{
    struct dirent *entry;
    DIR *listing;
    chmod(path, 0700);
    listing = opendir(path);
    while (listing != NULL && (entry = readdir(listing)) != NULL) {
        char inner[2 * PATH_ROOM];
        struct stat what;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        if (lstat(inner, &what) == 0 && S_ISDIR(what.st_mode))
            remove_folder(inner);
        else
            unlink(inner);
    }
    if (listing != NULL)
        closedir(listing);
    rmdir(path);
}

static void remove_folders(void)
{
    if (top_folder[0] != '\0')
        remove_folder(top_folder);
    while (folders != NULL) {
        folder *next = folders->next;
        free(folders);
        folders = next;
    }
}

void test_skip(const char *why)
{
    reason_to_skip = why;
}

const char *test_data(const char *name)
{
    static char path[PATH_ROOM];
    const char *places[] = {getenv("UNROLL_DATA"), "datasets/data", "../shared/data"};
    for (int i = 0; i < 3; i++) {
        if (places[i] == NULL)
            continue;
        snprintf(path, sizeof path, "%s/%s", places[i], name);
        if (access(path, R_OK) == 0)
            return path;
    }
    return NULL;
}

static void start_suite(const CU_pSuite suite)
{
    printf("%s\n", suite->pName);
}

static void start_test(const CU_pTest test, const CU_pSuite suite)
{
    (void)test;
    (void)suite;
    reason_to_skip = NULL;
}

static void complete_test(const CU_pTest test, const CU_pSuite suite, const CU_pFailureRecord failures)
{
    (void)suite;
    if (failures != NULL) {
        failed++;
        printf("  FAILED  %s\n", test->pName);
        for (CU_pFailureRecord f = failures; f != NULL; f = f->pNext)
            printf("          %s:%u: %s\n", f->strFileName, f->uiLineNumber, f->strCondition);
    } else if (reason_to_skip != NULL) {
        skipped++;
        printf("  skipped %s: %s\n", test->pName, reason_to_skip);
    } else {
        passed++;
        printf("  passed  %s\n", test->pName);
    }
    fflush(stdout); /* so that no child of a test writes it again */
}

/* Whether the command line names `name`, or names nothing at all. */
static bool wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return true;
    return argc < 2;
}

static bool known(const char *name)
{
    for (const unroll_suite *suite = unroll_suites; suite->name != NULL; suite++) {
        if (strcmp(suite->name, name) == 0)
            return true;
        for (const unroll_test *test = suite->tests; test->name != NULL; test++)
            if (strcmp(test->name, name) == 0)
                return true;
    }
    return false;
}

/* Whether a test has to do with the cell that was asked for: it goes over all cells, or is of that one by its name. */
static bool concerns(const unroll_test *test)
{
    size_t length = one_cell != NULL ? strlen(one_cell) : 0;
    return one_cell == NULL || test->of_cells || (strncmp(test->name, one_cell, length) == 0 && test->name[length] == '_');
}

/* Takes --cell NAME out of the command line; returns how many words that were. */
static unroll_status take_cell(int argc, char **argv, int *taken)
{
    const char *names[MOST_CELLS];
    bool found = false;
    int count = 0;
    *taken = 0;
    test_cells = (test_range){0, digest_models()};
    if (argc < 3 || strcmp(argv[1], "--cell") != 0)
        return unroll_ok();
    *taken = 2;
    one_cell = argv[2];
    for (; count < digest_models() && count < MOST_CELLS && !found; count++) {
        const char *const *variants;
        names[count] = digest_name(count, &variants);
        found = strcmp(names[count], one_cell) == 0;
        if (found)
            test_cells = (test_range){count, count + 1};
    }
    return found ? unroll_ok() : unroll_no_such("cell", one_cell, names, count);
}

static bool register_suites(int argc, char **argv)
{
    for (const unroll_suite *suite = unroll_suites; suite->name != NULL; suite++) {
        bool whole = wanted(suite->name, argc, argv);
        CU_pSuite registered = NULL;
        for (const unroll_test *test = suite->tests; test->name != NULL; test++) {
            if (!concerns(test) || (!whole && !wanted(test->name, argc, argv)))
                continue;
            if (registered == NULL)
                registered = CU_add_suite(suite->name, NULL, NULL);
            if (registered == NULL || CU_add_test(registered, test->name, test->run) == NULL)
                return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    unroll_status status;
    int taken;
    unroll_store_child(argc, argv);
    status = take_cell(argc, argv, &taken);
    if (status.code != UNROLL_OK) {
        fprintf(stderr, "tests: %s\n", status.text);
        return 2;
    }
    argc -= taken;
    argv += taken;
    for (int i = 1; i < argc; i++) {
        if (!known(argv[i])) {
            fprintf(stderr, "tests: there is no suite and no test \"%s\"\n", argv[i]);
            return 2;
        }
    }
    status = unroll_check_registry();
    if (status.code == UNROLL_OK) {
        unroll_start();
        status = unroll_isa_start(NULL);
    }
    if (status.code != UNROLL_OK) {
        fprintf(stderr, "tests: %s\n", status.text);
        return 2;
    }
    if (CU_initialize_registry() != CUE_SUCCESS || !register_suites(argc, argv)) {
        fprintf(stderr, "tests: %s\n", CU_get_error_msg());
        return 2;
    }
    CU_set_suite_start_handler(start_suite);
    CU_set_test_start_handler(start_test);
    CU_set_test_complete_handler(complete_test);
    CU_run_all_tests();
    CU_print_run_results(stdout);
    CU_cleanup_registry();
    remove_folders();
    printf("\n%d passed, %d failed", passed, failed);
    if (skipped > 0)
        printf(", %d skipped", skipped);
    printf("\n");
    return failed > 0 ? 1 : 0;
}
