/* SPDX-License-Identifier: Apache-2.0 */
/* Assets of the desk as they are told and as they were known; what can have had an
 * effect; everything that the desk knows of one alert. */
#include "desk_util.h"

static struct yg_finding found(const char *cve, const char *scanner,
                               enum yg_finding_state state)
{
    struct yg_finding f = { .scanner = yg_str_of(scanner), .state = (uint8_t)state };

    snprintf(f.cve, sizeof(f.cve), "%s", cve);
    return f;
}

static uint64_t tell(struct world *w, const struct yg_asset *a)
{
    struct yg_asset told = *a;
    uint64_t n = 0;

    if (told.tenant.n == 0)
        told.tenant = ACME;
    assert_ok(w, yg_asset_put(w->d, &w->kim, &told, &n, &w->err));
    return n;
}

static struct yg_asset get(struct world *w, uint64_t number, int64_t known_ns)
{
    const struct yg_asset_at at = { number, known_ns };
    struct yg_asset a;

    assert_ok(w, yg_asset_get(w->d, &w->kim, &at, &w->arena, &a, &w->err));
    return a;
}

static void names_of_assets(void **state)
{
    static const struct {
        const char *text, *want; /* NULL: it is none */
    } c[] = {
        { "192.0.2.7", "192.0.2.7" },
        { "192.0.2.7/32", "192.0.2.7" },
        { "192.0.2.0/24", "192.0.2.0/24" },
        { "2001:DB8:0::1", "2001:db8::1" },
        { "2001:db8::/48", "2001:db8::/48" },
        { "::ffff:192.0.2.7", "192.0.2.7" },
        { " Web1.Example. ", "web1.example" },
        { "web1", "web1" },
        { "web_1-a", "web_1-a" },
        { "192.0.2.7/24", NULL },
        { "0.0.0.0/0", NULL },
        { "192.0.2.7 expires=2026-01-01", NULL },
        { "192.0.2.0/24 # x", NULL },
        { "fe80::1%eth0", NULL },
        { "a..b", NULL },
        { "a..", NULL },
        { "192..", NULL },
        { "300.0.0.1", NULL },
        { "1234", NULL },
        { "a.1b", "a.1b" },
        { ".a", NULL },
        { "-a", NULL },
        { "a b", NULL },
        { "a,b", NULL },
        { "\xe8\x89\xa6", NULL },
        { "", NULL },
        { "host:a", NULL },
        { "=1+1", NULL },
    };
    struct yg_err err;

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(c); i++) {
        char out[YG_ASSET_SUBJECT] = "";
        enum yg_status st = yg_asset_subject(yg_str_of(c[i].text), out, &err);
        if (st != (c[i].want ? YG_OK : YG_EINVAL) ||
            (c[i].want && strcmp(out, c[i].want) != 0))
            fail_msg("\"%s\": %s \"%s\"", c[i].text, yg_status_name(st), out);
    }
    for (size_t i = 0; hostile(i).n > 0; i++) {
        char out[YG_ASSET_SUBJECT];
        assert_status(YG_EINVAL, yg_asset_subject(hostile(i), out, &err));
    }
}

static void names_of_vulnerabilities(void **state)
{
    static const struct {
        const char *text, *want;
    } c[] = { { "CVE-2021-44228", "CVE-2021-44228" },
              { "cve_2021_44228", "CVE-2021-44228" },
              { "cve,2021-44228", "CVE-2021-44228" },
              { "CVE-2021-1234567", "CVE-2021-1234567" },
              { "CVE-2021-123", NULL },
              { "CVE-21-44228", NULL },
              { "CVE-2021-44228x", NULL },
              { "XCVE-2021-4422", NULL },
              { "CVE 2021 44228", NULL },
              { "", NULL },
              { "CVE-2021-44228888888888888888", NULL } };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(c); i++) {
        char out[YG_CVE_TEXT] = "";
        bool yes = yg_cve_of(yg_str_of(c[i].text), out);
        if (yes != (c[i].want != NULL) || (yes && strcmp(out, c[i].want) != 0))
            fail_msg("%s: %s", c[i].text, out);
    }
}

