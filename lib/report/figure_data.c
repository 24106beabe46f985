/* What a gnuplot script draws: text files made of a gathered table, as the lines "#! ..." at its head ask for. A line is

       #! NAME: curve CURVE over AXIS by COLUMN... [where FILTER]       median of a curve, by the mean of another
       #! NAME: median METRIC over COLUMN by COLUMN... [where FILTER]   median of a metric for each value of a column
       #! NAME: share METRIC over COLUMN by COLUMN... [where FILTER]    share of the runs where it is 1
       #! NAME: run METRIC CURVE... by COLUMN... [where FILTER]         curves of the run with the median METRIC
       #! NAME: beside COLUMN by COLUMN... [where FILTER]               what another experiment has measured, at 0

   ("#?" for what may be without data: NAME_n is then 0) and gives the file NAME.dat: a block for each combination of the
   "by" columns (gnuplot's index 0, 1, ...), with lines of x, median or share, low, high, or point, CURVE... (run). An end that is
   infinite, as of runs that diverged, is drawn at the largest value that there is. METRIC may have endings as in
   unroll_experiment's columns. NAME is a variable's name, too: letters, digits and underscores. gnuplot finds the file's name in
   NAME_file, its number of blocks in NAME_n, the metric's unit in NAME_unit, and of each COLUMN what figure_variables.c says.

   The COLUMN "others", the last one, stands for every other setting that runs on one point differ in: NAME_others holds
   "lr 0.01" in double quotes for each block, NAME_others_values each of them once, and both are empty where there is none.
   Without it, or with more blocks than can be told apart, these runs are taken together, and the caption says so. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "model/network.h"
#include "report/doubt.h"
#include "report/figure_data.h"

enum { MOST_BLOCKS = 24 }; /* of a request with others: more are not told apart */

static unroll_status out_of_memory(void)
{
    return unroll_error(UNROLL_FAILED, "out of memory for the data of a figure");
}

/* ---- reading the requests ---- */

static unroll_status not_understood(const char *script, const char *line)
{
    return unroll_error(UNROLL_WRONG, "%.200s: the line \"%.200s\" asks for nothing that there is", script, line);
}

static void add_word(char *list, size_t room, const char *word)
{
    size_t used = strlen(list);
    snprintf(list + used, room - used, "%s%s", used > 0 ? " " : "", word);
}

/* Whether `name` can be one of a variable, and so of a file that gnuplot takes for nothing else. */
static bool is_name(const char *name)
{
    for (const char *c = name; *c != '\0'; c++)
        if (!isalpha((unsigned char)*c) && *c != '_' && (c == name || !isdigit((unsigned char)*c)))
            return false;
    return name[0] != '\0';
}

static unroll_status read_request(const char *script, const char *line, unroll_request *out)
{
    char word[128], *target = out->curves;
    const char *rest = line;
    bool known, run, beside;
    memset(out, 0, sizeof *out);
    if (!unroll_next_word(&rest, word, sizeof word) || strlen(word) < 2 || strlen(word) >= sizeof out->name ||
        word[strlen(word) - 1] != ':')
        return not_understood(script, line);
    memcpy(out->name, word, strlen(word) - 1);
    if (!is_name(out->name) || !unroll_next_word(&rest, out->kind, sizeof out->kind) ||
        !unroll_next_word(&rest, out->metric, sizeof out->metric))
        return not_understood(script, line);
    while (unroll_next_word(&rest, word, sizeof word)) {
        if (strcmp(word, "over") == 0)
            unroll_next_word(&rest, out->over, sizeof out->over);
        else if (strcmp(word, "by") == 0)
            target = out->by;
        else if (strcmp(word, "where") == 0)
            target = out->where;
        else if (target == out->by && strcmp(word, "others") == 0)
            out->others = true;
        else
            add_word(target, sizeof out->by, word);
    }
    run = strcmp(out->kind, "run") == 0;
    beside = strcmp(out->kind, "beside") == 0;
    known = run || beside || strcmp(out->kind, "curve") == 0 || strcmp(out->kind, "median") == 0 || strcmp(out->kind, "share") == 0;
    /* curves are a run's alone; it has no axis, as what stands beside has none */
    if (!known || out->by[0] == '\0' || (out->curves[0] != '\0') != run || (out->over[0] == '\0') != (run || beside))
        return not_understood(script, line);
    UNROLL_TRY(unroll_measure_read(out->metric, &out->measure));
    out->measure.is |= strcmp(out->kind, "share") == 0 ? UNROLL_IS_SHARE : 0;
    unroll_text_copy(out->metric, sizeof out->metric, out->measure.name);
    return unroll_ok();
}

