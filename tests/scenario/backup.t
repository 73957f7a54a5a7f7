#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Backups: beside a server that stores, cut short at any moment, damaged, restored to the
# same records and verdicts.
# SEED picks the moments of the kills (default: a fixed one).
# once: processes and files, whatever the compiler (tools/run-tests)
. "$(dirname "$0")/tap.sh"
. "$ROOT/tests/scenario/server.sh"
RANDOM=${SEED:-4711}
echo "# seed ${SEED:-4711}"
make_sample s 5 400 24
all() { # STORE: every record and verdict, as text
    "$YAGURA" records --data "$1" 2>/dev/null
    "$YAGURA" trail --data "$1" --json --limit 100000 --object verdict 2>/dev/null | sort
    sqlite3 "$1/yagura.db" 'SELECT hex(alert), seq, tenant, level, who, state, put_ns FROM verdict ORDER BY 1, 2'
}
digest() { all "$1" | sha256sum; }

"$YAGURA" import --data store --quiet --tenant acme s/cedar-03/day-*/eve.json >/dev/null
ids=$("$YAGURA" search --data store --json --limit 20 kind:alert | cut -d'"' -f4)
for id in $ids; do "$YAGURA" verdict --data store --quiet --who kim "$id" L1 >/dev/null; done
"$YAGURA" user add kim --role analyst --tenants acme --data store >/dev/null
before=$(digest store)
is "there is something" "$(all store | wc -l | sed 's/.*[1-9][0-9][0-9]$/many/')" many
ok "a backup" "$YAGURA" backup --data store b
name=$(ls b)
is "in a folder of its time" "$(grep -cE '^[0-9]{8}T[0-9]{6}Z$' <<<"$name")" 1
is "for its owner" "$(find b -printf '%m\n' | sort -u | paste -sd' ')" "600 700"
(cd "b/$name" && sha256sum -c --quiet manifest >/dev/null 2>../../sums)
result $? "whose manifest sha256sum reads"
ok "it is whole" "$YAGURA" restore --verify b
ok "restored" "$YAGURA" restore b --data again
is "the same records and verdicts" "$(digest again)" "$before"
ok "and sound" "$YAGURA" doctor --data again
is "people, too" "$("$YAGURA" user list --data again | sed 's/  */ /g' | tail -1 | cut -d' ' -f1,2)" "kim analyst"
is "the trail goes on, and says so" "$("$YAGURA" trail --data again --json --subject restore | grep -c '"outcome":"done"')" 1
ok "and follows" "$YAGURA" trail verify --data again
expect "not over a store" 1 "not empty" "$YAGURA" restore b --data again
expect "not from nothing" 1 "no backup that was finished" "$YAGURA" restore s --data other
expect "no store" 1 "no store" "$YAGURA" backup --data nowhere c
is "... and nothing is made" "$(ls c 2>/dev/null)" ""

# Damage is found and named, and nothing is made of it.
for f in yagura.db service.db manifest; do
    rm -rf bad && cp -r "b/$name" bad
    size=$(stat -c %s "bad/$f")
    printf 'X' | dd of="bad/$f" bs=1 seek=$((size / 2)) conv=notrunc 2>/dev/null
    expect "a byte of $f" 1 "$f" "$YAGURA" restore bad --data other
done
rm -rf bad && cp -r "b/$name" bad && truncate -s -100 bad/yagura.db
expect "cut off" 1 "yagura.db.*differs" "$YAGURA" restore bad --data other
rm -rf bad && cp -r "b/$name" bad && rm bad/service.db
expect "a file is missing" 1 "service.db is missing" "$YAGURA" restore bad --data other
rm -rf bad && cp -r "b/$name" bad && head -2 "b/$name/manifest" >bad/manifest
expect "half a manifest" 1 "manifest is damaged" "$YAGURA" restore bad --data other
rm -rf bad && cp -r "b/$name" bad && { head -1 "b/$name/manifest"; echo "$(printf '%064d' 0)  ../store/yagura.db"; } >bad/m
echo "# end $(sha256sum <bad/m | cut -d' ' -f1)" >>bad/m && mv bad/m bad/manifest
expect "a name that leads elsewhere" 1 "damaged" "$YAGURA" restore bad --data other
is "... and nothing is made" "$(ls -d other other.restoring 2>/dev/null)" ""

# Killed at any moment: the older one stays whole, the new one is not taken for one.
for i in 1 2 3 4 5 6; do
    "$YAGURA" backup --data store k >/dev/null 2>&1 &
    pid=$!
    sleep "0.0$((RANDOM % 90 + 10))"
    kill -9 $pid 2>/dev/null
    wait $pid 2>/dev/null
    sleep 1.1
    for d in k/*; do
        [ -e "$d" ] || continue
        case $d in
        *.unfinished) ! "$YAGURA" restore --verify "$d" >/dev/null 2>&1 || { echo "# $d"; bad=1; } ;;
        *) "$YAGURA" restore --verify "$d" >/dev/null 2>&1 || { echo "# $d"; bad=1; } ;;
        esac
    done
done
result ${bad:-0} "killed six times: what has its name is whole, the rest is marked"
"$YAGURA" backup --data store b >/dev/null
ok "keep" "$YAGURA" backup --data store --keep 1 k
is "leaves the newest" "$(ls k | wc -l)" 1
"$YAGURA" restore k --data r >/dev/null &
pid=$!
sleep 0.02; kill -9 $pid 2>/dev/null; wait $pid 2>/dev/null
[ -d r ] || ok "a restore that was killed is begun anew" "$YAGURA" restore k --data r
is "and whole" "$(digest r)" "$before"

# Beside a server that stores; what was acknowledged before is in it.
http=$(free_port)
settings >y.yaml
printf '  - { type: http, tenant: t, source: in, listen: "127.0.0.1:%s", format: eve }\n' "$http" >>y.yaml
serve || { echo "Bail out! no server"; exit 1; }
for i in $(seq 20); do sed "s/\"flow_id\":[ ]*/&$i/" s/cedar-03/day-*/eve.json; done >eve
count=$(wc -l <eve)
send() { curl -sf --max-time 60 -o said -H 'Content-Type: text/plain' --data-binary @"$1" "http://127.0.0.1:$http/ingest"; }
send eve
result $? "records are acknowledged"
{ for i in 1 2 3 4 5 6 7 8; do sed "s/\"flow_id\":[ ]*/&9$i/" eve >eve.$i; send eve.$i; done; } &
sender=$!
ok "a backup meanwhile" "$YAGURA" backup --data store live
wait $sender
stop
ok "restored" "$YAGURA" restore live --data moved

sed -i "s|^data: .*|data: $DIR/moved|; s|$DIR/store|$DIR/moved|" y.yaml
serve || { echo "Bail out! no server"; exit 1; }
is "what was acknowledged before it is there" "$(($(settle in "$count") >= count))" 1
accounted >/dev/null || { "$YAGURA" sources --config y.yaml --json | sed 's/^/# /'; false; }
result $? "and every record is accounted for"
send eve.8
result $? "it goes on receiving"
stop
ok "and is sound" "$YAGURA" doctor --data moved
done_testing
