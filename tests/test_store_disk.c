/* What reaches the disk: in which order, whole or not at all, whatever the system's calls answer; and what is said when
   they fail while something is read. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "files.h"
#include "store/h5.h"
#include "store/store.h"

/* ---- a disk that keeps a log, and fails when it is told to ---- */

static struct {
    char log[400];         /* a word a call, the same one in a row once */
    const char *fail;      /* the word of the call that fails, or NULL */
    int reason;            /* errno of it */
    int times;             /* as often; -1: always */
    size_t most;           /* bytes of one write; 0: as many as are asked for */
    bool interrupted;      /* every second write fails with EINTR */
    int flags;             /* of the last file that was made */
    char part[1200];       /* its path */
    int made;              /* files that were made */
    unroll_calls usual;
} disk;

/* Logs a call; returns whether it is to fail. */
static bool logged(const char *word)
{
    size_t used = strlen(disk.log), length = strlen(word);
    bool again = used > length && disk.log[used - 1] == ' ' && strncmp(disk.log + used - length - 1, word, length) == 0;
    if (!again)
        snprintf(disk.log + used, sizeof disk.log - used, "%s ", word);
    if (disk.fail == NULL || strcmp(disk.fail, word) != 0 || disk.times == 0)
        return false;
    disk.times -= disk.times > 0;
    errno = disk.reason;
    return true;
}

static bool is_folder(int file)
{
    struct stat what;
    return fstat(file, &what) == 0 && S_ISDIR(what.st_mode);
}

static int logged_open(const char *path, int flags, mode_t mode)
{
    struct stat what;
    const char *word = (flags & O_CREAT) != 0                         ? "make"
                       : stat(path, &what) == 0 && S_ISDIR(what.st_mode) ? "open-folder"
                                                                         : "open";
    if (logged(word))
        return -1;
    if ((flags & O_CREAT) != 0) {
        disk.flags = flags;
        disk.made++;
        snprintf(disk.part, sizeof disk.part, "%s", path);
    }
    return disk.usual.open(path, flags, mode);
}

static ssize_t logged_write(int file, const void *bytes, size_t size)
{
    static int turn;
    if (logged("write"))
        return -1;
    if (disk.interrupted && turn++ % 2 == 0) {
        errno = EINTR;
        return -1;
    }
    return write(file, bytes, disk.most > 0 && size > disk.most ? disk.most : size);
}

static ssize_t logged_read(int file, void *bytes, size_t size)
{
    return logged("read") ? -1 : read(file, bytes, disk.most > 0 && size > disk.most ? disk.most : size);
}

static int logged_fsync(int file)
{
    return logged(is_folder(file) ? "sync-folder" : "sync") ? -1 : fsync(file);
}

static int logged_close(int file)
{
    bool fails = logged(is_folder(file) ? "close-folder" : "close");
    int reason = errno, result = close(file);
    errno = reason;
    return fails ? -1 : result;
}

static int logged_rename(const char *from, const char *to)
{
    return logged("rename") ? -1 : rename(from, to);
}

static void stand_in(void)
{
    memset(&disk, 0, sizeof disk);
    disk.usual = unroll_disk;
    unroll_disk =
        (unroll_calls){logged_open, logged_read, logged_write, logged_fsync, logged_close, logged_rename};
}

static void give_back(void)
{
    unroll_disk = disk.usual;
}

/* ---- helpers ---- */

static const char old_bytes[] = "what was there before", new_bytes[] = "what is there now, and it is longer";

static unroll_status write_string(const char *path, const char *bytes)
{
    return unroll_h5_write_bytes(path, (const unsigned char *)bytes, strlen(bytes));
}

static bool holds(const char *path, const char *bytes)
{
    unsigned char *found;
    size_t size;
    bool same = unroll_h5_read_bytes(path, true, &found, &size).code == UNROLL_OK && size == strlen(bytes) &&
                memcmp(found, bytes, size) == 0;
    free(found);
    return same;
}

/* ---- writing ---- */

