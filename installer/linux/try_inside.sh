#!/bin/sh
# Inside the bare system, as an ordinary user: starts the desktop entry's command and works it by mouse and keyboard.
set -eu
program=$1
rm -rf shots table-*.csv picture.jsonl .local/share/stillroom .config/stillroom .cache/stillroom
mkdir -p shots

# Waits until the model has had nothing to do for a while: how long its work takes is the machine's affair.
quiet() {
    before='' still=0 waited=0
    while [ $still -lt 5 ] && [ $waited -lt 300 ]; do
        sleep 3
        waited=$((waited + 1))
        now=$(for worker in $(grep -alE "^${program%% *}.worker" /proc/[0-9]*/cmdline 2>/dev/null); do
            cut -d' ' -f14,15 "${worker%/cmdline}/stat" 2>/dev/null
        done) || true
        if [ "$now" = "$before" ]; then still=$((still + 1)); else still=0; fi
        before=$now
    done
}
Xvfb :7 -screen 0 1280x800x24 >/dev/null 2>&1 &
screen=$! process=
trap 'kill $process $screen 2>/dev/null || true' EXIT
export DISPLAY=:7
sleep 2
started=$(date +%s.%N)
$program >window.log 2>&1 &
process=$!
window=$(timeout 60 xdotool search --sync --onlyvisible --name '^Stillroom$' | tail -1)
shown=$(date +%s.%N)
xdotool windowmove "$window" 0 0 windowsize "$window" 1280 800
quiet
import -window root shots/start.png
# The button of the sample documents, in the middle of the drop zone.
xdotool mousemove ${SAMPLES_AT:-560 583} click 1
quiet
import -window root shots/samples.png
# Each of the three tables, by its tab.
number=0
for tab in 286 399 514; do
    number=$((number + 1))
    xdotool mousemove $tab 34 click 1
    sleep 1
    xdotool key ctrl+e
    sleep 1
    xdotool key Down Return
    sleep 2
    xdotool type --delay 20 "$HOME/table-$number.csv"
    xdotool key Return
    sleep 2
done
import -window root shots/exported.png
# Without a window manager nobody gives the focus back, so the page is chosen by mouse.
xdotool mousemove 44 105 click 1
sleep 3
import -window root shots/chat.png
xdotool mousemove 600 706 click 1
xdotool type --delay 15 'What is a stillroom?'
xdotool key Return
quiet
import -window root shots/answer.png
failed=
{
    echo "window after $(echo "$shown $started" | awk '{printf "%.1f", $1 - $2}') s"
    for number in 1 2 3; do
        { head -1 "table-$number.csv" && tail -1 "table-$number.csv"; } || failed="table $number was not exported"
    done
    [ "$(head -qn1 table-1.csv table-2.csv table-3.csv | sort -u | wc -l)" = 3 ] || failed='the three tables are not three'
    # A picture: what was on the screen when the samples had been read.
    $program extract shots/samples.png --template receipt --out picture.jsonl 2>picture.log || failed='the picture was not read'
    grep -o '"chars_read": *[0-9]*' picture.jsonl | sed 's/^/the picture: /'
    ip link | grep -c ': ' | sed 's/^/network interfaces: /'
    echo "${failed:-all was done}"
} >report 2>&1
[ -z "$failed" ]
