/* SPDX-License-Identifier: Apache-2.0 */
#include "decode_fixture.h"

#include "decode/log.h"
#include "example_dialect.h"

#define RECEIVED INT64_C(1767225600000000000) /* 2026-01-01T00:00:00Z */
#define SECOND   INT64_C(1000000000)

static const char *text_of(struct yg_str s, char out[256])
{
    snprintf(out, 256, "%.*s", YG_STR_ARG(s));
    return out;
}

static void expect(const char *name, const char *what, struct yg_str got,
                   const char *want)
{
    char out[256];

    if (strcmp(text_of(got, out), want) != 0)
        print_message("# %s, %s: '%s' is not '%s'\n", name, what, out, want);
    assert_string_equal(out, want);
}

static void envelopes(void **state)
{
    static const struct {
        const char *name, *line, *host, *app, *pid, *body;
        int envelope, severity;
        bool timed;
    } row[] = {
        { "RFC 5424 with structured data and BOM",
          "<165>1 2026-01-02T03:04:05.003Z fw.example evnts 12 ID47 "
          "[a@1 b=\"c \\\"] d\"][e] \xef\xbb\xbf"
          "An event",
          "fw.example", "evnts", "12", "An event", YG_ENVELOPE_5424, 5, true },
        { "RFC 5424, all nil", "<0>1 - - - - - -", "", "", "", "", YG_ENVELOPE_5424, 0,
          false },
        { "RFC 5424 without structured data",
          "<34>1 2026-01-02T03:04:05Z h su - - - text", "h", "su", "", "text",
          YG_ENVELOPE_5424, 2, true },
        { "RFC 5424 whose data is none",
          "<34>1 2026-01-02T03:04:05Z h wall 9 - [a:\"b\"; c:\"d\"]", "h", "wall", "9",
          "[a:\"b\"; c:\"d\"]", YG_ENVELOPE_5424, 2, true },
        { "RFC 5424 without PRI", "1 2026-01-02T03:04:05Z h wall 9 - [a:\"b\"]", "h",
          "wall", "9", "[a:\"b\"]", YG_ENVELOPE_5424, -1, true },
        { "RFC 5424 around Cisco", "<34>1 2026-01-02T03:04:05Z h : %FTD-6-430003: x: y",
          "h", "", "", "%FTD-6-430003: x: y", YG_ENVELOPE_5424, 2, true },
        { "RFC 3164", "<34>Jan  2 03:04:05 mymachine su[7]: 'su root' failed",
          "mymachine", "su", "7", "'su root' failed", YG_ENVELOPE_3164, 2, true },
        { "from a file", "Jan  2 03:04:05 host postfix/smtpd[12]: connect", "host",
          "postfix/smtpd", "12", "connect", YG_ENVELOPE_3164, -1, true },
        { "no host", "Jan  2 03:04:05 sshd[1]: hello there", "", "sshd", "1",
          "hello there", YG_ENVELOPE_3164, -1, true },
        { "no program", "Jan  2 03:04:05 192.0.2.1 1,2026/01/02 03:04:05,x", "192.0.2.1",
          "", "", "1,2026/01/02 03:04:05,x", YG_ENVELOPE_3164, -1, true },
        { "no host nor program", "Jan  2 03:04:05 date=2026-01-02 time=03:04:05", "", "",
          "", "date=2026-01-02 time=03:04:05", YG_ENVELOPE_3164, -1, true },
        { "year before the date", "<13>2026 Jan  2 03:04:05 h app: x", "h", "app", "",
          "x", YG_ENVELOPE_3164, 5, true },
        { "year behind the date", "<13>Jan  2 2026 03:04:05 h : %ASA-6-302013: Built",
          "h", "", "", "%ASA-6-302013: Built", YG_ENVELOPE_3164, 5, true },
        { "ISO time and host", "2026-01-02T03:04:05.123456+09:00 h kernel: IN=eth0", "h",
          "kernel", "", "IN=eth0", YG_ENVELOPE_3164, -1, true },
        { "ISO time with a blank", "2026-01-02 03:04:05 h app[1]: x", "h", "app", "1",
          "x", YG_ENVELOPE_3164, -1, true },
        { "sequence number and time of Cisco",
          "<189>000123: r1: *Mar  1 18:46:11.123 UTC: %SYS-5-CONFIG_I: Configured", "r1",
          "", "", "%SYS-5-CONFIG_I: Configured", YG_ENVELOPE_3164, 5, true },
        { "the device's name as a tag", "Jan  2 03:04:05 fw-1: %ASA-6-302013: Built",
          "fw-1", "", "", "%ASA-6-302013: Built", YG_ENVELOPE_3164, -1, true },
        { "PRI and nothing more", "<189>date=2026-01-02 devname=\"x\"", "", "", "",
          "date=2026-01-02 devname=\"x\"", YG_ENVELOPE_3164, 5, false },
        { "PRI, host, program", "<13>gate charon: 05[IKE] x", "gate", "charon", "",
          "05[IKE] x", YG_ENVELOPE_3164, 5, false },
        { "behind a relay", "Jan  2 03:04:05 relay <134>Jan  2 03:04:00 fw app[3]: x",
          "fw", "app", "3", "x", YG_ENVELOPE_3164, 6, true },
        { "two headers", "Jan  2 03:04:05 relay Jan  2 03:04:00 fw app[3]: x", "fw",
          "app", "3", "x", YG_ENVELOPE_3164, -1, true },
        { "severity between host and program", "Jan  2 03:04:05 lb notice mcpd[5]: x",
          "lb", "mcpd", "5", "x", YG_ENVELOPE_3164, -1, true },
        { "message number of Solaris", "Jan  2 03:04:05 h su: [ID 366847 auth.notice] x",
          "h", "su", "", "x", YG_ENVELOPE_3164, -1, true },
        { "program alone", "sshd[77]: Failed", "", "sshd", "77", "Failed",
          YG_ENVELOPE_NONE, -1, false },
        { "text with a colon", "Error: it broke", "", "", "", "Error: it broke",
          YG_ENVELOPE_NONE, -1, false },
        { "JSON behind a cookie", "<13>Jan  2 03:04:05 h app: @cee: {\"a\":1}", "h",
          "app", "", "{\"a\":1}", YG_ENVELOPE_3164, 5, true },
        { "PRI too large", "<192>Jan  2 03:04:05 h app: x", "", "", "",
          "<192>Jan  2 03:04:05 h app: x", YG_ENVELOPE_NONE, -1, false },
        { "nothing", "", "", "", "", "", YG_ENVELOPE_NONE, -1, false },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct yg_logline l;
        yg_logline_of(yg_str_of(row[i].line), RECEIVED, 0, &l);
        expect(row[i].name, "host", l.host, row[i].host);
        expect(row[i].name, "app", l.app, row[i].app);
        expect(row[i].name, "pid", l.pid, row[i].pid);
        expect(row[i].name, "body", l.body, row[i].body);
        assert_int_equal(l.envelope, row[i].envelope);
        assert_int_equal(l.severity, row[i].severity);
        assert_int_equal(l.timed, row[i].timed);
    }
}

