#include "base/array.h"

#include <stdlib.h>
#include <string.h>

void *unroll_one_more(void *array, int count, size_t size)
{
    void *grown = array;
    if ((count & (count - 1)) == 0) /* 0 or a power of two: what there was room for */
        grown = realloc(array, (count == 0 ? 1 : 2 * (size_t)count) * size);
    if (grown != NULL)
        memset((char *)grown + (size_t)count * size, 0, size);
    return grown;
}
