# SPDX-License-Identifier: Apache-2.0
# Servers under load, for bench/inputs: `yagura serve`, rsyslog, syslog-ng and an HTTP
# server that throws bodies away; what they use of processor and memory; the sender.
package Live;
use strict;
use warnings;
use Bench qw(slurp spew);
use IO::Socket::INET;
use JSON::PP;
use POSIX qw(WNOHANG);
use Time::HiRes qw(time sleep);
use Exporter 'import';
our @EXPORT = qw(free_port start wait_port start_yagura start_peer stop stop_all cpu_of memory_of send_all
                 begin_send end_send syslog_ng);

my $out = $ENV{O} // "$FindBin::Bin/../build/release";
our $LIMIT = 60;           # seconds a sender may take, to the last commit
my (%running, %sender);    # process groups to end; a sender's by its pipe

sub free_port {
    my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1") or die "$0: no port: $!\n";
    return $s->sockport;
}

# taskset: the server has core 0, or both; the sender has what is left, or both.
sub cpus { my ($cores, $sender) = @_; return $cores == 2 ? "0,1" : $sender ? "1" : "0" }

sub start {
    my ($name, $cores, $log, @command) = @_;
    my $pid = open(my $in, "|-") // die "$0: fork: $!\n";
    if ($pid == 0) {
        setpgrp(0, 0);
        open(STDOUT, ">", $log) && open(STDERR, ">&", \*STDOUT) or die "$log: $!\n";
        exec("taskset", "-c", cpus($cores), @command) or exit 127;
    }
    $running{$pid} = $in;    # closing it waits for the server
    return { pid => $pid, in => $in, name => $name, log => $log, cores => $cores };
}

sub wait_port {
    my ($s, $port) = @_;
    for (1 .. 600) {
        return $s if IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $port);
        waitpid($s->{pid}, WNOHANG) == 0 or last;
        sleep 0.1;
    }
    print STDERR slurp($s->{log});
    die "$0: $s->{name} does not start\n";
}

# `inputs`: lines of the configuration's list.
sub start_yagura {
    my ($dir, $cores, $model, @inputs) = @_;
    my $web = free_port();
    mkdir $dir or die "$0: $dir: $!\n";
    spew("$dir/y.yaml", join("\n", "data: $dir/data", "listen: 127.0.0.1:$web",
        "workers: $cores", "inputs:", map({ "  - { tenant: bench, $_ }" } @inputs), ""));
    my $s = start("yagura", $cores, "$dir/log", Bench::binary(), "serve", "--no-login", "--config", "$dir/y.yaml",
                  "--model", $model);
    $s->{state} = "$dir/data/journal";
    return wait_port($s, $web);
}

# rsyslog and syslog-ng parse each record and write it to a file as it came.
my %peer = (
    rsyslog => sub {
        my ($dir, $port) = @_;
        spew("$dir.conf", <<"END");
global(workDirectory="$dir" maxMessageSize="64k")
module(load="imptcp")
template(name="raw" type="string" string="%rawmsg%\\n")
input(type="imptcp" port="$port" address="127.0.0.1")
action(type="omfile" file="$dir/out" template="raw")
END
        return ("rsyslogd", "-n", "-f", "$dir.conf", "-i", "$dir/pid");
    },
    "syslog-ng" => sub {
        my ($dir, $port) = @_;
        my ($binary, $lib) = syslog_ng();
        spew("$dir.conf", <<"END");
\@version: 3.38
options { use-dns(no); dns-cache(no); keep-hostname(yes); stats-freq(0); };
source s { network(ip("127.0.0.1") port($port) transport("tcp") flags(store-raw-message)
    log-msg-size(65536) log-fetch-limit(1000) log-iw-size(40000) max-connections(40)); };
destination d { file("$dir/out" template("\${RAWMSG}\\n")); };
log { source(s); destination(d); flags(flow-control); };
END
        return (($lib ? ("env", "LD_LIBRARY_PATH=$lib") : ()), $binary, "-F", "--no-caps",
                "-f", "$dir.conf", "-R", "$dir/persist", "-p", "$dir/pid", "-c", "$dir/ctl",
                $lib ? "--module-path=$lib/3.38" : ());
    },
    discard => sub { my ($dir, $port, $bytes) = @_; return ("$out/bench/bench_discard", $port, $bytes) },
);

