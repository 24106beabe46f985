#!/bin/sh
# figure_texts.sh FILE.svg...: says which texts of figures reach out of the picture, and exits with 1 where there are any. How wide
# a text is is taken from its number of letters: half the size of the type each, which is a little less than they are.
exec awk '
BEGIN { files = ARGC - 1 }
function out(text, anchor, at, size, end, wide) {
    gsub(/<[^>]*>|&[a-z#0-9]*;|^[ \t]+/, "", text)
    wide = length(text) * size * 0.5
    at -= anchor == "end" ? wide : anchor == "middle" ? wide / 2 : 0
    if (text != "" && (at < 0 || at + wide > end)) {
        printf "%s: \"%s\" reaches from %d to %d of %d pixels\n", FILENAME, text, at, at + wide, end
        found = 1
    }
}
function number(after, line) {
    return index(line, after) == 0 ? 0 : substr(line, index(line, after) + length(after)) + 0
}
FNR == 1 { width = height = 0 }
/^ width="/ { width = number("width=\"", $0); height = number("height=\"", $0) }
/transform="translate\(.*text-anchor=/ {
    x = number("translate(", $0)
    y = number(",", substr($0, index($0, "translate(")))
    upright = /rotate\((-90|270)/
    size = number("font-size=\"", $0)
    anchor = /text-anchor="end"/ ? "end" : /text-anchor="middle"/ ? "middle" : "start"
}
/<text>/ {
    texts[FILENAME] = 1
    if (upright)
        out($0, anchor == "end" ? "start" : anchor == "start" ? "end" : "middle", y, size, height)
    else
        out($0, anchor, x, size, width)
    if (y < 0 || y > height) {
        printf "%s: %s is at %d of %d pixels\n", FILENAME, $0, y, height
        found = 1
    }
}
END {
    for (file in texts)
        files--
    if (files != 0)
        print "a figure without a text, or no figure"
    exit found || files != 0
}' "$@"
