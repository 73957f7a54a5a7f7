#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Certificates: made of each tenant and of the pool, signed and kept, computed again bit for
# bit; and the trap that a rate per alert falls into.
# once: processes and files, whatever the compiler (tools/run-tests)
. "$(dirname "$0")/tap.sh"

# ---- life of a certificate -------------------------------------------------------------
"$YAGURA" sample --quiet --seed 3 --tenants 3 --days 4 --alerts 2000 --threats 60 s >/dev/null
for t in $SAMPLE_TENANTS; do
    "$YAGURA" import --data st --quiet --tenant "$t" --verdicts "s/$t/verdicts.csv" \
        "s/$t"/day-*/eve.json "s/$t"/day-*/wazuh.json >/dev/null
done
"$YAGURA" train --data st --quiet --until 2026-01-07T00:00:00Z >/dev/null
run "$YAGURA" certify --data st --show
is "none was made yet" "$(cat out)" "No certificate was made yet: run \`yagura certify\`."
run "$YAGURA" certify --data st --quiet --json
is "every tenant and the pool" "$(grep -o '"scope":"[a-z]*"' out | sort | uniq -c | xargs)" \
    "2 scope:pooled 3 scope:tenant"
ok "the pool's may not arm: shadow mode keeps the estimate" \
    grep -q '"in_force":{"kind":"cross-fit"' out
digests() { grep -o '"digest":"[0-9a-f]*"' "${1:-out}" | cut -d'"' -f4; }
digests >made
is "four certificates" "$(wc -l <made)" 4
for d in $(cat made); do
    run "$YAGURA" certify --data st --quiet --recompute "$d"
    is "computed again: ${d:0:12}" "$STATUS $(grep -c "^the same [0-9]* bytes" out)" "0 1"
done
run "$YAGURA" certify --data st --quiet --workers 1 --json --recompute "$(tail -1 made)"
is "with another number of workers" "$(grep -o '"same":[a-z]*' out)" '"same":true'
run "$YAGURA" certify --data st --show
is "listed" "$(grep -cE '^[0-9a-f]{12} ' out)" 4
run "$YAGURA" certify --data st --show "$(head -1 made | cut -c1-10)"
ok "shown by the first digits, with its signature" grep -q "signed by this store's key" out
expect "a digest that is not there" 1 . "$YAGURA" certify --data st --show 0123456789
expect "a digest alone" 2 "goes with --show" "$YAGURA" certify --data st 0123456789

# Every attempt counts, of each tenant for itself; failed ones too (these were).
run "$YAGURA" certify --data st --quiet --tenant aoba-01 --json
is "the second attempt of a tenant" "$(field attempt)" 2
run "$YAGURA" certify --data st --quiet --tenant birch-02 --json
is "and of another" "$(field attempt)" 2
run "$YAGURA" certify --data st --quiet --pooled --json
is "the pool's" "$(grep -o '"attempt":[0-9]*' out | sort -u)" '"attempt":2'
is "it has a quarter to spend" "$(grep -o '"share":[0-9.]*' out | sort -u)" '"share":0.002533029591058445'

# What came later is left out when an older certificate is computed again: verdicts, those
# that changed, and alerts.
ID=$("$YAGURA" evaluate --data st --quiet --model st/model.ygm --test aoba-01 --rows rows >/dev/null
    awk -F'\t' '$3 == "FP" { id = $NF } END { print id }' rows)
"$YAGURA" verdict --data st --quiet "$ID" L4 >/dev/null 2>&1 ||
    "$YAGURA" verdict --data st "$ID" --level L4 >/dev/null 2>&1
run "$YAGURA" certify --data st --quiet --recompute "$(head -1 made)"
is "after another verdict it is the same" "$STATUS $(grep -c '^the same' out)" "0 1"
threats() { # of L4, in the certificate that was just made
    "$YAGURA" certify --data st --quiet --tenant aoba-01 --json >made.now
    "$YAGURA" certify --data st --json --show "$(digests made.now | tail -1)" |
        grep -o '"level":"L4","threats":[0-9]*'
}
BEFORE=$(field threats <(threats))
is "an attack called harmless counts as one" "$("$YAGURA" verdict --data st --quiet "$ID" FP \
    >/dev/null && threats)" "\"level\":\"L4\",\"threats\":$BEFORE"
