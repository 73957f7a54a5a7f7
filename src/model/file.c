/* SPDX-License-Identifier: Apache-2.0 */
#include "model/file.h"

#include "base/cursor.h"

#include <sodium.h>

#define MAGIC          "YGMODEL\n"
#define MAGIC_SIZE     8
#define FORMAT         1
#define SIGNATURE_SIZE 64
#define TAIL_SIZE      (YG_DIGEST_SIZE + YG_MODEL_KEY_SIZE + SIGNATURE_SIZE)

_Static_assert(crypto_sign_PUBLICKEYBYTES == YG_MODEL_KEY_SIZE, "public key");
_Static_assert(crypto_sign_SECRETKEYBYTES == YG_MODEL_SECRET_SIZE, "secret key");
_Static_assert(crypto_sign_BYTES == SIGNATURE_SIZE, "signature");

/* What is signed: the digest under a name, so that the key can sign other things too. */
struct signed_text {
    char what[16];
    unsigned char digest[YG_DIGEST_SIZE];
};

static struct signed_text signed_text_of(const unsigned char *digest)
{
    struct signed_text t = { .what = "yagura model 1" };

    memcpy(t.digest, digest, sizeof(t.digest));
    return t;
}

/* ---- writing ---------------------------------------------------------------------- */

void yg_model_file_begin(struct yg_model_writer *w, struct yg_buf *out,
                         const unsigned char schema[YG_DIGEST_SIZE])
{
    *w = (struct yg_model_writer){ .out = out, .start = yg_buf_str(out).n };
    yg_buf_add(out, MAGIC, MAGIC_SIZE);
    yg_buf_u32(out, FORMAT);
    yg_buf_u32(out, 0); /* sections: set by finish */
    yg_buf_add(out, schema, YG_DIGEST_SIZE);
}

void yg_model_file_add(struct yg_model_writer *w, const char *name, struct yg_str bytes)
{
    struct yg_str n = yg_str_of(name);

    YG_ASSERT(n.n > 0 && n.n <= YG_MODEL_NAME_MAX);
    YG_ASSERT(w->sections < YG_MODEL_SECTIONS_MAX);
    yg_buf_lstr(w->out, n);
    yg_buf_u64(w->out, bytes.n);
    yg_buf_str_add(w->out, bytes);
    w->sections++;
}

enum yg_status yg_model_file_finish(struct yg_model_writer *w,
                                    const unsigned char secret[YG_MODEL_SECRET_SIZE],
                                    unsigned char digest[YG_DIGEST_SIZE])
{
    unsigned char sum[YG_DIGEST_SIZE], key[YG_MODEL_KEY_SIZE] = { 0 };
    unsigned char signature[SIGNATURE_SIZE] = { 0 };

    if (yg_buf_status(w->out) != YG_OK)
        return yg_buf_status(w->out);
    char *p = w->out->p + w->start;
    for (int i = 0; i < 4; i++)
        p[MAGIC_SIZE + 4 + i] = (char)(w->sections >> (8 * i));
    yg_digest_of(p, w->out->n - w->start, sum);
    if (secret) {
        struct signed_text t = signed_text_of(sum);
        crypto_sign_ed25519_sk_to_pk(key, secret);
        crypto_sign_detached(signature, NULL, (const unsigned char *)&t, sizeof(t),
                             secret);
    }
    yg_buf_add(w->out, sum, sizeof(sum));
    yg_buf_add(w->out, key, sizeof(key));
    yg_buf_add(w->out, signature, sizeof(signature));
    if (digest)
        memcpy(digest, sum, sizeof(sum));
    return yg_buf_status(w->out);
}

enum yg_status yg_model_keys_new(unsigned char key[YG_MODEL_KEY_SIZE],
                                 unsigned char secret[YG_MODEL_SECRET_SIZE])
{
    if (sodium_init() < 0)
        return YG_EIO;
    return crypto_sign_keypair(key, secret) == 0 ? YG_OK : YG_EIO;
}

/* ---- reading ---------------------------------------------------------------------- */

static enum yg_status broken(struct yg_err *err)
{
    return yg_err_set(err, YG_ECORRUPT,
                      "the model file is damaged; restore it or train again");
}

