#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Packets of alerts: found in captures, kept, learned from and shown, always the same bytes;
# a capture that cannot be read or is being indexed is said once.
# once: processes and files, whatever the compiler (tools/run-tests)
. "$(dirname "$0")/tap.sh"

make_sample s 3 600 24
import_sample plain s >/dev/null
result $? "sample: imported without packets"
"$YAGURA" train --data plain --quiet --out m >/dev/null
result $? "a model"
day=(s/cedar-03/day-*/eve.json)
ids() { sed -n 's/^{"id":"\([0-9a-f]*\)".*/\1/p' "$1"; }
# control FILE: bytes that would move a terminal's cursor.
control() { LC_ALL=C tr -d '\n\040-\176\200-\377' <"$1" | wc -c; }

# The packets that the records carry, as captures of their own.
"$YAGURA" triage --data own --model m --tenant x "${day[@]}" >told
mkdir caps
for id in $(ids told); do
    "$YAGURA" packets --data own --alert "$id" --pcap "caps/$id.pcap" >said 2>/dev/null ||
        rm -f "caps/$id.pcap"
    [ -e first.said ] || [ ! -e "caps/$id.pcap" ] || { cp said first.said && first=$id; }
done
n=$(find caps -type f | wc -l)
[ "$n" -gt 20 ]
result $? "packets --pcap: $n of $(wc -l <told) alerts carry a packet"
is "packets --pcap: the SHA-256 is the file's" "$(sed 's/.*SHA-256 //' first.said)" \
    "$(sha256sum <"caps/$first.pcap" | cut -d' ' -f1)"
"$YAGURA" packets --data own --alert --json "$first" --pcap again.pcap >said.json
is "packets --pcap --json: too" "$(sed 's/.*"sha256":"\([0-9a-f]*\)".*/\1/' said.json)" \
    "$(sha256sum <"caps/$first.pcap" | cut -d' ' -f1)"
same "packets --pcap: twice the same bytes" "caps/$first.pcap" again.pcap

# seen FILE BLIND: the lines of FILE but those of alerts that BLIND has without a score, and
# without the gates that only a store can evaluate.
seen() {
    grep '"blind":true' "$2" | cut -d'"' -f4 >blind
    grep -vFf blind "$1" | sed 's/"gates_not_evaluated":\[[^]]*\],//'
}
# With the captures: whatever the number of workers. The first triage gives the store the
# secret of its coin: all copies draw alike.
: >nothing.json
"$YAGURA" triage --data t0 --model m --tenant x --format eve nothing.json >/dev/null
for w in 1 2 4; do
    cp -r t0 "t$w"
    "$YAGURA" triage --data "t$w" --model m --workers $w --tenant x --packets caps \
        "${day[@]}" >"told$w" 2>"told$w.err"
    "$YAGURA" queue --data "t$w" --json --limit 1000 >"queue$w"
    "$YAGURA" triage --model m --workers $w --tenant x --packets caps --summary --json \
        "${day[@]}" s/cedar-03/day-*/wazuh.json >"sum$w"
    import_tenant "i$w" s cedar-03 --workers $w --packets caps >"import$w" 2>"import$w.err"
    "$YAGURA" train --data i1 --workers $w --quiet --json --out "m$w" >"train$w"
done
"$YAGURA" train --data i4 --quiet --json --out own4 >train-own4
same "triage --packets: lines" told1 told2 told4
same "triage --packets: the queue" queue1 queue2 queue4
same "triage --packets: counts" sum1 sum2 sum4
same "import --packets: counts" import1 import2 import4
same "train: the model learned with packets" m1 m2 m4
same "train: nor does it depend on how many workers imported" train1 train-own4
found=$(field with-packets sum1)
[ "${found:-0}" -ge "$n" ]
result $? "with-packets: ${found:-none} alerts, $n captures"
"$YAGURA" triage --data t4 --model m --tenant x --packets caps --summary --json "${day[@]}" \
    >again 2>/dev/null
is "with-packets: what was stored before does not count" \
    "$(field alerts again) $(field with-packets again)" "0 0"
is "with-packets: import finds the same" "$(field with-packets import1)" "$found"
ids told1 | sort >ids1
ids told | sort >ids
same "the alerts are those without packets" ids ids1
rm -rf tmp && mkdir tmp
TMPDIR=$DIR/tmp "$YAGURA" triage --model m --tenant x --packets caps "${day[@]}" >unstored
seen told1 told1 >told1.seen
seen unstored told1 >unstored.seen
same "triage --packets: as without a store" told1.seen unstored.seen
is "and its folder for the index is removed" "$(ls tmp)" ""

# What was kept is shown when the captures are gone.
mv caps away
for view in summary hex ascii stream; do
    for way in both to-server to-client; do
        run "$YAGURA" packets --data t1 --alert "$first" --view $view --way $way --all
        [ "$STATUS" -eq 0 ] && [ "$(control out)" -eq 0 ] && [ ! -s err ] &&
            [ -s out ]
        result $? "packets --view $view --way $way: shown, without control bytes"
    done
done
run "$YAGURA" packets --data t1 --alert --json "$first"
is "packets --json: one line" "$STATUS $(wc -l <out) $(head -c 1 out)" "0 1 {"
st=0
for id in $(ids told1 | head -40); do
    run "$YAGURA" packets --data t1 --alert "$id" --view hex
    [ "$STATUS" -le 1 ] && [ "$(control out)" -eq 0 ] && [ "$(control err)" -eq 0 ] || st=1