static void what_was_known_stays_known(void **state)
{
    struct world *w = *state;
    const struct yg_software one[] = { { .product = YG_STR("nginx"),
                                         .version = YG_STR("1.18") },
                                       { .product = YG_STR("openssl") } },
                             two[] = { { .product = YG_STR("nginx"),
                                         .version = YG_STR("1.24") },
                                       { .product = YG_STR("openssl") },
                                       { .product = YG_STR("openssl") } };
    struct yg_finding f = found("CVE-2021-44228", "nessus", YG_FINDING_VULNERABLE);
    struct yg_asset a = { .subject = YG_STR("192.0.2.7"),
                          .name = YG_STR("shop"),
                          .role = YG_STR("web"),
                          .owner = YG_STR("ops"),
                          .criticality = 4,
                          .software = one,
                          .software_count = 2,
                          .finding = &f,
                          .findings = 1 };
    uint64_t n = tell(w, &a);

    w->clock.manual_ns += DAY;
    a.software = two;
    a.software_count = 3;
    a.owner = YG_STR("shop team");
    a.name = YG_STR("");
    a.criticality = 0;
    f.state = YG_FINDING_FIXED;
    assert_int_equal(tell(w, &a), n);
    a = get(w, n, 0);
    assert_text(a.name, "shop");
    assert_text(a.owner, "shop team");
    assert_true(a.criticality == 4 && a.software_count == 2 && a.findings == 1);
    assert_text(a.software[1].version, "1.24");
    assert_int_equal(a.finding[0].state, YG_FINDING_FIXED);
    a = get(w, n, T0 + HOUR);
    assert_text(a.owner, "ops");
    assert_true(a.software_count == 2 && a.findings == 1);
    assert_text(a.software[0].version, "1.18");
    assert_int_equal(a.finding[0].state, YG_FINDING_VULNERABLE);
    const struct yg_asset_at before = { n, T0 - 1 };
    assert_status(YG_ENOTFOUND,
                  yg_asset_get(w->d, &w->kim, &before, &w->arena, &a, &w->err));
    w->clock.manual_ns += DAY;
    assert_ok(w, yg_asset_remove(w->d, &w->kim, n, &w->err));
    assert_status(YG_ENOTFOUND, yg_asset_remove(w->d, &w->kim, n, &w->err));
    a = get(w, n, T0 + DAY + HOUR);
    assert_true(a.software_count == 2);
    w->clock.manual_ns += DAY;
    a = (struct yg_asset){ .subject = YG_STR("192.0.2.7") };
    assert_int_equal(tell(w, &a), n); /* told anew: nothing of before */
    a = get(w, n, 0);
    assert_true(a.name.n == 0 && a.software_count == 0 && a.findings == 0);
    /* what is long past goes */
    w->clock.manual_ns += YG_ASSET_KEPT_NS + 10 * DAY;
    a = (struct yg_asset){ .subject = YG_STR("192.0.2.9") };
    tell(w, &a);
    const struct yg_asset_at old = { n, T0 + HOUR };
    assert_status(YG_ENOTFOUND,
                  yg_asset_get(w->d, &w->kim, &old, &w->arena, &a, &w->err));
    get(w, n, 0);
}

static void scanners_speak_for_themselves(void **state)
{
    struct world *w = *state;
    struct yg_finding f[] = { found("CVE-2021-44228", "nessus", YG_FINDING_VULNERABLE),
                              found("CVE-2021-44228", "openvas", YG_FINDING_FIXED),
                              found("cve_2021_44228", "openvas",
                                    YG_FINDING_NOT_AFFECTED) };
    struct yg_asset a = { .subject = YG_STR("web1"), .finding = f, .findings = 3 };
    uint64_t n = tell(w, &a);

    a = get(w, n, 0);
    assert_int_equal(a.findings, 2); /* another spelling is the same matter */
    assert_int_equal(a.finding[1].state, YG_FINDING_NOT_AFFECTED);
    f[0].seen_ns = T0 - DAY; /* a report that was found late */
    f[0].state = YG_FINDING_FIXED;
    a = (struct yg_asset){ .subject = YG_STR("web1"), .finding = f, .findings = 1 };
    tell(w, &a);
    a = get(w, n, 0);
    assert_int_equal(a.finding[0].state, YG_FINDING_VULNERABLE);
    w->clock.manual_ns += DAY;
    f[0].state = YG_FINDING_VULNERABLE;
    f[0].seen_ns = 0;
    a = (struct yg_asset){ .subject = YG_STR("web1"), .finding = f, .findings = 1 };
    tell(w, &a);
    a = get(w, n, 0);
    assert_true(a.finding[0].seen_ns == T0 + DAY && a.finding[0].from_ns == T0);
}

