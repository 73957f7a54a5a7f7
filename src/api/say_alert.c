/* SPDX-License-Identifier: Apache-2.0 */
#include "api/say_alert.h"

#include "api/search.h"
#include "base/risk.h"
#include "base/utf8.h"

#include <sodium.h>
#include <stdlib.h>

void yg_say_alert_text(struct yg_jsonw *w, const char *key, struct yg_str s)
{
    yg_jsonw_key(w, key);
    if (s.n)
        yg_jsonw_str(w, s);
    else
        yg_jsonw_null(w);
}

void yg_say_alert_level(struct yg_jsonw *w, const char *key, unsigned v)
{
    yg_say_alert_text(w, key,
                      v < YG_LEVEL_COUNT ? yg_str_of(yg_level_name(v)) : YG_STR_NONE);
}

/* ---- what the model made of it ---------------------------------------------------- */

static void risk(struct yg_jsonw *w, uint32_t v)
{
    yg_jsonw_ku64(w, "risk", v);
    yg_jsonw_kf64(w, "probability", yg_risk_prob(v));
}

static void gates(struct yg_jsonw *w, uint32_t bits)
{
    yg_jsonw_key(w, "gates");
    yg_gates_json(bits, w);
}

/* The members of a record that tell its score. */
static void score(struct yg_jsonw *w, const struct yg_store_record *r, struct yg_str rule,
                  bool blind)
{
    if (blind)
        return;
    yg_say_alert_text(w, "decision", yg_str_of(yg_view_decision(r->decision)));
    if (r->decision != YG_DECISION_NONE)
        risk(w, r->risk);
    yg_say_alert_level(w, "predicted", r->predicted);
    gates(w, r->gates);
    if (rule.n > 0)
        yg_jsonw_kstr(w, "rule", rule);
}

static void run_score(struct yg_jsonw *w, const struct yg_queue_run *r, bool blind)
{
    if (blind)
        return;
    yg_jsonw_ku64(w, "open", r->open);
    yg_jsonw_ku64(w, "would_close", r->would);
    risk(w, r->max_risk);
    yg_say_alert_level(w, "predicted", r->predicted);
    yg_say_alert_level(w, "verdict", r->verdict);
    gates(w, r->gates);
    yg_jsonw_khex(w, "worst", r->worst, YG_ID_SIZE);
}

static void hit_score(struct yg_jsonw *w, const struct yg_search_hit *h)
{
    if (h->blind || h->decision == YG_DECISION_NONE)
        return;
    yg_jsonw_kcstr(w, "decision", yg_query_decision_name(h->decision));
    yg_jsonw_kcstr(w, "predicted", yg_level_name(h->predicted));
    yg_jsonw_kf64(w, "risk", yg_risk_prob(h->risk));
}

/* ---- runs, rows, hits ------------------------------------------------------------- */

void yg_say_alert_run(struct yg_jsonw *w, const struct yg_queue_run *r, bool blind)
{
    yg_jsonw_khex(w, "id", r->id, YG_ID_SIZE);
    yg_say_alert_text(w, "tenant", r->tenant);
    yg_say_alert_text(w, "signature", r->signature);
    yg_say_alert_text(w, "entity", r->entity);
    yg_say_alert_text(w, "source_ip", r->source_ip);
    yg_say_alert_text(w, "destination_ip", r->destination_ip);
    yg_say_alert_text(w, "host", r->host);
    yg_say_alert_text(w, "device", r->device);
    yg_jsonw_ktime(w, "first", r->first_ns);
    yg_jsonw_ktime(w, "last", r->last_ns);
    yg_jsonw_ku64(w, "alerts", r->alerts);
    run_score(w, r, blind);
}

void yg_say_alert_verdict(struct yg_jsonw *w, const struct yg_verdict *v)
{
    if (!v || v->level >= YG_LEVEL_COUNT) {
        yg_jsonw_null(w);
        return;
    }
    yg_jsonw_open(w, '{');
    yg_say_alert_level(w, "level", v->level);
    yg_say_alert_text(w, "reason", v->reason);
    yg_say_alert_text(w, "note", v->note);
    yg_say_alert_text(w, "who", v->who);
    yg_say_alert_text(w, "incident", v->incident);
    yg_jsonw_ktime(w, "at", v->at_ns);
    yg_jsonw_close(w, '}');
}

