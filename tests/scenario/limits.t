#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every limit of the table in docs/inputs.md, reached from outside: what is beyond it is
# refused or cut and counted, and who stays within is served all the while.
# once: processes and files, whatever the compiler (tools/run-tests)
. "$(dirname "$0")/tap.sh"
. "$ROOT/tests/scenario/server.sh"

authority ca && signed server ca -days 2
is "certificates are made" $? 0
tcp=$(free_port) tls=$(free_port) http=$(free_port) slow=$(free_port) udp=$(free_port)
{
    settings
    cat <<EOF
  - { type: syslog, source: tcp, listen: "0.0.0.0:$tcp", max_connections: 5, max_per_address: 3,
      idle_timeout: 2 s }
  - { type: syslog, source: tls, listen: "127.0.0.1:$tls", transport: tls, header_timeout: 1 s,
      certificate: server.pem, key: server.key }
  - { type: http, source: http, listen: "0.0.0.0:$http", max_body: 64 KiB, max_connections: 5,
      max_per_address: 3, idle_timeout: 60 s }
  - { type: http, source: slow, listen: "127.0.0.1:$slow", header_timeout: 1 s, idle_timeout: 2 s }
  - { type: unix, source: dgram, path: $DIR/d.sock, transport: dgram }
  - { type: syslog, source: udp, listen: "127.0.0.1:$udp", transport: udp }
EOF
} >y.yaml
serve
is "the server begins" $? 0

