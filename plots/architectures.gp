# The adding problem: error, share of seeds that solved it and time to solve it against the length of the sequence. Medians
# over seeds with intervals that cover 95% or more (order statistics; Clopper and Pearson for shares); the time of a run
# that did not solve it is longer than all others, so where half of them did not there is no median. What to look at: up to which
# length each cell's error lies below the line that counts as solved.
#! error: median mse over length by hidden model others
#! solved: share solved over length by hidden model others
#? time: median solved_seconds:until over length by hidden model others
#! guess: median baseline_mse:given over length by task
#! goal: median solved_below:given over length by task
eval canvas(1800, 800)
set multiplot layout 1,3 margins 0.06,0.985,y(0.32),y(0.93) spacing 0.075,0
set logscale x
set xlabel "length (steps)"
set xtics (10,20,50,100,200,400,1000)
stats error_file using 1 nooutput
set xrange [0.85*STATS_min:1.18*STATS_max]
# lines with the same values side by side instead of one on the other
aside(i, n) = 1 + (n <= 8 ? 0.03 : 0.24 / n) * (i - (n + 1) / 2.0)
hidden(c, h) = sprintf("%s, hidden %s", label(c), h)

set title "Error with the best weights"
set logscale y
set format y "10^{%L}"
set ylabel "mean squared error"
unset key
plot guess_file using 1:2 with lines lc rgb "#777777" lw 2 dt 2 notitle, \
     goal_file using 1:2 with lines lc rgb "#777777" lw 2 dt 3 notitle, \
     for [i=1:error_n] error_file index i-1 using ($1*aside(i,error_n)):2:3:4 with yerrorlines lw 3 ps 1.6 \
         pt mark(word(error_model,i)) lc rgb colour(word(error_model,i)) \
         dt dashed(word(error_hidden,i), error_hidden_values, error_others, error_others_values, i) notitle

unset logscale y
set format y "%g"
unset label
set title "Seeds that solved it"
set ylabel "share of seeds (%)"
set yrange [-3:103]
set key at screen 0.52,y(0.18) center top vertical maxrows 3 width 3
plot for [i=1:solved_n] solved_file index i-1 using ($1*aside(i,solved_n)):(100*$2):(100*$3):(100*$4) \
         with yerrorlines lw 3 ps 1.6 pt mark(word(solved_model,i)) lc rgb colour(word(solved_model,i)) \
         dt dashed(word(solved_hidden,i), solved_hidden_values, solved_others, solved_others_values, i) \
         title hidden(word(solved_model,i), word(solved_hidden,i)).other(solved_others, i), \
     NaN with lines lc rgb "#777777" lw 2 dt 2 title "always answering the mean", \
     NaN with lines lc rgb "#777777" lw 2 dt 3 title "solved below"
unset key

set title "Time to solve it"
set ylabel "training time until then (s)".time_note
set logscale y
set yrange [*:*]
set format y "%g"
if (time_n > 0) {
    plot for [i=1:time_n] time_file index i-1 using ($1*aside(i,time_n)):2:3:4 with yerrorlines lw 3 ps 1.6 \
             pt mark(word(time_model,i)) lc rgb colour(word(time_model,i)) \
             dt dashed(word(time_hidden,i), time_hidden_values, time_others, time_others_values, i) notitle
} else {
    set label 1 "no run solved it" at graph 0.5,graph 0.5 center textcolor rgb "#444444"
    unset logscale y
    unset ytics
    plot [][0:1] NaN notitle
}
unset multiplot
