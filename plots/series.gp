# Forecasts of a real series beside the truth, a row a horizon: the end of the test part in the file's own unit, by the run with
# the median error of each cell; right, the test error on values scaled by the training part, median over seeds with an interval
# that covers 95% or more, beside the forecasts that need no model (dashed: the last value again; dotted: the last season's). What
# to look at: on which side of the dashed line each cell lies, and whether the cells' intervals part.
#! forecast: run test_mse truth naive forecast by horizon model others where params=max
#! error: median test_mse over horizon by horizon model others where params=max
#! naive: median test_naive_mse:given over horizon by horizon where params=max
#! of: median test_mse:given over horizon by forecast_of where params=max
#? seasonal: median test_seasonal_mse:given over horizon by horizon where params=max
rows = words(forecast_horizon_values)
cells = words(error_model_values)
eval canvas(1800, 110 + 420 * rows)
top = 1 - 50.0 / (110 + 420 * rows)
bottom = 20.0 / (110 + 420 * rows)
row_height = (top - bottom) / rows
set multiplot
season_file = seasonal_n > 0 ? seasonal_file : naive_file
season_dash = seasonal_n > 0 ? 3 : 2
row = 0
do for [h in forecast_horizon_values] {
    row = row + 1
    set tmargin at screen y(top - (row - 1) * row_height)
    set bmargin at screen y(top - row * row_height + 0.27 * row_height)

    set lmargin at screen 0.065
    set rmargin at screen 0.72
    set title sprintf("%s row%s ahead", h, h eq "1" ? "" : "s")
    set xlabel (row == rows ? "rows before the end of the test part" : "")
    set ylabel word(of_forecast_of, 1) noenhanced
    set xtics auto
    set autoscale x
    set yrange [*:*]
    unset key
    if (row == 1) { set key at screen 0.39,y(28.0 / height) center center horizontal maxcols 5 }
    pick = ""
    do for [i=1:forecast_n] { if (word(forecast_horizon, i) eq h) { pick = pick." ".i } }
    stats forecast_file index (word(pick, 1) - 1) using 1 nooutput
    end = STATS_max
    plot forecast_file index (word(pick, 1) - 1) using ($1-end):2 with lines lw 5 lc rgb "#BBBBBB" title "truth", \
         for [i in pick] forecast_file index (i-1) using ($1-end):4 with lines lw 2.5 \
             dt dash(forecast_others, forecast_others_values, i+0) \
             lc rgb colour(word(forecast_model, i+0)) title name(word(forecast_model, i+0), forecast_others, i+0), \
         NaN with lines lw 3 dt 2 lc rgb "#555555" title "last value", \
         NaN with lines lw 3 dt season_dash lc rgb "#555555" title (seasonal_n > 0 ? "last season" : "")
    unset label

    set lmargin at screen 0.80
    set rmargin at screen 0.985
    unset key
    set title "Test error"
    set xlabel ""
    set ylabel "mean squared error (scaled)" enhanced
    set xrange [0.4:cells+0.6]
    set yrange [0:*]
    set offsets 0, 0, graph 0.05, 0
    set xtics ()
    do for [c in error_model_values] { set xtics add (label(c) place(error_model_values, c)) }
    pick = ""
    do for [i=1:error_n] { if (word(error_horizon, i) eq h) { pick = pick." ".i } }
    plot for [i in pick] error_file index (i-1) \
             using (place(error_model_values, word(error_model, i+0)) + \
                    0.6 * beside(error_others, error_others_values, i+0)):2:3:4 \
             with yerrorbars lw 3 ps 2 pt twin(word(error_model, i+0), error_others, error_others_values, i+0) \
             dt dash(error_others, error_others_values, i+0) \
             lc rgb colour(word(error_model, i+0)) notitle, \
         naive_file index (row-1) using (0.4):2:(cells+0.2):(0) with vectors nohead lw 3 dt 2 lc rgb "#555555" notitle, \
         season_file index (row-1) using (0.4):2:(cells+0.2):(0) \
             with vectors nohead lw 3 dt season_dash lc rgb "#555555" notitle
    set offsets
    set xrange [*:*]
}
unset multiplot
