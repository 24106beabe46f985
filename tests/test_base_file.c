/* Folders are made or told why not; two names of one file are known; bytes are read and written whole. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "files.h"

/* Fails with the name and a sentence that ends in `words`. */
static void check_refused(const char *path, const char *words)
{
    unroll_status status = unroll_make_folder(path);
    CU_ASSERT_EQUAL(status.code, UNROLL_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(status.text, words));
}

static void a_file_in_the_place_of_a_folder_is_told(void)
{
    const char *folder = test_folder();
    char file[1200], inner[1300], said[1400];
    snprintf(file, sizeof file, "%s/runs", folder);
    snprintf(inner, sizeof inner, "%s/runs/inner", folder);
    snprintf(said, sizeof said, "cannot make the folder %s: a file of that name is there", file);
    write_bytes(file, "here\n", 5);
    check_refused(file, said);
    check_refused(inner, said);
    unlink(file);
    CU_ASSERT_EQUAL_FATAL(symlink("nowhere", file), 0);
    check_refused(file, "No such file or directory");
}

static void folders_that_are_there_or_are_led_to_are_right(void)
{
    const char *folder = test_folder();
    char path[1200], inner[1300];
    struct stat what;
    snprintf(path, sizeof path, "%s/link", folder);
    CU_ASSERT_EQUAL_FATAL(symlink(".", path), 0);
    snprintf(inner, sizeof inner, "%s/a/b", path);
    CU_ASSERT_EQUAL(unroll_make_folder(inner).code, UNROLL_OK);
    CU_ASSERT_EQUAL(unroll_make_folder(inner).code, UNROLL_OK);
    snprintf(inner, sizeof inner, "%s/a/b", folder);
    CU_ASSERT_TRUE(stat(inner, &what) == 0 && S_ISDIR(what.st_mode));
}

static void two_names_of_one_file_are_the_same_file(void)
{
    const char *folder = test_folder();
    static const char *const names[] = {"one", "soft", "hard", "twin", "none"};
    char path[5][1200], other[1300];
    for (int i = 0; i < 5; i++)
        snprintf(path[i], sizeof path[i], "%s/%s", folder, names[i]);
    snprintf(other, sizeof other, "%s/./one", folder);
    write_bytes(path[0], "here\n", 5);
    write_bytes(path[3], "here\n", 5); /* the same content is another file */
    CU_ASSERT_EQUAL_FATAL(symlink("one", path[1]), 0);
    CU_ASSERT_EQUAL_FATAL(link(path[0], path[2]), 0);
    CU_ASSERT_TRUE(unroll_same_file(path[0], path[0]));
    CU_ASSERT_TRUE(unroll_same_file(path[0], other));
    CU_ASSERT_TRUE(unroll_same_file(path[0], path[1]));
    CU_ASSERT_TRUE(unroll_same_file(path[2], path[1]));
    CU_ASSERT_FALSE(unroll_same_file(path[0], path[3]));
    CU_ASSERT_FALSE(unroll_same_file(path[0], path[4]));
    CU_ASSERT_FALSE(unroll_same_file(path[4], path[4])); /* what is not there is no file */
}

/* A pipe gives them as they come, and says that it is interrupted before that. */
static ssize_t read_one(int file, void *bytes, size_t size)
{
    static bool interrupted;
    interrupted = !interrupted;
    if (!interrupted)
        return size > 0 ? read(file, bytes, 1) : 0;
    errno = EINTR;
    return -1;
}

static void bytes_of_a_pipe_are_read_until_they_are_all_there_or_it_ends(void)
{
    char bytes[9] = "";
    size_t size = 5;
    int ends[2];
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    unroll_disk.read = read_one;
    CU_ASSERT_EQUAL(unroll_write_all(ends[1], "12345678", 8), 0);
    CU_ASSERT_EQUAL(unroll_read_all(ends[0], bytes, &size), 0);
    CU_ASSERT_EQUAL(size, 5);
    CU_ASSERT_STRING_EQUAL(bytes, "12345");
    close(ends[1]);
    size = 8;
    CU_ASSERT_EQUAL(unroll_read_all(ends[0], bytes, &size), 0);
    CU_ASSERT_EQUAL(size, 3);
    CU_ASSERT_STRING_EQUAL(bytes, "67845");
    unroll_disk.read = read;
    close(ends[0]);
    size = 1;
    CU_ASSERT_EQUAL(unroll_read_all(ends[0], bytes, &size), EBADF);
}

const unroll_test tests_base_file[] = {
    TEST(a_file_in_the_place_of_a_folder_is_told),
    TEST(folders_that_are_there_or_are_led_to_are_right),
    TEST(two_names_of_one_file_are_the_same_file),
    TEST(bytes_of_a_pipe_are_read_until_they_are_all_there_or_it_ends),
    {NULL, NULL},
};
