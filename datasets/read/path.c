#include "path.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/settings.h"
#include "base/stop.h"
#include "base/text.h"

enum { MOST_SETS = 64, NAME_ROOM = 64 };
static const size_t most_bytes = (size_t)1 << 30;

/* The data sets of datasets/sources.tsv: a name's first line names its main file. */
typedef struct source {
    char name[NAME_ROOM], file[256];
    bool bundled;
} source;

static bool is_file(const char *path)
{
    struct stat what;
    return stat(path, &what) == 0 && !S_ISDIR(what.st_mode);
}

/* folder + "/" + rest; false when it does not fit. */
static bool join(char path[UNROLL_PATH_ROOM], const char *folder, const char *rest)
{
    int length = snprintf(path, UNROLL_PATH_ROOM, "%s/%s", folder, rest);
    return length > 0 && length < UNROLL_PATH_ROOM;
}

static unroll_status read_sources(const char *folder, source *sets, int *read)
{
    char path[UNROLL_PATH_ROOM], line[2048];
    int count = 0;
    FILE *table = join(path, folder, "sources.tsv") ? fopen(path, "r") : NULL;
    *read = 0;
    if (table == NULL)
        return unroll_error(UNROLL_FAILED, "the list of data sets in %.300s cannot be opened: %s", folder,
                            strerror(errno));
    while (count < MOST_SETS && fgets(line, sizeof line, table) != NULL) {
        char how[16] = "";
        source *set = &sets[count];
        if (line[0] == '#' ||
            sscanf(line, "%63[^\t]\t%255[^\t]\t%*[^\t]\t%*[^\t]\t%15[^\t]", set->name, set->file, how) != 3)
            continue;
        set->bundled = strcmp(how, "bundled") == 0;
        if (count == 0 || strcmp(set->name, sets[count - 1].name) != 0)
            count++;
    }
    fclose(table);
    *read = count;
    return unroll_ok();
}

/* Whether the file of a known data set is there. */
static bool find_source(const char *folder, const source *set, char path[UNROLL_PATH_ROOM])
{
    char inner[NAME_ROOM + 300];
    const char *data = getenv("UNROLL_DATA");
    if (set->bundled)
        return join(path, folder, set->file) && is_file(path);
    snprintf(inner, sizeof inner, "%.63s/%.255s", set->name, set->file);
    if (data != NULL && data[0] != '\0' && join(path, data, inner) && is_file(path))
        return true;
    snprintf(inner, sizeof inner, "data/%.63s/%.255s", set->name, set->file);
    return join(path, folder, inner) && is_file(path);
}

unroll_status unroll_data_path(const char *file, char path[UNROLL_PATH_ROOM])
{
    char folder[UNROLL_PATH_ROOM], shown[UNROLL_SHORT_ROOM];
    source sets[MOST_SETS];
    const char *names[MOST_SETS], *near;
    int count = 0;
    if (strlen(file) >= UNROLL_PATH_ROOM)
        return unroll_error(UNROLL_WRONG, "file=%s: the path is too long", unroll_short_path(file, shown));
    strcpy(path, file);
    if (is_file(path))
        return unroll_ok();
    unroll_short_path(file, shown);
    if (strchr(file, '/') != NULL)
        return unroll_error(UNROLL_WRONG, "file=%s: there is no such file", shown);
    if (unroll_find_folder("datasets", "sources.tsv", "UNROLL_DATASETS", folder))
        UNROLL_TRY(read_sources(folder, sets, &count));
    for (int i = 0; i < count; i++) {
        names[i] = sets[i].name;
        if (strcmp(sets[i].name, file) != 0)
            continue;
        if (find_source(folder, &sets[i], path))
            return unroll_ok();
        return unroll_error(UNROLL_WRONG, "file=%s: this data set is not here yet; get it with datasets/fetch %s",
                            shown, shown);
    }
    near = unroll_nearest(file, names, count);
    if (near != NULL)
        return unroll_error(UNROLL_WRONG, "file=%s: there is no such file and no such data set; did you mean %s", shown,
                            near);
    return unroll_error(
        UNROLL_WRONG, "file=%s: there is no such file and no such data set (datasets/fetch --list shows those)", shown);
}

/* Waits until a pipe or a terminal has bytes, or its end; false once the user wants to end. A file on a disk is always
   ready. In slices, for the signal may reach another thread. */
