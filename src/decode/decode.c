/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/decode.h"

#include "decode/decoders.h"
#include "decode/state.h"

#include <stdlib.h>

/* Tenant and source name, told apart by a byte that neither may hold; a long pair is
 * replaced by its digest. Returns how many bytes. */
static size_t set_domain(unsigned char domain[YG_DOMAIN_MAX], const struct yg_source *s)
{
    static const char unit_separator = 0x1f;
    struct yg_digest digest;

    if (s->tenant.n + 1 + s->name.n <= YG_DOMAIN_MAX) {
        if (s->tenant.n)
            memcpy(domain, s->tenant.p, s->tenant.n);
        domain[s->tenant.n] = (unsigned char)unit_separator;
        if (s->name.n)
            memcpy(domain + s->tenant.n + 1, s->name.p, s->name.n);
        return s->tenant.n + 1 + s->name.n;
    }
    yg_digest_init(&digest);
    yg_digest_add(&digest, s->tenant.p, s->tenant.n);
    yg_digest_add(&digest, &unit_separator, 1);
    yg_digest_add(&digest, s->name.p, s->name.n);
    yg_digest_done(&digest, domain);
    return YG_DIGEST_SIZE;
}

void yg_decode_id(const struct yg_source *source, struct yg_str raw,
                  unsigned char id[YG_ID_SIZE])
{
    unsigned char domain[YG_DOMAIN_MAX];
    size_t n = set_domain(domain, source);

    yg_hash_id((struct yg_str){ (const char *)domain, n }, raw, id);
}

static enum yg_status copy_header(struct yg_decode *d, struct yg_str header)
{
    if (header.n == 0)
        return YG_OK;
    d->header_bytes = malloc(header.n);
    if (!d->header_bytes)
        return YG_ENOMEM;
    memcpy(d->header_bytes, header.p, header.n);
    d->header = (struct yg_str){ d->header_bytes, header.n };
    return YG_OK;
}

static enum yg_status init_decoder(struct yg_decode *d, struct yg_err *err)
{
    struct yg_str name = yg_str_of(d->decoder->name);
    enum yg_status st;

    if (yg_str_eq(name, YG_STR("delimited")))
        return yg_delimited_init(d, err); /* fills err itself */
    if (yg_str_eq(name, YG_STR("eve")))
        st = yg_eve_init(d);
    else if (yg_str_eq(name, YG_STR("wazuh")))
        st = yg_wazuh_init(d);
    else if (yg_decoder_is_log(d->decoder))
        st = yg_log_init(d);
    else
        st = yg_jsonl_init(d);
    if (st != YG_OK)
        return yg_err_set(err, st,
                          st == YG_ENOMEM ? "no memory for a decoder"
                                          : "a path of the mapping has an empty key; "
                                            "write keys with one dot between them");
    return YG_OK;
}

enum yg_status yg_decode_new(const struct yg_source *source, struct yg_str header,
                             struct yg_decode **out, struct yg_err *err)
{
    const struct yg_decoder *decoder = yg_decoder_by_name(source->format);
    struct yg_decode *d;

    if (!decoder)
        return yg_err_set(err, YG_EINVAL,
                          "unknown format '%.*s'; use eve, wazuh, delimited, jsonl, "
                          "log or a name that docs/formats.md lists",
                          YG_STR_ARG(source->format));
    if (decoder->needs_mapping && !source->mapping)
        return yg_err_set(err, YG_EINVAL,
                          "format %s needs a mapping; give one with --map",
                          decoder->name);
    d = calloc(1, sizeof(*d));
    if (!d)
        return yg_err_set(err, YG_ENOMEM, "no memory for a decoder");
    d->source = source;
    d->decoder = decoder;
    d->domain_n = set_domain(d->domain, source);
    enum yg_status st = copy_header(d, header.n ? header : source->header);
    if (st == YG_OK)
        st = init_decoder(d, err);
    else
        (void)yg_err_set(err, st, "no memory for a decoder");
    if (st != YG_OK) {
        yg_decode_free(d);
        return st;
    }
    *out = d;
    return YG_OK;
}

void yg_decode_free(struct yg_decode *d)
{
    if (!d)
        return;
    yg_json_free(d->json);
    yg_json_paths_free(d->paths);
    yg_log_free(d->log);
    free(d->cell);
    free(d->header_bytes);
    free(d);
}

struct yg_str yg_decode_start(struct yg_decode *d, struct yg_batch *b, uint32_t i,
                              struct yg_event *e, struct yg_target *t)
{
    struct yg_str raw = yg_batch_str(b, b->record[i].raw);

