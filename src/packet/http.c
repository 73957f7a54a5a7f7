/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/app.h"
#include "packet/filekind.h"
#include "packet/httpbody.h"

/* Bytes of one conversation that decoding may take from the arena. */
#define DECODE_MAX (8 * (size_t)YG_BODY_MAX)
/* A conversation met midway is searched so far for a first start line. */
#define PROBE_MAX 65536
/* Of a body, looked at for the names of fields. */
#define FIELDS_MAX 8192

enum { ASK, ANSWER };

/* One message, as found in its stream. */
struct part {
    struct yg_httphead head;
    struct yg_httpbody body;
    size_t at, len;
    int32_t interim; /* status of what came before the final answer; -1: none */
    bool there;
};

struct walk {
    struct yg_talk *talk;
    struct yg_arena *arena;
    const struct yg_side *side[2];
    size_t at[2];
    size_t budget;
    uint8_t asker;
    bool over; /* what follows is not HTTP, or there is no room for more */
};

static struct yg_str rest_of(const struct walk *w, int which, size_t at)
{
    struct yg_str s = w->side[which]->bytes;

    return at < s.n ? (struct yg_str){ s.p + at, s.n - at } : YG_STR_NONE;
}

static struct yg_str skip_lines(struct yg_str s)
{
    while (s.n && (s.p[0] == '\r' || s.p[0] == '\n'))
        s.p++, s.n--;
    return s;
}

/* HTTP may begin later than the stream: it was met midway, or SOCKS comes first (RFC
 * 1928: version 4 or 5). */
static bool is_inside(const struct yg_talk *talk)
{
    struct yg_str s = talk->side[YG_TO_SERVER].bytes;

    return !talk->from_start || (s.n > 2 && (s.p[0] == 4 || s.p[0] == 5));
}

/* Does HTTP begin here? Of a conversation met midway: anywhere near. */
static bool side_speaks(const struct yg_talk *talk, int side, bool request)
{
    struct yg_str s = skip_lines(talk->side[side].bytes);

    if (s.n == 0)
        return false;
    if (yg_httphead_starts(s, request))
        return true;
    if (!is_inside(talk))
        return false;
    s.n = s.n < PROBE_MAX ? s.n : PROBE_MAX;
    /* RTSP, SIP and ICAP look alike and carry HTTP inside */
    struct yg_str rest = s, line = yg_str_cut(&rest, '\n');
    if (yg_str_has_nocase(line, YG_STR("rtsp/")) ||
        yg_str_has_nocase(line, YG_STR("sip/")) ||
        yg_str_has_nocase(line, YG_STR("icap/")))
        return false;
    return yg_httphead_find(s, 0, request) < s.n;
}

/* Which side asks? Of a conversation met midway the two may be the wrong way round. */
static int find_asker(const struct yg_talk *talk)
{
    if (side_speaks(talk, YG_TO_SERVER, true) || side_speaks(talk, YG_TO_CLIENT, false))
        return YG_TO_SERVER;
    if (side_speaks(talk, YG_TO_CLIENT, true) || side_speaks(talk, YG_TO_SERVER, false))
        return YG_TO_CLIENT;
    return -1;
}

bool yg_http_probe(const struct yg_talk *talk)
{
    return talk->proto == YG_IP_TCP && find_asker(talk) >= 0;
}

/* Go to the next start line; `*junk` is what had to be passed over. False: none. */
static bool next_start(struct walk *w, int which, struct yg_str *junk)
{
    struct yg_str s = rest_of(w, which, w->at[which]), clean = skip_lines(s);

    *junk = YG_STR_NONE;
    w->at[which] += s.n - clean.n;
    if (clean.n == 0)
        return false;
    if (yg_httphead_starts(clean, which == ASK))
        return true;
    size_t found = yg_httphead_find(clean, 0, which == ASK);
    if (w->side[which]->gap_bytes == 0 && (w->at[which] > 0 || !is_inside(w->talk)))
        w->talk->anomalies |= YG_ANOMALY_BIT(YG_A_APP_BROKEN);
    *junk = (struct yg_str){ clean.p, found };
    w->at[which] += found;
    return found < clean.n;
}

