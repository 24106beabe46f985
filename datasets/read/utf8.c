#include "utf8.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* The code point of a well-formed sequence of `length` bytes. */
static uint32_t point_of(const char *s, size_t length)
{
    uint32_t point = (unsigned char)s[0];
    if (length > 1)
        point &= 0x7Fu >> length;
    for (size_t i = 1; i < length; i++)
        point = point << 6 | ((unsigned char)s[i] & 0x3Fu);
    return point;
}

unroll_status unroll_utf8_check(const char *text, size_t size, const char *shown)
{
    size_t at = 0, line = 1;
    while (at < size) {
        size_t length = unroll_utf8_sequence(text + at);
        if (length == 0 || length > size - at)
            return unroll_error(UNROLL_WRONG, "%s is not UTF-8: byte 0x%02x at offset %zu, line %zu", shown,
                                (unsigned)(unsigned char)text[at], at, line);
        line += text[at] == '\n';
        at += length;
    }
    return unroll_ok();
}

size_t unroll_utf8_mark(const char *text)
{
    return strncmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
}

unroll_status unroll_utf8_decode(const char *text, size_t size, const char *shown, uint32_t **points, size_t *count)
{
    *count = 0;
    *points = NULL;
    UNROLL_TRY(unroll_utf8_check(text, size, shown));
    *points = malloc((size + 1) * sizeof **points);
    if (*points == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory: the text of %s", shown);
    for (size_t at = unroll_utf8_mark(text), length; at < size; at += length) {
        length = unroll_utf8_sequence(text + at);
        (*points)[(*count)++] = point_of(text + at, length);
    }
    return unroll_ok();
}

int unroll_utf8_encode(uint32_t point, char out[4])
{
    static const unsigned lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    int length = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    if (length == 1) {
        out[0] = (char)point;
        return 1;
    }
    for (int i = length - 1; i > 0; i--, point >>= 6)
        out[i] = (char)(0x80u | (point & 0x3Fu));
    out[0] = (char)(lead[length] | point);
    return length;
}
