/* threads.h: how many threads there can be. OpenMP ends the program when the system refuses it one: whoever opens a
   parallel region asks here first. */
#ifndef UNROLL_BASE_THREADS_H
#define UNROLL_BASE_THREADS_H

/* The most threads, up to `wanted` and with the caller's own among them, that can be there at once: makes them, counts
   them, and returns when they are gone. At least 1. */
int unroll_threads_there(int wanted);

#endif
