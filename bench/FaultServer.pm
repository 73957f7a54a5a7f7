# SPDX-License-Identifier: Apache-2.0
# A real `yagura serve` with inputs of every kind on loopback, that faults are done to: its
# folder, its processes, its memory, and what is in it in the end.
package FaultServer;
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Bench;
use IO::Socket::INET;
use JSON::PP;
use POSIX qw(:sys_wait_h setsid);
use Time::HiRes qw(time sleep);

# Inputs of senders that behave, by letter, and of those that do not (v...). The source of
# an input is its name.
our @KINDS = (
    { name => "bulk", letter => "b", type => "http", acks => 1 },
    { name => "hec", letter => "h", type => "http", acks => 1 },
    { name => "loki", letter => "l", type => "http", acks => 1 },
    { name => "otlp", letter => "o", type => "http", acks => 1 },
    { name => "ingest", letter => "i", type => "http", acks => 1 },
    { name => "file", letter => "f", type => "file", acks => 1 },
    { name => "tcp", letter => "t", type => "tcp" },
    { name => "unix", letter => "u", type => "unix" },
    { name => "udp", letter => "d", type => "udp" },
);
our %VICTIM = (vhttp => "http", vtcp => "tcp", vunix => "unix", vtls => "tls", vhttps => "http");

# Not one that the kernel gives to those who connect: a sender that tries while nobody
# listens would in time be given it, be connected to itself, and keep the server out.
sub free_port {
    for (1 .. 100) {
        my $port = 12000 + int rand 18000;
        my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1", LocalPort => $port);
        return $port if $s;
    }
    die "$0: no port is free\n";
}

sub new {
    my ($class, %o) = @_;
    my $w = bless { dir => Bench::workdir(), kinds => [@KINDS], victims => 0, env => {}, rss => {},
                    starts => 0, %o }, $class;
    $w->{port}{$_} = free_port() for "web", map({ $_->{name} } @KINDS), keys %VICTIM;
    $w->{data} = "$w->{dir}/store";
    mkdir "$w->{dir}/logs";
    mkdir $w->{data};
    $w->write_config();
    return $w;
}

sub input {
    my ($w, $name, $type) = @_;
    my $d = $w->{dir};
    my $head = "tenant: acme, source: $name, format: eve";
    my $at = "listen: \"127.0.0.1:$w->{port}{$name}\"";
    my $tls = $name =~ /^v(tls|https)$/ ? ", certificate: $d/cert.pem, key: $d/key.pem" : "";
    # Few connections and little patience where somebody misbehaves.
    my $small = exists $VICTIM{$name} ? ", max_connections: 64, idle_timeout: 5 s" : "";
    return "{ type: http, $head, $at$tls$small }" if $type eq "http";
    return "{ type: syslog, transport: $type, $head, $at$tls$small }" if $type =~ /^(tcp|tls)$/;
    return "{ type: syslog, transport: udp, $head, $at }" if $type eq "udp";
    return "{ type: unix, path: $d/$name.sock, $head$small }" if $type eq "unix";
    return "{ type: file, path: \"$d/logs/*.log\", $head }";
}

sub write_config {
    my ($w) = @_;
    my @inputs = map { $w->input($_->{name}, $_->{type}) } @{ $w->{kinds} };
    if ($w->{victims}) {
        system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 " .
               "-subj /CN=localhost -keyout $w->{dir}/key.pem -out $w->{dir}/cert.pem 2>/dev/null") == 0
            or die "$0: openssl cannot make a certificate\n";
        push @inputs, map { $w->input($_, $VICTIM{$_}) } sort keys %VICTIM;
    }
    my $more = join "", map { "$_: $w->{conf}{$_}\n" } sort keys %{ $w->{conf} // {} };
    open(my $f, ">", "$w->{dir}/y.yaml") or die $!;
    print $f "data: $w->{data}\nlisten: 127.0.0.1:$w->{port}{web}\nworkers: 2\n", $more, "inputs:\n",
        map { "  - $_\n" } @inputs;
    close $f;
}

# ---- processes ---------------------------------------------------------------------------

# With the descriptors that a service has unless somebody raises them.
sub start {
    my ($w) = @_;
    my $pid = fork() // die "fork: $!";
    if ($pid == 0) {
        $ENV{$_} = $w->{env}{$_} for keys %{ $w->{env} };
        open(STDOUT, ">", "$w->{dir}/serve.out");
        open(STDERR, ">>", "$w->{dir}/serve.err");
        exec("sh", "-c", 'ulimit -S -n 1024; exec "$0" "$@"', Bench::binary(), "serve", "--no-login", "--config",
             "$w->{dir}/y.yaml") or POSIX::_exit(127);
    }
    $w->{pid} = $pid;
    $w->{starts}++;
    return $w->wait_well(60);
}

sub get {
    my ($w, $path) = @_;
    my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$w->{port}{web}", Timeout => 5) or return "";
    print $s "GET $path HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    local $/;
    my $all = <$s> // "";
    return $all =~ /^HTTP\/1.1 (\d+).*?\r\n\r\n(.*)/s ? "$1 $2" : "";
}

