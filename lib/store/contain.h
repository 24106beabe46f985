/* contain.h: what a process gives up before it looks at what strangers wrote. */
#ifndef UNROLL_STORE_CONTAIN_H
#define UNROLL_STORE_CONTAIN_H

#include <stdbool.h>
#include <stdint.h>

/* From now on this process opens no file, lets none grow, leaves no core dump, takes at most so many bytes of memory and
   seconds of processor time, and makes no system call but those that compute and speak over what is open (on Linux;
   elsewhere there are the limits alone). Returns whether the limit on memory is this one, and not a narrower one from
   before. */
bool unroll_contain(uint64_t memory, unsigned seconds);

#endif
