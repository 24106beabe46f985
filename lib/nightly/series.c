#include "nightly/series.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/number.h"
#include "base/quantile.h"
#include "base/text.h"
#include "nightly/call.h"

/* A call on one core loses so much of its time, beside so many seconds for the disk, only where others work beside it. */
static const double MOST_LOST = 0.1, MOST_SECONDS_LOST = 0.05;
enum { CALL_SECONDS = 120, STARTS = 9, SWEPT = 12 };

static const char *const models[] = {"rnn", "lstm", "gru", "mgu", "indrnn", "mingru", "minlstm", "lru", "slstm", "transformer"};
static const int widths[] = {64, 256};
enum { MODELS = 10, STREAMED = 9 /* of them: what a Transformer's step costs depends on how many were before */, WIDTHS = 2 };

/* The kinds of series; those of a model come for each model and width. */
typedef enum kind { STEP, STREAM, START, SWEEP, TRAINING, MEMORY, KINDS } kind;
static const struct {
    const char *name, *unit, *help;
    int models;
} kinds[KINDS] = {{"step", "ms", "a training step of 32 sequences of 64 steps, on one core", MODELS},
                  {"stream", "us", "a streaming step of one sequence, on one core", STREAMED},
                  {"start-up", "ms", "from the call of unroll --version to its end", 0},
                  {"sweep", "s", "a short training in a sweep of 12, on all cores", 0},
                  {"training", "ms", "a step in a whole run, of sequences of 12 to 52 symbols, on one core", 0},
                  {"memory", "MB", "peak memory of a training of an LSTM of 256 units", 0}};

static int count_of(kind k)
{
    return kinds[k].models > 0 ? kinds[k].models * WIDTHS : 1;
}

static int first_of(kind k)
{
    int first = 0;
    for (int i = 0; i < (int)k; i++)
        first += count_of((kind)i);
    return first;
}

static kind kind_of(int series)
{
    kind k = STEP;
    while (series >= first_of(k) + count_of(k))
        k++;
    return k;
}

int unroll_series_count(void)
{
    return first_of(KINDS);
}

const char *unroll_series_name(int series)
{
    static char names[UNROLL_MOST_SERIES][48];
    kind k = kind_of(series);
    int place = series - first_of(k);
    if (kinds[k].models > 0)
        snprintf(names[series], sizeof names[series], "%s %s %d", kinds[k].name, models[place / WIDTHS], widths[place % WIDTHS]);
    else
        snprintf(names[series], sizeof names[series], "%s", kinds[k].name);
    return names[series];
}

const char *unroll_series_unit(int series)
{
    return kinds[kind_of(series)].unit;
}

const char *unroll_series_help(int series)
{
    return kinds[kind_of(series)].help;
}

/* ---- the program ---- */

static unroll_status hash_file(const char *path, unroll_measured_program *program)
{
    FILE *file = fopen(path, "rb");
    uint64_t hash = UNROLL_HASH_START;
    unsigned char *piece = malloc(1 << 20);
    size_t got = 0;
    bool bad = file == NULL || piece == NULL;
    while (!bad && (got = fread(piece, 1, 1 << 20, file)) > 0) {
        hash = unroll_hash(hash, piece, got);
        program->bytes += (double)got;
    }
    bad = bad || ferror(file) != 0;
    if (file != NULL)
        fclose(file);
    free(piece);
    unroll_hash_show(hash, program->hash);
    return bad ? unroll_error(UNROLL_WRONG, "the program %.300s cannot be read", path) : unroll_ok();
}

/* The first words of the lines of a list. */
static void list_first_words(const char *text, char *out, size_t room)
{
    size_t used = 0;
    out[0] = '\0';
    for (const char *line = text; line != NULL && *line != '\0';) {
        size_t length = strcspn(line += strspn(line, " "), " \n");
        if (length > 0 && length < 40 && used + length + 2 < room)
            used += (size_t)snprintf(out + used, room - used, "%s%.*s", used > 0 ? " " : "", (int)length, line);
        line = strchr(line, '\n');
        line = line != NULL ? line + 1 : NULL;
    }
}

static bool has_word(const char *list, const char *word)
{
    char one[64];
    while (unroll_next_word(&list, one, sizeof one))
        if (strcmp(one, word) == 0)
            return true;
    return false;
}

