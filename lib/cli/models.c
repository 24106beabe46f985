#include "cli/models.h"

#include <inttypes.h>
#include <string.h>

#include "model/network.h"

/* ---- text ---- */

enum { COLUMNS = 100, INDENT = 4 };

/* `text` between the columns INDENT and COLUMNS, broken where `separator` ends, "; " or " "; what is longer has a line of its
   own. */
static void print_wrapped(const char *text, const char *separator, FILE *out)
{
    int column = 0;
    while (*text != '\0') {
        const char *end = strstr(text, separator);
        int length = (int)(end != NULL ? (size_t)(end - text) + strlen(separator) - 1 : strlen(text));
        bool begins = column == 0 || column + 1 + length > COLUMNS;
        if (begins && column > 0)
            fputc('\n', out);
        column = fprintf(out, "%*s%.*s", begins ? INDENT : 1, "", length, text) + (begins ? 0 : column);
        text += length + (text[length] == ' ');
    }
    fputs(column > 0 ? "\n" : "", out);
}

/* "16384 wait", "none waits" */
static void show_waiting(int64_t waiting, char *text, size_t room)
{
    if (waiting > 0)
        snprintf(text, room, "%" PRId64 " wait", waiting);
    else
        snprintf(text, room, "none waits");
}

static void print_text(const char *name, const char *title, const unroll_model_about *about, FILE *out)
{
    char text[1024], waiting[32];
    fprintf(out, "\n  %-16s %s\n", name, title);
    if (about->equations != NULL)
        print_wrapped(about->equations, "; ", out);
    if (about->step[0] != '\0') {
        snprintf(text, sizeof text, "%s%s%sstates %s; %" PRId64 " parameters%s%s", about->gates[0] != '\0' ? "gates " : "",
                 about->gates, about->gates[0] != '\0' ? "; " : "", about->states, about->parameters, about->settings[0] != '\0' ? "; settings " : "", about->settings);
        print_wrapped(text, "; ", out);
        show_waiting(about->waiting, waiting, sizeof waiting);
        snprintf(text, sizeof text, "a step: %s; %" PRId64 " multiply-adds, of which %s for the step before", about->step,
                 about->products, waiting);
        print_wrapped(text, " ", out);
    }
    if (about->paper != NULL)
        print_wrapped(about->paper, " ", out);
}

static void print_text_head(FILE *out)
{
    print_wrapped("a_g is the pre-activation of gate g: its product with the input and, where it has one, its product with the "
                  "state h before the step, and their biases; x' is x after the step. Counts are of one layer of 64 units over "
                  "64 inputs with two biases, all settings at their defaults; multiply-adds are those of one step of one "
                  "sequence, forward.",
                  " ", out);
}

/* ---- Markdown ---- */

static void print_cell(const char *text, FILE *out)
{
    fputs(" ", out);
    unroll_print_escaped(text != NULL ? text : "", UNROLL_FORMAT_MARKDOWN, out);
    fputs(" |", out);
}

static void print_markdown(const char *name, const char *title, const unroll_model_about *about, FILE *out)
{
    const char *const texts[] = {name, title, about->equations, about->gates, about->states};
    fputs("|", out);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        print_cell(texts[i], out);
    fprintf(out, " %" PRId64 " | %" PRId64 " | %" PRId64 " |", about->parameters, about->products, about->waiting);
    print_cell(about->step, out);
    print_cell(about->settings, out);
    print_cell(about->paper, out);
    fputs("\n", out);
}

static void print_markdown_head(FILE *out)
{
    fputs("| model | title | a step | gates | states | parameters | multiply-adds | of these, waiting | how | settings | "
          "paper |\n"
          "|---|---|---|---|---|--:|--:|--:|---|---|---|\n",
          out);
}

unroll_status unroll_print_models(unroll_format format, FILE *out)
{
    bool markdown = format == UNROLL_FORMAT_MARKDOWN;
    (markdown ? print_markdown_head : print_text_head)(out);
    for (int i = 0; i < unroll_network_count; i++)
        for (int k = 0; unroll_networks[i]->model(k) != NULL; k++) {
            const unroll_network *network = unroll_networks[i];
            unroll_model_about about = {.equations = NULL};
            if (network->model_about != NULL)
                UNROLL_TRY(network->model_about(k, &about));
            (markdown ? print_markdown : print_text)(network->model(k), network->model_title(k), &about, out);
        }
    return unroll_ok();
}
