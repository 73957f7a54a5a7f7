/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/dcerpc.h"

#include "packet/dcerpc_pdu.h"
#include "packet/ntlm.h"
#include "packet/wintext.h"

#include <stdio.h>

#define CONTEXTS_MAX 32
#define AHEAD_MAX    128 /* answers looked at for one question */
struct context {
    uint16_t id;
    const struct yg_rpc_interface *known;
    struct yg_str uuid;
};

struct rpc {
    struct yg_talk *talk;
    struct yg_arena *arena;
    const struct yg_rpc_in *in;
    struct yg_rpc_pdus ask, answer;
    uint32_t next; /* first answer that may still be unused */
    struct context context[CONTEXTS_MAX];
    uint32_t contexts;
};

static bool is_question(unsigned type)
{
    return type == YG_RPC_REQUEST || type == YG_RPC_BIND || type == YG_RPC_ALTER ||
           type == YG_RPC_AUTH3;
}

static bool goes_with(const struct yg_rpc_pdu *q, const struct yg_rpc_pdu *a)
{
    if (a->used || a->call != q->call)
        return false;
    if (q->type == YG_RPC_REQUEST)
        return a->type == YG_RPC_RESPONSE || a->type == YG_RPC_FAULT;
    if (q->type == YG_RPC_BIND)
        return a->type == YG_RPC_BIND_ACK || a->type == YG_RPC_BIND_NAK;
    return q->type == YG_RPC_ALTER &&
           (a->type == YG_RPC_ALTER_RESP || a->type == YG_RPC_BIND_ACK ||
            a->type == YG_RPC_FAULT);
}

/* The index of the question's answer, or `answers`. */
static uint32_t answer_to(struct rpc *r, const struct yg_rpc_pdu *q)
{
    while (r->next < r->answer.count && r->answer.pdu[r->next].used)
        r->next++;
    for (uint32_t i = r->next; i < r->answer.count && i - r->next < AHEAD_MAX; i++)
        if (goes_with(q, &r->answer.pdu[i])) {
            r->answer.pdu[i].used = true;
            return i;
        }
    return r->answer.count;
}

static struct yg_str uuid_text(struct yg_cursor *c, bool big, struct yg_arena *arena)
{
    uint32_t a = yg_rpc_u32(c, big);
    uint16_t b = yg_rpc_u16(c, big), d = yg_rpc_u16(c, big);
    struct yg_str rest = yg_cursor_take(c, 8);
    char text[40];
    int n = snprintf(text, sizeof(text), "%08x-%04x-%04x-", a, b, d);

    if (!rest.p || n != 19)
        return YG_STR_NONE;
    for (size_t i = 0; i < 8; i++) {
        if (i == 2)
            text[n++] = '-';
        n += snprintf(text + n, sizeof(text) - (size_t)n, "%02x",
                      (unsigned char)rest.p[i]);
    }
    return yg_arena_str(arena, (struct yg_str){ text, (size_t)n });
}

static struct yg_str context_name(const struct context *ctx)
{
    return ctx->known ? yg_str_of(ctx->known->name) : ctx->uuid;
}

/* The list of interfaces that a bind or alter context offers. */
static struct yg_str read_contexts(struct rpc *r, const struct yg_rpc_pdu *p,
                                   struct yg_str all)
{
    struct yg_cursor c = yg_cursor_of(all.p, all.n);
    struct yg_str first = YG_STR_NONE;

    (void)yg_cursor_take(&c, YG_RPC_CALL_SIZE); /* fragment sizes, association */
    uint8_t count = yg_cursor_u8(&c);
    (void)yg_cursor_take(&c, 3);
    for (uint8_t i = 0; i < count && yg_cursor_ok(&c); i++) {
        struct context ctx = { .id = yg_rpc_u16(&c, p->big) };
        uint8_t syntaxes = yg_cursor_u8(&c);
        (void)yg_cursor_u8(&c);
        ctx.uuid = uuid_text(&c, p->big, r->arena);
        (void)yg_cursor_take(&c, 4 + 20 * (size_t)syntaxes);
        if (!ctx.uuid.p)
            break;
        ctx.known = yg_rpc_by_uuid(ctx.uuid);
        if (r->contexts < CONTEXTS_MAX)
            r->context[r->contexts++] = ctx;
        if (first.n == 0)
            first = context_name(&ctx);
    }
    return first;
}

