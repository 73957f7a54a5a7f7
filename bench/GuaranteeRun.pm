# SPDX-License-Identifier: Apache-2.0
# Drives the shipped program through generations of import, train, certify, arm, triage,
# audit and certify again, for one store of many tenants, and measures what its
# certificates are worth. Each tenant is one replicate: certificates are per tenant and
# tenants are drawn independently.
#
# The truth of a certificate: the same model and its threshold on the next period of all
# tenants, which nobody has seen. A promise is overrun when what is measured lies above it
# by more than the measurement's own error (one-sided, 0.1 %).
package GuaranteeRun;
use strict;
use warnings;
use Bench;
use GuaranteeStats qw(at_least);
use GuaranteeWorld;
use JSON::PP;
use Time::HiRes qw(time);

my $ERROR = 0.001; # of a measurement
my @TRAINERS = ("a/00", "a/01", "b/00", "b/01");
my $NEVER = 1 << 32; # a risk that no threshold exceeds
# These never object to what is measured: they speak of the tenant's standing.
my %STANDING = map { $_ => 1 } qw(no-certificate version tenant-uncalibrated burst audit);

sub new {
    my ($class, $setting, $seed, $tenants) = @_;
    my $s = bless { set => $setting, seed => $seed, dir => workdir(), seconds => {} }, $class;
    my @name = map { sprintf("%s/%02d", $_ % 2 ? "b" : "a", $_ / 2) } 0 .. $tenants - 1;
    $s->{tenant} = \@name;
    $s->{world} = { map { $_ => GuaranteeWorld->new($seed, $setting->{world}) } @name };
    if (my $other = $setting->{trainers}) {
        $s->{world}{$_} = GuaranteeWorld->new($seed, { %{ $setting->{world} }, %$other })
            for @TRAINERS;
    }
    $s->{certified} = { map { $_ => [] } @name };
    mkdir "$s->{dir}/data";
    GuaranteeWorld::map_file("$s->{dir}/map.yaml");
    open(my $conf, ">", "$s->{dir}/conf.yaml") or die "$s->{dir}: $!\n";
    print $conf "$_: $setting->{conf}{$_}\n" for sort keys %{ $setting->{conf} // {} };
    print $conf "audit_overdue: 90 d\ncertificate_term: 365 d\n";
    close($conf) or die "$s->{dir}: $!\n";
    return $s;
}

sub replicates {
    my ($s) = @_;
    my %not = $s->{set}{trainers} ? map { $_ => 1 } @TRAINERS : ();
    return grep { !$not{$_} } @{ $s->{tenant} };
}

sub timed {
    my ($s, $what, $f) = @_;
    my $from = time;
    my @r = $f->();
    $s->{seconds}{$what} += time - $from;
    return wantarray ? @r : $r[0];
}

# The program, on this store.
sub tell {
    my ($s, $verb, @args) = @_;
    return $s->timed($verb, sub {
        yagura($verb, "--data", "$s->{dir}/store", "--config", "$s->{dir}/conf.yaml",
               "--workers", 1, "--quiet", "--json", @args);
    });
}

sub path { # of a tenant's file
    my ($s, $tenant, $suffix) = @_;
    return "$s->{dir}/data/" . $tenant =~ s{/}{-}r . $suffix;
}

# Make the period's rows of every tenant.
sub make {
    my ($s, $g, $shift) = @_;
    $s->timed("make", sub {
        for my $t (@{ $s->{tenant} }) {
            my $rows = $s->{world}{$t}->period($t, $g, $shift);
            $s->{rows}{$t}[$g] = $rows;
            $s->{lines}{$t}[$g] = @$rows;
            GuaranteeWorld::file($s->path($t, "-$g.csv"), $rows);
            GuaranteeWorld::file($s->path($t, ".csv"), $rows);
        }
    });
    delete $s->{rows}{$_}[$g - 2] for $g > 2 ? @{ $s->{tenant} } : ();
}

# ---- people -------------------------------------------------------------------------

# What a person says of a row: the truth, but for the setting's ways to err.
sub says {
    my ($s, $row) = @_;
    my $err = $s->{set}{says};
    return $err ? $err->($row) : $row->[5];
}

# Verdicts of the rows of which `judged` says so, stored through import.
sub judge {
    my ($s, $t, $g, $judged) = @_;
    my $name = $s->path($t, "-$g.csv");
    my $list = $s->path($t, "-$g.verdicts");
    GuaranteeWorld::verdicts($list, (split m{/}, $name)[-1], $s->{rows}{$t}[$g],
        sub { my ($row, $i) = @_; $judged->($row, $i) ? $s->says($row) : undef });
    $s->tell("import", "--tenant", $t, "--map", "$s->{dir}/map.yaml", "--verdicts", $list, $name);
}

# In shadow every alert is judged, whatever its risk.
sub shadow {
    my ($s, $g) = @_;
    $s->judge($_, $g, sub { 1 }) for @{ $s->{tenant} };
}

# ---- the machine --------------------------------------------------------------------

sub train {
    my ($s, $g) = @_;
    my @t = gmtime(GuaranteeWorld::seconds($g));
    my $until = sprintf("%04d-%02d-%02dT%02d:%02d:%02dZ", $t[5] + 1900, $t[4] + 1, @t[3, 2, 1, 0]);
    $s->tell("train", "--until", $until, "--tenants", join(",", @TRAINERS), "--seed",
             $s->{seed} % 1000003);
}

sub certify {
    my ($s, $g) = @_;
    my $r = decode_json($s->tell("certify", "--seed", $s->{seed} % 1000003 + $g,
                                 $s->{set}{all_judged} ? "--all-judged" : ()));
    my %c;
    for my $one (@{ $r->{certificates} }) {
        my $c = $one->{certificate};
        $c->{digest} = $one->{digest};
        $c{ $c->{tenant} } = $c;
    }
    return \%c;
}

# ---- the truth ----------------------------------------------------------------------

# What the model makes of period g of every tenant: for each level the risks at which
# attacks are lost, and for each cluster its runs' (closed below, missed below).
sub truth {
    my ($s, $g) = @_;
    my $m = { lost => {}, clusters => [], burst => 0, alerts => 0, held => 0 };
    for my $t ($s->replicates) {
        my $rows = $s->{rows}{$t}[$g];
        my (%threat, %run);
        my $first = $s->lines($t) - @$rows;
        $s->scored($t, sub {
            my ($line, $risk, $gates) = @_;
            my $row = $line > $first ? $rows->[$line - $first - 1] : return;
            my @gate = grep { !$STANDING{$_} } $gates =~ /"([^"]+)"/g;
            $m->{alerts}++;
            $m->{held} += @gate > 0;
            $m->{burst} += $gates =~ /"burst"/;
            $risk = $NEVER if @gate;
            my $day = int($row->[0] / 86400000);
            my $run = $run{"$row->[6] $day"}{ $row->[7] } //= [$NEVER, $NEVER];
            $run->[0] = $risk if $risk < $run->[0];
            return if $row->[5] lt "L";
            $run->[1] = $risk if $risk < $run->[1];
            my $threat = $threat{ $row->[6] } //= [$row->[5], $NEVER];
            $threat->[1] = $risk if $risk < $threat->[1];
        });
        push @{ $m->{lost}{ $_->[0] } }, $_->[1] for values %threat;
        push @{ $m->{clusters} }, [values %$_] for values %run;
    }
    $_ = [sort { $a <=> $b } @$_] for values %{ $m->{lost} };
    return $m;
}

