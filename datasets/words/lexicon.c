#include "lexicon.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/hash.h"

static unroll_status no_memory(const unroll_lexicon *lexicon)
{
    return unroll_error(UNROLL_FAILED, "out of memory: a text of more than %d different words", lexicon->count);
}

/* The place of a word, or the free one where it belongs. */
static size_t place_of(const unroll_lexicon *lexicon, unroll_word word)
{
    uint64_t hash = unroll_hash(UNROLL_HASH_START, word.at, word.length);
    size_t place = (size_t)(hash ^ hash >> 32) & (lexicon->room - 1);
    for (; lexicon->number[place] >= 0; place = (place + 1) & (lexicon->room - 1)) {
        const unroll_word *there = &lexicon->word[lexicon->number[place]];
        if (there->length == word.length && memcmp(there->at, word.at, word.length) == 0)
            break;
    }
    return place;
}

/* `room` places, a power of two, and the words that there are in them. */
static unroll_status make_room(unroll_lexicon *lexicon, size_t room)
{
    int *number = malloc(room * sizeof *number);
    if (number == NULL)
        return no_memory(lexicon);
    free(lexicon->number);
    lexicon->number = number;
    lexicon->room = room;
    for (size_t i = 0; i < room; i++)
        number[i] = -1;
    for (int i = 0; i < lexicon->count; i++)
        number[place_of(lexicon, lexicon->word[i])] = i;
    return unroll_ok();
}

unroll_status unroll_lexicon_open(unroll_lexicon *lexicon)
{
    *lexicon = (unroll_lexicon){.word = NULL};
    return make_room(lexicon, 1024);
}

void unroll_lexicon_close(unroll_lexicon *lexicon)
{
    free(lexicon->word);
    free(lexicon->number);
    *lexicon = (unroll_lexicon){.word = NULL};
}

unroll_status unroll_lexicon_add(unroll_lexicon *lexicon, unroll_word word, int *number)
{
    size_t place = place_of(lexicon, word);
    unroll_word *more;
    *number = lexicon->number[place];
    if (*number >= 0)
        return unroll_ok();
    more = lexicon->count < INT_MAX ? unroll_one_more(lexicon->word, lexicon->count, sizeof *more) : NULL;
    if (more == NULL)
        return no_memory(lexicon);
    lexicon->word = more;
    more[lexicon->count] = word;
    *number = lexicon->number[place] = lexicon->count++;
    return 2 * (size_t)lexicon->count > lexicon->room ? make_room(lexicon, 2 * lexicon->room) : unroll_ok();
}

int unroll_lexicon_find(const unroll_lexicon *lexicon, unroll_word word)
{
    return lexicon->number[place_of(lexicon, word)];
}
