/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/app.h"

#include "packet/ask.h"
#include "packet/mime.h"
#include "packet/tls.h"

/* RFC 5321 with AUTH (4954), STARTTLS (3207) and BDAT (3030). The client's lines are
 * commands, but for a message after DATA and what AUTH asks for. */

#define CONTINUES_MAX 8   /* lines of one AUTH */
#define ACCOUNT_MAX   256 /* bytes of what AUTH decodes to */

static const struct yg_str opening[] = {
    { "EHLO", 4 }, { "HELO", 4 }, { "MAIL", 4 },     { "RCPT", 4 },
    { "DATA", 4 }, { "LHLO", 4 }, { "STARTTLS", 8 },
};
static const struct yg_str other[] = {
    { "AUTH", 4 }, { "BDAT", 4 }, { "RSET", 4 }, { "NOOP", 4 }, { "QUIT", 4 },
    { "VRFY", 4 }, { "EXPN", 4 }, { "HELP", 4 }, { "ETRN", 4 }, { "XCLIENT", 7 },
};

/* The verb as it is usually written; {NULL, 0}: no command. */
static struct yg_str verb_in(const struct yg_str *list, size_t n, struct yg_str word)
{
    for (size_t i = 0; i < n; i++)
        if (yg_str_eq_nocase(list[i], word))
            return list[i];
    return YG_STR_NONE;
}

static struct yg_str smtp_verb(struct yg_str line, struct yg_str *rest)
{
    struct yg_str word = yg_verb_of(line, rest);
    struct yg_str verb = verb_in(opening, YG_ARRAY_LEN(opening), word);

    return verb.n ? verb : verb_in(other, YG_ARRAY_LEN(other), word);
}

bool yg_smtp_probe(const struct yg_talk *talk)
{
    struct yg_str ask = talk->side[YG_TO_SERVER].bytes, rest;
    struct yg_str answer = talk->side[YG_TO_CLIENT].bytes;
    struct yg_reply r;
    struct yg_line line;
    size_t at = 0, reply_at = 0;

    bool replied = yg_reply_next(answer, &reply_at, &r);
    if (answer.n > 0 && !replied)
        return false;
    if (replied && (r.code == 220 || r.code == 554) &&
        yg_str_has_nocase(r.text, YG_STR("SMTP")))
        return true;
    if (!yg_line_next(ask, &at, &line))
        return false;
    struct yg_str word = yg_verb_of(line.text, &rest);
    return verb_in(opening, YG_ARRAY_LEN(opening), word).n > 0;
}

struct smtp {
    struct yg_talk *talk;
    struct yg_arena *arena;
    struct yg_str agent; /* of the greeting */
    size_t ask_at, answer_at;
    bool tls;
};

static enum yg_answer answer_of(int code)
{
    if (code < 400)
        return code < 300 && code >= 200 ? YG_ANSWER_OK : YG_ANSWER_MORE;
    switch (code) {
    case 530:
    case 534:
    case 535:
    case 538:
    case 550:
    case 553:
    case 554:
        return YG_ANSWER_REFUSED;
    case 551:
        return YG_ANSWER_MISSING;
    default:
        return YG_ANSWER_ERROR;
    }
}

static void take_answer(struct smtp *m, struct yg_exchange *x)
{
    const struct yg_side *s = &m->talk->side[YG_TO_CLIENT];
    struct yg_reply r;

    if (!yg_reply_since(s, &m->answer_at, x->ask_ns, &r))
        return;
    yg_answered(m->talk, x, r.span);
    x->status = r.code;
    x->answer = (uint8_t)answer_of(r.code);
    if (!r.whole)
        x->flags |= YG_XF_CUT;
}

/* The account of AUTH: base64 of "account" (LOGIN) or "\0account\0password" (PLAIN, RFC
 * 4616: an authorisation identity may come first). */
static struct yg_str account_of(struct smtp *m, struct yg_str base64)
{
    bool broken = false;