static bool wait_for_bytes(int file, bool regular)
{
    enum { SLICE_MS = 100 };
    struct pollfd ready = {.fd = file, .events = POLLIN};
    while (!unroll_stop_requested())
        if (regular || poll(&ready, 1, SLICE_MS) > 0)
            return true;
    return false;
}

/* One read that waits; 0 at the end, -1 with errno when it fails, EINTR once the user wants to end. */
static ssize_t read_some(int file, bool regular, char *to, size_t room)
{
    ssize_t got;
    do {
        if (!wait_for_bytes(file, regular)) {
            errno = EINTR;
            return -1;
        }
        got = read(file, to, room);
    } while (got < 0 && (errno == EINTR || errno == EAGAIN));
    return got;
}

/* All bytes up to the end or the limit. Returns 0, or errno: EINTR when it was stopped; *text is NULL then. */
static int read_all(int file, char **text, size_t *size)
{
    struct stat what;
    bool regular = fstat(file, &what) == 0 && S_ISREG(what.st_mode);
    size_t room = 1 << 16;
    ssize_t got = 1;
    int reason = 0;
    *size = 0;
    *text = malloc(room + 1);
    while (*text != NULL && got > 0 && *size <= most_bytes) {
        char *more = *size < room ? *text : realloc(*text, 2 * room + 1);
        if (more == NULL)
            break;
        *text = more;
        room *= *size < room ? 1 : 2;
        got = read_some(file, regular, *text + *size, room - *size);
        reason = got < 0 ? errno : 0;
        *size += got > 0 ? (size_t)got : 0;
    }
    if (*text != NULL && reason == 0 && (got == 0 || *size > most_bytes)) {
        (*text)[*size] = '\0';
        return 0;
    }
    free(*text);
    *text = NULL;
    return reason != 0 ? reason : ENOMEM;
}

static unroll_status cannot_read(const char *shown, int reason)
{
    switch (reason) {
    case EINTR:
        return unroll_error(UNROLL_STOPPED, "stopped while %s was read", shown);
    case ENOMEM:
        return unroll_error(UNROLL_FAILED, "out of memory: reading %s", shown);
    default:
        return unroll_error(UNROLL_WRONG, "%s cannot be read: %s", shown, strerror(reason));
    }
}

unroll_status unroll_read_bytes(const char *path, char **bytes, size_t *size)
{
    char shown[UNROLL_SHORT_ROOM];
    int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), reason; /* a pipe that nobody writes to is waited for below */
    *bytes = NULL;
    unroll_short_path(path, shown);
    if (file < 0)
        return unroll_error(UNROLL_WRONG, "%s cannot be opened: %s", shown, strerror(errno));
    reason = read_all(file, bytes, size);
    close(file);
    if (reason != 0)
        return cannot_read(shown, reason);
    if (*size > 0 && *size <= most_bytes)
        return unroll_ok();
    free(*bytes);
    *bytes = NULL;
    return unroll_error(UNROLL_WRONG, *size == 0 ? "%s is empty" : "%s is larger than 1 GiB", shown);
}

unroll_status unroll_read_text(const char *path, char **text, size_t *size)
{
    char shown[UNROLL_SHORT_ROOM];
    UNROLL_TRY(unroll_read_bytes(path, text, size));
    if (memchr(*text, '\0', *size) == NULL)
        return unroll_ok();
    free(*text);
    *text = NULL;
    return unroll_error(UNROLL_WRONG, "%s is not a text: it holds zero bytes (save UTF-16 as UTF-8)",
                        unroll_short_path(path, shown));
}

void unroll_fingerprint(const char *path, const char *text, size_t size, char out[UNROLL_FINGERPRINT_ROOM])
{
    const char *slash = strrchr(path, '/');
    char name[64], hash[UNROLL_HASH_ROOM];
    unroll_text_quote(name, sizeof name, slash != NULL ? slash + 1 : path);
    snprintf(out, UNROLL_FINGERPRINT_ROOM, "%s %zu bytes fnv1a %s", name, size,
             unroll_hash_show(unroll_hash(UNROLL_HASH_START, text, size), hash));
}

const char *unroll_short_path(const char *path, char out[UNROLL_SHORT_ROOM])
{
    enum { KEEP = UNROLL_SHORT_ROOM - 8 };
    size_t length = strlen(path);
    char tail[UNROLL_SHORT_ROOM];
    snprintf(tail, sizeof tail, "%s%s", length > KEEP ? "..." : "", length > KEEP ? path + length - KEEP : path);
    return unroll_text_quote(out, UNROLL_SHORT_ROOM, tail);
}