static int64_t time_at(const struct walk *w, int which, size_t at)
{
    return yg_side_time(w->side[which], (uint32_t)at);
}

static enum yg_httpbody_rule rule_of(const struct part *p, const struct yg_httphead *ask)
{
    int32_t status = p->head.status;
    bool tunnel = ask && yg_str_eq(ask->verb, YG_STR("CONNECT")) && status / 100 == 2;
    bool bare = ask && yg_str_eq(ask->verb, YG_STR("HEAD"));

    if (tunnel || bare || status / 100 == 1 || status == 204 || status == 304)
        return YG_HTTPBODY_NONE;
    return YG_HTTPBODY_CLOSE;
}

/* Of a stream with holes the announced length lies: the next start line is believed. */
static void read_body(struct walk *w, int which, enum yg_httpbody_rule rule,
                      struct part *p)
{
    size_t at = p->at + p->head.raw.n;
    struct yg_str s = rest_of(w, which, at);

    if (p->head.cut || s.n == 0) {
        p->body.cut = p->head.cut || (rule != YG_HTTPBODY_NONE && p->head.has_length &&
                                      p->head.length > 0);
        p->body.size = rule != YG_HTTPBODY_NONE ? p->head.length : 0;
        return;
    }
    yg_httpbody_read(s, &p->head, rule, w->budget, w->arena, &p->body);
    if (w->side[which]->gap_bytes && p->body.used > 0) {
        struct yg_str seen = { s.p, p->body.used };
        size_t next = yg_httphead_find(seen, 0, which == ASK);
        if (next < seen.n) {
            seen.n = next;
            yg_httpbody_read(seen, &p->head, rule, w->budget, w->arena, &p->body);
            p->body.cut = true;
        }
    }
    w->talk->anomalies |= p->body.anomalies;
    const char *b = p->body.bytes.p;
    if (b && (b < s.p || b >= s.p + s.n)) /* it is in the arena */
        w->budget -= p->body.bytes.n < w->budget ? p->body.bytes.n : w->budget;
}

/* A body that nothing announced: what follows up to the next request. Tunnels and
 * upgrades send such bytes by right. */
static void take_unannounced(struct walk *w, struct part *p)
{
    struct yg_str s = rest_of(w, ASK, p->at + p->head.raw.n + p->body.used);
    struct yg_str clean = skip_lines(s);

    if (p->head.cut || p->head.major != 1 || p->head.upgrade.n || clean.n == 0 ||
        (p->body.used && !p->body.broken) || p->head.has_length ||
        yg_str_eq(p->head.verb, YG_STR("CONNECT")) || yg_httphead_starts(clean, true))
        return;
    size_t n = yg_httphead_find(s, 0, true);
    w->talk->anomalies |= YG_ANOMALY_BIT(YG_A_APP_BROKEN);
    if (p->body.bytes.n == 0)
        p->body.bytes = (struct yg_str){ s.p, n < YG_BODY_MAX ? n : YG_BODY_MAX };
    p->body.used += n;
}

/* The next request. */
static void read_ask(struct walk *w, struct part *p)
{
    struct yg_str junk;

    *p = (struct part){ .interim = -1 };
    if (!next_start(w, ASK, &junk))
        return;
    p->at = w->at[ASK];
    p->there = yg_httphead_read(rest_of(w, ASK, p->at), true, &p->head);
    if (!p->there)
        return;
    read_body(w, ASK, YG_HTTPBODY_LENGTH, p);
    take_unannounced(w, p);
    p->len = p->head.raw.n + p->body.used;
    w->at[ASK] = p->at + p->len;
    w->talk->anomalies |= p->head.anomalies;
}

