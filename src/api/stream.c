/* SPDX-License-Identifier: Apache-2.0 */
#include "api/stream.h"

#include "api/api.h"
#include "api/gate.h"
#include "api/seen.h"
#include "base/jsonw.h"

#include <sodium.h>
#include <stdlib.h>

#define AGAIN_NS   (10 * YG_NS_PER_S) /* between two looks at who it is */
#define HEART_NS   (15 * YG_NS_PER_S)
#define ARENA_MAX  ((size_t)4 << 20)
#define HEADER_MAX 512
#define COUNTS     4

struct stream {
    struct yg_arena arena; /* of who */
    struct yg_principal who;
    char authorization[HEADER_MAX], cookie[HEADER_MAX];
    int64_t known_ns, said_ns;
    bool begun;
    uint64_t count[COUNTS]; /* as told last */
};

static const char *const name[COUNTS] = { "waiting", "judged", "alerts", "closed" };

/* Does the session or token still stand, and what may he see? */
static bool is_known(struct yg_api *api, struct stream *s, int64_t now)
{
    struct yg_err err;

    if (s->known_ns != 0 && now - s->known_ns < AGAIN_NS)
        return true;
    yg_arena_fini(&s->arena);
    yg_arena_init(&s->arena, ARENA_MAX);
    s->known_ns = now;
    return yg_gate_who(api, yg_str_of(s->authorization), yg_str_of(s->cookie), &s->arena,
                       &s->who, &err) == YG_OK &&
           (!api->people || yg_principal_may(&s->who, YG_VERB_READ, YG_OBJ_GROUP));
}

static void say(struct stream *s, const uint64_t count[COUNTS], struct yg_buf *out)
{
    struct yg_jsonw w = yg_jsonw_of(out);

    yg_buf_printf(out, "event: queue\ndata: ");
    yg_jsonw_open(&w, '{');
    for (int i = 0; i < COUNTS; i++)
        yg_jsonw_ku64(&w, name[i], count[i]);
    yg_jsonw_close(&w, '}');
    yg_buf_printf(out, "\n\n");
    memcpy(s->count, count, sizeof(s->count));
    s->begun = true;
}

bool yg_api_stream(void *arg, void *stream, struct yg_buf *out)
{
    struct yg_api *api = arg;
    struct stream *s = stream;
    struct yg_view_source v = api->source;
    int64_t now = yg_clock_now(v.clock);
    struct yg_store_stats stats;
    struct yg_err err;

    if (!is_known(api, s, now))
        return false;
    v.scope = s->who.scope;
    if (yg_seen_stats(&v, &stats, &err) != YG_OK)
        return true; /* the store is busy: the next time */
    const uint64_t count[COUNTS] = { stats.queue_waiting, stats.queue_judged,
                                     stats.alerts, stats.closed };
    if (!s->begun || memcmp(count, s->count, sizeof(count)) != 0)
        say(s, count, out);
    else if (now - s->said_ns >= HEART_NS)
        yg_buf_printf(out, ": nothing new\n\n");
    else
        return true;
    s->said_ns = now;
    return true;
}

void yg_api_stream_end(void *arg, void *stream)
{
    struct yg_api *api = arg;
    struct stream *s = stream;

    yg_arena_fini(&s->arena);
    sodium_memzero(s, sizeof(*s));
    free(s);
    api->streams--;
}

/* False: it is too long to be a session or a token of ours. */
static bool keep(struct yg_str header, char out[HEADER_MAX])
{
    if (header.n >= HEADER_MAX)
        return false;
    if (header.n > 0)
        memcpy(out, header.p, header.n);
    return true;
}

enum yg_status yg_handle_stream(struct yg_call *c, struct yg_err *err)
{
    struct yg_api *api = c->api;

    if (api->streams >= YG_STREAMS_MAX) {
        yg_http_header(c->answer, "Retry-After", YG_STR("10"));
        yg_answer_problem(c, 503, YG_STR("Too many streams are open."));
        return YG_OK;
    }
    struct stream *s = calloc(1, sizeof(*s));
    if (!s)
        return yg_err_set(err, YG_ENOMEM, "no memory for a stream");
    yg_arena_init(&s->arena, ARENA_MAX);
    api->streams++;
    if (!keep(c->http->authorization, s->authorization) ||
        !keep(yg_cookie_of(c->http->cookie), s->cookie) ||
        !yg_api_stream(api, s, &c->answer->body)) {
        yg_api_stream_end(api, s);
        return yg_err_set(err, YG_EINVAL, "the headers are too long for a stream");
    }
    c->answer->stream = s;
    return YG_OK;
}
