/* Two results, paired run by run. */
#include "report/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "report/compare_inside.h"
#include "report/doubt.h"
#include "report/sense.h"

static const char *text_at(const unroll_table_column *column, int row)
{
    return column != NULL && column->type == UNROLL_COLUMN_TEXT ? column->text[row] : "";
}

static const char *text_of(const unroll_table *table, const char *name, int row)
{
    return text_at(unroll_table_find(table, name), row);
}

static const char *env_of(const unroll_table *table, const char *name, int row)
{
    for (int i = 0; i < table->env_count; i++)
        if (strcmp(table->env[i].name, name) == 0)
            return text_at(&table->env[i], row);
    return "";
}

/* ---- pairing ---- */

/* A run, by what it is paired with. */
typedef struct keyed {
    const char *config, *group, *mode; /* hashes with and without the seed; of bench: what was measured */
    double take;
    int row;
} keyed;

static int by_key(const void *a, const void *b)
{
    const keyed *x = a, *y = b;
    int order = strcmp(x->group, y->group);
    if (order == 0)
        order = strcmp(x->mode, y->mode);
    return order != 0 ? order : strcmp(x->config, y->config);
}

static int by_key_and_time(const void *a, const void *b)
{
    const keyed *x = a, *y = b;
    int order = by_key(a, b);
    if (order == 0)
        order = (x->take > y->take) - (x->take < y->take);
    return order != 0 ? order : x->row - y->row;
}

static bool all_stale(const unroll_table *table)
{
    int stale = 0;
    for (int row = 0; row < table->rows; row++)
        stale += text_of(table, "stale", row)[0] != '\0';
    return stale == table->rows;
}

/* The runs of a table that count, in the order of their keys; of one measured again, unless `again` is wanted, the newest. */
static int list_runs(const unroll_table *table, bool again, keyed *runs)
{
    bool stale = all_stale(table);
    int count = 0, kept = 0;
    for (int row = 0; row < table->rows; row++) {
        if (unroll_has_status(table, "failed", row) || (!stale && text_of(table, "stale", row)[0] != '\0'))
            continue;
        runs[count++] = (keyed){.config = text_of(table, "config", row),
                                .group = text_of(table, "config_without_seed", row),
                                .mode = text_of(table, "mode", row),
                                .take = unroll_value_real(table, "take", row),
                                .row = row};
    }
    qsort(runs, (size_t)count, sizeof *runs, by_key_and_time);
    for (int i = 0; i < count; i++)
        if (again || i + 1 == count || by_key(&runs[i], &runs[i + 1]) != 0)
            runs[kept++] = runs[i];
    return kept;
}

/* Runs from `from` on that are alike in group and mode. */
static int end_of_group(const keyed *runs, int count, int from)
{
    int i = from;
    while (i < count && strcmp(runs[i].group, runs[from].group) == 0 && strcmp(runs[i].mode, runs[from].mode) == 0)
        i++;
    return i;
}

static int count_groups(const keyed *runs, int count)
{
    int groups = 0;
    for (int i = 0; i < count; i = end_of_group(runs, count, i))
        groups++;
    return groups;
}

/* Goes through both lists at once. The pairs of a group come one after the other. */
static void pair_runs(const keyed *before, int befores, const keyed *after, int afters, unroll_pairing *p)
{
    for (int i = 0, k = 0; i < befores && k < afters;) {
        int order = by_key(&before[i], &after[k]);
        if (order == 0) {
            bool first =
                p->count == 0 || strcmp(before[i].group, p->last_group) != 0 || strcmp(before[i].mode, p->last_mode) != 0;
            p->last_group = before[i].group;
            p->last_mode = before[i].mode;
            p->groups += first;
            p->pair[p->count++] = (unroll_run_pair){.row = {before[i].row, after[k].row}, .group = p->groups - 1};
        }
        i += order <= 0;
        k += order >= 0;
    }
}

/* A pair, where it is to stand: by its settings, then by its seed. */
typedef struct placed {
    const unroll_table *table;
    unroll_run_pair pair;
    int at; /* where it stood */
} placed;

/* <0, 0, >0: two rows by their settings but the seed, in the order of the columns. */
static int by_settings(const unroll_table *table, int a, int b)
{
    for (int c = 0; c < table->column_count; c++) {
        const unroll_table_column *column = &table->columns[c];
        int order = 0;
        if (unroll_setting_find(column->name) < 0 || strcmp(column->name, "seed") == 0)
            continue;
        if (column->type == UNROLL_COLUMN_TEXT)
            order = strcmp(column->text[a], column->text[b]);
        else
            order = (column->real[a] > column->real[b]) - (column->real[a] < column->real[b]);
        if (order != 0)
            return order;
    }
    return 0;
}

