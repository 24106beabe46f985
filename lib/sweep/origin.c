#include "sweep/origin.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/text.h"
#include "bench/bench.h"
#include "model/network.h"
#include "model/run.h"
#include "model/sources.h"

#ifdef __APPLE__
#define st_mtim st_mtimespec
#endif

/* ---- the content of data files ---- */

typedef struct known {
    char *path; /* owned */
    struct stat about;
    uint64_t hash;
} known;

struct unroll_contents {
    pthread_mutex_t lock;
    known *known; /* owned */
    int count;
};

unroll_contents *unroll_contents_new(void)
{
    unroll_contents *contents = calloc(1, sizeof *contents);
    if (contents != NULL)
        pthread_mutex_init(&contents->lock, NULL);
    return contents;
}

void unroll_contents_free(unroll_contents *contents)
{
    if (contents == NULL)
        return;
    for (int i = 0; i < contents->count; i++)
        free(contents->known[i].path);
    free(contents->known);
    pthread_mutex_destroy(&contents->lock);
    free(contents);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* What can be read only once, a pipe, is left alone, and so is what no task would read: a record of another's may name any file. */
static bool hash_file(const char *path, struct stat *about, uint64_t *hash)
{
    enum { PIECE = 1 << 16, MOST = 1 << 30 };
    int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    char *piece = malloc(PIECE);
    ssize_t got = -1;
    *hash = UNROLL_HASH_START;
    if (file >= 0 && piece != NULL && fstat(file, about) == 0 && S_ISREG(about->st_mode) && about->st_size <= MOST)
        while ((got = read(file, piece, PIECE)) > 0)
            *hash = unroll_hash(*hash, piece, (size_t)got);
    free(piece);
    if (file >= 0)
        close(file);
    return got == 0;
}

/* The entry of a path; a new one without a hash where it is not known. NULL when memory is short. */
static known *find_known(unroll_contents *contents, const char *path)
{
    known *grown;
    for (int i = 0; i < contents->count; i++)
        if (strcmp(contents->known[i].path, path) == 0)
            return &contents->known[i];
    grown = unroll_one_more(contents->known, contents->count, sizeof *grown);
    if (grown == NULL)
        return NULL;
    contents->known = grown;
    memset(&grown[contents->count], 0, sizeof *grown);
    grown[contents->count].path = unroll_text_duplicate(path);
    return grown[contents->count].path != NULL ? &grown[contents->count++] : NULL;
}

/* Whether the hash of what is in a file is known, or can be had. */
static bool find_hash(unroll_contents *contents, const char *path, uint64_t *hash)
{
    struct stat now;
    known *found;
    bool there;
    if (stat(path, &now) != 0)
        return false;
    pthread_mutex_lock(&contents->lock);
    found = find_known(contents, path);
    there = found != NULL && (is_same(&found->about, &now) || hash_file(path, &found->about, &found->hash));
    if (there)
        *hash = found->hash;
    else if (found != NULL)
        memset(&found->about, 0, sizeof found->about);
    pthread_mutex_unlock(&contents->lock);
    return there;
}

void unroll_contents_of(unroll_contents *contents, const unroll_settings *settings, char out[UNROLL_HASH_ROOM])
{
    const unroll_task *task = unroll_task_find(unroll_text(settings, "task"));
    char path[UNROLL_FILE_ROOM] = "", one[UNROLL_HASH_ROOM];
    uint64_t hash = 0;
    out[0] = '\0';
    for (int i = 0; task != NULL && task->files != NULL && (i == 0 || path[0] != '\0'); i++) {
        uint64_t next = 0;
        if (task->files(settings, i, path).code != UNROLL_OK || (path[0] != '\0' && !find_hash(contents, path, &next)))
            return;
        if (path[0] != '\0')
            hash = i == 0 ? next : unroll_hash(hash, unroll_hash_show(next, one), UNROLL_HASH_ROOM);
    }
    if (task != NULL && task->files != NULL)
        unroll_hash_show(hash, out);
}

/* ---- the id ---- */

static int version_of(const unroll_settings *settings)
{
    const unroll_task *task = unroll_task_find(unroll_text(settings, "task"));
    if (task == NULL)
        return 0;
    return task->version_stateless > 0 && unroll_network_stateless(settings) ? task->version_stateless : task->version;
}

static bool counts_but_path(const unroll_setting *row)
{
    return (row->flags & UNROLL_SETTING_PATH) == 0;
}

static bool counts_for_results_but_path(const unroll_setting *row)
{
    return (row->flags & (UNROLL_SETTING_PATH | UNROLL_SETTING_TIMING)) == 0;
}

/* What an id is made of beside the settings. */
typedef struct facts {
    int experiment, numerics, evaluation, task; /* versions */
    const char *content;
} facts;

static void identify(const unroll_experiment *experiment, const unroll_settings *settings, const facts *from, char id[33])
{
    char salt[192];
    snprintf(salt, sizeof salt, "experiment/%s/%d/%d/%d/%d/%.16s", experiment->name, from->experiment, from->numerics,
             from->evaluation, from->task, from->content);
    if (from->content[0] == '\0')
        unroll_settings_identity(settings, experiment->timed, salt, id);
    else
        unroll_settings_identity_of(settings, experiment->timed ? counts_but_path : counts_for_results_but_path, salt, id);
}

void unroll_origin_identify(const unroll_experiment *experiment, const unroll_settings *settings, const char *content,
                            char id[33])
{
    identify(experiment, settings,
             &(facts){experiment->version, UNROLL_NUMERICS_VERSION, UNROLL_EVALUATION_VERSION, version_of(settings), content},
             id);
}

/* ---- notes ---- */

const char *unroll_origin_noted(const unroll_record *record, const char *name)
{
    for (int i = 0; i < record->env_count; i++)
        if (strcmp(record->env[i].name, name) == 0)
            return record->env[i].text;
    return "";
}

static void note_number(unroll_record *record, const char *name, int value)
{
    char text[16];
    snprintf(text, sizeof text, "%d", value);
    unroll_record_env(record, name, text);
}

void unroll_origin_note(const char *content, unroll_record *record)
{
    char text[UNROLL_HASH_ROOM + 16];
    time_t now = time(NULL);
    struct tm utc;
    note_number(record, "task_version", version_of(record->settings));
    note_number(record, "evaluation_version", UNROLL_EVALUATION_VERSION);
    unroll_record_env(record, "data_hash", content);
    unroll_sources_of(record->settings, text);
    unroll_record_env(record, "sources", text);
    unroll_record_env(record, "hot_sources", unroll_sources_hot);
    if (gmtime_r(&now, &utc) != NULL && strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc) > 0)
        unroll_record_env(record, "finished", text);
}

