# SPDX-License-Identifier: Apache-2.0
# Senders that behave: numbered records to one input each, from a process of their own.
#
# Where the protocol answers, a batch is sent until it is acknowledged, the same bytes
# each time, and only then the next. Where it does not, each record is sent once: what a
# broken connection swallowed is not sent again, so that whatever is found twice was
# doubled by the server. What became of it is in a file (sent.LETTER), written anew after
# each batch.
package FaultSend;
use strict;
use warnings;
use Errno;
use IO::Socket::INET;
use IO::Socket::UNIX;
use JSON::PP;
use POSIX ();
use Time::HiRes qw(time sleep);

our $BATCH = 20;
my $PATIENCE = 10; # seconds for an answer

sub line {
    my ($letter, $n) = @_;
    my $at = time;
    my @t = gmtime(int $at);
    return sprintf('{"timestamp":"%04d-%02d-%02dT%02d:%02d:%02d.%06dZ","event_type":"alert","src_ip":' .
        '"10.0.%d.%d","dest_ip":"10.9.0.1","alert":{"signature_id":%d,"signature":"rule %d"},"n":"fq-%s-%d-z"}',
        $t[5] + 1900, $t[4] + 1, $t[3], $t[2], $t[1], $t[0], ($at - int $at) * 1e6, $n % 4, $n % 250 + 1,
        $n % 7 + 1, $n % 7 + 1, $letter, $n);
}

# ---- how each API wants it ---------------------------------------------------------------

my %API = (
    bulk => { path => "/_bulk", type => "application/x-ndjson", good => qr/"errors":false/,
              body => sub { my ($l, @n) = @_; join "", map { qq({"create":{"_index":"i","_id":"$l$_"}}\n) . line($l, $_) . "\n" } @n } },
    ingest => { path => "/ingest", type => "application/x-ndjson", good => qr/./s,
                body => sub { my ($l, @n) = @_; join "", map { line($l, $_) . "\n" } @n } },
    hec => { path => "/services/collector", type => "application/json", good => qr/"code":0/,
             body => sub { my ($l, @n) = @_; join "", map { '{"time":' . sprintf("%.3f", time) . ',"event":' . line($l, $_) . "}" } @n } },
    loki => { path => "/loki/api/v1/push", type => "application/json", good => qr/^/,
              body => sub {
                  my ($l, @n) = @_;
                  return encode_json({ streams => [{ stream => { app => "shop" }, values =>
                      [map { [sprintf("%d000", time * 1e6), line($l, $_)] } @n] }] });
              } },
    otlp => { path => "/v1/logs", type => "application/json", good => qr/^/,
              body => sub {
                  my ($l, @n) = @_;
                  return encode_json({ resourceLogs => [{ scopeLogs => [{ logRecords =>
                      [map { { timeUnixNano => sprintf("%d000", time * 1e6), body => { stringValue => line($l, $_) } } } @n] }] }] });
              } },
);