/* The name last given to a context; of a bind that was not seen the pipe tells. */
static struct context context_of(const struct rpc *r, uint16_t id)
{
    for (uint32_t i = r->contexts; i > 0; i--)
        if (r->context[i - 1].id == id)
            return r->context[i - 1];
    return (struct context){ .known = yg_rpc_by_pipe(r->in->pipe),
                             .uuid = YG_STR("unknown") };
}

static struct yg_exchange *begin(struct rpc *r, const struct yg_rpc_pdu *q,
                                 const struct yg_rpc_pdu *a)
{
    struct yg_exchange *x = yg_app_exchange(r->talk, r->arena);
    const struct yg_rpc_in *in = r->in;

    if (!x)
        return NULL;
    x->app = YG_APP_DCERPC;
    x->asker = in->asker;
    x->host = in->host;
    if (q) {
        yg_rpc_place(&in->to_callee, q->at, q->at + q->len, &x->ask_at, &x->ask_len);
        x->ask_ns = yg_side_time(&r->talk->side[in->asker], x->ask_at);
    }
    if (a) {
        yg_rpc_place(&in->to_caller, a->at, a->at + a->len, &x->answer_at,
                     &x->answer_len);
        x->answer_ns = yg_side_time(&r->talk->side[!in->asker], x->answer_at);
        x->answer_head = yg_slice(in->to_caller.bytes, a->at, a->len < 24 ? a->len : 24);
    }
    return x;
}

/* Who authenticates in this PDU's trailer. */
static void read_auth(struct rpc *r, const struct yg_rpc_pdu *p, struct yg_str all,
                      struct yg_exchange *x)
{
    struct yg_ntlm ntlm;

    if (p->auth == 0 ||
        !yg_ntlm_find(yg_slice(all, p->frag - p->auth, p->auth), r->arena, &ntlm) ||
        ntlm.type != YG_NTLM_AUTHENTICATE)
        return;
    x->flags |= YG_XF_LOGIN | (ntlm.v1 ? YG_XF_WEAK : 0);
    x->target = ntlm.account;
    x->agent = ntlm.workstation;
}

/* bind_ack: is any of what was offered taken? The results follow the secondary address,
 * on a multiple of four. */
static uint8_t bind_answer(const struct yg_rpc_pdu *a, struct yg_str all)
{
    struct yg_cursor c = yg_cursor_of(all.p, all.n);

    if (a->type == YG_RPC_BIND_NAK || a->type == YG_RPC_FAULT)
        return YG_ANSWER_REFUSED;
    (void)yg_cursor_take(&c, YG_RPC_CALL_SIZE);
    size_t name = yg_rpc_u16(&c, a->big);
    (void)yg_cursor_take(&c, name + (4 - (2 + name) % 4) % 4);
    uint8_t count = yg_cursor_u8(&c);
    (void)yg_cursor_take(&c, 3);
    for (uint8_t i = 0; i < count; i++) {
        uint16_t result = yg_rpc_u16(&c, a->big);
        (void)yg_cursor_take(&c, 22); /* reason, syntax and its version */
        if (!yg_cursor_ok(&c) || result == 0)
            return YG_ANSWER_OK;
    }
    return count > 0 ? YG_ANSWER_REFUSED : YG_ANSWER_OK;
}

static bool do_bind(struct rpc *r, const struct yg_rpc_pdu *q)
{
    uint32_t i = answer_to(r, q);
    const struct yg_rpc_pdu *a = i < r->answer.count ? &r->answer.pdu[i] : NULL;
    struct yg_str all = yg_slice(r->in->to_callee.bytes, q->at, q->len);
    struct yg_exchange *x = begin(r, q, a);

    if (!x)
        return false;
    x->verb = q->type == YG_RPC_BIND ? YG_STR("bind") : YG_STR("alter-context");
    x->head = all;
    x->target = read_contexts(r, q, all);
    read_auth(r, q, all, x);
    if (a)
        x->answer = bind_answer(a, yg_slice(r->in->to_caller.bytes, a->at, a->len));
    if (q->len < q->frag)
        x->flags |= YG_XF_CUT;
    return true;
}

/* The third leg of NTLM; nothing answers it. */
static bool do_auth3(struct rpc *r, const struct yg_rpc_pdu *q)
{
    struct yg_exchange *x = begin(r, q, NULL);

    if (!x)
        return false;
    x->verb = YG_STR("auth3");
    x->head = yg_slice(r->in->to_callee.bytes, q->at, q->len);
    read_auth(r, q, x->head, x);
    return true;
}

