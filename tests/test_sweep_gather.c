/* When a sweep gathers, and what: records that other shards add meanwhile, and those that are newer by a moment. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "counted.h"
#include "sweep/folder.h"

/* ---- what is gathered ---- */

static int gathered_rows(const char *results, int *stale)
{
    char path[1200];
    unroll_table *table;
    int rows;
    snprintf(path, sizeof path, "%s/counted.h5", results);
    CU_ASSERT_EQUAL_FATAL(unroll_load_table(path, &table).code, UNROLL_OK);
    const unroll_table_column *why = unroll_table_find(table, "stale");
    rows = table->rows;
    *stale = 0;
    for (int i = 0; i < rows; i++)
        *stale += why->text[i][0] != '\0';
    unroll_table_free(table);
    return rows;
}

static void a_part_that_is_run_later_takes_nothing_away(void)
{
    static const char *const part[] = {"seed=3..5", "model=gru"};
    const char *results = test_folder();
    int stale;
    reset();
    call_with(results, NULL, 0);
    CU_ASSERT_EQUAL(gathered_rows(results, &stale), 10);
    CU_ASSERT_EQUAL(call_with(results, part, 2).measured, 3);
    CU_ASSERT_EQUAL(gathered_rows(results, &stale), 13);
    CU_ASSERT_EQUAL(stale, 0);
}

static void records_of_another_version_are_kept_and_stale(void)
{
    unroll_experiment next = experiment;
    unroll_sweep_options options = {.shards = 1, .shard = 1};
    const char *results = test_folder();
    int stale;
    reset();
    call_with(results, NULL, 0);
    next.version++;
    CU_ASSERT_EQUAL(call(&next, results, options).measured, 10);
    CU_ASSERT_EQUAL(gathered_rows(results, &stale), 20);
    CU_ASSERT_EQUAL(stale, 10);
    CU_ASSERT_EQUAL(call(&next, results, options).measured, 0);
    CU_ASSERT_EQUAL(call_with(results, NULL, 0).measured, 0); /* the older program finds its own */
}

/* ---- records that come while others are gathered ---- */

/* Moves the plan's records from one folder to another but for the first `from` and those from `to` on. */
static void move_records(const unroll_plan *plan, int from, int to, const char *source, const char *target)
{
    for (int i = from; i < to; i++) {
        char old[1200], new[1200];
        snprintf(old, sizeof old, "%s/%s.h5", source, plan->runs[i].id);
        snprintf(new, sizeof new, "%s/%s.h5", target, plan->runs[i].id);
        CU_ASSERT_EQUAL(rename(old, new), 0);
    }
}

/* What another shard is doing while we gather: it has the records from `from` on in `aside`, and moves them into the folder
   of runs at the moment when our gathered file, without them, is about to take its place. */
static struct {
    const unroll_plan *plan;
    const char *aside, *runs;
    int from;
} other_shard;

static int rename_late(const char *old, const char *new)
{
    if (other_shard.aside != NULL)
        move_records(other_shard.plan, other_shard.from, other_shard.plan->count, other_shard.aside, other_shard.runs);
    other_shard.aside = NULL;
    return rename(old, new);
}

/* The last shard to look must have seen all records, or none would ever gather them. */
static void records_that_come_while_others_are_gathered_are_gathered_too(void)
{
    const char *results = test_folder(), *aside = test_folder();
    unroll_sweep_options options = {0};
    unroll_folder folder;
    unroll_plan plan;
    unroll_table *table;
    int records = 0, stale;
    reset();
    call_with(results, NULL, 0);
    CU_ASSERT_EQUAL_FATAL(unroll_folder_name(results, experiment.name, &folder).code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(unroll_plan_make(&experiment, &options, &plan).code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(unlink(folder.gathered), 0);
    move_records(&plan, 6, 10, folder.runs, aside);
    other_shard.plan = &plan;
    other_shard.aside = aside;
    other_shard.runs = folder.runs;
    other_shard.from = 6;
    unroll_disk.rename = rename_late;
    unroll_judging judging = {&experiment, plan.contents, NULL, 0};
    CU_ASSERT_EQUAL(unroll_folder_gather(&folder, &judging, true, &records, &stale).code, UNROLL_OK);
    unroll_disk.rename = rename;
    CU_ASSERT_PTR_NULL(other_shard.aside);
    CU_ASSERT_EQUAL(records, 10);
    CU_ASSERT_EQUAL_FATAL(unroll_load_table(folder.gathered, &table).code, UNROLL_OK);
    CU_ASSERT_EQUAL(table->rows, 10);
    unroll_table_free(table);
    unroll_plan_free(&plan);
}

/* ---- records that are newer than the gathered file ---- */

static void set_time(const char *path, time_t second, long nanosecond)
{
    struct timespec times[2] = {{second, nanosecond}, {second, nanosecond}};
    CU_ASSERT_EQUAL(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* Whether the file system keeps parts of a second. */
static bool keeps_nanoseconds(const char *path)
{
    struct stat about;
    set_time(path, 1000000000, 250000000);
    CU_ASSERT_EQUAL_FATAL(stat(path, &about), 0);
#ifdef __APPLE__
    return about.st_mtimespec.tv_nsec == 250000000;
#else
    return about.st_mtim.tv_nsec == 250000000;
#endif
}

/* Whether a call that finds every record gathers them anew: a file that is written anew is another one. */
static bool is_gathered_anew(const char *results, const char *gathered)
{
    struct stat before, after;
    CU_ASSERT_EQUAL_FATAL(stat(gathered, &before), 0);
    CU_ASSERT_EQUAL(call_with(results, NULL, 0).measured, 0);
    CU_ASSERT_EQUAL_FATAL(stat(gathered, &after), 0);
    return before.st_ino != after.st_ino;
}

/* A sweep of short runs is killed and called again within one second. */
static void a_record_that_is_newer_by_less_than_a_second_is_gathered_again(void)
{
    const char *results = test_folder();
    const time_t second = time(NULL) + 1000; /* after all other records */
    unroll_folder folder;
    unroll_plan plan;
    char path[600];
    reset();
    call_with(results, NULL, 0);
    CU_ASSERT_EQUAL_FATAL(unroll_folder_name(results, experiment.name, &folder).code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(unroll_plan_make(&experiment, &(unroll_sweep_options){0}, &plan).code, UNROLL_OK);
    unroll_folder_record(&folder, plan.runs[3].id, path);
    if (keeps_nanoseconds(path)) {
        set_time(folder.gathered, second, 500000000);
        set_time(path, second, 250000000);
        CU_ASSERT_FALSE(is_gathered_anew(results, folder.gathered));
        set_time(path, second, 750000000);
        CU_ASSERT_TRUE(is_gathered_anew(results, folder.gathered));
    } else {
        test_skip("the file system keeps whole seconds only");
    }
    unroll_plan_free(&plan);
}

const unroll_test tests_sweep_gather[] = {
    TEST(a_part_that_is_run_later_takes_nothing_away),
    TEST(records_of_another_version_are_kept_and_stale),
    TEST(records_that_come_while_others_are_gathered_are_gathered_too),
    TEST(a_record_that_is_newer_by_less_than_a_second_is_gathered_again),
    {NULL, NULL},
};
