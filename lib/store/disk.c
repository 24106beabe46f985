/* Bytes and the disk: all of a file or nothing, sealed with a checksum behind it. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/stop.h"
#include "base/text.h"
#include "store/h5.h"
#include "store/store.h"

/* The line after a file's last byte: what it is, 16 hex digits, a line break. */
static const char seal_word[] = "\nunroll checksum ";
enum { WORD_SIZE = sizeof seal_word - 1, SEAL_SIZE = WORD_SIZE + 17, PATH_SHOWN = 300 };

/* Two chains over alternating words of eight bytes, mixed at the end (the finaliser of MurmurHash3). */
static uint64_t checksum(const unsigned char *bytes, size_t size)
{
    uint64_t chain[2] = {UINT64_C(0xA4093822299F31D0), UINT64_C(0x082EFA98EC4E6C89)}, mixed;
    for (size_t i = 0, turn = 0; i < size; i += 8, turn ^= 1) {
        uint64_t word = 0;
        size_t end = size - i < 8 ? size - i : 8;
        for (size_t k = 0; k < end; k++)
            word |= (uint64_t)bytes[i + k] << (8 * k);
        chain[turn] = (chain[turn] ^ word) * UINT64_C(0x9FB21C651E98DF25);
        chain[turn] ^= chain[turn] >> 31;
    }
    mixed = chain[0] ^ (chain[1] * UINT64_C(0xD6E8FEB86659FD93)) ^ size;
    mixed = (mixed ^ mixed >> 33) * UINT64_C(0xFF51AFD7ED558CCD);
    mixed = (mixed ^ mixed >> 33) * UINT64_C(0xC4CEB9FE1A85EC53);
    return mixed ^ mixed >> 33;
}

static void make_seal(const unsigned char *bytes, size_t size, char seal[SEAL_SIZE + 1])
{
    snprintf(seal, SEAL_SIZE + 1, "%s%016" PRIx64 "\n", seal_word, checksum(bytes, size));
}

static unroll_status cannot(const char *verb, const char *path, int reason)
{
    char shown[PATH_SHOWN];
    return unroll_error(UNROLL_FAILED, "cannot %s %s: %s", verb, unroll_text_quote(shown, sizeof shown, path),
                        strerror(reason));
}

/* Makes the rename itself last. Some file systems cannot sync a folder and say so with EINVAL. Returns 0 or errno. */
static int sync_folder_of(char *path)
{
    char *slash = strrchr(path, '/');
    int folder, reason = 0;
    if (slash != NULL)
        slash[slash == path ? 1 : 0] = '\0';
    folder = unroll_disk.open(slash != NULL ? path : ".", O_RDONLY | O_CLOEXEC, 0);
    if (folder < 0)
        return errno == EACCES ? 0 : errno; /* a folder that may be written in, but not listed */
    if (unroll_disk.fsync(folder) != 0 && errno != EINVAL)
        reason = errno;
    unroll_disk.close(folder);
    return reason;
}

static int write_part(const char *path, char part[UNROLL_FILE_ROOM], const unsigned char *bytes, size_t size)
{
    char seal[SEAL_SIZE + 1];
    int reason, file = unroll_unfinished_open(path, part);
    if (file < 0) {
        reason = errno;
        part[0] = '\0';
        return reason;
    }
    make_seal(bytes, size, seal);
    reason = unroll_write_all(file, bytes, size);
    if (reason == 0)
        reason = unroll_write_all(file, seal, SEAL_SIZE);
    if (reason == 0 && unroll_disk.fsync(file) != 0)
        reason = errno;
    if (unroll_disk.close(file) != 0 && reason == 0)
        reason = errno;
    return reason;
}

unroll_status unroll_h5_write_bytes(const char *path, const unsigned char *bytes, size_t size)
{
    char part[UNROLL_FILE_ROOM], shown[PATH_SHOWN];
    struct stat there;
    int reason;
    if (stat(path, &there) == 0 && S_ISDIR(there.st_mode))
        return cannot("write", path, EISDIR);
    if (stat(path, &there) == 0 && !S_ISREG(there.st_mode)) /* a rename would put a file in the place of /dev/null */
        return unroll_error(UNROLL_FAILED, "cannot write %s: it is not a file",
                            unroll_text_quote(shown, sizeof shown, path));
    reason = write_part(path, part, bytes, size);
    if (reason == 0 && unroll_disk.rename(part, path) != 0)
        reason = errno;
    if (reason == 0)
        reason = sync_folder_of(part);
    else if (part[0] != '\0')
        unlink(part);
    return reason == 0 ? unroll_ok() : cannot("write", path, reason);
}

