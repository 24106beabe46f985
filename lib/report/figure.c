/* Figures by gnuplot: one script a figure, drawn as SVG and PNG. */
#define _GNU_SOURCE /* posix_spawn_file_actions_addchdir_np */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "report/inside.h"

unroll_status unroll_plot_script(const char *name, char path[UNROLL_FILE_ROOM])
{
    char folder[UNROLL_FILE_ROOM], script[UNROLL_FILE_ROOM], file[128];
    snprintf(file, sizeof file, "%.100s.gp", name);
    /* a build with EXTRA has a folder of its own, which holds what was added alone */
    if (!unroll_find_folder("plots", file, "UNROLL_PLOTS", folder) &&
        !unroll_find_folder("plots", "common.gp", "UNROLL_PLOTS", folder))
        return unroll_error(UNROLL_WRONG,
                            "the folder plots/ with the scripts of the figures is nowhere above the program");
    snprintf(script, sizeof script, "%.3900s/%s", folder, file);
    if (realpath(script, path) != NULL)
        return unroll_ok();
    if (errno == ENOENT || errno == ENOTDIR)
        return unroll_error(UNROLL_WRONG, "there is no script %.300s", script);
    return unroll_error(UNROLL_FAILED, "cannot read %.300s: %s", script, strerror(errno));
}

unroll_status unroll_plot_caption(const char *script, char *out, size_t room)
{
    FILE *file = fopen(script, "r");
    char line[1024];
    size_t used = 0;
    out[0] = '\0';
    if (file == NULL)
        return unroll_error(UNROLL_FAILED, "cannot read %.300s: %s", script, strerror(errno));
    while (fgets(line, sizeof line, file) != NULL && line[0] == '#' && used < room) {
        line[strcspn(line, "\n")] = '\0';
        if (line[1] == ' ')
            used += (size_t)snprintf(out + used, room - used, "%s%s", used > 0 ? " " : "", line + 2);
    }
    fclose(file);
    return unroll_ok();
}

/* ---- gnuplot ---- */

/* A format and how its last bytes begin: what lacks them was cut short, which gnuplot does not tell. */
typedef struct drawn_format {
    const char *name, *setup, *end;
} drawn_format;

static const drawn_format formats[] = {{"svg", "FORMAT='svg'", "</svg>"}, {"png", "FORMAT='png'", "IEND"}};

extern char **environ;

/* Runs gnuplot over the scripts, which have absolute paths: one that begins with '<' would be run. Its working folder is
   the data's, so that no folder's name is ever part of what it interprets; what it draws and what it complains of go to
   files that are open already. *status: as waitpid gives it. Returns 0, or errno when it could not be run. */
static int run_gnuplot(const drawn_format *format, const char *common, const char *script, const char *data,
                       int picture, int complaints, int *status)
{
    /* -d: no settings but ours */
    char *const words[] = {"gnuplot", "-d", "-e", (char *)format->setup, (char *)common, (char *)script, NULL};
    posix_spawn_file_actions_t actions;
    pid_t child;
    int reason = posix_spawn_file_actions_init(&actions);
    if (reason != 0)
        return reason;
    reason = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (reason == 0)
        reason = posix_spawn_file_actions_adddup2(&actions, picture, STDOUT_FILENO);
    if (reason == 0)
        reason = posix_spawn_file_actions_adddup2(&actions, complaints, STDERR_FILENO);
    if (reason == 0)
        reason = posix_spawn_file_actions_addchdir_np(&actions, data);
    if (reason == 0)
        reason = posix_spawnp(&child, words[0], &actions, NULL, words, environ);
    posix_spawn_file_actions_destroy(&actions);
    while (reason == 0 && waitpid(child, status, 0) < 0)
        reason = errno == EINTR ? 0 : errno;
    return reason;
}

/* The line of gnuplot's complaint that says what is wrong. */
static void read_complaint(const char *path, char *out, size_t room)
{
    FILE *file = fopen(path, "r");
    char line[512];
    out[0] = '\0';
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strchr(line, '^') == NULL && line[strspn(line, " ")] != '\0')
            unroll_text_copy(out, room, line);
    }
    if (file != NULL)
        fclose(file);
}

/* Whether the last bytes of a picture are those of its format. */
static bool is_whole(const char *path, const char *end)
{
    enum { LAST = 16 };
    unsigned char last[LAST] = {0};
    size_t length = strlen(end), count = 0;
    FILE *file = fopen(path, "rb");
    if (file != NULL && fseek(file, -LAST, SEEK_END) == 0)
        count = fread(last, 1, LAST, file);
    if (file != NULL)
        fclose(file);
    for (size_t i = 0; i + length <= count; i++)
        if (memcmp(last + i, end, length) == 0)
            return true;
    return false;
}

/* ---- a figure ---- */

