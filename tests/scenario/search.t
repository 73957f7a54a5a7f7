#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Search: what a query finds is what looking at every record finds, newest first, in pages
# of any size, by any number of workers; scores of what waits for a blind verdict are not
# told, in no way of asking.
# once: processes and files, whatever the compiler (tools/run-tests)
. "$(dirname "$0")/tap.sh"

make_sample s 3 4000 24
for t in $SAMPLE_TENANTS; do
    "$YAGURA" import --data st --quiet --tenant "$t" --source net s/"$t"/day-*/eve.json >/dev/null
    "$YAGURA" import --data st --quiet --tenant "$t" --source hosts s/"$t"/day-*/wazuh.json >/dev/null
done
ids() { sed -n 's/^{"id":"\([0-9a-f]*\)".*/\1/p' "$1"; }
# find NAME ARGUMENT...: all hits as JSON lines in NAME, their ids sorted in NAME.ids
find_all() {
    local to=$1
    shift
    "$YAGURA" search --data st --json --limit 100000000 "$@" >"$to" && ids "$to" | sort >"$to.ids"
}
"$YAGURA" records --data st --json >records && ids records | sort >records.ids
find_all all
same "an empty query finds every record" records.ids all.ids
sed 's/.*"time":"\([^"]*\)".*/\1/' all >times
sort -rc times
result $? "newest first"
for w in 1 2; do
    find_all "w$w" --workers "$w" 'signature:policy or dport:<1024'
done
same "any number of workers: the same lines" w1 w2

# Each against what a look at every line finds.
grep '"source.ip":"10\.' all | sed -n 's/^{"id":"\([0-9a-f]*\)".*/\1/p' | sort >want
find_all got src:10.0.0.0/8
same "an address range" want got.ids
host=$(sed -n 's/.*"source.ip":"\(10\.[0-9.]*\)".*/\1/p' all | sort | uniq -c | sort -rn | awk 'NR == 3 { print $2 }')
grep "\"source.ip\":\"$host\"" all | sed -n 's/^{"id":"\([0-9a-f]*\)".*/\1/p' | sort >want
find_all got "src:$host"
same "one address" want got.ids
grep '"tenant":"birch-02"' all | grep '"kind":"alert"' | sed -n 's/^{"id":"\([0-9a-f]*\)".*/\1/p' | sort >want
find_all got tenant:birch-02 kind:alert
same "a tenant's alerts" want got.ids
find_all got --tenant birch-02 kind:alert
same "the same with --tenant" want got.ids
grep -i '"rule.name":"[^"]*policy' all | sed -n 's/^{"id":"\([0-9a-f]*\)".*/\1/p' | sort >want
find_all got 'signature:POLICY'
same "a part of a signature" want got.ids
grep '"time":"2026-01-06T1' all | sed -n 's/^{"id":"\([0-9a-f]*\)".*/\1/p' | sort >want
find_all got 'time:[2026-01-06T10:00 to 2026-01-06T19:59]'
same "ten hours" want got.ids
comm -23 all.ids got.ids >want
find_all got 'not time:[2026-01-06T10:00 to 2026-01-06T19:59]'
same "all but these" want got.ids

# Pages.
find_all whole 'tenant:cedar-03 dport:*'
"$YAGURA" search --data st --json --limit 1000000 --seconds 100 'tenant:cedar-03 dport:*' >page
is "with time enough one search finds all" "$(wc -l <page)" "$(wc -l <whole)"
for size in 7 100; do
    : >paged
    after=()
    while :; do
        "$YAGURA" search --data st --limit "$size" "${after[@]}" 'tenant:cedar-03 dport:>=1000' >page 2>err
        tail -n +2 page | cut -d' ' -f1 >>paged
        place=$(sed -n 's/.*--after \([0-9a-f]*\)$/\1/p' err)
        [ -n "$place" ] || break
        after=(--after "$place")
    done
    "$YAGURA" search --data st --limit 1000000 'tenant:cedar-03 dport:>=1000' | tail -n +2 |
        cut -d' ' -f1 >whole.ids
    same "pages of $size: the same in the same order ($(wc -l <whole.ids))" whole.ids paged
done

# Verdicts, and what triage said.
one=$(sed -n 's/^{"id":"\([0-9a-f]*\)".*"kind":"alert".*/\1/p' all | tail -1)
"$YAGURA" verdict --data st --quiet --who ada "$one" L2 >/dev/null
find_all got verdict:L2
is "a verdict that was given" "$(cat got.ids)" "$one"
find_all got "verdict:>=L3"
is "and none above it" "$(wc -l <got)" 0

expect "a field that is not there" 2 "at letter 7: no field \"sorce\": is it source" \
    "$YAGURA" search --data st 'a and sorce:x'
expect "an address that is none" 2 "is not an address" "$YAGURA" search --data st src:banana
expect "a place that is none" 2 "not a place" "$YAGURA" search --data st --after 12 x
expect "a tenant that is not there" 1 "nobody" "$YAGURA" search --data st --tenant nobody
"$YAGURA" search --data st --limit 3 --fields source.ip,destination.port dport:443 >out 2>/dev/null
is "fields of one's own" "$(head -1 out | awk '{ print $7, $8 }') $(awk 'NR > 1 { print $NF }' out | sort -u)" \
    "source.ip destination.port 443"
