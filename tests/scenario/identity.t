#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Whose capture it was must not help: weeks later, with other addresses (of the same
# networks and sides), MACs and free ports, every alert has the same risk and every row
# the same bits. `rename` makes the other capture; what content names, it keeps.
# once: processes and files, whatever the compiler (tools/run-tests)
. "$(dirname "$0")/tap.sh"

RENAME=$ROOT/tests/scenario/rename
ROWS="${O:-$ROOT/build/release}/bench/bench_rows"
CASES=$DATA/eve-cases

# judge WHICH: what triage says of r/WHICH, but for whom and when it names.
judge() {
    local packets=()
    [ -s "r/$1.pcap" ] && packets=(--packets "r/$1.pcap")
    "$YAGURA" triage --model m --quiet "${packets[@]}" "r/$1.json" | sed -E \
        -e 's/"(id|@timestamp|source\.ip|destination\.ip|network\.community_id)":"[^"]*",?//g'
}
# rows WHICH: its rows of features.
rows() {
    rm -rf cache
    if [ -s "r/$1.pcap" ]; then
        "$ROWS" "r/$1.json" cache "r/$1.pcap" 2>rows.err
    else
        "$ROWS" "r/$1.json" 2>rows.err
    fi
}
# differ NAME A B: both hold the same, and something.
differ() {
    [ -s "$2" ] && cmp -s "$2" "$3" && return
    echo "# $1"
    diff "$2" "$3" | head -4 | cut -c1-300 | sed 's/^/# /'
    return 1
}
# compare NAME: r/was against r/now.
compare() {
    local st=0 w
    for w in was now; do
        judge $w >"judge.$w"
        rows $w >"rows.$w"
    done
    differ "$1: judgement" judge.was judge.now || st=1
    differ "$1: rows" rows.was rows.now || st=1
    return $st
}

# ---- made-up customers --------------------------------------------------------------
make_sample s 5 600 12
for t in $SAMPLE_TENANTS; do
    "$YAGURA" import --data st --tenant "$t" --quiet --verdicts "s/$t/verdicts.csv" \
        "s/$t"/day-*/eve.json >/dev/null
done
"$YAGURA" train --data st --quiet --out m >/dev/null
cat s/aoba-01/day-*/eve.json >all.json
"$RENAME" r 53 all.json >renamed
sed 's/^/# sample: /' renamed
compare sample
result $? "made-up alerts: the same risk and rows for somebody else, a year later"
is "the model tells these alerts apart" \
    "$([ "$(grep -o '"risk32":[0-9]*' judge.was | sort -u | wc -l)" -gt 50 ] && echo yes)" yes
[ "$(cut -d' ' -f1 renamed)" -gt 20 ]
result $? "most of their addresses were renamed"
# The comparison sees a change: an internal address made external.
sed -E 's/"dest_ip":"10\./"dest_ip":"11./' r/now.json >r/turned.json
judge turned >judge.turned
! cmp -s judge.was judge.turned
result $? "a side that changes is noticed"

# ---- real captures ------------------------------------------------------------------
if [ ! -d "$CASES/pcap" ]; then
    skip "real captures: the same risk and rows" "no eve-cases in $DATA"
    done_testing
    exit
fi
# Small captures in plain pcap, in the order of the table: one of twelve is compared, the
# model learns from one of six.
rm -rf st m
n=0 learned=0 compare=()
while IFS=$'\t' read -r case _ level _ graded _; do
    pcap=$CASES/pcap/$case.pcap.gz
    [ "$graded" = 1 ] && [ -f "$pcap" ] && [ "$(stat -Lc %s "$pcap")" -lt 60000 ] || continue
    [ "$(gzip -dc "$pcap" | head -c 4 | od -An -tx1)" = " d4 c3 b2 a1" ] || continue
    n=$((n + 1))
    if [ $((n % 12)) -eq 0 ]; then
        compare+=("$case")
    elif [ $((n % 6)) -eq 1 ]; then
        "$YAGURA" import --data st --tenant "t$((learned % 4))" --source "$case" \
            --verdict "$level" --packets "$pcap" --quiet "$CASES/eve/$case.json.gz" \
            >/dev/null 2>>import.err
        learned=$((learned + 1))
    fi
done < <(tail -n +2 "$CASES/cases.tsv")
ok "a model of $learned captures with their packets" \
    "$YAGURA" train --data st --quiet --out m
wrong=0 moved=0 seen=0
for case in "${compare[@]}"; do
    rm -rf r
    "$RENAME" r 53 "$CASES/eve/$case.json.gz" "$CASES/pcap/$case.pcap.gz" >renamed ||
        { wrong=$((wrong + 1)) && continue; }
    moved=$((moved + $(cut -d' ' -f1 renamed))) seen=$((seen + $(cut -d' ' -f3 renamed)))
    compare "$case" || wrong=$((wrong + 1))
done
echo "# ${#compare[@]} captures, $moved of $seen addresses renamed; the others are in content"
is "real captures: the same risk and rows" "$wrong" 0
[ $((moved * 2)) -gt "$seen" ]
result $? "more than half of the addresses were renamed"
done_testing
