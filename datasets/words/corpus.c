#include "corpus.h"

#include <stdlib.h>
#include <string.h>

#include "../read/source.h"
#include "../text/corpus.h"
#include "tokens.h"

const unroll_setting unroll_words_settings[UNROLL_WORDS_SETTINGS] = {
    {"vocabulary", UNROLL_INT, 0, 100000000, "", "0", "words",
     "the most frequent words of the training part that are known, ties by first use; 0: all that occur min_count times",
     "task words", 0},
    {"min_count", UNROLL_INT, 1, 1000000000, "", "2", "times", "how often a word of the vocabulary occurs in training at least",
     "task words", 0, "vocabulary=0"},
    {"words", UNROLL_CHOICE, 0, 0, "running|sentences", "running", "",
     "running: one stream with an end at each line, states carried on; sentences: each line by itself, in another order each epoch",
     "task words", 0},
    {"valid_file", UNROLL_TEXT, 0, 0, "", "", "", "a file of its own for validation; needs test_file, too", "task words",
     UNROLL_SETTING_PATH},
    {"test_file", UNROLL_TEXT, 0, 0, "", "", "", "a file of its own for the test; needs valid_file, too", "task words",
     UNROLL_SETTING_PATH},
};

/* ---- the files ---- */

/* The texts, which the lexicon's words point into, and what they were taken apart into. */
typedef struct source {
    char *text[3]; /* owned; one, or one a part */
    size_t end[3]; /* tokens up to the end of each */
    int files;
    unroll_lexicon lexicon;
    unroll_tokens tokens;
} source;

unroll_status unroll_words_file(const unroll_settings *settings, int index, char path[UNROLL_PATH_ROOM])
{
    const char *valid = unroll_text(settings, "valid_file"), *test = unroll_text(settings, "test_file");
    if ((valid[0] == '\0') != (test[0] == '\0'))
        return unroll_error(UNROLL_WRONG, "valid_file and test_file go together: give both or neither");
    path[0] = '\0';
    if (index == 0)
        return unroll_corpus_file(settings, path);
    return index > 2 || valid[0] == '\0' ? unroll_ok() : unroll_data_path(index == 1 ? valid : test, path);
}

static bool in_sentences(const unroll_settings *settings)
{
    return strcmp(unroll_text(settings, "words"), "sentences") == 0;
}

static unroll_status read_file(const unroll_settings *settings, const char *path, unroll_words *words, source *from)
{
    char shown[UNROLL_SHORT_ROOM];
    int file = from->files++, most = in_sentences(settings) ? (int)unroll_int(settings, "length") : 0;
    size_t size;
    UNROLL_TRY(unroll_read_text(path, &from->text[file], &size));
    unroll_fingerprint(path, from->text[file], size, words->fingerprint[file]);
    UNROLL_TRY(unroll_tokens_add(&from->tokens, &from->lexicon, from->text[file], size, most, unroll_short_path(path, shown)));
    from->end[file] = from->tokens.count;
    return unroll_ok();
}

static unroll_status read_files(const unroll_settings *settings, unroll_words *words, source *from)
{
    UNROLL_TRY(unroll_lexicon_open(&from->lexicon));
    for (int i = 0; i < 3; i++) {
        char path[UNROLL_PATH_ROOM];
        UNROLL_TRY(unroll_words_file(settings, i, path));
        if (path[0] != '\0')
            UNROLL_TRY(read_file(settings, path, words, from));
    }
    if (from->files == 3 && (unroll_real(settings, "valid_share") >= 0.0 || unroll_real(settings, "test_share") >= 0.0))
        return unroll_error(UNROLL_WRONG, "valid_share and test_share have no effect beside valid_file, which is that part");
    return unroll_ok();
}

static void close_source(source *from)
{
    for (int i = 0; i < 3; i++)
        free(from->text[i]);
    free(from->tokens.token);
    unroll_lexicon_close(&from->lexicon);
}

/* ---- the parts ---- */

