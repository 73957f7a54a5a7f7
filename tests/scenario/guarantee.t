#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# From a certificate to armed closing and back to shadow by itself: orders, the coin, blind
# verdicts, the audit, what it opens again, and a ledger that shows when it was changed.
# once: processes and files, whatever the compiler (tools/run-tests)
. "$(dirname "$0")/tap.sh"

# Four parts of three days: noise of many hosts, and attacks that look otherwise; as many in
# each part, for their absence is drift.
cat >gen.awk <<'A'
function alert(t, src, dst, sid, name, level, incident) {
    printf "{\"timestamp\":\"%s.%06d+0000\",\"event_type\":\"alert\",\"src_ip\":\"%s\"," \
        "\"src_port\":40000,\"dest_ip\":\"%s\",\"dest_port\":%d,\"proto\":\"TCP\",\"alert\":" \
        "{\"action\":\"allowed\",\"gid\":1,\"signature_id\":%d,\"rev\":1,\"signature\":\"%s\"," \
        "\"category\":\"Misc\",\"severity\":%d}}\n", strftime("%Y-%m-%dT%H:%M:%S", t, 1), ++n % 1000000,
        src, dst, sid % 7 + 80, sid, name, level == "FP" ? 3 : 1 > ("part" part ".json")
    print "part" part ".json," ++line[part] "," level ",," incident > "verdicts.csv"
}
BEGIN {
    day = 1767571200 # 2026-01-05
    print "file,line,level,reason,incident" > "verdicts.csv"
    for (part = 1; part <= 4; part++)
        for (i = 0; i < 2400; i++) {
            t = day + int(((part - 1) * 3 + 3 * i / 2400) * 86400)
            alert(t, "10.1." int(i / 250) "." i % 250, "10.9.0." i % 250, 2000001 + i % 3, "noise " i % 3, "FP", "")
            if (i % 10 == 0) # beside nothing: addresses of their own
                alert(t + 1, "172.16." part "." i / 10 % 250, "172.20." part "." i / 10 % 250,
                      3000001 + i / 10 % 2, "break-in " i / 10 % 2, i / 10 % 2 ? "L4" : "L3", "case" part "-" i)
        }
}
A
awk -f gen.awk
for p in 1 2; do
    "$YAGURA" import --data st --quiet --tenant t --verdicts verdicts.csv "part$p.json" >/dev/null
done
ARM=("$YAGURA" arm --data st --tenant t --who ada --why "asked for")
"$YAGURA" train --data st --quiet --until 2026-01-08T00:00:00Z >train.out
expect "nothing is armed without a certificate" 2 "no certificate of t yet" "${ARM[@]}"
run "$YAGURA" certify --data st --quiet --tenant t --json
ok "a certificate that may arm" grep -q '"may_arm":true' out
expect "an order needs a name" 2 "needs a name and a reason" "$YAGURA" arm --data st --tenant t --why x
expect "a tenant that is not there" 1 "no tenant" "$YAGURA" arm --data st --tenant u --who a --why x
run "$YAGURA" triage --data st --tenant t --summary --json part1.json
is "what is stored is not judged again" "$(field judged)" 0

# ---- shadow: nothing leaves the queue ----------------------------------------------------
cp -r st shadow
for w in 1 2 4; do
    cp -r st "w$w"
done
"$YAGURA" triage --data shadow --tenant t --summary --json part3.json >shadow.out
is "shadow mode closes nothing" "$(field closed shadow.out)" 0
[ "$(field would_close shadow.out)" -gt 1000 ]
result $? "and says what it would close: $(field would_close shadow.out) of 2640"
run "$YAGURA" queue --data shadow --json --limit 100000
is "all wait for a person" "$(($(field total) + $(field blind_total)))" 2640
ok "marked" grep -q '"would_close":1' out

# ---- armed --------------------------------------------------------------------------------
run "${ARM[@]}"
ok "armed, with a term" grep -q "^t, other device types: armed until .*, no alert seen" out
"$YAGURA" triage --data st --tenant t part3.json >lines
C=$(grep -c '"decision":"close"' lines)
B=$(grep -c '"blind":true' lines)
is "every alert is closed, open or judged without the score" "$(wc -l <lines)" 2640
[ "$C" -gt 1000 ]
result $? "armed: $C of 2640 are closed"
[ "$B" -gt 30 ] && [ "$B" -lt 600 ]
result $? "and $B are drawn for a check"
run grep '"blind":true' lines
ok "their lines hide what the model thinks" bash -c "! grep -qE 'risk|predicted|\"p\":|gates|mode' out"
run "$YAGURA" queue --data st --json --limit 100000
is "the closed ones do not wait" "$(($(field total) + $(field blind_total)))" $((2640 - C))

# ---- blindness ----------------------------------------------------------------------------
REPLAY=("$YAGURA" replay --data st --tenant t)
run "${REPLAY[@]}" --policy certificate=tenant --list list
ok "a replay says which certificate decides" grep -qE "^  t +certificate [0-9a-f]{12}; closes below" out
is "and how many wait for a blind verdict" "$(grep -o '^[0-9]* of them wait' out)" "$B of them wait"
is "they are in no list" "$(sed 's/.*"run":"\([0-9a-f]*\)".*/\1/' list | sort -u |
    comm -12 - <(grep '"blind":true' lines | grep -o '"run":"[0-9a-f]*"' | cut -d'"' -f4 | sort -u) | wc -l)" 0
