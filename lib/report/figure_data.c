/* What a gnuplot script draws: text files made of a gathered table, as the lines "#! ..." at its head ask for. A line is

       #! NAME: curve CURVE over AXIS by COLUMN... [where FILTER]       median of a curve, by the mean of another
       #! NAME: median METRIC over COLUMN by COLUMN... [where FILTER]   median of a metric for each value of a column
       #! NAME: share METRIC over COLUMN by COLUMN... [where FILTER]    share of the runs where it is 1
       #! NAME: run METRIC CURVE... by COLUMN... [where FILTER]         curves of the run with the median METRIC

   ("#?" for what may be without data: NAME_n is then 0) and gives the file NAME.dat: a block for each combination of the
   "by" columns (gnuplot's index 0, 1, ...), with lines of x, median or share, low, high, or point, CURVE... (run). An end that is
   infinite, as of runs that diverged, is drawn at the largest value that there is. METRIC may have endings as in
   unroll_experiment's columns. NAME is a variable's name, too: letters, digits and underscores. gnuplot finds the file's name in
   NAME_file, its number of blocks in NAME_n, the metric's unit in NAME_unit, and of each COLUMN what print_values says.

   The COLUMN "others", the last one, stands for every other setting that runs on one point differ in: NAME_others holds
   "lr 0.01" in double quotes for each block, NAME_others_values each of them once, and both are empty where there is none.
   Without it, or with more blocks than can be told apart, these runs are taken together, and the caption says so. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/number.h"
#include "base/text.h"
#include "model/network.h"
#include "report/doubt.h"
#include "report/inside.h"

typedef struct request {
    char name[48], kind[16], metric[48], over[48];
    unroll_measure measure; /* the metric's */
    char curves[256]; /* of a run */
    char by[256], where[256];
    bool others; /* parts what a point would take together */
} request;

enum { MOST_BLOCKS = 24 }; /* of a request with others: more are not told apart */

typedef struct drawing {
    const unroll_experiment *experiment;
    const unroll_table *table;
    const char *script, *folder;
    FILE *variables; /* data.gp */
    bool *keep;      /* (rows) */
    char *together;  /* settings in which the runs of a point differ, of all requests */
} drawing;

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

static unroll_status read_request(const char *script, const char *line, request *out)
{
    char word[128], *target = out->curves;
    const char *rest = line;
    bool known, run;
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
    known = run || strcmp(out->kind, "curve") == 0 || strcmp(out->kind, "median") == 0 || strcmp(out->kind, "share") == 0;
    /* curves are a run's alone, and so is to have no axis */
    if (!known || out->by[0] == '\0' || (out->curves[0] != '\0') != run || (out->over[0] == '\0') != run)
        return not_understood(script, line);
    UNROLL_TRY(unroll_measure_read(out->metric, &out->measure));
    out->measure.is |= strcmp(out->kind, "share") == 0 ? UNROLL_IS_SHARE : 0;
    unroll_text_copy(out->metric, sizeof out->metric, out->measure.name);
    return unroll_ok();
}

/* ---- the blocks ---- */

/* `most`: where what is infinite is drawn. */
static void print_point(FILE *out, double x, const unroll_interval *y, double most, int *points)
{
    double low = isnan(y->low) ? y->estimate : y->low, high = isnan(y->high) ? y->estimate : y->high;
    if (isnan(x) || isnan(y->estimate) || isinf(y->estimate))
        return;
    /* without an interval the band has no width */
    fprintf(out, "%.9g %.9g %.9g %.9g\n", x, y->estimate, isinf(low) ? y->estimate : low, isinf(high) ? most : high);
    (*points)++;
}

static double curve_at(const unroll_table_curve *curve, int row, int point)
{
    return point < curve->length ? (double)curve->value[(size_t)row * (size_t)curve->length + (size_t)point] : NAN;
}

/* Median over a group's runs at each of their points: one that diverged is worst from there on. Where others have ended, those
   that go on stand alone. */
