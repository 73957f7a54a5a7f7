#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# People over HTTPS: one's own account, others, tokens; passwords are looked at beside the
# rest; readiness of a server with inputs.
# once: processes and sockets, whatever the compiler (tools/run-tests)
. "$(dirname "$0")/tap.sh"
. "$ROOT/tests/scenario/server.sh"
input=$(free_port)
settings >y.yaml
printf '  - { type: http, tenant: acme, source: in, listen: "127.0.0.1:%s" }\n' "$input" >>y.yaml
"$YAGURA" serve --config y.yaml >serve.out 2>serve.err &
server=$!
url=https://localhost:$web
ask() { # PATH [OPTION...]: status; the body is in `body`
    local path=$1; shift
    curl -s --max-time 20 --cacert store/console.pem -o body -w '%{http_code}' "$@" "$url$path"
}
json() { # METHOD PATH BODY: as whoever the jar is of
    ask "$2" -X "$1" -b jar -c jar -H 'Content-Type: application/json' -H "X-CSRF-Token: $csrf" -d "$3"
}
told() { jq -r ".$1" body; }
for _ in $(seq 200); do
    [ -s store/console.pem ] && [ "$(ask /readyz)" = 200 ] && break
    sleep 0.1
done
is "ready once the core has begun" "$(ask /readyz)$(cat body)" 200ready

first=$(sed -n 's/.*the user is admin, the password //p' serve.err)
fresh="four blue herons at low tide" csrf=
is "login" "$(json POST /api/v1/session "{\"name\":\"admin\",\"password\":\"$first\"}")" 200
csrf=$(told csrf)
is "a given password is to be changed first" "$(ask /api/v1/account -b jar)" 403
is "so it is" "$(json POST /api/v1/session/password "{\"password\":\"$first\",\"fresh\":\"$fresh\"}")" 200
ask /api/v1/session -b jar >/dev/null
csrf=$(told csrf)
is "the account" "$(ask /api/v1/account -b jar)$(told role)" 200system-admin
is "somebody else is made" "$(json POST /api/v1/users '{"name":"kim","role":"analyst","tenants":["acme"]}')" 200
kim=$(told password)
is "with a password, told once" "${#kim}" 24
is "a token for him" "$(json POST /api/v1/tokens '{"user":"kim","role":"viewer","label":"siem","days":2}')" 200
token=$(told token) id=$(told id)
is "not while his password is one that was given" "$(ask /api/v1/queue -H "Authorization: Bearer $token")" 403
"$YAGURA" user password kim --read --data store <<<"a heap of old brass keys" >/dev/null
curl -s --cacert store/console.pem -c kimjar -o body -H 'Content-Type: application/json' \
    -d '{"name":"kim","password":"a heap of old brass keys"}' "$url/api/v1/session"
kimcsrf=$(told csrf)
is "when its user has changed his password" "$(ask /api/v1/session/password -b kimjar -c kimjar \
    -H "X-CSRF-Token: $kimcsrf" -H 'Content-Type: application/json' \
    -d '{"password":"a heap of old brass keys","fresh":"nine grey gulls over a quay"}')$(
    ask /api/v1/queue -H "Authorization: Bearer $token")" 200200
is "he reaches nobody" "$(ask /api/v1/users -b kimjar)" 403
is "he is disabled" "$(json PATCH /api/v1/users/kim '{"disabled":true}')$(told disabled)" 200true
is "and out, with session and token" "$(ask /api/v1/account -b kimjar)$(
    ask /api/v1/queue -H "Authorization: Bearer $token")" 401401
is "the token ends" "$(json DELETE "/api/v1/tokens/$id" '')" 200

# Eight logins at once, each 100 ms of work: who asks for something else is served first.
for i in $(seq 8); do
    { curl -s --max-time 20 --cacert store/console.pem -o /dev/null -w '%{http_code}\n' \
        -H 'Content-Type: application/json' -d "{\"name\":\"nobody$i\",\"password\":\"x\"}" \
        "$url/api/v1/session" >"login$i"; date +%s%N >"login$i.at"; } &
    pids[i]=$!
done
sleep 0.15
ask /api/v1/account -b jar >account.status
date +%s%N >account.at
wait "${pids[@]}"
is "logins are answered" "$(cat login[1-8] | sed 's/429/401/' | sort | uniq -c | xargs)" "8 401"
last=$(cat login[1-8].at | sort -n | tail -1)
[ "$(cat account.status)" = 200 ] && [ "$(cat account.at)" -lt "$last" ]
result $? "and hold nobody up"
echo "# answered $(((last - $(cat account.at)) / 1000000)) ms before the last of them"
is "the trail has it, without a secret" "$("$YAGURA" trail --data store --json --object user |
    grep -c 'made kim: analyst, acme')$("$YAGURA" trail --data store --json --limit 1000 | grep -cE "ygt_|$kim")" 10
stop
result $? "it ends"
done_testing
