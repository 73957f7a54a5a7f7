/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bodies of the HTTP APIs: the first byte says which API, the rest is the body. What is
 * refused whole brings no record; of documents and of what was wrapped, what begins like
 * an object is one.
 */
#include "../tests/unit/intake_fake.h"

#include "intake/httpapi.h"
#include "intake/loki.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
    const char *path, *query, *type;
} api[] = {
    { "/_bulk", "", "" },
    { "/a/_bulk", "", "" },
    { "/services/collector", "", "" },
    { "/services/collector/raw", "host=h&sourcetype=%41%4", "" },
    { "/services/collector/ack", "", "" },
    { "/loki/api/v1/push", "", "application/json" },
    { "/loki/api/v1/push", "", "application/x-protobuf" },
    { "/v1/logs", "", "application/json" },
    { "/v1/logs", "", "application/x-protobuf" },
    { "/ingest", "", "" },
};

struct world {
    struct yg_intake in;
    struct yg_httpapi *api;
    struct yg_json_pull *pull;
    struct yg_buf said;
};

static void make(struct world *w)
{
    struct yg_input_conf conf = { .elasticsearch_version = YG_STR("9.9.9"),
                                  .max_body = 1 << 20 };

    fake_init(&w->in);
    yg_buf_init(&w->said, (size_t)64 << 20);
    YG_ASSERT(yg_httpapi_new(&w->in, 0, &conf, &w->api) == YG_OK);
    YG_ASSERT(yg_json_pull_new(YG_RECORD_MAX, &w->pull) == YG_OK);
}

/* `objects`: what begins like one is one, whatever the sender wrote. */
static void look_at_records(struct world *w, bool objects)
{
    for (size_t i = 0; i < w->in.count; i++) {
        const struct yg_journal_record *r = &w->in.rec[i];
        YG_ASSERT(r->raw.n > 0 && r->raw.n <= YG_RECORD_MAX);
        if (objects && r->raw.p[0] == '{' && !r->full_size)
            YG_ASSERT(yg_json_pull_is_object(w->pull, r->raw));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world world;
    struct world *w = &world;

    if (!w->api)
        make(w);
    if (size == 0)
        return 0;
    struct yg_str body = { (const char *)data + 1, size - 1 };
    fake_clear(&w->in);
    if (data[0] == 0xff) { /* Loki's protobuf without snappy around it */
        yg_gather_begin(&w->api->gather, YG_STR("x:1"), YG_STR("x"));
        if (yg_loki_wire(w->api, body, false) == YG_OK)
            YG_ASSERT(yg_loki_wire(w->api, body, true) == YG_OK);
        YG_ASSERT(yg_gather_end(&w->api->gather) == YG_OK);
        look_at_records(w, true);
        return 0;
    }
    unsigned which = data[0] % YG_ARRAY_LEN(api);
    struct yg_httpd_request in = { .method = YG_STR("POST"),
                                   .path = yg_str_of(api[which].path),
                                   .query = yg_str_of(api[which].query),
                                   .type = yg_str_of(api[which].type),
                                   .peer = YG_STR("x:1"),
                                   .peer_host = YG_STR("x"),
                                   .body = body };
    yg_buf_clear(&w->said);
    struct yg_httpd_reply out = { .body = w->said };
    YG_ASSERT(yg_httpapi_check(w->api, &in, &out));
    yg_httpapi_handle(w->api, &in, &out);
    w->said = out.body;
    unsigned status = out.status ? out.status : 200;
    YG_ASSERT(status == 200 || status == 204 || (status == 400 && w->in.count == 0) ||
              status == 413);
    YG_ASSERT(out.wait == (w->in.count > 0) || status != 200);
    struct yg_str said = yg_buf_str(&w->said);
    if (which < 2 && status == 200)
        YG_ASSERT(yg_json_pull_is_object(w->pull, said) || said.n > YG_RECORD_MAX);
    look_at_records(w, which < 2 || which == 5 || which == 6);
    return 0;
}
