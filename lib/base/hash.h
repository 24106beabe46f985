/* hash.h: FNV-1a (Fowler, Noll and Vo) with 64 bits: tells apart what differs by accident, not what somebody has forged. */
#ifndef UNROLL_BASE_HASH_H
#define UNROLL_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Where a chain starts; the hash of nothing. */
#define UNROLL_HASH_START UINT64_C(14695981039346656037)

/* `hash` with more bytes behind those that it stands for. */
uint64_t unroll_hash(uint64_t hash, const void *bytes, size_t size);

enum { UNROLL_HASH_ROOM = 17 };
/* 16 hex digits. */
const char *unroll_hash_show(uint64_t hash, char out[UNROLL_HASH_ROOM]);

#endif
