#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Everything of one alert in one answer of the API: what is told, what is withheld of runs
# that wait to be judged without the score, and that these look alike whatever they are.
# once: processes and files, whatever the compiler (tools/run-tests)
. "$(dirname "$0")/tap.sh"
. "$ROOT/tests/scenario/server.sh"

cat >gen.awk <<'A'
function alert(t, src, dst, sid, name, level) {
    printf "{\"timestamp\":\"%s.%06d+0000\",\"event_type\":\"alert\",\"flow_id\":%d,\"src_ip\":\"%s\"," \
        "\"src_port\":40000,\"dest_ip\":\"%s\",\"dest_port\":%d,\"proto\":\"TCP\",\"alert\":" \
        "{\"action\":\"allowed\",\"gid\":1,\"signature_id\":%d,\"rev\":1,\"signature\":\"%s\"," \
        "\"category\":\"Misc\",\"severity\":%d}}\n", strftime("%Y-%m-%dT%H:%M:%S", t, 1), ++n % 1000000,
        1000000000000000 + int(n / 2) * 7919, src, dst, sid % 7 + 80, sid, name, level == "FP" ? 3 : 1 > ("part" part ".json")
    print "part" part ".json," ++line[part] "," level > "verdicts.csv"
}
BEGIN {
    day = 1767571200 # 2026-01-05
    print "file,line,level" > "verdicts.csv"
    for (part = 1; part <= 2; part++)
        for (i = 0; i < 600; i++) {
            t = day + int(((part - 1) * 3 + 3 * i / 600) * 86400)
            alert(t, "10.1." int(i / 250) "." i % 250, "10.9.0." i % 250, 2000001 + i % 3, "noise " i % 3, "FP")
            if (i % 6 == 0)
                alert(t + 1, "172.16.1." i / 6 + 1, "93.184.216." i / 6 + 1,
                      3000001 + i / 6 % 2, "break-in " i / 6 % 2, i / 6 % 2 ? "L4" : "L3")
        }
}
A
awk -f gen.awk
grep part1 verdicts.csv | sed '1i file,line,level' >first.csv
"$YAGURA" import --data store --quiet --tenant t --verdicts first.csv part1.json >/dev/null
"$YAGURA" train --data store --quiet >train.out
"$YAGURA" triage --data store --tenant t --summary --json part2.json >out
"$YAGURA" audit plant 20 --data store --tenant t --json >out
"$YAGURA" audit --data store --json --limit 1000 >audits

web=$(free_port)
"$YAGURA" serve --no-login --data store --listen "127.0.0.1:$web" >serve.out 2>serve.err &
server=$!
for _ in $(seq 100); do curl -sf -o health "http://127.0.0.1:$web/healthz" && break; sleep 0.1; done
api() { curl -s --max-time 30 -w '%{http_code}' -o "${2:-answer}" "http://127.0.0.1:$web/api/v1/$1"; }

api 'alerts?q=(decision:open+or+decision:would-close)+and+time:%3E%3D2026-01-08&limit=3' found >/dev/null
ID=$(jq -r '.alerts[0].id' found)
is "an alert" "$(api "alerts/$ID")" 200
ok "its fields, by their names" jq -e '.fields["rule.name"] | test("noise|break-in")' answer
is "its record" "$(jq -r '.raw | fromjson | .event_type' answer)" alert
is "whole" "$(jq -r '.raw_cut, (.raw | length) == .raw_bytes' answer | xargs)" "false true"
is "whose it is" "$(jq -r '.tenant, .device, .kind, .blind' answer | xargs)" "t ids alert false"
ok "what was decided, and why" jq -e '.decision | (.decision | test("open|close")) and (.says | length > 10) and .policy.mode == "shadow" and .policy.threshold > 0' answer
ok "each gate in a sentence" jq -e '.decision.gates == [.decision.objections[].gate] and all(.decision.objections[]; .says | length > 20)' answer
is "no verdict yet" "$(jq -c '.verdict, .verdicts' answer | xargs)" "null []"
is "unknown parts are refused" "$(api "alerts/$ID?parts=fields,luck")" 400
api "alerts/$ID?parts=raw" >/dev/null
is "only what is asked for" "$(jq -r 'has("raw"), has("fields"), has("context")' answer | xargs)" "true false false"
is "what is not there" "$(api alerts/ffffffffffffffffffffffffffffffff)" 404