/* ---- the files ---- */

/* The comment that a block begins with, on one line whatever the values are. */
static void print_head(const unroll_request *r, const unroll_groups *groups, int group, FILE *out)
{
    char value[UNROLL_VALUE_ROOM], shown[UNROLL_VALUE_ROOM];
    fprintf(out, "%s#", group > 0 ? "\n\n" : "");
    for (int c = 0; c < groups->column_count; c++)
        fprintf(out, " %s=%s", groups->column[c],
                unroll_text_quote(value, sizeof value, unroll_field_show(groups->group[group].by[c], shown)));
    if (strcmp(r->kind, "run") == 0)
        fprintf(out, ": point %s\n", r->curves);
    else if (strcmp(r->kind, "beside") == 0)
        fprintf(out, ": 0, %s, low, high\n", r->metric);
    else
        fprintf(out, ": %s, %s of %s, low, high\n", r->over, strcmp(r->kind, "share") == 0 ? "share" : "median", r->metric);
}

static unroll_status write_blocks(const unroll_drawing *d, const unroll_request *r, const unroll_groups *groups, FILE *out)
{
    int points = 0, before;
    for (int g = 0; g < groups->count; g++) {
        print_head(r, groups, g, out);
        before = points;
        UNROLL_TRY(unroll_figure_block(d, r, &groups->group[g], out, &points));
        if (points == before)
            fputs("NaN NaN NaN NaN\n", out); /* gnuplot does not count a block without any line */
    }
    if (points == 0)
        return unroll_error(UNROLL_NOTHING, "%.200s has no data to draw: no run of %s has a value of %s", d->script,
                            d->experiment->name, r->metric);
    return unroll_figure_variables(d, r, groups);
}

/* ---- what a point takes together ---- */

/* How many groups the rows to draw fall into, INT_MAX where they are more than can be made. */
static unroll_status count_groups(const unroll_drawing *d, const char *columns, int *count)
{
    unroll_groups groups;
    unroll_status status = unroll_groups_make(d->experiment, d->table, columns, d->keep, &groups);
    *count = status.code == UNROLL_OK ? groups.count : INT_MAX;
    unroll_groups_free(&groups);
    return status;
}

/* The settings that part the runs of a request's points: one that only goes along with another parts nothing. */
static unroll_status find_others(const unroll_drawing *d, const unroll_request *r, char others[UNROLL_COLUMNS_ROOM])
{
    char point[600], candidates[UNROLL_COLUMNS_ROOM], columns[2 * UNROLL_COLUMNS_ROOM], word[48];
    const char *rest = candidates;
    bool along = strcmp(r->kind, "curve") != 0; /* a column, though a curve may have its name, as the seconds do */
    int points, parted;
    others[0] = '\0';
    snprintf(point, sizeof point, "%s %s", r->by, along && unroll_table_find(d->table, r->over) != NULL ? r->over : "");
    UNROLL_TRY(count_groups(d, point, &points));
    unroll_groups_default(d->experiment, d->table, d->keep, point, candidates);
    while (unroll_next_word(&rest, word, sizeof word)) {
        unroll_status status;
        snprintf(columns, sizeof columns, "%s %s %s", point, others, word);
        status = count_groups(d, columns, &parted);
        if (status.code != UNROLL_OK && status.code != UNROLL_WRONG) /* wrong: they are too many */
            return status;
        if (parted > points)
            add_word(others, UNROLL_COLUMNS_ROOM, word);
        points = parted;
    }
    return unroll_ok();
}

/* The columns of a request's blocks: with the others that it asks for, unless these would be too many; what is not parted is
   noted. A yardstick is the same for all. */
static unroll_status choose_columns(const unroll_drawing *d, const unroll_request *r, char columns[2 * UNROLL_COLUMNS_ROOM])
{
    char others[UNROLL_COLUMNS_ROOM], word[48];
    const char *rest = others;
    int blocks = INT_MAX;
    snprintf(columns, 2 * UNROLL_COLUMNS_ROOM, "%s", r->by);
    if ((r->measure.is & UNROLL_IS_GIVEN) != 0)
        return unroll_ok();
    UNROLL_TRY(find_others(d, r, others));
    snprintf(columns, 2 * UNROLL_COLUMNS_ROOM, "%s %s", r->by, others);
    if (r->others) {
        unroll_status status = count_groups(d, columns, &blocks);
        if (status.code != UNROLL_OK && status.code != UNROLL_WRONG)
            return status;
    }
    if (blocks <= MOST_BLOCKS)
        return unroll_ok();
    snprintf(columns, 2 * UNROLL_COLUMNS_ROOM, "%s", r->by);
    while (unroll_next_word(&rest, word, sizeof word))
        if (strstr(d->together, word) == NULL)
            add_word(d->together, UNROLL_COLUMNS_ROOM, word);
    return unroll_ok();
}

