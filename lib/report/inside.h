/* inside.h: rows of a gathered table, chosen and grouped; tables of text (inside lib/report). */
#ifndef UNROLL_REPORT_INSIDE_H
#define UNROLL_REPORT_INSIDE_H

#include "base/file.h"
#include "report/report.h"

enum { UNROLL_MOST_BY = 16, UNROLL_VALUE_ROOM = 64, UNROLL_COLUMNS_ROOM = 800 };

/* ---- values ---- */

/* What a column holds in a row: a text, which is the table's, or a number, NaN where there is none. */
typedef struct unroll_field {
    const char *text; /* NULL: a number */
    double real;
} unroll_field;

unroll_field unroll_field_at(const unroll_table_column *column, int row); /* no column: no number */
bool unroll_field_equal(unroll_field a, unroll_field b);                  /* no number equals no number */
/* Whether it is a setting's value. */
bool unroll_field_is(unroll_field field, const unroll_value *value);
/* What `text`, which it may point to, is in a column; false where that holds numbers and the text is none. */
bool unroll_field_read(const unroll_table_column *column, const char *text, unroll_field *field);
/* UNROLL_WRONG: "the filter asks for length=long, and length holds numbers" */
unroll_status unroll_no_number(const char *asks, const unroll_table_column *column, const char *text);
const char *unroll_field_show(unroll_field field, char out[UNROLL_VALUE_ROOM]);

/* What column `name` holds in a row, as text; "" where there is no value or no such column. */
const char *unroll_value_show(const unroll_table *table, const char *name, int row, char out[UNROLL_VALUE_ROOM]);
/* NaN for a text, or where there is none. */
double unroll_value_real(const unroll_table *table, const char *name, int row);

/* A number with three significant digits, "" for NaN. */
const char *unroll_show_short(double value, char out[UNROLL_VALUE_ROOM]);
/* "0.0123 [0.0101, 0.0150]", "0.02 [0.01, diverged]", of a share "4/6 [22%, 96%]"; "-" for what there is no value of. worst: what
   an infinite end is shown as; NULL: inf. */
enum { UNROLL_INTERVAL_ROOM = 256 };
const char *unroll_show_interval(const unroll_interval *i, bool share, const char *worst, char out[UNROLL_INTERVAL_ROOM]);

/* Whether a column is a result: neither a setting nor what a gathered file notes of its rows. */
bool unroll_is_result(const char *name);

/* ---- rows ---- */

/* Drops the rows that are stale, that have times of other machines or programs, and that are older than others of their settings;
   counts them in the table. */
unroll_status unroll_keep_present(const unroll_experiment *experiment, unroll_table *table);

/* Adds the settings that the file has no column of, at their defaults: those are what its runs had, before the program had the
   settings. */
unroll_status unroll_add_settings(unroll_table *table);

/* Leaves marked in keep (rows) of each group of runs that share their other settings those of the best values of `names`,
   settings parted by blanks, on other seeds than those that choose: `by`, "seed=0..2", or, where that is NULL and names are
   asked for by a user, the lower half of the seeds that there are. The best have the best median validation metric
   (sweep/best.h). note: a sentence on what was chosen of, by which runs and how many. UNROLL_WRONG for one seed, or for a
   setting that does not vary, where they are asked for; UNROLL_NOTHING where no run can choose, or is left. */
unroll_status unroll_keep_best(const unroll_experiment *experiment, const unroll_table *table, const char *names, const char *by,
                               bool *keep, char note[UNROLL_NOTE_ROOM]);

/* Whether the experiment declares that the setting's value is chosen so. */
bool unroll_is_chosen(const unroll_experiment *experiment, const char *setting);

bool unroll_has_status(const unroll_table *table, const char *status, int row);
/* Runs of a status; *first, where not NULL, becomes the first one's row when there is any. */
int unroll_count_status(const unroll_table *table, const char *status, int *first);

