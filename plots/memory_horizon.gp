# Which share of seeds solves a task within the fixed number of updates, against the lag that it asks for, a panel a task: the lag
# of recall, the length of the others. Shares with intervals that cover 95% or more (Clopper and Pearson); the learning rate of
# each line and lag is chosen by validation on other seeds. What to look at: up to which lag a line stays at the top, and whether
# that is within the grey band, 10 to 20 steps. omega is the weight of a regulariser that keeps the norm of the gradient.
#? recall: share solved over lag by model init nonlinearity others where task=recall
#? adding: share solved over length by model init nonlinearity others where task=adding
#? order: share solved over length by model init nonlinearity others where task=order
tasks = (recall_n > 0 ? "recall " : "").(adding_n > 0 ? "adding " : "").(order_n > 0 ? "order " : "")
starts(task) = words(value(task."_init_values")) * words(value(task."_nonlinearity_values")) > 1
eval canvas(240 + 560 * (words(tasks) > 0 ? words(tasks) : 1), 800)
set multiplot layout 1,(words(tasks) > 0 ? words(tasks) : 1) margins 0.09,0.985,y(0.34),y(0.92) spacing 0.05,0
set logscale x
set xtics (5,10,20,50,100,200,400)
set xrange [4:*]
set yrange [-3:103]
set ylabel "seeds that solve it (%)"
set object 1 rectangle from 10, graph 0 to 20, graph 1 fc rgb "#DDDDDD" fs solid noborder behind
aside(i, n) = 1 + 0.16 / n * (i - (n + 1) / 2.0)
line(task, i) = label(word(value(task."_model"), i)). \
                (starts(task) ? ", ".word(value(task."_init"), i). \
                 (word(value(task."_model"), i) eq "rnn" ? " ".word(value(task."_nonlinearity"), i) : "") : ""). \
                other(value(task."_others"), i)
# a start and its units have a dash, further settings a mark, and but for the last of them a thin line
dashes(task, i) = place(value(task."_init_values"), word(value(task."_init"), i)) + \
                  place(value(task."_nonlinearity_values"), word(value(task."_nonlinearity"), i)) - 1
thick(others, values, i) = words(values) < 2 || dash(others, values, i) == words(values) ? 3.5 : 2
do for [task in tasks] {
    n = value(task."_n")
    set title (task eq "recall" ? "Recall of a symbol" : task eq "adding" ? "Adding" : "Temporal order")
    set xlabel (task eq "recall" ? "steps between symbol and query" : "length (steps)")
    unset key
    if (task eq word(tasks, 1)) { set key at screen 0.53,y(0.19) center top vertical maxrows 4 width 1 } else { set ylabel "" }
    plot for [i=1:n] value(task."_file") index i-1 using ($1*aside(i,n)):(100*$2):(100*$3):(100*$4) with yerrorlines \
             lw thick(value(task."_others"), value(task."_others_values"), i) ps 1.6 \
             pt twin(word(value(task."_model"),i), value(task."_others"), value(task."_others_values"), i) lc rgb colour(word(value(task."_model"),i)) \
             dt dashes(task, i) title line(task, i)
    unset label
}
unset multiplot
