# SPDX-License-Identifier: Apache-2.0
# What the benchmarks share: where data and binary are, running yagura, the last line.
package Bench;
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use JSON::PP;
use Time::HiRes qw(time);
use Exporter 'import';
our @EXPORT = qw(options data_dir skip yagura yagura_json finish workdir stem add_counts percent);
our @EXPORT_OK = qw(slurp spew median made_alerts trained_model);

my $root = abs_path(dirname(__FILE__) . "/..");
my $json = JSON::PP->new->canonical;
our %opt;
our $started = time;

# --name VALUE for each name given, plus --json, --require-data and --quick.
sub options {
    my (%take) = map { $_ => 1 } @_;
    while (@ARGV) {
        my $a = shift @ARGV;
        if ($a =~ /^--(json|require-data|quick)$/) { $opt{$1} = 1 }
        elsif ($a =~ /^--([\w-]+)=(.*)$/ && $take{$1}) { $opt{$1} = $2 }
        elsif ($a =~ /^--([\w-]+)$/ && $take{$1} && @ARGV) { $opt{$1} = shift @ARGV }
        elsif ($a !~ /^-/) { push @{ $opt{args} }, $a }
        else { print STDERR "$0: no such option $a; it takes: @_ json require-data quick\n"; exit 2 }
    }
    return \%opt;
}

# Data by argument, else $YAGURA_DATA, else ../shared/data beside the tree.
sub data_dir {
    my ($name) = @_;
    return ($ENV{YAGURA_DATA} // "$root/../shared/data") . "/$name";
}

sub skip {
    my ($why) = @_;
    print STDERR "$0: skipped: $why\n";
    print $json->encode({ skipped => $why }), "\n";
    exit($opt{"require-data"} ? 77 : 0);
}

sub binary { return $ENV{YAGURA} // "$root/build/release/yagura" }

sub workdir { return tempdir("yagura-bench-XXXXXX", TMPDIR => 1, CLEANUP => 1) }

# Run yagura; dies on failure. Returns standard output.
sub yagura {
    my (@args) = @_;
    my $bin = binary();
    -x $bin or skip("no $bin; run make first");
    open(my $out, "-|", $bin, @args) or die "$bin: $!";
    my $text = do { local $/; <$out> };
    close($out) or die "$0: yagura @args failed\n";
    return $text;
}

sub yagura_json { return decode_json(yagura(@_, "--json", "--quiet")) }

sub map_file { return "$root/maps/$_[0]" }

# fox_alerts.csv.xz -> fox
sub stem {
    my ($file) = @_;
    my $name = (split m{/}, $file)[-1];
    $name =~ s/\.(xz|gz|zst)$//;
    $name =~ s/\.(csv|json)$//;
    $name =~ s/_alerts$//;
    return $name;
}

sub add_counts {
    my ($sum, $part) = @_;
    $sum->{$_} += $part->{$_} for keys %$part;
}

sub slurp {
    my ($file) = @_;
    open(my $in, "<", $file) or return "";
    local $/;
    return scalar(<$in>) // "";
}

sub spew {
    my ($file, $text) = @_;
    open(my $to, ">", $file) or die "$0: $file: $!\n";
    print {$to} $text;
    close($to) or die "$0: $file: $!\n";
}

sub median { my @a = sort { $a <=> $b } @_; return $a[@a / 2] }

# A file of made-up alerts (bench_load).
sub made_alerts {
    my ($file, $n, $seed, @more) = @_;
    my $out = $ENV{O} // "$root/build/release";
    system("$out/bench/bench_load $n --seed $seed @more > $file") == 0 or die "$0: bench_load failed\n";
    return $file;
}

# A model trained on three times as many made-up alerts; prints what it is.
sub trained_model {
    my ($dir, $each) = @_;
    for my $seed (11, 12, 13) {
        my $f = made_alerts("$dir/train$seed.json", $each, $seed,
                            "--verdicts $dir/v.csv --as train$seed.json");
        yagura_json("import", "--data", "$dir/train", "--tenant", "t$seed", "--verdicts", "$dir/v.csv", $f);
        unlink $f;
    }
    my $t = yagura_json("train", "--data", "$dir/train", "--out", "$dir/model.ygm");
    printf "model: %d trees over %d features\n", $t->{trees}, $t->{features};
    return "$dir/model.ygm";
}

sub percent {
    my ($k, $n) = @_;
    return $n ? sprintf("%.2f", 100 * $k / $n) : "-";
}

# The contract: the last line is one JSON object.
sub finish {
    my ($result) = @_;
    $result->{seconds} //= sprintf("%.1f", time - $started) + 0;
    print $json->encode($result), "\n";
}

1;
