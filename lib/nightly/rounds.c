#include "nightly/rounds.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "bench/bench.h"

void unroll_remove_folder(const char *path)
{
    struct dirent *entry;
    DIR *open = opendir(path);
    while (open != NULL && (entry = readdir(open)) != NULL) {
        char inner[UNROLL_FILE_ROOM];
        struct stat what;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name) >= (int)sizeof inner)
            continue;
        if (lstat(inner, &what) == 0 && S_ISDIR(what.st_mode))
            unroll_remove_folder(inner);
        else
            unlink(inner);
    }
    if (open != NULL)
        closedir(open);
    rmdir(path);
}

static unroll_status add(double **list, int count, double value)
{
    double *grown = unroll_one_more(*list, count, sizeof *grown);
    if (grown == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for %d rounds", count + 1);
    grown[count] = value;
    *list = grown;
    return unroll_ok();
}

static unroll_status keep_round(const unroll_turn turns[UNROLL_TURNS], unroll_rounds *rounds)
{
    bool disturbed = false;
    for (int i = 0; i < unroll_series_count(); i++) {
        double values[UNROLL_TURNS];
        for (int t = 0; t < UNROLL_TURNS; t++) {
            values[t] = turns[t].value[i];
            disturbed = disturbed || turns[t].disturbed[i];
        }
        UNROLL_TRY(add(&rounds->change[i], rounds->count, unroll_round_change(values)));
        UNROLL_TRY(add(&rounds->time[i], rounds->count, 0.5 * (values[1] + values[2])));
    }
    rounds->disturbed += disturbed;
    rounds->count++;
    return unroll_ok();
}

static unroll_status take_round(const unroll_measured_program *old, const unroll_measured_program *new, const char *models,
                                const char *folder, const atomic_bool *stop, unroll_rounds *rounds)
{
    unroll_turn turns[UNROLL_TURNS];
    for (int t = 0; t < UNROLL_TURNS; t++) {
        bool is_new = t == 1 || t == 2;
        unroll_status status;
        UNROLL_TRY(unroll_make_folder(folder));
        status = unroll_measure_turn(is_new ? new : old, models, NULL, folder, stop, &turns[t]);
        unroll_remove_folder(folder);
        UNROLL_TRY(status);
        if (turns[t].why[0] != '\0' && rounds->why[is_new][0] == '\0')
            snprintf(rounds->why[is_new], sizeof rounds->why[is_new], "%s", turns[t].why);
    }
    return keep_round(turns, rounds);
}

unroll_status unroll_rounds_take(const unroll_measured_program *old, const unroll_measured_program *new, double seconds,
                                 double most_seconds, int rounds_wanted, const char *folder, const atomic_bool *stop,
                                 unroll_rounds *rounds)
{
    int64_t begin = unroll_clock_ns();
    double passed = 0, longest = 0;
    char models[200];
    unroll_common_models(old, new, models);
    memset(rounds, 0, sizeof *rounds);
    while (rounds_wanted > 0 ? rounds->count < rounds_wanted
                             : (rounds->count < UNROLL_LEAST_RUNS || passed < seconds) && passed + longest <= most_seconds) {
        double before = passed;
        UNROLL_TRY(take_round(old, new, models, folder, stop, rounds));
        passed = 1e-9 * (double)(unroll_clock_ns() - begin);
        longest = fmax(longest, passed - before);
    }
    return unroll_ok();
}

void unroll_rounds_free(unroll_rounds *rounds)
{
    for (int i = 0; i < UNROLL_MOST_SERIES; i++) {
        free(rounds->change[i]);
        free(rounds->time[i]);
    }
    memset(rounds, 0, sizeof *rounds);
}