static void assets_that_cannot_be(void **state)
{
    struct world *w = *state;
    const struct yg_desk_ask ask = { .limit = 10 };
    struct yg_finding f = found("CVE-2021-44228", "nessus", YG_FINDING_VULNERABLE);
    struct yg_software s = { .product = YG_STR("x") };
    struct yg_assets list;
    uint64_t n;

    for (size_t i = 0; hostile(i).n > 0; i++)
        for (int part = 0; part < 8; part++) {
            f = found("CVE-2021-44228", "nessus", YG_FINDING_VULNERABLE);
            s = (struct yg_software){ .product = YG_STR("x") };
            struct yg_asset a = { .tenant = ACME,
                                  .subject = YG_STR("192.0.2.7"),
                                  .software = &s,
                                  .software_count = 1,
                                  .finding = &f,
                                  .findings = 1 };
            struct yg_str *at[] = { &a.name,    &a.role,    &a.owner,   &a.subject,
                                    &s.product, &s.version, &f.scanner, &f.why };
            *at[part] = hostile(i);
            assert_status(YG_EINVAL, yg_asset_put(w->d, &w->kim, &a, &n, &w->err));
        }
    struct yg_asset a[] = {
        { .tenant = ACME, .subject = YG_STR("192.0.2.7") },
        { .tenant = ACME, .subject = YG_STR("192.0.2.8"), .criticality = 5 }
    };
    const struct yg_asset_told both = { a, 2 };
    size_t at = 0;
    assert_status(YG_EINVAL, yg_asset_put_all(w->d, &w->kim, &both, &at, &w->err));
    assert_int_equal(at, 1);
    a[1].tenant = ZETA;
    assert_status(YG_ENOTFOUND, yg_asset_put_all(w->d, &w->kim, &both, &at, &w->err));
    s = (struct yg_software){ .product = YG_STR("x"), .cpe = YG_STR("cpe:/a:x") };
    a[0].software = &s;
    a[0].software_count = 1;
    assert_status(YG_EINVAL, yg_asset_put(w->d, &w->kim, a, &n, &w->err));
    a[0].software = NULL;
    f = found("CVE-1", "nessus", YG_FINDING_VULNERABLE);
    a[0].finding = &f;
    a[0].findings = 1;
    assert_status(YG_EINVAL, yg_asset_put(w->d, &w->kim, a, &n, &w->err));
    assert_ok(w, yg_asset_list(w->d, &w->all, &ask, &w->arena, &list, &w->err));
    assert_int_equal(list.count, 0);
}

static void the_nearest_asset_is_found(void **state)
{
    static const char *const subject[] = {
        "10.0.0.0/8",    "10.1.0.0/16", "10.1.2.3",
        "2001:db8::/32", "2001:db8::1", "web1.example"
    };
    static const struct {
        const char *ip, *host, *want;
    } c[] = {
        { "10.1.2.3", NULL, "10.1.2.3" },
        { "10.1.2.4", NULL, "10.1.0.0/16" },
        { "10.2.0.1", NULL, "10.0.0.0/8" },
        { "11.0.0.1", NULL, NULL },
        { "2001:db8::1", NULL, "2001:db8::1" },
        { "2001:db8:9::", NULL, "2001:db8::/32" },
        { NULL, "WEB1.example.", "web1.example" },
        { NULL, "web1", NULL },
        { "10.1.2.4", "web1.example", "web1.example" },
        { "10.1.2.3", "web1.example", "10.1.2.3" },
        { NULL, "\x01", NULL },
    };
    struct world *w = *state;

    for (size_t i = 0; i < YG_ARRAY_LEN(subject); i++) {
        const struct yg_asset a = { .subject = yg_str_of(subject[i]) };
        tell(w, &a);
    }
    for (size_t i = 0; i < YG_ARRAY_LEN(c); i++) {
        unsigned char ip[YG_IP_SIZE];
        struct yg_asset a;
        struct yg_asset_of of = { .tenant = ACME, .host = yg_str_of(c[i].host) };
        if (c[i].ip && yg_ip_parse(yg_str_of(c[i].ip), ip))
            of.ip = ip;
        enum yg_status st = yg_asset_find(w->d, &w->kim, &of, &w->arena, &a, &w->err);
        if (st != (c[i].want ? YG_OK : YG_ENOTFOUND) ||
            (c[i].want && !yg_str_eq(a.subject, yg_str_of(c[i].want))))
            fail_msg("%s %s: %s", c[i].ip, c[i].host, yg_status_name(st));
        assert_status(YG_ENOTFOUND,
                      yg_asset_find(w->d, &w->other, &of, &w->arena, &a, &w->err));
    }
}