static void times(void **state)
{
    static const struct {
        const char *name, *text;
        int64_t received_s, want_s; /* 0: no time */
        int offset_min, want_min;
        const char *left;
    } row[] = {
        { "a day ago", "Dec 31 00:00:00 x", 1767225600, 1767139200, 0, 0, " x" },
        { "a week ahead is this year's", "Jan  8 00:00:00", 1767225600, 1767830400, 0, 0,
          "" },
        { "more is last year's", "Jan  8 00:00:01", 1767225600, 1736294401, 0, 0, "" },
        { "over New Year in a zone", "Jan  1 08:59:00", 1767225600, 1767225540, 540, 540,
          "" },
        { "29 February waits for its year", "Feb 29 12:00:00", 1767225600, 1709208000, 0,
          0, "" },
        { "no reference, no year", "Jan  1 00:00:00 x", 0, 0, 0, 0, " x" },
        { "ISO", "2026-01-02T03:04:05Z", 0, 1767323045, 60, 0, "" },
        { "ISO with zone", "2026-01-02 03:04:05.5 +0900 x", 0, 1767290645, 0, 540, " x" },
        { "west of Greenwich", "2026-01-01T18:04:05-09:00", 0, 1767323045, 0, -540, "" },
        { "slashes", "2026/01/02 03:04:05,", 0, 1767323045, 0, 0, "," },
        { "Apache", "02/Jan/2026:03:04:05 +0900]", 0, 1767290645, 0, 540, "]" },
        { "BIND", "02-Jan-2026 03:04:05.678 queries", 0, 1767323045, 0, 0, " queries" },
        { "ctime", "Fri Jan  2 03:04:05 2026]", 0, 1767323045, 0, 0, "]" },
        { "Apache errors", "Fri Jan 02 03:04:05.123456 2026] x", 0, 1767323045, 0, 0,
          "] x" },
        { "RFC 5322", "Fri, 02 Jan 2026 03:04:05 GMT", 0, 1767323045, 60, 0, "" },
        { "named zone", "Jan  2 2026 03:04:05 CEST: %X", 0, 1767315845, 0, 120, ": %X" },
        { "a host is no zone", "Jan  2 2026 03:04:05 UTCHOST x", 0, 1767323045, 0, 0,
          " UTCHOST x" },
        { "a year before", "2026 Jan  2 03:04:05", 0, 1767323045, 0, 0, "" },
        { "whole name", "January 2, 2026 03:04:05", 0, 1767323045, 0, 0, "" },
        { "not a day", "Feb 30 00:00:00", 1767225600, -1, 0, 0, "Feb 30 00:00:00" },
        { "not an hour", "2026-01-02 24:00:00", 0, -1, 0, 0, "2026-01-02 24:00:00" },
        { "a number", "12345", 0, -1, 0, 0, "12345" },
        { "a word", "Mayor 2 03:04:05", 1767225600, -1, 0, 0, "Mayor 2 03:04:05" },
        { "nothing", "", 0, -1, 0, 0, "" },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct yg_str rest = yg_str_of(row[i].text);
        int64_t ns = -SECOND;
        int zone = 0;
        bool ok =
            yg_log_time(&rest, row[i].received_s * SECOND, row[i].offset_min, &ns, &zone);
        if (ns / SECOND != row[i].want_s)
            print_message("# %s: %lld\n", row[i].name, (long long)(ns / SECOND));
        assert_int_equal(ok, row[i].want_s >= 0);
        assert_int_equal(ns / SECOND, row[i].want_s);
        assert_int_equal(zone, row[i].want_min);
        expect(row[i].name, "rest", rest, row[i].left);
    }
}

