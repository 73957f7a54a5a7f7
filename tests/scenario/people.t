#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Users and tokens from the command line: made up and typed passwords, what is refused.
# once: processes and files, whatever the compiler (tools/run-tests)
. "$(dirname "$0")/tap.sh"

mkdir st
user() { run "$YAGURA" user --data st "$@"; }
said() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" out; }

expect "no store" 1 "no store at nowhere" "$YAGURA" user list --data nowhere
expect "no users yet" 1 "has no users yet" "$YAGURA" user list --data st
expect "no verb" 2 "write: yagura user" "$YAGURA" user
expect "no such verb" 2 "write: yagura user list" "$YAGURA" user fire kim --data st
expect "a name too few" 2 "write: yagura user" "$YAGURA" user add --data st
expect "a name too many" 2 "write: yagura user" "$YAGURA" user list kim --data st
expect "no role" 2 "needs a role" "$YAGURA" user add kim --data st
expect "no such role" 2 "viewer, customer.*auditor" "$YAGURA" user add kim --role god --data st
expect "no tenants" 2 "needs tenants" "$YAGURA" user add kim --role analyst --data st
expect "no such name" 2 "letters, digits" "$YAGURA" user add 'k m' --role viewer --tenants a --data st
expect "a system-admin of one tenant" 2 "all tenants" \
    "$YAGURA" user add kim --role system-admin --tenants a --data st

user add kim --role analyst --tenants acme,beta --language ja --zone Asia/Tokyo --json
is "a password is made up" "$STATUS $(said password | tr -d '\n' | wc -c)" "0 24"
is "the file is its owner's" "$(stat -c %a st/service.db)" "600"
expect "a name once" 1 "already" "$YAGURA" user add KIM --role viewer --tenants all --data st
user list --json
grep -q '"name":"kim".*"role":"analyst".*"tenants":\["acme","beta"\],"language":"ja","time_zone":"Asia/Tokyo","disabled":false,"must_change":true' out
result $? "and he is listed"
user list
is "as a line, too" "$(sed -n '2s/  */ /gp' out)" "kim analyst new - never acme, beta"

# Passwords come from standard input, never from the command line.
printf 'seven green lamps by the river\n' >good
printf 'kimkimkimkim1\n' >bad
: >none
"$YAGURA" user password kim --read --data st <good >out 2>err
is "a typed one" "$? $(grep -c password, out)" "0 0"
for f in bad none; do
    "$YAGURA" user password kim --read --data st <$f >out 2>err
    is "refused: $f" "$?" "2"
done
! grep -q kimkim err
result $? "and not shown again"
head -c 300 /dev/zero | tr '\0' x | "$YAGURA" user password kim --read --data st >out 2>err
is "one that is too long" "$?" "2"

user set kim --role senior --tenants all
is "rights are changed" "$STATUS" "0"
user list
is "to these" "$(sed -n '2s/  */ /gp' out)" "kim senior new - never all"
user disable kim && user list
is "disabled" "$(sed -n '2s/  */ /gp' out)" "kim senior disabled - never all"
user enable kim && user totp-drop kim && user end-sessions kim && user sessions kim
is "enabled, without factor and sessions" "$STATUS $(wc -l <out)" "0 1"
expect "nobody" 1 "no such user" "$YAGURA" user disable nobody --data st
expect "no such session" 1 "no such session" "$YAGURA" user end-sessions kim --session 5 --data st

user add root --role system-admin --tenants all
expect "the last admin" 2 "last system-admin" "$YAGURA" user disable root --data st

# An identity provider's people.
printf 'oidc:\n  issuer: https://id.example.org\n  client_id: y\n  console: https://c\n' >y.yaml
expect "a part of the settings is missing" 2 'y.yaml:2:3: .*oidc needs `tenants`' \
    "$YAGURA" check-config y.yaml
printf '  role_claim: g\n  roles: { a: analyst, b: viewer }\n  tenants: all\n' >>y.yaml
run "$YAGURA" check-config y.yaml
cp out again.yaml
run "$YAGURA" check-config again.yaml
same "what is in force is printed, and reads back" out again.yaml
is "with the provider" "$(grep -A1 '^oidc:' out | tail -1)" '  "issuer": "https://id.example.org"'
expect "whose subject" 2 "subject" "$YAGURA" user bind kim --data st --config y.yaml
expect "whose issuer" 2 "--issuer" "$YAGURA" user bind kim --subject s-1 --data st
user bind kim --subject s-1 --config y.yaml
is "a login is bound" "$STATUS" "0"
expect "to one user" 1 "a user's already" \
    "$YAGURA" user bind root --subject s-1 --issuer https://id.example.org --data st
user list
is "as the list says" "$(sed -n '2s/  */ /gp' out)" "kim senior new provider never all"
user unbind kim && user list
is "and no more" "$STATUS $(sed -n '2s/  */ /gp' out)" "0 kim senior new - never all"

# Tokens.
run "$YAGURA" token make kim --label siem --role viewer --tenants acme --days 30 --json --data st
id=$(field id)
said token | grep -qE '^ygt_[A-Za-z0-9_-]{43}$'
result $? "a token is told"
run "$YAGURA" token list --json --data st
grep -q '"user":"kim","label":"siem","role":"viewer","all_tenants":false,"tenants":\["acme"\]' out
result $? "and listed without it"
! grep -q ygt_ out
result $? "it is never told again"
expect "more than its user" 2 "no more than its user" \
    "$YAGURA" token make kim --role system-admin --tenants all --data st
expect "too long" 2 "1 to 366" "$YAGURA" token make kim --days 400 --data st
expect "of nobody" 1 "no such user" "$YAGURA" token make nobody --data st
expect "a number" 2 "write the number" "$YAGURA" token end first --data st
run "$YAGURA" token end "$id" --data st
is "it is ended" "$STATUS" "0"
expect "once" 1 "no such token" "$YAGURA" token end "$id" --data st
run "$YAGURA" token list kim --data st
is "none is left" "$(wc -l <out)" "1"
done_testing