static unroll_status print_curve(const drawing *d, const request *r, const unroll_group *group, FILE *out, int *points)
{
    const unroll_table_curve *y = unroll_table_find_curve(d->table, r->metric);
    const unroll_table_curve *x = unroll_table_find_curve(d->table, r->over);
    double *values, most = 0;
    unroll_status status = unroll_ok();
    if (y == NULL || x == NULL)
        return unroll_ok();
    values = malloc(2 * (size_t)group->count * sizeof *values);
    if (values == NULL)
        return out_of_memory();
    for (int point = 0; point < y->length && status.code == UNROLL_OK; point++) {
        double sum = 0;
        int alive = 0;
        unroll_interval median;
        for (int i = 0; i < group->count; i++) {
            double where = curve_at(x, group->row[i], point);
            values[i] = curve_at(y, group->row[i], point);
            if (!isnan(values[i]) && !isnan(where)) {
                sum += where;
                alive++;
            }
            most = isfinite(values[i]) && values[i] > most ? values[i] : most;
            if (isnan(values[i]) && unroll_has_status(d->table, "diverged", group->row[i]))
                values[i] = INFINITY;
        }
        status = unroll_median(values, group->count, &median);
        if (status.code == UNROLL_OK)
            print_point(out, alive > 0 ? sum / alive : NAN, &median, most, points);
    }
    free(values);
    return status;
}

/* A line for each value of the column that lies on the x axis. */
static unroll_status print_medians(const drawing *d, const request *r, const unroll_group *group, FILE *out, int *points)
{
    bool *keep = calloc((size_t)d->table->rows, sizeof *keep);
    double most = 0;
    unroll_groups along;
    unroll_status status;
    if (keep == NULL)
        return out_of_memory();
    for (int i = 0; i < group->count; i++) {
        double value = unroll_measure_at(&r->measure, d->table, group->row[i]);
        keep[group->row[i]] = true;
        most = isfinite(value) && value > most ? value : most;
    }
    status = unroll_groups_make(d->experiment, d->table, r->over, keep, &along);
    free(keep);
    if (status.code != UNROLL_OK)
        return status;
    for (int g = 0; g < along.count && status.code == UNROLL_OK; g++) {
        unroll_interval y;
        status = unroll_measure_over(&r->measure, d->table, &along.group[g], &y);
        if (status.code == UNROLL_OK)
            print_point(out, along.group[g].by[0].real, &y, most, points);
    }
    unroll_groups_free(&along);
    return status;
}

/* The run whose metric is the median one of its group (the lower of two); -1 when none has a value. */
static int median_row(const unroll_table *table, const unroll_group *group, const char *metric)
{
    for (int i = 0; i < group->count; i++) {
        double value = unroll_value_real(table, metric, group->row[i]);
        int below = 0, equal_before = 0, numbers = 0;
        for (int j = 0; j < group->count; j++) {
            double other = unroll_value_real(table, metric, group->row[j]);
            numbers += !isnan(other);
            below += other < value;
            equal_before += other == value && j < i;
        }
        if (!isnan(value) && below + equal_before == (numbers - 1) / 2)
            return group->row[i];
    }
    return -1;
}

static void print_run(const drawing *d, const request *r, const unroll_group *group, FILE *out, int *points)
{
    int row = median_row(d->table, group, r->metric), longest = 0;
    char word[48];
    const char *rest = r->curves;
    while (unroll_next_word(&rest, word, sizeof word)) {
        const unroll_table_curve *curve = unroll_table_find_curve(d->table, word);
        longest = curve != NULL && curve->length > longest ? curve->length : longest;
    }
    for (int point = 0; point < longest && row >= 0; point++) {
        fprintf(out, "%d", point);
        rest = r->curves;
        while (unroll_next_word(&rest, word, sizeof word)) {
            const unroll_table_curve *curve = unroll_table_find_curve(d->table, word);
            double value = curve != NULL ? curve_at(curve, row, point) : NAN;
            fprintf(out, isnan(value) ? " NaN" : " %.9g", value);
            *points += !isnan(value);
        }
        fputc('\n', out);
    }
}

static unroll_status print_block(const drawing *d, const request *r, const unroll_group *group, FILE *out, int *points)
{
    if (strcmp(r->kind, "curve") == 0)
        return print_curve(d, r, group, out, points);
    if (strcmp(r->kind, "run") != 0)
        return print_medians(d, r, group, out, points);
    print_run(d, r, group, out, points);
    return unroll_ok();
}

/* ---- the files ---- */

static void print_string(const char *name, const char *text, FILE *out)
{
    fprintf(out, "%s = ", name);
    unroll_print_gnuplot(text, out);
    fputc('\n', out);
}

/* Adds a value to a list of words parted by blanks. gnuplot takes quotation marks for those of a word with blanks. */
static void add_value(char *list, const char *value)
{
    char *to = list + strlen(list);
    if (to > list)
        *to++ = ' ';
    if (value[0] == '\0')
        *to++ = '-';
    for (; *value != '\0'; value++)
        *to++ = isspace((unsigned char)*value) || *value == '"' || *value == '\'' ? '_' : *value;
    *to = '\0';
}

