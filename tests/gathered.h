/* gathered.h: helpers of the tests of lib/report: made runs in a gathered file, disks that fail. */
#ifndef UNROLL_TESTS_GATHERED_H
#define UNROLL_TESTS_GATHERED_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "files.h"
#include "report/report.h"
#include "store/store.h"
#include "suite.h"

/* A run as the tests write it down. One that did not fail is solved below an error of 1.5, has ten parameters a letter
   of its cell, and a curve "loss" of 4, 2 and 1 times its error over "step" 0, 100 and 200; one that diverged has no
   error, and its curve 8 and then nothing. */
typedef struct made_run {
    int length;
    const char *cell;
    int seed;
    const char *status;
    double mse;
} made_run;

/* What failed runs say, and what the column "note" holds: every character that some format takes for a mark. */
#define MADE_REASON "no room | in <memory> & \"disk\""
#define MADE_NOTE "a|b & <c>, \"d\""

static inline void made_results(unroll_record *record, const made_run *run)
{
    static const float step[3] = {0, 100, 200};
    bool diverged = strcmp(run->status, "diverged") == 0;
    double mse = diverged ? NAN : run->mse;
    float loss[3] = {(float)(4 * mse), (float)(2 * mse), (float)mse};
    if (diverged)
        loss[0] = 8;
    unroll_record_int(record, "parameters", "", 10 * (int)strlen(run->cell));
    unroll_record_real(record, "mse", "K^2", mse);
    unroll_record_int(record, "solved", "", mse < 1.5);
    unroll_record_text(record, "note", MADE_NOTE);
    unroll_record_text(record, "sample", run->seed == 0 ? "one | line\n\n  <another>" : "of another seed");
    unroll_record_curve(record, "step", "steps", step, diverged ? 2 : 3);
    unroll_record_curve(record, "loss", "K^2", loss, diverged ? 2 : 3);
}

static inline unroll_record *made_record(const made_run *run)
{
    unroll_settings *settings = unroll_settings_new();
    unroll_record *record;
    char assignment[64];
    unroll_settings_assign(settings, "hidden=7");
    snprintf(assignment, sizeof assignment, "length=%d", run->length);
    unroll_settings_assign(settings, assignment);
    snprintf(assignment, sizeof assignment, "model=%s", run->cell);
    unroll_settings_assign(settings, assignment);
    snprintf(assignment, sizeof assignment, "seed=%d", run->seed);
    unroll_settings_assign(settings, assignment);
    record = unroll_record_new(settings);
    unroll_settings_free(settings);
    strcpy(record->experiment, "made");
    strcpy(record->status, run->status);
    record->seconds = 1.25;
    unroll_record_env(record, "processor", run->seed == 0 ? "Abacus" : "Slide rule");
    unroll_record_env(record, "isa", "scalar");
    unroll_record_env(record, "load", run->seed == 0 ? "0.25" : "1.5");
    if (strcmp(run->status, "failed") == 0)
        strcpy(record->reason, MADE_REASON);
    else
        made_results(record, run);
    return record;
}

/* Gathers the runs into NAME.h5 of a new results folder, which it returns. Their files are in the reverse order. */
static inline const char *made_folder(const unroll_experiment *experiment, const made_run *runs, int count)
{
    const char *results = test_folder(), *folder = test_folder();
    unroll_gather_info info = {.experiment = experiment->name, .title = experiment->title};
    char path[1200];
    for (int i = 0; i < count; i++) {
        unroll_record *record = made_record(&runs[i]);
        snprintf(record->id, sizeof record->id, "%032d", count - i);
        snprintf(path, sizeof path, "%s/%s.h5", folder, record->id);
        CU_ASSERT_EQUAL(unroll_store_record(record, path).code, UNROLL_OK);
        unroll_record_free(record);
    }
    snprintf(path, sizeof path, "%s/%s.h5", results, experiment->name);
    setenv("SOURCE_DATE_EPOCH", "0", 1);
    CU_ASSERT_EQUAL_FATAL(unroll_store_gather(folder, NULL, 0, path, &info).code, UNROLL_OK);
    unsetenv("SOURCE_DATE_EPOCH");
    return results;
}

/* Stands in for a disk without room: what is made new is there until something is written to it. */
static inline int open_full(const char *path, int flags, mode_t mode)
{
    int file = (flags & O_CREAT) != 0 ? open("/dev/full", O_WRONLY) : open(path, flags, mode);
    if (file < 0 && (flags & O_CREAT) != 0)
        errno = ENOSPC;
    return file;
}

/* Stands in for a folder in which nothing may be made. */
static inline int open_refused(const char *path, int flags, mode_t mode)
{
    if ((flags & O_CREAT) == 0)
        return open(path, flags, mode);
    errno = EACCES;
    return -1;
}

/* Whether a file that is not finished lies in the folder. */
static inline bool has_part(const char *folder)
{
    struct dirent *entry;
    bool found = false;
    DIR *listing = opendir(folder);
    while (listing != NULL && (entry = readdir(listing)) != NULL)
        found = found || unroll_is_unfinished(entry->d_name);
    if (listing != NULL)
        closedir(listing);
    return found;
}

/* Both are shown where they differ. */
#define CHECK_TEXT(actual, expected) check_text(actual, expected, __FILE__, __LINE__)
static inline void check_text(const char *actual, const char *expected, const char *file, unsigned line)
{
    bool same = strcmp(actual, expected) == 0;
    if (!same)
        fprintf(stderr, "\n---- %s:%u, there is:\n%s\n---- there should be:\n%s\n", file, line, actual, expected);
    CU_assertImplementation(same, line, "the text is the expected one", file, "", CU_FALSE);
}

#endif
