/* SPDX-License-Identifier: Apache-2.0 */
#include "api/again.h"

#include "act/act.h"
#include "api/api.h"
#include "api/route.h"
#include "base/log.h"

#include <sodium.h>
#include <stdlib.h>

#define DAY_NS (INT64_C(86400) * YG_NS_PER_S)

struct entry {
    unsigned char key[16], body[16];
    int64_t at_ns; /* 0: free */
    unsigned status;
    size_t n;
    char answer[YG_AGAIN_BYTES];
};

struct yg_again {
    size_t next;
    struct entry entry[YG_AGAIN_MAX];
};

struct yg_again *yg_again_new(void)
{
    return calloc(1, sizeof(struct yg_again));
}

void yg_again_free(struct yg_again *a)
{
    free(a);
}

static void add(crypto_generichash_state *h, struct yg_str s)
{
    uint64_t n = s.n;

    crypto_generichash_update(h, (const unsigned char *)&n, sizeof(n));
    crypto_generichash_update(h, (const unsigned char *)s.p, s.n);
}

static void digests(const struct yg_call *c, unsigned char key[16],
                    unsigned char body[16])
{
    const struct yg_http_request *in = c->http;
    crypto_generichash_state h;

    crypto_generichash_init(&h, NULL, 0, 16);
    add(&h, c->who.name);
    add(&h, yg_str_of(yg_http_method_name(in->method)));
    add(&h, in->target);
    add(&h, in->idempotency);
    crypto_generichash_final(&h, key, 16);
    crypto_generichash_init(&h, NULL, 0, 16);
    add(&h, in->body);
    crypto_generichash_final(&h, body, 16);
}

static bool wanted(const struct yg_call *c)
{
    return c->api->again && c->http->idempotency.n > 0 && !yg_http_reads(c->http) &&
           !(c->route->flags & YG_ROUTE_PUBLIC);
}

static bool replay(struct yg_call *c, const unsigned char mine[16],
                   const unsigned char body[16], unsigned status, struct yg_str answer)
{
    if (memcmp(mine, body, 16) != 0) {
        yg_answer_problem(c, 409,
                          YG_STR("This Idempotency-Key was used for another request."));
        return true;
    }
    c->answer->status = status; /* the key is of this route: so is the type */
    yg_buf_str_add(&c->answer->body, answer);
    yg_http_header(c->answer, "Idempotent-Replayed", YG_STR("true"));
    return true;
}

/* What was answered before the server began. Whether it was cannot be asked: then it is
 * not done, or it might be done twice. */
static bool remembered(struct yg_call *c, const unsigned char key[16],
                       const unsigned char body[16])
{
    struct yg_act_again row;
    struct yg_err err = { 0 };

    if (!c->api->acts)
        return false;
    enum yg_status st = yg_act_again_get(c->api->acts, key, &c->arena, &row, &err);
    if (st == YG_ENOTFOUND)
        return false;
    if (st == YG_OK)
        return replay(c, row.body, body, row.status, row.answer);
    yg_log_err(&err, "whether a request was answered before cannot be read");
    yg_answer_problem(c, 503, YG_STR("Send it again: it was not done now."));
    return true;
}

bool yg_again_answer(struct yg_call *c)
{
    const struct yg_again *a = c->api->again;
    int64_t now = yg_clock_now(c->source.clock);
    unsigned char key[16], body[16];

    if (!wanted(c))
        return false;
    if (c->http->idempotency.n > YG_AGAIN_KEY) {
        yg_answer_problem(c, 400, YG_STR("Idempotency-Key: write at most 128 bytes."));
        return true;
    }
    digests(c, key, body);
    for (size_t i = 0; i < YG_AGAIN_MAX; i++) {
        const struct entry *e = &a->entry[i];
        if (e->at_ns != 0 && now - e->at_ns <= DAY_NS && memcmp(e->key, key, 16) == 0)
            return replay(c, e->body, body, e->status,
                          (struct yg_str){ e->answer, e->n });
    }
    return remembered(c, key, body);
}

void yg_again_keep(struct yg_call *c)
{
    struct yg_again *a = c->api->again;
    struct yg_str answer = yg_buf_str(&c->answer->body);

    if (!wanted(c) || c->answer->status >= 300 || c->secret || answer.n > YG_AGAIN_BYTES)
        return;
    struct entry *e = &a->entry[a->next++ % YG_AGAIN_MAX];
    digests(c, e->key, e->body);
    e->at_ns = yg_clock_now(c->source.clock);
    e->status = c->answer->status;
    e->n = answer.n;
    memcpy(e->answer, answer.p, answer.n);
    if (!c->api->acts)
        return;
    struct yg_act_again row = { .at_ns = e->at_ns,
                                .status = e->status,
                                .type = yg_str_of(c->answer->type),
                                .answer = answer };
    struct yg_err err = { 0 };
    memcpy(row.key, e->key, sizeof(row.key));
    memcpy(row.body, e->body, sizeof(row.body));
    if (yg_act_again_put(c->api->acts, &row, &err) != YG_OK)
        yg_log_err(&err, "an Idempotency-Key is remembered until the server ends only");
}
