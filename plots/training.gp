# Share of runs that train stably, and updates until the task is solved, against the learning rate; solid with a clipped
# gradient, dashed without; an empty or full mark parts further settings. Unstable: the loss is once more than twice its running
# median, or no longer finite. Medians over seeds with intervals that cover 95% or more (Clopper and Pearson for shares). What
# to look at: up to which learning rate each cell stays stable, and whether that is where it learns fastest.
#! stable: share stable over lr by model clip others
#? until: median solved_step:until over lr by model clip others
eval canvas(1500, 800 + 40 * (stable_n > 6))
set multiplot layout 1,2 margins 0.075,0.985,y(stable_n > 6 ? 0.35 : 0.32),y(0.93) spacing 0.09,0
set logscale x
set xlabel "learning rate"
set format x "10^{%L}"
stats stable_file using 1 nooutput
set xrange [0.7*STATS_min:1.4*STATS_max]
aside(i, n) = 1 + 0.3 / n * (i - (n + 1) / 2.0)
stroke(clip) = clip + 0 > 0 ? 1 : 2
clipping(clip) = clip + 0 > 0 ? ", clip ".clip : ", no clip"
set title "Stable runs"
set ylabel "share of seeds (%)"
set yrange [-3:103]
set key at screen 0.53,y(0.18) center top vertical maxrows (stable_n > 6 ? 4 : 2) width 1
plot for [i=1:stable_n] stable_file index i-1 using ($1*aside(i,stable_n)):(100*$2):(100*$3):(100*$4) with yerrorlines lw 3 ps 1.6 \
         pt twin(word(stable_model,i), stable_others, stable_others_values, i) \
         lc rgb colour(word(stable_model,i)) dt stroke(word(stable_clip,i)) \
         title label(word(stable_model,i)).clipping(word(stable_clip,i)).other(stable_others, i)
unset key
unset label
set title "Updates until it is solved"
set ylabel "training steps"
set logscale y
set yrange [*:*]
if (until_n > 0) {
    plot for [i=1:until_n] until_file index i-1 using ($1*aside(i,until_n)):2:3:4 with yerrorlines lw 3 ps 1.6 \
             pt twin(word(until_model,i), until_others, until_others_values, i) \
             lc rgb colour(word(until_model,i)) dt stroke(word(until_clip,i)) notitle
} else {
    set label 1 "no run solved it" at graph 0.5,graph 0.5 center textcolor rgb "#444444"
    unset logscale y
    unset ytics
    plot [][0:1] NaN notitle
}
unset multiplot
