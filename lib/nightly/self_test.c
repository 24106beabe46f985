/* How often a night gives a false alarm, and which slowdowns it finds: by invocations of this program beside itself. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/quantile.h"
#include "base/random.h"
#include "base/text.h"
#include "bench/bench.h"
#include "nightly/nightly.h"
#include "nightly/rounds.h"
#include "store/store.h"

/* The arms of an invocation, each twice, there and back: so each arm's mean lies in the middle. The first is the old program. */
enum { ARMS = 5, PLAIN = 1, TURNS = 2 * ARMS, LEAST_INVOCATIONS = 30, NIGHTS = 1000, OUTER = 200, OUTER_NIGHTS = 100 };
static const int slowed_by[ARMS] = {0, 0, 2, 5, 10};

typedef struct invocation {
    double change[ARMS][UNROLL_MOST_SERIES]; /* log(arm / old); of arm 0 nothing */
    char program[17], processor[80];
    double seconds;
} invocation;

/* ---- taking them ---- */

static unroll_status take(const unroll_measured_program *program, const char *folder, const atomic_bool *stop, invocation *out)
{
    unroll_turn turns[TURNS];
    int64_t begin = unroll_clock_ns();
    for (int t = 0; t < TURNS; t++) {
        int arm = t < ARMS ? t : TURNS - 1 - t;
        char set[32];
        unroll_status status;
        snprintf(set, sizeof set, "UNROLL_SLOWED=%d", slowed_by[arm]);
        UNROLL_TRY(unroll_make_folder(folder));
        status = unroll_measure_turn(program, program->models, slowed_by[arm] > 0 ? set : NULL, folder, stop, &turns[t]);
        unroll_remove_folder(folder);
        UNROLL_TRY(status);
    }
    for (int arm = 1; arm < ARMS; arm++)
        for (int i = 0; i < UNROLL_MOST_SERIES; i++) {
            const double values[UNROLL_TURNS] = {turns[0].value[i], turns[arm].value[i], turns[TURNS - 1 - arm].value[i],
                                                 turns[TURNS - 1].value[i]};
            out->change[arm][i] = unroll_round_change(values);
        }
    unroll_text_copy(out->program, sizeof out->program, program->hash);
    unroll_nightly_processor(out->processor);
    out->seconds = 1e-9 * (double)(unroll_clock_ns() - begin);
    return unroll_ok();
}

