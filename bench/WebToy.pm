# SPDX-License-Identifier: Apache-2.0
# Web servers of paper: what each kind of server would answer to an attack, so that
# whether it succeeded is known by construction. Nothing is executed and no file is read:
# "files", "commands" and "rows" are a few made-up lines.
#
#   answer($style, $kind, $class, $value)  ->  { status, type, body, took, truth }
#
# truth: what a person with all the server's insides would say, and could point at in the
# answer: succeeded (what was asked for is in it, or it came as late as asked), failed (the
# server did not do it), undecided (done or perhaps done, but nothing shows).
package WebToy;
use strict;
use warnings;

our @KIND = qw(vulnerable vulnerable vulnerable patched patched waf waf error catchall blind down);

# Fixed before any rule was tried: styles, encodings and transfers of the test half are not
# used in the development half.
our %STYLE = (
    dev  => [qw(lamp flask)],
    test => [qw(iis tomcat express)],
);
our %ENCODING = (
    dev  => [qw(query form)],
    test => [qw(double base64 json gzip multipart utf16)],
);
our %TRANSFER = (
    dev  => [qw(length close)],
    test => [qw(chunked gzip utf16)],
);

my %server = (
    lamp => "Apache/2.4.52 (Ubuntu)", flask => "nginx/1.18.0",
    iis => "Microsoft-IIS/10.0", tomcat => "Apache-Coyote/1.1", express => "cloud-edge",
);
sub software { return $server{ $_[0] } }

