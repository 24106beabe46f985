/* utf8.h: a text as code points, and back. */
#ifndef UNROLL_DATASETS_READ_UTF8_H
#define UNROLL_DATASETS_READ_UTF8_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* UNROLL_WRONG names the line and the byte of text (size bytes and a closing zero) that is no UTF-8; `shown` is the file's name
   in that sentence. */
unroll_status unroll_utf8_check(const char *text, size_t size, const char *shown);
/* Bytes of the byte-order mark at the start of a text: 0 or 3. */
size_t unroll_utf8_mark(const char *text);
/* Decodes text (size bytes and a closing zero) into *points, to be freed, and *count; a byte-order mark at the start is left
   out. UNROLL_WRONG as of unroll_utf8_check. */
unroll_status unroll_utf8_decode(const char *text, size_t size, const char *shown, uint32_t **points, size_t *count);
/* Writes one code point, up to 4 bytes; returns how many. */
int unroll_utf8_encode(uint32_t point, char out[4]);

#endif
