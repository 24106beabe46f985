/* Gathered files: what is in them, that they are the same every time, and that others read them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/h5.h"
#include "store/plain.h"
#include "store/store.h"
#include "files.h"

enum { RUNS = 6 };

/* Run i, on purpose not alike: some columns, curves and timings are missing in some runs. */
static unroll_record *make_run(int i)
{
    static const float loss[5] = {5, 4, 3, 2, 1};
    static const int64_t ns[3] = {30, 10, 20};
    char seed[16];
    unroll_settings *settings = unroll_settings_new();
    unroll_record *record;
    snprintf(seed, sizeof seed, "seed=%d", i);
    unroll_settings_assign(settings, seed);
    unroll_settings_assign(settings, i % 2 == 0 ? "model=lstm" : "model=gru");
    record = unroll_record_new(settings);
    unroll_settings_free(settings);
    strcpy(record->experiment, "demo");
    snprintf(record->id, sizeof record->id, "%032d", i);
    strcpy(record->status, i == 4 ? "failed" : "done");
    strcpy(record->reason, i == 4 ? "out of caf\xc3\xa9" : "");
    record->experiment_version = 2;
    record->seconds = i + 0.5;
    unroll_record_env(record, "isa", "scalar");
    unroll_record_env(record, "commit", "0123456789ab");
    unroll_record_env(record, "run", "beside");
    if (i == 4)
        return record;
    unroll_record_int(record, "parameters", "", 100 + i);
    unroll_record_real(record, "mse", "K^2", 1.0 / (i + 1));
    unroll_record_real(record, "best_valid_mse", "K^2", 0.5);
    unroll_record_real(record, "length", "m", 7);
    unroll_record_int(record, "mixed", "", i);
    if (i == 5)
        unroll_record_text(record, "mixed", "many");
    unroll_record_curve(record, "train_loss", "nats", loss, i);
    unroll_record_curve(record, "seconds", "s", loss, 2);
    unroll_record_curve(record, "run", "", loss, 2);
    if (i > 2)
        unroll_record_timing(record, "step", ns, 3);
    return record;
}

/* Stores all runs in a new folder, in rising or falling order. */
static const char *store_runs(bool falling)
{
    const char *folder = test_folder();
    char path[1200];
    for (int i = 0; i < RUNS; i++) {
        unroll_record *record = make_run(falling ? RUNS - 1 - i : i);
        snprintf(path, sizeof path, "%s/%s.h5", folder, record->id);
        CU_ASSERT_EQUAL(unroll_store_record(record, path).code, UNROLL_OK);
        unroll_record_free(record);
    }
    return folder;
}

static const char *gather(const char *runs, const char *const *ids, int id_count, unroll_gather_info *info)
{
    static char path[1200];
    unroll_status status;
    snprintf(path, sizeof path, "%s/demo.h5", test_folder());
    info->experiment = "demo";
    info->title = "A demonstration";
    status = unroll_store_gather(runs, ids, id_count, path, info);
    CU_ASSERT_EQUAL_FATAL(status.code, UNROLL_OK);
    return path;
}

static unroll_table *gather_all(void)
{
    unroll_gather_info info = {0};
    unroll_table *table = NULL;
    CU_ASSERT_EQUAL_FATAL(unroll_load_table(gather(store_runs(false), NULL, 0, &info), &table).code, UNROLL_OK);
    CU_ASSERT_EQUAL(info.records, RUNS);
    CU_ASSERT_EQUAL(info.damaged, 0);
    return table;
}

static void a_gathered_file_holds_settings_and_results_as_columns(void)
{
    unroll_table *table = gather_all();
    const unroll_table_column *cell = unroll_table_find(table, "model"), *seed = unroll_table_find(table, "seed");
    const unroll_table_column *mse = unroll_table_find(table, "mse"), *hidden = unroll_table_find(table, "hidden");
    CU_ASSERT_STRING_EQUAL(table->experiment, "demo");
    CU_ASSERT_STRING_EQUAL(table->title, "A demonstration");
    CU_ASSERT_EQUAL(strlen(table->created), strlen("2000-01-01T00:00:00Z"));
    CU_ASSERT_EQUAL_FATAL(table->rows, RUNS);
    for (int i = 0; i < RUNS; i++) {
        CU_ASSERT_EQUAL(atoi(unroll_table_find(table, "id")->text[i]), i);
        CU_ASSERT_STRING_EQUAL(unroll_table_find(table, "status")->text[i], i == 4 ? "failed" : "done");
        CU_ASSERT_STRING_EQUAL(unroll_table_find(table, "reason")->text[i], i == 4 ? "out of caf\xc3\xa9" : "");
        CU_ASSERT_EQUAL(unroll_table_find(table, "seconds")->real[i], i + 0.5);
        CU_ASSERT_STRING_EQUAL(cell->text[i], i % 2 == 0 ? "lstm" : "gru");
        CU_ASSERT_EQUAL(seed->real[i], i);
        CU_ASSERT_EQUAL(hidden->real[i], 64);
        CU_ASSERT(i == 4 ? isnan(mse->real[i]) : mse->real[i] == 1.0 / (i + 1));
    }
    CU_ASSERT_EQUAL(seed->type, UNROLL_COLUMN_INT);
    CU_ASSERT_STRING_EQUAL(hidden->unit, "units");
    CU_ASSERT_STRING_EQUAL(mse->unit, "K^2");
    unroll_table_free(table);
}

