/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recompute - what the ledger says, computed again from the store, the model, the secret.
 *
 * A certificate: from alerts, verdicts and audits as they were at its date, all of them
 * read again; seconds a million alerts. A toss: HMAC of its run against the rate that was
 * in force, about 2 us. One thread.
 */
#ifndef YG_YAGURA_RECOMPUTE_H
#define YG_YAGURA_RECOMPUTE_H

#include "store/ledger.h"
#include "yagura/app.h"

/* YG_OK: the same bytes. YG_ECORRUPT names what differs; YG_ENOTFOUND: it speaks of
 * another model than `m`. `key` NULL: signed by any key. */
enum yg_status yg_recompute_certificate(struct yg_app *a, const struct yg_modelpack *m,
                                        const unsigned char *key,
                                        const struct yg_ledger_certificate *row,
                                        struct yg_err *err) YG_MUST_USE;

struct yg_recomputed {
    uint64_t certificates; /* the same, bit for bit */
    uint64_t other_models; /* certificates of a model that is not `m` */
    uint64_t tosses;       /* come out as they are written down */
    uint64_t draws;        /* audits and decoys that the coin draws at their rate */
};
/* Everything in the ledger; YG_ECORRUPT names the first row that differs. `m` NULL: no
 * certificate can be. */
enum yg_status yg_recompute_all(struct yg_app *a, const struct yg_modelpack *m,
                                struct yg_recomputed *out,
                                struct yg_err *err) YG_MUST_USE;

#endif
