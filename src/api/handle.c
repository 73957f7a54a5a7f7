/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handle.h"

#include "api/api.h"
#include "api/guarantee.h"
#include "api/handle_desk.h"
#include "api/json.h"
#include "api/openapi.h"
#include "api/page.h"
#include "api/sources.h"
#include "api/style.h"

#include <sodium.h>
#include <stdio.h>

enum yg_status yg_handle_queue_page(struct yg_call *c, struct yg_err *err)
{
    struct yg_view_queue v;
    enum yg_status st = yg_view_queue(&c->source, &c->params, &c->arena, &v, err);

    if (st == YG_OK)
        yg_page_queue(&v, &c->answer->body);
    return st;
}

enum yg_status yg_handle_queue_json(struct yg_call *c, struct yg_err *err)
{
    struct yg_view_queue v;
    enum yg_status st = yg_view_queue(&c->source, &c->params, &c->arena, &v, err);

    if (st == YG_OK)
        st = yg_handle_desk_duty(c, &v, err);
    if (st == YG_OK)
        yg_json_queue(&v, &c->answer->body);
    return st;
}

enum yg_status yg_handle_run_page(struct yg_call *c, struct yg_err *err)
{
    struct yg_view_run v;
    enum yg_status st = yg_view_run(&c->source, c->id, &c->params, &c->arena, &v, err);

    if (st == YG_OK)
        yg_page_run(&v, &c->answer->body);
    if (st == YG_OK)
        yg_handle_desk_looked(c, &v.run);
    return st;
}

enum yg_status yg_handle_run_json(struct yg_call *c, struct yg_err *err)
{
    struct yg_view_run v;
    enum yg_status st = yg_view_run(&c->source, c->id, &c->params, &c->arena, &v, err);

    if (st == YG_OK)
        st = yg_handle_desk_duty_run(c, &v, err);
    if (st == YG_OK)
        yg_json_run(&v, &c->answer->body);
    if (st == YG_OK)
        yg_handle_desk_looked(c, &v.run);
    return st;
}

/* A process beside is at work; who asked asks again. */
enum yg_status yg_answer_later(struct yg_call *c)
{
    yg_http_header(c->answer, "Retry-After", YG_STR("1"));
    yg_answer_problem(c, 503, YG_STR("It is still being looked at: ask again."));
    return YG_OK;
}

enum yg_status yg_handle_packets_page(struct yg_call *c, struct yg_err *err)
{
    const struct yg_view_source *s = &c->source;
    struct yg_view_packets v;
    struct yg_buf text;
    enum yg_status st = yg_view_packets(s, c->id, &c->params, &c->arena, &v, err);

    if (st != YG_OK)
        return st;
    yg_buf_init(&text, YG_HTTP_BODY_MAX / 2);
    st = yg_view_packets_say(s, &v, false, &text, err);
    if (st == YG_OK || st == YG_ENOTFOUND)
        yg_page_packets(&v, st == YG_OK, yg_buf_str(&text), &c->answer->body);
    yg_buf_fini(&text);
    if (st == YG_EBUSY)
        return yg_answer_later(c);
    return st == YG_ENOTFOUND ? YG_OK : st;
}

enum yg_status yg_handle_packets_json(struct yg_call *c, struct yg_err *err)
{
    const struct yg_view_source *s = &c->source;
    struct yg_view_packets v;
    enum yg_status st = yg_view_packets(s, c->id, &c->params, &c->arena, &v, err);

    if (st != YG_OK)
        return st;
    st = yg_view_packets_say(s, &v, true, &c->answer->body, err);
    return st == YG_EBUSY ? yg_answer_later(c) : st;
}

enum yg_status yg_handle_pcap(struct yg_call *c, struct yg_err *err)
{
    const struct yg_view_source *s = &c->source;
    struct yg_http_response *r = c->answer;
    unsigned char digest[crypto_hash_sha256_BYTES];
    char base64[48], hex[2 * YG_ID_SIZE + 1];
    struct yg_view_packets v;
    enum yg_status st = yg_view_packets(s, c->id, &c->params, &c->arena, &v, err);

    if (st == YG_OK)
        st = yg_view_packets_pcap(s, &v, &c->answer->body, err);
    if (st != YG_OK)
        return st;
    yg_hex(v.record.id, YG_ID_SIZE, hex);
    snprintf(r->filename, sizeof(r->filename), "alert-%s.pcap", hex);
    crypto_hash_sha256(digest, (const unsigned char *)c->answer->body.p,
                       c->answer->body.n);
    sodium_bin2base64(base64, sizeof(base64), digest, sizeof(digest),
                      sodium_base64_VARIANT_ORIGINAL);
    snprintf(r->digest, sizeof(r->digest), "sha-256=:%s:", base64);
    return YG_OK;
}

enum yg_status yg_handle_guarantee_page(struct yg_call *c, struct yg_err *err)
{
    struct yg_view_guarantee v;
    enum yg_status st = yg_view_guarantee(&c->source, &c->params, &c->arena, &v, err);

    if (st == YG_OK)
        yg_page_guarantee(&v, &c->answer->body);
    return st;
}

