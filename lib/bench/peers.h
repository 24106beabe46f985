/* peers.h: other programs at the same work, in turn with ours.

   A peer is a process that is told what to do over its standard input (bench/peers/peer.c, torch_peer.py):
     's' and 8 int32 (cell 0 RNN, 1 LSTM, 2 GRU; hidden; input; batch; steps; threads; 1: stream; 1: layer norm inside), then in
         float32 the weights in PyTorch's layouts (W_ih, W_hh, b_ih, b_hh; of layer norm the weights of the input's product and of
         the recurrent one and, of an LSTM, the weight and the bias of c's; the head's W and b), x (T, B, I), target (B). It
         answers with an int32: 0, or the length of a sentence that follows.
     'c' it answers with the loss, the last h (B, H), the gradients of x, W_ih and W_hh, and the loss after five steps of
         Adam; of a stream with h after T steps.
     'r' and an int32: so many steps; it answers with an int64, the nanoseconds that they took.
     'e' the end of this point, 'q' of all. */
#ifndef UNROLL_BENCH_PEERS_H
#define UNROLL_BENCH_PEERS_H

#include "bench/bench.h"

enum { UNROLL_PEERS = 3 };

typedef struct unroll_peer_state {
    const char *name, *package; /* of Debian */
    bool missing;               /* it is not built or cannot be started */
    char trouble[256];          /* why its last point does not count; "" */
} unroll_peer_state;
/* What is known of peer `index` by now. */
const unroll_peer_state *unroll_peer(int index);
/* Ends the peers' processes. */
void unroll_peers_close(void);

#endif
