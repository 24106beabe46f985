/* A verdict in words. */
#include <stdio.h>

#include "report/doubt.h"
#include "report/inside.h"

static const char *finding_name(unroll_finding finding)
{
    static const char *const names[] = {"holds", "wrong side", "open", "not judged"};
    return names[finding];
}

static int count_of(const unroll_verdict *v, unroll_finding finding)
{
    int count = 0;
    for (int i = 0; i < v->count; i++)
        count += v->comparison[i].finding == finding;
    return count;
}

void unroll_verdict_sentence(const unroll_verdict *v, FILE *out)
{
    int holds = count_of(v, UNROLL_HOLDS), wrong = count_of(v, UNROLL_WRONG_SIDE), few = count_of(v, UNROLL_TOO_FEW);
    int refused = 0;
    if (v->count == 1 && holds == 1)
        fputs("its one comparison holds", out);
    else if (holds == v->count)
        fprintf(out, "all %d comparisons hold", v->count);
    else
        fprintf(out, "%d of %d comparisons hold", holds, v->count);
    if (wrong > 0)
        fprintf(out, ", %d lie%s clearly on the wrong side", wrong, wrong == 1 ? "s" : "");
    if (few > 0)
        fprintf(out, ", %d stand%s on fewer than %d seeds", few, few == 1 ? "s" : "", UNROLL_LEAST_RUNS);
    for (int i = 1; i < UNROLL_DOUBTS; i++)
        refused += v->refused[i];
    if (refused > 0) {
        fputs("; refused as evidence: times of ", out);
        unroll_doubt_print(v->refused, out);
    }
    if (v->outcome == UNROLL_UNDECIDED)
        fprintf(out, "; %d seeds are the fewest that can decide so many either way", v->fewest);
    if (v->exploratory)
        fputs("; exploratory, as the runs are not those that were declared", out);
}

/* "4/6 [22%, 96%], 1 equal"; "" where there are no pairs of runs. */
static const char *show_won(const unroll_comparison *c, char out[UNROLL_INTERVAL_ROOM])
{
    char share[UNROLL_INTERVAL_ROOM], drawn[40] = "";
    out[0] = '\0';
    if (c->won.count == 0)
        return out;
    if (c->drawn > 0)
        snprintf(drawn, sizeof drawn, ", %d equal", c->drawn);
    snprintf(out, UNROLL_INTERVAL_ROOM, "%.200s%s", unroll_show_interval(&c->won, true, NULL, share), drawn);
    return out;
}

static void print_text(const unroll_verdict *v, FILE *out)
{
    char interval[UNROLL_INTERVAL_ROOM];
    fprintf(out, "%s: ", unroll_outcome_name(v->outcome));
    unroll_verdict_sentence(v, out);
    fputc('\n', out);
    for (int i = 0; i < v->count; i++) {
        const unroll_comparison *c = &v->comparison[i];
        fprintf(out, "  %-10s  ", finding_name(c->finding));
        unroll_print_escaped(c->text, UNROLL_FORMAT_TEXT, out);
        if (c->interval.count > 0)
            fprintf(out, ": %s, %d seeds", unroll_show_interval(&c->interval, c->share, NULL, interval), c->interval.count);
        if (c->won.count > 0)
            fprintf(out, ", pairs won: %s", show_won(c, interval));
        fputc('\n', out);
    }
}

static void print_markdown(const unroll_verdict *v, FILE *out)
{
    char interval[UNROLL_INTERVAL_ROOM];
    fprintf(out, "Verdict: **%s**; ", unroll_outcome_name(v->outcome));
    unroll_verdict_sentence(v, out);
    fputs(".\n\n| rule, at each of its conditions | median or share | seeds | pairs won | |\n| --- | ---: | ---: | ---: | --- |\n", out);
    for (int i = 0; i < v->count; i++) {
        const unroll_comparison *c = &v->comparison[i];
        unroll_show_interval(&c->interval, c->share, NULL, interval);
        fputs("| ", out);
        unroll_print_on_page(c->text, UNROLL_FORMAT_MARKDOWN, out);
        fputs(" | ", out);
        unroll_print_escaped(interval, UNROLL_FORMAT_MARKDOWN, out);
        fprintf(out, " | %d | ", c->interval.count);
        unroll_print_escaped(show_won(c, interval), UNROLL_FORMAT_MARKDOWN, out);
        fprintf(out, " | %s |\n", finding_name(c->finding));
    }
    fputc('\n', out);
}

static void print_html(const unroll_verdict *v, FILE *out)
{
    char interval[UNROLL_INTERVAL_ROOM];
    fprintf(out, "<p>Verdict: <strong class=\"outcome%d\">%s</strong>; ", (int)v->outcome, unroll_outcome_name(v->outcome));
    unroll_verdict_sentence(v, out);
    fputs(".</p>\n<div class=\"wide\">\n<table>\n<tr><th>rule, at each of its conditions</th>"
          "<th class=\"number\">median or share</th><th class=\"number\">seeds</th><th class=\"number\">pairs won</th><th>finding</th></tr>\n", out);
    for (int i = 0; i < v->count; i++) {
        const unroll_comparison *c = &v->comparison[i];
        unroll_show_interval(&c->interval, c->share, NULL, interval);
        fputs("<tr><td>", out);
        unroll_print_on_page(c->text, UNROLL_FORMAT_HTML, out);
        fprintf(out, "</td><td class=\"number\">%s</td><td class=\"number\">%d</td>", interval, c->interval.count);
        fprintf(out, "<td class=\"number\">%s</td><td>%s</td></tr>\n", show_won(c, interval), finding_name(c->finding));
    }
    fputs("</table>\n</div>\n", out);
}

void unroll_verdict_print(const unroll_verdict *verdict, unroll_format format, FILE *out)
{
    if (format == UNROLL_FORMAT_TEXT)
        print_text(verdict, out);
    else if (format == UNROLL_FORMAT_MARKDOWN)
        print_markdown(verdict, out);
    else if (format == UNROLL_FORMAT_HTML)
        print_html(verdict, out);
}

void unroll_report_head(const unroll_experiment *experiment, const unroll_verdict *verdict, unroll_format format, FILE *out)
{
    static const char *const before[] = {"claim: ", "Claim: ", "", "<p>Claim: "}, *const after[] = {"\n", "\n\n", "", "</p>\n"};
    static const char *const marks[] = {"", "## ", "", "<h2>"}, *const ends[] = {"\n", "\n\n", "", "</h2>\n"};
    if (format == UNROLL_FORMAT_CSV)
        return;
    fprintf(out, "%s%s: ", marks[format], experiment->name);
    unroll_print_escaped(experiment->title, format, out);
    fputs(ends[format], out);
    if (experiment->claim != NULL) {
        fputs(before[format], out);
        unroll_print_escaped(experiment->claim, format, out);
        fputs(experiment->source != NULL ? " (" : "", out);
        unroll_print_escaped(experiment->source != NULL ? experiment->source : "", format, out);
        fprintf(out, "%s%s", experiment->source != NULL ? ")" : "", after[format]);
    }
    if (verdict->count > 0)
        unroll_verdict_print(verdict, format, out);
}