# One request on a kept connection: (status, body), or nothing when it broke.
sub request {
    my ($to, $s, $path, $type, $body) = @_;
    if (!$$s) {
        $$s = IO::Socket::INET->new(PeerAddr => $to, Timeout => 2) or return;
    }
    my $all = "POST $path HTTP/1.1\r\nHost: y\r\nContent-Type: $type\r\nContent-Length: " . length($body) . "\r\n\r\n$body";
    local $SIG{ALRM} = sub { die "late\n" };
    my @r = eval {
        alarm $PATIENCE;
        for (my $at = 0; $at < length $all;) {
            my $n = syswrite($$s, $all, length($all) - $at, $at) // die "broken\n";
            $at += $n;
        }
        my $in = "";
        until ($in =~ /\r\n\r\n/) { sysread($$s, $in, 65536, length $in) or die "broken\n" }
        my ($head, $rest) = split /\r\n\r\n/, $in, 2;
        my ($status) = $head =~ /^HTTP\/1.1 (\d+)/ or die "broken\n";
        my ($length) = $head =~ /Content-Length: (\d+)/i;
        while (length($rest) < ($length // 0)) { sysread($$s, $rest, 65536, length $rest) or die "broken\n" }
        if ($head =~ /Connection: close/i) { undef $$s }
        alarm 0;
        ($status, $rest);
    };
    alarm 0;
    undef $$s unless @r;
    return @r;
}

# ---- the processes -----------------------------------------------------------------------

sub save {
    my ($s) = @_;
    open(my $f, ">", "$s->{file}.new") or return;
    print $f encode_json($s->{told});
    close $f and rename "$s->{file}.new", $s->{file};
}

sub http {
    my ($s, $stop) = @_;
    my $api = $API{ $s->{name} };
    my ($sock, $next, $t) = (undef, 0, $s->{told});
    until ($stop->()) {
        my $body = $api->{body}->($s->{letter}, $next .. $next + $BATCH - 1);
        my ($from, $tries) = (time, 0);
        $t->{sent} += $BATCH;
        while (1) {
            $tries++;
            my ($status, $answer) = request($s->{to}, \$sock, $api->{path}, $api->{type}, $body);
            last if defined $status && $status =~ /^20/ && $answer =~ $api->{good};
            $t->{ defined $status ? "answered_$status" : "broken" }++;
            return if $stop->() > 1;
            sleep 0.05;
        }
        $next += $BATCH;
        $t->{acknowledged} = $next;
        $t->{resent} += $tries - 1;
        $t->{slowest_s} = time - $from if time - $from > $t->{slowest_s};
        save($s);
        sleep $s->{pause};
    }
}

# Lines that a program appends to its log, which is rotated now and then.
sub file {
    my ($s, $stop) = @_;
    my ($f, $next, $t) = (undef, 0, $s->{told});
    my $log = "$s->{to}/app.log";
    until ($stop->()) {
        if ($f && $next % 4000 == 0) { # rotated by rename, one old one is kept
            close $f;
            undef $f;
            rename $log, "$s->{to}/app." . int($next / 4000) . ".log";
        }
        if (!$f) { open($f, ">>", $log) or die "$log: $!" }
        my $text = join "", map { line($s->{letter}, $_) . "\n" } $next .. $next + $BATCH - 1;
        syswrite($f, $text);
        $next += $BATCH;
        @$t{qw(sent acknowledged)} = ($next, $next);
        save($s);
        sleep $s->{pause};
    }
}

# Whole, however long the other side does not read.
sub put {
    my ($sock, $text, $stop) = @_;
    for (my $at = 0; $at < length $text;) {
        vec(my $w = "", fileno $sock, 1) = 1;
        if (select(undef, $w, undef, 0.5) < 1) {
            return 0 if $stop->() > 1;
            next;
        }
        my $n = syswrite($sock, $text, length($text) - $at, $at);
        next if !defined $n && $!{EAGAIN};
        $at += $n // return 0;
    }
    return 1;
}

sub stream {
    my ($s, $stop) = @_;
    my ($sock, $next, $t) = (undef, 0, $s->{told});
    until ($stop->()) {
        my $from = time;
        for my $n ($next .. $next + $BATCH - 1) {
            my $text = line($s->{letter}, $n);
            $text = "<134>$text" if $s->{type} ne "unix";
            # Datagrams; by TCP both framings of RFC 6587 on one connection; lines.
            $text = $s->{type} eq "tcp" && $n % 2 ? length($text) . " $text" : "$text\n" if $s->{type} ne "udp";
            until ($sock || $stop->() > 1) {
                $sock = $s->{type} eq "unix" ? IO::Socket::UNIX->new(Peer => $s->{to})
                    : IO::Socket::INET->new(PeerAddr => $s->{to}, Proto => $s->{type}, Timeout => 2);
                sleep 0.02 unless $sock;
            }
            return unless $sock;
            $sock->blocking(0);
            if (!put($sock, $text, $stop)) { $t->{broken}++; undef $sock }
            $t->{sent}++;
        }
        $next += $BATCH;
        $t->{slowest_s} = time - $from if time - $from > $t->{slowest_s};
        save($s);
        sleep $s->{pause};
    }
}

# Begin one; `stop`: a file whose being there ends it (a second one: at once).
sub start {
    my ($w, $kind, $pause) = @_;
    my $to = $kind->{type} eq "unix" ? "$w->{dir}/$kind->{name}.sock" : $kind->{type} eq "file" ? "$w->{dir}/logs"
        : "127.0.0.1:$w->{port}{$kind->{name}}";
    my $s = { %$kind, to => $to, file => "$w->{dir}/sent.$kind->{letter}", pause => $pause,
              told => { sent => 0, acknowledged => 0, resent => 0, broken => 0, slowest_s => 0 } };
    my $pid = fork() // die "fork: $!";
    return $pid if $pid;
    $SIG{PIPE} = "IGNORE";
    $SIG{TERM} = $SIG{INT} = "DEFAULT";
    my $parent = getppid();
    my $stop = sub { getppid() != $parent ? 2 : -e "$w->{dir}/stop2" ? 2 : -e "$w->{dir}/stop" ? 1 : 0 };
    eval { $kind->{type} eq "http" ? http($s, $stop) : $kind->{type} eq "file" ? file($s, $stop) : stream($s, $stop); 1 }
        or print STDERR "sender $kind->{name}: $@";
    save($s);
    POSIX::_exit(0);
}

1;
