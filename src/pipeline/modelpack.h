/* SPDX-License-Identifier: Apache-2.0 */
/*
 * modelpack - everything one model file holds, loaded and ready.
 *
 * Trees, calibration, frozen verdict history, the grid that thresholds are chosen from,
 * and the certificate with its policy. Immutable once loaded, except that certify
 * replaces the certificate. Same data and seed give the same bytes.
 */
#ifndef YG_PIPELINE_MODELPACK_H
#define YG_PIPELINE_MODELPACK_H

#include "base/buf.h"
#include "feature/history.h"
#include "model/calibrate.h"
#include "model/distance.h"
#include "model/model.h"
#include "policy/certificate.h"
#include "policy/decide.h"
#include "policy/forwalk.h"

struct yg_modelpack {
    struct yg_trees *trees;
    struct yg_calibration calibration;
    struct yg_history *history;
    struct yg_distance *distance; /* NULL: of a model made before there was one */
    /* Quantiles of cross-fitted run risk, ascending: the grid a threshold is chosen from,
     * fixed before any calibration verdict is read. */
    uint32_t grid[YG_GRID_MAX];
    size_t grid_count;
    uint32_t signature_bar; /* human verdicts a signature needs before it may be closed */
    uint32_t devices;       /* bit set: device types seen in training */
    uint32_t inputs;        /* bits YG_INPUTS_*: what 90 % of their alerts had */
    uint64_t seed;
    int64_t trained_until_ns; /* the newest alert learned from */
    uint64_t tenants, alerts, judged, protected_alerts, rows;
    unsigned char data_digest[YG_DIGEST_SIZE];
    unsigned char model_digest[YG_DIGEST_SIZE]; /* of trees, calibration and history */
    bool certified;
    struct yg_certificate certificate;
};

void yg_modelpack_free(struct yg_modelpack *m);

/* The model as a signed file; `secret` is an ed25519 key of 64 bytes (libsodium). */
enum yg_status yg_modelpack_write(const struct yg_modelpack *m,
                                  const unsigned char *secret, struct yg_buf *out,
                                  struct yg_err *err) YG_MUST_USE;

/* Read a model file as untrusted input. `trusted` (32-byte public key, may be NULL): the
 * signature must be by it, else YG_ECORRUPT. YG_EVERSION: made for other features. */
enum yg_status yg_modelpack_read(struct yg_str bytes, const unsigned char *trusted,
                                 struct yg_modelpack **out,
                                 struct yg_err *err) YG_MUST_USE;

/* How far rows are from the training, as the gate asks it (model/distance.h); negative:
 * not measured, because there are no landmarks or the alert stays open anyway. */
void yg_modelpack_distances(const struct yg_modelpack *m, const float *rows, size_t n,
                            size_t stride, const struct yg_score *score, float *out);

/* Does the certificate speak of another model, of other gates, or of other code that
 * makes features (decoders and packets among it: YG_FEATURE_CODE)? */
bool yg_modelpack_differs(const struct yg_modelpack *m, const struct yg_certificate *c);

/* The policy that the certificate (or its absence) stands for. */
struct yg_policy yg_modelpack_policy(const struct yg_modelpack *m);

#endif
