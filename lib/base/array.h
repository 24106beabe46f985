/* array.h: arrays that grow one element at a time. */
#ifndef UNROLL_BASE_ARRAY_H
#define UNROLL_BASE_ARRAY_H

#include <stddef.h>

/* Makes room for one more element of `size` bytes, all zeros, behind the `count` of a malloc'ed array, which may move and which
   grows in no other way (NULL: none yet); the room doubles. NULL when memory is short; the array is then as it was. */
void *unroll_one_more(void *array, int count, size_t size);

#endif
