/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/log_json.h"

size_t yg_log_roots(struct yg_json_want *want, size_t n)
{
    /* Elasticsearch; EventBridge; Wazuh's integrations; Security Hub */
    static const char *const root[] = {
        "_source", "detail",    "aws",    "finding",  "findings",
        "gcp",     "office365", "github", "ms-graph", "docker",
    };

    YG_ASSERT(YG_ARRAY_LEN(root) <= YG_LOG_ROOTS);
    for (size_t i = 0; i < YG_ARRAY_LEN(root); i++)
        want[n++] = (struct yg_json_want){ yg_str_of(root[i]), true };
    return n;
}

struct yg_str yg_log_at(const struct yg_decode *d, struct yg_target *t, unsigned slot)
{
    const struct yg_json_hits *h = yg_log_hits(d);
    const struct yg_json_value *v = h ? yg_json_hit(h, slot) : NULL;

    return v ? yg_put_plain(t, v) : YG_STR_NONE;
}

static bool is_number(struct yg_str s)
{
    size_t n = 0;

    while (n < s.n && ((s.p[n] >= '0' && s.p[n] <= '9') || s.p[n] == '.'))
        n++;
    return n == s.n && n >= 9;
}

void yg_log_when(struct yg_target *t, struct yg_str s)
{
    s = yg_str_trim(s);
    if (t->timed || yg_absent(s))
        return;
    if (is_number(s))
        yg_put_text(t, YG_AS_EPOCH, 0, s);
    else if (!yg_log_put_time(t, s))
        yg_put_reason(t, YG_R_BAD_VALUE);
}

static enum yg_field port_of(enum yg_field ip)
{
    return ip == YG_F_DESTINATION_IP ? YG_F_DESTINATION_PORT : YG_F_SOURCE_PORT;
}

static void put_looked_at(struct yg_target *t, enum yg_field f, struct yg_str s)
{
    uint64_t number;
    double real;

    if (f == YG_F_FLOW_START)
        yg_log_when(t, s);
    else if (f == YG_F_SOURCE_IP || f == YG_F_DESTINATION_IP)
        (void)yg_log_endpoint(t, s, f, port_of(f));
    else if (yg_field_info[f].type == YG_T_IP)
        yg_log_ip(t, f, s);
    else if (f == YG_F_DURATION && yg_str_f64(s, &real))
        yg_put_text(t, YG_AS_SECONDS, f, s);
    else if (f != YG_F_DURATION && yg_str_u64(s, &number))
        yg_put_text(t, YG_AS_U64, f, s);
}

void yg_log_put_hits(const struct yg_decode *d, struct yg_target *t,
                     const struct yg_pick *pick)
{
    const struct yg_json_hits *h = yg_log_hits(d);

    yg_put_hits(t, pick, h);
    for (uint32_t i = 0; i < h->count; i++) {
        const struct yg_pick *p = &pick[h->hit[i].slot];
        if (p->how == YG_AS_NOTHING && p->field)
            put_looked_at(t, (enum yg_field)p->field, yg_put_plain(t, &h->hit[i]));
    }
}

void yg_log_outcome(struct yg_target *t, struct yg_str word)
{
    static const char good[][12] = {
        "success", "succeeded", "ok",  "allowed", "allow",
        "true",    "passed",    "0x0", "granted", "permitted"
    };
    static const char bad[][12] = { "failure", "failed", "fail",    "error",   "denied",
                                    "deny",    "false",  "blocked", "rejected" };

    for (size_t i = 0; i < YG_ARRAY_LEN(good); i++)
        if (yg_is(word, good[i]))
            YG_PUT(t, TEXT, OUTCOME, YG_STR("success"));
    for (size_t i = 0; i < YG_ARRAY_LEN(bad); i++)
        if (yg_is(word, bad[i]))
            YG_PUT(t, TEXT, OUTCOME, YG_STR("failure"));
}

void yg_log_account(struct yg_target *t, struct yg_str s)
{
    const char *slash = s.n ? memchr(s.p, '\\', s.n) : NULL;
    size_t n = slash ? (size_t)(slash - s.p) : 0;

    if (yg_absent(s) || yg_event_has(t->e, YG_F_USER_NAME))
        return;
    if (n > 0 && n + 1 < s.n) {
        size_t skip = n + 1;
        while (skip < s.n && s.p[skip] == '\\')
            skip++;
        YG_PUT(t, TEXT, USER_DOMAIN, ((struct yg_str){ s.p, n }));
        s = (struct yg_str){ s.p + skip, s.n - skip };
    }
    YG_PUT(t, TEXT, USER_NAME, s);
}

/* An IMPHASH is as long as an MD5 and is none. */
void yg_log_hashes(struct yg_target *t, struct yg_str s)
{
    while (s.n > 0) {
        struct yg_str one = yg_str_trim(yg_str_cut(&s, ','));
        const char *sign = one.n ? memchr(one.p, '=', one.n) : NULL;
        struct yg_str name = sign ? yg_str_cut(&one, '=') : YG_STR_NONE;
        if (!sign || yg_is(name, "MD5") || yg_is(name, "SHA1") || yg_is(name, "SHA256"))
            yg_put_hash(t, one);
    }
}
