/* yardsticks.h: what the parts of a text cost without a trained model. */
#ifndef UNROLL_DATASETS_TEXT_YARDSTICKS_H
#define UNROLL_DATASETS_TEXT_YARDSTICKS_H

#include "base/record.h"
#include "corpus.h"

/* Adds to the record, for validation and, with test_ before the name, for the test, in bits a character, each of exactly the
   characters that a model is scored on and from the training part alone: order0_bits and order5_bits (counts.h), zstd_bits
   (compressor.h); and the name and version of the compressor as `compressor`. They take seconds and are the same in every run on
   a text, so those of the last text are kept for all threads. UNROLL_FAILED: out of memory. */
unroll_status unroll_yardsticks(const unroll_corpus *corpus, unroll_record *record);

#endif
