/* corpus.h: a text as symbols of its own alphabet, split into three parts that lie one behind the other. */
#ifndef UNROLL_DATASETS_TEXT_CORPUS_H
#define UNROLL_DATASETS_TEXT_CORPUS_H

#include <stddef.h>
#include <stdint.h>

#include "../read/path.h"
#include "base/settings.h"
#include "model/task.h"

typedef struct unroll_corpus {
    int *symbol;             /* (end of the test part): index into the alphabet; `known` for a character not in it */
    uint32_t *alphabet;      /* (known): the code points of the training part, rising */
    int known;               /* symbols 0 .. known - 1 have a character; symbol `known` is the unknown one */
    size_t first[3], end[3]; /* [split]: characters first .. end - 1 */
    char fingerprint[UNROLL_FINGERPRINT_ROOM];
} unroll_corpus;

/* The path of the text that the settings name, or of the usual one. */
unroll_status unroll_corpus_file(const unroll_settings *settings, char path[UNROLL_PATH_ROOM]);
/* Reads it. UNROLL_WRONG with a sentence: no such file, no UTF-8, too short. */
unroll_status unroll_corpus_open(const unroll_settings *settings, unroll_corpus *corpus);
void unroll_corpus_close(unroll_corpus *corpus);
/* The symbol of a character. */
int unroll_corpus_symbol(const unroll_corpus *corpus, uint32_t point);

#endif
