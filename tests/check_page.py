"""check_page.py CHROMIUM PAGE FIGURES: opens results/report.html in a headless Chromium, at 400 and 1400 pixels, light and dark, and
says what is wrong: errors on the console, fewer than FIGURES drawings, one that is not drawn, names that are not unique, links that
lead nowhere, anything wider than the window. Exit status 1 where there is something. Needs nothing but Python."""
import html
import os
import re
import subprocess
import sys
import tempfile

CHECK = """
<script>
function check(frame) {
    const page = frame.contentDocument, root = page.scrollingElement, wrong = [], seen = new Set();
    const drawings = page.querySelectorAll("figure svg");
    if (root.scrollWidth > frame.contentWindow.innerWidth) wrong.push("is " + root.scrollWidth + " pixels wide");
    if (drawings.length < FIGURES) wrong.push("has " + drawings.length + " figures");
    for (const svg of drawings) {
        const box = svg.getBoundingClientRect();
        if (box.width < 100 || box.height < 50 || svg.querySelectorAll("path").length < 10) wrong.push("has a figure that is not drawn");
        if (!page.getElementById(svg.parentNode.getAttribute("aria-labelledby"))?.textContent) wrong.push("has a figure without words");
    }
    for (const element of page.querySelectorAll("[id]")) {
        if (seen.has(element.id)) wrong.push("has two " + element.id);
        seen.add(element.id);
    }
    for (const link of page.querySelectorAll("[href], use")) {
        const to = link.getAttribute("href") ?? link.getAttribute("xlink:href");
        if (to.startsWith("#") && !page.getElementById(to.slice(1))) wrong.push("leads nowhere: " + to);
    }
    if (page.querySelectorAll("nav a").length == 0) wrong.push("has no verdicts");
    let level = 0;
    for (const heading of page.querySelectorAll("h1, h2, h3")) {
        if (heading.tagName[1] - level > 1) wrong.push("leaves out a heading before " + heading.textContent);
        level = Number(heading.tagName[1]);
    }
    document.getElementById("said").textContent = "checked;" + wrong.map(one => " it " + one + ";").join("");
}
</script>
"""


def look(chromium, page, figures, width, dark, folder):
    checker = os.path.join(folder, "check.html")
    with open(checker, "w") as out:
        frame = '<iframe width="%d" height="900" style="border: 0" onload="check(this)" srcdoc="%s"></iframe>'
        out.write("<!doctype html><p id=said></p>" + CHECK.replace("FIGURES", str(figures)) + frame % (width, html.escape(page)))
    words = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--enable-logging=stderr",
             "--user-data-dir=" + os.path.join(folder, "profile"), "--window-size=1500,1000", "--virtual-time-budget=10000",
             "--blink-settings=preferredColorScheme=%d" % (0 if dark else 1), "--dump-dom", "file://" + checker]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    said = re.search('<p id="said">(.*?)</p>', done.stdout)
    wrong = re.findall("CONSOLE.*", done.stderr)
    if not said or said.group(1) != "checked;":
        wrong.append(said.group(1) if said else "Chromium did not open it: " + done.stderr[-500:])
    for one in wrong:
        print("at %d pixels, %s: %s" % (width, "dark" if dark else "light", one))
    return not wrong


chromium, path, figures = sys.argv[1:]
page = open(path).read()
with tempfile.TemporaryDirectory() as folder:
    good = [look(chromium, page, int(figures), width, dark, folder) for width in (400, 1400) for dark in (False, True)]
sys.exit(not all(good))