static void pairs(void **state)
{
    static const struct yg_kv_style bare = { .assign = '=' },
                                    spaced = { .assign = '=', .spaced = true },
                                    colon = { .assign = ':', .sep = ';', .spaced = true },
                                    comma = { .assign = '=', .sep = ',' };
    static const struct {
        const char *name, *text,
            *want; /* key|value of all, each followed by a blank line */
        const struct yg_kv_style *style;
    } row[] = {
        { "bare and quoted", "a=1 b=\"two words\" c='x y' d= e=5",
          "a|1;b|two words;c|x y;d|;e|5;", &bare },
        { "escaped quote", "a=\"x \\\" y\" b=1", "a|x \\\" y;b|1;", &bare },
        { "quote that never closes", "a=\"x y", "a|x y;", &bare },
        { "words between", "IN=eth0 DF [x] PROTO=TCP SYN", "IN|eth0;PROTO|TCP;", &bare },
        { "values with blanks", "msg=two words src=192.0.2.1 act=a b",
          "msg|two words;src|192.0.2.1;act|a b;", &spaced },
        { "colons and semicolons", "[action:\"Drop\"; a b; ifname:eth 0; ]",
          "action|Drop;ifname|eth 0;", &colon },
        { "commas", "(A=1, B=\"x, y\", C=)", "A|1;B|x, y;C|);", &comma },
        { "none", "nothing here", "", &bare },
        { "signs alone", "= == =a", "", &bare },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct yg_str rest = yg_str_of(row[i].text);
        char got[256] = "";
        struct yg_kv kv;
        while (yg_kv_next(&rest, *row[i].style, &kv)) {
            size_t n = strlen(got);
            snprintf(got + n, sizeof(got) - n, "%.*s|%.*s;", YG_STR_ARG(kv.key),
                     YG_STR_ARG(kv.value));
        }
        expect(row[i].name, "pairs", yg_str_of(got), row[i].want);
    }
}