/* reason: of no gnuplot at all; child: how gnuplot ended, which may have warned of something before it went well. */
static unroll_status not_drawn(const char *path, int reason, int child, const char *log)
{
    char complaint[300];
    if (reason == ENOENT)
        return unroll_error(UNROLL_FAILED, "gnuplot is not installed (Debian: apt-get install gnuplot-nox; macOS: brew "
                                           "install gnuplot), so there are no figures");
    if (reason != 0)
        return unroll_error(UNROLL_FAILED, "gnuplot cannot be started: %s", strerror(reason));
    if (child == 0)
        return unroll_error(UNROLL_FAILED, "gnuplot could not draw %.200s: it wrote no whole picture", path);
    read_complaint(log, complaint, sizeof complaint);
    return unroll_error(UNROLL_FAILED, "gnuplot could not draw %.200s: %s", path,
                        complaint[0] != '\0' ? complaint : "it does not say why");
}

static unroll_status cannot_write(const char *path)
{
    return unroll_error(UNROLL_FAILED, "cannot write %.300s: %s", path, strerror(errno));
}

/* What one call of gnuplot writes: the picture, and what it complains of. */
typedef struct output {
    char path[UNROLL_FILE_ROOM], part[UNROLL_FILE_ROOM];
    int file;
} output;

static unroll_status open_output(output *o, const char *folder, const char *name)
{
    snprintf(o->path, sizeof o->path, "%.3500s/%.100s", folder, name);
    o->file = unroll_unfinished_open(o->path, o->part);
    return o->file >= 0 ? unroll_ok() : cannot_write(o->path);
}

/* Closes it and, when it is to be kept, puts it in its place. */
static unroll_status close_output(output *o, bool keep)
{
    bool good = close(o->file) == 0;
    unroll_status status;
    if (keep && good && rename(o->part, o->path) == 0)
        return unroll_ok();
    status = keep ? cannot_write(o->path) : unroll_ok(); /* before errno is another call's */
    unlink(o->part);
    return status;
}

/* Draws into a file of no known name, so that a figure is whole or the one before; the complaints stay when there is
   none. */
static unroll_status draw(const char *script, const char *data, const char *figures, const char *name,
                          const drawn_format *format)
{
    char common[UNROLL_FILE_ROOM], file[128];
    output picture, log;
    int child = 0, reason;
    bool drawn;
    unroll_status status, closed;
    UNROLL_TRY(unroll_plot_script("common", common));
    snprintf(file, sizeof file, "%.100s.%s", name, format->name);
    UNROLL_TRY(open_output(&picture, figures, file));
    status = open_output(&log, data, "gnuplot.log");
    if (status.code != UNROLL_OK) {
        close_output(&picture, false);
        return status;
    }
    reason = run_gnuplot(format, common, script, data, picture.file, log.file, &child);
    drawn = reason == 0 && child == 0 && is_whole(picture.part, format->end);
    if (!drawn)
        status = not_drawn(picture.path, reason, child, log.part);
    closed = close_output(&picture, drawn);
    close_output(&log, !drawn && reason == 0);
    if (drawn)
        unlink(log.path); /* an earlier one's */
    return status.code == UNROLL_OK ? closed : status;
}

/* A figure of some runs has a name of its own: that of all stays what it was. */
static unroll_status draw_figure(const unroll_experiment *experiment, const unroll_table *table, const char *of, bool selected,
                                 const char *results, FILE *out)
{
    char script[UNROLL_FILE_ROOM], figures[UNROLL_FILE_ROOM], data[UNROLL_FILE_ROOM], name[128];
    if (strlen(results) > 3000)
        return unroll_error(UNROLL_WRONG, "the name of the folder of the results is longer than 3000 bytes");
    UNROLL_TRY(unroll_plot_script(of, script));
    snprintf(name, sizeof name, "%.100s%s", of, selected ? "-selected" : "");
    snprintf(figures, sizeof figures, "%.3000s/figures", results);
    snprintf(data, sizeof data, "%.3000s/figures/data/%s", results, name);
    UNROLL_TRY(unroll_figure_data(experiment, table, script, data));
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        UNROLL_TRY(draw(script, data, figures, name, &formats[i]));
        fprintf(out, "%s/%s.%s\n", figures, name, formats[i].name);
    }
    return unroll_ok();
}

unroll_status unroll_plot(const unroll_experiment *experiment, const char *results, const unroll_grouping *grouping, FILE *out)
{
    const char *rest = experiment->figures;
    char name[101];
    unroll_table *table;
    unroll_status status = unroll_ok();
    UNROLL_TRY(unroll_report_load(experiment, results, &table));
    if (grouping != NULL)
        status = unroll_keep_selected(experiment, grouping, table);
    while (status.code == UNROLL_OK && unroll_next_word(&rest, name, sizeof name))
        status = draw_figure(experiment, table, name, grouping != NULL, results, out);
    unroll_table_free(table);
    return status;
}