enum yg_status yg_handle_guarantee_json(struct yg_call *c, struct yg_err *err)
{
    struct yg_view_guarantee v;
    enum yg_status st = yg_view_guarantee(&c->source, &c->params, &c->arena, &v, err);

    if (st == YG_OK)
        yg_json_guarantee(&v, &c->answer->body);
    return st;
}

enum yg_status yg_handle_audits_page(struct yg_call *c, struct yg_err *err)
{
    struct yg_view_audits v;
    enum yg_status st = yg_view_audits(&c->source, &c->params, &c->arena, &v, err);

    if (st == YG_OK)
        yg_page_audits(&v, &c->answer->body);
    return st;
}

enum yg_status yg_handle_audits_json(struct yg_call *c, struct yg_err *err)
{
    struct yg_view_audits v;
    enum yg_status st = yg_view_audits(&c->source, &c->params, &c->arena, &v, err);

    if (st == YG_OK)
        yg_json_audits(&v, &c->answer->body);
    return st;
}

enum yg_status yg_handle_stats(struct yg_call *c, struct yg_err *err)
{
    const struct yg_view_source *s = &c->source;
    struct yg_view_policy policy = { 0 };
    struct yg_store_stats stats;
    enum yg_status st = yg_store_stats(s->store, &stats, err);

    if (st == YG_OK) {
        s->policy(s->policy_arg, &policy);
        yg_json_stats(&stats, &policy, &c->answer->body);
    }
    return st;
}

enum yg_status yg_handle_metrics(struct yg_call *c, struct yg_err *err)
{
    struct yg_store_stats stats;
    struct yg_sources v;
    enum yg_status st = yg_store_stats(c->source.store, &stats, err);

    if (st == YG_OK)
        st = yg_view_sources(&c->source, &c->arena, &v, err);
    if (st == YG_OK) {
        yg_metrics_text(&stats, &c->answer->body);
        yg_metrics_sources(&v, &c->answer->body);
    }
    return st;
}

enum yg_status yg_handle_sources_page(struct yg_call *c, struct yg_err *err)
{
    const struct yg_view_source *s = &c->source;
    struct yg_sources v;
    enum yg_status st = yg_view_sources(s, &c->arena, &v, err);

    if (st == YG_OK)
        yg_page_sources(&v, yg_clock_now(s->clock), s->who, &c->answer->body);
    return st;
}

enum yg_status yg_handle_sources_json(struct yg_call *c, struct yg_err *err)
{
    struct yg_sources v;
    enum yg_status st = yg_view_sources(&c->source, &c->arena, &v, err);

    if (st == YG_OK)
        yg_json_sources(&v, &c->answer->body);
    return st;
}

/* Healthy means: the store answers, and what is received gets there. Why not is for those
 * who may read the log: anybody may ask here. */
enum yg_status yg_handle_health(struct yg_call *c, struct yg_err *err)
{
    const struct yg_view_source *s = &c->source;
    struct yg_store_stats stats;
    struct yg_buf why;
    enum yg_status st = yg_store_stats(s->store, &stats, err);

    yg_buf_init(&why, (size_t)1 << 16);
    if (st == YG_OK && s->trouble)
        s->trouble(s->policy_arg, &why);
    bool well = yg_buf_str(&why).n == 0;
    if (st == YG_OK && !well && !c->api->people)
        yg_buf_str_add(&c->answer->body, yg_buf_str(&why));
    else if (st == YG_OK)
        yg_buf_str_add(&c->answer->body,
                       well ? YG_STR("ok\n") : YG_STR("not well: the log says why\n"));
    if (st == YG_OK && !well)
        c->answer->status = 503;
    yg_buf_fini(&why);
    return st;
}

/* Ready means: whoever is sent here now is served. Why not is for those who may read the
 * log, as above. */
enum yg_status yg_handle_ready(struct yg_call *c, struct yg_err *err)
{
    const struct yg_view_source *s = &c->source;
    struct yg_store_stats stats;
    struct yg_buf why;
    enum yg_status st = yg_store_stats(s->store, &stats, err);

    yg_buf_init(&why, (size_t)1 << 16);
    bool is = st == YG_OK && (!c->api->ready || c->api->ready(s->policy_arg, &why));
    if (is)
        yg_buf_str_add(&c->answer->body, YG_STR("ready\n"));
    else if (st == YG_OK && !c->api->people)
        yg_buf_str_add(&c->answer->body, yg_buf_str(&why));
    else if (st == YG_OK)
        yg_buf_str_add(&c->answer->body, YG_STR("not ready yet\n"));
    if (st == YG_OK && !is)
        c->answer->status = 503;
    yg_buf_fini(&why);
    return st;
}

enum yg_status yg_handle_style(struct yg_call *c, struct yg_err *err)
{
    (void)err;
    c->answer->constant = true;
    yg_buf_str_add(&c->answer->body, yg_style());
    return YG_OK;
}

enum yg_status yg_handle_openapi(struct yg_call *c, struct yg_err *err)
{
    (void)err;
    c->answer->constant = true;
    yg_openapi(&c->answer->body);
    return YG_OK;
}
