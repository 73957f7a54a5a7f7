/* SPDX-License-Identifier: Apache-2.0 */
/* The part of about.h that writes JSON. */
#include "desk/about.h"

static void until(struct yg_jsonw *w, const char *key, int64_t ns)
{
    if (ns != YG_DESK_NEVER) {
        yg_jsonw_ktime(w, key, ns);
    } else {
        yg_jsonw_key(w, key);
        yg_jsonw_null(w);
    }
}

static void text(struct yg_jsonw *w, const char *key, struct yg_str s)
{
    if (s.n > 0) {
        yg_jsonw_kstr(w, key, s);
    } else {
        yg_jsonw_key(w, key);
        yg_jsonw_null(w);
    }
}

static void id(struct yg_jsonw *w, const char *key, const unsigned char v[YG_ID_SIZE])
{
    static const unsigned char none[YG_ID_SIZE];

    if (memcmp(v, none, YG_ID_SIZE) != 0) {
        yg_jsonw_khex(w, key, v, YG_ID_SIZE);
    } else {
        yg_jsonw_key(w, key);
        yg_jsonw_null(w);
    }
}

void yg_desk_note_json(struct yg_jsonw *w, const struct yg_desk_note *n)
{
    yg_jsonw_open(w, '{');
    yg_jsonw_ku64(w, "number", n->number);
    yg_jsonw_kstr(w, "tenant", n->tenant);
    yg_jsonw_kcstr(w, "kind", yg_desk_note_kind_name(n->kind));
    text(w, "key", n->key);
    yg_jsonw_kstr(w, "text", n->text);
    yg_jsonw_kstr(w, "author", n->author);
    yg_jsonw_kstr(w, "owner", n->owner);
    yg_jsonw_ktime(w, "made", n->made_ns);
    yg_jsonw_ktime(w, "changed", n->changed_ns);
    yg_jsonw_kstr(w, "changed_by", n->changed_by);
    until(w, "expires", n->until_ns);
    yg_jsonw_ku64(w, "version", n->version);
    yg_jsonw_kbool(w, "removed", n->gone);
    yg_jsonw_close(w, '}');
}

void yg_inquiry_json(struct yg_jsonw *w, const struct yg_inquiry *q)
{
    yg_jsonw_open(w, '{');
    yg_jsonw_ku64(w, "number", q->number);
    yg_jsonw_kstr(w, "tenant", q->tenant);
    id(w, "run", q->run);
    id(w, "alert", q->alert);
    yg_jsonw_kstr(w, "text", q->text);
    yg_jsonw_kstr(w, "asked_by", q->asked_by);
    yg_jsonw_ktime(w, "asked", q->asked_ns);
    yg_jsonw_ktime(w, "due", q->due_ns);
    yg_jsonw_kcstr(w, "state", yg_inquiry_state_name(q->state));
    text(w, "answer", q->answer);
    text(w, "ended_by", q->ended_by);
    until(w, "ended", q->ended_ns > 0 ? q->ended_ns : YG_DESK_NEVER);
    yg_jsonw_close(w, '}');
}

/* ---- assets ----------------------------------------------------------------------- */

static void software(struct yg_jsonw *w, const struct yg_asset *a)
{
    yg_jsonw_key(w, "software");
    yg_jsonw_open(w, '[');
    for (size_t i = 0; i < a->software_count; i++) {
        const struct yg_software *s = &a->software[i];
        yg_jsonw_open(w, '{');
        text(w, "vendor", s->vendor);
        yg_jsonw_kstr(w, "product", s->product);
        text(w, "version", s->version);
        text(w, "cpe", s->cpe);
        yg_jsonw_close(w, '}');
    }
    yg_jsonw_close(w, ']');
}

static void findings(struct yg_jsonw *w, const struct yg_asset *a)
{
    yg_jsonw_key(w, "vulnerabilities");
    yg_jsonw_open(w, '[');
    for (size_t i = 0; i < a->findings; i++) {
        const struct yg_finding *f = &a->finding[i];
        yg_jsonw_open(w, '{');
        yg_jsonw_kcstr(w, "cve", f->cve);
        yg_jsonw_kcstr(w, "state", yg_finding_state_name(f->state));
        yg_jsonw_kstr(w, "scanner", f->scanner);
        text(w, "reason", f->why);
        text(w, "severity", f->severity);
        yg_jsonw_ktime(w, "seen", f->seen_ns);
        yg_jsonw_close(w, '}');
    }
    yg_jsonw_close(w, ']');
}

