# SPDX-License-Identifier: Apache-2.0
# What bench/faults saw: a line each, and the table of docs/faults.md.
package FaultReport;
use strict;
use warnings;
use FaultCases;

my ($BEGIN, $END) = ("<!-- table: bench/faults --report -->", "<!-- end of table -->");

sub line {
    my ($r) = @_;
    return sprintf("%-18s %4d points, %7d acknowledged: %d lost, %d doubled; %d of %d others missing; %d sent again; " .
                   "slowest answer %.1f s; %d MB; %s\n", @$r{qw(name points acknowledged lost doubled missing unacknowledged resent
                   slowest_ack_s)}, $r->{rss_mb}{all} // 0, $r->{good} ? "good" : "BAD " . join("; ", @{ $r->{unaccounted} }));
}

# By fault: its row, of those there were and of those there are.
sub rows {
    my ($old, $rows) = @_;
    my %row = map { /^\| `([\w-]+)`/ ? ($1 => "$_\n") : () } split /\n/, $old;
    $row{ $_->{name} } = row($_) for @$rows;
    return "| fault | points | acknowledged | lost | doubled | streams and UDP: sent | missing | sent again | slowest answer | memory |\n" .
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n" .
        join "", map { $row{ $_->{name} } // () } @FaultCases::CASES;
}

sub row {
    my ($r) = @_;
    return "| `$r->{name}` | $1: $r->{$1} | | | | | | | | |\n" if join(" ", grep { $r->{$_} } qw(skipped failed)) =~ /(\w+)/;
    return sprintf("| `%s`: %s | %d | %d | %d | %d | %d | %d | %d | %.1f s | %d MB |\n", @$r{qw(name what points acknowledged lost
                   doubled unacknowledged missing resent slowest_ack_s)}, $r->{rss_mb}{all} // 0);
}

# Put the table between its marks in the file; what else is there is left, and so are the
# rows of faults that were not tried now.
sub write {
    my ($file, $rows, $about) = @_;
    my $text = "$BEGIN\n$END\n";
    if (open(my $in, "<", $file)) { local $/; $text = <$in> }
    my ($old) = $text =~ /\Q$BEGIN\E(.*?)\Q$END\E/s or die "$0: $file has no place for the table\n";
    my $table = "$BEGIN\n`bench/faults --points $about->{points} --seed $about->{seed}`\n\n" . rows($old, $rows) . $END;
    $text =~ s/\Q$BEGIN\E.*?\Q$END\E/$table/s;
    open(my $out, ">", "$file.new") or die "$file.new: $!\n";
    print $out $text;
    close $out and rename "$file.new", $file or die "$file: $!\n";
}

1;
