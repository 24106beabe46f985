#include "nightly/nightly.h"

#include <math.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "bench/bench.h"
#include "nightly/known.h"
#include "nightly/rounds.h"

static void note_now(char date[32])
{
    time_t now = time(NULL);
    struct tm parts;
    strftime(date, 32, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &parts));
}

void unroll_nightly_processor(char out[80])
{
    unroll_settings *settings = unroll_settings_new();
    unroll_record *record = unroll_record_new(NULL);
    out[0] = '\0';
    if (settings != NULL && record != NULL)
        unroll_describe_machine(settings, record);
    for (int i = 0; record != NULL && i < record->env_count; i++)
        if (strcmp(record->env[i].name, "processor") == 0)
            unroll_text_copy(out, 80, record->env[i].text);
    unroll_record_free(record);
    unroll_settings_free(settings);
}

/* What goes on during a night. */
typedef struct work {
    const unroll_nightly_options *options;
    char folder[UNROLL_FILE_ROOM], room[UNROLL_FILE_ROOM]; /* RESULTS/nightly; where programs may leave files */
    unroll_history history;
    unroll_measured_program old, new;
    bool first; /* night: the program is measured beside itself, and nothing is decided */
    char known_first[300];
    unroll_rounds rounds[2];
    double minutes_left; /* of the night, when measuring begins */
} work;

/* ---- before measuring ---- */

/* The disk is tried first: nobody should wait for a night that cannot be kept. */
static unroll_status open_night(work *w, unroll_night *night)
{
    char own[UNROLL_FILE_ROOM];
    unroll_status status;
    snprintf(w->folder, sizeof w->folder, "%.3000s/nightly", w->options->results);
    snprintf(w->room, sizeof w->room, "%.3000s/nightly/.turn-%ld", w->options->results, (long)getpid());
    note_now(night->date);
    unroll_nightly_processor(night->processor);
    if (w->options->program == NULL && !unroll_own_program(own))
        return unroll_error(UNROLL_FAILED, "the system does not tell where this program lies");
    UNROLL_TRY(unroll_program_open(w->options->program != NULL ? w->options->program : own, w->options->stop, &w->new));
    UNROLL_TRY(unroll_history_load(w->folder, &w->history));
    unroll_text_copy(night->program, sizeof night->program, w->new.hash);
    unroll_text_copy(night->version, sizeof night->version, w->new.version);
    night->bytes = w->new.bytes;
    if (w->options->against != NULL)
        status = unroll_program_open(w->options->against, w->options->stop, &w->old);
    else
        status = unroll_program_newest(&w->history, w->folder, w->options->stop, &w->old);
    if (status.code == UNROLL_NOTHING) {
        w->first = true;
        w->old = w->new;
    } else if (status.code != UNROLL_OK) {
        return status;
    }
    if (!w->first) {
        unroll_text_copy(night->against, sizeof night->against, w->old.hash);
        unroll_text_copy(night->against_version, sizeof night->against_version, w->old.version);
    }
    return unroll_program_keep(&w->new, w->folder, &w->history);
}

/* ---- measuring ---- */

static void view_rounds(const unroll_rounds *rounds, unroll_rounds_of views[UNROLL_MOST_SERIES])
{
    for (int i = 0; i < unroll_series_count(); i++)
        views[i] = (unroll_rounds_of){rounds->change[i], rounds->count};
}

static bool any_asked(const unroll_night *night)
{
    for (int i = 0; i < night->series; i++)
        if (night->night[i].asked_again)
            return true;
    return false;
}

static unroll_status measure(work *w, unroll_night *night)
{
    const unroll_nightly_options *o = w->options;
    unroll_rounds_of views[UNROLL_MOST_SERIES];
    double seconds = 60 * o->minutes, floors[UNROLL_MOST_SERIES];
    int64_t begin = unroll_clock_ns();
    bool known;
    night->series = unroll_series_count();
    unroll_nightly_floors(w->folder, night->processor, UNROLL_NIGHT_FLOOR, floors, &known);
    for (int i = 0; i < night->series; i++) {
        snprintf(night->name[i], sizeof night->name[i], "%s", unroll_series_name(i));
        night->night[i].floor = floors[i];
    }
    UNROLL_TRY(unroll_rounds_take(&w->old, &w->new, w->first ? 0 : UNROLL_NIGHT_FIRST * seconds, seconds, o->rounds, w->room,
                                  o->stop, &w->rounds[0]));
    view_rounds(&w->rounds[0], views);
    UNROLL_TRY(unroll_night_screen(views, night->series, night->night));
    if (w->first || !any_asked(night))
        return unroll_ok();
    UNROLL_TRY(unroll_rounds_take(&w->old, &w->new, UNROLL_NIGHT_AGAIN * seconds,
                                  seconds - 1e-9 * (double)(unroll_clock_ns() - begin), o->rounds, w->room, o->stop,
                                  &w->rounds[1]));
    view_rounds(&w->rounds[1], views);
    return unroll_night_confirm(views, night->series, night->night);
}

static void note_times(const work *w, unroll_night *night)
{
    char models[200];
    unroll_common_models(&w->old, &w->new, models);
    for (int i = 0; i < night->series; i++) {
        unroll_interval time;
        night->time[i] = unroll_median(w->rounds[0].time[i], w->rounds[0].count, &time).code == UNROLL_OK ? time.estimate : NAN;
        if (night->night[i].finding == UNROLL_NIGHT_UNMEASURED && !unroll_series_is_known(i, models))
            night->night[i].finding = UNROLL_NIGHT_UNKNOWN;
    }
}

