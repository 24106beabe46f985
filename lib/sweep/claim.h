/* claim.h: which of the runs of a folder are being done, so that calls of unroll run that share it, on any host, share the work
   (inside lib/sweep). A claim is a file NAME.claim beside the records, whose content changes once a second as long as its process
   lives. Claims only save work: where they cannot be made or are lost, a run is done twice, and its record is the same. */
#ifndef UNROLL_SWEEP_CLAIM_H
#define UNROLL_SWEEP_CLAIM_H

#include <stdbool.h>

typedef struct unroll_claims unroll_claims;

/* Claims in a folder, with the thread that keeps them fresh. Never NULL but when memory is short. */
unroll_claims *unroll_claims_open(const char *folder);
/* Gives back what is still claimed. */
void unroll_claims_close(unroll_claims *claims);
/* Whether NAME is this process's to do. False: another process is at it. One that has not shown life for 20 seconds by our own
   clock, or which is known to have ended, has lost its claim. Any thread. */
bool unroll_claim(unroll_claims *claims, const char *name);
void unroll_unclaim(unroll_claims *claims, const char *name);
/* Removes from the folder the claims of processes of this host that have ended. */
void unroll_claims_clear(const char *folder);

#endif
