#include "compressor.h"

#include <stdlib.h>

#include "../read/utf8.h"

#ifndef UNROLL_NO_ZSTD

#include <zstd.h>

/* Characters first .. end - 1 as UTF-8; returns the bytes. */
static size_t encode(const unroll_corpus *corpus, size_t first, size_t end, char *out)
{
    enum { REPLACEMENT = 0xFFFD };
    size_t size = 0;
    for (size_t i = first; i < end; i++) {
        int symbol = corpus->symbol[i];
        size += (size_t)unroll_utf8_encode(symbol < corpus->known ? corpus->alphabet[symbol] : REPLACEMENT, out + size);
    }
    return size;
}

/* A window over `size` bytes, or zstd's widest. */
static int window_of(size_t size)
{
    ZSTD_bounds bounds = ZSTD_cParam_getBounds(ZSTD_c_windowLog);
    int log = bounds.lowerBound;
    while (log < bounds.upperBound && (size_t)1 << log < size)
        log++;
    return log;
}

/* The bytes of `part` compressed, `before` being known; or what ZSTD_isError says is an error. */
static size_t compress(ZSTD_CCtx *zstd, const char *before, size_t before_size, const char *part, size_t size,
                       char *out, size_t room)
{
    const struct {
        ZSTD_cParameter which;
        int value;
    } set[] = {{ZSTD_c_compressionLevel, ZSTD_maxCLevel()}, {ZSTD_c_windowLog, window_of(before_size + size)}};
    size_t result = 0;
    for (int i = 0; i < 2 && !ZSTD_isError(result); i++)
        result = ZSTD_CCtx_setParameter(zstd, set[i].which, set[i].value);
    if (!ZSTD_isError(result))
        result = ZSTD_CCtx_refPrefix(zstd, before, before_size);
    return ZSTD_isError(result) ? result : ZSTD_compress2(zstd, out, room, part, size);
}

unroll_status unroll_compressor_bits(const unroll_corpus *corpus, unroll_split split, double *bits)
{
    static const size_t most_before = (size_t)8 << 20;
    size_t train = corpus->end[UNROLL_TRAIN], count = corpus->end[split] - corpus->first[split];
    size_t room = ZSTD_compressBound(4 * count);
    char *before = malloc(4 * train), *part = malloc(4 * count), *out = malloc(room);
    ZSTD_CCtx *zstd = ZSTD_createCCtx();
    unroll_status status = unroll_error(UNROLL_FAILED, "out of memory: compressing a text");
    if (before != NULL && part != NULL && out != NULL && zstd != NULL) {
        size_t all = encode(corpus, 0, train, before),
               size = encode(corpus, corpus->first[split], corpus->end[split], part);
        size_t kept = all < most_before ? all : most_before;
        size_t result = compress(zstd, before + all - kept, kept, part, size, out, room);
        status = unroll_ok();
        if (ZSTD_isError(result))
            status = unroll_error(UNROLL_FAILED, "a text cannot be compressed: %s", ZSTD_getErrorName(result));
        *bits = 8.0 * (double)result / (double)count;
    }
    ZSTD_freeCCtx(zstd);
    free(before);
    free(part);
    free(out);
    return status;
}

const char *unroll_compressor_name(void)
{
    static const char name[] = "zstd " ZSTD_VERSION_STRING;
    return name;
}

#else

unroll_status unroll_compressor_bits(const unroll_corpus *corpus, unroll_split split, double *bits)
{
    (void)corpus, (void)split, (void)bits;
    return unroll_error(UNROLL_FAILED, "there are no bits of a compressor: this core was built without zstd");
}

const char *unroll_compressor_name(void)
{
    return "";
}

#endif
