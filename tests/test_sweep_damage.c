/* Records that are damaged, that are another run's, and that cannot be read just now: the first two are done again and kept
   aside, the last are neither done again nor left out. Nothing else in the folder is touched. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "counted.h"
#include "store/h5.h"
#include "sweep/folder.h"

typedef struct planned {
    unroll_folder folder;
    unroll_plan plan;
} planned;

/* The plan of the counted experiment and where its records lie, all of which are there. */
static planned make_all(const char *results)
{
    planned p;
    reset();
    CU_ASSERT_EQUAL(call_with(results, NULL, 0).status.code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(unroll_folder_name(results, experiment.name, &p.folder).code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(unroll_plan_make(&experiment, &(unroll_sweep_options){0}, &p.plan).code, UNROLL_OK);
    return p;
}

static unsigned char *read_sealed(const char *path, size_t *size)
{
    unsigned char *bytes = NULL;
    CU_ASSERT_EQUAL_FATAL(unroll_h5_read_bytes(path, true, &bytes, size).code, UNROLL_OK);
    return bytes;
}

/* A disk that loses its last page: the seal is gone with it. */
static void a_record_without_its_seal_is_done_again(void)
{
    const char *results = test_folder();
    planned p = make_all(results);
    char path[600];
    struct stat about;
    unroll_folder_record(&p.folder, p.plan.runs[3].id, path);
    CU_ASSERT_EQUAL(stat(path, &about), 0);
    CU_ASSERT_EQUAL(truncate(path, about.st_size - 4096 > 0 ? about.st_size - 4096 : 1), 0);
    CU_ASSERT_EQUAL(truncate(path, about.st_size), 0); /* with zeros */
    called c = call_with(results, NULL, 0);
    CU_ASSERT_EQUAL(c.status.code, UNROLL_OK);
    CU_ASSERT_EQUAL(c.measured, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(c.printed, p.plan.runs[3].id));
    CU_ASSERT_PTR_NOT_NULL(strstr(c.printed, "it does not end in the checksum that unroll writes"));
    CU_ASSERT_EQUAL(files_in(results, ".damaged"), 1);
    CU_ASSERT_EQUAL(call_with(results, NULL, 0).measured, 0);
    unroll_plan_free(&p.plan);
}

static void the_record_of_another_run_is_done_again(void)
{
    const char *results = test_folder();
    planned p = make_all(results);
    char one[600], other[600];
    size_t size;
    unsigned char *bytes;
    unroll_folder_record(&p.folder, p.plan.runs[0].id, one);
    unroll_folder_record(&p.folder, p.plan.runs[1].id, other);
    bytes = read_sealed(one, &size);
    CU_ASSERT_EQUAL(unroll_h5_write_bytes(other, bytes, size).code, UNROLL_OK);
    called c = call_with(results, NULL, 0);
    CU_ASSERT_EQUAL(c.measured, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(c.printed, "is the record of another run"));
    free(bytes);
    unroll_plan_free(&p.plan);
}

static void a_look_at_the_plan_sets_nothing_aside(void)
{
    const char *results = test_folder();
    planned p = make_all(results);
    char path[600];
    unroll_folder_record(&p.folder, p.plan.runs[3].id, path);
    write_bytes(path, "no record", 9);
    called c = call(&experiment, results, (unroll_sweep_options){.dry_run = true});
    CU_ASSERT_EQUAL(c.status.code, UNROLL_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(c.printed, "damaged, to be done again: "));
    CU_ASSERT_EQUAL(access(path, F_OK), 0);
    unroll_plan_free(&p.plan);
}

/* ---- what cannot be read just now ---- */

static const char *broken;    /* part of the paths that cannot be opened */
static int (*usual_open)(const char *path, int flags, mode_t mode);

static int open_broken(const char *path, int flags, mode_t mode)
{
    if (strstr(path, broken) == NULL)
        return usual_open(path, flags, mode);
    errno = EIO;
    return -1;
}

static called call_broken(const char *results, const char *part)
{
    called c;
    broken = part;
    usual_open = unroll_disk.open;
    unroll_disk.open = open_broken;
    c = call_with(results, NULL, 0);
    unroll_disk.open = usual_open;
    return c;
}

static int rows_of(const char *path)
{
    unroll_table *table = NULL;
    int rows;
    CU_ASSERT_EQUAL_FATAL(unroll_load_table(path, &table).code, UNROLL_OK);
    rows = table->rows;
    unroll_table_free(table);
    return rows;
}

static void a_record_that_cannot_be_read_just_now_fails_the_call_and_is_neither_done_again_nor_set_aside(void)
{
    const char *results = test_folder();
    planned p = make_all(results);
    called c = call_broken(results, p.plan.runs[3].id);
    CU_ASSERT_EQUAL(c.status.code, UNROLL_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(c.status.text, p.plan.runs[3].id));
    CU_ASSERT_PTR_NOT_NULL(strstr(c.status.text, "Input/output error"));
    CU_ASSERT_EQUAL(c.measured, 0);
    CU_ASSERT_EQUAL(files_in(results, ".damaged"), 0);
    c = call_with(results, NULL, 0);
    CU_ASSERT_EQUAL(c.summary.found, 10);
    unroll_plan_free(&p.plan);
}

/* The other shard's record, which this one only gathers. */
static void a_gathered_file_is_not_made_without_a_record_that_cannot_be_read_just_now(void)
{
    const char *results = test_folder();
    planned p = make_all(results);
    int records, stale;
    broken = p.plan.runs[3].id;
    usual_open = unroll_disk.open;
    unroll_disk.open = open_broken;
    unroll_judging judging = {&experiment, p.plan.contents, NULL, 0};
    unroll_status status = unroll_folder_gather(&p.folder, &judging, true, &records, &stale);
    unroll_disk.open = usual_open;
    CU_ASSERT_EQUAL(status.code, UNROLL_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(status.text, "Input/output error"));
    CU_ASSERT_EQUAL(rows_of(p.folder.gathered), 10);
    unroll_plan_free(&p.plan);
}

static void a_gathered_file_that_leaves_out_a_damaged_record_says_so(void)
{
    const char *results = test_folder();
    planned p = make_all(results);
    unroll_table *table;
    char path[600];
    int records, stale;
    unroll_folder_record(&p.folder, p.plan.runs[3].id, path);
    write_bytes(path, "no record", 9);
    unroll_judging judging = {&experiment, p.plan.contents, NULL, 0};
    unroll_status status = unroll_folder_gather(&p.folder, &judging, true, &records, &stale);
    CU_ASSERT_EQUAL(status.code, UNROLL_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(status.text, "leaves out 1 damaged record"));
    CU_ASSERT_PTR_NOT_NULL(strstr(status.text, p.plan.runs[3].id));
    CU_ASSERT_EQUAL_FATAL(unroll_load_table(p.folder.gathered, &table).code, UNROLL_OK);
    CU_ASSERT_EQUAL(table->rows, 9);
    CU_ASSERT_EQUAL(table->left_out, 1);
    unroll_table_free(table);
    called c = call_with(results, NULL, 0); /* as it is done again it is gathered again */
    CU_ASSERT_EQUAL(c.measured, 1);
    CU_ASSERT_EQUAL(rows_of(p.folder.gathered), 10);
    unroll_plan_free(&p.plan);
}

/* ---- what is not ours ---- */

static void only_unfinished_files_of_ours_in_runs_are_removed(void)
{
    static const char *const kept[] = {"thesis.part-2.tex", "counted/runs/notes.part-3", "counted/runs/x.h5.part-17",
                                       ".unroll-part-host-0123456789abcdef",
                                       "counted/runs/.unroll-part-host-0123456789abcdef.txt"};
    const char *results = test_folder();
    struct timespec old[2] = {{1000000000, 0}, {1000000000, 0}};
    char path[1300];
    planned p = make_all(results);
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", results, kept[i]);
        write_bytes(path, "mine", 4);
        CU_ASSERT_EQUAL(utimensat(AT_FDCWD, path, old, 0), 0);
    }
    snprintf(path, sizeof path, "%s/counted/runs/.unroll-part-host-0123456789abcdef", results);
    CU_ASSERT_EQUAL(symlink("../../thesis.part-2.tex", path), 0);
    CU_ASSERT_EQUAL(utimensat(AT_FDCWD, path, old, AT_SYMLINK_NOFOLLOW), 0);
    call(&experiment, results, (unroll_sweep_options){.force = true});
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", results, kept[i]);
        CU_ASSERT_EQUAL(access(path, F_OK), 0);
    }
    unroll_plan_free(&p.plan);
}

const unroll_test tests_sweep_damage[] = {
    TEST(a_record_without_its_seal_is_done_again),
    TEST(the_record_of_another_run_is_done_again),
    TEST(a_look_at_the_plan_sets_nothing_aside),
    TEST(a_record_that_cannot_be_read_just_now_fails_the_call_and_is_neither_done_again_nor_set_aside),
    TEST(a_gathered_file_is_not_made_without_a_record_that_cannot_be_read_just_now),
    TEST(a_gathered_file_that_leaves_out_a_damaged_record_says_so),
    TEST(only_unfinished_files_of_ours_in_runs_are_removed),
    {NULL, NULL},
};
