/* SPDX-License-Identifier: Apache-2.0 */
/* The firewall's delimited file and the web server's JSON log. */
#include "sample/render.h"
#include "sample/shape.h"
#include "sample/text.h"

const char yg_sample_firewall_header[] =
    "time,device,event_id,event_name,severity,action,src_ip,src_port,dst_ip,dst_port,"
    "proto,user,bytes_out,bytes_in,message\n";

void yg_sample_firewall(struct yg_buf *b, const struct yg_sample_world *w,
                        const struct yg_sample_item *it)
{
    const struct yg_sample_wall *f = yg_sample_wall_of(it->shape);
    /* What the firewall did is known even where its effect is not. */
    bool ok = it->outcome != YG_OUT_FAIL;
    struct yg_sample_pen pen = yg_sample_pen_of(b, w, it, 1);
    uint32_t out = ok ? yg_sample_tail(&pen.rng, f->out_ok_lo + 1, f->out_ok_hi + 1)
                      : yg_sample_tail(&pen.rng, f->out_lo + 1, f->out_hi + 1);

    yg_sample_put_time(b, it->time_ns, YG_TEXT_ZULU);
    YG_SAMPLE_LIT(b, ",fw1.");
    yg_buf_str_add(b, yg_str_of(w->domain));
    yg_buf_char(b, ',');
    yg_sample_put_u64(b, f->event);
    yg_buf_char(b, ',');
    yg_buf_str_add(b, yg_str_of(f->name));
    yg_buf_char(b, ',');
    yg_sample_put_u64(b, f->severity);
    yg_buf_char(b, ',');
    yg_buf_str_add(b, yg_str_of(ok && f->action_ok ? f->action_ok : f->action));
    yg_buf_char(b, ',');
    yg_sample_put_ip(b, it->src);
    yg_buf_char(b, ',');
    yg_sample_put_u64(b, it->sport);
    yg_buf_char(b, ',');
    yg_sample_put_ip(b, it->dst);
    yg_buf_char(b, ',');
    yg_sample_put_u64(b, it->dport);
    if (it->shape == YG_S_FW_TUNNEL)
        YG_SAMPLE_LIT(b, ",udp,");
    else
        YG_SAMPLE_LIT(b, ",tcp,");
    if (it->user != YG_SAMPLE_USER_NONE)
        yg_buf_str_add(b, yg_str_of(yg_sample_user(w, it->user)));
    yg_buf_char(b, ',');
    yg_sample_put_u64(b, out);
    yg_buf_char(b, ',');
    yg_sample_put_u64(b, out / yg_sample_between(&pen.rng, 2, 40));
    yg_buf_char(b, ',');
    yg_sample_expand(&pen, ok && f->message_ok ? f->message_ok : f->message);
    yg_buf_char(b, '\n');
}

void yg_sample_access(struct yg_buf *b, struct yg_sample_scratch *s,
                      const struct yg_sample_world *w, const struct yg_sample_item *it)
{
    struct yg_sample_http h;

    yg_sample_http_of(&h, s, w, it);
    YG_SAMPLE_LIT(b, "{\"time\":\"");
    yg_sample_put_time(b, it->time_ns, YG_TEXT_ZULU);
    YG_SAMPLE_LIT(b, "\",\"server\":\"");
    yg_buf_str_add(b, yg_str_of(w->host[it->dst_host].name));
    YG_SAMPLE_LIT(b, "\",\"server_addr\":\"");
    yg_sample_put_ip(b, it->dst);
    YG_SAMPLE_LIT(b, "\",\"remote_addr\":\"");
    yg_sample_put_ip(b, it->src);
    YG_SAMPLE_LIT(b, "\",\"host\":\"www.");
    yg_buf_str_add(b, yg_str_of(w->domain));
    YG_SAMPLE_LIT(b, "\",\"request_method\":\"");
    yg_buf_str_add(b, h.method);
    YG_SAMPLE_LIT(b, "\",\"request_uri\":\"");
    yg_sample_put_json(b, h.uri);
    YG_SAMPLE_LIT(b, "\",\"status\":");
    yg_buf_str_add(b, h.status);
    YG_SAMPLE_LIT(b, ",\"body_bytes_sent\":");
    yg_sample_put_u64(b, h.length);
    YG_SAMPLE_LIT(b, ",\"http_user_agent\":\"");
    yg_sample_put_json(b, h.agent);
    YG_SAMPLE_LIT(b, "\"}\n");
}
