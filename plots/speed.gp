# The training step (forward, full backward, clipping, Adam) on one thread: its time and rate against width, batch and length,
# as a share of the fused-multiply-add peak measured in the same minutes, and the parameters that the width gives. Medians over
# repetitions with intervals that cover 95% or more. What to look at: the order of the cells at each width, and at which widths
# and batches the share of the peak is high.
#! ms: median ms_per_step:time over hidden by model others where batch=max length=max
#! rate: median ms_per_step:time over hidden by batch model others where length=max
#! share: median peak_fraction:time over hidden by batch model others where length=max
#! batches: median ms_per_step:time over batch by model others where hidden=max length=max
#! lengths: median ms_per_step:time over length by model others where hidden=max batch=max
#! parameters: median parameters over hidden by model where batch=max length=max
#! at: median batch:given over length by hidden where hidden=max batch=max length=max
stats at_file using 1 nooutput
longest = STATS_max
stats at_file using 2 nooutput
largest = STATS_max
widest = word(at_hidden, 1)
eval canvas(1800, 1180)
set multiplot layout 2,3 margins 0.065,0.985,y(0.185),y(0.955) spacing 0.075,0.13
set logscale xy
set format y "%g"
set xtics (1,2,4,8,16,32,64,128,256,512,1024)
unset key

# room at both sides of the points
wide(file) = sprintf("stats '%s' using 1 nooutput; set xrange [0.8*STATS_min:1.25*STATS_max]", file)

eval wide(ms_file)
set title sprintf("Time of a step, batch %g, length %g", largest, longest)
set xlabel "hidden units"
set ylabel "time of a training step (ms)"
plot for [i=1:ms_n] ms_file index (i-1) using 1:2:3:4 with yerrorlines lw 3 ps 1.6 pt mark(word(ms_model,i)) \
         lc rgb colour(word(ms_model,i)) dt dash(ms_others, ms_others_values, i) notitle

unset label
# steps of all sequences of a batch, from the time of a training step
rate(i, ms) = longest * word(rate_batch,i) / (ms * 1e-3)
set title sprintf("Rate, length %g", longest)
set ylabel "sequence steps (1/s)"
set format y "10^{%L}"
plot for [i=1:rate_n] rate_file index (i-1) using 1:(rate(i,$2)):(rate(i,$4)):(rate(i,$3)) with yerrorlines \
         lw 3 ps 1.6 pt mark(word(rate_model,i)) lc rgb colour(word(rate_model,i)) \
         dt dashed(word(rate_batch,i), rate_batch_values, rate_others, rate_others_values, i) notitle

set title sprintf("Share of the machine's peak, length %g", longest)
set ylabel "share of the measured peak (%)"
unset logscale y
set yrange [0:*]
set format y "%g"
set key at screen 0.52,y(0.1) center top vertical maxrows 3 width 3
plot for [i=1:share_n] share_file index (i-1) using 1:(100*$2):(100*$3):(100*$4) with yerrorlines lw 3 ps 1.6 \
         pt mark(word(share_model,i)) lc rgb colour(word(share_model,i)) \
         dt dashed(word(share_batch,i), share_batch_values, share_others, share_others_values, i) \
         title sprintf("%s, batch %s", label(word(share_model,i)), word(share_batch,i)).other(share_others, i)
unset key
set logscale y
set yrange [*:*]

eval wide(batches_file)
set title sprintf("Time against batch, hidden %s, length %g", widest, longest)
set xlabel "sequences in a batch"
set ylabel "time of a training step (ms)"
plot for [i=1:batches_n] batches_file index (i-1) using 1:2:3:4 with yerrorlines lw 3 ps 1.6 pt mark(word(batches_model,i)) \
         lc rgb colour(word(batches_model,i)) dt dash(batches_others, batches_others_values, i) notitle

eval wide(lengths_file)
set title sprintf("Time against length, hidden %s, batch %g", widest, largest)
set xlabel "length (steps)"
plot for [i=1:lengths_n] lengths_file index (i-1) using 1:2:3:4 with yerrorlines lw 3 ps 1.6 pt mark(word(lengths_model,i)) \
         lc rgb colour(word(lengths_model,i)) dt dash(lengths_others, lengths_others_values, i) notitle

eval wide(parameters_file)
set title "Parameters (as many inputs as hidden units)"
set xlabel "hidden units"
set ylabel "parameters"
set format y "10^{%L}"
plot for [i=1:parameters_n] parameters_file index (i-1) using 1:2 with linespoints lw 3 ps 1.6 \
         pt mark(word(parameters_model,i)) lc rgb colour(word(parameters_model,i)) notitle
unset multiplot