    if (base64.n > ACCOUNT_MAX)
        return YG_STR_NONE;
    struct yg_str text = yg_mime_base64(base64, ACCOUNT_MAX, m->arena, &broken);
    struct yg_str first = yg_str_cut(&text, '\0');
    struct yg_str second = yg_str_cut(&text, '\0');
    return second.n > 0 ? second : first;
}

/* AUTH mechanism [first answer], then a line for each 334. */
static void take_auth(struct smtp *m, struct yg_exchange *x, struct yg_str rest)
{
    const struct yg_side *ask = &m->talk->side[YG_TO_SERVER];
    struct yg_str mechanism = yg_str_cut(&rest, ' ');
    bool readable = yg_str_eq_nocase(mechanism, YG_STR("LOGIN")) ||
                    yg_str_eq_nocase(mechanism, YG_STR("PLAIN"));
    struct yg_line line;

    x->flags |= YG_XF_LOGIN;
    x->head = YG_STR("AUTH"); /* what follows may be a password */
    if (readable && rest.n > 0)
        x->target = account_of(m, yg_str_trim(rest));
    for (int i = 0; i < CONTINUES_MAX; i++) {
        struct yg_str unused;
        size_t at = m->ask_at;
        bool wanted = x->status == 334;
        if (x->answer != YG_ANSWER_NONE && !wanted)
            return;
        if (!yg_line_next(ask->bytes, &at, &line) ||
            (!wanted && smtp_verb(line.text, &unused).n > 0))
            return;
        if (readable && x->target.n == 0)
            x->target = account_of(m, line.text);
        m->ask_at = at;
        yg_ask_until(x, at);
        x->answer = YG_ANSWER_NONE;
        take_answer(m, x);
    }
}

/* End of the message that begins at `from`: behind the line with a lone dot. */
static size_t message_end(struct yg_str bytes, size_t from, size_t *body_end)
{
    struct yg_line line;
    size_t at = from;

    while (yg_line_next(bytes, &at, &line))
        if (line.whole && yg_str_eq(line.text, YG_STR("."))) {
            *body_end = line.span.at;
            return at;
        }
    *body_end = bytes.n;
    return bytes.n;
}

static void take_message(struct smtp *m, struct yg_exchange *x, struct yg_span span,
                         bool whole)
{
    struct yg_str message = yg_side_part(&m->talk->side[YG_TO_SERVER], span);
    struct yg_mail mail;

    yg_mime_read(message, YG_BODY_MAX, m->arena, &mail);
    x->flags |= YG_XF_UPLOAD | (whole ? 0U : YG_XF_CUT);
    x->head = mail.head;
    x->agent = mail.agent;
    x->target = mail.names;
    x->body = mail.attachment.n > 0 ? mail.attachment : message;
    if (x->body.n > YG_BODY_MAX)
        x->body.n = YG_BODY_MAX;
    if (mail.over || x->body.n == YG_BODY_MAX)
        x->flags |= YG_XF_CUT;
    if (mail.broken)
        m->talk->anomalies |= YG_ANOMALY_BIT(YG_A_BODY_BROKEN);
}

static void take_data(struct smtp *m, struct yg_exchange *x)
{
    struct yg_str ask = m->talk->side[YG_TO_SERVER].bytes;
    struct yg_span span = { m->ask_at, 0 };

    if (x->answer != YG_ANSWER_NONE && x->status != 354)
        return; /* no message comes */
    if (m->ask_at >= ask.n)
        return;
    m->ask_at = message_end(ask, span.at, &span.end);
    yg_ask_until(x, m->ask_at);
    take_message(m, x, span, span.end < m->ask_at);
    if (x->answer != YG_ANSWER_NONE)
        take_answer(m, x);
}

