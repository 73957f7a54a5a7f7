#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Long work over the API: begun, told how far it is, ended, cancelled, killed; for whom.
# once: processes and sockets, whatever the compiler (tools/run-tests)
. "$(dirname "$0")/tap.sh"
. "$ROOT/tests/scenario/server.sh"
make_sample s 5 2000 24
for t in $SAMPLE_TENANTS; do
    import_tenant store s "$t" --quiet >/dev/null 2>&1
done
one=aoba-01
mkdir away
"$YAGURA" user add root --role system-admin --tenants all --data store --read <<<"seven green lamps by the river" >/dev/null
"$YAGURA" user add sam --role senior --tenants "$one" --data store --read <<<"ten thin birds on a wire" >/dev/null
root=$("$YAGURA" token make root --json --data store | jq -r .token)
sam=$("$YAGURA" token make sam --json --data store | jq -r .token)
sqlite3 store/service.db 'UPDATE account SET must_change = 0'
settings >y.yaml
sed -i '/^inputs:/d' y.yaml
echo "backups: $DIR/away" >>y.yaml
"$YAGURA" serve --config y.yaml >serve.out 2>serve.err &
server=$!
url=https://localhost:$web
as=$root
ask() { # METHOD PATH [BODY]
    curl -s --max-time 20 --cacert store/console.pem -o body -w '%{http_code}' -X "$1" \
        -H "Authorization: Bearer $as" -H 'Content-Type: application/json' ${3:+-d "$3"} "$url$2"
}
told() { jq -r ".$1" body; }
until_ended() { # ID: its state
    local s
    for _ in $(seq 300); do
        ask GET "/api/v1/jobs/$1" >/dev/null
        s=$(told state)
        case $s in queued | running) sleep 0.2 ;; *) break ;; esac
    done
    echo "$s"
}
for _ in $(seq 200); do
    [ -s store/console.pem ] && [ "$(ask GET /readyz)" = 200 ] && break
    sleep 0.1
done

is "a backup" "$(ask POST /api/v1/jobs '{"kind":"backup","keep":2}')$(told kind)$(told state)" 200backupqueued
id=$(told id)
is "ends" "$(until_ended "$id")$(told status)" done0
is "with its result" "$(told result | jq -r .backup)" "$(echo "$DIR"/away/2*Z)"
ok "and is one" "$YAGURA" restore --verify away
is "training" "$(ask POST /api/v1/jobs '{"kind":"train"}')" 200
train=$(told id)
is "one at a time" "$(ask POST /api/v1/jobs '{"kind":"train"}')" 409
is "of a kind" "$(ask POST /api/v1/jobs '{"kind":"retention"}')" 200
is "cancelled" "$(ask DELETE "/api/v1/jobs/$train")$(told cancel)" 200true
state=$(until_ended "$train")
is "it ends" "$state" cancelled
is "and no more" "$(ask DELETE "/api/v1/jobs/$train")" 400
is "no such kind" "$(ask POST /api/v1/jobs '{"kind":"sh"}')" 400
is "no word of another command" "$(ask POST /api/v1/jobs '{"kind":"certify","tenant":"x\n--model=y"}')" 400
is "no such job" "$(ask GET /api/v1/jobs/999)" 404
as=$sam
is "another sees none of these" "$(ask GET /api/v1/jobs)$(jq '.jobs | length' body)" 2000
is "nor one of them" "$(ask GET "/api/v1/jobs/$id")" 404
is "and may not for all" "$(ask POST /api/v1/jobs '{"kind":"train"}')" 403
is "nor for another's" "$(ask POST /api/v1/jobs '{"kind":"certify","tenant":"nobody"}')" 404
is "but for his own" "$(ask POST /api/v1/jobs "{\"kind\":\"certify\",\"tenant\":\"$one\"}")" 200
own=$(told id)
until_ended "$own" >/dev/null
[ "$(told log)" != "" ] || [ "$(told result)" != "" ]
result $? "and is told what came of it: $(told state)"
as=$root
is "all are listed" "$(ask GET '/api/v1/jobs?limit=2')$(jq '.jobs | length' body)$(told more)" 2002true

# A runner that is killed takes its command with it, and is missed.
is "training again" "$(ask POST /api/v1/jobs '{"kind":"train"}')" 200
train=$(told id)
for _ in $(seq 50); do
    runner=$(pgrep -f "job run $train --data=$DIR/store" | head -1)
    [ -n "$runner" ] && break
    sleep 0.05
done
[ -n "$runner" ] && kill -9 "$runner"
sleep 21.5
ask GET "/api/v1/jobs/$train" >/dev/null
case $(told state) in lost | done) got=missed ;; *) got=$(told state) ;; esac
is "it is missed ($(told state))" "$got" missed
is "and the next one may begin" "$(ask POST /api/v1/jobs '{"kind":"train"}')" 200
until_ended "$(told id)" >/dev/null
is "at the machine, too" "$("$YAGURA" job --data store --json | grep -c '"kind":"train"')" 3
is "it is all in the trail" "$("$YAGURA" trail --data store --json --object job --verb create | grep -c '"outcome":"done"')" 6
stop
result $? "it ends"
done_testing
