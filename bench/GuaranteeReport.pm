# SPDX-License-Identifier: Apache-2.0
# The guarantee's simulations as a person reads them: text for the terminal, Markdown for
# docs/guarantee-report.md.
package GuaranteeReport;
use strict;
use warnings;

sub share { return sprintf("%.2f %%", 100 * $_[0]) }

sub columns {
    my ($s) = @_;
    my $held = $s->{shift} ? "reported" : $s->{verdict};
    return ($s->{name}, $s->{driven}, $s->{replicates}, $s->{overruns},
            $s->{replicates} ? share($s->{overruns} / $s->{replicates}) : "-",
            share($s->{upper}), share($s->{delta}), $held);
}

my @HEAD = ("setting", "drives", "replicates", "overruns", "share", "99 % limit", "delta", "verdict");

sub text {
    my ($settings, $about) = @_;
    my $form = "%-22s %-8s %10s %9s %9s %11s %9s  %s\n";
    my $out = sprintf($form, @HEAD);
    $out .= sprintf($form, columns($_)) for @$settings;
    for my $s (@$settings) {
        $out .= "$s->{name}: $_\n" for notes($s);
    }
    return $out . "$about->{command}: $about->{seconds} s\n";
}

sub notes {
    my ($s) = @_;
    my @n;
    push @n, sprintf("%d of %d replicates obtained a certificate, %d certificates in %d generations",
                     $s->{certified}, $s->{replicates}, $s->{certificates}, $s->{generations})
        if defined $s->{certified};
    push @n, map { sprintf("%s %s, attempt %d, tau %d: promised %.4f, measured %.4f", $_->{tenant},
                           $_->{what}, $_->{attempt}, $_->{tau}, $_->{promised}, $_->{measured}) }
        @{ $s->{examples} // [] };
    push @n, caught($s) if defined $s->{caught} && $s->{overruns};
    return @n;
}

# Of a shift: who noticed. The two kinds of settings count delays differently.
sub caught {
    my ($s) = @_;
    my $n = sprintf("caught: %d of %d broken promises (%s), %d by gates", $s->{caught},
                    $s->{overruns}, share($s->{caught} / $s->{overruns}), $s->{caught_by_gates} // 0);
    for my $by (grep { $s->{$_} } qw(detector_audits drift_runs)) {
        my ($who, $unit) = split /_/, $by;
        $n .= sprintf(", %d by the %s (median delay %s %s)", $s->{$by}{caught}, $who,
                      $s->{$by}{median_delay} // "-", $unit);
    }
    return $n unless $s->{fell};
    return $n . sprintf(", %d by falling to shadow (%s), median delay %d blind verdicts, %d alerts",
                        $s->{fell}, join(", ", map { "$_ $s->{falls}{$_}" } sort keys %{ $s->{falls} }),
                        $s->{delay_audits}, $s->{delay_alerts});
}

sub write {
    my ($path, $settings, $about) = @_;
    open(my $f, ">", $path) or die "$path: $!\n";
    print $f "# Simulations of the guarantee\n\n",
        "Made by `$about->{command}` in $about->{seconds} s; do not edit. What is tested is in\n",
        "docs/GUARANTEE.md, section 6. A replicate that overran has at least one promise, of\n",
        "all its certificates, that the truth does not keep. The limit is the upper\n",
        "Clopper-Pearson limit of the share, one-sided, 99 %. A setting overruns iff its\n",
        "share is more than delta explains at 1 % over the number of settings.\n\n";
    print $f "| ", join(" | ", @HEAD), " |\n|---|---|--:|--:|--:|--:|--:|---|\n";
    print $f "| ", join(" | ", columns($_)), " |\n" for @$settings;
    print $f "\n## What they are\n";
    for my $s (@$settings) {
        print $f "\n**$s->{name}**: ", $s->{what} // "", "\n";
        print $f "- $_\n" for notes($s);
        printf $f "- %.1f s, %.2f s a replicate\n", $s->{seconds}, $s->{seconds} / $s->{replicates}
            if $s->{seconds} && $s->{replicates};
    }
    close($f) or die "$path: $!\n";
}

1;
