# Error against training steps, median over seeds with an interval that covers 95% or more: of copy memory the cross-entropy a
# step, of adding the squared error. Dotted: a model without any memory. What to look at: which lines leave the dotted one, and
# after how many steps.
#? copy: curve valid_nats_per_step over step by length model others where task=copy
#? adding: curve valid_mse over step by length model others where task=adding
#? copy_guess: median baseline_nats_per_step:given over length by task where task=copy
#? adding_guess: median baseline_mse:given over length by task where task=adding
eval canvas(1500, 760)
set multiplot layout 1,2 margins 0.085,0.985,y(0.3),y(0.93) spacing 0.1,0
set logscale y
set format y "10^{%L}"
set xlabel "training steps"
named(task) = task eq "copy" ? "Copy memory" : "Adding"
do for [task in "copy adding"] {
    n = value(task."_n")
    set title named(task).(n > 0 ? ", length ".word(value(task."_length_values"), 1) : "")
    set ylabel (task eq "copy" ? "nats a step" : "mean squared error")
    unset key
    if (task eq "copy") { set key at screen 0.53,y(0.15) center top vertical maxrows 2 width 2 }
    if (n > 0) {
        stats value(task."_guess_file") using 2 nooutput
        guess = STATS_min
        plot for [i=1:n] value(task."_file") index i-1 using 1:3:4 with filledcurves fc rgb colour(word(value(task."_model"),i)) \
                 notitle, \
             for [i=1:n] value(task."_file") index i-1 using 1:2 with lines lw 3 lc rgb colour(word(value(task."_model"),i)) \
                 dt dash(value(task."_others"), value(task."_others_values"), i) \
                 title name(word(value(task."_model"),i), value(task."_others"), i), \
             guess with lines lc rgb "#777777" lw 2 dt 3 title "without memory"
    } else {
        set label 1 "no run of it" at graph 0.5,graph 0.5 center textcolor rgb "#444444"
        plot [0:1][0.1:1] NaN notitle
    }
    unset label
}
unset multiplot