/* ---- effect ----------------------------------------------------------------------- */

static void what_a_rule_names(void **state)
{
    struct world *w = *state;
    char cve[YG_EFFECT_CVES][YG_CVE_TEXT];
    bool more;
    const struct yg_desk_alert a =
        ALERT(w, { YG_F_RULE_NAME, "ET EXPLOIT log4j (CVE-2021-44228)" },
              { YG_F_VULNERABILITY, "CVE_2021_44228,CVE_2021_45046" },
              { YG_F_RULE_GROUPS, "xCVE-2020-0001,CVE-2020-0002" },
              { YG_F_URL, "/CVE-2019-0001" }, { YG_F_MESSAGE, "CVE-2019-0002" },
              { YG_F_USER_AGENT, "CVE-2019-0003" });

    assert_int_equal(yg_effect_cves(a.batch, a.event, cve, &more), 3);
    assert_string_equal(cve[0], "CVE-2021-44228");
    assert_string_equal(cve[1], "CVE-2021-45046");
    assert_string_equal(cve[2], "CVE-2020-0002");
    assert_false(more);
    struct yg_buf many;
    yg_buf_init(&many, 10000);
    for (int i = 0; i < 20; i++)
        yg_buf_printf(&many, "CVE-2020-%04d;", i + 1000);
    const struct yg_desk_alert b = ALERT(w, { YG_F_RULE_NAME, yg_buf_cstr(&many) });
    assert_int_equal(yg_effect_cves(b.batch, b.event, cve, &more), YG_EFFECT_CVES);
    assert_true(more);
    yg_buf_fini(&many);
}

static struct yg_desk_effect effect_of(struct world *w, const char *cves)
{
    struct yg_desk_about about;
    const struct yg_desk_alert a =
        ALERT(w, { YG_F_DESTINATION_IP, "192.0.2.7" }, { YG_F_VULNERABILITY, cves });

    assert_ok(w, yg_desk_about(w->d, &w->kim, &a, &w->arena, &about, &w->err));
    return about.effect;
}

