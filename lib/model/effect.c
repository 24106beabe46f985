/* Who reads a setting is known from the registries: cells, networks, tasks and losses list the rows that they read. What else it
   takes for a setting to matter stands in its row (unroll_setting.needs). */
#include "model/effect.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "cells/cell.h"
#include "losses/loss.h"
#include "model/network.h"
#include "simd/engine.h"

enum { MOST_NAMES = 64, NAME_ROOM = 48 };

/* Names of what reads a row: of cells, of tasks, of values of a choice. */
typedef struct names {
    const char *name[MOST_NAMES];
    int count;
} names;

static void add_name(names *all, const char *name)
{
    if (all->count < MOST_NAMES)
        all->name[all->count++] = name;
}

static bool has_name(const names *all, const char *name)
{
    for (int i = 0; i < all->count; i++)
        if (strcmp(all->name[i], name) == 0)
            return true;
    return false;
}

/* "momentum is read by the optimizer sgd only, and optimizer is adam" */
static void tell_readers(const unroll_setting *row, const char *kind, const names *readers, const char *chosen, const char *name,
                         char why[UNROLL_WHY_ROOM])
{
    char list[UNROLL_WHY_ROOM / 2] = "", quoted[NAME_ROOM];
    size_t used = 0;
    for (int i = 0; i < readers->count && used < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s",
                                 i == 0 ? "" : i == readers->count - 1 ? " and " : ", ", readers->name[i]);
    snprintf(why, UNROLL_WHY_ROOM, "%s is read by the %s%s %s only, and %s is %s", row->name, kind, readers->count > 1 ? "s" : "",
             list, chosen, unroll_text_quote(quoted, sizeof quoted, name));
}

/* ---- the registries ---- */

static void add_if_listed(names *readers, const char *name, const unroll_setting *rows, int count, const unroll_setting *row)
{
    for (int i = 0; rows != NULL && i < count; i++)
        if (&rows[i] == row && !has_name(readers, name))
            add_name(readers, name);
}

static void cells_that_read(const unroll_setting *row, names *readers)
{
    for (int i = 0; i < unroll_cell_count; i++) {
        const unroll_cell *cell = unroll_isas[0].cells[i];
        add_if_listed(readers, cell->name, cell->settings, cell->setting_count, row);
        add_if_listed(readers, cell->name, cell->shared, cell->shared_count, row);
    }
}

static void networks_that_read(const unroll_setting *row, names *readers)
{
    for (int i = 0; i < unroll_network_count; i++) {
        const unroll_network *network = unroll_networks[i];
        add_if_listed(readers, network->name, network->settings, network->setting_count, row);
        add_if_listed(readers, network->name, network->shared, network->shared_count, row);
    }
}

/* the models of the networks that list the row, but for those to which it cannot matter */
static void models_that_read(const unroll_setting *row, names *readers)
{
    for (int i = 0; i < unroll_network_count; i++) {
        const unroll_network *network = unroll_networks[i];
        const char *model;
        for (int k = 0; (model = network->model(k)) != NULL; k++)
            if (network->reads == NULL || network->reads(model, row)) {
                add_if_listed(readers, model, network->settings, network->setting_count, row);
                add_if_listed(readers, model, network->shared, network->shared_count, row);
            }
    }
}

static void tasks_that_read(const unroll_setting *row, names *readers)
{
    for (int i = 0; i < unroll_task_count; i++) {
        const unroll_task *task = unroll_tasks[i];
        add_if_listed(readers, task->name, task->settings, task->setting_count, row);
        add_if_listed(readers, task->name, task->shared, task->shared_count, row);
    }
}

static void losses_that_read(const unroll_setting *row, names *readers)
{
    for (int i = 0; i < unroll_loss_count; i++) {
        const unroll_loss *loss = unroll_isas[0].losses[i];
        add_if_listed(readers, loss->name, loss->settings, loss->setting_count, row);
    }
}

static const char *model_of(const unroll_settings *settings)
{
    return unroll_text(settings, "model");
}

static const char *network_of(const unroll_settings *settings)
{
    const unroll_network *network = unroll_network_find(model_of(settings));
    return network != NULL ? network->name : "";
}

static const char *task_of(const unroll_settings *settings)
{
    return unroll_text(settings, "task");
}

/* A registry whose choice the settings name. */
static const struct {
    const char *kind, *chosen;
    void (*readers)(const unroll_setting *row, names *readers);
    const char *(*now)(const unroll_settings *settings);
} registries[] = {{"cell", "model", cells_that_read, model_of},
                  {"network", "the model's network", networks_that_read, network_of},
                  {"model", "model", models_that_read, model_of},
                  {"task", "task", tasks_that_read, task_of}};

/* A row that cells and other networks read; false: it is none. */
static bool ask_models(const unroll_use *use, const unroll_setting *row, char why[UNROLL_WHY_ROOM])
{
    names cells = {.count = 0}, models = {.count = 0};
    cells_that_read(row, &cells);
    if (cells.count > 0)
        models_that_read(row, &models);
    if (models.count == 0)
        return false;
    for (int i = 0; i < models.count; i++)
        add_name(&cells, models.name[i]);
    if (!has_name(&cells, model_of(use->settings)))
        tell_readers(row, "model", &cells, "model", model_of(use->settings), why);
    return true;
}

