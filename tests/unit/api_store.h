/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api_store - a small store whose every text is hostile, for the pages and the API.
 *
 * Made by test_api for itself, and with a directory as its argument for
 * tests/scenario/serve.t. Waiting: HOSTILE_RUNS runs of tenant "acme" with one alert each
 * (run 0: ALERTS_OF_0 alerts), one of a tenant whose name is hostile; judged: one.
 */
#ifndef YG_TESTS_API_STORE_H
#define YG_TESTS_API_STORE_H

#include "base/risk.h"
#include "policy/decide.h"
#include "store_util.h"

#define HOSTILE_RUNS   7
#define ALERTS_OF_0    3
#define EVIL_TENANT    YG_STR("\"><script>t</script>&x=1")
#define EVIL_SIGNATURE "<script>alert(1)</script> \xe2\x80\xaetxt.exe"

static inline struct yg_str hostile_raw(uint64_t n)
{
    const struct yg_str raw[] = {
        YG_STR("{\"a\":\"</pre><script>alert(2)</script>\"}\n"),
        YG_STR("<img src=x onerror=alert(3)>\x1b[2J\r\n"),
        YG_STR("bytes \xff\xfe\xc0\xbc and NUL \0 and \xe2\x80\xae override"),
        YG_STR("--><![CDATA[<svg onload=alert(4)>]]>"),
    };

    return raw[n % YG_ARRAY_LEN(raw)];
}

static inline void put_alert(struct fixture *f, struct yg_str tenant, uint64_t n)
{
    struct yg_store_record r = { .time_ns = T0 + (int64_t)n * YG_NS_PER_S,
                                 .received_ns = T0,
                                 .source = 1,
                                 .kind = YG_KIND_ALERT,
                                 .verdict = YG_LEVEL_NONE,
                                 .decision = YG_DECISION_OPEN,
                                 .predicted = YG_LEVEL_L3,
                                 .risk = yg_risk_of_prob(0.25),
                                 .raw = hostile_raw(n) };

    id_of(n, r.id);
    assert_ok(f, yg_store_add(f->st, tenant, &r, &f->err));
}

static inline void put_run(struct fixture *f, struct yg_str tenant, uint64_t n,
                           uint64_t alerts, enum yg_level verdict)
{
    unsigned char ids[ALERTS_OF_0][YG_ID_SIZE];
    struct yg_queue_run run = {
        .tenant = tenant,
        .signature = YG_STR(EVIL_SIGNATURE),
        .entity = YG_STR("10.0.0.1"),
        .source_ip = YG_STR("10.0.0.1"),
        .destination_ip = YG_STR("192.0.2.1"),
        .host = YG_STR("'onmouseover='alert(5)"),
        .device = YG_STR("ids"),
        .first_ns = T0,
        .last_ns = T0 + (int64_t)alerts * YG_NS_PER_S,
        .alerts = alerts,
        .open = alerts,
        .max_risk = yg_risk_of_prob(0.5) - (uint32_t)n,
        .gates = n % 2 ? YG_GATE_BIT(NO_CERTIFICATE)
                       : YG_GATE_BIT(NO_CERTIFICATE) | YG_GATE_BIT(NEW_SIGNATURE),
        .predicted = YG_LEVEL_L3,
        .verdict = (uint8_t)verdict,
    };

    for (uint64_t i = 0; i < alerts; i++) {
        put_alert(f, tenant, n * 100 + i);
        id_of(n * 100 + i, ids[i]);
    }
    memcpy(run.id, ids[0], YG_ID_SIZE);
    memcpy(run.worst, ids[0], YG_ID_SIZE);
    assert_ok(f, yg_store_run_put(f->st, &run, &f->err));
    assert_ok(f, yg_store_run_add(f->st, run.id, ids[0], alerts, &f->err));
}

static inline void hostile_store(struct fixture *f)
{
    for (uint64_t n = 0; n < HOSTILE_RUNS; n++)
        put_run(f, ACME, n, n == 0 ? ALERTS_OF_0 : 1, YG_LEVEL_NONE);
    put_run(f, EVIL_TENANT, 50, 1, YG_LEVEL_NONE);
    put_run(f, BETA, 60, 1, YG_LEVEL_FP);
    commit(f);
}

#endif