static void patterns(void **state)
{
    static const struct {
        const char *text, *pattern;
        int places;
        const char *first, *last;
    } row[] = {
        { "Accepted password for root from 192.0.2.1 port 22",
          "Accepted %s for %s from %s port %s", 4, "password", "22" },
        { "Accepted password for", "Accepted %s for %s", -1, "", "" },
        { "a   b", "a b", 0, "", "" },
        { "user=x y (uid=0)", "user=%* (uid=%s)", 2, "x y", "0" },
        { "192.0.2.1/443 -> x", "%s/%s -> %s", 3, "192.0.2.1", "x" },
        { "all the rest", "all %*", 1, "the rest", "the rest" },
        { "", "%s", -1, "", "" },
        { "100% sure", "100% %s", 1, "sure", "sure" },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        struct yg_str out[YG_SCAN_MAX];
        int n = yg_scan(yg_str_of(row[i].text), row[i].pattern, out);
        assert_int_equal(n, row[i].places);
        if (n > 0) {
            expect(row[i].pattern, "first", out[0], row[i].first);
            expect(row[i].pattern, "last", out[n - 1], row[i].last);
        }
    }
}

/* Sorted, named, told about, and each with a way to be recognised. */
static void table(void **state)
{
    (void)state;
    for (size_t k = 0; yg_dialects[k]; k++) {
        const struct yg_dialect *d = yg_dialects[k];
        assert_in_range(strlen(d->name), 2, 15);
        assert_true(strlen(d->doc) > 10);
        if (k > 0)
            assert_true(strcmp(yg_dialects[k - 1]->name, d->name) < 0);
        assert_non_null(d->read);
        assert_true(d->signs ? d->pick && !d->match && !d->apps : d->match || d->apps);
        assert_true(d->device < YG_DEV_COUNT);
        struct yg_str marks = yg_str_of(d->marks);
        while (marks.p)
            assert_true(yg_str_cut(&marks, '|').n >= 4);
        assert_non_null(yg_decoder_by_name(yg_str_of(d->name)));
        for (const char *c = d->apps; c && *c; c++)
            assert_false(*c >= 'A' && *c <= 'Z');
    }
    assert_null(yg_dialect_by_name(YG_STR("no-such")));
}

static void begin(struct fixture *f, const char *format)
{
    fixture_begin(f, format);
    f->source.reference_ns = RECEIVED;
}

static void within_syslog(void **state)
{
    static const struct expected want[] = {
        { YG_F_RULE_ID, "1:7" },
        { YG_F_SOURCE_IP, "192.0.2.1" },
        { YG_F_OBSERVER_NAME, "sensor" },
        { YG_F_OBSERVER_PRODUCT, "Suricata" },
        { 0, NULL },
    };
    struct fixture f;
    const struct yg_event *e;

    (void)state;
    begin(&f, "log");
    e = fixture_decode(
        &f,
        YG_STR("<13>Jan  2 03:04:05 sensor suricata[1]: {\"timestamp\":"
               "\"2026-01-02T03:04:05.000000+0000\",\"event_type\":\"alert\",\"alert\":"
               "{\"signature_id\":7,\"signature\":\"x\",\"severity\":2},"
               "\"src_ip\":\"192.0.2.1\"}"));
    assert_int_equal(e->kind, YG_KIND_ALERT);
    assert_int_equal(e->device, YG_DEV_IDS);
    assert_int_equal(e->time_ns, INT64_C(1767323045) * SECOND);
    fixture_expect(&f, e, want);
    /* cut off by a datagram's end: an alert that could not be read, not a line of text */
    e = fixture_decode(
        &f, YG_STR("<13>Jan  2 03:04:05 sensor suricata[1]: {\"timestamp\":"
                   "\"2026-01-02T03:04:05.000000+0000\",\"event_type\":\"ale"));
    assert_int_equal(e->kind, YG_KIND_UNDECODABLE);
    assert_int_equal(e->reason, YG_R_NOT_JSON);
    e = fixture_decode(&f,
                       YG_STR("{\"rule\":{\"id\":\"5402\",\"level\":3,\"description\":"
                              "\"sudo\"},\"agent\":{\"id\":\"001\",\"name\":\"web\"},"
                              "\"timestamp\":\"2026-01-02T03:04:05.000+0000\"}"));
    assert_int_equal(e->kind, YG_KIND_ALERT);
    assert_int_equal(e->device, YG_DEV_HOST);
    fixture_end(&f);
}

