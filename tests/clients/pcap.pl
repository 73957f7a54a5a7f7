#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# `pcap.pl FLOWS FIRST BYTES`: a capture of so many HTTP connections (requests of FIRST and
# on) whose responses have so many bytes, for Suricata; every third asks for /etc/passwd.
use strict;
use warnings;
my ($flows, $first, $size) = @ARGV;
my $time = 1_760_000_000 + $first;
my $us = 0;
binmode STDOUT;
print pack('LSSlLLL', 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1);

sub sum {
    my ($bytes) = @_;
    $bytes .= "\0" if length($bytes) % 2;
    my $s = 0;
    $s += $_ for unpack 'n*', $bytes;
    $s = ($s & 0xffff) + ($s >> 16) while $s >> 16;
    return ~$s & 0xffff;
}
# from, to: [address, port, next sequence number]
sub segment {
    my ($from, $to, $flags, $data) = @_;
    my @tcp = ($from->[1], $to->[1], $from->[2], $flags & 0x10 ? $to->[2] : 0, 0x50, $flags, 65000);
    my $pseudo = pack 'a4a4CCn', $from->[0], $to->[0], 0, 6, 20 + length $data;
    my $tcp = pack('nnNNCCnnn', @tcp, 0, 0) . $data;
    substr($tcp, 16, 2) = pack 'n', sum($pseudo . $tcp);
    my $ip = pack 'CCnnnCCna4a4', 0x45, 0, 20 + length $tcp, $us & 0xffff, 0x4000, 64, 6, 0,
        $from->[0], $to->[0];
    substr($ip, 10, 2) = pack 'n', sum($ip);
    my $frame = pack('H12H12n', '020000000001', '020000000002', 0x800) . $ip . $tcp;
    $us += 37;
    print pack('LLLL', $time + int($us / 1_000_000), $us % 1_000_000, (length $frame) x 2), $frame;
    $from->[2] += length($data) + ($flags & 3 ? 1 : 0);
}
for my $i ($first .. $first + $flows - 1) {
    my $c = [pack('C4', 10, 1, $i >> 8 & 255, $i & 255), 20000 + $i % 30000, 1000 + $i];
    my $s = [pack('C4', 192, 0, 2, 1 + $i % 5), 80, 900_000 + $i];
    my $path = $i % 3 ? "/page/$i" : "/get?f=../../etc/passwd&n=$i";
    my $body = substr("MARK $i " . 'abcdefghijklmnop' x (1 + $size / 16), 0, $size) . ' THE-END';
    segment($c, $s, 0x02, '');
    segment($s, $c, 0x12, '');
    segment($c, $s, 0x10, '');
    segment($c, $s, 0x18, "GET $path HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: t/1\r\n\r\n");
    my $answer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " .
        length($body) . "\r\n\r\n$body";
    segment($s, $c, 0x18, $_) for unpack '(a1400)*', $answer;
    segment($c, $s, 0x11, '');
    segment($s, $c, 0x11, '');
    segment($c, $s, 0x10, '');
}
