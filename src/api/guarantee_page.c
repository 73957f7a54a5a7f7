/* SPDX-License-Identifier: Apache-2.0 */
#include "api/guarantee.h"

#include "api/page.h"
#include "api/parts.h"

#include <math.h>

/* "0.42 %": two digits that matter. */
static void percent(struct yg_buf *out, double rate)
{
    yg_buf_printf(out, rate < 0.995 ? "%.2g&nbsp;%%" : "%.0f&nbsp;%%", 100.0 * rate);
}

static void of(struct yg_buf *out, uint64_t part, uint64_t whole)
{
    yg_parts_number(out, part);
    yg_html(out, " of ");
    yg_parts_number(out, whole);
}

static void digest(struct yg_buf *out, const unsigned char d[YG_DIGEST_SIZE])
{
    char hex[2 * YG_DIGEST_SIZE + 1];

    yg_hex(d, YG_DIGEST_SIZE, hex);
    yg_buf_printf(out, "<code title=\"%s\">%.12s</code>", hex, hex);
}

static void tenant_link(struct yg_buf *out, struct yg_str name)
{
    yg_html(out, "<a href=\"/guarantee?tenant=");
    yg_html_query(out, name);
    yg_html(out, "\">");
    yg_parts_text(out, name, "-");
    yg_html(out, "</a>");
}

/* ---- one certificate ------------------------------------------------------------- */

static void level_row(const struct yg_certificate *c, unsigned level, struct yg_buf *out)
{
    const struct yg_certificate_level *l = &c->level[level];

    yg_html(out, "<tr><td>");
    yg_parts_level(out, level);
    yg_html(out, "</td><td>");
    if (l->k > 0) {
        yg_html(out, "<b>at most ");
        percent(out, l->bound);
        yg_html(out, "</b> of its threats lose an alert");
    } else {
        yg_html(out, "not certifiable yet: ");
        of(out, l->threats, l->need);
        yg_html(out, " judged threats; what there is supports ");
        percent(out, l->bound);
    }
    yg_html(out, "</td><td class=\"num\">");
    yg_parts_number(out, l->threats);
    yg_html(out, "</td><td class=\"num\">");
    yg_parts_number(out, l->lost);
    yg_html(out, "</td><td class=\"num\">");
    of(out, l->closed, l->alerts);
    yg_html(out, "</td></tr>\n");
}

static void for_sentence(const struct yg_certificate *c, struct yg_buf *out)
{
    if (c->for_clusters == 0 || c->for_p > c->share) {
        yg_html(out, "<p>How many attacks hide among closed runs is <b>not proved</b>");
        if (c->for_need > c->for_clusters) {
            yg_html(out, ": ");
            of(out, c->for_clusters, c->for_need);
            yg_html(out, " hosts and days that close something");
        }
        yg_html(out, ".</p>\n");
        return;
    }
    yg_html(out, "<p>Of the runs it closes <b>at most ");
    percent(out, c->beta);
    yg_html(out, "</b> are attacks: ");
    of(out, c->for_missed, c->for_clusters);
    yg_html(out, " drawn at random, one from each host and day, were.</p>\n");
}

static void provisionals(const struct yg_certificate *c, struct yg_buf *out)
{
    if (c->provisional == 0)
        return;
    yg_html(out, "<div class=\"note\"><p>It is provisional and cannot arm:</p>"
                 "<ul class=\"gates\">");
    for (unsigned i = 0; i < YG_PROV_COUNT; i++)
        if (c->provisional >> i & 1)
            yg_buf_printf(out, "<li>%s</li>", yg_provisional_text(i));
    yg_html(out, "</ul></div>\n");
}

