/* SPDX-License-Identifier: Apache-2.0 */
/* What is written behind a field's colon, by the type of the field. */
#include "base/clock.h"
#include "base/risk.h"
#include "query/query_priv.h"

#include <stdio.h>
#include <string.h>

#define EMPTY 0 /* of a range: nothing is in 1..0 */
static const char not_here[] =
    "a range is for times, numbers, levels, risks and addresses";

static void range(struct yg_query_node *t, uint64_t lo, uint64_t hi)
{
    t->test = YG_QT_RANGE;
    t->lo = lo <= hi ? lo : 1;
    t->hi = lo <= hi ? hi : EMPTY;
}

/* The values that compare so with the interval lo..hi, in min..max. */
static void compared(struct yg_query_node *t, enum yg_query_cmp cmp, uint64_t lo,
                     uint64_t hi, uint64_t max)
{
    switch (cmp) {
    case YG_QC_EQ:
        range(t, lo, hi);
        break;
    case YG_QC_GE:
        range(t, lo, max);
        break;
    case YG_QC_LE:
        range(t, 0, hi);
        break;
    case YG_QC_GT:
        range(t, hi < max ? hi + 1 : 1, hi < max ? max : EMPTY);
        break;
    case YG_QC_LT:
        range(t, lo > 0 ? 0 : 1, lo > 0 ? lo - 1 : EMPTY);
        break;
    }
}

/* ---- times ------------------------------------------------------------------------- */

static bool seconds_of(char unit, int64_t *out)
{
    static const struct {
        char unit;
        int64_t s;
    } known[] = {
        { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 604800 }
    };

    for (size_t i = 0; i < YG_ARRAY_LEN(known); i++) {
        *out = known[i].s;
        if (known[i].unit == unit)
            return true;
    }
    return false;
}

/* "now", "now-90m", "now+1h". */
static bool relative(struct yg_str s, int64_t now_ns, int64_t *out)
{
    uint64_t n;
    int64_t unit, ns;

    if (s.n < 3 || !yg_str_eq_nocase((struct yg_str){ s.p, 3 }, YG_STR("now")))
        return false;
    *out = now_ns;
    if (s.n == 3)
        return true;
    if (s.n < 6 || (s.p[3] != '-' && s.p[3] != '+') || !seconds_of(s.p[s.n - 1], &unit) ||
        !yg_str_u64((struct yg_str){ s.p + 4, s.n - 5 }, &n) || n > 100000000)
        return false;
    return !__builtin_mul_overflow((int64_t)n, unit * YG_NS_PER_S, &ns) &&
           !__builtin_add_overflow(now_ns, s.p[3] == '-' ? -ns : ns, out);
}

/* Where a zone begins behind the time; s.n when there is none. */
static size_t zone_at(struct yg_str s)
{
    for (size_t i = 10; i < s.n; i++)
        if (s.p[i] == 'Z' || s.p[i] == 'z' || s.p[i] == '+' || s.p[i] == '-')
            return i;
    return s.n;
}

/* A time with the precision it is written in: its first and last nanosecond. */
static bool interval(const struct yg_query_values *v, struct yg_str s, int64_t *lo,
                     int64_t *hi)
{
    size_t zone = zone_at(s);
    const char *rest = zone == 10 ? "T00:00:00" : zone == 16 ? ":00" : "";
    int64_t last = zone == 10   ? 86400 * YG_NS_PER_S - 1
                   : zone == 16 ? 60 * YG_NS_PER_S - 1
                   : zone == 19 ? YG_NS_PER_S - 1
                                : 0;
    char text[64];
    int n;

    if (relative(s, v->clock.now_ns, lo)) {
        *hi = *lo;
        return true;
    }
    if (s.n > 40 || zone < 10)
        return false;
    n = snprintf(text, sizeof(text), "%.*s%s%.*s", (int)zone, s.p, rest,
                 (int)(s.n - zone), s.p + zone);
    return n > 0 && (size_t)n < sizeof(text) &&
           yg_time_iso((struct yg_str){ text, (size_t)n }, v->clock.offset_min, lo,
                       NULL) &&
           !__builtin_add_overflow(*lo, last, hi);
}