/* BDAT size [LAST]: the bytes follow at once; a chunk of several is taken alone. */
static void take_chunk(struct smtp *m, struct yg_exchange *x, struct yg_str rest)
{
    size_t left = m->talk->side[YG_TO_SERVER].bytes.n - m->ask_at;
    uint64_t size = 0;

    if (!yg_str_u64(yg_str_cut(&rest, ' '), &size))
        return;
    size_t n = size < left ? (size_t)size : left;
    struct yg_span span = { m->ask_at, m->ask_at + n };
    m->ask_at = span.end;
    yg_ask_until(x, m->ask_at);
    take_message(m, x, span, n == size);
}

static struct yg_str path_of(struct yg_str rest)
{
    struct yg_str address = rest;

    (void)yg_str_cut(&address, '<');
    return address.p ? yg_str_cut(&address, '>') : rest;
}

/* False: what follows are no commands. */
static bool take_command(struct smtp *m, const struct yg_line *line)
{
    struct yg_str rest, verb = smtp_verb(line->text, &rest);

    if (verb.n == 0 && yg_verb_of(line->text, &rest).n == 0)
        return false;
    struct yg_exchange *x = yg_ask(m->talk, m->arena, YG_TO_SERVER, line->span);
    if (!x)
        return false;
    x->verb = verb.n ? verb : yg_verb_of(line->text, &rest);
    x->answer_agent = m->agent;
    if (!line->whole)
        x->flags |= YG_XF_CUT;
    if (yg_str_eq(verb, YG_STR("BDAT"))) {
        take_chunk(m, x, rest);
        take_answer(m, x);
        return true;
    }
    take_answer(m, x);
    if (yg_str_eq(verb, YG_STR("DATA"))) {
        take_data(m, x);
    } else if (yg_str_eq(verb, YG_STR("AUTH"))) {
        take_auth(m, x, rest);
    } else {
        bool path = yg_str_eq(verb, YG_STR("MAIL")) || yg_str_eq(verb, YG_STR("RCPT"));
        x->target = path ? path_of(rest) : rest;
        if (yg_str_eq(verb, YG_STR("VRFY")) || yg_str_eq(verb, YG_STR("EXPN")))
            x->flags |= YG_XF_LIST;
    }
    m->tls = yg_str_eq(verb, YG_STR("STARTTLS")) && x->status == 220;
    if (m->tls)
        x->flags |= YG_XF_ENCRYPTED;
    return true;
}

static void greeting(struct smtp *m)
{
    const struct yg_side *s = &m->talk->side[YG_TO_CLIENT];
    struct yg_reply r;
    size_t at = 0;

    if (!yg_reply_next(s->bytes, &at, &r) || (r.code != 220 && r.code != 554))
        return;
    m->answer_at = at;
    m->agent = r.text;
    if (m->talk->side[YG_TO_SERVER].bytes.n > 0)
        return;
    struct yg_exchange *x =
        yg_ask(m->talk, m->arena, YG_TO_SERVER, (struct yg_span){ 0, 0 });
    if (!x)
        return;
    x->verb = YG_STR("connect");
    x->answer_agent = r.text;
    x->status = r.code;
    x->answer = (uint8_t)answer_of(r.code);
    yg_answered(m->talk, x, r.span);
}

void yg_smtp_parse(struct yg_talk *talk, struct yg_arena *arena)
{
    struct smtp m = { .talk = talk, .arena = arena };
    const struct yg_side *ask = &talk->side[YG_TO_SERVER];
    struct yg_line line;

    greeting(&m);
    while (!m.tls && yg_line_next(ask->bytes, &m.ask_at, &line)) {
        if (line.text.n > 0 && !take_command(&m, &line)) {
            if (!yg_side_lossy(ask) && talk->exchanges < YG_EXCHANGES_MAX)
                talk->anomalies |= YG_ANOMALY_BIT(YG_A_APP_BROKEN);
            break;
        }
    }
    if (m.tls) {
        const size_t from[YG_SIDES] = { m.ask_at, m.answer_at };
        yg_tls_from(talk, arena, from);
    }
}
