#include "nightly/history.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/text.h"
#include "store/store.h"

enum { KEPT_PROGRAMS = 3 };

/* ---- a night as a record ---- */

static void put_series(unroll_record *record, const unroll_night *night)
{
    char names[UNROLL_MOST_SERIES * 48] = "";
    float value[7][UNROLL_MOST_SERIES];
    static const char *const curves[] = {"change", "low", "high", "p", "floor", "time", "again"};
    float found[UNROLL_MOST_SERIES];
    for (int i = 0; i < night->series; i++) {
        const unroll_series_night *s = &night->night[i];
        const double values[] = {s->first.estimate, s->first.low,   s->first.high,    s->p,
                                 s->floor,          night->time[i], s->again.estimate};
        for (int k = 0; k < 7; k++)
            value[k][i] = (float)values[k];
        found[i] = (float)s->finding;
        strcat(strcat(names, i > 0 ? "\n" : ""), night->name[i]);
    }
    unroll_record_text(record, "series", names);
    for (int k = 0; k < 7; k++)
        unroll_record_curve(record, curves[k], k == 5 ? "" : "", value[k], night->series);
    unroll_record_curve(record, "finding", "", found, night->series);
}

unroll_record *unroll_night_record(const char *experiment, int number)
{
    unroll_record *record = unroll_record_new(NULL);
    if (record == NULL)
        return NULL;
    snprintf(record->id, sizeof record->id, "%012llx%08lx%012x", (unsigned long long)time(NULL),
             (unsigned long)getpid() & 0xffffffffUL, (unsigned)number);
    unroll_text_copy(record->experiment, sizeof record->experiment, experiment);
    unroll_text_copy(record->status, sizeof record->status, "done");
    return record;
}

const char *unroll_night_text(const unroll_record *record, const char *name)
{
    const unroll_column *column = unroll_record_find(record, name);
    return column != NULL && column->type == UNROLL_COLUMN_TEXT ? column->text : "";
}

