/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/app.h"

#include "packet/ask.h"
#include "packet/tls.h"

/* RFC 959 with the commands of RFC 2228, 2389, 2428, 3659. Commands are answered in
 * their order, each with a final reply and perhaps a 1xx before it. */

#define VERB_MIN 3
#define VERB_MAX 16 /* of what is no command; longer ones are cut */

struct command {
    const char *name;
    uint32_t flags;
    bool only; /* no other line protocol has it */
};

static const struct command command[] = {
    { "USER", YG_XF_LOGIN, false },
    { "PASS", YG_XF_LOGIN, false },
    { "ACCT", YG_XF_LOGIN, true },
    { "AUTH", 0, false },
    { "PBSZ", 0, true },
    { "PROT", 0, true },
    { "SYST", 0, true },
    { "FEAT", 0, true },
    { "OPTS", 0, true },
    { "CLNT", 0, true },
    { "TYPE", 0, true },
    { "MODE", 0, false },
    { "STRU", 0, true },
    { "PASV", 0, true },
    { "EPSV", 0, true },
    { "PORT", 0, true },
    { "EPRT", 0, true },
    { "PWD", 0, true },
    { "XPWD", 0, true },
    { "CWD", 0, true },
    { "CDUP", 0, true },
    { "REST", 0, true },
    { "ABOR", 0, true },
    { "ALLO", 0, true },
    { "SIZE", 0, true },
    { "MDTM", 0, true },
    { "RETR", YG_XF_DOWNLOAD, false },
    { "STOR", YG_XF_UPLOAD, true },
    { "STOU", YG_XF_UPLOAD, true },
    { "APPE", YG_XF_UPLOAD, true },
    { "LIST", YG_XF_LIST, false },
    { "NLST", YG_XF_LIST, true },
    { "MLSD", YG_XF_LIST, true },
    { "MLST", YG_XF_LIST, true },
    { "STAT", YG_XF_LIST, false },
    { "SITE", YG_XF_EXEC, true },
    { "DELE", 0, false },
    { "RNFR", 0, true },
    { "RNTO", 0, true },
    { "MKD", 0, true },
    { "XMKD", 0, true },
    { "RMD", 0, true },
    { "XRMD", 0, true },
    { "NOOP", 0, false },
    { "HELP", 0, false },
    { "REIN", 0, true },
    { "QUIT", 0, false },
};

static const struct command *command_of(struct yg_str verb)
{
    for (size_t i = 0; i < YG_ARRAY_LEN(command); i++)
        if (yg_str_eq_nocase(verb, yg_str_of(command[i].name)))
            return &command[i];
    return NULL;
}

/* How the client's bytes look: 0 not like FTP, 1 perhaps (POP3 has USER and PASS, too),
 * 2 like nothing else. */
static int client_looks(struct yg_str bytes)
{
    struct yg_line line;
    struct yg_str rest;
    size_t at = 0;
    int looks = 0;

    for (int i = 0; i < 16 && yg_line_next(bytes, &at, &line); i++) {
        const struct command *c = command_of(yg_verb_of(line.text, &rest));
        if (!c)
            return i == 0 ? 0 : looks;
        if (c->only)
            return 2;
        looks = 1;
    }
    return looks;
}

static bool server_looks(struct yg_str bytes)
{
    struct yg_reply r;
    size_t at = 0;

    for (int i = 0; i < 8 && yg_reply_next(bytes, &at, &r); i++) {
        struct yg_str text = { bytes.p + r.span.at, r.span.end - r.span.at };
        if (r.code == 331 || r.code == 230 || r.code == 530)
            return true;
        if (r.code == 220 && yg_str_has_nocase(text, YG_STR("FTP")))
            return true;
    }
    return false;
}

bool yg_ftp_probe(const struct yg_talk *talk)
{
    struct yg_str ask = talk->side[YG_TO_SERVER].bytes;
    struct yg_str answer = talk->side[YG_TO_CLIENT].bytes;
    struct yg_reply first = { .code = 0 };
    size_t at = 0;
    int looks = client_looks(ask);

    if (answer.n > 0 && (!yg_reply_next(answer, &at, &first) ||
                         yg_str_has_nocase(first.text, YG_STR("SMTP"))))
        return false;
    if (ask.n == 0)
        return server_looks(answer);
    if (looks == 1 && answer.n == 0) /* the content leaves it open: the port decides */
        return talk->server_port == 21;
    /* News servers (RFC 3977) have HELP, QUIT and LIST, too, and greet with 200 or 201.
     */
    return looks == 2 ||
           (looks == 1 && answer.n > 0 && first.code != 200 && first.code != 201);
}

static enum yg_answer answer_of(const struct yg_reply *r)
{
    switch (r->code) {
    case 430:
    case 530:
    case 532:
    case 533:
    case 534:
    case 535:
        return YG_ANSWER_REFUSED;
    case 550: /* "file unavailable (e.g., file not found, no access)" */
        return yg_str_has_nocase(r->text, YG_STR("denied")) ||
                       yg_str_has_nocase(r->text, YG_STR("permi"))
                   ? YG_ANSWER_REFUSED
                   : YG_ANSWER_MISSING;
    default:
        if (r->code < 200 || (r->code >= 300 && r->code < 400))
            return YG_ANSWER_MORE;
        return r->code < 300 ? YG_ANSWER_OK : YG_ANSWER_ERROR;
    }
}

