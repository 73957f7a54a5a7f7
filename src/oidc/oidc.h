/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oidc - logins at an identity provider: OpenID Connect, authorization code with PKCE.
 *
 *      begin ──► the browser goes to the provider, with a cookie of ours
 *      back  ──► it returns with a code, and the code is made into a person
 *
 * A login that was begun is kept here for YG_OIDC_BEGUN_S: its `state`, `nonce`, PKCE
 * verifier and the browser's cookie. It is gone with the first answer, whatever came of
 * it, and of another browser's answer, too. When there are YG_OIDC_MAX, or
 * YG_OIDC_OF_NETWORK from one network, the oldest gives way. Answers are taken at a pace,
 * of all and of one network.
 *
 * Waits for the provider (provider.h): not in a thread that others wait for. One thread.
 * Memory: 300 kB.
 */
#ifndef YG_OIDC_OIDC_H
#define YG_OIDC_OIDC_H

#include "base/entropy.h"
#include "oidc/provider.h"

#define YG_OIDC_MAX        1024
#define YG_OIDC_OF_NETWORK 64
#define YG_OIDC_BEGUN_S    600
#define YG_OIDC_TEXT       44 /* room for state, nonce, verifier, cookie */

struct yg_oidc;
struct yg_oidc_options {
    const struct yg_oidc_settings *settings; /* borrowed, as the clock */
    const struct yg_clock *clock;
    struct yg_entropy entropy;
    struct yg_fetcher fetcher;
};
struct yg_oidc *yg_oidc_new(const struct yg_oidc_options *opt); /* NULL: no memory */
void yg_oidc_free(struct yg_oidc *o);                           /* NULL is fine */
/* What waits for the provider gives up, now and from now on. Any thread. */
void yg_oidc_give_up(struct yg_oidc *o);

struct yg_oidc_browser {
    struct yg_str cookie;  /* empty: it has none */
    struct yg_str address; /* "192.0.2.1" */
};

struct yg_oidc_way {
    struct yg_buf *address; /* of the provider */
    char cookie[YG_OIDC_TEXT];
};
/* `to`: where he wants to go then. YG_EIO and others: for the log. */
enum yg_status yg_oidc_begin(struct yg_oidc *o, const struct yg_oidc_browser *b,
                             struct yg_str to, struct yg_oidc_way *out,
                             struct yg_err *err) YG_MUST_USE;

struct yg_oidc_answer { /* the provider's, as the browser brings it */
    struct yg_str state, code;
    struct yg_str iss;   /* RFC 9207; p NULL: not there, as of the next */
    struct yg_str error; /* RFC 6749, section 4.1.2.1 */
};
struct yg_oidc_outcome {
    struct yg_person person;
    struct yg_str to;
};
/* YG_OK: this is who it is; texts live with the arena. YG_ENOTFOUND: no such login was
 * begun here, or it is over; YG_ELIMIT: too many at once, and nothing is lost by coming
 * again; YG_EPERM: he is not let in, and err may be told; others: for the log. */
enum yg_status yg_oidc_back(struct yg_oidc *o, const struct yg_oidc_browser *b,
                            const struct yg_oidc_answer *in, struct yg_arena *arena,
                            struct yg_oidc_outcome *out, struct yg_err *err) YG_MUST_USE;

#endif
