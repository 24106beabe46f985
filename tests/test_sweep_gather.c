/* When a sweep gathers, and what: records that other shards add meanwhile, and those that are newer by a moment. */
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "counted.h"
#include "store/h5.h"
#include "sweep/folder.h"
#include "waiting.h"

/* ---- records that come while others are gathered ---- */

typedef struct gathering {
    unroll_folder folder;
    unroll_plan plan;
    FILE *out;
    int records;
    worker worker;
    unroll_status status;
} gathering;

static void *gather(void *context)
{
    gathering *g = context;
    begin_work(&g->worker);
    g->status = unroll_folder_gather(&g->folder, &experiment, &g->plan, true, g->out, &g->records);
    atomic_store(&g->worker.done, true);
    return NULL;
}

/* Moves the plan's records number from..to - 1 from one folder to another. */
static void move_records(const unroll_plan *plan, int from, int to, const char *source, const char *target)
{
    for (int i = from; i < to; i++) {
        char old[1200], new[1200];
        snprintf(old, sizeof old, "%s/%s.h5", source, plan->runs[i].id);
        snprintf(new, sizeof new, "%s/%s.h5", target, plan->runs[i].id);
        CU_ASSERT_EQUAL(rename(old, new), 0);
    }
}

/* The last shard to look must have seen all records, or none would ever gather them. Who holds the lock keeps the
   gathering thread between its list and its file: there another shard's records come. */
static void records_that_come_while_others_are_gathered_are_gathered_too(void)
{
    const char *results = test_folder(), *aside = test_folder();
    gathering g = {.out = stdout};
    unroll_sweep_options options = {0};
    unroll_table *table;
    pthread_t thread;
    reset();
    call_with(results, NULL, 0);
    CU_ASSERT_EQUAL_FATAL(unroll_folder_name(results, experiment.name, &g.folder).code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(unroll_plan_make(&experiment, &options, &g.plan).code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(unlink(g.folder.gathered), 0);
    move_records(&g.plan, 6, 10, g.folder.runs, aside);
    unroll_h5_lock();
    bool started = pthread_create(&thread, NULL, gather, &g) == 0;
    if (started)
        wait_until_asleep_or_done(&g.worker);
    CU_ASSERT_FALSE(atomic_load(&g.worker.done));
    move_records(&g.plan, 6, 10, aside, g.folder.runs);
    unroll_h5_unlock();
    CU_ASSERT_TRUE_FATAL(started);
    pthread_join(thread, NULL);
    CU_ASSERT_EQUAL(g.status.code, UNROLL_OK);
    CU_ASSERT_EQUAL(g.records, 10);
    CU_ASSERT_EQUAL_FATAL(unroll_load_table(g.folder.gathered, &table).code, UNROLL_OK);
    CU_ASSERT_EQUAL(table->rows, 10);
    unroll_table_free(table);
    unroll_plan_free(&g.plan);
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
    TEST(records_that_come_while_others_are_gathered_are_gathered_too),
    TEST(a_record_that_is_newer_by_less_than_a_second_is_gathered_again),
    {NULL, NULL},
};
