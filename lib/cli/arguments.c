/* A command's words: options from its table, name=value, and the rest. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/settings.h"
#include "base/text.h"
#include "cli/cli.h"

static int count_options(const unroll_option *options)
{
    int count = 0;
    while (options != NULL && options[count].name != NULL)
        count++;
    return count;
}

static unroll_status unknown_option(const unroll_command *command, const char *word, size_t length)
{
    const char *names[32], *nearest;
    char name[64];
    int count = count_options(command->options);
    length = length < sizeof name ? length : sizeof name - 1;
    memcpy(name, word, length);
    name[length] = '\0';
    for (int i = 0; i < count; i++)
        names[i] = command->options[i].name;
    nearest = unroll_nearest(name, names, count);
    if (nearest != NULL)
        return unroll_error(UNROLL_WRONG, "unroll %s has no option %s; did you mean %s?", command->name, name, nearest);
    return unroll_error(UNROLL_WRONG, "unroll %s has no option %s; unroll %s --help lists them", command->name, name,
                        command->name);
}

/* Reads the option at argv[*at], and the word after it when that is its value. */
static unroll_status read_option(const unroll_command *command, int argc, char **argv, int *at, unroll_arguments *out)
{
    const char *word = argv[*at], *value = NULL;
    size_t length = unroll_part_assignment(word, &value);
    length = length > 0 ? length : strlen(word);
    for (int i = 0; i < count_options(command->options); i++) {
        const unroll_option *option = &command->options[i];
        if (strlen(option->name) != length || strncmp(option->name, word, length) != 0)
            continue;
        if (option->value == NULL && value != NULL)
            return unroll_error(UNROLL_WRONG, "%s takes no value", option->name);
        if (option->value == NULL) {
            out->values[i] = "";
        } else if (value != NULL) {
            out->values[i] = value;
        } else {
            if (*at + 1 >= argc)
                return unroll_error(UNROLL_WRONG, "%s needs a value: %s %s", option->name, option->name, option->value);
            out->values[i] = argv[++*at];
        }
        return unroll_ok();
    }
    return unknown_option(command, word, length);
}

/* Whether a word "by=model" is an option that is written without dashes. */
static bool is_bare_option(const unroll_command *command, const char *word)
{
    const char *value;
    size_t length = unroll_part_assignment(word, &value);
    for (int i = 0; length > 0 && i < count_options(command->options); i++)
        if (strlen(command->options[i].name) == length && strncmp(command->options[i].name, word, length) == 0)
            return true;
    return false;
}

/* Takes "name=value" in; a second value for a setting would take the place of the first without a word. */
static unroll_status add_assignment(const unroll_command *command, const char *word, unroll_arguments *out)
{
    enum { VALUE_ROOM = 60 };
    char name[VALUE_ROOM], first[VALUE_ROOM], second[VALUE_ROOM], list[4 * VALUE_ROOM] = "";
    const char *value, *former;
    size_t length = unroll_part_assignment(word, &value);
    for (int i = 0; i < out->assignment_count; i++) {
        if (length == 0 || unroll_part_assignment(out->assignments[i], &former) != length ||
            strncmp(out->assignments[i], word, length) != 0)
            continue;
        snprintf(name, sizeof name, "%.*s", (int)length, word);
        unroll_text_quote(first, sizeof first, former);
        unroll_text_quote(second, sizeof second, value);
        if (command->lists)
            snprintf(list, sizeof list, "; a list is written %s=%s,%s", name, first, second);
        return unroll_error(UNROLL_WRONG, "%s is given twice: %s=%s and %s=%s%s", name, name, first, name, second, list);
    }
    out->assignments[out->assignment_count++] = word;
    return unroll_ok();
}