/* Bytes that are no HTTP came back: a simple answer, or something else altogether. */
static void take_raw_answer(struct part *p, struct yg_str junk, size_t at)
{
    p->at = at;
    p->len = junk.n;
    p->body.bytes = junk;
    p->body.bytes.n = junk.n < YG_BODY_MAX ? junk.n : YG_BODY_MAX;
    p->body.size = junk.n;
    p->there = junk.n > 0;
}

/* To a question without a version all that comes is the body (HTTP/0.9). */
static bool take_simple_answer(struct walk *w, struct part *p)
{
    struct yg_str s = rest_of(w, ANSWER, w->at[ANSWER]);

    if (s.n == 0 || yg_httphead_starts(s, false))
        return false;
    take_raw_answer(p, s, w->at[ANSWER]);
    w->at[ANSWER] += s.n;
    return true;
}

/* The next final answer; interim ones are passed over. */
static void read_answer(struct walk *w, const struct part *ask, struct part *p)
{
    struct yg_str junk;

    *p = (struct part){ .interim = -1, .head.status = -1 };
    for (;;) {
        size_t from = w->at[ANSWER];
        if (ask && ask->head.major == 0 && take_simple_answer(w, p))
            return;
        if (!next_start(w, ANSWER, &junk)) {
            if (ask && p->interim < 0)
                take_raw_answer(p, junk, w->at[ANSWER] - junk.n);
            return;
        }
        p->at = w->at[ANSWER];
        if (!yg_httphead_read(rest_of(w, ANSWER, p->at), false, &p->head))
            return;
        w->talk->anomalies |= p->head.anomalies;
        if (p->head.status / 100 != 1 || p->head.status == 101)
            break;
        p->interim = p->head.status;
        p->there = true;
        p->len = p->head.raw.n;
        w->at[ANSWER] = p->at + p->len;
        if (w->at[ANSWER] <= from)
            return;
    }
    p->there = true;
    read_body(w, ANSWER, rule_of(p, ask ? &ask->head : NULL), p);
    p->len = p->head.raw.n + p->body.used;
    w->at[ANSWER] = p->at + p->len;
}

static uint8_t answer_of(const struct part *ask, const struct part *answer)
{
    int32_t s = answer->head.status;

    if (!answer->there)
        return YG_ANSWER_NONE;
    if (s < 0) /* HTTP/0.9 has no other form; all else is not understood */
        return ask->there && ask->head.major == 0 ? YG_ANSWER_OK : YG_ANSWER_OPAQUE;
    if (s < 200 || s / 100 == 3)
        return YG_ANSWER_MORE;
    if (s / 100 == 2)
        return YG_ANSWER_OK;
    if (s == 401 || s == 403 || s == 407 || s == 451 || s == 511)
        return YG_ANSWER_REFUSED;
    if (s == 404 || s == 410)
        return YG_ANSWER_MISSING;
    return YG_ANSWER_ERROR;
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_' || c == '-';
}

/* A field whose name says password, and that is given a value: a=b, "a": "b", or a part
 * of a form. */
static bool has_password(struct yg_str s)
{
    static const char *const word[] = { "passw", "pwd", "pass", "passphrase" };

    s.n = s.n < FIELDS_MAX ? s.n : FIELDS_MAX;
    for (size_t i = 0; i < s.n; i++) {
        for (size_t k = 0; k < YG_ARRAY_LEN(word); k++) {
            struct yg_str w = yg_str_of(word[k]);
            size_t end = i + w.n;
            if (end > s.n || !yg_str_may_start(s.p[i], w.p[0]) ||
                !yg_str_eq_nocase((struct yg_str){ s.p + i, w.n }, w))
                continue;
            if (k < 2)
                while (end < s.n && is_word(s.p[end]))
                    end++;
            else if (i > 0 && is_word(s.p[i - 1]) && s.p[i - 1] != '_')
                continue;
            bool quoted = end < s.n && s.p[end] == '"';
            end += quoted;
            if (end < s.n && (s.p[end] == '=' || s.p[end] == ':' ||
                              (quoted && (s.p[end] == '\r' || s.p[end] == '\n'))))
                return true;
        }
    }
    return false;
}

