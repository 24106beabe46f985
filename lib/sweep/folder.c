#include "sweep/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/number.h"
#include "base/stop.h"
#include "base/text.h"
#include "store/store.h"
#include "sweep/best.h"
#include "sweep/claim.h"

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

void unroll_folder_record(const unroll_folder *folder, const char *name, char path[600])
{
    snprintf(path, 600, "%s/%s.h5", folder->runs, name);
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
    unroll_claims_clear(folder->runs);
    return unroll_ok();
}

/* Whether what lies under the name is another file than before. */
static bool is_another(const char *path, const struct stat *before)
{
    struct stat now;
    return lstat(path, &now) != 0 || now.st_ino != before->st_ino || now.st_size != before->st_size ||
           now.st_mtim.tv_sec != before->st_mtim.tv_sec || now.st_mtim.tv_nsec != before->st_mtim.tv_nsec;
}

/* Reads a record; *record is NULL where there is none, or none that could be the run's. */
static unroll_status read_record(const unroll_folder *folder, const unroll_experiment *experiment, const char *name,
                                 bool look_only, unroll_record **record, FILE *out)
{
    char path[UNROLL_FILE_ROOM], aside[UNROLL_FILE_ROOM];
    struct stat before;
    unroll_status status;
    unroll_folder_record(folder, name, path);
    do { /* until it is the file that was read: another process may have set it aside and done the run again */
        if (lstat(path, &before) != 0)
            memset(&before, 0, sizeof before);
        status = unroll_load_record_of(folder->runs, name, unroll_plan_refuse, experiment, path, record);
    } while (status.code == UNROLL_DAMAGED && is_another(path, &before) && !unroll_stop_requested());
    if (status.code == UNROLL_ABSENT)
        return unroll_ok();
    if (status.code != UNROLL_DAMAGED)
        return status;
    if (look_only) {
        fprintf(out, "damaged, to be done again: %s\n", status.text);
        return unroll_ok();
    }
    UNROLL_TRY(unroll_set_aside(path, aside, sizeof aside));
    fprintf(out, "damaged, set aside as %s and to be done again: %s\n", aside, status.text);
    return unroll_ok();
}

/* The last of a run's files; 0: there is none. One of them may be missing, as a damaged one that was set aside is. */
static int last_take(const unroll_folder *folder, const char *id)
{
    enum { MISSING = 2 };
    char name[UNROLL_RECORD_NAME_ROOM], path[600];
    struct stat about;
    int last = 0;
    for (int take = 1; take <= last + MISSING; take++) {
        unroll_folder_record(folder, unroll_record_name(id, take, name), path);
        if (lstat(path, &about) == 0)
            last = take;
    }
    return last;
}

static bool is_of_here(const unroll_experiment *experiment, const unroll_record *record)
{
    char here[UNROLL_HASH_ROOM], origin[UNROLL_HASH_ROOM];
    unroll_origin_here(here);
    unroll_origin_show(experiment, record, origin);
    return strcmp(here, origin) == 0;
}

/* Takes a record for the run's, unless its times are of another machine or program. */
static void take_record(const unroll_experiment *experiment, int take, const unroll_record *record, unroll_planned *run)
{
    if (experiment->timed && !is_of_here(experiment, record))
        return;
    strcpy(run->status, record->status);
    run->score = unroll_best_score(experiment, record);
    run->take = take;
    run->in_question = !experiment->timed && unroll_origin_in_question(record);
    unroll_text_copy(run->sources, sizeof run->sources, unroll_origin_noted(record, "sources"));
    unroll_text_copy(run->first_steps, sizeof run->first_steps, unroll_origin_noted(record, "first_steps"));
}

unroll_status unroll_folder_find(const unroll_folder *folder, const unroll_experiment *experiment, unroll_planned *run,
                                 bool look_only, FILE *out)
{
    int last = last_take(folder, run->id);
    run->status[0] = '\0';
    run->in_question = false;
    run->next = 1;
    for (int take = last; take > 0 && run->status[0] == '\0'; take--) {
        char name[UNROLL_RECORD_NAME_ROOM];
        unroll_record *record = NULL;
        UNROLL_TRY(read_record(folder, experiment, unroll_record_name(run->id, take, name), look_only, &record, out));
        if (record == NULL)
            continue;
        run->next = run->next > take ? run->next : take + 1;
        take_record(experiment, take, record, run);
        unroll_record_free(record);
    }
    run->take = run->status[0] != '\0' ? run->take : run->next;
    return unroll_ok();
}

/* Whether a record was written after the gathered file: a call that was killed before it gathered. */
static bool is_newer(const unroll_folder *folder, const char *name)
{
    struct stat record, gathered;
    char path[600];
    unroll_folder_record(folder, name, path);
    if (stat(path, &record) != 0 || stat(folder->gathered, &gathered) != 0)
        return false;
    return record.st_mtim.tv_sec != gathered.st_mtim.tv_sec ? record.st_mtim.tv_sec > gathered.st_mtim.tv_sec
                                                            : record.st_mtim.tv_nsec > gathered.st_mtim.tv_nsec;
}

