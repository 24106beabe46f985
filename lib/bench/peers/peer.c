/* The peers' common part: the protocol, the dense head, the loss and Adam. */
#include "peer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static peer_problem problem;
static float *w, *g, *moment1, *moment2, *dh;
static size_t count;
static double power1 = 1.0, power2 = 1.0;
static double loss;
static const float *dx;

static void receive(void *to, size_t size)
{
    char *at = to;
    while (size > 0) {
        ssize_t got = read(STDIN_FILENO, at, size);
        if (got <= 0)
            exit(got < 0);
        at += got;
        size -= (size_t)got;
    }
}

static void reply(const void *from, size_t size)
{
    const char *at = from;
    while (size > 0) {
        ssize_t put = write(STDOUT_FILENO, at, size);
        if (put <= 0)
            exit(1);
        at += put;
        size -= (size_t)put;
    }
}

static float *receive_floats(size_t n)
{
    float *values = aligned_alloc(64, (n * sizeof *values + 63) / 64 * 64);
    if (values == NULL)
        exit(1);
    receive(values, n * sizeof *values);
    return values;
}

/* reads the rest of a problem with layer norm inside, which no peer of this kind has */
static const char *refuse_norm(size_t rows)
{
    free(receive_floats(2 * rows));
    if (problem.cell == PEER_LSTM)
        free(receive_floats(2 * (size_t)problem.hidden));
    return "it has no layer norm inside a cell";
}

static void set_up(void)
{
    int32_t head[8], length;
    size_t rows, gates[] = {1, 4, 3};
    const char *trouble = NULL;
    receive(head, sizeof head);
    problem = (peer_problem){.cell = head[0], .hidden = head[1], .input = head[2], .batch = head[3], .steps = head[4],
                             .threads = head[5], .stream = head[6], .gates = (int)gates[head[0]]};
    rows = (size_t)problem.gates * (size_t)problem.hidden;
    problem.w_ih = receive_floats(rows * (size_t)problem.input);
    problem.w_hh = receive_floats(rows * (size_t)problem.hidden);
    problem.b_ih = receive_floats(rows);
    problem.b_hh = receive_floats(rows);
    if (head[7])
        trouble = refuse_norm(rows);
    problem.head_w = receive_floats((size_t)problem.hidden);
    problem.head_b = receive_floats(1);
    problem.x = receive_floats((size_t)problem.steps * (size_t)problem.batch * (size_t)problem.input);
    problem.target = receive_floats((size_t)problem.batch);
    if (trouble == NULL)
        trouble = peer_open(&problem);
    if (trouble == NULL) {
        size_t hidden = (size_t)problem.hidden;
        count = peer_parameters(&w, &g);
        moment1 = calloc(count, sizeof *moment1);
        moment2 = calloc(count, sizeof *moment2);
        dh = calloc((size_t)problem.batch * hidden, sizeof *dh);
        memcpy(w + count - hidden - 1, problem.head_w, hidden * sizeof *w);
        w[count - 1] = problem.head_b[0];
        power1 = power2 = 1.0;
    }
    length = trouble == NULL ? 0 : (int32_t)strlen(trouble);
    reply(&length, sizeof length);
    reply(trouble, (size_t)length);
}

static void tear_down(void)
{
    peer_close();
    free(problem.w_ih), free(problem.w_hh), free(problem.b_ih), free(problem.b_hh);
    free(problem.head_w), free(problem.head_b), free(problem.x), free(problem.target);
    free(moment1), free(moment2), free(dh);
}

/* forward, mean squared error of the head's output, backward; h: the last one */
static const float *gradient(void)
{
    int hidden = problem.hidden, batch = problem.batch;
    const float *h = peer_forward(), *head = w + count - hidden - 1;
    float *d_head = g + count - hidden - 1;
    loss = 0.0;
    memset(d_head, 0, ((size_t)hidden + 1) * sizeof *d_head);
    for (int b = 0; b < batch; b++) {
        float y = head[hidden], d;
        for (int u = 0; u < hidden; u++)
            y += head[u] * h[b * hidden + u];
        d = y - problem.target[b];
        loss += (double)d * d / batch;
        d *= 2.0f / (float)batch;
        d_head[hidden] += d;
        for (int u = 0; u < hidden; u++) {
            d_head[u] += d * h[b * hidden + u];
            dh[b * hidden + u] = d * head[u];
        }
    }
    dx = peer_backward(dh);
    return h;
}

/* torch.optim.Adam at its defaults */
static void update(void)
{
    const float beta1 = 0.9f, beta2 = 0.999f, rest1 = 0.1f, rest2 = 0.001f; /* 1.0f - 0.999f is 1.3e-5 off */
    float correction, root;
    power1 *= 0.9;
    power2 *= 0.999;
    correction = (float)(0.001 / (1.0 - power1));
    root = (float)(1.0 / sqrt(1.0 - power2));
#pragma omp parallel for simd schedule(static) if (count > 200000)
    for (size_t i = 0; i < count; i++) {
        moment1[i] = beta1 * moment1[i] + rest1 * g[i];
        moment2[i] = beta2 * moment2[i] + rest2 * g[i] * g[i];
        w[i] -= correction * moment1[i] / (sqrtf(moment2[i]) * root + 1e-8f);
    }
}

static void step(void)
{
    gradient();
    update();
}

/* what others compare: the loss, the last h, the gradients of x (T, B, I), W_ih and W_hh; of a stream h after all steps */
static void check(void)
{
    size_t hidden = (size_t)problem.hidden, batch = (size_t)problem.batch, input = (size_t)problem.input;
    size_t rows = (size_t)problem.gates * hidden;
    float *d_w_ih, *d_w_hh, first;
    const float *h = NULL;
    if (problem.stream) {
        for (int t = 0; t < problem.steps; t++)
            h = peer_stream(problem.x + (size_t)t * batch * input);
        reply(h, batch * hidden * sizeof *h);
        return;
    }
    d_w_ih = malloc(rows * input * sizeof *d_w_ih);
    d_w_hh = malloc(rows * hidden * sizeof *d_w_hh);
    if (d_w_ih == NULL || d_w_hh == NULL)
        exit(1);
    h = gradient();
    first = (float)loss;
    peer_gradients(d_w_ih, d_w_hh);
    reply(&first, sizeof first);
    reply(h, batch * hidden * sizeof *h);
    reply(dx, (size_t)problem.steps * batch * input * sizeof *dx);
    reply(d_w_ih, rows * input * sizeof *d_w_ih);
    reply(d_w_hh, rows * hidden * sizeof *d_w_hh);
    free(d_w_ih);
    free(d_w_hh);
    for (int i = 0; i < 5; i++)
        step();
    gradient();
    first = (float)loss;
    reply(&first, sizeof first);
}

static void run(void)
{
    int32_t repeats;
    int64_t ns;
    struct timespec start, end;
    receive(&repeats, sizeof repeats);
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (int i = 0; i < repeats; i++) {
        if (problem.stream)
            peer_stream(problem.x);
        else
            step();
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    ns = (int64_t)(end.tv_sec - start.tv_sec) * 1000000000 + (end.tv_nsec - start.tv_nsec);
    reply(&ns, sizeof ns);
}

int main(void)
{
    char word;
    for (;;) {
        receive(&word, 1);
        if (word == 's')
            set_up();
        else if (word == 'c')
            check();
        else if (word == 'r')
            run();
        else if (word == 'e')
            tear_down();
        else
            return word == 'q' ? 0 : 2;
    }
}
