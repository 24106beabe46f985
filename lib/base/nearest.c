/* The word that was probably meant: the nearest by optimal string alignment distance (Damerau, 1964; Levenshtein, 1966). */
#include <ctype.h>
#include <string.h>

#include "base/settings.h"

enum { LONGEST = 64 };

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static bool same_letter(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Insertions, deletions, replacements and swaps of neighbours that lead from a to b, both at most LONGEST long. */
static int distance(const char *a, const char *b)
{
    int rows[3][LONGEST + 1], *before = rows[0], *last = rows[1], *now = rows[2];
    int n = (int)strlen(a), m = (int)strlen(b);
    for (int j = 0; j <= m; j++)
        last[j] = j;
    for (int i = 1; i <= n; i++) {
        int *free_row = before;
        now[0] = i;
        for (int j = 1; j <= m; j++) {
            now[j] = smaller(last[j], now[j - 1]) + 1;
            now[j] = smaller(now[j], last[j - 1] + !same_letter(a[i - 1], b[j - 1]));
            if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) && same_letter(a[i - 2], b[j - 1]))
                now[j] = smaller(now[j], before[j - 2] + 1);
        }
        before = last;
        last = now;
        now = free_row;
    }
    return last[m];
}

const char *unroll_nearest(const char *word, const char *const *candidates, int count)
{
    const char *nearest = NULL;
    size_t length = strlen(word);
    int limit = 2 + (int)(length / 4); /* the first distance that is too far: hiden 1, lenght 1, optimiser 1 */
    if (length < 2 || length > LONGEST)
        return NULL;
    for (int i = 0; i < count; i++) {
        int d;
        if (strlen(candidates[i]) > LONGEST)
            continue;
        d = distance(word, candidates[i]);
        if (length >= 3 && strncmp(word, candidates[i], length) == 0)
            d = smaller(d, 1); /* the start of a word, optim, is as good as a slip of the finger */
        if (d < limit && d < (int)length) {
            limit = d;
            nearest = candidates[i];
        }
    }
    return nearest;
}

unroll_status unroll_no_such(const char *what, const char *name, const char *const *names, int count)
{
    const char *nearest = unroll_nearest(name, names, count);
    if (nearest != NULL)
        return unroll_error(UNROLL_WRONG, "there is no %s %.60s; did you mean %s?", what, name, nearest);
    return unroll_error(UNROLL_WRONG, "there is no %s %.60s; unroll list %ss shows them", what, name, what);
}
