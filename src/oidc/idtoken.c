/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/idtoken.h"

#include "base/clock.h"

#define SUB_MAX 255 /* OpenID Connect Core, section 2 */

static enum yg_status no(struct yg_err *err, const char *what)
{
    return yg_err_set(err, YG_EPERM, "the ID token %s", what);
}

/* ---- is it ours, and now? --------------------------------------------------------- */

/* Of several audiences the token must be made for us (`azp`). */
static enum yg_status check_audience(struct yg_json_pull *json,
                                     const struct yg_members *c, struct yg_str client,
                                     struct yg_arena *arena, struct yg_err *err)
{
    const struct yg_member_value *aud = yg_members_get(c, "aud"),
                                 *azp = yg_members_get(c, "azp");
    struct yg_values list;
    bool strict = false;

    if (!aud || !yg_members_values(json, aud, arena, &list, &strict) || !strict ||
        !yg_values_have(&list, client))
        return no(err, "is for somebody else (aud)");
    if (azp ? !yg_str_eq(yg_members_text(c, "azp"), client) : list.n > 1)
        return no(err, "was made for somebody else (azp)");
    return YG_OK;
}

static enum yg_status check_times(const struct yg_members *c, int64_t now,
                                  struct yg_err *err)
{
    int64_t exp = 0, iat = 0, nbf = now;

    if (!yg_members_whole(c, "exp", &exp) || exp + YG_IDTOKEN_SKEW_S <= now)
        return no(err, "has expired, or one of the two clocks is wrong (exp)");
    if (!yg_members_whole(c, "iat", &iat) || iat > now + YG_IDTOKEN_SKEW_S)
        return no(err, "is of the future, or one of the two clocks is wrong (iat)");
    if (iat < now - YG_IDTOKEN_AGE_S - YG_IDTOKEN_SKEW_S)
        return no(err, "is old, or one of the two clocks is wrong (iat)");
    if (yg_members_get(c, "nbf") &&
        (!yg_members_whole(c, "nbf", &nbf) || nbf > now + YG_IDTOKEN_SKEW_S))
        return no(err, "is not in force yet, or one of the two clocks is wrong (nbf)");
    return YG_OK;
}

static bool is_subject(struct yg_str sub)
{
    for (size_t i = 0; i < sub.n; i++)
        if (sub.p[i] < ' ' || sub.p[i] >= 0x7f)
            return false;
    return sub.n > 0 && sub.n <= SUB_MAX;
}

enum yg_status yg_idtoken_check(struct yg_json_pull *json,
                                const struct yg_members *claims,
                                const struct yg_idtoken_wanted *wanted,
                                struct yg_arena *arena, struct yg_err *err)
{
    const struct yg_oidc_settings *s = wanted->settings;

    if (!yg_str_eq(yg_members_text(claims, "iss"), s->issuer))
        return no(err, "is of another issuer (iss)");
    enum yg_status st = check_audience(json, claims, s->client_id, arena, err);
    if (st == YG_OK)
        st = check_times(claims, wanted->now_ns / YG_NS_PER_S, err);
    if (st != YG_OK)
        return st;
    if (wanted->nonce.n == 0 ||
        !yg_str_eq(yg_members_text(claims, "nonce"), wanted->nonce))
        return no(err, "is of another login (nonce)");
    if (!is_subject(yg_members_text(claims, "sub")))
        return no(err, "does not say who it is (sub)");
    return YG_OK;
}

/* ---- whom they make --------------------------------------------------------------- */

/* The claim of this name; a.b is b in the object a, unless a claim is called so. */
static bool claim(struct yg_json_pull *json, const struct yg_members *c,
                  struct yg_str name, struct yg_arena *arena, struct yg_member_value *out)
{
    struct yg_members *in = yg_arena_alloc(arena, sizeof(*in));
    struct yg_str rest = name;

    if (!in)
        return false;
    *in = *c;
    for (int depth = 0; depth < 8; depth++) {
        for (size_t i = 0; i < in->n; i++)
            if (yg_str_eq(in->v[i].name, rest)) {
                *out = in->v[i];
                return true;
            }
        struct yg_str head = yg_str_cut(&rest, '.');
        size_t i = 0;
        while (i < in->n &&
               !(yg_str_eq(in->v[i].name, head) && in->v[i].kind == YG_VALUE_OBJECT))
            i++;
        if (!rest.p || i == in->n || !yg_members_read(json, in->v[i].text, arena, in))
            return false;
    }
    return false;
}

