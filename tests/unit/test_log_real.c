/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decoder of logs over real records of about ninety products: how many are
 * understood?
 *
 * Understood: a dialect other than a guess read it and set at least one field that is
 * not the envelope's. And of the lines that plainly name an address, a user or an action,
 * how many have that field? Each product is held to all of its lines but those that
 * `known` says. YAGURA_SHOW=1 lists what is not understood, YAGURA_SHOW=fields also what
 * lacks a field. Without the data the test is skipped.
 */
#include "decode_fixture.h"

#include "decode/log.h"
#include "event/ip.h"
#include "input/input.h"

#include <fcntl.h>
#include <unistd.h>

#define RECEIVED INT64_C(1767225600000000000)
#define FILES    160

enum { ADDRESS, USER, ACTION, PLAIN };

struct product {
    char name[48];
    unsigned seen, understood;
    unsigned plain[PLAIN], without[PLAIN]; /* lines that name one; the field is not set */
};

struct tally {
    struct fixture f;
    struct product product[FILES];
    size_t count;
    bool show, show_fields;
};

static struct product *product_of(struct tally *t, const char *name)
{
    size_t i = 0;

    while (i < t->count && strcmp(t->product[i].name, name) != 0)
        i++;
    assert_true(i < FILES);
    if (i == t->count)
        snprintf(t->product[t->count++].name, sizeof(t->product[i].name), "%s", name);
    return &t->product[i];
}

/* Fields that the envelope alone would give. */
static bool of_envelope(unsigned field)
{
    return field == YG_F_OBSERVER_NAME || field == YG_F_OBSERVER_PRODUCT ||
           field == YG_F_HOST_NAME || field == YG_F_HOST_IP ||
           field == YG_F_PROCESS_NAME || field == YG_F_PID || field == YG_F_MESSAGE ||
           field == YG_F_EVENT_DATASET || field == YG_F_RULE_RULESET;
}

static bool understood(const struct yg_event *e)
{
    if (e->reason == YG_R_UNKNOWN_TYPE || e->kind == YG_KIND_UNDECODABLE)
        return false;
    for (unsigned f = 0; f < YG_FIELD_COUNT; f++)
        if (yg_event_has(e, (enum yg_field)f) && !of_envelope(f))
            return true;
    return false;
}

/* A dotted address that stands alone. */
static bool names_address(struct yg_str s)
{
    unsigned char ip[YG_IP_SIZE];

    while (s.n > 0) {
        size_t n = 0;
        while (n < s.n && (s.p[n] == '.' || s.p[n] == '-' || s.p[n] == '_' ||
                           (s.p[n] >= '0' && s.p[n] <= '9') ||
                           ((s.p[n] | 0x20) >= 'a' && (s.p[n] | 0x20) <= 'z')))
            n++;
        if (n >= 7 && yg_ip_parse((struct yg_str){ s.p, n }, ip))
            return true;
        s = yg_skip(s, n ? n : 1);
    }
    return false;
}

/* One of the marks with a value behind it. */
static bool names_one(struct yg_str s, const char *const *mark, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct yg_str rest = s, word;
        while (yg_after(&rest, mark[i])) {
            (void)yg_eat(&rest, "\"");
            word = (struct yg_str){ rest.p, 0 };
            while (word.n < rest.n && rest.p[word.n] &&
                   !strchr(" \",;|'", rest.p[word.n]))
                word.n++;
            if (!yg_absent(word))
                return true;
        }
    }
    return false;
}

static void look_at_fields(struct tally *t, struct product *p, struct yg_str line,
                           const struct yg_event *e)
{
    static const char *const user[] = {
        " user=",           " suser=",       " duser=",
        " usrName=",        "for user ",     "for invalid user ",
        "argetUserName\":", "\"userName\":", "Account Name: "
    };
    static const char *const action[] = { " action=", " act=", ";action=", "[action:" };
    static const char *const name[PLAIN] = { "address", "user", "action" };
    bool plain[PLAIN] = { names_address(line), names_one(line, user, YG_ARRAY_LEN(user)),
                          names_one(line, action, YG_ARRAY_LEN(action)) };
    bool has[PLAIN] = {
        yg_event_has(e, YG_F_SOURCE_IP) || yg_event_has(e, YG_F_DESTINATION_IP) ||
            yg_event_has(e, YG_F_HOST_IP) || yg_event_has(e, YG_F_DNS_ANSWER),
        yg_event_has(e, YG_F_USER_NAME) || yg_event_has(e, YG_F_TARGET_USER),
        yg_event_has(e, YG_F_EVENT_ACTION),
    };

    for (int k = 0; k < PLAIN; k++) {
        p->plain[k] += plain[k];
        p->without[k] += plain[k] && !has[k];
        if (plain[k] && !has[k] && t->show_fields)
            print_message("# %s, no %s: %.*s\n", p->name, name[k],
                          (int)(line.n < 300 ? line.n : 300), line.p);
    }
}

