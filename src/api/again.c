/* SPDX-License-Identifier: Apache-2.0 */
#include "api/again.h"

#include "api/api.h"
#include "api/route.h"

#include <sodium.h>
#include <stdlib.h>

#define DAY_NS (INT64_C(86400) * YG_NS_PER_S)

struct entry {
    unsigned char key[16], body[16];
    int64_t at_ns; /* 0: free */
    unsigned status;
    const char *type;
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
        if (e->at_ns == 0 || now - e->at_ns > DAY_NS || memcmp(e->key, key, 16) != 0)
            continue;
        if (memcmp(e->body, body, 16) != 0) {
            yg_answer_problem(
                c, 409, YG_STR("This Idempotency-Key was used for another request."));
            return true;
        }
        c->answer->status = e->status;
        c->answer->type = e->type;
        yg_buf_add(&c->answer->body, e->answer, e->n);
        yg_http_header(c->answer, "Idempotent-Replayed", YG_STR("true"));
        return true;
    }
    return false;
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
    e->type = c->answer->type;
    e->n = answer.n;
    memcpy(e->answer, answer.p, answer.n);
}
