# SPDX-License-Identifier: Apache-2.0
# A capture of what went over sockets, made of the bytes and a clock of its own, so that
# two runs give the same file: TCP over IPv4 over Ethernet, nanosecond pcap.
package WebPcap;
use strict;
use warnings;

use constant MSS => 1448;

sub new {
    my ($class, $file) = @_;
    open(my $out, ">:raw", $file) or die "$file: $!\n";
    print $out pack("VvvVVVV", 0xa1b23c4d, 2, 4, 0, 0, 262144, 1);
    return bless { out => $out, packets => 0, id => 1 }, $class;
}

sub sum16 {
    my ($bytes) = @_;
    $bytes .= "\0" if length($bytes) % 2;
    my $s = unpack("%32n*", $bytes);
    $s = ($s & 0xffff) + ($s >> 16) while $s >> 16;
    return ~$s & 0xffff;
}

# One TCP segment; $c: { client, client_port, server, server_port }, $up: to the server.
sub segment {
    my ($self, $c, $up, $flags, $data, $ns) = @_;
    my ($from, $to) = $up ? qw(client server) : qw(server client);
    my @ip = map { pack("C4", split /\./, $c->{$_}) } $from, $to;
    my $side = $c->{$from};
    my $seq = $c->{seq}{$from} //= $up ? 1000 : 5000;
    my $ack = $c->{seq}{$to} //= $up ? 5000 : 1000;
    my $tcp = pack("nnNNCCnnn", $c->{"${from}_port"}, $c->{"${to}_port"}, $seq,
        $flags & 0x10 ? $ack : 0, 0x50, $flags, 64240, 0, 0) . $data;
    my $check = sum16($ip[0] . $ip[1] . pack("CCn", 0, 6, length $tcp) . $tcp);
    substr($tcp, 16, 2) = pack("n", $check);
    my $ip = pack("CCnnnCCn", 0x45, 0, 20 + length $tcp, $self->{id}++ & 0xffff, 0x4000, 64, 6, 0)
        . $ip[0] . $ip[1];
    substr($ip, 10, 2) = pack("n", sum16($ip));
    my $mac = $up ? "\x02\0\0\0\0\1\x02\0\0\0\0\2" : "\x02\0\0\0\0\2\x02\0\0\0\0\1";
    my $frame = $mac . pack("n", 0x0800) . $ip . $tcp;
    print { $self->{out} } pack("VVVV", int($ns / 1e9), $ns % 1_000_000_000, length $frame,
        length $frame), $frame;
    $self->{packets}++;
    $c->{seq}{$from} = ($seq + length($data) + ($flags & 3 ? 1 : 0)) & 0xffffffff;
}

# A whole conversation: opened, asked, answered after $took seconds, closed. Without an
# answer: the server closes. Returns the moment the question had arrived.
sub talk {
    my ($self, $c, $ask, $answer, $ns, $took) = @_;
    my $step = 300_000;
    if ($c->{refused}) {
        $self->segment($c, 1, 0x02, "", $ns);
        $self->segment($c, 0, 0x14, "", $ns + $step);
        return $ns;
    }
    $self->segment($c, 1, 0x02, "", $ns);
    $self->segment($c, 0, 0x12, "", $ns += $step);
    $self->segment($c, 1, 0x10, "", $ns += $step);
    $self->segment($c, 1, 0x18, $_, $ns += $step) for unpack("(a${\MSS})*", $ask);
    $self->segment($c, 0, 0x10, "", $ns += $step);
    my $asked = $ns;
    $ns += int($took * 1e9);
    $self->segment($c, 0, 0x18, $_, $ns += $step) for unpack("(a${\MSS})*", $answer);
    $self->segment($c, 1, 0x10, "", $ns += $step);
    $self->segment($c, 0, 0x11, "", $ns += $step);
    $self->segment($c, 1, 0x11, "", $ns += $step);
    $self->segment($c, 0, 0x10, "", $ns += $step);
    return $asked;
}

sub done { my ($self) = @_; close($self->{out}) or die "pcap: $!\n"; return $self->{packets} }

1;
