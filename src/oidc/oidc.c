/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/oidc.h"

#include "base/hash.h"
#include "base/pace.h"
#include "event/ip.h"

#include <sodium.h>
#include <stdlib.h>

#define SECRET    32 /* bytes of a text */
#define NETWORKS  1024
#define ALL_NS    (YG_NS_PER_S / 4)
#define ALL_MOST  40
#define EACH_NS   (YG_NS_PER_S / 2)
#define EACH_MOST 20

_Static_assert(yg_base64url_room(SECRET) <= YG_OIDC_TEXT, "room for the texts");

struct login { /* one that was begun; `to` NULL: none */
    char *to;
    char state[YG_OIDC_TEXT], nonce[YG_OIDC_TEXT], verifier[YG_OIDC_TEXT],
        cookie[YG_OIDC_TEXT];
    uint64_t network;
    int64_t begun_ns;
};

struct yg_oidc {
    struct yg_oidc_options opt;
    struct yg_provider *provider;
    atomic_bool stop;
    struct login login[YG_OIDC_MAX];
    int64_t all_ns, network_ns[NETWORKS]; /* pace of answers */
};

struct yg_oidc *yg_oidc_new(const struct yg_oidc_options *opt)
{
    struct yg_oidc *o = calloc(1, sizeof(*o));

    if (!o || sodium_init() < 0) {
        free(o);
        return NULL;
    }
    o->opt = *opt;
    atomic_init(&o->stop, false);
    o->provider = yg_provider_new(opt->settings, opt->clock, opt->fetcher, &o->stop);
    if (!o->provider) {
        free(o);
        return NULL;
    }
    return o;
}

static void drop(struct login *l)
{
    free(l->to);
    sodium_memzero(l, sizeof(*l));
}

void yg_oidc_free(struct yg_oidc *o)
{
    if (!o)
        return;
    for (size_t i = 0; i < YG_OIDC_MAX; i++)
        drop(&o->login[i]);
    yg_provider_free(o->provider);
    free(o);
}

void yg_oidc_give_up(struct yg_oidc *o)
{
    atomic_store(&o->stop, true);
}

/* ---- logins ----------------------------------------------------------------------- */

static bool same(const char *a, struct yg_str b)
{
    return b.n == YG_OIDC_TEXT - 1 && sodium_memcmp(a, b.p, YG_OIDC_TEXT - 1) == 0;
}

static void drop_old(struct yg_oidc *o)
{
    const int64_t now = yg_clock_now(o->opt.clock);

    for (size_t i = 0; i < YG_OIDC_MAX; i++) {
        struct login *l = &o->login[i];
        if (l->to &&
            (now < l->begun_ns || now - l->begun_ns > YG_OIDC_BEGUN_S * YG_NS_PER_S))
            drop(l);
    }
}

static struct login *find(struct yg_oidc *o, struct yg_str state)
{
    struct login *found = NULL;

    for (size_t i = 0; i < YG_OIDC_MAX; i++)
        if (o->login[i].to && same(o->login[i].state, state))
            found = &o->login[i];
    return found;
}

static struct login *older(struct login *a, struct login *b)
{
    return !a || b->begun_ns < a->begun_ns ? b : a;
}

/* A place for one more: a free one, that of the network's oldest, that of the oldest. */
static struct login *place(struct yg_oidc *o, uint64_t network)
{
    struct login *unused = NULL, *oldest = NULL, *own = NULL;
    unsigned of_network = 0;

    for (size_t i = 0; i < YG_OIDC_MAX; i++) {
        struct login *l = &o->login[i];
        if (!l->to) {
            unused = l;
            continue;
        }
        oldest = older(oldest, l);
        if (l->network != network)
            continue;
        of_network++;
        own = older(own, l);
    }
    struct login *l = of_network >= YG_OIDC_OF_NETWORK ? own : unused ? unused : oldest;
    drop(l);
    return l;
}

static uint64_t network_of(struct yg_str address)
{
    unsigned char ip[YG_IP_SIZE], net[YG_IP_SIZE] = { 0 };

    if (yg_ip_parse(address, ip))
        yg_ip_net(ip, net);
    return yg_hash_str('o', (struct yg_str){ (const char *)net, sizeof(net) });
}

static void make_text(const struct yg_oidc *o, char out[YG_OIDC_TEXT])
{
    unsigned char bytes[SECRET];

    yg_entropy_fill(&o->opt.entropy, bytes, sizeof(bytes));
    yg_base64url_text(bytes, sizeof(bytes), out);
    sodium_memzero(bytes, sizeof(bytes));
}