done
result $st "packets: any alert is shown, or said to have none"
"$YAGURA" packets --data t1 --alert "$first" --pcap kept1.pcap >/dev/null
"$YAGURA" packets --data t4 --alert "$first" --pcap kept4.pcap >/dev/null
same "packets --pcap: kept alike by any number of workers" kept1.pcap kept4.pcap
ok "explain: an alert with packets" "$YAGURA" explain --data t1 --model m "$first"
expect "packets: a wrong view" 2 "write summary, hex, ascii or stream" \
    "$YAGURA" packets --data t1 --alert "$first" --view colour
expect "packets: a wrong way" 2 "write both, to-server or to-client" \
    "$YAGURA" packets --data t1 "$first" --way up
"$YAGURA" triage --data own --model m --tenant y s/cedar-03/day-01/wazuh.json >wazuh
expect "packets: there are none" 1 "no packets are kept" \
    "$YAGURA" packets --data own --alert "$(ids wazuh | head -1)"
run=$("$YAGURA" queue --data t1 --json --limit 1000 |
    grep -o '"id":"[0-9a-f]*"[^{}]*"worst_alert":"[0-9a-f]*"' |
    sed 's/"id":"\([0-9a-f]*\)".*"worst_alert":"\([0-9a-f]*\)"/\1 \2/' |
    awk '$1 != $2' | head -1)
if [ -n "$run" ]; then
    expect "packets: of a run the most dangerous alert, and that is said" 0 "${run#* }" \
        "$YAGURA" packets --data t1 "${run% *}"
    "$YAGURA" packets --data t1 --alert "${run#* }" >worst
    same "packets: it is that alert" out worst
    expect "packets --alert: the one that began the run" 0 "" \
        "$YAGURA" packets --data t1 --alert "${run% *}"
    expect "explain: of a run the most dangerous alert, and that is said" 0 "${run#* }" \
        "$YAGURA" explain --data t1 --model m "${run% *}"
    is "explain: it is that alert" "$(awk 'NR == 1 { print $2 }' out)" "${run#* }"
    expect "explain --alert: the one that began the run" 0 "" \
        "$YAGURA" explain --data t1 --model m --alert "${run% *}"
    is "explain --alert: it is that one" "$(awk 'NR == 1 { print $2 }' out)" "${run% *}"
else
    skip "packets: of a run" "no run whose first alert is not its worst"
fi

expect "--packets: a path that is missing" 1 "cannot read .*caps" \
    "$YAGURA" triage --model m --packets caps "${day[0]}"
mv away caps

# An alert without kept packets: the store's index is asked, if it is of these captures, by
# the question that keeps them. The first packet comes again after ten minutes.
cp -r caps copy
u32() { od -An -tu4 -j"$1" -N4 "caps/$first.pcap" | tr -d ' '; }
at=$(($(u32 24) + 600)) len=$(u32 32)
{
    # shellcheck disable=SC2059
    printf "$(printf '\\x%02x' $((at & 255)) $((at >> 8 & 255)) $((at >> 16 & 255)) \
        $((at >> 24)))"
    tail -c +29 "caps/$first.pcap" | head -c $((12 + len))
} >again
cat again >>"caps/$first.pcap"
echo "packets_after: 1 h" >later.yaml
for after in "" "--config later.yaml"; do
    # shellcheck disable=SC2086
    "$YAGURA" triage --data "kept${after#* }" $after --model m --tenant x --packets caps \
        "${day[@]}" >/dev/null
    "$YAGURA" packets --data "kept${after#* }" --alert "$first" --pcap "kept${after#* }.pcap" >/dev/null
done
"$YAGURA" triage --data bare --model m --tenant x "${day[@]}" >/dev/null
cp -r kept/packets bare
TMPDIR=nowhere "$YAGURA" packets --data bare --packets caps --alert "$first" \
    --pcap shown.pcap >/dev/null
same "packets of captures: those that would be kept, from the store's index" kept.pcap shown.pcap
TMPDIR=nowhere "$YAGURA" packets --data bare --packets caps --config later.yaml \
    --alert "$first" --pcap shown.pcap >/dev/null
same "packets of captures: packets_after counts" keptlater.yaml.pcap shown.pcap
cmp -s kept.pcap shown.pcap
is "packets of captures: and makes a difference" $? 1
expect "packets: other captures are indexed apart" 1 "cannot make a folder in nowhere" \
    env TMPDIR=nowhere "$YAGURA" packets --data bare --packets copy --alert "$first"
"$YAGURA" packets --data bare --packets copy --alert "$first" --pcap copied.pcap >/dev/null
result $? "packets: and shown"
TMPDIR=nowhere "$YAGURA" packets --data bare --packets caps --alert "$first" >/dev/null
result $? "packets: and the store's index is as it was"
cp "copy/$first.pcap" caps && rm -rf copy
echo "no capture" >caps/note.pcap
"$YAGURA" triage --model m --tenant x --packets caps "${day[@]}" >note 2>note.err
seen note told1 >note.seen
same "--packets: a file that is no capture is passed over" told1.seen note.seen

# Somebody else is indexing: what is indexed is asked, and that is said once.
exec 9<>t2/packets/lock
flock -n 9
"$YAGURA" triage --data t2 --model m --tenant z --packets caps "${day[@]}" >busy 2>busy.err
result $? "an index that is being made is asked"
exec 9>&-
ids busy | sort >ids.busy
is "and every alert is judged" "$(wc -l <ids.busy)" "$(wc -l <ids1)"
is "with one warning" "$(grep -c 'indexed so far' busy.err)" 1
done_testing
