/* The plain C program on a BLAS: what one gets from a library without a library for recurrent networks. One product for the
   input over all steps, one a step for the recurrence, fused element-wise loops, one product over all steps for each weight
   gradient. */
#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "peer.h"

#undef I /* of complex.h, by way of cblas.h */

const char *const peer_name = "cblas";

static const peer_problem *p;
static int G, H, I, B, T;
static size_t count;
static float *w, *g;                       /* w_ih, w_hh, b_ih, b_hh, head */
static float *w_ih, *w_hh, *b_ih, *b_hh, *d_w_ih, *d_w_hh, *d_b_ih, *d_b_hh;
static float *gates, *inner, *bias;        /* (T, B, G*H); GRU: recurrent part of all gates, (T, B, G*H); (G*H) */
static float *h, *c;                       /* (T + 1, B, H) */
static float *dgates, *dinner, *dh, *dc, *dx;

static float *room(size_t n)
{
    float *values = aligned_alloc(64, (n * sizeof *values + 63) / 64 * 64);
    if (values != NULL)
        memset(values, 0, n * sizeof *values);
    return values;
}

size_t peer_parameters(float **out_w, float **out_g)
{
    *out_w = w;
    *out_g = g;
    return count;
}

const char *peer_open(const peer_problem *problem)
{
    size_t rows, steps;
    p = problem;
    G = p->gates, H = p->hidden, I = p->input, B = p->batch, T = p->steps;
    rows = (size_t)G * (size_t)H;
    steps = (size_t)T * (size_t)B;
    count = rows * (size_t)(I + H + 2) + (size_t)H + 1;
    w = room(count), g = room(count);
    gates = room(steps * rows), inner = room(steps * rows), bias = room(rows);
    h = room((steps + (size_t)B) * (size_t)H), c = room((steps + (size_t)B) * (size_t)H);
    dgates = room(steps * rows), dinner = room(steps * rows);
    dh = room((size_t)(B * H)), dc = room((size_t)(B * H)), dx = room(steps * (size_t)I);
    if (w == NULL || g == NULL || gates == NULL || inner == NULL || h == NULL || c == NULL || dgates == NULL ||
        dinner == NULL || dh == NULL || dc == NULL || dx == NULL || bias == NULL)
        return "out of memory";
    w_ih = w, w_hh = w_ih + rows * (size_t)I, b_ih = w_hh + rows * (size_t)H, b_hh = b_ih + rows;
    d_w_ih = g, d_w_hh = d_w_ih + rows * (size_t)I, d_b_ih = d_w_hh + rows * (size_t)H, d_b_hh = d_b_ih + rows;
    memcpy(w_ih, p->w_ih, rows * (size_t)I * sizeof *w);
    memcpy(w_hh, p->w_hh, rows * (size_t)H * sizeof *w);
    memcpy(b_ih, p->b_ih, rows * sizeof *w);
    memcpy(b_hh, p->b_hh, rows * sizeof *w);
    return NULL;
}

void peer_close(void)
{
    free(w), free(g), free(gates), free(inner), free(bias), free(h), free(c);
    free(dgates), free(dinner), free(dh), free(dc), free(dx);
}

/* out (rows, n) = beta out + a (rows, k) m^T, m (n, k) */
static void times_transposed(int rows, int n, int k, const float *a, const float *m, float beta, float *out)
{
    if (rows == 1)
        cblas_sgemv(CblasRowMajor, CblasNoTrans, n, k, 1.0f, m, k, a, 1, beta, out, 1);
    else
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, n, k, 1.0f, a, k, m, k, beta, out, n);
}

/* out (rows, n) = beta out + a (rows, k) m (k, n) */
static void times(int rows, int n, int k, const float *a, const float *m, float beta, float *out)
{
    if (rows == 1)
        cblas_sgemv(CblasRowMajor, CblasTrans, k, n, 1.0f, m, n, a, 1, beta, out, 1);
    else
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, n, k, 1.0f, a, k, m, n, beta, out, n);
}

static inline float sigmoid(float x)
{
    return 1.0f / (1.0f + expf(-x));
}

/* tanh by expf, of which there is a vector form */
static inline float squash(float x)
{
    return 1.0f - 2.0f / (expf(2.0f * x) + 1.0f);
}

static void cell_forward(float *a, float *r, const float *h0, float *h1, const float *c0, float *c1)
{
    for (int b = 0; b < B; b++, a += G * H, r += G * H, h0 += H, h1 += H, c0 += H, c1 += H) {
        if (p->cell == PEER_RNN) {
#pragma omp simd
            for (int u = 0; u < H; u++)
                h1[u] = squash(a[u]);
        } else if (p->cell == PEER_LSTM) {
#pragma omp simd
            for (int u = 0; u < H; u++) {
                float i = sigmoid(a[u]), f = sigmoid(a[H + u]), n = squash(a[2 * H + u]), o = sigmoid(a[3 * H + u]);
                a[u] = i, a[H + u] = f, a[2 * H + u] = n, a[3 * H + u] = o;
                c1[u] = f * c0[u] + i * n;
                h1[u] = o * squash(c1[u]);
            }
        } else {
#pragma omp simd
            for (int u = 0; u < H; u++) {
                float reset = sigmoid(a[u] + r[u]), z = sigmoid(a[H + u] + r[H + u]);
                float n = squash(a[2 * H + u] + reset * r[2 * H + u]);
                a[u] = reset, a[H + u] = z, a[2 * H + u] = n;
                h1[u] = n + z * (h0[u] - n);
            }
        }
    }
}

static void fill_rows(float *out, const float *row, int rows)
{
    for (int i = 0; i < rows; i++)
        memcpy(out + (size_t)i * (size_t)(G * H), row, (size_t)(G * H) * sizeof *out);
}

