/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/outcome.h"

#include "packet/outcome_priv.h"
#include "packet/peel.h"

#define SHOWS_MAX 160U
#define SAME_KIND 4U /* marks of one kind that are kept */

/* clang-format off */
const struct yg_mark_info yg_mark_info[YG_MARK_COUNT] = {
#define YG_MARK(id, name, class, sentence) { name, sentence, YG_OUT_##class },
#include "packet/marks.def"
#undef YG_MARK
};
/* clang-format on */

const char *yg_outcome_name(unsigned c)
{
    static const char *const name[YG_OUT_COUNT] = {
#define X(id, text) text,
        YG_OUTCOMES(X)
#undef X
    };
    return c < YG_OUT_COUNT ? name[c] : "?";
}

const char *yg_success_name(unsigned s)
{
    static const char *const name[] = { "failed", "undecided", "succeeded" };
    return s <= YG_SUCCEEDED ? name[s] : "?";
}

const char *yg_mark_when_name(unsigned when)
{
    static const char *const name[] = { "", "earlier in this session",
                                        "later in this session" };
    return when <= YG_WHEN_LATER ? name[when] : "?";
}

void yg_judge_mark(struct yg_judging *j, unsigned kind, const struct yg_mark_at *at,
                   struct yg_str shows)
{
    struct yg_outcome *o = j->out;
    const struct yg_side *s = &j->talk[at->talk]->side[at->side];
    uint32_t same = 0;

    for (uint8_t i = 0; i < o->marks; i++)
        same += o->mark[i].kind == kind;
    if (o->marks == YG_MARKS_MAX || same >= SAME_KIND)
        return;
    struct yg_mark *m = &o->mark[o->marks++];
    shows = yg_sub(shows, 0, SHOWS_MAX);
    memset(m, 0, sizeof(*m));
    m->kind = (uint8_t)kind;
    m->side = at->side;
    m->talk = (uint16_t)at->talk;
    m->time_ns = at->time_ns;
    m->when = (uint8_t)yg_judge_when(j, at->talk, at->time_ns);
    m->shows = yg_arena_str(j->arena, shows);
    /* where it stands on the wire, when it stands there as it is */
    size_t place = yg_find(yg_sub(s->bytes, 0, (size_t)at->at + at->len), shows, at->at);
    if (place != YG_NOWHERE) {
        m->at = (uint32_t)place;
        m->len = (uint32_t)shows.n;
    }
}

struct yg_mark_at yg_judge_answer_of(const struct yg_judging *j,
                                     const struct yg_exchange *x)
{
    bool by_client = x->asker == YG_TO_SERVER;

    return (struct yg_mark_at){
        .talk = (uint32_t)j->main,
        .at = x->answer_at,
        .len = x->answer_len,
        .side = by_client ? YG_TO_CLIENT : YG_TO_SERVER,
        .time_ns = x->answer_ns,
    };
}

bool yg_judge_has(const struct yg_judging *j, unsigned kind)
{
    for (uint8_t i = 0; i < j->out->marks; i++)
        if (j->out->mark[i].kind == kind)
            return true;
    return false;
}

const struct yg_intent *yg_judge_intent(const struct yg_judging *j, unsigned kind)
{
    for (uint8_t i = 0; i < j->out->intents; i++)
        if (j->out->intent[i].kind == kind)
            return &j->out->intent[i];
    return NULL;
}

static void roles(struct yg_judging *j)
{
    const struct yg_talk *t = j->talk[j->main];
    uint32_t own = 0, attacks = 0;

    for (uint8_t i = 0; i < j->out->intents; i++) {
        if (yg_judge_is_of_victim(j->out->intent[i].kind))
            own++;
        else
            attacks++;
    }
    j->client_is_victim = own > 0 && attacks == 0;
    j->server_is_victim = attacks > 0;
    memcpy(j->victim, j->client_is_victim ? t->client : t->server, YG_IP_SIZE);
    memcpy(j->attacker, j->client_is_victim ? t->server : t->client, YG_IP_SIZE);
    j->from_ns = t->first_ns;
    if (j->focus_first < t->exchanges && t->exchange[j->focus_first].ask_ns)
        j->from_ns = t->exchange[j->focus_first].ask_ns;
}

static struct yg_str question_of(const struct yg_judging *j, const struct yg_exchange *x)
{
    const struct yg_str part[] = { yg_peel(x->target, j->arena).text,
                                   yg_peel(x->head, j->arena).text,
                                   yg_peel(x->body, j->arena).text };
    size_t n = part[0].n + part[1].n + part[2].n + 3, at = 0;
    char *p = yg_arena_alloc(j->arena, n);