static uint32_t ask_flags(const struct part *ask)
{
    const char *query =
        ask->head.target.n ? memchr(ask->head.target.p, '?', ask->head.target.n) : NULL;
    struct yg_str head = ask->body.bytes;
    uint32_t flags = 0;

    head.n = head.n < FIELDS_MAX ? head.n : FIELDS_MAX;
    if (ask->head.login || has_password(head) ||
        (query &&
         has_password((struct yg_str){
             query, ask->head.target.n - (size_t)(query - ask->head.target.p) })))
        flags |= YG_XF_LOGIN;
    if ((yg_str_eq(ask->head.verb, YG_STR("PUT")) && ask->body.size > 0) ||
        (yg_str_has_nocase(ask->head.type, YG_STR("multipart/")) &&
         yg_str_has_nocase(head, YG_STR("filename="))))
        flags |= YG_XF_UPLOAD;
    if (ask->head.cut || ask->body.cut)
        flags |= YG_XF_CUT;
    return flags;
}

static struct yg_str path_of(struct yg_str target)
{
    return yg_str_cut(&target, '?');
}

/* Does the answer bring a file? `kind`: what its body is. */
static bool is_download(const struct part *ask, const struct part *answer, unsigned kind)
{
    uint32_t claims = yg_file_claim_type(answer->head.type);

    if (claims == 0)
        claims = yg_file_claim_name(path_of(ask->head.target));
    return yg_str_has_nocase(answer->head.disposition, YG_STR("attachment")) ||
           (YG_FILE_BIT(kind) & YG_FILE_PROGRAMS) ||
           (claims && (claims & ~YG_FILE_PROGRAMS) == 0);
}

/* Is it a file, and does it hold what it says? The latter only of whole beginnings: a
 * part of a file (206) has no first bytes. */
static void look_at_file(struct walk *w, const struct part *ask,
                         const struct part *answer, struct yg_exchange *x)
{
    if (x->status / 100 != 2 || answer->body.size == 0)
        return;
    struct yg_file_look look =
        yg_file_glance(x->answer_body, x->answer_type, path_of(x->target));
    x->answer_kind = look.kind;
    if (is_download(ask, answer, look.kind))
        x->flags |= YG_XF_DOWNLOAD;
    if (x->status != 200 || x->answer_body.n < 16)
        return;
    if (look.mismatch)
        w->talk->anomalies |= YG_ANOMALY_BIT(YG_A_FILE_TYPE);
    if (look.padded && look.executable)
        w->talk->anomalies |= YG_ANOMALY_BIT(YG_A_FILE_PADDED);
}

/* The authority of an absolute target, when no header names the host. */
static struct yg_str host_of(const struct yg_httphead *h)
{
    struct yg_str t = h->target;

    if (h->host.n)
        return h->host;
    if (yg_str_eq(h->verb, YG_STR("CONNECT")))
        return t;
    size_t skip = yg_str_starts(t, YG_STR("http://"))    ? 7
                  : yg_str_starts(t, YG_STR("https://")) ? 8
                                                         : 0;
    t = (struct yg_str){ t.p + skip, t.n - skip };
    return skip ? yg_str_cut(&t, '/') : YG_STR_NONE;
}

