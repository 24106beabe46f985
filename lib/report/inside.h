/* inside.h: rows of a gathered table, chosen and grouped; tables of text (inside lib/report). */
#ifndef UNROLL_REPORT_INSIDE_H
#define UNROLL_REPORT_INSIDE_H

#include "base/file.h"
#include "report/report.h"

enum { UNROLL_MOST_BY = 8, UNROLL_VALUE_ROOM = 64 };

/* ---- rows ---- */

/* What column `name` holds in a row, as text; "" where there is no value or no such column. */
const char *unroll_value_show(const unroll_table *table, const char *name, int row, char out[UNROLL_VALUE_ROOM]);
/* NaN for a text, or where there is none. */
double unroll_value_real(const unroll_table *table, const char *name, int row);

/* Runs of a status; *first, where not NULL, becomes the first one's row when there is any. */
int unroll_count_status(const unroll_table *table, const char *status, int *first);

/* Marks in keep (rows) the runs that did not fail and that `filter` lets pass: "length=max model=lstm,gru". NULL: all.
   UNROLL_WRONG for a filter that is not written name=value. */
unroll_status unroll_select(const unroll_table *table, const char *filter, bool *keep);

/* The runs with equal values of some columns. */
typedef struct unroll_group {
    char by[UNROLL_MOST_BY][UNROLL_VALUE_ROOM];
    int *row; /* owned */
    int count;
} unroll_group;

typedef struct unroll_groups {
    char column[UNROLL_MOST_BY][48];
    int column_count;
    /* owned; in order of the columns' values: numbers rise, texts as the experiment's axes have them */
    unroll_group *group;
    int count;
} unroll_groups;

/* Groups the rows marked in `keep` (NULL: all that did not fail) by columns parted by blanks. UNROLL_WRONG for a column
   that the table does not have, and for more groups than anybody reads. */
unroll_status unroll_groups_make(const unroll_experiment *experiment, const unroll_table *table, const char *columns,
                                 const bool *keep, unroll_groups *groups);
void unroll_groups_free(unroll_groups *groups);
/* Whether column 0/1 `name` is 1, over a group: a Wilson interval. */
unroll_interval unroll_group_share(const unroll_table *table, const unroll_group *group, const char *name);
unroll_status unroll_group_mean(const unroll_table *table, const unroll_group *group, const char *name,
                                unroll_interval *mean);

/* Distinct values of a column over all rows, in order, as text, parted by `separator`; or that there are too many. */
unroll_status unroll_values_list(const unroll_experiment *experiment, const unroll_table *table, const char *name,
                                 const char *separator, char *out, size_t room);

/* A number with three significant digits, "" for NaN. */
const char *unroll_show_short(double value, char out[UNROLL_VALUE_ROOM]);

/* ---- a table of text ---- */

typedef enum unroll_entry_kind {
    UNROLL_ENTRY_TEXT,
    UNROLL_ENTRY_NUMBER,
    UNROLL_ENTRY_MEAN,
    UNROLL_ENTRY_SHARE
} unroll_entry_kind;

typedef struct unroll_entry {
    char text[UNROLL_VALUE_ROOM]; /* of a text or a number */
    unroll_interval interval;     /* of a mean or a share */
} unroll_entry;

typedef struct unroll_grid_column {
    char name[48], unit[24];
    unroll_entry_kind kind;
} unroll_grid_column;

typedef struct unroll_grid {
    unroll_grid_column *column; /* owned */
    unroll_entry *entry;        /* owned, (rows, columns) */
    int columns, rows;
} unroll_grid;

unroll_status unroll_grid_open(unroll_grid *grid, int columns, int rows);
void unroll_grid_close(unroll_grid *grid);
unroll_status unroll_grid_print(const unroll_grid *grid, unroll_format format, FILE *out);

/* ---- the data of a figure ---- */

/* `text` as a string of gnuplot's, in single quotes, between which nothing is expanded; the one function by which a text
   gets into what gnuplot interprets. Control characters become blanks. An apostrophe is doubled; as the first character
   and after another one, where that would end the string (gnuplot 5.4, scanner.c), it becomes the typographic one. */
void unroll_print_gnuplot(const char *text, FILE *out);

/* Writes what the lines "#! ..." at the head of the script ask for into `folder`, and data.gp, which tells the script of
   it. UNROLL_NOTHING when one of them has no point. */
unroll_status unroll_figure_data(const unroll_experiment *experiment, const unroll_table *table, const char *script,
                                 const char *folder);
/* The absolute path of plots/NAME.gp. UNROLL_WRONG when there is none, UNROLL_FAILED when it cannot be told. */
unroll_status unroll_plot_script(const char *name, char path[UNROLL_FILE_ROOM]);
/* The script's own caption: its first lines "# ...". */
unroll_status unroll_plot_caption(const char *script, char *out, size_t room);

#endif