/* Its values; none when it is not there. */
static bool values(struct yg_json_pull *json, const struct yg_members *c,
                   struct yg_str name, struct yg_arena *arena, struct yg_values *out)
{
    struct yg_member_value v;

    *out = (struct yg_values){ NULL, 0 };
    if (!claim(json, c, name, arena, &v))
        return true;
    return yg_members_values(json, &v, arena, out, NULL);
}

static enum yg_role role_of(const struct yg_oidc_settings *s,
                            const struct yg_values *have)
{
    for (size_t i = 0; i < s->roles; i++)
        if (yg_values_have(have, s->role[i].value))
            return s->role[i].role;
    return YG_ROLE_NONE;
}

static bool scope_of(const struct yg_oidc_settings *s, const struct yg_values *have,
                     struct yg_arena *arena, struct yg_scope *out)
{
    struct yg_str *t = yg_arena_alloc(arena, (s->tenants + 1) * sizeof(*t));
    size_t n = 0;

    if (!t)
        return false;
    for (size_t i = 0; i < s->tenants; i++) {
        if (!yg_values_have(have, s->tenant[i].value))
            continue;
        if (!s->tenant[i].tenant.p) {
            *out = YG_SCOPE_ALL;
            return true;
        }
        t[n++] = s->tenant[i].tenant;
    }
    *out = yg_scope_of(t, n);
    return true;
}

/* What is behind the only '@' of a mail address that the provider has verified. */
static bool mail_allowed(const struct yg_members *c, const struct yg_oidc_settings *s)
{
    struct yg_str mail = yg_members_text(c, "email"), user = yg_str_cut(&mail, '@');

    if (s->domains == 0)
        return true;
    if (!yg_members_true(c, "email_verified") || user.n == 0 || mail.n == 0 ||
        memchr(mail.p, '@', mail.n))
        return false;
    for (size_t i = 0; i < s->domains; i++)
        if (yg_str_eq_nocase(mail, s->domain[i]))
            return true;
    return false;
}

static bool shown_two(struct yg_json_pull *json, const struct yg_members *c,
                      struct yg_arena *arena)
{
    struct yg_values amr;

    return values(json, c, YG_STR("amr"), arena, &amr) &&
           (yg_values_have(&amr, YG_STR("mfa")) || yg_values_have(&amr, YG_STR("otp")) ||
            yg_values_have(&amr, YG_STR("hwk")));
}

enum yg_status yg_idtoken_person(struct yg_json_pull *json,
                                 const struct yg_members *claims,
                                 const struct yg_oidc_settings *s, struct yg_arena *arena,
                                 struct yg_person *out, struct yg_err *err)
{
    struct yg_person p = { .subject = yg_members_text(claims, "sub"),
                           .full = yg_members_text(claims, "name"),
                           .scope = s->fixed };
    struct yg_values roles, tenants = { NULL, 0 };
    struct yg_member_value name;

    if (!mail_allowed(claims, s))
        return yg_err_set(err, YG_EPERM,
                          "the provider names no verified mail address of an allowed "
                          "domain");
    if (!claim(json, claims, s->name_claim, arena, &name) || name.kind != YG_VALUE_TEXT ||
        name.text.n == 0)
        return yg_err_set(err, YG_EPERM, "the provider tells no claim %.100s",
                          s->name_claim.p);
    p.name = name.text;
    if (!values(json, claims, s->role_claim, arena, &roles) ||
        (s->tenant_claim.p && (!values(json, claims, s->tenant_claim, arena, &tenants) ||
                               !scope_of(s, &tenants, arena, &p.scope))))
        return yg_err_set(err, YG_EPERM,
                          "the provider's claims of roles or tenants cannot be read");
    p.role = role_of(s, &roles);
    if (p.role == YG_ROLE_SYSTEM_ADMIN)
        p.scope = YG_SCOPE_ALL; /* never otherwise */
    p.second = shown_two(json, claims, arena);
    *out = p;
    return YG_OK;
}