unroll_status unroll_program_open(const char *path, const atomic_bool *stop, unroll_measured_program *program)
{
    const char *const version[] = {program->path, "--version", NULL}, *const list[] = {program->path, "list", "models", NULL};
    unroll_call call;
    unroll_status status;
    memset(program, 0, sizeof *program);
    if (realpath(path, program->path) == NULL || access(program->path, X_OK) != 0 || !unroll_is_file(program->path))
        return unroll_error(UNROLL_WRONG, "there is no program %.300s", path);
    UNROLL_TRY(hash_file(program->path, program));
    status = unroll_call_program(version, NULL, false, CALL_SECONDS, stop, &call);
    if (status.code == UNROLL_OK && (call.status != 0 || strncmp(call.out, "unroll ", 7) != 0))
        status = unroll_error(UNROLL_WRONG, "%.300s is no unroll: --version says so", path);
    if (status.code == UNROLL_OK)
        unroll_text_copy(program->version, sizeof program->version, strtok(call.out, "\n"));
    free(call.out);
    UNROLL_TRY(status);
    unroll_text_plain(program->version);
    status = unroll_call_program(list, NULL, false, CALL_SECONDS, stop, &call);
    if (status.code == UNROLL_OK)
        list_first_words(call.out, program->models, sizeof program->models);
    free(call.out);
    return status;
}

int unroll_series_find(const char *name)
{
    int i = 0, count = unroll_series_count();
    while (i < count && strcmp(unroll_series_name(i), name) != 0)
        i++;
    return i < count ? i : -1;
}

bool unroll_series_is_known(int series, const char *list)
{
    kind k = kind_of(series);
    return kinds[k].models == 0 || has_word(list, models[(series - first_of(k)) / WIDTHS]);
}

void unroll_common_models(const unroll_measured_program *a, const unroll_measured_program *b, char out[200])
{
    size_t used = 0;
    out[0] = '\0';
    for (int m = 0; m < MODELS; m++)
        if (has_word(a->models, models[m]) && has_word(b->models, models[m]))
            used += (size_t)snprintf(out + used, 200 - used, "%s%s", used > 0 ? " " : "", models[m]);
}

/* ---- measuring ---- */

/* Field `column` of the lines of a CSV without quotes, as far as it is there. */
static bool field_of(const char *line, int column, char out[48])
{
    for (; column > 0; column--) {
        line += strcspn(line, ",\n");
        if (*line != ',')
            return false;
        line++;
    }
    snprintf(out, 48, "%.*s", (int)(strcspn(line, ",\n") < 47 ? strcspn(line, ",\n") : 47), line);
    return true;
}

static int column_of(const char *head, const char *name)
{
    char field[48];
    for (int c = 0; field_of(head, c, field); c++)
        if (strcmp(field, name) == 0)
            return c;
    return -1;
}

static int series_of(kind k, const char *model, const char *width)
{
    for (int i = 0; i < count_of(k); i++)
        if (strcmp(models[i / WIDTHS], model) == 0 && widths[i % WIDTHS] == atoi(width))
            return first_of(k) + i;
    return -1;
}

/* Reads the rows of unroll bench --format csv, of the models that were asked for. */
static void read_bench(kind k, const char *csv, const char *known, unroll_turn *turn)
{
    int model = column_of(csv, "model"), width = column_of(csv, "hidden"), time = column_of(csv, kinds[k].unit);
    char name[48], units[48], value[48];
    for (const char *line = strchr(csv, '\n'); line != NULL && model >= 0 && width >= 0 && time >= 0;
         line = strchr(line + 1, '\n')) {
        double number;
        int series;
        if (!field_of(line + 1, model, name) || !field_of(line + 1, width, units) || !field_of(line + 1, time, value))
            continue;
        series = series_of(k, name, units);
        if (series >= 0 && has_word(known, name) && unroll_read_real(value, &number) && number > 0)
            turn->value[series] = number;
    }
}

/* Words of a call, the folder of its results last. */
static unroll_status call_words(const unroll_measured_program *program, const char *text, const char *folder, const char *set,
                                bool pinned, const atomic_bool *stop, unroll_call *call, unroll_turn *turn)
{
    enum { MOST_WORDS = 32 };
    static char words[MOST_WORDS][96]; /* one call at a time */
    const char *list[MOST_WORDS + 4] = {program->path};
    unroll_status status;
    int count = 1;
    while (count < MOST_WORDS && unroll_next_word(&text, words[count], sizeof words[count])) {
        list[count] = words[count];
        count++;
    }
    if (folder != NULL) {
        list[count++] = "--results";
        list[count++] = folder;
    }
    status = unroll_call_program(list, set, pinned, CALL_SECONDS, stop, call);
    if (status.code == UNROLL_FAILED) {
        snprintf(turn->why, sizeof turn->why, "%.290s", status.text);
        call->status = 127;
        return unroll_ok();
    }
    if (status.code == UNROLL_OK && call->status != 0 && turn->why[0] == '\0')
        snprintf(turn->why, sizeof turn->why, "%.60s %.30s ends with %d: %.180s", list[1], list[2] != NULL ? list[2] : "",
                 call->status, call->said);
    return status;
}

static bool disturbed(const unroll_call *call)
{
    return call->wall_s - call->cpu_s > MOST_LOST * call->wall_s + MOST_SECONDS_LOST;
}

static void mark(kind k, bool bad, unroll_turn *turn)
{
    for (int i = 0; i < count_of(k); i++)
        turn->disturbed[first_of(k) + i] = bad;
}

