# Characters of a real text at equal parameters: bits per character of the validation part against training steps and against
# training time, median over seeds with intervals that cover 95% or more, and with the best weights, which the same part has
# chosen, beside models that only count characters (order 0) and what followed up to five of them (order 5, with back-off), and
# beside a compressor that has the training part (zstd). What to look at: the order of the cells after the same number of steps,
# after the same time, and against counting.
#! steps: curve valid_bits_per_character over step by model others where params=max
#! seconds: curve valid_bits_per_character over seconds by model others where params=max
#! final: median bits_per_character over params by model others where params=max
#! order0: median order0_bits:given over params by params where params=max
#! order5: median order5_bits:given over params by params where params=max
#! zstd: median zstd_bits:given over params by params where params=max
stats order0_file using 2 nooutput
order0 = STATS_min
stats order5_file using 2 nooutput
order5 = STATS_min
stats zstd_file using 2 nooutput
zstd = STATS_min
cells = words(final_model_values)
eval canvas(1800, 820)
set multiplot layout 1,3 margins 0.06,0.985,y(0.22),y(0.92) spacing 0.07,0
set ylabel "bits per character"
set offsets 0, 0, graph 0.05, graph 0.05
set key at screen 0.52,y(0.1) center top vertical maxrows 3 width 3

set title "Against steps"
set xlabel "training steps"
plot for [i=1:steps_n] steps_file index (i-1) using 1:3:4 with filledcurves fc rgb colour(word(steps_model,i)) notitle, \
     for [i=1:steps_n] steps_file index (i-1) using 1:2 with lines lw 3 lc rgb colour(word(steps_model,i)) \
         dt dash(steps_others, steps_others_values, i) title name(word(steps_model,i), steps_others, i), \
     order0 with lines lw 3 dt 2 lc rgb "#555555" title "order 0", \
     order5 with lines lw 3 dt 3 lc rgb "#555555" title "order 5", \
     zstd with lines lw 3 dt 4 lc rgb "#555555" title "zstd"

unset label
set title "Against time"
set xlabel "training time (s)".time_note
stats seconds_file using 1 nooutput
set xtics tics(STATS_max)
unset key
plot for [i=1:seconds_n] seconds_file index (i-1) using 1:3:4 with filledcurves fc rgb colour(word(seconds_model,i)) notitle, \
     for [i=1:seconds_n] seconds_file index (i-1) using 1:2 with lines lw 3 lc rgb colour(word(seconds_model,i)) \
         dt dash(seconds_others, seconds_others_values, i) notitle, \
     order0 with lines lw 3 dt 2 lc rgb "#555555" notitle, \
     order5 with lines lw 3 dt 3 lc rgb "#555555" notitle, \
     zstd with lines lw 3 dt 4 lc rgb "#555555" notitle

set title "With the best weights"
set xlabel ""
set yrange [*:*]
set offsets 0, 0, graph 0.1, graph 0.1
set xrange [0.4:cells+0.6]
set xtics ()
do for [c in final_model_values] { set xtics add (label(c) place(final_model_values, c)) }
plot for [i=1:final_n] final_file index (i-1) \
         using (place(final_model_values, word(final_model,i)) + 0.6 * beside(final_others, final_others_values, i)):2:3:4 \
         with yerrorbars lw 3 ps 2 pt twin(word(final_model,i), final_others, final_others_values, i) \
         dt dash(final_others, final_others_values, i) lc rgb colour(word(final_model,i)) notitle, \
     order5 with lines lw 3 dt 3 lc rgb "#555555" notitle, \
     zstd with lines lw 3 dt 4 lc rgb "#555555" notitle
unset multiplot
