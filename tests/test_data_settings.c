/* A row of the settings table stands where it is read: with the task that reads it, with what several tasks share, or in the
   library. These tests read the sources, so they run from the top of the tree, as `make check` does. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/settings.h"
#include "data.h"
#include "model/effect.h"
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

/* Why `name` cannot matter beside the assignments, "" where it can. */
static const char *why_not(const char *assignments, const char *name, unroll_purpose purpose)
{
    static char why[UNROLL_WHY_ROOM];
    unroll_settings *settings = data_settings(assignments);
    unroll_use use = {.settings = settings, .purpose = purpose};
    CU_ASSERT_EQUAL(unroll_setting_effect(&use, unroll_setting_find(name), why).code, UNROLL_OK);
    unroll_settings_free(settings);
    return why;
}

static bool is_rival(const char *name, const char *other)
{
    return unroll_setting_is_rival(unroll_setting_find(name), unroll_setting_find(other));
}

/* asked for every row: a setting that is needed and its values must be there, or an assert ends the test */
static void what_a_row_needs_is_there(void)
{
    int idle = 0;
    for (int i = 0; i < unroll_setting_count(); i++)
        idle += why_not("", unroll_setting_at(i)->name, UNROLL_TO_TRAIN)[0] != '\0';
    CU_ASSERT(idle > 15);
    CU_ASSERT(is_rival("hidden", "params"));
    CU_ASSERT(is_rival("steps", "epochs") && is_rival("steps", "compute") && is_rival("epochs", "compute"));
    CU_ASSERT(!is_rival("steps", "params") && !is_rival("compute", "steps"));
    CU_ASSERT(!is_rival("momentum", "optimizer") && !is_rival("temperature", "sample_chars") && !is_rival("lr", "params"));
}

