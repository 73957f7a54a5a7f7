#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# once
# What attackers would write, in every text of alerts and of the API's bodies, read back by
# every address as everybody: nothing but data (tests/attack-bytes says what that is). And
# the commands for people's eyes: nothing that a terminal obeys.
. "$(dirname "$0")/tap.sh"
. "$ROOT/tests/scenario/login.sh"

perl -MIO::Socket::SSL -e1 2>/dev/null || {
    skip "attack bytes" "IO::Socket::SSL is not installed (libio-socket-ssl-perl)"
    done_testing
    exit
}
"$ROOT/tests/attack-bytes" records >eve.json || exit 1
"$YAGURA" sample --tenants 1 --days 2 --alerts 300 --threats 6 --quiet sample >/dev/null || exit 1
"$YAGURA" import --quiet --tenant aoba-01 --data "$data" --verdicts sample/aoba-01/verdicts.csv sample/aoba-01/day-01/*.json >import.out
"$YAGURA" train --quiet --data "$data" >train.out 2>train.err
"$YAGURA" triage --quiet --tenant aoba-01 --data "$data" eve.json >triage.out
[ "$(wc -l <triage.out)" -gt 100 ] && ! grep -P '[\x00-\x08\x0b-\x1f\x7f]' triage.out
result $? "records of attack text are judged"
esc=$(printf '\033') taken=0
for name in '"><script>zqx(7)</script>' "zqx' onfocus='zqx(8)" '=zqx+1' $'zqx\xe2\x80\xae' "zqx${esc}[2J" $'zqx\r\nX: zqx'; do
    sed "s/zqx/zqx${#name}/; s/\"flow_id\":/&7/" eve.json | head -6 >named.json
    "$YAGURA" import --quiet --tenant "$name" --source "$name" --data "$data" named.json >named.out 2>named.err && taken=$((taken + 1))
    LC_ALL=C.UTF-8 grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\x{202e}' named.out named.err && echo "# obeyed: $name" && taken=-100
done
[ "$taken" -ge 1 ]
result $? "names of tenants and sources: refused, or data ($taken of 6 taken)"
"$YAGURA" ask --tenant aoba-01 --data "$data" >ask.out 2>&1
serve_https
result $? "the server begins"
for role in viewer customer senior tenant-admin auditor system-admin; do
    case $role in customer | tenant-admin) tenants=aoba-01 ;; *) tenants=all ;; esac
    person $role $role $tenants >/dev/null
done
"$ROOT/tests/attack-bytes" walk "$url" "$ca" "$ROOT/src/api/routes.def" aoba-01 jar-* >walk.out 2>&1
result $? "everything that is answered is data"
sed 's/^\([^#]\)/# \1/' walk.out
token=$("$YAGURA" token make senior --label test --days 1 --json --data "$data" | sed -n 's/.*"token":"\([^"]*\)".*/\1/p')
curl -sN --max-time 3 --cacert "$ca" -H "Authorization: Bearer $token" -D head -o events "$url/api/v1/stream"
[ -s events ] && ! LC_ALL=C grep -avE '^(event: [a-z]+|data: \{("[a-z_]+":[0-9]+,?)+\}|:.*|)$' events
result $? "the stream has numbers and nothing else"
grep -qi '^content-security-policy: default-src' head && grep -qi '^x-content-type-options: nosniff' head && ! grep -qi zqx head
result $? "... and the headers"
kill -TERM $server
wait $server
is "the server ends well" "$?" 0
server=
! grep -E "ERROR: AddressSanitizer|runtime error|assert" serve.err
result $? "no report"
st=0
while read -r command; do
    "$YAGURA" $command --data "$data" >said 2>&1 </dev/null
    grep -aq . said || echo "# nothing was said: $command"
    ! LC_ALL=C.UTF-8 grep -anP '[\x00-\x08\x0b-\x1f\x7f-\x{9f}\x{200b}-\x{200f}\x{2028}-\x{202e}\x{2060}-\x{206f}]' said >hits || {
        st=1
        echo "# a terminal obeys: $command"
        head -2 hits | cut -c1-300 | cat -v | sed 's/^/#   /'
    }
done <<'COMMANDS'
queue
queue --all
search risk:>=0
search zqx
user list
token list
tenant list
tenant show aoba-01
tenant changes aoba-01
asset list --tenant aoba-01
job list
trail
doctor
COMMANDS
result $st "commands say nothing that a terminal obeys"
run "$YAGURA" trail verify --data "$data"
is "the trail holds" "$STATUS" 0
done_testing
