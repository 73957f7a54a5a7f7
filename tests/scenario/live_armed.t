#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A server that closes what it receives, and what stops it while it runs: an order, a
# confirmed attack, what the audit finds, a rule that is refuted; and that it stays so when
# the server ends, or dies, and begins again.
# once: processes and files, whatever the compiler (tools/run-tests)
. "$(dirname "$0")/tap.sh"
server=
trap '[ -z "$server" ] || kill -9 $server 2>/dev/null; cd /; rm -rf "$DIR"' EXIT

cat >gen.awk <<'A'
function alert(t, src, dst, sid, name, level, incident, severity) {
    printf "{\"timestamp\":\"%s.%06d+0000\",\"event_type\":\"alert\",\"src_ip\":\"%s\"," \
        "\"src_port\":40000,\"dest_ip\":\"%s\",\"dest_port\":%d,\"proto\":\"TCP\",\"alert\":" \
        "{\"action\":\"allowed\",\"gid\":1,\"signature_id\":%d,\"rev\":1,\"signature\":\"%s\"," \
        "\"category\":\"Misc\",\"severity\":%d}}\n", strftime("%Y-%m-%dT%H:%M:%S", t, 1), ++n % 1000000,
        src, dst, sid % 7 + 80, sid, name, severity > ("part" part ".json")
    print "part" part ".json," ++line[part] "," level ",," incident > "verdicts.csv"
}
BEGIN {
    day = 1767571200 # 2026-01-05
    print "file,line,level,reason,incident" > "verdicts.csv"
    for (part = 1; part <= 4; part++)
        for (i = 0; i < 2400; i++) {
            t = day + int(((part - 1) * 3 + 3 * i / 2400) * 86400)
            k = int(i / 10) % 250
            ours = k * 7 % 10 < 7
            alert(t, "10.1." int(i / 250) "." i % 250, "10.9.0." i % 250, 2000001 + i % 3, "noise " i % 3, "FP", "", 3)
            if (i % 10 == 0)
                alert(t + 1, "172.16." part "." k, "172.20." part "." k, 3000001 + k % 2, "break-in " k % 2,
                      k % 2 ? "L4" : "L3", "case" part "-" i, 1)
            if (i % 10 == 5)
                alert(t + 2, "10." (ours ? 66 : 67) "." part "." k, "10.99." part "." k, 4000001, "sweep",
                      ours ? "FP" : "L3", ours ? "" : "sweep" part "-" i, 2)
        }
}
A
awk -f gen.awk
free_port() {
    perl -MIO::Socket::INET -e \
        'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1")->sockport'
}
http=$(free_port) web=$(free_port)
cat >y.yaml <<EOF
data: $DIR/live
listen: 127.0.0.1:$web
workers: 2
inputs:
  - { type: http, tenant: t, source: ids, listen: "127.0.0.1:$http", format: eve }
thin:
  - name: own-sweeps
    owner: lead@example.org
    reason: change 4711
    expires: 2099-01-01
    match: { rule.id: "1:4000001", source.ip: 10.66.0.0/16 }
    do: close
EOF
start() {
    "$YAGURA" serve --no-login --config y.yaml >serve.out 2>>serve.err &
    server=$!
    for _ in $(seq 300); do
        curl -sf --max-time 5 -o health "http://127.0.0.1:$web/healthz" && return 0
        kill -0 $server 2>/dev/null || return 1
        sleep 0.1
    done
    return 1
}
echo 0 >stored
post() { # FILE: in pieces, so that there are many batches, until all is stored
    split -l 97 "$1" piece.
    for f in piece.*; do
        curl -sf -o reply --data-binary @"$f" "http://127.0.0.1:$http/ingest" || return 1
        rm "$f"
    done
    echo $(($(cat stored) + $(wc -l <"$1"))) >stored
    for _ in $(seq 60); do
        "$YAGURA" sources --config y.yaml --json >sources
        [ "$(jq '.sources[0].stored' sources)" = "$(cat stored)" ] && return 0
        sleep 0.2
    done
    return 1
}
closed() { curl -sf "http://127.0.0.1:$web/api/v1/stats" | jq '[.. | .closed? // empty] | first'; }
# closes FILE: how many of these the server closes
closes() {
    local before
    before=$(closed)
    post "$1" || echo "not stored"
    echo $(($(closed) - before))
}
order() { "$YAGURA" "$1" --config y.yaml --tenant t --who ada --why "asked for" >order.out 2>&1; }
part() { sed -n "$2,$3p" "part$1.json"; }

for p in 1 2; do
    "$YAGURA" import --data live --quiet --tenant t --source ids --verdicts verdicts.csv "part$p.json" >/dev/null
done
"$YAGURA" train --data live --quiet --until 2026-01-08T00:00:00Z >/dev/null
"$YAGURA" certify --config y.yaml --quiet --tenant t --json >cert.json
ok 'a certificate that may arm' grep -q '"may_arm":true' cert.json
start
is 'a server that has a model begins' $? 0

# ---- shadow, and orders beside the running server ---------------------------------------------
part 3 1 600 >p
is 'before it is armed nothing is closed' "$(closes p)" 0
order arm
is 'armed beside it' $? 0
part 3 601 1200 >p
n=$(closes p)
[ "$n" -gt 300 ]
result $? "the next batch closes: $n of 600"
"$YAGURA" thin --config y.yaml --json >thin.json
[ "$(grep -o '"rule":"own-sweeps",[^}]*' thin.json | sed 's/.*"closed"://')" -gt 10 ]
result $? "also by the rule"
order disarm
part 3 1201 1500 >p
is 'disarmed, the next batch closes nothing' "$(closes p)" 0
"$YAGURA" queue --config y.yaml --json --limit 100000 >queue.json
[ "$(jq '[.runs[].would_close] | add' queue.json)" -gt 100 ]
result $? 'what would close waits and is marked'
for page in 1 2 3 4 5 6 7 8 9 10; do # what would close stands last
    curl -sf "http://127.0.0.1:$web/api/v1/queue?limit=100&page=$page" >api.json
    grep -q '"rule":"own-sweeps' api.json && break
