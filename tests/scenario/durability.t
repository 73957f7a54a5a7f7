#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Killed or out of space at any moment: nothing half stored, and reading again completes.
# once: processes and files, whatever the compiler (tools/run-tests)
. "$(dirname "$0")/tap.sh"

make_sample s 11 6000 24
cat s/*/day-*/eve.json >day.json
# Ten times the records, each with another flow number: enough for several commits.
perl -ne 'for my $k (1 .. 12) { my $l = $_; $l =~ s/"flow_id":(\d+)/"flow_id":$1$k/; print $l }' \
    day.json >big.json
run "$YAGURA" import --data whole --json big.json
WANT=$(field stored)
is "all records are stored" "$STATUS $WANT $(field duplicate)" "0 $(wc -l <big.json) 0"
expect "again: nothing is stored twice" 0 '' "$YAGURA" import --data whole --json big.json
is "all are duplicates" "$(field stored) $(field duplicate)" "0 $WANT"
"$YAGURA" doctor --data whole --json >doctor.whole
total() { echo $(($(field alerts "$1") + $(field contexts "$1"))); }

# Kill the importer at ten moments, seeded by the round; complete it each time.
start=$(date +%s%N)
"$YAGURA" import --data timing --json big.json >/dev/null
took=$((($(date +%s%N) - start) / 1000000))
bad=0 partial=0
for round in $(seq 1 10); do
    "$YAGURA" import --data "kill$round" --json big.json >/dev/null 2>&1 &
    pid=$!
    sleep "$(perl -e 'srand($ARGV[0]); printf "%.3f", rand() * $ARGV[1] / 1000' \
        "$round" "$took")"
    kill -9 $pid 2>/dev/null
    wait $pid 2>/dev/null
    if [ -e "kill$round/yagura.db" ]; then
        "$YAGURA" doctor --data "kill$round" --json >doctor.out 2>doctor.err
        st=$?
        if [ $st -ne 0 ] && [ "$(wc -l <doctor.err)" -eq 0 ]; then
            bad=1
            echo "# round $round: doctor says $st: $(head -c 200 doctor.out)"
        fi
        if [ $st -eq 0 ]; then
            had=$(total doctor.out)
            [ "$had" -gt 0 ] && [ "$had" -lt "$WANT" ] && partial=$((partial + 1))
        else
            had=0
        fi
    else
        had=0
    fi
    "$YAGURA" import --data "kill$round" --json big.json >out 2>err
    "$YAGURA" doctor --data "kill$round" --json >doctor.out 2>/dev/null || bad=1
    if [ "$(field stored)" -ne $((WANT - had)) ] || [ "$(total doctor.out)" -ne "$WANT" ]; then
        bad=1
        echo "# round $round: had $had, then stored $(field stored), now" \
            "$(total doctor.out) of $WANT"
    fi
    rm -rf "kill$round"
done
result $bad "killed ten times ($partial times half way), each completed to the exact count"