static enum yg_status time_value(const struct yg_query_values *v, struct yg_str s,
                                 uint64_t *lo, uint64_t *hi, struct yg_err *err)
{
    int64_t from, until;

    if (!interval(v, s, &from, &until))
        return yg_err_set(err, YG_EINVAL,
                          "\"%.*s\" is not a time: write 2026-01-31, "
                          "2026-01-31T23:59:00Z, now or now-90m (s m h d w)",
                          (int)(s.n < 60 ? s.n : 60), s.p);
    *lo = yg_query_order(from);
    *hi = yg_query_order(until);
    return YG_OK;
}

/* ---- numbers, levels, risks -------------------------------------------------------- */

static enum yg_status number_value(struct yg_str s, uint64_t *lo, uint64_t *hi,
                                   struct yg_err *err)
{
    if (!yg_str_u64(s, lo))
        return yg_err_set(err, YG_EINVAL, "\"%.*s\" is not a whole number",
                          (int)(s.n < 60 ? s.n : 60), s.p);
    *hi = *lo;
    return YG_OK;
}

static enum yg_status level_value(struct yg_str s, enum yg_query_cmp cmp, uint64_t *lo,
                                  uint64_t *hi, struct yg_err *err)
{
    enum yg_level level;

    if (yg_level_of(s, &level))
        *lo = *hi = level;
    else if (yg_str_eq_nocase(s, YG_STR("none")) && cmp == YG_QC_EQ)
        *lo = *hi = YG_LEVEL_NONE;
    else
        return yg_err_set(err, YG_EINVAL,
                          "\"%.*s\" is not a level: write FP, L1, L2, L3, L4 or none",
                          (int)(s.n < 60 ? s.n : 60), s.p);
    return YG_OK;
}

