# SPDX-License-Identifier: Apache-2.0
# The faults: what is done to a running server (FaultServer.pm) while senders that behave
# (FaultSend.pm) go on. A fault is a row of @CASES; `run` gets the server and the number of
# its points and says what it saw beside the counting that is the same for all.
package FaultCases;
use strict;
use warnings;
use FaultRude;
use FaultServer;
use JSON::PP;
use POSIX ();
use Time::HiRes qw(time sleep);

# `share`: points of it for each that was asked for; `least`: at least so many.
our @CASES = (
    { name => "kill", share => 1, least => 4, run => \&kill_any,
      what => "kill -9 of keeper, intake, core, web or a worker at random moments" },
    { name => "kill-core", share => 0.02, least => 3, most => 8, run => \&kill_behind, strict => 1,
      what => "kill -9 of core, web and worker only: unacknowledged streams lose nothing either" },
    { name => "disk-full", share => 0.04, least => 1, run => \&disk_full, setup => \&one_disk,
      what => "the disk of journal and store is full, for 0.5 to 2 s" },
    { name => "disk-full-journal", share => 0.04, least => 1, run => \&disk_full, setup => \&journal_disk,
      what => "the disk of the journal only is full" },
    { name => "disk-full-store", share => 0.02, least => 1, run => \&disk_full, setup => \&store_disk, strict => 1,
      what => "the disk of the store only is full: the journal takes all" },
    { name => "store-locked", share => 0.004, least => 1, run => \&store_locked, strict => 1,
      what => "another process holds SQLite's write lock for 30 s" },
    { name => "core-stopped", share => 0.004, least => 1, run => \&core_stopped, strict => 1,
      what => "the core is stopped (SIGSTOP) for 30 s" },
    { name => "journal-cap", share => 0.004, least => 1, run => \&journal_cap,
      conf => { journal_cap => "64 MiB" }, strict => 1,
      what => "the core is stopped until the journal is at its cap: 429, HEC 503, streams not read" },
    { name => "clock", share => 0.2, least => 5, run => \&clock_jumps, setup => \&own_clock,
      far => [1, 60, 3600, 86400, 3 * 86400],
      what => "the clock jumps by 1 s to 3 days, forwards and backwards; every fifth time the intake or core is killed, too" },
    { name => "clock-far", share => 0.1, least => 4, run => \&clock_jumps, setup => \&own_clock,
      far => [30 * 86400, 400 * 86400], may_double => 1,
      what => "the same by 30 and 400 days, past the window in which records are known again" },
    { name => "half-open", share => 0.1, least => 4, victims => 1, run => \&FaultRude::half_open, strict => 1,
      what => "half-open connections, headers byte by byte, counts announced and not sent, up to the limit of an input" },
    { name => "descriptors", share => 0.004, least => 1, victims => 1, run => \&FaultRude::many, strict => 1,
      what => "1,500 connections held open, with the 1,024 descriptors of a usual service" },
    { name => "long-line", share => 0.02, least => 4, victims => 1, run => \&FaultRude::long_line, strict => 1,
      what => "a line of 1 GB by TCP, unix, HTTP with and without a length" },
    { name => "begun", share => 0.008, least => 2, run => \&FaultRude::begun, strict => 1,
      what => "600 lines of 1 MB and 8 bodies of 60 MB that are begun and not ended, at once" },
    { name => "bomb", share => 0.04, least => 4, victims => 1, run => \&FaultRude::bomb, strict => 1,
      what => "bodies of 1 GB packed into little by gzip and zstd, eight at a time" },
    { name => "garbage", share => 1, least => 20, victims => 1, run => \&FaultRude::garbage, strict => 1,
      what => "random bytes, cut handshakes, true beginnings with random ends on every port" },
);

# Sleep, and look at the memory meanwhile.
sub nap {
    my ($w, $seconds) = @_;
    my $until = time + $seconds;
    while (1) {
        my $left = $until - time;
        last if $left <= 0;
        sleep($left < 0.3 ? $left : 0.3);
        $w->look_at_memory() if $left > 0.2 || rand() < 0.2;
    }
}

# What the senders say of themselves: letter => {acknowledged, ...}.
sub told {
    my ($w) = @_;
    my %t;
    for my $k (@{ $w->{kinds} }) {
        open(my $f, "<", "$w->{dir}/sent.$k->{letter}") or next;
        my $text = do { local $/; <$f> } // "";
        $t{ $k->{letter} } = eval { decode_json($text) } // next;
    }
    return \%t;
}