is "and one that was taken back" "$("$YAGURA" verdict --data st --quiet "$ID" undo >/dev/null &&
    "$YAGURA" verdict --data st --quiet "$ID" undo >/dev/null && threats)" \
    "\"level\":\"L4\",\"threats\":$BEFORE"
run "$YAGURA" audit verify --data st --quiet --json
is "all certificates are the same still" "$STATUS $(field certificates_again)" "0 10"
if command -v sqlite3 >/dev/null; then
    sqlite3 st/yagura.db "UPDATE verdict SET put_ns = 1, at_ns = 1"
    run "$YAGURA" audit verify --data st --quiet
    is "a verdict dated back shows" "$STATUS $(grep -c 'certificate [0-9a-f]* of' err)" "1 1"
else
    skip "a verdict dated back shows" "no sqlite3"
fi

# ---- the trap --------------------------------------------------------------------------
# Scans outnumber break-ins a thousand to one, and a break-in looks like everyday noise. A
# threshold that misses 0.1 % of the alerts of attacks closes the break-ins.
cat >gen.awk <<'A'
function random() {
    seed = (seed * 1103515245 + 12345) % 2147483648
    return int(seed / 65536)
}
# One alert and its verdict.
function alert(t, src, dst, sid, name, level, incident) {
    printf "{\"timestamp\":\"%s.000000+0000\",\"event_type\":\"alert\",\"src_ip\":\"%s\"," \
        "\"src_port\":40000,\"dest_ip\":\"%s\",\"dest_port\":80,\"proto\":\"TCP\",\"alert\":" \
        "{\"action\":\"allowed\",\"gid\":1,\"signature_id\":%d,\"rev\":1,\"signature\":\"%s\"," \
        "\"category\":\"Misc\",\"severity\":3}}\n", strftime("%Y-%m-%dT%H:%M:%S", t, 1),
        src, dst, sid, name > "trap.json"
    print "trap.json," ++line "," level ",," incident > "trap.csv"
}
BEGIN {
    day = 1767571200 # 2026-01-05
    print "file,line,level,reason,incident" > "trap.csv"
    for (part = 0; part < 2; part++) {
        # One process makes noise and break-ins: nothing tells them apart.
        for (i = 0; i < 3125; i++) {
            t = day + int((part * 3 + 3 * i / 3125) * 86400 + random() % 83)
            hit = random() % 25 == 0
            n += hit
            alert(t, "10." random() % 200 "." random() % 97 ".1", "10." 200 + random() % 50 "." random() % 250 ".2",
                  2000001, "noise", hit ? "L4" : "FP", hit ? "break" n : "")
            if (i == 1562) # ten scans
                for (k = 0; k < (part ? 126000 : 20000); k++)
                    alert(t + int(k / 10), "198.51.100." k % 10, "203.0.113." k % 250, 2000002, "scan", "L3", "scan" part k % 10)
        }
    }
}
A
awk -f gen.awk
"$YAGURA" import --data trap --quiet --tenant t --verdicts trap.csv trap.json >/dev/null
"$YAGURA" train --data trap --quiet --until 2026-01-08T00:00:00Z >/dev/null
"$YAGURA" evaluate --data trap --quiet --model trap/model.ygm --test t --rows rows >/dev/null
# The highest threshold that closes at most 0.1 % of the attacks' alerts of the last days.
awk -F'\t' '$3 ~ /L[34]/ && $2 >= 1767830400000000000 { print $5 "\t" $3 }' rows | sort -n >attacks
N=$(($(wc -l <attacks) / 1000))
BREAKS=$(grep -c L4 attacks)
is "126,000 alerts of scans, so $N of attacks may be missed" "$(grep -c L3 attacks)" 126000
TAU=$(sed -n "$((N + 1))p" attacks | cut -f1)
CLOSED=$(awk -v tau="$TAU" '$1 < tau && $2 == "L4"' attacks | wc -l)
[ "$CLOSED" -ge $((BREAKS * 9 / 10)) ] && [ "$BREAKS" -ge 100 ]
result $? "by alert all is well: at most 0.1 % missed, and $CLOSED of $BREAKS break-ins closed"
run "$YAGURA" certify --data trap --quiet --pooled --json
CERT_TAU=$(field tau)
[ "$CERT_TAU" -lt "$TAU" ]
result $? "no certificate gives that threshold ($CERT_TAU, not $TAU)"
LOST=$(grep -o '"level":"L4","threats":[0-9]*,"lost":[0-9]*' out | head -1)
is "and what it gives loses no break-in" "${LOST##*:}" 0
done_testing
