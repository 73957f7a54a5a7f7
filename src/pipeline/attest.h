/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attest - the certificates of a store: made, signed, put down, computed again.
 *
 * The rows of a tenant are its stored alerts judged anew by the frozen model with the
 * gates in time order, with the verdicts in force and the weights of the audit coin from
 * the ledger. Of an alert that a person once called an attack the gravest verdict counts,
 * also when it was softened since. From the same store and model they are the same, so a
 * certificate can be computed again bit for bit (all but its date, which is taken from
 * it), later too: what came after its date is left out.
 *
 * Every attempt goes into the ledger, failed ones too, and the next one of that tenant
 * (or of the pool) has less error probability to spend. One thread.
 */
#ifndef YG_PIPELINE_ATTEST_H
#define YG_PIPELINE_ATTEST_H

#include "pipeline/evaluate.h"
#include "policy/certify.h"
#include "store/ledger.h"
#include "thin/rules.h"

/* Pooled attempts that older programs made, kept in the store as a number. */
#define YG_ATTEST_OLD "certify-attempts"

struct yg_attest {
    struct yg_store *store;         /* borrowed, like all below */
    const struct yg_modelpack *m;   /* the frozen policy */
    const struct yg_corpus *corpus; /* all tenants for the pool; else at least the one */
    enum yg_level protect;
    double delta, alpha, beta;
    uint64_t seed;
    int64_t now_ns;
    /* Rules that ask to close: those that the corpus was read with; NULL: none. */
    const struct yg_thin_rules *rules;
    int64_t as_of_ns; /* not 0: with the audits of then; so should the corpus be */
    const unsigned char *key, *secret; /* ed25519 of the store: 32 and 64 bytes */
};

/* Rows of the corpus's tenant `t`, appended. Tenant 0 in all of them: of one tenant its
 * number says nothing. */
enum yg_status yg_attest_rows(const struct yg_attest *a, size_t t,
                              struct yg_judged_list *out, struct yg_err *err) YG_MUST_USE;
/* Append them to the pool's as those of tenant `t`. */
enum yg_status yg_attest_pool(struct yg_judged_list *pool,
                              const struct yg_judged_list *rows, size_t t,
                              struct yg_err *err) YG_MUST_USE;

/* Verdicts later than the model's training that calibrate. Without any there is nothing
 * to test, and no attempt is made. */
uint64_t yg_attest_later(const struct yg_attest *a, const struct yg_judged_list *rows);

/* Are there enough verdicts for an attempt? Looks at counts alone and spends nothing
 * (policy/certify.h); where every run was judged the answer is yes. */
enum yg_status yg_attest_ready(const struct yg_attest *a, struct yg_str tenant,
                               const struct yg_judged_list *rows,
                               struct yg_certify_ready *out,
                               struct yg_err *err) YG_MUST_USE;

/* Test, sign and put down (part of the store's next commit). `tenant`: empty for the
 * pool. */
enum yg_status yg_attest_make(const struct yg_attest *a, struct yg_str tenant,
                              const struct yg_judged_list *rows,
                              struct yg_certificate *out, unsigned char digest[32],
                              struct yg_err *err) YG_MUST_USE;

/* Compute `c` again from these rows; YG_ECORRUPT names the first thing that differs. */
enum yg_status yg_attest_again(const struct yg_attest *a, const struct yg_certificate *c,
                               const struct yg_judged_list *rows,
                               struct yg_err *err) YG_MUST_USE;

/* Does the stored row hold what it says: digest of the bytes, signature by `key` (NULL:
 * its own), and a certificate that reads? */
enum yg_status yg_attest_read(const struct yg_ledger_certificate *row,
                              const unsigned char *key, struct yg_certificate *out,
                              struct yg_err *err) YG_MUST_USE;

#endif
