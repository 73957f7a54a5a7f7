/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/outcome_priv.h"

#include "packet/intent_priv.h"

#define SHELL_LOOK 65536U

/* clang-format off */
/* Prompts as shells print them: where a stream pauses, or in a banner. */
static const char *const prompt[] = {
    "%^%w:\\%a>%$", "%^%n@%n:%a$ %$", "%^%n@%n:%a# %$", "%^sh-%d.%d$ %$", "%^sh-%d.%d# %$",
    "%^bash-%d.%d$ %$", "%^bash-%d.%d# %$", "%^ps %w:\\%a>%o%$", "%^$ %$", "%^# %$",
};
static const char *const banner[] = {
    "microsoft windows [version %d.", "no job control in this shell",
    "can't access tty; job control", "meterpreter >",
};
/* clang-format on */

static bool ends_in_prompt(struct yg_str s, struct yg_str *shows)
{
    size_t line = s.n, end = 0;

    while (line > 0 && s.p[line - 1] != '\n' && s.n - line < 100)
        line--;
    struct yg_str last = yg_sub(s, line, s.n);
    for (size_t i = 0; i < YG_ARRAY_LEN(prompt); i++)
        if (yg_match_at(prompt[i], last, 0, &end) && end == last.n) {
            *shows = last;
            return true;
        }
    return false;
}

/* Telnet negotiates first (RFC 854): a terminal is what it is there for, so a prompt
 * there is a session, no proof of a break-in. */
static bool is_telnet(const struct yg_talk *t)
{
    struct yg_str s = t->side[YG_TO_CLIENT].bytes;

    return s.n > 2 && (unsigned char)s.p[0] == 0xff && (unsigned char)s.p[1] >= 0xfa;
}

/* A prompt or banner from one side, and lines from the other after it. */
static void prompts(struct yg_judging *j, int side)
{
    const struct yg_talk *t = j->talk[j->main];
    const struct yg_side *s = &t->side[side], *other = &t->side[1 - side];
    struct yg_mark_at at = { .talk = (uint32_t)j->main, .side = (uint8_t)side };
    unsigned kind = is_telnet(t) ? YG_M_SESSION : YG_M_SHELL_PROMPT;
    struct yg_str shows = YG_STR_NONE;
    size_t end = 0;

    for (size_t i = 0; i < YG_ARRAY_LEN(banner); i++) {
        size_t found = yg_match_find(banner[i], yg_sub(s->bytes, 0, 4096), 0, &end);
        if (found == YG_NOWHERE)
            continue;
        at.at = (uint32_t)found;
        at.len = (uint32_t)(end - found);
        at.time_ns = s->first_ns;
        yg_judge_mark(j, kind, &at, yg_sub(s->bytes, found, end));
        return;
    }
    for (uint32_t i = 0; i < s->segments && other->payload > 0; i++) {
        const struct yg_segment *g = &s->segment[i];
        struct yg_str upto = yg_sub(s->bytes, 0, (size_t)g->at + g->len);
        if (g->len == 0 || g->len > 8192 || !ends_in_prompt(upto, &shows))
            continue;
        at.at = (uint32_t)(upto.n - shows.n);
        at.len = (uint32_t)shows.n;
        at.time_ns = g->time_ns;
        yg_judge_mark(j, kind, &at, shows);
        return;
    }
}

/* Lines that are commands from one side, what they print from the other. */
static void commands(struct yg_judging *j, int side)
{
    const struct yg_talk *t = j->talk[j->main];
    struct yg_str ask = yg_sub(t->side[side].bytes, 0, SHELL_LOOK), command;
    struct yg_str got = yg_sub(t->side[1 - side].bytes, 0, SHELL_LOOK);
    struct yg_exchange x = { .app = YG_APP_NONE, .asker = (uint8_t)side, .answer_at = 0 };
    unsigned tries = 0;

    x.answer_len = (uint32_t)got.n;
    x.answer_ns = t->side[1 - side].first_ns;
    while (ask.p && got.n > 0 && tries < 32) {
        struct yg_str line = yg_str_trim(yg_str_cut(&ask, '\n'));
        if (line.n == 0 || line.n > 400 || !yg_command_at(line, 0, true, &command))
            continue;
        struct yg_intent i = { .kind = YG_INTENT_COMMAND,
                               .text = line,
                               .object = command };
        struct yg_asked a = {
            .intent = &i, .x = &x, .answer = got, .peeled = got, .asked = line
        };
        tries++;
        yg_judge_command(j, &a);
        if (yg_judge_has(j, YG_M_COMMAND_OUTPUT))
            return;
    }
}

void yg_judge_stream(struct yg_judging *j)
{
    const struct yg_talk *t = j->talk[j->main];

    if (t->proto != YG_IP_TCP || t->app != YG_APP_NONE)
        return;
    for (int side = 0; side < YG_SIDES; side++) {
        prompts(j, side);
        if (!is_telnet(t))
            commands(j, side);
    }
}