static struct yg_login_secrets secrets_of(const struct login *l)
{
    return (struct yg_login_secrets){ l->state, l->nonce, l->verifier };
}

/* ---- there ------------------------------------------------------------------------ */

/* A browser that has begun another login here keeps its cookie: both may come back. */
static bool is_known(const struct yg_oidc *o, struct yg_str cookie)
{
    bool known = false;

    for (size_t i = 0; i < YG_OIDC_MAX; i++)
        if (o->login[i].to && same(o->login[i].cookie, cookie))
            known = true;
    return known;
}

enum yg_status yg_oidc_begin(struct yg_oidc *o, const struct yg_oidc_browser *b,
                             struct yg_str to, struct yg_oidc_way *out,
                             struct yg_err *err)
{
    drop_old(o);
    const uint64_t network = network_of(b->address);
    const bool known = is_known(o, b->cookie);
    struct login *l = place(o, network);

    l->to = strndup(to.p ? to.p : "", to.n);
    if (!l->to)
        return yg_err_set(err, YG_ENOMEM, "no memory for a login");
    l->network = network;
    l->begun_ns = yg_clock_now(o->opt.clock);
    make_text(o, l->state);
    make_text(o, l->nonce);
    make_text(o, l->verifier);
    make_text(o, l->cookie);
    if (known)
        memcpy(l->cookie, b->cookie.p, YG_OIDC_TEXT - 1);
    memcpy(out->cookie, l->cookie, YG_OIDC_TEXT);
    const struct yg_login_secrets secrets = secrets_of(l);
    enum yg_status st = yg_provider_address(o->provider, &secrets, out->address, err);
    if (st != YG_OK)
        drop(l);
    return st;
}

/* ---- and back --------------------------------------------------------------------- */

static bool too_many(struct yg_oidc *o, struct yg_str address)
{
    const int64_t now = yg_clock_now(o->opt.clock);
    int64_t *of = &o->network_ns[network_of(address) % NETWORKS];

    return yg_pace_over(of, now, EACH_NS, EACH_MOST) ||
           yg_pace_over(&o->all_ns, now, ALL_NS, ALL_MOST);
}

/* The provider's word for it, if it is one of those that there are. */
static enum yg_status refused(struct yg_str error, struct yg_err *err)
{
    static const char *const word[] = {
        "access_denied",    "invalid_request",
        "invalid_scope",    "unauthorized_client",
        "server_error",     "unsupported_response_type",
        "login_required",   "temporarily_unavailable",
        "consent_required", "interaction_required",
    };

    for (size_t i = 0; i < YG_ARRAY_LEN(word); i++)
        if (yg_str_eq(error, yg_str_of(word[i])))
            return yg_err_set(err, YG_EPERM, "the provider refused the login (%s)",
                              word[i]);
    return yg_err_set(err, YG_EPERM, "the provider refused the login");
}

/* Its answer, which is the only one. */
static enum yg_status take(struct yg_oidc *o, const struct login *l,
                           const struct yg_oidc_answer *in, struct yg_arena *arena,
                           struct yg_oidc_outcome *out, struct yg_err *err)
{
    const struct yg_login_secrets secrets = secrets_of(l);

    if (!yg_provider_issued(o->provider, in->iss))
        return yg_err_set(err, YG_EPERM, "this answer is not the provider's own (iss)");
    if (in->error.p)
        return refused(in->error, err);
    if (in->code.n == 0)
        return yg_err_set(err, YG_EPERM, "the provider's answer has no code");
    out->to = yg_arena_str(arena, yg_str_of(l->to));
    if (!out->to.p)
        return yg_err_set(err, YG_ENOMEM, "no memory for a login");
    return yg_provider_redeem(o->provider, in->code, &secrets, arena, &out->person, err);
}

enum yg_status yg_oidc_back(struct yg_oidc *o, const struct yg_oidc_browser *b,
                            const struct yg_oidc_answer *in, struct yg_arena *arena,
                            struct yg_oidc_outcome *out, struct yg_err *err)
{
    enum yg_status st;

    drop_old(o);
    struct login *l = find(o, in->state);
    if (!l)
        return yg_err_set(err, YG_ENOTFOUND,
                          "no such login was begun here, or it took too long");
    if (too_many(o, b->address))
        return yg_err_set(err, YG_ELIMIT, "too many logins at once");
    /* else somebody is to be logged in as another, or is spied upon */
    if (same(l->cookie, b->cookie))
        st = take(o, l, in, arena, out, err);
    else
        st = yg_err_set(
            err, YG_EPERM,
            "this login was begun in another browser, or under another name of "
            "this server");
    drop(l);
    return st;
}
