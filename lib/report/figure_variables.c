/* What a gnuplot script is told of its data, as variables. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/figure_data.h"

static unroll_status out_of_memory(void)
{
    return unroll_error(UNROLL_FAILED, "out of memory for the data of a figure");
}

void unroll_figure_string(const char *name, const char *text, FILE *out)
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
static unroll_status print_values(const unroll_drawing *d, const unroll_request *r, const unroll_groups *groups, int column)
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
    unroll_figure_string(name, all, d->variables);
    snprintf(name, sizeof name, "%s_%s%s_values", r->name, taken ? "by_" : "", by);
    unroll_figure_string(name, once, d->variables);
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
static unroll_status print_others(const unroll_drawing *d, const unroll_request *r, const unroll_groups *groups, int first)
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
        unroll_figure_string(name, text + (text[0] == ' '), d->variables);
        free(text);
    }
    return unroll_ok();
}

unroll_status unroll_figure_variables(const unroll_drawing *d, const unroll_request *r, const unroll_groups *groups)
{
    char by[256];
    const char *rest = r->by;
    int asked = 0;
    const unroll_table_column *column = unroll_table_find(d->table, r->metric);
    const unroll_table_curve *curve = unroll_table_find_curve(d->table, r->metric);
    char name[64];
    fprintf(d->variables, "%s_n = %d\n%s_file = '%s.dat'\n", r->name, groups->count, r->name, r->name);
    snprintf(name, sizeof name, "%s_unit", r->name);
    unroll_figure_string(name, curve != NULL ? curve->unit : column != NULL ? column->unit : "", d->variables);
    while (unroll_next_word(&rest, by, sizeof by))
        UNROLL_TRY(print_values(d, r, groups, asked++));
    return r->others ? print_others(d, r, groups, asked) : unroll_ok();
}