static void can_it_have_had_an_effect(void **state)
{
    static const struct {
        const char *what, *subject, *cves;
        struct {
            const char *cve, *scanner;
            enum yg_finding_state state;
            int64_t days; /* ago */
        } f[3];
        enum yg_effect_kind want;
    } c[] = {
        { "unknown machine",
          NULL,
          "CVE-2021-44228",
          { { .cve = NULL } },
          YG_EFFECT_UNKNOWN },
        { "nothing said",
          "192.0.2.7",
          "CVE-2021-44228",
          { { .cve = NULL } },
          YG_EFFECT_UNKNOWN },
        { "no CVE", "192.0.2.7", "x", { { .cve = NULL } }, YG_EFFECT_UNKNOWN },
        { "fixed",
          "192.0.2.7",
          "CVE-2021-44228",
          { { "CVE-2021-44228", "a", YG_FINDING_FIXED, 3 } },
          YG_EFFECT_CANNOT },
        { "not affected",
          "192.0.2.7",
          "CVE-2021-44228",
          { { "CVE-2021-44228", "a", YG_FINDING_NOT_AFFECTED, 3 } },
          YG_EFFECT_CANNOT },
        { "vulnerable",
          "192.0.2.7",
          "CVE-2021-44228",
          { { "CVE-2021-44228", "a", YG_FINDING_VULNERABLE, 900 } },
          YG_EFFECT_MAY },
        { "one says so, one the other",
          "192.0.2.7",
          "CVE-2021-44228",
          { { "CVE-2021-44228", "a", YG_FINDING_VULNERABLE, 9 },
            { "CVE-2021-44228", "b", YG_FINDING_FIXED, 1 } },
          YG_EFFECT_MAY },
        { "too long ago",
          "192.0.2.7",
          "CVE-2021-44228",
          { { "CVE-2021-44228", "a", YG_FINDING_FIXED, 181 } },
          YG_EFFECT_UNKNOWN },
        { "of two only one",
          "192.0.2.7",
          "CVE-2021-44228,CVE-2021-45046",
          { { "CVE-2021-44228", "a", YG_FINDING_FIXED, 3 } },
          YG_EFFECT_UNKNOWN },
        { "both",
          "192.0.2.7",
          "CVE-2021-44228,CVE-2021-45046",
          { { "CVE-2021-44228", "a", YG_FINDING_FIXED, 3 },
            { "CVE-2021-45046", "a", YG_FINDING_FIXED, 3 } },
          YG_EFFECT_CANNOT },
        { "undecided besides",
          "192.0.2.7",
          "CVE-2021-44228",
          { { "CVE-2021-44228", "a", YG_FINDING_FIXED, 3 },
            { "CVE-2021-44228", "b", YG_FINDING_UNDECIDED, 3 } },
          YG_EFFECT_UNKNOWN },
        { "another CVE",
          "192.0.2.7",
          "CVE-2021-44228",
          { { "CVE-2021-44229", "a", YG_FINDING_FIXED, 3 } },
          YG_EFFECT_UNKNOWN },
        { "a network",
          "192.0.2.0/24",
          "CVE-2021-44228",
          { { "CVE-2021-44228", "a", YG_FINDING_FIXED, 3 } },
          YG_EFFECT_UNKNOWN },
        { "a network that is",
          "192.0.2.0/24",
          "CVE-2021-44228",
          { { "CVE-2021-44228", "a", YG_FINDING_VULNERABLE, 3 } },
          YG_EFFECT_MAY },
    };
    struct world *w = *state;

    for (size_t i = 0; i < YG_ARRAY_LEN(c); i++) {
        struct yg_finding f[3];
        struct yg_asset a = { .subject = yg_str_of(c[i].subject), .finding = f };
        uint64_t n = 0;
        for (; a.findings < 3 && c[i].f[a.findings].cve; a.findings++) {
            f[a.findings] = found(c[i].f[a.findings].cve, c[i].f[a.findings].scanner,
                                  c[i].f[a.findings].state);
            f[a.findings].seen_ns = w->clock.manual_ns - c[i].f[a.findings].days * DAY;
        }
        if (c[i].subject)
            n = tell(w, &a);
        w->clock.manual_ns += SECOND;
        const struct yg_desk_effect e = effect_of(w, c[i].cves);
        if (e.kind != c[i].want || e.why.n == 0)
            fail_msg("%s: %s: %.*s", c[i].what, yg_effect_name(e.kind),
                     YG_STR_ARG(e.why));
        if (n)
            assert_ok(w, yg_asset_remove(w->d, &w->kim, n, &w->err));
        w->clock.manual_ns += SECOND;
    }
}

static void a_sentence_says_why(void **state)
{
    struct world *w = *state;
    struct yg_finding f = found("CVE-2021-44228", "nessus", YG_FINDING_FIXED);
    const struct yg_asset a = { .subject = YG_STR("192.0.2.7"),
                                .finding = &f,
                                .findings = 1 };

    f.seen_ns = T0 - 3 * DAY;
    f.why = YG_STR("log4j 2.17");
    tell(w, &a);
    assert_text(effect_of(w, "CVE-2021-44228").why,
                "192.0.2.7 is not vulnerable to CVE-2021-44228: fixed (nessus, 3 days "
                "ago: log4j 2.17).");
    f.state = YG_FINDING_VULNERABLE;
    f.seen_ns = T0 - DAY;
    tell(w, &a);
    const struct yg_desk_effect e = effect_of(w, "CVE-2021-44228");
    assert_text(e.why, "192.0.2.7 is vulnerable to CVE-2021-44228 (nessus, 1 day ago: "
                       "log4j 2.17).");
    assert_true(e.seen_ns == T0 - DAY && e.cves == 1);
}

/* ---- all of one alert ------------------------------------------------------------- */

