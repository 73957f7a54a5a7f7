#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Assets from the command line: files whole or not at all, what is wrong with which line,
# out again as CSV; and the trail of it.
# once: processes and files, whatever the compiler (tools/run-tests)
. "$(dirname "$0")/tap.sh"

mkdir st
asset() { run "$YAGURA" asset --data st "$@"; }

expect "no store" 1 "no store at nowhere" "$YAGURA" asset list --data nowhere
expect "no verb" 2 "write: yagura asset" "$YAGURA" asset
expect "no such verb" 2 "write import, list, export or remove" "$YAGURA" asset count --data st
expect "whose" 2 "say whose" "$YAGURA" asset import x.csv --data st
expect "no file" 1 "x.csv" "$YAGURA" asset import x.csv --tenant acme --data st

printf 'IP Address,Name,Criticality,Software\n192.0.2.7,=shop,high,nginx 1.18\nweb1,,,\n' >hosts.csv
printf 'Plugin ID,CVE,Risk,Host,Name\n1,CVE-2021-44228,High,192.0.2.7,"Log4\nShell"\n2,,None,192.0.2.9,x\n' >scan.csv
printf '{"statements":[{"vulnerability":"CVE-2021-44228","status":"not_affected"}]}' >vex.json
printf 'address,criticality\n192.0.2.8,\n300.1.1.1,\n192.0.2.9,often\n' >bad.csv

asset import --tenant acme hosts.csv scan.csv
is "both are read" "$(cut -d: -f2- out | tr -d '\n')" \
    " inventory: 2 assets, 0 findings, 0 lines passed over scanner's report: 2 assets, 1 findings, 1 lines passed over"
is "the file is its owner's" "$(stat -c %a st/desk.db)" "600"
asset import bad.csv --tenant acme
grep -q 'bad.csv:3: .*300.1.1.1' err && [ $STATUS -eq 1 ]
result $? "lines that cannot be"
grep -q 'bad.csv:4: criticality' err && grep -q 'nothing of bad.csv was imported' err
result $? "each is told"
asset list --tenant acme
is "nothing of it is there" "$(grep -c . out) $(grep -c 192.0.2.8 out)" "3 0"
asset import vex.json --tenant acme
grep -q 'say which asset' err && [ $STATUS -eq 1 ]
result $? "a VEX of nothing"
asset import --tenant acme --asset 192.0.2.7 --json vex.json
is "and of an asset" "$(cat out)" \
    '{"file":"vex.json","kind":"VEX","assets":1,"findings":1,"passed_over":0}'
asset export --tenant acme
is "out again, no formula" "$(grep shop out | tr -d '\r')" \
    "acme,192.0.2.7,\"'=shop\",,,3,nginx 1.18,1"
asset export --tenant beta
is "only one's" "$(grep -c . out)" "1"
asset remove --tenant acme 192.0.2.7
is "one is removed" "$STATUS $(cat out)" "0 192.0.2.7 removed"
expect "once" 1 "no such asset" "$YAGURA" asset remove 192.0.2.7 --tenant acme --data st
expect "not another's" 1 "no such asset" "$YAGURA" asset remove web1 --tenant beta --data st
done_testing
