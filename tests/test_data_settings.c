/* A row of the settings table stands where it is read: with the task that reads it, with what several tasks share, or in the
   library. These tests read the sources, so they run from the top of the tree, as `make check` does. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/settings.h"
#include "model/task.h"
#include "suite.h"

/* The next name that `pipe`, of a grep, has found as an argument: x "hidden") */
static bool next_name(FILE *pipe, char name[64])
{
    char line[512], *quote, *end;
    if (fgets(line, sizeof line, pipe) == NULL)
        return false;
    quote = strchr(line, '"');
    end = quote != NULL ? strchr(quote + 1, '"') : NULL;
    if (end == NULL)
        return false;
    snprintf(name, 64, "%.*s", (int)(end - quote - 1), quote + 1);
    return true;
}

static FILE *settings_read_in(const char *places)
{
    char command[512];
    snprintf(command, sizeof command, "grep -rhoE 'unroll_(int|real|text|flag)[(][a-z>.-]+, \"[a-z0-9_]+\"[)]' %s", places);
    FILE *pipe = popen(command, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(pipe);
    return pipe;
}

static bool among(const unroll_setting *rows, int count, const unroll_setting *row)
{
    return rows != NULL && row >= rows && row < rows + count;
}

static bool own(const unroll_task *task, const unroll_setting *row)
{
    return among(task->settings, task->setting_count, row) || among(task->shared, task->shared_count, row);
}

static bool of_a_task(const unroll_setting *row)
{
    for (int i = 0; i < unroll_task_count; i++)
        if (own(unroll_tasks[i], row))
            return true;
    return false;
}

static void a_task_reads_no_row_of_another(void)
{
    int read = 0;
    for (int i = 0; i < unroll_task_count; i++) {
        char places[256], name[64];
        snprintf(places, sizeof places, "datasets/%s.c $(ls -d datasets/%s 2>/dev/null)", unroll_tasks[i]->name,
                 unroll_tasks[i]->name);
        FILE *pipe = settings_read_in(places);
        for (; next_name(pipe, name); read++) {
            int index = unroll_setting_find(name);
            bool right = index >= 0 && (own(unroll_tasks[i], unroll_setting_at(index)) || !of_a_task(unroll_setting_at(index)));
            if (!right)
                fprintf(stderr, "\ntask %s reads %s, which is no row of its own\n", unroll_tasks[i]->name, name);
            CU_ASSERT(right);
        }
        pclose(pipe);
    }
    CU_ASSERT(read > 10); /* the test stands at the top of the tree */
}

static void the_library_reads_every_row_that_no_task_brings(void)
{
    static bool seen[1024];
    char name[64];
    FILE *pipe = settings_read_in("lib");
    memset(seen, 0, sizeof seen);
    while (next_name(pipe, name))
        if (unroll_setting_find(name) >= 0)
            seen[unroll_setting_find(name)] = true;
    pclose(pipe);
    for (int i = 0; i < unroll_setting_count(); i++) {
        const unroll_setting *row = unroll_setting_at(i);
        bool elsewhere = of_a_task(row) || strcmp(row->section, "tests") == 0; /* rows that other tests have registered */
        if (!seen[i] && !elsewhere)
            fprintf(stderr, "\nnothing in lib reads %s\n", row->name);
        CU_ASSERT(seen[i] || elsewhere);
    }
}

const unroll_test tests_data_settings[] = {
    TEST(a_task_reads_no_row_of_another),
    TEST(the_library_reads_every_row_that_no_task_brings),
    {NULL, NULL},
};
