/* SPDX-License-Identifier: Apache-2.0 */
#include "api/page.h"

#include "api/parts.h"

static void counts(const struct yg_view_queue *v, struct yg_buf *out)
{
    const struct yg_store_stats *s = &v->stats;

    yg_html(out, "<dl class=\"counts\">\n");
    yg_parts_count(out, "Waiting", s->queue_waiting, "runs for a person to judge");
    yg_parts_count(out, "Judged", s->queue_judged, "runs with a verdict");
    yg_parts_count(out, "Alerts", s->alerts, "in the store");
    yg_parts_count(out, "Closed", s->closed, "alerts, by the model");
    yg_html(out, "</dl>\n");
}

static void policy(const struct yg_view_policy *p, bool whole, struct yg_buf *out)
{
    bool armed = strcmp(p->mode, yg_mode_name(YG_MODE_ARMED)) == 0;

    yg_html(out, "<section class=\"policy\">\n<h2>Policy: <b>");
    yg_html_text(out, yg_str_of(p->mode));
    yg_html(out, "</b></h2>\n<p>");
    if (armed)
        yg_html(out, "Alerts below the threshold are closed.");
    else
        yg_html(out,
                "Nothing is closed on its own: what the model would close is marked, "
                "and a person decides.");
    if (p->problem[0]) {
        yg_html(out, " <strong>The model cannot be read:</strong> ");
        yg_html_text(out, yg_str_of(p->problem));
    } else if (!p->model) {
        yg_html(out, " There is no model yet.");
    } else if (!p->certified) {
        yg_html(out, " The model has no certificate yet.");
    } else if (!yg_certificate_may_arm(&p->certificate)) {
        yg_html(out, " The certificate is provisional: an estimate that cannot arm.");
    }
    yg_html(out, "</p>\n");
    if (p->certified && whole) {
        struct yg_buf text;
        yg_buf_init(&text, (size_t)1 << 20);
        yg_certificate_text(&p->certificate, &text);
        yg_html(out, "<details><summary>Certificate</summary><pre>");
        yg_html_block(out, yg_buf_str(&text));
        yg_html(out, "</pre></details>\n");
        yg_buf_fini(&text);
    }
    yg_html(out, "</section>\n");
}

/* By name while there are few customers, else to be written. */
static void tenant_choice(const struct yg_view_queue *v, struct yg_buf *out)
{
    bool seen = v->chosen.n == 0;

    yg_html(out, "<label>Tenant ");
    if (v->tenants > YG_VIEW_TENANTS_MAX) {
        yg_html(out, "<input name=\"tenant\" maxlength=\"256\" value=\"");
        yg_html_attr(out, v->chosen);
        yg_html(out, "\"></label>\n");
        return;
    }
    yg_html(out, "<select name=\"tenant\"><option value=\"\">all</option>");
    for (size_t i = 0; i < v->tenants || !seen; i++) {
        struct yg_str name = i < v->tenants ? v->tenant[i].name : v->chosen;
        bool chosen = yg_str_eq(name, v->chosen);
        seen = seen || chosen;
        yg_html(out, "<option value=\"");
        yg_html_attr(out, name);
        yg_buf_printf(out, "\"%s>", chosen ? " selected" : "");
        yg_html_attr(out, name); /* an option holds text only */
        yg_html(out, "</option>");
    }
    yg_html(out, "</select></label>\n");
}

static void filter(const struct yg_view_queue *v, struct yg_buf *out)
{
    yg_html(out, "<form class=\"filter\" method=\"get\" action=\"/\">\n");
    tenant_choice(v, out);
    yg_buf_printf(out,
                  "<label>Show <select name=\"state\"><option value=\"waiting\">waiting"
                  "</option><option value=\"judged\"%s>judged</option></select></label>\n"
                  "<button>Show</button>\n</form>\n",
                  v->judged ? " selected" : "");
}

static void queue_row(const struct yg_queue_run *r, uint32_t common, struct yg_str rule,
                      struct yg_buf *out)
{
    char risk[YG_RISK_TEXT_MAX];