static void unknown_records(void **state)
{
    static const struct expected want[] = {
        { YG_F_OBSERVER_NAME, "host" },
        { YG_F_PROCESS_NAME, "nobody-knows" },
        { YG_F_PID, "9" },
        { YG_F_MESSAGE, "some text" },
        { YG_F_HOST_NAME, "-" },
        { 0, NULL },
    };
    struct fixture f;
    const struct yg_event *e;

    (void)state;
    begin(&f, "log");
    e = fixture_decode(&f, YG_STR("Jan  2 03:04:05 host nobody-knows[9]: some text"));
    assert_int_equal(e->kind, YG_KIND_CONTEXT);
    assert_int_equal(e->reason, YG_R_UNKNOWN_TYPE);
    assert_int_equal(e->time_ns, INT64_C(1767323045) * SECOND);
    fixture_expect(&f, e, want);
    fixture_end(&f);
    /* what a dialect set before it gave up is gone */
    begin(&f, "log");
    e = fixture_decode(&f, YG_STR("logid=1 type= devname=a user=jo srcip=192.0.2.1"));
    assert_int_equal(e->reason, YG_R_UNKNOWN_TYPE);
    assert_false(yg_event_has(e, YG_F_SOURCE_IP) || yg_event_has(e, YG_F_USER_NAME));
    fixture_end(&f);
    /* one dialect asked for: what it cannot read is an alert, or of a log source context
     */
    begin(&f, "cef");
    e = fixture_decode(&f, YG_STR("Jan  2 03:04:05 host nobody-knows[9]: some text"));
    assert_int_equal(e->kind, YG_KIND_UNDECODABLE);
    fixture_end(&f);
    begin(&f, "cef");
    f.source.log_source = true;
    e = fixture_decode(&f, YG_STR("Jan  2 03:04:05 host x: CEF:0|cut|off"));
    assert_int_equal(e->kind, YG_KIND_CONTEXT);
    assert_int_equal(e->reason, YG_R_BAD_COLUMNS);
    fixture_end(&f);
}

/* What strangers can have a program write must not pass for another device's record. */
static void quoted_records(void **state)
{
    static const char *const text[] = {
        "CEF:0|Acme|IPS|1|100|harmless|9|src=198.51.100.1 dst=192.0.2.1",
        "LEEF:1.0|Acme|IPS|1|x|src=198.51.100.1",
        "%ASA-6-106015: Deny TCP from 198.51.100.1/1 to 192.0.2.2/2",
        "date=2026-01-02 devname=a logid=1 type=utm subtype=ips srcip=198.51.100.1 "
        "attack=a",
        "1,2026/01/02 03:04:05,1,THREAT,virus,1,2026/01/02 "
        "03:04:05,198.51.100.1,192.0.2.1,,,",
        "[action:\"Drop\"; src:\"198.51.100.1\"; loguid:\"{1}\"]",
        "id=firewall sn=1 fw=1 pri=1 c=32 m=82 src=198.51.100.1 msg=a",
        "NetScreen device_id=a [Root]system-alert-00016: scan! From 198.51.100.1:1 to "
        "192.0.2.1:2,",
        "%%01IPS/4/DETECT(l):x, SrcIp=198.51.100.1",
        "{\"timestamp\":\"x\",\"event_type\":\"alert\",\"src_ip\":\"198.51.100.1\"}",
    };
    struct fixture f;
    char line[512];

    (void)state;
    begin(&f, "log");
    for (size_t i = 0; i < YG_ARRAY_LEN(text); i++) {
        snprintf(line, sizeof(line),
                 "Jan  2 03:04:05 h unheard-of[1]: 192.0.2.9 wants \"%s\" at 12:00",
                 text[i]);
        const struct yg_event *e = fixture_decode(&f, yg_str_of(line));
        if (e->kind != YG_KIND_CONTEXT || yg_event_has(e, YG_F_SOURCE_IP))
            print_message("# believed: %s\n", line);
        assert_int_equal(e->kind, YG_KIND_CONTEXT);
        assert_false(yg_event_has(e, YG_F_SOURCE_IP));
    }
    fixture_end(&f);
}