/* Marks in keep (rows) the runs that did not fail, or all with `failed`, and that `filter` lets pass: terms parted by blanks,
   each a column with a list of its values, ranges, max or min (of the rows that the terms before let pass): "params=max
   length=50..400 model=lstm,gru". NULL: all. UNROLL_WRONG for a filter that is not written so, or asks for a column that is not
   there. */
unroll_status unroll_select(const unroll_table *table, const char *filter, bool failed, bool *keep);
/* Whether a column holds different values in the rows in `keep`. */
bool unroll_varies(const unroll_table *table, const unroll_table_column *column, const bool *keep);

/* The runs with equal values of some columns. */
typedef struct unroll_group {
    unroll_field by[UNROLL_MOST_BY];
    int *row; /* owned */
    int count;
} unroll_group;

typedef struct unroll_groups {
    char column[UNROLL_MOST_BY][48];
    int column_count;
    /* owned; in order of the columns' values: numbers rise, texts as the experiment's axes have them */
    unroll_group *group;
    int count;
    char chosen[UNROLL_NOTE_ROOM]; /* how its rows were chosen by validation, where that was asked for; "" */
} unroll_groups;

/* Groups the rows marked in `keep` (NULL: all that did not fail) by columns parted by blanks. UNROLL_WRONG for a column
   that the table does not have, and for more groups than anybody reads. */
unroll_status unroll_groups_make(const unroll_experiment *experiment, const unroll_table *table, const char *columns,
                                 const bool *keep, unroll_groups *groups);
void unroll_groups_free(unroll_groups *groups);
/* Drops the rows that `where` and `best` do not let pass. UNROLL_NOTHING when none is left. */
unroll_status unroll_keep_selected(const unroll_experiment *experiment, const unroll_grouping *grouping, unroll_table *table);
/* The columns that the rows in `keep` are grouped by where nobody says otherwise: the experiment's own, then every other
   setting that varies among them. Left out: the words of `but` (NULL: none), the seed, what the experiment declares to be
   chosen, what follows from another setting, and what changes no result. */
void unroll_groups_default(const unroll_experiment *experiment, const unroll_table *table, const bool *keep, const char *but,
                           char out[UNROLL_COLUMNS_ROOM]);

/* The rows of the comparison table, for which what is chosen by validation stands behind the other columns; and in `together`,
   unless that is NULL, the columns by which the default would part them further. */
unroll_status unroll_groups_of(const unroll_experiment *experiment, const unroll_table *table, const unroll_grouping *grouping,
                               unroll_groups *groups, char together[UNROLL_COLUMNS_ROOM]);

/* ---- columns ---- */

/* How a column is read: what unroll_experiment's `columns` say. */
enum {
    UNROLL_IS_SHARE = 1,
    UNROLL_IS_ALONE = 2,
    UNROLL_IS_TIME = 4,
    UNROLL_IS_UNTIL = 8,
    UNROLL_IS_GIVEN = 16,
    UNROLL_IS_HIGHER = 32
};
typedef struct unroll_measure {
    char name[48];
    unsigned is; /* UNROLL_IS_... */
} unroll_measure;

/* "solved_seconds:until"; UNROLL_WRONG for an ending that there is not. */
unroll_status unroll_measure_read(const char *word, unroll_measure *out);
/* A run's value: the worst, infinite (of a share 0), of one that diverged or did not come as far; NaN where it has none. */
double unroll_measure_at(const unroll_measure *m, const unroll_table *table, int row);
/* What an infinite value means: "diverged", "never". */
const char *unroll_measure_worst(const unroll_measure *m);
/* Median or share over a group's runs. */
unroll_status unroll_measure_over(const unroll_measure *m, const unroll_table *table, const unroll_group *group,
                                  unroll_interval *out);

/* Distinct values of a column over all rows, in order, as text, parted by `separator`; or that there are too many. */
unroll_status unroll_values_list(const unroll_experiment *experiment, const unroll_table *table, const char *name,
                                 const char *separator, char *out, size_t room);

/* ---- a table of text ---- */

