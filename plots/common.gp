# What every figure shares: canvas, colours, the variables that tell of its data. Loaded before a figure's own script, in
# the folder of its data, with FORMAT (svg, png) set; the picture goes to standard output. What data.gp sets are texts and
# numbers of files that may come from anywhere: they may be drawn and compared, and never be part of what eval gets.
load 'data.gp'
set encoding utf8

# eval canvas(WIDTH, HEIGHT): in pixels; 20 px type stays legible at half size. The caption gets room of its own below, as
# many lines as it takes, and the experiment's title above, on the first panel's plot (unset label before the next): y(F) is the
# height F of the canvas as a height of the whole figure.
terminal = FORMAT eq "svg" ? "svg enhanced background 'white' font 'DejaVu Sans,18'" \
                           : "pngcairo enhanced font 'DejaVu Sans,15'"
small = FORMAT eq "svg" ? 16 : 13
canvas(w, h) = sprintf("foot = %d; head = 44; height = %d; caption = flow(1, '', 0, %d); ", \
                       26 * lines(1, 0, w / 10.5) + 16, h, w / 10.5). \
               sprintf("set terminal %s size %d,%d; ", terminal, w, h + 26 * lines(1, 0, w / 10.5) + 60). \
               "set label 98 experiment_title at screen 0.5,screen 1 center offset 0,-1 noenhanced; ". \
               "set label 99 caption at screen 0.012,screen y(0) left offset 0,-1 noenhanced textcolor rgb '#444444' ". \
               "font ','.small; ". \
               "set bmargin at screen y(85.0 / height)"
y(f) = (foot + f * height) / (foot + height + head + 0.0)
# the caption's words from the i-th on, n characters into a line of at most w; and how many lines they begin or fill
flow(i, out, n, w) = i > words(caption) ? out : n + strlen(word(caption, i)) >= w ? \
    flow(i + 1, out."\n".word(caption, i), strlen(word(caption, i)), w) : \
    flow(i + 1, out.(i > 1 ? " " : "").word(caption, i), n + 1 + strlen(word(caption, i)), w)
lines(i, n, w) = i > words(caption) ? 1 : n + strlen(word(caption, i)) >= w ? \
    1 + lines(i + 1, strlen(word(caption, i)), w) : lines(i + 1, n + 1 + strlen(word(caption, i)), w)

# A model has a colour and a mark by its place in the list of all models, the same in every figure: colours that all kinds of
# colour vision tell apart (Okabe and Ito, and four more); 10 colours and 11 marks differ together for 110 models.
colour(model) = word("#009E73 #999933 #CC79A7 #D55E00 #E69F00 #56B4E9 #8C510A #6A3D9A #882255 #0072B2", \
                     (place(models, model) - 1) % 10 + 1)
mark(model) = word("9 5 11 7 13 15 8 4 10 6 12", (place(models, model) - 1) % 11 + 1) + 0
label(cell) = cell eq "rnn" ? "RNN" : cell eq "lstm" ? "LSTM" : cell eq "gru" ? "GRU" : \
              cell eq "transformer" ? "Transformer" : cell eq "mgu" ? "MGU" : cell eq "lru" ? "LRU" : \
              cell eq "indrnn" ? "IndRNN" : cell eq "slstm" ? "sLSTM" : cell eq "mingru" ? "minGRU" : \
              cell eq "minlstm" ? "minLSTM" : cell

# Runs of one model that differ in further settings ("others" in a request) have its colour, a dash of their own, and these
# settings beside its name: name(MODEL, NAME_others, BLOCK).
other(others, i) = others eq "" ? "" : ", ".word(others, i)
name(model, others, i) = label(model).other(others, i)
dash(others, values, i) = place(values, word(others, i))
# the same where each value w of a list has a dash, too
dashed(w, list, others, values, i) = place(list, w) + words(list) * (dash(others, values, i) - 1)
# a mark empty instead of full, or full instead of empty, in turn
twin(model, others, values, i) = mark(model) + (dash(others, values, i) % 2 ? 0 : mark(model) % 2 ? -1 : 1)
# side by side, not one on the other: where n of them lie around 0
beside(others, values, i) = words(values) < 2 ? 0 : (dash(others, values, i) - (words(values) + 1) / 2.0) / words(values)

# Between tics of an axis from 0 to `end`, for about four of them.
tics(end) = tics_of(end / 4.0, 10 ** floor(log10(end / 4.0)))
tics_of(least, ten) = least <= 1.5 * ten ? ten : least <= 3.5 * ten ? 2 * ten : least <= 7.5 * ten ? 5 * ten : 10 * ten

# ranges of logarithmic axes around all that a file has, with its intervals: eval around(file)
around(file) = "set xrange [*:*]; set yrange [*:*]; ".sprintf("stats '%s' using 1 name 'AX' nooutput; ", file). \
               sprintf("stats '%s' using 3:4 name 'AY' nooutput; ", file). \
               "set xrange [AX_min/1.5:AX_max*1.5]; set yrange [AY_min_x/1.5:AY_max_y*1.5]"

# place of a word in a list of words, from 1; for the dash of a line
place(list, w) = place_from(list, w, 1)
place_from(list, w, i) = i > words(list) ? 1 : word(list, i) eq w ? i : place_from(list, w, i + 1)

set style fill transparent solid 0.2 noborder
set dashtype 2 (5,4) # which a short line shows, too
set border 3 lw 1.5
set tics nomirror out
set grid lw 1 lc rgb "#CCCCCC"
set key noenhanced samplen 3
set title noenhanced
set datafile missing "NaN"