void yg_say_alert_row(struct yg_jsonw *w, const struct yg_view_alert *a, bool blind)
{
    const struct yg_store_record *r = &a->record;

    yg_jsonw_open(w, '{');
    yg_jsonw_khex(w, "id", r->id, YG_ID_SIZE);
    yg_jsonw_kbool(w, "readable", a->found);
    if (a->found) {
        yg_jsonw_ktime(w, "time", r->time_ns);
        yg_jsonw_ktime(w, "received", r->received_ns);
        score(w, r, a->rule, blind);
        yg_jsonw_kstr(w, "raw", r->raw);
        yg_jsonw_ku64(w, "raw_bytes", a->raw_bytes);
    }
    yg_jsonw_key(w, "verdict");
    yg_say_alert_verdict(w, &a->verdict);
    yg_jsonw_close(w, '}');
}

/* `beside`: of one that waits to be judged without the score, which its neighbours' would
 * tell. */
static void hit_members(struct yg_jsonw *w, const struct yg_search_hit *h,
                        const enum yg_field *field, size_t fields, bool beside)
{
    yg_jsonw_khex(w, "id", h->id, YG_ID_SIZE);
    yg_jsonw_ktime(w, "time", h->time_ns);
    yg_jsonw_ktime(w, "received", h->received_ns);
    yg_jsonw_kstr(w, "tenant", h->tenant);
    yg_jsonw_kstr(w, "source", h->source);
    yg_jsonw_kcstr(w, "kind", yg_query_kind_name(h->kind));
    yg_jsonw_kcstr(w, "device", yg_device_name(h->device));
    yg_jsonw_kcstr(w, "verdict", yg_level_name(h->verdict));
    yg_jsonw_kbool(w, "packets", h->packets);
    if (h->blind)
        yg_jsonw_kbool(w, "blind", true);
    if (!beside)
        hit_score(w, h);
    for (size_t i = 0; i < fields; i++)
        if (h->field[i].n > 0)
            yg_jsonw_kstr(w, yg_field_info[field[i]].name, h->field[i]);
}

void yg_say_alert_hit(struct yg_jsonw *w, const struct yg_search_hit *h,
                      const enum yg_field *field, size_t fields)
{
    yg_jsonw_open(w, '{');
    hit_members(w, h, field, fields, false);
    yg_jsonw_close(w, '}');
}

/* ---- everything of one alert ------------------------------------------------------ */

static bool has(const struct yg_view_detail *d, enum yg_alert_part part)
{
    return d->parts >> part & 1;
}

static void fields(struct yg_jsonw *w, const struct yg_view_detail *d)
{
    yg_jsonw_key(w, "fields");
    yg_jsonw_open(w, '{');
    for (int f = 0; f < YG_FIELD_COUNT; f++)
        if (d->has[f])
            yg_jsonw_kstr(w, yg_field_info[f].name, d->field[f]);
    yg_jsonw_close(w, '}');
}

static bool is_text(struct yg_str s)
{
    size_t n = 1;

    for (size_t i = 0; i < s.n && n > 0; i += n)
        n = s.p[i] == '\0' ? 0 : yg_utf8_len((const unsigned char *)s.p + i, s.n - i);
    return n > 0;
}

/* As text; where it is none, its bytes besides. */
static void raw(struct yg_jsonw *w, const struct yg_view_detail *d)
{
    struct yg_str s = d->record.raw;
    char *base64;

    yg_jsonw_kstr(w, "raw", s);
    yg_jsonw_kbool(w, "raw_cut", s.n < d->raw_bytes);
    if (is_text(s))
        return;
    size_t n = sodium_base64_ENCODED_LEN(s.n, sodium_base64_VARIANT_ORIGINAL);
    base64 = malloc(n);
    if (base64)
        yg_jsonw_kcstr(w, "raw_base64",
                       sodium_bin2base64(base64, n, (const unsigned char *)s.p, s.n,
                                         sodium_base64_VARIANT_ORIGINAL));
    free(base64);
}

static void run(struct yg_jsonw *w, const struct yg_view_detail *d)
{
    yg_jsonw_key(w, "run");
    if (!d->in_run) {
        yg_jsonw_null(w);
        return;
    }
    yg_jsonw_open(w, '{');
    yg_say_alert_run(w, &d->run, d->blind);
    yg_jsonw_close(w, '}');
}

static void objections(struct yg_jsonw *w, uint32_t bits)
{
    yg_jsonw_key(w, "objections");
    yg_jsonw_open(w, '[');
    for (unsigned g = 0; g < YG_GATE_COUNT; g++) {
        if ((bits >> g & 1) == 0)
            continue;
        yg_jsonw_open(w, '{');
        yg_jsonw_kcstr(w, "gate", yg_gate_info[g].name);
        yg_jsonw_kcstr(w, "says", yg_gate_info[g].sentence);
        yg_jsonw_close(w, '}');
    }
    yg_jsonw_close(w, ']');
}

