# Test error against the share of the training data that is there, at equal parameters and after the same number of steps, a panel
# a task: medians over seeds with intervals that cover 95% or more, the learning rate of each point chosen by validation on other
# seeds. Dotted: what needs no training, of the text counts of up to five characters, of the series the last value again, by whose
# error the others are divided. What to look at: whether the Transformer's line rises above the others towards the left.
#? text: median test_bits_per_character over train_share by model others where task=text
#? series: median test_mse over train_share by model others where task=series
#? text_guess: median test_order5_bits:given over train_share by task where task=text
#? series_guess: median test_naive_mse:given over train_share by task where task=series
eval canvas(1500, 760)
set multiplot layout 1,2 margins 0.08,0.985,y(0.27),y(0.92) spacing 0.1,0
set logscale x
set xtics ("1/64" 1.0/64, "1/32" 1.0/32, "1/16" 1.0/16, "1/8" 0.125, "1/4" 0.25, "1/2" 0.5, "all" 1)
set xlabel "share of the training data"
aside(x, i, n) = x * (1 + 0.16 / n * (i - (n + 1) / 2.0))
# the error of the last value again at a share; of the text 1, for nothing is divided there
shares = ""
naives = ""
if (series_guess_n > 0) {
    stats series_guess_file index 0 \
          using (shares = shares.sprintf(" %.6f", $1), naives = naives.sprintf(" %.9g", $2), $2) nooutput
}
unit(task, x) = task eq "series" ? real(word(naives, place(shares, sprintf("%.6f", x)))) : 1.0
do for [task in "text series"] {
    n = value(task."_n")
    set title (task eq "text" ? "A text" : "A series")
    set ylabel (task eq "text" ? "bits per character" : "squared error over that of the last value")
    unset key
    if (task eq "text") { set key at screen 0.53,y(0.11) center top vertical maxrows 2 width 3 }
    set xrange [*:*]
    set yrange [*:*]
    if (n > 0) {
        stats value(task."_file") using 1 nooutput
        set xrange [0.85*STATS_min:1.18*STATS_max]
        plot for [i=1:n] value(task."_file") index i-1 \
                 using (aside($1,i,n)):($2/unit(task,$1)):($3/unit(task,$1)):($4/unit(task,$1)) with yerrorlines lw 3 ps 1.6 \
                 pt mark(word(value(task."_model"),i)) lc rgb colour(word(value(task."_model"),i)) \
                 dt dash(value(task."_others"), value(task."_others_values"), i) \
                 title name(word(value(task."_model"),i), value(task."_others"), i), \
             for [i=1:value(task."_guess_n")] value(task."_guess_file") index i-1 using 1:($2/unit(task,$1)) with linespoints \
                 lc rgb "#777777" lw 2 dt 3 pt 1 title "without training"
    } else {
        set label 1 "no run of it" at graph 0.5,graph 0.5 center textcolor rgb "#444444"
        set xrange [0.01:1]
        set yrange [0:1]
        plot NaN notitle
    }
    unset label
}
unset multiplot
