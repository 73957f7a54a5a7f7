#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A question reads as much out of a large spool as out of a small one; all are answered,
# and the index knows as many packets as libpcap reads.
. "$(dirname "$0")/tap.sh"

number() { # NAME FILE: of the JSON's last line
    tail -n 1 "$2" | grep -o "\"$1\":[0-9]*" | cut -d: -f2
}
bench=${O:-$ROOT/build/release}/bench/bench_spool
if [ ! -x "$bench" ]; then
    echo "1..0 # SKIP no $bench"
    exit 0
fi
for mb in 50 200; do
    mkdir $mb
    ok "a capture of $mb MB is made" "$bench" make $mb $mb
    "$bench" run $mb 40 >$mb.json 2>$mb.err # fails when libpcap counts otherwise
    result $? "it is indexed and asked"
    is "every question is answered" "$(number answered $mb.json)" "$(number asked $mb.json)"
    rm -rf $mb
done
small=$(number median_read 50.json) large=$(number median_read 200.json)
echo "# bytes read: $small and $large"
[ "$large" -lt $((small * 3 / 2)) ] && [ "$large" -gt 0 ]
result $? "bytes read of a question stay the same"
[ "$(number max_read 200.json)" -lt 1000000 ]
result $? "no question reads a megabyte"

# Its own reader against libpcap's, frame by frame.
pcaps=$DATA/robust-suricata-verify-pcaps.tar.xz
if [ -r "$pcaps" ]; then
    mkdir pcaps && tar xJf "$pcaps" -C pcaps
    find pcaps -type f -name '*.pcap*' -print0 | LC_ALL=C sort -z |
        xargs -0 "$bench" compare >compare.log
    result $? "$(number files compare.log) real captures are read as libpcap reads them"
    grep -v '^{' compare.log | head -n 20 | sed 's/^/# /'
else
    skip "real captures" "no $pcaps"
fi
done_testing
