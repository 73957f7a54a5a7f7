/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/dcerpc_pdu.h"

#define PDUS_MAX      2048 /* looked at in one direction */
#define LEVEL_PRIVACY 6

/* The 16 bytes that every PDU begins with; strict, because it is also the probe. */
bool yg_rpc_head(struct yg_str bytes, size_t at, struct yg_rpc_pdu *p)
{
    struct yg_str head = yg_slice(bytes, at, YG_RPC_HEAD_SIZE);
    struct yg_cursor c = yg_cursor_of(head.p, head.n);

    if (yg_cursor_u8(&c) != 5 || yg_cursor_u8(&c) > 1)
        return false;
    p->type = yg_cursor_u8(&c);
    p->flags = yg_cursor_u8(&c);
    uint8_t order = yg_cursor_u8(&c), real = yg_cursor_u8(&c);
    if (yg_cursor_le16(&c) != 0 || (order != 0 && order != 0x10) || real > 3)
        return false;
    p->big = order == 0;
    p->frag = yg_rpc_u16(&c, p->big);
    p->auth = yg_rpc_u16(&c, p->big);
    p->call = yg_rpc_u32(&c, p->big);
    p->at = (uint32_t)at;
    p->len = (uint32_t)yg_slice(bytes, at, p->frag).n;
    p->used = false;
    return yg_cursor_ok(&c) && p->frag >= YG_RPC_HEAD_SIZE &&
           (p->auth == 0 || p->auth + 8U + YG_RPC_HEAD_SIZE <= p->frag) &&
           (p->type == YG_RPC_REQUEST || p->type == YG_RPC_RESPONSE ||
            p->type == YG_RPC_FAULT ||
            (p->type >= YG_RPC_BIND && p->type <= YG_RPC_ORPHANED));
}

bool yg_dcerpc_is(struct yg_str bytes)
{
    struct yg_rpc_pdu p, next;

    if (!yg_rpc_head(bytes, 0, &p))
        return false;
    return bytes.n < (size_t)p.frag + YG_RPC_HEAD_SIZE ||
           yg_rpc_head(bytes, p.frag, &next);
}

/* Where a PDU begins at or after `at`, for streams with holes; bytes.n: nowhere. */
static size_t find_head(struct yg_str bytes, size_t at)
{
    struct yg_rpc_pdu p;

    for (; at + YG_RPC_HEAD_SIZE <= bytes.n; at++) {
        const char *five = memchr(bytes.p + at, 5, bytes.n - at);
        if (!five)
            break;
        at = (size_t)(five - bytes.p);
        if (yg_rpc_head(bytes, at, &p))
            return at;
    }
    return bytes.n;
}

/* The PDUs of a stream; `out` NULL: count them. */
static uint32_t walk(const struct yg_rpc_stream *s, struct yg_rpc_pdu *out, bool *broken)
{
    struct yg_str bytes = s->bytes;
    uint32_t n = 0;
    struct yg_rpc_pdu p;

    for (size_t at = 0; at < bytes.n && n < PDUS_MAX;) {
        if (!yg_rpc_head(bytes, at, &p)) {
            *broken |= !s->cut && bytes.n - at >= YG_RPC_HEAD_SIZE;
            at = find_head(bytes, at + 1);
            continue;
        }
        size_t next = at + p.frag;
        /* A hole swallowed the end of this one: its successor begins inside it. */
        if (s->cut && next + YG_RPC_HEAD_SIZE <= bytes.n &&
            !yg_rpc_head(bytes, next, &p)) {
            next = find_head(bytes, at + YG_RPC_HEAD_SIZE);
            (void)yg_rpc_head(bytes, at, &p);
            p.len = (uint32_t)(next - at);
        } else {
            (void)yg_rpc_head(bytes, at, &p);
        }
        if (out)
            out[n] = p;
        n++;
        at = next;
    }
    return n;
}

