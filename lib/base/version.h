/* version.h: which program this is: its version and the commit that it was built from. */
#ifndef UNROLL_BASE_VERSION_H
#define UNROLL_BASE_VERSION_H

#define UNROLL_VERSION "0.1.0"

const char *unroll_version(void);
/* Twelve hex digits, with a "+" after them when the tree had uncommitted changes; "unknown" outside of git. */
const char *unroll_commit(void);

#endif
