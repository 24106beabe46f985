/* Records and gathered files that are sealed and well formed, and absurd: one must not spoil its neighbours. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/h5.h"
#include "store/store.h"
#include "suite.h"

/* A record with little in it. */
static unroll_record *make_record(const char *id)
{
    unroll_record *record = unroll_record_new(NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(record);
    strcpy(record->experiment, "demo");
    strcpy(record->id, id);
    strcpy(record->status, "done");
    unroll_record_real(record, "mse", "", 0.5);
    unroll_record_curve(record, "loss", "", (const float[]){2, 1}, 2);
    unroll_record_timing(record, "step", (const int64_t[]){7, 8}, 2);
    return record;
}

/* Stores it in the folder, whatever is in it, and frees it. */
static void store(const char *folder, unroll_record *record)
{
    char path[1200];
    unroll_h5 h;
    snprintf(path, sizeof path, "%s/%s.h5", folder, record->id);
    unroll_h5_lock();
    unroll_h5_create(&h, path);
    unroll_h5_put_record(&h, record);
    CU_ASSERT_EQUAL_FATAL(unroll_h5_close(&h).code, UNROLL_OK);
    unroll_h5_unlock();
    unroll_record_free(record);
}

static unroll_status load(const char *folder, const char *id)
{
    unroll_record *record;
    unroll_status status = unroll_load_record_of(folder, id, NULL, NULL, NULL, &record);
    unroll_record_free(record);
    return status;
}

/* The file that all records of the folder make together. */
static unroll_table *gather(const char *folder, int expected_left_out)
{
    char path[1200];
    unroll_gather_info info = {.experiment = "demo", .title = ""};
    unroll_table *table = NULL;
    snprintf(path, sizeof path, "%s/demo.h5", test_folder());
    CU_ASSERT_EQUAL_FATAL(unroll_store_gather(folder, NULL, 0, path, &info).code, UNROLL_OK);
    CU_ASSERT_EQUAL(info.damaged, expected_left_out);
    CU_ASSERT_EQUAL_FATAL(unroll_load_table(path, &table).code, UNROLL_OK);
    return table;
}

static void a_record_of_an_unknown_status_is_damaged(void)
{
    static const char *const status[] = {"xyz", "", "done ", "Done", "done\n", "failed\x1B[31m"};
    const char *folder = test_folder();
    for (size_t i = 0; i < sizeof status / sizeof status[0]; i++) {
        unroll_record *record = make_record("a");
        unroll_status found;
        strcpy(record->status, status[i]);
        store(folder, record);
        found = load(folder, "a");
        CU_ASSERT_EQUAL(found.code, UNROLL_DAMAGED);
        CU_ASSERT_PTR_NOT_NULL(strstr(found.text, "a.h5: an unknown status is \""));
    }
}

/* To HDF5 a slash parts folders, so it becomes an underscore: all these names become one. */
static void columns_whose_names_become_one_are_gathered_all_the_same(void)
{
    enum { MARKS = 6, NAMES = 1 << MARKS };
    const char *folder = test_folder();
    unroll_record *record = make_record("a");
    unroll_table *table;
    for (int i = 0; i < NAMES; i++) {
        char name[MARKS + 1] = "";
        for (int m = 0; m < MARKS; m++)
            strcat(name, i >> m & 1 ? "/" : "_");
        unroll_record_int(record, name, "", i);
        unroll_record_env(record, name, "text");
    }
    store(folder, record);
    store(folder, make_record("b"));
    table = gather(folder, 0);
    CU_ASSERT_PTR_NOT_NULL(unroll_table_find(table, "______"));
    CU_ASSERT_PTR_NOT_NULL(unroll_table_find(table, "result_______"));
    CU_ASSERT_PTR_NOT_NULL(unroll_table_find(table, "result________2"));
    CU_ASSERT(table->env_count > NAMES);
    unroll_table_free(table);
}

static void a_curve_that_is_called_like_its_axis_is_gathered_under_another_name(void)
{
    const char *folder = test_folder();
    unroll_record *record = make_record("a");
    unroll_table *table;
    unroll_record_curve(record, "point", "", (const float[]){3, 4}, 2);
    unroll_record_timing(record, "sample", (const int64_t[]){5, 6}, 2);
    store(folder, record);
    store(folder, make_record("b"));
    table = gather(folder, 0);
    CU_ASSERT_EQUAL(table->rows, 2);
    CU_ASSERT_PTR_NOT_NULL(unroll_table_find_curve(table, "loss"));
    CU_ASSERT_PTR_NOT_NULL(unroll_table_find_curve(table, "result_point"));
    CU_ASSERT_PTR_NOT_NULL(unroll_table_find_timing(table, "result_sample"));
    unroll_table_free(table);
}

typedef void spoil(unroll_record *record);

static void add_columns(unroll_record *record)
{
    char name[32];
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "column%d", i);
        unroll_record_int(record, name, "", i);
    }
}

