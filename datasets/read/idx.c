#include "idx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* MAGIC: bytes before the sizes; SIZE: bytes of each; the type of an unsigned byte */
enum { MAGIC = 4, SIZE = 4, UNSIGNED_BYTE = 0x08 };

static unroll_status check_magic(const unroll_idx *idx, size_t size, const char *what, int dimensions)
{
    const unsigned char *byte = (const unsigned char *)idx->bytes;
    if (size >= 2 && byte[0] == 0x1f && byte[1] == 0x8b)
        return unroll_error(UNROLL_WRONG, "%s is compressed: unpack it first (gunzip -k)", idx->shown);
    if (size < MAGIC || byte[0] != 0 || byte[1] != 0)
        return unroll_error(UNROLL_WRONG, "%s is no IDX file: such a file begins with two zero bytes, a type and a number of "
                                          "dimensions", idx->shown);
    if (byte[2] != UNSIGNED_BYTE)
        return unroll_error(UNROLL_WRONG, "%s holds elements of type 0x%02x, but %s are unsigned bytes, type 0x%02x", idx->shown,
                            (unsigned)byte[2], what, (unsigned)UNSIGNED_BYTE);
    if (byte[3] != dimensions)
        return unroll_error(UNROLL_WRONG, "%s has %d dimension%s, but %s have %d", idx->shown, byte[3], byte[3] == 1 ? "" : "s",
                            what, dimensions);
    return unroll_ok();
}

static uint32_t read_size(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | (uint32_t)at[3];
}

/* What follows the header is held against its sizes by division: their product may be more than any number holds. */
static unroll_status check_sizes(const uint32_t *extent, int dimensions, size_t follow, const char *shown, const char *what)
{
    char sizes[64] = "";
    size_t rest = follow, used = 0;
    bool empty = false, whole = true;
    for (int i = 0; i < dimensions; i++) {
        used += (size_t)snprintf(sizes + used, sizeof sizes - used, "%s%u", i == 0 ? "" : " x ", (unsigned)extent[i]);
        empty |= extent[i] == 0;
    }
    if (empty)
        return unroll_error(UNROLL_WRONG, "%s holds no %s: its header says %s", shown, what, sizes);
    for (int i = 0; i < dimensions; i++) {
        whole &= rest % extent[i] == 0;
        rest /= extent[i];
    }
    if (rest == 0)
        return unroll_error(UNROLL_WRONG, "%s is cut off: its header says %s bytes, and %zu follow", shown, sizes, follow);
    if (rest > 1 || !whole)
        return unroll_error(UNROLL_WRONG, "%s is longer than its header says: %s bytes, and %zu follow", shown, sizes, follow);
    return unroll_ok();
}

static unroll_status read_header(unroll_idx *idx, size_t size, const char *what, int dimensions)
{
    const unsigned char *byte = (const unsigned char *)idx->bytes;
    size_t header = MAGIC + (size_t)dimensions * SIZE;
    uint32_t extent[UNROLL_IDX_DIMENSIONS];
    UNROLL_TRY(check_magic(idx, size, what, dimensions));
    if (size < header)
        return unroll_error(UNROLL_WRONG, "%s is cut off: it has %zu bytes, fewer than its header of %zu", idx->shown, size,
                            header);
    for (int i = 0; i < dimensions; i++)
        extent[i] = read_size(byte + MAGIC + i * SIZE);
    UNROLL_TRY(check_sizes(extent, dimensions, size - header, idx->shown, what));
    for (int i = 0; i < dimensions; i++)
        idx->extent[i] = (int)extent[i]; /* no more than there are bytes */
    idx->value = byte + header;
    return unroll_ok();
}

unroll_status unroll_idx_open(const char *path, const char *what, int dimensions, unroll_idx *idx)
{
    size_t size;
    unroll_status status;
    memset(idx, 0, sizeof *idx);
    UNROLL_TRY(unroll_read_bytes(path, &idx->bytes, &size));
    unroll_short_path(path, idx->shown);
    unroll_fingerprint(path, idx->bytes, size, idx->fingerprint);
    status = read_header(idx, size, what, dimensions);
    if (status.code != UNROLL_OK)
        unroll_idx_close(idx);
    return status;
}

void unroll_idx_close(unroll_idx *idx)
{
    free(idx->bytes);
    memset(idx, 0, sizeof *idx);
}
