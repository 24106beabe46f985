/* tokens.h: texts taken apart at blanks and ends of lines. */
#ifndef UNROLL_DATASETS_WORDS_TOKENS_H
#define UNROLL_DATASETS_WORDS_TOKENS_H

#include "lexicon.h"

enum {
    UNROLL_LINE_END = -1,      /* a token that is no word */
    UNROLL_WORD_MOST = 1000,   /* bytes of a word: longer ones are no words */
};

typedef struct unroll_tokens {
    int *token; /* (count): numbers of a lexicon's words, or UNROLL_LINE_END */
    size_t count, room;
} unroll_tokens;

/* Takes what is between blanks (ASCII's: no-break spaces are part of a word) as a word, and adds the words of the text, `size`
   bytes of UTF-8 and a closing zero, and the ends of its lines: the last line has one, too, with or without a line feed.
   `most` > 0: lines of no words are left out, and none may have `most` words or more. `shown`: the file's name in a sentence.
   UNROLL_WRONG: no UTF-8, no words at all, a line or a word that is too long. */
unroll_status unroll_tokens_add(unroll_tokens *tokens, unroll_lexicon *lexicon, const char *text, size_t size, int most,
                                const char *shown);

#endif
