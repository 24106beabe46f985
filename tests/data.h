/* data.h: helpers of the tests of datasets/: a task opened with settings, one batch of it, a file with given content. */
#ifndef UNROLL_TESTS_DATA_H
#define UNROLL_TESTS_DATA_H

#include <stdio.h>
#include <string.h>

#include "base/settings.h"
#include "files.h"
#include "model/samples.h"
#include "model/task.h"

typedef struct opened_task {
    const unroll_task *task;
    unroll_settings *settings;
    void *state;
    unroll_task_shape shape;
    unroll_samples samples;
    unroll_status status; /* of opening; nothing but the settings is there when it is not OK */
} opened_task;

/* Settings from "name=value name=value", which must be right. */
static inline unroll_settings *data_settings(const char *assignments)
{
    unroll_settings *settings = unroll_settings_new();
    char copy[4096];
    snprintf(copy, sizeof copy, "%s", assignments);
    CU_ASSERT_PTR_NOT_NULL_FATAL(settings);
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " "))
        CU_ASSERT_EQUAL_FATAL(unroll_settings_assign(settings, word).code, UNROLL_OK);
    return settings;
}

static inline opened_task data_open(const char *name, const char *assignments)
{
    opened_task opened = {.task = unroll_task_find(name), .settings = data_settings(assignments)};
    CU_ASSERT_PTR_NOT_NULL_FATAL(opened.task);
    opened.status = opened.task->open(opened.settings, &opened.state);
    if (opened.status.code == UNROLL_OK) {
        opened.task->shape(opened.state, &opened.shape);
        CU_ASSERT_EQUAL_FATAL(unroll_samples_open(&opened.shape, &opened.samples).code, UNROLL_OK);
    }
    return opened;
}

static inline void data_batch(opened_task *opened, unroll_split split, int64_t index)
{
    unroll_samples_clear(&opened->shape, &opened->samples);
    opened->task->batch(opened->state, split, index, &opened->samples);
}

static inline void data_close(opened_task *opened)
{
    if (opened->status.code == UNROLL_OK) {
        opened->task->close(opened->state);
        unroll_samples_close(&opened->samples);
    }
    unroll_settings_free(opened->settings);
}

/* A value of a record's real or whole column; it must be there. */
static inline double data_column(const unroll_record *record, const char *name)
{
    const unroll_column *column = unroll_record_find(record, name);
    CU_ASSERT_PTR_NOT_NULL_FATAL(column);
    return column->type == UNROLL_COLUMN_INT ? (double)column->integer : column->real;
}

/* Writes `size` bytes to folder/name and leaves the path in `path`. */
static inline void data_write(char path[1200], const char *folder, const char *name, const char *content, size_t size)
{
    snprintf(path, 1200, "%s/%s", folder, name);
    write_bytes(path, content, size);
}

/* Opening must fail with a sentence that holds `words`. */
static inline void data_refused(const char *name, const char *assignments, const char *words)
{
    opened_task opened = data_open(name, assignments);
    CU_ASSERT_EQUAL(opened.status.code, UNROLL_WRONG);
    if (strstr(opened.status.text, words) == NULL) {
        fprintf(stderr, "\n\"%s\" does not say \"%s\"\n", opened.status.text, words);
        CU_FAIL("another sentence");
    }
    data_close(&opened);
}

#endif