static unroll_status find_sentences(const unroll_tokens *tokens, unroll_words *words, size_t *count)
{
    *count = 0;
    words->sentence = malloc((tokens->count + 1) * sizeof *words->sentence);
    if (words->sentence == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory: the sentences of %zu words", tokens->count);
    words->sentence[0] = 0;
    for (size_t at = 0; at < tokens->count; at++)
        if (tokens->token[at] == UNROLL_LINE_END) {
            size_t length = at + 1 - words->sentence[*count];
            words->longest = length > (size_t)words->longest ? (int)length : words->longest;
            words->sentence[++*count] = at + 1;
        }
    return *count <= UINT32_MAX ? unroll_ok() : unroll_error(UNROLL_WRONG, "%zu sentences: at most 2^32 can be", *count);
}

/* parts of 0 .. count - 1 that lie one behind the other, where one file is split */
static unroll_status split(const unroll_settings *settings, size_t count, const char *what, size_t first[3], size_t end[3])
{
    size_t parts[3];
    UNROLL_TRY(unroll_source_split(settings, 0.05, count, what, parts));
    for (size_t s = 0, at = 0; s < 3; s++) {
        first[s] = at;
        end[s] = at += parts[s];
    }
    return unroll_ok();
}

static void part_by_files(const source *from, unroll_words *words)
{
    for (int s = 0; s < 3; s++) {
        words->first[s] = s > 0 ? from->end[s - 1] : 0;
        words->end[s] = from->end[s];
    }
    for (size_t s = 0, n = 0; words->sentence != NULL && s < 3; s++) {
        words->first_sentence[s] = n;
        while (words->sentence[n] < from->end[s])
            n++;
        words->end_sentence[s] = n;
    }
}

/* What is left out of the training part, moved out of the tokens and of all that counts them. */
static void leave_out(const unroll_settings *settings, source *from, unroll_words *words)
{
    bool by_sentences = words->sentence != NULL;
    size_t sentences = by_sentences ? unroll_source_dropped(settings, words->end_sentence[UNROLL_TRAIN]) : 0;
    size_t tokens = by_sentences ? words->sentence[sentences] : unroll_source_dropped(settings, words->end[UNROLL_TRAIN]);
    if (tokens == 0)
        return;
    from->tokens.count -= tokens;
    memmove(from->tokens.token, from->tokens.token + tokens, from->tokens.count * sizeof *from->tokens.token);
    for (size_t n = sentences; by_sentences && n <= words->end_sentence[UNROLL_TEST]; n++)
        words->sentence[n - sentences] = words->sentence[n] - tokens;
    for (int s = 0; s < 3; s++) {
        words->first[s] -= s > 0 ? tokens : 0;
        words->end[s] -= tokens;
        words->first_sentence[s] -= s > 0 ? sentences : 0;
        words->end_sentence[s] -= sentences;
    }
}

static unroll_status part(const unroll_settings *settings, const source *from, unroll_words *words)
{
    size_t sentences = 0;
    if (in_sentences(settings))
        UNROLL_TRY(find_sentences(&from->tokens, words, &sentences));
    if (from->files == 3) {
        part_by_files(from, words);
        return unroll_ok();
    }
    if (!in_sentences(settings))
        return split(settings, from->tokens.count, "words and ends of lines", words->first, words->end);
    UNROLL_TRY(split(settings, sentences, "sentences", words->first_sentence, words->end_sentence));
    for (int s = 0; s < 3; s++) {
        words->first[s] = words->sentence[words->first_sentence[s]];
        words->end[s] = words->sentence[words->end_sentence[s]];
    }
    return unroll_ok();
}

/* ---- the vocabulary ---- */

typedef struct candidate {
    int word;
    size_t times; /* in the training part */
} candidate;

/* the most frequent first, of equals the one that is seen first */
static int by_times(const void *a, const void *b)
{
    const candidate *x = a, *y = b;
    return x->times != y->times ? (x->times < y->times ? 1 : -1) : (x->word > y->word) - (x->word < y->word);
}

/* What occurs in the training part, but for <unk>, by falling count; *count: how many. */
static unroll_status find_candidates(const source *from, size_t train, candidate **all, int *count)
{
    int unknown = unroll_lexicon_find(&from->lexicon, (unroll_word){"<unk>", 5});
    candidate *words = calloc((size_t)from->lexicon.count, sizeof *words);
    *all = words;
    *count = 0;
    if (words == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory: the counts of %d words", from->lexicon.count);
    for (int i = 0; i < from->lexicon.count; i++)
        words[i].word = i;
    for (size_t at = 0; at < train; at++)
        if (from->tokens.token[at] != UNROLL_LINE_END && from->tokens.token[at] != unknown)
            words[from->tokens.token[at]].times++;
    qsort(words, (size_t)from->lexicon.count, sizeof *words, by_times);
    while (*count < from->lexicon.count && words[*count].times > 0)
        ++*count;
    return unroll_ok();
}

/* How many of the candidates are known. */
static unroll_status choose(const unroll_settings *settings, const candidate *all, int count, int *known)
{
    int64_t asked = unroll_int(settings, "vocabulary"), least = unroll_int(settings, "min_count");
    if (asked > count)
        return unroll_error(UNROLL_WRONG, "vocabulary=%lld: the training part has no more than %d different words; vocabulary=0 "
                                          "takes all that occur min_count times", (long long)asked, count);
    *known = (int)asked;
    while (asked == 0 && *known < count && all[*known].times >= (size_t)least)
        ++*known;
    if (*known == 0)
        return unroll_error(UNROLL_WRONG, "no word of the training part occurs min_count=%lld times", (long long)least);
    return unroll_ok();
}

/* the words of the symbols, one a line */
static unroll_status write_vocabulary(const source *from, const candidate *all, unroll_words *words)
{
    static const char ends[] = "<unk>\n<eos>";
    size_t size = sizeof ends;
    char *to;
    for (int i = 0; i < words->known; i++)
        size += from->lexicon.word[all[i].word].length + 1;
    words->vocabulary = to = malloc(size);
    if (to == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory: a vocabulary of %d words", words->known);
    for (int i = 0; i < words->known; i++) {
        const unroll_word *word = &from->lexicon.word[all[i].word];
        memcpy(to, word->at, word->length);
        to += word->length;
        *to++ = '\n';
    }
    memcpy(to, ends, sizeof ends);
    return unroll_ok();
}

/* from tokens to symbols */
static unroll_status number_symbols(source *from, const candidate *all, unroll_words *words)
{
    int *symbol = malloc((size_t)from->lexicon.count * sizeof *symbol), *token = from->tokens.token;
    if (symbol == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory: the symbols of %d words", from->lexicon.count);
    for (int i = 0; i < from->lexicon.count; i++)
        symbol[all[i].word] = i < words->known ? i : unroll_words_unknown(words);
    for (size_t at = 0; at < from->tokens.count; at++)
        token[at] = token[at] == UNROLL_LINE_END ? unroll_words_end(words) : symbol[token[at]];
    free(symbol);
    words->symbol = token;
    from->tokens.token = NULL;
    return unroll_ok();
}

static unroll_status make_vocabulary(const unroll_settings *settings, source *from, unroll_words *words)
{
    candidate *all;
    int count;
    unroll_status status = find_candidates(from, words->end[UNROLL_TRAIN], &all, &count);
    if (status.code == UNROLL_OK)
        status = choose(settings, all, count, &words->known);
    if (status.code == UNROLL_OK)
        status = write_vocabulary(from, all, words);
    if (status.code == UNROLL_OK)
        status = number_symbols(from, all, words);
    free(all);
    return status;
}

unroll_status unroll_words_open(const unroll_settings *settings, unroll_words *words)
{
    source from = {.files = 0};
    unroll_status status;
    memset(words, 0, sizeof *words);
    status = read_files(settings, words, &from);
    if (status.code == UNROLL_OK)
        status = part(settings, &from, words);
    if (status.code == UNROLL_OK)
        leave_out(settings, &from, words);
    if (status.code == UNROLL_OK)
        status = make_vocabulary(settings, &from, words);
    close_source(&from);
    if (status.code != UNROLL_OK)
        unroll_words_close(words);
    return status;
}

void unroll_words_close(unroll_words *words)
{
    free(words->symbol);
    free(words->vocabulary);
    free(words->sentence);
    memset(words, 0, sizeof *words);
}
