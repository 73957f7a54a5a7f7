/* SPDX-License-Identifier: Apache-2.0 */
/*
 * likeness - what the alerts looked like that a certificate was tested on, kept so that
 * live ones can be compared with them (policy/drift.h).
 *
 * The certificate speaks of alerts like those of its period, so these are the reference
 * and not the training's: the model knew the training, and would tell the two apart for
 * that alone. One alert a run, the first, by device type; up to YG_DRIFT_REF of them
 * drawn at random. Kept in the store under the certificate's digest (20 KB a device
 * type). Deterministic. One thread.
 */
#ifndef YG_PIPELINE_LIKENESS_H
#define YG_PIPELINE_LIKENESS_H

#include "policy/drift.h"
#include "policy/judged.h"
#include "store/store.h"

/* Fewer runs of a device type than this are no reference: it is not tested then. */
#define YG_LIKENESS_LEAST 100

/* How the model sees an alert, from what is kept of it: the same live and replayed. */
struct yg_drift_row yg_likeness_row(uint32_t risk, unsigned predicted, uint8_t far);

/* A distance from training as it is kept in a row, in steps of 1/254; 255: not measured.
 */
uint8_t yg_likeness_far(float distance);

/* Put the references of a certificate, from its rows that begin at `cut_ns` or later:
 * part of the store's next commit. */
enum yg_status yg_likeness_put(struct yg_store *st,
                               const unsigned char digest[YG_DIGEST_SIZE],
                               const struct yg_judged *a, size_t n, int64_t cut_ns,
                               struct yg_err *err) YG_MUST_USE;

/* One of them. YG_ENOTFOUND: there is none, and nothing to be said about drift. */
enum yg_status yg_likeness_get(struct yg_store *st,
                               const unsigned char digest[YG_DIGEST_SIZE],
                               unsigned device, struct yg_drift_reference *out,
                               struct yg_err *err) YG_MUST_USE;

#endif
