/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inquiry - a question asked of a customer about a run or an alert; the answer, with who
 * and when, is evidence shown at the alert. Open until it is answered, or withdrawn. What
 * was answered stays as it was said: who wants to know more asks again.
 */
#ifndef YG_DESK_INQUIRY_H
#define YG_DESK_INQUIRY_H

#include "desk/desk.h"

#define YG_INQUIRIES_MAX      50000 /* of a tenant */
#define YG_INQUIRIES_OPEN_MAX 1000  /* of these, that wait for an answer */

#define YG_INQUIRY_STATES(X)                                                             \
    X(OPEN, "open")                                                                      \
    X(ANSWERED, "answered")                                                              \
    X(WITHDRAWN, "withdrawn")
enum yg_inquiry_state {
#define X(id, name) YG_INQUIRY_##id,
    YG_INQUIRY_STATES(X)
#undef X
        YG_INQUIRY_STATE_COUNT
};
const char *yg_inquiry_state_name(unsigned state);
bool yg_inquiry_state_of(struct yg_str name, enum yg_inquiry_state *out);

struct yg_inquiry {
    uint64_t number;
    unsigned char run[YG_ID_SIZE], alert[YG_ID_SIZE]; /* zeros: not about one */
    struct yg_str tenant, text, asked_by;
    struct yg_str answer, ended_by; /* who answered or withdrew it */
    int64_t asked_ns, due_ns, ended_ns;
    uint8_t state; /* enum yg_inquiry_state */
};
struct yg_inquirys {
    struct yg_inquiry *row;
    size_t count;
    bool more;
};

/* Of `q` tenant, run or alert, text and due_ns are read. `out` borrows its texts. */
enum yg_status yg_inquiry_add(struct yg_desk *d, const struct yg_desk_by *by,
                              const struct yg_inquiry *q, struct yg_inquiry *out,
                              struct yg_err *err) YG_MUST_USE;
/* YG_EEXIST: it is not open any more. */
enum yg_status yg_inquiry_answer(struct yg_desk *d, const struct yg_desk_by *by,
                                 uint64_t number, struct yg_str answer,
                                 struct yg_err *err) YG_MUST_USE;
enum yg_status yg_inquiry_withdraw(struct yg_desk *d, const struct yg_desk_by *by,
                                   uint64_t number, struct yg_err *err) YG_MUST_USE;
enum yg_status yg_inquiry_get(struct yg_desk *d, const struct yg_desk_by *by,
                              uint64_t number, struct yg_arena *arena,
                              struct yg_inquiry *out, struct yg_err *err) YG_MUST_USE;
struct yg_inquiry_ask {
    struct yg_desk_ask page;
    enum yg_inquiry_state state; /* YG_INQUIRY_STATE_COUNT: any */
};
enum yg_status yg_inquiry_list(struct yg_desk *d, const struct yg_desk_by *by,
                               const struct yg_inquiry_ask *ask, struct yg_arena *arena,
                               struct yg_inquirys *out, struct yg_err *err) YG_MUST_USE;
/* Those about an alert or its run (NULL: not known), withdrawn ones left out. */
struct yg_inquiry_about {
    struct yg_str tenant;
    const unsigned char *alert, *run;
};
enum yg_status yg_inquiry_at(struct yg_desk *d, const struct yg_desk_by *by,
                             const struct yg_inquiry_about *about, struct yg_arena *arena,
                             struct yg_inquirys *out, struct yg_err *err) YG_MUST_USE;

#endif