static void read_fault(struct rpc *r, const struct yg_rpc_pdu *a, struct yg_exchange *x)
{
    struct yg_str all = yg_slice(r->in->to_caller.bytes, a->at, a->len);
    struct yg_cursor c = yg_cursor_of(all.p, all.n);

    (void)yg_cursor_take(&c, YG_RPC_CALL_SIZE);
    uint32_t status = yg_rpc_u32(&c, a->big);
    x->status = (int32_t)status;
    x->answer = YG_ANSWER_ERROR;
    if (status == 5 || status == 0xc0000022)
        x->answer = YG_ANSWER_REFUSED;
    if (status == 0x1c010002 ||
        status == 0x1c010003) /* no such call; no such interface */
        x->answer = YG_ANSWER_MISSING;
}

/* A call of Windows gives back its status last. */
static void read_response(struct rpc *r, uint32_t first, unsigned result,
                          struct yg_exchange *x)
{
    struct yg_rpc_stub s = yg_rpc_gather(&r->answer, first, r->arena);

    const struct yg_rpc_pdu *a = &r->answer.pdu[first], *last = &r->answer.pdu[s.last];
    yg_rpc_place(&r->in->to_caller, a->at, last->at + last->len, &x->answer_at,
                 &x->answer_len);
    x->answer_size = s.bytes.n;
    if (s.cut)
        x->flags |= YG_XF_CUT;
    if (s.sealed) {
        x->answer = YG_ANSWER_OPAQUE;
        return;
    }
    x->answer_body = s.bytes;
    x->answer = YG_ANSWER_OK;
    if (result == YG_RPC_UNKNOWN || s.cut || s.bytes.n < 4)
        return;
    struct yg_cursor c = yg_cursor_of(s.bytes.p + s.bytes.n - 4, 4);
    uint32_t status = yg_rpc_u32(&c, s.big);
    x->status = (int32_t)status;
    x->answer = yg_rpc_answer(result, status);
}

/* The interface that an endpoint is asked for: the first floor of the tower (C706
 * appendix L), 19 bytes that begin with 13 for a UUID. */
static struct yg_str asked_for(struct rpc *r, struct yg_str stub)
{
    const char *p = stub.n > 24 ? memmem(stub.p, stub.n, "\x13\0\x0d", 3) : NULL;

    if (!p)
        return YG_STR_NONE;
    struct yg_str rest = yg_slice_from(stub, (size_t)(p - stub.p) + 3);
    struct yg_cursor c = yg_cursor_of(rest.p, rest.n);
    struct yg_str uuid = uuid_text(&c, false, r->arena);
    const struct yg_rpc_interface *known = yg_rpc_by_uuid(uuid);
    return known ? yg_str_of(known->name) : uuid;
}

/* What a person wants to see of a call: the class activated, or the strings in it. */
static void describe(struct rpc *r, const struct yg_rpc_stub *s,
                     const struct context *ctx, struct yg_exchange *x)
{
    const struct yg_rpc_class *class = NULL;

    x->target = context_name(ctx);
    if (s->sealed) {
        x->flags |= YG_XF_ENCRYPTED;
        return;
    }
    x->body = s->bytes;
    if (ctx->known && strstr(ctx->known->name, "Activat"))
        class = yg_rpc_class_in(s->bytes);
    if (class) {
        x->target = yg_str_of(class->name);
        x->flags |= class->flags;
        return;
    }
    bool mapper = ctx->known && strcmp(ctx->known->name, "epmapper") == 0;
    struct yg_str said =
        mapper ? asked_for(r, s->bytes) : yg_utf16_runs(s->bytes, 4, r->arena);
    if (said.n > 0)
        x->target = said;
}

static struct yg_str call_name(struct rpc *r, const struct context *ctx, uint16_t opnum,
                               uint32_t *flags)
{
    const struct yg_rpc_call *call = yg_rpc_call_of(ctx->known, opnum);
    char number[8];
    int n = snprintf(number, sizeof(number), "%u", opnum);

    *flags |= (ctx->known ? ctx->known->flags : 0) | (call ? call->flags : 0);
    struct yg_str name =
        call ? yg_str_of(call->name) : (struct yg_str){ number, n > 0 ? (size_t)n : 0 };
    return yg_text_join(context_name(ctx), '.', name, r->arena);
}

