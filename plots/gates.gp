# What each part of a cell is worth, and what its gates do; a column of panels a task. Above: the error of LSTM and GRU without
# one part at a time, at equal numbers of parameters, median over seeds with an interval that covers 95% or more, the learning
# rate chosen by validation on other seeds; dotted: the whole cell. Below: the mean of each gate of the whole cells after
# training, over all units and a batch of the validation split, by steps back from the last step of a sequence, of a series or a
# text that of a window. At 1 the gates f and z keep the state, and i, o and r let pass. What to look at: which intervals lie to
# the right of their dotted line, and whether a gate differs between the steps that matter and the others.
#! error: median error over params by task model lstm_gates output_activation reset update_gate where params=max
#? i: curve gate_i over lag by task where params=max model=lstm lstm_gates=all output_activation=tanh
#? f: curve gate_f over lag by task where params=max model=lstm lstm_gates=all output_activation=tanh
#? o: curve gate_o over lag by task where params=max model=lstm lstm_gates=all output_activation=tanh
#? r: curve gate_r over lag by task where params=max model=gru reset=after update_gate=yes
#? z: curve gate_z over lag by task where params=max model=gru reset=after update_gate=yes
tasks = error_task_values
columns = words(tasks)
# a variant as one word, whether it is a whole cell, and how it is called
variant(k) = word(error_model, k).",".word(error_lstm_gates, k).",".word(error_output_activation, k).",". \
             word(error_reset, k).",".word(error_update_gate, k)
is_whole(k) = word(error_lstm_gates, k) eq "all" && word(error_output_activation, k) eq "tanh" && \
              word(error_reset, k) eq "after" && word(error_update_gate, k) eq "yes"
called(k) = is_whole(k) ? label(word(error_model, k)) : gates_of(word(error_lstm_gates, k)). \
            (word(error_output_activation, k) eq "none" ? " no output activation" : ""). \
            (word(error_reset, k) eq "none" ? " no reset gate" : word(error_reset, k) eq "before" ? " reset before" : ""). \
            (word(error_update_gate, k) eq "no" ? " no update gate" : "")
gates_of(g) = g eq "all" ? "" : g eq "coupled" ? " coupled: i = 1 - f" : " no ".g[4:*]." gate"
# the blocks of one task: blocks(NAME_task, NAME_n, TASK)
blocks(list, n, task) = blocks_from(list, n, task, 1)
blocks_from(list, n, task, k) = k > n ? "" : (word(list, k) eq task ? " ".k : "").blocks_from(list, n, task, k + 1)
titled(task) = task eq "adding" ? "Adding (mse)" : task eq "recall" ? "Recall (error rate)" : \
               task eq "series" ? "Series (test mse)" : task eq "text" ? "Text (test bits per character)" : task
gates = "i f o r z"
do for [g in gates] { # one that no run has is none of any task
    if (value(g."_n") == 0) { eval g."_task = ''; ".g."_file = error_file" }
}
cell_of(g) = g eq "r" || g eq "z" ? "gru" : "lstm"
# whether the task in hand has a block of it, and which
has(g) = strstrt(" ".value(g."_task")." ", " ".task." ") > 0
block(g) = place(value(g."_task"), task)
dash_of(g) = g eq "f" || g eq "z" ? 1 : g eq "i" || g eq "r" ? 2 : 3

# a row for each variant, in their order, and the last one of each model
rows = ""
do for [k=1:error_n] {
    if (strstrt(rows." ", " ".variant(k)." ") == 0) { rows = rows." ".variant(k) }
}
row(k) = place(rows, variant(k))
last(model) = last_from(model, words(rows))
last_from(model, r) = word(rows, r)[1:strlen(model)+1] eq model."," ? r : last_from(model, r - 1)
eval canvas(1800, 1000)
set multiplot
unset key
do for [c=1:columns] {
    task = word(tasks, c)
    pick = blocks(error_task, error_n, task)
    set lmargin at screen 0.145 + (c - 1) * 0.855 / columns
    set rmargin at screen 0.11 + c * 0.855 / columns

    set tmargin at screen y(0.95)
    set bmargin at screen y(0.57)
    set title titled(task)
    unset xlabel
    unset ylabel
    unset key
    set autoscale x
    set offsets graph 0.05, graph 0.05, 0, 0
    set autoscale y
    low = 1e300; high = 0
    do for [k in pick] {
        stats error_file index (k-1) using 3:4 nooutput
        if (exists("STATS_min_x")) { # else all of its runs diverged
            low = STATS_min_x < low ? STATS_min_x : low
            high = STATS_max_y > high ? STATS_max_y : high
        }
    }
    if (low > high) {
        set label 1 "all runs diverged" at graph 0.5,graph 0.5 center textcolor rgb "#444444"
        set xrange [0.1:1]
    }
    if (task ne "adding" && high > low) { set xtics tics(high - low) } else { set xtics auto }
    set format x (task eq "adding" ? "10^{%L}" : "%g")
    if (task eq "adding") { set logscale x } else { unset logscale x }
    set yrange [words(rows)+0.6:0.4]
    set ytics format "" 1,1,words(rows) noenhanced
    if (c == 1) {
        do for [k in pick] { set ytics add (called(k+0) row(k+0)) }
    }
    plot for [k in pick] error_file index (k-1) using (is_whole(k+0) ? $2 : NaN):(row(k+0)):(0): \
             (last(word(error_model, k+0))-row(k+0)) with vectors nohead lw 2 dt 3 \
             lc rgb colour(word(error_model, k+0)) notitle, \
         for [k in pick] error_file index (k-1) using 2:(row(k+0)):3:4 with xerrorbars lw 3 ps 1.6 \
             pt mark(word(error_model, k+0)) lc rgb colour(word(error_model, k+0)) notitle
    unset label

    set tmargin at screen y(0.45)
    set bmargin at screen y(0.15)
    unset title
    unset logscale x
    unset offsets
    set xtics auto format "%g"
    set xlabel "steps back from the last"
    if (c == 1) { set ylabel "mean of the gate" }
    set autoscale x
    set yrange [0:1]
    set ytics auto format (c == 1 ? "%g" : "")
    if (c == 1) { set key at screen 0.53,y(0.035) center center vertical maxrows 1 width 2 }
    plot for [g in gates] value(g."_file") index block(g)-1 using (has(g) ? $1 : NaN):3:4 with filledcurves \
             fc rgb colour(cell_of(g)) notitle, \
         for [g in gates] value(g."_file") index block(g)-1 using (has(g) ? $1 : NaN):2 with lines lw 3 dt dash_of(g) \
             lc rgb colour(cell_of(g)) title (value(g."_n") > 0 ? label(cell_of(g)).": ".g : ""), \
         -1 notitle
}
unset multiplot