static bool is_listed(const unroll_ids *ids, const char *name)
{
    int low = 0, high = ids->count;
    while (low < high) {
        int middle = low + (high - low) / 2, order = strcmp(ids->id[middle], name);
        if (order == 0)
            return true;
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    return false;
}

/* Whether the gathered file holds exactly the records `ids`, as they are, judged by the same. */
static bool is_gathered(const unroll_folder *folder, const unroll_ids *ids, const char *judged_by)
{
    unroll_table *table;
    const unroll_table_column *id, *take;
    char name[UNROLL_RECORD_NAME_ROOM];
    bool same;
    if (unroll_load_table(folder->gathered, &table).code != UNROLL_OK)
        return false;
    id = unroll_table_find(table, "id");
    take = unroll_table_find(table, "take");
    same = id != NULL && id->type == UNROLL_COLUMN_TEXT && take != NULL && take->type == UNROLL_COLUMN_INT &&
           table->rows == ids->count && table->left_out == 0 && strcmp(table->judged_by, judged_by) == 0;
    for (int i = 0; i < table->rows && same; i++)
        same = is_listed(ids, unroll_record_name(id->text[i], unroll_whole(take->real[i]), name));
    for (int i = 0; i < ids->count && same; i++)
        same = !is_newer(folder, ids->id[i]);
    unroll_table_free(table);
    return same;
}

static const char other_steps[] = "the sources have changed, and the first steps with them";

static void judge_record(const void *context, const char *name, const unroll_record *record, unroll_standing *out)
{
    const unroll_judging *judge = context;
    unroll_origin_show(judge->experiment, record, out->origin);
    out->stale = unroll_origin_stale(judge->experiment, judge->contents, record);
    for (int i = 0; i < judge->count && out->stale == NULL; i++) {
        const unroll_planned *run = &judge->runs[i];
        int take = run->take > 1 ? unroll_record_take(name, run->id) : 0;
        if (take > 0 && take < run->take && strcmp(unroll_origin_noted(record, "first_steps"), run->first_steps) != 0)
            out->stale = other_steps;
    }
}

static const char *refuse_record(const void *context, const unroll_record *record)
{
    const unroll_judging *judge = context;
    return unroll_plan_refuse(judge->experiment, record);
}

/* All that the judgement of a record depends on beside the record. */
static void tell_judge(const unroll_judging *judge, char out[UNROLL_HASH_ROOM])
{
    const unroll_experiment *experiment = judge->experiment;
    int versions[] = {experiment->version, UNROLL_NUMERICS_VERSION, UNROLL_EVALUATION_VERSION, experiment->timed};
    uint64_t hash = unroll_hash(UNROLL_HASH_START, versions, sizeof versions);
    for (int i = 0; i < unroll_task_count; i++) {
        int of_task[] = {unroll_tasks[i]->version, unroll_tasks[i]->version_stateless};
        hash = unroll_hash(hash, of_task, sizeof of_task);
    }
    for (int i = 0; i < judge->count; i++) {
        hash = unroll_hash(hash, judge->runs[i].content, strlen(judge->runs[i].content));
        if (judge->runs[i].take > 1)
            hash = unroll_hash(hash, judge->runs[i].first_steps, strlen(judge->runs[i].first_steps));
    }
    unroll_hash_show(hash, out);
}

unroll_status unroll_folder_gather(const unroll_folder *folder, const unroll_judging *judge, bool anew, int *records, int *stale)
{
    char judged_by[UNROLL_HASH_ROOM];
    unroll_gather_info info = {.experiment = judge->experiment->name,
                               .title = judge->experiment->title,
                               .judged_by = judged_by,
                               .timed = judge->experiment->timed,
                               .refuse = refuse_record,
                               .judge = judge_record,
                               .context = judge};
    unroll_ids ids;
    unroll_status status = unroll_list_records(folder->runs, &ids);
    int listed = -1;
    tell_judge(judge, judged_by);
    /* again when another shard has added records meanwhile: the last one to look must have seen them all */
    while (status.code == UNROLL_OK && ids.count > 0 && ids.count != listed &&
           (listed >= 0 || anew || !is_gathered(folder, &ids, judged_by))) {
        listed = ids.count;
        status = unroll_store_gather(folder->runs, (const char *const *)ids.id, listed, folder->gathered, &info);
        unroll_ids_free(&ids);
        if (status.code == UNROLL_OK)
            status = unroll_list_records(folder->runs, &ids);
    }
    *records = ids.count;
    *stale = info.stale;
    unroll_ids_free(&ids);
    if (status.code == UNROLL_OK && info.damaged > 0)
        status = unroll_error(UNROLL_FAILED,
                              "%.100s leaves out %d damaged record%s, which the next call that needs %s does again; the first: "
                              "%.300s",
                              folder->gathered, info.damaged, info.damaged == 1 ? "" : "s", info.damaged == 1 ? "it" : "them",
                              info.first_damaged);
    return status;
}
