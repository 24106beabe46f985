/* Gathering: every run's file of a folder, in order of id, into one columnar file. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/array.h"
#include "base/text.h"
#include "base/version.h"
#include "store/gather.h"
#include "store/plain.h"
#include "store/store.h"

enum { PATH_SHOWN = 300 };

typedef struct names {
    char **name;
    int count;
} names;

static bool add_name(names *list, const char *name)
{
    char **grown = unroll_one_more(list->name, list->count, sizeof *grown);
    if (grown == NULL)
        return false;
    list->name = grown;
    grown[list->count] = unroll_text_duplicate(name);
    return grown[list->count++] != NULL;
}

static void free_names(names *list)
{
    for (int i = 0; i < list->count; i++)
        free(list->name[i]);
    free(list->name);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted and each once. */
static void sort_names(names *list)
{
    int kept = 0;
    if (list->count == 0)
        return;
    qsort(list->name, (size_t)list->count, sizeof *list->name, by_name);
    for (int i = 0; i < list->count; i++) {
        if (kept > 0 && strcmp(list->name[i], list->name[kept - 1]) == 0)
            free(list->name[i]);
        else
            list->name[kept++] = list->name[i];
    }
    list->count = kept;
}

/* Ids of the finished runs of a folder: the files id.h5, without those that are still being written. */
static unroll_status list_ids(const char *folder, names *list)
{
    char shown[PATH_SHOWN];
    struct dirent *entry;
    bool good = true;
    DIR *listing = opendir(folder);
    if (listing == NULL && errno == ENOENT)
        return unroll_ok();
    if (listing == NULL)
        return unroll_error(UNROLL_FAILED, "cannot read %s: %s", unroll_text_quote(shown, sizeof shown, folder),
                            strerror(errno));
    while (good && (entry = readdir(listing)) != NULL) {
        size_t length = strlen(entry->d_name);
        if (length <= 3 || entry->d_name[0] == '.' || strcmp(entry->d_name + length - 3, ".h5") != 0)
            continue;
        entry->d_name[length - 3] = '\0';
        good = add_name(list, entry->d_name);
    }
    closedir(listing);
    return good ? unroll_ok() : unroll_error(UNROLL_FAILED, "out of memory while runs are gathered");
}

/* Reads every record that is there; the damaged ones are counted and the first one's sentence is kept. */
static unroll_status read_records(const char *folder, const names *ids, unroll_record **records, unroll_gather_info *info)
{
    for (int i = 0; i < ids->count; i++) {
        unroll_status status = unroll_load_record_of(folder, ids->name[i], info->refuse, info->context, NULL,
                                                     &records[info->records]);
        if (status.code == UNROLL_OK)
            info->records++;
        else if (status.code == UNROLL_DAMAGED && info->damaged++ == 0)
            unroll_text_copy(info->first_damaged, sizeof info->first_damaged, status.text);
        else if (status.code != UNROLL_DAMAGED && status.code != UNROLL_ABSENT)
            return status; /* it may be a good one: better no new file than one without it */
    }
    return unroll_ok();
}

/* Now, or SOURCE_DATE_EPOCH where equal records are to give equal bytes; in UTC, ISO 8601. */
static void tell_time(char out[32])
{
    const char *epoch = getenv("SOURCE_DATE_EPOCH");
    time_t now = epoch != NULL ? (time_t)strtoll(epoch, NULL, 10) : time(NULL);
    struct tm utc;
    if (gmtime_r(&now, &utc) == NULL || strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
        out[0] = '\0';
}

static unroll_status write_table(const char *path, unroll_record *const *records, const unroll_gather_info *info)
{
    unroll_h5 h;
    unroll_status status;
    hid_t run_scale = H5I_INVALID_HID;
    char created[32];
    tell_time(created);
    unroll_h5_lock();
    unroll_h5_create(&h, path);
    unroll_h5_put_text(&h, h.file, "Conventions", "ACDD-1.3"); /* not CF: steps and nats are no units of UDUNITS */
    unroll_h5_put_text(&h, h.file, "summary", "Runs of an experiment: a row a run in every group, in the order of their ids.");
    unroll_h5_put_text(&h, h.file, "schema", UNROLL_TABLE_SCHEMA);
    unroll_h5_put_text(&h, h.file, "experiment", info->experiment);
    unroll_h5_put_text(&h, h.file, "title", info->title != NULL ? info->title : "");
    unroll_h5_put_text(&h, h.file, "version", unroll_version());
    unroll_h5_put_text(&h, h.file, "commit", unroll_commit());
    unroll_h5_put_text(&h, h.file, "created", created);
    unroll_h5_put_int(&h, h.file, "left_out", info->damaged);
    unroll_gather_runs(&h, &run_scale, records, info->records);
    unroll_gather_curves(&h, run_scale, records, info->records);
    unroll_gather_timings(&h, run_scale, records, info->records);
    unroll_gather_env(&h, run_scale, records, info->records);
    if (run_scale >= 0)
        H5Dclose(run_scale);
    status = unroll_h5_close(&h);
    unroll_h5_unlock();
    return status;
}

static unroll_status gather(const char *folder, names *ids, const char *path, unroll_gather_info *info)
{
    char shown[PATH_SHOWN];
    unroll_record **records;
    unroll_status status;
    sort_names(ids);
    records = calloc((size_t)ids->count + 1, sizeof *records);
    if (records == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory while runs are gathered");
    status = read_records(folder, ids, records, info);
    if (status.code == UNROLL_OK && info->records > 0)
        status = write_table(path, records, info);
    else if (status.code == UNROLL_OK && info->damaged > 0)
        status = unroll_error(UNROLL_FAILED, "no run could be read: %s", info->first_damaged);
    else if (status.code == UNROLL_OK)
        status = unroll_error(UNROLL_NOTHING, "there is no finished run in %s",
                              unroll_text_quote(shown, sizeof shown, folder));
    for (int i = 0; i < info->records; i++)
        unroll_record_free(records[i]);
    free(records);
    return status;
}

unroll_status unroll_store_gather(const char *folder, const char *const *ids, int id_count, const char *path,
                                  unroll_gather_info *info)
{
    names list = {NULL, 0};
    unroll_status status = unroll_ok();
    info->records = info->damaged = 0;
    info->first_damaged[0] = '\0';
    if (ids == NULL)
        status = list_ids(folder, &list);
    for (int i = 0; ids != NULL && i < id_count; i++)
        if (!add_name(&list, ids[i]))
            status = unroll_error(UNROLL_FAILED, "out of memory while runs are gathered");
    if (status.code == UNROLL_OK)
        status = gather(folder, &list, path, info);
    free_names(&list);
    return status;
}
