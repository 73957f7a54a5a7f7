#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Thinning rules over made-up customers: what they leave out is counted and not stored,
# alerts stay, and a second reading stores nothing.
. "$(dirname "$0")/tap.sh"

# num FILE NAME: a top-level number of a JSON object.
num() { python3 -c 'import json,sys; print(json.load(open(sys.argv[1])).get(sys.argv[2], 0))' "$@"; }
# stored WHICH: what the store holds.
stored() { "$YAGURA" doctor --data "$1" --json >doctor.json 2>/dev/null && num doctor.json "$2"; }
rule() { # NAME MATCH DO [BY]
    printf -- '  - name: %s\n    owner: o@example.org\n    reason: w\n' "$1"
    printf '    expires: 2099-01-01\n    match: %s\n    do: %s\n' "$2" "$3"
    [ -z "${4-}" ] || printf '    by: %s\n' "$4"
}

make_sample s 2 12000 3
t=${SAMPLE_TENANTS%% *}
{
    echo 'thin:'
    rule over '{ tenant: "*" }' drop | sed 's/2099/2020/'
    rule web '{ source: firewall, destination.port: [80, 443] }' 'merge 10 min' \
        '[source.ip, destination.ip]'
    rule names '{ source: firewall, destination.port: 53 }' count
    rule rest '{ source: firewall }' 'sample 5'
    rule alerts '{ device: ids }' drop
} >c.yaml
fw=(--tenant "$t" --source firewall --log --map s/firewall.map.yaml s/$t/day-*/firewall.csv*)
ids=(--tenant "$t" s/$t/day-*/eve.json*)

ok 'check-config takes them' "$YAGURA" check-config c.yaml
"$YAGURA" check-config c.yaml >printed.yaml
"$YAGURA" check-config printed.yaml >again.yaml
same 'what it prints reads back equal' printed.yaml again.yaml
sed 's/firewall, dest/firewall, dets/' c.yaml >bad.yaml
run "$YAGURA" check-config bad.yaml
is 'a mistake has its place and a hint' "$STATUS $(grep -c 'bad.yaml:12:.*destination.port' err)" '2 1'

run "$YAGURA" thin --config c.yaml --json --try "${fw[@]}"
cp out try.json
is 'try: status' "$STATUS" 0
is 'an expired rule says so' "$(grep -c '"over" of o@example.org has expired' err)" 1
"$YAGURA" import --data all --quiet --json "${fw[@]}" >all.json
"$YAGURA" import --data st --config c.yaml --quiet --json "${fw[@]}" >one.json 2>/dev/null
is 'try leaves out what import leaves out' "$(num try.json left_out)" "$(num one.json filtered)"
is 'every record is stored or filtered' \
    "$(($(num one.json stored) + $(num one.json filtered)))" "$(num all.json stored)"
less=$(($(num one.json stored) * 10 < $(num all.json stored) * 5))
is 'most are left out' "$less" 1
"$YAGURA" thin --data st --config c.yaml --json >thin.json
is 'the store counts the same' "$(num thin.json left_out) $(num thin.json in)" \
    "$(num one.json filtered) $(num all.json stored)"
is 'by rule' "$(python3 -c '
import json
for r in json.load(open("thin.json"))["rows"]: print(r["rule"], r["left_out"] > 0)' | tr '\n' ' ')" \
    'names True rest True web True '
contexts=$(stored st contexts)
is 'what was left out is said in records of the store' \
    "$contexts $(($(num one.json thin-records) > 0))" \
    "$(($(num one.json stored) + $(num one.json thin-records))) 1"
"$YAGURA" import --data st --config c.yaml --quiet --json "${fw[@]}" >two.json 2>/dev/null
is 'read again, nothing is stored' \
    "$(num two.json stored) $(num two.json thin-records) $(stored st contexts)" "0 0 $contexts"

"$YAGURA" import --data ids1 --quiet --json "${ids[@]}" >ids1.json
"$YAGURA" import --data ids2 --config c.yaml --quiet --json "${ids[@]}" >ids2.json 2>/dev/null
is 'no alert is thinned, whatever a rule says' "$(num ids2.json alerts)" "$(num ids1.json alerts)"
is 'their context is' "$(num ids2.json context)" 0
for w in 1 4; do
    "$YAGURA" import --data "w$w" --workers $w --config c.yaml --quiet --json "${fw[@]}" \
        >"w$w.json" 2>/dev/null
done
same 'the number of workers changes nothing' w1.json w4.json
run "$YAGURA" thin --data st
is 'as text' "$STATUS $(grep -c "$t / firewall / web" out) $(tail -1 out | grep -c all)" '0 1 1'
run "$YAGURA" thin c.yaml
is 'files need --try' "$STATUS $(grep -c -- '--try' err)" '2 1'
run "$YAGURA" thin --try
is '--try needs files' "$STATUS" 2
done_testing
