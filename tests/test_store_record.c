/* One run, one file: what is stored is loaded again, and a disk that fails leaves nothing half written. */
#include <math.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "base/version.h"
#include "store/store.h"
#include "files.h"

static const float loss[4] = {1.5f, 0.5f, -0.0f, 1e-30f};
static const int64_t ns[3] = {1, INT64_C(9000000000000000000), 0};

static unroll_record *make_record(void)
{
    unroll_settings *settings = unroll_settings_new();
    unroll_record *record;
    unroll_settings_assign(settings, "hidden=32");
    unroll_settings_assign(settings, "lr=0.30000000000000004");
    unroll_settings_assign(settings, "optimizer=sgd");
    unroll_settings_assign(settings, "file=/data/caf\xc3\xa9=\"x\".csv");
    record = unroll_record_new(settings);
    unroll_settings_free(settings);
    strcpy(record->experiment, "architectures");
    strcpy(record->id, "0123456789abcdef0123456789abcdef");
    strcpy(record->status, "diverged");
    strcpy(record->reason, "the loss is not finite at step 17");
    record->experiment_version = 3;
    record->numerics_version = 4;
    record->seconds = 12.25;
    unroll_record_real(record, "mse", "K^2", 1.0 / 3);
    unroll_record_real(record, "never", "", NAN);
    unroll_record_int(record, "parameters", "", INT64_MIN);
    unroll_record_text(record, "sample", "to be,\nor \xe2\x82\xac");
    unroll_record_text(record, "nothing", "");
    unroll_record_curve(record, "train_loss", "nats", loss, 4);
    unroll_record_curve(record, "empty", "", NULL, 0);
    unroll_record_timing(record, "step", ns, 3);
    unroll_record_env(record, "processor", "one=two");
    return record;
}

