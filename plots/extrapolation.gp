# Error against the length of the test's sequences, all of them longer than any in training; a panel a task. Median over seeds with
# intervals that cover 95% or more, the learning rate chosen by validation at the lengths of training; dotted: guessing; marks on
# the left: the error at the lengths of training. What to look at: which lines stay at the mark on their left, and which rise to
# the dotted one.
#! seen: median error_rate over length by task model positions
#! beyond: curve error_rate_at over at_length by task model positions
#! guess: median baseline_error_rate:given over length by task
tasks = beyond_task_values
eval canvas(1700, 720)
set multiplot layout 1,words(tasks) margins 0.075,0.985,y(0.24),y(0.91) spacing 0.05,0
stats beyond_file using 1 nooutput
last = STATS_max
width = last / 25.0
titled(task) = task eq "parity" ? "Parity" : task eq "modular" ? "Sums of products modulo 5" : \
               task eq "recall" ? "Recall of a symbol" : task
called(model, positions) = label(model).(model eq "transformer" ? (positions eq "none" ? ", no" : ", ".positions)." positions" : "")
dash_of(positions) = place(beyond_positions_values, positions)
set yrange [-0.04:0.95]
set xrange [-2 * width:last * 1.02]
set xlabel "length of the test's sequences (steps)"
set ylabel "error rate"
set key at screen 0.52,y(0.13) center top vertical maxrows 3 width 2
do for [task in tasks] {
    set title titled(task)
    plot for [i=1:beyond_n] (word(beyond_task,i) eq task ? beyond_file : "/dev/null") index (i-1) using 1:3:4 \
             with filledcurves fc rgb colour(word(beyond_model,i)) notitle, \
         for [i=1:beyond_n] (word(beyond_task,i) eq task ? beyond_file : "/dev/null") index (i-1) using 1:2 with lines lw 3 \
             lc rgb colour(word(beyond_model,i)) dt dash_of(word(beyond_positions,i)) \
             title (word(beyond_task,i) eq task ? called(word(beyond_model,i), word(beyond_positions,i)) : ""), \
         for [i=1:seen_n] (word(seen_task,i) eq task ? seen_file : "/dev/null") index (i-1) using (-width):2:3:4 \
             with yerrorbars lw 2 ps 2 pt mark(word(seen_model,i)) lc rgb colour(word(seen_model,i)) notitle, \
         for [i=1:guess_n] (word(guess_task,i) eq task ? guess_file : "/dev/null") index (i-1) using (0):2:(last):(0) \
             with vectors nohead lw 2 dt 3 lc rgb "#555555" title (task eq word(tasks, 1) ? "guessing" : "")
    unset key
    unset ylabel
}
unset multiplot