static enum yg_status check_head(struct yg_cursor *c, struct yg_err *err)
{
    struct yg_str magic = yg_cursor_take(c, MAGIC_SIZE);
    uint32_t format = yg_cursor_le32(c);

    if (!yg_str_eq(magic, (struct yg_str){ MAGIC, MAGIC_SIZE }))
        return yg_err_set(err, YG_EFORMAT,
                          "not a yagura model file; make one with train");
    if (format != FORMAT)
        return yg_err_set(err, YG_EVERSION,
                          "model file of format %u, this program reads %d; train again",
                          format, FORMAT);
    return YG_OK;
}

/* Digest and signature, over the whole file: before anything in it is believed. */
static enum yg_status check_tail(struct yg_str bytes, const unsigned char *trusted,
                                 struct yg_model_file *out, struct yg_err *err)
{
    size_t n = bytes.n - TAIL_SIZE;
    const unsigned char *tail = (const unsigned char *)bytes.p + n;
    const unsigned char *key = tail + YG_DIGEST_SIZE;
    const unsigned char *signature = key + YG_MODEL_KEY_SIZE;

    yg_digest_of(bytes.p, n, out->digest);
    if (memcmp(out->digest, tail, YG_DIGEST_SIZE) != 0)
        return broken(err);
    memcpy(out->key, key, YG_MODEL_KEY_SIZE);
    if (sodium_is_zero(key, YG_MODEL_KEY_SIZE + SIGNATURE_SIZE)) {
        out->trust = YG_MODEL_UNSIGNED;
        return YG_OK;
    }
    struct signed_text t = signed_text_of(out->digest);
    if (crypto_sign_verify_detached(signature, (const unsigned char *)&t, sizeof(t),
                                    key) != 0)
        return yg_err_set(err, YG_ECORRUPT,
                          "the signature of the model file is wrong; restore it or train "
                          "again");
    out->trust = trusted && memcmp(trusted, key, YG_MODEL_KEY_SIZE) == 0
                     ? YG_MODEL_TRUSTED
                     : YG_MODEL_UNKNOWN;
    return YG_OK;
}

static enum yg_status read_sections(struct yg_cursor *c, struct yg_model_file *out,
                                    struct yg_err *err)
{
    uint32_t sections = yg_cursor_le32(c);
    struct yg_str schema = yg_cursor_take(c, YG_DIGEST_SIZE);

    if (!schema.p || sections > YG_MODEL_SECTIONS_MAX)
        return broken(err);
    memcpy(out->schema, schema.p, YG_DIGEST_SIZE);
    for (; out->sections < sections; out->sections++) {
        struct yg_str name = yg_cursor_lstr(c, YG_MODEL_NAME_MAX);
        uint64_t n = yg_cursor_le64(c);
        struct yg_str bytes = yg_cursor_take(c, n);
        if (!yg_cursor_ok(c) || name.n == 0)
            return broken(err);
        for (uint32_t i = 0; i < out->sections; i++)
            if (yg_str_eq(out->section[i].name, name))
                return broken(err);
        out->section[out->sections].name = name;
        out->section[out->sections].bytes = bytes;
    }
    return yg_cursor_left(c) == 0 ? YG_OK : broken(err);
}

enum yg_status yg_model_file_open(struct yg_str bytes,
                                  const unsigned char key[YG_MODEL_KEY_SIZE],
                                  struct yg_model_file *out, struct yg_err *err)
{
    struct yg_model_file f = { .trust = YG_MODEL_UNSIGNED };
    size_t n = bytes.n > TAIL_SIZE ? bytes.n - TAIL_SIZE : 0;
    struct yg_cursor c = yg_cursor_of(bytes.p, n);
    enum yg_status st = check_head(&c, err);

    if (st == YG_OK)
        st = check_tail(bytes, key, &f, err);
    if (st == YG_OK)
        st = read_sections(&c, &f, err);
    if (st == YG_OK)
        *out = f;
    return st;
}

struct yg_str yg_model_file_section(const struct yg_model_file *f, const char *name)
{
    for (uint32_t i = 0; i < f->sections; i++)
        if (yg_str_eq(f->section[i].name, yg_str_of(name)))
            return f->section[i].bytes;
    return YG_STR_NONE;
}
