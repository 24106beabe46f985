# Time and memory of a training step over 4096 steps in all, as many short sequences on the left and few long ones on the right, at
# equal numbers of parameters; solid: one thread, dashed: two. Medians over repetitions with intervals that cover 95% or more. What
# to look at: where lines cross, which rise to the right, and how far a dashed line lies below its solid one.
#! time: median ms_per_step:time over length by model params threads
#! memory: median memory_mb over length by model params where threads=1
sizes = time_params_values
columns = words(sizes)
eval canvas(1700, 720)
set multiplot layout 1,columns+1 margins 0.08,0.985,y(0.24),y(0.91) spacing 0.07,0
set logscale xy
set format y "%g"
set xlabel "steps of a sequence"
eval around(time_file)
set xtics (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536)
set key at screen 0.52,y(0.13) center top vertical maxrows 3 width 2
set ylabel "time of a training step (ms)"
do for [size in sizes] {
    set title "Time, ".size." parameters".time_note
    plot for [i=1:time_n] (word(time_params,i) eq size ? time_file : "/dev/null") index (i-1) using 1:2:3:4 with yerrorlines lw 3 \
             ps 1.4 pt mark(word(time_model,i)) lc rgb colour(word(time_model,i)) dt place(time_threads_values, word(time_threads,i)) \
             title (word(time_params,i) eq size && word(time_threads,i) eq word(time_threads_values,1) ? \
                    label(word(time_model,i)) : "")
    unset key
    unset ylabel
}
size = word(sizes, columns)
set title "Memory, ".size." parameters"
set ylabel "MB"
eval around(memory_file)
plot for [i=1:memory_n] (word(memory_params,i) eq size ? memory_file : "/dev/null") index (i-1) using 1:2 with linespoints lw 3 \
         ps 1.4 pt mark(word(memory_model,i)) lc rgb colour(word(memory_model,i)) notitle
unset multiplot
