/* Files that HDF5's library should not be trusted with: what leads to other files, what makes it crash, loop or take all
   memory; and what the process that parses is able to do at all. Each costs one sentence, and the next file is read. */
#include <errno.h>
#include <fcntl.h>
#include <hdf5.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/stop.h"
#include "store/contain.h"
#include "store/h5.h"
#include "store/reader.h"
#include "store/store.h"
#include "store/talk.h"
#include "suite.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

static const char *new_path(void)
{
    static char path[1200];
    snprintf(path, sizeof path, "%s/file.h5", test_folder());
    return path;
}

/* A new file with one good data set "x" (4), open for more. */
static hid_t begin_file(const char *path)
{
    static const float values[4] = {1, 2, 3, 4};
    hsize_t dims[1] = {4};
    hid_t file, space, set;
    unroll_h5_lock();
    file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    CU_ASSERT_FATAL(file >= 0);
    space = H5Screate_simple(1, dims, NULL);
    set = H5Dcreate2(file, "x", H5T_NATIVE_FLOAT, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    H5Dclose(set);
    H5Sclose(space);
    return file;
}

static void end_file(hid_t file)
{
    H5Fclose(file);
    unroll_h5_unlock();
}

static void refused(const char *path, const char *sentence)
{
    unroll_bundle *bundle;
    unroll_status status = unroll_load_bundle(path, false, &bundle);
    CU_ASSERT_EQUAL(status.code, UNROLL_DAMAGED);
    CU_ASSERT_PTR_NULL(bundle);
    CU_ASSERT_PTR_NOT_NULL(strstr(status.text, sentence));
    if (strstr(status.text, sentence) == NULL)
        fprintf(stderr, "\nexpected ... %s, got: %s\n", sentence, status.text);
}

/* ---- what leads elsewhere ---- */

static void links_are_not_followed(void)
{
    const char *path = new_path();
    char other[1300];
    hid_t file;
    snprintf(other, sizeof other, "%s.other", path);
    end_file(begin_file(other));
    file = begin_file(path);
    H5Lcreate_external(other, "/x", file, "elsewhere", H5P_DEFAULT, H5P_DEFAULT);
    end_file(file);
    refused(path, "\"elsewhere\" is a link, and links are not followed");
    file = begin_file(path);
    H5Lcreate_soft("/x", file, "lengths", H5P_DEFAULT, H5P_DEFAULT);
    end_file(file);
    refused(path, "\"lengths\" is a link, and links are not followed");
}

/* Data declared to be those of another file, here a text, are read by h5py and h5dump. */
static void data_that_lie_in_other_files_are_not_read(void)
{
    const char *path = new_path();
    char other[1300];
    hsize_t dims[1] = {16};
    hid_t file, space, made, set;
    FILE *secret;
    snprintf(other, sizeof other, "%s.other", path);
    secret = fopen(other, "w");
    fputs("a secret of this user, of some length", secret);
    fclose(secret);
    file = begin_file(path);
    space = H5Screate_simple(1, dims, NULL);
    made = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_external(made, other, 0, 16);
    set = H5Dcreate2(file, "lengths", H5T_NATIVE_UCHAR, space, H5P_DEFAULT, made, H5P_DEFAULT);
    CU_ASSERT(set >= 0);
    H5Dclose(set);
    end_file(file);
    refused(path, "data set \"lengths\" lies in other files, which are not read");
    file = begin_file(path);
    made = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_virtual(made, space, other, "/x", space);
    set = H5Dcreate2(file, "lengths", H5T_NATIVE_UCHAR, space, H5P_DEFAULT, made, H5P_DEFAULT);
    CU_ASSERT(set >= 0);
    H5Dclose(set);
    end_file(file);
    refused(path, "data set \"lengths\" lies in other files, which are not read");
}

static void groups_that_hold_each_other_are_one_sentence(void)
{
    const char *path = new_path();
    hid_t file = begin_file(path), group = H5Gcreate2(file, "a", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_hard(file, "/", group, "top", H5P_DEFAULT, H5P_DEFAULT);
    H5Gclose(group);
    end_file(file);
    refused(path, "lies too deep");
}

/* ---- what is too much for the library ---- */

/* A run's record on disk, in memory without its seal. */
static unsigned char *make_record(const char *path, size_t *size)
{
    static const float curve[40] = {3, 2, 1};
    unroll_record *record = unroll_record_new(NULL);
    unsigned char *bytes;
    char name[32];
    strcpy(record->experiment, "demo");
    strcpy(record->id, "run");
    strcpy(record->status, "done");
    for (int i = 0; i < 12; i++) {
        snprintf(name, sizeof name, "value_%d", i);
        unroll_record_real(record, name, "K", i);
        unroll_record_text(record, "text", "some words");
        unroll_record_curve(record, name, "K", curve, 40);
    }
    CU_ASSERT_EQUAL_FATAL(unroll_store_record(record, path).code, UNROLL_OK);
    CU_ASSERT_EQUAL_FATAL(unroll_h5_read_bytes(path, true, &bytes, size).code, UNROLL_OK);
    unroll_record_free(record);
    return bytes;
}

static void check_good(const char *path)
{
    unroll_record *record = NULL;
    CU_ASSERT_EQUAL(unroll_load_record(path, &record).code, UNROLL_OK);
    if (record != NULL)
        CU_ASSERT(record->column_count == 13 && record->curve_count == 12);
    unroll_record_free(record);
}

/* Whoever damages a file on purpose can seal it again. Between the bad ones a good one is read, which shares its process
   with them: it must never be blamed for them. */
static void a_sealed_file_that_crashes_the_library_is_one_sentence_and_the_next_one_is_read(void)
{
    const char *folder = test_folder();
    char good[1200], bad[1200];
    size_t size;
    unsigned char *bytes, *damaged;
    snprintf(good, sizeof good, "%s/good.h5", folder);
    snprintf(bad, sizeof bad, "%s/bad.h5", folder);
    bytes = make_record(good, &size);
    damaged = malloc(size);
    for (size_t at = 40; at + 8 < size; at += 211) {
        unroll_record *record = NULL;
        memcpy(damaged, bytes, size);
        memset(damaged + at, 0xFF, 8);
        CU_ASSERT_EQUAL_FATAL(unroll_h5_write_bytes(bad, damaged, size).code, UNROLL_OK);
        unroll_status status = unroll_load_record(bad, &record);
        CU_ASSERT(status.code == UNROLL_OK || status.code == UNROLL_DAMAGED);
        unroll_record_free(record);
        check_good(good);
    }
    free(bytes);
    free(damaged);
}

/* A record of which nothing is left but its beginning: HDF5's library (1.10) looks for the rest without end. */
static void make_endless(const char *path)
{
    size_t size;
    unsigned char *bytes = make_record(path, &size);
    memset(bytes + size * 14 / 100, 0, size - size * 14 / 100);
    CU_ASSERT_EQUAL_FATAL(unroll_h5_write_bytes(path, bytes, size).code, UNROLL_OK);
    free(bytes);
}

static void a_file_that_the_library_never_ends_reading_is_one_sentence(void)
{
    const char *path = new_path();
    unroll_record *record;
    make_endless(path);
    CU_ASSERT_EQUAL(unroll_load_record(path, &record).code, UNROLL_DAMAGED);
}

/* As soon as somebody parses, as when the user loses patience. */
static void *lose_patience(void *context)
{
    (void)context;
    while (!unroll_is_connected())
        sched_yield();
    unroll_stop_request();
    return NULL;
}

static int stop_while_reading(const char *path)
{
    unroll_record *record;
    pthread_t thread;
    if (pthread_create(&thread, NULL, lose_patience, NULL) != 0)
        return 1;
    unroll_status status = unroll_load_record(path, &record);
    pthread_join(thread, NULL);
    if (status.code == UNROLL_DAMAGED && strstr(status.text, "takes more than") == NULL)
        return 2; /* it was read */
    return status.code == UNROLL_STOPPED ? 0 : 3;
}

static void one_wish_to_stop_ends_an_endless_read(void)
{
    const char *path = new_path();
    int status = -1;
    pid_t child;
    make_endless(path);
    fflush(NULL);
    child = fork(); /* whose wish is its own */
    if (child == 0)
        _exit(stop_while_reading(path));
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT(WIFEXITED(status));
    if (WIFEXITED(status) && WEXITSTATUS(status) == 2)
        test_skip("this version of HDF5's library comes to an end");
    else
        CU_ASSERT_EQUAL(WEXITSTATUS(status), 0);
}

static void records_are_read_by_one_process_after_the_other(void)
{
    const char *folder = test_folder();
    char good[1200];
    size_t size;
    snprintf(good, sizeof good, "%s/good.h5", folder);
    free(make_record(good, &size));
    for (int i = 0; i < 200; i++) /* more than one process serves */
        check_good(good);
}

/* Chunks of zeros that are compressed a thousandfold: a file of a few MB that would take 3 GB. */
static void a_file_that_unpacks_to_more_than_it_may_is_one_sentence(void)
{
    enum { CHUNK = 1 << 20, CHUNKS = 3000 };
    const char *path = new_path();
    hsize_t dims[1] = {(hsize_t)CHUNK * CHUNKS}, chunk[1] = {CHUNK}, one[1] = {CHUNK};
    hid_t file, space, made, set, memory;
    unsigned char *zeros, packed[8192];
    hsize_t size = 0;
    unsigned mask = 0;
    if (SANITIZED) {
        test_skip("a sanitizer's own memory has no limit");
        return;
    }
    file = begin_file(path);
    space = H5Screate_simple(1, dims, NULL);
    made = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(made, 1, chunk);
    H5Pset_deflate(made, 9);
    set = H5Dcreate2(file, "zeros", H5T_NATIVE_UCHAR, space, H5P_DEFAULT, made, H5P_DEFAULT);
    zeros = calloc(1, CHUNK);
    memory = H5Screate_simple(1, one, NULL);
    H5Sselect_hyperslab(space, H5S_SELECT_SET, (hsize_t[]){0}, NULL, one, NULL);
    CU_ASSERT(H5Dwrite(set, H5T_NATIVE_UCHAR, memory, space, H5P_DEFAULT, zeros) >= 0);
    H5Dflush(set);
    H5Dget_chunk_storage_size(set, (hsize_t[]){0}, &size);
    CU_ASSERT_FATAL(size > 0 && size < sizeof packed);
    H5Dread_chunk(set, H5P_DEFAULT, (hsize_t[]){0}, &mask, packed);
    for (hsize_t i = 1; i < CHUNKS; i++)
        H5Dwrite_chunk(set, H5P_DEFAULT, 0, (hsize_t[]){i * CHUNK}, (size_t)size, packed);
    free(zeros);
    H5Dclose(set);
    end_file(file);
    refused(path, "is of no use: reading it takes more than 1");
}

/* ---- what the process can do ---- */

/* In a process that has given up everything: how many of the things that it must not do it can do. */
static int count_abilities(void)
{
    char *const words[] = {"true", NULL};
    int able = 0;
    unroll_contain(UINT64_C(1) << 30, 10);
    able += open("/etc/passwd", O_RDONLY) >= 0;
    able += open("made", O_WRONLY | O_CREAT, 0666) >= 0;
    able += socket(AF_INET, SOCK_STREAM, 0) >= 0;
    able += unlink("file") == 0;
    able += rename("file", "other") == 0;
    able += kill(getppid(), 0) == 0;
    able += execv("/bin/true", words) == 0;
    if (fork() >= 0) /* then there are two that say so */
        able++;
    return able;
}

static void what_parses_can_open_nothing_start_nothing_and_remove_nothing(void)
{
    char old[1200];
    const char *folder = test_folder();
    int status = -1;
    pid_t child;
#ifndef __linux__
    test_skip("only Linux has a filter of system calls");
    return;
#endif
    if (SANITIZED) {
        test_skip("a sanitizer calls more of the system than can be foreseen");
        return;
    }
    CU_ASSERT_PTR_NOT_NULL_FATAL(getcwd(old, sizeof old));
    CU_ASSERT_EQUAL_FATAL(chdir(folder), 0);
    fclose(fopen("file", "w"));
    fflush(NULL);
    child = fork();
    if (child == 0)
        _exit(count_abilities());
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CU_ASSERT_EQUAL(access("file", F_OK), 0);
    CU_ASSERT_EQUAL(chdir(old), 0);
}

const unroll_test tests_store_reader[] = {
    TEST(links_are_not_followed),
    TEST(data_that_lie_in_other_files_are_not_read),
    TEST(groups_that_hold_each_other_are_one_sentence),
    TEST(a_sealed_file_that_crashes_the_library_is_one_sentence_and_the_next_one_is_read),
    TEST(a_file_that_the_library_never_ends_reading_is_one_sentence),
    TEST(one_wish_to_stop_ends_an_endless_read),
    TEST(records_are_read_by_one_process_after_the_other),
    TEST(a_file_that_unpacks_to_more_than_it_may_is_one_sentence),
    TEST(what_parses_can_open_nothing_start_nothing_and_remove_nothing),
    {NULL, NULL},
};
