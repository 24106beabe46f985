/* The gathered files of a result. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "report/compare_inside.h"

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct unroll_named_file *)a)->name, ((const struct unroll_named_file *)b)->name);
}

static unroll_status add_name(const char *folder, const char *file, size_t length, unroll_names *names)
{
    struct unroll_named_file *grown = unroll_one_more(names->name, names->count, sizeof *grown);
    if (grown == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for the names of %.300s", folder);
    names->name = grown;
    if (length >= sizeof grown->name ||
        snprintf(grown[names->count].path, UNROLL_FILE_ROOM, "%s/%s", folder, file) >= UNROLL_FILE_ROOM)
        return unroll_ok(); /* no name that this program gives */
    memcpy(grown[names->count].name, file, length);
    names->count++;
    return unroll_ok();
}

static unroll_status list_folder(const char *folder, DIR *open, unroll_names *names)
{
    struct dirent *entry;
    while ((entry = readdir(open)) != NULL) {
        size_t length = strlen(entry->d_name);
        if (length > 3 && entry->d_name[0] != '.' && strcmp(entry->d_name + length - 3, ".h5") == 0)
            UNROLL_TRY(add_name(folder, entry->d_name, length - 3, names));
    }
    return unroll_ok();
}

unroll_status unroll_list_gathered(const char *result, unroll_names *names)
{
    DIR *open;
    unroll_status status;
    memset(names, 0, sizeof *names);
    if (unroll_is_file(result)) {
        names->file = true;
        return unroll_ok();
    }
    open = opendir(result);
    if (open == NULL)
        return unroll_error(UNROLL_WRONG, "there are no results %.300s: %s", result, strerror(errno));
    status = list_folder(result, open, names);
    closedir(open);
    if (status.code == UNROLL_OK && names->count == 0)
        return unroll_error(UNROLL_NOTHING, "no gathered results (*.h5) lie in %.300s: unroll run and unroll bench make them",
                            result);
    if (names->count > 0)
        qsort(names->name, (size_t)names->count, sizeof *names->name, by_name);
    return status;
}

void unroll_names_free(unroll_names *names)
{
    free(names->name);
    memset(names, 0, sizeof *names);
}