    if (!p)
        return x->target;
    for (size_t i = 0; i < 3; i++) {
        if (part[i].n > 0)
            memcpy(p + at, part[i].p, part[i].n);
        at += part[i].n;
        p[at++] = '\n';
    }
    return (struct yg_str){ p, at };
}

/* A page in UTF-16 as bytes, so that rules which must see it otherwise as it was sent
 * (escaped or not) can; what is not ASCII is of no interest to them. */
static struct yg_str narrow(struct yg_str s, struct yg_arena *arena)
{
    size_t zeros[2] = { 0, 0 }, look = s.n < 256 ? s.n : 256, n = 0;

    for (size_t i = 0; i < look; i++)
        zeros[i & 1] += s.p[i] == '\0';
    bool little = zeros[1] * 2 > look * 3 / 4 && zeros[0] == 0;
    bool big = zeros[0] * 2 > look * 3 / 4 && zeros[1] == 0;
    char *p = look >= 8 && (little || big) ? yg_arena_alloc(arena, s.n / 2) : NULL;
    if (!p)
        return s;
    for (size_t i = 0; i + 1 < s.n; i += 2)
        p[n++] = s.p[i + little] == '\0' ? s.p[i + big] : '?';
    return (struct yg_str){ p, n };
}

/* Each question in focus with its answer. */
static void answers(struct yg_judging *j)
{
    const struct yg_talk *t = j->talk[j->main];

    for (uint32_t i = 0; i < t->exchanges; i++) {
        const struct yg_exchange *x = &t->exchange[i];
        struct yg_asked a = { .x = x, .answer = x->answer_body };
        if (!yg_judge_in_focus(j, i))
            continue;
        yg_judge_status(j, x);
        for (uint8_t k = 0; k < j->out->intents; k++) {
            a.intent = &j->out->intent[k];
            if (a.intent->exchange != i || (a.answer.n == 0 && !x->answer_ns))
                continue;
            if (!a.asked.p) {
                a.asked = question_of(j, x);
                a.answer = narrow(x->answer_body, j->arena);
                a.peeled = yg_peel(a.answer, j->arena).text;
            }
            yg_judge_answer(j, &a);
        }
    }
}

static uint64_t bit(unsigned i)
{
    return (uint64_t)1 << i;
}

/* Does something that was tried make a server reach out when it works? */
static bool makes_reach_out(const struct yg_judging *j)
{
    const uint32_t quiet = 1U << YG_INTENT_LOGIN | 1U << YG_INTENT_LISTING |
                           1U << YG_INTENT_SCAN | 1U << YG_INTENT_SCRIPT |
                           1U << YG_INTENT_FETCH | 1U << YG_INTENT_CALLBACK |
                           1U << YG_INTENT_TUNNEL | 1U << YG_INTENT_FILE_READ;

    for (uint8_t i = 0; i < j->out->intents; i++)
        if (!(quiet & 1U << j->out->intent[i].kind))
            return true;
    return false;
}

/* What a mark proves by itself. A callback proves only that a look-up was made, a
 * session or a program only that somebody logged in or fetched something. */
static bool proves(const struct yg_judging *j, unsigned kind)
{
    const uint64_t proof =
        bit(YG_M_FILE_CONTENT) | bit(YG_M_COMMAND_OUTPUT) | bit(YG_M_DIRECTORY_LISTING) |
        bit(YG_M_DATABASE_CONTENT) | bit(YG_M_REFLECTED) | bit(YG_M_EVALUATED) |
        bit(YG_M_SHELL_PROMPT) | bit(YG_M_GUESSED) | bit(YG_M_SERVICE_RUN) |
        bit(YG_M_UPLOADED) | bit(YG_M_DISGUISED) | bit(YG_M_DELAYED) |
        bit(YG_M_NEW_TRAFFIC) | bit(YG_M_TUNNELLED);
    bool attack = makes_reach_out(j);

    if (proof & bit(kind))
        return true;
    switch (kind) {
    case YG_M_TO_ATTACKER:
    case YG_M_FETCHED_PROGRAM:
    case YG_M_LATERAL:
        return attack;
    case YG_M_CALLBACK: /* the command itself, or the server's own request, was asked for
                         */
        return attack && !yg_judge_intent(j, YG_INTENT_LOOKUP) &&
               (yg_judge_intent(j, YG_INTENT_COMMAND) ||
                yg_judge_intent(j, YG_INTENT_SHELL) ||
                yg_judge_intent(j, YG_INTENT_INCLUDE) ||
                yg_judge_intent(j, YG_INTENT_ENTITY));
    case YG_M_BEACON:
        return yg_judge_intent(j, YG_INTENT_CALLBACK) != NULL;
    default:
        return false;
    }
}