# ---- around it ---------------------------------------------------------------------------
api "alerts/$ID?parts=context,fields" >/dev/null
T=$(jq -r .time answer) SRC=$(jq -r '.fields["source.ip"]' answer) SIG=$(jq -r '.fields["rule.name"]' answer)
FROM=$(jq -r .context.from answer) UNTIL=$(jq -r .context.until answer)
enc() { jq -rn --arg s "$1" '$s | @uri'; }
# those that a search without an end to its time finds, a line each, in n
search() { "$YAGURA" search --data store --json --limit 1000 "$1" | grep -o '{"id":[^}]*}' >n; wc -l <n; }
count() { search "$1 and time:>=$FROM and time:<$UNTIL"; }
# NAME GOT WANT: as many, or at least as many where there was no time for all of them
nearly() {
    if [ "$(jq .context.at_least answer)" = true ]; then
        ok "$1, at least" [ "$2" -le "$3" ]
    else
        is "$1" "$2" "$3"
    fi
}
nearly "as many of its signature as a search finds" "$(jq .context.signature.count answer)" $(($(count "signature:\"$SIG\"") - 1))
nearly "as many at its host" "$(jq .context.host.count answer)" $(($(count "ip:$SRC") - 1))
ok "the nearest first" jq -e --arg t "$T" '[.context.signature.nearest[].time | sub("\\.[0-9]*Z"; "Z") | fromdate -
    ($t | sub("\\.[0-9]*Z"; "Z") | fromdate) | fabs] | length > 1 and . == sort' answer
ok "not itself" jq -e --arg id "$ID" '[.context[] | objects | .nearest[].id] | index($id) == null' answer

# ---- beside ------------------------------------------------------------------------------
for _ in $(seq 100); do
    api "alerts/$ID?parts=reasons,packets" >/dev/null
    [ "$(jq -c .ask_again answer)" = '[]' ] && break
    sleep 0.2
done
ok "what moved its risk, strongest first, in words" jq -e '.reasons.features | length > 2 and
    all(.[]; .doc | length > 5) and [.[].moved | fabs] == ([.[].moved | fabs] | sort | reverse)' answer
is "the same as the command says" "$(jq -c '.reasons.features[0].name, .reasons.reason' answer)" \
    "$("$YAGURA" explain "$ID" --alert --data store --json | jq -c '.features[0].name, .reason')"
ok "no packets" jq -e '.packets == null' answer

# ---- verdicts ----------------------------------------------------------------------------
curl -s -o answer -H 'Content-Type: application/json' -d '{"level":"L3","note":"one"}' "http://127.0.0.1:$web/api/v1/alerts/$ID/verdict"
curl -s -o answer -H 'Content-Type: application/json' -d '{"level":"L4"}' "http://127.0.0.1:$web/api/v1/alerts/$ID/verdict"
api "alerts/$ID?parts=verdicts" >/dev/null
is "its verdict, and those before" "$(jq -c '.verdict.level, [.verdicts[] | .state, .verdict.level]' answer | xargs)" \
    "L4 [superseded,L3,in force,L4]"

api "alerts/$ID" >/dev/null
is "its run" "$(jq -r '.run.signature == .fields["rule.name"] and .run.source_ip == .fields["source.ip"] and .run.alerts > 0' answer)" true
curl -s -o answer -H 'Content-Type: application/json' -d '{"level":"L1"}' "http://127.0.0.1:$web/api/v1/runs/$(jq -r .run.id answer)/verdict"
api "alerts?limit=500&q=$(enc "signature:\"$SIG\" and (decision:open or decision:would-close) and not id:$ID")" n >/dev/null
OTHER=$(jq -r '.alerts[0].id' n)
api "alerts/$OTHER?parts=alike" >/dev/null
is "past cases of its signature" "$(jq -c '.alike.judged.L1, (.alike.runs | length), .alike.runs[0].verdict' answer | xargs)" "1 1 L1"

