/* peer.h: what the peers of unroll bench --peers share: programs of their own that another library computes in, told over a
   pipe what to do (lib/bench/peers.h has the protocol).

   A peer keeps all its parameters in one array, in whatever order it likes, beside their gradients of the same order. */
#ifndef UNROLL_PEERS_PEER_H
#define UNROLL_PEERS_PEER_H

#include <stddef.h>
#include <stdint.h>

enum { PEER_RNN, PEER_LSTM, PEER_GRU };

typedef struct peer_problem {
    int cell, hidden, input, batch, steps, threads, stream;
    int gates;                               /* 1, 4 or 3 */
    float *w_ih, *w_hh, *b_ih, *b_hh;        /* PyTorch's layouts: (G*H, I), (G*H, H), (G*H) */
    float *head_w, *head_b;                  /* (H), (1): one output on the last step */
    float *x;                                /* (T, B, I) */
    float *target;                           /* (B) */
} peer_problem;

/* ---- what each peer defines ---- */
extern const char *const peer_name;
/* Sets up; returns NULL or a sentence. */
const char *peer_open(const peer_problem *problem);
void peer_close(void);
/* All parameters and their gradients (count); the last H + 1 of them are the head's, which peer.c computes. */
size_t peer_parameters(float **w, float **g);
/* The layer forward over all steps: returns the last h (B, H), dense rows. */
const float *peer_forward(void);
/* Backward from the gradient of the last h (B, H), down to the gradient of x (T, B, I), which it returns; sets all gradients
   but the head's. */
const float *peer_backward(const float *dh);
/* Copies the gradients of W_ih and W_hh in PyTorch's layouts. */
void peer_gradients(float *d_w_ih, float *d_w_hh);
/* One step of inference from x (B, I), state carried; returns h (B, H). */
const float *peer_stream(const float *x);

#endif