static void a_whole_number_that_a_run_lacks_makes_a_column_of_reals(void)
{
    unroll_table *table = gather_all();
    const unroll_table_column *parameters = unroll_table_find(table, "parameters");
    CU_ASSERT_EQUAL(parameters->type, UNROLL_COLUMN_REAL);
    CU_ASSERT_EQUAL(parameters->real[3], 103);
    CU_ASSERT(isnan(parameters->real[4]));
    unroll_table_free(table);
}

static void numbers_beside_texts_become_texts(void)
{
    unroll_table *table = gather_all();
    const unroll_table_column *mixed = unroll_table_find(table, "mixed");
    CU_ASSERT_EQUAL_FATAL(mixed->type, UNROLL_COLUMN_TEXT);
    CU_ASSERT_STRING_EQUAL(mixed->text[3], "3");
    CU_ASSERT_STRING_EQUAL(mixed->text[4], "");
    CU_ASSERT_STRING_EQUAL(mixed->text[5], "many");
    unroll_table_free(table);
}

static void a_result_that_is_called_like_a_setting_is_renamed(void)
{
    unroll_table *table = gather_all();
    CU_ASSERT_EQUAL(unroll_table_find(table, "length")->real[0], 64);
    CU_ASSERT_EQUAL(unroll_table_find(table, "result_length")->real[0], 7);
    CU_ASSERT_STRING_EQUAL(unroll_table_find(table, "result_length")->unit, "m");
    unroll_table_free(table);
}

static void curves_end_in_nan_and_timings_in_minus_one(void)
{
    unroll_table *table = gather_all();
    const unroll_table_curve *loss = unroll_table_find_curve(table, "train_loss");
    const unroll_table_timing *step = unroll_table_find_timing(table, "step");
    CU_ASSERT_EQUAL_FATAL(loss->length, 5);
    CU_ASSERT_STRING_EQUAL(loss->unit, "nats");
    for (int i = 0; i < RUNS; i++) {
        for (int k = 0; k < 5; k++) {
            float value = loss->value[5 * i + k];
            CU_ASSERT(k < i && i != 4 ? value == (float)(5 - k) : isnan(value));
        }
    }
    CU_ASSERT_EQUAL_FATAL(step->length, 3);
    CU_ASSERT_EQUAL(step->ns[3 * 2], -1);
    CU_ASSERT_EQUAL(step->ns[3 * 3], 30);
    CU_ASSERT_EQUAL(step->ns[3 * 5 + 2], 20);
    CU_ASSERT_EQUAL(table->env_count, 4);
    CU_ASSERT_STRING_EQUAL(table->env[1].text[5], "0123456789ab");
    unroll_table_free(table);
}

static void the_same_records_give_the_same_bytes_in_any_order(void)
{
    enum { ROOM = 1 << 20 };
    static const char *const backwards[] = {"00000000000000000000000000000005", "00000000000000000000000000000004",
                                            "00000000000000000000000000000003", "00000000000000000000000000000002",
                                            "00000000000000000000000000000001", "00000000000000000000000000000000",
                                            "00000000000000000000000000000003", "ffffffffffffffffffffffffffffffff"};
    unroll_gather_info info = {0};
    unsigned char *a = malloc(ROOM), *b = malloc(ROOM);
    size_t size;
    setenv("SOURCE_DATE_EPOCH", "0", 1);
    size = read_bytes(gather(store_runs(false), NULL, 0, &info), a, ROOM);
    CU_ASSERT(size > 1000);
    CU_ASSERT_EQUAL(read_bytes(gather(store_runs(true), backwards, 8, &info), b, ROOM), size);
    CU_ASSERT_EQUAL(info.records, RUNS);
    CU_ASSERT_EQUAL(memcmp(a, b, size), 0);
    unsetenv("SOURCE_DATE_EPOCH");
    free(a);
    free(b);
}