static void evidence(const struct yg_view_promise *p, struct yg_buf *out)
{
    const struct yg_certificate *c = &p->certificate;

    if (c->alerts == 0) {
        yg_html(out, "<p>There was no evidence: no alert from after the training is "
                     "judged in a way that counts. The chance that this is wrong is ");
    } else {
        yg_html(out, "<p>On the evidence of ");
        yg_parts_number(out, c->alerts);
        yg_html(out, " judged alerts in ");
        yg_parts_number(out, c->runs);
        yg_html(out, " runs, of ");
        yg_parts_number(out, c->tenants);
        yg_buf_printf(out, " tenant%s, from ", c->tenants == 1 ? "" : "s");
        yg_parts_time(out, c->from_ns);
        yg_html(out, " to ");
        yg_parts_time(out, c->until_ns);
        yg_html(out, " UTC, all after the model was trained. The chance that this is "
                     "wrong is ");
    }
    percent(out, c->delta_spent);
    yg_buf_printf(out, " (attempt %u; all attempts of all time together: ", p->attempts);
    percent(out, c->delta);
    yg_html(out, "). Certificate ");
    digest(out, p->digest);
    yg_html(out, ", made ");
    yg_parts_time(out, c->made_ns);
    yg_html(out, ".</p>\n");
}

static void promise(const struct yg_view_promise *p, struct yg_buf *out)
{
    const struct yg_certificate *c = &p->certificate;

    if (p->damaged) {
        yg_html(out, "<p class=\"empty\">The newest certificate cannot be read by this "
                     "version, or is damaged: <code>yagura audit verify</code>. Certify "
                     "again.</p>\n");
        return;
    }
    if (!p->certified) {
        yg_html(out, "<p class=\"empty\">No certificate was asked for yet "
                     "(<code>yagura certify</code>). Nothing is promised, nothing can be "
                     "closed.</p>\n");
        return;
    }
    provisionals(c, out);
    for_sentence(c, out);
    yg_html(out, "<div class=\"wide\"><table>\n<thead><tr><th>Level</th><th>Promise</th>"
                 "<th class=\"num\">Threats</th><th class=\"num\">Lost in the test</th>"
                 "<th class=\"num\">Alerts closed (not certified)</th></tr></thead>\n"
                 "<tbody>\n");
    for (unsigned i = c->protect; i < YG_LEVEL_COUNT; i++)
        level_row(c, i, out);
    yg_html(out, "</tbody></table></div>\n");
    evidence(p, out);
    struct yg_buf text;
    yg_buf_init(&text, (size_t)1 << 20);
    yg_certificate_text(c, &text);
    yg_html(out, "<details><summary>All of it</summary><pre>");
    yg_html_block(out, yg_buf_str(&text));
    yg_html(out, "</pre></details>\n");
    yg_buf_fini(&text);
}

/* ---- what the audit says ------------------------------------------------------------
 */

static void falls(uint32_t bits, struct yg_buf *out)
{
    yg_html(out, "<ul class=\"gates\">");
    for (unsigned i = 0; i < YG_FALL_COUNT; i++)
        if (bits >> i & 1)
            yg_buf_printf(out, "<li><b>%s</b>: %s</li>", yg_fall_name(i),
                          yg_fall_text(i));
    yg_html(out, "</ul>");
}

static void audit_facts(const struct yg_standing *s, struct yg_buf *out)
{
    yg_html(out, "<dt>Audits judged</dt><dd>");
    of(out, s->missed, s->audits);
    yg_html(out, " were attacks</dd>\n<dt>Attacks among closed runs</dt><dd>");
    if (s->in_bet == 0) {
        yg_html(out, "nothing is known yet: no audit was judged");
    } else {
        yg_html(out, "at most <b>");
        percent(out, s->for_upper);
        yg_html(out, "</b> since arming, if nothing changed; last 90 days at most ");
        percent(out, s->for_upper_90);
        yg_buf_printf(out, "; that is at most %.1f of ", s->missed_runs_upper);
        yg_parts_number(out, s->since_arming.runs_closed);
        yg_html(out, " closed runs");
    }
    yg_html(out, "</dd>\n<dt>Analysts</dt><dd>");
    if (s->found_lower >= 1)
        yg_buf_printf(out, "faultless verdicts are assumed: %llu planted so far",
                      (unsigned long long)s->plants);
    else {
        yg_html(out, "found ");
        of(out, s->plants_found, s->plants);
        yg_html(out, " planted attacks; bounds are divided by ");
        yg_buf_printf(out, "%.2f", s->found_lower);
    }
    if (!isnan(s->kappa))
        yg_buf_printf(out, "; two people agree with kappa %.2f (%llu runs)", s->kappa,
                      (unsigned long long)s->twice);
    yg_html(out, "</dd>\n");
}

