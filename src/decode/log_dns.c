/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names and addresses: BIND, Unbound, dnsmasq (Pi-hole), ISC DHCP, Kea. All context. The
 * client of a DHCP message is its source, the address it was given source.ip.
 */
#include "decode/dialects.h"
#include "decode/log_says.h"

#define FAILED YG_SAID_FAILED

static const struct yg_say named_rows[] = {
    { "query: %s %s %s", "g-y", "query", 0, 0 },
    { "query (cache) '%*/%*/%*' denied", "gy-", "query", FAILED, 0 },
    { "query '%*/%*/%*' denied", "gy-", "query", FAILED, 0 },
    { "query (cache)", "", "query", FAILED, 0 },
    { "query failed (%*) for %*/%*/%*", "zg-y", "query", FAILED, 0 },
    { "rpz %s %s rewrite %*/%*/%*", "-ag-", NULL, 0, 0 },
    { "update '%*' denied", "g", "update", FAILED, 0 },
    { "updating zone '%*/IN'", "g", "update", 0, 0 },
    { "zone transfer '%*' denied", "g", "zone-transfer", FAILED, 0 },
    { "transfer of '%*/IN': %s started", "g-", "zone-transfer", 0, 0 },
    { "bad zone transfer request: '%*'", "g", "zone-transfer", FAILED, 0 },
    { "REFUSED unexpected RCODE resolving '%*/%*/%*'", "gy-", "answer", FAILED, 0 },
    { "lame server resolving '%*'", "g", "answer", FAILED, 0 },
    { "zone %*/IN: ", "g", "zone", 0, 0 },
};

/* "client @0x7f 192.0.2.1#4711 (w.example): view v: query: w.example IN A +E" */
static bool named_read(struct yg_decode *d, struct yg_target *t,
                       const struct yg_logline *l)
{
    struct yg_str text = l->body, word, rest;

    (void)d;
    if (yg_after(&text, "client ")) {
        if (text.n > 0 && text.p[0] == '@' && yg_word(&text, &word))
            text = yg_skip_blanks(text);
        if (yg_word(&text, &word))
            yg_say_put(t, 's', word);
        text = yg_skip_blanks(text);
        if (text.n > 0 && text.p[0] == '(')
            (void)yg_after(&text, "): ");
        rest = text;
        if (yg_eat(&rest, "view ") && yg_after(&rest, ": "))
            text = rest;
    } else {
        text = l->body;
        (void)yg_say_level(t, &text);
    }
    (void)yg_says(t, text, named_rows, YG_ARRAY_LEN(named_rows));
    return true;
}

const struct yg_dialect yg_dialect_named = {
    .name = "named",
    .doc = "BIND: queries, refusals, transfers, RPZ",
    .product = "BIND",
    .device = YG_DEV_DNS,
    .apps = "named",
    .read = named_read,
};

/* "[9405:0] info: 192.0.2.1 w.example. A IN [NOERROR 0.1 0 45]" */
static const struct yg_say unbound_rows[] = {
    { "[%*] %s: %s %s %s IN %s", "--sgyz", "query", 0, 0 },
    { "[%*] %s: %s %s %s IN", "--sgy", "query", 0, 0 },
    { "[%*] %s: ", "--", "message", 0, 0 },
};

static bool unbound_read(struct yg_decode *d, struct yg_target *t,
                         const struct yg_logline *l)
{
    (void)d;
    (void)yg_says(t, l->body, unbound_rows, YG_ARRAY_LEN(unbound_rows));
    return true;
}

const struct yg_dialect yg_dialect_unbound = {
    .name = "unbound",
    .doc = "Unbound: queries, replies",
    .product = "Unbound",
    .device = YG_DEV_DNS,
    .apps = "unbound",
    .read = unbound_read,
};

static const struct yg_say dnsmasq_rows[] = {
    { "query[%*] %s from %s", "ygs", "query", 0, 0 },
    { "reply %s is %s", "gx", "reply", 0, 0 },
    { "cached %s is %s", "gx", "cached", 0, 0 },
    { "config %s is %s", "gx", "config", 0, 0 },
    { "forwarded %s to %s", "gd", "forwarded", 0, 0 },
    { "gravity blocked %s is %s", "gx", "blocked", FAILED, 0 },
    { "exactly blacklisted %s is %s", "gx", "blocked", FAILED, 0 },
    { "exactly denied %s is %s", "gx", "blocked", FAILED, 0 },
    { "regex denied %s is %s", "gx", "blocked", FAILED, 0 },
    { "/%* %s is %s", "-gx", "hosts", 0, 0 },
    { "possible DNS-rebind attack detected: %s", "g", "rebind", FAILED, 0 },
};