done
ok 'the API names the rule' grep -q '"rule":"own-sweeps (lead@' api.json
id=$(jq -r '[.runs[] | select(.rule)] | first | .id' api.json)
curl -sf "http://127.0.0.1:$web/run/$id" >run.html
ok 'and so does the page' grep -q 'rule <bdi>own-sweeps (lead@example.org, change 4711, expires 2099-01-01)</bdi> asks' run.html
order arm
part 3 1501 1800 >p
n=$(closes p)
[ "$n" -gt 150 ]
result $? "armed again, it closes: $n of 300"

# ---- a confirmed attack holds what is near it ---------------------------------------------------
"$YAGURA" queue --config y.yaml --json --limit 100000 >queue.json
# A run of noise that waits; alerts of other sources to its destination, at about its time.
read -r id dst when < <(jq -r '[.runs[] | select(.["rule.name"] == "noise 1")] | last |
    .id + " " + .["destination.ip"] + " " + .last' queue.json)
near() { # from, until: alerts for that host from elsewhere
    for n in $(seq "$1" "$2"); do
        printf '{"timestamp":"%.19s.%06d+0000","event_type":"alert","src_ip":"10.77.0.%d","src_port":40000,"dest_ip":"%s","dest_port":%d,"proto":"TCP","alert":{"action":"allowed","gid":1,"signature_id":2000002,"rev":1,"signature":"noise 1","category":"Misc","severity":3}}\n' \
            "$when" "$n" "$n" "$dst" $((2000002 % 7 + 80))
    done
}
near 1 4 >p # few: many alike would be drift
n=$(closes p)
[ "$n" -gt 1 ]
result $? "before the verdict such alerts close: $n of 4"
"$YAGURA" verdict --config y.yaml "$id" L4 --who ada >/dev/null
near 5 8 >p
is 'near a confirmed attack none does' "$(closes p)" 0
"$YAGURA" queue --config y.yaml --json --limit 100000 >queue.json
[ "$(jq '[.runs[] | select(.["source.ip"] | startswith("10.77.0.")) | select(.gates | index("open-threat"))] | length' queue.json)" -gt 1 ]
result $? 'and the gate says so'
part 3 1801 1900 >p
n=$(closes p)
[ "$n" -gt 30 ]
result $? "what is not near it closes: $n of 100"

# ---- ended and dead, and begun again ------------------------------------------------------------
kill -TERM $server
wait $server
start
part 3 1901 2200 >p
n=$(closes p)
[ "$n" -gt 150 ]
result $? "begun again it closes: $n of 300"
near 9 10 >p
is 'and still knows the attack' "$(closes p)" 0
kill -9 $server
wait $server 2>/dev/null
sleep 1
start
is 'after a crash it begins' $? 0
part 3 2201 2500 >p
n=$(closes p)
[ "$n" -gt 150 ]
result $? "and closes: $n of 300"

# ---- the audit ------------------------------------------------------------------------------
drawn() { # NETWORK: runs that wait for a blind verdict, of this network
    "$YAGURA" audit --config y.yaml --json --limit 1000 |
        jq -r --arg n "$1" '.runs[] | select(.["source.ip"] | startswith($n)) | .id'
}
drawn 10.66. >ours
[ "$(wc -l <ours)" -gt 0 ]
result $? "the coin drew $(wc -l <ours) runs that the rule would close"
for r in $(cat ours); do
    "$YAGURA" verdict --config y.yaml "$r" L4 --who ada | grep -q "was an audit" && break
done
before=$("$YAGURA" thin --config y.yaml --json | grep -o '"rule":"own-sweeps",[^}]*' | sed 's/.*"closed"://')
part 3 2501 2880 >p
n=$(closes p)
[ "$n" -gt 200 ]
result $? "an attack that the audit finds: the model goes on ($n of 380)"
is 'the rule does not' "$("$YAGURA" thin --config y.yaml --json | grep -o '"rule":"own-sweeps",[^}]*' | sed 's/.*"closed"://')" "$before"
drawn 10.1. >runs
for n in 1 9 17 25 33; do
    for r in $(sed -n "$n,$((n + 7))p" runs); do
        "$YAGURA" verdict --config y.yaml "$r" L4 --who ada >/dev/null
    done
    "$YAGURA" audit status --config y.yaml --json >status.json
    grep -q '"falls":\[[^]]*"broken"' status.json && break
done
ok 'many: the audit is broken' grep -q '"falls":\[[^]]*"broken"' status.json
part 4 1 300 >p
is 'and the running server closes nothing, by itself' "$(closes p)" 0
"$YAGURA" audit status --config y.yaml >status
ok 'with an order that says so' grep -q 't: fell .*by yagura: audits show' status
kill -TERM $server
wait $server
start
part 4 301 600 >p
is 'nor after it began again' "$(closes p)" 0
order arm
is 'nobody arms the same certificate again' "$? $(grep -c 'certify again' order.out)" '2 1'
ok 'the ledger is whole' "$YAGURA" audit verify --config y.yaml
kill -TERM $server
wait $server
is 'it ends' $? 0
server=
done_testing
