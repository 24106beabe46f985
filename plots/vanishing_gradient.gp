# What is left of the gradient of a loss at the last step, so many steps back from it: its norm over that at the last step,
# through the state h and, of an LSTM, through its cell state c (lines with marks). Median over seeds with an interval that covers
# 95% or more; a row of panels a start of the weights. What to look at: at which lag a line falls below the dotted one, 1%, before
# training and after it; and how far that is from the square of the same cell (LSTM: bias 1; RNN from the identity: relu), where
# the experiment memory_horizon has results: the longest lag over which it recalls a symbol, with its interval. One beyond the axis
# stands at its end.
#! h_start: curve h_start over lag by init model nonlinearity forget_bias others
#! h_half: curve h_half over lag by init model nonlinearity forget_bias others
#! h_end: curve h_end over lag by init model nonlinearity forget_bias others
#? c_start: curve c_start over lag by init model nonlinearity forget_bias others
#? c_half: curve c_half over lag by init model nonlinearity forget_bias others
#? c_end: curve c_end over lag by init model nonlinearity forget_bias others
#? horizon: beside recall_horizon by init model nonlinearity forget_bias
rows = words(h_start_init_values)
eval canvas(1700, 190 + 390 * rows)
set multiplot layout rows,3 margins 0.06,0.985,y(215.0 / height),y(1 - 60.0 / height) spacing 0.03,95.0 / height
stats h_start_file using 1 nooutput # before the ranges, which it would hold
last = STATS_max + 1
set xrange [0:last]
set yrange [-10:1]
if (horizon_n == 0) { horizon_file = h_end_file; horizon_model = "" } # which gnuplot looks at, though it draws nothing of it
block(list, i) = i > words(list) ? 1 : word(list, i) + 0 # a loop over an empty list is looked at, too
seen_at(x) = x < last ? x : last
set ytics 2
chosen(list, init) = chosen_from(list, init, 1, "")
chosen_from(list, init, i, out) = i > words(list) ? out : \
    chosen_from(list, init, i + 1, word(list, i) eq init ? out." ".i : out)
# an RNN differs by its nonlinearity, an LSTM by its bias, and by which state it is
line(model, state, f, b, others, i) = label(model).(model eq "rnn" ? ", ".f : model eq "lstm" ? " ".state.", bias ".b : ""). \
                                      other(others, i)
lines_of(f, b, others, values, i) = place(h_start_nonlinearity_values, f) + place(h_start_forget_bias_values, b) - 1 + \
                                    3 * (dash(others, values, i) - 1)
kind(i) = word(h_start_model, i)."/".word(h_start_nonlinearity, i)."/".word(h_start_forget_bias, i)
do for [r=1:rows] {
    init = word(h_start_init_values, r)
    do for [when in "start half end"] {
        set title (when eq "start" ? "before training" : when eq "half" ? "half way" : "after training").", init=".init
        set xlabel (r == rows ? "steps back from the loss" : "")
        set format y (when eq "start" ? "10^{%g}" : "")
        unset key
        if (r == 1 && when eq "start") { set key at screen 0.53,y(130.0 / height) center top vertical maxrows 3 width 1 }
        cells = value("c_".when."_n") > 0 # some have a state c; else its names are those of h, and nothing of it is drawn
        h = "h_".when; c = cells ? "c_".when : h
        array at[2] = [value(h."_file"), value(c."_file")]
        hm = value(h."_model"); cm = value(c."_model")
        hf = value(h."_nonlinearity"); cf = value(c."_nonlinearity")
        hb = value(h."_forget_bias"); cb = value(c."_forget_bias")
        ho = value(h."_others"); co = value(c."_others")
        values = value(h."_others_values")
        hs = chosen(value(h."_init"), init)
        cs = cells ? chosen(value(c."_init"), init) : ""
        marks = when eq "end" && horizon_n > 0 ? chosen(horizon_init, init) : ""
        extra = "" # lines that only later rows have, for the legend
        if (r == 1 && when eq "start") {
            seen = ""
            do for [i in hs] { seen = seen." ".kind(i+0) }
            do for [i=1:h_start_n] {
                if (strstrt(seen." ", " ".kind(i)." ") == 0) { extra = extra." ".i; seen = seen." ".kind(i) }
            }
        }
        plot for [i in hs] at[1] index (i-1) using 1:3:4 with filledcurves fc rgb colour(word(hm, i+0)) notitle, \
             for [i in hs] at[1] index (i-1) using 1:2 with lines lw 3 lc rgb colour(word(hm, i+0)) \
                 dt lines_of(word(hf, i+0), word(hb, i+0), ho, values, i+0) \
                 title line(word(hm, i+0), "h", word(hf, i+0), word(hb, i+0), ho, i+0), \
             for [k=1:words(cs)] at[2] index (block(cs, k)-1) using 1:2 with linespoints lw 3 pt 6 ps 1 pi 12 \
                 lc rgb colour(word(cm, block(cs, k))) \
                 dt lines_of(word(cf, block(cs, k)), word(cb, block(cs, k)), co, values, block(cs, k)) \
                 title line(word(cm, block(cs, k)), "c", word(cf, block(cs, k)), word(cb, block(cs, k)), co, block(cs, k)), \
             for [i in (extra eq "" ? "1" : extra)] keyentry with lines lw 3 lc rgb colour(word(hm, i+0)) \
                 dt lines_of(word(hf, i+0), word(hb, i+0), ho, values, i+0) \
                 title (extra eq "" ? "" : line(word(hm, i+0), "h", word(hf, i+0), word(hb, i+0), ho, i+0)), \
             -2 with lines lc rgb "#777777" lw 2 dt 3 title "1%", \
             for [i=1:words(marks)] horizon_file index (block(marks, i)-1) using (seen_at($2)):(-2):(seen_at($3)):(seen_at($4)) \
                 with xerrorbars lw 3 pt 5 ps 2 lc rgb colour(word(horizon_model, block(marks, i))) notitle, \
             for [i=1:horizon_n > 0] keyentry with points pt 5 ps 2 lc rgb "#777777" title "recalled"
        unset label
    }
}
unset multiplot
