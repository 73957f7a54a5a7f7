#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A server with inputs whose processes are killed at random while senders send: nothing
# that was acknowledged is lost, nothing is doubled, and every record is accounted for.
# SEED picks the moments (default: a fixed one); ROUNDS how many kills.
# once: processes and files, whatever the compiler (tools/run-tests)
. "$(dirname "$0")/tap.sh"
RANDOM=${SEED:-4711} ROUNDS=${ROUNDS:-9}
echo "# seed ${SEED:-4711}"
server=
trap '[ -z "$server" ] || kill -9 $server 2>/dev/null; cd /; rm -rf "$DIR"' EXIT

free_port() {
    perl -MIO::Socket::INET -e \
        'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1")->sockport'
}
tcp=$(free_port) http=$(free_port) web=$(free_port)
config() { # extra input lines
    cat <<EOF
data: $DIR/store
listen: 127.0.0.1:$web
workers: 2
inputs:
  - type: http
    tenant: acme
    source: agents
    listen: 127.0.0.1:$http
    format: eve
  - type: syslog
    tenant: acme
    source: edge
    listen: 127.0.0.1:$tcp
    transport: tcp
    framing: lines
    format: eve
  - type: unix
    tenant: beta
    source: local
    path: $DIR/log.sock
    transport: stream
    framing: lines
    log: true
    format: eve
EOF
}
config >y.yaml

start() { # begins the server and waits until it answers
    "$YAGURA" serve --no-login --config y.yaml >serve.out 2>>serve.err &
    server=$!
    for _ in $(seq 300); do
        curl -sf --max-time 5 -o health "http://127.0.0.1:$web/healthz" && return 0
        kill -0 $server 2>/dev/null || return 1
        sleep 0.1
    done
    return 1
}
child() { pgrep -P "$server" -x "yagura-$1"; }
line() { # number
    printf '{"timestamp":"2026-01-01T00:00:00Z","event_type":"alert","src_ip":"10.0.0.%d",' \
        $(($1 % 250 + 1))
    printf '"alert":{"signature_id":%d,"signature":"rule %d"},"n":%d}\n' \
        $(($1 % 7 + 1)) $(($1 % 7 + 1)) "$1"
}
# Sends until each of its batches was acknowledged; the same bytes again when not.
agents() { # batches
    for b in $(seq "$1"); do
        for i in $(seq 20); do line $((b * 1000 + i)); done >body.$b
        until [ "$(curl -s --max-time 5 -o reply -w '%{http_code}' --data-binary @body.$b \
            -H 'Content-Type: application/x-ndjson' "http://127.0.0.1:$http/ingest")" = 200 ]; do
            sleep 0.1
        done
    done
}
# Sends lines to a socket and connects again when it breaks: what was on its way is lost.
stream() { # address, lines
    perl -MIO::Socket::INET -MIO::Socket::UNIX -e '
        my ($to, $n) = @ARGV; my $s; $SIG{PIPE} = "IGNORE";
        for my $i (1 .. $n) {
            my $l = sprintf(qq({"timestamp":"2026-01-01T00:00:00Z","event_type":"alert",) .
                qq("src_ip":"10.1.0.1","alert":{"signature_id":1,"signature":"s"},"n":%d}\n), $i);
            for (1 .. 200) {
                $s //= $to =~ m{^/} ? IO::Socket::UNIX->new(Peer => $to)
                                    : IO::Socket::INET->new(PeerAddr => $to);
                last if $s && defined $s->syswrite($l);
                undef $s; select undef, undef, undef, 0.1;
            }
            select undef, undef, undef, 0.002;
        }' "$1" "$2"
}
field() { # source, field: of `yagura sources`
    jq -r --arg s "$1" ".sources[] | select(.source == \$s) | .$2" sources
}
sources() { "$YAGURA" sources --config y.yaml --json >sources 2>sources.err; }
identity() { # every record is somewhere
    jq -e '[.sources[] | .received == .stored + .filtered + .duplicate + .refused +
            .in_flight] | all' sources >/dev/null
}

