/* The processes that parse may be killed by whoever likes, at any moment: the file that was to be read next is not to blame. */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/store.h"
#include "suite.h"

/* A child of the process `parent`, as /proc tells; 0: there is none, or it does not tell. */
static long child_of(long parent)
{
    struct dirent *entry;
    long found = 0;
    DIR *processes = opendir("/proc");
    while (processes != NULL && found == 0 && (entry = readdir(processes)) != NULL) {
        char path[300];
        long number = strtol(entry->d_name, NULL, 10), above = 0;
        snprintf(path, sizeof path, "/proc/%ld/stat", number);
        FILE *file = number > 0 ? fopen(path, "r") : NULL;
        if (file == NULL)
            continue;
        if (fscanf(file, "%*d (%*[^)]) %*c %ld", &above) == 1 && above == parent)
            found = number;
        fclose(file);
    }
    if (processes != NULL)
        closedir(processes);
    return found;
}

static void store(const char *path)
{
    unroll_record *record = unroll_record_new(NULL);
    strcpy(record->experiment, "demo");
    strcpy(record->id, "run");
    strcpy(record->status, "done");
    unroll_record_real(record, "mse", "", 0.5);
    CU_ASSERT_EQUAL_FATAL(unroll_store_record(record, path).code, UNROLL_OK);
    unroll_record_free(record);
}

static void check_good(const char *path)
{
    unroll_record *record = NULL;
    unroll_status status = unroll_load_record(path, &record);
    CU_ASSERT_EQUAL(status.code, UNROLL_OK);
    CU_ASSERT_STRING_EQUAL(status.text, "");
    unroll_record_free(record);
}

/* Two of them, so that the process that parsed the first one waits for another. */
static const char *read_some(void)
{
    static char path[1200];
    snprintf(path, sizeof path, "%s/run.h5", test_folder());
    store(path);
    check_good(path);
    check_good(path);
    return path;
}

/* As when an earlier record has spoiled it: what dies then is said of no record that is good on its own. */
static void a_process_that_dies_between_two_records_is_no_fault_of_the_second(void)
{
    static const int signals[] = {SIGSEGV, SIGABRT, SIGXCPU, SIGKILL, SIGTERM};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        const char *path = read_some();
        long child = child_of((long)getpid()), process = child != 0 ? child_of(child) : 0;
        if (process == 0) {
            test_skip("the system does not tell of a process's children");
            return;
        }
        CU_ASSERT_EQUAL(kill((pid_t)process, signals[i]), 0);
        check_good(path);
    }
}

static void a_child_that_was_killed_is_replaced(void)
{
    const char *path = read_some();
    long child = child_of((long)getpid());
    if (child == 0) {
        test_skip("the system does not tell of a process's children");
        return;
    }
    CU_ASSERT_EQUAL(kill((pid_t)child, SIGKILL), 0);
    for (int i = 0; i < 100; i++) /* more than the process that it has left serves */
        check_good(path);
    CU_ASSERT_NOT_EQUAL(child_of((long)getpid()), child);
}

const unroll_test tests_store_process[] = {
    TEST(a_process_that_dies_between_two_records_is_no_fault_of_the_second),
    TEST(a_child_that_was_killed_is_replaced),
    {NULL, NULL},
};
