#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Past attacks shown again: nothing tells them from what was drawn, their verdicts go
# nowhere but to the audit, and what people miss divides the bounds.
# once: processes and files, whatever the compiler (tools/run-tests)
. "$(dirname "$0")/tap.sh"

cat >gen.awk <<'A'
function alert(t, src, dst, sid, name, level) {
    printf "{\"timestamp\":\"%s.%06d+0000\",\"event_type\":\"alert\",\"flow_id\":%d,\"src_ip\":\"%s\"," \
        "\"src_port\":40000,\"dest_ip\":\"%s\",\"dest_port\":%d,\"proto\":\"TCP\",\"alert\":" \
        "{\"action\":\"allowed\",\"gid\":1,\"signature_id\":%d,\"rev\":1,\"signature\":\"%s\"," \
        "\"category\":\"Misc\",\"severity\":%d}}\n", strftime("%Y-%m-%dT%H:%M:%S", t, 1), ++n % 1000000,
        1000000000000000 + n * 7919, src, dst, sid % 7 + 80, sid, name, level == "FP" ? 3 : 1 > ("part" part ".json")
    print "part" part ".json," ++line[part] "," level > "verdicts.csv"
}
BEGIN {
    day = 1767571200 # 2026-01-05
    print "file,line,level" > "verdicts.csv"
    for (part = 1; part <= 2; part++)
        for (i = 0; i < 600; i++) {
            t = day + int(((part - 1) * 3 + 3 * i / 600) * 86400)
            alert(t, "10.1." int(i / 250) "." i % 250, "10.9.0." i % 250, 2000001 + i % 3, "noise " i % 3, "FP")
            if (part < 2 && i % 6 == 0)
                alert(t + 1, "172.16.1." i / 6 + 1, "93.184.216." i / 6 + 1,
                      3000001 + i / 6 % 2, "break-in " i / 6 % 2, i / 6 % 2 ? "L4" : "L3")
        }
}
A
awk -f gen.awk
"$YAGURA" import --data st --quiet --tenant t --verdicts verdicts.csv part1.json >/dev/null
"$YAGURA" train --data st --quiet >train.out
"$YAGURA" triage --data st --tenant t --summary --json part2.json >out
run "$YAGURA" audit --data st --json --limit 1000
cp out before
B=$(field total before)
grep -o '"id":"[0-9a-f]*"' before | cut -d'"' -f4 | sort >ids.before
run "$YAGURA" doctor --data st --json
V=$(grep -o '"verdicts":[0-9]*' out)

expect "not more than there are" 2 "100 attacks that people confirmed" \
    "$YAGURA" audit plant 101 --data st --tenant t
expect "a number" 2 "how many past attacks" "$YAGURA" audit plant --data st --tenant t
expect "a tenant that is not there" 1 "no tenant" "$YAGURA" audit plant 5 --data st --tenant u
run "$YAGURA" audit plant 50 --data st --tenant t --json
is "fifty are planted" "$(field planted)" 50
run "$YAGURA" audit --data st --json --limit 1000
cp out after
is "and wait among the others" "$(field total after)" $((B + 50))
grep -o '"id":"[0-9a-f]*"' after | cut -d'"' -f4 | sort >ids.after
comm -13 ids.before ids.after >plants
is "as runs of their own" "$(wc -l <plants)" 50

# ---- nothing tells them apart ------------------------------------------------------------
shape() { sed 's/"[0-9a-f]\{32\}"/ID/g; s/[0-9]\{4\}-[0-9T:.Z-]*/TIME/g; s/[0-9.]\{7,15\}/IP/g; s/noise .\|break-in ./SIG/g'; }
P=$(head -1 plants) A=$(head -1 ids.before)
for f in P A; do
    for c in explain packets queue audit; do
        case $c in
            queue | audit) "$YAGURA" $c --data st --json --limit 1000 |
                grep -o "{\"id\":\"${!f}\"[^}]*}" ;;
            *) "$YAGURA" $c --data st "${!f}" --json ;;
        esac >"$c.$f" 2>"$c.$f.err"
        { echo "$c $?"; cat "$c.$f" "$c.$f.err"; } | shape | sed 's/"fields":{.*"verdict"/"verdict"/; s/"raw":.*//' >>"shape.$f"
    done