/* What would end it, and how near that is. */
static void ends_facts(const struct yg_standing *s, const struct yg_standing_rules *r,
                       int64_t now, struct yg_buf *out)
{
    yg_html(out, "<dt>It disarms itself when</dt><dd><ul>\n<li>audits show more than ");
    percent(out, r->beta);
    yg_buf_printf(out, " of attacks: alarm at %.0f, now %.3g</li>\n", r->patience,
                  s->detector);
    yg_html(out, "<li>an audit waits longer than ");
    yg_buf_printf(out, "%.1f days: ", (double)r->overdue_ns / 86400e9);
    yg_parts_number(out, s->overdue);
    yg_html(out, " do, ");
    yg_parts_number(out, s->waiting);
    yg_html(out, " wait</li>\n<li>alerts no longer look like the training: ");
    yg_buf_printf(out, "wealth %.3g, stability index %.2f%s</li>\n", s->drift_wealth,
                  s->psi, s->psi > 0.25 ? " (a warning)" : "");
    if (s->expires_ns > 0) {
        yg_html(out, "<li>the certificate runs out and audits do not renew it: ");
        yg_buf_printf(out, "%s%.0f days, ", s->expires_ns < now ? "since " : "in ",
                      fabs((double)(s->expires_ns - now)) / 86400e9);
        yg_parts_time(out, s->expires_ns);
        yg_html(out, "</li>\n");
    }
    yg_html(out, "<li>model, features or gates change</li>\n</ul></dd>\n");
}

static void stratum(const struct yg_guard_stratum *x, const struct yg_standing_rules *r,
                    int64_t now, struct yg_buf *out)
{
    const struct yg_standing *s = &x->standing;

    yg_html(out, "<h2>");
    yg_html_text(out, yg_str_of(yg_device_name(x->device)));
    yg_buf_printf(out, ": <b>%s</b></h2>\n<dl class=\"facts\">\n", yg_mode_name(s->mode));
    yg_html(out, "<dt>Closed so far</dt><dd>");
    of(out, s->total.closed, s->total.alerts);
    yg_buf_printf(out, " alerts%s</dd>\n",
                  s->mode == YG_MODE_ARMED ? "" : " (in shadow: would be)");
    audit_facts(s, out);
    if (s->falls) {
        yg_html(out, "<dt>Why it may not close</dt><dd>");
        falls(s->falls, out);
        yg_html(out, "</dd>\n");
    }
    ends_facts(s, r, now, out);
    yg_html(out, "</dl>\n");
}

/* ---- history ---------------------------------------------------------------------- */

static const char *order_text(unsigned kind)
{
    switch (kind) {
    case YG_ORDER_ARM:
        return "armed";
    case YG_ORDER_DISARM:
        return "disarmed";
    case YG_ORDER_ACCEPT:
        return "accepted in writing";
    case YG_ORDER_FELL:
        return "fell to shadow by itself";
    case YG_ORDER_RENEW:
        return "renewed by its audits";
    default:
        return "unknown to this version";
    }
}

static void orders(const struct yg_view_guarantee *v, struct yg_buf *out)
{
    yg_html(out, "<section>\n<h2>What was ordered</h2>\n");
    if (v->orders == 0)
        yg_html(out, "<p class=\"empty\">Nothing yet: it never left shadow mode.</p>\n");
    else
        yg_html(out, "<div class=\"wide\"><table>\n<thead><tr><th>When (UTC)</th><th>"
                     "What</th><th>Devices</th><th>Who</th><th>Why</th><th>Certificate"
                     "</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < v->orders; i++) {
        const struct yg_order *o = &v->order[i];
        yg_html(out, "<tr><td class=\"when\">");
        yg_parts_time(out, o->at_ns);
        yg_buf_printf(out, "</td><td>%s", order_text(o->kind));
        if (o->kind == YG_ORDER_FELL)
            falls(o->fall, out);
        yg_html(out, "</td><td>");
        for (unsigned d = 0; o->devices && d < YG_DEV_COUNT; d++)
            if (o->devices >> d & 1)
                yg_buf_printf(out, "%s ", yg_device_name(d));
        yg_buf_printf(out, "%s</td><td>", o->devices ? "" : "all");
        yg_parts_text(out, o->who, "the program");
        yg_html(out, "</td><td>");
        yg_parts_text(out, o->why, "-");
        yg_html(out, "</td><td>");
        digest(out, o->certificate);
        yg_html(out, "</td></tr>\n");
    }
    if (v->orders > 0)
        yg_html(out, "</tbody></table></div>\n");
    yg_html(out, "</section>\n");
}

