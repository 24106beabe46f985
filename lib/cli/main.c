/* The whole program: global options, the choice of the command, signals, the exit status. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/settings.h"
#include "base/stop.h"
#include "base/version.h"
#include "cli/cli.h"
#include "model/check.h"
#include "nightly/slowed.h"
#include "simd/engine.h"
#include "store/store.h"
#include "sweep/sweep.h"

/* The first Ctrl-C asks for a clean end, the second one kills. */
static void request_stop(int number)
{
    if (unroll_stop_request()) {
        signal(number, SIG_DFL);
        raise(number);
    }
}

/* A closed standard stream would lend its number to the next file that is opened, and lines meant for it would end up in
   a record. Reading only: writing to it still fails, and is told. */
static void hold_streams(void)
{
    for (int i = 0; i < 3; i++)
        if (fcntl(i, F_GETFD) < 0 && open("/dev/null", O_RDONLY) < 0)
            return;
}

static void catch_signals(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = request_stop;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is then told like a full disk */
}

int unroll_say(unroll_status status)
{
    if (status.code == UNROLL_OK)
        return 0;
    fflush(stdout);
    fprintf(stderr, "unroll: %s\n", status.text);
    switch (status.code) {
    case UNROLL_STOPPED:
        return UNROLL_EXIT_STOPPED;
    case UNROLL_ABSENT:
    case UNROLL_DAMAGED: /* a file that cannot be of use is a wrong call */
        return UNROLL_WRONG;
    default:
        return (int)status.code;
    }
}

/* UNROLL_SLOWED=5: what finds slowdowns is tried with it (lib/nightly/README.md). */
static void slow_down(void)
{
    const char *percent = getenv("UNROLL_SLOWED");
    if (percent != NULL && atof(percent) > 0)
        unroll_isa_use(unroll_isa_slowed(unroll_isa_now(), atof(percent)));
}

typedef struct global_options {
    bool help, version;
    const char *isa; /* NULL: not given */
} global_options;

/* Removes the options that every command has from argv; returns the new argc, or -1 when --isa lacks its name. */
static int extract_globals(int argc, char **argv, global_options *globals)
{
    int kept = 0;
    for (int i = 0; i < argc; i++) {
        if (i > 0 && strcmp(argv[i], "--help") == 0) {
            globals->help = true;
        } else if (i > 0 && strcmp(argv[i], "--version") == 0) {
            globals->version = true;
        } else if (i > 0 && strncmp(argv[i], "--isa=", 6) == 0) {
            globals->isa = argv[i] + 6;
        } else if (i > 0 && strcmp(argv[i], "--isa") == 0) {
            if (i + 1 >= argc)
                return -1;
            globals->isa = argv[++i];
        } else {
            argv[kept++] = argv[i];
        }
    }
    argv[kept] = NULL;
    return kept;
}

static unroll_status find_command(const char *name, const unroll_command **command)
{
    const char *names[64], *nearest;
    int count = unroll_command_count < 64 ? unroll_command_count : 64;
    for (int i = 0; i < count; i++) {
        names[i] = unroll_commands[i]->name;
        if (strcmp(names[i], name) == 0) {
            *command = unroll_commands[i];
            return unroll_ok();
        }
    }
    nearest = unroll_nearest(name, names, count);
    if (nearest != NULL)
        return unroll_error(UNROLL_WRONG, "there is no command %.60s; did you mean %s?", name, nearest);
    return unroll_error(UNROLL_WRONG, "there is no command %.60s; unroll --help lists them", name);
}

static unroll_status call(const unroll_command *command, int argc, char **argv)
{
    unroll_arguments arguments;
    unroll_status status = unroll_arguments_read(command, argc, argv, &arguments);
    if (status.code == UNROLL_OK)
        status = command->run(&arguments, unroll_stop_flag());
    unroll_arguments_free(&arguments);
    return status;
}

/* What stdout would not take (a full disk) is a failure, too. */
static int close_stdout(int status)
{
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "unroll: cannot write to standard output: %s\n", strerror(errno));
        return status == 0 ? (int)UNROLL_FAILED : status;
    }
    return status;
}

int unroll_main(int argc, char **argv)
{
    global_options globals = {0};
    const unroll_command *command = NULL;
    unroll_status status;
    unroll_store_child(argc, argv);
    hold_streams();
    status = unroll_check_registry();
    if (status.code != UNROLL_OK)
        return unroll_say(status);
    unroll_start();
    argc = extract_globals(argc, argv, &globals);
    if (argc < 0)
        return unroll_say(unroll_error(UNROLL_WRONG, "--isa needs a name; unroll list isas shows them"));
    if (globals.version) {
        printf("unroll %s (%s)\n", unroll_version(), unroll_commit());
        return close_stdout(0);
    }
    if (argc < 2) {
        unroll_print_help(globals.help ? stdout : stderr);
        return globals.help ? close_stdout(0) : (int)UNROLL_WRONG;
    }
    status = find_command(argv[1], &command);
    if (status.code != UNROLL_OK)
        return unroll_say(status);
    if (globals.help) {
        unroll_print_command_help(command, stdout);
        return close_stdout(0);
    }
    status = unroll_isa_start(globals.isa);
    if (status.code != UNROLL_OK)
        return unroll_say(status);
    slow_down();
    catch_signals();
    return close_stdout(unroll_say(call(command, argc - 1, argv + 1)));
}
