#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# bench/faults in its short form, in three parts at a time: nothing acknowledged is lost,
# nothing is doubled, everything is accounted for, whatever happens to the server.
# once: processes and files, whatever the compiler (tools/run-tests)
. "$(dirname "$0")/tap.sh"
SEED=${SEED:-4711}
echo "# seed $SEED"
part() { # file, faults
    "$ROOT/bench/faults" --quick --json --seed "$SEED" --fault "$2" >"$1" 2>"$1.err"
}
part one kill,disk-full,disk-full-journal,disk-full-store,store-locked,garbage,bomb,clock-far &
first=$!
part two kill-core,clock,core-stopped,journal-cap &
second=$!
part three half-open,descriptors,long-line,begun
wait $first $second
for f in one two three; do
    tail -1 $f | jq -e .faults >/dev/null 2>jq.err || { echo '{"faults":[{"name":"part '$f'","good":false}]}' >>$f; sed 's/^/# /' $f.err; }
    tail -1 $f | jq -c '.faults[]' >$f.rows
done
cat one.rows two.rows three.rows >rows
while read -r row; do
    name=$(jq -r .name <<<"$row")
    why=$(jq -r '.skipped // empty' <<<"$row")
    if [ -n "$why" ]; then
        skip "$name" "$why"
        continue
    fi
    [ "$(jq .good <<<"$row")" = true ]
    st=$?
    [ $st -eq 0 ] || jq . <<<"$row" | sed 's/^/# /'
    result $st "$name: nothing is lost or doubled ($(jq -r '"\(.acknowledged) records, \(.resent) sent again, \(.rss_mb.all) MB"' <<<"$row"))"
done <rows
is "every fault was tried" "$(wc -l <rows)" 16
done_testing