/* ---- the pages -------------------------------------------------------------------- */

/* Columns begin at the lowest level that anybody protects. */
static unsigned lowest_level(const struct yg_view_guarantee *v)
{
    unsigned level = YG_LEVEL_L4;

    for (size_t i = 1; i < v->promises; i++)
        if (v->promise[i].certified && v->promise[i].certificate.protect < level)
            level = v->promise[i].certificate.protect;
    return level;
}

static void fleet_row(const struct yg_view_promise *p, unsigned lowest,
                      struct yg_buf *out)
{
    const struct yg_certificate *c = &p->certificate;

    yg_html(out, "<tr><td class=\"tenant\">");
    tenant_link(out, p->tenant);
    yg_buf_printf(out, "</td><td>%s</td><td>", p->armed ? "<b>armed</b>" : "shadow");
    if (!p->certified)
        yg_buf_printf(out, "%s", p->damaged ? "damaged" : "none");
    else if (!yg_certificate_may_arm(c))
        yg_html(out, "provisional");
    else
        yg_html(out, "holds");
    for (unsigned i = lowest; i < YG_LEVEL_COUNT; i++) {
        yg_html(out, "</td><td class=\"num\">");
        if (!p->certified || i < c->protect)
            yg_html(out, "-");
        else if (c->level[i].k > 0)
            percent(out, c->level[i].bound);
        else
            of(out, c->level[i].threats, c->level[i].need);
    }
    yg_html(out, "</td><td class=\"num\">");
    yg_parts_number(out, p->waiting);
    if (p->overdue) {
        yg_html(out, "<small>");
        yg_parts_number(out, p->overdue);
        yg_html(out, " overdue</small>");
    }
    yg_html(out, "</td></tr>\n");
}

static void fleet(const struct yg_view_guarantee *v, struct yg_buf *out)
{
    double delta = v->rules.delta * (double)v->tenants;
    unsigned lowest = lowest_level(v);

    yg_html(out, "<section>\n<h2>Tenants</h2>\n<p>Each tenant's certificates of all time "
                 "are wrong with a chance of at most ");
    percent(out, v->rules.delta);
    yg_html(out, "; that any of ");
    yg_parts_number(out, v->tenants);
    yg_html(out, " is wrong, at most ");
    percent(out, delta < 1 ? delta : 1);
    yg_html(out, ".</p>\n<div class=\"wide\"><table>\n<thead><tr><th>Tenant</th><th>Mode"
                 "</th><th>Certificate</th>");
    for (unsigned i = lowest; i < YG_LEVEL_COUNT; i++)
        yg_buf_printf(out, "<th class=\"num\">%s lost</th>", yg_level_name(i));
    yg_html(out, "<th class=\"num\">Blind verdicts wait</th></tr></thead>\n<tbody>\n");
    for (size_t i = 1; i < v->promises; i++)
        fleet_row(&v->promise[i], lowest, out);
    yg_html(out, "</tbody></table></div>\n");
    if (v->promises <= v->tenants) {
        yg_html(out, "<p class=\"empty\">The first ");
        yg_parts_number(out, v->promises - 1);
        yg_html(out, " are shown; name one in the address for the others.</p>\n");
    }
    yg_html(out, "</section>\n");
}

static void one_tenant(const struct yg_view_guarantee *v, struct yg_buf *out)
{
    const struct yg_view_promise *p = &v->promise[v->promises - 1];

    yg_html(out, "<section>\n<h2>What is promised</h2>\n");
    promise(p, out);
    yg_html(out, "</section>\n<section>\n<h2>What the audit says today</h2>\n");
    if (p->strata == 0)
        yg_html(out, "<p class=\"empty\">No alert was triaged yet.</p>\n");
    for (size_t i = 0; i < p->strata; i++)
        stratum(&p->stratum[i], &v->rules, v->now_ns, out);
    if (p->others.armed + p->others.shadow > 0) {
        yg_html(out, "<p>Other device types: ");
        yg_guard_others_text(&p->others, out);
        yg_html(out, ".</p>\n");
    }
    yg_html(out, "</section>\n");
    orders(v, out);
}

