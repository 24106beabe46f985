#include "csv.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/number.h"

/* A place in the text and its line. */
typedef struct cursor {
    char *at;
    int line;
} cursor;

/* The fields as they are cut, with the count of rows so far. */
typedef struct cutter {
    unroll_csv *csv;
    const char *shown; /* the file's name in sentences */
    size_t fields, room, row_room;
    int rows;
} cutter;

bool unroll_is_hole(const char *cell)
{
    static const char *const words[] = {"", "na", "n/a", "nan", "null", "none", "?", "-"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcasecmp(cell, words[i]) == 0)
            return true;
    return false;
}

bool unroll_is_number(const unroll_csv *csv, const char *cell, double *value)
{
    char copy[64];
    size_t length = strlen(cell);
    char *comma;
    if (csv->separator == ',' || length >= sizeof copy)
        return unroll_read_real(cell, value);
    memcpy(copy, cell, length + 1);
    comma = strchr(copy, ',');
    if (comma != NULL)
        *comma = '.';
    return unroll_read_real(copy, value);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Past comments of whole lines and blank lines, to the first row. */
static cursor skip_preamble(char *text)
{
    cursor here = {text, 1};
    for (char *line = text; *line != '\0'; here.line++) {
        char *first = line + strspn(line, " \t\r");
        here.at = line;
        if (*first != '#' && *first != '\n')
            return here;
        line = strchr(line, '\n');
        if (line == NULL)
            break;
        line++;
        here.at = line;
    }
    here.at += strlen(here.at);
    return here;
}

/* How often `separator` stands outside quotes in the line at `text`; *next: the line after it. */
static int count_separators(const char *text, char separator, const char **next)
{
    bool quoted = false;
    int count = 0;
    for (; *text != '\0' && (quoted || *text != '\n'); text++) {
        quoted ^= *text == '"';
        count += !quoted && *text == separator;
    }
    *next = *text == '\n' ? text + 1 : text;
    return count;
}

/* The separator that parts each of the first rows into equally many fields; before that, the more of them the better;
   a comma last, for it may be a decimal comma. */
static char find_separator(const char *text)
{
    enum { LINES = 20 };
    static const char separators[] = {';', '\t', ','};
    char best = ',';
    int most = 0;
    for (int s = 0; s < 3; s++) {
        const char *line;
        int first = count_separators(text, separators[s], &line), even = 1;
        for (int i = 1; i < LINES && *line != '\0'; i++) {
            const char *start = line;
            int count = count_separators(line, separators[s], &line);
            even &= count == first || start[strspn(start, " \t\r")] == '\n' || start[strspn(start, " \t\r")] == '\0';
        }
        if (first > 0 && even)
            return separators[s];
        if (first > most) {
            best = separators[s];
            most = first;
        }
    }
    return best;
}

/* Cuts off blanks on both ends. */
static char *trimmed(char *field, char *end)
{
    while (end > field && is_blank(end[-1]))
        end--;
    *end = '\0';
    while (is_blank(*field))
        field++;
    return field;
}

/* Takes the quotes off in place; `here` ends behind the closing one. NULL when there is none. */
static char *unquote(cursor *here)
{
    char *read = here->at + 1, *write = here->at;
    for (;; read++) {
        if (*read == '\0')
            return NULL;
        if (*read == '"' && *++read != '"')
            break;
        here->line += *read == '\n';
        *write++ = *read;
    }
    here->at = read;
    return write;
}

/* Cuts one field out in place; `here` ends on the separator, line end or closing zero that *stop keeps. */
static unroll_status cut_field(cutter *cut, cursor *here, char **field, char *stop)
{
    char separator = cut->csv->separator, *end;
    int opened = here->line;
    while (*here->at == ' ' || (*here->at == '\t' && separator != '\t'))
        here->at++;
    *field = here->at;
    if (*here->at != '"') {
        while (*here->at != separator && *here->at != '\n' && *here->at != '\0')
            here->at++;
        end = here->at;
    } else {
        end = unquote(here);
        if (end == NULL)
            return unroll_error(UNROLL_WRONG, "%s: the quote that opens on line %d is never closed", cut->shown,
                                opened);
        while (*here->at == ' ' || *here->at == '\r' || (*here->at == '\t' && separator != '\t'))
            here->at++;
        if (*here->at != separator && *here->at != '\n' && *here->at != '\0')
            return unroll_error(UNROLL_WRONG, "%s: line %d has text behind a closing quote", cut->shown, here->line);
    }
    *stop = *here->at;
    *field = trimmed(*field, end);
    return unroll_ok();
}

/* `vector` with room for one more element of `size` bytes; NULL when memory is short, `vector` then stays. */
static void *grown(void *vector, size_t used, size_t *room, size_t size)
{
    size_t wanted = *room == 0 ? 1024 : 2 * *room;
    void *more;
    if (used < *room)
        return vector;
    more = realloc(vector, wanted * size);
    if (more != NULL)
        *room = wanted;
    return more;
}

static bool add_line(cutter *cut, int line)
{
    int *lines = grown(cut->csv->lines, (size_t)cut->rows, &cut->row_room, sizeof *lines);
    if (lines == NULL)
        return false;
    lines[cut->rows++] = line;
    cut->csv->lines = lines;
    return true;
}

static bool add_field(cutter *cut, const char *field)
{
    const char **fields = grown(cut->csv->fields, cut->fields, &cut->room, sizeof *fields);
    if (fields == NULL)
        return false;
    fields[cut->fields++] = field;
    cut->csv->fields = fields;
    return true;
}

static unroll_status cut_row(cutter *cut, cursor *here)
{
    unroll_csv *csv = cut->csv;
    int count = 0, line = here->line;
    char stop = '\0', *field = NULL;
    if (!add_line(cut, line))
        return unroll_error(UNROLL_FAILED, "out of memory: the rows of %s", cut->shown);
    do {
        UNROLL_TRY(cut_field(cut, here, &field, &stop));
        if (!add_field(cut, field))
            return unroll_error(UNROLL_FAILED, "out of memory: the fields of %s", cut->shown);
        count++;
        here->at += stop != '\0';
    } while (stop == csv->separator);
    here->line += stop == '\n';
    if (cut->rows == 1)
        csv->columns = count;
    if (count != csv->columns)
        return unroll_error(UNROLL_WRONG, "%s: line %d has %d field%s where the first row has %d", cut->shown, line,
                            count, count == 1 ? "" : "s", csv->columns);
    return unroll_ok();
}

static unroll_status cut_rows(cutter *cut, cursor here)
{
    while (*here.at != '\0') {
        char *first = here.at;
        while (*first == ' ' || *first == '\r')
            first++;
        if (*first == '\n' || *first == '\0') {
            here.at = first + (*first == '\n');
            here.line++;
            continue;
        }
        if (cut->rows == INT_MAX / 2 || here.line == INT_MAX / 2)
            return unroll_error(UNROLL_WRONG, "%s has too many rows", cut->shown);
        UNROLL_TRY(cut_row(cut, &here));
    }
    return unroll_ok();
}

/* The first row is a header when it holds a word and no number, or a word right above a number: "month,2020,2021". */
static bool is_header(const unroll_csv *csv, int rows)
{
    bool word = false, number = false;
    for (int c = 0; c < csv->columns; c++) {
        double value;
        if (unroll_is_number(csv, csv->fields[c], &value)) {
            number = true;
            continue;
        }
        if (unroll_is_hole(csv->fields[c]))
            continue;
        word = true;
        if (rows > 1 && unroll_is_number(csv, csv->fields[csv->columns + c], &value))
            return true;
    }
    return word && !number;
}

static unroll_status name_columns(cutter *cut)
{
    unroll_csv *csv = cut->csv;
    if (cut->rows == 0 || csv->columns < 1)
        return unroll_error(UNROLL_WRONG, "%s has no rows", cut->shown);
    csv->header = is_header(csv, cut->rows);
    csv->rows = cut->rows - csv->header;
    if (csv->rows == 0)
        return unroll_error(UNROLL_WRONG, "%s has a header but no rows", cut->shown);
    csv->names = calloc((size_t)csv->columns, sizeof *csv->names);
    if (csv->names == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory: the columns of %s", cut->shown);
    for (int c = 0; c < csv->columns; c++)
        csv->names[c] = csv->header ? csv->fields[c] : "";
    csv->cells = csv->fields + (csv->header ? csv->columns : 0);
    if (csv->header)
        memmove(csv->lines, csv->lines + 1, (size_t)csv->rows * sizeof *csv->lines);
    return unroll_ok();
}

/* Refuses what is no text; makes lines that end in a carriage return alone end in a line feed. */
static unroll_status check_text(char *text, const char *shown)
{
    bool feeds = strchr(text, '\n') != NULL;
    int line = 1;
    for (char *c = text; *c != '\0'; c++) {
        if (*c == '\r' && !feeds)
            *c = '\n';
        line += *c == '\n';
        if ((unsigned char)*c < ' ' && strchr("\t\n\r\f\v", *c) == NULL)
            return unroll_error(UNROLL_WRONG, "%s is not a text: control character 0x%02x on line %d", shown,
                                (unsigned)(unsigned char)*c, line);
    }
    return unroll_ok();
}

static unroll_status cut_text(unroll_csv *csv, const char *shown)
{
    cutter cut = {.csv = csv, .shown = shown};
    cursor here;
    UNROLL_TRY(check_text(csv->text, shown));
    here = skip_preamble(csv->text + (strncmp(csv->text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0));
    csv->separator = find_separator(here.at);
    UNROLL_TRY(cut_rows(&cut, here));
    return name_columns(&cut);
}

unroll_status unroll_csv_open(const char *path, unroll_csv *csv)
{
    char shown[UNROLL_SHORT_ROOM];
    size_t size;
    unroll_status status;
    memset(csv, 0, sizeof *csv);
    UNROLL_TRY(unroll_read_text(path, &csv->text, &size));
    unroll_fingerprint(path, csv->text, size, csv->fingerprint);
    status = cut_text(csv, unroll_short_path(path, shown));
    if (status.code != UNROLL_OK)
        unroll_csv_close(csv);
    return status;
}

void unroll_csv_close(unroll_csv *csv)
{
    free(csv->text);
    free(csv->fields);
    free(csv->names);
    free(csv->lines);
    memset(csv, 0, sizeof *csv);
}