static void a_setting_that_cannot_matter_has_a_sentence_that_says_why(void)
{
    static const struct {
        const char *assignments, *name, *why;
    } known[] = {
        {"", "lr", ""},
        {"model=gru", "forget_bias", "forget_bias is read by the cell lstm only, and model is gru"},
        {"", "forget_bias", ""},
        {"model=gru", "omega", "omega is read by the cell rnn only, and model is gru"},
        {"model=rnn nonlinearity=relu", "omega", ""},
        {"lstm_gates=no_forget", "forget_bias", "forget_bias has no effect beside lstm_gates=no_forget, which leaves that gate out"},
        {"model=gru update_gate=no", "chrono", "chrono has no effect beside update_gate=no, which leaves the GRU without such a gate"},
        {"model=gru reset=none", "chrono", ""},
        {"model=mingru", "chrono", ""},
        {"", "file", "file is read by the tasks series, text and words only, and task is adding"},
        {"task=series", "file", ""},
        {"task=series", "lag", "lag is read by the task recall only, and task is series"},
        {"", "smoothing", "smoothing is read by the loss softmax only, and the task's loss is squared"},
        {"task=recall", "smoothing", ""},
        {"", "embedding", "embedding is read where inputs are symbols only, and those of the task adding are numbers"},
        {"task=recall", "embedding", ""},
        {"task=reverse", "embedding", ""},
        {"", "length", ""},
        {"task=recall", "length", "length is not read by the task recall"},
        {"", "input", "input is read where steps are timed only, and here a model is trained"},
        {"params=1000", "hidden", "hidden has no effect beside params=1000, which sets the width"},
        {"", "hidden", ""},
        {"task=series epochs=2", "steps", "steps has no effect beside epochs=2, which sets them"},
        {"", "momentum", "momentum is read by the optimizer sgd only, and optimizer is adam"},
        {"optimizer=sgd", "momentum", ""},
        {"optimizer=sgd", "eps", "eps is read by the optimizers rmsprop and adam only, and optimizer is sgd"},
        {"optimizer=rmsprop", "eps", ""},
        {"optimizer=rmsprop", "beta1", "beta1 is read by the optimizer adam only, and optimizer is rmsprop"},
        {"optimizer=rmsprop", "beta2", "beta2 is read by the optimizer adam only, and optimizer is rmsprop"},
        {"optimizer=rmsprop", "decay", "decay is read by the optimizer adam only, and optimizer is rmsprop"},
        {"", "alpha", "alpha is read by the optimizer rmsprop only, and optimizer is adam"},
        {"schedule=halve", "lr_final", "lr_final is read by the schedule cosine only, and schedule is halve"},
        {"stop=solved schedule=cosine", "patience", "patience has no effect without schedule=halve or stop=early"},
        {"stop=early", "patience", ""},
        {"stop=solved", "stop", ""},
        {"task=series stop=early", "stop", ""},
        {"task=series stop=solved", "stop",
         "stop=solved has no effect: the task series has no mark below which it counts as solved"},
        {"schedule=halve", "patience", ""},
        {"task=text sample_chars=0", "temperature", "temperature has no effect beside sample_chars=0"},
        {"task=text", "temperature", ""},
        {"task=series train_rows=9", "valid_share",
         "valid_share has no effect beside train_rows=9, which parts the data by rows"},
        {"task=series train_rows=9", "test_share",
         "test_share has no effect beside train_rows=9, which parts the data by rows"},
        {"task=series", "valid_rows", "valid_rows has no effect beside train_rows=0"},
        {"task=series", "test_rows", "test_rows has no effect beside train_rows=0"},
        {"task=series train_rows=9", "test_rows", ""},
        /* train_rows cannot matter to a text, so it parts nothing */
        {"task=text train_rows=9", "valid_share", ""},
        {"task=words vocabulary=9", "min_count", "min_count has no effect beside vocabulary=9"},
        {"task=words", "min_count", ""},
        {"task=words", "tied", "tied has no effect without embedding!=0 or model=transformer"},
        {"task=words", "embedding_dropout", "embedding_dropout has no effect beside embedding=0"},
        {"task=words embedding=9", "tied", ""},
        {"task=words model=transformer", "tied", ""},
        {"task=images", "valid_share", ""},
        {"task=images", "test_share", "test_share is read by the tasks series, text and words only, and task is images"},
        {"task=images", "length", "length is not read by the task images"},
        {"task=images", "permute_seed", "permute_seed has no effect beside permute=no"},
        {"task=images permute=yes", "permute_seed", ""},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        CU_ASSERT_STRING_EQUAL(why_not(known[i].assignments, known[i].name, UNROLL_TO_TRAIN), known[i].why);
}

/* Which models those are the registry of cells says: the sentence names them all. */
static void a_mask_that_a_cell_cannot_have_cannot_matter(void)
{
    static const struct {
        const char *model, *name, *begin;
    } known[] = {
        {"gru", "zoneout_cell", "zoneout_cell is read by the model"},
        {"slstm", "zoneout_cell", "zoneout_cell is read by the model"},
        {"rnn", "drop_update", "drop_update is read by the models "},
        {"mingru", "drop_state", "drop_state is read by the models "},
        {"lstm", "zoneout_cell", ""},
        {"lstm", "drop_update", ""},
        {"rnn", "zoneout", ""},
        {"rnn", "drop_state", ""},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        char model[32], end[64] = "";
        const char *why;
        snprintf(model, sizeof model, "model=%s", known[i].model);
        if (known[i].begin[0] != '\0')
            snprintf(end, sizeof end, " only, and model is %s", known[i].model);
        why = why_not(model, known[i].name, UNROLL_TO_TRAIN);
        CU_ASSERT_EQUAL(strncmp(why, known[i].begin, strlen(known[i].begin)), 0);
        CU_ASSERT_TRUE(strlen(why) >= strlen(end));
        CU_ASSERT_STRING_EQUAL(why + strlen(why) - strlen(end), end);
        CU_ASSERT_EQUAL(why[0] == '\0', known[i].begin[0] == '\0');
    }
}

/* A measurement brings data of its own, and what it reads of the settings of training is its own affair. */
static void a_measurement_may_read_what_a_training_run_does_not(void)
{
    CU_ASSERT_STRING_EQUAL(why_not("", "input", UNROLL_TO_MEASURE), "");
    CU_ASSERT_STRING_EQUAL(why_not("task=recall", "length", UNROLL_TO_MEASURE), "");
    CU_ASSERT_STRING_EQUAL(why_not("", "embedding", UNROLL_TO_MEASURE), "");
    CU_ASSERT_STRING_EQUAL(why_not("", "steps", UNROLL_TO_MEASURE), "");
    CU_ASSERT_STRING_EQUAL(why_not("model=gru", "forget_bias", UNROLL_TO_MEASURE),
                           "forget_bias is read by the cell lstm only, and model is gru");
}

static void timed_steps_read_nothing_of_a_whole_run(void)
{
    static const char *const of_runs[] = {"steps", "epochs", "compute", "schedule", "warmup", "points",
                                          "keep", "patience", "lr_final", "stop", "valid_batches"};
    for (size_t i = 0; i < sizeof of_runs / sizeof of_runs[0]; i++) {
        char why[128];
        snprintf(why, sizeof why, "%s is read where a model is trained only, and here steps are timed", of_runs[i]);
        CU_ASSERT_STRING_EQUAL(why_not("", of_runs[i], UNROLL_TO_TIME), why);
    }
    CU_ASSERT_STRING_EQUAL(why_not("", "input", UNROLL_TO_TIME), "");
    CU_ASSERT_STRING_EQUAL(why_not("task=recall", "length", UNROLL_TO_TIME), "");
    CU_ASSERT_STRING_EQUAL(why_not("", "clip", UNROLL_TO_TIME), "");
}

/* what comes through a pipe is there once only: nobody looks into it before the run */
static void a_pipe_is_not_opened_to_see_what_matters(void)
{
    char path[1200], assignments[1300];
    snprintf(path, sizeof path, "%s/pipe", test_folder());
    CU_ASSERT_EQUAL_FATAL(mkfifo(path, 0666), 0);
    snprintf(assignments, sizeof assignments, "task=series file=%s", path);
    CU_ASSERT_STRING_EQUAL(why_not(assignments, "embedding", UNROLL_TO_TRAIN), "");
}

const unroll_test tests_data_settings[] = {
    TEST(a_task_reads_no_row_of_another),
    TEST(the_library_reads_every_row_that_no_task_brings),
    TEST(what_a_row_needs_is_there),
    TEST(a_setting_that_cannot_matter_has_a_sentence_that_says_why),
    TEST(a_mask_that_a_cell_cannot_have_cannot_matter),
    TEST(a_measurement_may_read_what_a_training_run_does_not),
    TEST(timed_steps_read_nothing_of_a_whole_run),
    TEST(a_pipe_is_not_opened_to_see_what_matters),
    {NULL, NULL},
};