sub lines {
    my ($s, $t) = @_;
    my $n = 0;
    $n += $_ for @{ $s->{lines}{$t} };
    return $n;
}

# Line, risk and gates of every alert of the tenant so far, without the store.
sub scored {
    my ($s, $t, $each) = @_;
    $s->timed("measure", sub {
        open(my $out, "-|", Bench::binary(), "triage", "--model", "$s->{dir}/store/model.ygm",
             "--tenant", $t, "--map", "$s->{dir}/map.yaml", "--workers", 1, "--quiet",
             $s->path($t, ".csv")) or die "triage: $!\n";
        while (<$out>) {
            $each->($1, $2, $3) if /"line":(\d+),.*"risk32":(\d+),.*"gates":\[(.*?)\]/;
        }
        close($out) or die "triage of $t failed\n";
    });
}

sub fnr {
    my ($m, $level, $tau) = @_;
    my $v = $m->{lost}{$level} // [];
    my $k = grep { $_ < $tau } @$v;
    return ($k, scalar @$v);
}

# The mean over clusters that close something of the share of missed among closed runs,
# and its standard error.
sub for_rate {
    my ($m, $tau) = @_;
    my ($n, $sum, $squares) = (0, 0, 0);
    for my $runs (@{ $m->{clusters} }) {
        my $closed = grep { $_->[0] < $tau } @$runs or next;
        my $x = (grep { $_->[1] < $tau } @$runs) / $closed;
        $n++;
        $sum += $x;
        $squares += $x * $x;
    }
    return (0, 1) if $n < 2;
    my $var = ($squares - $sum * $sum / $n) / ($n - 1);
    return ($sum / $n, sqrt($var / $n));
}