static bool do_request(struct rpc *r, uint32_t at)
{
    const struct yg_rpc_pdu *q = &r->ask.pdu[at];
    uint32_t i = answer_to(r, q);
    const struct yg_rpc_pdu *a = i < r->answer.count ? &r->answer.pdu[i] : NULL;
    struct yg_exchange *x = begin(r, q, a);

    if (!x)
        return false;
    struct yg_str all = yg_slice(r->in->to_callee.bytes, q->at, q->len);
    struct yg_cursor c = yg_cursor_of(all.p, all.n);
    (void)yg_cursor_take(&c, YG_RPC_HEAD_SIZE + 4);
    uint16_t id = yg_rpc_u16(&c, q->big), opnum = yg_rpc_u16(&c, q->big);
    struct context ctx = context_of(r, id);
    struct yg_rpc_stub s = yg_rpc_gather(&r->ask, at, r->arena);
    const struct yg_rpc_pdu *last = &r->ask.pdu[s.last];

    x->head = yg_slice(all, 0, YG_RPC_CALL_SIZE);
    yg_rpc_place(&r->in->to_callee, q->at, last->at + last->len, &x->ask_at, &x->ask_len);
    x->flags |= s.cut ? YG_XF_CUT : 0;
    x->verb = call_name(r, &ctx, opnum, &x->flags);
    describe(r, &s, &ctx, x);
    if (a && a->type == YG_RPC_FAULT)
        read_fault(r, a, x);
    else if (a)
        read_response(r, i, ctx.known ? ctx.known->result : YG_RPC_UNKNOWN, x);
    return true;
}

/* Only one direction was captured: what came back still says something. */
static void answers_alone(struct rpc *r)
{
    for (uint32_t i = 0; i < r->answer.count; i++) {
        const struct yg_rpc_pdu *a = &r->answer.pdu[i];
        if (a->used || !(a->flags & YG_RPC_FIRST_FRAG))
            continue;
        struct yg_exchange *x = begin(r, NULL, a);
        if (!x)
            return;
        x->verb = a->type == YG_RPC_FAULT ? YG_STR("fault") : YG_STR("response");
        if (a->type == YG_RPC_FAULT)
            read_fault(r, a, x);
        else if (a->type == YG_RPC_RESPONSE)
            read_response(r, i, YG_RPC_UNKNOWN, x);
        else
            x->answer = bind_answer(a, yg_slice(r->in->to_caller.bytes, a->at, a->len));
    }
}

void yg_dcerpc_read(struct yg_talk *talk, struct yg_arena *arena,
                    const struct yg_rpc_in *in)
{
    struct rpc *r = yg_arena_zalloc(arena, sizeof(*r));
    bool broken = false, room = true;

    if (!r)
        goto full;
    *r = (struct rpc){ .talk = talk, .arena = arena, .in = in };
    if (!yg_rpc_list(&in->to_callee, arena, &r->ask, &broken) ||
        !yg_rpc_list(&in->to_caller, arena, &r->answer, &broken))
        goto full;
    if (broken)
        talk->anomalies |= YG_ANOMALY_BIT(YG_A_APP_BROKEN);
    for (uint32_t i = 0; i < r->ask.count && room; i++) {
        const struct yg_rpc_pdu *q = &r->ask.pdu[i];
        if (q->type == YG_RPC_BIND || q->type == YG_RPC_ALTER)
            room = do_bind(r, q);
        else if (q->type == YG_RPC_AUTH3)
            room = do_auth3(r, q);
        else if (q->type == YG_RPC_REQUEST && (q->flags & YG_RPC_FIRST_FRAG))
            room = do_request(r, i);
    }
    if (r->ask.count == 0)
        answers_alone(r);
    return;
full:
    talk->anomalies |= YG_ANOMALY_BIT(YG_A_APP_CAP);
}

bool yg_dcerpc_probe(const struct yg_talk *talk)
{
    if (talk->proto != YG_IP_TCP)
        return false;
    return yg_dcerpc_is(talk->side[YG_TO_SERVER].bytes) ||
           yg_dcerpc_is(talk->side[YG_TO_CLIENT].bytes);
}

void yg_dcerpc_parse(struct yg_talk *talk, struct yg_arena *arena)
{
    struct yg_rpc_stream s[YG_SIDES];
    struct yg_rpc_pdu first;
    uint8_t asker = YG_TO_SERVER;

    for (unsigned i = 0; i < YG_SIDES; i++)
        s[i] = (struct yg_rpc_stream){ .bytes = talk->side[i].bytes,
                                       .cut = talk->side[i].gap_bytes > 0 ||
                                              talk->side[i].cut };
    /* Met midway, who is the client is a guess: requests know better. */
    if (yg_rpc_head(s[YG_TO_CLIENT].bytes, 0, &first) && is_question(first.type))
        asker = YG_TO_CLIENT;
    struct yg_rpc_in in = { s[asker], s[!asker], asker, YG_STR_NONE, YG_STR_NONE };
    yg_dcerpc_read(talk, arena, &in);
}
