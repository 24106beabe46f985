#include "tokens.h"

#include <stdbool.h>
#include <stdlib.h>

#include "../read/utf8.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static bool is_end(char c)
{
    return c == '\n' || c == '\0';
}

static unroll_status add(unroll_tokens *tokens, int token)
{
    if (tokens->count == tokens->room) {
        size_t room = tokens->room > 0 ? 2 * tokens->room : 4096;
        int *more = realloc(tokens->token, room * sizeof *more);
        if (more == NULL)
            return unroll_error(UNROLL_FAILED, "out of memory: a text of more than %zu words", tokens->count);
        tokens->token = more;
        tokens->room = room;
    }
    tokens->token[tokens->count++] = token;
    return unroll_ok();
}

/* Adds the words of the line at `text`; *words: how many. *end: where it ends. */
static unroll_status add_words(unroll_tokens *tokens, unroll_lexicon *lexicon, const char *text, const char **end, size_t *words)
{
    *words = 0;
    while (!is_end(*text)) {
        unroll_word word = {text, 0};
        int number;
        if (is_blank(*text)) {
            text++;
            continue;
        }
        while (!is_blank(*text) && !is_end(*text))
            text++;
        word.length = (size_t)(text - word.at);
        if (word.length > UNROLL_WORD_MOST)
            return unroll_error(UNROLL_WRONG, "a word of %zu bytes: words are parted by blanks, and have %d bytes at most",
                                word.length, UNROLL_WORD_MOST);
        UNROLL_TRY(unroll_lexicon_add(lexicon, word, &number));
        UNROLL_TRY(add(tokens, number));
        ++*words;
    }
    *end = text;
    return unroll_ok();
}

static unroll_status add_line(unroll_tokens *tokens, unroll_lexicon *lexicon, const char *text, const char **end, int most,
                              size_t *words)
{
    UNROLL_TRY(add_words(tokens, lexicon, text, end, words));
    if (most > 0 && *words >= (size_t)most)
        return unroll_error(UNROLL_WRONG, "%zu words, but length=%d takes %d of a sentence and its end: give length=%zu, or "
                                          "words=running", *words, most, most - 1, *words + 1);
    return most == 0 || *words > 0 ? add(tokens, UNROLL_LINE_END) : unroll_ok();
}

unroll_status unroll_tokens_add(unroll_tokens *tokens, unroll_lexicon *lexicon, const char *text, size_t size, int most,
                                const char *shown)
{
    size_t line = 1, words, all = 0;
    UNROLL_TRY(unroll_utf8_check(text, size, shown));
    for (const char *at = text + unroll_utf8_mark(text); *at != '\0'; line++, all += words) {
        unroll_status status = add_line(tokens, lexicon, at, &at, most, &words);
        if (status.code == UNROLL_WRONG)
            return unroll_error(UNROLL_WRONG, "%.150s, line %zu: %.300s", shown, line, status.text);
        if (status.code != UNROLL_OK)
            return status;
        at += *at == '\n';
    }
    return all > 0 ? unroll_ok() : unroll_error(UNROLL_WRONG, "%s holds no words", shown);
}
