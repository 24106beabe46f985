/* Damaged and forged files: each is one sentence that names the file, never a crash and never a wrong number. */
#include <hdf5.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "files.h"
#include "store/h5.h"
#include "store/store.h"

enum { ROOM = 1 << 20, SEAL = 34 };

typedef struct good_file {
    char path[1200];
    unsigned char *bytes;
    size_t size;
} good_file;

static void load(good_file *f)
{
    f->bytes = malloc(ROOM);
    f->size = read_bytes(f->path, f->bytes, ROOM);
}

/* A good run's file, a good gathered file and a good bundle. */
static void make_good(good_file files[3])
{
    static const float curve[40] = {3, 2, 1};
    const char *folder = test_folder();
    unroll_settings *settings = unroll_settings_new();
    unroll_record *record = unroll_record_new(settings);
    unroll_bundle *bundle = unroll_bundle_new();
    unroll_gather_info info = {.experiment = "demo", .title = ""};
    const char *const id = "run";
    strcpy(record->experiment, "demo");
    strcpy(record->id, "run");
    strcpy(record->status, "done");
    unroll_record_real(record, "mse", "", 0.5);
    unroll_record_text(record, "sample", "text");
    unroll_record_curve(record, "loss", "", curve, 40);
    unroll_bundle_array(bundle, "x", UNROLL_ARRAY_FLOAT, 2, (size_t[]){4, 10}, curve);
    unroll_bundle_attribute(bundle, "task", "adding");
    snprintf(files[0].path, sizeof files[0].path, "%s/run.h5", folder);
    snprintf(files[1].path, sizeof files[1].path, "%s/table.h5", folder);
    snprintf(files[2].path, sizeof files[2].path, "%s/bundle.h5", folder);
    CU_ASSERT_EQUAL_FATAL(unroll_store_record(record, files[0].path).code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(unroll_store_gather(folder, &id, 1, files[1].path, &info).code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(unroll_store_bundle(bundle, files[2].path).code, UNROLL_OK);
    for (int i = 0; i < 3; i++)
        load(&files[i]);
    unroll_record_free(record);
    unroll_settings_free(settings);
    unroll_bundle_free(bundle);
}

enum { RUN, TABLE, BUNDLE };

/* Reads a file as what it is. */
static unroll_status load_as(int kind, const char *path, unroll_code expected)
{
    unroll_record *record = NULL;
    unroll_table *table = NULL;
    unroll_bundle *bundle = NULL;
    unroll_status status = kind == RUN     ? unroll_load_record(path, &record)
                           : kind == TABLE ? unroll_load_table(path, &table)
                                           : unroll_load_bundle(path, false, &bundle);
    CU_ASSERT_EQUAL(status.code, expected);
    if (status.code != UNROLL_OK) {
        CU_ASSERT(record == NULL && table == NULL && bundle == NULL);
        CU_ASSERT_PTR_NOT_NULL(strstr(status.text, path));
        CU_ASSERT_PTR_NULL(strchr(status.text, '\n'));
    }
    unroll_record_free(record);
    unroll_table_free(table);
    unroll_bundle_free(bundle);
    return status;
}

static void a_truncated_file_is_damaged_and_a_user_s_own_needs_no_seal(void)
{
    good_file files[3];
    make_good(files);
    for (int kind = 0; kind < 3; kind++) {
        for (size_t size = 0; size + SEAL < files[kind].size; size += size < 200 ? 1 : files[kind].size / 60) {
            write_bytes(files[kind].path, files[kind].bytes, size);
            load_as(kind, files[kind].path, UNROLL_DAMAGED);
        }
        for (size_t cut = 1; cut <= SEAL; cut++) {
            write_bytes(files[kind].path, files[kind].bytes, files[kind].size - cut);
            load_as(kind, files[kind].path, kind == BUNDLE ? UNROLL_OK : UNROLL_DAMAGED);
        }
        free(files[kind].bytes);
    }
}

static void a_flipped_byte_anywhere_is_damage(void)
{
    good_file files[3];
    make_good(files);
    for (int kind = 0; kind < 3; kind++) {
        size_t end = files[kind].size - (kind == BUNDLE ? SEAL : 0);
        for (size_t at = 0; at < end; at += at + 2 * SEAL < end ? 37 : 1) { /* each one of the seal */
            files[kind].bytes[at] ^= (unsigned char)(1u << (at % 8));
            write_bytes(files[kind].path, files[kind].bytes, files[kind].size);
            load_as(kind, files[kind].path, UNROLL_DAMAGED);
            files[kind].bytes[at] ^= (unsigned char)(1u << (at % 8));
        }
        write_bytes(files[kind].path, files[kind].bytes, files[kind].size);
        load_as(kind, files[kind].path, UNROLL_OK);
        free(files[kind].bytes);
    }
}

/* What a disk does that loses pages: a stretch of zeros, at the end above all. */
static void a_zeroed_stretch_is_damage(void)
{
    good_file files[3];
    unsigned char *zeroed = malloc(ROOM);
    make_good(files);
    for (int kind = 0; kind < 2; kind++) {
        for (size_t length = 16; length < files[kind].size; length += files[kind].size / 40) {
            memcpy(zeroed, files[kind].bytes, files[kind].size);
            memset(zeroed + files[kind].size - length, 0, length);
            write_bytes(files[kind].path, zeroed, files[kind].size);
            load_as(kind, files[kind].path, UNROLL_DAMAGED);
        }
    }
    for (int i = 0; i < 3; i++)
        free(files[i].bytes);
    free(zeroed);
}

static void absence_damage_and_what_stands_in_the_way_are_told_apart(void)
{
    char path[400], text[512];
    char *noise = calloc(1, 5000);
    snprintf(path, sizeof path, "%.380s/other.h5", test_folder());
    for (int kind = 0; kind < 3; kind++) {
        remove(path);
        snprintf(text, sizeof text, "cannot read %s: No such file or directory", path);
        CU_ASSERT_STRING_EQUAL(load_as(kind, path, UNROLL_ABSENT).text, text);
        write_bytes(path, "", 0);
        snprintf(text, sizeof text, "%s is empty", path);
        CU_ASSERT_STRING_EQUAL(load_as(kind, path, UNROLL_DAMAGED).text, text);
        write_bytes(path, noise, 5000);
        snprintf(text, sizeof text,
                 kind == BUNDLE ? "%s: not an HDF5 file, or a truncated one"
                                : "%s is damaged: it does not end in the checksum that unroll writes",
                 path);
        CU_ASSERT_STRING_EQUAL(load_as(kind, path, UNROLL_DAMAGED).text, text);
        CU_ASSERT_PTR_NOT_NULL(strstr(load_as(kind, test_folder(), UNROLL_WRONG).text, ": it is not a file"));
        remove(path);
        CU_ASSERT_EQUAL_FATAL(mkfifo(path, 0666), 0); /* told, not waited for */
        CU_ASSERT_PTR_NOT_NULL(strstr(load_as(kind, path, UNROLL_WRONG).text, ": it is not a file"));
    }
    free(noise);
}

static void one_kind_of_file_is_not_taken_for_another(void)
{
    good_file files[3];
    make_good(files);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(load_as(RUN, files[1].path, UNROLL_DAMAGED).text, "it is no run's record, but \"unroll table 1\""));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(load_as(TABLE, files[0].path, UNROLL_DAMAGED).text, "it is no gathered file of an experiment, but"));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(load_as(RUN, files[2].path, UNROLL_DAMAGED).text, "it has no text attribute \"schema\""));
    for (int i = 0; i < 3; i++)
        free(files[i].bytes);
}

