#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What is older than a tenant's limit goes: counted, told, in the trail, beside a server, and
# whatever is killed when; the rest is sound.
# SEED picks the moments of the kills (default: a fixed one).
# once: processes and files, whatever the compiler (tools/run-tests)
. "$(dirname "$0")/tap.sh"
. "$ROOT/tests/scenario/server.sh"
RANDOM=${SEED:-4711}
echo "# seed ${SEED:-4711}"
make_sample s 5 400 24
O=${O:-$ROOT/build/release}
perl -e 'print pack("q", -400 * 86400 * 1e9)' >shift
long_ago() { # COMMAND...: by a clock 400 days ago
    ASAN_OPTIONS="${ASAN_OPTIONS:-}:verify_asan_link_order=0" SHIFTCLOCK=$PWD/shift \
        LD_PRELOAD=$O/bench/shiftclock.so "$@"
}
yg() { "$YAGURA" "$@" --data store; }
count() { yg search --tenant "$1" --limit 100000 --json '*' 2>search.err | wc -l; }
sound() { yg doctor >doctor.out 2>&1 || { sed 's/^/# /' doctor.out; false; }; }

for day in s/cedar-03/day-*; do # several blocks
    long_ago "$YAGURA" import --data store --quiet --tenant acme "$day/eve.json" >/dev/null 2>&1
    long_ago "$YAGURA" import --data store --quiet --tenant beta s/*/"$(basename "$day")/eve.json" >/dev/null 2>&1
done
acme=$(count acme) beta=$(count beta)
[ "$acme" -gt 50 ] && [ "$beta" -gt 50 ]
result $? "there are old records of two"
id=$(yg search --tenant acme --json --limit 1 kind:alert | cut -d'"' -f4)
yg verdict --quiet --who kim "$id" L1 >/dev/null
is "nothing is set: nothing goes" "$(yg retention)$(count acme)" "$acme"
yg tenant set acme keep_days=500 >/dev/null
is "not old enough" "$(yg retention | grep -c ' 0 blocks went')$(count acme)" "1$acme"
yg tenant set acme keep_days=30 >/dev/null
yg tenant set acme keep_packet_days=20 >/dev/null
yg retention --dry-run --json >would
is "what would go is told, and stays" "$(jq .dry_run would)$(count acme)" "true$acme"

# Waiting runs hold their blocks: all are judged first.
held=$(jq .held_blocks would)
[ "$held" -ge 0 ]
result $? "runs that wait hold blocks ($held)"
sqlite3 store/yagura.db "UPDATE run SET state = 2" # closed: nobody waits for them
yg retention --json >went
gone=$(($(jq .alerts went) + $(jq .logs went) + $(jq .undecodable went)))
is "as many as are missing" "$(count acme)" "$((acme - gone))"
[ "$gone" -gt 0 ]
result $? "and some are ($gone)"
grep -q 'records of acme up to .* are gone' search.err
result $? "a search says so"
yg search --tenant acme --json 'time:>=now-1d' >/dev/null 2>search.err
is "one that does not reach back does not" "$(grep -c gone search.err)" 0
is "the other's stay" "$(count beta)" "$beta"
is "with exact counts in the trail" "$(yg trail --json --verb delete --object raw --tenant acme |
    grep -c "$(jq .alerts went) alerts, $(jq .logs went) logs")" 1
ok "the store is sound" sound
is "the verdict stays" "$(sqlite3 store/yagura.db "SELECT count(*) FROM verdict WHERE state = 1")" 1
is "once" "$(yg retention --json | jq .blocks | grep -vc '^0$')" 0

# Killed whenever; beside a server that stores.
http=$(free_port)
settings >y.yaml
printf '  - { type: http, tenant: acme, source: in, listen: "127.0.0.1:%s", format: eve }\n' "$http" >>y.yaml
yg tenant set beta keep_days=30 >/dev/null
serve || { echo "Bail out! no server"; exit 1; }
cat s/cedar-03/day-*/eve.json >eve
curl -sf -o said --data-binary @eve "http://127.0.0.1:$http/ingest"
result $? "a server stores"
for i in 1 2 3 4; do
    yg retention >/dev/null 2>&1 &
    pid=$!
    sleep "0.0$((RANDOM % 60 + 10))"
    kill -9 $pid 2>/dev/null
    wait $pid 2>/dev/null
done
ok "killed four times, it goes on" yg retention
settle in "$(wc -l <eve)" >/dev/null
curl -sf -o said "http://127.0.0.1:$web/api/v1/alerts?tenant=beta" && jq -e .gone_up_to said >/dev/null
result $? "the API says what is gone"
accounted >/dev/null
result $? "every record is accounted for"
stop
[ "$(count beta)" -lt "$beta" ]
result $? "of the other they are gone, too ($(count beta) of $beta)"
ok "and all is sound" sound
done_testing
