/* SPDX-License-Identifier: Apache-2.0 */
#include "api/people_json.h"

void yg_json_scope(struct yg_jsonw *w, const struct yg_scope *scope)
{
    yg_jsonw_kbool(w, "all_tenants", scope->all);
    yg_jsonw_key(w, "tenants");
    yg_jsonw_open(w, '[');
    for (size_t i = 0; i < scope->tenants; i++)
        yg_jsonw_str(w, scope->tenant[i]);
    yg_jsonw_close(w, ']');
}

void yg_json_user(struct yg_jsonw *w, const struct yg_user *u)
{
    yg_jsonw_kstr(w, "name", u->name);
    yg_jsonw_kstr(w, "full_name", u->full);
    yg_jsonw_kcstr(w, "role", yg_role_name(u->role));
    yg_json_scope(w, &u->scope);
    yg_jsonw_kstr(w, "language", u->language);
    yg_jsonw_kstr(w, "time_zone", u->zone);
    yg_jsonw_kbool(w, "disabled", u->disabled);
    yg_jsonw_kbool(w, "must_change", u->must_change);
    yg_jsonw_kbool(w, "second_factor", u->totp);
    yg_jsonw_ku64(w, "recovery_codes", u->codes_left);
    yg_jsonw_kbool(w, "provider", u->vouched);
    yg_jsonw_ktime(w, "made", u->made_ns);
    if (u->login_ns > 0)
        yg_jsonw_ktime(w, "last_login", u->login_ns);
}

void yg_json_session(struct yg_jsonw *w, const struct yg_session *s)
{
    yg_jsonw_ku64(w, "session", s->id);
    yg_jsonw_ktime(w, "began", s->made_ns);
    yg_jsonw_ktime(w, "last_seen", s->seen_ns);
    yg_jsonw_ktime(w, "expires", s->expires_ns);
    yg_jsonw_kbool(w, "second_factor", s->second);
    yg_jsonw_kstr(w, "address", s->address);
}

void yg_json_token(struct yg_jsonw *w, const struct yg_token *t)
{
    yg_jsonw_ku64(w, "id", t->id);
    yg_jsonw_kstr(w, "user", t->user);
    yg_jsonw_kstr(w, "label", t->label);
    yg_jsonw_kcstr(w, "role", yg_role_name(t->role));
    yg_json_scope(w, &t->scope);
    yg_jsonw_ktime(w, "made", t->made_ns);
    yg_jsonw_ktime(w, "expires", t->expires_ns);
    if (t->used_ns > 0)
        yg_jsonw_ktime(w, "last_used", t->used_ns);
}
