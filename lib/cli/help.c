/* --help at every level, from the tables of commands, options and settings. */
#include <stdlib.h>
#include <string.h>

#include "base/settings.h"
#include "base/version.h"
#include "cli/cli.h"

static int by_order(const void *a, const void *b)
{
    const unroll_command *x = *(const unroll_command *const *)a, *y = *(const unroll_command *const *)b;
    return x->order != y->order ? (x->order < y->order ? -1 : 1) : strcmp(x->name, y->name);
}

void unroll_print_help(FILE *out)
{
    const unroll_command *sorted[64];
    int count = unroll_command_count < 64 ? unroll_command_count : 64;
    for (int i = 0; i < count; i++)
        sorted[i] = unroll_commands[i];
    qsort(sorted, (size_t)count, sizeof sorted[0], by_order);
    fprintf(out, "unroll %s: trains, sweeps and compares recurrent networks on processors\n\n", unroll_version());
    fprintf(out, "usage: unroll COMMAND [arguments]\n\ncommands:\n");
    for (int i = 0; i < count; i++)
        fprintf(out, "  %-10s %s\n", sorted[i]->name, sorted[i]->help);
    fprintf(out,
            "\noptions of every command:\n"
            "  --help     this page, or that of a command\n"
            "  --version  the version and the commit that it was built from\n"
            "  --isa NAME the instruction set to use (unroll list isas shows them); or set the variable UNROLL_ISA\n"
            "\n"
            "exit status: 0 done, 1 a run failed, 2 the call was wrong, 3 nothing to do, %d interrupted\n",
            UNROLL_EXIT_STOPPED);
}

/* "1..16", "0..1000000", "sgd|rmsprop|adam", "yes|no", "TEXT" */
static void show_range(const unroll_setting *row, char *out, size_t room)
{
    switch (row->type) {
    case UNROLL_INT:
    case UNROLL_REAL:
        snprintf(out, room, "%.16g..%.16g", row->low, row->high);
        break;
    case UNROLL_CHOICE:
        snprintf(out, room, "%s", row->choices);
        break;
    case UNROLL_BOOL:
        snprintf(out, room, "yes|no");
        break;
    case UNROLL_TEXT:
        snprintf(out, room, "TEXT");
        break;
    }
}

static void print_section(const char *section, FILE *out)
{
    fprintf(out, "%s\n", section);
    for (int i = 0; i < unroll_setting_count(); i++) {
        const unroll_setting *row = unroll_setting_at(i);
        char range[96], left[160], fallback[128];
        if (strcmp(row->section, section) != 0)
            continue;
        show_range(row, range, sizeof range);
        snprintf(left, sizeof left, "%s=%s", row->name, range);
        snprintf(fallback, sizeof fallback, "%s%s%s", row->fallback[0] != '\0' ? row->fallback : "(none)",
                 row->unit[0] != '\0' ? " " : "", row->unit);
        fprintf(out, "  %-40s %-18s %s\n", left, fallback, row->help);
    }
}

void unroll_print_settings(FILE *out)
{
    for (int i = 0; i < unroll_setting_count(); i++) {
        bool printed = false;
        for (int j = 0; j < i && !printed; j++)
            printed = strcmp(unroll_setting_at(i)->section, unroll_setting_at(j)->section) == 0;
        if (!printed)
            print_section(unroll_setting_at(i)->section, out);
    }
}

void unroll_print_command_help(const unroll_command *command, FILE *out)
{
    fprintf(out, "usage: unroll %s %s\n\n%s\n", command->name, command->usage, command->help);
    if (command->options != NULL) {
        fprintf(out, "\noptions:\n");
        for (const unroll_option *option = command->options; option->name != NULL; option++) {
            char left[64];
            snprintf(left, sizeof left, "%s%s%s", option->name, option->value == NULL ? "" : option->name[0] == '-' ? " " : "=",
                     option->value != NULL ? option->value : "");
            fprintf(out, "  %-18s %s\n", left, option->help);
        }
    }
    if (command->more != NULL)
        fprintf(out, "\n%s", command->more);
    if (command->settings) {
        fprintf(out, "\nsettings: name=range or choices, default, meaning\n\n");
        unroll_print_settings(out);
    }
}