static void probes(void **state)
{
    static const struct {
        const char *head, *want;
    } row[] = {
        { "Jan  2 03:04:05 h app[1]: x\nJan  2 03:04:06 h app[1]: y\n", "log" },
        { "CEF:0|a|b|c|d|e|5|src=192.0.2.1\n", "log" },
        { "a,b,c\n1,2,3\n", "delimited" },
        { "{\"timestamp\":\"x\",\"event_type\":\"flow\"}\n", "eve" },
        { "{\"nothing\":\"known\"}\n", "jsonl" },
        { "prose without any shape\nand more of it\n", NULL },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(row); i++) {
        const struct yg_decoder *d = yg_decoder_by_probe(yg_str_of(row[i].head));
        assert_string_equal(d ? d->name : "none", row[i].want ? row[i].want : "none");
    }
}

/* The example of docs/add-a-decoder.md. */
static void example(void **state)
{
    static const struct expected want[] = {
        { YG_F_RULE_ID, "4711" },      { YG_F_RULE_NAME, "Bad thing" },
        { YG_F_EVENT_SEVERITY, "75" }, { YG_F_EVENT_ACTION, "drop" },
        { YG_F_SOURCE_PORT, "4711" },  { YG_F_DESTINATION_IP, "198.51.100.2" },
        { YG_F_TRANSPORT, "tcp" },     { 0, NULL },
    };
    struct fixture f;
    struct yg_event e = { .reason = YG_R_NONE };
    struct yg_logline l;

    (void)state;
    fixture_begin(&f, "log");
    yg_batch_clear(f.b, 1, 0);
    fixture_add(
        &f, YG_STR("<13>Jan  2 03:04:05 fw acmewall: t=ips act=DROP src=192.0.2.7:4711 "
                   "dst=198.51.100.2:22 proto=6 sig=4711 name=\"Bad thing\" prio=high"));
    yg_logline_of(yg_batch_str(f.b, f.b->record[0].raw), RECEIVED, 0, &l);
    struct yg_target t = { .b = f.b, .e = &e };
    assert_int_equal(yg_dialect_match(&acme_dialect, &l), 95);
    assert_true(acme_dialect.read(NULL, &t, &l));
    assert_int_equal(e.kind, YG_KIND_ALERT);
    fixture_expect(&f, &e, want);
    l.app = YG_STR("other");
    assert_int_equal(yg_dialect_match(&acme_dialect, &l), 0);
    fixture_end(&f);
}

static char *whole(const char *path)
{
    FILE *in = fopen(path, "rb");
    char *text = calloc(1, 64 << 10);

    assert_non_null(text);
    if (!in)
        print_message("# %s: not found; tests run in the top folder\n", path);
    assert_non_null(in);
    assert_true(fread(text, 1, (64 << 10) - 1, in) > 0);
    fclose(in);
    return text;
}

static void example_is_in_the_doc(void **state)
{
    char *doc = whole("docs/add-a-decoder.md");
    char *code = whole("tests/unit/example_dialect.h");

    (void)state;
    assert_non_null(strstr(doc, code));
    free(doc);
    free(code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(envelopes),
        cmocka_unit_test(times),
        cmocka_unit_test(pairs),
        cmocka_unit_test(patterns),
        cmocka_unit_test(table),
        cmocka_unit_test(within_syslog),
        cmocka_unit_test(unknown_records),
        cmocka_unit_test(probes),
        cmocka_unit_test(quoted_records),
        cmocka_unit_test(example),
        cmocka_unit_test(example_is_in_the_doc),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
