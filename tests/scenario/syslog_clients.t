#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Syslog as others send it: logger(1) in each of its framings, rsyslog's omfwd over UDP and
# TCP (lines and octet counts), over TLS with and without a client's certificate, and
# through a restart of the server; every line is stored once, in its bytes.
# once: processes and files, whatever the compiler (tools/run-tests)
. "$(dirname "$0")/tap.sh"
. "$ROOT/tests/scenario/server.sh"
authority ca && signed server ca -days 2 && signed client ca -days 2
is "certificates are made" $? 0
tcp=$(free_port) udp=$(free_port) tls=$(free_port) mutual=$(free_port)
{
    settings
    cat <<EOF
  - { type: syslog, source: tcp, listen: "127.0.0.1:$tcp" }
  - { type: syslog, source: udp, listen: "127.0.0.1:$udp", transport: udp }
  - { type: unix, source: devlog, path: $DIR/log.sock, transport: dgram }
  - { type: unix, source: stream, path: $DIR/stream.sock }
  - { type: syslog, source: tls, listen: "127.0.0.1:$tls", transport: tls,
      certificate: server.pem, key: server.key }
  - { type: syslog, source: mutual, listen: "127.0.0.1:$mutual", transport: tls,
      certificate: server.pem, key: server.key, client_ca: ca.pem }
EOF
} >y.yaml
serve
is "the server begins" $? 0
texts() { "$YAGURA" records --data store --source "$1" 2>/dev/null; }

# ---- logger ------------------------------------------------------------------------------
if command -v logger >/dev/null; then
    echo "# $(logger --version)"
    n=0
    # from SOURCE PATTERN OPTION...: one message, and how it must look in history
    from() {
        local source=$1 pattern=$2
        shift 2
        n=$((n + 1))
        logger -t shop -p auth.notice "$@" "message no. $n, [äöü] \"quoted\"" 2>logger.err
        for _ in $(seq 50); do
            texts "$source" >now
            ! grep -q "message no\. $n," now || break
            sleep 0.1
        done
        is "$source: logger $(sed -E "s/ -[Pn] [0-9.]+//g; s|$DIR/||" <<<"$*")" "$(grep -cE "^<37>$pattern.*message no\. $n, \[äöü\] \"quoted\"\$" now)" 1
    }
    old='[A-Z][a-z]{2} [ 0-9]{2} [0-9:]{8} '
    new='1 [0-9T:.+-]{32} [^ ]+ shop [0-9-]+ - '
    from tcp "$new" -n 127.0.0.1 -P "$tcp" -T --rfc5424
    from tcp "$new" -n 127.0.0.1 -P "$tcp" -T --rfc5424 --octet-count
    from tcp "$old" -n 127.0.0.1 -P "$tcp" -T --rfc3164
    from tcp "$old" -n 127.0.0.1 -P "$tcp" -T --rfc3164 --octet-count
    from udp "$new" -n 127.0.0.1 -P "$udp" -d --rfc5424
    from udp "$old" -n 127.0.0.1 -P "$udp" -d --rfc3164
    from udp "$new" -n 127.0.0.1 -P "$udp" -d --rfc5424 --sd-id 'x@32473' --sd-param 'k="v"'
    from devlog "$old" -u "$DIR/log.sock"
    from stream "$old" -u "$DIR/stream.sock"
    seq -f 'from a file %g' 200 >lines
    logger -t shop -n 127.0.0.1 -P "$tcp" -T --rfc5424 --octet-count -f lines
    is "logger -f: 200 lines" "$(settle tcp 204)" 204
else
    skip "logger" "there is none"
fi

