#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Damaged, hostile and wrong input: never a crash, one line of error, what is whole is kept.
# once: processes and files, whatever the compiler (tools/run-tests)
. "$(dirname "$0")/tap.sh"

make_sample s 5 900 12
cat s/*/day-*/eve.json >eve.json
cat s/*/day-*/wazuh.json >wazuh.json
{ cat s/cedar-03/day-01/firewall.csv; tail -n +2 s/cedar-03/day-02/firewall.csv; } >fw.csv
LINES=$(wc -l <eve.json)

# survives NAME FILE [OPTION...]: import ends with 0 or 1, an error is one line, the
# counters add up.
N=0
survive() {
    local name=$1 file=$2
    shift 2
    N=$((N + 1))
    run "$YAGURA" import --data "rob$N" --json "$@" "$file"
    if [ "$STATUS" -gt 1 ] || ! sums || [ "$(wc -l <err)" -ne "$STATUS" ]; then
        echo "# $name: status $STATUS, $(wc -l <err) lines: $(head -1 err); $(cat out)"
        return 1
    fi
    rm -rf "rob$N"
}
survives() {
    survive "$@"
    result $? "$1"
}
# damage FILE SEED KIND: a damaged copy on standard output.
damage() {
    perl -e 'my ($file, $seed, $kind) = @ARGV; srand($seed); local $/; open F, "<:raw", $file;
        my $s = <F>; my $n = length $s;
        if ($kind eq "flip") { for (1..50) { my $i = int rand $n;
            substr($s, $i, 1) = chr(ord(substr($s, $i, 1)) ^ (1 << int rand 8)) } }
        elsif ($kind eq "cut") { $s = substr($s, 0, int rand $n) }
        elsif ($kind eq "nul") { substr($s, int rand $n, 1) = "\0" x (1 + int rand 9) for 1..20 }
        elsif ($kind eq "utf8") { substr($s, int rand $n, 1) = "\xff\xc0\xaf" for 1..20 }
        elsif ($kind eq "hole") { my $i = int rand $n; substr($s, $i, int(rand($n - $i))) = "" }
        binmode STDOUT; print $s' "$@"
}
for kind in flip cut nul utf8 hole; do
    bad=0
    for seed in 1 2 3; do
        for f in eve.json wazuh.json fw.csv; do
            damage $f $seed $kind >d.$f
            opt=
            [ $f = fw.csv ] && opt="--map s/firewall.map.yaml"
            survive "$kind seed $seed of $f" d.$f $opt || bad=1
        done
    done
    result $bad "$kind: EVE, Wazuh, delimited, three seeds each"
done

for z in gzip xz zstd; do
    command -v $z >/dev/null || { skip "$z damaged" "no $z here"; continue; }
    $z -c eve.json >whole.$z
    bad=0
    for seed in 1 2 3 4; do
        for kind in cut flip hole; do
            damage whole.$z $seed $kind >d.z
            survive "$z $kind seed $seed" d.z || bad=1
            survive "$z $kind seed $seed, format said" d.z --format eve || bad=1
        done
    done
    result $bad "$z: cut, flipped, with a hole"
    head -c $(($(wc -c <whole.$z) - 20)) whole.$z >short.z
    expect "$z: cut at its end" 1 'short.z: ' "$YAGURA" import --data sz$z --json short.z
    result $(($(field stored) > 0 ? 0 : 1)) "$z: what came before the cut is stored"
done

# One bad record among good ones costs nothing else.
bad_record() { # NAME REASON BYTES (printf)
    { head -n 40 eve.json; printf "$3"; tail -n +41 eve.json; } >one.json
    run "$YAGURA" import --data "bad$((N += 1))" --json one.json
    is "$1: is an alert with its reason, all others are stored" \
        "$STATUS $(field stored) $(field undecodable) $(field "$2")" "0 $((LINES + 1)) 1 1"
}
bad_record "not JSON" not-json 'hello\n'
bad_record "JSON that ends early" not-json '{"timestamp":"2026-01-05T00:00:00Z","event\n'
bad_record "an array" not-a-json-object '[1,2]\n'
bad_record "invalid UTF-8" not-utf-8 '{"timestamp":"2026-01-05T00:00:00Z","x":"\377\376"}\n'
deep=$(perl -e 'print "[" x 3000')
bad_record "deeply nested" nested-too-deep "{\"a\":$deep\n"
head -c 2000000 /dev/zero | tr '\0' b >long
bad_record "2 MB in one line" record-too-long "$(cat long)\n"
run "$YAGURA" import --data logs --json --log --map s/web.map.yaml s/cedar-03/day-01/access.log
logs=$(field context)
{ cat s/cedar-03/day-01/access.log; printf 'no such line\n\001\002\n'; } >bad.log
run "$YAGURA" import --data logs2 --json --map s/web.map.yaml bad.log
is "an unreadable log line is context, not an alert" \
    "$(field context) $(field alerts) $(field undecodable)" "$((logs + 2)) 0 0"