/* Opens a good file for forging. */
static hid_t open_forged(const good_file *f)
{
    hid_t file;
    write_bytes(f->path, f->bytes, f->size - SEAL);
    unroll_h5_lock();
    file = H5Fopen(f->path, H5F_ACC_RDWR, H5P_DEFAULT);
    CU_ASSERT_FATAL(file >= 0);
    return file;
}

/* Whoever forges a file can seal it, too. */
static void close_forged(const good_file *f, hid_t file)
{
    good_file forged = *f;
    H5Fclose(file);
    unroll_h5_unlock();
    load(&forged);
    CU_ASSERT_EQUAL(unroll_h5_write_bytes(f->path, forged.bytes, forged.size).code, UNROLL_OK);
    free(forged.bytes);
}

/* Puts a data set of another type and shape in the place of one. */
static void replace(hid_t file, const char *name, hid_t type, int rank, const hsize_t *dims, bool chunked)
{
    hid_t space = H5Screate_simple(rank, dims, NULL), creation = H5Pcreate(H5P_DATASET_CREATE), set;
    hsize_t chunk[4] = {1, 1, 1, 1};
    if (chunked)
        H5Pset_chunk(creation, rank, chunk);
    H5Ldelete(file, name, H5P_DEFAULT);
    set = H5Dcreate2(file, name, type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    CU_ASSERT(set >= 0);
    H5Dclose(set);
    H5Pclose(creation);
    H5Sclose(space);
}

static void forged_types_and_shapes_are_one_sentence(void)
{
    static const hsize_t small[4] = {1, 1, 1, 1}, three[4] = {3, 40, 1, 1};
    static const hsize_t huge[4] = {1, UINT64_C(1) << 60, 1, 1}, many[4] = {UINT64_C(1) << 40, UINT64_C(1) << 40, 1, 1};
    static const struct {
        int kind;
        const char *name;
        bool number, chunked;
        int rank;
        const hsize_t *dims;
    } forged[] = {
        {0, "columns", true, false, 1, small},     {0, "settings", true, false, 1, small}, {0, "env", true, false, 1, small},
        {0, "curves/loss", false, false, 1, small}, {0, "curves/loss", true, false, 2, small}, {0, "curves", true, false, 1, small},
        {0, "curves/loss", true, true, 1, huge + 1}, {0, "settings", false, true, 1, huge + 1},
        {1, "runs/mse", true, false, 2, small},    {1, "runs/mse", true, false, 1, three},  {1, "runs/id", false, true, 1, many},
        {1, "curves/loss", true, false, 1, small}, {1, "curves/loss", true, true, 2, huge}, {1, "curves/loss", true, true, 2, many},
        {1, "curves/loss", false, false, 2, small}, {1, "env/commit", true, false, 1, small}, {1, "runs", true, false, 1, small},
        {2, "x", true, true, 2, huge},             {2, "x", true, true, 2, many},
    };
    good_file files[3];
    make_good(files);
    for (size_t i = 0; i < sizeof forged / sizeof forged[0]; i++) {
        const good_file *f = &files[forged[i].kind];
        hid_t file = open_forged(f);
        replace(file, forged[i].name, forged[i].number ? H5T_NATIVE_FLOAT : H5T_C_S1, forged[i].rank, forged[i].dims,
                forged[i].chunked);
        close_forged(f, file);
        if (load_as(forged[i].kind, f->path, UNROLL_DAMAGED).code == UNROLL_OK)
            printf("    forged file %d, %s, was taken\n", forged[i].kind, forged[i].name);
    }
    for (int i = 0; i < 3; i++)
        free(files[i].bytes);
}

static void what_is_missing_is_named(void)
{
    static const struct {
        int kind;
        const char *name, *sentence;
    } missing[] = {
        {RUN, "columns", ": it has no data set, or one of a wrong shape, called \"columns\""},
        {RUN, "env", ": it has no data set \"env\""},
        {TABLE, "runs", ": it holds no runs"},
    };
    good_file files[3];
    make_good(files);
    for (size_t i = 0; i < sizeof missing / sizeof missing[0]; i++) {
        const good_file *f = &files[missing[i].kind];
        hid_t file = open_forged(f);
        H5Ldelete(file, missing[i].name, H5P_DEFAULT);
        close_forged(f, file);
        CU_ASSERT_PTR_NOT_NULL(strstr(load_as(missing[i].kind, f->path, UNROLL_DAMAGED).text, missing[i].sentence));
    }
    for (int i = 0; i < 3; i++)
        free(files[i].bytes);
}

/* What others change in place loses its seal: it can be gathered anew. */
static void a_gathered_file_that_others_changed_is_damaged(void)
{
    good_file files[3];
    double changed = 0.75;
    hid_t file, set;
    make_good(files);
    unroll_h5_lock();
    file = H5Fopen(files[TABLE].path, H5F_ACC_RDWR, H5P_DEFAULT);
    set = H5Dopen2(file, "runs/mse", H5P_DEFAULT);
    CU_ASSERT(H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, &changed) >= 0);
    H5Dclose(set);
    H5Fclose(file);
    unroll_h5_unlock();
    load_as(TABLE, files[TABLE].path, UNROLL_DAMAGED);
    for (int i = 0; i < 3; i++)
        free(files[i].bytes);
}

const unroll_test tests_store_damage[] = {
    TEST(a_truncated_file_is_damaged_and_a_user_s_own_needs_no_seal),
    TEST(a_flipped_byte_anywhere_is_damage),
    TEST(a_zeroed_stretch_is_damage),
    TEST(absence_damage_and_what_stands_in_the_way_are_told_apart),
    TEST(one_kind_of_file_is_not_taken_for_another),
    TEST(forged_types_and_shapes_are_one_sentence),
    TEST(what_is_missing_is_named),
    TEST(a_gathered_file_that_others_changed_is_damaged),
    {NULL, NULL},
};