sub start_peer {
    my ($kind, $dir, $cores, @more) = @_;
    my $port = free_port();
    mkdir $dir or die "$0: $dir: $!\n";
    my $s = start($kind, $cores, "$dir/log", $peer{$kind}->($dir, $port, @more));
    @$s{qw(port grows)} = ($port, "$dir/out");
    return wait_port($s, $port);
}

# The program and where its libraries are: tools/install-deps unpacks it beside rsyslog,
# together with which its package cannot be installed.
sub syslog_ng {
    my $at = "$FindBin::Bin/../build/peers/usr";
    return ("$at/sbin/syslog-ng", "$at/lib/syslog-ng") if -x "$at/sbin/syslog-ng";
    return -x "/usr/sbin/syslog-ng" ? ("/usr/sbin/syslog-ng", undef) : ();
}

sub stop {
    my ($s) = @_;
    kill "TERM", $s->{pid};
    close($s->{in}) if $s->{name} eq "discard";
    for (1 .. 300) {
        if (waitpid($s->{pid}, WNOHANG) != 0) { delete $running{ $s->{pid} }; return }
        sleep 0.1;
    }
    kill "KILL", -$s->{pid};
}

sub stop_all { kill "KILL", map { -$_ } keys %running; %running = () }
END { my $status = $?; stop_all(); $? = $status }

sub tree {
    my ($pid) = @_;
    return ($pid, map { tree($_) } split ' ', slurp("/proc/$pid/task/$pid/children"));
}

# Seconds of CPU so far, of the scheduler's own account (ns): of all threads that live, and
# of each process by its name.
sub cpu_of {
    my ($s) = @_;
    my %cpu = (all => 0);
    for my $p (tree($s->{pid})) {
        chomp(my $name = slurp("/proc/$p/comm"));
        for my $file (glob("/proc/$p/task/*/schedstat")) {
            my ($ns) = split ' ', slurp($file);
            $cpu{$_} += ($ns // 0) / 1e9 for "all", $name;
        }
    }
    return \%cpu;
}

# MB of all processes: resident, and with shared pages counted once (PSS).
sub memory_of {
    my ($s) = @_;
    my %sum = (rss => 0, pss => 0);
    for my $p (tree($s->{pid})) {
        my $text = slurp("/proc/$p/smaps_rollup");
        for my $what (qw(rss pss)) { $sum{$what} += $1 / 1024 if $text =~ /^$what:\s+(\d+)/mi }
    }
    return \%sum;
}

sub begin_send {
    my ($s, @arguments) = @_;
    my $pid = open(my $from, "-|") // die "$0: fork: $!\n";
    if ($pid == 0) {
        setpgrp(0, 0);
        alarm($LIMIT);
        exec("taskset", "-c", cpus($s->{cores}, 1), "$out/bench/bench_send", @arguments) or exit 127;
    }
    $running{$pid} = 1;
    $sender{$from} = $pid;
    return $from;
}

# undef: it failed, or what it waited for has not come within the limit.
sub end_send {
    my ($from) = @_;
    my $text = do { local $/; <$from> };
    delete $running{ delete $sender{$from} };
    return close($from) ? decode_json($text) : undef;
}

# Send and wait: the sender's account, with CPU in microseconds a record; undef: none.
sub send_all {
    my ($s, @arguments) = @_;
    my $before = cpu_of($s);
    my $r = end_send(begin_send($s, @arguments));
    my $after = cpu_of($s);
    $r or return undef;
    my $n = $r->{records} || 1;
    $r->{cpu}{$_} = 1e6 * ($after->{$_} - ($before->{$_} // 0)) / $n for keys %$after;
    return $r;
}

1;
