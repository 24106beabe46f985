# The same trainings at equal seconds, a panel a task: the validation metric against the seconds of training so far, median over seeds
# with an interval that covers 95% or more; the time of validation does not count. Dotted: the task counts as solved below it. What
# to look at: at any place from left to right all models have had the same time; the lowest curve there is the best use of it, and
# where curves cross a slower model has caught up.
#? adding: curve valid_mse over seconds by model others where params=max task=adding
#? copy: curve valid_nats_per_step over seconds by model others where params=max task=copy
#? recall: curve valid_error_rate over seconds by model others where params=max task=recall
#? parity: curve valid_error_rate over seconds by model others where params=max task=parity
#? text: curve valid_bits_per_character over seconds by model others where params=max task=text
#? adding_goal: median solved_below:given over params by task where params=max task=adding
#? copy_goal: median solved_below:given over params by task where params=max task=copy
#? recall_goal: median solved_below:given over params by task where params=max task=recall
#? parity_goal: median solved_below:given over params by task where params=max task=parity
text_goal_n = 0
eval canvas(1800, 880)
set multiplot layout 2,3 margins 0.06,0.985,y(0.1),y(0.94) spacing 0.055,0.12
titled(p) = p eq "adding" ? "Adding" : p eq "copy" ? "Copying" : p eq "recall" ? "Recall" : p eq "parity" ? "Parity" : "Text"
measured(p) = p eq "adding" ? "mse" : p eq "copy" ? "nats a step" : p eq "text" ? "bits per character" : "error rate"
set logscale x
set format x "%g"
names = ""
do for [p in "adding copy recall parity text"] {
    n = value(p."_n")
    goal = 1.0
    if (value(p."_goal_n") > 0) { stats value(p."_goal_file") using 2 nooutput; goal = STATS_min }
    if (words(names) == 0 && n > 0) { names = value(p."_model"); others = value(p."_others"); values = value(p."_others_values") }
    set title titled(p)
    set xlabel (p eq "adding" || p eq "copy" ? "" : "seconds of training") # what stands below has it
    set ylabel measured(p)
    unset logscale y
    set format y "%g"
    set yrange [0:*]
    if (p eq "text") { set yrange [*:*] }
    if (p eq "adding") { set logscale y; set format y "10^{%L}"; set yrange [*:*] }
    set xrange [*:*]
    unset key
    if (n > 0) {
        plot for [i=1:n] value(p."_file") index i-1 using ($1 > 0 ? $1 : NaN):3:4 with filledcurves \
                 fc rgb colour(word(value(p."_model"),i)) notitle, \
             for [i=1:n] value(p."_file") index i-1 using ($1 > 0 ? $1 : NaN):2 with linespoints lw 3 pi 8 \
                 pt mark(word(value(p."_model"),i)) ps 1.2 lc rgb colour(word(value(p."_model"),i)) \
                 dt dash(value(p."_others"), value(p."_others_values"), i) notitle, \
             (value(p."_goal_n") > 0 ? goal : NaN) with lines lc rgb "#777777" lw 2 dt 3 notitle
    } else {
        set label 1 "no run of it" at graph 0.5,graph 0.5 center textcolor rgb "#444444"
        set xrange [0.01:1]
        set yrange [0:1]
        plot NaN notitle
    }
    unset label
}
# the last place is the key's
unset title; unset xlabel; unset ylabel; unset tics; unset border; unset grid
set xrange [0:1]; set yrange [0:1]
unset logscale
set key center vertical maxrows 11 spacing 1.3
plot for [i=1:words(names)] NaN with linespoints lw 3 ps 1.6 pt mark(word(names,i)) lc rgb colour(word(names,i)) \
         dt dash(others, values, i) title name(word(names,i), others, i)
unset multiplot