static bool has_notes(const unroll_record *record)
{
    return unroll_origin_noted(record, "task_version")[0] != '\0';
}

static facts facts_of(const unroll_record *record)
{
    return (facts){record->experiment_version, record->numerics_version, atoi(unroll_origin_noted(record, "evaluation_version")),
                   atoi(unroll_origin_noted(record, "task_version")), unroll_origin_noted(record, "data_hash")};
}

bool unroll_origin_fits(const unroll_experiment *experiment, const unroll_record *record)
{
    facts from = facts_of(record);
    char id[33];
    if (!has_notes(record))
        return true;
    identify(experiment, record->settings, &from, id);
    return strcmp(record->id, id) == 0;
}

/* ---- whether it still holds ---- */

const char *unroll_origin_stale(const unroll_experiment *experiment, unroll_contents *contents, const unroll_record *record)
{
    facts from = facts_of(record);
    char content[UNROLL_HASH_ROOM];
    if (record->experiment_version != experiment->version)
        return "the experiment is of another version";
    if (record->numerics_version != UNROLL_NUMERICS_VERSION)
        return "the arithmetic is of another version";
    if (!has_notes(record))
        return "the program is of another version";
    if (from.evaluation != UNROLL_EVALUATION_VERSION)
        return "the evaluation is of another version";
    if (from.task != version_of(record->settings))
        return "the task is of another version";
    unroll_contents_of(contents, record->settings, content);
    if (content[0] != '\0' && strcmp(content, from.content) != 0)
        return "the data have changed";
    return NULL;
}

static uint64_t add(uint64_t hash, const char *text)
{
    return unroll_hash(hash, text, strlen(text) + 1);
}

void unroll_origin_show(const unroll_experiment *experiment, const unroll_record *record, char out[UNROLL_HASH_ROOM])
{
    static const char *const of_times[] = {"processor", "cores", "compiler", "flags", "hot_sources", NULL},
                             *const of_results[] = {"evaluation_version", "task_version", "data_hash", "sources", NULL};
    uint64_t hash = UNROLL_HASH_START;
    char versions[32];
    for (const char *const *name = experiment->timed ? of_times : of_results; *name != NULL; name++)
        hash = add(hash, unroll_origin_noted(record, *name));
    snprintf(versions, sizeof versions, "%d %d", record->experiment_version, record->numerics_version);
    unroll_hash_show(experiment->timed ? hash : add(hash, versions), out);
}

void unroll_origin_here(char out[UNROLL_HASH_ROOM])
{
    static const unroll_experiment times = {.timed = true};
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static char here[UNROLL_HASH_ROOM]; /* "": not known yet */
    unroll_settings *settings = unroll_settings_new();
    unroll_record *record;
    pthread_mutex_lock(&lock);
    record = here[0] == '\0' && settings != NULL ? unroll_record_new(settings) : NULL;
    if (record != NULL) {
        unroll_describe_machine(settings, record);
        unroll_origin_note("", record);
        if (!record->out_of_memory)
            unroll_origin_show(&times, record, here);
    }
    strcpy(out, here);
    pthread_mutex_unlock(&lock);
    unroll_record_free(record);
    unroll_settings_free(settings);
}

bool unroll_origin_in_question(const unroll_record *record)
{
    char sources[UNROLL_HASH_ROOM];
    unroll_sources_of(record->settings, sources);
    return strcmp(sources, unroll_origin_noted(record, "sources")) != 0;
}