    yg_html(out, "<tr><td>");
    yg_parts_level(out, r->verdict != YG_LEVEL_NONE ? r->verdict : r->predicted);
    yg_buf_printf(out, "</td><td class=\"num\">%s</td><td class=\"what\"><a href=\"/run/",
                  yg_view_risk(r->max_risk, risk));
    yg_parts_id(out, r->id);
    yg_html(out, "\">");
    yg_parts_text(out, r->signature, "(no signature)");
    yg_html(out, "</a>");
    yg_parts_gates(out, r->gates & ~common);
    if (rule.n > 0) {
        yg_html(out, "<small>rule ");
        yg_parts_text(out, rule, "");
        yg_html(out, "</small>");
    }
    yg_html(out, "</td><td class=\"where\">");
    yg_parts_flow(out, r);
    yg_html(out, "</td><td>");
    yg_parts_text(out, r->host, "-");
    yg_html(out, "</td><td class=\"tenant\">");
    yg_parts_text(out, r->tenant, "-");
    yg_html(out, "</td><td class=\"num\">");
    yg_parts_number(out, r->alerts);
    if (r->open != r->alerts) {
        yg_html(out, "<small>");
        yg_parts_number(out, r->open);
        yg_html(out, " open</small>");
    }
    if (r->would > 0 && r->would == r->open)
        yg_html(out, "<small>would close</small>");
    yg_html(out, "</td><td class=\"when\">");
    yg_parts_time(out, r->first_ns);
    if (r->last_ns != r->first_ns)
        yg_parts_time(out, r->last_ns);
    yg_html(out, "</td></tr>\n");
}

static uint32_t common_gates(const struct yg_queue_page *p)
{
    uint32_t common = p->count > 1 ? UINT32_MAX : 0;

    for (size_t i = 0; i < p->count; i++)
        common &= p->run[i].gates;
    return common;
}

static void queue_table(const struct yg_view_queue *v, struct yg_buf *out)
{
    uint32_t common = common_gates(&v->page);

    if (v->page.count == 0) {
        yg_buf_printf(out, "<p class=\"empty\">%s</p>\n",
                      v->paging.total > 0 ? "This page is behind the end of the list."
                      : v->judged         ? "No run has a verdict yet."
                                          : "Nothing waits. The watch is quiet.");
        return;
    }
    if (common) {
        yg_html(out, "<div class=\"note\"><p>For every run on this page:</p>");
        yg_parts_gates(out, common);
        yg_html(out, "</div>\n");
    }
    yg_buf_printf(out,
                  "<div class=\"wide\"><table>\n<thead><tr><th>%s</th>"
                  "<th class=\"num\">Risk</th><th>Signature</th>"
                  "<th>Source &rarr; destination</th><th>Host</th><th>Tenant</th>"
                  "<th class=\"num\">Alerts</th><th>First, last (UTC)</th></tr>"
                  "</thead>\n<tbody>\n",
                  v->judged ? "Verdict" : "Level");
    for (size_t i = 0; i < v->page.count; i++)
        queue_row(&v->page.run[i], common, v->rule ? v->rule[i] : YG_STR_NONE, out);
    yg_html(out, "</tbody></table></div>\n");
}

void yg_page_queue(const struct yg_view_queue *v, struct yg_buf *out)
{
    struct yg_buf link;

    yg_parts_head(out, YG_STR("Queue"), v->now_ns, v->who);
    counts(v, out);
    policy(&v->policy, v->whole, out);
    yg_buf_printf(out, "<section>\n<div class=\"bar\"><h2>%s</h2>\n",
                  v->judged ? "Judged" : "Waiting for a person");
    filter(v, out);
    yg_html(out, "</div>\n");
    if (v->blind > 0) {
        yg_html(out, "<div class=\"note\"><p><a href=\"/audits\">");
        yg_parts_number(out, v->blind);
        yg_html(out, " more to judge without the score</a>: drawn by chance, first of all"
                     "</p></div>\n");
    }
    queue_table(v, out);
    yg_buf_init(&link, 4096);
    yg_buf_printf(&link, "/?state=%s&amp;", v->judged ? "judged" : "waiting");
    if (v->chosen.n) {
        yg_html(&link, "tenant=");
        yg_html_query(&link, v->chosen);
        yg_html(&link, "&amp;");
    }
    yg_parts_limit(&link, &v->paging);
    yg_parts_pages(out, yg_buf_str(&link), &v->paging, "runs");
    yg_buf_fini(&link);
    yg_html(out, "</section>\n");
    yg_parts_foot(out);
}

/* What the model says of it, withheld until a blind verdict is given. */
static void run_score(const struct yg_queue_run *r, struct yg_buf *out)
{
    char risk[YG_RISK_TEXT_MAX];

    yg_html(out, "<dt>Level</dt><dd>");
    yg_parts_level(out, r->predicted);
    yg_buf_printf(out, " by the model</dd>\n<dt>Highest risk</dt><dd>%s</dd>\n",
                  yg_view_risk(r->max_risk, risk));
    yg_html(out, "<dt>Why it is open</dt><dd>");
    if (r->gates)
        yg_parts_gates(out, r->gates);
    else
        yg_buf_printf(out, "%s",
                      r->open == 0          ? "It is not."
                      : r->would == r->open ? "Only because of shadow mode."
                                            : "Its risk is not below the threshold.");
    yg_html(out, "</dd>\n");
}