static bool is_first(const unroll_groups *groups, int group, int column)
{
    for (int e = 0; e < group; e++)
        if (unroll_field_equal(groups->group[group].by[column], groups->group[e].by[column]))
            return false;
    return true;
}

/* NAME_COLUMN, the column's value in each block, and NAME_COLUMN_values, each of them once; of a column whose variable would take
   the place of NAME_file, NAME_n or NAME_unit NAME_by_COLUMN and NAME_by_COLUMN_values. */
static unroll_status print_values(const drawing *d, const request *r, const unroll_groups *groups, int column)
{
    const char *by = groups->column[column];
    bool taken = strcmp(by, "file") == 0 || strcmp(by, "n") == 0 || strcmp(by, "unit") == 0;
    char name[128], shown[UNROLL_VALUE_ROOM], *all = malloc((size_t)groups->count * UNROLL_VALUE_ROOM + 1), *once;
    if (all == NULL)
        return out_of_memory();
    once = malloc((size_t)groups->count * UNROLL_VALUE_ROOM + 1);
    if (once == NULL) {
        free(all);
        return out_of_memory();
    }
    all[0] = once[0] = '\0';
    for (int g = 0; g < groups->count; g++) {
        add_value(all, unroll_field_show(groups->group[g].by[column], shown));
        if (is_first(groups, g, column))
            add_value(once, shown);
    }
    snprintf(name, sizeof name, "%s_%s%s", r->name, taken ? "by_" : "", by);
    print_string(name, all, d->variables);
    snprintf(name, sizeof name, "%s_%s%s_values", r->name, taken ? "by_" : "", by);
    print_string(name, once, d->variables);
    free(all);
    free(once);
    return unroll_ok();
}

/* "lr 0.01, clip 1" in double quotes, as gnuplot takes a word with blanks: what the columns from `first` on hold. */
static void print_other(const unroll_groups *groups, const unroll_group *group, int first, FILE *out)
{
    char shown[UNROLL_VALUE_ROOM], value[UNROLL_VALUE_ROOM];
    for (int c = first; c < groups->column_count; c++) {
        value[0] = '\0';
        unroll_field_show(group->by[c], shown);
        unroll_hide_folders(shown);
        add_value(value, shown);
        fprintf(out, "%s%s %s", c > first ? ", " : " \"", groups->column[c], value);
    }
    fputs(first < groups->column_count ? "\"" : "", out);
}

/* Whether the columns from `first` on hold in a group what they hold in none before it. */
static bool is_new(const unroll_groups *groups, int group, int first)
{
    for (int e = 0; e < group; e++) {
        bool same = true;
        for (int c = first; c < groups->column_count && same; c++)
            same = unroll_field_equal(groups->group[group].by[c], groups->group[e].by[c]);
        if (same)
            return false;
    }
    return true;
}

/* NAME_others, for each block, and NAME_others_values. `first`: the first column that the script does not name. */
static unroll_status print_others(const drawing *d, const request *r, const unroll_groups *groups, int first)
{
    static const char *const endings[] = {"others", "others_values"};
    for (int once = 0; once < 2; once++) {
        char name[128], *text = NULL;
        size_t length;
        FILE *out = open_memstream(&text, &length);
        if (out == NULL)
            return out_of_memory();
        for (int g = 0; g < groups->count; g++)
            if (once == 0 || is_new(groups, g, first))
                print_other(groups, &groups->group[g], first, out);
        if (fclose(out) != 0) {
            free(text);
            return out_of_memory();
        }
        snprintf(name, sizeof name, "%s_%s", r->name, endings[once]);
        print_string(name, text + (text[0] == ' '), d->variables);
        free(text);
    }
    return unroll_ok();
}

/* NAME_n, NAME_file, NAME_unit, and the values of each column of "by". */
static unroll_status print_variables(const drawing *d, const request *r, const unroll_groups *groups)
{
    char by[256];
    const char *rest = r->by;
    int asked = 0;
    const unroll_table_column *column = unroll_table_find(d->table, r->metric);
    const unroll_table_curve *curve = unroll_table_find_curve(d->table, r->metric);
    char name[64];
    fprintf(d->variables, "%s_n = %d\n%s_file = '%s.dat'\n", r->name, groups->count, r->name, r->name);
    snprintf(name, sizeof name, "%s_unit", r->name);
    print_string(name, curve != NULL ? curve->unit : column != NULL ? column->unit : "", d->variables);
    while (unroll_next_word(&rest, by, sizeof by))
        UNROLL_TRY(print_values(d, r, groups, asked++));
    return r->others ? print_others(d, r, groups, asked) : unroll_ok();
}

