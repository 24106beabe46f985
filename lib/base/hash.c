#include "base/hash.h"

#include <inttypes.h>
#include <stdio.h>

uint64_t unroll_hash(uint64_t hash, const void *bytes, size_t size)
{
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ byte[i]) * UINT64_C(1099511628211);
    return hash;
}

const char *unroll_hash_show(uint64_t hash, char out[UNROLL_HASH_ROOM])
{
    snprintf(out, UNROLL_HASH_ROOM, "%016" PRIx64, hash);
    return out;
}
