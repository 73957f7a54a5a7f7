#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Wrong use: exit status 2 (1 where the world is wrong), one line that says what to write.
. "$(dirname "$0")/tap.sh"

make_sample s 2 300 6
printf 'format: delimited\nno-such-key: 1\n' >bad.yaml
printf 'file,line,level\neve.json,x,FP\n' >bad.csv
printf 'file,level\neve.json,FP\n' >short.csv
printf 'not a model' >bad.ygm
printf 'not a capture' >text.pcap
mkfifo pipe
import_sample st s >/dev/null
E=s/aoba-01/day-01/eve.json

# STATUS | ERROR PATTERN | COMMAND LINE
while IFS='|' read -r want pattern line; do
    [ -n "$want" ] || continue
    # shellcheck disable=SC2086
    expect "yagura $line" "$want" "$pattern" "$YAGURA" $line
done <<TABLE
0||help
0||--help
0||import --help
0||version
0||--version
0||features
2|no such command|frobnicate
2|no such option|import --frobnicate x
2|no such option|import -x
2|a value must follow|import $E --tenant
2|no value goes with|queue --json=yes
2|write: yagura import FILE|import
2|write: yagura sample DIR|sample
2|write: yagura sample|sample a b
2|write: yagura doctor|doctor extra
2|whole number from 1 to 64|import --workers 0 $E
2|whole number|import --workers two $E
2|whole number|train --data st --seed -1
2|--zone|import --data n --zone elsewhere $E
2|FP, L1|import --data n --verdict L9 $E
2|1 to 100|import --data n --tenant= $E
1|no format is called|import --data n --format no-such $E
2|bad.yaml:2|import --data n --map bad.yaml $E
1|no.yaml|import --data n --map no.yaml $E
1|nowhere|import --data n --packets nowhere $E
2|neither a file nor a folder|import --data n --packets pipe $E
2|neither a file nor a folder|import --data n --packets /dev/zero $E
2|name a capture file|import --data n --packets= $E
2|bad.csv:2|import --data n --verdicts bad.csv $E
2|short.csv:1.*line|import --data n --verdicts short.csv $E
1|needs a mapping|import --data n --format delimited $E
1|no-such-store|train --data no-such-store
1|no-such-store|doctor --data no-such-store
1|import|triage $E
1|bad.ygm|triage --model bad.ygm $E
1|no.ygm|triage --model no.ygm $E
2|write a time|train --data st --until yesterday
1|no tenant .nobody|train --data st --tenants nobody
2|--train|evaluate --data st
2|0.05|certify --data st --fnr 0.03
TABLE
"$YAGURA" import --quiet --data n --packets text.pcap "$E" >out 2>err </dev/null
grep -q '^yagura: warning: .*text.pcap, byte 0: no capture.*; name captures only' err
result $? "a file that is no capture is named"
expect "standard output closed" 1 'standard output' bash -c '"$0" features >/dev/full' "$YAGURA"
"$YAGURA" help | awk '/^  [a-z]/ { print $1 }' >commands
bad=0
while read -r c; do
    "$YAGURA" "$c" --help >out 2>err </dev/null || { bad=1; echo "# $c"; }
    grep -q "^yagura $c" out || bad=1
done <commands
result $bad "$(wc -l <commands) commands have help"
done_testing
