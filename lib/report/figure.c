/* Figures by gnuplot: one script a figure, drawn as SVG and PNG. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "report/inside.h"

unroll_status unroll_plot_script(const char *name, char path[UNROLL_FILE_ROOM])
{
    char folder[UNROLL_FILE_ROOM];
    if (!unroll_find_folder("plots", "common.gp", "UNROLL_PLOTS", folder))
        return unroll_error(UNROLL_WRONG,
                            "the folder plots/ with the scripts of the figures is nowhere: neither here nor "
                            "above the program");
    snprintf(path, UNROLL_FILE_ROOM, "%.3900s/%.100s.gp", folder, name);
    if (access(path, R_OK) != 0)
        return unroll_error(UNROLL_WRONG, "there is no script %.300s", path);
    return unroll_ok();
}

void unroll_plot_caption(const char *script, char *out, size_t room)
{
    FILE *file = fopen(script, "r");
    char line[1024];
    size_t used = 0;
    out[0] = '\0';
    while (file != NULL && fgets(line, sizeof line, file) != NULL && line[0] == '#' && used < room) {
        line[strcspn(line, "\n")] = '\0';
        if (line[1] == ' ')
            used += (size_t)snprintf(out + used, room - used, "%s%s", used > 0 ? " " : "", line + 2);
    }
    if (file != NULL)
        fclose(file);
}

extern char **environ;

/* Runs "gnuplot -e SETUP COMMON SCRIPT" with its complaints going to a file. *status: as waitpid gives it. Returns 0, or
   errno when it could not be run. */
static int run_gnuplot(const char *setup, const char *common, const char *script, const char *complaints, int *status)
{
    char *const words[] = {"gnuplot", "-e", (char *)setup, (char *)common, (char *)script, NULL};
    posix_spawn_file_actions_t actions;
    pid_t child;
    int reason = posix_spawn_file_actions_init(&actions);
    if (reason != 0)
        return reason;
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, complaints, O_WRONLY | O_CREAT | O_TRUNC, 0666);
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

/* Draws into FIGURE.FORMAT by way of FIGURE.part.FORMAT, so that a figure is whole or the one before. */
static unroll_status draw(const char *script, const char *data, const char *figure, const char *format)
{
    char common[UNROLL_FILE_ROOM], part[UNROLL_FILE_ROOM], path[UNROLL_FILE_ROOM], complaints[UNROLL_FILE_ROOM];
    char setup[4 * UNROLL_FILE_ROOM], complaint[300];
    struct stat what;
    int status = 0, reason;
    UNROLL_TRY(unroll_plot_script("common", common));
    snprintf(path, sizeof path, "%.3900s.%s", figure, format);
    snprintf(part, sizeof part, "%.3900s.part.%s", figure, format);
    snprintf(complaints, sizeof complaints, "%.3900s/gnuplot.log", data);
    snprintf(setup, sizeof setup, "FORMAT='%s'; OUTPUT='%s'; DATA='%s'", format, part, data);
    unlink(part);
    reason = run_gnuplot(setup, common, script, complaints, &status);
    if (reason == 0 && status == 0 && stat(part, &what) == 0 && what.st_size > 0) {
        unlink(complaints);
        return rename(part, path) == 0 ? unroll_ok()
                                       : unroll_error(UNROLL_FAILED, "cannot write %.300s: %s", path, strerror(errno));
    }
    unlink(part);
    if (reason == ENOENT)
        return unroll_error(UNROLL_FAILED, "gnuplot is not installed (Debian: apt-get install gnuplot-nox; macOS: brew "
                                           "install gnuplot), so there are no figures");
    if (reason != 0)
        return unroll_error(UNROLL_FAILED, "gnuplot cannot be started: %s", strerror(reason));
    read_complaint(complaints, complaint, sizeof complaint);
    return unroll_error(UNROLL_FAILED, "gnuplot could not draw %.200s: %s", path,
                        complaint[0] != '\0' ? complaint : "it wrote nothing");
}

static unroll_status draw_figure(const unroll_experiment *experiment, const unroll_table *table, const char *name,
                                 const char *results, FILE *out)
{
    static const char *const formats[] = {"svg", "png"};
    char script[UNROLL_FILE_ROOM], figure[UNROLL_FILE_ROOM], data[UNROLL_FILE_ROOM];
    UNROLL_TRY(unroll_plot_script(name, script));
    snprintf(figure, sizeof figure, "%.3000s/figures/%.100s", results, name);
    snprintf(data, sizeof data, "%.3000s/figures/data/%.100s", results, name);
    if (strchr(figure, '\'') != NULL)
        return unroll_error(UNROLL_WRONG, "gnuplot cannot draw into a folder with a quotation mark in its name");
    UNROLL_TRY(unroll_figure_data(experiment, table, script, data));
    for (int i = 0; i < 2; i++) {
        UNROLL_TRY(draw(script, data, figure, formats[i]));
        fprintf(out, "%s.%s\n", figure, formats[i]);
    }
    return unroll_ok();
}

unroll_status unroll_plot(const unroll_experiment *experiment, const char *results, FILE *out)
{
    const char *rest = experiment->figures;
    char name[101];
    unroll_table *table;
    unroll_status status = unroll_ok();
    UNROLL_TRY(unroll_report_load(experiment, results, &table));
    while (status.code == UNROLL_OK && unroll_next_word(&rest, name, sizeof name))
        status = draw_figure(experiment, table, name, results, out);
    unroll_table_free(table);
    return status;
}
