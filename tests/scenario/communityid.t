#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Community IDs of every frame of the eve-cases captures, against tshark's and against
# those a sensor wrote into its records. Every difference must have one of the reasons
# that are counted here; a wrong identifier has none.
# once: processes and files, whatever the compiler (tools/run-tests)
. "$(dirname "$0")/tap.sh"

: "${O:=$ROOT/build/release}"
CASES=$DATA/eve-cases
BENCH=$O/bench/bench_packets
if ! ls "$CASES"/pcap/*.pcap.gz >/dev/null 2>&1; then
    skip "Community IDs" "no $CASES/pcap"
    done_testing
    exit
fi
mkdir pcap ids group
for f in "$CASES"/pcap/*.pcap.gz; do
    name=$(basename "$f" .pcap.gz)
    zcat "$f" >"pcap/$name"
    "$BENCH" community "pcap/$name" >id || break
    grep -v '^#' id >"ids/$name"
done
[ "$(ls ids | wc -l)" -eq "$(ls "$CASES"/pcap/*.pcap.gz | wc -l)" ]
result $? "$(cat ids/* | wc -l) frames of $(ls ids | wc -l) captures have their line"

# tshark: one run over all captures of an encapsulation, joined. Of a capture that is
# cut, what is whole; one with two encapsulations cannot be joined to others.
with_tshark() {
    local kind f
    mkdir joined
    for f in pcap/*; do
        editcap -F nsecpcap "$f" "joined/${f#pcap/}" >/dev/null 2>>err
        [ -s "joined/${f#pcap/}" ] || rm -f "joined/${f#pcap/}"
    done
    echo "# tshark: $(ls joined | wc -l) captures of $(ls pcap | wc -l) can be joined"
    capinfos -T -r -E joined/* 2>/dev/null >kinds
    for kind in $(cut -f2 kinds | sort -u); do
        awk -F'\t' -v k="$kind" '$2 == k { print $1 }' kinds |
            xargs mergecap -a -F nsecpcap -w "group/$kind" 2>>err || echo "different: $kind"
        tshark -r "group/$kind" --enable-protocol communityid -T fields -E separator=, \
            -E occurrence=f -e frame.number -e communityid -e ip.flags.mf -e ip.frag_offset \
            -e ipv6.fraghdr.more -e ipv6.fraghdr.offset 2>>err >tshark.csv
        "$BENCH" community "group/$kind" | grep -v '^#' >ours.txt
        perl -we 'use strict;
            my ($kind) = @ARGV; my (%n, %t);
            open(my $in, "<", "tshark.csv") or die;
            while (<$in>) { chomp; my ($k, @v) = split /,/, $_, -1; $t{$k} = \@v }
            open($in, "<", "ours.txt") or die;
            while (<$in>) {
                my ($k, $id) = split;
                my ($other, @fragment) = @{ $t{$k} // [""] };
                $other = "-" if $other eq "";
                my $why = $id eq $other ? ($id eq "-" ? "no flow" : "same")
                    : $id eq "-" && "@fragment" =~ /[1-9]|True/ ? "a fragment that waits"
                    : $other eq "-" ? "not for tshark: malformed" : "different";
                $n{$why}++;
                print STDERR "# $kind frame $k: ours $id, tshark $other\n" if $why eq "different";
            }
            print "$_\t$n{$_}\n" for sort keys %n' "$kind" 2>>different
    done | awk -F'\t' '{ n[$1] += $2 } END { for (k in n) print k "\t" n[k] }' | sort >counts
    sed 's/^/# tshark: /' counts
    [ ! -s different ] || head -20 different
}
if command -v tshark >/dev/null && command -v mergecap >/dev/null; then
    : >different
    with_tshark
    same=$(awk -F'\t' '$1 == "same" { print $2 }' counts)
    [ "${same:-0}" -gt 0 ] && ! grep -q '^different' counts
    result $? "tshark names ${same:-0} frames as we do, and no flow otherwise"
    few=$(awk -F'\t' '$1 ~ /malformed/ { n += $2 } END { print n + 0 }' counts)
    [ "$few" -le 20 ]
    result $? "$few malformed frames have a flow for us only"
else
    skip "against tshark" "no tshark or mergecap here"
fi

# Records: of a packet by its number, else of any frame in the capture.
perl -we 'use strict;
    my (%n, $bad);
    for my $file (glob("$ARGV[0]/eve/*.json.gz")) {
        my ($case) = $file =~ m{([^/]+)\.json\.gz$};
        open(my $ids, "<", "ids/$case") or next;
        my (%of, %any);
        while (<$ids>) { my ($k, $id) = split; $of{$k} = $id; $any{$id} = 1 }
        open(my $in, "-|", "zcat", $file) or die "$file: $!\n";
        while (my $r = <$in>) {
            my ($id) = $r =~ /"community_id":"([^"]+)"/ or next;
            my %v = $r =~ /"(pcap_cnt|src_ip|dest_ip|dest_port)":"?([^",}]*)/g;
            my $why = ($of{ $v{pcap_cnt} // "" } // "") eq $id ? "same, of the packet"
                : $any{$id} ? "same, of another packet of the capture"
                : $v{src_ip} eq $v{dest_ip} ? "one address: the sensor orders ports otherwise"
                : ($v{dest_port} // 0) =~ /^(?:2152|4789|6081)$/ ? "the tunnel around the flow"
                : "different";
            $n{$why}++;
            print "# $case: $r" if $why eq "different" && $bad++ < 9;
        }
    }
    print "# records: $_\t$n{$_}\n" for sort keys %n;' "$CASES" >records
cat records
same=$(awk -F'\t' '/same/ { n += $2 } END { print n + 0 }' records)
[ "$same" -gt 0 ] && ! grep -q 'records: different' records
result $? "the sensor names the flows of $same records as we do, and none otherwise"
done_testing
