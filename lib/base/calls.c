/* The system's calls on files, and bytes read and written whole by them. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"

enum { MOST_AT_ONCE = 1 << 30 }; /* bytes; some systems refuse more in one call */

static int open_file(const char *path, int flags, mode_t mode)
{
    return open(path, flags, mode);
}

unroll_calls unroll_disk = {open_file, read, write, fsync, close, rename};

int unroll_write_all(int file, const void *bytes, size_t size)
{
    const unsigned char *next = bytes;
    while (size > 0) {
        ssize_t written = unroll_disk.write(file, next, size < MOST_AT_ONCE ? size : MOST_AT_ONCE);
        if (written < 0 && errno != EINTR)
            return errno;
        if (written > 0) {
            next += written;
            size -= (size_t)written;
        }
    }
    return 0;
}

int unroll_read_all(int file, void *bytes, size_t *size)
{
    unsigned char *next = bytes;
    size_t have = 0;
    while (have < *size) {
        size_t left = *size - have;
        ssize_t got = unroll_disk.read(file, next + have, left < MOST_AT_ONCE ? left : MOST_AT_ONCE);
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
