/* The figures on the pages: a picture beside the Markdown, the drawing itself inside the HTML. */
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "report/inside.h"

/* Copies a drawing, from its root element on, with `prefix` before each name that it refers itself by: gnuplot gives the same
   names in every figure. */
static void print_drawing(FILE *svg, const char *prefix, FILE *out)
{
    static const char *const marks[] = {"id='", "id=\"", "href='#", "href=\"#", "url(#"};
    char line[8192];
    bool begun = false;
    while (fgets(line, sizeof line, svg) != NULL) {
        begun = begun || strncmp(line, "<svg", 4) == 0;
        if (strncmp(line, "<title>", 7) == 0) /* gnuplot's name */
            continue;
        for (const char *at = line; begun && *at != '\0';) {
            size_t length = 0;
            for (size_t i = 0; i < sizeof marks / sizeof marks[0] && length == 0; i++)
                length = strncmp(at, marks[i], strlen(marks[i])) == 0 ? strlen(marks[i]) : 0;
            fwrite(at, 1, length > 0 ? length : 1, out);
            fputs(length > 0 ? prefix : "", out);
            at += length > 0 ? length : 1;
        }
    }
}

static void print_not_drawn(const char *name, const char *experiment, unroll_format format, FILE *out)
{
    char command[128];
    snprintf(command, sizeof command, "unroll plot %.64s", experiment);
    fprintf(out, "%sThe figure %s is not drawn yet: ", format == UNROLL_FORMAT_HTML ? "<p>" : "", name);
    unroll_mark_code(command, format, out);
    fprintf(out, " draws it, with gnuplot.%s", format == UNROLL_FORMAT_HTML ? "</p>\n" : "\n\n");
}

static void print_html(FILE *svg, const char *name, const char *caption, FILE *out)
{
    char prefix[128];
    snprintf(prefix, sizeof prefix, "%.100s-", name);
    fprintf(out, "<figure>\n<div class=\"wide\" role=\"img\" aria-labelledby=\"%scaption\">\n", prefix);
    print_drawing(svg, prefix, out);
    fprintf(out, "</div>\n<figcaption id=\"%scaption\">", prefix);
    unroll_print_escaped(caption, UNROLL_FORMAT_HTML, out);
    fputs("</figcaption>\n</figure>\n", out);
}

static unroll_status print_figure(const unroll_experiment *experiment, const char *results, const char *name,
                                  unroll_format format, FILE *out)
{
    bool html = format == UNROLL_FORMAT_HTML;
    char path[UNROLL_FILE_ROOM], caption[1024] = "";
    struct stat figure, data;
    unroll_status script;
    FILE *file;
    snprintf(path, sizeof path, "%.3000s/figures/%s.%s", results, name, html ? "svg" : "png");
    file = fopen(path, "r");
    if (file == NULL || fstat(fileno(file), &figure) != 0 || !S_ISREG(figure.st_mode)) {
        if (file != NULL)
            fclose(file);
        print_not_drawn(name, experiment->name, format, out);
        return unroll_ok();
    }
    script = unroll_plot_script(name, path);
    if (script.code == UNROLL_OK)
        script = unroll_plot_caption(path, caption, sizeof caption);
    if (html)
        print_html(file, name, caption, out);
    else
        fprintf(out, "[![%s](figures/%s.png)](figures/%s.svg)\n\n*%s*\n\n", name, name, name, caption);
    fclose(file);
    snprintf(path, sizeof path, "%.3000s/%.64s.h5", results, experiment->name);
    if (stat(path, &data) == 0 && figure.st_mtime < data.st_mtime) {
        snprintf(path, sizeof path, "unroll plot %.64s", experiment->name);
        fprintf(out, "%sThe figure is older than the data: ", html ? "<p>" : "");
        unroll_mark_code(path, format, out);
        fprintf(out, " draws it anew.%s", html ? "</p>\n" : "\n\n");
    }
    return script.code == UNROLL_WRONG ? unroll_ok() : script; /* without its script a figure has no caption */
}

unroll_status unroll_page_figures(const unroll_experiment *experiment, const char *results, unroll_format format, FILE *out)
{
    const char *rest = experiment->figures;
    char name[101];
    while (unroll_next_word(&rest, name, sizeof name))
        UNROLL_TRY(print_figure(experiment, results, name, format, out));
    return unroll_ok();
}