    if (yg_str_starts(raw, YG_STR("\xef\xbb\xbf")))
        raw.p += 3, raw.n -= 3;
    *t = (struct yg_target){
        .b = b,
        .e = e,
        .json = d->json,
        .offset_min = d->source->offset_min,
        .reference_ns = b->record[i].time_ns       ? b->record[i].time_ns
                        : b->record[i].received_ns ? b->record[i].received_ns
                                                   : d->source->reference_ns,
    };
    return raw;
}

void yg_decode_finish(struct yg_decode *d, const struct yg_target *t)
{
    d->timed = t->timed;
}

void yg_decode_unread(const struct yg_decode *d, struct yg_event *e,
                      enum yg_reason reason)
{
    e->kind = d->source->log_source ? YG_KIND_CONTEXT : YG_KIND_UNDECODABLE;
    e->reason = (uint16_t)reason;
}

enum yg_status yg_decode_json_init(struct yg_decode *d, const struct yg_pick *pick,
                                   size_t n, const char *root)
{
    struct yg_json_want want[YG_JSON_SLOTS];

    YG_ASSERT(n < YG_JSON_SLOTS);
    for (size_t i = 0; i < n; i++)
        want[i] = (struct yg_json_want){ yg_str_of(pick[i].path), false };
    if (*root)
        want[n++] = (struct yg_json_want){ yg_str_of(root), true };
    enum yg_status st = yg_json_paths_new(want, n, false, &d->paths);
    return st == YG_OK ? yg_json_new(YG_RECORD_MAX, &d->json) : st;
}

const struct yg_json_hits *yg_decode_walk(struct yg_decode *d, struct yg_target *t,
                                          struct yg_str raw)
{
    static const enum yg_reason reason[] = {
        [YG_JSON_BAD] = YG_R_NOT_JSON,      [YG_JSON_NOT_OBJECT] = YG_R_NOT_OBJECT,
        [YG_JSON_NOT_UTF8] = YG_R_NOT_UTF8, [YG_JSON_TOO_DEEP] = YG_R_TOO_DEEP,
        [YG_JSON_TOO_LONG] = YG_R_OVERSIZE,
    };
    const struct yg_json_hits *hits = NULL;
    enum yg_json_status st = yg_json_walk(d->json, d->paths, raw, &hits);

    if (st != YG_JSON_OK) {
        yg_decode_unread(d, t->e, reason[st]);
        return NULL;
    }
    return hits;
}

static bool blank(struct yg_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != ' ' && s.p[i] != '\t' && s.p[i] != '\r' && s.p[i] != '\n')
            return false;
    return true;
}

static void read_verdict(struct yg_batch *b, struct yg_event *e)
{
    enum yg_level level;

    if (yg_level_of(yg_event_str(b, e, YG_F_VERDICT), &level))
        e->verdict = (uint8_t)level;
    else if (e->reason == YG_R_NONE)
        e->reason = YG_R_BAD_VALUE;
}

static void decode_one(struct yg_decode *d, struct yg_batch *b, uint32_t i)
{
    struct yg_event *e = &b->event[i];
    struct yg_str raw = yg_batch_str(b, b->record[i].raw);

    *e = (struct yg_event){
        .raw = b->record[i].raw,
        .source = b->source,
        .device = YG_DEV_OTHER,
        .verdict = YG_LEVEL_NONE,
    };
    d->timed = false;
    if (blank(raw) || (b->seq == 0 && i == 0 && d->header.n && yg_str_eq(raw, d->header)))
        e->kind = YG_KIND_SKIP;
    else if (b->record[i].reason != YG_R_NONE)
        yg_decode_unread(d, e, (enum yg_reason)b->record[i].reason);
    else
        d->decoder->event(d, b, i, e);
    if (yg_event_has(e, YG_F_VERDICT))
        read_verdict(b, e);
    if (!b->named)
        yg_hash_id((struct yg_str){ (const char *)d->domain, d->domain_n }, raw, e->id);
}

void yg_decode_batch(struct yg_decode *d, struct yg_batch *b)
{
    int64_t last_ns = 0;

    for (uint32_t i = 0; i < b->count; i++) {
        struct yg_event *e = &b->event[i];
        decode_one(d, b, i);
        if (d->timed) {
            last_ns = e->time_ns;
        } else if (e->kind != YG_KIND_SKIP) {
            int64_t received = b->record[i].received_ns;
            e->time_ns = received ? received : last_ns;
            if (e->reason == YG_R_NONE)
                e->reason = YG_R_NO_TIME;
        }
    }
}