/* In a sentence: what became of it, and for want of what. */
static const char *outcome(const struct yg_store_record *r)
{
    return r->decision == YG_DECISION_CLOSED  ? "it was closed"
           : r->decision == YG_DECISION_CLOSE ? "it would be closed; in shadow mode it "
                                                "waits as before"
           : r->decision == YG_DECISION_NONE  ? "no model judged it"
           : r->gates                         ? "it stays open: a gate objects"
                      : "it stays open: its risk is not below the threshold";
}

static void policy(struct yg_jsonw *w, const struct yg_view_detail *d)
{
    const struct yg_policy *p = &d->policy;

    yg_jsonw_key(w, "policy");
    if (!d->policed) {
        yg_jsonw_null(w);
        return;
    }
    yg_jsonw_open(w, '{');
    yg_jsonw_kcstr(
        w, "mode",
        yg_mode_name(p->armed >> d->device & 1 ? YG_MODE_ARMED : YG_MODE_SHADOW));
    yg_jsonw_ku64(w, "threshold", p->tau);
    yg_jsonw_kf64(w, "threshold_probability", yg_risk_prob(p->tau));
    yg_jsonw_key(w, "certificate");
    if (d->grounded) {
        char hex[2 * YG_DIGEST_SIZE + 1];
        yg_hex(d->certificate, YG_DIGEST_SIZE, hex);
        yg_jsonw_str(w, yg_str_of(hex));
    } else {
        yg_jsonw_null(w);
    }
    yg_jsonw_close(w, '}');
}

static void decision(struct yg_jsonw *w, const struct yg_view_detail *d)
{
    yg_jsonw_key(w, "decision");
    if (d->blind) {
        yg_jsonw_null(w);
        return;
    }
    yg_jsonw_open(w, '{');
    score(w, &d->record, d->rule, d->blind);
    yg_jsonw_kcstr(w, "says", outcome(&d->record));
    objections(w, d->record.gates);
    policy(w, d);
    yg_jsonw_close(w, '}');
}

static void verdicts(struct yg_jsonw *w, const struct yg_view_detail *d)
{
    static const char *const state[] = { "superseded", "in force", "taken back" };
    static const char *const by[] = { "person", "import", "rule", "model", "group" };
    const struct yg_verdict *now = NULL;

    size_t n = d->blind ? 0 : d->verdicts; /* what was said before would tell */

    for (size_t i = 0; i < n; i++)
        if (d->verdict[i].state == YG_VERDICT_IN_FORCE)
            now = &d->verdict[i];
    yg_jsonw_key(w, "verdict");
    yg_say_alert_verdict(w, now);
    yg_jsonw_key(w, "verdicts");
    yg_jsonw_open(w, '[');
    for (size_t i = 0; i < n; i++) {
        const struct yg_verdict *v = &d->verdict[i];
        yg_jsonw_open(w, '{');
        yg_jsonw_kcstr(w, "state", v->state < 3 ? state[v->state] : "?");
        yg_jsonw_kcstr(w, "by", v->source < 5 ? by[v->source] : "?");
        yg_jsonw_key(w, "verdict");
        yg_say_alert_verdict(w, v);
        yg_jsonw_close(w, '}');
    }
    yg_jsonw_close(w, ']');
}

static void context(struct yg_jsonw *w, const struct yg_view_detail *d)
{
    const size_t told = d->raw ? YG_SEARCH_USUAL : 1;

    yg_jsonw_key(w, "context");
    if (!d->looked) {
        yg_jsonw_null(w);
        return;
    }
    yg_jsonw_open(w, '{');
    yg_jsonw_ktime(w, "from", d->from_ns);
    yg_jsonw_ktime(w, "until", d->until_ns);
    yg_jsonw_kbool(w, "at_least", !d->nearby.whole);
    for (unsigned k = 0; k < YG_NEARBY_KINDS; k++) {
        const struct yg_nearby_part *p = &d->nearby.part[k];
        yg_jsonw_key(w, yg_nearby_name(k));
        yg_jsonw_open(w, '{');
        yg_jsonw_ku64(w, "count", p->count);
        yg_jsonw_key(w, "nearest");
        yg_jsonw_open(w, '[');
        for (size_t i = 0; i < p->shown; i++) {
            yg_jsonw_open(w, '{');
            hit_members(w, p->hit[i], yg_search_usual, told, d->blind);
            yg_jsonw_kbool(w, "same_flow", p->flow[i]);
            yg_jsonw_close(w, '}');
        }
        yg_jsonw_close(w, ']');
        yg_jsonw_close(w, '}');
    }
    yg_jsonw_close(w, '}');
}

