/* cli.h: the command line. One file a command in this folder, command_X.c, defines `const unroll_command command_X`.

   A command is called with its own words, sorted out by its table; --help, --version and --isa have been removed before.
   What it prints goes to stdout; the status that it returns becomes the sentence on stderr and the exit status. */
#ifndef UNROLL_CLI_CLI_H
#define UNROLL_CLI_CLI_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/status.h"
#include "report/report.h"

typedef struct unroll_option {
    const char *name;  /* "--jobs" */
    const char *value; /* what is to follow it, as shown in --help: "N"; NULL: a switch */
    const char *help;  /* one line */
} unroll_option;

struct unroll_arguments;

typedef struct unroll_command {
    const char *name;
    const char *usage; /* what follows the name: "EXPERIMENT [setting=value,value... ...] [options]" */
    const char *help;  /* one line */
    int order;         /* place in --help */
    int least_words, most_words; /* that are neither options nor name=value */
    unroll_status (*run)(const struct unroll_arguments *arguments, const atomic_bool *stop);
    const unroll_option *options; /* ended by a NULL name; NULL: none */
    bool settings;    /* accepts name=value words, each name once; its --help lists the settings */
    bool lists;       /* the value may be a list: an axis */
    const char *more; /* further lines of its --help, ended by a line break; NULL: none */
} unroll_command;

extern const unroll_command *const unroll_commands[]; /* generated from lib/cli/ */
extern const int unroll_command_count;

enum { UNROLL_EXIT_STOPPED = 130 }; /* interrupted: 128 + SIGINT, as shells have it */

/* ---- for main ---- */

/* Registers every settings row (core, cells, tasks, bench); what main calls first. A second call does nothing. */
void unroll_start(void);
/* The whole program; returns the exit status: 0 done, 1 a run failed, 2 the call was wrong, 3 nothing to do,
   130 interrupted. */
int unroll_main(int argc, char **argv);

/* A command's words, sorted out. The strings are argv's own. */
typedef struct unroll_arguments {
    const unroll_option *options; /* the command's */
    const char **words;           /* owned: what is neither an option nor name=value */
    int word_count;
    const char **assignments; /* owned: name=value, when the command takes settings */
    int assignment_count;
    const char *values[32]; /* of options, in table order: NULL: not given; "" for a switch that was */
} unroll_arguments;

/* argv[0] is the command's name. Fails with UNROLL_WRONG for an unknown option (naming the nearest), one that lacks its value
   or has one too many, for a setting that is given twice, and when there are fewer words or more than the command has. Both
   "--jobs 4" and "--jobs=4" are read. To be freed in any case. */
unroll_status unroll_arguments_read(const unroll_command *command, int argc, char **argv, unroll_arguments *arguments);
void unroll_arguments_free(unroll_arguments *arguments);

/* Prints "unroll: <sentence>" on stderr unless the status is OK; returns the exit status that belongs to it. */
int unroll_say(unroll_status status);

/* ---- for commands ---- */

/* The value of option `name` ("" for a switch), or NULL when it was not given. */
const char *unroll_option_get(const unroll_arguments *arguments, const char *name);
/* Reads a whole number in low..high into *value, which stays as it is when the option was not given. */
unroll_status unroll_option_int(const unroll_arguments *arguments, const char *name, int low, int high, int *value);

/* The value of --format: text, md, csv or html; text where it is not given. */
unroll_status unroll_option_format(const unroll_arguments *arguments, unroll_format *format);

/* The experiment of that name. UNROLL_WRONG names the nearest. */
unroll_status unroll_read_experiment(const char *name, const unroll_experiment **experiment);

/* Experiments and where their results lie. */
typedef struct unroll_selection {
    const unroll_experiment **experiments; /* owned */
    int count;
    bool named; /* by the user; else they are all that there are */
    const char *results;
} unroll_selection;

/* The experiments that the words name, or all of them, and the folder of option --results. UNROLL_WRONG names the nearest.
   To be freed in any case. */
unroll_status unroll_selection_read(const unroll_arguments *arguments, unroll_selection *selection);
void unroll_selection_free(unroll_selection *selection);
/* The folder of option --results, which stays as it is when that was not given. */
unroll_status unroll_read_results(const unroll_arguments *arguments, const char **results);

/* ---- help ---- */
void unroll_print_help(FILE *out);
void unroll_print_command_help(const unroll_command *command, FILE *out);
/* Every setting by section: name=range or choices, default with unit, help. */
void unroll_print_settings(FILE *out);

#endif
