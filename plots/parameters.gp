# Parameters of one recurrent layer with 20 inputs against its width, and the width at which each model has as many as an LSTM.
# Counts: the same for every seed. What to look at: how far apart the lines lie, at every width by the same factor; and how much
# wider the simpler cells are for the same cost.
#! own: median cell_parameters over hidden by model bias others
#! equal: median width_as_lstm over hidden by model bias others
eval canvas(1500, 720)
set multiplot layout 1,2 margins 0.085,0.985,y(0.27),y(0.93) spacing 0.09,0
set logscale xy
set xlabel "hidden units"
set xtics (16,64,256,1024)
stats own_file using 1 nooutput
set xrange [0.8*STATS_min:1.25*STATS_max]
title_of(model, bias, others, i) = label(model).", ".(bias eq "one" ? "one bias" : "two biases").other(others, i)

set title "At equal width"
set ylabel "parameters"
set format y "10^{%L}"
set key at screen 0.53,y(0.14) center top vertical maxrows 2 width 2
plot for [i=1:own_n] own_file index i-1 using 1:2 with linespoints lw 3 ps 1.6 pt mark(word(own_model,i)) \
         lc rgb colour(word(own_model,i)) dt dashed(word(own_bias,i), own_bias_values, own_others, own_others_values, i) \
         title title_of(word(own_model,i), word(own_bias,i), own_others, i)
unset key
unset label

set title "At equal parameters"
set xlabel "hidden units of the LSTM"
set ylabel "hidden units for as many parameters"
set format y "%g"
set ytics (16,32,64,128,256,512,1024,2048)
plot for [i=1:equal_n] equal_file index i-1 using 1:2 with linespoints lw 3 ps 1.6 pt mark(word(equal_model,i)) \
         lc rgb colour(word(equal_model,i)) \
         dt dashed(word(equal_bias,i), equal_bias_values, equal_others, equal_others_values, i) notitle
unset multiplot
