/* Texts made harmless for what reads them: a terminal, Markdown, HTML, gnuplot. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/inside.h"

/* What stands for the character at `text` in a format; NULL: itself. `before`: the one before it. */
static const char *harmless(char before, const char *text, unroll_format format)
{
    bool markdown = format == UNROLL_FORMAT_MARKDOWN, marked = markdown || format == UNROLL_FORMAT_HTML;
    switch (*text) {
    case '&':
        return marked ? "&amp;" : NULL;
    case '<':
        return marked ? "&lt;" : NULL;
    case '|':
        return markdown ? "\\|" : NULL;
    case '`':
        return markdown ? "\\`" : NULL;
    case '(': /* the address of a link or a picture follows its text so */
        return markdown && before == ']' ? "\\(" : NULL;
    default:
        return NULL;
    }
}

void unroll_print_escaped(const char *text, unroll_format format, FILE *out)
{
    char before = '\0';
    while (*text != '\0') {
        size_t control = unroll_text_control(text);
        const char *instead = control > 0 ? " " : harmless(before, text, format);
        if (instead != NULL)
            fputs(instead, out);
        else
            fputc(*text, out);
        before = *text;
        text += control > 0 ? control : 1;
    }
}

void unroll_hide_folders(char *text)
{
    char *to = text;
    while (*text != '\0') {
        size_t length = strcspn(text, " ,='\"`(");
        char *slash = NULL;
        for (size_t i = 0; text[0] == '/' && i < length; i++)
            slash = text[i] == '/' && i + 1 < length ? text + i : slash;
        if (slash != NULL) {
            length -= (size_t)(slash + 1 - text);
            text = slash + 1;
        }
        length += text[length] != '\0';
        memmove(to, text, length);
        to += length;
        text += length;
    }
    *to = '\0';
}

void unroll_print_on_page(const char *text, unroll_format format, FILE *out)
{
    char *copy = format == UNROLL_FORMAT_MARKDOWN || format == UNROLL_FORMAT_HTML ? unroll_text_duplicate(text) : NULL;
    if (copy != NULL)
        unroll_hide_folders(copy);
    unroll_print_escaped(copy != NULL ? copy : text, format, out);
    free(copy);
}

void unroll_print_gnuplot(const char *text, FILE *out)
{
    char before = '\'';
    fputc('\'', out);
    while (*text != '\0') {
        size_t control = unroll_text_control(text);
        if (control > 0)
            fputc(' ', out);
        else if (*text == '\'')
            fputs(before == '\'' ? "\xE2\x80\x99" : "''", out);
        else
            fputc(*text, out);
        before = *text;
        text += control > 0 ? control : 1;
    }
    fputc('\'', out);
}