static unroll_status measure_bench(kind k, const unroll_measured_program *program, const char *known, const char *set,
                                   const char *folder, const atomic_bool *stop, unroll_turn *turn)
{
    char words[400], list[160] = "";
    size_t used = 0;
    unroll_call call;
    unroll_status status;
    for (int m = 0; m < kinds[k].models; m++)
        if (has_word(known, models[m]))
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", used > 0 ? "," : "", models[m]);
    if (used == 0)
        return unroll_ok();
    snprintf(words, sizeof words, "bench %s model=%s hidden=64,256 %s threads=1 --format csv --tenths 1",
             k == STREAM ? "--stream" : "", list, k == STREAM ? "batch=1 weights=float" : "batch=32 length=64");
    status = call_words(program, words, folder, set, true, stop, &call, turn);
    if (status.code == UNROLL_OK && call.status == 0) {
        read_bench(k, call.out, known, turn);
        mark(k, disturbed(&call), turn);
    }
    free(call.out);
    return status;
}

/* The median of several: one takes a few milliseconds. */
static unroll_status measure_start(const unroll_measured_program *program, const char *set, const atomic_bool *stop,
                                   unroll_turn *turn)
{
    double ms[STARTS];
    int count = 0;
    for (int i = 0; i < STARTS; i++) {
        unroll_call call;
        unroll_status status = call_words(program, "--version", NULL, set, true, stop, &call, turn);
        free(call.out);
        UNROLL_TRY(status);
        if (call.status == 0)
            ms[count++] = 1e3 * call.wall_s;
    }
    if (count == 0)
        return unroll_ok();
    unroll_sort(ms, count);
    turn->value[first_of(START)] = unroll_quantile(ms, count, 0.5);
    return unroll_ok();
}

/* The value of a line "  NAME  VALUE ..." of what unroll train prints; NaN where there is none. */
static double told(const char *text, const char *name)
{
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        char words[2][48];
        line += strspn(line, " \n");
        if (unroll_next_word(&line, words[0], sizeof words[0]) && strcmp(words[0], name) == 0 &&
            unroll_next_word(&line, words[1], sizeof words[1]))
            return atof(words[1]);
    }
    return NAN;
}

static double ms_of_a_step(const unroll_call *call)
{
    return told(call->out, "ms_per_step");
}

static double seconds_of_a_run(const unroll_call *call)
{
    return call->wall_s / SWEPT;
}

static double peak_mb(const unroll_call *call)
{
    return call->peak_kb / 1000;
}

/* The series that are one call each; `pinned`: on one core, which other work may take a part of; `timed`: then it does not count. */
static const struct single {
    kind k;
    bool pinned, timed, stores;
    double (*value)(const unroll_call *call);
    const char *words;
} singles[] = {{SWEEP, false, false, true, seconds_of_a_run,
                "run architectures model=rnn,lstm,gru steps=100 hidden=16 length=10 lr=0.003 seed=0..3"},
               {TRAINING, true, true, false, ms_of_a_step,
                "train task=recall lag=30 lag_spread=20 model=lstm hidden=64 batch=32 steps=200 points=1 valid_batches=1 threads=1"},
               {MEMORY, true, false, false, peak_mb,
                "train task=adding model=lstm hidden=256 batch=64 length=64 steps=3 points=1 valid_batches=1 threads=1"}};

static unroll_status measure_single(const struct single *one, const unroll_measured_program *program, const char *set,
                                    const char *folder, const atomic_bool *stop, unroll_turn *turn)
{
    char fresh[UNROLL_FILE_ROOM];
    unroll_call call;
    unroll_status status;
    snprintf(fresh, sizeof fresh, "%.4000s/%s", folder, kinds[one->k].name);
    status = call_words(program, one->words, one->stores ? fresh : NULL, set, one->pinned, stop, &call, turn);
    if (status.code == UNROLL_OK && call.status == 0) {
        turn->value[first_of(one->k)] = one->value(&call);
        mark(one->k, one->timed && disturbed(&call), turn);
    }
    free(call.out);
    return status;
}

unroll_status unroll_measure_turn(const unroll_measured_program *program, const char *known, const char *set, const char *folder,
                                  const atomic_bool *stop, unroll_turn *turn)
{
    memset(turn, 0, sizeof *turn);
    for (int i = 0; i < UNROLL_MOST_SERIES; i++)
        turn->value[i] = NAN;
    UNROLL_TRY(measure_bench(STEP, program, known, set, folder, stop, turn));
    UNROLL_TRY(measure_bench(STREAM, program, known, set, folder, stop, turn));
    UNROLL_TRY(measure_start(program, set, stop, turn));
    for (size_t i = 0; i < sizeof singles / sizeof singles[0]; i++)
        UNROLL_TRY(measure_single(&singles[i], program, set, folder, stop, turn));
    for (int i = 0; i < UNROLL_MOST_SERIES; i++)
        if (turn->disturbed[i])
            turn->value[i] = NAN;
    return unroll_ok();
}
