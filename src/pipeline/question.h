/* SPDX-License-Identifier: Apache-2.0 */
/*
 * question - what an analyst was asked about, kept until it is answered.
 *
 * A question is a frozen list of alerts (pipeline/groups.h): an answer goes to exactly
 * these, whatever came or was grouped anew in the meantime, and is taken back as a whole.
 * Left out are alerts that wait for a blind verdict of their own (the audit coin drew
 * their run) and those that a person judged on their own since. Its id is the digest of
 * its list: the same list is the same question.
 *
 * Kept in the store as named blobs: at most YG_QUESTION_ALERTS alerts each (the rest of a
 * larger group is asked next time), the newest YG_QUESTIONS_MAX questions or 256 MiB.
 * Same thread as the store; puts are part of its next commit.
 */
#ifndef YG_PIPELINE_QUESTION_H
#define YG_PIPELINE_QUESTION_H

#include "base/map.h"
#include "store/store.h"

#define YG_QUESTION_ALERTS 1000000
#define YG_QUESTIONS_MAX   4096

enum yg_question_state { YG_QUESTION_OPEN, YG_QUESTION_ANSWERED };

struct yg_question {
    unsigned char id[YG_ID_SIZE]; /* set by yg_questions_put */
    struct yg_str tenant, who;    /* who: answered it */
    int64_t asked_ns, answered_ns;
    const unsigned char *alert; /* `count` ids of YG_ID_SIZE bytes; borrowed */
    size_t count;
    bool own; /* one run: the answer is a verdict of its own */
    uint8_t state, level;
};

/* Keep them all (one that was answered stays answered) and set their ids. */
enum yg_status yg_questions_put(struct yg_store *st, struct yg_question *q, size_t n,
                                struct yg_err *err) YG_MUST_USE;

/* One by a unique prefix (4 hex digits or more) of its id; lives with the arena.
 * YG_ENOTFOUND; YG_EINVAL: not unique. */
enum yg_status yg_question_get(struct yg_store *st, struct yg_str hex,
                               struct yg_arena *arena, struct yg_question *out,
                               struct yg_err *err) YG_MUST_USE;

/* All that are kept, the newest first, each borrowed during the call; false ends it. */
typedef bool yg_question_f(void *arg, const struct yg_question *q);
enum yg_status yg_questions_each(struct yg_store *st, yg_question_f *each, void *arg,
                                 struct yg_err *err) YG_MUST_USE;

struct yg_question_said {
    const struct yg_map *aside; /* of yg_aside_all, read now */
    enum yg_level level;
    int64_t at_ns;
    struct yg_str reason, note, who, incident;
};
struct yg_answered {
    size_t given; /* alerts whose verdict is this one now; undo: taken back */
    size_t aside; /* wait for their own blind verdict */
    size_t own;   /* judged on their own since; undo: judged otherwise since */
};
/* Give the answer to its alerts: YG_BY_GROUP, or YG_BY_HUMAN of a run asked on its own.
 * YG_EEXIST: it was answered before; take that back first. */
enum yg_status yg_question_answer(struct yg_store *st, struct yg_question *q,
                                  const struct yg_question_said *a,
                                  struct yg_answered *out,
                                  struct yg_err *err) YG_MUST_USE;
/* Take the answer back from every alert on which it is still in force. YG_ENOTFOUND: it
 * was not answered. */
enum yg_status yg_question_undo(struct yg_store *st, struct yg_question *q,
                                struct yg_answered *out, struct yg_err *err) YG_MUST_USE;

#endif