typedef enum unroll_entry_kind {
    UNROLL_ENTRY_TEXT,
    UNROLL_ENTRY_NUMBER,
    UNROLL_ENTRY_MEDIAN,
    UNROLL_ENTRY_SHARE
} unroll_entry_kind;

typedef struct unroll_entry {
    char text[UNROLL_VALUE_ROOM]; /* of a text or a number; of the others why there is no interval, which CSV leaves empty */
    unroll_interval interval;     /* of a median or a share */
    bool doubtful;                /* a time that is no evidence, which is marked by a star; not in CSV */
} unroll_entry;

typedef struct unroll_grid_column {
    char name[48], unit[24];
    const char *worst; /* what an infinite value is shown as */
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

/* A field of CSV (RFC 4180), in quotes where it needs them. Line breaks and tabs are data; other control characters become
   blanks, for the table may go to a terminal. */
void unroll_print_csv(const char *text, FILE *out);
/* How the rows of the table and of its groups were chosen by validation, where they were; nothing in CSV. */
void unroll_print_chosen(const unroll_table *table, const char *asked, unroll_format format, FILE *out);
/* How many records the table lacks, and why; nothing in CSV. */
void unroll_print_left_out(const unroll_experiment *experiment, const unroll_table *table, unroll_format format, FILE *out);

/* What the columns of the comparison table mean, a line a column, as a list in Markdown or HTML. */
unroll_status unroll_print_meanings(const unroll_experiment *experiment, const unroll_table *table, unroll_format format,
                                    FILE *out);

/* ---- what another experiment has measured (beside.c) ---- */

typedef struct unroll_beside_found {
    const unroll_beside *asked; /* NULL: the experiment asks for none */
    unroll_table *table;        /* owned: the other experiment's; NULL: there is none of use */
    unroll_status lacks;        /* why there is none */
    unroll_verdict measured;    /* owned: a comparison for each condition of it */
} unroll_beside_found;

/* Loads it from the folder of our table. To be closed whatever comes back. */
unroll_status unroll_beside_open(const unroll_experiment *experiment, const unroll_table *table, unroll_beside_found *f);
void unroll_beside_close(unroll_beside_found *f);
/* What the other has measured where all runs of a group, and one condition of its own, are alike; else all are NaN. False where
   the group, or the other, has several settings. */
bool unroll_beside_of(const unroll_beside_found *f, const unroll_table *table, const unroll_group *group, unroll_interval *out);
/* That as a column of the comparison table. */
unroll_status unroll_beside_fill(const unroll_beside_found *f, const unroll_table *table, const unroll_groups *groups,
                                 unroll_grid *grid, int column);
/* A sentence on what the column is, or why there is none; "" where none is asked for. */
void unroll_beside_note(const unroll_beside_found *f, char out[UNROLL_NOTE_ROOM]);

/* ---- the pages ---- */

/* Marks of Markdown and HTML: a heading; a list of named items, each begun by its name; a text as code. */
void unroll_mark_heading(int level, const char *text, unroll_format format, FILE *out);
void unroll_mark_list(bool begin, unroll_format format, FILE *out);
void unroll_mark_item(const char *name, unroll_format format, FILE *out);
void unroll_mark_item_end(unroll_format format, FILE *out);
void unroll_mark_code(const char *text, unroll_format format, FILE *out);
/* Leaves of each absolute path in `text`, in place, the file's name alone. */
void unroll_hide_folders(char *text);
/* unroll_print_escaped of a text that may name files: in Markdown and HTML, which are given away, without their folders. */
void unroll_print_on_page(const char *text, unroll_format format, FILE *out);

/* page_figures.c: the figures that are drawn, with their captions, and a sentence for each that is not. */
unroll_status unroll_page_figures(const unroll_experiment *experiment, const char *results, unroll_format format, FILE *out);
/* page_run.c: runs, settings, data, machines, and the command that does it again. */
unroll_status unroll_page_run(const unroll_experiment *experiment, const unroll_table *table, unroll_format format, FILE *out);

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
