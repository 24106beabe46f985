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

static bool add_name(unroll_ids *list, const char *name)
{
    char **grown = unroll_one_more(list->id, list->count, sizeof *grown);
    if (grown == NULL)
        return false;
    list->id = grown;
    grown[list->count] = unroll_text_duplicate(name);
    return grown[list->count++] != NULL;
}

void unroll_ids_free(unroll_ids *ids)
{
    for (int i = 0; i < ids->count; i++)
        free(ids->id[i]);
    free(ids->id);
    *ids = (unroll_ids){NULL, 0};
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted and each once. */
static void sort_names(unroll_ids *list)
{
    int kept = 0;
    if (list->count == 0)
        return;
    qsort(list->id, (size_t)list->count, sizeof *list->id, by_name);
    for (int i = 0; i < list->count; i++) {
        if (kept > 0 && strcmp(list->id[i], list->id[kept - 1]) == 0)
            free(list->id[i]);
        else
            list->id[kept++] = list->id[i];
    }
    list->count = kept;
}

/* Ids of the finished runs of a folder: the files id.h5, without those that are still being written. */
static unroll_status read_names(const char *folder, unroll_ids *list)
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

unroll_status unroll_list_records(const char *folder, unroll_ids *ids)
{
    unroll_status status;
    *ids = (unroll_ids){NULL, 0};
    status = read_names(folder, ids);
    if (status.code == UNROLL_OK)
        sort_names(ids);
    return status;
}

/* UNROLL_DAMAGED with its file and the reason where the caller refuses a record. */
static unroll_status refuse(const char *folder, const char *id, const unroll_gather_info *info, const unroll_record *record)
{
    char shown[PATH_SHOWN], path[UNROLL_FILE_ROOM];
    const char *reason = info->refuse != NULL ? info->refuse(info->context, record) : NULL;
    if (reason == NULL)
        return unroll_ok();
    snprintf(path, sizeof path, "%.3900s/%.100s.h5", folder, id);
    return unroll_error(UNROLL_DAMAGED, "%s %s", unroll_text_quote(shown, sizeof shown, path), reason);
}

/* Reads every record that is there; the damaged ones are counted and the first one's sentence is kept. */
static unroll_status read_records(const char *folder, const unroll_ids *ids, unroll_record **records, unroll_gathered *gathered,
                                  unroll_gather_info *info)
{
    for (int i = 0; i < ids->count; i++) {
        unroll_record **record = &records[info->records];
        unroll_gathered *g = &gathered[info->records];
        unroll_status status = unroll_load_record_of(folder, ids->id[i], NULL, NULL, NULL, record);
        if (status.code == UNROLL_OK)
            status = refuse(folder, ids->id[i], info, *record);
        if (status.code == UNROLL_OK) {
            g->name = ids->id[i];
            if (info->judge != NULL)
                info->judge(info->context, g->name, *record, &g->standing);
            info->stale += g->standing.stale != NULL;
            info->records++;
            continue;
        }
        unroll_record_free(*record);
        *record = NULL;
        if (status.code == UNROLL_DAMAGED && info->damaged++ == 0)
            unroll_text_copy(info->first_damaged, sizeof info->first_damaged, status.text);
        else if (status.code != UNROLL_OK && status.code != UNROLL_DAMAGED && status.code != UNROLL_ABSENT)
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

static unroll_status write_table(const char *path, unroll_record *const *records, const unroll_gathered *gathered,
                                 const unroll_gather_info *info)
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
    unroll_h5_put_text(&h, h.file, "judged_by", info->judged_by != NULL ? info->judged_by : "");
    unroll_gather_runs(&h, &run_scale, records, gathered, info->records, info->timed);
    unroll_gather_curves(&h, run_scale, records, info->records);
    unroll_gather_timings(&h, run_scale, records, info->records);
    unroll_gather_env(&h, run_scale, records, info->records);
    if (run_scale >= 0)
        H5Dclose(run_scale);
    status = unroll_h5_close(&h);
    unroll_h5_unlock();
    return status;
}

static unroll_status gather(const char *folder, unroll_ids *ids, const char *path, unroll_gather_info *info)
{
    char shown[PATH_SHOWN];
    unroll_gathered *gathered;
    unroll_record **records;
    unroll_status status;
    sort_names(ids);
    gathered = calloc((size_t)ids->count + 1, sizeof *gathered);
    records = calloc((size_t)ids->count + 1, sizeof *records);
    status = gathered != NULL && records != NULL ? read_records(folder, ids, records, gathered, info)
                                                 : unroll_error(UNROLL_FAILED, "out of memory while runs are gathered");
    if (status.code == UNROLL_OK && info->records > 0)
        status = write_table(path, records, gathered, info);
    else if (status.code == UNROLL_OK && info->damaged > 0)
        status = unroll_error(UNROLL_FAILED, "no run could be read: %s", info->first_damaged);
    else if (status.code == UNROLL_OK)
        status = unroll_error(UNROLL_NOTHING, "there is no finished run in %s",
                              unroll_text_quote(shown, sizeof shown, folder));
    for (int i = 0; i < info->records; i++)
        unroll_record_free(records[i]);
    free(records);
    free(gathered);
    return status;
}

unroll_status unroll_store_gather(const char *folder, const char *const *ids, int id_count, const char *path,
                                  unroll_gather_info *info)
{
    unroll_ids list = {NULL, 0};
    unroll_status status = unroll_ok();
    info->records = info->damaged = info->stale = 0;
    info->first_damaged[0] = '\0';
    if (ids == NULL)
        status = read_names(folder, &list);
    for (int i = 0; ids != NULL && i < id_count; i++)
        if (!add_name(&list, ids[i]))
            status = unroll_error(UNROLL_FAILED, "out of memory while runs are gathered");
    if (status.code == UNROLL_OK)
        status = gather(folder, &list, path, info);
    unroll_ids_free(&list);
    return status;
}
