#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Requests made from the description, right and wrong ones, by every role, against a server
# with data, people and a trail: tests/openapi-fuzz says what must hold.
# once: processes and sockets, whatever the compiler (tools/run-tests)
# REQUESTS (1500): how many; SEED (1). What a session alone may is not answered to a token.
. "$(dirname "$0")/tap.sh"
. "$ROOT/tests/scenario/login.sh"

perl -MIO::Socket::SSL -e1 2>/dev/null || {
    skip "a generic client" "IO::Socket::SSL is not installed (libio-socket-ssl-perl)"
    done_testing
    exit
}
"$YAGURA" sample --tenants 2 --days 3 --alerts 800 --threats 8 --quiet sample >/dev/null || exit 1
for t in aoba-01 birch-02; do
    "$YAGURA" import --quiet --tenant $t --data "$data" --verdicts sample/$t/verdicts.csv sample/$t/day-0[12]/*.json
done >import.out
"$YAGURA" train --quiet --data "$data" >train.out 2>train.err
for t in aoba-01 birch-02; do
    "$YAGURA" triage --quiet --tenant $t --data "$data" sample/$t/day-03/eve.json
done >triage.out
serve_https
result $? "the server begins"
for role in viewer customer analyst senior responder approver tenant-admin auditor system-admin; do
    tenants=all
    case $role in customer | tenant-admin) tenants=aoba-01 ;; esac
    echo "$role $(person "$role" "$role" "$tenants")"
done >tokens
is "nine people have tokens" "$(grep -c ' ygt_' tokens)" 9
gentle="endToken changeUser setPassword endSessions"
# shellcheck disable=SC2086 # a list of words
GENTLE=$gentle "$ROOT/tests/openapi-fuzz" "$url" "$ca" tokens "${REQUESTS:-1500}" "${SEED:-1}" \
    logIn changePassword changeAccount endOwnSessions {enrol,confirm,leave}SecondFactor $gentle >fuzz.out 2>&1
result $? "what is answered is what is described"
sed 's/^\([^#]\)/# \1/' fuzz.out
kill -TERM $server
wait $server
is "the server ends well" "$?" 0
server=
! grep -E "ERROR: AddressSanitizer|runtime error|assert" serve.err
result $? "no report"
run "$YAGURA" trail verify --data "$data"
is "the trail holds" "$STATUS" 0
run "$YAGURA" doctor --data "$data"
is "and so does the store" "$STATUS" 0
done_testing