struct ftp {
    struct yg_talk *talk;
    struct yg_arena *arena;
    struct yg_str account, banner;
    size_t ask_at, answer_at;
    bool tls;
};

/* The final reply to a question that was asked at x->ask_ns, with a 1xx before it. */
static void take_answer(struct ftp *f, struct yg_exchange *x)
{
    const struct yg_side *s = &f->talk->side[YG_TO_CLIENT];
    struct yg_span span;
    struct yg_reply r, more;

    if (!yg_reply_since(s, &f->answer_at, x->ask_ns, &r))
        return;
    span = r.span;
    if (r.code < 200 && yg_reply_next(s->bytes, &f->answer_at, &more)) {
        r = more;
        span.end = r.span.end;
    }
    yg_answered(f->talk, x, span);
    x->status = r.code;
    x->answer = (uint8_t)answer_of(&r);
    if (r.lines > 1)
        x->answer_body = yg_side_part(s, r.span);
    if (!r.whole || r.code < 200)
        x->flags |= YG_XF_CUT;
}

static void greeting(struct ftp *f)
{
    const struct yg_side *s = &f->talk->side[YG_TO_CLIENT];
    struct yg_reply r;
    size_t at = 0;

    if (!yg_reply_next(s->bytes, &at, &r) || (r.code != 220 && r.code != 120))
        return;
    /* A later 220 answers REIN: a greeting comes before anything is asked. */
    if (f->talk->side[YG_TO_SERVER].first_ns != 0 &&
        yg_side_time(s, 0) > f->talk->side[YG_TO_SERVER].first_ns)
        return;
    f->answer_at = at;
    f->banner = r.text;
}

/* The letters a line begins with: an overflow of a command is no word any more. */
static struct yg_str letters_of(struct yg_str line)
{
    size_t n = 0;

    while (n < line.n && n < VERB_MAX && (line.p[n] | 0x20) >= 'a' &&
           (line.p[n] | 0x20) <= 'z')
        n++;
    return (struct yg_str){ line.p, n };
}

/* False: what follows are no commands. */
static bool take_command(struct ftp *f, const struct yg_line *line)
{
    struct yg_str rest, verb = yg_verb_of(line->text, &rest);
    const struct command *c = command_of(verb);

    if (!c)
        verb = letters_of(line->text);
    if (verb.n < VERB_MIN)
        return false;
    struct yg_exchange *x = yg_ask(f->talk, f->arena, YG_TO_SERVER, line->span);
    if (!x)
        return false;
    x->verb = c ? yg_str_of(c->name) : verb;
    x->flags = c ? c->flags : 0;
    if (!line->whole)
        x->flags |= YG_XF_CUT;
    x->answer_agent = f->banner;
    if (yg_str_eq(x->verb, YG_STR("USER")))
        f->account = rest;
    if (yg_str_eq(x->verb, YG_STR("PASS")) || yg_str_eq(x->verb, YG_STR("ACCT"))) {
        x->target = f->account; /* never what proves it */
        x->head = verb;
    } else {
        x->target = rest;
    }
    take_answer(f, x);
    f->tls = yg_str_eq(x->verb, YG_STR("AUTH")) && x->status == 234;
    if (f->tls)
        x->flags |= YG_XF_ENCRYPTED;
    return true;
}

void yg_ftp_parse(struct yg_talk *talk, struct yg_arena *arena)
{
    const struct yg_side *s = talk->side;
    struct ftp f = { .talk = talk, .arena = arena };
    struct yg_line line;
    size_t at = 0;

    greeting(&f);
    while (!f.tls && yg_line_next(s[YG_TO_SERVER].bytes, &at, &line)) {
        if (line.text.n == 0)
            continue;
        if (!take_command(&f, &line)) {
            if (!yg_side_lossy(&s[YG_TO_SERVER]) && talk->exchanges < YG_EXCHANGES_MAX)
                talk->anomalies |= YG_ANOMALY_BIT(YG_A_APP_BROKEN);
            break;
        }
    }
    if (f.tls) {
        const size_t from[YG_SIDES] = { at, f.answer_at };
        yg_tls_from(talk, arena, from);
    }
    if (talk->exchanges > 0)
        return;
    struct yg_exchange *x = yg_ask(talk, arena, YG_TO_SERVER, (struct yg_span){ 0, 0 });
    struct yg_reply r;
    size_t to = 0;
    if (!x || !yg_reply_next(s[YG_TO_CLIENT].bytes, &to, &r))
        return;
    x->verb = YG_STR("connect");
    x->answer_agent = f.banner;
    x->status = r.code;
    x->answer = (uint8_t)answer_of(&r);
    yg_answered(talk, x, r.span);
}