/* ---- reading ---- */

typedef enum seal_state { SEAL_RIGHT, SEAL_WRONG, SEAL_MISSING } seal_state;

/* Leaves the seal out of *size, where there is one. */
static seal_state check_seal(const unsigned char *bytes, size_t *size)
{
    char seal[SEAL_SIZE + 1];
    const unsigned char *end;
    if (*size < SEAL_SIZE)
        return SEAL_MISSING;
    end = bytes + *size - SEAL_SIZE;
    if (memcmp(end, seal_word, WORD_SIZE) != 0)
        return SEAL_MISSING;
    *size -= SEAL_SIZE;
    make_seal(bytes, *size, seal);
    return memcmp(end, seal, SEAL_SIZE) == 0 ? SEAL_RIGHT : SEAL_WRONG;
}

/* What a failed call tells of a file: that it is not there, that it may not be read, or nothing, for it may pass. */
static unroll_code code_of(int reason)
{
    switch (reason) {
    case ENOENT:
    case ENOTDIR:
        return UNROLL_ABSENT;
    case EACCES:
    case EPERM:
    case ELOOP:
    case ENAMETOOLONG:
    case EISDIR:
    case ENXIO:
        return UNROLL_WRONG;
    default:
        return UNROLL_FAILED;
    }
}

static unroll_status cannot_read(const char *shown, int reason)
{
    return unroll_error(code_of(reason), "cannot read %s: %s", shown, strerror(reason));
}

/* The bytes of an open file. */
static unroll_status read_open(int file, const char *shown, unsigned char **bytes, size_t *size)
{
    struct stat what;
    int reason;
    if (fstat(file, &what) != 0)
        return cannot_read(shown, errno);
    if (!S_ISREG(what.st_mode))
        return unroll_error(UNROLL_WRONG, "cannot read %s: it is not a file", shown);
    *size = (size_t)what.st_size;
    *bytes = malloc(*size + 1);
    reason = *bytes == NULL ? ENOMEM : unroll_read_all(file, *bytes, size); /* what ends early its seal will tell */
    return reason == 0 ? unroll_ok() : cannot_read(shown, reason);
}

static unroll_status read_once(const char *path, bool sealed, unsigned char **bytes, size_t *size)
{
    char shown[PATH_SHOWN];
    unroll_status status;
    seal_state seal;
    int file;
    unroll_text_quote(shown, sizeof shown, path);
    file = unroll_disk.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0); /* a pipe is to be told, not waited for */
    if (file < 0)
        return cannot_read(shown, errno);
    status = read_open(file, shown, bytes, size);
    unroll_disk.close(file);
    if (status.code != UNROLL_OK)
        return status;
    if (*size == 0)
        return unroll_error(UNROLL_DAMAGED, "%s is empty", shown);
    seal = check_seal(*bytes, size);
    if (seal == SEAL_WRONG)
        return unroll_error(UNROLL_DAMAGED, "%s is damaged: its checksum is wrong", shown);
    if (seal == SEAL_MISSING && sealed)
        return unroll_error(UNROLL_DAMAGED, "%s is damaged: it does not end in the checksum that unroll writes", shown);
    return unroll_ok();
}

unroll_status unroll_h5_read_bytes(const char *path, bool sealed, unsigned char **bytes, size_t *size)
{
    static const long naps[] = {20000000, 200000000}; /* ns before another try of what may pass */
    unroll_status status;
    for (int i = 0;; i++) {
        *bytes = NULL;
        status = read_once(path, sealed, bytes, size);
        if (status.code == UNROLL_OK)
            return status;
        free(*bytes);
        *bytes = NULL;
        if (status.code != UNROLL_FAILED || i == (int)(sizeof naps / sizeof naps[0]) || unroll_stop_requested())
            return status;
        nanosleep(&(struct timespec){0, naps[i]}, NULL);
    }
}

unroll_status unroll_set_aside(const char *path, char *aside, size_t room)
{
    size_t length = strlen(path), ending = length > 3 && strcmp(path + length - 3, ".h5") == 0 ? 3 : 0;
    char folder[UNROLL_FILE_ROOM];
    int reason = 0;
    if (snprintf(aside, room, "%.*s.damaged", (int)(length - ending), path) >= (int)room)
        return cannot("set aside", path, ENAMETOOLONG);
    if (unroll_disk.rename(path, aside) != 0)
        reason = errno;
    unroll_text_copy(folder, sizeof folder, path);
    if (reason == 0)
        reason = sync_folder_of(folder);
    /* where it is gone already, another process was faster */
    return reason == 0 || reason == ENOENT ? unroll_ok() : cannot("set aside", path, reason);
}