static void a_stored_record_is_loaded_again_the_same(void)
{
    unroll_record *record = make_record(), *loaded = NULL;
    const char *path = path_in(test_folder(), "run.h5");
    CU_ASSERT_EQUAL(unroll_store_record(record, path).code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(unroll_load_record(path, &loaded).code, UNROLL_OK);
    CU_ASSERT_STRING_EQUAL(loaded->experiment, record->experiment);
    CU_ASSERT_STRING_EQUAL(loaded->id, record->id);
    CU_ASSERT_STRING_EQUAL(loaded->status, record->status);
    CU_ASSERT_STRING_EQUAL(loaded->reason, record->reason);
    CU_ASSERT_EQUAL(loaded->experiment_version, 3);
    CU_ASSERT_EQUAL(loaded->numerics_version, 4);
    CU_ASSERT_EQUAL(loaded->seconds, 12.25);
    for (int i = 0; i < unroll_setting_count(); i++)
        CU_ASSERT_STRING_EQUAL(unroll_settings_show(loaded->settings, i), unroll_settings_show(record->settings, i));
    CU_ASSERT_EQUAL_FATAL(loaded->column_count, 5);
    CU_ASSERT_EQUAL(unroll_record_find(loaded, "mse")->real, 1.0 / 3);
    CU_ASSERT_STRING_EQUAL(unroll_record_find(loaded, "mse")->unit, "K^2");
    CU_ASSERT(isnan(unroll_record_find(loaded, "never")->real));
    CU_ASSERT_EQUAL(unroll_record_find(loaded, "parameters")->type, UNROLL_COLUMN_INT);
    CU_ASSERT_EQUAL(unroll_record_find(loaded, "parameters")->integer, INT64_MIN);
    CU_ASSERT_STRING_EQUAL(unroll_record_find(loaded, "sample")->text, "to be,\nor \xe2\x82\xac");
    CU_ASSERT_STRING_EQUAL(unroll_record_find(loaded, "nothing")->text, "");
    CU_ASSERT_EQUAL_FATAL(loaded->curve_count, 2);
    CU_ASSERT_EQUAL(loaded->curves[0].length, 4);
    CU_ASSERT_STRING_EQUAL(loaded->curves[0].unit, "nats");
    CU_ASSERT_EQUAL(memcmp(loaded->curves[0].value, loss, sizeof loss), 0);
    CU_ASSERT_EQUAL(unroll_record_find_curve(loaded, "empty")->length, 0);
    CU_ASSERT_EQUAL_FATAL(loaded->timing_count, 1);
    CU_ASSERT_EQUAL(memcmp(loaded->timings[0].ns, ns, sizeof ns), 0);
    unroll_record_free(record);
    unroll_record_free(loaded);
}

static void a_record_says_which_program_wrote_it(void)
{
    unroll_record *record = make_record(), *loaded = NULL;
    const char *path = path_in(test_folder(), "run.h5");
    CU_ASSERT_EQUAL(unroll_store_record(record, path).code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(unroll_load_record(path, &loaded).code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(loaded->env_count, 3);
    CU_ASSERT_STRING_EQUAL(loaded->env[0].name, "processor");
    CU_ASSERT_STRING_EQUAL(loaded->env[0].text, "one=two");
    CU_ASSERT_STRING_EQUAL(loaded->env[1].text, unroll_version());
    CU_ASSERT_STRING_EQUAL(loaded->env[2].text, unroll_commit());
    unroll_record_free(record);
    unroll_record_free(loaded);
}

static void a_record_without_settings_is_stored(void)
{
    unroll_record *record = unroll_record_new(NULL), *loaded = NULL;
    const char *path = path_in(test_folder(), "run.h5");
    strcpy(record->status, "done");
    memset(record->reason, 0xC3, sizeof record->reason - 1); /* no UTF-8 at all */
    CU_ASSERT_EQUAL(unroll_store_record(record, path).code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(unroll_load_record(path, &loaded).code, UNROLL_OK);
    CU_ASSERT_PTR_NULL(loaded->settings);
    CU_ASSERT_EQUAL(loaded->column_count + loaded->curve_count + loaded->timing_count, 0);
    CU_ASSERT_EQUAL(strspn(loaded->reason, "?"), sizeof record->reason - 1);
    unroll_record_free(record);
    unroll_record_free(loaded);
}

static void a_record_that_lacks_memory_is_not_stored(void)
{
    unroll_record *record = make_record();
    const char *folder = test_folder();
    record->out_of_memory = true;
    CU_ASSERT_EQUAL(unroll_store_record(record, path_in(folder, "run.h5")).code, UNROLL_FAILED);
    CU_ASSERT_EQUAL(count_files(folder, ""), 0);
    unroll_record_free(record);
}

static void storing_where_one_cannot_write_is_one_sentence_with_the_reason(void)
{
    unroll_record *record = make_record();
    const char *folder = test_folder();
    unroll_status status = unroll_store_record(record, path_in(folder, "missing/run.h5"));
    CU_ASSERT_EQUAL(status.code, UNROLL_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(status.text, "missing/run.h5: No such file or directory"));
    mkdir(path_in(folder, "run.h5"), 0777);
    status = unroll_store_record(record, path_in(folder, "run.h5"));
    CU_ASSERT_EQUAL(status.code, UNROLL_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(status.text, "Is a directory"));
    CU_ASSERT_EQUAL(count_files(folder, ""), 1);
    unroll_record_free(record);
}

/* Root may write anywhere, so root becomes nobody for as long as it takes. */
static void a_folder_that_is_read_only_is_one_sentence_with_the_reason(void)
{
    unroll_record *record = make_record();
    const char *folder = test_folder();
    unroll_status status;
    bool root = geteuid() == 0;
    chmod(folder, 0555);
    CU_ASSERT_EQUAL_FATAL(root ? seteuid(65534) : 0, 0);
    status = unroll_store_record(record, path_in(folder, "run.h5"));
    CU_ASSERT_EQUAL_FATAL(root ? seteuid(0) : 0, 0);
    CU_ASSERT_EQUAL(status.code, UNROLL_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(status.text, "run.h5: Permission denied"));
    CU_ASSERT_EQUAL(count_files(folder, ""), 0);
    unroll_record_free(record);
}

/* Lets no file of this process grow beyond `bytes`; the old limit comes back with RLIM_INFINITY or what it was. */
static rlim_t limit_files(rlim_t bytes)
{
    struct rlimit limit;
    rlim_t before;
    getrlimit(RLIMIT_FSIZE, &limit);
    before = limit.rlim_cur;
    limit.rlim_cur = bytes;
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_FSIZE, &limit), 0);
    return before;
}

/* The disk is full after every possible number of bytes, in steps: each time a sentence, no debris, the old file whole. */
static void a_full_disk_at_any_point_leaves_the_old_file_whole(void)
{
    unroll_record *record = make_record();
    const char *folder = test_folder(), *path = path_in(folder, "run.h5");
    void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
    struct stat size;
    CU_ASSERT_EQUAL_FATAL(unroll_store_record(record, path).code, UNROLL_OK);
    stat(path, &size);
    strcpy(record->status, "done");
    for (off_t limit = 0; limit < size.st_size; limit += size.st_size / 50 + 1) {
        rlim_t old = limit_files((rlim_t)limit);
        unroll_status status = unroll_store_record(record, path);
        unroll_record *found = NULL;
        limit_files(old);
        CU_ASSERT_EQUAL(status.code, UNROLL_FAILED);
        CU_ASSERT_PTR_NOT_NULL(strstr(status.text, "run.h5: File too large"));
        CU_ASSERT_EQUAL_FATAL(unroll_load_record(path, &found).code, UNROLL_OK);
        CU_ASSERT_STRING_EQUAL(found->status, "diverged");
        unroll_record_free(found);
        CU_ASSERT_EQUAL(count_files(folder, ""), 1);
    }
    CU_ASSERT_EQUAL(unroll_store_record(record, path).code, UNROLL_OK); /* the library has not lost its footing */
    signal(SIGXFSZ, before);
    unroll_record_free(record);
}

static void equal_records_give_equal_bytes(void)
{
    unroll_record *record = make_record();
    const char *folder = test_folder();
    unsigned char *bytes[2];
    size_t sizes[2];
    for (int i = 0; i < 2; i++) {
        const char *path = path_in(folder, i == 0 ? "a.h5" : "b.h5");
        unroll_store_record(record, path);
        bytes[i] = calloc(1, 1 << 20);
        sizes[i] = read_bytes(path, bytes[i], 1 << 20);
    }
    CU_ASSERT(sizes[0] > 1000);
    CU_ASSERT_EQUAL(sizes[0], sizes[1]);
    CU_ASSERT_EQUAL(memcmp(bytes[0], bytes[1], sizes[0]), 0);
    free(bytes[0]);
    free(bytes[1]);
    unroll_record_free(record);
}

static void what_could_not_be_read_again_is_not_stored(void)
{
    unroll_record *record = make_record(), *loaded = NULL;
    const char *path = path_in(test_folder(), "run.h5");
    char name[32];
    for (int i = record->column_count; i < UNROLL_MOST_COLUMNS; i++) {
        snprintf(name, sizeof name, "column_%d", i);
        unroll_record_int(record, name, "", i);
    }
    CU_ASSERT_EQUAL(unroll_store_record(record, path).code, UNROLL_OK);
    CU_ASSERT_EQUAL(unroll_load_record(path, &loaded).code, UNROLL_OK);
    unroll_record_free(loaded);
    unroll_record_int(record, "one more", "", 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(unroll_store_record(record, path).text, "the record has more than 256 columns"));
    unroll_record_free(record);
}

const unroll_test tests_store_record[] = {
    TEST(a_stored_record_is_loaded_again_the_same),
    TEST(a_record_says_which_program_wrote_it),
    TEST(a_record_without_settings_is_stored),
    TEST(a_record_that_lacks_memory_is_not_stored),
    TEST(storing_where_one_cannot_write_is_one_sentence_with_the_reason),
    TEST(a_folder_that_is_read_only_is_one_sentence_with_the_reason),
    TEST(a_full_disk_at_any_point_leaves_the_old_file_whole),
    TEST(equal_records_give_equal_bytes),
    TEST(what_could_not_be_read_again_is_not_stored),
    {NULL, NULL},
};
