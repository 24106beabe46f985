/* When a record is found again: only if the settings, versions, data, sources and, of times, the machine still give it. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "counted.h"
#include "report/report.h"
#include "sweep/folder.h"

static const unroll_experiment trained = {
    .name = "trained",
    .title = "runs that are trained",
    .version = 1,
    .axes_quick = "model=rnn,gru seed=0,1",
    .axes_full = "model=rnn,gru seed=0,1",
    .fixed = "task=adding length=6 hidden=3 batch=4 steps=6 points=2",
    .groups = "model",
    .columns = "mse",
};
static const unroll_experiment forecast = {
    .name = "forecast",
    .title = "runs on data",
    .version = 1,
    .axes_quick = "seed=0,1",
    .axes_full = "seed=0,1",
    .fixed = "task=series length=4 hidden=2 batch=4 steps=2 points=1",
};

static called call_on(const unroll_experiment *e, const char *results, const char *assignment)
{
    const char *assignments[] = {assignment};
    return call(e, results, (unroll_sweep_options){.assignments = assignments, .assignment_count = assignment != NULL});
}

/* Writes what the record of planned run `place` notes under a name anew. */
static void note_anew(const unroll_experiment *e, const char *results, int place, const char *name, const char *text)
{
    unroll_folder folder;
    unroll_plan plan;
    unroll_record *record;
    char path[600];
    CU_ASSERT_EQUAL_FATAL(unroll_folder_name(results, e->name, &folder).code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(unroll_plan_make(e, &(unroll_sweep_options){0}, &plan).code, UNROLL_OK);
    unroll_folder_record(&folder, plan.runs[place].id, path);
    CU_ASSERT_EQUAL_FATAL(unroll_load_record(path, &record).code, UNROLL_OK);
    unroll_record_env(record, name, text);
    CU_ASSERT_EQUAL(unroll_store_record(record, path).code, UNROLL_OK);
    unroll_record_free(record);
    unroll_plan_free(&plan);
}

/* Rows of the gathered file with something in the column stale, and one of these texts. */
static int stale_rows(const unroll_experiment *e, const char *results, char why[128])
{
    unroll_table *table;
    const unroll_table_column *stale;
    char path[1200];
    int count = 0;
    snprintf(path, sizeof path, "%s/%s.h5", results, e->name);
    CU_ASSERT_EQUAL_FATAL(unroll_load_table(path, &table).code, UNROLL_OK);
    stale = unroll_table_find(table, "stale");
    CU_ASSERT_PTR_NOT_NULL_FATAL(stale);
    why[0] = '\0';
    for (int i = 0; i < table->rows; i++)
        if (stale->text[i][0] != '\0') {
            snprintf(why, 128, "%s", stale->text[i]);
            count++;
        }
    unroll_table_free(table);
    return count;
}

static unroll_table *report_on(const unroll_experiment *e, const char *results)
{
    unroll_table *table;
    CU_ASSERT_EQUAL_FATAL(unroll_report_load(e, results, &table).code, UNROLL_OK);
    return table;
}

/* ---- data ---- */

static void write_series(const char *folder, const char *name, double last)
{
    static char text[4000];
    size_t used = (size_t)snprintf(text, sizeof text, "x\n");
    for (int i = 0; i < 119; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%d\n", i * 7 % 13);
    snprintf(text + used, sizeof text - used, "%g\n", last);
    write_text(folder, name, text);
}

static const unroll_experiment three_files = {
    .name = "words",
    .title = "runs on three files",
    .version = 1,
    .axes_quick = "seed=0",
    .axes_full = "seed=0",
    .fixed = "task=words length=2 hidden=2 batch=2 steps=2 points=1 min_count=1",
};

/* wherever they lie, and whichever of them has changed */
static void each_of_several_files_is_looked_at(void)
{
    const char *results = test_folder(), *folder = test_folder(), *elsewhere = test_folder();
    static const char *const names[] = {"file", "valid_file", "test_file"};
    const char *folders[] = {folder, folder, elsewhere};
    for (int turn = 0; turn < 5; turn++) {
        char assignment[3][1300];
        const char *assignments[3] = {assignment[0], assignment[1], assignment[2]};
        for (int i = 0; i < 3; i++) {
            const char *text = turn >= 2 && turn - 2 == i ? "a c a\n" : "a b a\n";
            write_text(folders[i], names[i], text);
            snprintf(assignment[i], sizeof assignment[i], "%s=%.999s/%s", names[i], folders[i], names[i]);
        }
        called c = call(&three_files, results, (unroll_sweep_options){.assignments = assignments, .assignment_count = 3});
        CU_ASSERT_EQUAL(c.summary.done, turn == 1 ? 0 : 1);
        folders[2] = folder; /* the same text in another folder */
    }
    unroll_table *table = report_on(&three_files, results); /* the files of the first run and of the last are as they were */
    CU_ASSERT_EQUAL(table->rows, 2);
    CU_ASSERT_FALSE(table->all_stale);
    unroll_table_free(table);
}

static void what_was_measured_on_other_data_is_done_again_and_kept(void)
{
    const char *results = test_folder(), *folder = test_folder();
    char file[2600], why[128];
    write_series(folder, "a.csv", 1);
    snprintf(file, sizeof file, "file=%s/a.csv", folder);
    CU_ASSERT_EQUAL(call_on(&forecast, results, file).summary.done, 2);
    CU_ASSERT_EQUAL(call_on(&forecast, results, file).summary.done, 0);
    CU_ASSERT_EQUAL(stale_rows(&forecast, results, why), 0);
    write_series(folder, "b.csv", 1);
    snprintf(file, sizeof file, "mv '%s/b.csv' '%s/a.csv'", folder, folder); /* the same again, as an editor saves it */
    CU_ASSERT_EQUAL(run_shell(file), 0);
    snprintf(file, sizeof file, "file=%s/a.csv", folder);
    CU_ASSERT_EQUAL(call_on(&forecast, results, file).summary.done, 0);
    write_series(folder, "a.csv", 2);
    unroll_table *table = report_on(&forecast, results); /* though nothing has been run since */
    CU_ASSERT_EQUAL(table->rows, 2);
    CU_ASSERT_TRUE(table->all_stale);
    CU_ASSERT_STRING_EQUAL(unroll_table_find(table, "stale")->text[0], "the data have changed");
    unroll_table_free(table);
    called c = call_on(&forecast, results, file);
    CU_ASSERT_EQUAL(c.summary.done, 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(c.printed, "2 of the 4 records are stale, and kept"));
    CU_ASSERT_EQUAL(stale_rows(&forecast, results, why), 2);
    CU_ASSERT_STRING_EQUAL(why, "the data have changed");
    table = report_on(&forecast, results);
    CU_ASSERT_EQUAL(table->rows, 2);
    CU_ASSERT_EQUAL(table->stale, 2);
    unroll_table_free(table);
    write_series(folder, "a.csv", 1); /* the first are found again, and the others are stale */
    CU_ASSERT_EQUAL(call_on(&forecast, results, file).summary.done, 0);
    CU_ASSERT_EQUAL(stale_rows(&forecast, results, why), 2);
}

static const unroll_experiment scored = {
    .name = "scored",
    .title = "a text, with states and without",
    .version = 1,
    .axes_quick = "model=gru,transformer seed=0",
    .axes_full = "model=gru,transformer seed=0",
    .fixed = "task=text length=4 hidden=4 batch=2 steps=2 points=1 sample_chars=0",
};

/* The text is scored in another way where a model carries no states. */
static void what_a_record_notes_of_its_task_depends_on_its_model(void)
{
    const char *results = test_folder(), *folder = test_folder();
    char file[1300], text[600];
    for (int i = 0; i < 599; i++)
        text[i] = (char)('a' + i * i % 7);
    text[599] = '\0';
    write_text(folder, "a.txt", text);
    snprintf(file, sizeof file, "file=%s/a.txt", folder);
    CU_ASSERT_EQUAL(call_on(&scored, results, file).summary.done, 2);
    CU_ASSERT_EQUAL(call_on(&scored, results, file).summary.done, 0);
    unroll_table *table = report_on(&scored, results);
    CU_ASSERT_EQUAL(table->rows, 2);
    CU_ASSERT_EQUAL(table->stale, 0);
    unroll_table_free(table);
}

static void the_same_data_at_another_place_are_the_same(void)
{
    const char *results = test_folder(), *folder = test_folder();
    char file[1200];
    write_series(folder, "here.csv", 1);
    write_series(folder, "there.csv", 1);
    snprintf(file, sizeof file, "file=%s/here.csv", folder);
    CU_ASSERT_EQUAL(call_on(&forecast, results, file).summary.done, 2);
    snprintf(file, sizeof file, "file=%s/there.csv", folder);
    CU_ASSERT_EQUAL(call_on(&forecast, results, file).summary.done, 0);
}

static const char *changing;
static unroll_status change_data(const unroll_settings *settings, unroll_record *record)
{
    (void)settings;
    unroll_record_real(record, "error", "", 1);
    write_series(changing, "c.csv", 5);
    return unroll_ok();
}

static void data_that_change_meanwhile_are_told_of(void)
{
    unroll_experiment changed = forecast;
    const char *results = test_folder(), *folder = test_folder();
    char file[1200];
    const char *assignments[] = {file};
    changed.measure = change_data;
    write_series(folder, "c.csv", 1);
    changing = folder;
    snprintf(file, sizeof file, "file=%s/c.csv", folder);
    called c = call(&changed, results, (unroll_sweep_options){.jobs = 1, .assignments = assignments, .assignment_count = 1});
    CU_ASSERT_EQUAL(c.summary.failed, 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(c.status.text, "its data changed while the sweep went on"));
}

/* ---- sources ---- */

static void records_of_other_sources_are_kept_where_the_first_steps_are_the_same(void)
{
    const char *results = test_folder();
    char why[128];
    CU_ASSERT_EQUAL(call_on(&trained, results, NULL).summary.done, 4);
    for (int i = 0; i < 4; i++)
        note_anew(&trained, results, i, "sources", "0123456789abcdef");
    called c = call_on(&trained, results, NULL);
    CU_ASSERT_EQUAL(c.summary.found, 4);
    CU_ASSERT_EQUAL(c.summary.done, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(
        c.printed, "4 records found that other sources made: the first steps of 2 runs were repeated, and are the same\n"));
    CU_ASSERT_EQUAL(stale_rows(&trained, results, why), 0);
}

/* Of the GRU the arithmetic was another: its two records go, those of the RNN stay. */
static void records_of_other_first_steps_are_stale_and_done_again(void)
{
    const char *results = test_folder();
    char why[128];
    CU_ASSERT_EQUAL(call_on(&trained, results, NULL).summary.done, 4);
    for (int i = 0; i < 4; i++)
        note_anew(&trained, results, i, "sources", "0123456789abcdef");
    for (int i = 2; i < 4; i++)
        note_anew(&trained, results, i, "first_steps", "4 steps 0123456789abcdef");
    called c = call_on(&trained, results, NULL);
    CU_ASSERT_EQUAL(c.summary.found, 2);
    CU_ASSERT_EQUAL(c.summary.done, 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(c.printed,
                                  "; 2 records are not as they would be now, are kept as stale, and their runs are done "
                                  "again; the first: model=gru seed=0\n"));
    CU_ASSERT_EQUAL(stale_rows(&trained, results, why), 2);
    CU_ASSERT_STRING_EQUAL(why, "the sources have changed, and the first steps with them");
    unroll_table *table = report_on(&trained, results);
    CU_ASSERT_EQUAL(table->rows, 4);
    unroll_table_free(table);
    c = call_on(&trained, results, NULL);
    CU_ASSERT_EQUAL(c.summary.found, 4);
    CU_ASSERT_EQUAL(c.summary.done, 0);
    CU_ASSERT_EQUAL(stale_rows(&trained, results, why), 2); /* they stay so */
}

/* A call that was stopped before it did them again leaves the stale ones, which then say so. */
static void stale_records_are_told_even_before_their_runs_are_done_again(void)
{
    const char *results = test_folder();
    char why[128];
    CU_ASSERT_EQUAL(call_on(&trained, results, NULL).summary.done, 4);
    for (int i = 0; i < 4; i++) {
        note_anew(&trained, results, i, "sources", "0123456789abcdef");
        note_anew(&trained, results, i, "first_steps", "4 steps 0123456789abcdef");
    }
    called c = call_on(&trained, results, "seed=0");
    CU_ASSERT_EQUAL(c.summary.done, 2);
    CU_ASSERT_EQUAL(stale_rows(&trained, results, why), 2); /* the others were not asked for */
}

static void a_failed_run_of_other_sources_is_done_again(void)
{
    const char *results = test_folder();
    reset();
    failing_seed = 3;
    call_with(results, NULL, 0);
    note_anew(&experiment, results, 3, "sources", "0123456789abcdef");
    failing_seed = -1;
    CU_ASSERT_EQUAL(call_with(results, NULL, 0).measured, 1);
}

static void the_first_steps_tell_arithmetic_apart_and_nothing_else(void)
{
    unroll_settings *settings = unroll_settings_new();
    char one[UNROLL_FIRST_STEPS_ROOM], other[UNROLL_FIRST_STEPS_ROOM];
    unroll_record *record;
    static const char *const set[] = {"task=adding", "length=6", "hidden=3", "batch=4", "steps=60", "points=2"};
    for (size_t i = 0; i < sizeof set / sizeof set[0]; i++)
        CU_ASSERT_EQUAL(unroll_settings_assign(settings, set[i]).code, UNROLL_OK);
    CU_ASSERT_EQUAL(unroll_run_first_steps(settings, NULL, one).code, UNROLL_OK);
    CU_ASSERT_EQUAL(strncmp(one, "4 steps ", 8), 0);
    record = unroll_record_new(settings);
    CU_ASSERT_EQUAL(unroll_run(settings, NULL, record).code, UNROLL_OK);
    CU_ASSERT_STRING_EQUAL(unroll_origin_noted(record, "first_steps"), one);
    unroll_record_free(record);
    unroll_settings_assign(settings, "isa=scalar");
    CU_ASSERT_EQUAL(unroll_run_first_steps(settings, NULL, other).code, UNROLL_OK);
    CU_ASSERT_STRING_EQUAL(one, other);
    unroll_settings_assign(settings, "lr=0.0011");
    CU_ASSERT_EQUAL(unroll_run_first_steps(settings, NULL, other).code, UNROLL_OK);
    CU_ASSERT_STRING_NOT_EQUAL(one, other);
    unroll_settings_assign(settings, "steps=0");
    CU_ASSERT_EQUAL(unroll_run_first_steps(settings, NULL, other).code, UNROLL_OK);
    CU_ASSERT_EQUAL(strncmp(other, "0 steps ", 8), 0);
    unroll_settings_free(settings);
}

/* ---- times ---- */

static void times_of_another_machine_are_kept_beside_those_of_this_one(void)
{
    unroll_experiment timed = experiment;
    const char *results = test_folder();
    unroll_table *table;
    char why[128];
    reset();
    timed.timed = true;
    CU_ASSERT_EQUAL(call(&timed, results, (unroll_sweep_options){0}).measured, 10);
    for (int i = 0; i < 10; i++)
        note_anew(&timed, results, i, "processor", "another");
    table = report_on(&timed, results);
    CU_ASSERT_EQUAL(table->rows, 10); /* there are no others yet */
    CU_ASSERT_TRUE(table->elsewhere || table->other == 0);
    unroll_table_free(table);
    CU_ASSERT_EQUAL(call(&timed, results, (unroll_sweep_options){0}).measured, 10);
    CU_ASSERT_EQUAL(stale_rows(&timed, results, why), 0);
    table = report_on(&timed, results);
    CU_ASSERT_EQUAL(table->rows, 10);
    CU_ASSERT_EQUAL(table->other, 10);
    CU_ASSERT_FALSE(table->elsewhere);
    unroll_table_free(table);
    CU_ASSERT_EQUAL(call(&timed, results, (unroll_sweep_options){0}).measured, 0);
}

/* ---- again ---- */

static void what_is_measured_again_is_kept_beside_what_was_there(void)
{
    const char *results = test_folder();
    reset();
    call_with(results, NULL, 0);
    CU_ASSERT_EQUAL(call(&experiment, results, (unroll_sweep_options){.again = true}).measured, 10);
    CU_ASSERT_EQUAL(files_in(results, ".h5"), 20);
    unroll_table *table = report_on(&experiment, results);
    const unroll_table_column *take = unroll_table_find(table, "take");
    CU_ASSERT_EQUAL(table->rows, 10);
    CU_ASSERT_EQUAL(table->older, 10);
    for (int i = 0; i < table->rows; i++)
        CU_ASSERT_EQUAL(take->real[i], 2);
    unroll_table_free(table);
    CU_ASSERT_EQUAL(call_with(results, NULL, 0).measured, 0);
    CU_ASSERT_EQUAL(call(&experiment, results, (unroll_sweep_options){.force = true}).measured, 10); /* in place of the newest */
    CU_ASSERT_EQUAL(files_in(results, ".h5"), 20);
}

/* ---- what stands beside the id ---- */

static void runs_have_the_hash_of_their_settings_with_and_without_the_seed(void)
{
    const char *results = test_folder();
    unroll_table *table;
    const unroll_table_column *config, *but_seed, *model;
    reset();
    call_with(results, NULL, 0);
    table = report_on(&experiment, results);
    config = unroll_table_find(table, "config");
    but_seed = unroll_table_find(table, "config_without_seed");
    model = unroll_table_find(table, "model");
    CU_ASSERT_TRUE_FATAL(config != NULL && but_seed != NULL && model != NULL);
    for (int i = 0; i < table->rows; i++)
        for (int k = 0; k < i; k++) {
            CU_ASSERT_STRING_NOT_EQUAL(config->text[i], config->text[k]);
            CU_ASSERT_EQUAL(strcmp(but_seed->text[i], but_seed->text[k]) == 0, strcmp(model->text[i], model->text[k]) == 0);
        }
    unroll_table_free(table);
}

const unroll_test tests_sweep_origin[] = {
    TEST(each_of_several_files_is_looked_at),
    TEST(what_was_measured_on_other_data_is_done_again_and_kept),
    TEST(what_a_record_notes_of_its_task_depends_on_its_model),
    TEST(the_same_data_at_another_place_are_the_same),
    TEST(data_that_change_meanwhile_are_told_of),
    TEST(records_of_other_sources_are_kept_where_the_first_steps_are_the_same),
    TEST(records_of_other_first_steps_are_stale_and_done_again),
    TEST(stale_records_are_told_even_before_their_runs_are_done_again),
    TEST(a_failed_run_of_other_sources_is_done_again),
    TEST(the_first_steps_tell_arithmetic_apart_and_nothing_else),
    TEST(times_of_another_machine_are_kept_beside_those_of_this_one),
    TEST(what_is_measured_again_is_kept_beside_what_was_there),
    TEST(runs_have_the_hash_of_their_settings_with_and_without_the_seed),
    {NULL, NULL},
};