done
same "explain, packets, queue and audit say the same of both" shape.P shape.A
ok "a plant's record was moved to these days" grep -q '"raw":"{\\"timestamp\\":\\"2026-01-\(09\|10\)T' explain.P
grep -o '"rule.name":"break-in[^}]*' after | grep -o '"source.ip":"[0-9.]*' | cut -d'"' -f4 | sort >shown
is "they are all attacks" "$(wc -l <shown)" 50
is "of the same network" "$(grep -c '^172\.16\.1\.' shown)" 50
grep -o '"rule.name":"break-in[^}]*' after | sed 's/.*"source.ip":"[0-9.]*\.\([0-9]*\)","destination.ip":"[0-9.]*\.\([0-9]*\)".*/\1 \2/' >ends
ok "under other addresses, both ends apart" awk '$1 != $2 { n++ } END { exit !(NR == 50 && n > 40) }' ends
ok "the flow is another" bash -c "! grep -qF \"\$(grep -o 'flow_id[^,]*' explain.P)\" <(sed 's/\"/\\\\\\\\\"/g' part1.json)"

# a search finds both, in their places, and tells the same of both
found() { "$YAGURA" search --data st --json --fields rule.name "$@" 2>&1 | grep -o '{"id":[^}]*}'; }
for f in P A; do
    found "id:${!f}" >"hit.$f"
    shape <"hit.$f" >"hit.shape.$f"
done
same "search says the same of both" hit.shape.P hit.shape.A
ok "as of what has no score" grep -q '"blind":true' hit.P
T=$(grep -o '"time":"[^"]*' hit.P | cut -d'"' -f4) IP=$(grep -o "$P.*" after | grep -o '"source.ip":"[0-9.]*' | head -1 | cut -d'"' -f4)
is "by its time" "$(found "time:$T" | grep -c "$P")" 1
is "by its address" "$(found "src:$IP" | grep -c "$P")" 1
is "of its tenant only" "$(found --tenant u "id:$P" | grep -c "$P")" 0
Q='kind:alert and time:>=2026-01-09'
found --limit 1000 "$Q" >one
: >paged
after=
while :; do
    found --limit 23 ${after:+--after "$after"} "$Q" >>paged
    "$YAGURA" search --data st --limit 23 ${after:+--after "$after"} "$Q" 2>page.err >page
    after=$(sed -n 's/.*--after \([^ ]*\).*/\1/p' page.err)
    [ -n "$after" ] || break
done
same "page by page as at once" one paged
is "and all plants among them" "$(found --limit 1000 "$Q" | grep -cFf plants)" 50

# ---- verdicts go to the audit alone ---------------------------------------------------------
run "$YAGURA" verdict --data st "$P" undo --who ada
is "nothing to take back, as of any other" "$STATUS" 1
run "$YAGURA" verdict --data st "$P" L4 --bulk --who ada
run "$YAGURA" audit --data st --json --limit 1
is "a bulk verdict is none" "$(field total)" $((B + 50))
W=$("$YAGURA" queue --data st --json --limit 1 | grep -o '"total":[0-9]*' | head -1)
n=0
while read -r id; do
    n=$((n + 1))
    "$YAGURA" verdict --data st "$id" "$([ $n -le 40 ] && echo L4 || echo FP)" --who ada >"v.$n"
done <plants
ok "it is said after the verdict" grep -q "it was a past attack, shown again" v.1
run "$YAGURA" doctor --data st --json
is "the store has the verdicts it had" "$(grep -o '"verdicts":[0-9]*' out)" "$V"
is "so has the queue its runs" "$("$YAGURA" queue --data st --json --limit 1 | grep -o '"total":[0-9]*' | head -1)" "$W"
run "$YAGURA" queue --data st --judged --json
is "nor found once it is judged" "$(found --limit 1000 'kind:alert' | grep -cFf plants)" 0
ok "no plant was judged" bash -c "! grep -qFf plants out"
run "$YAGURA" audit status --data st --json
is "40 of 50 were found" "$(field plants) $(field plants_found)" "50 40"
S=$(grep -o '"found_lower":[0-9.]*' out | cut -d: -f2)
ok "bounds are divided by the lower limit: $S" awk "BEGIN { exit !($S > 0.55 && $S < 0.75) }"
run "$YAGURA" verdict --data st "$P" undo --who ada
run "$YAGURA" audit --data st --json --limit 1
is "a verdict taken back lets it wait again" "$(field total)" $((B + 1))
done_testing
