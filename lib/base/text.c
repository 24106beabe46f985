#include "base/text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Unicode, table 3-7 */
size_t unroll_utf8_sequence(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    unsigned char low = 0x80, high = 0xBF;
    size_t length;
    if (s[0] < 0x80)
        return 1;
    if (s[0] >= 0xC2 && s[0] <= 0xDF) {
        length = 2;
    } else if (s[0] >= 0xE0 && s[0] <= 0xEF) {
        length = 3;
        low = s[0] == 0xE0 ? 0xA0 : low;
        high = s[0] == 0xED ? 0x9F : high;
    } else if (s[0] >= 0xF0 && s[0] <= 0xF4) {
        length = 4;
        low = s[0] == 0xF0 ? 0x90 : low;
        high = s[0] == 0xF4 ? 0x8F : high;
    } else {
        return 0;
    }
    if (s[1] < low || s[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if (s[i] < 0x80 || s[i] > 0xBF)
            return 0;
    return length;
}

bool unroll_utf8_valid(const char *text)
{
    while (*text != '\0') {
        size_t length = unroll_utf8_sequence(text);
        if (length == 0)
            return false;
        text += length;
    }
    return true;
}

void unroll_utf8_repair(char *text)
{
    while (*text != '\0') {
        size_t length = unroll_utf8_sequence(text);
        if (length == 0) {
            *text = '?';
            length = 1;
        }
        text += length;
    }
}

size_t unroll_text_control(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    if (s[0] == 0xC2 && s[1] >= 0x80 && s[1] <= 0x9F)
        return 2;
    return (s[0] > 0 && s[0] < 0x20) || s[0] == 0x7F ? 1 : 0;
}

void unroll_text_plain(char *text)
{
    char *to = text;
    while (*text != '\0') {
        size_t control = unroll_text_control(text);
        *to++ = control > 0 ? ' ' : *text;
        text += control > 0 ? control : 1;
    }
    *to = '\0';
}

void unroll_text_copy(char *to, size_t room, const char *from)
{
    size_t length = strlen(from);
    assert(room > 0);
    if (length >= room) {
        length = room - 1;
        while (length > 0 && ((unsigned char)from[length] & 0xC0) == 0x80)
            length--;
    }
    memcpy(to, from, length);
    to[length] = '\0';
}

char *unroll_text_duplicate(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    if (copy != NULL)
        memcpy(copy, text, size);
    return copy;
}

const char *unroll_text_quote(char *to, size_t room, const char *value)
{
    assert(room > 4);
    if (strlen(value) < room) {
        unroll_text_copy(to, room, value);
    } else {
        unroll_text_copy(to, room - 3, value);
        strcat(to, "...");
    }
    unroll_utf8_repair(to);
    for (char *c = to; *c != '\0';) {
        size_t control = unroll_text_control(c);
        memset(c, '?', control);
        c += control > 0 ? control : 1;
    }
    return to;
}

void *unroll_find_named(const void *array, int count, size_t size, const char *name)
{
    const char *element = array;
    for (int i = 0; i < count; i++, element += size)
        if (strcmp(element, name) == 0)
            return (void *)element;
    return NULL;
}

bool unroll_next_word(const char **rest, char *word, size_t room)
{
    size_t length;
    if (*rest == NULL)
        return false;
    *rest += strspn(*rest, " ");
    length = strcspn(*rest, " ");
    snprintf(word, room, "%.*s", (int)length, *rest);
    *rest += length;
    return length > 0;
}