# The promises of a certificate that do not hold.
sub overruns {
    my ($s, $c, $m) = @_;
    my %why = map { (ref $_ ? $_->{name} : $_) => 1 } @{ $c->{provisional} };
    return () if $c->{tau} == 0 || $c->{kind} ne "time-split" || $why{"no-coin-verdicts"};
    my @over;
    for my $l (@{ $c->{levels} }) {
        next unless defined $l->{bound} && $l->{bound} < 1;
        my ($k, $n) = fnr($m, $l->{level}, $c->{tau});
        push @over, { what => "FNR $l->{level}", measured => $k / $n, promised => $l->{bound} }
            if $n && at_least($k, $n, $l->{bound}) < $ERROR;
    }
    if (!$why{"for-failed"} && !$why{"for-too-few-clusters"}) {
        my ($rate, $se) = for_rate($m, $c->{tau});
        push @over, { what => "FOR", measured => $rate, promised => $c->{beta} }
            if $rate > $c->{beta} + 3.09 * $se;
    }
    return map { { %$_, tenant => $c->{tenant}, attempt => $c->{attempt}, tau => $c->{tau} } } @over;
}

# ---- a life -------------------------------------------------------------------------

# Returns a result for each replicate: certificates obtained, promises that did not hold.
sub live {
    my ($s, $generations) = @_;
    my %result = map { $_ => { tenant => $_, certificates => 0, over => [], tau => [] } }
        $s->replicates;
    $s->make(0);
    $s->shadow(0);
    $s->make(1);
    for my $g (1 .. $generations) {
        $s->{set}{armed} && $g > 1 ? $s->armed($g) : $s->shadow($g);
        $s->train($g);
        my $c = $s->certify($g);
        $s->make($g + 1);
        my $m = $s->truth($g + 1);
        for my $t ($s->replicates) {
            my $mine = $c->{$t} or next;
            my $r = $result{$t};
            $r->{certificates}++ if $mine->{tau} > 0;
            push @{ $r->{over} }, map { { %$_, generation => $g } } $s->overruns($mine, $m);
        }
        $s->arm($g, $c) if $s->{set}{armed};
        $s->note($g, $c, $m);
    }
    return [map { $result{$_} } sort keys %result];
}

# Generations as they pass, on standard error with GUARANTEE_TRACE.
sub note {
    my ($s, $g, $c, $m) = @_;
    return unless $ENV{GUARANTEE_TRACE};
    my @mine = grep { $_ } map { $c->{$_} } $s->replicates;
    my @tau = sort { $a <=> $b } map { $_->{tau} } @mine;
    my @got = grep { $_->{tau} > 0 } @mine;
    my ($k, $n) = fnr($m, "L4", $tau[@tau / 2] // 0);
    my ($rate) = for_rate($m, $tau[@tau / 2] // 0);
    printf STDERR "%s gen %d: %d of %d certificates, median tau %s; there: FNR %d/%d, FOR %.4f;"
        . " held %.3f, burst %d; %s\n", $s->{set}{name}, $g, scalar @got, scalar @mine,
        $tau[@tau / 2] // "-", $k, $n, $rate, $m->{held} / ($m->{alerts} || 1), $m->{burst},
        join(" ", map { sprintf("%s %.1f", $_, $s->{seconds}{$_}) } sort keys %{ $s->{seconds} });
    printf STDERR "  example: %s\n", JSON::PP->new->canonical->encode($mine[0])
        if @mine && $ENV{GUARANTEE_TRACE} > 1;
}

1;