static void ask_registries(const unroll_use *use, const unroll_setting *row, char why[UNROLL_WHY_ROOM])
{
    bool both = ask_models(use, row, why);
    for (size_t i = 0; !both && i < sizeof registries / sizeof registries[0] && why[0] == '\0'; i++) {
        names readers = {.count = 0};
        const char *now = registries[i].now(use->settings);
        registries[i].readers(row, &readers);
        if (readers.count > 0 && !has_name(&readers, now))
            tell_readers(row, registries[i].kind, &readers, registries[i].chosen, now, why);
    }
}

/* ---- what a training run asks of its task ---- */

/* Whether the task's data can be opened for a look: what comes through a pipe is there once only. */
static bool can_look(const unroll_settings *settings)
{
    const unroll_task *task = unroll_task_find(task_of(settings));
    char path[UNROLL_FILE_ROOM] = "";
    for (int i = 0; task->files != NULL && (i == 0 || path[0] != '\0'); i++)
        if (task->files(settings, i, path).code != UNROLL_OK || (path[0] != '\0' && !unroll_is_file(path)))
            return false;
    return true;
}

static unroll_status ask_shape(const unroll_use *use, const unroll_setting *row, char why[UNROLL_WHY_ROOM])
{
    names losses = {.count = 0};
    bool of_symbols = (row->flags & UNROLL_SETTING_SYMBOLS) != 0;
    unroll_task_shape shape;
    losses_that_read(row, &losses);
    if ((losses.count == 0 && !of_symbols) || !can_look(use->settings))
        return unroll_ok();
    UNROLL_TRY(unroll_shapes_find(use->shapes, use->settings, &shape));
    if (losses.count > 0 && !has_name(&losses, shape.loss))
        tell_readers(row, "loss", &losses, "the task's loss", shape.loss, why);
    if (of_symbols && shape.symbols == 0 && shape.answer != UNROLL_SEQUENCE)
        snprintf(why, UNROLL_WHY_ROOM, "%s is read where inputs are symbols only, and those of the task %s are numbers",
                 row->name, task_of(use->settings));
    return unroll_ok();
}

/* A task without a mark below which it counts as solved is never that. */
static unroll_status ask_mark(const unroll_use *use, const unroll_setting *row, char why[UNROLL_WHY_ROOM])
{
    unroll_task_shape shape;
    if (strcmp(row->name, "stop") != 0 || strcmp(unroll_text(use->settings, "stop"), "solved") != 0 || !can_look(use->settings))
        return unroll_ok();
    UNROLL_TRY(unroll_shapes_find(use->shapes, use->settings, &shape));
    if (isnan(shape.solved_below))
        snprintf(why, UNROLL_WHY_ROOM, "stop=solved has no effect: the task %s has no mark below which it counts as solved",
                 task_of(use->settings));
    return unroll_ok();
}

static unroll_status ask_training(const unroll_use *use, const unroll_setting *row, char why[UNROLL_WHY_ROOM])
{
    const unroll_task *task = unroll_task_find(task_of(use->settings));
    if ((row->flags & UNROLL_SETTING_BENCH) != 0)
        snprintf(why, UNROLL_WHY_ROOM, "%s is read where steps are timed only, and here a model is trained", row->name);
    else if (task->ignores != NULL && strcmp(task->ignores, row->name) == 0)
        snprintf(why, UNROLL_WHY_ROOM, "%s is not read by the task %s", row->name, task->name);
    if (why[0] == '\0')
        UNROLL_TRY(ask_shape(use, row, why));
    return why[0] == '\0' ? ask_mark(use, row, why) : unroll_ok();
}

/* Steps are timed on made-up numbers, of which a squared loss is taken. */
static void ask_timing(const unroll_setting *row, char why[UNROLL_WHY_ROOM])
{
    names tasks = {.count = 0}, losses = {.count = 0};
    tasks_that_read(row, &tasks);
    losses_that_read(row, &losses);
    if ((row->flags & UNROLL_SETTING_RUN) != 0)
        snprintf(why, UNROLL_WHY_ROOM, "%s is read where a model is trained only, and here steps are timed", row->name);
    else if (tasks.count > 0 || losses.count > 0 || (row->flags & UNROLL_SETTING_SYMBOLS) != 0 || strcmp(row->name, "task") == 0)
        snprintf(why, UNROLL_WHY_ROOM, "%s is about a task's data, and here steps are timed on made-up numbers", row->name);
}

/* ---- what a row needs ---- */

/* "optimizer=rmsprop|adam", "sample_chars!=0"; terms parted by blanks are alternatives, and of what ';' parts all are needed. What
   follows a comma is for the reader. */
typedef struct term {
    int setting;
    bool differs; /* != */
    names values;
    char text[2 * NAME_ROOM]; /* what the values point into */
} term;