static void everything_of_one_alert(void **state)
{
    static const struct {
        enum yg_note_kind kind;
        const char *key;
    } note[] = { { YG_NOTE_HOST, "192.0.2.7" },
                 { YG_NOTE_HOST, "pc1" },
                 { YG_NOTE_SIGNATURE, "1:2000" },
                 { YG_NOTE_SIGNATURE, "ET Name" },
                 { YG_NOTE_TENANT, "" },
                 { YG_NOTE_HOST, "192.0.2.8" },
                 { YG_NOTE_ALERT, "A1000000000000000000000000000000" } };
    struct world *w = *state;
    struct yg_desk_about about;
    struct yg_buf json;

    for (size_t i = 0; i < YG_ARRAY_LEN(note); i++) {
        struct yg_desk_note n = { .tenant = ACME,
                                  .kind = (uint8_t)note[i].kind,
                                  .key = yg_str_of(note[i].key),
                                  .text = YG_STR("<script>") };
        assert_ok(w, yg_desk_note_add(w->d, &w->kim, &n, &w->arena, &n, &w->err));
    }
    const struct yg_asset src = { .subject = YG_STR("198.51.100.0/24"),
                                  .name = YG_STR("lab") },
                          dst = { .subject = YG_STR("10.0.0.7"), .name = YG_STR("shop") };
    tell(w, &src);
    tell(w, &dst);
    struct yg_inquiry q = { .tenant = ACME, .text = YG_STR("?"), .due_ns = T0 + DAY };
    memcpy(q.alert, alert_a, YG_ID_SIZE);
    assert_ok(w, yg_inquiry_add(w->d, &w->kim, &q, &q, &w->err));
    struct yg_desk_alert a =
        ALERT(w, { YG_F_SOURCE_IP, "198.51.100.9" }, { YG_F_DESTINATION_IP, "192.0.2.7" },
              { YG_F_NAT_DESTINATION_IP, "10.0.0.7" }, { YG_F_HOST_NAME, "PC1" },
              { YG_F_RULE_ID, "1:2000" }, { YG_F_RULE_NAME, "ET Name" });
    assert_ok(w, yg_desk_about(w->d, &w->kim, &a, &w->arena, &about, &w->err));
    assert_int_equal(about.notes.count, 6);
    assert_non_null(about.source);
    assert_non_null(about.target);
    assert_text(about.source->name, "lab");
    assert_text(about.target->name, "shop");
    assert_int_equal(about.questions.count, 1);
    yg_buf_init(&json, 1 << 20);
    struct yg_jsonw j = yg_jsonw_of(&json);
    yg_desk_about_json(&j, &about);
    assert_int_equal(yg_buf_status(&json), YG_OK);
    yg_buf_fini(&json);
    a.known_ns = T0 - DAY;
    assert_ok(w, yg_desk_about(w->d, &w->kim, &a, &w->arena, &about, &w->err));
    assert_true(!about.source && !about.target);
    assert_status(YG_ENOTFOUND,
                  yg_desk_about(w->d, &w->other, &a, &w->arena, &about, &w->err));
    assert_status(YG_ENOTFOUND,
                  yg_desk_about(w->d, &w->nobody, &a, &w->arena, &about, &w->err));
}

static void alerts_of_hostile_bytes(void **state)
{
    static const char *const bad[] = { "\x1b]0;x\x07", "\xff\xfe\x80", "\xe2\x80\xae",
                                       "' OR 1=1 --",  "<script>",     "%s%n" };
    struct world *w = *state;
    struct yg_desk_about about;

    for (size_t i = 0; i < YG_ARRAY_LEN(bad); i++) {
        const struct yg_desk_alert a =
            ALERT(w, { YG_F_HOST_NAME, bad[i] }, { YG_F_RULE_ID, bad[i] },
                  { YG_F_RULE_NAME, bad[i] }, { YG_F_URL, bad[i] },
                  { YG_F_URL_DOMAIN, bad[i] }, { YG_F_DNS_QUESTION, bad[i] },
                  { YG_F_VULNERABILITY, bad[i] }, { YG_F_FILE_MD5, bad[i] });
        assert_ok(w, yg_desk_about(w->d, &w->kim, &a, &w->arena, &about, &w->err));
        assert_true(about.notes.count == 0 && about.hits.count == 0);
    }
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(names_of_assets), cmocka_unit_test(names_of_vulnerabilities),
        CASE(what_was_known_stays_known),  CASE(scanners_speak_for_themselves),
        CASE(assets_that_cannot_be),       CASE(the_nearest_asset_is_found),
        CASE(what_a_rule_names),           CASE(can_it_have_had_an_effect),
        CASE(a_sentence_says_why),         CASE(everything_of_one_alert),
        CASE(alerts_of_hostile_bytes),
    };

    return run_cases("desk_asset", cases, YG_ARRAY_LEN(cases));
}
