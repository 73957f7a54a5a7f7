/* SPDX-License-Identifier: Apache-2.0 */
/*
 * door - what `serve` needs before somebody may come in: the address, its certificate,
 * and who there is.
 */
#ifndef YG_YAGURA_DOOR_H
#define YG_YAGURA_DOOR_H

#include "api/listen.h"
#include "people/people.h"
#include "yagura/app.h"

struct yg_tls_server;

/* The address that --listen or the setting says, with the name.
 */
enum yg_status yg_door_listen(struct yg_app *a, struct yg_listen *out,
                              struct yg_err *err) YG_MUST_USE;

/* The certificate of the settings; without them our own, console.pem and
 * console.key (mode 0600) in the store's folder, made when it is not there, is soon over
 * or is for another address; its fingerprint is said then. */
enum yg_status yg_door_tls(struct yg_app *a, const struct yg_listen *l,
                           struct yg_tls_server **out, struct yg_err *err) YG_MUST_USE;

/* Who may come in, from service.db in the store's folder. The first time the user admin
 * is made, and his password told once on standard error. */
enum yg_status yg_door_people(struct yg_app *a, struct yg_people **out,
                              struct yg_err *err) YG_MUST_USE;

/* What analysts know, from desk.db in the store's folder; made when it is not there. */
struct yg_desk;
enum yg_status yg_door_desk(struct yg_app *a, int patience_ms, struct yg_desk **out,
                            struct yg_err *err) YG_MUST_USE;

/* Acts on many alerts, from acts.db there. */
struct yg_acts;
enum yg_status yg_door_acts(struct yg_app *a, int patience_ms, struct yg_acts **out,
                            struct yg_err *err) YG_MUST_USE;

/* Begin a command of this program on the same store and let it be; `words`
 * NULL-terminated. Its end is nobody's business. */
void yg_door_spawn(const struct yg_app *a, const char *const words[]);

/* Begin one whose output is waited for (pipeline/boxed.h), in at most this time. */
struct yg_boxed_job;
enum yg_status yg_door_ask(const struct yg_app *a, const char *const words[], int most_ms,
                           struct yg_boxed_job **out, struct yg_err *err) YG_MUST_USE;

#endif