static void run_facts(const struct yg_view_run *v, struct yg_buf *out)
{
    const struct yg_queue_run *r = &v->run;

    yg_html(out, "<dl class=\"facts\">\n<dt>Verdict</dt><dd>");
    if (r->verdict == YG_LEVEL_NONE)
        yg_html(out, "waits for a person");
    else
        yg_parts_level(out, r->verdict);
    yg_html(out, "</dd>\n");
    if (!v->blind)
        run_score(r, out);
    yg_html(out, "<dt>Source &rarr; destination</dt><dd>");
    yg_parts_flow(out, r);
    yg_html(out, "</dd>\n");
    yg_parts_fact(out, "Host", r->host);
    yg_parts_fact(out, "Entity", r->entity);
    yg_parts_fact(out, "Device", r->device);
    yg_parts_fact(out, "Tenant", r->tenant);
    yg_html(out, "<dt>First, last (UTC)</dt><dd>");
    yg_parts_time(out, r->first_ns);
    yg_html(out, " &ndash; ");
    yg_parts_time(out, r->last_ns);
    yg_html(out, "</dd>\n<dt>Alerts</dt><dd>");
    yg_parts_number(out, r->alerts);
    yg_html(out, "</dd>\n<dt>Run</dt><dd><code>");
    yg_parts_id(out, r->id);
    yg_html(out, "</code></dd>\n</dl>\n");
}

static void alert(const struct yg_view_alert *a, bool blind, struct yg_buf *out)
{
    const struct yg_store_record *r = &a->record;
    char risk[YG_RISK_TEXT_MAX];

    yg_html(out, "<article>\n<header>");
    if (!a->found) {
        yg_html(out, "<code>");
        yg_parts_id(out, r->id);
        yg_html(out,
                "</code></header>\n<p class=\"empty\">This record cannot be read: its "
                "block is damaged. Run yagura doctor.</p></article>\n");
        return;
    }
    yg_parts_time(out, r->time_ns);
    if (!blind)
        yg_parts_level(out, r->predicted);
    if (!blind && r->decision == YG_DECISION_NONE)
        yg_html(out, "<span>no model judged it</span>");
    else if (!blind)
        yg_buf_printf(out, "<span>risk %s</span><span>model says %s</span>",
                      yg_view_risk(r->risk, risk), yg_view_decision(r->decision));
    if (!blind && a->rule.n > 0) {
        yg_html(out, "<span>rule ");
        yg_parts_text(out, a->rule, "");
        yg_html(out, " asks to close it</span>");
    }
    if (a->verdict.level != YG_LEVEL_NONE) {
        yg_html(out, "<span>verdict ");
        yg_parts_level(out, a->verdict.level);
        yg_html(out, " by ");
        yg_parts_text(out, a->verdict.who, "somebody");
        yg_html(out, "</span>");
    }
    yg_html(out, "<code>");
    yg_parts_id(out, r->id);
    yg_html(out, "</code></header>\n<pre>");
    yg_html_block(out, r->raw);
    yg_html(out, "</pre>\n<p><a href=\"/packets/");
    yg_parts_id(out, r->id);
    yg_buf_printf(out, "\">Packets</a>%s</p>\n",
                  a->packet_bytes ? "" : " (none kept; what the record carries)");
    if (a->raw_bytes > 0 && r->raw.n == 0)
        yg_html(out, "<p class=\"empty\">Your role does not show you its bytes.</p>\n");
    else if (a->raw_bytes > r->raw.n)
        yg_buf_printf(out, "<p class=\"empty\">The first %zu of %zu bytes.</p>\n",
                      r->raw.n, a->raw_bytes);
    yg_html(out, "</article>\n");
}