/* The comment that a block begins with, on one line whatever the values are. */
static void print_head(const request *r, const unroll_groups *groups, int group, FILE *out)
{
    char value[UNROLL_VALUE_ROOM], shown[UNROLL_VALUE_ROOM];
    fprintf(out, "%s#", group > 0 ? "\n\n" : "");
    for (int c = 0; c < groups->column_count; c++)
        fprintf(out, " %s=%s", groups->column[c],
                unroll_text_quote(value, sizeof value, unroll_field_show(groups->group[group].by[c], shown)));
    if (strcmp(r->kind, "run") == 0)
        fprintf(out, ": point %s\n", r->curves);
    else
        fprintf(out, ": %s, %s of %s, low, high\n", r->over, strcmp(r->kind, "share") == 0 ? "share" : "median", r->metric);
}

static unroll_status write_blocks(const drawing *d, const request *r, const unroll_groups *groups, FILE *out)
{
    int points = 0, before;
    for (int g = 0; g < groups->count; g++) {
        print_head(r, groups, g, out);
        before = points;
        UNROLL_TRY(print_block(d, r, &groups->group[g], out, &points));
        if (points == before)
            fputs("NaN NaN NaN NaN\n", out); /* gnuplot does not count a block without any line */
    }
    if (points == 0)
        return unroll_error(UNROLL_NOTHING, "%.200s has no data to draw: no run of %s has a value of %s", d->script,
                            d->experiment->name, r->metric);
    return print_variables(d, r, groups);
}

/* ---- what a point takes together ---- */

/* How many groups the rows to draw fall into, INT_MAX where they are more than can be made. */
static unroll_status count_groups(const drawing *d, const char *columns, int *count)
{
    unroll_groups groups;
    unroll_status status = unroll_groups_make(d->experiment, d->table, columns, d->keep, &groups);
    *count = status.code == UNROLL_OK ? groups.count : INT_MAX;
    unroll_groups_free(&groups);
    return status;
}

/* The settings that part the runs of a request's points: one that only goes along with another parts nothing. */
static unroll_status find_others(const drawing *d, const request *r, char others[UNROLL_COLUMNS_ROOM])
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
static unroll_status choose_columns(const drawing *d, const request *r, char columns[2 * UNROLL_COLUMNS_ROOM])
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

static unroll_status answer(const drawing *d, const char *line)
{
    char path[UNROLL_FILE_ROOM], columns[2 * UNROLL_COLUMNS_ROOM];
    request r;
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

static unroll_status answer_all(const drawing *d)
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
    print_string("models", models, out);
}

static bool has_beside(const unroll_table *table)
{
    for (int row = 0; row < table->rows; row++)
        if (unroll_doubt_of(table, row) == UNROLL_DOUBT_BESIDE)
            return true;
    return false;
}

static unroll_status write_variables(const drawing *d)
{
    char caption[1024];
    UNROLL_TRY(unroll_plot_caption(d->script, caption, sizeof caption));
    print_string("experiment", d->experiment->name, d->variables);
    print_models(d->variables);
    print_string("time_note", has_beside(d->table) ? ", runs side by side" : "", d->variables);
    print_string("experiment_title", d->experiment->title, d->variables);
    fprintf(d->variables, "runs = %d\n", d->table->rows);
    print_string("caption", caption, d->variables);
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
    drawing d = {.experiment = experiment, .table = table, .script = script, .folder = folder, .together = together};
    unroll_text_file variables;
    unroll_status status, closed;
    UNROLL_TRY(unroll_make_folder(folder));
    snprintf(path, sizeof path, "%.4000s/data.gp", folder);
    UNROLL_TRY(unroll_text_file_open(&variables, path));
    d.variables = variables.out;
    d.keep = malloc((size_t)table->rows * sizeof *d.keep);
    status = d.keep != NULL ? write_variables(&d) : out_of_memory();
    free(d.keep);
    closed = unroll_text_file_close(&variables, status.code == UNROLL_OK);
    return status.code == UNROLL_OK ? closed : status;
}
