# One step at a time, of one sequence: time of a step and size of what is kept from step to step, after so many steps, and the time
# of all of them from nothing, as when so many are generated; solid: the largest width, dashed: smaller ones. Medians over
# repetitions with intervals that cover 95% or more. What to look at: which lines are flat, where the Transformer's crosses those of
# the recurrent networks, and how far above them it lies at 784 and 3072 steps, the images of MNIST and CIFAR-10 value by value.
#! time: median us_per_step:time over length by model hidden
#! total: median ms_total:time over length by model hidden
#! state: median state_kb over length by model hidden
widths = words(time_hidden_values)
eval canvas(1700, 720)
set multiplot layout 1,3 margins 0.06,0.985,y(0.24),y(0.91) spacing 0.07,0
set logscale xy
set format y "%g"
set xlabel "steps read before"
dash_of(w) = widths - place(time_hidden_values, w) + 1
called(m, w) = label(m).(widths > 1 ? ", ".w." units" : "")
set key at screen 0.52,y(0.13) center top vertical maxrows 3 width 2
set title "Time of a step (µs)".time_note
eval around(time_file)
plot for [i=1:time_n] time_file index (i-1) using 1:2:3:4 with yerrorlines lw 3 ps 1.4 pt mark(word(time_model,i)) \
         lc rgb colour(word(time_model,i)) dt dash_of(word(time_hidden,i)) title called(word(time_model,i), word(time_hidden,i))
unset key
set title "Time of all steps (ms)".time_note
set xlabel "steps from nothing"
eval around(total_file)
plot for [i=1:total_n] total_file index (i-1) using 1:2:3:4 with yerrorlines lw 3 ps 1.4 pt mark(word(total_model,i)) \
         lc rgb colour(word(total_model,i)) dt dash_of(word(total_hidden,i)) notitle
set title "What is kept of one sequence (kB)"
set xlabel "steps read before"
eval around(state_file)
plot for [i=1:state_n] state_file index (i-1) using 1:2 with linespoints lw 3 ps 1.4 pt mark(word(state_model,i)) \
         lc rgb colour(word(state_model,i)) dt dash_of(word(state_hidden,i)) notitle
unset multiplot