static int by_place(const void *a, const void *b)
{
    const placed *x = a, *y = b;
    double seed = unroll_value_real(x->table, "seed", x->pair.row[1]), other = unroll_value_real(y->table, "seed", y->pair.row[1]);
    int order = by_settings(x->table, x->pair.row[1], y->pair.row[1]);
    if (order == 0)
        order = x->pair.group - y->pair.group;
    if (order == 0)
        order = (seed > other) - (seed < other);
    return order != 0 ? order : x->at - y->at;
}

/* Groups, and the runs of each, come in the order of their hashes, which is none: puts them in that of their settings. */
static unroll_status order_groups(const unroll_table *table, unroll_pairing *p)
{
    placed *all = malloc(((size_t)p->count + 1) * sizeof *all);
    if (all == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for pairs of runs");
    for (int i = 0; i < p->count; i++)
        all[i] = (placed){table, p->pair[i], i};
    qsort(all, (size_t)p->count, sizeof *all, by_place);
    for (int i = 0; i < p->count; i++)
        p->pair[i] = all[i].pair; /* whose groups stay apart, and each in one piece */
    free(all);
    return unroll_ok();
}

unroll_status unroll_pair_runs(const unroll_table *before, const unroll_table *after, unroll_pairing *p)
{
    bool again = unroll_table_find(after, "mode") != NULL; /* of bench, each call adds its records */
    keyed *runs[2] = {calloc((size_t)before->rows + 1, sizeof **runs), calloc((size_t)after->rows + 1, sizeof **runs)};
    int count[2];
    unroll_status status = unroll_ok();
    memset(p, 0, sizeof *p);
    p->pair = calloc((size_t)(before->rows < after->rows ? before->rows : after->rows) + 1, sizeof *p->pair);
    if (runs[0] == NULL || runs[1] == NULL || p->pair == NULL) {
        status = unroll_error(UNROLL_FAILED, "out of memory for pairs of runs");
    } else {
        count[0] = list_runs(before, again, runs[0]);
        count[1] = list_runs(after, again, runs[1]);
        pair_runs(runs[0], count[0], runs[1], count[1], p);
        p->only[0] = count_groups(runs[0], count[0]) - p->groups;
        p->only[1] = count_groups(runs[1], count[1]) - p->groups;
        status = order_groups(after, p);
    }
    free(runs[0]);
    free(runs[1]);
    return status;
}

/* ---- whether bits have changed ---- */

static bool same_number(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

/* What is not there is NaN. */
static double point_of(const unroll_table_curve *curve, int row, int point)
{
    return point < curve->length ? (double)curve->value[(size_t)row * (size_t)curve->length + (size_t)point] : (double)NAN;
}

static bool same_curve(const unroll_table_curve *a, int row, const unroll_table_curve *b, int other)
{
    int points = a->length > b->length ? a->length : b->length;
    for (int i = 0; i < points; i++)
        if (!same_number(point_of(a, row, i), point_of(b, other, i)))
            return false;
    return true;
}

/* The first number or curve in which a pair differs, of those that both tables have and that no clock has measured; NULL: none. */
static const char *differs_in(const unroll_experiment *experiment, const unroll_table *before, const unroll_table *after,
                              const unroll_run_pair *pair)
{
    for (int c = 0; c < after->column_count; c++) {
        const unroll_table_column *now = &after->columns[c], *then = unroll_table_find(before, now->name);
        if (then != NULL && then->type != UNROLL_COLUMN_TEXT && now->type != UNROLL_COLUMN_TEXT && unroll_is_result(now->name) &&
            !unroll_sense_of(experiment, now->name, now->unit, NULL).time &&
            !same_number(then->real[pair->row[0]], now->real[pair->row[1]]))
            return now->name;
    }
    for (int c = 0; c < after->curve_count; c++) {
        const unroll_table_curve *now = &after->curves[c], *then = unroll_table_find_curve(before, now->name);
        if (then != NULL && !unroll_sense_of(NULL, now->name, now->unit, NULL).time &&
            !same_curve(then, pair->row[0], now, pair->row[1]))
            return now->name;
    }
    return NULL;
}

/* ---- an experiment ---- */

/* The settings in which the paired runs differ, but for the seed, as those of one of them: "model=lstm lr=0.01". */
static void describe(const unroll_table *table, const bool *keep, int row, char *out, size_t room)
{
    char shown[UNROLL_VALUE_ROOM];
    size_t used = 0;
    out[0] = '\0';
    for (int c = 0; c < table->column_count && used + 1 < room; c++) {
        const unroll_table_column *column = &table->columns[c];
        if ((unroll_setting_find(column->name) < 0 && strcmp(column->name, "mode") != 0) || strcmp(column->name, "seed") == 0 ||
            !unroll_varies(table, column, keep))
            continue;
        used += (size_t)snprintf(out + used, room - used, "%s%s=%s", used > 0 ? " " : "", column->name,
                                 unroll_value_show(table, column->name, row, shown));
    }
}

static int numerics_of(const unroll_table *table, const unroll_pairing *p, int side)
{
    double version = unroll_value_real(table, "numerics_version", p->pair[0].row[side]);
    for (int i = 1; i < p->count; i++)
        if (unroll_value_real(table, "numerics_version", p->pair[i].row[side]) != version)
            return -1;
    return isnan(version) ? -1 : (int)version;
}

static void hold_bits(unroll_contrast *c, unroll_compared *out)
{
    for (int i = 0; i < c->pairing.count; i++) {
        const unroll_run_pair *pair = &c->pairing.pair[i];
        const char *where = differs_in(c->experiment, c->table[0], c->table[1], pair);
        char configuration[160], seed[UNROLL_VALUE_ROOM];
        out->compared++;
        out->changed += where != NULL;
        if (where == NULL || out->first[0] != '\0')
            continue;
        describe(c->table[1], c->keep, pair->row[1], configuration, sizeof configuration);
        snprintf(out->first, sizeof out->first, "%s at %s%sseed=%s", where, configuration, configuration[0] != '\0' ? " " : "",
                 unroll_value_show(c->table[1], "seed", pair->row[1], seed));
    }
}

/* Which pairs' times count. */
static void hold_times(unroll_contrast *c, unroll_compared *out)
{
    for (int i = 0; i < c->pairing.count; i++) {
        unroll_run_pair *pair = &c->pairing.pair[i];
        const char *processor = env_of(c->table[0], "processor", pair->row[0]);
        bool elsewhere = processor[0] == '\0' || strcmp(processor, env_of(c->table[1], "processor", pair->row[1])) != 0;
        bool doubtful = unroll_doubt_of(c->table[0], pair->row[0]) != UNROLL_DOUBT_NONE ||
                        unroll_doubt_of(c->table[1], pair->row[1]) != UNROLL_DOUBT_NONE;
        pair->timed = !elsewhere && !doubtful;
        out->elsewhere += elsewhere;
        out->doubtful += !elsewhere && doubtful;
    }
}

static unroll_status add_experiment(unroll_comparison_of_two *out, unroll_compared **added)
{
    unroll_compared *grown = unroll_one_more(out->experiment, out->experiments, sizeof *grown);
    if (grown == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for %d experiments", out->experiments + 1);
    out->experiment = grown;
    *added = &grown[out->experiments++];
    return unroll_ok();
}

static unroll_status compare_pairs(unroll_contrast *c, double threshold, unroll_comparison_of_two *out)
{
    const unroll_pairing *p = &c->pairing;
    unroll_compared *added = NULL;
    c->keep = calloc((size_t)c->table[1]->rows + 1, sizeof *c->keep);
    if (c->keep == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for pairs of runs");
    for (int i = 0; i < p->count; i++)
        c->keep[p->pair[i].row[1]] = true;
    UNROLL_TRY(add_experiment(out, &added));
    unroll_text_copy(added->experiment, sizeof added->experiment, c->table[1]->experiment);
    added->pairs = p->count;
    added->configurations = p->groups;
    added->only_old = p->only[0];
    added->only_new = p->only[1];
    added->timed = c->timed;
    for (int side = 0; side < 2 && p->count > 0; side++)
        added->numerics[side] = numerics_of(c->table[side], p, side);
    if (!c->timed)
        hold_bits(c, added);
    hold_times(c, added);
    return unroll_contrast_changes(c, describe, threshold, out);
}

static unroll_status need_hashes(const unroll_table *table, const char *path)
{
    if (unroll_table_find(table, "config") != NULL && unroll_table_find(table, "config_without_seed") != NULL)
        return unroll_ok();
    return unroll_error(UNROLL_WRONG,
                        "%.300s holds no hashes of its runs' settings: unroll run %.48s of a newer program gathers it "
                        "again",
                        path, table->experiment);
}

static unroll_status compare_experiment(unroll_table *tables[2], const char *const paths[2], double threshold,
                                        unroll_comparison_of_two *out)
{
    static const unroll_experiment bench = {.name = "bench", .timed = true}, unknown = {.name = "of another program"};
    const unroll_experiment *known = unroll_experiment_find(tables[1]->experiment);
    const unroll_experiment *judged = known != NULL ? known : strcmp(tables[1]->experiment, "bench") == 0 ? &bench : &unknown;
    unroll_contrast c = {.table = {tables[0], tables[1]}, .experiment = known, .timed = judged->timed};
    unroll_status status = unroll_ok();
    for (int side = 0; side < 2; side++) {
        UNROLL_TRY(need_hashes(tables[side], paths[side]));
        UNROLL_TRY(unroll_doubt_add(judged, tables[side]));
    }
    status = unroll_pair_runs(tables[0], tables[1], &c.pairing);
    if (status.code == UNROLL_OK)
        status = compare_pairs(&c, threshold, out);
    free(c.pairing.pair);
    free(c.keep);
    return status;
}

/* ---- two results ---- */

static void note_version(const unroll_table *table, char out[80])
{
    if (out[0] == '\0')
        snprintf(out, 80, "%.20s (%.20s), gathered %.20s", table->version, table->commit, table->created);
}

static void note_only(char only[400], const char *name)
{
    size_t used = strlen(only);
    snprintf(only + used, 400 - used, "%s%s", used > 0 ? " " : "", name);
}

/* Loads both files of an experiment and compares them. A file that is of no use leaves it out. */
static unroll_status compare_files(const char *before, const char *after, double threshold, unroll_comparison_of_two *out)
{
    const char *const paths[2] = {before, after};
    unroll_table *tables[2] = {NULL, NULL};
    unroll_status status = unroll_load_table(before, &tables[0]);
    if (status.code == UNROLL_OK)
        status = unroll_load_table(after, &tables[1]);
    if (status.code == UNROLL_OK && strcmp(tables[0]->experiment, tables[1]->experiment) != 0)
        status = unroll_error(UNROLL_NOTHING, "%.300s is of %.48s and %.300s of %.48s: nothing in them is of one experiment",
                              before, tables[0]->experiment, after, tables[1]->experiment);
    for (int side = 0; side < 2 && status.code == UNROLL_OK; side++)
        note_version(tables[side], out->version[side]);
    if (status.code == UNROLL_OK)
        status = compare_experiment(tables, paths, threshold, out);
    unroll_table_free(tables[0]);
    unroll_table_free(tables[1]);
    return status;
}

static unroll_status compare_all(const unroll_names *before, const unroll_names *after, double threshold,
                                 unroll_comparison_of_two *out)
{
    unroll_status first = unroll_ok();
    for (int i = 0, k = 0; i < before->count || k < after->count;) {
        int order = i == before->count ? 1 : k == after->count ? -1 : strcmp(before->name[i].name, after->name[k].name);
        if (order == 0) {
            unroll_status status = compare_files(before->name[i].path, after->name[k].path, threshold, out);
            if (status.code == UNROLL_STOPPED)
                return status;
            first = first.code == UNROLL_OK ? status : first;
        } else {
            note_only(out->only[order > 0], order < 0 ? before->name[i].name : after->name[k].name);
        }
        i += order <= 0;
        k += order >= 0;
    }
    return first;
}

static unroll_status need_pairs(const char *before, const char *after, const unroll_comparison_of_two *out)
{
    for (int i = 0; i < out->experiments; i++)
        if (out->experiment[i].pairs > 0)
            return unroll_ok();
    if (out->experiments == 0)
        return unroll_error(UNROLL_NOTHING, "no experiment is in both: %.200s has %.200s, %.200s has %.200s", before,
                            out->only[0][0] != '\0' ? out->only[0] : "none", after,
                            out->only[1][0] != '\0' ? out->only[1] : "none");
    return unroll_error(UNROLL_NOTHING, "no run of %.200s has the settings and the seed of one of %.200s", before, after);
}

unroll_status unroll_compare(const char *before, const char *after, double threshold, unroll_comparison_of_two *out)
{
    unroll_names names[2];
    unroll_status status, pairs;
    memset(out, 0, sizeof *out);
    memset(names, 0, sizeof names);
    status = unroll_list_gathered(before, &names[0]);
    if (status.code == UNROLL_OK)
        status = unroll_list_gathered(after, &names[1]);
    if (status.code == UNROLL_OK && names[0].file && names[1].file)
        status = compare_files(before, after, threshold, out);
    else if (status.code == UNROLL_OK && (names[0].file || names[1].file))
        status = unroll_error(UNROLL_WRONG, "compare two folders, or two files: %.300s is a file, %.300s is none",
                              names[0].file ? before : after, names[0].file ? after : before);
    else if (status.code == UNROLL_OK)
        status = compare_all(&names[0], &names[1], threshold, out);
    unroll_names_free(&names[0]);
    unroll_names_free(&names[1]);
    pairs = status.code == UNROLL_OK ? need_pairs(before, after, out) : unroll_ok();
    if (out->changes > 0) {
        unroll_status judged = unroll_judge_changes(out);
        status = judged.code != UNROLL_OK ? judged : status;
    }
    return status.code != UNROLL_OK ? status : pairs;
}

void unroll_compare_free(unroll_comparison_of_two *c)
{
    free(c->experiment);
    free(c->change);
    memset(c, 0, sizeof *c);
}

int unroll_compare_count(const unroll_comparison_of_two *c, unroll_change_finding finding)
{
    int count = 0;
    for (int i = 0; i < c->changes; i++)
        count += c->change[i].finding == finding;
    return count;
}