# ---- counts --------------------------------------------------------------------------------
R='from=2026-01-04T00:00:00Z&until=2026-01-13T00:00:00Z'
is "counted by what came of them" "$(api "counts?$R&by=decision")" 200
is "all that there are" "$(jq '.count, ([.by[].count] | add), ([.times[].count] | add)' answer | xargs)" "1400 1400 1400"
ok "by days, exactly, from the sums" jq -e '.step == 86400 and .summed and (.at_least | not) and (.times | length) == 9' answer
ok "each day split" jq -e '[.times[] | select(.count > 0) | (.split | add) == .count] | all' answer
api "counts?$R&by=level" >/dev/null
api "counts?$R&by=decision&zone=-05:30" >/dev/null
is "days of a zone" "$(jq -r '.times[0].time, .count' answer | xargs)" "2026-01-03T05:00:00.000000Z 1400"
api "counts?$R&by=signature&limit=3" >/dev/null
for _ in 1 2 3; do [ "$(jq .at_least answer)" = false ] && break; api "counts?$R&by=signature&limit=3" >/dev/null; done
ok "top signatures, by a search" jq -e '(.summed | not) and (.by | length) <= 5 and .by[0].count >= .by[1].count' answer
api "counts?$R&by=source.ip&q=$(enc "signature:\"$SIG\"")" >/dev/null
ok "of a query" jq -e '.count > 0 and ([.times[].count] | add) == .count' answer
is "a step that makes too many" "$(api "counts?$R&step=60&q=x")" 400

# ---- many at once --------------------------------------------------------------------------
post() { curl -s --max-time 30 -o answer -w '%{http_code}' -H 'Content-Type: application/json' -d "$2" "http://127.0.0.1:$web/api/v1/$1"; }
Q="signature:\"$SIG\" and time:>=2026-01-08 and verdict:none"
post selections "$(jq -nc --arg q "$Q" '{query: $q}')" >/dev/null
S=$(jq -r .selection answer)
for _ in $(seq 100); do
    [ "$(jq .ready answer)" = true ] && break
    post "selections/$S" '{}' >/dev/null
done
N=$(search "$Q")
B=$(grep -c '"blind":true' n)
is "as many as a search finds" "$(jq .count answer)" "$N"
ok "and what was shown of them" jq -e --argjson b "$B" '.shown.blind == $b and ([.shown.decisions[]] | add) == .count' answer
is "not more than was shown" "$(post "selections/$S/verdict" "{\"count\":$((N - 1)),\"level\":\"FP\"}")" 409
is "one verdict on all" "$(post "selections/$S/verdict" "{\"count\":$N,\"level\":\"FP\"}")" 200
A=$(jq .act answer)
ended() { for _ in $(seq 200); do api "acts/$A" >/dev/null; [ "$(jq -r .state answer)" = "$1" ] && break; sleep 0.1; done; jq -r .state answer; }
is "is carried out beside" "$(ended done)" done
is "but on those that wait to be judged blind" "$(jq -c '.given, .left_blind' answer | xargs)" "$((N - B)) $B"
api "queue?state=judged&limit=500" queue >/dev/null
J=$(jq --arg s "$SIG" '[.runs[] | select(.signature == $s and .verdict == "FP")] | length' queue)
ok "their runs are judged" [ "$J" -gt 0 ]
post "acts/$A/undo" '{}' >/dev/null
is "and taken back by its number" "$(ended undone)" undone
is "all of it" "$(jq -c '.undone, .changed_since' answer | xargs)" "$((N - B)) 0"
api "queue?state=judged&limit=500" queue >/dev/null
is "the runs wait again" "$(jq --arg s "$SIG" '[.runs[] | select(.signature == $s and .verdict == "FP")] | length' queue)" 0
is "a list of acts" "$("$YAGURA" acts --data store | grep -c undone)" 1

