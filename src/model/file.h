/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file - the model file: named sections, a digest and a signature.
 *
 *      "YGMODEL\n"  u32 format  u32 sections  schema[32]
 *      per section: u32 length, name; u64 length, bytes
 *      digest[32]       BLAKE2b-256 of everything before
 *      key[32] sig[64]  ed25519 over the digest; all zero: not signed
 *
 * Sections: "trees", "calibration", "history", "policy", "meta"; what a section means is
 * its maker's business. There is no time in it: the same input gives the same bytes.
 * Opening costs one pass for the digest (about 1 ns a byte). No state: any thread.
 */
#ifndef YG_MODEL_FILE_H
#define YG_MODEL_FILE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"

#define YG_MODEL_SECTIONS_MAX 16
#define YG_MODEL_NAME_MAX     32
#define YG_MODEL_KEY_SIZE     32 /* public key */
#define YG_MODEL_SECRET_SIZE  64 /* secret key, as libsodium keeps it */

/* ---- writing ------------------------------------------------------------------- */

struct yg_model_writer {
    /* private */
    struct yg_buf *out;
    size_t start;
    uint32_t sections;
};

/* Begin a file at the end of `out`, which is borrowed until finish. `schema` is the
 * digest of the feature schema that rows must follow. */
void yg_model_file_begin(struct yg_model_writer *w, struct yg_buf *out,
                         const unsigned char schema[YG_DIGEST_SIZE]);

/* Names are 1 to YG_MODEL_NAME_MAX bytes, each used once. */
void yg_model_file_add(struct yg_model_writer *w, const char *name, struct yg_str bytes);

/* Digest and signature. `secret` NULL: unsigned. `digest` (may be NULL) names the model:
 * it does not depend on who signs. The buffer's error, if it did not fit. */
enum yg_status yg_model_file_finish(struct yg_model_writer *w,
                                    const unsigned char secret[YG_MODEL_SECRET_SIZE],
                                    unsigned char digest[YG_DIGEST_SIZE]) YG_MUST_USE;

/* A fresh pair of keys, from the operating system's randomness. */
enum yg_status yg_model_keys_new(unsigned char key[YG_MODEL_KEY_SIZE],
                                 unsigned char secret[YG_MODEL_SECRET_SIZE]) YG_MUST_USE;

/* ---- reading ------------------------------------------------------------------- */

enum yg_model_trust {
    YG_MODEL_UNSIGNED, /* whole, but anybody could have made it */
    YG_MODEL_UNKNOWN,  /* signed by a key that the reader does not hold for its own */
    YG_MODEL_TRUSTED,  /* signed by the given key */
};

struct yg_model_file {
    unsigned char schema[YG_DIGEST_SIZE];
    unsigned char digest[YG_DIGEST_SIZE];
    unsigned char key[YG_MODEL_KEY_SIZE]; /* the signer's; zero if unsigned */
    enum yg_model_trust trust;
    uint32_t sections;
    struct {
        struct yg_str name, bytes; /* borrowed from the input */
    } section[YG_MODEL_SECTIONS_MAX];
};

/* `bytes` is the whole file, borrowed as long as `out` is used. `key` NULL: none is
 * trusted. YG_EFORMAT (no model file), YG_EVERSION, YG_ECORRUPT (a byte differs from what
 * was written, or the signature is wrong). */
enum yg_status yg_model_file_open(struct yg_str bytes,
                                  const unsigned char key[YG_MODEL_KEY_SIZE],
                                  struct yg_model_file *out,
                                  struct yg_err *err) YG_MUST_USE;

/* The section's bytes; p is NULL if there is none of this name. */
struct yg_str yg_model_file_section(const struct yg_model_file *f, const char *name);

#endif
