/* Records that are whole and not what the run of their name would leave, and files that change while they are read. */
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "counted.h"
#include "sweep/folder.h"

/* A folder with all runs done; path: where the record of planned run `place` lies. */
static const char *done_folder(int place, char path[600])
{
    const char *results = test_folder();
    unroll_sweep_options options = {0};
    unroll_folder folder;
    unroll_plan plan;
    reset();
    call_with(results, NULL, 0);
    CU_ASSERT_EQUAL_FATAL(unroll_folder_name(results, experiment.name, &folder).code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(unroll_plan_make(&experiment, &options, &plan).code, UNROLL_OK);
    unroll_folder_record(&folder, plan.runs[place].id, path);
    unroll_plan_free(&plan);
    return results;
}

typedef void forge(unroll_record *record);

static void give_another_seed(unroll_record *record)
{
    unroll_settings_assign(record->settings, "seed=4");
}

static void give_another_experiment(unroll_record *record)
{
    strcpy(record->experiment, "other");
}

static void drop_settings(unroll_record *record)
{
    unroll_settings_free(record->settings);
    record->settings = NULL;
}

static void forge_record(const char *path, forge *change)
{
    unroll_record *record;
    CU_ASSERT_EQUAL_FATAL(unroll_load_record(path, &record).code, UNROLL_OK);
    change(record);
    CU_ASSERT_EQUAL(unroll_store_record(record, path).code, UNROLL_OK);
    unroll_record_free(record);
}

static void a_record_that_cannot_be_the_run_s_is_set_aside_and_done_again(void)
{
    static const struct {
        forge *change;
        const char *reason;
    } forged[] = {{give_another_seed, ".h5 is a record with the settings of another run"},
                  {give_another_experiment, ".h5 is a record of another experiment"},
                  {drop_settings, ".h5 is a record without settings"}};
    for (size_t i = 0; i < sizeof forged / sizeof forged[0]; i++) {
        char path[600];
        const char *results = done_folder(0, path);
        forge_record(path, forged[i].change);
        called c = call_with(results, NULL, 0);
        CU_ASSERT_EQUAL(c.status.code, UNROLL_OK);
        CU_ASSERT_EQUAL(c.measured, 1);
        CU_ASSERT_PTR_NOT_NULL(strstr(c.printed, forged[i].reason));
        CU_ASSERT_EQUAL(files_in(results, ".damaged"), 1);
    }
}

/* A shard gathers what others did, without having looked at it as they do. */
static void a_record_that_cannot_be_the_run_s_is_not_gathered(void)
{
    char path[600];
    const char *results = done_folder(0, path);
    unroll_table *table;
    int refused = 0;
    for (int shard = 1; shard <= 2; shard++) {
        forge_record(path, give_another_seed);
        called c = call(&experiment, results, (unroll_sweep_options){.shard = shard, .shards = 2, .force = true});
        if (c.status.code == UNROLL_OK) /* it is this shard's, and done again */
            continue;
        refused++;
        CU_ASSERT_EQUAL(c.status.code, UNROLL_FAILED);
        CU_ASSERT_PTR_NOT_NULL(strstr(c.status.text, "counted.h5 leaves out 1 damaged record, "));
        CU_ASSERT_PTR_NOT_NULL(strstr(c.status.text, "is a record with the settings of another run"));
    }
    CU_ASSERT_EQUAL(refused, 1);
    snprintf(path, sizeof path, "%.500s/counted.h5", results);
    CU_ASSERT_EQUAL_FATAL(unroll_load_table(path, &table).code, UNROLL_OK);
    CU_ASSERT(table->rows >= 9);
    unroll_table_free(table);
}

/* ---- what a trained run can leave ---- */

static unroll_record *trained_record(const unroll_experiment *e)
{
    unroll_sweep_options options = {0};
    unroll_plan plan;
    unroll_record *record;
    CU_ASSERT_EQUAL_FATAL(unroll_plan_make(e, &options, &plan).code, UNROLL_OK);
    record = unroll_record_new(plan.runs[0].settings);
    strcpy(record->experiment, e->name);
    strcpy(record->id, plan.runs[0].id);
    unroll_plan_free(&plan);
    return record;
}

/* Each point would take room in the row of every other run. */
static void a_trained_run_has_no_more_points_and_texts_than_its_settings_say(void)
{
    static const float points[4400];
    static const unroll_experiment trained = {
        .name = "trained", .title = "", .axes_quick = "seed=0..1", .axes_full = "seed=0..1", .fixed = "points=100"};
    unroll_record *record = trained_record(&trained);
    char *text = calloc(1, 200000);
    unroll_record_curve(record, "loss", "", points, 101);
    unroll_record_text(record, "sample", "short");
    CU_ASSERT_PTR_NULL(unroll_plan_refuse(&trained, record));
    unroll_record_curve(record, "loss", "", points, 4400);
    CU_ASSERT_STRING_EQUAL(unroll_plan_refuse(&trained, record), "has a curve of more than 4096 points beyond the setting points");
    unroll_record_curve(record, "loss", "", points, 101);
    memset(text, 'x', 199999);
    unroll_record_text(record, "sample", text);
    CU_ASSERT_STRING_EQUAL(unroll_plan_refuse(&trained, record), "has texts of more than 64 KiB beyond the setting sample_chars");
    free(text);
    unroll_record_free(record);
}

/* ---- another process in the same folder ---- */

/* It has set the damaged record aside and done the run again, at the moment when we have read the damaged one. */
static struct {
    const char *good, *path;
} other;

static int close_late(int file)
{
    if (other.good != NULL)
        CU_ASSERT_EQUAL(rename(other.good, other.path), 0);
    other.good = NULL;
    return close(file);
}

static void a_good_record_that_took_the_damaged_one_s_place_is_not_set_aside(void)
{
    char path[600], good[700];
    const char *results = done_folder(0, path);
    FILE *damaged;
    snprintf(good, sizeof good, "%s.good", path);
    CU_ASSERT_EQUAL_FATAL(rename(path, good), 0);
    damaged = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(damaged);
    fputs("half of a record", damaged);
    fclose(damaged);
    other.good = good;
    other.path = path;
    unroll_disk.close = close_late;
    called c = call_with(results, NULL, 0);
    unroll_disk.close = close;
    CU_ASSERT_EQUAL(c.status.code, UNROLL_OK);
    CU_ASSERT_PTR_NULL(other.good);
    CU_ASSERT_EQUAL(c.measured, 0);
    CU_ASSERT_EQUAL(c.summary.found, 10);
    CU_ASSERT_EQUAL(files_in(results, ".damaged"), 0);
}

const unroll_test tests_sweep_hostile[] = {
    TEST(a_record_that_cannot_be_the_run_s_is_set_aside_and_done_again),
    TEST(a_record_that_cannot_be_the_run_s_is_not_gathered),
    TEST(a_trained_run_has_no_more_points_and_texts_than_its_settings_say),
    TEST(a_good_record_that_took_the_damaged_one_s_place_is_not_set_aside),
    {NULL, NULL},
};
