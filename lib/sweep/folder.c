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

static bool is_listed(const unroll_ids *ids, const char *id)
{
    int low = 0, high = ids->count;
    while (low < high) {
        int middle = low + (high - low) / 2, order = strcmp(ids->id[middle], id);
        if (order == 0)
            return true;
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    return false;
}

/* Whether the gathered file holds, or has left out, exactly the records `ids`, as they are. */
static bool is_gathered(const unroll_folder *folder, const unroll_ids *ids)
{
    unroll_table *table;
    const unroll_table_column *column;
    bool same;
    if (unroll_load_table(folder->gathered, &table).code != UNROLL_OK)
        return false;
    column = unroll_table_find(table, "id");
    same = column != NULL && column->type == UNROLL_COLUMN_TEXT && table->rows + table->stale == ids->count && table->left_out == 0;
    for (int i = 0; i < table->rows && same; i++)
        same = is_listed(ids, column->text[i]);
    for (int i = 0; i < ids->count && same; i++)
        same = !is_newer(folder, ids->id[i]);
    unroll_table_free(table);
    return same;
}

/* Whether a record is of another version of the experiment or of the numerics: kept, and no longer a result. */
static bool is_stale(const void *context, const unroll_record *record)
{
    const unroll_experiment *experiment = context;
    return strcmp(record->experiment, experiment->name) == 0 &&
           (record->experiment_version != experiment->version || record->numerics_version != UNROLL_NUMERICS_VERSION);
}

unroll_status unroll_folder_gather(const unroll_folder *folder, const unroll_experiment *experiment, bool anew, int *records)
{
    unroll_gather_info info = {.experiment = experiment->name,
                               .title = experiment->title,
                               .refuse = unroll_plan_refuse,
                               .is_stale = is_stale,
                               .context = experiment};
    unroll_ids ids;
    unroll_status status = unroll_list_records(folder->runs, &ids);
    int listed = -1;
    /* again when another shard has added records meanwhile: the last one to look must have seen them all */
    while (status.code == UNROLL_OK && ids.count > 0 && ids.count != listed && (listed >= 0 || anew || !is_gathered(folder, &ids))) {
        listed = ids.count;
        status = unroll_store_gather(folder->runs, (const char *const *)ids.id, listed, folder->gathered, &info);
        unroll_ids_free(&ids);
        if (status.code == UNROLL_OK)
            status = unroll_list_records(folder->runs, &ids);
    }
    *records = ids.count;
    unroll_ids_free(&ids);
    if (status.code == UNROLL_NOTHING && info.stale > 0) { /* there is no result yet */
        *records = 0;
        status = unroll_ok();
    }
    if (status.code == UNROLL_OK && info.damaged > 0)
        status = unroll_error(UNROLL_FAILED,
                              "%.100s leaves out %d damaged record%s, which the next call that needs %s does again; the first: "
                              "%.300s",
                              folder->gathered, info.damaged, info.damaged == 1 ? "" : "s", info.damaged == 1 ? "it" : "them",
                              info.first_damaged);
    return status;
}