static void damaged_runs_are_left_out_and_counted(void)
{
    const char *runs = store_runs(false);
    char path[1200];
    unroll_gather_info info = {0};
    unroll_table *table = NULL;
    FILE *file;
    snprintf(path, sizeof path, "%s/%032d.h5", runs, 2);
    CU_ASSERT_EQUAL(truncate(path, 700), 0);
    snprintf(path, sizeof path, "%s/%032d.h5", runs, 3);
    CU_ASSERT_EQUAL(truncate(path, 0), 0);
    snprintf(path, sizeof path, "%s/.unroll-part-node-0123456789abcdef", runs); /* what a killed program leaves */
    file = fopen(path, "wb");
    fclose(file);
    CU_ASSERT_EQUAL_FATAL(unroll_load_table(gather(runs, NULL, 0, &info), &table).code, UNROLL_OK);
    CU_ASSERT_EQUAL(info.records, RUNS - 2);
    CU_ASSERT_EQUAL(info.damaged, 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(info.first_damaged, "00000002.h5 is damaged: it does not end in the checksum"));
    CU_ASSERT_EQUAL(table->rows, RUNS - 2);
    CU_ASSERT_EQUAL(table->left_out, 2);
    unroll_table_free(table);
}

static void nothing_to_gather_is_said_and_writes_nothing(void)
{
    const char *folder = test_folder();
    char path[1200], missing[1200];
    unroll_gather_info info = {.experiment = "demo", .title = ""};
    unroll_status status;
    snprintf(path, sizeof path, "%s/demo.h5", folder);
    snprintf(missing, sizeof missing, "%s/missing", folder);
    status = unroll_store_gather(missing, NULL, 0, path, &info);
    CU_ASSERT_EQUAL(status.code, UNROLL_NOTHING);
    CU_ASSERT_PTR_NOT_NULL(strstr(status.text, "there is no finished run in "));
    CU_ASSERT_EQUAL(unroll_store_gather(folder, NULL, 0, path, &info).code, UNROLL_NOTHING);
    CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
}

/* Runs the shell command that the three parts make; its exit status. */
static int run(const char *before, const char *path, const char *after)
{
    char command[2000];
    int status;
    snprintf(command, sizeof command, "%s%s%s", before, path, after);
    fflush(stdout);
    status = system(command);
    return status == -1 ? -1 : (status & 0xFF00) >> 8;
}

static void h5dump_reads_a_gathered_file(void)
{
    unroll_gather_info info = {0};
    const char *path;
    if (run("command -v h5dump", "", " >/dev/null 2>&1") != 0) {
        test_skip("h5dump is not installed");
        return;
    }
    path = gather(store_runs(false), NULL, 0, &info);
    CU_ASSERT_EQUAL(run("h5dump ", path, " >/dev/null 2>&1"), 0);
    CU_ASSERT_EQUAL(run("h5dump -d /runs/model ", path, " | grep -q '\"lstm\", \"gru\", \"lstm\"'"), 0);
    CU_ASSERT_EQUAL(run("h5dump -d /curves/train_loss ", path, " | grep -q '(5,0): 5, 4, 3, 2, 1'"), 0);
    CU_ASSERT_EQUAL(run("h5dump -A -d /curves/point ", path, " | grep -q DIMENSION_SCALE"), 0);
}

static void h5py_and_pandas_read_a_gathered_file(void)
{
    static const char *const pythons[] = {"python3", "/usr/bin/python3"}; /* a user's own may hide the system's */
    unroll_gather_info info = {0};
    char command[200];
    for (int i = 0; i < 2; i++) {
        if (run("", pythons[i], " -c 'import h5py, pandas' 2>/dev/null") != 0)
            continue;
        snprintf(command, sizeof command, "%s tests/read_results.py ", pythons[i]);
        CU_ASSERT_EQUAL(run(command, gather(store_runs(false), NULL, 0, &info), ""), 0);
        return;
    }
    test_skip("python3-h5py or python3-pandas is not installed");
}

