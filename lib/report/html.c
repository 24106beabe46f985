/* What is Markdown's and HTML's alone on the pages: marks, and the style of the latter. */
#include <string.h>

#include "base/text.h"
#include "report/inside.h"

/* Light and dark, wide and narrow, on a screen and on paper. A verdict is a word; its colour and mark only repeat it. */
static const char *const style[] = {
    ":root { color-scheme: light dark; --paper: #fff; --ink: #1c1e21; --quiet: #5a6068; --line: #dcdfe3; --link: #0a5ca8;",
    "  --good: #0b6b50; --bad: #a33a00 }",
    "@media (prefers-color-scheme: dark) { :root { --paper: #16181b; --ink: #e4e6e9; --quiet: #a2a9b1; --line: #363b41;",
    "  --link: #7cb8f0; --good: #5cc9a5; --bad: #f0925c } }",
    "* { box-sizing: border-box }",
    "body { margin: 0 auto; padding: 2rem 1.25rem 5rem; max-width: 84rem; background: var(--paper); color: var(--ink);",
    "  font: 1rem/1.6 system-ui, sans-serif; overflow-wrap: anywhere }",
    "h1 { font-size: 1.9rem; line-height: 1.2; margin: 1rem 0 }",
    "h2 { font-size: 1.4rem; line-height: 1.3; margin: 0 0 1rem }",
    "h3 { font-size: 1rem; margin: 2rem 0 .5rem }",
    "section { margin-top: 3.5rem; padding-top: 2rem; border-top: 1px solid var(--line) }",
    "p, dl { max-width: 46rem }",
    "a { color: var(--link) }",
    "nav ul { list-style: none; padding: 0 }",
    "nav li { padding: .6rem 0; border-top: 1px solid var(--line) }",
    "strong[class^=outcome] { white-space: nowrap }",
    ".outcome0 { color: var(--good) } .outcome0::before { content: '\\2713\\a0' }",
    ".outcome1 { color: var(--bad) } .outcome1::before { content: '\\2717\\a0' }",
    ".outcome2::before, .outcome3::before { content: '?\\a0' }",
    ".taught td { padding-bottom: .8rem; min-width: 11rem }",
    "small { color: var(--quiet) }",
    ".wide { overflow-x: auto; margin: 1rem 0 }",
    "table { border-collapse: collapse; font-size: .875rem; line-height: 1.4; font-variant-numeric: tabular-nums;",
    "  overflow-wrap: normal }",
    "th, td { padding: .35rem .9rem .35rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top }",
    "td:first-child:not(.number) { min-width: 11rem }",
    "th { color: var(--quiet); font-weight: 600 }",
    ".number { text-align: right; white-space: nowrap }",
    "figure { margin: 1.5rem 0 }",
    "figure svg { display: block; width: 100%; height: auto }",
    "figure svg > g > rect { fill: none }", /* the canvas */
    "figcaption { max-width: 46rem; color: var(--quiet); font-size: .875rem; margin-top: .5rem }",
    "dl { font-size: .9rem } dt { font-weight: 600; margin-top: .6rem } dd { margin: 0 0 0 1.25rem }",
    "pre { white-space: pre-wrap; font-size: .8rem; line-height: 1.45; max-width: 46rem; padding-left: 1rem;",
    "  border-left: 3px solid var(--line) }",
    "code, pre { font-family: ui-monospace, monospace }",
    /* the drawing has its caption, too, which is too small to read where the window is narrow */
    "@media (max-width: 44rem) { figure svg { width: 44rem } }",
    "@media (min-width: 44.01rem) { figcaption { position: absolute; width: 1px; height: 1px; overflow: hidden;",
    "  clip-path: inset(50%) } }",
    /* gnuplot draws in black */
    "@media screen and (prefers-color-scheme: dark) { figure svg { filter: invert(.91) hue-rotate(180deg) } }",
    "@media print { :root { color-scheme: light; --paper: #fff; --ink: #000; --quiet: #444; --line: #bbb; --link: #000;",
    "  --good: #000; --bad: #000 } body { max-width: none; padding: 0; font-size: 10pt } .wide { overflow: visible }",
    "  table { font-size: 6.5pt } h2, h3 { break-after: avoid } figure, tr { break-inside: avoid } figure svg { width: 100% } }",
};

void unroll_html_open(const char *title, FILE *out)
{
    fprintf(out,
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>%s</title>\n"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<style>\n",
            title);
    for (size_t i = 0; i < sizeof style / sizeof style[0]; i++)
        fprintf(out, "%s\n", style[i]);
    fprintf(out, "</style>\n<h1>%s</h1>\n", title);
}

void unroll_html_close(FILE *out)
{
    fputs("</html>\n", out);
}

void unroll_mark_heading(int level, const char *text, unroll_format format, FILE *out)
{
    if (format == UNROLL_FORMAT_HTML)
        fprintf(out, "<h%d>%s</h%d>\n", level, text, level);
    else
        fprintf(out, "%.*s %s\n\n", level, "######", text);
}

void unroll_mark_list(bool begin, unroll_format format, FILE *out)
{
    if (format == UNROLL_FORMAT_HTML)
        fputs(begin ? "<dl>\n" : "</dl>\n", out);
    else
        fputs(begin ? "" : "\n", out);
}

void unroll_mark_item(const char *name, unroll_format format, FILE *out)
{
    bool html = format == UNROLL_FORMAT_HTML;
    fputs(html ? "<dt>" : "- **", out);
    unroll_print_escaped(name, format, out);
    fputs(html ? "</dt><dd>" : "**: ", out);
}

void unroll_mark_item_end(unroll_format format, FILE *out)
{
    fputs(format == UNROLL_FORMAT_HTML ? "</dd>\n" : "\n", out);
}

/* Inside backquotes nothing but another one has a meaning. */
void unroll_mark_code(const char *text, unroll_format format, FILE *out)
{
    if (format == UNROLL_FORMAT_HTML) {
        fputs("<code>", out);
        unroll_print_escaped(text, format, out);
        fputs("</code>", out);
        return;
    }
    fputc('`', out);
    while (*text != '\0') {
        size_t control = unroll_text_control(text);
        fputc(control > 0 ? ' ' : *text == '`' ? '\'' : *text, out);
        text += control > 0 ? control : 1;
    }
    fputc('`', out);
}
