/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sample - writes a realistic multi-tenant data set with packets and ground truth.
 *
 * For tests, for the demo and for load: several organisations with their own hosts,
 * habits and noisy signatures, four kinds of devices in their native formats, attacks
 * that fail and attacks that succeed across devices, and an analyst's verdict on every
 * alert. Everything is invented: addresses of the outside are from the benchmark range
 * 198.18.0.0/15 (RFC 2544), names end in .example (RFC 2606), signatures are our own.
 *
 *      DIR/TENANT/day-NN/{eve.json,wazuh.json,firewall.csv,access.log}
 *      DIR/TENANT/verdicts.csv  DIR/firewall.map.yaml  DIR/web.map.yaml
 *      DIR/truth.json  DIR/README.txt
 *
 * The same parameters give the same bytes on every machine. Cost: one thread, a few
 * microseconds and 1-4 kB of output an alert; memory is that of one tenant-day (about
 * 200 bytes an alert of it), whatever the total.
 */
#ifndef YG_SAMPLE_SAMPLE_H
#define YG_SAMPLE_SAMPLE_H

#include "base/err.h"
#include "event/event.h"

#include <stdbool.h>
#include <stdint.h>

#define YG_SAMPLE_TENANTS_MAX    1000
#define YG_SAMPLE_DAYS_MAX       3660
#define YG_SAMPLE_THREATS_MAX    10000   /* a tenant */
#define YG_SAMPLE_DAY_ALERTS_MAX 2000000 /* mean of a tenant-day */
#define YG_SAMPLE_ALERTS_PER_DAY 4000    /* default, a tenant-day */
#define YG_SAMPLE_THREATS        50      /* default, a tenant */

/* What was written. */
struct yg_sample_counts {
    uint64_t alerts, context, bytes; /* bytes before compression */
    uint64_t level[YG_LEVEL_COUNT];
    uint64_t threats; /* that left at least one alert in the period */
};

struct yg_sample_params {
    const char *dir; /* made if absent; must be empty */
    uint64_t seed;
    uint32_t tenants, days;
    uint64_t alerts;  /* total to aim at; 0: 4,000 a tenant-day */
    uint64_t threats; /* total over all tenants; 0: 50 a tenant */
    bool gzip;        /* device files as .gz */
    /* After each tenant-day, for progress; NULL: none. */
    void (*progress)(void *ctx, uint64_t done, uint64_t total);
    void *progress_ctx;
    struct yg_sample_counts *counts; /* filled on success; NULL: not wanted */
};

/* YG_EINVAL (parameters), YG_EEXIST (directory not empty), YG_EIO, YG_ENOMEM; `err`
 * says which path. What was written before a failure stays. */
enum yg_status yg_sample_write(const struct yg_sample_params *p,
                               struct yg_err *err) YG_MUST_USE;

#endif
