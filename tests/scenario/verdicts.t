#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Decisions made in other tools become verdicts on stored alerts, and nothing is guessed.
. "$(dirname "$0")/tap.sh"

make_sample s 1 200 6
import_sample st s >/dev/null
grep -h '"event_type":"alert"' s/*/day-*/eve.json | head -6 >alerts
field() { sed -n "s/.*\"$1\":\([0-9]*\)[,}].*/\1/p" got; }
import() { "$YAGURA" import-verdicts --data st --json --quiet "$@" >got 2>err; }

# The first two escalated, then archived, put away by a filter, untouched; one of nowhere.
{
    sed -n '1,2s/}$/,"tags":["evebox.archived","evebox.escalated"]}/p' alerts
    sed -n '3s/}$/,"tags":["evebox.archived"]}/p' alerts
    sed -n '4s/}$/,"tags":["evebox.archived","evebox.auto-archived"]}/p' alerts
    sed -n '5p' alerts
    sed -n '6s/"src_ip":"[^"]*"/"src_ip":"192.0.2.77"/; 6s/}$/,"tags":["escalated"]}/p' alerts
} >evebox.json
import --format evebox --dry-run evebox.json
is "a dry run says what would be given" "$? $(field given)" "0 2"
import --format evebox evebox.json
is "escalated is L3" "$? $(field given) $(field L3)" "0 2 2"
is "archived says nothing, a filter is no person" "$(field uncertain) $(field automatic)" "1 1"
is "what fits nothing is counted" "$(field open) $(field unmatched)" "1 1"
grep -q '"line":6,"why":"unmatched"' got
result $? "and listed with its line"
import --format evebox evebox.json
is "a second time gives nothing" "$(field given) $(field same)" "0 2"
import --format evebox --map archived=FP,escalated=L4 evebox.json
is "a house has its own words" "$(field FP) $(field L4) $(field automatic)" "1 2 1"
import --format evebox --map auto-archived=FP evebox.json
is "but not for what a program closed" "$?" "2"

# A table says what it knows.
sed -n 5p alerts >one
id=$(sed 's/.*"timestamp":"\([^"]*\)".*"src_ip":"\([^"]*\)".*/\1,\2/' one)
printf 'time,source,verdict,who,reason\n%s,L2,ann,test\n' "$id" >table.csv
import --format csv table.csv
is "a table by time and source" "$? $(field given) $(field L2)" "0 1 1"
printf 'time,verdict\n2026-01-05T00:00:00Z,FP\n' >vague.csv
import --format csv vague.csv
is "a time alone is too vague" "$(field vague)" "1"
import --format csv evebox.json
is "another format is refused" "$?" "1"

# What waits in the queue and is judged elsewhere does not wait any more.
make_sample t 1 1500 40
tenant=aoba-01
waiting() { "$YAGURA" queue --data q --json | sed 's/.*"total":\([0-9]*\),"blind.*/\1/'; }
"$YAGURA" import --data q --tenant "$tenant" --quiet --verdicts "t/$tenant/verdicts.csv" \
    "t/$tenant/day-01/eve.json" >/dev/null
"$YAGURA" train --data q --quiet >/dev/null
"$YAGURA" triage --data q --tenant "$tenant" --quiet "t/$tenant/day-02/eve.json" >/dev/null
before=$(waiting)
"$YAGURA" queue --data q --json | sed 's/.*"runs"//' |
    grep -o '"worst_alert":"[0-9a-f]*","tenant[^{}]*"alerts":1,' | head -2 |
    sed '1i id,verdict
s/"worst_alert":"\([0-9a-f]*\)".*/\1,FP/' >queued.csv
"$YAGURA" import-verdicts --data q --json --quiet --format csv queued.csv >got
is "runs of the queue are judged with their alerts" \
    "$(field given) $(field runs) $((before - $(waiting)))" "2 2 2"
"$YAGURA" doctor --data st >out
is "the store is whole" "$?" "0"
done_testing