# ---- groups, policies, certificates ---------------------------------------------------------
"$YAGURA" ask --data store --json --quiet >asked
is "groups that were asked about" "$(api 'groups?tenant=t&limit=50')" 200
is "all of them" "$(jq '.groups | length' answer)" "$(jq -s '[.[] | (.questions // [.])[]] | length' asked)"
G=$(jq -r '[.groups[] | select(.own | not)] | sort_by(.count) | last | .id' answer)
api "groups/$G?limit=2" >/dev/null
N=$(jq .count answer)
ok "one of them, by page" jq -e --argjson n "$N" '.list.total == $n and (.list.alerts | length) == ([$n, 2] | min) and (.answered | not)' answer
is "not more than was asked" "$(post "groups/$G/verdict" "{\"count\":$((N + 1)),\"level\":\"FP\"}")" 409
post "groups/$G/verdict" "{\"count\":$N,\"level\":\"FP\"}" >/dev/null
A=$(jq .act answer)
is "judged as one" "$(ended done) $(jq .given answer)" "done $N"
api "groups/$G" >/dev/null
is "and answered" "$(jq .answered answer)" true
api policies >/dev/null
ok "what decides" jq -e '.model.digest and (.policies[0] | .tenant == "t" and .mode == "shadow" and .threshold > 0 and .armed == [])' answer
is "certificates" "$(api certificates)" 200
D=$(jq -r '.certificates[0].digest // empty' answer)
if [ -n "$D" ]; then
    api "certificates/${D:0:32}" one >/dev/null
    is "the signed bytes of one" "$(jq -r .bytes one | base64 -d | b2sum -l 256 | cut -d' ' -f1)" "$D"
else
    skip "the signed bytes of one" "nothing was certified"
fi

# ---- judged without the score --------------------------------------------------------------
PLANTS=$(sqlite3 store/yagura.db "SELECT lower(hex(run)) FROM audit WHERE state = 0 AND kind = 3 LIMIT 5")
DRAWN=$(sqlite3 store/yagura.db "SELECT lower(hex(run)) FROM audit WHERE state = 0 AND kind <> 3 LIMIT 5")
for id in $PLANTS $DRAWN; do
    for _ in $(seq 50); do
        api "alerts/$id?parts=raw,run,decision,verdicts,alike,context,reasons,packets" >code
        [ "$(jq -c .ask_again answer)" = '[]' ] && break
        sleep 0.1
    done
    jq -c '([paths | map(if type == "number" then 0 else . end) | join(".")] | unique - ["context.host.nearest.0"]
        | map(select(startswith("context.") | not))), .blind, .decision, .reasons, .verdict, .verdicts' answer >"shape.$id"
    cp answer "told.$id"
done
is "plants were found" "$(echo $PLANTS | wc -w)" 5
for id in $PLANTS $DRAWN; do echo "shape.$id"; done >shapes
same "plants, audits and decoys answer alike" $(cat shapes)
ok "nothing of score, reasons, order" bash -c "! grep -hqE '\"(risk|predicted|probability|gates|max_risk|worst|would_close|says)\"' told.*"
ok "said to be blind" jq -e -s 'all(.[]; .blind and .decision == null and .reasons == null and   .verdict == null and .alike == null)' told.*
ok "with their runs" jq -e -s 'all(.[]; .run.id == .id)' told.*
# one that stands near a plant has it among its neighbours, as it has an audit
for P in $PLANTS; do # an ordinary one some hours later
    SIG=$(jq -r '.raw | fromjson | .alert.signature' "told.$P") T=$(jq -r .time "told.$P")
    S=$(date -u -d "${T%.*}" +%s)
    api "alerts?limit=500&q=$(enc "signature:\"$SIG\" and time:[$T to $(date -u -d "@$((S + 18000))" +%FT%TZ)]")" n >/dev/null
    N=$(jq -r --arg id "$P" '[.alerts[] | select(.id != $id)] | last | .id // empty' n)
    [ -z "$N" ] || break
done
api "alerts/$N?parts=context" >/dev/null
FROM=$(jq -r .context.from answer) UNTIL=$(jq -r .context.until answer)
for _ in 1 2 3; do # where there was no time for all of them, it says so
    jq -e '.context.at_least' answer >/dev/null || break
    api "alerts/$(jq -r .id answer)?parts=context" >/dev/null
done
nearly "a plant is near to others" "$(jq .context.signature.count answer)" $(($(count "signature:\"$SIG\"") - 1))
ok "and was among those counted" grep -q "$P" n
ok "without its score" jq -e '[.context[] | objects | .nearest[] | select(.blind)] | all(.[]; has("risk") | not)' answer
kill -TERM $server
wait $server
server=
done_testing
