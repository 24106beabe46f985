/* corpus.h: a text by words as symbols, in three parts that lie one behind the other: of one file, or a file each. */
#ifndef UNROLL_DATASETS_WORDS_CORPUS_H
#define UNROLL_DATASETS_WORDS_CORPUS_H

#include "../read/path.h"
#include "model/task.h"

/* Symbols 0 .. known - 1 are the words of the vocabulary; then comes the unknown word, which stands for every other one and which
   a text may also name itself, as <unk>; then the end of a line. */
typedef struct unroll_words {
    int *symbol;
    size_t first[3], end[3]; /* [split]: symbols first .. end - 1 */
    int known;
    char *vocabulary; /* the words of all symbols, parted by line feeds, the unknown one as <unk>, the end as <eos>: UTF-8 */
    size_t *sentence; /* (sentences + 1): where each begins, and where the last one ends; NULL of a running text */
    size_t first_sentence[3], end_sentence[3]; /* [split] */
    int longest;      /* symbols of a sentence, its end included */
    char fingerprint[3][UNROLL_FINGERPRINT_ROOM]; /* of the files; "" where there is none */
} unroll_words;

static inline int unroll_words_unknown(const unroll_words *words)
{
    return words->known;
}

static inline int unroll_words_end(const unroll_words *words)
{
    return words->known + 1;
}

static inline int unroll_words_symbols(const unroll_words *words)
{
    return words->known + 2;
}

/* The rows vocabulary, min_count, words, valid_file and test_file. */
enum { UNROLL_WORDS_SETTINGS = 5 };
extern const unroll_setting unroll_words_settings[UNROLL_WORDS_SETTINGS];

/* The path of file `index` of those that the settings name: 0, and with valid_file and test_file 1 and 2; "" past the last. */
unroll_status unroll_words_file(const unroll_settings *settings, int index, char path[UNROLL_PATH_ROOM]);
/* Reads them. UNROLL_WRONG with a sentence: no such file, no UTF-8, too short, fewer words than asked for. */
unroll_status unroll_words_open(const unroll_settings *settings, unroll_words *words);
void unroll_words_close(unroll_words *words);

#endif
