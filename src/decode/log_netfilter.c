/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packet filters of hosts and small gateways: Linux netfilter (iptables, nftables, ufw,
 * firewalld, OpenWrt, UniFi) and pf (pfSense, OPNsense). All context: a packet filter
 * decides by rule, it detects nothing.
 */
#include "decode/dialects.h"
#include "decode/log.h"

/* ---- netfilter --------------------------------------------------------------------- */

static const struct yg_kv_pick nf_pick[] = {
    { "IN", YG_AS_TEXT, YG_F_INTERFACE_IN }, { "OUT", YG_AS_TEXT, YG_F_INTERFACE_OUT },
    { "SRC", YG_AS_IP, YG_F_SOURCE_IP },     { "DST", YG_AS_IP, YG_F_DESTINATION_IP },
    { "SPT", YG_AS_PORT, YG_F_SOURCE_PORT }, { "DPT", YG_AS_PORT, YG_F_DESTINATION_PORT },
};

/* "[12345.678901]", not ufw's "[UFW BLOCK]" */
static bool is_uptime(struct yg_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != ' ' && s.p[i] != '.' && (s.p[i] < '0' || s.p[i] > '9'))
            return false;
    return true;
}

/* "[12345.678901] prefix that the rule gives IN=..": the prefix, its brackets taken off
 */
static struct yg_str prefix_of(struct yg_str body)
{
    struct yg_str rest = body, out, time;

    if (yg_eat(&rest, "[") && yg_until(&rest, "]", &time) && is_uptime(time))
        body = rest;
    rest = yg_str_trim(body);
    if (!yg_until(&rest, "IN=", &out))
        return YG_STR_NONE;
    out = yg_str_trim(out);
    if (out.n > 2 && out.p[0] == '[' && out.p[out.n - 1] == ']')
        out = (struct yg_str){ out.p + 1, out.n - 2 };
    while (out.n > 0 && (out.p[out.n - 1] == ':' || out.p[out.n - 1] == '-'))
        out.n--;
    return out;
}

/* The rule's author names what it does; by the words that ufw, firewalld, Shorewall and
 * most people use. */
static struct yg_str action_of(struct yg_str prefix)
{
    static const char *const word[][2] = {
        { "drop", "blocked" },  { "block", "blocked" },  { "reject", "blocked" },
        { "deny", "blocked" },  { "denied", "blocked" }, { "accept", "allowed" },
        { "allow", "allowed" }, { "permit", "allowed" },
    };

    for (size_t i = 0; i < YG_ARRAY_LEN(word); i++)
        if (yg_str_has_nocase(prefix, yg_str_of(word[i][0])))
            return yg_str_of(word[i][1]);
    return YG_STR_NONE;
}

static int nf_match(const struct yg_logline *l)
{
    struct yg_str s = l->body;

    if (!yg_has(s, "IN=") || !yg_has(s, " OUT=") ||
        (!yg_has(s, " SRC=") && !yg_has(s, " MAC=")))
        return 0;
    return yg_is(l->app, "kernel") || yg_eat(&s, "IN=") ? 96 : 60;
}

static bool nf_read(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    struct yg_str rest = l->body, prefix = prefix_of(l->body);
    struct yg_kv kv;
    bool inner = false;

    (void)d;
    YG_PUT(t, TEXT, RULE_NAME, prefix);
    YG_PUT(t, TEXT, EVENT_ACTION, action_of(prefix));
    if (!yg_after(&rest, "IN="))
        return false;
    rest.p -= 3, rest.n += 3;
    /* an ICMP error quotes the packet it is about in brackets: "[SRC=.. DST=..]" */
    while (!inner && yg_kv_next(&rest, (struct yg_kv_style){ .assign = '=' }, &kv)) {
        inner = kv.key.p > l->body.p && kv.key.p[-1] == '[';
        if (inner)
            break;
        if (yg_is(kv.key, "PROTO"))
            yg_log_protocol(t, kv.value);
        else if (yg_is(kv.key, "MAC") && kv.value.n >= 35) /* to, from, type */
            YG_PUT(t, TEXT, SOURCE_MAC, ((struct yg_str){ kv.value.p + 18, 17 }));
        else
            yg_kv_put(t, nf_pick, YG_ARRAY_LEN(nf_pick), &kv);
    }
    return true;
}

const struct yg_dialect yg_dialect_netfilter = {
    .name = "netfilter",
    .doc = "Linux netfilter: iptables, nftables, ufw, firewalld, OpenWrt",
    .product = "netfilter",
    .device = YG_DEV_FIREWALL,
    .marks = " OUT=",
    .match = nf_match,
    .read = nf_read,
};

/* ---- pf -----------------------------------------------------------------------------
 */

#define PF_MAX 40

/* Raw Filter Log Format (Netgate documentation; OPNsense's is the same up to ports). */
enum { PF_TRACKER = 3, PF_IFACE = 4, PF_ACTION = 6, PF_DIR = 7, PF_VERSION = 8 };

static size_t pf_cut(struct yg_str rest, struct yg_str cell[PF_MAX])
{
    size_t n = 0;

    while (rest.p && n < PF_MAX)
        cell[n++] = yg_str_cut(&rest, ',');
    return n;
}

static int pf_match(const struct yg_logline *l)
{
    struct yg_str cell[PF_MAX];
    size_t n = pf_cut(l->body, cell);

    if (n < 9 || !(yg_is(cell[PF_DIR], "in") || yg_is(cell[PF_DIR], "out")))
        return 0;
    return yg_is(cell[PF_ACTION], "pass") || yg_is(cell[PF_ACTION], "block") ||
                   yg_is(cell[PF_ACTION], "reject") || yg_is(cell[PF_ACTION], "match") ||
                   yg_is(cell[PF_ACTION], "nat") || yg_is(cell[PF_ACTION], "rdr")
               ? 96
               : 50;
}

static bool pf_read(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    struct yg_str cell[PF_MAX];
    size_t n = pf_cut(l->body, cell), proto, at;
    bool six;

    (void)d;
    if (n < 9)
        return false;
    six = yg_is(cell[PF_VERSION], "6");
    proto = six ? 12 : 16;
    at = six ? 15 : 18; /* addresses; ports follow */
    YG_PUT(t, TEXT, RULE_ID, cell[PF_TRACKER].n ? cell[PF_TRACKER] : cell[0]);
    YG_PUT(t, TEXT, INTERFACE_IN, cell[PF_IFACE]);
    YG_PUT(t, LOWER, EVENT_ACTION, cell[PF_ACTION]);
    YG_PUT(t, LOWER, DIRECTION, cell[PF_DIR]);
    if (n <= at + 1)
        return true;
    YG_PUT(t, LOWER, TRANSPORT, cell[proto]);
    yg_log_ip(t, YG_F_SOURCE_IP, cell[at]);
    yg_log_ip(t, YG_F_DESTINATION_IP, cell[at + 1]);
    if (n > at + 3 && (yg_is(cell[proto], "tcp") || yg_is(cell[proto], "udp"))) {
        YG_PUT(t, PORT, SOURCE_PORT, cell[at + 2]);
        YG_PUT(t, PORT, DESTINATION_PORT, cell[at + 3]);
    }
    return true;
}

const struct yg_dialect yg_dialect_filterlog = {
    .name = "filterlog",
    .doc = "pf of pfSense and OPNsense (filterlog)",
    .product = "pf",
    .device = YG_DEV_FIREWALL,
    .apps = "filterlog pf",
    .match = pf_match,
    .read = pf_read,
};
