# SPDX-License-Identifier: Apache-2.0
# A made-up customer whose truth is known: periods of two days of alerts, each with what it
# really is. One number an alert (source.bytes) tells attacks from the rest, with overlap,
# so that where a threshold lies matters; all else is noise. The same seed gives the same
# bytes.
package GuaranteeWorld;
use strict;
use warnings;
use Digest::MD5 qw(md5);

our $PERIOD = 2 * 86400;
our $FROM = 1767225600; # 2026-01-01

# What a setting may say of its world; the rest is as here.
my %USUAL = (
    benign => 330,            # runs without an attack, a tenant and period
    threats => { L4 => 190 }, # attacks by level; a number below 1 is a chance
    alerts => 2,              # alerts of a run: 1 to this many
    apart => 2.5,             # attacks lie this many deviations above the rest
    nearer => {},             # by level: less far above
    steps => 1000,            # values of the number a deviation has: few make ties
    runs => 1,                # runs of an entity
    rho => 0,                 # correlation between the runs of an entity
    huge => 0,                # alerts of one huge harmless run; a third of it: of an attack
);

sub new {
    my ($class, $seed, $world) = @_;
    return bless { %USUAL, %{ $world // {} }, seed => $seed, ip => {} }, $class;
}

sub seconds { return $FROM + $_[0] * $PERIOD }

sub gauss {
    my $u = 1 - rand();
    return sqrt(-2 * log($u)) * cos(6.28318530717959 * rand());
}

# A whole number of mean x: a chance below 1, else x itself.
sub amount {
    my ($x) = @_;
    return $x >= 1 ? int($x) : rand() < $x ? 1 : 0;
}

# One entity: its runs are of different signatures and keep to one address.
sub entity {
    my ($w, $rows, $tenant, $from, $level, $size) = @_;
    my $n = ++$w->{ip}{$tenant};
    my $end = sprintf("%d.%d.%d", ($n >> 16) & 255, ($n >> 8) & 255, $n & 255);
    my $own = gauss();
    # All on one day: a day is what counts as a cluster.
    my $day = $from + 86400 * int(rand($PERIOD / 86400));
    for my $r (1 .. $w->{runs}) {
        my $is = $level ne "FP" && $r * 2 > $w->{runs} + 1 && $w->{runs} > 1 ? "FP" : $level;
        my $many = $size // 1 + int(rand($w->{alerts}));
        my $sig = 1 + ($w->{runs} > 1 ? $r : int(rand(4)));
        my $at = $day + rand(80000 - 20 * $many);
        for my $i (0 .. $many - 1) {
            my $x = sqrt($w->{rho}) * $own + sqrt(1 - $w->{rho}) * gauss();
            $x += $w->{apart} - ($w->{nearer}{$is} // 0) if $is ne "FP";
            push @$rows, [int(1000 * ($at + 20 * $i)), "$w->{device}$sig", "100.$end", "10.$end",
                          int((10 + $x) * $w->{steps}), $is, $n, "$n-$r"];
        }
    }
}

# The rows of a period, in order of time: [ms, signature, source, destination, number,
# truth, entity, run]. `shift`: members of the world that are another now.
sub period {
    my ($world, $tenant, $g, $shift) = @_;
    my $w = { device => "S", %$world, %{ $shift // {} } };
    srand(unpack("L", md5("$w->{seed} $tenant $g")));
    my @rows;
    my $from = seconds($g);
    entity($w, \@rows, $tenant, $from, "FP") for 1 .. amount($w->{benign});
    for my $level (sort keys %{ $w->{threats} }) {
        entity($w, \@rows, $tenant, $from, $level) for 1 .. amount($w->{threats}{$level});
    }
    if ($w->{huge}) {
        entity($w, \@rows, $tenant, $from, "FP", $w->{huge});
        entity($w, \@rows, $tenant, $from, "L4", int($w->{huge} / 3));
    }
    # Attacks of a kind that nobody has seen: by their number they look like the rest.
    if (my $new = $w->{hidden}) {
        my $h = { %$w, %$new };
        entity($h, \@rows, $tenant, $from, "L4") for 1 .. amount($h->{count});
    }
    $world->{ip}{$tenant} = $w->{ip}{$tenant};
    return [sort { $a->[0] <=> $b->[0] || $a->[6] <=> $b->[6] } @rows];
}

# Add them to a file; its lines are numbered from 1.
sub file {
    my ($path, $rows) = @_;
    open(my $f, ">>", $path) or die "$path: $!\n";
    print $f join(",", @{$_}[0 .. 4]), "\n" for @$rows;
    close($f) or die "$path: $!\n";
}

# What people said of its rows, for `import --verdicts`: `said` gives the verdict of a row
# (and its place), or nothing.
sub verdicts {
    my ($path, $name, $rows, $said) = @_;
    open(my $f, ">", $path) or die "$path: $!\n";
    print $f "file,line,level\n";
    for my $i (0 .. $#$rows) {
        my $level = $said->($rows->[$i], $i);
        print $f "$name,", $i + 1, ",$level\n" if $level;
    }
    close($f) or die "$path: $!\n";
}

sub map_file {
    my ($path) = @_;
    open(my $f, ">", $path) or die "$path: $!\n";
    print $f <<'END';
format: delimited
columns: [time, sig, src, dst, number]
product: Simulation
time: { from: time, as: epoch_ms }
device: { from: sig, values: { "S*": ids, "H*": host }, otherwise: other }
fields:
  rule.id: sig
  rule.name: sig
  rule.ruleset: { constant: simulation }
  source.ip: src
  destination.ip: dst
  source.bytes: number
END
    close($f) or die "$path: $!\n";
}

1;