# crowd PORT: 4 connections from 127.0.0.1, 3 from 127.0.0.2; says how many of each stay.
crowd() {
    perl -MIO::Socket::INET -e '
        my (%stay, @s);
        for my $from ("127.0.0.1", "127.0.0.2") {
            for my $i (1 .. ($from =~ /1$/ ? 4 : 3)) {
                my $s = IO::Socket::INET->new(PeerAddr => "$from:$ARGV[0]", LocalAddr => $from,
                    Timeout => 5) or next;
                push @s, [$from, $s];
                select undef, undef, undef, 0.1;
            }
        }
        select undef, undef, undef, 0.5;
        for (@s) {
            $_->[1]->blocking(0);
            my $got = sysread $_->[1], my $b, 1;
            $stay{$_->[0]}++ unless defined $got;
        }
        print join(" ", map { $stay{$_} // 0 } "127.0.0.1", "127.0.0.2"), "\n";' "$1"
}
is "tcp: three of one address, five of all" "$(crowd "$tcp")" "3 2"
is "tcp: the others are counted" "$(settle tcp 2 rejected)" 2
is "http: three of one address, five of all (one waits)" "$(crowd "$http")" "3 3"
is "http: the other is counted" "$(settle http 1 rejected)" 1

# drip PORT TEXT [REST]: TEXT, then a byte of REST each 0.3 s; seconds until the server ends it.
drip() {
    perl -MIO::Socket::INET -MTime::HiRes=time -e '
        my ($port, $text, $rest) = @ARGV; $SIG{PIPE} = "IGNORE";
        my ($from, $i) = (time, 0); # before the server can have begun to count
        my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port") or exit 1;
        $text =~ s/\\r\\n/\r\n/g;
        syswrite $s, $text;
        while (time - $from < 20) {
            vec(my $r = "", fileno $s, 1) = 1;
            last if select($r, undef, undef, 0.3) && !sysread $s, my $b, 1000;
            syswrite $s, substr $rest, $i++ % length $rest, 1 if length $rest;
        }
        printf "%d\n", time - $from;' "$@"
}
# Of each: its name, least and most seconds (the machine may be busy), what drips.
CR='\r\n'
drips=(
    'tcp: silence' 2 "$tcp" '<13>begun' ''
    'tls: no handshake' 1 "$tls" '' ''
    'tls: a handshake byte by byte' 1 "$tls" '' $'\026\003\001'
    'http: nothing asked' 1 "$slow" '' ''
    'http: headers byte by byte' 1 "$slow" "GET / HTTP/1.1${CR}Host: x${CR}X-A: " abc
    'http: a request line byte by byte' 1 "$slow" 'GET /' abc
    'http: a second request line byte by byte' 3 "$slow"
    "POST /ingest HTTP/1.1${CR}Host: x${CR}Content-Length: 1$CR${CR}x" POSTPOST
    'http: a body byte by byte' 2 "$slow"
    "POST /ingest HTTP/1.1${CR}Host: x${CR}Content-Length: 5000$CR$CR" abc
)
for ((i = 0; i < ${#drips[@]}; i += 5)); do
    drip "${drips[@]:i+2:3}" >"drip.$i" &
    echo $! >"drip.$i.pid"
done
wait $(cat drip.*.pid)
rm drip.*.pid
for ((i = 0; i < ${#drips[@]}; i += 5)); do
    took=$(cat "drip.$i") least=${drips[i+1]}
    is "${drips[i]} is ended after $least s" \
        "$([ "$took" -ge "$least" ] && [ "$took" -le $((least + 5)) ] || echo "after $took s")" ""
done
is "tcp: what was begun is kept" "$(settle tcp 1)" 1
is "tls: they are counted" "$(settle tls 2 rejected)" 2
is "http: they are counted" "$(settle slow 5 rejected)" 5

# ---- sizes -------------------------------------------------------------------------------
post() { curl -sS -o said -w '%{http_code}' "$@" "http://127.0.0.1:$http/ingest" 2>curl.err; }
head -c 65000 /dev/zero | tr '\0' x >most
head -c 70000 /dev/zero | tr '\0' x >more
is "http: a body within max_body" "$(post --data-binary @most)" 200
is "http: a longer one" "$(post --data-binary @more)" 413
is "http: a longer one, its length unsaid" \
    "$(post --data-binary @more -H 'Transfer-Encoding: chunked')" 413
for z in gzip zstd; do
    $z -c <most >z
    is "http: $z, undone within max_body" "$(post --data-binary @z -H "Content-Encoding: $z")" 200
    head -c 40000000 /dev/zero | $z -c >z
    is "http: $z, $(wc -c <z) bytes that are 40 MB" \
        "$(post --data-binary @z -H "Content-Encoding: $z")" 413
done
gzip -c <more | gzip -c >z
is "http: what is compressed twice is undone once" \
    "$(post --data-binary @z -H 'Content-Encoding: gzip')" 200
is "http: gzip, gzip is not taken" "$(post --data-binary @z -H 'Content-Encoding: gzip, gzip')" 415
is "http: a long address" "$(curl -s -o said -w '%{http_code}' -d x \
    "http://127.0.0.1:$http/ingest/$(head -c 4200 most)")" 414
is "http: long headers" "$(post -d x -H "X-A: $(cat more)" | sed 's/^4[0-9]*$/4xx/')" 4xx
perl -e 'print "<13>", "x" x (1 << 20), "y\n<13>next\n"' | perl -MIO::Socket::INET -e '
    my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$ARGV[0]"); print $s $_ while <STDIN>' "$tcp"
is "tcp: a record of more than 1 MiB is cut, what follows is whole" "$(settle tcp 3)" 3
is "tcp: and counted" "$(of tcp oversize)" 1
is "tcp: 1 MiB is kept" "$("$YAGURA" records --data store --source tcp | wc -L)" 1048576
perl -MSocket -e '
    socket my $u, PF_UNIX, SOCK_DGRAM, 0; connect $u, sockaddr_un($ARGV[0]) or die;
    setsockopt $u, SOL_SOCKET, 32, pack "i", 2 << 20; # SO_SNDBUFFORCE
    exit 3 unless defined send $u, "<13>" . "x" x 400_000, 0;
    send $u, "<13>next", 0;' "$DIR/d.sock"
if [ $? -eq 0 ]; then
    is "unix dgram: one of more than 256 KiB is cut, the next is whole" "$(settle dgram 2)" 2
    is "unix dgram: and counted" "$(of dgram oversize)" 1
else
    skip "unix dgram: one of more than 256 KiB is cut" "the kernel lets nobody send it"
fi
perl -MIO::Socket::INET -e '
    my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$ARGV[0]", Proto => "udp");
    send $s, "<13>" . "x" x 65503, 0; print $s "<13>next"' "$udp"
is "udp: the longest datagram there is" "$(settle udp 2)" 2
is "udp: is whole" "$("$YAGURA" records --data store --source udp | wc -L) $(of udp oversize)" "65507 0"
ok "every record is accounted for" accounted
stop
is "the server ends" $? 0
done_testing
