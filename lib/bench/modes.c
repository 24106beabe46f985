/* What unroll bench can measure, as a table. */
#include <stdio.h>
#include <string.h>

#include "bench/timed.h"
#include "model/network.h"

const unroll_bench_mode unroll_bench_modes[] = {
    {"train", "time training steps", "model=rnn,lstm,gru hidden=16,32,64,128,256 batch=1,32 length=64 threads=1",
     "model instructions used_threads inputs hidden batch length ms sequence_steps_per_s gflops peak_gflops peak_fraction spread",
     "ms: median time of one training step (forward, full backward with the input's gradient, clipping, update);\n"
     "gflops: 3 * 2 B T G H (I + H) floating-point operations over that time; peak_gflops: the fused-multiply-add rate of\n"
     "one core, measured between the samples; peak_fraction: share of the peak of the cores in use, the median of each\n"
     "sample's share of the peak beside it; spread: interquartile range over median\n",
     unroll_bench_training},
    {"stream", "time steps of streaming inference, one sequence unless batch= says otherwise",
     "model=rnn,lstm,gru hidden=32,64,128,256,512 weights=float,bf16,int8 batch=1 length=64 threads=1",
     "model instructions weights inputs hidden batch us weight_kb gb_per_s of_bandwidth error spread",
     "us: median time of one step; weight_kb: all weights, each of which a step reads once; gb_per_s: that over the time;\n"
     "of_bandwidth: as a share of the bandwidth of the cache or memory that holds them all, above 1 where a part of them stays\n"
     "in a nearer one from step to step; error: root mean square of the output's difference from that of float weights, over\n"
     "the output's own, of untrained weights\n",
     unroll_bench_streaming},
    {"threads", "what more threads bring to one run, and to runs side by side",
     "model=lstm,gru hidden=32,64,128,256 batch=32,128 length=64",
     "model instructions hidden batch length runs threads_asked used_threads ms gain gain_low gain_high",
     "gain: time of one run with one thread over that of this, or, of several runs side by side, their training steps a second\n"
     "over those of one alone; median and quartiles of turns in which each is measured once; used_threads: fewer than\n"
     "asked where more would be slower\n",
     unroll_bench_threads},
    {"elementwise", "time exp, sigmoid and tanh on every instruction set", "hidden=64",
     "function instructions elements_per_ns spread", "elements_per_ns: of one core, on 4096 elements\n",
     unroll_bench_elementwise},
    {"phases", "where the time of a training step goes", "model=rnn,lstm,gru hidden=16,64,256 batch=1,32 length=64 threads=1",
     "model instructions hidden batch length ms input_product recurrent elementwise gradients input_gradient update other slowed",
     "shares of a training step of the first thread: input product, recurrent products forward and backward, the cell,\n"
     "weight gradients, gradient of the input, update (clipping, optimizer, transposing), all else (head, loss, layout);\n"
     "slowed: time of a step that is watched over one that is not\n",
     unroll_bench_phases},
    {"wide", "time a softmax over many classes with its dense head, forward and backward",
     "hidden=512 batch=2000 classes=50000 threads=1",
     "instructions hidden batch classes ms gflops times_products spread",
     "hidden: what the head reads; batch: rows; times_products: the time over that of its three products alone (outputs,\n"
     "gradient of the weights, gradient of what it reads), taken whole, in turns; spread: of these ratios\n",
     unroll_bench_wide},
    {"beside", "time training steps in turns with those of the same point under another setting, against=",
     "model=all hidden=64,256 batch=1,32 length=64 threads=1",
     "model against instructions parameters inputs hidden batch length ms against_ms times times_low times_high peak_fraction",
     "against: the setting that makes the other one; ms, against_ms: median time of a training step of each; times: the time of\n"
     "the one over that of the other in the same turn, the median and quartiles; peak_fraction: share of one core's\n"
     "fused-multiply-add peak, measured in between, that the operations of its products come to\n",
     unroll_bench_beside},
    {"words", "time a training step of a model of words beside the peak and, in turns, PyTorch",
     "model=lstm hidden=200 layers=2 batch=20 length=20 classes=10000 optimizer=sgd lr=1 clip=5 threads=1",
     "model instructions used_threads hidden layers batch length alphabet ms peak_ms times_peak torch_ms torch_times torch_spread "
     "torch",
     "ms: median time of a training step: an embedding of hidden columns, recurrent layers, a dense head over classes= words,\n"
     "the gradient clipped, SGD, states carried on; peak_ms: what its matrix products take at the rate of fused multiply-adds\n"
     "measured between the samples (words are gathered, no product); times_peak: ms over that, the median; torch_ms,\n"
     "torch_times: PyTorch's time, and that over ours in the same turn, medians; torch_spread: of these ratios; torch: whether\n"
     "its loss, gradient's norm, and loss after five steps agree with ours, or its time does not count\n",
     unroll_bench_words},
    {"transformer", "time a training step of a causal Transformer beside the peak and, in turns, PyTorch",
     "model=transformer layers=1 hidden=64,128,256,512 length=64,512,4096 positions=none threads=1",
     "model instructions hidden heads batch length ms gflops peak_gflops peak_fraction torch_ms torch_times torch_spread torch_block "
     "torch",
     "ms: median time of a training step: one block, inputs as many as hidden units, an answer at every step, squared loss,\n"
     "Adam; without heads= a head has 64 units, and there are two at least; without batch= a batch has 2048 rows, or one\n"
     "longer sequence; gflops: three times the forward pass's products over that time, attention to later steps not counted;\n"
     "peak_gflops: the fused-multiply-add rate of one core, measured between the samples; peak_fraction: share of the peak of\n"
     "the cores in use, the median; torch_ms, torch_times: PyTorch's time, and that over ours in the same turn, medians;\n"
     "torch_spread: of these ratios; torch_block: function where PyTorch has scaled_dot_product_attention, layer where it has\n"
     "not and a block is nn.TransformerEncoderLayer; torch: whether its loss, gradient's norm, and loss after five steps agree\n"
     "with ours, or its time does not count\n",
     unroll_bench_transformer, 2048},
    {"peers", "the same training steps by oneDNN, a C program on CBLAS and PyTorch, in turn; with --stream, streaming steps",
     "model=lstm,gru,rnn hidden=16,64,128,256 batch=1,32 length=64 threads=1",
     "model work threads inputs hidden batch length us onednn_times onednn_spread cblas_times cblas_spread torch_times "
     "torch_spread best best_times",
     "us: our time of a step; NAME_times: that of the peer over ours in the same turn, the median, and the spread of these\n"
     "ratios; best: the fastest peer, best_times: its ratio. All have the same weights and inputs, and their last\n"
     "outputs, gradients of inputs and weights, and losses agree with ours, or their time does not count\n",
     unroll_bench_peers},
    {"stream-peers", "", "model=lstm,gru,rnn hidden=32,64,128,256,512 batch=1 length=64 threads=1",
     "model work threads inputs hidden batch length us onednn_times onednn_spread cblas_times cblas_spread torch_times "
     "torch_spread best best_times",
     "us: our time of a step; NAME_times: that of the peer over ours in the same turn, the median, and the spread of these\n"
     "ratios; best: the fastest peer, best_times: its ratio. All have the same weights and inputs, and their outputs after\n"
     "all steps agree with ours, or their time does not count\n",
     unroll_bench_stream_peers},
};
const int unroll_bench_mode_count = (int)(sizeof unroll_bench_modes / sizeof unroll_bench_modes[0]);

const char *unroll_bench_axes(const unroll_bench_mode *mode)
{
    static const char all[] = "model=all";
    static char axes[2048];
    size_t used = 0;
    if (strncmp(mode->axes, all, sizeof all - 1) != 0)
        return mode->axes;
    for (int i = 0; i < unroll_network_count; i++)
        for (int k = 0; unroll_networks[i]->model(k) != NULL && used < sizeof axes; k++)
            used += (size_t)snprintf(axes + used, sizeof axes - used, "%s%s", used == 0 ? "model=" : ",", unroll_networks[i]->model(k));
    if (used < sizeof axes)
        snprintf(axes + used, sizeof axes - used, "%s", mode->axes + sizeof all - 1);
    return axes;
}