/* GRU: the recurrent part stands apart, with its own bias */
static void one_step(float *a, float *r, const float *h0, float *h1, const float *c0, float *c1)
{
    if (p->cell == PEER_GRU) {
        fill_rows(r, b_hh, B);
        times_transposed(B, G * H, H, h0, w_hh, 1.0f, r);
    } else {
        times_transposed(B, G * H, H, h0, w_hh, 1.0f, a);
    }
    cell_forward(a, r, h0, h1, c0, c1);
}

const float *peer_forward(void)
{
    size_t step = (size_t)(B * G * H), states = (size_t)(B * H);
    for (int n = 0; n < G * H; n++)
        bias[n] = b_ih[n] + (p->cell == PEER_GRU ? 0.0f : b_hh[n]);
    fill_rows(gates, bias, T * B);
    times_transposed(T * B, G * H, I, p->x, w_ih, 1.0f, gates);
    for (int t = 0; t < T; t++)
        one_step(gates + (size_t)t * step, inner + (size_t)t * step, h + (size_t)t * states, h + (size_t)(t + 1) * states,
                 c + (size_t)t * states, c + (size_t)(t + 1) * states);
    return h + (size_t)T * states;
}

static void cell_backward(const float *a, const float *r, const float *h0, const float *h1, const float *c0, const float *c1,
                          float *d, float *dr, float *dh_, float *dc_)
{
    for (int b = 0; b < B; b++, a += G * H, r += G * H, d += G * H, dr += G * H, h0 += H, h1 += H, c0 += H, c1 += H, dh_ += H,
             dc_ += H) {
        if (p->cell == PEER_RNN) {
#pragma omp simd
            for (int u = 0; u < H; u++)
                d[u] = dh_[u] * (1.0f - h1[u] * h1[u]);
        } else if (p->cell == PEER_LSTM) {
#pragma omp simd
            for (int u = 0; u < H; u++) {
                float i = a[u], f = a[H + u], n = a[2 * H + u], o = a[3 * H + u], s = squash(c1[u]);
                float e = dh_[u] * o * (1.0f - s * s) + dc_[u];
                d[u] = e * n * i * (1.0f - i);
                d[H + u] = e * c0[u] * f * (1.0f - f);
                d[2 * H + u] = e * i * (1.0f - n * n);
                d[3 * H + u] = dh_[u] * s * o * (1.0f - o);
                dc_[u] = e * f;
            }
        } else {
#pragma omp simd
            for (int u = 0; u < H; u++) {
                float reset = a[u], z = a[H + u], n = a[2 * H + u];
                float dn = dh_[u] * (1.0f - z) * (1.0f - n * n);
                d[u] = dr[u] = dn * r[2 * H + u] * reset * (1.0f - reset);
                d[H + u] = dr[H + u] = dh_[u] * (h0[u] - n) * z * (1.0f - z);
                d[2 * H + u] = dn;
                dr[2 * H + u] = dn * reset;
                dh_[u] *= z;
            }
        }
    }
}

static void column_sums(const float *rows, float *sums)
{
    memset(sums, 0, (size_t)(G * H) * sizeof *sums);
    for (int i = 0; i < T * B; i++)
#pragma omp simd
        for (int n = 0; n < G * H; n++)
            sums[n] += rows[(size_t)i * (size_t)(G * H) + (size_t)n];
}

const float *peer_backward(const float *last)
{
    size_t step = (size_t)(B * G * H), states = (size_t)(B * H);
    const float *recurrent = p->cell == PEER_GRU ? dinner : dgates;
    memcpy(dh, last, states * sizeof *dh);
    memset(dc, 0, states * sizeof *dc);
    for (int t = T - 1; t >= 0; t--) {
        cell_backward(gates + (size_t)t * step, inner + (size_t)t * step, h + (size_t)t * states, h + (size_t)(t + 1) * states,
                      c + (size_t)t * states, c + (size_t)(t + 1) * states, dgates + (size_t)t * step,
                      dinner + (size_t)t * step, dh, dc);
        times(B, H, G * H, recurrent + (size_t)t * step, w_hh, p->cell == PEER_GRU ? 1.0f : 0.0f, dh);
    }
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, G * H, H, T * B, 1.0f, recurrent, G * H, h, H, 0.0f, d_w_hh, H);
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, G * H, I, T * B, 1.0f, dgates, G * H, p->x, I, 0.0f, d_w_ih, I);
    times(T * B, I, G * H, dgates, w_ih, 0.0f, dx);
    column_sums(dgates, d_b_ih);
    if (p->cell == PEER_GRU)
        column_sums(dinner, d_b_hh);
    else
        memcpy(d_b_hh, d_b_ih, (size_t)(G * H) * sizeof *d_b_hh);
    return dx;
}

void peer_gradients(float *out_ih, float *out_hh)
{
    memcpy(out_ih, d_w_ih, (size_t)(G * H) * (size_t)I * sizeof *out_ih);
    memcpy(out_hh, d_w_hh, (size_t)(G * H) * (size_t)H * sizeof *out_hh);
}

const float *peer_stream(const float *x)
{
    size_t states = (size_t)(B * H);
    for (int n = 0; n < G * H; n++)
        bias[n] = b_ih[n] + (p->cell == PEER_GRU ? 0.0f : b_hh[n]);
    fill_rows(gates, bias, B);
    times_transposed(B, G * H, I, x, w_ih, 1.0f, gates);
    one_step(gates, inner, h, h + states, c, c + states);
    memcpy(h, h + states, states * sizeof *h);
    memcpy(c, c + states, states * sizeof *c);
    return h;
}
