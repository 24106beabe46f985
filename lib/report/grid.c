/* A table of text, numbers and intervals: for a terminal, as Markdown, CSV or HTML. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "report/inside.h"

enum { SHOWN_ROOM = UNROLL_INTERVAL_ROOM };

unroll_status unroll_grid_open(unroll_grid *grid, int columns, int rows)
{
    grid->columns = columns;
    grid->rows = rows;
    grid->column = calloc((size_t)columns + 1, sizeof *grid->column);
    grid->entry = calloc((size_t)columns * (size_t)rows + 1, sizeof *grid->entry);
    if (grid->column != NULL && grid->entry != NULL)
        return unroll_ok();
    unroll_grid_close(grid);
    return unroll_error(UNROLL_FAILED, "out of memory for a table of %d rows", rows);
}

void unroll_grid_close(unroll_grid *grid)
{
    free(grid->column);
    free(grid->entry);
    memset(grid, 0, sizeof *grid);
}

static const unroll_entry *entry_at(const unroll_grid *grid, int row, int column)
{
    return &grid->entry[row * grid->columns + column];
}

static const char *show_entry(const unroll_grid *grid, int row, int column, char out[SHOWN_ROOM])
{
    const unroll_entry *entry = entry_at(grid, row, column);
    unroll_entry_kind kind = grid->column[column].kind;
    if ((kind == UNROLL_ENTRY_MEDIAN || kind == UNROLL_ENTRY_SHARE) && entry->text[0] == '\0')
        unroll_show_interval(&entry->interval, kind == UNROLL_ENTRY_SHARE, grid->column[column].worst, out);
    else
        snprintf(out, SHOWN_ROOM, "%s", entry->text[0] != '\0' ? entry->text : "-");
    if (entry->doubtful && strcmp(out, "-") != 0)
        strncat(out, "*", SHOWN_ROOM - strlen(out) - 1);
    unroll_text_plain(out); /* before anything counts how wide it is */
    return out;
}

static void show_header(const unroll_grid_column *column, char out[SHOWN_ROOM])
{
    if (column->unit[0] != '\0')
        snprintf(out, SHOWN_ROOM, "%s (%s)", column->name, column->unit);
    else
        snprintf(out, SHOWN_ROOM, "%s", column->name);
    unroll_text_plain(out);
}

/* ---- for a terminal ---- */

static unroll_status print_text(const unroll_grid *grid, FILE *out)
{
    char shown[SHOWN_ROOM];
    int *width = calloc((size_t)grid->columns + 1, sizeof *width);
    if (width == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for a table of %d columns", grid->columns);
    for (int c = 0; c < grid->columns; c++) {
        show_header(&grid->column[c], shown);
        width[c] = (int)strlen(shown);
        for (int r = 0; r < grid->rows; r++) {
            int length = (int)strlen(show_entry(grid, r, c, shown));
            width[c] = length > width[c] ? length : width[c];
        }
    }
    for (int r = -1; r < grid->rows; r++) {
        for (int c = 0; c < grid->columns; c++) {
            bool left = grid->column[c].kind == UNROLL_ENTRY_TEXT;
            if (r < 0)
                show_header(&grid->column[c], shown);
            else
                show_entry(grid, r, c, shown);
            fprintf(out, "%s%*s", c > 0 ? "  " : "",
                    c + 1 == grid->columns && left ? 0
                    : left                         ? -width[c]
                                                   : width[c],
                    shown);
        }
        fputc('\n', out);
    }
    free(width);
    return unroll_ok();
}

/* ---- as Markdown and HTML ---- */

static void print_markdown(const unroll_grid *grid, FILE *out)
{
    char shown[SHOWN_ROOM];
    for (int r = -2; r < grid->rows; r++) {
        for (int c = 0; c < grid->columns; c++) {
            fputs(c == 0 ? "| " : " | ", out);
            if (r == -2)
                show_header(&grid->column[c], shown);
            else if (r == -1)
                strcpy(shown, grid->column[c].kind == UNROLL_ENTRY_TEXT ? "---" : "---:");
            else
                show_entry(grid, r, c, shown);
            unroll_print_on_page(shown, UNROLL_FORMAT_MARKDOWN, out);
        }
        fputs(" |\n", out);
    }
}

static void print_html(const unroll_grid *grid, FILE *out)
{
    char shown[SHOWN_ROOM];
    fputs("<div class=\"wide\">\n<table>\n", out);
    for (int r = -1; r < grid->rows; r++) {
        const char *tag = r < 0 ? "th" : "td";
        fputs("<tr>", out);
        for (int c = 0; c < grid->columns; c++) {
            if (r < 0)
                show_header(&grid->column[c], shown);
            else
                show_entry(grid, r, c, shown);
            fprintf(out, "<%s%s>", tag, grid->column[c].kind == UNROLL_ENTRY_TEXT ? "" : " class=\"number\"");
            unroll_print_on_page(shown, UNROLL_FORMAT_HTML, out);
            fprintf(out, "</%s>", tag);
        }
        fputs("</tr>\n", out);
    }
    fputs("</table>\n</div>\n", out);
}

/* ---- as comma-separated values (RFC 4180, with line feeds) ---- */

void unroll_print_csv(const char *text, FILE *out)
{
    bool quoted = strpbrk(text, ",\"\n") != NULL;
    if (quoted)
        fputc('"', out);
    while (*text != '\0') {
        size_t control = *text == '\n' || *text == '\t' ? 0 : unroll_text_control(text);
        if (*text == '"')
            fputc('"', out);
        fputc(control > 0 ? ' ' : *text, out);
        text += control > 0 ? control : 1;
    }
    if (quoted)
        fputc('"', out);
}

static void print_csv_number(double value, FILE *out)
{
    char number[UNROLL_NUMBER_ROOM];
    if (!isnan(value))
        fputs(unroll_show_real(value, number), out);
}

static bool is_interval(const unroll_grid *grid, int column)
{
    return grid->column[column].kind == UNROLL_ENTRY_MEDIAN || grid->column[column].kind == UNROLL_ENTRY_SHARE;
}

static void print_csv(const unroll_grid *grid, FILE *out)
{
    for (int c = 0; c < grid->columns; c++) {
        const char *name = grid->column[c].name;
        fprintf(out, "%s%s", c > 0 ? "," : "", name);
        if (is_interval(grid, c))
            fprintf(out, ",%s_low,%s_high", name, name);
    }
    fputc('\n', out);
    for (int r = 0; r < grid->rows; r++) {
        for (int c = 0; c < grid->columns; c++) {
            const unroll_entry *entry = entry_at(grid, r, c);
            if (c > 0)
                fputc(',', out);
            if (!is_interval(grid, c)) {
                unroll_print_csv(entry->text, out);
                continue;
            }
            print_csv_number(entry->interval.estimate, out);
            fputc(',', out);
            print_csv_number(entry->interval.low, out);
            fputc(',', out);
            print_csv_number(entry->interval.high, out);
        }
        fputc('\n', out);
    }
}

unroll_status unroll_grid_print(const unroll_grid *grid, unroll_format format, FILE *out)
{
    switch (format) {
    case UNROLL_FORMAT_TEXT:
        return print_text(grid, out);
    case UNROLL_FORMAT_MARKDOWN:
        print_markdown(grid, out);
        break;
    case UNROLL_FORMAT_CSV:
        print_csv(grid, out);
        break;
    case UNROLL_FORMAT_HTML:
        print_html(grid, out);
        break;
    }
    return unroll_ok();
}
