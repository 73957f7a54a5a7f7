/* SPDX-License-Identifier: Apache-2.0 */
/* The worked example of docs/add-a-decoder.md, which test_log.c compiles and runs. */
#ifndef YG_TESTS_EXAMPLE_DIALECT_H
#define YG_TESTS_EXAMPLE_DIALECT_H

#include "decode/log.h"

/*
 * acmewall - a firewall that does not exist. Two kinds of records, by syslog:
 *
 *      acmewall: t=flow act=deny src=192.0.2.7:4711 dst=198.51.100.2:22 proto=6
 *      acmewall: t=ips act=drop src=.. dst=.. sig=4711 name="Bad thing" prio=high
 */
static const struct yg_kv_pick acme_pick[] = {
    { "act", YG_AS_LOWER, YG_F_EVENT_ACTION }, /* two keys for one field are fine: */
    { "user", YG_AS_TEXT, YG_F_USER_NAME },    /* the first in the record counts */
    { "if", YG_AS_TEXT, YG_F_INTERFACE_IN },
};

/* Cheap, and never wrong about other devices' records: they are in the same stream. */
static int acme_match(const struct yg_logline *l)
{
    struct yg_str s = l->body;

    return yg_eat(&s, "t=ips ") || yg_eat(&s, "t=flow ") ? 95 : 0;
}

static bool acme_read(struct yg_decode *d, struct yg_target *t,
                      const struct yg_logline *l)
{
    struct yg_str rest = l->body, type = YG_STR_NONE, id = YG_STR_NONE;
    struct yg_str name = YG_STR_NONE, priority = YG_STR_NONE;
    struct yg_kv kv;

    (void)d; /* JSON dialects ask yg_log_hits(d) */
    while (yg_kv_next(&rest, (struct yg_kv_style){ .assign = '=' }, &kv)) {
        if (yg_is(kv.key, "t"))
            type = kv.value;
        else if (yg_is(kv.key, "src"))
            yg_log_endpoint(t, kv.value, YG_F_SOURCE_IP, YG_F_SOURCE_PORT);
        else if (yg_is(kv.key, "dst"))
            yg_log_endpoint(t, kv.value, YG_F_DESTINATION_IP, YG_F_DESTINATION_PORT);
        else if (yg_is(kv.key, "proto"))
            yg_log_protocol(t, kv.value); /* 6 becomes tcp */
        else if (yg_is(kv.key, "sig"))
            id = kv.value;
        else if (yg_is(kv.key, "name"))
            name = kv.value;
        else if (yg_is(kv.key, "prio"))
            priority = kv.value;
        else
            yg_kv_put(t, acme_pick, YG_ARRAY_LEN(acme_pick), &kv);
    }
    YG_PUT(t, TEXT, EVENT_DATASET, type);
    if (yg_is(type, "ips"))
        yg_log_alert(t, id, name, yg_log_severity(priority, 50));
    return type.n > 0; /* false: not one of ours after all */
}

static const struct yg_dialect acme_dialect = {
    .name = "acmewall",
    .doc = "Acme Wall, a firewall that does not exist",
    .product = "Acme Wall",
    .device = YG_DEV_FIREWALL,
    .apps = "acmewall",        /* only records of this program are shown to match */
    .marks = "t=ips |t=flow ", /* and those with one of these texts */
    .match = acme_match,
    .read = acme_read,
};

#endif