void yg_asset_json(struct yg_jsonw *w, const struct yg_asset *a)
{
    yg_jsonw_open(w, '{');
    yg_jsonw_ku64(w, "number", a->number);
    yg_jsonw_kstr(w, "tenant", a->tenant);
    yg_jsonw_kstr(w, "subject", a->subject);
    text(w, "name", a->name);
    text(w, "role", a->role);
    text(w, "owner", a->owner);
    yg_jsonw_ku64(w, "criticality", a->criticality);
    text(w, "source", a->source);
    yg_jsonw_kstr(w, "told_by", a->told_by);
    yg_jsonw_ktime(w, "told", a->told_ns);
    if (a->software)
        software(w, a);
    if (a->finding)
        findings(w, a);
    yg_jsonw_close(w, '}');
}

/* ---- watch lists ------------------------------------------------------------------ */

void yg_watch_list_json(struct yg_jsonw *w, const struct yg_watch_list *l)
{
    yg_jsonw_open(w, '{');
    yg_jsonw_ku64(w, "number", l->number);
    text(w, "tenant", l->tenant);
    yg_jsonw_kbool(w, "everywhere", l->everywhere);
    yg_jsonw_kstr(w, "name", l->name);
    text(w, "source", l->source);
    text(w, "note", l->note);
    yg_jsonw_kstr(w, "made_by", l->made_by);
    yg_jsonw_ktime(w, "made", l->made_ns);
    yg_jsonw_ku64(w, "entries", l->entries);
    yg_jsonw_close(w, '}');
}

void yg_watch_entry_json(struct yg_jsonw *w, const struct yg_watch_entry *e)
{
    yg_jsonw_open(w, '{');
    yg_jsonw_ku64(w, "number", e->number);
    yg_jsonw_kcstr(w, "type", yg_watch_type_name(e->type));
    yg_jsonw_kstr(w, "value", e->value);
    text(w, "note", e->note);
    yg_jsonw_kstr(w, "made_by", e->made_by);
    yg_jsonw_ktime(w, "made", e->made_ns);
    until(w, "expires", e->until_ns);
    yg_jsonw_close(w, '}');
}

static void hit(struct yg_jsonw *w, const struct yg_desk_hit *h)
{
    yg_jsonw_open(w, '{');
    yg_jsonw_ku64(w, "list", h->number);
    yg_jsonw_kstr(w, "name", h->list);
    text(w, "source", h->source);
    yg_jsonw_kstr(w, "entry", h->value);
    yg_jsonw_kcstr(w, "field", h->field);
    yg_jsonw_kstr(w, "value", h->seen);
    text(w, "note", h->note);
    until(w, "expires", h->until_ns);
    yg_jsonw_close(w, '}');
}

/* ---- all of one alert ------------------------------------------------------------- */

static void effect(struct yg_jsonw *w, const struct yg_desk_effect *e)
{
    yg_jsonw_key(w, "effect");
    yg_jsonw_open(w, '{');
    yg_jsonw_kcstr(w, "kind", yg_effect_name(e->kind));
    yg_jsonw_kstr(w, "why", e->why);
    until(w, "known_since", e->seen_ns > 0 ? e->seen_ns : YG_DESK_NEVER);
    yg_jsonw_key(w, "cves");
    yg_jsonw_open(w, '[');
    for (size_t i = 0; i < e->cves; i++)
        yg_jsonw_str(w, yg_str_of(e->cve[i]));
    yg_jsonw_close(w, ']');
    yg_jsonw_close(w, '}');
}

static void asset(struct yg_jsonw *w, const char *key, const struct yg_asset *a)
{
    yg_jsonw_key(w, key);
    if (a)
        yg_asset_json(w, a);
    else
        yg_jsonw_null(w);
}

void yg_desk_about_json(struct yg_jsonw *w, const struct yg_desk_about *a)
{
    yg_jsonw_open(w, '{');
    yg_jsonw_key(w, "notes");
    yg_jsonw_open(w, '[');
    for (size_t i = 0; i < a->notes.count; i++)
        yg_desk_note_json(w, &a->notes.row[i]);
    yg_jsonw_close(w, ']');
    asset(w, "source_asset", a->source);
    asset(w, "target_asset", a->target);
    effect(w, &a->effect);
    yg_jsonw_key(w, "watch_hits");
    yg_jsonw_open(w, '[');
    for (size_t i = 0; i < a->hits.count; i++)
        hit(w, &a->hits.row[i]);
    yg_jsonw_close(w, ']');
    yg_jsonw_key(w, "questions");
    yg_jsonw_open(w, '[');
    for (size_t i = 0; i < a->questions.count; i++)
        yg_inquiry_json(w, &a->questions.row[i]);
    yg_jsonw_close(w, ']');
    yg_jsonw_kbool(w, "more", a->notes.more || a->hits.more || a->questions.more);
    yg_jsonw_close(w, '}');
}