"$YAGURA" search --names >out
result $? "names"
is "and what they are short for" "$(grep -c 'short for source.ip$' out)" 1

# The same over HTTP, a page and the API.
"$YAGURA" serve --data st --no-login --listen 127.0.0.1:0 >serve.out 2>serve.err &
server=$!
for _ in $(seq 100); do
    url=$(grep -o 'http://[0-9.:]*' serve.out serve.err 2>/dev/null | head -1 | sed 's/.*http:/http:/')
    [ -n "$url" ] && break
    sleep 0.1
done
"$YAGURA" search --data st --json --limit 40 'tenant:cedar-03 dport:443' >want 2>/dev/null
curl -sG "$url/api/v1/alerts" --data-urlencode 'q=tenant:cedar-03 dport:443' --data limit=40 |
    sed 's/^{"alerts":\[//; s/\],"more":.*//; s/},{"id"/}\n{"id"/g' >got
same "the API: the same lines" want got
curl -sG "$url/api/v1/alerts" --data-urlencode 'q=a and sorce:x' >out
is "what is wrong with a query" "$(grep -c '"status":400,"detail":"q, at letter 7: no field' out)" 1
curl -sG "$url/search" --data-urlencode 'q=a and sorce:<b>' >out
is "and on the page, as text" "$(grep -c 'At letter 7' out) $(grep -c '<b>' out)" "1 0"
curl -sG "$url/search" --data-urlencode 'q=tenant:cedar-03 dport:443' --data limit=5 >out
is "a page has its rows and the way on" "$(grep -c '^<tr><td>' out) $(grep -c 'after=[0-9a-f]*">Older' out)" "5 1"
kill "$server"
wait "$server" 2>/dev/null

# Blind. In this data an alert is a run of its own.
awk 'BEGIN {
    print "file,line,level" > "verdicts.csv"
    for (part = 1; part <= 2; part++)
        for (i = 0; i < 900; i++) {
            l = i % 3 ? "FP" : "L4"
            printf "{\"timestamp\":\"%s.%06d+0000\",\"event_type\":\"alert\",\"src_ip\":\"%s\"," \
                "\"src_port\":40000,\"dest_ip\":\"10.9.0.%d\",\"dest_port\":80,\"proto\":\"TCP\"," \
                "\"alert\":{\"action\":\"allowed\",\"gid\":1,\"signature_id\":%d,\"rev\":1," \
                "\"signature\":\"s\",\"category\":\"Misc\",\"severity\":%d}}\n",
                strftime("%Y-%m-%dT%H:%M:%S", 1767571200 + 172800 * (part - 1) + i * 90, 1), i,
                (l == "FP" ? "10." : "172.16.") part "." int(i / 250) (l == "FP" ? "." i % 250 : ""),
                i % 250, l == "FP" ? 2000001 + i % 2 : 3000001, 3 > ("part" part ".json")
            print "part" part ".json," ++line[part] "," l > "verdicts.csv"
        }
}' </dev/null
sed -i 's/"172\.16\.\([0-9]\)\.\([0-9]*\)"/"172.16.\1\2.9"/' part1.json part2.json
"$YAGURA" import --data st2 --quiet --tenant t --verdicts verdicts.csv part1.json >/dev/null
"$YAGURA" train --data st2 --quiet >/dev/null
"$YAGURA" triage --data st2 --tenant t part2.json >/dev/null
"$YAGURA" audit --data st2 --json --limit 1000 | grep -o '"id":"[0-9a-f]*"' | cut -d'"' -f4 | sort >blind
n=$(wc -l <blind)
[ "$n" -gt 10 ]
result $? "runs wait to be judged blind: $n"
"$YAGURA" search --data st2 --json --limit 100000 'time:>=2026-01-07' >told
grep '"blind":true' told | sed -n 's/^{"id":"\([0-9a-f]*\)".*/\1/p' | sort >told.blind
comm -23 blind told.blind >missing
is "all of them are told as such" "$(wc -l <missing)" 0
is "and nothing of their score" "$(grep '"blind":true' told | grep -c 'risk\|predicted\|decision')" 0
[ "$(grep -c '"risk"' told)" -gt 10 ]
result $? "of others it is told"
for q in 'risk:>=0' 'risk:<=1' 'predicted:*' 'predicted:FP' 'predicted:>=L1' 'decision:open' 'decision:would-close' 'risk:<0.5 or risk:>=0.5'; do
    "$YAGURA" search --data st2 --json --limit 100000 "time:>=2026-01-07 ($q)" |
        sed -n 's/^{"id":"\([0-9a-f]*\)".*/\1/p' | sort >got
    is "blind ones do not answer $q" "$(comm -12 got told.blind | wc -l)" 0
done
for q in 'not risk:>=0.5' 'not decision:open' 'predicted:none' 'decision:none'; do
    "$YAGURA" search --data st2 --json --limit 100000 "time:>=2026-01-07 ($q)" |
        sed -n 's/^{"id":"\([0-9a-f]*\)".*/\1/p' | sort >got
    is "and all alike answer $q" "$(comm -12 got told.blind | wc -l)" "$(wc -l <told.blind)"
done
done_testing
