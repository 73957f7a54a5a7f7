#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The whole program on a PostgreSQL server: the same bytes as on SQLite; a connection cut off
# or a program killed at any moment loses and doubles nothing.
# once: processes and files, whatever the compiler (tools/run-tests)
. "$(dirname "$0")/tap.sh"
. "$ROOT/tests/scenario/server.sh"
. "$ROOT/tests/scenario/postgres.sh"
start_postgres || {
    skip "the store on PostgreSQL" "$WHY"
    done_testing
    exit
}

# ---- the same as on SQLite ----------------------------------------------------------
make_sample s 3 2400 24
make_sample n 9 2400 24
database post
printf 'data: %s/post\nstore: %s\n' "$DIR" "$(address post)" >post.yaml
import_sample lite s >lite.import
import_sample post s --config post.yaml >post.import
same "import says the same" lite.import post.import
is "the folder has no database" "$(ls post)" "lock
server"
is "the schema is the store's; what an import does is in no trail" \
    "$(query post "SELECT nspname FROM pg_namespace WHERE nspname ~ 'yagura' ORDER BY 1")" \
    yagura
expect "another address is refused" 2 "belongs to the store at postgresql:///post" \
    "$YAGURA" doctor --config <(printf 'data: %s/post\nstore: postgresql://h/x\n' "$DIR")

# The coin's secret is made by whoever needs it first: both have the same one.
"$YAGURA" train --data lite --quiet >lite.train
cp -p lite/secret post/secret
"$YAGURA" train --data post --quiet >post.train # the folder knows its server
same "train says the same" lite.train post.train
same "and learns the same" lite/model.ygm post/model.ygm
for d in lite post; do
    for t in $SAMPLE_TENANTS; do
        "$YAGURA" triage --quiet --data $d --tenant "$t" --summary n/"$t"/day-*/eve.json
    done 2>&1 | sed "s/--data $d//" >$d.triage
    "$YAGURA" queue --data $d --json --limit 1000 >$d.queue
    "$YAGURA" queue --data $d --tenant birch-02 --limit 1000 >$d.birch
    "$YAGURA" replay --data $d --json --list $d.list >$d.replay
    "$YAGURA" search --data $d --json --from 2026-01-01 'source.ip:10.0.0.0/8' >$d.search \
        2>&1
    "$YAGURA" doctor --data $d --json |
        sed 's/"stored_bytes":[0-9]*//; s/"head":"[0-9a-f]*"//' >$d.doctor
done
for what in triage queue birch replay list search doctor; do
    same "$what: the same bytes" lite.$what post.$what
done
id=$(grep -o '"id":"[0-9a-f]*"' lite.queue | tail -1 | cut -d'"' -f4)
for d in lite post; do
    {
        "$YAGURA" explain --data $d "$id"
        "$YAGURA" verdict --data $d "$id" L2 --who kim --note 'a "note"'
        "$YAGURA" queue --data $d --judged --json
        "$YAGURA" verdict --data $d "$id" undo --who kim
        "$YAGURA" certify --data $d --json | sed 's/"made":"[^"]*"//g; s/"digest":"[^"]*"//g'
        "$YAGURA" audit --data $d
        "$YAGURA" records --data $d --tenant birch-02 | sha256sum
        "$YAGURA" trail --data $d verify | sed 's/[0-9a-f]\{16,\}//g'
    } >$d.work 2>&1
    sed -i "s/--data $d//; s/data $d//" $d.work
done
same "explain, verdict, certify, audit, records, trail: the same bytes" lite.work post.work
is "and rows are there" "$(query post 'SELECT count(*) FROM yagura.verdict WHERE state = 2')" 1

# ---- a backup is files ------------------------------------------------------------------
"$YAGURA" user add kim --role viewer --tenants all --data post >/dev/null
ok "a backup of a store on a server" "$YAGURA" backup --data post b
ok "restored, as files" "$YAGURA" restore b --data files
is "which are all there" "$(cd files && ls -- *.db | paste -sd' ')" "service.db trail.db yagura.db"
for d in post files; do
    {
        "$YAGURA" queue --data $d --json --limit 1000
        "$YAGURA" records --data $d --tenant cedar-03
        "$YAGURA" certify --data $d --show --json
        "$YAGURA" user list --data $d
        "$YAGURA" doctor --data $d --json | sed 's/"stored_bytes":[0-9]*//'
    } >$d.all 2>&1
done
same "the same bytes again" post.all files.all
"$YAGURA" trail verify --data files >/dev/null
is "and its trail follows" $? 0
import_sample files n >again.import
ok "it goes on by itself" "$YAGURA" doctor --data files

# ---- cut off ----------------------------------------------------------------------
cat s/*/day-*/eve.json >day.json
perl -ne 'for my $k (1 .. 12) { my $l = $_; $l =~ s/"flow_id":(\d+)/"flow_id":$1$k/; print $l }' \
    day.json >big.json
