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
my $MEASURED = 12; # tenants of a store that the truth is measured on
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

# What came of the rows of period g: { line => [id, closed in fact, blind] }.
sub triaged {
    my ($s, $t, $g) = @_;
    my %line;
    my $out = $s->tell("triage", "--tenant", $t, "--map", "$s->{dir}/map.yaml", $s->path($t, "-$g.csv"));
    while ($out =~ /^\{"id":"([0-9a-f]+)".*?"line":(\d+),(.*)$/mg) {
        my ($id, $line, $rest) = ($1, $2, $3);
        $line{$line} = [$id, $rest =~ /"decision":"close","mode":"armed"/ ? 1 : 0,
                        $rest =~ /"blind":true/ ? 1 : 0];
    }
    return \%line;
}

# The next period under the policy in force. People see what it leaves open, and the runs
# that the coin drew; of the rest nobody says anything.
sub armed {
    my ($s, $g) = @_;
    my (%line, %truth);
    for my $t (@{ $s->{tenant} }) {
        my $line = $line{$t} = $s->triaged($t, $g);
        my $rows = $s->{rows}{$t}[$g];
        my %worst; # verdict of a run, by its name
        for my $row (@$rows) {
            my $level = $s->says($row);
            $worst{ $row->[7] } = $level if !$worst{ $row->[7] } || $level gt $worst{ $row->[7] };
        }
        for my $n (keys %$line) {
            # Of every alert: a run bears the name of its first, and may be drawn later.
            $truth{ $line->{$n}[0] } = $worst{ $rows->[$n - 1][7] };
            $s->{count}{$t}{closed} += $line->{$n}[1];
            $s->{count}{$t}{alerts}++;
        }
    }
    $s->blind_verdicts(\%truth);
    for my $t (@{ $s->{tenant} }) {
        $s->judge($t, $g, sub { my $l = $line{$t}{ $_[1] + 1 }; $l && !$l->[1] && !$l->[2] });
    }
}

# "FP" sorts before "L1": the greater text is the graver verdict.
sub blind_verdicts {
    my ($s, $truth) = @_;
    my $list = decode_json($s->tell("audit", "list", "--limit", 100000));
    my @said;
    for my $run (@{ $list->{runs} }) {
        my $level = $truth->{ $run->{id} } // next;
        push @said, "$run->{id},$level\n";
        $s->{count}{ $run->{tenant} }{drawn}++;
    }
    $s->verdicts(@said);
}

sub verdicts {
    my ($s, @line) = @_;
    my $path = "$s->{dir}/verdicts.csv";
    return unless @line;
    open(my $f, ">", $path) or die "$path: $!\n";
    print $f @line;
    close($f) or die "$path: $!\n";
    $s->tell("verdict", "--who", "simulation", "--from", $path);
}

# Arm every tenant whose certificate allows it; returns how many are armed.
sub arm {
    my ($s, $g, $c) = @_;
    my $n = 0;
    for my $t (@{ $s->{tenant} }) {
        my $mine = $c->{$t};
        next unless $mine && $mine->{may_arm};
        $s->tell("arm", "--tenant", $t, "--who", "simulation", "--why", "generation $g",
                 $mine->{needs_owner} ? ("--accept", "what is not certified is accepted") : ());
        $n++;
    }
    return $n;
}

# Modes by tenant: 1 armed, 0 fell, with the reasons.
sub standings {
    my ($s) = @_;
    my $r = decode_json($s->tell("audit", "status"));
    my %mode;
    for my $x (@{ $r->{strata} }) {
        next unless $x->{device} eq "ids";
        $mode{ $x->{tenant} } = { armed => $x->{standing}{mode} eq "armed",
                                  falls => $x->{standing}{falls} };
    }
    return \%mode;
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
    my ($s, $g, $ungated) = @_;
    my $m = { lost => {}, clusters => [], burst => 0, alerts => 0, held => 0 };
    my @t = $s->replicates;
    for my $t (@t > $MEASURED ? @t[0 .. $MEASURED - 1] : @t) {
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
            $risk = $NEVER if @gate && !$ungated;
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
    $n += $_ // 0 for @{ $s->{lines}{$t} };
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

# ---- a shift ------------------------------------------------------------------------

# After arming the world is another one, for as many periods as given. Whose promise does
# it break, if no gate objects? Who notices: gates, or an audit or drift that disarms?
sub shifted {
    my ($s, $g, $c, $result) = @_;
    my $shift = $s->{set}{shift};
    my @armed = grep { $c->{$_} && $c->{$_}{may_arm} } $s->replicates;
    my %open = map { $_ => 1 } @armed; # not noticed yet
    my %before = map { $_ => { %{ $s->{count}{$_} // {} } } } @armed;
    for my $p ($g + 1 .. $g + $shift->{periods}) {
        $s->make($p, $shift->{world});
        if ($p == $g + 1) {
            my ($with, $without) = ($s->truth($p), $s->truth($p, 1));
            for my $t (@armed) {
                my $r = $result->{$t};
                push @{ $r->{over} }, map { { %$_, generation => $p } } $s->overruns($c->{$t}, $without);
                $r->{gates} = @{ $r->{over} } && !$s->overruns($c->{$t}, $with) ? 1 : 0;
            }
        }
        $s->armed($p);
        my $now = $s->standings;
        for my $t (grep { $open{$_} && !$now->{$_}{armed} } @armed) {
            delete $open{$t};
            my ($count, $was, $r) = ($s->{count}{$t}, $before{$t}, $result->{$t});
            $r->{fell} = $now->{$t}{falls};
            $r->{audits} = ($count->{drawn} // 0) - ($was->{drawn} // 0);
            $r->{alerts} = $count->{alerts} - ($was->{alerts} // 0);
        }
        last unless %open;
    }
    $result->{$_}{armed} = 1 for @armed;
}

# Tenants that the model never saw, in a world of their own, judged with the threshold of
# the others. They have no certificate: nothing of theirs may be closed.
sub newcomers {
    my ($s, $g, $c, $result) = @_;
    my @armed = grep { $c->{$_} && $c->{$_}{may_arm} } $s->replicates;
    my ($some) = sort { $c->{$a}{tau} <=> $c->{$b}{tau} } @armed;
    my @new = map { sprintf("n/%02d", $_) } 0 .. $s->{set}{fresh} - 1;
    $s->{world}{$_} = GuaranteeWorld->new($s->{seed}, { %{ $s->{set}{world} // {} },
                                                        %{ $s->{set}{shift}{world} } }) for @new;
    $s->{tenant} = \@new;
    %$result = map { $_ => { tenant => $_, certificates => 0, over => [] } } @new;
    return unless $some;
    $s->make($g + 1);
    my $raw = $s->truth($g + 1, 1);
    for my $t (@new) {
        my $line = $s->triaged($t, $g + 1);
        my $closed = grep { $_->[1] } values %$line;
        push @{ $result->{$t}{over} }, $s->overruns({ %{ $c->{$some} }, tenant => $t }, $raw);
        $result->{$t}{gates} = $closed == 0 ? 1 : 0;
    }
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
        my $last = $s->{set}{shift} && $g == $generations;
        $s->make($g + 1) unless $last;
        my $m = $last ? undef : $s->truth($g + 1);
        for my $t ($s->replicates) {
            my $mine = $c->{$t} or next;
            my $r = $result{$t};
            $r->{certificates}++ if $mine->{tau} > 0;
            next unless $m;
            push @{ $r->{over} }, map { { %$_, generation => $g } } $s->overruns($mine, $m);
        }
        $s->note($g, $c, $m);
        $s->arm($g, $c) if $s->{set}{armed};
        next unless $last;
        $s->{set}{fresh} ? $s->newcomers($g, $c, \%result) : $s->shifted($g, $c, \%result);
    }
    return [map { $result{$_} } sort keys %result];
}

# Generations as they pass, on standard error with GUARANTEE_TRACE.
sub note {
    my ($s, $g, $c, $m) = @_;
    return unless $m && $ENV{GUARANTEE_TRACE};
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
