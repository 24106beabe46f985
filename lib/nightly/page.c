/* A night on a terminal, and all nights on a page. */
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "nightly/nightly.h"
#include "report/inside.h"

static const char *unit_of(const char *name)
{
    int series = unroll_series_find(name);
    return series >= 0 ? unroll_series_unit(series) : "";
}

/* ---- a terminal ---- */

static void print_percent(double change, FILE *out)
{
    if (isnan(change))
        fprintf(out, "%8s", "-");
    else
        fprintf(out, "%+7.2f%%", 100 * (exp(change) - 1));
}

void unroll_nightly_print(const unroll_night *night, FILE *out)
{
    fprintf(out, "new: %s\n", night->version);
    if (night->against[0] != '\0')
        fprintf(out, "old: %s%s\n", night->against_version, strcmp(night->against, night->program) == 0 ? ", the same file" : "");
    fprintf(out, "known trainings: %d of %d as in the list\n\n", night->known - night->wrong, night->known);
    fprintf(out, "%-20s %10s %8s  %-18s %8s %8s  %s\n", "series", "new", "change", "95% interval", "again", "floor", "finding");
    for (int i = 0; i < night->series; i++) {
        const unroll_series_night *s = &night->night[i];
        char number[UNROLL_VALUE_ROOM];
        fprintf(out, "%-20s %7s %-2s ", night->name[i], unroll_show_short(night->time[i], number), unit_of(night->name[i]));
        print_percent(s->first.estimate, out);
        fputs("  ", out);
        print_percent(s->first.low, out);
        fputs("..", out);
        print_percent(s->first.high, out);
        fputc(' ', out);
        print_percent(s->again.estimate, out);
        fputc(' ', out);
        print_percent(s->floor, out);
        fprintf(out, "  %s\n", unroll_night_finding_name(s->finding));
    }
    fprintf(out, "\nverdict: %s\n", night->sentence);
}

/* ---- the page ---- */

enum { WIDTH = 260, HEIGHT = 40, SHOWN_NIGHTS = 90 };

/* Time of a series by name on a night of the same processor; NaN where it has none. */
static double time_of(const unroll_night *night, const char *processor, const char *name, unroll_night_finding *finding)
{
    *finding = UNROLL_NIGHT_UNMEASURED;
    for (int i = 0; i < night->series && strcmp(night->processor, processor) == 0; i++)
        if (strcmp(night->name[i], name) == 0) {
            *finding = night->night[i].finding;
            return night->time[i];
        }
    return NAN;
}

/* From the fastest night below to the slowest above, of at least 2% between them. */
static void print_line(const unroll_history *h, int first, const char *name, FILE *out)
{
    const char *processor = h->night[h->count - 1].processor;
    double low = INFINITY, high = -INFINITY;
    unroll_night_finding finding;
    for (int i = first; i < h->count; i++) {
        double time = time_of(&h->night[i], processor, name, &finding);
        low = isnan(time) ? low : fmin(low, time);
        high = isnan(time) ? high : fmax(high, time);
    }
    high = fmax(high, 1.02 * low);
    fprintf(out, "<svg viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\" aria-label=\"", WIDTH, HEIGHT, WIDTH,
            HEIGHT);
    unroll_print_on_page(name, UNROLL_FORMAT_HTML, out);
    fputs(" by night\">", out);
    for (int i = first, last = -1; i < h->count; i++) {
        double time = time_of(&h->night[i], processor, name, &finding);
        double x = 6 + (double)(WIDTH - 12) * (i - first + 0.5) / (h->count - first),
               y = HEIGHT - 8 - (HEIGHT - 16) * (time - low) / (high - low);
        if (isnan(time))
            continue;
        if (last >= 0) {
            double before = time_of(&h->night[last], processor, name, &finding);
            fprintf(out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"currentColor\" stroke-width=\"1\"/>",
                    6 + (double)(WIDTH - 12) * (last - first + 0.5) / (h->count - first),
                    HEIGHT - 8 - (HEIGHT - 16) * (before - low) / (high - low), x, y);
            time_of(&h->night[i], processor, name, &finding);
        }
        fprintf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%d\" fill=\"%s\"><title>%.10s: %.3g, %s</title></circle>", x, y,
                finding == UNROLL_NIGHT_SLOWER || finding == UNROLL_NIGHT_FASTER ? 5 : 2,
                finding == UNROLL_NIGHT_SLOWER   ? "var(--bad)"
                : finding == UNROLL_NIGHT_FASTER ? "var(--good)"
                                                 : "currentColor",
                h->night[i].date, time, unroll_night_finding_name(finding));
        last = i;
    }
    fputs("</svg>", out);
}

