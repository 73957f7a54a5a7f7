# SPDX-License-Identifier: Apache-2.0
# Binomial tails and limits for the guarantee's simulations.
package GuaranteeStats;
use strict;
use warnings;
use Exporter 'import';
our @EXPORT_OK = qw(at_least upper lower median);

my @factorial = (0); # logarithms
sub choose {
    my ($n, $k) = @_;
    push @factorial, $factorial[-1] + log(scalar @factorial) while @factorial <= $n;
    return $factorial[$n] - $factorial[$k] - $factorial[$n - $k];
}

# P(Binomial(n, p) >= k).
sub at_least {
    my ($k, $n, $p) = @_;
    return 1 if $k <= 0;
    return 0 if $k > $n || $p <= 0;
    return 1 if $p >= 1;
    my ($sum, $lp, $lq) = (0, log($p), log(1 - $p));
    # Sum the shorter tail of the two: the other would lose the small one in rounding.
    my $high = $k > $n * $p;
    for my $i ($high ? ($k .. $n) : (0 .. $k - 1)) {
        $sum += exp(choose($n, $i) + $i * $lp + ($n - $i) * $lq);
    }
    return $high ? ($sum < 1 ? $sum : 1) : ($sum < 1 ? 1 - $sum : 0);
}

sub solve {
    my ($f) = @_;
    my ($lo, $hi) = (0, 1);
    for (1 .. 60) {
        my $mid = ($lo + $hi) / 2;
        if ($f->($mid)) { $lo = $mid } else { $hi = $mid }
    }
    return $lo;
}

# One-sided Clopper-Pearson limits of k of n with error probability d.
sub upper {
    my ($k, $n, $d) = @_;
    return 1 if $k >= $n;
    return solve(sub { 1 - at_least($k + 1, $n, $_[0]) > $d });
}
sub lower {
    my ($k, $n, $d) = @_;
    return 0 if $k == 0;
    return solve(sub { at_least($k, $n, $_[0]) < $d });
}

sub median {
    my @v = sort { $a <=> $b } @_;
    return @v ? $v[@v / 2] : undef;
}

1;