/* ---- the decision ---- */

static int count_found(const unroll_night *night, unroll_night_finding finding, int *first)
{
    int count = 0;
    for (int i = night->series - 1; i >= 0; i--)
        if (night->night[i].finding == finding) {
            count++;
            *first = i;
        }
    return count;
}

static void name_found(const unroll_night *night, unroll_night_finding finding, char *out, size_t room)
{
    size_t used = strlen(out);
    for (int i = 0, named = 0; i < night->series && used + 80 < room; i++) {
        if (night->night[i].finding != finding)
            continue;
        used += (size_t)snprintf(out + used, room - used, "%s%s by %.1f%%", named++ > 0 ? ", " : "", night->name[i],
                                 100 * fabs(exp(night->night[i].first.estimate) - 1));
    }
}

static void tell_incomplete(const work *w, int lacking, unroll_night *night)
{
    const unroll_rounds *r = &w->rounds[0];
    const char *why = r->why[1][0] != '\0'           ? r->why[1]
                      : r->why[0][0] != '\0'         ? r->why[0]
                      : r->count < UNROLL_LEAST_RUNS ? "the time was too short for six rounds"
                      : r->disturbed > 0             ? "other work took part of the processor"
                                                     : "the time was too short for the second measurement";
    night->outcome = UNROLL_NIGHT_INCOMPLETE;
    if (lacking == night->series)
        snprintf(night->sentence, sizeof night->sentence, "nothing could be decided: %.300s", why);
    else
        snprintf(night->sentence, sizeof night->sentence, "only part could be decided, %d of %d series not: %.300s", lacking,
                 night->series, why);
}

static void decide(const work *w, unroll_night *night)
{
    int at = 0, slower = count_found(night, UNROLL_NIGHT_SLOWER, &at), lacking = count_found(night, UNROLL_NIGHT_UNMEASURED, &at);
    int faster = count_found(night, UNROLL_NIGHT_FASTER, &at), once = count_found(night, UNROLL_NIGHT_UNCONFIRMED, &at);
    char *out = night->sentence;
    size_t room = sizeof night->sentence;
    night->outcome = slower > 0 || night->wrong > 0 ? UNROLL_NIGHT_BAD : UNROLL_NIGHT_GOOD;
    if (night->wrong > 0) {
        snprintf(out, room, "error: %.300s", w->known_first);
    } else if (slower > 0) {
        snprintf(out, room, "slower in %d of %d series: ", slower, night->series);
        name_found(night, UNROLL_NIGHT_SLOWER, out, room);
    } else if (lacking > 0) {
        tell_incomplete(w, lacking, night);
    } else if (night->known == 0) {
        night->outcome = UNROLL_NIGHT_INCOMPLETE;
        snprintf(out, room,
                 "times are not worse, but no training is known for this version of the arithmetic: unroll nightly --known");
    } else if (w->first) {
        snprintf(out, room, "the first night: there is no earlier program to compare with");
    } else {
        snprintf(out, room, "no regression%s", faster > 0 ? "; faster: " : once > 0 ? "; found once and not again: " : "");
        name_found(night, faster > 0 ? UNROLL_NIGHT_FASTER : UNROLL_NIGHT_UNCONFIRMED, out, room);
    }
}

/* ---- a night ---- */

static unroll_status spend_night(work *w, unroll_night *night)
{
    UNROLL_TRY(unroll_known_check(unroll_known_trainings, w->options->stop, &night->known, &night->wrong, w->known_first));
    UNROLL_TRY(measure(w, night));
    note_times(w, night);
    decide(w, night);
    return unroll_ok();
}

static unroll_status keep_night(work *w, const unroll_night *night)
{
    char path[UNROLL_FILE_ROOM];
    UNROLL_TRY(unroll_night_store(night, w->folder, w->history.count));
    unroll_history_free(&w->history);
    UNROLL_TRY(unroll_history_load(w->folder, &w->history));
    UNROLL_TRY(unroll_nightly_page(&w->history, w->options->results, path));
    fprintf(w->options->out, "page: %s\n", path);
    return unroll_ok();
}

unroll_status unroll_nightly(const unroll_nightly_options *options, unroll_night *night)
{
    work w = {.options = options};
    unroll_status status;
    memset(night, 0, sizeof *night);
    status = open_night(&w, night);
    if (status.code == UNROLL_FAILED)
        status = unroll_error(UNROLL_NOTHING, "nothing was measured: %.400s", status.text);
    if (status.code == UNROLL_OK)
        status = spend_night(&w, night);
    if (status.code == UNROLL_OK) {
        unroll_nightly_print(night, options->out);
        status = keep_night(&w, night);
    }
    unroll_rounds_free(&w.rounds[0]);
    unroll_rounds_free(&w.rounds[1]);
    unroll_history_free(&w.history);
    if (status.code == UNROLL_OK && night->outcome != UNROLL_NIGHT_GOOD)
        return unroll_error(night->outcome == UNROLL_NIGHT_BAD ? UNROLL_FAILED : UNROLL_NOTHING, "%.400s", night->sentence);
    return status;
}
