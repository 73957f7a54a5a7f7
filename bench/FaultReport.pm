# SPDX-License-Identifier: Apache-2.0
# What bench/faults saw: a line each, and the table of docs/faults.md.
package FaultReport;
use strict;
use warnings;

my ($BEGIN, $END) = ("<!-- table: bench/faults --report -->", "<!-- end of table -->");

sub line {
    my ($r) = @_;
    return sprintf("%-18s %4d points, %7d acknowledged: %d lost, %d doubled; %d of %d others missing; %d sent again; " .
                   "slowest answer %.1f s; %d MB; %s\n", @$r{qw(name points acknowledged lost doubled missing unacknowledged resent
                   slowest_ack_s)}, $r->{rss_mb}{all} // 0, $r->{good} ? "good" : "BAD " . join("; ", @{ $r->{unaccounted} }));
}

sub rows {
    my ($rows) = @_;
    my $t = "| fault | points | acknowledged | lost | doubled | streams and UDP: sent | missing | sent again | slowest answer | memory |\n" .
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n";
    for my $r (@$rows) {
        if ($r->{skipped}) { $t .= "| `$r->{name}` | skipped: $r->{skipped} | | | | | | | | |\n"; next }
        if ($r->{failed}) { $t .= "| `$r->{name}` | failed: $r->{failed} | | | | | | | | |\n"; next }
        $t .= sprintf("| `%s`: %s | %d | %d | %d | %d | %d | %d | %d | %.1f s | %d MB |\n", @$r{qw(name what points acknowledged lost doubled
                      unacknowledged missing resent slowest_ack_s)}, $r->{rss_mb}{all} // 0);
    }
    return $t;
}

# Put the table between its marks in the file; all else there is left.
sub write {
    my ($file, $rows, $about) = @_;
    my $text = "$BEGIN\n$END\n";
    if (open(my $in, "<", $file)) { local $/; $text = <$in> }
    my $table = "$BEGIN\n`bench/faults --points $about->{points} --seed $about->{seed}`\n\n" . rows($rows) . $END;
    $text =~ s/\Q$BEGIN\E.*?\Q$END\E/$table/s or die "$0: $file has no place for the table\n";
    open(my $out, ">", "$file.new") or die "$file.new: $!\n";
    print $out $text;
    close $out and rename "$file.new", $file or die "$file: $!\n";
}

1;
