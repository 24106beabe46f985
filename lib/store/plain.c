#include "store/plain.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

void unroll_plain_empty(unroll_plain *plain)
{
    for (int i = 0; i < plain->count; i++) {
        free(plain->members[i].name);
        free(plain->members[i].unit);
        free(plain->members[i].values);
    }
    free(plain->members);
    plain->members = NULL;
    plain->count = 0;
}

void unroll_plain_free(unroll_plain *plain)
{
    if (plain != NULL)
        unroll_plain_empty(plain);
    free(plain);
}

size_t unroll_plain_size(unroll_plain_type type)
{
    static const size_t sizes[] = {sizeof(float), sizeof(double), sizeof(int64_t), 0, 0};
    return sizes[type];
}

const unroll_plain_member *unroll_plain_find(const unroll_plain *plain, const char *name)
{
    for (int i = 0; i < plain->count; i++)
        if (strcmp(plain->members[i].name, name) == 0)
            return &plain->members[i];
    return NULL;
}

/* The attribute when it is one value of that type. */
static const void *single(const unroll_plain *plain, const char *name, unroll_plain_type type)
{
    const unroll_plain_member *member = unroll_plain_find(plain, name);
    return member != NULL && member->type == type && member->count == 1 ? member->values : NULL;
}

bool unroll_plain_text(const unroll_plain *plain, const char *name, const char **text)
{
    *text = single(plain, name, UNROLL_PLAIN_TEXT);
    return *text != NULL;
}

bool unroll_plain_int(const unroll_plain *plain, const char *name, int *number)
{
    const int64_t *value = single(plain, name, UNROLL_PLAIN_WHOLE);
    if (value == NULL || *value < INT_MIN || *value > INT_MAX)
        return false;
    *number = (int)*value;
    return true;
}

bool unroll_plain_real(const unroll_plain *plain, const char *name, double *number)
{
    const double *value = single(plain, name, UNROLL_PLAIN_DOUBLE);
    if (value == NULL)
        return false;
    *number = *value;
    return true;
}

const char *unroll_plain_in(const unroll_plain_member *member, const char *group)
{
    size_t length = strlen(group);
    const char *rest = member->name + length;
    return strncmp(member->name, group, length) == 0 && rest[0] != '\0' && strchr(rest, '/') == NULL ? rest : NULL;
}

const char *unroll_plain_next(const char *text)
{
    return text + strlen(text) + 1;
}

unroll_status unroll_plain_damaged(const unroll_plain *plain, const char *what, const char *name)
{
    char shown[300], quoted[64];
    unroll_text_quote(shown, sizeof shown, plain->path);
    if (name == NULL)
        return unroll_error(UNROLL_DAMAGED, "%s: %s", shown, what);
    return unroll_error(UNROLL_DAMAGED, "%s: %s \"%s\"", shown, what, unroll_text_quote(quoted, sizeof quoted, name));
}