static struct yg_exchange *emit(struct walk *w, const struct part *ask,
                                const struct part *answer)
{
    struct yg_exchange *x = yg_app_exchange(w->talk, w->arena);
    struct yg_str type = answer->head.type;

    if (!x) {
        w->over = true;
        return NULL;
    }
    x->asker = w->asker;
    x->answer = answer_of(ask, answer);
    x->status = answer->there ? answer->head.status : -1;
    if (ask->there) {
        x->verb = ask->head.verb;
        x->target = ask->head.target;
        x->host = host_of(&ask->head);
        x->agent = ask->head.agent;
        x->head = ask->head.raw;
        x->body = ask->body.bytes;
        x->ask_at = (uint32_t)ask->at;
        x->ask_len = (uint32_t)ask->len;
        x->ask_ns = time_at(w, ASK, ask->at);
        x->flags |= ask_flags(ask);
    }
    if (answer->there) {
        x->answer_head = answer->head.raw;
        x->answer_body = answer->body.bytes;
        x->answer_type = yg_str_trim(yg_str_cut(&type, ';'));
        x->answer_agent = answer->head.server;
        x->answer_size = answer->body.size;
        x->answer_at = (uint32_t)answer->at;
        x->answer_len = (uint32_t)answer->len;
        x->answer_ns = time_at(w, ANSWER, answer->at);
        x->flags |= answer->head.cut || answer->body.cut ? YG_XF_CUT : 0;
        look_at_file(w, ask, answer, x);
    }
    return x;
}

/* Was the question of the answer at hand never seen, or the answer to this question? */
enum match { PAIR, ANSWER_ALONE, ASK_ALONE };

static enum match match_of(struct walk *w, const struct part *ask)
{
    struct yg_str left = rest_of(w, ANSWER, w->at[ANSWER]);
    struct yg_str more = rest_of(w, ASK, w->at[ASK]);
    size_t at = yg_httphead_starts(skip_lines(left), false)
                    ? 0
                    : yg_httphead_find(left, 0, false);
    int64_t came = time_at(w, ANSWER, w->at[ANSWER] + (at < left.n ? at : 0));

    if (left.n == 0 || came == 0)
        return PAIR;
    if ((!w->talk->from_start || w->side[ASK]->gap_bytes) &&
        came < time_at(w, ASK, ask->at))
        return ANSWER_ALONE;
    /* the client went on, so its question had been answered: in the hole */
    if (w->side[ANSWER]->gap_bytes && more.n && came > time_at(w, ASK, w->at[ASK]))
        return ASK_ALONE;
    return PAIR;
}

/* CONNECT, 101, HTTP/2: is what follows another protocol? A tunnel that carries HTTP in
 * the clear goes on. */
static bool leaves_http(const struct walk *w, const struct part *ask,
                        const struct part *answer)
{
    bool tunnel = yg_str_eq(ask->head.verb, YG_STR("CONNECT")) &&
                  (!answer->there || answer->head.status / 100 == 2);

    if (tunnel) {
        struct yg_str next = rest_of(w, ASK, w->at[ASK]);
        return next.n == 0 || !yg_httphead_starts(next, true);
    }
    return answer->head.status == 101 || (ask->there && ask->head.major == 2);
}

static void walk_pairs(struct walk *w)
{
    static const struct part none = { .interim = -1, .head.status = -1 };
    struct part ask, answer;

    while (!w->over) {
        read_ask(w, &ask);
        enum match match = ask.there ? match_of(w, &ask) : PAIR;
        while (match == ANSWER_ALONE && !w->over) {
            read_answer(w, NULL, &answer);
            if (answer.there)
                emit(w, &none, &answer);
            match = match_of(w, &ask);
        }
        answer = none;
        if (match == PAIR)
            read_answer(w, ask.there ? &ask : NULL, &answer);
        if (!ask.there && !answer.there)
            return;
        struct yg_exchange *x = w->over ? NULL : emit(w, &ask, &answer);
        if (x && leaves_http(w, &ask, &answer)) {
            x->flags |= YG_XF_ENCRYPTED;
            w->over = true;
        }
    }
}

void yg_http_parse(struct yg_talk *talk, struct yg_arena *arena)
{
    int asker = find_asker(talk);
    struct walk w = { .talk = talk, .arena = arena, .budget = DECODE_MAX };

    if (asker < 0)
        return;
    w.asker = (uint8_t)asker;
    w.side[ASK] = &talk->side[asker];
    w.side[ANSWER] = &talk->side[asker == YG_TO_SERVER ? YG_TO_CLIENT : YG_TO_SERVER];
    walk_pairs(&w);
}