static unroll_status store(const invocation *one, const char *folder, int number)
{
    unroll_record *record = unroll_night_record("nightly-self-test", number);
    char path[UNROLL_FILE_ROOM], name[32];
    unroll_status status;
    if (record == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for an invocation");
    unroll_record_text(record, "program", one->program);
    unroll_record_text(record, "processor", one->processor);
    unroll_record_real(record, "seconds_taken", "s", one->seconds);
    for (int arm = 1; arm < ARMS; arm++) {
        float change[UNROLL_MOST_SERIES];
        for (int i = 0; i < unroll_series_count(); i++)
            change[i] = (float)one->change[arm][i];
        snprintf(name, sizeof name, "slowed_%d", slowed_by[arm]);
        unroll_record_curve(record, name, "", change, unroll_series_count());
    }
    snprintf(path, sizeof path, "%.4000s/%s.h5", folder, record->id);
    status = unroll_store_record(record, path);
    unroll_record_free(record);
    return status;
}

/* ---- reading them ---- */

typedef struct invocations {
    invocation *one; /* owned */
    int count;
} invocations;

/* Of this number of series, on this processor; else it is passed over. */
static bool read_invocation(const unroll_record *record, const char *processor, invocation *out)
{
    const unroll_column *seconds = unroll_record_find(record, "seconds_taken");
    int curves = 0;
    if (strcmp(unroll_night_text(record, "processor"), processor) != 0)
        return false;
    for (int arm = 1; arm < ARMS; arm++)
        for (int c = 0; c < record->curve_count; c++) {
            char name[32];
            snprintf(name, sizeof name, "slowed_%d", slowed_by[arm]);
            if (strcmp(record->curves[c].name, name) != 0 || record->curves[c].length != unroll_series_count())
                continue;
            for (int i = 0; i < unroll_series_count(); i++)
                out->change[arm][i] = (double)record->curves[c].value[i];
            curves++;
        }
    unroll_text_copy(out->processor, sizeof out->processor, processor);
    out->seconds = seconds != NULL ? seconds->real : NAN;
    return curves == ARMS - 1;
}

static unroll_status load(const char *folder, const char *processor, invocations *all)
{
    unroll_ids ids;
    unroll_status status = unroll_list_records(folder, &ids);
    memset(all, 0, sizeof *all);
    for (int i = 0; i < ids.count && status.code == UNROLL_OK; i++) {
        invocation *grown = unroll_one_more(all->one, all->count, sizeof *grown);
        char path[UNROLL_FILE_ROOM];
        unroll_record *record;
        unroll_status loaded;
        if (grown == NULL) {
            status = unroll_error(UNROLL_FAILED, "out of memory for %d invocations", all->count + 1);
            break;
        }
        all->one = grown;
        snprintf(path, sizeof path, "%.4000s/%.60s.h5", folder, ids.id[i]);
        loaded = unroll_load_record(path, &record);
        if (loaded.code == UNROLL_FAILED || loaded.code == UNROLL_STOPPED)
            status = loaded;
        if (loaded.code != UNROLL_OK)
            continue;
        all->count += read_invocation(record, processor, &grown[all->count]);
        unroll_record_free(record);
    }
    unroll_ids_free(&ids);
    return status;
}

/* ---- nights that are drawn ---- */

/* A night's rounds of one arm, drawn with replacement from `from`, `count` of the invocations. */
static void draw(const invocation *const *from, int count, int arm, int rounds, unroll_random *random, double *change)
{
    for (int r = 0; r < rounds; r++) {
        const invocation *one = from[unroll_random_below(random, (uint32_t)count)];
        for (int i = 0; i < unroll_series_count(); i++)
            change[i * rounds + r] = one->change[arm][i];
    }
}

static void view(const double *change, int rounds, unroll_rounds_of views[UNROLL_MOST_SERIES])
{
    for (int i = 0; i < unroll_series_count(); i++)
        views[i] = (unroll_rounds_of){change + i * rounds, rounds};
}

/* What a night comes to: some series slower. */
static unroll_status is_slower(const invocation *const *from, int count, int arm, const int rounds[2], const double *floor,
                               unroll_random *random, double *room, bool *slower)
{
    unroll_series_night night[UNROLL_MOST_SERIES];
    unroll_rounds_of views[UNROLL_MOST_SERIES];
    for (int i = 0; i < unroll_series_count(); i++)
        night[i].floor = floor[i];
    draw(from, count, arm, rounds[0], random, room);
    view(room, rounds[0], views);
    UNROLL_TRY(unroll_night_screen(views, unroll_series_count(), night));
    draw(from, count, arm, rounds[1], random, room);
    view(room, rounds[1], views);
    UNROLL_TRY(unroll_night_confirm(views, unroll_series_count(), night));
    *slower = false;
    for (int i = 0; i < unroll_series_count(); i++)
        *slower = *slower || night[i].finding == UNROLL_NIGHT_SLOWER;
    return unroll_ok();
}

/* The floor of each series: below it lie the medians of 99 in 100 nights in which the program is beside itself. */
static unroll_status find_floors(const invocation *const *from, int count, int rounds, int nights, unroll_random *random,
                                 double *room, double *floor)
{
    double *medians = malloc((size_t)unroll_series_count() * (size_t)nights * sizeof *medians);
    unroll_status status = medians != NULL ? unroll_ok() : unroll_error(UNROLL_FAILED, "out of memory for %d nights", nights);
    for (int n = 0; n < nights && status.code == UNROLL_OK; n++) {
        draw(from, count, PLAIN, rounds, random, room);
        for (int i = 0; i < unroll_series_count() && status.code == UNROLL_OK; i++) {
            unroll_interval median;
            status = unroll_median(room + i * rounds, rounds, &median);
            medians[i * nights + n] = isnan(median.estimate) ? 0 : fabs(median.estimate);
        }
    }
    for (int i = 0; i < unroll_series_count() && status.code == UNROLL_OK; i++) {
        unroll_sort(medians + i * nights, nights);
        floor[i] = unroll_quantile(medians + i * nights, nights, 0.99);
    }
    free(medians);
    return status;
}

/* The share of `nights` that find something slower, floors and nights of different halves of the invocations, each half in turn. */
static unroll_status find_share(const invocation *const *from, int count, int arm, const int rounds[2], int nights,
                                unroll_random *random, double *room, double *share)
{
    double floor[2][UNROLL_MOST_SERIES];
    int half = count / 2, found = 0;
    for (int side = 0; side < 2; side++)
        UNROLL_TRY(find_floors(from + (side == 0 ? 0 : half), side == 0 ? half : count - half, rounds[0], nights, random, room,
                               floor[side]));
    for (int n = 0; n < nights; n++) {
        bool first = n % 2 == 0, slower;
        UNROLL_TRY(is_slower(from + (first ? half : 0), first ? count - half : half, arm, rounds, floor[first ? 0 : 1], random,
                             room, &slower));
        found += slower;
    }
    *share = (double)found / nights;
    return unroll_ok();
}

/* The share, and the range of 95% of shares over invocations that are drawn with replacement. */
static unroll_status find_interval(const invocations *all, int arm, const int rounds[2], double *room, unroll_interval *out)
{
    const invocation **from = malloc(((size_t)all->count + 1) * sizeof *from);
    double shares[OUTER];
    unroll_random random = unroll_random_open(1, UNROLL_FOR_BOOTSTRAP, (uint32_t)arm, 0);
    unroll_status status =
        from != NULL ? unroll_ok() : unroll_error(UNROLL_FAILED, "out of memory for %d invocations", all->count);
    for (int i = 0; i < all->count && status.code == UNROLL_OK; i++)
        from[i] = &all->one[i];
    if (status.code == UNROLL_OK)
        status = find_share(from, all->count, arm, rounds, NIGHTS, &random, room, &out->estimate);
    for (int o = 0; o < OUTER && status.code == UNROLL_OK; o++) {
        for (int i = 0; i < all->count; i++)
            from[i] = &all->one[unroll_random_below(&random, (uint32_t)all->count)];
        status = find_share(from, all->count, arm, rounds, OUTER_NIGHTS, &random, room, &shares[o]);
    }
    if (status.code == UNROLL_OK) {
        unroll_sort(shares, OUTER);
        out->low = unroll_quantile(shares, OUTER, 0.025);
        out->high = unroll_quantile(shares, OUTER, 0.975);
        out->count = all->count;
    }
    free(from);
    return status;
}

/* ---- the floors of nights ---- */

static void floors_path(const char *folder, char path[UNROLL_FILE_ROOM])
{
    snprintf(path, UNROLL_FILE_ROOM, "%.4000s/self-test.h5", folder);
}

static unroll_status store_floors(const invocations *all, int rounds, double *room, const char *folder, const char *processor)
{
    const invocation **from = malloc(((size_t)all->count + 1) * sizeof *from);
    unroll_record *record = unroll_night_record("nightly-floors", 0);
    unroll_random random = unroll_random_open(2, UNROLL_FOR_BOOTSTRAP, 0, 0);
    double floor[UNROLL_MOST_SERIES];
    float plain[UNROLL_MOST_SERIES];
    char path[UNROLL_FILE_ROOM];
    unroll_status status = from != NULL && record != NULL ? unroll_ok() : unroll_error(UNROLL_FAILED, "out of memory for floors");
    for (int i = 0; i < all->count && status.code == UNROLL_OK; i++)
        from[i] = &all->one[i];
    if (status.code == UNROLL_OK)
        status = find_floors(from, all->count, rounds, NIGHTS, &random, room, floor);
    if (status.code == UNROLL_OK) {
        for (int i = 0; i < unroll_series_count(); i++)
            plain[i] = (float)floor[i];
        unroll_record_text(record, "processor", processor);
        unroll_record_int(record, "invocations", "", all->count);
        unroll_record_curve(record, "floor", "", plain, unroll_series_count());
        floors_path(folder, path);
        status = unroll_store_record(record, path);
    }
    unroll_record_free(record);
    free(from);
    return status;
}

void unroll_nightly_floors(const char *folder, const char *processor, double unknown, double floor[UNROLL_MOST_SERIES],
                           bool *known)
{
    char path[UNROLL_FILE_ROOM];
    unroll_record *record = NULL;
    *known = false;
    for (int i = 0; i < UNROLL_MOST_SERIES; i++)
        floor[i] = unknown;
    floors_path(folder, path);
    if (access(path, F_OK) != 0 || unroll_load_record(path, &record).code != UNROLL_OK)
        return;
    for (int c = 0; c < record->curve_count && strcmp(unroll_night_text(record, "processor"), processor) == 0; c++)
        if (strcmp(record->curves[c].name, "floor") == 0 && record->curves[c].length == unroll_series_count()) {
            for (int i = 0; i < unroll_series_count(); i++)
                floor[i] = (double)record->curves[c].value[i];
            *known = true;
        }
    unroll_record_free(record);
}

/* ---- the whole ---- */

/* How much the kernel's slowdown takes of a training step. */
static void tell_slowdown(const invocations *all, int arm, double *room, FILE *out)
{
    int step = unroll_series_find("step lstm 256");
    unroll_interval median;
    for (int i = 0; i < all->count; i++)
        room[i] = all->one[i].change[arm][step];
    if (unroll_median(room, all->count, &median).code == UNROLL_OK)
        fprintf(out, " (a step of an LSTM of 256 units: %.1f%% [%.1f, %.1f])", 100 * (exp(median.estimate) - 1),
                100 * (exp(median.low) - 1), 100 * (exp(median.high) - 1));
}

static unroll_status evaluate(const invocations *all, const unroll_nightly_options *o, const char *folder, const char *processor)
{
    double seconds[1024], *room;
    int count = all->count < 1024 ? all->count : 1024, rounds[2];
    unroll_status status = unroll_ok();
    for (int i = 0; i < count; i++)
        seconds[i] = all->one[i].seconds * UNROLL_TURNS / TURNS; /* a round has fewer turns */
    unroll_sort(seconds, count);
    rounds[0] = (int)fmax(UNROLL_LEAST_RUNS, 60 * 15 * UNROLL_NIGHT_FIRST / unroll_quantile(seconds, count, 0.5));
    rounds[1] = (int)fmax(UNROLL_LEAST_RUNS, 60 * 15 * UNROLL_NIGHT_AGAIN / unroll_quantile(seconds, count, 0.5));
    room = malloc(((size_t)UNROLL_MOST_SERIES * (size_t)rounds[0] + (size_t)all->count) * sizeof *room);
    if (room == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for nights of %d rounds", rounds[0]);
    fprintf(o->out,
            "\n%d invocations; nights of 15 minutes: %d rounds, and %d more for what seems to have changed; %d nights drawn\n",
            all->count, rounds[0], rounds[1], NIGHTS);
    for (int arm = 1; arm < ARMS && status.code == UNROLL_OK; arm++) {
        unroll_interval share;
        status = find_interval(all, arm, rounds, room, &share);
        if (status.code != UNROLL_OK)
            break;
        if (arm == PLAIN)
            fprintf(o->out, "false alarms: in %.1f%% of nights [%.1f, %.1f]; goal: at most 1%%\n", 100 * share.estimate,
                    100 * share.low, 100 * share.high);
        else {
            fprintf(o->out, "product kernel slowed by %d%%", slowed_by[arm]);
            tell_slowdown(all, arm, room, o->out);
            fprintf(o->out, ": found in %.0f%% of nights [%.0f, %.0f]; goal: %d%%\n", 100 * share.estimate, 100 * share.low,
                    100 * share.high,
                    arm == 2   ? 50
                    : arm == 3 ? 95
                               : 100);
        }
    }
    if (status.code == UNROLL_OK)
        status = store_floors(all, rounds[0], room, folder, processor);
    free(room);
    return status;
}

static unroll_status take_all(const unroll_nightly_options *o, const unroll_measured_program *program, const char *folder,
                              const char *room, int there)
{
    int64_t begin = unroll_clock_ns();
    double passed = 0;
    for (int n = 0; passed < 60 * o->minutes; n++) {
        invocation one;
        UNROLL_TRY(take(program, room, o->stop, &one));
        UNROLL_TRY(store(&one, folder, n));
        passed = 1e-9 * (double)(unroll_clock_ns() - begin);
        fprintf(o->out, "invocation %d, %.0f s\n", there + n + 1, one.seconds);
        fflush(o->out);
    }
    return unroll_ok();
}

unroll_status unroll_nightly_self_test(const unroll_nightly_options *options)
{
    char own[UNROLL_FILE_ROOM], folder[UNROLL_FILE_ROOM], invoked[UNROLL_FILE_ROOM], room[UNROLL_FILE_ROOM], processor[80];
    unroll_measured_program program;
    invocations all = {NULL, 0};
    unroll_status status;
    int count;
    snprintf(folder, sizeof folder, "%.3000s/nightly", options->results);
    snprintf(invoked, sizeof invoked, "%.3000s/nightly/self-test", options->results);
    snprintf(room, sizeof room, "%.3000s/nightly/.turn-%ld", options->results, (long)getpid());
    if (!unroll_own_program(own))
        return unroll_error(UNROLL_FAILED, "the system does not tell where this program lies");
    unroll_nightly_processor(processor);
    UNROLL_TRY(unroll_make_folder(invoked));
    UNROLL_TRY(unroll_program_open(own, options->stop, &program));
    status = load(invoked, processor, &all);
    count = all.count;
    if (status.code == UNROLL_OK)
        status = take_all(options, &program, invoked, room, count);
    free(all.one);
    all = (invocations){NULL, 0};
    if (status.code == UNROLL_OK)
        status = load(invoked, processor, &all);
    if (status.code == UNROLL_OK && all.count < LEAST_INVOCATIONS)
        status = unroll_error(UNROLL_NOTHING, "%d invocations are there, and %d are needed: the same call goes on", all.count,
                              LEAST_INVOCATIONS);
    if (status.code == UNROLL_OK)
        status = evaluate(&all, options, folder, processor);
    free(all.one);
    return status;
}