/* Plain forms: a button a level. */
static void judge(const struct yg_view_run *v, struct yg_buf *out)
{
    static const char *const what[YG_LEVEL_COUNT] = {
        [YG_LEVEL_FP] = "false positive",       [YG_LEVEL_L1] = "informational",
        [YG_LEVEL_L2] = "failed, or no effect", [YG_LEVEL_L3] = "attack, success open",
        [YG_LEVEL_L4] = "success confirmed",
    };

    if (!v->who || !v->who->judges)
        return;
    yg_html(out, "<form class=\"judge\" method=\"post\" action=\"/run/");
    yg_parts_id(out, v->run.id);
    yg_html(out, "/verdict\">");
    yg_parts_csrf(out, v->who);
    for (int i = 0; i < YG_LEVEL_COUNT; i++)
        yg_buf_printf(
            out, "<button name=\"level\" value=\"%s\">%s <small>%s</small></button>\n",
            yg_level_name((enum yg_level)i), yg_level_name((enum yg_level)i), what[i]);
    yg_html(out, "<label>Note <input name=\"note\" maxlength=\"4000\"></label></form>\n");
    if (v->run.verdict == YG_LEVEL_NONE)
        return;
    yg_html(out, "<form class=\"judge\" method=\"post\" action=\"/run/");
    yg_parts_id(out, v->run.id);
    yg_html(out, "/undo\">");
    yg_parts_csrf(out, v->who);
    yg_html(out, "<button>Take the verdict back</button></form>\n");
}

void yg_page_run(const struct yg_view_run *v, struct yg_buf *out)
{
    struct yg_buf link;

    yg_parts_head(out, v->run.signature, v->now_ns, v->who);
    yg_html(out, "<p class=\"back\"><a href=\"/\">&larr; Queue</a></p>\n<h2>");
    yg_parts_text(out, v->run.signature, "(no signature)");
    yg_html(out, "</h2>\n");
    if (v->blind)
        yg_html(out,
                "<div class=\"note\"><p>Drawn by chance: please judge it without the "
                "score. What the model says is shown after your verdict.</p></div>\n");
    run_facts(v, out);
    judge(v, out);
    yg_html(out, "<section>\n<h2>Alerts, as they came</h2>\n");
    if (v->count == 0)
        yg_html(out, "<p class=\"empty\">None on this page.</p>\n");
    for (size_t i = 0; i < v->count; i++)
        alert(&v->alert[i], v->blind, out);
    yg_buf_init(&link, 256);
    yg_html(&link, "/run/");
    yg_parts_id(&link, v->run.id);
    yg_html(&link, "?");
    yg_parts_limit(&link, &v->paging);
    yg_parts_pages(out, yg_buf_str(&link), &v->paging, "alerts");
    yg_buf_fini(&link);
    yg_html(out, "</section>\n");
    yg_parts_foot(out);
}

static void packet_link(const struct yg_view_packets *v, const char *view,
                        const char *more, struct yg_buf *out)
{
    yg_html(out, " <a href=\"/packets/");
    yg_parts_id(out, v->record.id);
    yg_buf_printf(out, "?view=%s%s\">%s</a>", view, more, view);
}

void yg_page_packets(const struct yg_view_packets *v, bool found, struct yg_str text,
                     struct yg_buf *out)
{
    static const char *const view[] = { "summary", "stream", "hex", "ascii" };

    yg_parts_head(out, YG_STR("Packets"), v->now_ns, v->who);
    yg_html(out, "<p class=\"back\"><a href=\"/\">&larr; Queue</a></p>\n"
                 "<h2>Packets of alert <code>");
    yg_parts_id(out, v->record.id);
    yg_html(out, "</code>, ");
    yg_parts_time(out, v->record.time_ns);
    yg_html(out, " UTC</h2>\n<p>");
    for (size_t i = 0; i < YG_ARRAY_LEN(view); i++)
        packet_link(v, view[i], v->show.all ? "&amp;all=1" : "", out);
    yg_html(out, " &middot; all conversations:");
    packet_link(v, "stream", "&amp;all=1", out);
    yg_html(out, " &middot; <a href=\"/api/v1/pcap/");
    yg_parts_id(out, v->record.id);
    yg_html(out, "\">download as pcap</a></p>\n");
    if (found) {
        yg_html(out, "<article class=\"packets\"><pre>");
        yg_html_block(out, text);
        yg_html(out, "</pre></article>\n");
    } else {
        yg_html(out, "<p class=\"empty\">No packets are kept with this alert and its "
                     "record carries none.</p>\n");
    }
    yg_parts_foot(out);
}

void yg_page_error(unsigned status, const char *title, struct yg_str detail,
                   struct yg_buf *out)
{
    yg_parts_head(out, yg_str_of(title), 0, NULL);
    yg_buf_printf(out, "<section class=\"error\">\n<h2>%u %s</h2>\n<p>", status, title);
    yg_html_text(out, detail);
    yg_html(out, "</p>\n<p><a href=\"/\">&larr; Queue</a></p>\n</section>\n");
    yg_parts_foot(out);
}