# Seconds until something more is acknowledged by input `letter`.
sub until_more {
    my ($w, $letter, $most) = @_;
    my $before = (told($w)->{$letter} // {})->{acknowledged} // 0;
    my $from = time;
    while (time - $from < $most) {
        my $now = (told($w)->{$letter} // {})->{acknowledged} // 0;
        return time - $from if $now > $before;
        sleep 0.02;
    }
    return $most;
}

sub larger { return $_[0] > $_[1] ? $_[0] : $_[1] }

# ---- killed ------------------------------------------------------------------------------

sub check {
    my ($w, $seen) = @_;
    my @bad = $w->unaccounted(0);
    push @{ $seen->{unaccounted} }, @bad;
}

sub kill_any {
    my ($w, $points) = @_;
    my %seen = (killed => {}, unaccounted => []);
    my %deaths;
    for my $i (1 .. $points) {
        nap($w, 0.02 + rand(0.4));
        my $p = $w->processes();
        my @names = sort keys %$p;
        my $name = $names[rand @names];
        # Who died often waits long before it is begun again: a new keeper has forgotten.
        $name = "keeper" if grep { $_ > 2 } values %deaths;
        $seen{killed}{$name}++;
        if ($name eq "keeper") {
            $w->kill_keeper();
            $w->start_again();
            %deaths = ();
        } else {
            my @pids = @{ $p->{$name} };
            kill KILL => $pids[rand @pids];
            $deaths{ $name eq "worker" ? "core" : $name }++;
        }
        check($w, \%seen) if $i % 10 == 0;
    }
    return %seen;
}

sub kill_behind {
    my ($w, $points) = @_;
    my %seen = (killed => {});
    for my $i (1 .. $points) {
        nap($w, 0.3 + rand(0.5));
        my $name = (qw(core worker web))[$i % 3];
        my $pids;
        nap($w, 0.1) until $pids = $w->processes()->{$name};
        kill KILL => $pids->[rand @$pids];
        $seen{killed}{$name}++;
    }
    return %seen;
}

# ---- disks -------------------------------------------------------------------------------

sub mount_at {
    my ($w, @how) = @_;
    my $at = $how[-1];
    mkdir $at;
    system("mount", @how) == 0 or return "mounting a small disk needs root";
    push @{ $w->{mounts} }, $at;
    return "";
}

sub one_disk {
    my ($w) = @_;
    $w->{full} = $w->{data};
    return mount_at($w, "-t", "tmpfs", "-o", "size=96m", "none", $w->{data});
}

sub journal_disk {
    my ($w) = @_;
    $w->{full} = "$w->{data}/journal";
    return mount_at($w, "-t", "tmpfs", "-o", "size=64m", "none", "$w->{data}/journal");
}

sub store_disk {
    my ($w) = @_;
    mkdir "$w->{dir}/elsewhere";
    $w->{full} = $w->{data};
    return mount_at($w, "-t", "tmpfs", "-o", "size=96m", "none", $w->{data}) ||
        mount_at($w, "--bind", "$w->{dir}/elsewhere", "$w->{data}/journal");
}

# Takes what there is of the disk, and what gets free, for so long.
sub fill {
    my ($w, $seconds) = @_;
    open(my $f, ">>", "$w->{full}/filler") or die "filler: $!";
    my ($until, $room) = (time + $seconds, "x" x 65536);
    while (time < $until) {
        for my $size (65536, 4096, 512) {
            1 while defined syswrite($f, $room, $size);
        }
        nap($w, 0.05);
    }
    close $f;
    unlink "$w->{full}/filler";
}

sub disk_full {
    my ($w, $points) = @_;
    my %seen = (recovery_s => 0, killed => {});
    for my $i (1 .. $points) {
        nap($w, 0.2 + rand(0.3));
        # Who dies while the disk is full has to begin on a full disk.
        if ($i % 4 == 2 && fork() == 0) {
            sleep 0.3;
            my $pids = $w->processes()->{ rand() < 0.5 && !$w->{strict} ? "intake" : "core" };
        kill KILL => @$pids if $pids;
            POSIX::_exit(0);
        }
        fill($w, 0.5 + rand(1.5));
        my $s = until_more($w, "i", 60);
        $seen{recovery_s} = larger($seen{recovery_s}, $s);
    }
    my $from = time;
    $w->wait_well(70);
    $seen{well_again_s} = sprintf("%.1f", time - $from) + 0;
    return %seen;
}

# ---- the store does not go on --------------------------------------------------------------

sub pause_of {
    my ($w) = @_;
    return $w->{quick} ? 2 : 30;
}

sub store_locked {
    my ($w, $points) = @_;
    for (1 .. $points) {
        nap($w, 0.3);
        open(my $sql, "|-", "sqlite3", "-cmd", ".timeout 20000", "$w->{data}/yagura.db")
            or return (skipped => "no sqlite3 program");
        $sql->autoflush(1);
        print $sql "BEGIN IMMEDIATE;\n";
        nap($w, pause_of($w));
        print $sql "ROLLBACK;\n.quit\n";
        close $sql or return (failed => "the lock was not had");
    }
    return ();
}

sub core_stopped {
    my ($w, $points) = @_;
    for (1 .. $points) {
        nap($w, 0.3);
        my @core = @{ $w->processes()->{core} // [] };
        kill STOP => @core if @core;
        nap($w, pause_of($w));
        kill CONT => @core if @core;
    }
    return ();
}

sub journal_cap {
    my ($w, $points) = @_;
    my %seen = (answers => {}, recovery_s => 0);
    my $line = '{"timestamp":"2026-01-01T00:00:00Z","event_type":"alert","alert":{"signature":"flood"},"x":"';
    for my $i (1 .. $points) {
        nap($w, 0.3);
        my @core = @{ $w->processes()->{core} // [] };
        kill STOP => @core if @core;
        my ($sock, $full);
        for my $k (1 .. 200) {
            my $body = sprintf("%s%s-%d-%d\"}\n", $line, "x" x 900_000, $i, $k);
            my ($status) = FaultSend::request("127.0.0.1:$w->{port}{ingest}", \$sock, "/ingest", "text/plain", $body);
            $seen{answers}{ $status // "none" }++;
            $full = 1, last if defined $status && $status == 429;
        }
        return (failed => "the cap was not reached") unless $full;
        my ($status) = FaultSend::request("127.0.0.1:$w->{port}{hec}", \my $hec, "/services/collector",
                                          "application/json", '{"event":"' . "x" x 900_000 . '"}');
        $seen{answers}{ "hec_" . ($status // "none") }++;
        nap($w, $w->{quick} ? 0.5 : 5);
        kill CONT => @core if @core;
        $seen{recovery_s} = larger($seen{recovery_s}, until_more($w, "i", 60));
    }
    return %seen;
}

# ---- the clock ---------------------------------------------------------------------------

sub own_clock {
    my ($w) = @_;
    my $o = $ENV{O} // "build/release";
    my $lib = ($o =~ m{^/} ? $o : "$FindBin::Bin/../$o") . "/bench/shiftclock.so";
    -e $lib or return "no $lib; run make first";
    set_clock($w, 0);
    $w->{env} = { LD_PRELOAD => $lib, ASAN_OPTIONS => join(":", grep { defined } $ENV{ASAN_OPTIONS}, "verify_asan_link_order=0"), SHIFTCLOCK => "$w->{dir}/shift" };
    return "";
}

sub set_clock {
    my ($w, $seconds) = @_;
    open(my $f, -e "$w->{dir}/shift" ? "+<" : "+>", "$w->{dir}/shift") or die $!;
    syswrite($f, pack("q", $seconds * 1_000_000_000));
    close $f;
}

sub clock_jumps {
    my ($w, $points) = @_;
    my %seen = (killed => {});
    my @far = @{ $w->{far} };
    for my $i (1 .. $points) {
        set_clock($w, $i % 4 == 0 ? 0 : (rand() < 0.5 ? -1 : 1) * $far[rand @far]);
        nap($w, 0.1 + rand(0.3));
        next if $i % 5;
        my $name = rand() < 0.5 ? "intake" : "core";
        my $pids = $w->processes()->{$name} or next;
        kill KILL => @$pids;
        $seen{killed}{$name}++;
        if ($i % 15 == 0) {
            $w->kill_keeper();
            $w->start_again();
        }
    }
    set_clock($w, 0);
    return %seen;
}

1;