# No worker outlives its importer.
mkfifo pipe
"$YAGURA" import --data fifo --json - <pipe >/dev/null 2>&1 &
pid=$!
exec 9>pipe
head -n 1000 big.json >&9
sleep 0.5
children=$(cat /proc/$pid/task/*/children 2>/dev/null)
kill -9 $pid
wait $pid 2>/dev/null
exec 9>&-
sleep 0.3
left=0
for c in $children; do [ -e "/proc/$c" ] && ! grep -q '^State:.Z' "/proc/$c/status" && left=1; done
is "no worker outlives a killed importer" $left 0

# Out of space: a full file system where one can be mounted, else a limit on file size.
run bash -c 'ulimit -f 400; trap "" XFSZ; exec "$@"' - \
    "$YAGURA" import --data small --json big.json
is "a file size limit: it fails" "$STATUS" 1
is "with one line that says so" "$(grep -c . err) $(grep -cEi 'full|space|too large|limit|written|I/O' err)" "1 1"
"$YAGURA" doctor --data small --json >doctor.out 2>doctor.err
is "the store is whole" "$? $(grep -c '"whole":true' doctor.out)" "0 1"
had=$(total doctor.out)
run "$YAGURA" import --data small --json big.json
is "with space again it completes" "$STATUS $((had + $(field stored)))" "0 $WANT"

mkdir disk
if mount -t tmpfs -o size=1500k none disk 2>/dev/null; then
    run "$YAGURA" import --data disk/st --json big.json
    is "a full disk: it fails" "$STATUS" 1
    is "with one line" "$(wc -l <err)" 1
    "$YAGURA" doctor --data disk/st --json >doctor.out 2>doctor.err
    st=$?
    had=$(total doctor.out)
    mount -o remount,size=200m disk
    [ $st -eq 0 ] || { "$YAGURA" doctor --data disk/st --json >doctor.out; st=$?; had=$(total doctor.out); }
    is "the store is whole" "$st $(grep -c '"whole":true' doctor.out)" "0 1"
    run "$YAGURA" import --data disk/st --json big.json
    is "with space again it completes" "$STATUS $((had + $(field stored)))" "0 $WANT"
    umount disk
else
    skip "a full disk" "no file system can be mounted here"
fi

# Triage into a store, killed: what is judged once is judged once.
import_sample learn s >/dev/null
"$YAGURA" train --data learn --quiet --out m >/dev/null
: >nothing.json # the first triage gives the store its secret: all copies draw alike
echo "audits_per_day: 12" >few.yaml
TRIAGE=("$YAGURA" triage --config few.yaml --model m)
"${TRIAGE[@]}" --data t1 --format eve nothing.json >/dev/null
cp -r t1 t2
cp -r t1 t3
"${TRIAGE[@]}" --data t1 day.json >lines.whole
( "${TRIAGE[@]}" --data t2 day.json >/dev/null 2>&1 & pid=$!
    sleep 0.15; kill -9 $pid; wait $pid 2>/dev/null ) 2>/dev/null
"${TRIAGE[@]}" --data t2 day.json >/dev/null
for d in t1 t2; do
    "$YAGURA" doctor --data $d --json | sed 's/.*"alerts":\([0-9]*\),"contexts":\([0-9]*\).*/\1 \2/' >$d.n
    "$YAGURA" queue --data $d --json --limit 100000 >$d.queue
done
same "triage killed and repeated: counts" t1.n t2.n
same "triage killed and repeated: the queue" t1.queue t2.queue
# A file that grows between two readings: runs that were not drawn go on.
for n in 1000 3000 100000; do
    head -n $n day.json >grown.json
    "${TRIAGE[@]}" --data t3 grown.json 2>/dev/null
done >lines.parts
"$YAGURA" queue --data t3 --json --limit 100000 >t3.queue
same "triage of a file that grows: lines" lines.whole lines.parts
same "triage of a file that grows: the queue" t1.queue t3.queue
# A run is tossed once, whatever the rate is when it goes on, and counted once.
for d in t1 t2 t3; do
    "$YAGURA" audit --data $d --json --limit 100000 | grep -o '"id":"[0-9a-f]*"' | sort >$d.drawn
    "$YAGURA" audit status --data $d --model m --json | grep -o '"runs_[a-z]*":[0-9]*' >$d.counts
done
same "killed, grown or whole: the same runs are drawn" t1.drawn t2.drawn t3.drawn
same "and as many are counted as closed" t1.counts t2.counts t3.counts

# The public data set: every line a record, equal lines too.
if [ -r "$DATA/ait-ads/fox_alerts.csv.xz" ]; then
    f=$(ls "$DATA"/ait-ads/*_alerts.csv.xz)
    # shellcheck disable=SC2086
    run "$YAGURA" import --data ait --map "$ROOT/maps/ait-ads.yaml" --json $f
    is "AIT-ADS: 720,209 records" "$STATUS $(field stored) $(field duplicate)" "0 720209 0"
    # shellcheck disable=SC2086
    run "$YAGURA" import --data ait --map "$ROOT/maps/ait-ads.yaml" --json $f
    is "AIT-ADS again: nothing new" "$STATUS $(field stored) $(field duplicate)" "0 0 720209"
else
    skip "AIT-ADS" "no $DATA/ait-ads"
fi
done_testing