# Sizes.
: >empty
expect "an empty file is no error" 0 '' "$YAGURA" import --data e --json empty
is "and holds nothing" "$(field received)" 0
printf '\n\n\n' >blank
survives "blank lines" blank
head -c $(($(wc -c <eve.json) - 1)) eve.json >noend.json
run "$YAGURA" import --data noend --json noend.json
is "no line end at the end" "$(field stored) $(field alerts)" \
    "$LINES $(grep -c '"event_type":"alert"' eve.json)"
sed 's/$/\r/' eve.json >crlf.json
run "$YAGURA" import --data crlf --json crlf.json
is "CR LF" "$(field alerts) $(field undecodable)" \
    "$(grep -c '"event_type":"alert"' eve.json) 0"
{ echo '['; sed '$!s/$/,/' eve.json; echo ']'; } >array.json
run "$YAGURA" import --data array --json array.json
is "one array, format not said" "$(field alerts) $(field undecodable)" \
    "$(grep -c '"event_type":"alert"' eve.json) 0"
events='{"Records":[{"eventTime":"2026-01-02T03:04:05Z","eventSource":"iam.amazonaws.com","eventName":"CreateUser","awsRegion":"x"},{"eventTime":"2026-01-02T03:04:06Z","eventSource":"iam.amazonaws.com","eventName":"DeleteUser","awsRegion":"x"}]}'
echo "$events" >trail.json
run "$YAGURA" import --data trail --json trail.json
is "an array in an object" "$(field context)" 2
room=8000000 # kB of address space; a sanitizer reserves far more
case $YAGURA in */asan*/* | */tsan*/*) room=unlimited ;; esac
{ head -n 5 eve.json; head -c 1G /dev/zero | tr '\0' a; echo; tail -n +6 eve.json; } |
    /usr/bin/env bash -c "ulimit -v $room; "'exec "$@"' - \
        "$YAGURA" import --data huge --json - >out 2>err
is "a line of 1 GB through a pipe" "$? $(field stored) $(field oversize)" "0 $((LINES + 1)) 1"
truncate -s 300M sparse
survives "300 MB of NUL bytes" sparse --format eve

# Things that are no alerts.
head -c 300000 "$YAGURA" >junk
survives "a program as EVE" junk --format eve
survives "a program as Wazuh" junk --format wazuh
survives "a program, delimited" junk --map s/firewall.map.yaml
expect "a program, format not said" 1 'not recognised|--' "$YAGURA" import --data j junk
expect "a directory" 2 'is a directory' "$YAGURA" import --data j s
expect "a missing file" 1 'no-such-file' "$YAGURA" import --data j no-such-file
tr ',' ';' <fw.csv >semi.csv
survives "another delimiter" semi.csv --map s/firewall.map.yaml
survives "EVE read as Wazuh" eve.json --format wazuh
survives "Wazuh read as EVE" wazuh.json --format eve
survives "EVE read as delimited" eve.json --map s/firewall.map.yaml

# One broken file among several.
expect "a broken file among good ones" 1 'junk' \
    "$YAGURA" import --data mix --json eve.json junk wazuh.json
is "the others are stored" "$(field stored) $(field problems)" \
    "$((LINES + $(wc -l <wazuh.json))) 1"
cp s/cedar-03/day-01/eve.json a.json
for i in $(seq 100); do head -n "$i" eve.json >"many-$i.json"; done
run "$YAGURA" import --data many --json --workers 1 many-*.json
is "a hundred files on one worker" "$STATUS $(field received)" "0 5050"

# Captures fed to an importer of alerts.
pcaps=$DATA/robust-suricata-verify-pcaps.tar.xz
if [ -r "$pcaps" ]; then
    mkdir pcaps && tar xJf "$pcaps" -C pcaps
    find pcaps -type f -name '*.pcap' | sort | head -n 500 >list
    for how in "" "--format eve" "--format wazuh" "--map s/firewall.map.yaml"; do
        N=$((N + 1))
        # shellcheck disable=SC2046,SC2086
        run "$YAGURA" import --data "pcap$N" --json $how $(cat list)
        bad=0
        [ "$STATUS" -le 1 ] && sums && [ "$(wc -l <err)" -eq "$(field problems)" ] || bad=1
        [ $bad = 0 ] || { echo "# $STATUS $(tail -1 err)"; cut -c1-300 out | sed 's/^/# /'; }
        result $bad "$(wc -l <list) captures ${how:-format not said}: $(field received) records"
        rm -rf "pcap$N"
    done
else
    skip "captures" "no $pcaps"
fi
done_testing
