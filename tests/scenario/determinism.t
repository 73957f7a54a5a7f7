#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Same input, same policy, same bytes: whatever the number of workers, run after run.
. "$(dirname "$0")/tap.sh"

make_sample s 3 1200 24
make_sample again 3 1200 24
make_sample other 4 1200 24
ok "sample: the same seed gives the same tree" diff -r s again
diff -rq s other >/dev/null
is "sample: another seed another one" $? 1

for w in 1 2 4; do import_sample "st$w" s --workers $w >"import$w"; done
same "import: counts do not depend on workers" import1 import2 import4
for w in 1 2 4; do
    "$YAGURA" train --data st1 --workers $w --quiet --json --out "m$w" >"train$w"
done
"$YAGURA" train --data st4 --quiet --json --out own4 >train-own4
same "train: the model file does not depend on workers" m1 m2 m4
same "train: nor what it prints" train1 train2 train4
same "train: nor on how many workers imported" train1 train-own4
"$YAGURA" train --data st1 --quiet --seed 2 --out mseed >/dev/null
cmp -s m1 mseed
is "train: another seed, another model" $? 1

for w in 1 2 4; do
    "$YAGURA" triage --workers $w --model m1 --tenant birch-02 s/birch-02/day-*/eve.json \
        s/birch-02/day-*/wazuh.json >"triage$w"
    "$YAGURA" triage --workers $w --model m1 --map s/firewall.map.yaml \
        s/birch-02/day-*/firewall.csv >"fw$w"
done
same "triage: EVE and Wazuh together" triage1 triage2 triage4
"$YAGURA" triage --model own4 --tenant birch-02 s/birch-02/day-*/eve.json \
    s/birch-02/day-*/wazuh.json >triage-own4
same "triage: with the model of another store of the same history" triage1 triage-own4
same "triage: delimited" fw1 fw2 fw4
"$YAGURA" triage --model m1 --tenant birch-02 s/birch-02/day-*/eve.json \
    s/birch-02/day-*/wazuh.json >triage1b
same "triage: twice the same bytes" triage1 triage1b
is "triage: one line an alert" "$(wc -l <triage1)" \
    "$(awk -F, '$1 !~ /firewall/ && NR > 1' s/birch-02/verdicts.csv | wc -l)"
cat s/birch-02/day-01/eve.json | "$YAGURA" triage --model m1 - >stdin1
"$YAGURA" triage --model m1 s/birch-02/day-01/eve.json >file1
same "triage: standard input as the file" file1 stdin1
for z in gzip xz zstd; do
    command -v $z >/dev/null || { skip "triage: $z" "no $z here"; continue; }
    $z -c s/birch-02/day-01/eve.json >"eve.$z"
    "$YAGURA" triage --model m1 "eve.$z" >"file-$z"
    same "triage: $z as the plain file" file1 "file-$z"
done

for w in 1 2 4; do
    "$YAGURA" evaluate --data st1 --workers $w --quiet --json --train aoba-01,birch-02 \
        --test cedar-03 >"evaluate$w"
done
same "evaluate" evaluate1 evaluate2 evaluate4
"$YAGURA" evaluate --data st4 --quiet --json --train aoba-01,birch-02 --test cedar-03 \
    >evaluate-other
same "evaluate: of a store made with other workers" evaluate1 evaluate-other

# An attempt counts, so each is made on a copy; the hour of the attempt is in its text,
# and so in its digest.
"$YAGURA" train --data st1 --quiet --until 2026-01-06T00:00:00Z >/dev/null
for w in 1 2 4; do
    cp -r st1 "c$w"
    "$YAGURA" certify --data "c$w" --workers $w --json |
        sed 's/"made":"[^"]*"/"made":""/g; s/"digest":"[^"]*"/"digest":""/g' >"certify$w"
done
same "certify" certify1 certify2 certify4

# Triage into a store: decisions, queue and what is in the store.
# The coin's secret is the store's, so each is a copy of one that has it.
"$YAGURA" triage --data t0 --model m1 --tenant w --summary s/cedar-03/day-01/wazuh.json \
    >/dev/null
# seen FILE BLIND: the lines of FILE but those of alerts that BLIND has without a score, and
# without the gates that only a store can evaluate.
seen() {
    grep '"blind":true' "$2" | cut -d'"' -f4 >ids
    grep -vFf ids "$1" | sed 's/"gates_not_evaluated":\[[^]]*\],//'
}
for w in 1 2 4; do
    cp -r t0 "t$w"
    "$YAGURA" triage --data "t$w" --model m1 --workers $w --tenant x \
        s/cedar-03/day-*/eve.json >"stored$w"
    "$YAGURA" queue --data "t$w" --json --limit 1000 >"queue$w"
done
same "triage --data: lines" stored1 stored2 stored4
same "triage --data: the queue" queue1 queue2 queue4
"$YAGURA" triage --model m1 --tenant x s/cedar-03/day-*/eve.json >unstored
seen unstored stored1 >unstored.seen
seen stored1 stored1 >stored.seen
ok "triage --data: some are judged without the score" grep -q '"blind":true' stored1
same "triage --data: the others as without a store, for a new tenant" stored.seen \
    unstored.seen
"$YAGURA" triage --data t1 --model m1 --tenant x s/cedar-03/day-*/eve.json >again.out \
    2>again.err
is "triage --data: a second time judges nothing" "$(wc -c <again.out)" 0
ok "triage --data: and says so" grep -q "stored before and are not judged again" again.err
"$YAGURA" triage --data t2 --model m1 --tenant y s/cedar-03/day-01/eve.json >day1
"$YAGURA" triage --data t2 --model m1 --tenant y s/cedar-03/day-02/eve.json >>day1
"$YAGURA" triage --model m1 --tenant y s/cedar-03/day-*/eve.json >both
seen both day1 >both.seen
seen day1 day1 >day1.seen
same "triage --data: day after day as both days at once" both.seen day1.seen
done_testing
