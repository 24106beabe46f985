#include "utf8.h"

#include <stdlib.h>

/* Decodes the code point at s, of which `left` bytes (at least one) remain; returns its bytes, 0 when it is malformed. */
static int decode_one(const unsigned char *s, size_t left, uint32_t *point)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    int length = s[0] < 0x80 ? 1 : s[0] < 0xC0 ? 0 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : s[0] < 0xF8 ? 4 : 0;
    if (length == 0 || (size_t)length > left)
        return 0;
    *point = length == 1 ? s[0] : s[0] & (0x7Fu >> length);
    for (int i = 1; i < length; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return 0;
        *point = *point << 6 | (s[i] & 0x3Fu);
    }
    if (*point < least[length] || *point > 0x10FFFF || (*point >= 0xD800 && *point <= 0xDFFF))
        return 0;
    return length;
}

unroll_status unroll_utf8_decode(const char *text, size_t size, const char *shown, uint32_t **points, size_t *count)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t at = 0, line = 1;
    *count = 0;
    *points = malloc((size + 1) * sizeof **points);
    if (*points == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory: the text of %s", shown);
    while (at < size) {
        uint32_t point = 0;
        int length = decode_one(s + at, size - at, &point);
        if (length == 0) {
            free(*points);
            *points = NULL;
            return unroll_error(UNROLL_WRONG, "%s is not UTF-8: byte 0x%02x at offset %zu, line %zu", shown,
                                (unsigned)s[at], at, line);
        }
        if (at > 0 || point != 0xFEFF)
            (*points)[(*count)++] = point;
        line += point == '\n';
        at += (size_t)length;
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
