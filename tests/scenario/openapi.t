#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# docs/openapi.json is what the program prints, and every reference in it leads somewhere.
cd "$(dirname "$0")/../.." || exit 2
O=${O:-build/release} YAGURA=${YAGURA:-$O/yagura}
"$YAGURA" openapi | cmp - docs/openapi.json &&
    echo "ok 1 - docs/openapi.json is up to date" ||
    echo "not ok 1 - docs/openapi.json is up to date: yagura openapi >docs/openapi.json"
perl -MJSON::PP -0777 -ne '
    my $d = decode_json($_);
    die "version\n" unless $d->{openapi} eq "3.1.0";
    my %id;
    for my $path (sort keys %{$d->{paths}}) {
        for my $method (sort keys %{$d->{paths}{$path}}) {
            my $o = $d->{paths}{$path}{$method};
            die "$path: operationId\n" if !$o->{operationId} || $id{$o->{operationId}}++;
            die "$path: answers\n" unless $o->{responses}{200} && $o->{responses}{default};
            my %have = map { $_->{name} => 1 } @{$o->{parameters}};
            die "$path: {$_}\n" for grep { !$have{$_} } $path =~ /\{(\w+)\}/g;
        }
    }
    for my $ref (/"\$ref":"#\/components\/schemas\/(\w+)"/g) {
        die "no schema $ref\n" unless $d->{components}{schemas}{$ref};
    }
    print "ok 2 - ", scalar(keys %id), " operations\n"' docs/openapi.json ||
    echo "not ok 2 - operations"
echo 1..2