static void add_surroundings(unroll_record *record)
{
    char name[32];
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "env%d", i);
        unroll_record_env(record, name, "text");
    }
}

static void add_curves(unroll_record *record)
{
    char name[32];
    for (int i = 0; i < 70; i++) {
        snprintf(name, sizeof name, "curve%d", i);
        unroll_record_curve(record, name, "", (const float[]){1}, 1);
    }
}

static void add_long_curve(unroll_record *record)
{
    static const float points[(1 << 17) + 1];
    unroll_record_curve(record, "long", "", points, (int)(sizeof points / sizeof points[0]));
}

static void add_long_texts(unroll_record *record)
{
    enum { LENGTH = 600000 };
    char *text = malloc(LENGTH + 1);
    memset(text, 'x', LENGTH);
    text[LENGTH] = '\0';
    unroll_record_text(record, "first", text);
    unroll_record_text(record, "second", text);
    free(text);
}

/* What is gathered of it takes room in the row of every other record. */
static void a_record_with_more_in_it_than_a_run_writes_is_damaged_and_left_out(void)
{
    spoil *const spoils[] = {add_columns, add_surroundings, add_curves, add_long_curve, add_long_texts};
    for (size_t i = 0; i < sizeof spoils / sizeof spoils[0]; i++) {
        const char *folder = test_folder();
        unroll_record *record = make_record("a");
        unroll_table *table;
        spoils[i](record);
        store(folder, record);
        store(folder, make_record("b"));
        CU_ASSERT_EQUAL(load(folder, "a").code, UNROLL_DAMAGED);
        table = gather(folder, 1);
        CU_ASSERT_EQUAL(table->rows, 1);
        CU_ASSERT_EQUAL(table->left_out, 1);
        unroll_table_free(table);
    }
}

static void a_file_that_is_larger_than_any_record_is_damaged_without_being_read(void)
{
    const char *folder = test_folder();
    unroll_status status;
    char path[1200];
    store(folder, make_record("a"));
    snprintf(path, sizeof path, "%s/a.h5", folder);
    CU_ASSERT_EQUAL_FATAL(truncate(path, (off_t)257 << 20), 0); /* a hole: no byte of it is on the disk */
    status = load(folder, "a");
    CU_ASSERT_EQUAL(status.code, UNROLL_DAMAGED);
    CU_ASSERT_PTR_NOT_NULL(strstr(status.text, "a.h5 is no record of a run: it is larger than 256 MB"));
}

const unroll_test tests_store_hostile[] = {
    TEST(a_record_of_an_unknown_status_is_damaged),
    TEST(columns_whose_names_become_one_are_gathered_all_the_same),
    TEST(a_curve_that_is_called_like_its_axis_is_gathered_under_another_name),
    TEST(a_record_with_more_in_it_than_a_run_writes_is_damaged_and_left_out),
    TEST(a_file_that_is_larger_than_any_record_is_damaged_without_being_read),
    {NULL, NULL},
};