static uint32_t place_of(const struct yg_rpc_stream *s, uint32_t at)
{
    uint32_t lo = 0, hi = s->pieces;

    if (!s->piece || hi == 0)
        return at;
    while (hi - lo > 1) { /* the last piece that begins at or before `at` */
        uint32_t mid = lo + (hi - lo) / 2;
        if (s->piece[mid].at <= at)
            lo = mid;
        else
            hi = mid;
    }
    return s->piece[lo].place + (at - s->piece[lo].at);
}

void yg_rpc_place(const struct yg_rpc_stream *s, uint32_t from, uint32_t to, uint32_t *at,
                  uint32_t *len)
{
    uint32_t end = to > from ? place_of(s, to - 1) + 1 : 0;

    *at = place_of(s, from);
    *len = end > *at ? end - *at : 0; /* answers may come in another order */
}

/* The bytes of one PDU's stub, without header, object and authentication. */
static struct yg_str stub_of(struct yg_str bytes, const struct yg_rpc_pdu *p,
                             bool *sealed)
{
    struct yg_str all = yg_slice(bytes, p->at, p->len);
    size_t head = YG_RPC_CALL_SIZE, tail = 0;

    if (p->type == YG_RPC_REQUEST && (p->flags & YG_RPC_HAS_OBJECT))
        head += 16;
    if (p->type == YG_RPC_FAULT)
        head += 8;
    if (p->auth > 0) {
        struct yg_str trailer = yg_slice(all, p->frag - p->auth - 8U, 8);
        struct yg_cursor c = yg_cursor_of(trailer.p, trailer.n);
        (void)yg_cursor_u8(&c);
        *sealed |= yg_cursor_u8(&c) == LEVEL_PRIVACY;
        tail = p->auth + 8U + yg_cursor_u8(&c);
    }
    if (p->frag < head + tail)
        return YG_STR_NONE;
    return yg_slice(all, head, p->frag - head - tail);
}

bool yg_rpc_list(const struct yg_rpc_stream *s, struct yg_arena *arena,
                 struct yg_rpc_pdus *out, bool *broken)
{
    *out = (struct yg_rpc_pdus){ .of = s };
    out->count = walk(s, NULL, broken);
    out->pdu = yg_arena_alloc(arena, (out->count + (size_t)1) * sizeof(*out->pdu));
    if (out->pdu)
        (void)walk(s, out->pdu, broken);
    return out->pdu;
}

/* The next fragment of the message of pdu[first] at or after `i`; count: none. */
static uint32_t next_part(const struct yg_rpc_pdus *l, uint32_t first, uint32_t i)
{
    while (i < l->count &&
           (l->pdu[i].type != l->pdu[first].type || l->pdu[i].call != l->pdu[first].call))
        i++;
    return i;
}

struct yg_rpc_stub yg_rpc_gather(const struct yg_rpc_pdus *l, uint32_t first,
                                 struct yg_arena *arena)
{
    struct yg_str bytes = l->of->bytes;
    struct yg_rpc_stub out = { .big = l->pdu[first].big, .last = first };
    struct yg_str part = stub_of(bytes, &l->pdu[first], &out.sealed);
    bool whole = l->pdu[first].flags & YG_RPC_LAST_FRAG;
    size_t total = 0, n = 0;

    out.cut = l->pdu[first].len < l->pdu[first].frag;
    out.bytes = part;
    if (whole)
        return out;
    for (uint32_t i = first; i < l->count && !whole && total < YG_BODY_MAX;
         i = next_part(l, first, i + 1)) {
        total += stub_of(bytes, &l->pdu[i], &out.sealed).n;
        whole = l->pdu[i].flags & YG_RPC_LAST_FRAG;
    }
    char *p = yg_arena_alloc(arena, total + 1);
    for (uint32_t i = first; p && i < l->count && n < total;
         i = next_part(l, first, i + 1)) {
        part = stub_of(bytes, &l->pdu[i], &out.sealed);
        part.n = part.n < total - n ? part.n : total - n;
        if (part.n > 0)
            memcpy(p + n, part.p, part.n);
        n += part.n;
        out.cut |= l->pdu[i].len < l->pdu[i].frag;
        l->pdu[i].used = true;
        out.last = i;
    }
    out.cut |= !whole;
    if (p)
        out.bytes = (struct yg_str){ p, n };
    return out;
}
