# SPDX-License-Identifier: Apache-2.0
# The cases of eve-cases: reading their list, folds of them, importing them.
package Cases;
use strict;
use warnings;
use Bench;
use Exporter 'import';
our @EXPORT = qw(read_cases family_folds import_cases);

sub read_cases {
    my ($dir) = @_;
    open(my $f, "<", "$dir/cases.tsv") or skip("no $dir/cases.tsv");
    my @name = split /\t/, do { my $l = <$f>; chomp $l; $l };
    my @cases;
    while (my $l = <$f>) {
        chomp $l;
        my %c;
        @c{@name} = split /\t/, $l;
        next unless $c{graded} && -r "$dir/eve/$c{case}.json.gz";
        $c{file} = "$dir/eve/$c{case}.json.gz";
        $c{capture} = "$dir/pcap/$c{pcap}" if $c{pcap} ne "-" && -r "$dir/pcap/$c{pcap}";
        ($c{folder}) = split m{/}, $c{source};
        push @cases, \%c;
    }
    return @cases;
}

# The capture's name without number or variant: quic-23.pcap and quic-24.pcap are one.
sub family {
    my ($source) = @_;
    my $n = lc((split m{/}, $source)[-1]);
    $n =~ s/\.gz$//;
    $n =~ s/\.(pcapng|pcap|cap)$//;
    $n =~ s/_(workstation|20\d\d).*//;
    $n =~ s/[-_.]?(v|ev|variant)?[-_]?[0-9][-_.0-9a-f]*$// while $n =~ /[0-9]$/ && length($n) > 4;
    $n =~ s/[-_]+$//;
    return length($n) ? $n : $source;
}

# Families into five folds, as even as they come, the same every time.
sub family_folds {
    my (@cases) = @_;
    my (%size, %fold, @load);
    $size{ family($_->{source}) }++ for @cases;
    @load = (0) x 5;
    for my $fam (sort { $size{$b} <=> $size{$a} || $a cmp $b } keys %size) {
        my ($k) = sort { $load[$a] <=> $load[$b] || $a <=> $b } 0 .. 4;
        $fold{$fam} = $k;
        $load[$k] += $size{$fam};
    }
    return map { $_->{case} => "fold" . $fold{ family($_->{source}) } } @cases;
}

sub import_cases {
    my ($store, $group, $level, $packets, @cases) = @_;
    for my $c (@cases) {
        my @with = $packets && $c->{capture} ? ("--packets", $c->{capture}) : ();
        yagura_json("import", "--data", $store, "--format", "eve", "--tenant",
                    "$group->{$c->{case}}/$c->{case}", "--verdict", $level->($c),
                    "--incident", $c->{case}, @with, $c->{file});
    }
}

1;
