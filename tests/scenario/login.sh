# SPDX-License-Identifier: Apache-2.0
# login.sh - a server with login over HTTPS, and people with tokens, for scenarios. Sourced
# after tap.sh. `url` is the server's address, `data` its folder (st), `ca` its certificate.
server=
trap '[ -z "$server" ] || kill -9 $server 2>/dev/null; cd /; rm -rf "$DIR"' EXIT
data=$DIR/st ca=$DIR/st/console.pem
GIVEN='seven green lamps by the river' CHOSEN='a kettle sings in the north room'

# serve_https [OPTION...]: begins `yagura serve` and waits until it answers.
serve_https() {
    "$YAGURA" serve --data "$data" --listen 127.0.0.1:${port:-0} "$@" >serve.out 2>>serve.err &
    server=$!
    for _ in $(seq 300); do
        url=$(grep -o 'https://[0-9.]*:[0-9]*' serve.out | head -1 | sed 's/127.0.0.1/localhost/')
        [ -n "$url" ] && curl -sf --max-time 5 --cacert "$ca" -o health "$url/healthz" && return 0
        kill -0 $server 2>/dev/null || { sed 's/^/# /' serve.err; return 1; }
        sleep 0.1
    done
    return 1
}
# person NAME ROLE TENANTS: makes a user who has changed the password that was given; says
# a token of his. The server runs.
person() {
    echo "$GIVEN" | "$YAGURA" user add "$1" --role "$2" --tenants "$3" --read --data "$data" >/dev/null || return 1
    local in csrf
    for _ in 1 2 3 4 5 6 7 8; do # four passwords a second are looked at
        in=$(curl -s --cacert "$ca" -c "jar-$1" -H 'Content-Type: application/json' \
            -d "{\"name\":\"$1\",\"password\":\"$GIVEN\"}" "$url/api/v1/session")
        csrf=$(sed -n 's/.*"csrf":"\([^"]*\)".*/\1/p' <<<"$in")
        [ -z "$csrf" ] || break
        sleep 1
    done
    for _ in 1 2 3 4 5 6 7 8; do
        curl -s --cacert "$ca" -b "jar-$1" -c "jar-$1" -H 'Content-Type: application/json' \
            -H "X-CSRF-Token: $csrf" -d "{\"password\":\"$GIVEN\",\"fresh\":\"$CHOSEN\"}" \
            "$url/api/v1/session/password" | grep -q '"changed":true' && break
        sleep 1
    done
    "$YAGURA" token make "$1" --label "test" --days 1 --json --data "$data" | sed -n 's/.*"token":"\([^"]*\)".*/\1/p'
}
# as TOKEN PATH [CURL OPTION...]: prints the body; `code` has the status.
as() {
    local token=$1 path=$2
    shift 2
    code=$(curl -s --max-time 30 --cacert "$ca" -H "Authorization: Bearer $token" -o body -w '%{http_code}' \
        "$@" "$url$path")
    cat body
}
