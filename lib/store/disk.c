/* Bytes and the disk: all of a file or nothing, with a checksum behind it. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "store/h5.h"

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

/* Returns 0 or errno. */
static int write_all(int file, const void *bytes, size_t size)
{
    const unsigned char *next = bytes;
    while (size > 0) {
        ssize_t written = write(file, next, size < (1u << 30) ? size : 1u << 30);
        if (written < 0 && errno != EINTR)
            return errno;
        if (written > 0) {
            next += written;
            size -= (size_t)written;
        }
    }
    return 0;
}

/* Makes the rename itself last. Some file systems cannot sync a folder and say so with EINVAL. Returns 0 or errno. */
static int sync_folder_of(char *path)
{
    char *slash = strrchr(path, '/');
    int folder, reason = 0;
    if (slash != NULL)
        slash[slash == path ? 1 : 0] = '\0';
    folder = open(slash != NULL ? path : ".", O_RDONLY);
    if (folder < 0)
        return errno == EACCES ? 0 : errno; /* a folder that may be written in, but not listed */
    if (fsync(folder) != 0 && errno != EINVAL)
        reason = errno;
    close(folder);
    return reason;
}

static int write_part(const char *part, const unsigned char *bytes, size_t size)
{
    char seal[SEAL_SIZE + 1];
    int reason, file = open(part, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (file < 0)
        return errno;
    make_seal(bytes, size, seal);
    reason = write_all(file, bytes, size);
    if (reason == 0)
        reason = write_all(file, seal, SEAL_SIZE);
    if (reason == 0 && fsync(file) != 0)
        reason = errno;
    if (close(file) != 0 && reason == 0)
        reason = errno;
    return reason;
}

unroll_status unroll_h5_write_bytes(const char *path, const unsigned char *bytes, size_t size)
{
    size_t room = strlen(path) + 32;
    char *part = malloc(room);
    struct stat there;
    int reason;
    if (part == NULL)
        return cannot("write", path, ENOMEM);
    if (stat(path, &there) == 0 && !S_ISREG(there.st_mode)) { /* a rename would put a file in the place of /dev/null */
        char shown[PATH_SHOWN];
        free(part);
        if (S_ISDIR(there.st_mode))
            return cannot("write", path, EISDIR);
        return unroll_error(UNROLL_FAILED, "cannot write %s: it is not a file",
                            unroll_text_quote(shown, sizeof shown, path));
    }
    snprintf(part, room, "%s.part-%ld", path, (long)getpid());
    reason = write_part(part, bytes, size);
    if (reason == 0 && rename(part, path) != 0)
        reason = errno;
    if (reason != 0)
        unlink(part);
    else
        reason = sync_folder_of(part);
    free(part);
    return reason == 0 ? unroll_ok() : cannot("write", path, reason);
}

/* Takes the seal off the end of *size bytes. Returns false when there is one and it is broken. */
static bool check_seal(const unsigned char *bytes, size_t *size)
{
    char seal[SEAL_SIZE + 1];
    const unsigned char *end;
    if (*size < SEAL_SIZE)
        return true;
    end = bytes + *size - SEAL_SIZE;
    if (memcmp(end, seal_word, WORD_SIZE) != 0)
        return true;
    *size -= SEAL_SIZE;
    make_seal(bytes, *size, seal);
    return memcmp(end, seal, SEAL_SIZE) == 0;
}

/* Returns 0 or errno; fewer bytes than expected end the file early, which its checksum or HDF5 will tell. */
static int read_all(int file, unsigned char *bytes, size_t *size)
{
    size_t have = 0;
    while (have < *size) {
        ssize_t got = read(file, bytes + have, *size - have < (1u << 30) ? *size - have : 1u << 30);
        if (got < 0 && errno != EINTR)
            return errno;
        if (got == 0)
            break;
        if (got > 0)
            have += (size_t)got;
    }
    *size = have;
    return 0;
}

unroll_status unroll_h5_read_bytes(const char *path, unroll_code code, unsigned char **bytes, size_t *size)
{
    char shown[PATH_SHOWN];
    struct stat what;
    unroll_status status;
    int reason, file;
    *bytes = NULL;
    unroll_text_quote(shown, sizeof shown, path);
    if (stat(path, &what) != 0)
        return unroll_error(code, "cannot read %s: %s", shown, strerror(errno));
    if (!S_ISREG(what.st_mode))
        return unroll_error(code, "cannot read %s: it is not a file", shown);
    if (what.st_size == 0)
        return unroll_error(code, "%s is empty", shown);
    file = open(path, O_RDONLY);
    if (file < 0)
        return unroll_error(code, "cannot read %s: %s", shown, strerror(errno));
    *size = (size_t)what.st_size;
    *bytes = malloc(*size);
    reason = *bytes == NULL ? ENOMEM : read_all(file, *bytes, size);
    close(file);
    if (reason == 0 && check_seal(*bytes, size))
        return unroll_ok();
    if (reason != 0)
        status = unroll_error(code, "cannot read %s: %s", shown, strerror(reason));
    else
        status = unroll_error(code, "%s is damaged: its checksum is wrong", shown);
    free(*bytes);
    *bytes = NULL;
    return status;
}
