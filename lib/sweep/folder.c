#include "sweep/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/stop.h"
#include "base/text.h"
#include "store/store.h"

#ifdef __APPLE__
#define st_mtim st_mtimespec
#endif

/* Seconds after which an unfinished file belongs to nobody: a record is written in far less, by any shard. */
enum { STALE_SECONDS = 60 };

unroll_status unroll_folder_name(const char *results, const char *experiment, unroll_folder *folder)
{
    int a = snprintf(folder->results, sizeof folder->results, "%s", results);
    int b = snprintf(folder->runs, sizeof folder->runs, "%s/%s/runs", results, experiment);
    int c = snprintf(folder->gathered, sizeof folder->gathered, "%s/%s.h5", results, experiment);
    if (a >= (int)sizeof folder->results || b >= (int)sizeof folder->runs || c >= (int)sizeof folder->gathered)
        return unroll_error(UNROLL_WRONG, "the name of the results folder is longer than %d bytes",
                            (int)sizeof folder->results - 1);
    return unroll_ok();
}

void unroll_folder_record(const unroll_folder *folder, const char *id, char path[600])
{
    snprintf(path, 600, "%s/%s.h5", folder->runs, id);
}

/* Removes the unfinished files that were last written to before `before`. */
static void remove_stale(const char *path, time_t before)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        char name[1024];
        struct stat about;
        if (!unroll_is_unfinished(entry->d_name))
            continue;
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (lstat(name, &about) == 0 && S_ISREG(about.st_mode) && about.st_mtime < before)
            unlink(name);
    }
    if (folder != NULL)
        closedir(folder);
}

unroll_status unroll_folder_prepare(const unroll_folder *folder)
{
    time_t before = time(NULL) - STALE_SECONDS;
    UNROLL_TRY(unroll_make_folder(folder->runs));
    if (access(folder->runs, W_OK | X_OK) != 0)
        return unroll_error(UNROLL_FAILED, "cannot write into the folder %s: %s", folder->runs, strerror(errno));
    remove_stale(folder->runs, before);
    return unroll_ok();
}

/* Whether what lies under the name is another file than before. */
static bool is_another(const char *path, const struct stat *before)
{
    struct stat now;
    return lstat(path, &now) != 0 || now.st_ino != before->st_ino || now.st_size != before->st_size ||
           now.st_mtim.tv_sec != before->st_mtim.tv_sec || now.st_mtim.tv_nsec != before->st_mtim.tv_nsec;
}

unroll_status unroll_folder_find(const unroll_folder *folder, const unroll_experiment *experiment, unroll_planned *run,
                                 bool look_only, FILE *out)
{
    char path[UNROLL_FILE_ROOM], aside[UNROLL_FILE_ROOM];
    struct stat before;
    unroll_record *record;
    unroll_status status;
    run->status[0] = '\0';
    unroll_folder_record(folder, run->id, path);
    do { /* until it is the file that was read: another process may have set it aside and done the run again */
        if (lstat(path, &before) != 0)
            memset(&before, 0, sizeof before);
        status = unroll_load_record_of(folder->runs, run->id, unroll_plan_refuse, experiment, path, &record);
    } while (status.code == UNROLL_DAMAGED && is_another(path, &before) && !unroll_stop_requested());
    switch (status.code) {
    case UNROLL_OK:
        strcpy(run->status, record->status);
        unroll_record_free(record);
        return status;
    case UNROLL_ABSENT:
        return unroll_ok();
    case UNROLL_DAMAGED:
        if (look_only) {
            fprintf(out, "damaged, to be done again: %s\n", status.text);
            return unroll_ok();
        }
        UNROLL_TRY(unroll_set_aside(path, aside, sizeof aside));
        fprintf(out, "damaged, set aside as %s and to be done again: %s\n", aside, status.text);
        return unroll_ok();
    default:
        return status;
    }
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Whether a record was written after the gathered file: a call that was killed before it gathered. */
static bool is_newer(const unroll_folder *folder, const char *id)
{
    struct stat record, gathered;
    char path[600];
    unroll_folder_record(folder, id, path);
    if (stat(path, &record) != 0 || stat(folder->gathered, &gathered) != 0)
        return false;
    return record.st_mtim.tv_sec != gathered.st_mtim.tv_sec ? record.st_mtim.tv_sec > gathered.st_mtim.tv_sec
                                                            : record.st_mtim.tv_nsec > gathered.st_mtim.tv_nsec;
}

/* Whether the gathered file holds exactly the runs `ids`, which are sorted. */
static bool is_gathered(const unroll_folder *folder, const char *const *ids, int count)
{
    const char *path = folder->gathered;
    unroll_table *table;
    const unroll_table_column *column;
    bool same;
    if (unroll_load_table(path, &table).code != UNROLL_OK)
        return false;
    column = unroll_table_find(table, "id");
    same = column != NULL && column->type == UNROLL_COLUMN_TEXT && table->rows == count && table->left_out == 0;
    for (int i = 0; i < count && same; i++)
        same = strcmp(column->text[i], ids[i]) == 0 && !is_newer(folder, ids[i]);
    unroll_table_free(table);
    return same;
}

/* Whether something lies there, readable or not. */
static bool is_there(const char *path)
{
    return access(path, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

/* The ids of the plan's records that are there, sorted. */
static int list_ids(const unroll_folder *folder, const unroll_plan *plan, const char **ids)
{
    int count = 0;
    for (int i = 0; i < plan->count; i++) {
        char path[600];
        unroll_folder_record(folder, plan->runs[i].id, path);
        if (is_there(path))
            ids[count++] = plan->runs[i].id;
    }
    qsort(ids, (size_t)count, sizeof *ids, by_text);
    return count;
}

unroll_status unroll_folder_gather(const unroll_folder *folder, const unroll_experiment *experiment,
                                   const unroll_plan *plan, bool anew, int *records)
{
    unroll_gather_info info = {.experiment = experiment->name,
                               .title = experiment->title,
                               .refuse = unroll_plan_refuse,
                               .context = experiment};
    const char **ids = malloc((size_t)plan->count * sizeof *ids);
    unroll_status status = unroll_ok();
    int listed;
    if (ids == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for the list of records");
    *records = list_ids(folder, plan, ids);
    if (*records > 0 && (anew || !is_gathered(folder, ids, *records))) {
        /* again when another shard has added records meanwhile: the last one to look must have seen them all */
        do {
            listed = *records;
            status = unroll_store_gather(folder->runs, ids, listed, folder->gathered, &info);
            *records = list_ids(folder, plan, ids);
        } while (status.code == UNROLL_OK && *records != listed);
    }
    if (status.code == UNROLL_OK && info.damaged > 0)
        status = unroll_error(UNROLL_FAILED,
                              "%.100s leaves out %d damaged record%s, which the next call does again; the first: %.300s",
                              folder->gathered, info.damaged, info.damaged == 1 ? "" : "s", info.first_damaged);
    free(ids);
    return status;
}