/* How many risks have a probability of at most `p` (base/risk.h: it does not fall). */
static uint64_t risks_up_to(double p)
{
    uint64_t lo = 0, hi = (uint64_t)YG_RISK_MAX + 1;

    while (lo < hi) {
        uint64_t mid = lo + (hi - lo) / 2;
        if (yg_risk_prob((uint32_t)mid) <= p)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static enum yg_status risk_value(struct yg_str s, enum yg_query_cmp cmp,
                                 struct yg_query_node *t, struct yg_err *err)
{
    const uint64_t end = (uint64_t)YG_RISK_MAX + 1;
    double p;

    if (!yg_str_f64(s, &p) || !(p >= 0 && p <= 1))
        return yg_err_set(err, YG_EINVAL, "\"%.*s\" is not a probability from 0 to 1",
                          (int)(s.n < 60 ? s.n : 60), s.p);
    uint64_t at = yg_risk_of_prob(p), above = risks_up_to(p);
    if (yg_risk_prob((uint32_t)at) < p)
        at = end;
    if (cmp == YG_QC_EQ)
        return yg_err_set(err, YG_EINVAL, "risks are hardly ever equal: write >=0.5");
    t->test = YG_QT_RANGE;
    t->lo = cmp == YG_QC_GE ? at : cmp == YG_QC_GT ? above : 0;
    t->hi = (cmp == YG_QC_LT ? at : cmp == YG_QC_LE ? above : end);
    if (t->lo < t->hi)
        t->hi--;
    else
        range(t, 1, EMPTY);
    return YG_OK;
}

/* ---- addresses --------------------------------------------------------------------- */

bool yg_query_address(struct yg_str s, struct yg_query_node *t)
{
    struct yg_str rest = s, head = yg_str_cut(&rest, '/');
    uint64_t bits = 128;

    if (!yg_ip_parse(head, t->ip[0]))
        return false;
    if (rest.p) {
        bool v4 = !memchr(head.p, ':', head.n);
        if (!yg_str_u64(rest, &bits) || bits > (v4 ? 32 : 128))
            return false;
        bits += v4 ? 96 : 0;
    }
    for (unsigned i = 0; i < YG_IP_SIZE; i++) {
        unsigned keep = bits <= 8 * i       ? 0
                        : bits - 8 * i >= 8 ? 8
                                            : (unsigned)(bits - 8 * i);
        unsigned char mask = (unsigned char)(0xff00U >> keep);
        t->ip[0][i] &= mask;
        t->ip[1][i] = (unsigned char)(t->ip[0][i] | (unsigned char)~mask);
    }
    t->test = YG_QT_IP;
    return true;
}

static enum yg_status address_value(struct yg_str plain, struct yg_str written,
                                    struct yg_query_node *t, struct yg_err *err)
{
    bool internal = yg_str_eq_nocase(plain, YG_STR("internal"));

    if (internal || yg_str_eq_nocase(plain, YG_STR("external"))) {
        t->test = YG_QT_INTERNAL;
        t->lo = internal;
    } else if (yg_wild_any(written)) {
        t->test = YG_QT_TEXT;
        t->text = written;
    } else if (!yg_query_address(plain, t)) {
        return yg_err_set(err, YG_EINVAL,
                          "\"%.*s\" is not an address: write 10.1.2.3, 10.0.0.0/8, "
                          "2001:db8::/32, internal or external",
                          (int)(plain.n < 60 ? plain.n : 60), plain.p);
    }
    return YG_OK;
}

/* ---- text -------------------------------------------------------------------------- */

static const char *const kinds[] = { "alert", "event", "undecodable", NULL };
static const char *const decisions[] = { "open", "would-close", "closed", "none", NULL };
static const char *const truths[] = { "true", "false", NULL };

static bool known(struct yg_str plain, const char *const *word)
{
    for (; *word; word++)
        if (yg_str_eq_nocase(plain, yg_str_of(*word)))
            return true;
    return false;
}

/* Of what has few values another one is a mistake and not "nothing found". */
static enum yg_status check_word(unsigned what, struct yg_str plain, struct yg_err *err)
{
    enum yg_device d;

    if (what == YG_QO_KIND && !known(plain, kinds))
        return yg_err_set(err, YG_EINVAL, "write alert, event or undecodable");
    if (what == YG_QO_DECISION && !known(plain, decisions))
        return yg_err_set(err, YG_EINVAL, "write open, would-close, closed or none");
    if (what == YG_QO_PACKETS && !known(plain, truths))
        return yg_err_set(err, YG_EINVAL, "write true or false");
    if (what == YG_QO_DEVICE && !yg_device_of(plain, &d))
        return yg_err_set(err, YG_EINVAL,
                          "no such device type: ids, host, anomaly, firewall, waf, web, "
                          "proxy, dns, mail, antivirus, sandbox, auth or other");
    return YG_OK;
}

static enum yg_status text_value(enum yg_query_cmp cmp, struct yg_str plain,
                                 struct yg_str written, struct yg_query_node *t,
                                 struct yg_err *err)
{
    if (cmp != YG_QC_EQ)
        return yg_err_set(err, YG_EINVAL, "%s is text: %s", yg_query_name_of(t->what),
                          not_here);
    t->test = YG_QT_TEXT;
    t->text = written;
    return yg_wild_any(written) ? YG_OK : check_word(t->what, plain, err);
}

/* ---- all --------------------------------------------------------------------------- */

static enum yg_status ordered(const struct yg_query_values *v, unsigned what,
                              enum yg_query_cmp cmp, struct yg_str plain,
                              uint64_t limit[3], struct yg_err *err)
{
    limit[2] = UINT64_MAX;
    switch (yg_query_type_of(what)) {
    case YG_QY_TIME:
        return time_value(v, plain, &limit[0], &limit[1], err);
    case YG_QY_LEVEL:
        limit[2] = YG_LEVEL_L4;
        return level_value(plain, cmp, &limit[0], &limit[1], err);
    default:
        return number_value(plain, &limit[0], &limit[1], err);
    }
}

enum yg_status yg_query_value(const struct yg_query_values *v, enum yg_query_cmp cmp,
                              struct yg_str text, struct yg_query_node *t,
                              struct yg_err *err)
{
    enum yg_query_type type = yg_query_type_of(t->what);
    struct yg_str plain;
    uint64_t limit[3];
    enum yg_status st;

    if (!yg_wild_plain(text, v->arena, &plain))
        return yg_err_set(err, YG_ENOMEM, "no room for the query");
    if (type == YG_QY_TEXT || type == YG_QY_BYTES)
        return text_value(cmp, plain, text, t, err);
    if (type == YG_QY_IP && cmp != YG_QC_EQ)
        return yg_err_set(err, YG_EINVAL,
                          "write addresses as 10.0.0.0/8 or [10.0.0.1 to 10.0.0.9]");
    if (type == YG_QY_IP)
        return address_value(plain, text, t, err);
    if (type == YG_QY_RISK)
        return risk_value(plain, cmp, t, err);
    st = ordered(v, t->what, cmp, plain, limit, err);
    if (st != YG_OK)
        return st;
    compared(t, cmp, limit[0], limit[1], limit[2]);
    return YG_OK;
}

static bool open_end(struct yg_str s)
{
    return yg_str_eq(s, YG_STR("*"));
}

static enum yg_status between_addresses(struct yg_str from, struct yg_str until,
                                        struct yg_query_node *t, struct yg_err *err)
{
    struct yg_query_node a = *t, b = *t;

    if ((!open_end(from) && !yg_query_address(from, &a)) ||
        (!open_end(until) && !yg_query_address(until, &b)))
        return yg_err_set(err, YG_EINVAL, "write [10.0.0.1 to 10.0.0.9]");
    t->test = YG_QT_IP;
    memset(t->ip[0], 0, YG_IP_SIZE);
    memset(t->ip[1], 0xff, YG_IP_SIZE);
    if (!open_end(from))
        memcpy(t->ip[0], a.ip[0], YG_IP_SIZE);
    if (!open_end(until))
        memcpy(t->ip[1], b.ip[1], YG_IP_SIZE);
    return YG_OK;
}

/* Both ends of what is ordered; `limit` is one end's first, last and the highest there
 * is. */
static enum yg_status between_ordered(const struct yg_query_values *v, struct yg_str from,
                                      struct yg_str until, struct yg_query_node *t,
                                      struct yg_err *err)
{
    bool level = yg_query_type_of(t->what) == YG_QY_LEVEL;
    uint64_t a[3] = { 0 }, b[3] = { 0, level ? YG_LEVEL_L4 : UINT64_MAX };
    enum yg_status st = YG_OK;

    if (!open_end(from))
        st = ordered(v, t->what, YG_QC_GE, from, a, err);
    if (st == YG_OK && !open_end(until))
        st = ordered(v, t->what, YG_QC_LE, until, b, err);
    if (st == YG_OK)
        range(t, a[0], b[1]);
    return st;
}

static enum yg_status between_risks(struct yg_str from, struct yg_str until,
                                    struct yg_query_node *t, struct yg_err *err)
{
    struct yg_query_node a = { .lo = 0 }, b = { .hi = YG_RISK_MAX };
    enum yg_status st = YG_OK;

    if (!open_end(from))
        st = risk_value(from, YG_QC_GE, &a, err);
    if (st == YG_OK && !open_end(until))
        st = risk_value(until, YG_QC_LE, &b, err);
    if (st == YG_OK)
        range(t, a.lo, b.hi);
    return st;
}

enum yg_status yg_query_between(const struct yg_query_values *v, struct yg_str from,
                                struct yg_str until, struct yg_query_node *t,
                                struct yg_err *err)
{
    if (!yg_wild_plain(from, v->arena, &from) || !yg_wild_plain(until, v->arena, &until))
        return yg_err_set(err, YG_ENOMEM, "no room for the query");
    switch (yg_query_type_of(t->what)) {
    case YG_QY_TEXT:
    case YG_QY_BYTES:
        return text_value(YG_QC_GE, from, from, t, err);
    case YG_QY_IP:
        return between_addresses(from, until, t, err);
    case YG_QY_RISK:
        return between_risks(from, until, t, err);
    default:
        return between_ordered(v, from, until, t, err);
    }
}