unroll_status unroll_night_store(const unroll_night *night, const char *folder, int number)
{
    unroll_record *record = unroll_night_record("nightly", number);
    char path[UNROLL_FILE_ROOM];
    unroll_status status;
    if (record == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for a night's record");
    unroll_record_text(record, "date", night->date);
    unroll_record_text(record, "program", night->program);
    unroll_record_text(record, "against", night->against);
    unroll_record_text(record, "version", night->version);
    unroll_record_text(record, "against_version", night->against_version);
    unroll_record_text(record, "processor", night->processor);
    unroll_record_text(record, "sentence", night->sentence);
    unroll_record_int(record, "outcome", "", night->outcome);
    unroll_record_int(record, "known", "", night->known);
    unroll_record_int(record, "wrong", "", night->wrong);
    unroll_record_real(record, "bytes", "B", night->bytes);
    put_series(record, night);
    snprintf(path, sizeof path, "%.4000s/%s.h5", folder, record->id);
    status = unroll_store_record(record, path);
    unroll_record_free(record);
    return status;
}

static void take_text(const unroll_record *record, const char *name, char *out, size_t room)
{
    unroll_text_copy(out, room, unroll_night_text(record, name));
    unroll_text_plain(out);
}

static double take_number(const unroll_record *record, const char *name)
{
    const unroll_column *column = unroll_record_find(record, name);
    if (column == NULL || column->type == UNROLL_COLUMN_TEXT)
        return 0;
    return column->type == UNROLL_COLUMN_INT ? (double)column->integer : column->real;
}

static double point_of(const unroll_record *record, const char *name, int point)
{
    for (int i = 0; i < record->curve_count; i++)
        if (strcmp(record->curves[i].name, name) == 0 && point < record->curves[i].length)
            return (double)record->curves[i].value[point];
    return NAN;
}

static void take_series(const unroll_record *record, unroll_night *night)
{
    const char *at = unroll_night_text(record, "series");
    for (; *at != '\0' && night->series < UNROLL_MOST_SERIES; night->series++) {
        int i = night->series, length = (int)strcspn(at, "\n");
        unroll_series_night *s = &night->night[i];
        double finding = point_of(record, "finding", i);
        snprintf(night->name[i], sizeof night->name[i], "%.*s", length < 47 ? length : 47, at);
        unroll_text_plain(night->name[i]);
        s->first = (unroll_interval){point_of(record, "change", i), point_of(record, "low", i), point_of(record, "high", i), 0};
        s->again.estimate = point_of(record, "again", i);
        s->p = point_of(record, "p", i);
        s->floor = point_of(record, "floor", i);
        s->finding = finding >= 0 && finding < UNROLL_NIGHT_FINDINGS ? (unroll_night_finding)finding : UNROLL_NIGHT_UNMEASURED;
        night->time[i] = point_of(record, "time", i);
        at += length;
        at += *at == '\n';
    }
}

static unroll_status load_night(const char *path, unroll_night *night)
{
    unroll_record *record;
    double outcome;
    UNROLL_TRY(unroll_load_record(path, &record));
    if (strcmp(record->experiment, "nightly") != 0) {
        unroll_record_free(record);
        return unroll_error(UNROLL_NOTHING, "%.300s is no night", path); /* what a self-test noted lies there, too */
    }
    memset(night, 0, sizeof *night);
    take_text(record, "date", night->date, sizeof night->date);
    if (strspn(night->date, "0123456789-:TZ") != strlen(night->date))
        night->date[0] = '\0';
    take_text(record, "program", night->program, sizeof night->program);
    if (strspn(night->program, "0123456789abcdef") != strlen(night->program))
        night->program[0] = '\0'; /* it is to be a file's name */
    take_text(record, "against", night->against, sizeof night->against);
    take_text(record, "version", night->version, sizeof night->version);
    take_text(record, "against_version", night->against_version, sizeof night->against_version);
    take_text(record, "processor", night->processor, sizeof night->processor);
    take_text(record, "sentence", night->sentence, sizeof night->sentence);
    outcome = take_number(record, "outcome");
    night->outcome = outcome >= 0 && outcome <= UNROLL_NIGHT_INCOMPLETE ? (unroll_night_outcome)outcome : UNROLL_NIGHT_INCOMPLETE;
    night->known = (int)take_number(record, "known");
    night->wrong = (int)take_number(record, "wrong");
    night->bytes = take_number(record, "bytes");
    take_series(record, night);
    unroll_record_free(record);
    return unroll_ok();
}

unroll_status unroll_history_load(const char *folder, unroll_history *history)
{
    unroll_ids ids;
    unroll_status status;
    memset(history, 0, sizeof *history);
    status = unroll_list_records(folder, &ids);
    for (int i = 0; i < ids.count && status.code == UNROLL_OK; i++) {
        unroll_night *grown = unroll_one_more(history->night, history->count, sizeof *grown);
        char path[UNROLL_FILE_ROOM];
        unroll_status loaded;
        if (grown == NULL) {
            status = unroll_error(UNROLL_FAILED, "out of memory for %d nights", history->count + 1);
            break;
        }
        history->night = grown;
        snprintf(path, sizeof path, "%.4000s/%.60s.h5", folder, ids.id[i]);
        loaded = load_night(path, &grown[history->count]);
        if (loaded.code == UNROLL_OK)
            history->count++;
        else if (loaded.code == UNROLL_FAILED || loaded.code == UNROLL_STOPPED)
            status = loaded;
        else
            history->damaged += loaded.code != UNROLL_NOTHING;
    }
    unroll_ids_free(&ids);
    return status;
}

void unroll_history_free(unroll_history *history)
{
    free(history->night);
    memset(history, 0, sizeof *history);
}

/* ---- programs ---- */

static unroll_status copy_file(const char *from, const char *to)
{
    unsigned char *piece = malloc(1 << 20);
    char part[UNROLL_FILE_ROOM];
    int in = open(from, O_RDONLY), out = unroll_unfinished_open(to, part), trouble = 0;
    ssize_t got = 0;
    if (piece == NULL || in < 0 || out < 0)
        trouble = piece == NULL ? ENOMEM : errno;
    while (trouble == 0 && (got = read(in, piece, 1 << 20)) > 0)
        trouble = unroll_write_all(out, piece, (size_t)got);
    trouble = trouble == 0 && got < 0 ? errno : trouble;
    if (trouble == 0 && (fchmod(out, 0755) != 0 || fsync(out) != 0))
        trouble = errno;
    if (out >= 0 && close(out) != 0 && trouble == 0)
        trouble = errno;
    if (in >= 0)
        close(in);
    if (trouble == 0 && rename(part, to) != 0)
        trouble = errno;
    if (trouble != 0 && out >= 0)
        unlink(part);
    free(piece);
    return trouble == 0 ? unroll_ok()
                        : unroll_error(UNROLL_FAILED, "cannot keep the program as %.300s: %s", to, strerror(trouble));
}

/* Whether it is one of the newest programs of the history, `count` of them besides `own`. */
static bool is_recent(const char *hash, const char *own, const unroll_history *history, int count)
{
    char seen[KEPT_PROGRAMS][17];
    int found = 0;
    if (strcmp(hash, own) == 0)
        return true;
    for (int i = history->count - 1; i >= 0 && found < count; i--) {
        bool new = strcmp(history->night[i].program, own) != 0;
        for (int k = 0; k < found; k++)
            new = new &&strcmp(seen[k], history->night[i].program) != 0;
        if (new)
            memcpy(seen[found++], history->night[i].program, sizeof seen[0]);
    }
    for (int k = 0; k < found; k++)
        if (strcmp(seen[k], hash) == 0)
            return true;
    return false;
}

static void drop_old(const char *programs, const char *own, const unroll_history *history)
{
    struct dirent *entry;
    DIR *open = opendir(programs);
    while (open != NULL && (entry = readdir(open)) != NULL) {
        char path[UNROLL_FILE_ROOM];
        if (entry->d_name[0] == '.' || is_recent(entry->d_name, own, history, KEPT_PROGRAMS - 1) ||
            snprintf(path, sizeof path, "%s/%s", programs, entry->d_name) >= (int)sizeof path)
            continue;
        unlink(path);
    }
    if (open != NULL)
        closedir(open);
}

unroll_status unroll_program_keep(const unroll_measured_program *program, const char *folder, const unroll_history *history)
{
    char programs[UNROLL_FILE_ROOM], path[UNROLL_FILE_ROOM];
    snprintf(programs, sizeof programs, "%.4000s/programs", folder);
    snprintf(path, sizeof path, "%.4000s/programs/%s", folder, program->hash);
    UNROLL_TRY(unroll_make_folder(programs));
    if (access(path, X_OK) != 0)
        UNROLL_TRY(copy_file(program->path, path));
    drop_old(programs, program->hash, history);
    return unroll_ok();
}

unroll_status unroll_program_newest(const unroll_history *history, const char *folder, const atomic_bool *stop,
                                    unroll_measured_program *program)
{
    for (int i = history->count - 1; i >= 0; i--) {
        char path[UNROLL_FILE_ROOM];
        unroll_status status;
        snprintf(path, sizeof path, "%.4000s/programs/%s", folder, history->night[i].program);
        if (history->night[i].program[0] == '\0' || access(path, X_OK) != 0)
            continue;
        status = unroll_program_open(path, stop, program);
        if (status.code == UNROLL_STOPPED)
            return status;
        if (status.code == UNROLL_OK && strcmp(program->hash, history->night[i].program) == 0)
            return status;
    }
    return unroll_error(UNROLL_NOTHING, "no program of an earlier night can be run");
}
