/* compressor.h: what a part of a text costs a program that compresses files: the yardstick that everybody has. */
#ifndef UNROLL_DATASETS_TEXT_COMPRESSOR_H
#define UNROLL_DATASETS_TEXT_COMPRESSOR_H

#include "corpus.h"

/* Bits a character that the zstd library (RFC 8878, www.zstd.net) at its highest level needs for a part of the text, by someone
   who has the training part, or the last 8 MiB of it: 8 * (bytes of the part compressed with that before it) / characters. The
   text is in UTF-8, with U+FFFD for an unknown character. One thread; the same on every machine with the same version of the
   library. UNROLL_FAILED: out of memory, or a core that was built without the library (make CONFIG=aarch64). */
unroll_status unroll_compressor_bits(const unroll_corpus *corpus, unroll_split split, double *bits);
/* "zstd 1.5.4". */
const char *unroll_compressor_name(void);

#endif