static unroll_status answer(const unroll_drawing *d, const char *line)
{
    char path[UNROLL_FILE_ROOM], columns[2 * UNROLL_COLUMNS_ROOM];
    unroll_request r;
    unroll_groups groups;
    unroll_text_file file;
    unroll_status status;
    UNROLL_TRY(read_request(d->script, line, &r));
    UNROLL_TRY(unroll_select(d->table, r.where, false, d->keep));
    UNROLL_TRY(choose_columns(d, &r, columns));
    UNROLL_TRY(unroll_groups_make(d->experiment, d->table, columns, d->keep, &groups));
    snprintf(path, sizeof path, "%.4000s/%s.dat", d->folder, r.name);
    status = unroll_text_file_open(&file, path);
    if (status.code == UNROLL_OK) {
        unroll_status closed;
        status = write_blocks(d, &r, &groups, file.out);
        closed = unroll_text_file_close(&file, status.code == UNROLL_OK);
        status = status.code == UNROLL_OK ? closed : status;
    }
    unroll_groups_free(&groups);
    return status;
}

static unroll_status answer_all(const unroll_drawing *d)
{
    FILE *script = fopen(d->script, "r");
    unroll_status status = unroll_ok();
    char line[1024], name[48] = "";
    if (script == NULL)
        return unroll_error(UNROLL_FAILED, "cannot read %.300s: %s", d->script, strerror(errno));
    while (status.code == UNROLL_OK && fgets(line, sizeof line, script) != NULL && line[0] == '#') {
        line[strcspn(line, "\n")] = '\0';
        if (line[1] == '!' || line[1] == '?')
            status = answer(d, line + 2);
        if (line[1] == '?' && status.code == UNROLL_NOTHING) {
            sscanf(line, "#? %47[^:]", name);
            fprintf(d->variables, "%s_n = 0\n", name);
            status = unroll_ok();
        }
    }
    fclose(script);
    return status;
}

/* Every model that there is, in the order that gives it its colour and its mark. */
static void print_models(FILE *out)
{
    char models[4096] = "";
    for (int i = 0; i < unroll_network_count; i++)
        for (int k = 0; unroll_networks[i]->model(k) != NULL; k++)
            add_word(models, sizeof models, unroll_networks[i]->model(k));
    unroll_figure_string("models", models, out);
}

static bool has_beside(const unroll_table *table)
{
    for (int row = 0; row < table->rows; row++)
        if (unroll_doubt_of(table, row) == UNROLL_DOUBT_BESIDE)
            return true;
    return false;
}

static unroll_status write_variables(const unroll_drawing *d)
{
    char caption[1024];
    UNROLL_TRY(unroll_plot_caption(d->script, caption, sizeof caption));
    unroll_figure_string("experiment", d->experiment->name, d->variables);
    print_models(d->variables);
    unroll_figure_string("time_note", has_beside(d->table) ? ", runs side by side" : "", d->variables);
    unroll_figure_string("experiment_title", d->experiment->title, d->variables);
    fprintf(d->variables, "runs = %d\n", d->table->rows);
    unroll_figure_string("caption", caption, d->variables);
    UNROLL_TRY(answer_all(d));
    if (d->together[0] != '\0')
        fprintf(d->variables, "caption = caption.' A point takes runs with different values of %s together.'\n", d->together);
    return unroll_ok();
}

unroll_status unroll_figure_data(const unroll_experiment *experiment, const unroll_table *table, const char *script,
                                 const char *folder)
{
    char path[UNROLL_FILE_ROOM];
    char together[UNROLL_COLUMNS_ROOM] = "";
    unroll_drawing d = {.experiment = experiment, .table = table, .script = script, .folder = folder, .together = together};
    unroll_text_file variables;
    unroll_status status, closed;
    UNROLL_TRY(unroll_make_folder(folder));
    snprintf(path, sizeof path, "%.4000s/data.gp", folder);
    UNROLL_TRY(unroll_text_file_open(&variables, path));
    d.variables = variables.out;
    d.keep = malloc((size_t)table->rows * sizeof *d.keep);
    status = d.keep != NULL ? unroll_beside_open(experiment, table, &d.beside) : out_of_memory();
    if (status.code == UNROLL_OK)
        status = write_variables(&d);
    unroll_beside_close(&d.beside);
    free(d.keep);
    closed = unroll_text_file_close(&variables, status.code == UNROLL_OK);
    return status.code == UNROLL_OK ? closed : status;
}