/* After a power cut the name must lead to all of the bytes: they first, then the name, then the folder's list of names. */
static void bytes_are_synced_before_the_name_and_the_folder_after_it(void)
{
    const char *path = path_in(test_folder(), "file.h5");
    stand_in();
    CU_ASSERT_EQUAL(write_string(path, new_bytes).code, UNROLL_OK);
    give_back();
    CU_ASSERT_STRING_EQUAL(disk.log, "make write sync close rename open-folder sync-folder close-folder ");
    CU_ASSERT(holds(path, new_bytes));
}

static void short_and_interrupted_writes_go_on(void)
{
    const char *path = path_in(test_folder(), "file.h5");
    stand_in();
    disk.most = 7;
    disk.interrupted = true;
    CU_ASSERT_EQUAL(write_string(path, new_bytes).code, UNROLL_OK);
    give_back();
    CU_ASSERT(holds(path, new_bytes));
}

static void whatever_call_fails_the_old_file_stays_whole_and_nothing_else(void)
{
    static const char *const calls[] = {"make", "write", "sync", "close", "rename"};
    const char *folder = test_folder(), *path = path_in(folder, "file.h5");
    CU_ASSERT_EQUAL(write_string(path, old_bytes).code, UNROLL_OK);
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        unroll_status status;
        stand_in();
        disk.fail = calls[i];
        disk.reason = EIO;
        disk.times = 1;
        status = write_string(path, new_bytes);
        give_back();
        CU_ASSERT_EQUAL(status.code, UNROLL_FAILED);
        CU_ASSERT_PTR_NOT_NULL(strstr(status.text, "/file.h5: Input/output error"));
        CU_ASSERT(holds(path, old_bytes));
        CU_ASSERT_EQUAL(count_files(folder, ""), 1);
    }
}

/* The file is there, but may be gone after a power cut: whoever wrote it must know. */
static void a_folder_that_cannot_be_synced_is_told(void)
{
    const char *path = path_in(test_folder(), "file.h5");
    stand_in();
    disk.fail = "sync-folder";
    disk.reason = EIO;
    disk.times = 1;
    CU_ASSERT_EQUAL(write_string(path, new_bytes).code, UNROLL_FAILED);
    disk.reason = EINVAL; /* a file system that knows no such thing */
    disk.times = 1;
    CU_ASSERT_EQUAL(write_string(path, new_bytes).code, UNROLL_OK);
    give_back();
}

static void an_unfinished_file_has_a_name_that_nobody_can_foresee(void)
{
    const char *path = path_in(test_folder(), "file.h5");
    char first[1200];
    stand_in();
    CU_ASSERT_EQUAL(write_string(path, new_bytes).code, UNROLL_OK);
    snprintf(first, sizeof first, "%s", disk.part);
    CU_ASSERT_EQUAL(disk.flags & (O_EXCL | O_NOFOLLOW | O_CLOEXEC), O_EXCL | O_NOFOLLOW | O_CLOEXEC);
    CU_ASSERT_EQUAL(write_string(path, new_bytes).code, UNROLL_OK);
    CU_ASSERT_STRING_NOT_EQUAL(disk.part, first);
    CU_ASSERT_TRUE(unroll_is_unfinished(strrchr(first, '/') + 1));
    /* where another process was faster, another name */
    disk.fail = "make";
    disk.reason = EEXIST;
    disk.times = 3;
    CU_ASSERT_EQUAL(write_string(path, new_bytes).code, UNROLL_OK);
    CU_ASSERT_EQUAL(disk.made, 3);
    give_back();
}

/* What is cleaned up is that, and nothing that only looks like it. */
static void only_a_whole_name_is_that_of_an_unfinished_file(void)
{
    static const char *const others[] = {
        "thesis.part-2.tex",
        "x.h5.part-17",
        "unroll-part-host-0123456789abcdef",
        ".unroll-part-host-0123456789abcdef.tex",
        ".unroll-part-host-0123456789abcde",
        ".unroll-part-host-0123456789abcdeg",
        ".unroll-part-host-0123456789ABCDEF",
        ".unroll-part--0123456789abcdef",
        ".unroll-part-my-host-0123456789abcdef",
        ".unroll-part-a.host.with.a.name.of.33.letters.x-0123456789abcdef",
        ".unroll-part-",
        "",
    };
    CU_ASSERT_TRUE(unroll_is_unfinished(".unroll-part-host.domain_1-0123456789abcdef"));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        CU_ASSERT_FALSE(unroll_is_unfinished(others[i]));
}

