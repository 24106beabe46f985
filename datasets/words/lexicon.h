/* lexicon.h: the different words of some texts, numbered as they are first seen. */
#ifndef UNROLL_DATASETS_WORDS_LEXICON_H
#define UNROLL_DATASETS_WORDS_LEXICON_H

#include <stddef.h>

#include "base/status.h"

typedef struct unroll_word {
    const char *at; /* in the text, which must outlive it */
    size_t length;  /* bytes */
} unroll_word;

typedef struct unroll_lexicon {
    unroll_word *word; /* (count) */
    int count;
    int *number; /* (room): open addressing, at most half full; -1: a free place */
    size_t room;
} unroll_lexicon;

/* UNROLL_FAILED when memory is short; to be closed in any case. */
unroll_status unroll_lexicon_open(unroll_lexicon *lexicon);
void unroll_lexicon_close(unroll_lexicon *lexicon);
/* *number: that of the word, a new one where it was not seen yet. UNROLL_FAILED when memory is short or the numbers are used
   up. */
unroll_status unroll_lexicon_add(unroll_lexicon *lexicon, unroll_word word, int *number);
/* The number of a word; -1 where it was not seen. */
int unroll_lexicon_find(const unroll_lexicon *lexicon, unroll_word word);

#endif
