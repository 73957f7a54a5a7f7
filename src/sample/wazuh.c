/* SPDX-License-Identifier: Apache-2.0 */
/* The host agents' file: the manager's alerts as JSON lines. */
#include "base/clock.h"
#include "sample/render.h"
#include "sample/shape.h"
#include "sample/text.h"

/* "id|tactic|technique" */
static void put_mitre(struct yg_buf *b, const char *text)
{
    static const char *const key[] = { "\"mitre\":{\"id\":[\"", "\"],\"tactic\":[\"",
                                       "\"],\"technique\":[\"" };
    struct yg_str rest = yg_str_of(text);

    for (int i = 0; i < 3; i++) {
        yg_buf_str_add(b, yg_str_of(key[i]));
        yg_buf_str_add(b, yg_str_cut(&rest, '|'));
    }
    YG_SAMPLE_LIT(b, "\"]},");
}

/* "a,b" as "a","b" */
static void put_list(struct yg_buf *b, const char *text)
{
    struct yg_str rest = yg_str_of(text);

    for (bool first = true; rest.p; first = false) {
        if (!first)
            yg_buf_char(b, ',');
        yg_buf_char(b, '"');
        yg_buf_str_add(b, yg_str_cut(&rest, ','));
        yg_buf_char(b, '"');
    }
}

static void put_rule(struct yg_buf *b, struct yg_sample_scratch *s,
                     const struct yg_sample_world *w, const struct yg_sample_item *it)
{
    const struct yg_sample_hostrule *r = yg_sample_host_of(it->shape);
    struct yg_sample_pen pen = yg_sample_pen_of(b, w, it, 6);

    YG_SAMPLE_LIT(b, "\"rule\":{\"level\":");
    yg_sample_put_u64(b, r->level);
    YG_SAMPLE_LIT(b, ",\"description\":\"");
    yg_sample_expand_json(&pen, &s->text, r->description);
    YG_SAMPLE_LIT(b, "\",\"id\":\"");
    yg_sample_put_u64(b, r->rule);
    YG_SAMPLE_LIT(b, "\",");
    if (r->mitre)
        put_mitre(b, r->mitre);
    YG_SAMPLE_LIT(b, "\"firedtimes\":");
    yg_sample_put_u64(b, 1 + (it->seed >> 50) % 9);
    YG_SAMPLE_LIT(b, ",\"mail\":false,\"groups\":[");
    put_list(b, r->groups);
    YG_SAMPLE_LIT(b, "]},");
}

static void put_agent(struct yg_buf *b, const struct yg_sample_world *w,
                      const struct yg_sample_item *it)
{
    const struct yg_sample_host *h = &w->host[it->agent];
    uint32_t id = it->agent + 1U;

    YG_SAMPLE_LIT(b, "\"agent\":{\"id\":\"");
    if (id < 100)
        yg_buf_add(b, "00", id < 10 ? 2 : 1);
    yg_sample_put_u64(b, id);
    YG_SAMPLE_LIT(b, "\",\"name\":\"");
    yg_buf_str_add(b, yg_str_of(h->name));
    YG_SAMPLE_LIT(b, "\",\"ip\":\"");
    yg_sample_put_ip(b, h->ip);
    YG_SAMPLE_LIT(b, "\"},\"manager\":{\"name\":\"siem.");
    yg_buf_str_add(b, yg_str_of(w->domain));
    YG_SAMPLE_LIT(b, "\"},\"id\":\"");
    yg_sample_put_u64(b, (uint64_t)(it->time_ns / YG_NS_PER_S));
    yg_buf_char(b, '.');
    yg_sample_put_u64(b, it->seed >> 40);
    YG_SAMPLE_LIT(b, "\",");
}

/* `data` templates are written with ` for ". */
static void put_data(struct yg_buf *b, struct yg_sample_scratch *s,
                     const struct yg_sample_world *w, const struct yg_sample_item *it)
{
    const struct yg_sample_hostrule *r = yg_sample_host_of(it->shape);
    struct yg_sample_pen pen = yg_sample_pen_of(&s->ask, w, it, 2);

    yg_buf_clear(&s->ask);
    yg_sample_expand(&pen, r->data);
    struct yg_str text = yg_buf_str(&s->ask);
    YG_SAMPLE_LIT(b, "\"data\":{");
    for (struct yg_str rest = text; rest.p;) {
        yg_buf_str_add(b, yg_str_cut(&rest, '`'));
        if (rest.p)
            yg_buf_char(b, '"');
    }
    YG_SAMPLE_LIT(b, "},");
}

void yg_sample_wazuh(struct yg_buf *b, struct yg_sample_scratch *s,
                     const struct yg_sample_world *w, const struct yg_sample_item *it)
{
    const struct yg_sample_hostrule *r = yg_sample_host_of(it->shape);
    struct yg_sample_pen pen = yg_sample_pen_of(b, w, it, 3);
    /* An undecided case is one where the log may or may not say it. */
    bool shows = it->outcome == YG_OUT_OK ||
                 (it->outcome == YG_OUT_UNSURE && (it->seed >> 30 & 1));

    YG_SAMPLE_LIT(b, "{\"timestamp\":\"");
    yg_sample_put_time(b, it->time_ns, YG_TEXT_WAZUH);
    YG_SAMPLE_LIT(b, "\",");
    put_rule(b, s, w, it);
    put_agent(b, w, it);
    YG_SAMPLE_LIT(b, "\"full_log\":\"");
    if (r->program) {
        yg_sample_put_time(b, it->time_ns, YG_TEXT_SYSLOG);
        yg_buf_char(b, ' ');
        yg_buf_str_add(b, yg_str_of(w->host[it->agent].name));
        yg_buf_char(b, ' ');
        yg_sample_expand_json(&pen, &s->text, r->program);
        yg_buf_char(b, '[');
        yg_sample_put_u64(b, 300 + it->seed % 32000);
        YG_SAMPLE_LIT(b, "]: ");
    }
    yg_sample_expand_json(&pen, &s->text, shows && r->log_ok ? r->log_ok : r->log);
    YG_SAMPLE_LIT(b, "\",");
    if (r->program) {
        struct yg_sample_pen again = yg_sample_pen_of(b, w, it, 3);
        YG_SAMPLE_LIT(b, "\"predecoder\":{\"program_name\":\"");
        yg_sample_expand(&again, r->program);
        YG_SAMPLE_LIT(b, "\",\"hostname\":\"");
        yg_buf_str_add(b, yg_str_of(w->host[it->agent].name));
        YG_SAMPLE_LIT(b, "\"},\"decoder\":{\"name\":\"syslog\"},");
    } else {
        YG_SAMPLE_LIT(b, "\"decoder\":{\"name\":\"windows_eventchannel\"},");
    }
    put_data(b, s, w, it);
    YG_SAMPLE_LIT(b, "\"location\":\"");
    yg_buf_str_add(b, yg_str_of(r->location));
    YG_SAMPLE_LIT(b, "\"}\n");
}
