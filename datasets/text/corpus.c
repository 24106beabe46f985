#include "corpus.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../read/source.h"
#include "../read/utf8.h"

/* MOST_SCORED: of a part whose share the user leaves open. As many characters tell models apart by hundredths of a bit. */
enum { CODE_POINTS = 0x110000, MOST_SCORED = 1 << 16 };

/* The text of a task without file=: the King James Bible, else Shakespeare, if either was fetched, else a licence that every
   Debian has, which is short, but lets an experiment be planned without a network. */
static unroll_status default_path(const char *task, char path[UNROLL_PATH_ROOM])
{
    static const char licence[] = "/usr/share/common-licenses/GPL-3";
    if (unroll_data_path("kjv", path).code == UNROLL_OK || unroll_data_path("tinyshakespeare", path).code == UNROLL_OK)
        return unroll_ok();
    strcpy(path, licence);
    if (access(licence, R_OK) == 0)
        return unroll_ok();
    return unroll_error(UNROLL_WRONG, "task=%s needs a text: give file=..., or run datasets/fetch kjv (the King James Bible, "
                                      "from Debian) or datasets/fetch tinyshakespeare", task);
}

/* The parts of `count` characters, the first *dropped of which are left out. */
static unroll_status split(const unroll_settings *settings, size_t count, unroll_corpus *corpus, size_t *dropped)
{
    double usual = 0.05 * (double)count > MOST_SCORED ? MOST_SCORED / (double)count : 0.05;
    size_t steps = (size_t)unroll_int(settings, "length"), streams = (size_t)unroll_int(settings, "batch");
    size_t least = steps + 1 > streams ? steps + 1 : streams, parts[3];
    UNROLL_TRY(unroll_source_split(settings, usual, count, "characters", parts));
    *dropped = unroll_source_dropped(settings, parts[UNROLL_TRAIN]);
    parts[UNROLL_TRAIN] -= *dropped;
    if (parts[UNROLL_TRAIN] < least || parts[UNROLL_TRAIN] < 2)
        return unroll_error(UNROLL_WRONG,
                            "the text is too short: %zu characters for training, but length=%zu and batch=%zu need at "
                            "least %zu",
                            parts[UNROLL_TRAIN], steps, streams, least);
    for (size_t s = 0, at = 0; s < 3; s++) {
        corpus->first[s] = at;
        corpus->end[s] = at += parts[s];
    }
    return unroll_ok();
}

/* Marks every code point of the training part with its symbol, the others with `known`. */
static unroll_status number_symbols(const uint32_t *points, unroll_corpus *corpus)
{
    size_t train = corpus->end[UNROLL_TRAIN], count = corpus->end[UNROLL_TEST];
    int *symbol_of = calloc(CODE_POINTS, sizeof *symbol_of);
    corpus->symbol = malloc(count * sizeof *corpus->symbol);
    for (size_t i = 0; symbol_of != NULL && i < train; i++) {
        corpus->known += symbol_of[points[i]] == 0;
        symbol_of[points[i]] = 1;
    }
    corpus->alphabet = malloc(((size_t)corpus->known + 1) * sizeof *corpus->alphabet);
    if (symbol_of == NULL || corpus->symbol == NULL || corpus->alphabet == NULL) {
        free(symbol_of);
        return unroll_error(UNROLL_FAILED, "out of memory: a text of %zu characters", count);
    }
    for (uint32_t p = 0, next = 0; p < CODE_POINTS; p++) {
        bool there = symbol_of[p] != 0;
        symbol_of[p] = there ? (int)next : corpus->known;
        if (there)
            corpus->alphabet[next++] = p;
    }
    for (size_t i = 0; i < count; i++)
        corpus->symbol[i] = symbol_of[points[i]];
    free(symbol_of);
    return unroll_ok();
}

static unroll_status read_corpus(const unroll_settings *settings, const char *path, unroll_corpus *corpus)
{
    char shown[UNROLL_SHORT_ROOM], *text;
    uint32_t *points;
    size_t size, count, dropped;
    unroll_status status;
    UNROLL_TRY(unroll_read_text(path, &text, &size));
    unroll_fingerprint(path, text, size, corpus->fingerprint);
    status = unroll_utf8_decode(text, size, unroll_short_path(path, shown), &points, &count);
    free(text);
    UNROLL_TRY(status);
    status = split(settings, count, corpus, &dropped);
    if (status.code == UNROLL_OK)
        status = number_symbols(points + dropped, corpus);
    free(points);
    return status;
}

unroll_status unroll_corpus_file(const unroll_settings *settings, char path[UNROLL_PATH_ROOM])
{
    const char *file = unroll_source_file(settings);
    return file[0] != '\0' ? unroll_data_path(file, path) : default_path(unroll_text(settings, "task"), path);
}

unroll_status unroll_corpus_open(const unroll_settings *settings, unroll_corpus *corpus)
{
    char path[UNROLL_PATH_ROOM];
    unroll_status status;
    memset(corpus, 0, sizeof *corpus);
    UNROLL_TRY(unroll_corpus_file(settings, path));
    status = read_corpus(settings, path, corpus);
    if (status.code != UNROLL_OK)
        unroll_corpus_close(corpus);
    return status;
}

void unroll_corpus_close(unroll_corpus *corpus)
{
    free(corpus->symbol);
    free(corpus->alphabet);
    memset(corpus, 0, sizeof *corpus);
}

int unroll_corpus_symbol(const unroll_corpus *corpus, uint32_t point)
{
    int low = 0, high = corpus->known;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (corpus->alphabet[middle] < point)
            low = middle + 1;
        else
            high = middle;
    }
    return low < corpus->known && corpus->alphabet[low] == point ? low : corpus->known;
}
