/* SPDX-License-Identifier: Apache-2.0 */
/*
 * again - answers to writes that came with an Idempotency-Key, so that one that is sent
 * again is answered again and not done again.
 *
 * By who asked, method, address and key, for a day: the last YG_AGAIN_MAX in memory, all
 * in acts.db (act/act.h), where they outlive the server. The same key with another body
 * is refused. Answers of more than 2 KiB, and those with a secret in them, are not kept.
 * Cost: a digest and a walk of YG_AGAIN_MAX words. One thread.
 */
#ifndef YG_API_AGAIN_H
#define YG_API_AGAIN_H

#include "api/handle.h"

#define YG_AGAIN_MAX   1024
#define YG_AGAIN_KEY   128  /* bytes of a key at most */
#define YG_AGAIN_BYTES 2048 /* of an answer */

struct yg_again;
struct yg_again *yg_again_new(void); /* NULL: no memory */
void yg_again_free(struct yg_again *a);

/* True: it is answered, as before or with a problem. Without a key: false. */
bool yg_again_answer(struct yg_call *c);
/* It was answered now. */
void yg_again_keep(struct yg_call *c);

#endif
