/* text.h: small helpers on strings: UTF-8 that may be cut or damaged, bounded copies. */
#ifndef UNROLL_BASE_TEXT_H
#define UNROLL_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the well-formed UTF-8 sequence that `text`, ended by a zero, starts with (RFC 3629: no surrogates, no overlong
   forms); 0 where there is none. */
size_t unroll_utf8_sequence(const char *text);
/* Whether all of `text` is well-formed UTF-8. */
bool unroll_utf8_valid(const char *text);
/* Makes `text` well-formed in place: every byte that does not belong to a well-formed sequence becomes '?'. */
void unroll_utf8_repair(char *text);
/* Bytes of the control character that `text` starts with: 0 where there is none. Those of ASCII, and those that UTF-8 has
   beside them (U+0080 to U+009F), which terminals obey, too: U+009B opens a sequence as ESC [ does. */
size_t unroll_text_control(const char *text);
/* Makes each control character of `text` a blank, in place. */
void unroll_text_plain(char *text);
/* Copies as much of `from` as fits into `room` bytes with its final zero, never cutting a UTF-8 sequence in two. */
void unroll_text_copy(char *to, size_t room, const char *from);
/* A malloc'ed copy, or NULL when memory is short. */
char *unroll_text_duplicate(const char *text);
/* `value` fit for a sentence: control characters become '?', what is longer than `room` ends in "...". Returns `to`. */
const char *unroll_text_quote(char *to, size_t room, const char *value);
/* The element called `name` of an array of `count` structures of `size` bytes that begin with their name, a char[]; NULL when
   there is none. */
void *unroll_find_named(const void *array, int count, size_t size, const char *name);
/* Copies the next of the words of *rest, which are parted by blanks, and moves *rest behind it; false at the end, which NULL
   is, too. A word that is too long is cut. */
bool unroll_next_word(const char **rest, char *word, size_t room);

#endif