/* Intents that can succeed though the answer is an error: what they start runs elsewhere
 * or later. */
static bool is_blind(unsigned kind)
{
    return kind == YG_INTENT_LOOKUP || kind == YG_INTENT_OBJECT;
}

/* Does this mark show that the question in focus failed? */
static bool disproves(const struct yg_judging *j, const struct yg_mark *m)
{
    const struct yg_talk *t = j->talk[m->talk];

    switch (m->kind) {
    case YG_M_RESET:
    case YG_M_UNREACHABLE:
    case YG_M_DENIED:
    case YG_M_NO_NAME:
    case YG_M_SINKHOLE:
    case YG_M_LOGIN_FAILED:
    case YG_M_MISSING:
    case YG_M_ESCAPED:
    case YG_M_ABSENT:
    case YG_M_VERBATIM:
        return true;
    case YG_M_SILENCE:
        return !t->accepted;
    case YG_M_ERROR_PAGE:
        /* 4xx: turned down before anything was done; 5xx: it reached something */
        for (uint32_t i = 0; i < t->exchanges; i++)
            if (t->exchange[i].answer == YG_ANSWER_ERROR && yg_judge_in_focus(j, i) &&
                (t->exchange[i].status < 400 || t->exchange[i].status > 499))
                return false;
        return true;
    default:
        return false;
    }
}

/* A mark that only a copy of the outcome has; what proves outweighs what is there. */
static void add(struct yg_outcome *o, const struct yg_mark *m)
{
    if (o->marks == YG_MARKS_MAX)
        o->marks--;
    o->mark[o->marks++] = *m;
    if (yg_mark_info[m->kind].class > o->class)
        o->class = yg_mark_info[m->kind].class;
}

/* Did another attack of the session succeed? Only what proves that counts: how others
 * were answered says nothing about this one. */
static bool session(const struct yg_judging *own)
{
    struct yg_outcome others = *own->out;
    struct yg_judging j = *own;
    bool proven = false;

    if (!yg_judge_session(&j))
        return false;
    j.out = &others;
    others.marks = 0;
    answers(&j);
    yg_judge_after(&j);
    for (uint8_t i = 0; i < others.marks; i++) {
        const struct yg_mark *m = &others.mark[i];
        /* that a program came disguised is no attack's success on who sent it */
        if (!proves(&j, m->kind) || (m->kind == YG_M_DISGUISED && !j.client_is_victim))
            continue;
        add(own->out, m);
        proven = true;
    }
    return proven;
}

static void decide(struct yg_judging *j)
{
    struct yg_outcome *o = j->out;
    bool succeeded = false, failed = o->marks > 0, blind = false;
    /* an ordinary answer is no failure, unless what it should hold is seen not to be
     * there */
    bool harmless = yg_judge_has(j, YG_M_ESCAPED) || yg_judge_has(j, YG_M_ABSENT) ||
                    yg_judge_has(j, YG_M_VERBATIM);

    for (uint8_t i = 0; i < o->marks; i++) {
        const struct yg_mark *m = &o->mark[i];
        if (yg_mark_info[m->kind].class > o->class)
            o->class = yg_mark_info[m->kind].class;
        succeeded |= proves(j, m->kind);
        failed &= m->kind == YG_M_ORDINARY ? harmless : disproves(j, m);
    }
    for (uint8_t i = 0; i < o->intents; i++)
        blind |= yg_judge_in_focus(j, o->intent[i].exchange) &&
                 is_blind(o->intent[i].kind) && !yg_judge_has(j, YG_M_DENIED);
    if (succeeded || session(j))
        o->success = YG_SUCCEEDED;
    else if (failed && !blind)
        o->success = YG_FAILED;
}

void yg_outcome_of(const struct yg_outcome_ask *ask, struct yg_arena *arena,
                   struct yg_outcome *out)
{
    struct yg_judging j = { .talk = ask->talk,
                            .talks = ask->talks,
                            .main = ask->main,
                            .arena = arena,
                            .out = out };

    memset(out, 0, sizeof(*out));
    out->class = YG_OUT_UNSEEN;
    out->success = YG_UNDECIDED;
    if (ask->main < 0 || (uint32_t)ask->main >= ask->talks)
        return;
    const struct yg_talk *talk = ask->talk[ask->main];
    out->intents = (uint8_t)yg_intents_of(talk, ask->rules, arena, out->intent);
    yg_judge_focus(&j, ask->alert_ns);
    roles(&j);
    if (talk->exchanges > 0)
        answers(&j);
    else
        yg_judge_silence(&j);
    yg_judge_stream(&j);
    yg_judge_after(&j);
    decide(&j);
}