# ---- rsyslog -----------------------------------------------------------------------------
if command -v rsyslogd >/dev/null; then
    echo "# $(rsyslogd -v | head -1)"
    mkdir spool
    tls_action() { # PORT
        echo "action(type=\"omfwd\" target=\"127.0.0.1\" port=\"$1\" protocol=\"tcp\" TCP_Framing=\"octet-counted\"
            StreamDriver=\"gtls\" StreamDriverMode=\"1\" StreamDriverAuthMode=\"x509/name\"
            StreamDriverPermittedPeers=\"server\" template=\"RSYSLOG_SyslogProtocol23Format\"
            queue.type=\"LinkedList\" action.resumeRetryCount=\"-1\" action.resumeInterval=\"1\")"
    }
    # rsyslog OUTPUT FILE: follows FILE with one action
    rsyslog() {
        cat >"$1.conf" <<EOF
global(workDirectory="$DIR/spool" DefaultNetstreamDriverCAFile="$DIR/ca.pem"
       DefaultNetstreamDriverCertFile="$DIR/client.pem" DefaultNetstreamDriverKeyFile="$DIR/client.key")
module(load="imfile")
input(type="imfile" file="$DIR/$2" tag="shop:" addMetadata="off")
$(cat)
EOF
        rsyslogd -n -f "$DIR/$1.conf" -i "$DIR/$1.rpid" >"$1.out" 2>&1 &
        echo $! >"$1.pid"
    }
    # sends NAME SOURCE COUNT: every line of a new file arrives by the action on standard input
    sends() {
        local name=$1 source=$2 count=$3 base
        base=$(of "$source" stored)
        seq -f "$name line %g of rsyslog" "$count" >"$name.log"
        rsyslog "$name" "$name.log"
        is "rsyslog omfwd, $name" "$(settle "$source" $((base + count)))" $((base + count))
        is "rsyslog omfwd, $name: each line once" \
            "$(texts "$source" | grep -o "$name line [0-9]* of rsyslog\$" | sort -u | wc -l)" "$count"
        kill "$(cat "$name.pid")" && wait "$(cat "$name.pid")" 2>/dev/null
        rm "$name.pid"
    }
    for f in traditional octet-counted; do
        sends "tcp-$f" tcp 500 <<EOF
action(type="omfwd" target="127.0.0.1" port="$tcp" protocol="tcp" TCP_Framing="$f" template="RSYSLOG_SyslogProtocol23Format")
EOF
    done
    sends tcp-old-format tcp 100 <<EOF
action(type="omfwd" target="127.0.0.1" port="$tcp" protocol="tcp" template="RSYSLOG_TraditionalForwardFormat")
EOF
    sends udp udp 100 <<EOF
action(type="omfwd" target="127.0.0.1" port="$udp" protocol="udp" template="RSYSLOG_SyslogProtocol23Format")
EOF
    if ls /usr/lib/*/rsyslog/lmnsd_gtls.so >/dev/null 2>&1; then
        sends tls tls 500 <<<"$(tls_action "$tls")"
        sends tls-client-certificate mutual 500 <<<"$(tls_action "$mutual")"
    else
        skip "rsyslog over TLS" "rsyslog-gnutls is not installed"
    fi

    # The server is away for a while: rsyslog keeps what it has until it is back.
    base=$(of tcp stored)
    seq -f 'away line %g' 300 >away.log
    rsyslog away away.log <<EOF
action(type="omfwd" target="127.0.0.1" port="$tcp" protocol="tcp" TCP_Framing="octet-counted"
       template="RSYSLOG_SyslogProtocol23Format" queue.type="LinkedList" queue.filename="away"
       queue.saveOnShutdown="on" action.resumeRetryCount="-1" action.resumeInterval="1")
EOF
    is "rsyslog sends" "$(settle tcp $((base + 300)))" $((base + 300))
    stop
    seq -f 'away line %g' 301 600 >>away.log
    sleep 2
    serve
    is "rsyslog keeps what it has while the server is away" \
        "$(settle tcp $((base + 599)) >/dev/null; texts tcp | grep -o 'away line [0-9]*$' | sort | uniq -d | wc -l)" 0
    lost=$((600 - $(texts tcp | grep -o 'away line [0-9]*$' | sort -u | wc -l)))
    is "at most the line it had given to the closed connection is lost" \
        "$([ $lost -le 1 ] || echo $lost)" ""
    echo "# lost in the senders' kernel: $lost"
    kill "$(cat away.pid)" && wait "$(cat away.pid)" 2>/dev/null
    rm away.pid
else
    skip "rsyslog" "there is none"
fi
ok "every record is accounted for" accounted
stop
is "the server ends" $? 0
done_testing
