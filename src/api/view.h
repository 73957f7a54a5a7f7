/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view - what one request gathers from the store before any of it is written.
 *
 * The same values become a page (page.h) or JSON (json.h), so that the two cannot tell
 * different stories. Everything lives with the request's arena.
 */
#ifndef YG_API_VIEW_H
#define YG_API_VIEW_H

#include "api/request.h"
#include "event/scope.h"
#include "pipeline/lookat.h"
#include "policy/certificate.h"
#include "policy/decide.h"
#include "store/store.h"

#define YG_VIEW_RAW_MAX     ((size_t)32 << 10) /* bytes shown of one record */
#define YG_VIEW_TENANTS_MAX 200                /* offered by name to choose from */

/* What decides at present, told by whoever started the server. */
struct yg_view_policy {
    const char *mode; /* "shadow", "armed" */
    bool model;       /* there is one */
    bool certified;
    struct yg_certificate certificate; /* if certified */
    char problem[256];                 /* why the model cannot be read; "": it can */
};
typedef void yg_view_policy_f(void *arg, struct yg_view_policy *out);

/* Who looks, for the pages' head. */
struct yg_view_who {
    struct yg_str name; /* empty: nobody */
    const char *csrf;   /* for forms */
    bool open;          /* there is no login */
    bool judges;        /* may give verdicts */
};

struct yg_beside;
struct yg_boxed_job;
struct yg_desk;
struct yg_modelpack;
struct yg_config;
struct yg_inputs;
struct yg_view_source {
    struct yg_store *store; /* of the thread that handles requests; read by seen.h */
    struct yg_scope scope;  /* of who asks; a zeroed one sees nothing */
    bool raw;               /* who asks may see the bytes of records */
    struct yg_desk *desk;   /* what people know; NULL: nothing is told of it */
    const struct yg_view_who *who; /* NULL: nothing is said of him */
    const struct yg_clock *clock;
    const struct yg_config *config;
    /* The model in force, borrowed until the next call; NULL: none can be read. */
    const struct yg_modelpack *(*pack)(void *arg); /* of policy_arg; NULL: never any */
    yg_view_policy_f *policy;
    void *policy_arg;
    /* Of a server with inputs; NULL: it has none. */
    /* Begin to work out what moved an alert's risk (`explain ID --why`), of policy_arg;
     * NULL: it is not told. */
    enum yg_status (*explain)(void *arg, const unsigned char id[YG_ID_SIZE],
                              struct yg_boxed_job **out, struct yg_err *err);
    struct yg_beside *beside; /* where long work goes on; NULL: it is waited for */
    const char *journal;      /* its folder */
    const struct yg_inputs *inputs;
    /* What keeps the server from its work now is added to `why`; of policy_arg. */
    void (*trouble)(void *arg, struct yg_buf *why);
};

/* Places in a list: skip = (page - 1) * limit. */
struct yg_view_paging {
    uint64_t page, limit, total;
};
static inline uint64_t yg_view_pages(const struct yg_view_paging *p)
{
    return p->total == 0 ? 1 : (p->total - 1) / p->limit + 1;
}

/* Set the total; which of these stand on the page: `count` from `*first` on. */
static inline size_t yg_view_slice(struct yg_view_paging *p, size_t total, size_t *first)
{
    uint64_t skip = (p->page - 1) * p->limit;
    size_t left = skip < total ? total - (size_t)skip : 0;

    p->total = total;
    *first = total - left;
    return left < p->limit ? left : (size_t)p->limit;
}

struct yg_duty; /* desk/duty.h */
struct yg_view_queue {
    int64_t now_ns;
    const struct yg_view_who *who;
    struct yg_store_stats stats;
    struct yg_view_policy policy;
    struct yg_queue_page page;
    struct yg_str *rule; /* of each run's worst alert, as its rule says itself; NULL: the
                          * store has seen none */
    const struct yg_duty *duty; /* of each run: who works on it, when it is due; NULL:
                                 * there is no desk */
    struct yg_view_paging paging;
    struct yg_store_tenant *tenant;
    size_t tenants;
    struct yg_str chosen; /* tenant; empty: all */
    uint64_t blind;       /* runs that wait to be judged without the score: not among
                           * these, because their place in the order would tell it */
    bool judged;
    bool whole; /* of all tenants: what is pooled is shown */
};

struct yg_view_alert {
    struct yg_store_record record; /* raw: at most YG_VIEW_RAW_MAX bytes of it */
    size_t raw_bytes;              /* of the whole record */
    size_t packet_bytes;           /* of the packets kept with it */
    struct yg_verdict verdict;     /* level NONE: none in force */
    struct yg_str rule;            /* the rule that asked to close it; empty: none */
    bool found; /* false: its block is damaged or gone; only id is set */
};

struct yg_view_run {
    int64_t now_ns;
    const struct yg_view_who *who;
    struct yg_queue_run run;
    bool blind; /* it waits for a blind verdict: nothing the model said may be shown */
    struct yg_view_alert *alert; /* of this page */
    size_t count;
    struct yg_view_paging paging; /* over its alerts */
    const struct yg_duty *duty;   /* as of the queue; NULL: there is no desk */
};

enum yg_status yg_view_queue(const struct yg_view_source *v, const struct yg_params *p,
                             struct yg_arena *arena, struct yg_view_queue *out,
                             struct yg_err *err) YG_MUST_USE;
/* The packets of one alert as the parameters ask for them. */
struct yg_view_packets {
    int64_t now_ns;
    const struct yg_view_who *who;
    struct yg_store_record record;
    struct yg_show show;
};
enum yg_status yg_view_packets(const struct yg_view_source *v, struct yg_str hex_id,
                               const struct yg_params *p, struct yg_arena *arena,
                               struct yg_view_packets *out,
                               struct yg_err *err) YG_MUST_USE;
/* Their words, as text or JSON (pipeline/lookat.h). YG_EBUSY: a process beside is still
 * looking at them; ask again. */
enum yg_status yg_view_packets_say(const struct yg_view_source *v,
                                   const struct yg_view_packets *p, bool json,
                                   struct yg_buf *out, struct yg_err *err) YG_MUST_USE;
/* The pcap itself. YG_ENOTFOUND: there is none. */
enum yg_status yg_view_packets_pcap(const struct yg_view_source *v,
                                    const struct yg_view_packets *p, struct yg_buf *out,
                                    struct yg_err *err) YG_MUST_USE;

enum yg_status yg_view_run(const struct yg_view_source *v, struct yg_str hex_id,
                           const struct yg_params *p, struct yg_arena *arena,
                           struct yg_view_run *out, struct yg_err *err) YG_MUST_USE;

/* ---- shared ways to say things --------------------------------------------------- */

#define YG_RISK_TEXT_MAX 24
/* A probability with three significant digits that never rounds to certainty: "0.970",
 * "1.20e-9", ">0.999". Returns `out`. */
const char *yg_view_risk(uint32_t risk, char out[YG_RISK_TEXT_MAX]);

/* "2026-01-31 23:59:59", UTC. Returns `out`. */
const char *yg_view_time(int64_t ns, char out[YG_TIME_TEXT_MAX]);

/* "open", "close" (shadow mode: it would be), "closed", NULL: no model judged it. */
const char *yg_view_decision(unsigned decision);

#endif