unroll_status unroll_arguments_read(const unroll_command *command, int argc, char **argv, unroll_arguments *out)
{
    const char *value;
    memset(out, 0, sizeof *out);
    assert(count_options(command->options) <= (int)(sizeof out->values / sizeof out->values[0]));
    out->options = command->options;
    out->words = calloc((size_t)argc + 1, sizeof *out->words);
    out->assignments = calloc((size_t)argc + 1, sizeof *out->assignments);
    if (out->words == NULL || out->assignments == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for %d arguments", argc);
    for (int i = 1; i < argc; i++) {
        unroll_part_assignment(argv[i], &value);
        if ((argv[i][0] == '-' && argv[i][1] != '\0') || is_bare_option(command, argv[i]))
            UNROLL_TRY(read_option(command, argc, argv, &i, out));
        else if (command->settings && value != NULL)
            UNROLL_TRY(add_assignment(command, argv[i], out));
        else
            out->words[out->word_count++] = argv[i];
    }
    if (out->word_count < command->least_words || out->word_count > command->most_words)
        return unroll_error(UNROLL_WRONG, "unroll %s takes %s", command->name, command->usage);
    return unroll_ok();
}

void unroll_arguments_free(unroll_arguments *arguments)
{
    free(arguments->words);
    free(arguments->assignments);
    memset(arguments, 0, sizeof *arguments);
}

const char *unroll_option_get(const unroll_arguments *arguments, const char *name)
{
    for (int i = 0; i < count_options(arguments->options); i++)
        if (strcmp(arguments->options[i].name, name) == 0)
            return arguments->values[i];
    assert(false && "the option is in the command's table");
    return NULL;
}

unroll_status unroll_option_int(const unroll_arguments *arguments, const char *name, int low, int high, int *value)
{
    const char *text = unroll_option_get(arguments, name);
    int64_t number;
    if (text == NULL)
        return unroll_ok();
    if (!unroll_read_int(text, &number) || number < low || number > high)
        return unroll_error(UNROLL_WRONG, "%s %.40s is not a whole number in %d..%d", name, text, low, high);
    *value = (int)number;
    return unroll_ok();
}

unroll_status unroll_option_format(const unroll_arguments *arguments, unroll_format *format)
{
    static const char *const names[] = {"text", "md", "csv", "html"};
    const char *text = unroll_option_get(arguments, "--format");
    *format = UNROLL_FORMAT_TEXT;
    for (int i = 0; i < 4 && text != NULL; i++)
        if (strcmp(text, names[i]) == 0) {
            *format = (unroll_format)i;
            return unroll_ok();
        }
    return text == NULL ? unroll_ok() : unroll_error(UNROLL_WRONG, "--format %.40s is none of text, md, csv, html", text);
}

unroll_status unroll_read_experiment(const char *name, const unroll_experiment **experiment)
{
    const char *names[256];
    int count = unroll_experiment_count < 256 ? unroll_experiment_count : 256;
    *experiment = unroll_experiment_find(name);
    if (*experiment != NULL)
        return unroll_ok();
    for (int i = 0; i < count; i++)
        names[i] = unroll_experiments[i]->name;
    return unroll_no_such("experiment", name, names, count);
}

unroll_status unroll_read_results(const unroll_arguments *arguments, const char **results)
{
    const char *told = unroll_option_get(arguments, "--results");
    if (told != NULL && told[0] == '\0')
        return unroll_error(UNROLL_WRONG, "--results needs the name of a folder");
    *results = told != NULL ? told : *results;
    return unroll_ok();
}

unroll_status unroll_selection_read(const unroll_arguments *arguments, unroll_selection *selection)
{
    bool named = arguments->word_count > 0;
    *selection = (unroll_selection){.count = named ? arguments->word_count : unroll_experiment_count, .named = named,
                                    .results = "results"};
    UNROLL_TRY(unroll_read_results(arguments, &selection->results));
    selection->experiments = calloc((size_t)selection->count + 1, sizeof *selection->experiments);
    if (selection->experiments == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for the names of experiments");
    for (int i = 0; i < selection->count; i++) {
        selection->experiments[i] = named ? NULL : unroll_experiments[i];
        if (named)
            UNROLL_TRY(unroll_read_experiment(arguments->words[i], &selection->experiments[i]));
    }
    return unroll_ok();
}

void unroll_selection_free(unroll_selection *selection)
{
    free(selection->experiments);
    selection->experiments = NULL;
}
