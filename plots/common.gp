# What every figure shares: canvas, colours, the variables that tell of its data. Loaded before a figure's own script,
# with FORMAT (svg, png), OUTPUT (file) and DATA (folder) set.
load DATA.'/data.gp'
set encoding utf8

# eval canvas(WIDTH, HEIGHT): in pixels; 20 px type stays legible at half size
terminal = FORMAT eq "svg" ? "svg enhanced background 'white' font 'DejaVu Sans,20'" \
                           : "pngcairo enhanced font 'DejaVu Sans,15'"
canvas(w, h) = sprintf("set terminal %s size %d,%d; set output '%s'", terminal, w, h, OUTPUT)

# The colours of Okabe and Ito, which all kinds of colour vision tell apart; a cell has its own mark, too.
# A cell that is not named here gets one by the first letter of its name.
colour(cell) = cell eq "rnn" ? "#D55E00" : cell eq "lstm" ? "#0072B2" : cell eq "gru" ? "#009E73" : \
               word("#CC79A7 #E69F00 #56B4E9 #000000", strstrt("abcdefghijklmnopqrstuvwxyz", cell[1:1]) % 4 + 1)
mark(cell) = cell eq "rnn" ? 7 : cell eq "lstm" ? 5 : cell eq "gru" ? 9 : \
             11 + 2 * (strstrt("abcdefghijklmnopqrstuvwxyz", cell[1:1]) % 2)
label(cell) = cell eq "rnn" ? "RNN" : cell eq "lstm" ? "LSTM" : cell eq "gru" ? "GRU" : cell

# place of a word in a list of words, from 1; for the dash of a line
place(list, w) = place_from(list, w, 1)
place_from(list, w, i) = i > words(list) ? 1 : word(list, i) eq w ? i : place_from(list, w, i + 1)

set style fill transparent solid 0.2 noborder
set border 3 lw 1.5
set tics nomirror out
set grid lw 1 lc rgb "#CCCCCC"
set key noenhanced samplen 2
set title noenhanced
set datafile missing "NaN"
