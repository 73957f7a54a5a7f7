# SPDX-License-Identifier: Apache-2.0
# Peers that do not behave: half-open and slow connections, endless lines, bombs, garbage.
# They go for the inputs v... of FaultServer.pm, garbage for all of them.
package FaultRude;
use strict;
use warnings;
use Compress::Zlib ();
use FaultSend;
use FaultServer;
use IO::Socket::INET;
use IO::Socket::UNIX;
use Time::HiRes qw(time sleep);

sub dial {
    my ($w, $name) = @_;
    my $s = $name =~ /unix$/ ? IO::Socket::UNIX->new(Peer => "$w->{dir}/$name.sock")
        : IO::Socket::INET->new(PeerAddr => "127.0.0.1:$w->{port}{$name}", Timeout => 2) // return undef;
    $s->blocking(0) if $s;
    return $s;
}

# As much as it takes now.
sub say_now {
    my ($s, $text) = @_;
    local $SIG{PIPE} = "IGNORE";
    return defined syswrite($s, $text) || $!{EAGAIN};
}

# A record to an input that is attacked: seconds until it is taken, undef: not within `most`.
sub polite {
    my ($w, $name, $most) = @_;
    my $from = time;
    while (time - $from < $most) {
        my ($status) = FaultSend::request("127.0.0.1:$w->{port}{$name}", \my $s, "/ingest", "text/plain",
                                          qq({"event_type":"alert","polite":"$from"}\n));
        return time - $from if ($status // 0) == 200;
        sleep 0.2;
    }
    return undef;
}

# ---- connections ---------------------------------------------------------------------------

# What is begun, and then a byte now and then: [input, beginning, bytes that dribble].
my @SLOW = (
    ["vhttp", "", "POST /ingest HTTP/1.1\r\nHost: y\r\n" . "X-Slow: 1\r\n" x 500],
    ["vhttp", "POST /ingest HTTP/1.1\r\nHost: y\r\nContent-Length: 100000\r\n\r\n", "x" x 5000],
    ["vhttp", "POST /_bulk HTTP/1.1\r\nHost: y\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n", ""],
    ["vtcp", "1000000 <134>1 ", ""], ["vtcp", "<134>half a line", "x" x 5000], ["vtcp", "", ""],
    ["vunix", '{"half":', ""], ["vunix", "999999 ", "y" x 5000],
    ["vtls", "\x16\x03\x01\x02\x00\x01\x00", ""], ["vtls", "", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" . "r" x 500],
    ["vhttps", "", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" . "r" x 500], ["web", "", "GET / HTTP/1.1\r\nHost: y\r\nX: " . "x" x 5000],
);

sub half_open {
    my ($w, $points) = @_;
    my @open;
    my %seen = (connections => 0);
    for my $i (1 .. $points) {
        my ($name, $begin, $drip) = @{ $SLOW[rand @SLOW] };
        for (1 .. 20 + int rand 60) {
            my $s = dial($w, $name) or next;
            say_now($s, $begin) if length $begin;
            push @open, [$s, $drip, 0];
            $seen{connections}++;
        }
        for (1 .. 3) {
            FaultCases::nap($w, 0.1);
            for my $c (@open) {
                say_now($c->[0], substr($c->[1], $c->[2]++, 1)) if $c->[2] < length $c->[1];
            }
        }
        splice(@open, 0, @open - 400) if @open > 400;
        splice(@open, rand @open, 5) if rand() < 0.3;
    }
    # While headers dribble to all the connections that vhttp takes, somebody else wants in.
    for (1 .. ($w->{quick} ? 66 : 80)) {
        my $s = dial($w, "vhttp") or last;
        push @open, [$s, $SLOW[0][2], 0];
    }
    my $pid = fork() // die "fork: $!";
    if ($pid == 0) {
        local $SIG{PIPE} = "IGNORE";
        while (1) {
            say_now($_->[0], substr($_->[1], $_->[2]++ % length $_->[1], 1)) for grep { length $_->[1] } @open;
            sleep 0.5;
        }
    }
    my $s = polite($w, "vhttp", $w->{quick} ? 12 : 60);
    $seen{let_in_s} = defined $s ? sprintf("%.1f", $s) + 0 : "never";
    kill KILL => $pid;
    waitpid($pid, 0);
    return %seen;
}

sub many {
    my ($w, $points) = @_;
    my %seen = (connections => 0);
    for (1 .. $points) {
        my @open;
        for my $name (qw(tcp unix ingest bulk)) { # with the limits that are usual
            for (1 .. 375) {
                my $s = dial($w, $name) or next;
                push @open, $s;
            }
        }
        $seen{connections} += @open;
        FaultCases::nap($w, $w->{quick} ? 1.5 : 20);
    }
    return %seen;
}

# ---- too much --------------------------------------------------------------------------------

# `head`, then so many bytes without a line end. Returns how many were taken.
sub pour {
    my ($w, $name, $head, $bytes, $chunked) = @_;
    my $s = dial($w, $name) or return 0;
    my $piece = ($chunked ? "100000\r\n" : "") . "A" x 1048576 . ($chunked ? "\r\n" : "");
    my $sent = 0;
    local $SIG{PIPE} = "IGNORE";
    say_now($s, $head);
    my $until = time + 60;
    while ($sent < $bytes && time < $until) {
        for (my $at = 0; $at < length $piece;) {
            vec(my $r = "", fileno $s, 1) = 1;
            select(undef, $r, undef, 0.5);
            my $n = syswrite($s, $piece, length($piece) - $at, $at);
            return $sent if !defined $n && !$!{EAGAIN};
            $at += $n // 0;
            last if time > $until;
        }
        $sent += 1048576;
        $w->look_at_memory() if $sent % (64 << 20) == 0;
    }
    return $sent;
}

sub long_line {
    my ($w, $points) = @_;
    my $bytes = $w->{quick} ? 72 << 20 : 1 << 30;
    my @way = (["vtcp", "<134>"], ["vunix", ""], ["vhttp", "POST /ingest HTTP/1.1\r\nHost: y\r\nContent-Length: $bytes\r\n\r\n"],
               ["vhttp", "POST /ingest HTTP/1.1\r\nHost: y\r\nTransfer-Encoding: chunked\r\n\r\n", 1],
               ["vtcp", "$bytes <134>1 "], ["web", "GET /" . "a" x 1000]);
    my %seen = (mb => {});
    for my $i (0 .. $points - 1) {
        my ($name, $head, $chunked) = @{ $way[$i % @way] };
        $seen{mb}{$name} += pour($w, $name, $head, $bytes, $chunked) >> 20;
    }
    return %seen;
}

# Lines and bodies that never end from as many connections as are let in: what is kept of
# them, all together, has an end.
sub begun {
    my ($w, $points) = @_;
    my %seen = (mb => 0);
    local $SIG{PIPE} = "IGNORE";
    for my $i (1 .. $points) {
        my $bytes = $i % 2 ? 1 << 20 : 60 << 20;
        my @open = map { { s => $_, left => $bytes } } grep { $_ } map { dial($w, $i % 2 ? "tcp" : "ingest") } 1 .. ($i % 2 ? 600 : 8);
        my $piece = "B" x 262144;
        for my $c (@open) {
            say_now($c->{s}, "POST /ingest HTTP/1.1\r\nHost: y\r\nContent-Length: " . (61 << 20) . "\r\n\r\n") unless $i % 2;
        }
        my $until = time + ($w->{quick} ? 4 : 30);
        while (time < $until && grep { $_->{left} > 0 } @open) {
            for my $c (@open) {
                next if $c->{left} <= 0;
                my $n = syswrite($c->{s}, $piece);
                $c->{left} -= $n // ($!{EAGAIN} ? 0 : $c->{left});
                $seen{mb} += ($n // 0) / 1048576;
            }
            sleep 0.01;
            $w->look_at_memory() if rand() < 0.05;
        }
        FaultCases::nap($w, 0.5);
    }
    $seen{mb} = int $seen{mb};
    return %seen;
}

sub bombs {
    my ($w) = @_;
    my $mb = $w->{quick} ? 72 : 1024; # past max_body in any case
    my $zero = "\0" x (1 << 20);
    my $gz = "";
    my $d = Compress::Zlib::deflateInit(-WindowBits => 31, -Level => 6);
    $gz .= $d->deflate($zero) for 1 .. $mb;
    $gz .= $d->flush();
    my $zst = "";
    if (open(my $p, "-|", "head -c ${mb}M /dev/zero | zstd -q -c 2>/dev/null || true")) {
        $zst = do { local $/; <$p> } // "";
    }
    return grep { length $_->[1] } ["gzip", $gz], ["zstd", $zst];
}

sub bomb {
    my ($w, $points) = @_;
    my @bombs = bombs($w);
    my %seen = (answers => {});
    my @path = (["/ingest", "text/plain"], ["/_bulk", "application/x-ndjson"], ["/v1/logs", "application/json"],
                ["/services/collector", "application/json"], ["/loki/api/v1/push", "application/x-protobuf"]);
    for my $i (0 .. $points - 1) {
        my ($how, $body) = @{ $bombs[$i % @bombs] };
        my ($path, $type) = @{ $path[$i % @path] };
        my @s = grep { $_ } map { dial($w, "vhttp") } 1 .. ($w->{quick} ? 1 : 8);
        for my $s (@s) {
            $s->blocking(1);
            local $SIG{PIPE} = "IGNORE";
            syswrite($s, "POST $path HTTP/1.1\r\nHost: y\r\nContent-Type: $type\r\nContent-Encoding: $how\r\n" .
                     "Content-Length: " . length($body) . "\r\n\r\n$body");
        }
        $w->look_at_memory();
        for my $s (@s) {
            local $SIG{ALRM} = sub { die "late\n" };
            my $line = eval { alarm 20; sysread($s, my $in, 4096); alarm 0; $in } // "";
            alarm 0;
            $seen{answers}{ $line =~ /^HTTP\/1.1 (\d+)/ ? $1 : "none" }++;
            $w->look_at_memory() if rand() < 0.3;
        }
    }
    return %seen;
}

# ---- garbage -----------------------------------------------------------------------------------

my @BEGIN = (
    "", "", "GET / HTTP/1.1\r\nHost: ", "POST /_bulk HTTP/1.1\r\nHost: y\r\nContent-Length: 99999999999999999999\r\n\r\n",
    "POST /ingest HTTP/1.1\r\nHost: y\r\nContent-Length: -1\r\n\r\n", "POST /v1/logs HTTP/1.1\r\nHost: y\r\nContent-Type: application/x-protobuf\r\nContent-Length: 200\r\n\r\n",
    "POST /loki/api/v1/push HTTP/1.1\r\nHost: y\r\nContent-Type: application/x-protobuf\r\nContent-Length: 200\r\n\r\n",
    "POST /ingest HTTP/1.1\r\nHost: y\r\nContent-Encoding: gzip\r\nContent-Length: 200\r\n\r\n\x1f\x8b\x08\0\0\0\0\0\0\3",
    "POST /_bulk HTTP/1.1\r\nHost: y\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
    "POST /services/collector HTTP/1.1\r\nHost: y\r\nContent-Length: 300\r\n\r\n{\"event\":", "<134>1 2026-01-01T00:00:00Z h a - - - ",
    "<999>", "99999999999999 ", "10 ", '{"event_type":"alert","src_ip":"', "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "\x15\x03\x03\x00\x02\x02\x28",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\0\0\0\x01", "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01",
);

sub noise {
    my $n = rand() < 0.1 ? 20000 : int rand 600;
    return join "", map { chr int rand 256 } 1 .. $n;
}

sub garbage {
    my ($w, $points) = @_;
    my @to = ("web", sort(keys %FaultServer::VICTIM), map { $_->{name} } grep { $_->{type} ne "file" } @{ $w->{kinds} });
    my %seen = (bytes => 0);
    local $SIG{PIPE} = "IGNORE";
    for my $i (1 .. $points) {
        my $name = $to[rand @to];
        my $text = $BEGIN[rand @BEGIN] . noise();
        my $s = $name eq "udp" ? IO::Socket::INET->new(PeerAddr => "127.0.0.1:$w->{port}{udp}", Proto => "udp") : dial($w, $name);
        next unless $s;
        $seen{bytes} += length $text;
        say_now($s, $text);
        sleep rand(0.02);
        if (rand() < 0.3) { # reset, not closed
            setsockopt($s, Socket::SOL_SOCKET(), Socket::SO_LINGER(), pack("ii", 1, 0));
        }
        close $s;
        $w->look_at_memory() if $i % 20 == 0;
    }
    return %seen;
}

1;
