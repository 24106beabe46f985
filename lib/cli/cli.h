/* cli.h: the command line. One file a command in this folder defines `const unroll_command command_NAME`. */
#ifndef UNROLL_CLI_CLI_H
#define UNROLL_CLI_CLI_H

#include <stdatomic.h>

typedef struct unroll_command {
    const char *name, *usage, *help; /* help: one line */
    int order;                       /* place in --help */
    int (*run)(int argc, char **argv, const atomic_bool *stop); /* argv[0] is the command's name; returns the exit status */
} unroll_command;

extern const unroll_command *const unroll_commands[]; /* generated from lib/cli/ */
extern const int unroll_command_count;

/* Registers every settings row (core, cells, tasks); what main calls first. */
void unroll_start(void);
/* The whole program; returns the exit status: 0 done, 1 a run failed, 2 the call was wrong, 3 nothing to do. */
int unroll_main(int argc, char **argv);

#endif
