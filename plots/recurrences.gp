# What each model comes to at the same number of parameters, a panel a task, a row a model; the last panel is the time of a step
# of training on the text. Medians over seeds with intervals that cover 95% or more; dotted: what needs no training, of the text
# counts of up to five characters. Left is better everywhere. What to look at: which rows reach the left of adding, copying and
# recall (memory), which that of parity (a state that every step may turn), and what a step of theirs costs.
#? adding: median mse over params by model others where params=max task=adding
#? copy: median nats_per_step over params by model others where params=max task=copy
#? recall: median error_rate over params by model others where params=max task=recall
#? parity: median error_rate over params by model others where params=max task=parity
#? text: median test_bits_per_character over params by model others where params=max task=text
#? time: median ms_per_step:time over params by model others where params=max task=text
#? adding_guess: median baseline_mse:given over params by task where params=max task=adding
#? copy_guess: median baseline_nats_per_step:given over params by task where params=max task=copy
#? recall_guess: median baseline_error_rate:given over params by task where params=max task=recall
#? parity_guess: median baseline_error_rate:given over params by task where params=max task=parity
#? text_guess: median test_order5_bits:given over params by task where params=max task=text
time_guess_n = 0
time_guess_file = ""
panels = "adding copy recall parity text time"
first = ""
all = ""
do for [p in panels] {
    if (value(p."_n") > 0 && first eq "") { first = p; all = value(p."_model_values") }
}
rows = words(all)
eval canvas(1800, 180 + 56 * (rows > 4 ? rows : 4))
set multiplot layout 1,6 margins 0.095,0.985,y(0.2),y(0.9) spacing 0.02,0
titled(p) = p eq "adding" ? "Adding" : p eq "copy" ? "Copying" : p eq "recall" ? "Recall" : \
            p eq "parity" ? "Parity" : p eq "text" ? "Text" : "Time of a step"
measured(p) = p eq "adding" ? "mse" : p eq "copy" ? "nats a step" : p eq "text" ? "bits per character" : \
              p eq "time" ? "ms".time_note : "error rate"
at(p, i) = rows + 1 - place(all, word(value(p."_model"), i)) + 0.6 * beside(value(p."_others"), value(p."_others_values"), i)
set yrange [0.4:rows + 0.6]
unset key
do for [p in panels] {
    n = value(p."_n")
    set title titled(p)
    set xlabel measured(p)
    set ytics ()
    do for [model in all] { set ytics add ((p eq "adding" ? label(model) : "") rows + 1 - place(all, model)) }
    unset logscale
    set format x "%g"
    set xtics autofreq
    if (p eq "adding" || p eq "time") { set logscale x; set format x "10^{%L}" }
    if (p eq "copy" || p eq "text") { set xtics 0.5 }
    if (p eq "recall" || p eq "parity") { set xtics 0.25 }
    set xrange [*:*]
    if (p eq "copy" || p eq "recall" || p eq "parity") { set xrange [-0.03:*] }
    if (n > 0) {
        plot for [i=1:value(p."_guess_n")] value(p."_guess_file") index i-1 using 2:(0.4):(0):(rows + 0.2) with vectors nohead \
                 lw 2 dt 3 lc rgb "#777777" notitle, \
             for [i=1:n] value(p."_file") index i-1 using 2:(at(p,i)):3:4 with xerrorbars lw 3 ps 1.8 \
                 pt twin(word(value(p."_model"),i), value(p."_others"), value(p."_others_values"), i) \
                 dt dash(value(p."_others"), value(p."_others_values"), i) lc rgb colour(word(value(p."_model"),i)) notitle
    } else {
        set label 1 "no run of it" at graph 0.5,graph 0.5 center textcolor rgb "#444444"
        plot [0.1:1] NaN notitle
    }
    unset label
}
unset multiplot
