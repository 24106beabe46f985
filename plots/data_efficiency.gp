# Test error against the share of the training data that is there, at equal parameters and equal compute, a panel a text or series;
# on the right all of the data once more, with the least compute. Medians over seeds with intervals that cover 95% or more, the
# learning rate of each point chosen by validation on other seeds. Dotted: what needs no training, of the text counts of up to
# five characters, of the series the last value again, by whose error the others are divided. What to look at: whether the
# Transformer's line rises above the others towards the left, and its mark on the right.
#? text: median test_bits_per_character over train_share by model compute others where task=text compute=max
#? sunspots: median test_mse over train_share by model compute others where task=series file=sunspots compute=max
#? co2: median test_mse over train_share by model compute others where task=series file=co2 compute=max
#? jfk: median test_mse over train_share by model compute others where task=series file=jfk compute=max
#? text_least: median test_bits_per_character over train_share by model compute others where task=text compute=min train_share=1
#? sunspots_least: median test_mse over train_share by model compute others where task=series file=sunspots compute=min train_share=1
#? co2_least: median test_mse over train_share by model compute others where task=series file=co2 compute=min train_share=1
#? jfk_least: median test_mse over train_share by model compute others where task=series file=jfk compute=min train_share=1
#? text_guess: median test_order5_bits:given over train_share by task where task=text
#? sunspots_guess: median test_naive_mse:given over train_share by task where task=series file=sunspots
#? co2_guess: median test_naive_mse:given over train_share by task where task=series file=co2
#? jfk_guess: median test_naive_mse:given over train_share by task where task=series file=jfk
shown = ""
do for [p in "text sunspots co2 jfk"] { if (value(p."_n") > 0) { shown = shown." ".p } }
first = words(shown) > 0 ? word(shown, 1) : "text"
panels = words(shown) > 1 ? shown : "text sunspots"
eval canvas(470 * words(panels) + 160, 760)
set multiplot layout 1,words(panels) margins 130.0 / (470 * words(panels) + 160),0.985,y(0.27),y(0.92) spacing 0.085,0
set logscale x
# whether there are runs of less compute, and the place of those
has_less = 0
do for [p in panels] { \
    if (value(p."_n") > 0 && value(p."_least_n") > 0) { \
        most = 1.0 * word(value(p."_compute"), 1); \
        less = most > 0 ? word(value(p."_least_compute"), 1) / most : 1; \
        if (less < 1) { has_less = less } } }
least = 4
set xtics ("1/64" 1.0/64, "1/16" 1.0/16, "1/4" 0.25, "all" 1)
if (has_less > 0) { set xtics add (sprintf("1/%.3g of\ncompute", 1 / has_less) least) }
set xlabel "share of the training data" offset 0,-1.5
aside(x, i, n) = x * (1 + 0.16 / n * (i - (n + 1) / 2.0))
wide(x, i, n) = x * (1 + 0.5 / n * (i - (n + 1) / 2.0))
unit(x) = shares eq "" ? 1.0 : real(word(naives, place(shares, sprintf("%.6f", x))))
do for [p in panels] {
    n = value(p."_n")
    m = has_less > 0 ? value(p."_least_n") : 0
    # the error of the last value again at each share, by which the others are divided, for a series is scaled by its training part
    shares = ""
    naives = ""
    if (p ne "text" && value(p."_guess_n") > 0) {
        stats value(p."_guess_file") index 0 \
              using (shares = shares.sprintf(" %.6f", $1), naives = naives.sprintf(" %.9g", $2), $2) nooutput
    }
    set title (p eq "text" ? "A text" : "Series ".p)
    unset ylabel
    if (p eq "text") { set ylabel "bits per character" }
    if (p eq (first eq "text" && words(shown) > 1 ? word(shown, 2) : first) && p ne "text") { \
        set ylabel "squared error over that of the last value" }
    unset key
    if (p eq first) { set key at screen 0.53,y(0.085) center top vertical maxrows 2 width 3 }
    set xrange [0.012:(has_less > 0 ? 7 : 1.6)]
    set yrange [*:*]
    unset logscale y
    set ytics auto
    if (n > 0) {
        # errors of a series may lie far apart
        if (p ne "text") {
            stats value(p."_file") using ($3/unit($1)):($4/unit($1)) nooutput
            low = STATS_min_x
            high = STATS_max_y
            if (m > 0) {
                stats value(p."_least_file") using ($3/unit($1)):($4/unit($1)) nooutput
                low = STATS_min_x < low ? STATS_min_x : low
                high = STATS_max_y > high ? STATS_max_y : high
            }
            set logscale y
            set yrange [low/1.05:high*1.05]
            if (high > 3) { set ytics (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200) } else { \
                set ytics (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.4, 1.7, 2, 2.5, 3) }
        }
        plot for [i=1:n] value(p."_file") index i-1 \
                 using (aside($1,i,n)):($2/unit($1)):($3/unit($1)):($4/unit($1)) with yerrorlines lw 3 ps 1.6 \
                 pt mark(word(value(p."_model"),i)) lc rgb colour(word(value(p."_model"),i)) \
                 dt dash(value(p."_others"), value(p."_others_values"), i) \
                 title name(word(value(p."_model"),i), value(p."_others"), i), \
             for [i=1:m] value(p."_least_file") index i-1 \
                 using (wide(least,i,m)):($2/unit($1)):($3/unit($1)):($4/unit($1)) with yerrorbars lw 3 ps 1.6 \
                 pt mark(word(value(p."_least_model"),i)) lc rgb colour(word(value(p."_least_model"),i)) notitle, \
             for [i=1:value(p."_guess_n")] value(p."_guess_file") index i-1 using 1:($2/unit($1)) with linespoints \
                 lc rgb "#777777" lw 2 dt 3 pt 1 title "without training"
    } else {
        set label 1 "no run of it" at graph 0.5,graph 0.5 center textcolor rgb "#444444"
        set yrange [0:1]
        plot NaN notitle
    }
    unset label 1
}
unset multiplot