# Does it say that all is well? False when not within so many seconds.
sub wait_well {
    my ($w, $seconds) = @_;
    my $until = time + $seconds;
    while (time < $until) {
        return 1 if $w->get("/healthz") =~ /^200 ok/;
        return 0 if waitpid($w->{pid}, WNOHANG) == $w->{pid};
        sleep 0.05;
    }
    return 0;
}

sub children {
    my ($pid) = @_;
    my @c;
    for my $t (glob "/proc/$pid/task/*/children") {
        open(my $f, "<", $t) or next;
        push @c, split ' ', <$f> // "";
    }
    return @c;
}

sub comm {
    my ($pid) = @_;
    open(my $f, "<", "/proc/$pid/comm") or return "";
    my $c = <$f> // "";
    chomp $c;
    return $c;
}

# name => [pid, ...]; keeper, intake, core, web, worker (children of the core).
sub processes {
    my ($w) = @_;
    my %p = (keeper => [$w->{pid}]);
    for my $c (children($w->{pid})) {
        my $name = comm($c) =~ /^yagura-(\w+)/ ? $1 : next;
        push @{ $p{$name} }, $c;
        push @{ $p{worker} }, children($c) if $name eq "core";
    }
    delete @p{ grep { !@{ $p{$_} } } keys %p };
    return \%p;
}

# Keep the largest of each process, and of all at one moment: there a page that several
# share is counted once.
sub look_at_memory {
    my ($w) = @_;
    my $p = $w->processes();
    my $sum = 0;
    for my $name (keys %$p) {
        for my $pid (@{ $p->{$name} }) {
            open(my $f, "<", "/proc/$pid/smaps_rollup") or next;
            my $text = do { local $/; <$f> } // "";
            my ($rss) = $text =~ /^Rss:\s+(\d+)/m;
            my ($pss) = $text =~ /^Pss:\s+(\d+)/m;
            defined $pss or next;
            $w->{rss}{$name} = $rss / 1024 if $rss / 1024 > ($w->{rss}{$name} // 0);
            $sum += $pss / 1024;
        }
    }
    $w->{rss}{all} = $sum if $sum > ($w->{rss}{all} // 0);
}

sub kill_keeper {
    my ($w) = @_;
    kill KILL => $w->{pid};
    waitpid($w->{pid}, 0);
    # Its children die with it, at once but not in the same moment.
    sleep 0.01;
}

# As a service manager does it: at once, and again after a while when it does not begin.
sub start_again {
    my ($w) = @_;
    for (1 .. 50) {
        return if $w->start();
        $w->{retried}++;
        sleep 0.1;
    }
    open(my $f, "<", "$w->{dir}/serve.err");
    die "$0: the server does not begin again:\n", (<$f>)[-3 .. -1];
}

# Ask it to end: it reads its journal to the end first. False when it does not.
sub stop {
    my ($w, $seconds) = @_;
    return 0 unless $w->{pid};
    kill TERM => $w->{pid};
    my $until = time + ($seconds // 120);
    while (time < $until) {
        if (waitpid($w->{pid}, WNOHANG) == $w->{pid}) {
            my $status = $?;
            $w->{pid} = 0;
            return $status == 0;
        }
        sleep 0.05;
    }
    kill KILL => map { @$_ } values %{ $w->processes() };
    waitpid($w->{pid}, 0);
    $w->{pid} = 0;
    return 0;
}

sub DESTROY {
    my ($w) = @_;
    return unless $w->{owner} && $w->{owner} == $$;
    kill KILL => map { @$_ } values %{ $w->processes() } if $w->{pid};
    waitpid($w->{pid}, 0) if $w->{pid};
    system("umount", "-l", $_) for reverse @{ $w->{mounts} // [] };
}

# ---- what is in it -----------------------------------------------------------------------

sub sources {
    my ($w) = @_;
    open(my $p, "-|", Bench::binary(), "sources", "--config", "$w->{dir}/y.yaml", "--json") or return undef;
    my $text = do { local $/; <$p> };
    close($p) or return undef;
    return decode_json($text)->{sources};
}

# Sources whose records are not all accounted for.
sub unaccounted {
    my ($w, $drained) = @_;
    my $all = $w->sources() // return ("(cannot be read)");
    return map { "$_->{source}: received $_->{received}, stored $_->{stored}, filtered $_->{filtered}, duplicate " .
                 "$_->{duplicate}, refused $_->{refused}, in flight $_->{in_flight}" }
        grep { $_->{received} != $_->{stored} + $_->{filtered} + $_->{duplicate} + $_->{refused} +
               $_->{in_flight} || ($drained && $_->{in_flight}) } @$all;
}

# Every number of every sender in history: how many times.
sub count_history {
    my ($w) = @_;
    my (%once, %twice, $records);
    open(my $p, "-|", Bench::binary(), "records", "--json", "--data", $w->{data}) or die "records: $!";
    while (my $line = <$p>) {
        $records++;
        $line =~ /fq-([a-z]+)-(\d+)-z/ or next;
        if (vec($once{$1} //= "", $2, 1)) {
            $twice{$1}++;
        } else {
            vec($once{$1}, $2, 1) = 1;
        }
    }
    close($p) or die "$0: yagura records failed\n";
    return (\%once, \%twice, $records);
}

1;
