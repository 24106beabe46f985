/* What a sweep finds and leaves in its folder: damaged, newer, unfinished and other shards' records. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "counted.h"

/* Whether two files hold the same bytes. */
static bool same_bytes(const char *path_a, const char *path_b)
{
    FILE *a = fopen(path_a, "rb"), *b = fopen(path_b, "rb");
    int x = 0, y = 0;
    while (a != NULL && b != NULL && x == y && x != EOF) {
        x = getc(a);
        y = getc(b);
    }
    bool same = a != NULL && b != NULL && x == y;
    if (a != NULL)
        fclose(a);
    if (b != NULL)
        fclose(b);
    return same;
}

/* Cuts the first record of a folder in half. */
static void damage_a_record(const char *results)
{
    char path[1600];
    struct dirent *entry;
    struct stat about;
    snprintf(path, sizeof path, "%s/counted/runs", results);
    DIR *listing = opendir(path);
    CU_ASSERT_PTR_NOT_NULL_FATAL(listing);
    while ((entry = readdir(listing)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/counted/runs/%s", results, entry->d_name);
        CU_ASSERT_EQUAL_FATAL(stat(path, &about), 0);
        CU_ASSERT_EQUAL(truncate(path, about.st_size / 2), 0);
        break;
    }
    closedir(listing);
}

static void a_damaged_record_is_done_again_and_told_of(void)
{
    const char *results = test_folder();
    reset();
    call_with(results, NULL, 0);
    damage_a_record(results);
    called c = call_with(results, NULL, 0);
    CU_ASSERT_EQUAL(c.status.code, UNROLL_OK);
    CU_ASSERT_EQUAL(c.measured, 1);
    CU_ASSERT_EQUAL(c.summary.found, 9);
    CU_ASSERT_EQUAL(strncmp(c.printed, "damaged, set aside as ", 22), 0);
    CU_ASSERT_EQUAL(files_in(results, ".damaged"), 1);
    c = call_with(results, NULL, 0);
    CU_ASSERT_EQUAL(c.measured, 0);
}

/* A call that was killed after it had done runs again, and before it gathered, leaves records that are newer. */
static void newer_records_are_gathered_again(void)
{
    const char *results = test_folder();
    char path[1400];
    unroll_record *record;
    unroll_table *table;
    const unroll_table_column *id, *error, *how;
    int found = 0;
    reset();
    called c = call_with(results, NULL, 0);
    CU_ASSERT_EQUAL_FATAL(unroll_load_table(c.summary.gathered, &table).code, UNROLL_OK);
    id = unroll_table_find(table, "id");
    snprintf(path, sizeof path, "%s/counted/runs/%s.h5", results, id->text[0]);
    CU_ASSERT_EQUAL_FATAL(unroll_load_record(path, &record).code, UNROLL_OK);
    unroll_record_real(record, "error", "", 42);
    strcpy(record->status, "diverged");
    CU_ASSERT_EQUAL(unroll_store_record(record, path).code, UNROLL_OK);
    CU_ASSERT_EQUAL(utimensat(AT_FDCWD, path, (struct timespec[2]){{time(NULL) + 10, 0}, {time(NULL) + 10, 0}}, 0), 0);
    unroll_table_free(table);
    c = call_with(results, NULL, 0);
    CU_ASSERT_EQUAL(c.measured, 0);
    CU_ASSERT_EQUAL_FATAL(unroll_load_table(c.summary.gathered, &table).code, UNROLL_OK);
    error = unroll_table_find(table, "error");
    how = unroll_table_find(table, "status");
    for (int i = 0; i < table->rows; i++)
        found += error->real[i] == 42 && strcmp(how->text[i], "diverged") == 0;
    CU_ASSERT_EQUAL(found, 1);
    unroll_table_free(table);
    unroll_record_free(record);
}

static void shards_together_give_the_gathered_file_of_the_whole(void)
{
    const char *results = test_folder();
    char parts[1200], again[1200];
    int done = 0;
    reset();
    setenv("SOURCE_DATE_EPOCH", "1700000000", 1); /* the time of gathering is the one thing that may differ */
    for (int shard = 3; shard >= 1; shard--) {
        called c = call(&experiment, results, (unroll_sweep_options){.full = true, .shard = shard, .shards = 3});
        CU_ASSERT_EQUAL(c.status.code, UNROLL_OK);
        CU_ASSERT(c.summary.planned == 6 || c.summary.planned == 7);
        CU_ASSERT_EQUAL(c.summary.found, 0);
        done += c.measured;
        CU_ASSERT_EQUAL(files_in(results, ".h5"), done);
    }
    CU_ASSERT_EQUAL(done, 20);
    snprintf(again, sizeof again, "%s/counted.h5", results);
    snprintf(parts, sizeof parts, "%s/parts.h5", results);
    CU_ASSERT_EQUAL_FATAL(rename(again, parts), 0);
    called c = call(&experiment, results, (unroll_sweep_options){.full = true});
    CU_ASSERT_EQUAL(c.measured, 0);
    CU_ASSERT(same_bytes(parts, again));
    c = call(&experiment, results, (unroll_sweep_options){.full = true, .shard = 22, .shards = 30});
    CU_ASSERT_EQUAL(c.status.code, UNROLL_NOTHING);
    unsetenv("SOURCE_DATE_EPOCH");
}

static void results_that_cannot_be_written_are_told_before_a_run_starts(void)
{
    char file[1200];
    snprintf(file, sizeof file, "%s/file", test_folder());
    fclose(fopen(file, "w"));
    reset();
    called c = call_with(file, NULL, 0);
    CU_ASSERT_EQUAL(c.status.code, UNROLL_FAILED);
    CU_ASSERT_EQUAL(c.measured, 0);
    CU_ASSERT_EQUAL(strncmp(c.status.text, "cannot make the folder ", 23), 0);
}

static void an_abandoned_part_is_removed_and_a_fresh_one_stays(void)
{
    const char *results = test_folder();
    char old[1200], fresh[1200];
    reset();
    call_with(results, NULL, 0);
    snprintf(old, sizeof old, "%s/counted/runs/.unroll-part-node_7.a-0123456789abcdef", results);
    snprintf(fresh, sizeof fresh, "%s/counted/runs/.unroll-part-node_7.a-fedcba9876543210", results);
    fclose(fopen(old, "w"));
    fclose(fopen(fresh, "w"));
    struct timespec times[2] = {{1000000000, 0}, {1000000000, 0}};
    CU_ASSERT_EQUAL_FATAL(utimensat(AT_FDCWD, old, times, 0), 0);
    call(&experiment, results, (unroll_sweep_options){.force = true});
    CU_ASSERT_NOT_EQUAL(access(old, F_OK), 0);
    CU_ASSERT_EQUAL(access(fresh, F_OK), 0); /* another shard may be writing it */
}

const unroll_test tests_sweep_folder[] = {
    TEST(a_damaged_record_is_done_again_and_told_of),
    TEST(newer_records_are_gathered_again),
    TEST(shards_together_give_the_gathered_file_of_the_whole),
    TEST(results_that_cannot_be_written_are_told_before_a_run_starts),
    TEST(an_abandoned_part_is_removed_and_a_fresh_one_stays),
    {NULL, NULL},
};
