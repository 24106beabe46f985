/* unroll list: what there is. Also the model of how a command is written. */
#include <string.h>

#include "cells/cell.h"
#include "cli/cli.h"
#include "cli/models.h"
#include "model/network.h"
#include "model/task.h"
#include "simd/engine.h"
#include "sweep/experiment.h"

static void line(const char *name, const char *text)
{
    printf("  %-16s %s\n", name, text);
}

static void list_experiments(void)
{
    for (int i = 0; i < unroll_experiment_count; i++)
        line(unroll_experiments[i]->name, unroll_experiments[i]->title);
}

static void list_cells(void)
{
    for (const unroll_cell *const *cell = unroll_isas[0].cells; *cell != NULL; cell++)
        line((*cell)->name, (*cell)->title);
}

static void list_models(void)
{
    for (int i = 0; i < unroll_network_count; i++)
        for (int k = 0; unroll_networks[i]->model(k) != NULL; k++)
            line(unroll_networks[i]->model(k), unroll_networks[i]->model_title(k));
}

static void list_tasks(void)
{
    for (int i = 0; i < unroll_task_count; i++)
        line(unroll_tasks[i]->name, unroll_tasks[i]->title);
}

static void list_isas(void)
{
    for (int i = 0; i < unroll_isa_count; i++) {
        const unroll_isa *isa = &unroll_isas[i];
        line(isa->name, isa == unroll_isa_now() ? "in use" : isa->supported() ? "there" : "not in this processor");
    }
}

static void list_settings(void)
{
    unroll_print_settings(stdout);
}

static void list_commands(void)
{
    for (int i = 0; i < unroll_command_count; i++)
        line(unroll_commands[i]->name, unroll_commands[i]->help);
}

static const struct {
    const char *name;
    void (*print)(void);
} lists[] = {{"experiments", list_experiments}, {"models", list_models}, {"cells", list_cells},       {"tasks", list_tasks},
             {"isas", list_isas},               {"settings", list_settings}, {"commands", list_commands}};

enum { LISTS = (int)(sizeof lists / sizeof lists[0]) };

static const char usage[] = "[experiments|models|cells|tasks|isas|settings|commands]";

static const unroll_option options[] = {
    {"--format", "F", "format of the list of models: text, or md, the table of lib/cells/README.md (default: text)"},
    {NULL, NULL, NULL},
};

/* models alone, with all that there is to tell of them */
static unroll_status list_models_in_full(const char *format)
{
    if (format == NULL || strcmp(format, "text") == 0)
        return unroll_print_models(UNROLL_FORMAT_TEXT, stdout);
    if (strcmp(format, "md") == 0)
        return unroll_print_models(UNROLL_FORMAT_MARKDOWN, stdout);
    return unroll_error(UNROLL_WRONG, "--format %.40s is none of text, md", format);
}

static unroll_status run(const unroll_arguments *arguments, const atomic_bool *stop)
{
    const char *wanted = arguments->word_count == 1 ? arguments->words[0] : NULL;
    const char *format = unroll_option_get(arguments, "--format");
    bool found = wanted == NULL;
    (void)stop;
    if (wanted != NULL && strcmp(wanted, "models") == 0)
        return list_models_in_full(format);
    if (format != NULL)
        return unroll_error(UNROLL_WRONG, "--format is for unroll list models only");
    for (int i = 0; i < LISTS; i++) {
        if (wanted != NULL && strcmp(wanted, lists[i].name) != 0)
            continue;
        found = true;
        if (wanted == NULL)
            printf("%s%s:\n", i > 0 ? "\n" : "", lists[i].name);
        lists[i].print();
    }
    return found ? unroll_ok()
                 : unroll_error(UNROLL_WRONG, "there is no list of %.60s; unroll list takes %s", wanted, usage);
}

const unroll_command command_list = {.name = "list",
                                     .usage = usage,
                                     .help = "list experiments, models, tasks, settings and more",
                                     .order = 70,
                                     .most_words = 1,
                                     .run = run,
                                     .options = options};