static void look(struct tally *t, const char *name, struct yg_str line)
{
    struct product *p = product_of(t, name);
    const struct yg_event *e = fixture_decode(&t->f, line);
    bool ok = understood(e);

    p->seen++;
    p->understood += ok;
    look_at_fields(t, p, line, e);
    if (!ok && t->show)
        print_message("# %s: %.*s\n", name, (int)(line.n < 200 ? line.n : 200), line.p);
}

/* An .ini's "log 1 pass = text", between the headers of a tar archive. */
static void ini_line(struct tally *t, char name[48], struct yg_str line)
{
    struct yg_str rest = line, file, word;

    while (yg_after(&rest, "/testing/tests/")) {
        struct yg_str end = rest;
        if (yg_until(&end, ".ini", &file) && file.n < 40)
            snprintf(name, 48, "%.*s", YG_STR_ARG(file));
    }
    rest = line;
    if (!yg_eat(&rest, "log ") || !yg_word(&rest, &word) || !yg_word(&rest, &word) ||
        !yg_is(word, "pass") || !yg_after(&rest, "= "))
        return;
    look(t, name, rest);
}

/* The network devices of the set; the rest of it is looked at by what it is. */
static bool is_network(const char *name)
{
    static const char *const known[] = {
        "arbor",     "checkpoint_smart1", "cisco_asa", "cisco_ftd", "cisco_ios",
        "f5_big_ip", "fireeye",           "fortiauth", "fortiddos", "fortigate",
        "fortimail", "huawei_usg",        "iptables",  "junos",     "netscreen",
        "paloalto",  "pfsense",           "pix",       "SonicWall", "sophos",
        "sophos_fw",
    };

    for (size_t i = 0; i < YG_ARRAY_LEN(known); i++)
        if (strcmp(name, known[i]) == 0)
            return true;
    return false;
}

static bool every_line(struct tally *t, const char *path, const char *product)
{
    struct yg_batch *b = malloc(sizeof(*b));
    struct yg_input *in = NULL;
    char name[48] = "?";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool ok = fd >= 0 && b && yg_input_open(fd, YG_FRAME_LINES, &in) == YG_OK;

    for (bool more = ok; more;) {
        yg_batch_clear(b, 0, 0);
        more = yg_input_frame(in, b, NULL) == YG_OK && !b->last;
        for (uint32_t i = 0; i < b->count; i++) {
            struct yg_str line = yg_batch_str(b, b->record[i].raw);
            if (product)
                look(t, product, line);
            else
                ini_line(t, name, line);
        }
    }
    yg_input_close(in);
    free(b);
    if (fd >= 0)
        close(fd);
    return ok;
}

static const char *data_path(char out[512], const char *name)
{
    const char *data = getenv("YAGURA_DATA");

    snprintf(out, 512, "%s/logs/%s", data ? data : "../shared/data", name);
    return out;
}

static void begin(struct tally *t)
{
    const char *show = getenv("YAGURA_SHOW");

    *t = (struct tally){ .show = show != NULL,
                         .show_fields = show && strcmp(show, "fields") == 0 };
    fixture_begin(&t->f, "log");
    t->f.source.reference_ns = RECEIVED;
}

/* Lines that Wazuh's authors invented to test its rules' syntax: no product's. */
static bool is_invented(const char *name)
{
    return strncmp(name, "test_", 5) == 0 || strcmp(name, "overwrite") == 0;
}

/* Lines that lack something, and why that is right or stays so (docs/formats.md). A
 * product that is not here lacks nothing. */
static const struct {
    const char *name;
    unsigned unread, without[PLAIN];
} known[] = {
    { "amazon_sec_lake", 4, { 4, 0, 0 } },
    { "api", 4, { 0, 0, 0 } },
    { "audit_scp", 0, { 4, 0, 0 } },
    { "checkpoint_smart1", 2, { 0, 0, 0 } },
    { "cisco_ios", 0, { 1, 0, 0 } },
    { "dovecot", 3, { 3, 1, 0 } },
    { "exchange", 1, { 0, 0, 0 } },
    { "f5_big_ip", 0, { 1, 0, 0 } },
    { "freepbx", 5, { 0, 0, 0 } },
    { "gcp", 1, { 0, 0, 0 } },
    { "github", 1, { 0, 0, 0 } },
    { "gitlab", 1, { 0, 0, 0 } },
    { "ms-graph", 0, { 1, 0, 0 } },
    { "nginx", 1, { 0, 0, 0 } },
    { "office365", 1, { 0, 0, 0 } },
    { "paloalto", 5, { 4, 0, 0 } },
    { "powershell", 0, { 2, 0, 0 } },
    { "sophos", 0, { 1, 0, 0 } },
    { "sshd", 1, { 0, 0, 0 } },
    { "sysmon", 0, { 1, 0, 0 } },
    { "sysmon_eid_1", 0, { 2, 0, 0 } },
    { "sysmon_eid_7", 0, { 1, 0, 0 } },
    { "user", 1, { 0, 0, 0 } },
    { "vuln_detector", 1, { 0, 0, 0 } },
    { "win-generic_rules", 0, { 1, 0, 0 } },
    { "win_security", 0, { 1, 0, 0 } },
    { "windows_baseline_intrusion_detection", 0, { 1, 0, 0 } },
};

