# The error of each cell at equal numbers of parameters, a panel a task: medians over seeds with intervals that cover 95% or more,
# the learning rate of each point chosen by validation on other seeds. Dotted: what needs no training. What to look at: whether
# the intervals of GRU and LSTM lie on each other, and the RNN's above them.
#? adding: median mse over params by model others where task=adding
#? recall: median error_rate over params by model others where task=recall
#? parity: median error_rate over params by model others where task=parity
#? series: median test_mse over params by model others where task=series
#? text: median test_bits_per_character over params by model others where task=text
#? adding_guess: median baseline_mse:given over params by task where task=adding
#? recall_guess: median baseline_error_rate:given over params by task where task=recall
#? parity_guess: median baseline_error_rate:given over params by task where task=parity
#? series_guess: median test_naive_mse:given over params by task where task=series
#? text_guess: median test_order5_bits:given over params by task where task=text
eval canvas(1800, 700)
set multiplot layout 1,5 margins 0.055,0.99,y(0.3),y(0.92) spacing 0.05,0
set xtics (5000,20000,80000) format "%.0s%c"
set xlabel "parameters"
aside(x, i, n) = x > 0 ? x * (1 + 0.2 / n * (i - (n + 1) / 2.0)) : 0.2 / n * (i - (n + 1) / 2.0)
titled(task) = task eq "adding" ? "Adding (mse)" : task eq "recall" ? "Recall (error rate)" : \
               task eq "parity" ? "Parity (error rate)" : task eq "series" ? "Series (test mse)" : "Text (bits per character)"
do for [task in "adding recall parity series text"] {
    n = value(task."_n")
    set title titled(task)
    set format y (task eq "adding" || task eq "series" ? "10^{%L}" : "%g")
    if (task eq "adding" || task eq "series") { set logscale y } else { unset logscale y }
    unset key
    if (task eq "adding") { set key at screen 0.53,y(0.14) center top horizontal }
    if (n > 0) {
        stats value(task."_file") using 1 nooutput
        if (STATS_max > 0) {
            set logscale x
            set xrange [3500:115000]
        } else { # of runs of one width instead
            unset logscale x
            set xrange [-1:1]
        }
        plot for [i=1:n] value(task."_file") index i-1 using (aside($1,i,n)):2:3:4 with yerrorlines lw 3 ps 1.6 \
                 pt mark(word(value(task."_model"),i)) lc rgb colour(word(value(task."_model"),i)) \
                 dt dash(value(task."_others"), value(task."_others_values"), i) \
                 title name(word(value(task."_model"),i), value(task."_others"), i), \
             value(task."_guess_file") using 1:2 with linespoints lc rgb "#777777" lw 2 dt 3 pt 1 title "without training"
    } else {
        set label 1 "no run of it" at graph 0.5,graph 0.5 center textcolor rgb "#444444"
        plot [][0.1:1] NaN notitle
    }
    unset label
}
unset multiplot