grep '"decision":"close"' lines | grep -o '"id":"[0-9a-f]*"' | sort >want
grep '"@timestamp":"2026-01-1[1-3]' list | grep -o '"id":"[0-9a-f]*"' | sort >got
same "of the others it lists what triage closed by that certificate" want got
run "${REPLAY[@]}" --policy certificate=tenant --against without=new-signature,tau=0.9 --list diff --json
is "nor in a difference" "$(grep -cFf <(grep '"blind":true' lines | grep -o '"id":"[0-9a-f]*"') diff)" 0
expect "one threshold for all and one for each" 2 "leave out tau" \
    "${REPLAY[@]}" --policy certificate=tenant,tau=0.1
"$YAGURA" audit --data st --json --limit 1000 >waiting
is "what was drawn waits apart" "$(field total waiting)" "$B"
ok "without a word of the model" bash -c "! grep -qE 'risk|predicted|gates|worst|open' waiting"
grep -o '"id":"[0-9a-f]*"' waiting | cut -d'"' -f4 >runs
R=$(head -1 runs)
for c in explain packets; do
    run "$YAGURA" $c --data st "$R" --json
    ok "$c: no score before the verdict" bash -c "! grep -qE '\"(risk|predicted|decision|features)' out"
done
run "$YAGURA" verdict --data st "$R" FP --bulk --who ada
run "$YAGURA" audit --data st --json --limit 1
is "a bulk verdict is none" "$(field total)" "$B"
run "$YAGURA" verdict --data st "$R" FP --who ada
run "$YAGURA" audit --data st --json --limit 1
is "a verdict of its own is" "$(field total)" $((B - 1))
run "$YAGURA" explain --data st "$R" --json
ok "then everything shows" grep -q '"risk"' out

# ---- the audit ----------------------------------------------------------------------------
for r in $(sed -n 2,20p runs); do
    "$YAGURA" verdict --data st "$r" FP --who ada >/dev/null
done
run "$YAGURA" audit status --data st --json
ok "still armed" grep -q '"mode":"armed"' out
cp -r st later
is "none was missed" "$(field missed)" 0
for r in $(sed -n 2,20p runs); do # the first that is no decoy
    "$YAGURA" verdict --data later --alert "$r" L4 --who bob | grep -q "was an audit" && break
done
run "$YAGURA" audit status --data later --json
is "an alert found to be an attack later reaches its audit" "$(field missed)" 1
rm -r later
is "the attack that a person sees" "$("$YAGURA" verdict --data st "$(sed -n 21p runs)" L4 \
    --who ada --json | grep -o '"verdict":"L4"')" '"verdict":"L4"'
for r in $(sed -n 22,200p runs); do
    "$YAGURA" verdict --data st "$r" L4 --who ada --json >>verdicts.out
done
[ "$(grep -o '"recalled":[0-9]*' verdicts.out | cut -d: -f2 | sort -n | tail -1)" -gt 0 ]
result $? "opens again what closed like it"
cp -r st later
for r in $(sed -n 22,200p runs); do echo "$r,FP"; done >soft.csv
"$YAGURA" verdict --data later --from soft.csv --who ada >/dev/null
run "$YAGURA" audit status --data later --json
ok "attacks called harmless later count all the same" grep -q '"falls":\[[^]]*"broken"' out
[ "$(field softened)" -gt 10 ] && [ "$(field softened)" -le "$(field changed_after_seen)" ]
result $? "and are named: $(field softened)"
run "$YAGURA" queue --data st --json --limit 100000
ok "as a group, with why" grep -q 'opened again: like the attack' out
run "$YAGURA" audit status --data st --json
ok "the standing says broken" grep -q '"falls":\[[^]]*"broken"' out
"$YAGURA" triage --data st --tenant t --summary --json part4.json >after
is "by itself nothing is closed any more" "$(field closed after)" 0
run "$YAGURA" audit status --data st
ok "and the orders say why" grep -qE "t: fell .*by yagura: audits show" out
expect "it is not armed again by the same certificate" 2 "certify again" "${ARM[@]}"
run "$YAGURA" disarm --data st --tenant t --who ada --why "to be sure"
is "disarm is always taken" "$STATUS" 0

# ---- the ledger ---------------------------------------------------------------------------
run "$YAGURA" audit verify --data st --json
is "whole" "$STATUS $(grep -o '"whole":true' out)" '0 "whole":true'
[ "$(field tosses_again)" -gt 1000 ] && [ "$(field draws_again)" -ge "$B" ]
result $? "every toss comes out again ($(field tosses_again)), and every draw ($(field draws_again))"
is "and the certificate, of the day it was made" \
    "$(field certificates_again) $(field certificates_of_other_models)" "1 0"
cp -r st later
sed -i "s/^coin ./coin $(grep -q '^coin 0' later/secret && echo 1 || echo 0)/" later/secret
expect "with another secret nothing does" 1 . "$YAGURA" audit verify --data later
rm -r later
perl -0777 -pi -e 's/asked for/asked fro/' st/yagura.db
expect "a changed order shows" 1 . "$YAGURA" audit verify --data st

# ---- the same whatever the number of workers ------------------------------------------------
for w in 1 2 4; do
    "$YAGURA" arm --data "w$w" --tenant t --who ada --why same >/dev/null
    "$YAGURA" triage --data "w$w" --tenant t --workers $w part3.json >"lines$w"
    "$YAGURA" audit --data "w$w" --json --limit 1000 >"waiting$w"
    "$YAGURA" queue --data "w$w" --json --limit 1000 >"queue$w"
done
same "lines" lines1 lines2 lines4
same "audits" waiting1 waiting2 waiting4
same "the queue" queue1 queue2 queue4
done_testing
