/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outcome_priv - what the files of the judgement share. Not for others.
 *
 * outcome.c puts marks together and decides; outcome_session.c says which questions an
 * alert is about and which others are of its session; outcome_status.c reads how an
 * answer was given, outcome_answer.c, outcome_page.c and outcome_script.c what it
 * holds, outcome_after.c
 * what the victim did then, outcome_shell.c streams that no protocol explains.
 */
#ifndef YG_PACKET_OUTCOME_PRIV_H
#define YG_PACKET_OUTCOME_PRIV_H

#include "packet/match.h"
#include "packet/outcome.h"

struct yg_judging {
    struct yg_talk *const *talk;
    uint32_t talks;
    int main;
    struct yg_arena *arena;
    struct yg_outcome *out;
    unsigned char victim[YG_IP_SIZE], attacker[YG_IP_SIZE];
    bool client_is_victim; /* what the alert tells of is done by, or to, the client */
    bool server_is_victim; /* something was tried on the server */
    int64_t from_ns;       /* when it began */
    uint32_t focus_first, focus_last; /* exchanges that are judged */
    uint32_t own_first, own_last; /* those that the alert's time names, when `timed` */
    bool timed;
    bool session; /* judged instead: what else belongs to the alert's session */
};

/* What is done this long after a question may be because of it. */
#define YG_LATER_NS (600 * INT64_C(1000000000))

/* Which questions is the alert about? The last asked before it, and one asked at that
 * very moment; all of them when that says nothing (no time, or none of these tries
 * anything while another does). */
void yg_judge_focus(struct yg_judging *j, int64_t alert_ns);
/* Is this exchange judged? Of all of a conversation, or of its session, only those of the
 * same party: one connection of a proxy carries many clients and hosts. */
bool yg_judge_in_focus(const struct yg_judging *j, uint32_t exchange);
/* Turn `j` to the other questions of its session that try something of the same kind of
 * victim. False: there are none. */
bool yg_judge_session(struct yg_judging *j);
/* enum yg_mark_when of what is at this place. */
unsigned yg_judge_when(const struct yg_judging *j, uint32_t talk, int64_t time_ns);
/* Intents of clients that are victims themselves; of all others the server is. */
bool yg_judge_is_of_victim(unsigned kind);

/* Addresses are compared, never read: whose they are must not matter. */
static inline bool yg_same_ip(const unsigned char *a, const unsigned char *b)
{
    return memcmp(a, b, YG_IP_SIZE) == 0;
}

/* One question with an intent, and its answer ready to be looked at. */
struct yg_asked {
    const struct yg_intent *intent;
    const struct yg_exchange *x;
    struct yg_str answer; /* body as sent, without transfer encodings */
    struct yg_str peeled; /* the same with all encodings off */
    struct yg_str asked;  /* the question peeled: what is there too may be an echo */
};

/* Where a mark's bytes were: in `side` of `talk`, somewhere in [at, at+len). */
struct yg_mark_at {
    uint32_t talk, at, len;
    uint8_t side;
    int64_t time_ns;
};

void yg_judge_mark(struct yg_judging *j, unsigned kind, const struct yg_mark_at *at,
                   struct yg_str shows);
struct yg_mark_at yg_judge_answer_of(const struct yg_judging *j,
                                     const struct yg_exchange *x);
bool yg_judge_has(const struct yg_judging *j, unsigned kind);
/* Is one of the alert's intents of this kind? */
const struct yg_intent *yg_judge_intent(const struct yg_judging *j, unsigned kind);

/* Does the answer hold what was asked for? Marks of class GRANTED, and echoes. */
void yg_judge_answer(struct yg_judging *j, const struct yg_asked *a);
void yg_judge_file(struct yg_judging *j, const struct yg_asked *a);
void yg_judge_command(struct yg_judging *j, const struct yg_asked *a);
void yg_judge_database(struct yg_judging *j, const struct yg_asked *a);
/* It came as late as the question told the server to wait. */
bool yg_judge_delay(struct yg_judging *j, const struct yg_asked *a);
void yg_judge_script(struct yg_judging *j, const struct yg_asked *a);
/* Is something tried with the same question that need not show in its answer? Then what
 * the answer lacks tells nothing. */
bool yg_judge_blind_too(const struct yg_judging *j, const struct yg_asked *a);
/* How was it answered? Marks of class NO_ANSWER, REFUSED, ANSWERED. */
void yg_judge_status(struct yg_judging *j, const struct yg_exchange *x);
void yg_judge_silence(struct yg_judging *j);
/* Shells in streams that no protocol explains. */
void yg_judge_stream(struct yg_judging *j);
/* What happened around it afterwards. */
void yg_judge_after(struct yg_judging *j);
/* Its first half: where the payload points, what came from there, what began then. */
void yg_judge_chain(struct yg_judging *j);

/* Does `what` stand in the question, as it is, or with encodings off? */
bool yg_judge_echo(const struct yg_asked *a, struct yg_str what);

#endif