static const struct yg_say dhcp_rows[] = {
    { "DHCPDISCOVER from %s", "t", "dhcpdiscover", 0, 0 },
    { "DHCPDISCOVER(%*) %s %s", "-st", "dhcpdiscover", 0, 0 },
    { "DHCPDISCOVER(%*) %s", "-t", "dhcpdiscover", 0, 0 },
    { "DHCPREQUEST for %s (%*) from %s (%*) via", "s-tH", "dhcprequest", 0, 0 },
    { "DHCPREQUEST for %s (%*) from %s", "s-t", "dhcprequest", 0, 0 },
    { "DHCPREQUEST for %s from %s (%*) via", "stH", "dhcprequest", 0, 0 },
    { "DHCPREQUEST for %s from %s", "st", "dhcprequest", 0, 0 },
    { "DHCPOFFER on %s to %s", "st", "dhcpoffer", 0, 0 },
    { "DHCPACK on %s to %s (%*) via", "stH", "dhcpack", 0, 0 },
    { "DHCPACK on %s to %s", "st", "dhcpack", 0, 0 },
    { "DHCPACK to %s (%*)", "st", "dhcpack", 0, 0 },
    { "DHCPNAK on %s to %s", "st", "dhcpnak", FAILED, 0 },
    { "DHCPRELEASE of %s from %s", "st", "dhcprelease", 0, 0 },
    { "DHCPDECLINE of %s from %s", "st", "dhcpdecline", FAILED, 0 },
    { "DHCPINFORM from %s", "s", "dhcpinform", 0, 0 },
    { "DHCPACK(%*) %s %s %s", "-stH", "dhcpack", 0, 0 },
    { "DHCPACK(%*) %s %s", "-st", "dhcpack", 0, 0 },
    { "DHCPREQUEST(%*) %s %s", "-st", "dhcprequest", 0, 0 },
    { "DHCPOFFER(%*) %s %s", "-st", "dhcpoffer", 0, 0 },
    { "DHCP%*(%*) %s %s", "--st", "dhcp", 0, 0 },
    { "DHCP4_LEASE_ALLOC [%* %*], %*: lease %s has been allocated", "-t-s", "dhcpack", 0,
      0 },
    { "DHCP4_LEASE_ADVERT [%* %*], %*: lease %s", "-t-s", "dhcpoffer", 0, 0 },
    { "DHCP4_RELEASE [%* %*], %*: address %s", "-t-s", "dhcprelease", 0, 0 },
    { "DHCP6_LEASE_ALLOC %* lease for address %s and", "-s", "dhcpack", 0, 0 },
    { "DHCP6_LEASE_ADVERT %* lease for address %s and", "-s", "dhcpoffer", 0, 0 },
    { "abandon lease %s", "s", "abandoned", FAILED, 0 },
    { "Abandoning IP address %s", "s", "abandoned", FAILED, 0 },
};

/* "123 192.0.2.1/4711 query[A] .." with extra logging */
static bool dnsmasq_read(struct yg_decode *d, struct yg_target *t,
                         const struct yg_logline *l)
{
    struct yg_str text = l->body, part[YG_SCAN_MAX];
    uint64_t n;

    (void)d;
    if (yg_scan(text, "%s %s %*", part) == 3 && yg_str_u64(part[0], &n)) {
        text = part[2];
        yg_say_put(t, 's', part[1]);
    }
    if (!yg_says(t, text, dnsmasq_rows, YG_ARRAY_LEN(dnsmasq_rows)))
        (void)yg_says(t, text, dhcp_rows, YG_ARRAY_LEN(dhcp_rows));
    return true;
}

const struct yg_dialect yg_dialect_dnsmasq = {
    .name = "dnsmasq",
    .doc = "dnsmasq and Pi-hole: names and leases",
    .product = "dnsmasq",
    .device = YG_DEV_DNS,
    .apps = "dnsmasq dnsmasq-dhcp pihole-ftl",
    .read = dnsmasq_read,
};

static bool dhcp_read(struct yg_decode *d, struct yg_target *t,
                      const struct yg_logline *l)
{
    struct yg_str text = l->body;
    const char *kea = text.n ? memmem(text.p, text.n, " DHCP4_", 7) : NULL;

    (void)d;
    if (!kea && text.n)
        kea = memmem(text.p, text.n, " DHCP6_", 7);
    if (kea)
        text = yg_skip(text, (size_t)(kea - text.p) + 1);
    (void)yg_says(t, text, dhcp_rows, YG_ARRAY_LEN(dhcp_rows));
    return true;
}

const struct yg_dialect yg_dialect_dhcp = {
    .name = "dhcp",
    .doc = "ISC dhcpd and Kea: leases",
    .product = "DHCP server",
    .device = YG_DEV_OTHER,
    .apps = "dhcpd kea-dhcp4 kea-dhcp6 dhcrelay",
    .read = dhcp_read,
};

/* Its own file: "2026-01-02 03:04:05.678 INFO  [kea-dhcp4.leases/4711.139] DHCP4_.." */
static int kea_match(const struct yg_logline *l)
{
    return l->app.n == 0 && yg_str_starts(l->body, YG_STR("[kea-dhcp")) ? 92 : 0;
}

const struct yg_dialect yg_dialect_kea = {
    .name = "kea",
    .doc = "Kea's own log files: leases",
    .product = "DHCP server",
    .device = YG_DEV_OTHER,
    .no_host = true,
    .marks = "[kea-dhcp",
    .match = kea_match,
    .read = dhcp_read,
};