start
is "the server begins" $? 0
is "and says that it is well" "$(cat health)" ok
is "every address is printed" "$(grep -c "127.0.0.1:$http\|127.0.0.1:$tcp\|log.sock\|:$web/" serve.out)" 4

# ---- killed ------------------------------------------------------------------------------
agents 60 & sender=$!
stream "127.0.0.1:$tcp" 2500 & streamer=$!
stream "$DIR/log.sock" 2500 & local=$!
bad=0 again=0
for ((i = 0; i < ROUNDS; i++)); do
    sleep 0.$((RANDOM % 9 + 1))
    case $((i % 3)) in
        0) kill -9 $(child core) 2>/dev/null ;;
        1) kill -9 $(child intake) 2>/dev/null ;;
        2) kill -9 $server; wait $server 2>/dev/null
           start || { bad=$((bad + 1)); kill -9 $sender $streamer $local; break; } ;;
    esac
    if sources; then identity || bad=$((bad + 1)); else again=$((again + 1)); fi
done
is "every record is accounted for after each kill" $bad 0
[ $bad -eq 0 ] || sed 's/^/# /' serve.err
is "the counters can be read whatever was killed" $again 0
wait $sender $streamer $local
is "who dies is begun again, and that is told" \
    "$(($(grep -c 'process ended by itself (signal 9)' serve.err) >= ROUNDS * 2 / 3))" 1

# People work beside it: questions are rows of the store, answered while it runs.
"$YAGURA" ask --data store --json >ask.out 2>ask.err
is "questions are asked beside the server" $? 0
q=$(jq -r '.. | .question? // empty' ask.out | head -1)
ok "and answered" "$YAGURA" verdict "$q" FP --group --data store

# ---- drained -----------------------------------------------------------------------------
kill -TERM $server
wait $server
is "asked to end, it reads the journal to its end" $? 0
server=
sources
ok "then too every record is accounted for" identity
is "nothing is in flight" "$(jq '[.sources[].in_flight] | add' sources)" 0
is "what was acknowledged is stored, once" "$(field agents stored)" 1200
is "what came again is known" "$(field agents duplicate)" $(($(field agents received) - 1200))
"$YAGURA" doctor --data store >doctor.out 2>&1
is "the store is whole" $? 0
stored=$(sed -n 's/^ *\([0-9]*\) alerts .*, \([0-9]*\) log records.*/\1 \2/p' doctor.out)
is "and holds what was counted, neither more nor less" "$(($(echo "$stored" | tr ' ' '+')))" \
    "$(jq '[.sources[].stored] | add' sources)"
echo "# tcp: $(field edge stored) of 2500 arrived, unix: $(field local stored)"

# ---- configuration -----------------------------------------------------------------------
start
extra=$(free_port)
echo "  - type: nonsense" >>y.yaml
kill -HUP $server
sleep 1
is "a wrong configuration is told" "$(grep -c 'the old one stays in force' serve.err)" 1
ok "and changes nothing" kill -0 $server
config >y.yaml
cat >>y.yaml <<EOF
  - type: http
    tenant: acme
    source: later
    listen: 127.0.0.1:$extra
    format: eve
EOF
kill -HUP $server
for _ in $(seq 100); do
    curl -sf -o reply "http://127.0.0.1:$extra/" && break
    sleep 0.1
done
line 99 | curl -s -o reply --data-binary @- "http://127.0.0.1:$extra/ingest"
for _ in $(seq 100); do
    sources
    [ "$(field later stored)" = 1 ] && break
    sleep 0.1
done
is "a new input is taken while it runs" "$(field later stored)" 1
ok "the page of sources shows it" \
    bash -c "curl -s http://127.0.0.1:$web/sources | grep -q '>later<\|later'"
is "the metrics count it" \
    "$(curl -s "http://127.0.0.1:$web/metrics" | grep -c 'yagura_source_stored_total{tenant="acme",source="later"} 1')" 1
is "the API tells it" \
    "$(curl -s "http://127.0.0.1:$web/api/v1/sources" | jq '[.sources[] | select(.source == "later")] | length')" 1
kill -TERM $server
wait $server
is "and ends" $? 0
server=
done_testing
