#include "tokens.h"

#include <stdlib.h>
#include <string.h>

#include "../read/utf8.h"

static const char blanks[] = " \t\r\v\f", word_ends[] = " \t\r\v\f\n";

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
    for (text += strspn(text, blanks); *text != '\n' && *text != '\0'; ++*words, text += strspn(text, blanks)) {
        unroll_word word = {text, strcspn(text, word_ends)};
        int number;
        if (word.length > UNROLL_WORD_MOST)
            return unroll_error(UNROLL_WRONG, "a word of %zu bytes: words are parted by blanks, and have %d bytes at most",
                                word.length, UNROLL_WORD_MOST);
        UNROLL_TRY(unroll_lexicon_add(lexicon, word, &number));
        UNROLL_TRY(add(tokens, number));
        text += word.length;
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
