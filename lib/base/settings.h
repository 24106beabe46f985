/* settings.h: the typed table of settings. From it come the command line, --help, the axes of a sweep, a run's identity
   and the columns of the result file. Cells, tasks and the core each bring their own rows (see unroll_start). */
#ifndef UNROLL_BASE_SETTINGS_H
#define UNROLL_BASE_SETTINGS_H

#include <stddef.h>
#include <stdint.h>

#include "base/number.h"
#include "base/status.h"

typedef enum unroll_type { UNROLL_INT, UNROLL_REAL, UNROLL_CHOICE, UNROLL_TEXT, UNROLL_BOOL } unroll_type;

enum {
    UNROLL_SETTING_TIMING = 1,  /* changes how long a run takes, never its result: part of a timed run's identity only */
    UNROLL_SETTING_BENCH = 2,   /* read where steps are timed, by no training run */
    UNROLL_SETTING_SYMBOLS = 4, /* read where a task's inputs are symbols, not numbers */
    UNROLL_SETTING_RUN = 8,     /* read by a whole training run, not where steps are timed */
    UNROLL_SETTING_PATH = 16,   /* where data lie: what counts is their content */
};

typedef struct unroll_setting {
    const char *name;
    unroll_type type;
    double low, high;     /* inclusive range of an int or a real */
    const char *choices;  /* of a choice, "sgd|rmsprop|adam" */
    const char *fallback; /* the default, as written on the command line */
    const char *unit;     /* "" where it has none */
    const char *help;     /* one line */
    const char *section;  /* heading in --help: "model", "training", "task adding", "cell lstm" */
    unsigned flags;
    /* What it takes for the setting to matter, beside its being listed by the cell, network, task or loss in use; NULL: nothing.
       "optimizer=rmsprop|adam": another setting has one of these values; "sample_chars!=0": it has not; several such terms,
       parted by blanks: one of them is enough; of what ';' parts all are needed. ", which ..." after a term ends the sentence that
       refuses the setting. */
    const char *needs;
} unroll_setting;

/* One value of a setting. Numbers and flags are the value itself; a choice or a text is borrowed from whoever made it. */
typedef struct unroll_value {
    unroll_type type;
    int64_t integer;  /* of an int; 0 or 1 of a bool */
    double real;      /* of a real */
    const char *text; /* of a choice or a text; NULL of the others */
} unroll_value;

/* Reads a value as `row` wants it; a choice or a text points to `text`. UNROLL_WRONG names the setting, its range or its
   choices, and the nearest of those. */
unroll_status unroll_read_value(const unroll_setting *row, const char *text, unroll_value *value);
/* Its canonical text, the shortest that reads back the same: in `number`, or the value's own. */
const char *unroll_show_value(const unroll_value *value, char number[UNROLL_NUMBER_ROOM]);
/* Below 0, 0 or above 0, of two values of one type: numbers by size, no before yes, choices and texts by their letters. */
int unroll_compare_values(const unroll_value *a, const unroll_value *b);

/* Parts "name=value" at its first '=': the length of the name; *text: what follows, NULL where there is no '='. 0 where there is
   no '=' or no name. */
size_t unroll_part_assignment(const char *assignment, const char **text);
/* "\"hidden\" is not of the form name=value": what is said of an assignment without a name or without '='. */
unroll_status unroll_no_assignment(const char *assignment);
/* Copies the next item of a list *rest, "64,128", and moves *rest behind it, at last to NULL; false where that is so already.
   Items are parted by the commas that are neither inside of parentheses nor after a backslash, which is left out. An item
   that is too long is cut. */
bool unroll_next_item(const char **rest, char *item, size_t room);

/* Adds rows to the table; called at start, before any other use. Rows that are there already stay; two rows of one name are
   a programming error. */
void unroll_settings_register(const unroll_setting *rows, int count);
int unroll_setting_count(void);
const unroll_setting *unroll_setting_at(int index);
/* Index of a name, or -1. */
int unroll_setting_find(const char *name);

/* Values for every row of the table. */
typedef struct unroll_settings unroll_settings;

unroll_settings *unroll_settings_new(void); /* all at their defaults; NULL when memory is short */
unroll_settings *unroll_settings_copy(const unroll_settings *from);
void unroll_settings_free(unroll_settings *settings);

/* Sets one value, of the type of the setting `index`; a text is copied. Fails when memory is short. */
unroll_status unroll_settings_put(unroll_settings *settings, int index, const unroll_value *value);
/* Sets one value from its text. UNROLL_WRONG as unroll_read_value, or where there is no such setting, with the nearest name. */
unroll_status unroll_settings_set(unroll_settings *settings, const char *name, const char *text);
/* Sets "name=value". */
unroll_status unroll_settings_assign(unroll_settings *settings, const char *assignment);
/* Takes "name=value" apart: the index of the setting, and its text. UNROLL_WRONG for another form or an unknown name. */
unroll_status unroll_read_assignment(const char *assignment, int *index, const char **text);
/* Back to the default. */
void unroll_settings_reset(unroll_settings *settings, int index);
/* The value; a text of it is valid until the next set or free. */
const unroll_value *unroll_settings_value(const unroll_settings *settings, int index);
/* The value in its canonical text (shortest that reads back the same); valid until the next set or free. */
const char *unroll_settings_show(const unroll_settings *settings, int index);
/* The default as it is shown: "0.5" of a row that says "0.50". */
const char *unroll_setting_default(int index);
const unroll_value *unroll_setting_default_value(int index);
/* Whether the value is the default. */
bool unroll_settings_is_default(const unroll_settings *settings, int index);
/* 32 hex digits: a hash of every non-default "name=value" in name order and of `salt`; settings flagged TIMING count
   only when `timed`. out has room for 33. */
void unroll_settings_identity(const unroll_settings *settings, bool timed, const char *salt, char out[33]);
/* The same for all runs that differ in nothing but the seed. */
void unroll_settings_identity_but_seed(const unroll_settings *settings, bool timed, const char *salt, char out[33]);

/* The same of the rows for which `counts` is true. */
void unroll_settings_identity_of(const unroll_settings *settings, bool (*counts)(const unroll_setting *row), const char *salt,
                                 char out[33]);

/* Typed reading; the name and the type must be right (asserted). */
int64_t unroll_int(const unroll_settings *settings, const char *name);
double unroll_real(const unroll_settings *settings, const char *name);
const char *unroll_text(const unroll_settings *settings, const char *name); /* of a choice, too */
bool unroll_flag(const unroll_settings *settings, const char *name);

/* The candidate nearest to `word` by edit distance, or NULL when none is near. */
const char *unroll_nearest(const char *word, const char *const *candidates, int count);
/* UNROLL_WRONG: "there is no cell lsmt; did you mean lstm?", or where none is near "...; unroll list cells shows them". */
unroll_status unroll_no_such(const char *what, const char *name, const char *const *names, int count);

#endif
