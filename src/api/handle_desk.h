/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handle_desk - what the handlers about the desk share (handle_desk_*.c): is there one,
 * who asks, which page of a list. Private to them.
 */
#ifndef YG_API_HANDLE_DESK_H
#define YG_API_HANDLE_DESK_H

#include "api/api.h"
#include "api/handle.h"
#include "base/jsonw.h"
#include "desk/desk.h"

/* YG_EBUSY on a server without a desk. */
enum yg_status yg_handle_desk_there(const struct yg_call *c,
                                    struct yg_err *err) YG_MUST_USE;
/* Who asks; borrows from the call. */
struct yg_desk_by yg_handle_desk_by(const struct yg_call *c);
/* May he, by his role? Everybody may on a server without people. */
bool yg_handle_desk_may(const struct yg_call *c, enum yg_verb v, enum yg_object o);

/* The parameters tenant, limit and after; and the end of a list: "more", and "after" when
 * there is more. */
enum yg_status yg_handle_desk_ask(const struct yg_call *c, struct yg_desk_ask *out,
                                  struct yg_err *err) YG_MUST_USE;
struct yg_jsonw yg_handle_desk_list(struct yg_call *c, const char *name);
void yg_handle_desk_list_end(struct yg_call *c, struct yg_jsonw *w, bool more,
                             uint64_t last);

/* A time of a body, when it is given. YG_EINVAL says how it is written. */
enum yg_status yg_handle_desk_time(const struct yg_call *c, enum yg_member m,
                                   int64_t *out, struct yg_err *err) YG_MUST_USE;
/* What was done, for the trail: text and number, or text and name; and whose it was. */
void yg_handle_desk_said(struct yg_call *c, struct yg_str tenant, const char *what,
                         uint64_t number, struct yg_str name);
/* "changed":true */
enum yg_status yg_handle_desk_done(struct yg_call *c) YG_MUST_USE;

struct yg_view_queue;
/* Who works on the runs of a page of the queue and when they are due, into `v->duty`;
 * nothing without a desk. */
enum yg_status yg_handle_desk_duty(struct yg_call *c, struct yg_view_queue *v,
                                   struct yg_err *err) YG_MUST_USE;
/* The same of one run. */
struct yg_view_run;
enum yg_status yg_handle_desk_duty_run(struct yg_call *c, struct yg_view_run *v,
                                       struct yg_err *err) YG_MUST_USE;
/* Somebody who judges has opened this run: its first look. What fails is left. */
void yg_handle_desk_looked(struct yg_call *c, const struct yg_queue_run *run);
/* He has judged this run: his claim ends. What fails is left. */
void yg_handle_desk_judged(struct yg_call *c, const unsigned char run[YG_ID_SIZE]);

#endif
