#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every capture of a large test suite, hostile ones among them, through the whole packet
# path: never a crash or a report of a sanitizer, every file accounted for.
. "$(dirname "$0")/tap.sh"

: "${O:=$ROOT/build/release}"
BENCH=$O/bench/bench_packets
pcaps=$DATA/robust-suricata-verify-pcaps.tar.xz
if [ ! -r "$pcaps" ]; then
    skip "captures" "no $pcaps"
    done_testing
    exit
fi
mkdir pcaps && tar xJf "$pcaps" -C pcaps
result $? "unpacked"
find pcaps -type f | LC_ALL=C sort >list
xargs -d '\n' "$BENCH" columns <list >out 2>err
status=$?
[ $status -eq 0 ] || head -40 err | sed 's/^/# /'
result $status "$(wc -l <list) files through dissection, conversations, protocols, judgement and columns"
is "every file is accounted for" "$(field files)" "$(wc -l <list)"
sed -n 's/^# [^:]*: //p' out | sed 's/[0-9][0-9]*/N/g' | sort | uniq -c | sort -rn |
    sed 's/^/# could not be read whole: /'
refused=$(grep '^#' out | grep -c 'not a pcap')
is "every file that calls itself a capture is one" \
    "$(grep '^#.*\.pcap: ' out | grep -c 'not a pcap')" 0
broken=$(grep '^#' out | grep -vc 'not a pcap')
[ "$broken" -le 15 ]
result $? "$(($(wc -l <list) - refused)) captures, $broken of them broken inside"
grep '^{' out | sed 's/^/# /'
# The same bytes, the same counts.
xargs -d '\n' "$BENCH" columns <list >again 2>>err
sed 's/"cpu":[0-9.]*//' out >one
sed 's/"cpu":[0-9.]*//' again >two
same "a second run says the same" one two
done_testing
