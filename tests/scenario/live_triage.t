#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A server that judges what it receives as `triage` judges a file; a model that comes while
# it runs is taken, and so are verdicts and orders that people give.
# once: processes and files, whatever the compiler (tools/run-tests)
. "$(dirname "$0")/tap.sh"
server=
trap '[ -z "$server" ] || kill -9 $server 2>/dev/null; cd /; rm -rf "$DIR"' EXIT

cat >gen.awk <<'A'
function alert(t, src, dst, sid, name, level) {
    printf "{\"timestamp\":\"%s.%06d+0000\",\"event_type\":\"alert\",\"src_ip\":\"%s\"," \
        "\"src_port\":40000,\"dest_ip\":\"%s\",\"dest_port\":%d,\"proto\":\"TCP\",\"alert\":" \
        "{\"action\":\"allowed\",\"gid\":1,\"signature_id\":%d,\"rev\":1,\"signature\":\"%s\"," \
        "\"category\":\"Misc\",\"severity\":%d}}\n", strftime("%Y-%m-%dT%H:%M:%S", t, 1), ++n % 1000000,
        src, dst, sid % 7 + 80, sid, name, level == "FP" ? 3 : 1 > ("part" part ".json")
    print "part" part ".json," ++line[part] "," level > "verdicts.csv"
}
BEGIN {
    day = 1767571200 # 2026-01-05
    print "file,line,level" > "verdicts.csv"
    for (part = 1; part <= 3; part++)
        for (i = 0; i < 600; i++) {
            t = day + int(((part - 1) * 3 + 3 * i / 600) * 86400)
            alert(t, "10.1." int(i / 250) "." i % 250, "10.9.0." i % 250, 2000001 + i % 3, "noise " i % 3, "FP")
            if (i % 10 == 0)
                alert(t + 1, "172.16." part "." i / 10 % 250, "172.20." part "." i / 10 % 250,
                      3000001 + i / 10 % 2, "break-in " i / 10 % 2, i / 10 % 2 ? "L4" : "L3")
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
post() { # FILE: in pieces, so that there are many batches
    split -l 97 "$1" piece.
    for f in piece.*; do
        curl -sf -o reply --data-binary @"$f" "http://127.0.0.1:$http/ingest" || return 1
        rm "$f"
    done
}
wait_for() { # records stored
    for _ in $(seq 300); do
        "$YAGURA" sources --config y.yaml --json >sources
        [ "$(jq '.sources[0].stored' sources)" = "$1" ] && return 0
        sleep 0.1
    done
    return 1
}
runs() { # of a store's queue that are not judged blind: what they are, how they were judged
    "$YAGURA" queue --data "$1" --json --limit 10000 |
        jq -r '.runs[] | [(.["rule.name"] + "|" + .["source.ip"] + "|" + .["destination.ip"] +
               "|" + .first | gsub(" "; "_")), .risk, .predicted, .alerts] | join(" ")' | sort
}
total() { "$YAGURA" queue --data "$1" --json --limit 1 | jq '.total + .blind_total'; }

# History and a model, the same for both.
"$YAGURA" import --data live --quiet --tenant t --source ids --verdicts verdicts.csv part1.json >/dev/null
start
is "a server without a model begins" $? 0
post part2.json
wait_for 660
is "what it receives is stored" $? 0
is "and undecided" "$(total live)" 0
"$YAGURA" train --data live --quiet --until 2026-01-08T00:00:00Z >train.out 2>&1
is "a model is trained beside it" $? 0
for _ in $(seq 600); do
    grep -q "from now on the model judges" serve.err && break
    sleep 0.1
done
cp -r live file && rm -rf file/journal # what `triage` begins from
post part3.json
wait_for 1320
is "then it judges" $? 0
"$YAGURA" triage --data file --tenant t --source ids --format eve --summary --json part3.json >triage.out 2>triage.err
is "triage judges the same as a file" "$(jq .judged triage.out)" 660
is "as many wait" "$(total live)" "$(total file)"
jq -e . triage.out >/dev/null
runs live >live.runs
runs file >file.runs
# The coin draws others, by the ids, which say where a record came from: a file, a request.
cut -d' ' -f1 file.runs | join - live.runs >live.both
cut -d' ' -f1 live.runs | join - file.runs >file.both
ok "most runs are seen in both" test "$(wc -l <live.both)" -gt 300
same "run for run: risk, level and number of alerts" live.both file.both

# People, while it runs.
id=$("$YAGURA" queue --data live --json --limit 1 | jq -r '.runs[0].id')
ok "a verdict is given beside it" "$YAGURA" verdict "$id" FP --data live
is "and the run is judged" "$("$YAGURA" queue --data live --json --judged | jq .total)" 1
# An attack that a person confirms holds open what comes near it.
"$YAGURA" queue --data live --json --limit 10000 >queue.json
read -r id dst when < <(jq -r '.runs[] | select(.["rule.name"] == "noise 2") |
    .id + " " + .["destination.ip"] + " " + .last' queue.json | tail -1)
near() { # number: one more for that host, from elsewhere, at about that time
    printf '{"timestamp":"%.19s.%06d+0000","event_type":"alert","src_ip":"10.77.0.%d","src_port":40000,"dest_ip":"%s","dest_port":%d,"proto":"TCP","alert":{"action":"allowed","gid":1,"signature_id":%d,"rev":1,"signature":"noise %d","category":"Misc","severity":3}}\n' \
        "$when" "$1" "$1" "$dst" $(((2000001 + $1 % 3) % 7 + 80)) $((2000001 + $1 % 3)) $(($1 % 3))
}
closing() { # from, until: how many of these runs would close
    for n in $(seq "$1" "$2"); do near "$n"; done >piece
    want=$(($(jq '.sources[0].stored' sources) + $2 - $1 + 1))
    post piece
    wait_for $want
    "$YAGURA" queue --data live --json --limit 10000 |
        jq --argjson a "$1" --argjson b "$2" '[.runs[] | select(.["source.ip"] as $n |
            [range($a; $b + 1)] | map("10.77.0.\(.)") | index($n)) | .would_close] | add // 0'
}
ok "before a verdict such alerts would close" test "$(closing 1 20)" -gt 0
"$YAGURA" verdict "$id" L4 --data live >/dev/null
is "near a confirmed attack none does" "$(closing 21 40)" 0
"$YAGURA" verdict "$id" undo --data live >/dev/null

before=$(total live)
post part3.json
sleep 1
is "records that come again change nothing" "$(total live)" "$before"
"$YAGURA" sources --config y.yaml >text
ok "and are counted" grep -q "duplicate 660" text
kill -TERM $server
wait $server
is "it ends" $? 0
server=
done_testing
