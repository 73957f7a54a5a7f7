# SPDX-License-Identifier: Apache-2.0
# server.sh - a server with inputs, for scenarios and for tests with other people's
# clients. Sourced after tap.sh; the configuration is y.yaml, `web` its port for people.
server=
trap '[ -z "$server" ] || kill -9 $server 2>/dev/null; kill $(cat "$DIR"/*.pid 2>/dev/null) 2>/dev/null; cd /; rm -rf "$DIR"' EXIT

free_port() {
    perl -MIO::Socket::INET -e \
        'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1")->sockport'
}
# settings [LINE...]: the head of a configuration, `inputs:` its last line.
settings() {
    web=${web:-$(free_port)}
    printf 'data: %s/store\nlisten: 127.0.0.1:%s\nworkers: 1\n' "$DIR" "$web"
    [ $# -eq 0 ] || printf '%s\n' "$@"
    echo 'inputs:'
}
serve() { # begins the server and waits until it answers
    "$YAGURA" serve --no-login --config y.yaml >serve.out 2>>serve.err &
    server=$!
    for _ in $(seq 300); do
        curl -sf --max-time 5 -o health "http://127.0.0.1:$web/healthz" && return 0
        kill -0 $server 2>/dev/null || { sed 's/^/# /' serve.err; return 1; }
        sleep 0.1
    done
    return 1
}
stop() { # asks it to end, which reads the journal to its end
    kill -TERM "$server"
    wait "$server"
    local st=$?
    server=
    return $st
}
of() { # SOURCE FIELD: of `yagura sources`
    "$YAGURA" sources --config y.yaml --json 2>sources.err |
        jq -r --arg s "$1" ".sources[] | select(.source == \$s) | .$2"
}
# settle SOURCE COUNT [FIELD]: waits until the field (stored) is at least COUNT; says it.
settle() {
    local got=0
    for _ in $(seq "${PATIENCE:-150}"); do
        got=$(of "$1" "${3:-stored}")
        [ "${got:-0}" -lt "$2" ] || break
        sleep 0.2
    done
    echo "$got"
}
accounted() { # every record is somewhere
    "$YAGURA" sources --config y.yaml --json | jq -e '[.sources[] | .received == .stored +
        .filtered + .duplicate + .refused + .in_flight] | all'
}
# authority NAME: NAME.pem and NAME.key; signed NAME AUTHORITY [OPTION...]: likewise, for
# localhost, by that authority.
authority() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" \
        -out "$1.pem" -days 2 -subj "/CN=$1" -addext basicConstraints=critical,CA:TRUE \
        >/dev/null 2>&1
}
signed() {
    local name=$1 by=$2 key=${KEY:-rsa:2048}
    shift 2
    printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n' >ext
    # shellcheck disable=SC2086 # a list of options
    openssl req -newkey ${key} -nodes -keyout "$name.key" -out "$name.csr" \
        -subj "/CN=$name" >/dev/null 2>&1 &&
        openssl x509 -req -in "$name.csr" -CA "$by.pem" -CAkey "$by.key" -CAcreateserial \
            -extfile ext -out "$name.pem" "$@" >/dev/null 2>&1 && chmod 600 "$name.key"
}