/* Whether one of the pythons has the module beside xarray; it then checks what xarray reads by that engine. */
static bool check_by_xarray(const char *module, const char *engine)
{
    static const char *const pythons[] = {"python3", "/usr/bin/python3"};
    unroll_gather_info info = {0};
    char command[200], after[40];
    for (int i = 0; i < 2; i++) {
        snprintf(command, sizeof command, "%s -c 'import xarray, %s' 2>/dev/null", pythons[i], module);
        if (run(command, "", "") != 0)
            continue;
        snprintf(command, sizeof command, "%s tests/read_xarray.py ", pythons[i]);
        snprintf(after, sizeof after, " %s", engine);
        CU_ASSERT_EQUAL(run(command, gather(store_runs(false), NULL, 0, &info), after), 0);
        return true;
    }
    return false;
}

static void xarray_reads_a_gathered_file_by_h5netcdf(void)
{
    if (!check_by_xarray("h5netcdf", "h5netcdf"))
        test_skip("python3-xarray or python3-h5netcdf is not installed");
}

static void xarray_reads_a_gathered_file_by_netcdf4(void)
{
    if (!check_by_xarray("netCDF4", "netcdf4"))
        test_skip("python3-xarray or python3-netcdf4 is not installed");
}

/* Texts of one length and an attribute "unit": gathered files had these, and records still do. */
static void a_gathered_file_of_an_earlier_version_is_read(void)
{
    static const char *const head[] = {"schema", "experiment", "title", "version", "commit", "created"};
    static const char *const status[] = {"done", "failed"};
    static const double mse[] = {0.5, 0.25};
    static const int64_t ns[] = {7, 8, 9, -1};
    char path[1200];
    unroll_table *table;
    unroll_h5 h;
    snprintf(path, sizeof path, "%s/demo.h5", test_folder());
    unroll_h5_lock();
    unroll_h5_create(&h, path);
    for (int i = 0; i < 6; i++)
        unroll_h5_put_text(&h, h.file, head[i], i == 0 ? UNROLL_TABLE_SCHEMA : "demo");
    hid_t runs = unroll_h5_make_group(&h, "runs"), timings = unroll_h5_make_group(&h, "timings");
    hid_t sets[] = {unroll_h5_put_texts(&h, runs, "status", status, 2),
                    unroll_h5_put(&h, runs, &(unroll_h5_data){.name = "mse", .unit = "K^2", .file_type = H5T_IEEE_F64LE,
                                                              .memory_type = H5T_NATIVE_DOUBLE, .rank = 1, .dims = {2},
                                                              .values = mse}),
                    unroll_h5_put(&h, timings, &(unroll_h5_data){.name = "step", .unit = "ns", .file_type = H5T_STD_I64LE,
                                                                 .memory_type = H5T_NATIVE_INT64, .rank = 2, .dims = {2, 2},
                                                                 .values = ns})};
    for (int i = 0; i < 3; i++)
        H5Dclose(sets[i]);
    H5Gclose(runs);
    H5Gclose(timings);
    CU_ASSERT_EQUAL_FATAL(unroll_h5_close(&h).code, UNROLL_OK);
    unroll_h5_unlock();
    CU_ASSERT_EQUAL_FATAL(unroll_load_table(path, &table).code, UNROLL_OK);
    CU_ASSERT_STRING_EQUAL(unroll_table_find(table, "status")->text[1], "failed");
    CU_ASSERT_STRING_EQUAL(unroll_table_find(table, "mse")->unit, "K^2");
    CU_ASSERT_EQUAL(unroll_table_find_timing(table, "step")->ns[2], 9);
    unroll_table_free(table);
}

const unroll_test tests_store_gather[] = {
    TEST(a_gathered_file_holds_settings_and_results_as_columns),
    TEST(a_whole_number_that_a_run_lacks_makes_a_column_of_reals),
    TEST(numbers_beside_texts_become_texts),
    TEST(a_result_that_is_called_like_a_setting_is_renamed),
    TEST(curves_end_in_nan_and_timings_in_minus_one),
    TEST(the_same_records_give_the_same_bytes_in_any_order),
    TEST(damaged_runs_are_left_out_and_counted),
    TEST(nothing_to_gather_is_said_and_writes_nothing),
    TEST(h5dump_reads_a_gathered_file),
    TEST(h5py_and_pandas_read_a_gathered_file),
    TEST(xarray_reads_a_gathered_file_by_h5netcdf),
    TEST(xarray_reads_a_gathered_file_by_netcdf4),
    TEST(a_gathered_file_of_an_earlier_version_is_read),
    {NULL, NULL},
};