sub escape {
    my ($t) = @_;
    my %e = ("<" => "&lt;", ">" => "&gt;", "&" => "&amp;", '"' => "&quot;", "'" => "&#39;");
    $t =~ s/([<>&"'])/$e{$1}/g;
    return $t;
}

# Each style has pages of its own.
my %page = (
    lamp => sub { "<!DOCTYPE html>\n<html><head><title>Corner Shop</title></head>\n<body><h1>Corner Shop</h1>\n<div id=\"main\">$_[0]</div>\n<p class=\"foot\">opening hours 9 to 5</p></body></html>\n" },
    flask => sub { "<!doctype html>\n<html lang=en>\n<title>City Library</title>\n<nav>home catalogue</nav>\n<section>$_[0]</section>\n</html>\n" },
    iis => sub { "<html xmlns=\"http://www.w3.org/1999/xhtml\">\r\n<head id=\"h\"><title>\r\n\tStaff Portal\r\n</title></head>\r\n<body><form id=\"f\"><span id=\"lbl\">$_[0]</span></form></body>\r\n</html>\r\n" },
    tomcat => sub { "<html><head><title>Order Desk</title></head><body bgcolor=\"white\"><table><tr><td>$_[0]</td></tr></table><hr/></body></html>" },
    express => sub { "<html><body><main class=\"c-1\"><article>$_[0]</article></main><script src=\"/app.js\"></script></body></html>" },
);
my %missing = (
    lamp => "<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1><p>The requested URL was not found on this server.</p></body></html>",
    flask => "<!doctype html>\n<title>404 Not Found</title>\n<h1>Not Found</h1>",
    iis => "<html><head><title>404 - File or directory not found.</title></head><body><h2>404 - File or directory not found.</h2></body></html>",
    tomcat => "<html><body><h1>HTTP Status 404</h1><p>type Status report</p></body></html>",
    express => "Cannot GET that",
);
my %blocked = (
    lamp => [403, "<html><head><title>403 Forbidden</title></head><body><h1>Forbidden</h1></body></html>"],
    flask => [406, "<html><head><title>Not Acceptable!</title></head><body><h1>Not Acceptable!</h1><p>An appropriate representation could not be found. Mod_Security</p></body></html>"],
    iis => [200, "<html><head><title>Request Rejected</title></head><body>The requested URL was rejected. Please consult with your administrator. Your support ID is: 18046281734</body></html>"],
    tomcat => [403, "{\"error\":\"blocked\",\"ray\":\"6f21c0\"}"],
    express => [429, "<html><head><title>Attention Required!</title></head><body><h1>Sorry, you have been blocked</h1></body></html>"],
);
my %trace = (
    lamp => "<b>Fatal error</b>: Uncaught TypeError in /var/www/html/item.php:31\nStack trace:\n#0 {main}",
    flask => "<h1>Internal Server Error</h1><p>The server encountered an internal error.</p>",
    iis => "<h1>Server Error in '/' Application.</h1><h2>Input string was not in a correct format.</h2><pre>[FormatException]\n   System.Number.Parse()</pre>",
    tomcat => "<h1>HTTP Status 500</h1><pre>java.lang.NumberFormatException: For input string\n\tat com.shop.Item.doGet(Item.java:44)</pre>",
    express => "{\"error\":\"ER\",\"stack\":\"ReferenceError: x is not defined\\n    at Layer.handle (/srv/app/index.js:19:7)\"}",
);
my %dberror = (
    lamp => "You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version for the right syntax to use near ''' at line 1",
    flask => "sqlite3.OperationalError: near \"x\": syntax error",
    iis => "System.Data.SqlClient.SqlException: Unclosed quotation mark after the character string ''.",
    tomcat => "java.sql.SQLSyntaxErrorException: ORA-00933: SQL command not properly ended",
    express => "error: syntax error at or near \"or\" (PostgreSQL)",
);

my %file = (
    passwd => "root:x:0:0:root:/root:/bin/bash\nbin:x:1:1:bin:/bin:/sbin/nologin\nnobody:x:99:99:Nobody:/:/sbin/nologin\nwebshop:x:1001:1001::/home/webshop:/bin/bash\n",
    shadow => "root:\$6\$saltsalt\$0123456789abcdef:18600:0:99999:7:::\nbin:*:18353:0:99999:7:::\n",
    group => "root:x:0:\ndaemon:x:1:\nwww-data:x:33:\n",
    hosts => "127.0.0.1\tlocalhost\n10.9.8.7\tdb1\n",
    "win.ini" => "; for 16-bit app support\r\n[fonts]\r\n[extensions]\r\n[mci extensions]\r\n[files]\r\n[Mail]\r\nMAPI=1\r\n",
    "boot.ini" => "[boot loader]\r\ntimeout=30\r\ndefault=multi(0)disk(0)rdisk(0)partition(1)\\WINDOWS\r\n",
    issue => "Debian GNU/Linux 11 \\n \\l\n",
);

# A path as the server's file system sees it: which of the files it knows is it?
sub file_of {
    my ($path) = @_;
    return unless $path =~ m{\.\.[/\\]} || $path =~ m{^(?:file://)?[/\\]*(?:etc|[a-z]:|windows|winnt)[/\\]}i;
    return if $path =~ /0x2e|0x5c|%|\x{c0}/i; # left encoded: no such file
    my ($name) = $path =~ m{(?:etc[/\\]+(?:\./)*(passwd|shadow|group|hosts|issue)|(win\.ini|boot\.ini))(?:\0.*)?$}i or return;
    return lc($1 // $2);
}

my @command = (
    [qr{\bid\b}, "uid=33(www-data) gid=33(www-data) groups=33(www-data)\n"],
    [qr{\bwhoami\b}, "www-data\n"],
    [qr{\buname\b}, "Linux web3 5.15.0-91-generic #101-Ubuntu SMP x86_64 x86_64 x86_64 GNU/Linux\n"],
    [qr{\bcat\s+\S*etc/passwd}, $file{passwd}],
    [qr{\btype\s+\S*win\.ini}, $file{"win.ini"}],
    [qr{\bdir\b}, " Volume in drive C is System\r\n Volume Serial Number is 8C1D-33F0\r\n\r\n Directory of c:\\\r\n\r\n10/02/2023  09:14    <DIR>          inetpub\r\n               1 File(s)             24 bytes\r\n"],
    [qr{\bls\b}, "total 8\ndrwxr-xr-x 2 www-data www-data 4096 Jan 12 10:01 cache\n-rw-r--r-- 1 www-data www-data  612 Jan 12 10:00 index.php\n"],
    [qr{\bifconfig\b}, "eth0: flags=4163<UP,BROADCAST>  mtu 1500\n        inet 10.9.8.7  netmask 255.255.255.0  broadcast 10.9.8.255\n"],
    [qr{\bipconfig\b}, "\r\nWindows IP Configuration\r\n\r\n   IPv4 Address. . . . . . . . . . . : 10.9.8.7\r\n"],
    [qr{\bnetstat\b}, "Active Internet connections (w/o servers)\nProto Recv-Q Send-Q Local Address           Foreign Address         State\n"],
    [qr{\bsysteminfo\b}, "\r\nHost Name:                 WEB3\r\nOS Name:                   Microsoft Windows Server 2019\r\n"],
    [qr{\bps\b}, "    PID TTY          TIME CMD\n   1207 ?        00:00:00 apache2\n"],
    [qr{\bphpinfo\b}, "<html><head><title>PHP 7.4.3 - phpinfo()</title></head><body><h1 class=\"p\">PHP Version 7.4.3</h1></body></html>"],
);

# What a shell would print for the commands in $value; undef: nothing that shows.
sub run_of {
    my ($value) = @_;
    my $v = $value;
    $v =~ s/\$\{?IFS\}?/ /g;
    $v =~ s/(?<=\w)(?:\\|\^|'|"){1,2}(?=\w)//g;
    return unless $v =~ /[;|&`\n\$<(]|^\w+$|^\S*\/\w+/;
    if ($v =~ /(?:^|[;|&`\n(\s])(?:\/bin\/|\/usr\/bin\/)?sleep\s+(\d+)/) { return { took => $1 } }
    if ($v =~ /(?:^|[;|&`\n(\s])echo\s+["']?([\w-]{6,})["']?/) { return { text => "$1\n" } }
    if ($v =~ /\bexpr\s+(\d+)\s*\+\s*(\d+)/) { return { text => $1 + $2 . "\n" } }
    for my $c (@command) {
        return { text => $c->[1] } if $v =~ $c->[0];
    }
    return;
}

sub chars { return join "", map { chr } $_[0] =~ /\d+/g }

# Text hidden as 0x..., CHAR(..), CHR(..)||CHR(..): the first and the last of a query.
sub markers {
    my ($v) = @_;
    my @m;
    while ($v =~ /0x([0-9a-f]{8,})|((?:cha?r\([\d, ]+\)(?:\s*(?:\|\||\+|,)\s*)?)+)/gi) {
        push @m, defined $1 ? pack("H*", $1) : chars($2);
    }
    return @m >= 2 ? @m[0, -1] : ();
}

my @ROWS = (
    ["1", "oak table", "120"], ["2", "pine chair", "45"], ["3", "lamp", "19"],
    ["4", "shelf", "60"], ["5", "carpet", "210"], ["6", "mirror", "75"],
);
sub rows { return "<table>" . join("", map { "<tr><td>" . join("</td><td>", @$_) . "</td></tr>" } @_) . "</table>" }

# What a database behind a naive query would give. Returns { body, took, truth }.
sub query_of {
    my ($style, $value) = @_;
    my $v = lc $value;
    $v =~ s{/\*.*?\*/}{ }gs;
    $v =~ s/\s+/ /g;
    my ($begin, $end) = markers($v);
    if ($v =~ /\b(?:pg_sleep|sleep) ?\( ?'?(\d+)|waitfor delay '0?0?:?0?0?:?(\d+)|receive_message\([^)]*?, ?(\d+)\)/) {
        my $s = $1 // $2 // $3;
        return { body => rows($ROWS[0]), took => $s, truth => $s ? "succeeded" : "undecided" };
    }
    if (defined $begin && $v =~ /extractvalue|updatexml/) {
        return { body => "XPATH syntax error: '~${begin}1$end'", truth => "succeeded" };
    }
    if (defined $begin && $v =~ /floor ?\( ?rand/) {
        return { body => "Duplicate entry '${begin}1${end}1' for key 'group_key'", truth => "succeeded" };
    }
    if (defined $begin && $v =~ /convert ?\( ?int/) {
        return { body => "Conversion failed when converting the varchar value '${begin}1$end' to data type int.", truth => "succeeded" };
    }
    if (defined $begin && $v =~ /cast ?\(.*as (?:numeric|int)/) {
        return { body => "ERROR:  invalid input syntax for type numeric: \"${begin}1$end\"", truth => "succeeded" };
    }
    if (defined $begin && $v =~ /union (?:all )?select/) {
        return { body => rows($ROWS[0], ["", "${begin}42$end", ""]), truth => "succeeded" };
    }
    if ($v =~ /union (?:all |distinct )?\(?select(.*)/) {
        my $what = $1;
        my @cell = map { s/^\s+|\s+$//gr } split /,/, $what =~ s/\bfrom\b.*//r;
        my $row = sub { rows($ROWS[0], [@_]) };
        return { body => $row->("1", "8.0.32-0ubuntu0.20.04.2", ""), truth => "succeeded" } if $what =~ /version/;
        return { body => $row->("1", "shopuser\@localhost", ""), truth => "succeeded" } if $what =~ /\buser ?\(|current_user|system_user/;
        return { body => $row->("COLUMN_PRIVILEGES", "KEY_COLUMN_USAGE", "USER_PRIVILEGES"), truth => "succeeded" }
            if $what =~ /information_schema\.tables|table_name/;
        return { body => $row->("admin", "5f4dcc3b5aa765d61d8327deb882cf99", "") . rows(["carol", "e10adc3949ba59abbe56e057f20f883e", ""]), truth => "succeeded" }
            if $what =~ /passw/;
        return { body => $row->(map { /^'?([\w ]*)'?$/ ? ($1 eq "null" ? "" : $1) : "" } @cell), truth => "undecided" };
    }
    if ($v =~ /^-?\w*['")%\s]*\s*(?:or|\|\|)\s*[('"]*(\w+)['"]?\s*=\s*['"(]*\1\b/) {
        return { body => rows(@ROWS), truth => "succeeded" };
    }
    return { body => rows($ROWS[0]), truth => "undecided" } if $v =~ /\band\b|\border by\b|;/ && $v =~ /--|#|['"(]\w*$/;
    return { body => $dberror{$style}, status => $style eq "lamp" ? 200 : 500, truth => "undecided" };
}

# Does the visitor's text change the markup of a page when it stands between tags? Whether
# a browser of today would run it is not asked: that depends on the browser.
sub changes_markup { return $_[0] =~ /<[a-z\/!]/i }

my %vulnerable = (
    "path-traversal" => sub {
        my ($style, $v) = @_;
        my $f = file_of($v) or return { status => 404, body => $missing{$style}, truth => "failed" };
        my $plain = $style eq "lamp" || $style eq "tomcat";
        return { body => $plain ? $file{$f} : $page{$style}->("<pre>$file{$f}</pre>"),
                 type => $plain ? "text/plain" : undef, truth => "succeeded" };
    },
    cmdi => sub {
        my ($style, $v) = @_;
        my $r = run_of($v) or return { body => $page{$style}->("<pre></pre>"), truth => "undecided" };
        return { body => $page{$style}->("done"), took => $r->{took}, truth => "succeeded" } if $r->{took};
        return { body => $page{$style}->("<pre>PING\n$r->{text}</pre>"), truth => "succeeded" };
    },
    sqli => sub {
        my ($style, $v) = @_;
        my $r = query_of($style, $v);
        return { %$r, body => $page{$style}->($r->{body}) };
    },
    xss => sub {
        my ($style, $v) = @_;
        return { body => $page{$style}->("You searched for $v"),
                 truth => changes_markup($v) ? "succeeded" : "failed" };
    },
);

sub answer {
    my ($style, $kind, $class, $value) = @_;
    my %a;
    if ($kind eq "benign") {
        %a = (body => $page{$style}->($class eq "xss" ? "You searched for " . escape($value) : rows($ROWS[0])), truth => "benign");
    } elsif ($kind eq "vulnerable") {
        %a = %{ $vulnerable{$class}->($style, $value) };
    } elsif ($kind eq "patched") {
        %a = $class eq "xss"  ? (body => $page{$style}->("You searched for " . escape($value)), truth => "failed")
           : $class eq "sqli" ? (body => $page{$style}->("no such item"), truth => "failed")
           : $class eq "cmdi" ? (status => 400, body => $page{$style}->("not a host name"), truth => "failed")
           :                    (status => 404, body => $missing{$style}, truth => "failed");
    } elsif ($kind eq "waf") {
        %a = (status => $blocked{$style}[0], body => $blocked{$style}[1], truth => "failed");
    } elsif ($kind eq "error") {
        %a = $class eq "sqli" ? (status => 500, body => $page{$style}->($dberror{$style}), truth => "undecided")
                              : (status => 500, body => $page{$style}->($trace{$style}), truth => "undecided");
    } elsif ($kind eq "catchall") {
        %a = (body => $page{$style}->("Welcome"), truth => "failed");
    } elsif ($kind eq "blind") {
        %a = (body => $page{$style}->("Thank you, we will look into it"),
              truth => $class eq "path-traversal" ? "failed" : "undecided");
    }
    $a{status} //= 200;
    $a{type} //= $a{body} =~ /^\{/ ? "application/json" : "text/html";
    $a{took} //= 0;
    return \%a;
}

1;
