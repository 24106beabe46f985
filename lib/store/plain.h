/* plain.h: what an HDF5 file holds, as plain arrays.

   HDF5's library trusts what it reads: a malformed file can crash it, hang it, or make it read other files. So a file that
   this process did not write is parsed by a child process that can do nothing but that (reader.c), which hands over what
   it found in the form of this page; no other function of this folder that reads calls HDF5.

   The form of one member: an unroll_plain_head, then its name, its unit and its values, in the machine's own byte order. */
#ifndef UNROLL_STORE_PLAIN_H
#define UNROLL_STORE_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* What the attribute "schema" of a run's and of a gathered file says. */
#define UNROLL_RUN_SCHEMA "unroll run 1"
#define UNROLL_TABLE_SCHEMA "unroll table 1"

enum { UNROLL_PLAIN_RANK = 4, UNROLL_PLAIN_NAME = 512 };

typedef enum unroll_plain_type {
    UNROLL_PLAIN_FLOAT,  /* float */
    UNROLL_PLAIN_DOUBLE, /* double */
    UNROLL_PLAIN_WHOLE,  /* int64_t; what is beyond it is its largest or smallest */
    UNROLL_PLAIN_TEXT,   /* zero-ended texts, one behind the other */
    UNROLL_PLAIN_OTHER   /* something else, without its values */
} unroll_plain_type;

typedef struct unroll_plain_member {
    char *name; /* "x", "curves/loss"; a field of a compound type "columns/unit"; an attribute of the root "@schema" */
    char *unit; /* its attribute "units" or "unit", or "" */
    unroll_plain_type type;
    bool scale; /* a dimension scale */
    int rank;   /* 0: a single value */
    size_t dims[UNROLL_PLAIN_RANK], count;
    void *values; /* (count) */
} unroll_plain_member;

typedef struct unroll_plain {
    const char *path; /* the caller's */
    unroll_plain_member *members; /* owned; in the order of their making where the file kept it, else by name */
    int count;
} unroll_plain;

void unroll_plain_free(unroll_plain *plain);
void unroll_plain_empty(unroll_plain *plain);
/* The member of that name, or NULL. */
const unroll_plain_member *unroll_plain_find(const unroll_plain *plain, const char *name);
/* The single text or number of an attribute of the root; false when there is none, or none of that type. */
bool unroll_plain_text(const unroll_plain *plain, const char *name, const char **text);
bool unroll_plain_int(const unroll_plain *plain, const char *name, int *number);
bool unroll_plain_real(const unroll_plain *plain, const char *name, double *number);
/* What a member is called inside of group "curves/": "loss"; NULL when it does not lie there, or deeper. */
const char *unroll_plain_in(const unroll_plain_member *member, const char *group);

/* The text behind `text`; the first one of a member is its `values`. */
const char *unroll_plain_next(const char *text);
/* "PATH: WHAT "NAME"", or without NAME where that is NULL; UNROLL_DAMAGED. */
unroll_status unroll_plain_damaged(const unroll_plain *plain, const char *what, const char *name);

/* ---- how it travels ---- */

typedef enum unroll_plain_kind {
    UNROLL_PLAIN_MEMBER = 0x4d454d42, /* a member; */
    UNROLL_PLAIN_END = 0x454e4421,    /* that was all; */
    UNROLL_PLAIN_FAILURE = 0x4641494c /* the file cannot be read: `name` is why */
} unroll_plain_kind;

typedef struct unroll_plain_head {
    uint32_t kind, type, rank, scale;
    uint64_t dims[UNROLL_PLAIN_RANK];
    uint64_t name_size, unit_size, values_size; /* bytes, of texts with their zeros */
} unroll_plain_head;

/* Bytes of a value; 0 for texts and others. */
size_t unroll_plain_size(unroll_plain_type type);

#endif
