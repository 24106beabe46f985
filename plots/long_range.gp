# Which share of seeds recalls within the fixed number of updates: left one symbol, against the steps that lie between it and the
# question; right the values of keys, against the number of pairs that must be kept. Shares with intervals that cover 95% or more
# (Clopper and Pearson), all models of as many parameters. What to look at: up to where a line stays at the top, and whether the
# Transformer's goes on where those of the recurrent networks, whose state has a fixed size, have fallen.
#? recall: share solved over lag by model others where task=recall
#? mqar: share solved over pairs by model others where task=mqar
eval canvas(1500, 760)
set multiplot layout 1,2 margins 0.075,0.985,y(0.28),y(0.92) spacing 0.08,0
set logscale x
set ylabel "seeds that solve it (%)"
aside(i, n) = 1 + 0.16 / n * (i - (n + 1) / 2.0)
do for [task in "recall mqar"] {
    n = value(task."_n")
    set title (task eq "recall" ? "One symbol, from far back" : "Many pairs")
    set xlabel (task eq "recall" ? "steps between symbol and question" : "pairs of a key and a value")
    unset key
    if (task eq "recall") {
        set xtics (5,10,20,30,50,100,200,400,800)
        set key at screen 0.53,y(0.13) center top vertical maxrows 2 width 3
    } else {
        set xtics (1,2,4,8,16,32,64,128)
    }
    if (n > 0) {
        set autoscale # before the ranges, which it would hold to
        stats value(task."_file") using 1 nooutput
        set yrange [-3:103]
        set xrange [0.8*STATS_min:1.25*STATS_max]
        plot for [i=1:n] value(task."_file") index i-1 using ($1*aside(i,n)):(100*$2):(100*$3):(100*$4) with yerrorlines \
                 lw 3 ps 1.6 pt mark(word(value(task."_model"),i)) lc rgb colour(word(value(task."_model"),i)) \
                 dt dash(value(task."_others"), value(task."_others_values"), i) \
                 title name(word(value(task."_model"),i), value(task."_others"), i)
    } else {
        set label 1 "no run of it" at graph 0.5,graph 0.5 center textcolor rgb "#444444"
        set xrange [1:10]
        plot NaN notitle
    }
    unset label
}
unset multiplot
