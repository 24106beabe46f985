# Forecasts of real series, a row a series. Left the end of the test part in the file's own unit, by the run with the median
# error of each cell, at the longest horizon; right the test error on values scaled by the training part against the horizon,
# median over seeds with an interval that covers 95% or more, beside the forecasts that need no model (dashed: the last value
# again; dotted: the last season's). What to look at: on which side of the dashed line each cell lies, and whether the cells'
# intervals part.
#! forecast: run test_mse truth naive forecast by file horizon model others where params=max horizon=max
#! error: median test_mse over horizon by file model others where params=max
#! naive: median test_naive_mse:given over horizon by file where params=max
#! of: median test_mse:given over horizon by file forecast_of where params=max
#? seasonal: median test_seasonal_mse:given over horizon by file where params=max
files = forecast_by_file_values
rows = words(files)
eval canvas(1800, 110 + 420 * rows)
top = 1 - 50.0 / (110 + 420 * rows)
bottom = 20.0 / (110 + 420 * rows)
row_height = (top - bottom) / rows
set multiplot
if (seasonal_n == 0) { seasonal_by_file = "" }
season_title = seasonal_n > 0 ? "last season" : ""
# the blocks of one series: blocks(NAME_by_file, NAME_n, FILE)
blocks(list, n, file) = blocks_from(list, n, file, 1)
blocks_from(list, n, file, i) = i > n ? "" : (word(list, i) eq file ? " ".i : "").blocks_from(list, n, file, i + 1)
stats error_file using 1 nooutput
least = STATS_min
most = STATS_max
row = 0
do for [f in files] {
    row = row + 1
    set tmargin at screen y(top - (row - 1) * row_height)
    set bmargin at screen y(top - row * row_height + 0.27 * row_height)

    set lmargin at screen 0.065
    set rmargin at screen 0.66
    set xlabel (row == rows ? "rows before the end of the test part" : "")
    set ylabel word(of_forecast_of, 0 + word(blocks(of_by_file, of_n, f), 1)) noenhanced
    unset logscale
    set xtics auto
    set format y "%g"
    set autoscale x
    set yrange [*:*]
    unset key
    if (row == 1) { set key at screen 0.39,y(28.0 / height) center center horizontal maxcols 5 }
    pick = blocks(forecast_by_file, forecast_n, f)
    set title sprintf("%s, %s rows ahead", f, word(forecast_horizon, 0 + word(pick, 1)))
    stats forecast_file index (word(pick, 1) - 1) using 1:2 nooutput
    end = STATS_max_x
    plot forecast_file index (word(pick, 1) - 1) using ($1-end):2 with lines lw 5 lc rgb "#BBBBBB" title "truth", \
         for [i in pick] forecast_file index (i-1) using ($1-end):4 with lines lw 2.5 \
             dt dash(forecast_others, forecast_others_values, i+0) \
             lc rgb colour(word(forecast_model, i+0)) title name(word(forecast_model, i+0), forecast_others, i+0), \
         NaN with lines lw 3 dt 2 lc rgb "#555555" title "last value", \
         NaN with lines lw 3 dt 3 lc rgb "#555555" title season_title
    unset label

    set lmargin at screen 0.75
    set rmargin at screen 0.985
    unset key
    set title "Test error"
    set xlabel (row == rows ? "horizon (rows)" : "")
    set ylabel "mean squared error (scaled)" enhanced
    set logscale xy
    set xrange [0.8*least:1.25*most]
    set xtics () nomirror
    set format y "10^{%L}"
    pick = blocks(error_by_file, error_n, f)
    plot naive_file index (word(blocks(naive_by_file, naive_n, f), 1) - 1) using 1:2:xtic(1) \
             with lines lw 3 dt 2 lc rgb "#555555" notitle, \
         for [i in blocks(seasonal_by_file, seasonal_n, f)] seasonal_file index (i-1) using 1:2 \
             with lines lw 3 dt 3 lc rgb "#555555" notitle, \
         for [i in pick] error_file index (i-1) using 1:2:3:4 \
             with yerrorlines lw 3 ps 1.6 pt twin(word(error_model, i+0), error_others, error_others_values, i+0) \
             dt dash(error_others, error_others_values, i+0) lc rgb colour(word(error_model, i+0)) notitle
    set xrange [*:*]
}
unset multiplot
