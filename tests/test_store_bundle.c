/* Bundles: arrays by name and texts beside them, as saved models and predict use them. */
#include <hdf5.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store/h5.h"
#include "store/store.h"
#include "suite.h"

static const char *new_path(void)
{
    static char path[1200];
    snprintf(path, sizeof path, "%s/bundle.h5", test_folder());
    return path;
}

static void a_bundle_of_every_type_and_rank_is_loaded_again_the_same(void)
{
    static const float single[24] = {1, -2.5f, 3e-38f, 4};
    static const double twice[6] = {1.0 / 3, 1e300, -0.0};
    static const int32_t whole[4] = {INT32_MIN, -1, 0, INT32_MAX};
    const char *path = new_path();
    unroll_bundle *bundle = unroll_bundle_new(), *loaded = NULL;
    const unroll_array *array;
    unroll_bundle_array(bundle, "x", UNROLL_ARRAY_FLOAT, 4, (size_t[]){2, 3, 4, 1}, single);
    unroll_bundle_array(bundle, "weights/deep/w", UNROLL_ARRAY_DOUBLE, 2, (size_t[]){2, 3}, twice);
    unroll_bundle_array(bundle, "weights/rnn.weight_ih_l0", UNROLL_ARRAY_INT32, 1, (size_t[]){4}, whole);
    unroll_bundle_array(bundle, "scale", UNROLL_ARRAY_DOUBLE, 0, NULL, twice);
    unroll_bundle_array(bundle, "none", UNROLL_ARRAY_FLOAT, 2, (size_t[]){0, 5}, NULL);
    CU_ASSERT_EQUAL(unroll_store_bundle(bundle, path).code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(unroll_load_bundle(path, false, &loaded).code, UNROLL_OK);
    CU_ASSERT_EQUAL(loaded->array_count, 5);
    for (int i = 0; i < bundle->array_count; i++) {
        array = unroll_bundle_find(loaded, bundle->arrays[i].name);
        CU_ASSERT_PTR_NOT_NULL_FATAL(array);
        CU_ASSERT_EQUAL(array->type, bundle->arrays[i].type);
        CU_ASSERT_EQUAL(array->rank, bundle->arrays[i].rank);
        CU_ASSERT_EQUAL(memcmp(array->dims, bundle->arrays[i].dims, sizeof array->dims), 0);
    }
    CU_ASSERT_EQUAL(memcmp(unroll_bundle_find(loaded, "x")->data, single, sizeof single), 0);
    CU_ASSERT_EQUAL(memcmp(unroll_bundle_find(loaded, "weights/deep/w")->data, twice, sizeof twice), 0);
    CU_ASSERT_EQUAL(memcmp(unroll_bundle_find(loaded, "weights/rnn.weight_ih_l0")->data, whole, sizeof whole), 0);
    CU_ASSERT_EQUAL(*(double *)unroll_bundle_find(loaded, "scale")->data, 1.0 / 3);
    unroll_bundle_free(bundle);
    unroll_bundle_free(loaded);
}

static void texts_beside_the_arrays_may_be_long(void)
{
    const char *path = new_path();
    unroll_bundle *bundle = unroll_bundle_new(), *loaded = NULL;
    char *alphabet = malloc(200001);
    memset(alphabet, 'z', 200000);
    alphabet[200000] = '\0';
    unroll_bundle_attribute(bundle, "alphabet", "replaced");
    unroll_bundle_attribute(bundle, "alphabet", alphabet);
    unroll_bundle_attribute(bundle, "setting:file", "caf\xc3\xa9\n=");
    for (int i = 0; i < 100; i++) {
        char name[24];
        snprintf(name, sizeof name, "setting:%d", i);
        unroll_bundle_attribute(bundle, name, "");
    }
    CU_ASSERT_EQUAL(unroll_store_bundle(bundle, path).code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(unroll_load_bundle(path, false, &loaded).code, UNROLL_OK);
    CU_ASSERT_EQUAL(loaded->attribute_count, 102);
    CU_ASSERT_STRING_EQUAL(unroll_bundle_text(loaded, "alphabet"), alphabet);
    CU_ASSERT_STRING_EQUAL(unroll_bundle_text(loaded, "setting:file"), "caf\xc3\xa9\n=");
    CU_ASSERT_STRING_EQUAL(unroll_bundle_text(loaded, "setting:99"), "");
    CU_ASSERT_PTR_NULL(unroll_bundle_text(loaded, "setting:100"));
    free(alphabet);
    unroll_bundle_free(bundle);
    unroll_bundle_free(loaded);
}

static void a_large_array_is_compressed_and_comes_back(void)
{
    enum { ROWS = 300, COLUMNS = 1001 };
    const char *path = new_path();
    unroll_bundle *bundle = unroll_bundle_new(), *loaded = NULL;
    float *values = malloc(sizeof(float) * ROWS * COLUMNS);
    for (int i = 0; i < ROWS * COLUMNS; i++)
        values[i] = (float)(i % 7);
    unroll_bundle_array(bundle, "x", UNROLL_ARRAY_FLOAT, 2, (size_t[]){ROWS, COLUMNS}, values);
    unroll_bundle_array(bundle, "row", UNROLL_ARRAY_FLOAT, 3, (size_t[]){1, ROWS * COLUMNS, 1}, values);
    CU_ASSERT_EQUAL(unroll_store_bundle(bundle, path).code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(unroll_load_bundle(path, false, &loaded).code, UNROLL_OK);
    CU_ASSERT_EQUAL(memcmp(unroll_bundle_find(loaded, "x")->data, values, sizeof(float) * ROWS * COLUMNS), 0);
    CU_ASSERT_EQUAL(memcmp(unroll_bundle_find(loaded, "row")->data, values, sizeof(float) * ROWS * COLUMNS), 0);
    free(values);
    unroll_bundle_free(bundle);
    unroll_bundle_free(loaded);
}

/* A time of making in a data set would make equal results differ from one second to the next. */
static void a_data_set_does_not_hold_the_time_of_its_making(void)
{
    static const float values[2] = {1, 2};
    const char *path = new_path();
    unroll_bundle *bundle = unroll_bundle_new();
    H5G_stat_t told = {.mtime = 1};
    hid_t file;
    unroll_bundle_array(bundle, "x", UNROLL_ARRAY_FLOAT, 1, (size_t[]){2}, values);
    CU_ASSERT_EQUAL(unroll_store_bundle(bundle, path).code, UNROLL_OK);
    unroll_h5_lock();
    file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    CU_ASSERT(H5Gget_objinfo(file, "x", 1, &told) >= 0);
    CU_ASSERT_EQUAL(told.mtime, 0);
    H5Fclose(file);
    unroll_h5_unlock();
    unroll_bundle_free(bundle);
}

static void a_bundle_that_lacks_memory_is_not_stored(void)
{
    unroll_bundle *bundle = unroll_bundle_new();
    bundle->out_of_memory = true;
    CU_ASSERT_EQUAL(unroll_store_bundle(bundle, new_path()).code, UNROLL_FAILED);
    CU_ASSERT_EQUAL(unroll_store_bundle(NULL, new_path()).code, UNROLL_FAILED);
    unroll_bundle_free(bundle);
}

/* A file as another program writes it: no checksum, other types. */
static const char *write_foreign(const char *name, hid_t type, const void *values, int rank, hsize_t length)
{
    const char *path = new_path();
    hsize_t dims[6] = {length, 1, 1, 1, 1, 1};
    hid_t file, space, set;
    unroll_h5_lock();
    file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    space = H5Screate_simple(rank, dims, NULL);
    set = H5Dcreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    H5Dclose(set);
    H5Sclose(space);
    H5Fclose(file);
    unroll_h5_unlock();
    return path;
}

static void whole_numbers_of_any_width_are_read_as_32_bits(void)
{
    static const int64_t wide[3] = {-5, 0, INT32_MAX};
    static const uint8_t narrow[3] = {0, 7, 255};
    unroll_bundle *loaded = NULL;
    CU_ASSERT_EQUAL_FATAL(unroll_load_bundle(write_foreign("lengths", H5T_NATIVE_INT64, wide, 1, 3), false, &loaded).code, UNROLL_OK);
    CU_ASSERT_EQUAL(unroll_bundle_find(loaded, "lengths")->type, UNROLL_ARRAY_INT32);
    CU_ASSERT_EQUAL(((int32_t *)unroll_bundle_find(loaded, "lengths")->data)[0], -5);
    unroll_bundle_free(loaded);
    CU_ASSERT_EQUAL_FATAL(unroll_load_bundle(write_foreign("x", H5T_NATIVE_UINT8, narrow, 1, 3), false, &loaded).code, UNROLL_OK);
    CU_ASSERT_EQUAL(((int32_t *)unroll_bundle_find(loaded, "x")->data)[2], 255);
    unroll_bundle_free(loaded);
}

static void whole_numbers_beyond_32_bits_are_read_as_doubles(void)
{
    static const int64_t wide[2] = {1, INT64_C(1) << 31};
    static const uint64_t widest[1] = {UINT64_MAX};
    unroll_bundle *loaded = NULL;
    CU_ASSERT_EQUAL_FATAL(unroll_load_bundle(write_foreign("times", H5T_NATIVE_INT64, wide, 1, 2), false, &loaded).code, UNROLL_OK);
    CU_ASSERT_EQUAL(unroll_bundle_find(loaded, "times")->type, UNROLL_ARRAY_DOUBLE);
    CU_ASSERT_EQUAL(((double *)unroll_bundle_find(loaded, "times")->data)[1], 2147483648.0);
    unroll_bundle_free(loaded);
    CU_ASSERT_EQUAL_FATAL(unroll_load_bundle(write_foreign("x", H5T_NATIVE_UINT64, widest, 1, 1), false, &loaded).code, UNROLL_OK);
    CU_ASSERT_EQUAL(((double *)unroll_bundle_find(loaded, "x")->data)[0], 9223372036854775808.0);
    unroll_bundle_free(loaded);
}

static void a_pipe_is_not_replaced_by_a_file(void)
{
    char path[1200];
    struct stat what;
    unroll_bundle *bundle = unroll_bundle_new();
    unroll_status status;
    snprintf(path, sizeof path, "%s/pipe", test_folder());
    CU_ASSERT_EQUAL_FATAL(mkfifo(path, 0666), 0);
    status = unroll_store_bundle(bundle, path);
    CU_ASSERT_EQUAL(status.code, UNROLL_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(status.text, "it is not a file"));
    CU_ASSERT_TRUE(stat(path, &what) == 0 && S_ISFIFO(what.st_mode));
    unroll_bundle_free(bundle);
}

static void a_data_set_of_five_dimensions_is_refused(void)
{
    static const float values[2] = {1, 2};
    unroll_bundle *loaded = NULL;
    unroll_status status = unroll_load_bundle(write_foreign("x", H5T_NATIVE_FLOAT, values, 5, 2), false, &loaded);
    CU_ASSERT_EQUAL(status.code, UNROLL_DAMAGED);
    CU_ASSERT_PTR_NOT_NULL(strstr(status.text, "data set \"x\" has more than four dimensions"));
}

static void data_sets_without_numbers_are_passed_over(void)
{
    unroll_bundle *loaded = NULL;
    hid_t text = H5Tcopy(H5T_C_S1);
    H5Tset_size(text, 4);
    CU_ASSERT_EQUAL_FATAL(unroll_load_bundle(write_foreign("notes", text, "abcdefgh", 1, 2), false, &loaded).code, UNROLL_OK);
    CU_ASSERT_EQUAL(loaded->array_count, 0);
    H5Tclose(text);
    unroll_bundle_free(loaded);
}

/* As h5py makes one of h5py.Empty. */
static void a_data_set_that_is_made_without_a_value_is_passed_over(void)
{
    const char *path = new_path();
    unroll_bundle *loaded = NULL;
    hid_t file, space, set;
    unroll_h5_lock();
    file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    space = H5Screate(H5S_NULL);
    set = H5Dcreate2(file, "none", H5T_NATIVE_FLOAT, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dclose(set);
    H5Sclose(space);
    H5Fclose(file);
    unroll_h5_unlock();
    CU_ASSERT_EQUAL_FATAL(unroll_load_bundle(path, false, &loaded).code, UNROLL_OK);
    CU_ASSERT_EQUAL(loaded->array_count, 0);
    unroll_bundle_free(loaded);
}

const unroll_test tests_store_bundle[] = {
    TEST(a_bundle_of_every_type_and_rank_is_loaded_again_the_same),
    TEST(texts_beside_the_arrays_may_be_long),
    TEST(a_large_array_is_compressed_and_comes_back),
    TEST(a_data_set_does_not_hold_the_time_of_its_making),
    TEST(a_bundle_that_lacks_memory_is_not_stored),
    TEST(whole_numbers_of_any_width_are_read_as_32_bits),
    TEST(whole_numbers_beyond_32_bits_are_read_as_doubles),
    TEST(a_pipe_is_not_replaced_by_a_file),
    TEST(a_data_set_of_five_dimensions_is_refused),
    TEST(data_sets_without_numbers_are_passed_over),
    TEST(a_data_set_that_is_made_without_a_value_is_passed_over),
    {NULL, NULL},
};