void yg_page_guarantee(const struct yg_view_guarantee *v, struct yg_buf *out)
{
    yg_parts_head(out, YG_STR("Guarantee"), v->now_ns, v->who);
    if (v->chosen.n)
        yg_html(out, "<p class=\"back\"><a href=\"/guarantee\">&larr; All tenants</a>"
                     "</p>\n");
    yg_html(out, "<h2>What auto-close may do");
    if (v->chosen.n) {
        yg_html(out, " at ");
        yg_parts_text(out, v->chosen, "-");
    }
    yg_html(out, "</h2>\n");
    if (v->policy.problem[0]) {
        yg_html(out, "<div class=\"note\"><p>The model cannot be read: ");
        yg_html_text(out, yg_str_of(v->policy.problem));
        yg_html(out, "</p></div>\n");
    }
    if (v->chosen.n) {
        one_tenant(v, out);
    } else {
        fleet(v, out);
    }
    if (v->chosen.n == 0 && v->whole) {
        yg_html(out,
                "<section>\n<h2>All tenants pooled</h2>\n<p>It speaks of the pool, not "
                "of each tenant.</p>\n");
        promise(&v->promise[0], out);
        yg_html(out, "</section>\n");
    }
    yg_parts_foot(out);
}

static void audit_row(const struct yg_view_audit *x, const struct yg_view_audits *v,
                      struct yg_buf *out)
{
    const struct yg_queue_run *r = &x->run;
    int64_t due =
        x->audit.ends_ns > x->audit.drawn_ns ? x->audit.ends_ns : x->audit.drawn_ns;
    double left = (double)(due + v->rules.overdue_ns - v->now_ns) / 3600e9;

    yg_html(out, "<tr><td class=\"what\"><a href=\"/run/");
    yg_parts_id(out, x->audit.run);
    yg_html(out, "\">");
    yg_parts_text(out, x->known ? r->signature : YG_STR_NONE, "(alert)");
    yg_html(out, "</a></td><td class=\"where\">");
    if (x->known)
        yg_parts_flow(out, r);
    yg_html(out, "</td><td>");
    yg_parts_text(out, x->known ? r->host : YG_STR_NONE, "-");
    yg_html(out, "</td><td class=\"tenant\">");
    yg_parts_text(out, x->audit.tenant, "-");
    yg_html(out, "</td><td class=\"when\">");
    yg_parts_time(out, x->known ? r->first_ns : x->audit.drawn_ns);
    yg_buf_printf(out, "</td><td class=\"num\">%s%.0f h</td></tr>\n",
                  left < 0 ? "<b>overdue</b> " : "", fabs(left));
}

void yg_page_audits(const struct yg_view_audits *v, struct yg_buf *out)
{
    struct yg_buf link;

    yg_parts_head(out, YG_STR("Blind verdicts"), v->now_ns, v->who);
    yg_html(out,
            "<h2>Judge without the score</h2>\n"
            "<p>Drawn by chance. What the model thinks of them is shown after your "
            "verdict, so that it tells how good the model is, and not how much it was "
            "trusted: <code>yagura verdict ID FP|L1|L2|L3|L4</code></p>\n");
    if (v->count == 0) {
        yg_html(out, "<p class=\"empty\">None waits.</p>\n");
    } else {
        yg_html(out,
                "<div class=\"wide\"><table>\n<thead><tr><th>Signature</th><th>Source "
                "&rarr; destination</th><th>Host</th><th>Tenant</th><th>First (UTC)"
                "</th><th class=\"num\">Time left</th></tr></thead>\n<tbody>\n");
        for (size_t i = 0; i < v->count; i++)
            audit_row(&v->audit[i], v, out);
        yg_html(out, "</tbody></table></div>\n");
    }
    yg_buf_init(&link, 4096);
    yg_html(&link, "/audits?");
    if (v->chosen.n) {
        yg_html(&link, "tenant=");
        yg_html_query(&link, v->chosen);
        yg_html(&link, "&amp;");
    }
    yg_parts_limit(&link, &v->paging);
    yg_parts_pages(out, yg_buf_str(&link), &v->paging, "runs");
    yg_buf_fini(&link);
    yg_parts_foot(out);
}