/* Reads the term at `text`; gives what follows it, NULL: nothing. */
static const char *read_term(const char *text, term *t)
{
    const char *values;
    size_t length = strcspn(text, " ,;"), name_length;
    *t = (term){.setting = -1};
    assert(length < sizeof t->text);
    memcpy(t->text, text, length);
    name_length = unroll_part_assignment(t->text, &values);
    t->differs = t->text[name_length - 1] == '!';
    t->text[name_length - t->differs] = '\0';
    t->setting = unroll_setting_find(t->text);
    assert(t->setting >= 0); /* a row that needs a setting which there is not */
    for (char *value = (char *)values; value != NULL;) {
        char *bar = strchr(value, '|');
        if (bar != NULL)
            *bar = '\0';
        add_name(&t->values, value);
        value = bar != NULL ? bar + 1 : NULL;
    }
    return text[length] == ' ' ? text + length + 1 : NULL;
}

static bool is_among(const term *t, const unroll_value *now)
{
    for (int i = 0; i < t->values.count; i++) {
        unroll_value value;
        unroll_status status = unroll_read_value(unroll_setting_at(t->setting), t->values.name[i], &value);
        assert(status.code == UNROLL_OK);
        (void)status;
        if (unroll_compare_values(&value, now) == 0)
            return true;
    }
    return false;
}

/* The value of a setting, its default where it cannot matter. */
static unroll_status value_that_matters(const unroll_use *use, int index, const unroll_value **value)
{
    char why[UNROLL_WHY_ROOM];
    UNROLL_TRY(unroll_setting_effect(use, index, why));
    *value = why[0] == '\0' ? unroll_settings_value(use->settings, index) : unroll_setting_default_value(index);
    return unroll_ok();
}

static bool is_number(int setting)
{
    unroll_type type = unroll_setting_at(setting)->type;
    return type == UNROLL_INT || type == UNROLL_REAL;
}

/* Of a row whose only term does not hold with the value `now`. */
static void tell_term(const unroll_setting *row, const term *t, const unroll_value *now, char why[UNROLL_WHY_ROOM])
{
    const char *name = unroll_setting_at(t->setting)->name;
    char number[UNROLL_NUMBER_ROOM];
    if (is_number(t->setting) || t->differs)
        snprintf(why, UNROLL_WHY_ROOM, "%s has no effect beside %s=%s%s", row->name, name, unroll_show_value(now, number),
                 row->needs + strcspn(row->needs, ","));
    else
        tell_readers(row, name, &t->values, name, unroll_show_value(now, number), why);
}

/* "patience has no effect without schedule=halve or stop=early" */
static void tell_terms(const unroll_setting *row, const char *needs, char why[UNROLL_WHY_ROOM])
{
    size_t used = (size_t)snprintf(why, UNROLL_WHY_ROOM, "%s has no effect without ", row->name);
    for (const char *c = needs; *c != '\0' && *c != ';' && used + 5 < UNROLL_WHY_ROOM; c++)
        used += (size_t)snprintf(why + used, UNROLL_WHY_ROOM - used, *c == ' ' ? " or " : "%c", *c);
}

/* What follows the next ';' */
static const char *next_need(const char *needs)
{
    const char *semicolon = strchr(needs, ';');
    return semicolon != NULL ? semicolon + 1 : NULL;
}

static unroll_status ask_need(const unroll_use *use, const unroll_setting *row, const char *need, char why[UNROLL_WHY_ROOM])
{
    const unroll_value *now = NULL;
    term t;
    int terms = 0;
    for (const char *rest = need; rest != NULL; terms++) {
        rest = read_term(rest, &t);
        UNROLL_TRY(value_that_matters(use, t.setting, &now));
        if (is_among(&t, now) != t.differs)
            return unroll_ok();
    }
    if (terms == 1)
        tell_term(row, &t, now, why);
    else
        tell_terms(row, need, why);
    return unroll_ok();
}

static unroll_status ask_needs(const unroll_use *use, const unroll_setting *row, char why[UNROLL_WHY_ROOM])
{
    for (const char *need = row->needs; need != NULL && why[0] == '\0'; need = next_need(need))
        UNROLL_TRY(ask_need(use, row, need, why));
    return unroll_ok();
}

unroll_status unroll_setting_effect(const unroll_use *use, int index, char why[UNROLL_WHY_ROOM])
{
    const unroll_setting *row = unroll_setting_at(index);
    why[0] = '\0';
    if (use->purpose == UNROLL_TO_TIME)
        ask_timing(row, why);
    if (why[0] == '\0')
        ask_registries(use, row, why);
    if (why[0] == '\0' && use->purpose == UNROLL_TO_TRAIN)
        UNROLL_TRY(ask_training(use, row, why));
    return why[0] == '\0' ? ask_needs(use, row, why) : unroll_ok();
}

bool unroll_setting_is_rival(int index, int other)
{
    term t;
    for (const char *need = unroll_setting_at(index)->needs; need != NULL; need = next_need(need))
        if (read_term(need, &t) == NULL && t.setting == other && is_number(other) && !t.differs)
            return true;
    return false;
}
