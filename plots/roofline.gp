# Training steps under the machine's roofs: floating-point operations a second of one core against operations a byte, all
# measured in the same invocation of unroll bench. The bytes of a step are its recurrent weights, read forward and backward at
# every time step, and what it writes for backward, written once and read once. The flat roof is the peak of fused
# multiply-adds, the slanted ones what can be read from the second-level cache, the third-level cache and memory. What to
# look at: under which roof each batch lies, and how far below it (larger marks: more hidden units).
#! points: median gflops:time over intensity by model batch hidden where mode=train invocation=max used_threads=1
#! peak: median peak_core:given over hidden by invocation where mode=train invocation=max used_threads=1
#! l2: median l2_gb_per_s:given over hidden by invocation where mode=train invocation=max used_threads=1
#! l3: median l3_gb_per_s:given over hidden by invocation where mode=train invocation=max used_threads=1
#! memory: median memory_gb_per_s:given over hidden by invocation where mode=train invocation=max used_threads=1
stats peak_file using 2 nooutput
roof = STATS_max
stats l2_file using 2 nooutput
l2 = STATS_max
stats l3_file using 2 nooutput
l3 = STATS_max
stats memory_file using 2 nooutput
memory = STATS_max
stats points_file using 1 nooutput
left = STATS_min / 2
right = STATS_max * 2
stats points_file using 2 nooutput
low = STATS_min / 2
highest = STATS_max
high = 1.6 * (highest > roof ? highest : roof)
eval canvas(1400, 900)
set logscale xy
set xrange [left:right]
set yrange [low:high]
set lmargin 10
set ytics (1,2,5,10,20,50,100,200,500,1000,2000,5000)
set xlabel "operations a byte (FLOP/byte)"
set ylabel "rate of one core (GFLOP/s)"
set title "Training steps under the roofs of this machine".(highest > roof ? \
    "\nPoints lie above the peak: it was disturbed while it was measured" : "")
set key outside right center vertical samplen 3
set tmargin at screen y(highest > roof ? 0.91 : 0.94)
min(a, b) = a < b ? a : b
size(hidden) = 0.6 + 0.45 * log(hidden / 8.0) / log(2)
set samples 400
plot min(roof, l2 * x) with lines lw 3 lc rgb "#000000" title sprintf("peak %.0f GFLOP/s, L2 %.0f GB/s", roof, l2), \
     min(roof, l3 * x) with lines lw 2 dt 2 lc rgb "#555555" title sprintf("L3 %.0f GB/s", l3), \
     min(roof, memory * x) with lines lw 2 dt 3 lc rgb "#888888" title sprintf("memory %.1f GB/s", memory), \
     for [i=1:points_n] points_file index (i-1) using 1:2 with points lw 2 ps size(real(word(points_hidden,i))) \
         pt mark(word(points_model,i)) lc rgb colour(word(points_model,i)) notitle, \
     for [cell in points_model_values] NaN with points ps 2 pt mark(cell) lc rgb colour(cell) title label(cell)