static void a_text_leaves_the_older_one_where_it_cannot_be_put(void)
{
    const char *folder = test_folder();
    char path[1200];
    unroll_text_file file;
    snprintf(path, sizeof path, "%s/report.md", folder);
    stand_in();
    CU_ASSERT_EQUAL_FATAL(unroll_text_file_open(&file, path).code, UNROLL_OK);
    CU_ASSERT_EQUAL(disk.flags & (O_EXCL | O_NOFOLLOW), O_EXCL | O_NOFOLLOW);
    fputs("text", file.out);
    disk.fail = "rename";
    disk.reason = EIO;
    disk.times = 1;
    CU_ASSERT_EQUAL(unroll_text_file_close(&file, true).code, UNROLL_FAILED);
    give_back();
    CU_ASSERT_EQUAL(count_files(folder, ""), 0);
}

/* ---- reading ---- */

static void what_passes_while_a_file_is_read_is_tried_again(void)
{
    static const struct {
        const char *call;
        int reason;
    } passing[] = {{"open", EMFILE}, {"open", ENFILE}, {"open", EIO}, {"open", ENOMEM}, {"read", EIO}, {"read", ENOMEM}};
    const char *path = path_in(test_folder(), "file.h5");
    CU_ASSERT_EQUAL(write_string(path, new_bytes).code, UNROLL_OK);
    for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++) {
        unsigned char *bytes = NULL;
        size_t size;
        unroll_status status;
        stand_in();
        disk.fail = passing[i].call;
        disk.reason = passing[i].reason;
        disk.times = 2;
        disk.most = 5;
        CU_ASSERT(holds(path, new_bytes));
        disk.times = -1;
        status = unroll_h5_read_bytes(path, true, &bytes, &size);
        give_back();
        CU_ASSERT_EQUAL(status.code, UNROLL_FAILED);
        CU_ASSERT_PTR_NOT_NULL(strstr(status.text, strerror(passing[i].reason)));
        CU_ASSERT_PTR_NULL(bytes);
    }
}

static void what_does_not_pass_is_not_tried_again(void)
{
    static const struct {
        int reason;
        unroll_code code;
    } lasting[] = {{ENOENT, UNROLL_ABSENT}, {ENOTDIR, UNROLL_ABSENT}, {EACCES, UNROLL_WRONG}, {ELOOP, UNROLL_WRONG}};
    const char *path = path_in(test_folder(), "file.h5");
    CU_ASSERT_EQUAL(write_string(path, new_bytes).code, UNROLL_OK);
    for (size_t i = 0; i < sizeof lasting / sizeof lasting[0]; i++) {
        unsigned char *bytes;
        size_t size;
        stand_in();
        disk.fail = "open";
        disk.reason = lasting[i].reason;
        disk.times = 1;
        CU_ASSERT_EQUAL(unroll_h5_read_bytes(path, true, &bytes, &size).code, lasting[i].code);
        give_back();
    }
}

const unroll_test tests_store_disk[] = {
    TEST(bytes_are_synced_before_the_name_and_the_folder_after_it),
    TEST(short_and_interrupted_writes_go_on),
    TEST(whatever_call_fails_the_old_file_stays_whole_and_nothing_else),
    TEST(a_folder_that_cannot_be_synced_is_told),
    TEST(an_unfinished_file_has_a_name_that_nobody_can_foresee),
    TEST(only_a_whole_name_is_that_of_an_unfinished_file),
    TEST(a_text_leaves_the_older_one_where_it_cannot_be_put),
    TEST(what_passes_while_a_file_is_read_is_tried_again),
    TEST(what_does_not_pass_is_not_tried_again),
    {NULL, NULL},
};
