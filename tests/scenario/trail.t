#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The trail of what is done at the machine: each act is written down before it is done and
# again when it ended; what was changed in the file afterwards is found.
# once: processes and files, whatever the compiler (tools/run-tests)
. "$(dirname "$0")/tap.sh"

make_sample s 5 400 24
"$YAGURA" import --data st --quiet --tenant acme --verdicts s/cedar-03/verdicts.csv s/cedar-03/day-*/eve.json >/dev/null 2>&1 ||
    "$YAGURA" import --data st --quiet --tenant acme s/cedar-03/day-*/eve.json >/dev/null
expect "nobody did anything yet" 1 "there is no trail" "$YAGURA" trail --data st
id=$("$YAGURA" search --data st --json --limit 1 kind:alert | cut -d'"' -f4)
ok "an act" "$YAGURA" verdict --data st --quiet --who kim --note "it's \"fine\"" "$id" FP
expect "an act that fails" 1 "no alert" "$YAGURA" verdict --data st --quiet --who kim 00000000 FP
expect "an act that is refused" 1 "no model" "$YAGURA" arm --data st --tenant acme --who kim
"$YAGURA" queue --data st >/dev/null # no act
"$YAGURA" audit --data st >/dev/null # no act
"$YAGURA" trail --data st --json >rows
is "two rows an act" "$(sed 's/.*"outcome":"\([a-z]*\)".*/\1/' rows | paste -sd' ')" \
    "failed begun failed begun done begun"
is "by whom, what, on what" "$(sed -n '6s/.*"who":"\([a-z]*\)".*"verb":"\([a-z]*\)","object":"\([a-z]*\)","subject":"\([0-9a-f]*\)".*/\1 \2 \3 \4/p' rows)" \
    "kim judge verdict $id"
is "with the whole command line" "$(grep -c 'verdict .* FP --note it.s \\"fine\\" --who kim' rows)" 2
is "of one" "$("$YAGURA" trail --data st --json --verb arm | wc -l)" 2
is "of nobody" "$("$YAGURA" trail --data st --json --who eve | wc -l)" 0
is "the next page" "$("$YAGURA" trail --data st --json --limit 2 --before 5 | sed 's/{"seq":\([0-9]*\).*/\1/' | paste -sd' ')" "4 3"
ok "people are acts, too" "$YAGURA" user add --data st kim@example.org --role analyst --tenants acme --json
is "and no password is among them" "$("$YAGURA" trail --data st --json --object user | grep -c '"verb":"change"')" 2

ok "verify" "$YAGURA" trail verify --data st
"$YAGURA" trail verify --data st --json >report
digest=$(sed 's/.*"digest":"\([0-9a-f]*\)".*/\1/' report)
is "all rows" "$(sed 's/.*"rows":\([0-9]*\).*/\1/' report)" 8
ok "checkpoint" "$YAGURA" trail checkpoint --data st
"$YAGURA" trail verify --data st --json >report
is "is signed" "$(sed 's/.*"checkpoints":\([0-9]*\),"after_checkpoint":\([0-9]*\).*/\1 \2/' report)" "1 0"
"$YAGURA" verdict --data st --quiet --who ada "$id" L1
ok "a digest that was written down" "$YAGURA" trail verify --data st --has "$digest"
expect "one that was not" 1 "no row has that digest" \
    "$YAGURA" trail verify --data st --has "$(printf '%064d' 0)"
expect "none" 2 "64 hex digits" "$YAGURA" trail verify --data st --has 12

sqlite3 st/trail.db "UPDATE trail_row SET who = x'616461' WHERE seq = 1"
expect "a name changed in the file is found" 1 "row 1 does not follow" "$YAGURA" trail verify --data st
expect "by audit verify, too" 1 "row 1 does not follow" "$YAGURA" audit verify --data st
sqlite3 st/trail.db "UPDATE trail_row SET who = x'6b696d' WHERE seq = 1"
ok "and put back" "$YAGURA" trail verify --data st
cp st/trail.db whole.db
sqlite3 st/trail.db "DELETE FROM trail_row WHERE seq > 7"
expect "rows that were signed are missed" 1 "signed and is gone" "$YAGURA" trail verify --data st
cp whole.db st/trail.db && rm -f st/trail.db-wal st/trail.db-shm

chmod 000 st/trail.db
if [ "$(id -u)" -ne 0 ]; then
    expect "what cannot be written down is not done" 1 "trail" "$YAGURA" verdict --data st "$id" FP
else
    mv st/trail.db away && mkdir st/trail.db
    expect "what cannot be written down is not done" 1 "trail.db" "$YAGURA" verdict --data st "$id" FP
    rmdir st/trail.db && mv away st/trail.db
fi
chmod 600 st/trail.db
is "indeed not" "$("$YAGURA" search --data st --json "id:$id" | sed 's/.*"verdict":"\([^"]*\)".*/\1/')" L1

# Two at a time: rows take turns, none is lost.
ids=$("$YAGURA" search --data st --json --limit 8 kind:alert | cut -d'"' -f4)
for i in $ids; do "$YAGURA" verdict --data st --quiet --who both "$i" FP & done
wait
is "at the same time" "$("$YAGURA" trail --data st --json --who both --limit 100 | grep -c '"outcome":"done"')" 8
ok "and one chain" "$YAGURA" trail verify --data st

# A server signs by itself: once a day in which something is written down.
before=$("$YAGURA" trail verify --data st --json | sed 's/.*"checkpoints":\([0-9]*\).*/\1/')
"$YAGURA" serve --data st --no-login --listen 127.0.0.1:0 >serve.out 2>serve.err &
server=$!
for _ in $(seq 100); do
    url=$(cat serve.out serve.err 2>/dev/null | grep -o 'http://[0-9.:]*' | head -1)
    [ -n "$url" ] && break
    sleep 0.1
done
curl -s -o page "$url/api/v1/alerts?q=kind:alert&limit=1"
for _ in $(seq 100); do
    "$YAGURA" trail verify --data st --json >report
    [ "$(sed 's/.*"checkpoints":\([0-9]*\).*/\1/' report)" -gt "$before" ] && break
    sleep 0.1
done
is "a server signs what is written down" "$(sed 's/.*"checkpoints":\([0-9]*\).*/\1/' report)" $((before + 1))
is "what it showed of records is a row" \
    "$("$YAGURA" trail --data st --json --limit 1 | grep -c '"verb":"read","object":"raw"')" 1
curl -s -o page "$url/api/v1/alerts?q=kind:alert&limit=1"
kill "$server"
wait "$server" 2>/dev/null
is "once a day" "$("$YAGURA" trail verify --data st --json | sed 's/.*"checkpoints":\([0-9]*\).*/\1/')" $((before + 1))
done_testing