static void print_percent_on_page(double change, FILE *out)
{
    if (isnan(change))
        fputs("<td class=\"number\">-</td>", out);
    else
        fprintf(out, "<td class=\"number\">%+.2f%%</td>", 100 * (exp(change) - 1));
}

static void print_series(const unroll_history *h, FILE *out)
{
    const unroll_night *last = &h->night[h->count - 1];
    int first = h->count > SHOWN_NIGHTS ? h->count - SHOWN_NIGHTS : 0;
    fputs("<div class=\"wide\">\n<table>\n<tr><th>series</th><th>by night</th><th>time or "
          "size</th><th>change</th><th>from</th><th>to</th>"
          "<th>again</th><th>counts beyond</th><th>finding</th></tr>\n",
          out);
    for (int i = 0; i < last->series; i++) {
        const unroll_series_night *s = &last->night[i];
        char number[UNROLL_VALUE_ROOM];
        fputs("<tr><td>", out);
        unroll_print_on_page(last->name[i], UNROLL_FORMAT_HTML, out);
        fputs("</td><td>", out);
        print_line(h, first, last->name[i], out);
        fprintf(out, "</td><td class=\"number\">%s %s</td>", unroll_show_short(last->time[i], number), unit_of(last->name[i]));
        print_percent_on_page(s->first.estimate, out);
        print_percent_on_page(s->first.low, out);
        print_percent_on_page(s->first.high, out);
        print_percent_on_page(s->again.estimate, out);
        print_percent_on_page(s->floor, out);
        fprintf(out, "<td>%s</td></tr>\n", unroll_night_finding_name(s->finding));
    }
    fputs("</table>\n</div>\n<p>Each is a time, or memory, of which less is better. Change: of the new program over the old one, "
          "measured in "
          "turns; from, to: its 95% interval; again: the second measurement, of what seemed to have changed. A dot is a night on "
          "this "
          "processor, a large one a night on which a change was found.</p>\n",
          out);
}

static void print_history(const unroll_history *h, FILE *out)
{
    static const char *const outcomes[] = {"good", "worse", "incomplete"};
    fputs("<h2>What was decided</h2>\n<div class=\"wide\">\n<table>\n<tr><th>night</th><th>outcome</th><th>what was "
          "decided</th><th>new"
          "</th><th>old</th><th>program (MB)</th><th>processor</th></tr>\n",
          out);
    for (int i = h->count - 1; i >= 0; i--) {
        const unroll_night *n = &h->night[i];
        fprintf(out, "<tr><td>%.10s %.5s</td><td>%s</td><td>", n->date, strlen(n->date) > 11 ? n->date + 11 : "",
                outcomes[n->outcome]);
        unroll_print_on_page(n->sentence, UNROLL_FORMAT_HTML, out);
        fputs("</td><td>", out);
        unroll_print_on_page(n->version, UNROLL_FORMAT_HTML, out);
        fputs("</td><td>", out);
        unroll_print_on_page(n->against[0] == '\0' ? "-" : n->against_version, UNROLL_FORMAT_HTML, out);
        fprintf(out, "</td><td class=\"number\">%.2f</td><td>", 1e-6 * n->bytes);
        unroll_print_on_page(n->processor, UNROLL_FORMAT_HTML, out);
        fputs("</td></tr>\n", out);
    }
    fputs("</table>\n</div>\n", out);
}

unroll_status unroll_nightly_page(const unroll_history *history, const char *results, char path[UNROLL_FILE_ROOM])
{
    static const char *const marks[] = {"outcome0", "outcome1", "outcome2"}, *const outcomes[] = {"good", "worse", "incomplete"};
    const unroll_night *last;
    unroll_text_file file;
    path[0] = '\0';
    if (history->count == 0)
        return unroll_ok();
    last = &history->night[history->count - 1];
    snprintf(path, UNROLL_FILE_ROOM, "%.4000s/nightly.html", results);
    UNROLL_TRY(unroll_text_file_open(&file, path));
    unroll_html_open("unroll nightly", file.out);
    fprintf(file.out, "<p><strong class=\"%s\">%s</strong> on %.10s: ", marks[last->outcome], outcomes[last->outcome],
            last->date);
    unroll_print_on_page(last->sentence, UNROLL_FORMAT_HTML, file.out);
    fputs("</p>\n", file.out);
    print_series(history, file.out);
    print_history(history, file.out);
    if (history->damaged > 0)
        fprintf(file.out, "<p>%d records of nights cannot be read.</p>\n", history->damaged);
    unroll_html_close(file.out);
    return unroll_text_file_close(&file, true);
}
