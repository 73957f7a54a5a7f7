#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A first certificate from days in shadow: no attempt while counts alone say that it would
# fail, runs drawn afterwards over all customers, judged blind, certified, armed.
. "$(dirname "$0")/tap.sh"

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
        for (i = 0; i < 900; i++) {
            t = day + int(((part > 1) * 2 + 2 * i / 900) * 86400)
            alert(t, "10." part "." int(i / 250) "." i % 250, "10.9.0." i % 250, 2000001 + i % 3, "noise " i % 3, "FP")
            if (i % 3 == 0)
                alert(t + 1, "172.16." int(i / 750) + 4 * part "." i / 3 % 250, "93.184." part "." i / 3 % 250,
                      3000001 + i / 3 % 2, "break-in " i / 3 % 2, i / 3 % 2 ? "L4" : "L3")
        }
}
A
awk -f gen.awk
"$YAGURA" import --data st --quiet --tenant t --verdicts verdicts.csv part1.json >/dev/null
"$YAGURA" train --data st --quiet >train.out
expect "nothing to draw from before a day in shadow" 2 "0 runs began after the training" \
    "$YAGURA" audit trial 300 --data st
echo "audits_per_day: 5" >conf.yaml # triage itself draws few, at low rates
for p in 2 3; do
    "$YAGURA" triage --data st --config conf.yaml --tenant "t$((p - 1))" "part$p.json" >"lines$p"
done
# In this data an alert is a run of its own and lends it its id.
for p in 2 3; do
    grep -o '^{"id":"[0-9a-f]*"\|"line":[0-9]*' "lines$p" | paste - - | tr -dc '0-9a-f\n:\t"' | sed 's/.*:"\([0-9a-f]*\)".*:\([0-9]*\)/\1 \2/' |
        awk -v p="part$p.json" 'NR == FNR { split($0, c, ","); if (c[1] == p) level[c[2]] = c[3]; next }
            { print $1, level[$2] }' verdicts.csv - >"truth$p"
done
cat truth2 truth3 >truth
is "every alert has its truth" "$(awk 'NF == 2' truth | wc -l)" 2400
cp -r st quarter

# judge STORE [N]: everything that waits (of it N), by the truth
judge() {
    run "$YAGURA" audit --data "$1" --json --limit 100000
    grep -o '"id":"[0-9a-f]*"' out | cut -d'"' -f4 >waits
    awk 'NR == FNR { level[$1] = $2; next } $1 in level { print $1 "," level[$1] }' truth waits |
        head -"${2:-100000}" >said
    "$YAGURA" verdict --data "$1" --quiet --who ada --from said >/dev/null
}

expect "how many" 2 "write .audit trial N" "$YAGURA" audit trial --data st
expect "not of one customer" 2 "over all customers" "$YAGURA" audit trial 100 --tenant t1 --data st
expect "a rate has its range" 2 "one-in" "$YAGURA" audit trial 100 --one-in 201 --data st

run "$YAGURA" audit --data st --json --limit 100000
BEFORE=$(field total)
run "$YAGURA" audit trial 1800 --decoys 400 --data st --json
A=$(field audits) D=$(field decoys)
is "nothing was imported" "$(field untriaged)" 0
[ "$A" -gt 1500 ] && [ "$A" -le 1800 ] && [ "$D" -gt 200 ] && [ "$D" -lt 470 ]
result $? "$A audits of at most 1,800, $D decoys"
run "$YAGURA" audit --data st --json --limit 100000
is "all wait, with what triage drew" "$(field total)" $((BEFORE + A + D))
ok "nothing tells an audit from a decoy" bash -c "! grep -qE 'risk|kind|\"p\":|gates' out"

judge st 50
run "$YAGURA" certify --data st --pooled --json
ok "no attempt while counts alone say that it fails" grep -q 'no attempt is made and nothing spent' err
run "$YAGURA" certify --data st --show
is "none was put down" "$(cat out)" "No certificate was made yet: run \`yagura certify\`."
judge st
is "everything that waits is judged" "$(wc -l <said)" $((BEFORE + A + D - 50))
run "$YAGURA" certify --data st --pooled --json
is "the first attempt may arm" "$(grep -o '"attempt":[0-9]*\|"may_arm":[a-z]*' out | sort -u | xargs)" \
    'attempt:1 may_arm:true'
is "what triage drew at another rate weighs the same now" "$(field largest_weight)" 1
is "nobody is left out" "$(field unknown_runs)" 0
DIGEST=$(grep -o '"digest":"[0-9a-f]*"' out | head -1 | cut -d'"' -f4)
run "$YAGURA" certify --data st --quiet --recompute "$DIGEST"
is "computed again" "$STATUS $(grep -c "^the same [0-9]* bytes" out)" "0 1"
run "$YAGURA" audit trial 100000 --decoys 0 --data st --json
is "a run is drawn in one trial only" "$(field audits) $(field closed)" "$(field tossed) $(field closed)"
run "$YAGURA" audit verify --data st
ok "the chains are whole" grep -q "^whole" out

# No time for all: one in four is drawn. What triage drew is judged already.
judge quarter
run "$YAGURA" audit trial 440 --one-in 4 --decoys 440 --data quarter --json
A=$(field audits) T=$(field tossed)
[ "$A" -gt $((T / 4 - T / 12)) ] && [ "$A" -lt $((T / 4 + T / 12)) ]
result $? "one in four: $A of $T"
judge quarter
run "$YAGURA" certify --data quarter --pooled --json
is "may arm, with weights of 4" "$(grep -c '"may_arm":true' out) $(field largest_weight)" "1 4"

# a policy that closes is audited as alerts come in
"$YAGURA" arm --data st --tenant t1 --pooled --who ada --why first --accept "the pool speaks for us" >/dev/null
expect "armed: no trial" 2 "a policy was armed" "$YAGURA" audit trial 10 --data st

done_testing