static bool as_known(const struct product *p)
{
    unsigned unread = 0, without[PLAIN] = { 0 };
    bool ok = true;

    for (size_t i = 0; i < YG_ARRAY_LEN(known); i++)
        if (strcmp(known[i].name, p->name) == 0) {
            unread = known[i].unread;
            memcpy(without, known[i].without, sizeof(without));
        }
    ok = p->seen - p->understood == unread;
    for (int k = 0; k < PLAIN; k++)
        ok &= p->without[k] == without[k];
    if (!ok)
        print_message("# %s: { \"%s\", %u, { %u, %u, %u } } is not as known\n", p->name,
                      p->name, p->seen - p->understood, p->without[ADDRESS],
                      p->without[USER], p->without[ACTION]);
    return ok;
}

static void each_product(const struct tally *t)
{
    unsigned plain[PLAIN] = { 0 }, without[PLAIN] = { 0 };
    bool ok = true;

    for (size_t i = 0; i < t->count; i++) {
        const struct product *p = &t->product[i];
        if (is_invented(p->name))
            continue;
        ok &= as_known(p);
        for (int k = 0; k < PLAIN; k++) {
            plain[k] += p->plain[k];
            without[k] += p->without[k];
        }
    }
    print_message("# set where plainly named: address %u of %u, user %u of %u, action %u "
                  "of %u\n",
                  plain[ADDRESS] - without[ADDRESS], plain[ADDRESS],
                  plain[USER] - without[USER], plain[USER],
                  plain[ACTION] - without[ACTION], plain[ACTION]);
    assert_true(ok);
}

/* Neither denominator may fall silently: all lines, and those of real products. */
static void floors(const struct tally *t)
{
    unsigned all = 0, real = 0, ok = 0, real_ok = 0;

    for (size_t i = 0; i < t->count; i++) {
        const struct product *p = &t->product[i];
        all += p->seen;
        ok += p->understood;
        if (!is_invented(p->name)) {
            real += p->seen;
            real_ok += p->understood;
        }
    }
    print_message("# all: %u of %u; of real products: %u of %u\n", ok, all, real_ok,
                  real);
    assert_true(ok >= 1600);
    assert_true(real_ok * 1000 >= real * 980);
}

/* Prints the share by product, returns that of all in tenths of a percent. */
static unsigned report(const struct tally *t, bool network_only)
{
    unsigned seen = 0, understood_all = 0, products = 0;

    for (size_t i = 0; i < t->count; i++) {
        const struct product *p = &t->product[i];
        if (network_only && !is_network(p->name))
            continue;
        if (p->understood < p->seen)
            print_message("# %-36s %4u of %4u\n", p->name, p->understood, p->seen);
        products++;
        seen += p->seen;
        understood_all += p->understood;
    }
    print_message("# %u of %u records understood, %u products\n", understood_all, seen,
                  products);
    return seen ? understood_all * 1000 / seen : 0;
}

static void devices(void **state)
{
    struct tally t;
    char path[512];

    (void)state;
    begin(&t);
    if (!every_line(&t, data_path(path, "wazuh-device-log-tests.tar.xz"), NULL)) {
        print_message("# skipped: no %s\n", path);
        fixture_end(&t.f);
        skip();
    }
    (void)report(&t, false);
    unsigned network = report(&t, true);
    floors(&t);
    each_product(&t);
    fixture_end(&t.f);
    /* seven of the network devices' had their values blanked out or are bare heads */
    assert_true(network >= 950);
}

static void loghub(void **state)
{
    static const char *const file[] = { "Apache",    "Linux",       "Mac",    "OpenSSH",
                                        "Proxifier", "Thunderbird", "Windows" };
    struct tally t;
    char path[512], name[64];
    bool any = false;

    (void)state;
    begin(&t);
    for (size_t i = 0; i < YG_ARRAY_LEN(file); i++) {
        snprintf(name, sizeof(name), "loghub/%s_2k.log", file[i]);
        any |= every_line(&t, data_path(path, name), file[i]);
    }
    any |= every_line(&t, data_path(path, "apache_access_semicomplete_2015.log.gz"),
                      "apache access");
    any |= every_line(&t, data_path(path, "nginxplus_json.log.gz"), "nginx JSON");
    if (!any) {
        print_message("# skipped: no %s\n", path);
        fixture_end(&t.f);
        skip();
    }
    (void)report(&t, false);
    fixture_end(&t.f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(devices),
        cmocka_unit_test(loghub),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