static void past_cases(struct yg_jsonw *w, const struct yg_view_detail *d)
{
    yg_jsonw_key(w, "alike");
    if (d->blind) {
        yg_jsonw_null(w);
        return;
    }
    yg_jsonw_open(w, '{');
    yg_jsonw_kbool(w, "at_least", d->judged_more);
    yg_jsonw_key(w, "judged");
    yg_jsonw_open(w, '{');
    for (unsigned l = 0; l < YG_LEVEL_COUNT; l++)
        yg_jsonw_ku64(w, yg_level_name(l), d->judged_as[l]);
    yg_jsonw_close(w, '}');
    yg_jsonw_key(w, "runs");
    yg_jsonw_open(w, '[');
    for (size_t i = 0; i < d->cases; i++) {
        yg_jsonw_open(w, '{');
        yg_say_alert_run(w, d->past[i], false);
        yg_jsonw_close(w, '}');
    }
    yg_jsonw_close(w, ']');
    yg_jsonw_close(w, '}');
}

static void said(struct yg_jsonw *w, const char *key, const struct yg_beside_said *s)
{
    yg_jsonw_key(w, key);
    if (s->json.n > 0)
        yg_jsonw_raw(w, s->json);
    else
        yg_jsonw_null(w);
}

/* Names of parts that are not there yet. */
static void again(struct yg_jsonw *w, const struct yg_view_detail *d)
{
    yg_jsonw_key(w, "ask_again");
    yg_jsonw_open(w, '[');
    if (d->packets.later)
        yg_jsonw_str(w, yg_str_of(yg_part_info[YG_PART_PACKETS].name));
    if (d->reasons.later)
        yg_jsonw_str(w, yg_str_of(yg_part_info[YG_PART_REASONS].name));
    yg_jsonw_close(w, ']');
}

static void about(struct yg_jsonw *w, const struct yg_view_detail *d)
{
    yg_jsonw_khex(w, "id", d->record.id, YG_ID_SIZE);
    yg_jsonw_kstr(w, "tenant", d->tenant);
    yg_say_alert_text(w, "source", d->source);
    yg_jsonw_kcstr(w, "device", yg_device_name(d->device));
    yg_jsonw_kcstr(w, "kind", yg_query_kind_name(d->kind));
    yg_jsonw_ktime(w, "time", d->record.time_ns);
    yg_jsonw_ktime(w, "received", d->record.received_ns);
    yg_jsonw_ku64(w, "raw_bytes", d->raw_bytes);
    yg_jsonw_ku64(w, "packet_bytes", d->packet_bytes);
    yg_jsonw_kbool(w, "blind", d->blind);
    if (d->reason != YG_R_NONE)
        yg_jsonw_kcstr(w, "not_decoded", yg_reason_name(d->reason));
}

static void desk(struct yg_jsonw *w, const struct yg_view_detail *d)
{
    yg_jsonw_key(w, "desk");
    if (d->desk)
        yg_desk_about_json(w, d->desk);
    else
        yg_jsonw_null(w);
}

void yg_say_alert_detail(struct yg_jsonw *w, const struct yg_view_detail *d)
{
    yg_jsonw_open(w, '{');
    about(w, d);
    if (has(d, YG_PART_FIELDS))
        fields(w, d);
    if (has(d, YG_PART_RAW))
        raw(w, d);
    if (has(d, YG_PART_RUN))
        run(w, d);
    if (has(d, YG_PART_DECISION))
        decision(w, d);
    if (has(d, YG_PART_VERDICTS))
        verdicts(w, d);
    if (has(d, YG_PART_ALIKE))
        past_cases(w, d);
    if (has(d, YG_PART_CONTEXT))
        context(w, d);
    if (has(d, YG_PART_DESK))
        desk(w, d);
    if (has(d, YG_PART_PACKETS))
        said(w, "packets", &d->packets);
    if (has(d, YG_PART_REASONS) && !d->blind)
        said(w, "reasons", &d->reasons);
    else if (has(d, YG_PART_REASONS))
        said(w, "reasons", &(struct yg_beside_said){ .later = false });
    again(w, d);
    yg_jsonw_close(w, '}');
}