WANT=$(wc -l <big.json)
total() { "$YAGURA" doctor --data "$1" --json >doctor.out 2>doctor.err &&
    echo $(($(field alerts doctor.out) + $(field contexts doctor.out))); }
sessions="FROM pg_stat_activity WHERE datname = 'cut' AND application_name = 'yagura'"
bad=0 failed=0
database cut
start=$(date +%s%N)
printf 'data: %s/cut\nstore: %s\n' "$DIR" "$(address cut)" >cut.yaml
"$YAGURA" import --config cut.yaml --json big.json >/dev/null
took=$((($(date +%s%N) - start) / 1000000))
# moment ROUND: seeded, within what an import takes
moment() { perl -e 'srand($ARGV[0]); printf "%.3f", rand() * $ARGV[1] / 1000' "$1" $took; }
for round in $(seq 1 6); do
    rm -rf cut
    query cut 'DROP SCHEMA IF EXISTS yagura CASCADE' 2>/dev/null
    "$YAGURA" import --config cut.yaml --json big.json >out 2>err &
    pid=$!
    # Half of them in the middle of a commit, as soon as one is seen.
    if [ $((round % 2)) -eq 0 ]; then
        for _ in $(seq 400); do
            [ "$(query cut "SELECT count(pg_terminate_backend(pid)) $sessions AND query ~ 'yg_commit.*COMMIT'")" = 0 ] || break
            kill -0 $pid 2>/dev/null || break
        done
    else
        sleep "$(moment "$round")"
        query cut "SELECT pg_terminate_backend(pid) $sessions" >/dev/null
    fi
    wait $pid || failed=$((failed + 1))
    had=$(total cut)
    run "$YAGURA" import --config cut.yaml --json big.json
    [ "$STATUS" -eq 0 ] && sums && [ "$(total cut)" = "$WANT" ] &&
        [ "$(field stored)" -eq $((WANT - had)) ] || {
        bad=1
        echo "# round $round: $STATUS, had $had, stored $(field stored), $(total cut) of $WANT"
        head -3 err | sed 's/^/# /'
    }
done
result $bad "sessions ended by the server ($failed of 6 imports stopped), each completed to the exact count"

bad=0 partial=0
for round in $(seq 1 6); do
    rm -rf cut
    query cut 'DROP SCHEMA IF EXISTS yagura CASCADE' 2>/dev/null
    "$YAGURA" import --config cut.yaml --json big.json >/dev/null 2>&1 &
    pid=$!
    sleep "$(moment "$round")"
    kill -9 $pid 2>/dev/null
    wait $pid 2>/dev/null
    run "$YAGURA" import --config cut.yaml --json big.json
    [ "$(field duplicate)" = 0 ] || partial=$((partial + 1))
    [ "$STATUS" -eq 0 ] && sums && [ "$(total cut)" = "$WANT" ] || {
        bad=1
        echo "# round $round: $STATUS, stored $(field stored), $(total cut) of $WANT"
        head -3 err | sed 's/^/# /'
    }
done
result $bad "killed at 6 moments ($partial half way), each completed to the exact count"
"$YAGURA" doctor --data cut >/dev/null
is "and whole: doctor looks at every block" $? 0

# ---- a server whose sessions are ended while it works -----------------------------------
database live
http=$(free_port)
{
    settings "store: $(address live)"
    echo "  - { type: http, tenant: t, source: ids, listen: \"127.0.0.1:$http\", format: eve }"
} >y.yaml
ok "serve begins" serve
head -8000 big.json | split -l 200 - part.
sent=0
for f in part.*; do
    for _ in $(seq 100); do
        curl -sf --max-time 20 -o answer --data-binary @"$f" "http://127.0.0.1:$http/ingest" && break
        sleep 0.2
    done
    sent=$((sent + 200))
    if [ $((sent % 1600)) -eq 0 ]; then
        query live "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'live' AND application_name = 'yagura'" >/dev/null
    fi
done
ok "the console answers" curl -sf --max-time 20 -o page "http://127.0.0.1:$web/api/v1/queue"
is "all that was acknowledged is stored, once" "$(PATIENCE=300 settle ids 8000)" 8000
ok "serve ends" stop
is "and doctor counts it" "$(total store)" 8000
ok "every record is somewhere" accounted

# ---- one writer of history, wherever he is ----------------------------------------------
cp -r cut elsewhere
mkfifo pipe
"$YAGURA" import --data cut --json pipe >/dev/null 2>&1 &
pid=$!
exec 9>pipe
for _ in $(seq 100); do
    [ "$(query cut "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")" = 0 ] || break
    sleep 0.1
done
expect "a second machine that writes is told so" 1 "another yagura writes here already" \
    "$YAGURA" import --data elsewhere --json day.json
ok "and may read" "$YAGURA" queue --data elsewhere
exec 9>&-
wait $pid
stop_postgres fast
expect "a server that is not there is said" 1 "connection to server on socket" \
    "$YAGURA" queue --data cut
done_testing
