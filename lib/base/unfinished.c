/* Unfinished files: a name of their own until they are whole. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#ifdef __APPLE__
#include <sys/random.h>
#endif

#include "base/file.h"

static const char part_word[] = ".unroll-part-";
enum { WORD_SIZE = sizeof part_word - 1, RANDOM_DIGITS = 16, TRIES = 100 };

void unroll_host_name(char host[UNROLL_HOST_ROOM])
{
    if (gethostname(host, UNROLL_HOST_ROOM) != 0 || host[0] == '\0')
        strcpy(host, "host");
    host[UNROLL_HOST_ROOM - 1] = '\0';
    for (char *c = host; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c) && *c != '.')
            *c = '_';
}

static uint64_t draw(int attempt)
{
    uint64_t drawn;
    if (getentropy(&drawn, sizeof drawn) == 0)
        return drawn;
    return ((uint64_t)time(NULL) << 32) ^ ((uint64_t)getpid() << 8) ^ (uint64_t)attempt;
}

int unroll_unfinished_open(const char *path, char part[UNROLL_FILE_ROOM])
{
    const char *slash = strrchr(path, '/');
    int folder = slash != NULL ? (int)(slash - path) + 1 : 0, file = -1;
    char host[UNROLL_HOST_ROOM];
    unroll_host_name(host);
    errno = EEXIST;
    for (int i = 0; i < TRIES && file < 0 && errno == EEXIST; i++) {
        int length = snprintf(part, UNROLL_FILE_ROOM, "%.*s%s%s-%016" PRIx64, folder, path, part_word, host, draw(i));
        if (length < 0 || length >= UNROLL_FILE_ROOM) {
            errno = ENAMETOOLONG;
            return -1;
        }
        file = unroll_disk.open(part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    }
    return file;
}

bool unroll_is_unfinished(const char *name)
{
    size_t host = 0;
    if (strncmp(name, part_word, WORD_SIZE) != 0)
        return false;
    name += WORD_SIZE;
    while (isalnum((unsigned char)name[host]) || name[host] == '.' || name[host] == '_')
        host++;
    if (host == 0 || host >= UNROLL_HOST_ROOM || name[host] != '-')
        return false;
    name += host + 1;
    return strlen(name) == RANDOM_DIGITS && strspn(name, "0123456789abcdef") == RANDOM_DIGITS;
}
