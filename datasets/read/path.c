#include "path.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/settings.h"
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

static int read_sources(const char *folder, source *sets)
{
    char path[UNROLL_PATH_ROOM], line[2048];
    int count = 0;
    FILE *table = join(path, folder, "sources.tsv") ? fopen(path, "r") : NULL;
    while (table != NULL && count < MOST_SETS && fgets(line, sizeof line, table) != NULL) {
        char how[16] = "";
        source *set = &sets[count];
        if (line[0] == '#' ||
            sscanf(line, "%63[^\t]\t%255[^\t]\t%*[^\t]\t%*[^\t]\t%15[^\t]", set->name, set->file, how) != 3)
            continue;
        set->bundled = strcmp(how, "bundled") == 0;
        if (count == 0 || strcmp(set->name, sets[count - 1].name) != 0)
            count++;
    }
    if (table != NULL)
        fclose(table);
    return count;
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
    int count;
    if (strlen(file) >= UNROLL_PATH_ROOM)
        return unroll_error(UNROLL_WRONG, "file=%s: the path is too long", unroll_short_path(file, shown));
    strcpy(path, file);
    if (is_file(path))
        return unroll_ok();
    unroll_short_path(file, shown);
    if (strchr(file, '/') != NULL)
        return unroll_error(UNROLL_WRONG, "file=%s: there is no such file", shown);
    count = unroll_find_folder("datasets", "sources.tsv", "UNROLL_DATASETS", folder) ? read_sources(folder, sets) : 0;
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

/* All bytes up to the end or the limit; NULL when memory is short. */
static char *read_all(FILE *stream, size_t *size)
{
    size_t room = 1 << 16, length = 0;
    char *text = malloc(room + 1);
    while (text != NULL) {
        size_t got = fread(text + length, 1, room - length, stream);
        length += got;
        if (got == 0 || length > most_bytes)
            break;
        if (length == room) {
            char *more = realloc(text, 2 * room + 1);
            if (more == NULL)
                free(text);
            text = more;
            room *= 2;
        }
    }
    if (text != NULL)
        text[length] = '\0';
    *size = length;
    return text;
}

unroll_status unroll_read_text(const char *path, char **text, size_t *size)
{
    char shown[UNROLL_SHORT_ROOM];
    FILE *stream = fopen(path, "rb");
    const char *zero;
    bool broken;
    *text = NULL;
    unroll_short_path(path, shown);
    if (stream == NULL)
        return unroll_error(UNROLL_WRONG, "%s cannot be opened: %s", shown, strerror(errno));
    *text = read_all(stream, size);
    broken = ferror(stream) != 0;
    fclose(stream);
    if (*text == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory: reading %s", shown);
    zero = memchr(*text, '\0', *size);
    if (!broken && *size > 0 && *size <= most_bytes && zero == NULL)
        return unroll_ok();
    free(*text);
    *text = NULL;
    if (broken)
        return unroll_error(UNROLL_WRONG, "%s cannot be read: is it a folder or a broken disk", shown);
    if (*size == 0)
        return unroll_error(UNROLL_WRONG, "%s is empty", shown);
    if (*size > most_bytes)
        return unroll_error(UNROLL_WRONG, "%s is larger than 1 GiB", shown);
    return unroll_error(UNROLL_WRONG, "%s is not a text: it holds zero bytes (save UTF-16 as UTF-8)", shown);
}

void unroll_fingerprint(const char *path, const char *text, size_t size, char out[UNROLL_FINGERPRINT_ROOM])
{
    const char *slash = strrchr(path, '/');
    char name[64];
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
    unroll_text_quote(name, sizeof name, slash != NULL ? slash + 1 : path);
    snprintf(out, UNROLL_FINGERPRINT_ROOM, "%s %zu bytes fnv1a %016" PRIx64, name, size, hash);
}

const char *unroll_short_path(const char *path, char out[UNROLL_SHORT_ROOM])
{
    enum { KEEP = UNROLL_SHORT_ROOM - 8 };
    size_t length = strlen(path);
    char tail[UNROLL_SHORT_ROOM];
    snprintf(tail, sizeof tail, "%s%s", length > KEEP ? "..." : "", length > KEEP ? path + length - KEEP : path);
    return unroll_text_quote(out, UNROLL_SHORT_ROOM, tail);
}
