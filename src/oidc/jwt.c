/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/jwt.h"

static enum yg_status bad(struct yg_err *err, const char *what)
{
    return yg_err_set(err, YG_EFORMAT, "the ID token %s", what);
}

static bool alg_of(struct yg_str name, enum yg_jwk_alg *out)
{
    for (int a = YG_JWK_RS256; a <= YG_JWK_EDDSA; a++)
        if (yg_str_eq(name, yg_str_of(yg_jwk_alg_name((enum yg_jwk_alg)a)))) {
            *out = (enum yg_jwk_alg)a;
            return true;
        }
    return false;
}

static enum yg_status read_head(struct yg_json_pull *json, struct yg_str text,
                                struct yg_arena *arena, struct yg_jwt *out,
                                struct yg_err *err)
{
    struct yg_members m;

    if (!yg_members_read(json, text, arena, &m))
        return bad(err, "has no head that can be read");
    if (!alg_of(yg_members_text(&m, "alg"), &out->alg))
        return bad(err, "is signed otherwise than by RS256, ES256 or EdDSA");
    if (yg_members_get(&m, "crit"))
        return bad(err, "needs an extension");
    if (yg_members_get(&m, "typ") &&
        !yg_str_eq_nocase(yg_members_text(&m, "typ"), YG_STR("JWT")))
        return bad(err, "is a token of another type");
    out->kid = yg_members_text(&m, "kid");
    return yg_members_get(&m, "kid") && !out->kid.p
               ? bad(err, "has a kid that is no text")
               : YG_OK;
}

enum yg_status yg_jwt_read(struct yg_json_pull *json, struct yg_str text,
                           struct yg_arena *arena, struct yg_jwt *out, struct yg_err *err)
{
    struct yg_str rest = text, part[3], head;
    struct yg_jwt t = { .kid = YG_STR_NONE };

    if (text.n > YG_JWT_MAX)
        return bad(err, "is too long");
    for (int i = 0; i < 3; i++)
        part[i] = yg_str_cut(&rest, '.');
    if (rest.p || part[0].n == 0 || part[1].n == 0 || part[2].n == 0)
        return bad(err, "is no signed token");
    t.bytes = (struct yg_str){ text.p, part[0].n + 1 + part[1].n };
    if (!yg_base64url(part[0], arena, &head) ||
        !yg_base64url(part[1], arena, &t.claims) ||
        !yg_base64url(part[2], arena, &t.signature))
        return bad(err, "is not base64url");
    enum yg_status st = read_head(json, head, arena, &t, err);
    if (st == YG_OK)
        *out = t;
    return st;
}

const struct yg_jwk *yg_jwt_key(const struct yg_jwt *t, const struct yg_jwks *keys)
{
    const struct yg_jwk *found = NULL;

    for (size_t i = 0; i < keys->count; i++) {
        const struct yg_jwk *k = &keys->key[i];
        if (k->alg != t->alg || (t->kid.p && !yg_str_eq(k->kid, t->kid)))
            continue;
        if (found)
            return NULL;
        found = k;
    }
    return found;
}
