# Learning curves of the adding problem at the largest width, a panel a length: the validation error against training steps,
# median over seeds with an interval that covers 95% or more. A band up to the largest error: a run in it diverged. What to
# look at: in which panels each curve comes below the dotted line that counts as solved, and after how many steps.
#! curves: curve valid_mse over step by length model others where hidden=max
#! goal: median solved_below:given over length by length where hidden=max
panels = words(curves_length_values)
columns = panels <= 4 ? 2 : 3
rows = (panels + columns - 1) / columns
stats goal_file using 2 nooutput
goal = STATS_min
eval canvas(1500, 190 + 440 * rows)
set multiplot layout rows,columns margins 0.085,0.975,y(175.0 / height),y(1 - 60.0 / height) spacing 0.09,0.11
set logscale y
set format y "10^{%L}"
set ylabel "validation error (mse)"
set xtics auto
set yrange [*:*]
do for [l in curves_length_values] {
    set title "length ".l." steps"
    last = place(curves_length_values, l)
    set xlabel (last > panels - columns ? "training steps" : "")
    unset key
    if (last == 1) { set key at screen 0.53,y(88.0 / height) center top vertical maxrows 3 width 3 }
    pick = ""
    do for [i=1:curves_n] { if (word(curves_length, i) eq l) { pick = pick." ".i } }
    plot for [i in pick] curves_file index (i-1) using 1:3:4 with filledcurves fc rgb colour(word(curves_model, i+0)) notitle, \
         for [i in pick] curves_file index (i-1) using 1:2 with lines lw 3 lc rgb colour(word(curves_model, i+0)) \
             dt dash(curves_others, curves_others_values, i+0) title name(word(curves_model, i+0), curves_others, i+0), \
         goal with lines lc rgb "#777777" lw 2 dt 3 title "solved below"
    unset label
}
unset multiplot
